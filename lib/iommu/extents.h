/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A memory descriptor (struct plx_phys) as runs of adjacent virtual memory.
 */
#ifndef PLX_IOMMU_EXTENTS_H
#define PLX_IOMMU_EXTENTS_H

#include <pollux/iommu.h>

struct plx_extent {
	uint64_t va, len; /* bytes */
};

/* Where a walk over a descriptor's list stands; zero it to begin. PLX_PHYS_CONTIG has none. */
struct plx_extent_walk {
	uint64_t next;
};

/*
 * MAP-3: is @p well-formed? On success *@size is its bytes, *@runs how many entries it takes. On
 * failure the record names argument @arg; HOSTPA (MAP-19) is not looked at.
 */
int plx_extents_check(const struct plx_phys *p, unsigned shift, unsigned arg, uint64_t *size,
		      uint64_t *runs);

/* The next run of a list that was found well-formed; adjacent pieces are one (MAP-8). */
bool plx_extents_next(const struct plx_phys *p, unsigned shift, struct plx_extent_walk *walk,
		      struct plx_extent *out);

#endif
