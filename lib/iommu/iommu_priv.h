/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/iommu share: the objects, and the steps that several calls take.
 */
#ifndef PLX_IOMMU_PRIV_H
#define PLX_IOMMU_PRIV_H

#include "core/ctx.h"
#include "core/error.h"
#include "core/sysops.h"
#include "iommu/alloc.h"
#include "iommu/attach.h"
#include "iommu/backend.h"
#include "iommu/extents.h"

#include <pthread.h>

/*
 * What was deleted but may be asked once more: MAP-1 and TOK-4 say what a deleted domain and a
 * freed token answer. The last of them are kept, so that the memory has a bound.
 */
struct plx_grave {
	struct plx_grave *next;
	void (*bury)(struct plx_grave *g);
};

#define PLX_GRAVES 64

struct plx_iommu {
	struct plx_child child;
	const struct plx_iommu_backend *backend;
	const struct plx_sysops *sys;
	int fd;                         /* iommufd: of /dev/iommu; else -1 */
	bool can_unmap_all;             /* type1: VFIO_UNMAP_ALL */
	pthread_mutex_t lock;           /* what follows; taken after a domain's */
	struct plx_attachment attached; /* list head */
	struct plx_grave *graves, **last_grave;
	unsigned n_graves, n_domains, last_number;
};

struct plx_sim;

struct plx_domain {
	struct plx_grave grave; /* first: see plx_iommu_mourn() */
	struct plx_child child;
	struct plx_iommu *io;
	pthread_mutex_t lock; /* everything below */
	bool deleted;
	enum plx_domain_type type;
	struct plx_iova_alloc_cfg alloc;
	struct plx_iova_space space;
	struct plx_iova_range *reserved; /* the caller's, in order (DOM-4) */
	unsigned n_reserved;
	uint64_t page_sizes;
	uint64_t n_mappings; /* plain ones and segments */
	uint64_t n_segments;
	uint64_t bytes;   /* mapped */
	uint64_t entries; /* that the IOMMU has, segments included */
	uint64_t credits; /* that tokens hold and do not use */
	uint64_t limit;   /* entries in all; UINT64_MAX: none */
	unsigned n_tokens, n_devices;
	union { /* the backend's */
		int container;
		uint32_t ioas;
		struct plx_sim *sim;
	};
};

/* A plain mapping, or a token: what takes IOVAs in a domain. */
struct plx_mapping {
	struct plx_range range; /* Buddy: the block */
	struct plx_token *token;
	uint64_t iova, size; /* bytes that are mapped */
	uint64_t entries;
};

struct plx_token {
	struct plx_grave grave; /* first */
	struct plx_domain *domain;
	struct plx_mapping mapping;
	struct plx_ranges segments; /* of struct plx_mapping */
	uint64_t credits;           /* entries that it may have */
	uint64_t used;              /* and has */
	bool freed;
};

static inline struct plx_mapping *plx_mapping_of(struct plx_range *r)
{
	return (struct plx_mapping *)((char *)r - offsetof(struct plx_mapping, range));
}

/* The status STATUS_INVALID_PARAMETER_n. */
static inline uint32_t plx_status_arg(unsigned n)
{
	return PLX_STATUS_INVALID_PARAMETER_1 - 1 + n;
}

static inline uint64_t plx_page(const struct plx_domain *d)
{
	return 1ull << d->space.shift;
}

/* --- iommu.c --- */

/* Keep what was deleted until PLX_GRAVES others came after it. */
void plx_iommu_mourn(struct plx_iommu *io, struct plx_grave *g);

/* --- domain.c --- */

/* Begin a call: lock @d, or fail as MAP-1 says. The second is for domains of any type. */
int plx_domain_enter(struct plx_domain *d);
int plx_domain_enter_any(struct plx_domain *d);
/* End it: unlock, complete the record. Returns what the call returns. */
int plx_domain_leave(struct plx_domain *d, int err);

/* Read again what is usable (DEV-4). -EADDRINUSE: DEV-2. @cause is for the sentence. */
int plx_domain_reread(struct plx_domain *d, const char *cause);

/* --- map.c: steps of map and reserve --- */

/* MAP-2, of argument @arg. */
int plx_check_perms(const struct plx_domain *d, uint32_t perms, unsigned arg);
/* MAP-4 for the explicit address of argument @arg. */
int plx_check_explicit(const struct plx_domain *d, const uint64_t *iova, uint64_t size,
		       unsigned arg);
/* MAP-5..7, 12..15: find a place. */
int plx_domain_place(struct plx_domain *d, const struct plx_iova_request *req, unsigned arg,
		     struct plx_range *out);
/* MAP-19: no physical addresses. */
int plx_check_mappable(const struct plx_domain *d, const struct plx_phys *p);
/* Entries that nobody has or holds; UINT64_MAX: there is no limit. */
uint64_t plx_entries_left(const struct plx_domain *d);
/* MAP-18: can @n entries be had? */
int plx_check_entries(const struct plx_domain *d, uint64_t n);
/* MAP-8, MAP-9: map all of @p from @iova on, or nothing. Counts bytes and entries. */
int plx_domain_map_runs(struct plx_domain *d, uint64_t iova, const struct plx_phys *p,
			uint32_t perms, unsigned arg);

/* --- unmap.c --- */

/* Have the backend unmap @m and count it out; @m stays in its tree. */
int plx_domain_unmap_one(struct plx_domain *d, const struct plx_mapping *m);
/* Forget every mapping, none of which is a token's, once the backend has unmapped them. */
void plx_domain_forget_plain(struct plx_domain *d);

/* --- fail.c --- */

/* A kernel call about @d failed with @sys_errno: fill the record as 2.2 of the contract says. */
int plx_fail_map(struct plx_domain *d, const struct plx_extent_map *m, int sys_errno,
		 const char *call);
int plx_fail_unmap(struct plx_domain *d, uint64_t iova, uint64_t len, int sys_errno,
		   const char *call);
int plx_fail_attach(struct plx_domain *d, const struct plx_attachment *a, int sys_errno,
		    const char *call);
int plx_fail_open(const struct plx_iommu *io, int sys_errno, const char *path);
/* Any other call. */
int plx_fail_call(const char *object, int sys_errno, const char *call);
int plx_fail_nomem(const char *object, const char *what);

#endif
