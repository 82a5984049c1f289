/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An address space of simulated devices: which memory of this process is mapped at which IOVA, and
 * what they may do with it. What may be mapped is its owner's business, and so is a lock.
 */
#ifndef PLX_SIM_SPACE_H
#define PLX_SIM_SPACE_H

#include "core/ranges.h"

#define PLX_SIM_READ  1u /* devices read */
#define PLX_SIM_WRITE 2u

struct plx_sim_space {
	struct plx_ranges table; /* of pages of 4 KiB */
	uint64_t n;              /* mappings */
};

struct plx_sim_map {
	uint64_t iova, len; /* whole pages, of which none is mapped */
	uint64_t va;
	uint32_t perms; /* PLX_SIM_READ, PLX_SIM_WRITE; 0: every access is blocked */
};

/* false: no memory */
bool plx_sim_space_map(struct plx_sim_space *s, const struct plx_sim_map *m);
/* Drop what touches bytes first..last; returns the bytes. */
uint64_t plx_sim_space_unmap(struct plx_sim_space *s, uint64_t first, uint64_t last);

/* The first mapping that touches bytes first..last; NULL: none. */
struct plx_range *plx_sim_space_find(struct plx_sim_space *s, uint64_t first, uint64_t last);
/* Does one touch bytes first..last and go beyond them? */
bool plx_sim_space_splits(struct plx_sim_space *s, uint64_t first, uint64_t last);
/* What was mapped there: a range of the table. */
struct plx_sim_map plx_sim_space_get(const struct plx_range *r);

/*
 * A device's access; @write: to memory. Each page is checked by itself; returns the bytes moved,
 * fewer than @len when the access to the page of @iova plus that number was blocked.
 */
uint64_t plx_sim_space_access(struct plx_sim_space *s, uint64_t iova, uint64_t len, bool write,
			      void *buf);

#endif
