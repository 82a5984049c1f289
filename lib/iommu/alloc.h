/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The I/O virtual addresses of one domain: what is usable, what is taken, and where the next
 * range goes. Three policies (enum plx_iova_alloc), one tree of taken ranges.
 *
 * Everything unusable is in the tree, too, as "holes": an allocation meets nothing but gaps.
 */
#ifndef PLX_IOMMU_ALLOC_H
#define PLX_IOMMU_ALLOC_H

#include <pollux/iommu.h>

#include "core/ranges.h"

/* What a range in the tree is. */
enum plx_taken { PLX_TAKEN_HOLE, PLX_TAKEN_MAPPING, PLX_TAKEN_TOKEN, PLX_TAKEN_IDLE };

struct plx_iova_space {
	enum plx_iova_alloc type;
	unsigned shift;           /* of PAGE (G-9) */
	uint64_t end;             /* last page that is given out unasked */
	struct plx_ranges taken;  /* mappings, tokens, holes */
	struct plx_range *usable; /* in order; first and last only, not in the tree */
	unsigned n_usable;
	struct plx_range *holes; /* the complement of usable; in the tree */
	unsigned n_holes;
	/* Below page full_to, page 0 apart, no gap is known that has full_for pages or more. */
	uint64_t full_to, full_for;
};

/* Who wants how much where; the pointers may be NULL. */
struct plx_iova_request {
	uint64_t pages;
	const uint64_t *explicit_iova; /* aligned, and does not wrap (MAP-4) */
	const uint64_t *min, *max;     /* bytes; max is the last one (MAP-14) */
};

enum plx_iova_answer {
	PLX_IOVA_OK,
	PLX_IOVA_NEED_EXPLICIT, /* MAP-5 */
	PLX_IOVA_NO_EXPLICIT,   /* MAP-5 */
	PLX_IOVA_WINDOW_BAD,    /* MAP-15: can never fit */
	PLX_IOVA_UNUSABLE,      /* MAP-6 */
	PLX_IOVA_BUSY,          /* MAP-7 */
	PLX_IOVA_WINDOW_FULL,   /* MAP-15 */
	PLX_IOVA_EXHAUSTED,     /* as that, but nobody gave a window */
};

/* An empty space in which nothing is usable yet. */
void plx_iova_init(struct plx_iova_space *s, const struct plx_iova_alloc_cfg *cfg, unsigned shift);
void plx_iova_fini(struct plx_iova_space *s);

/* Are ranges taken, other than holes? */
bool plx_iova_in_use(struct plx_iova_space *s);

/*
 * Make @ranges less @reserved (both sorted, in bytes) the usable ones; pages that they hold only
 * part of are not. -EADDRINUSE, and nothing changes, when what is taken lies outside of them: then
 * *@clash is the first such range. -ENOMEM.
 */
int plx_iova_set_usable(struct plx_iova_space *s, const struct plx_iova_range *ranges, unsigned n,
			const struct plx_iova_range *reserved, unsigned n_reserved,
			struct plx_range *clash);

/*
 * Find a place; on PLX_IOVA_OK it is @out's first..last, and @out's behind is what
 * plx_ranges_insert_before() wants to know.
 */
enum plx_iova_answer plx_iova_find(struct plx_iova_space *s, const struct plx_iova_request *req,
				   struct plx_range *out);

/* Give back what was found and inserted. */
void plx_iova_release(struct plx_iova_space *s, struct plx_range *r);

/*
 * Would plx_iova_find() answer with the place of @r, which is taken, if @r were released and as much
 * were asked for as when it was taken? False also where only a search could tell.
 */
static inline bool plx_iova_again(const struct plx_iova_space *s,
				  const struct plx_iova_request *req, const struct plx_range *r)
{
	if (s->type == PLX_IOVA_ALLOC_NONE || req->explicit_iova || req->min || req->max)
		return false;
	/* What @r leaves begins with @r, nothing fits below it, and page 0 is not given out. */
	return !r->gap && (r->before || r->first == 1) && r->first - 1 < s->full_to &&
	       r->last - r->first >= s->full_for - 1;
}

#endif
