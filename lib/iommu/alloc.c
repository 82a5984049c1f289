/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where ranges go: the matrix of MAP-5, windows (MAP-14, MAP-15), power-of-two blocks (MAP-13).
 */
#include "iommu/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void plx_iova_init(struct plx_iova_space *s, const struct plx_iova_alloc_cfg *cfg, unsigned shift)
{
	uint64_t top = UINT64_MAX;

	memset(s, 0, sizeof(*s));
	s->type = cfg->type;
	/* Flex goes up to the aperture's top: only Buddy's width is a limit (note after MAP-5). */
	if (s->type == PLX_IOVA_ALLOC_BUDDY)
		top = (1ull << cfg->address_width) - 1;
	s->shift = shift;
	s->end = top >> shift;
	s->taken.blocks = s->type == PLX_IOVA_ALLOC_BUDDY;
}

void plx_iova_fini(struct plx_iova_space *s)
{
	free(s->usable);
	free(s->holes);
}

bool plx_iova_in_use(struct plx_iova_space *s)
{
	struct plx_range *r = plx_ranges_from(&s->taken, 0);

	while (r && r->kind == PLX_TAKEN_HOLE)
		r = r->behind;
	return r != NULL;
}

/* Append the whole pages of bytes @first..@last, if there are any. */
static void add_pages(const struct plx_iova_space *s, struct plx_range *list, unsigned *n,
		      uint64_t first, uint64_t last)
{
	uint64_t mask = (1ull << s->shift) - 1;
	uint64_t low = (first >> s->shift) + ((first & mask) != 0);
	uint64_t high = last >> s->shift;

	if ((last & mask) != mask) {
		if (!high)
			return;
		high--;
	}
	if (low <= high) {
		list[*n].first = low;
		list[*n].last = high;
		(*n)++;
	}
}

/* @ranges less @reserved, as pages. */
static unsigned subtract(const struct plx_iova_space *s, const struct plx_iova_range *ranges,
			 unsigned n, const struct plx_iova_range *reserved, unsigned n_reserved,
			 struct plx_range *out)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t first = ranges[i].first;
		bool rest = true;

		for (unsigned j = 0; j < n_reserved && rest; j++) {
			const struct plx_iova_range *cut = &reserved[j];

			if (cut->last < first || cut->first > ranges[i].last)
				continue;
			if (cut->first > first)
				add_pages(s, out, &found, first, cut->first - 1);
			rest = cut->last < ranges[i].last;
			first = cut->last + 1;
		}
		if (rest)
			add_pages(s, out, &found, first, ranges[i].last);
	}
	return found;
}

/* What lies before, between and after the usable ranges. */
static unsigned complement(const struct plx_iova_space *s, const struct plx_range *usable,
			   unsigned n, struct plx_range *holes)
{
	uint64_t next = 0, end = UINT64_MAX >> s->shift;
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		if (usable[i].first > next)
			holes[found++] =
				(struct plx_range){ .first = next, .last = usable[i].first - 1 };
		next = usable[i].last + 1;
	}
	if (next <= end)
		holes[found++] = (struct plx_range){ .first = next, .last = end };
	return found;
}

/* The first range in [first, last] that is no hole; NULL: none. */
static struct plx_range *taken_in(struct plx_iova_space *s, uint64_t first, uint64_t last)
{
	struct plx_range *r = plx_ranges_from(&s->taken, first);

	while (r && r->first <= last && r->kind == PLX_TAKEN_HOLE)
		r = r->behind;
	return r && r->first <= last ? r : NULL;
}

int plx_iova_set_usable(struct plx_iova_space *s, const struct plx_iova_range *ranges, unsigned n,
			const struct plx_iova_range *reserved, unsigned n_reserved,
			struct plx_range *clash)
{
	/* Each reserved range cuts at most one range in two. */
	struct plx_range *usable = calloc(n + n_reserved + 1, sizeof(*usable));
	struct plx_range *holes = calloc(n + n_reserved + 2, sizeof(*holes));
	unsigned n_usable, n_holes;
	const struct plx_range *hit;

	if (!usable || !holes) {
		free(usable);
		free(holes);
		return -ENOMEM;
	}
	n_usable = subtract(s, ranges, n, reserved, n_reserved, usable);
	n_holes = complement(s, usable, n_usable, holes);
	for (unsigned i = 0; i < n_holes; i++) {
		hit = taken_in(s, holes[i].first, holes[i].last);
		if (hit) {
			*clash = *hit;
			free(usable);
			free(holes);
			return -EADDRINUSE;
		}
	}
	for (unsigned i = 0; i < s->n_holes; i++)
		plx_iova_release(s, &s->holes[i]);
	for (unsigned i = 0; i < n_holes; i++)
		plx_ranges_insert(&s->taken, &holes[i]);
	plx_iova_fini(s);
	s->usable = usable;
	s->n_usable = n_usable;
	s->holes = holes;
	s->n_holes = n_holes;
	return 0;
}

