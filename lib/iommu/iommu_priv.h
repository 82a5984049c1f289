/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/iommu share: the objects, and the steps that several calls take.
 */
#ifndef PLX_IOMMU_PRIV_H
#define PLX_IOMMU_PRIV_H

#include "core/ctx.h"
#include "core/error.h"
#include "core/lock.h"
#include "core/sysops.h"
#include "iommu/alloc.h"
#include "iommu/attach.h"
#include "iommu/backend.h"
#include "iommu/extents.h"
#include "iommu/ledger.h"

#include <pthread.h>
#include <stdatomic.h>

typedef unsigned long long ull; /* for what sentences say in %llx */

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
	struct plx_iommufd *file;       /* iommufd: whose fd it is; NULL: the caller's */
	bool can_unmap_all;             /* type1: VFIO_UNMAP_ALL */
	pthread_mutex_t lock;           /* what follows; taken after a domain's */
	struct plx_attachment attached; /* list head */
	struct plx_grave *graves, **last_grave;
	unsigned n_graves, n_domains, last_number;
};

struct plx_sim;

struct plx_domain {
	struct plx_grave grave; /* first: see plx_iommu_mourn() */
	_Atomic unsigned holds; /* its own, and plx_domain_hold()'s */
	struct plx_child child;
	struct plx_iommu *io;
	struct plx_lock lock; /* everything below */
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
	struct plx_mapping
		*idle; /* unmapped, still in the tree, lowest first: plx_domain_settle() */
	unsigned n_idle;
	struct plx_ledger *ledger; /* while there are devices; NULL: none could be had */
	union {                    /* the backend's */
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
	uint64_t va; /* of a plain mapping in one piece */
	struct plx_mapping *next_idle;
	const char *owner;
	uint32_t perms;
	uint32_t record; /* in the domain's ledger, while that is there */
};

/* What is to be mapped, and on whose behalf. */
struct plx_map_job {
	const struct plx_phys *memory;
	const char *owner;          /* what for: plx_iommu_map_for() */
	uint64_t size, runs;        /* of memory: plx_extents_check() */
	struct plx_extent_map each; /* what is the same for each run of it */
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
/* @d, locked, is none to map in: unlock it, and say why. */
int plx_domain_refuse(struct plx_domain *d) PLX_COLD;
/* Complete the record. */
int plx_domain_failed(const struct plx_domain *d) PLX_COLD;

/* As plx_domain_enter(), for who settles the domain where it has to. */
static inline int plx_domain_enter_unsettled(struct plx_domain *d)
{
	if (d)
		plx_lock(&d->lock);
	if (!d || d->deleted || d->type != PLX_DOMAIN_TRANSLATE)
		return plx_domain_refuse(d);
	return 0;
}

/* End a call: unlock, complete the record. Returns what the call returns. */
static inline int plx_domain_leave(struct plx_domain *d, int err)
{
	plx_unlock(&d->lock);
	return err ? plx_domain_failed(d) : plx_ok();
}

/*
 * Take out of the tree what was unmapped lately. A few mappings stay there, since what comes next is
 * often as many of that size, whose places are then the same, from the lowest on; taking them out
 * and putting them in again would be most of what both calls cost.
 */
#define PLX_IDLE_MAX 32

void plx_domain_release_idle(struct plx_domain *d);

static inline void plx_domain_settle(struct plx_domain *d)
{
	if (d->idle)
		plx_domain_release_idle(d);
}

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
/* A mapping to be made at @at; NULL: no memory. free(3) it. */
struct plx_mapping *plx_mapping_new(const struct plx_domain *d, const struct plx_range *at);
/*
 * MAP-8, MAP-9: map all of @job's memory at @m, or nothing. Counts bytes and entries; job->each
 * becomes what was mapped last.
 */
int plx_domain_map_runs(struct plx_domain *d, struct plx_map_job *job, struct plx_mapping *m);

/* Find a place for @job's memory, and map it. @arg: of the address. */
int plx_domain_place_and_map(struct plx_domain *d, struct plx_map_job *job,
			     struct plx_iova_request *req, unsigned arg, uint64_t *iova_out);
/* MAP-11: the pointer of argument @arg is NULL. */
int plx_fail_no_out(const struct plx_domain *d, unsigned arg);

/* --- unmap.c --- */

/* The plain mapping that page @page lies in; NULL: none. */
struct plx_mapping *plx_domain_find(struct plx_domain *d, uint64_t page);

/* Have the backend unmap @m and count it out; @m stays in its tree. */
int plx_domain_unmap_one(struct plx_domain *d, const struct plx_mapping *m);
/* Every mapping, those in tokens included; @fn changes no tree. */
void plx_domain_each(struct plx_domain *d, void (*fn)(struct plx_domain *, struct plx_mapping *));
/* Forget every mapping, none of which is a token's, once the backend has unmapped them. */
void plx_domain_forget_plain(struct plx_domain *d);

/* The same for all of them; a token's segments are not mapped any more. */
void plx_domain_forget_all(struct plx_domain *d);

/* --- token.c --- */

/* Take the segments of @t out of the books, once the backend has unmapped them. */
void plx_token_forget_segments(struct plx_token *t);

/* --- publish.c: the ledger, for "plx-dev dma" --- */

/* @m has come, or goes. */
static inline void plx_domain_publish(struct plx_domain *d, struct plx_mapping *m)
{
	if (d->ledger)
		m->record = plx_ledger_add(d->ledger, PLX_LEDGER_MAPPING, m->iova, m->size,
					   m->perms, m->owner ? m->owner : "");
}

static inline void plx_domain_withdraw(struct plx_domain *d, const struct plx_mapping *m)
{
	if (d->ledger)
		plx_ledger_remove(d->ledger, m->record);
}

/* @a has come: with the first, the ledger and all mappings; or it has gone, and with the last. */
void plx_domain_publish_device(struct plx_domain *d, struct plx_attachment *a);
void plx_domain_withdraw_device(struct plx_domain *d, const struct plx_attachment *a);

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

#endif
