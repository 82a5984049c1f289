/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges of page numbers that are taken, and the gaps between them: an AVL tree in which each
 * subtree knows its largest gap, so that the lowest gap that is large enough is found in
 * O(log n). Nodes lie inside their owners: inserting and removing allocate nothing, cannot fail.
 *
 * Ranges also know their neighbours. Who has found a place has found what lies behind it, too, and
 * inserts there without another walk.
 *
 * Page numbers and not addresses, since 2^64 bytes do not fit in a uint64_t but 2^52 pages do.
 */
#ifndef PLX_CORE_RANGES_H
#define PLX_CORE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

struct plx_range {
	uint64_t first, last;              /* pages, inclusive */
	struct plx_range *before, *behind; /* neighbours; NULL: none */
	struct plx_range *up, *child[2];   /* the tree: lower ones in [0], higher ones in [1] */
	uint64_t gap;                      /* pages that fit between @before and this; 0 without */
	uint64_t best;                     /* the largest gap of the subtree */
	int tilt;                          /* height of child[1] less that of child[0]: -1, 0, 1 */
	uint32_t kind;                     /* the owner's */
};

struct plx_ranges {
	struct plx_range *root, *lowest, *highest;
	uint64_t steps; /* nodes that were visited beside plx_ranges_from(); for tests */
	bool blocks;    /* what fits are aligned power-of-two blocks (MAP-13) */
};

/* Put in a range that overlaps none; take one out. */
void plx_ranges_insert(struct plx_ranges *t, struct plx_range *r);
void plx_ranges_remove(struct plx_ranges *t, struct plx_range *r);

/* The same for who knows which range will be the next one; NULL: none. */
void plx_ranges_insert_before(struct plx_ranges *t, struct plx_range *behind, struct plx_range *r);

/* The lowest range that ends at or after @page; NULL: there is none. */
struct plx_range *plx_ranges_from(const struct plx_ranges *t, uint64_t page);

/*
 * Can @block pages begin at @min or later inside [@first, @last]? Then *@at is the lowest page.
 * With @aligned, @block is a power of two and the place is aligned to it.
 */
bool plx_gap_fit(bool aligned, uint64_t first, uint64_t last, uint64_t block, uint64_t min,
		 uint64_t *at);

/*
 * The same over all gaps of the tree in pages 0 .. @end; t->blocks says whether aligned. @out's
 * first is then the lowest page, and its behind what plx_ranges_insert_before() wants to know.
 */
bool plx_ranges_fit(struct plx_ranges *t, uint64_t end, uint64_t block, uint64_t min,
		    struct plx_range *out);

#endif