/* Do pages @first..@last lie inside one usable range? */
static bool is_usable(const struct plx_iova_space *s, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < s->n_usable; i++)
		if (first >= s->usable[i].first && last <= s->usable[i].last)
			return true;
	return false;
}

/* A window in whole pages; false: there are none in it. */
static bool window(const struct plx_iova_space *s, const struct plx_iova_request *req,
		   uint64_t *first, uint64_t *last)
{
	uint64_t mask = (1ull << s->shift) - 1;
	uint64_t min = req->min ? *req->min : 0, max = req->max ? *req->max : UINT64_MAX;

	*first = (min >> s->shift) + ((min & mask) != 0);
	*last = max >> s->shift;
	if ((max & mask) != mask) {
		if (!*last)
			return false;
		--*last;
	}
	return min <= max && *first <= *last;
}

static enum plx_iova_answer find_explicit(struct plx_iova_space *s,
					  const struct plx_iova_request *req, struct plx_range *out)
{
	uint64_t first = *req->explicit_iova >> s->shift, last = first + req->pages - 1;
	uint64_t low, high;
	struct plx_range *r;

	if (s->type == PLX_IOVA_ALLOC_FLEX && (req->min || req->max) &&
	    (!window(s, req, &low, &high) || first < low || last > high))
		return PLX_IOVA_WINDOW_BAD;
	if (!is_usable(s, first, last))
		return PLX_IOVA_UNUSABLE;
	r = plx_ranges_from(&s->taken, first);
	if (r && r->first <= last)
		return PLX_IOVA_BUSY;
	out->first = first;
	out->last = last;
	out->behind = r;
	return PLX_IOVA_OK;
}

/* Would it fit if nothing were mapped? */
static bool could_fit(const struct plx_iova_space *s, uint64_t pages, uint64_t block, uint64_t min,
		      uint64_t max)
{
	uint64_t at;

	for (unsigned i = 0; i < s->n_usable; i++)
		if (plx_gap_fit(s->taken.blocks, s->usable[i].first, s->usable[i].last, block, min,
				&at) &&
		    at <= max && max - at >= pages - 1)
			return true;
	return false;
}

/* The pages that an allocation takes: Buddy's are a power of two. */
static uint64_t block_of(const struct plx_iova_space *s, uint64_t pages)
{
	if (!s->taken.blocks || pages < 2)
		return pages;
	return 1ull << (64 - __builtin_clzll(pages - 1));
}

static enum plx_iova_answer find_lowest(struct plx_iova_space *s,
					const struct plx_iova_request *req, struct plx_range *out)
{
	uint64_t block = block_of(s, req->pages), min = 0, max = s->end;
	bool windowed = req->min || req->max;

	if (windowed && !window(s, req, &min, &max))
		return PLX_IOVA_WINDOW_BAD;
	if (!min)
		min = 1; /* page 0 is never given out: a zero in a descriptor is a mistake */
	if (max > s->end)
		max = s->end;
	/* Only mapped pages need lie in the window, not the rest of a block (MAP-14). */
	if (plx_ranges_fit(&s->taken, s->end, block, min, out) && out->first <= max &&
	    max - out->first >= req->pages - 1) {
		out->last = out->first + block - 1;
		if (!windowed) {
			s->full_to = out->first;
			s->full_for = block;
		}
		return PLX_IOVA_OK;
	}
	if (!windowed)
		return PLX_IOVA_EXHAUSTED;
	return could_fit(s, req->pages, block, min, max) ? PLX_IOVA_WINDOW_FULL
							 : PLX_IOVA_WINDOW_BAD;
}

enum plx_iova_answer plx_iova_find(struct plx_iova_space *s, const struct plx_iova_request *req,
				   struct plx_range *out)
{
	if (s->type == PLX_IOVA_ALLOC_BUDDY && req->explicit_iova)
		return PLX_IOVA_NO_EXPLICIT;
	if (s->type == PLX_IOVA_ALLOC_NONE && !req->explicit_iova)
		return PLX_IOVA_NEED_EXPLICIT;
	return req->explicit_iova ? find_explicit(s, req, out) : find_lowest(s, req, out);
}

void plx_iova_release(struct plx_iova_space *s, struct plx_range *r)
{
	uint64_t gap = r->before ? r->before->last + 1 : 0;

	if (gap < s->full_to)
		s->full_to = gap;
	plx_ranges_remove(&s->taken, r);
}
