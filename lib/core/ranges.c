/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tree of taken ranges. AVL, since its depth has a bound (1.44 log2 n) that tests can check.
 *
 * Mapping and unmapping go through here, and what a walk to the root costs is most of what they
 * cost beside the system call: walks end where they change nothing any more. What a change of a
 * gap means to the subtrees around it is worked out before the tree is balanced; a rotation then
 * moves subtrees about whose largest gaps are right.
 */
#include "core/ranges.h"

#include <stddef.h>

/* What fits between the taken pages @before and @after: all of it, or the best aligned block. */
static uint64_t gap_between(bool blocks, uint64_t before, uint64_t after)
{
	uint64_t n = after - before - 1, block, at;

	if (!n || !blocks)
		return n;
	block = 1ull << (63 - __builtin_clzll(n));
	if (plx_gap_fit(true, before + 1, after - 1, block, 0, &at))
		return block;
	return block / 2; /* always fits: any 2b - 1 pages hold an aligned block of b */
}

/*
 * The gap before the lowest range does not count: page 0 is rarely taken and rarely wanted, and
 * every search would be led there.
 */
static uint64_t gap_before(const struct plx_ranges *t, const struct plx_range *r)
{
	return r->before ? gap_between(t->blocks, r->before->last, r->first) : 0;
}

/* --- the largest gap of each subtree --- */

static uint64_t best_of(const struct plx_range *r)
{
	uint64_t best = r->gap;

	for (unsigned side = 0; side < 2; side++)
		if (r->child[side] && r->child[side]->best > best)
			best = r->child[side]->best;
	return best;
}

/* Something below @r, or its gap, has changed: work it out again as far up as it matters. */
static void refresh_from(struct plx_ranges *t, struct plx_range *r)
{
	uint64_t best;

	for (; r; r = r->up) {
		t->steps++;
		best = best_of(r);
		if (best == r->best)
			return;
		r->best = best;
	}
}

/* The gap before @r, or below it, has become as large as @gap, if it was smaller. */
static void grow_from(struct plx_ranges *t, struct plx_range *r, uint64_t gap)
{
	for (; r && r->best < gap; r = r->up) {
		t->steps++;
		r->best = gap;
	}
}

/* --- balance --- */

/* Let @by, which may be NULL, hang where @r hangs. */
static void replace(struct plx_ranges *t, const struct plx_range *r, struct plx_range *by)
{
	if (!r->up)
		t->root = by;
	else
		r->up->child[r->up->child[1] == r] = by;
	if (by)
		by->up = r->up;
}

/* Raise @r's child on @side above it; returns the child. Tilts are the caller's to mend. */
static struct plx_range *rotate(struct plx_ranges *t, struct plx_range *r, unsigned side)
{
	struct plx_range *raised = r->child[side], *inner = raised->child[!side];

	r->child[side] = inner;
	if (inner)
		inner->up = r;
	replace(t, r, raised);
	raised->child[!side] = r;
	r->up = raised;
	raised->best = r->best;
	r->best = best_of(r);
	return raised;
}

/* @r is two higher on @side: mend that. Returns the root of what was @r's subtree. */
static struct plx_range *balance(struct plx_ranges *t, struct plx_range *r, unsigned side)
{
	struct plx_range *high = r->child[side], *inner;
	int lean = side ? 1 : -1;

	if (high->tilt == -lean) {
		inner = rotate(t, high, !side);
		rotate(t, r, side);
		r->tilt = inner->tilt == lean ? -lean : 0;
		high->tilt = inner->tilt == -lean ? lean : 0;
		inner->tilt = 0;
		return inner;
	}
	rotate(t, r, side);
	r->tilt = high->tilt ? 0 : lean;
	high->tilt = high->tilt ? 0 : -lean;
	return high;
}

/* @r, a leaf, is new. */
static void balance_grown(struct plx_ranges *t, struct plx_range *r)
{
	struct plx_range *up;

	for (; (up = r->up); r = up) {
		unsigned side = up->child[1] == r;

		t->steps++;
		up->tilt += side ? 1 : -1;
		if (!up->tilt)
			return;
		if (up->tilt == 2 || up->tilt == -2) {
			balance(t, up, side);
			return;
		}
	}
}

/* What hangs from @r on @side has become lower by one. */
static void balance_shrunk(struct plx_ranges *t, struct plx_range *r, unsigned side)
{
	while (r) {
		int lean = side ? -1 : 1;

		t->steps++;
		r->tilt += lean;
		if (r->tilt == lean)
			return;
		if (r->tilt)
			r = balance(t, r, !side);
		if (r->tilt)
			return;
		side = r->up && r->up->child[1] == r;
		r = r->up;
	}
}

/* --- changes --- */

/* Make @r a leaf between @before and @behind, which are neighbours: one of them has the room. */
static void hang(struct plx_ranges *t, struct plx_range *before, struct plx_range *behind,
		 struct plx_range *r)
{
	r->up = behind;
	r->child[0] = r->child[1] = NULL;
	r->tilt = 0;
	if (behind && !behind->child[0]) {
		behind->child[0] = r;
		return;
	}
	r->up = before;
	if (before)
		before->child[1] = r;
	else
		t->root = r;
}

