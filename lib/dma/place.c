/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a region goes in its domain. Best is its own virtual address: then drivers need no table.
 * What the domain's allocator thinks of that, and which IOVAs the device reaches, decides.
 */
#include "dma/dma_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_noiommu(const struct plx_dev *dev)
{
	return dev->backend == PLX_BACKEND_NOIOMMU;
}

static int domain_shift(struct plx_domain *d, unsigned *shift)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), smallest;
	struct plx_domain_info info;
	int err = plx_domain_info(d, &info, NULL, 0);

	if (err)
		return err;
	smallest = info.page_sizes & -info.page_sizes;
	*shift = (unsigned)__builtin_ctzll(smallest > page ? smallest : page);
	return 0;
}

int plx_dma_page_shift(struct plx_dev *dev, unsigned *shift)
{
	struct plx_domain *d;
	int err;

	if (is_noiommu(dev)) {
		*shift = (unsigned)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
		return 0;
	}
	err = plx_dev_need_domain(dev, &d);
	return err ? err : domain_shift(d, shift);
}

static struct plx_phys phys_of(const struct plx_dma_region *r)
{
	return (struct plx_phys){ .type = PLX_PHYS_CONTIG,
				  .contig = { (uintptr_t)r->va, r->size } };
}

/* Map at @iova; 1: it cannot be there, which is no failure of the whole. */
static int map_at(struct plx_domain *d, struct plx_dma_region *r, uint64_t iova)
{
	const struct plx_phys p = phys_of(r);

	if (!plx_iommu_map_for(d, plx_region_purpose(r), r->perms, &p, &iova, NULL, NULL, &r->iova))
		return 0;
	switch (plx_last_error()->reason) {
	case PLX_R_IOVA_BUSY:
	case PLX_R_IOVA_RESERVED:
	case PLX_R_NO_EXPLICIT:
	case PLX_R_WRAP:
		return 1;
	default:
		return plx_last_error()->err;
	}
}

/* From the top of a usable range down: the caller's own choices tend to be low. */
static int search_range(struct plx_domain *d, struct plx_dma_region *r,
			const struct plx_iova_range *range, uint64_t max)
{
	uint64_t mask = r->size - 1, last = range->last < max ? range->last : max;
	uint64_t page =
		(r->block.arena ? 1ull << r->block.arena->shift : (uint64_t)sysconf(_SC_PAGESIZE));
	uint64_t lowest = range->first > page ? range->first : page; /* page 0: never */
	int found = 1;

	if (last < mask || range->first > last)
		return 1;
	for (uint64_t at = (last - mask) & ~(page - 1); found == 1 && at >= lowest; at -= r->size) {
		found = map_at(d, r, at);
		if (at < r->size)
			break;
	}
	return found;
}

/* A domain without allocator leaves it to its users to choose: here that is this room. */
static int search(struct plx_domain *d, struct plx_dma_region *r, uint64_t max)
{
	struct plx_iova_range *ranges;
	struct plx_domain_info info;
	int found = 1, err = plx_domain_info(d, &info, NULL, 0);

	if (err)
		return err;
	ranges = calloc(info.n_ranges + 1, sizeof(*ranges));
	if (!ranges)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, NULL, "no memory for %u usable ranges",
				info.n_ranges);
	err = plx_domain_info(d, &info, ranges, info.n_ranges);
	for (unsigned i = info.n_ranges; !err && found == 1 && i; i--)
		found = search_range(d, r, &ranges[i - 1], max);
	free(ranges);
	if (err || found != 1)
		return err ? err : found;
	return plx_fail(-ENOSPC, PLX_R_WINDOW_FULL, NULL, "no %llu bytes of IOVA are free",
			(unsigned long long)r->size);
}

/* The window's end is ours and not the caller's argument: -ENOSPC, as for MR-7. */
static int fail_window(const struct plx_dev *dev, const struct plx_dma_region *r, uint64_t max)
{
	return plx_fail(-ENOSPC, PLX_R_WINDOW_FULL, dev->child.name,
			"no %llu bytes of IOVA are free up to 0x%llx for %s: unmap something",
			(unsigned long long)r->size, (unsigned long long)max, dev->child.name);
}

static int map_anywhere(struct plx_domain *d, struct plx_dma_region *r, uint64_t max)
{
	const struct plx_phys p = phys_of(r);
	int err = plx_iommu_map_for(d, plx_region_purpose(r), r->perms, &p, NULL, NULL,
				    max == PLX_DMA_NO_LIMIT ? NULL : &max, &r->iova);

	if (err && plx_last_error()->reason == PLX_R_NEED_EXPLICIT)
		err = search(d, r, max);
	return err;
}

int plx_region_map(struct plx_dev *dev, struct plx_dma_region *r, uint64_t max)
{
	struct plx_domain *d;
	int err, found = 1;

	if (is_noiommu(dev))
		return plx_dma_phys(dev, r->va, r->size, !r->block.arena || r->block.arena->hugetlb,
				    &r->iova);
	err = plx_dev_need_domain(dev, &d);
	if (err)
		return err;
	if ((uintptr_t)r->va <= max && r->size - 1 <= max - (uintptr_t)r->va)
		found = map_at(d, r, (uintptr_t)r->va);
	if (found == 1)
		found = map_anywhere(d, r, max);
	if (found) {
		enum plx_reason why = plx_last_error()->reason;

		return why == PLX_R_WINDOW_BAD || why == PLX_R_WINDOW_FULL
			       ? fail_window(dev, r, max)
			       : found;
	}
	r->domain = d;
	plx_domain_hold(d);
	return 0;
}

int plx_region_unmap(struct plx_dma_region *r)
{
	unsigned shift;
	int err = 0;

	if (!r->domain)
		return 0;
	/* The caller may have detached the device and deleted the domain with all that was in it. */
	if (plx_domain_alive(r->domain)) {
		err = domain_shift(r->domain, &shift);
		if (!err)
			err = plx_iommu_unmap(r->domain, r->iova, r->size >> shift);
	}
	/* Somebody else's plx_domain_unmap_all() was here first. */
	if (err && plx_last_error()->reason == PLX_R_NOT_MAPPED)
		err = 0;
	if (err)
		return err;
	plx_domain_drop(r->domain);
	r->domain = NULL;
	return 0;
}
