/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges of page numbers that are taken, and the gaps between them: an AVL tree in which each
 * subtree knows its largest gap, so that the lowest gap that is large enough is found in
 * O(log n). Nodes lie inside their owners: inserting and removing allocate nothing, cannot fail.
 *
 * Page numbers and not addresses, since 2^64 bytes do not fit in a uint64_t but 2^52 pages do.
 */
#ifndef PLX_IOMMU_TREE_H
#define PLX_IOMMU_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct plx_range {
	uint64_t first, last; /* pages, inclusive */
	struct plx_range *left, *right;
	uint64_t low, high; /* first page and last page of the subtree */
	uint64_t gap;       /* pages that fit into the best gap between ranges of the subtree */
	unsigned height;
};

struct plx_ranges {
	struct plx_range *root;
	uint64_t steps; /* nodes visited so far; for tests */
	bool blocks;    /* what fits are aligned power-of-two blocks (MAP-13) */
};

/* Put in a range that overlaps none; take one out. */
void plx_ranges_insert(struct plx_ranges *t, struct plx_range *r);
void plx_ranges_remove(struct plx_ranges *t, struct plx_range *r);

/* The lowest range that ends at or after @page; NULL: there is none. */
struct plx_range *plx_ranges_from(struct plx_ranges *t, uint64_t page);

/*
 * Can @block pages begin at @min or later inside [@first, @last]? Then *@at is the lowest page.
 * With @aligned, @block is a power of two and the place is aligned to it.
 */
bool plx_gap_fit(bool aligned, uint64_t first, uint64_t last, uint64_t block, uint64_t min,
		 uint64_t *at);

/* The same over all gaps of the tree in pages 0 .. @end; t->blocks says whether aligned. */
bool plx_ranges_fit(struct plx_ranges *t, uint64_t end, uint64_t block, uint64_t min, uint64_t *at);

#endif