void plx_ranges_insert_before(struct plx_ranges *t, struct plx_range *behind, struct plx_range *r)
{
	struct plx_range *before = behind ? behind->before : t->highest;

	hang(t, before, behind, r);
	r->before = before;
	r->behind = behind;
	r->gap = r->best = gap_before(t, r);
	if (before)
		before->behind = r;
	else
		t->lowest = r;
	grow_from(t, r->up, r->gap);
	if (behind) {
		behind->before = r;
		behind->gap = gap_before(t, behind);
		refresh_from(t, behind);
	} else {
		t->highest = r;
	}
	balance_grown(t, r);
}

void plx_ranges_insert(struct plx_ranges *t, struct plx_range *r)
{
	plx_ranges_insert_before(t, plx_ranges_from(t, r->first), r);
}

/* Take @r out of the list of neighbours; the gap before the next one becomes larger. */
static void unlist(struct plx_ranges *t, struct plx_range *r)
{
	struct plx_range *behind = r->behind;

	if (r->before)
		r->before->behind = behind;
	else
		t->lowest = behind;
	if (!behind) {
		t->highest = r->before;
		return;
	}
	behind->before = r->before;
	behind->gap = gap_before(t, behind);
}

/*
 * Put the next range, which is the lowest above @r and so has no lower child, in the place of @r,
 * which has two. Returns from where on down something is missing, *@side says where.
 */
static struct plx_range *put_next_in_place(struct plx_ranges *t, struct plx_range *r,
					   unsigned *side)
{
	struct plx_range *next = r->behind, *from = next->up, *rest = next->child[1];

	*side = from == r;
	if (from == r) {
		from = next;
	} else {
		from->child[0] = rest;
		if (rest)
			rest->up = from;
		next->child[1] = r->child[1];
		next->child[1]->up = next;
	}
	next->child[0] = r->child[0];
	next->child[0]->up = next;
	next->tilt = r->tilt;
	next->best = r->best;
	replace(t, r, next);
	return from;
}

void plx_ranges_remove(struct plx_ranges *t, struct plx_range *r)
{
	struct plx_range *from = r->up;
	unsigned side = from && from->child[1] == r;

	unlist(t, r);
	if (r->child[0] && r->child[1])
		from = put_next_in_place(t, r, &side);
	else
		replace(t, r, r->child[r->child[1] != NULL]);
	/* The two gaps around @r are one now, or none; below the next range they are missing. */
	if (r->behind && r->before)
		grow_from(t, r->behind, r->behind->gap);
	else
		refresh_from(t, r->behind);
	refresh_from(t, from);
	balance_shrunk(t, from, side);
}

/* --- questions --- */

struct plx_range *plx_ranges_from(const struct plx_ranges *t, uint64_t page)
{
	struct plx_range *r = t->root, *best = NULL;

	while (r) {
		if (r->last < page) {
			r = r->child[1];
		} else {
			best = r;
			r = r->child[0];
		}
	}
	return best;
}

bool plx_gap_fit(bool aligned, uint64_t first, uint64_t last, uint64_t block, uint64_t min,
		 uint64_t *at)
{
	uint64_t start = first > min ? first : min;

	if (aligned)
		start = (start + block - 1) & ~(block - 1);
	if (start > last || last - start < block - 1)
		return false;
	*at = start;
	return true;
}

/* Does @block fit before @r? */
static bool fits(const struct plx_ranges *t, const struct plx_range *r, uint64_t block,
		 uint64_t min, uint64_t *at)
{
	return r->gap >= block &&
	       plx_gap_fit(t->blocks, r->before->last + 1, r->first - 1, block, min, at);
}

/* The lowest range of a subtree, which has one, with a gap of @block before it. */
static struct plx_range *lowest_gap(struct plx_ranges *t, struct plx_range *r, uint64_t block)
{
	uint64_t steps = 1;

	for (;; steps++) {
		if (r->child[0] && r->child[0]->best >= block)
			r = r->child[0];
		else if (r->gap < block)
			r = r->child[1];
		else
			break;
	}
	t->steps += steps;
	return r;
}

/* The next range above @r with a gap of @block before it; NULL: none. */
static struct plx_range *next_gap(struct plx_ranges *t, struct plx_range *r, uint64_t block)
{
	const struct plx_range *below = NULL;

	for (; r; below = r, r = r->up) {
		t->steps++;
		if (below && below == r->child[1])
			continue;
		if (below && r->gap >= block)
			return r;
		if (r->child[1] && r->child[1]->best >= block)
			return lowest_gap(t, r->child[1], block);
	}
	return NULL;
}

/*
 * A gap that is large enough fits, unless @min cuts it: then it is the one before the range at
 * @min, and the next one does.
 */
static struct plx_range *gap_from(struct plx_ranges *t, uint64_t block, uint64_t min, uint64_t *at)
{
	struct plx_range *r = plx_ranges_from(t, min);

	if (!r || fits(t, r, block, min, at))
		return r;
	r = next_gap(t, r, block);
	if (r)
		fits(t, r, block, min, at);
	return r;
}

bool plx_ranges_fit(struct plx_ranges *t, uint64_t end, uint64_t block, uint64_t min,
		    struct plx_range *out)
{
	struct plx_range *r = t->lowest;

	out->behind = r;
	if (r && r->first && plx_gap_fit(t->blocks, 0, r->first - 1, block, min, &out->first))
		return true;
	r = r && t->root->best >= block ? lowest_gap(t, t->root, block) : NULL;
	if (r && !fits(t, r, block, min, &out->first))
		r = gap_from(t, block, min, &out->first);
	out->behind = r;
	return r || plx_gap_fit(t->blocks, t->highest ? t->highest->last + 1 : 0, end, block, min,
				&out->first);
}
