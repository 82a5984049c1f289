/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOVA allocators against a plain model: one byte a page, searched from the bottom. Random
 * requests with and without windows and addresses, in usable ranges that change; the tree itself;
 * and how its cost grows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommu/alloc.h"

#define PAGES 512 /* of the model */
#define SHIFT 12
#define PAGE  (1ull << SHIFT)
#define NODES 256

static uint64_t seed;
static unsigned n_again;

static uint64_t random_below(uint64_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % n;
}

/* --- the model --- */

struct model {
	enum plx_iova_alloc type;
	uint64_t pages; /* that Buddy's width has */
	bool usable[PAGES], taken[PAGES];
};

static bool all_free(const struct model *m, const bool *taken, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n; i++)
		if (i >= PAGES || !m->usable[i] || (taken && taken[i]))
			return false;
	return true;
}

/* The lowest place at or above @min whose @n pages end at @max or below; PAGES: none. */
static uint64_t lowest(const struct model *m, const bool *taken, uint64_t n, uint64_t block,
		       uint64_t min, uint64_t max)
{
	uint64_t step = m->type == PLX_IOVA_ALLOC_BUDDY ? block : 1;

	for (uint64_t at = 0; at < PAGES; at += step)
		if (at >= (min ? min : 1) && at + n - 1 <= max && all_free(m, taken, at, block))
			return at;
	return PAGES;
}

static enum plx_iova_answer expect(const struct model *m, const struct plx_iova_request *req,
				   uint64_t *first, uint64_t *n)
{
	uint64_t min = req->min ? (*req->min + PAGE - 1) >> SHIFT : 0;
	uint64_t end = req->max ? (*req->max + 1) >> SHIFT : 1ull << 52; /* excluded */
	bool windowed = req->min || req->max;
	bool sane = min < end && (!req->min || !req->max || *req->min <= *req->max);

	*n = req->pages;
	if (m->type == PLX_IOVA_ALLOC_BUDDY)
		while (*n & (*n - 1))
			*n += *n & -*n;
	if (req->explicit_iova && m->type == PLX_IOVA_ALLOC_BUDDY)
		return PLX_IOVA_NO_EXPLICIT;
	if (!req->explicit_iova && m->type == PLX_IOVA_ALLOC_NONE)
		return PLX_IOVA_NEED_EXPLICIT;
	if (req->explicit_iova) {
		*first = *req->explicit_iova >> SHIFT;
		if (m->type == PLX_IOVA_ALLOC_FLEX && windowed &&
		    (!sane || *first < min || *first + *n > end))
			return PLX_IOVA_WINDOW_BAD;
		if (!all_free(m, NULL, *first, *n))
			return PLX_IOVA_UNUSABLE;
		return all_free(m, m->taken, *first, *n) ? PLX_IOVA_OK : PLX_IOVA_BUSY;
	}
	if (m->type == PLX_IOVA_ALLOC_BUDDY && end > m->pages)
		end = m->pages;
	if (!sane || lowest(m, NULL, req->pages, *n, min, end - 1) == PAGES)
		return windowed ? PLX_IOVA_WINDOW_BAD : PLX_IOVA_EXHAUSTED;
	*first = lowest(m, m->taken, req->pages, *n, min, end - 1);
	if (*first < PAGES)
		return PLX_IOVA_OK;
	return windowed ? PLX_IOVA_WINDOW_FULL : PLX_IOVA_EXHAUSTED;
}

/* --- the tree's own promises --- */

/* The pages of the best gap between @before and @after: all of it, or its largest block. */
static uint64_t gap(bool blocks, uint64_t before, uint64_t after)
{
	uint64_t n = after - before - 1, best = 0, at;

	for (uint64_t block = 1; blocks && block <= n; block *= 2)
		if (plx_gap_fit(true, before + 1, after - 1, block, 0, &at))
			best = block;
	return blocks ? best : n;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Returns its height; *@before is the last range seen, in order, and becomes the last one here. */
static int check_subtree(bool blocks, const struct plx_range *r, const struct plx_range *up,
			 const struct plx_range **before)
{
	uint64_t best;
	int low, high;

	if (!r)
		return 0;
	assert_ptr_equal(r->up, up);
	low = check_subtree(blocks, r->child[0], r, before);
	assert_ptr_equal(r->before, *before);
	assert_true(!*before || ((*before)->behind == r && (*before)->last < r->first));
	assert_true(r->first <= r->last);
	best = *before ? gap(blocks, (*before)->last, r->first) : 0;
	assert_int_equal(r->gap, best);
	*before = r;
	high = check_subtree(blocks, r->child[1], r, before);
	for (unsigned side = 0; side < 2; side++)
		best = r->child[side] ? larger(best, r->child[side]->best) : best;
	assert_int_equal(r->best, best);
	assert_int_equal(r->tilt, high - low);
	assert_true(r->tilt >= -1 && r->tilt <= 1);
	return 1 + (low > high ? low : high);
}

static void check_tree(const struct plx_ranges *t)
{
	const struct plx_range *before = NULL;

	check_subtree(t->blocks, t->root, NULL, &before);
	assert_true(t->root ? t->lowest && !t->lowest->before : !t->lowest);
	assert_ptr_equal(t->highest, before);
	assert_true(!before || !before->behind);
}

/* --- random histories --- */

/* Some usable ranges, in bytes, and the same in the model. */
static unsigned random_ranges(struct model *m, struct plx_iova_range *ranges)
{
	uint64_t at = random_below(3) ? 0 : random_below(8);
	unsigned n = 0;

	memset(m->usable, 0, sizeof(m->usable));
	while (at < PAGES && n < 6) {
		uint64_t len = 1 + random_below(PAGES / 2);

		if (at + len > PAGES)
			len = PAGES - at;
		memset(&m->usable[at], 1, len);
		/* Not always whole pages: what is there in part is not there. */
		ranges[n].first = at << SHIFT;
		ranges[n].last = ((at + len) << SHIFT) - 1;
		if (!random_below(4)) {
			ranges[n].last += random_below(PAGE - 1);
			if (at)
				ranges[n].first -= random_below(PAGE - 1);
		}
		n++;
		at += len + 2 + random_below(16);
	}
	return n;
}

static void change_ranges(struct plx_iova_space *s, struct model *m)
{
	struct model next = *m;
	struct plx_iova_range ranges[6], reserved;
	unsigned n = random_ranges(&next, ranges), n_reserved = (unsigned)random_below(2);
	struct plx_range clash;
	bool fits = true;
	int err;

	if (n_reserved) {
		uint64_t at = random_below(PAGES), len = 1 + random_below(4);

		reserved = (struct plx_iova_range){ at << SHIFT, ((at + len) << SHIFT) - 1 };
		for (uint64_t i = at; i < at + len && i < PAGES; i++)
			next.usable[i] = false;
	}
	for (unsigned i = 0; i < PAGES; i++)
		fits &= next.usable[i] || !m->taken[i];
	err = plx_iova_set_usable(s, ranges, n, &reserved, n_reserved, &clash);
	assert_int_equal(err, fits ? 0 : -EADDRINUSE);
	if (fits)
		*m = next;
	else
		assert_true(m->taken[clash.first]);
}

static void random_request(struct plx_iova_request *req, uint64_t *values)
{
	req->pages = 1 + random_below(random_below(2) ? 4 : 40);
	values[0] = random_below(PAGES + 4) << SHIFT;
	values[1] = random_below(PAGES << SHIFT);
	values[2] = random_below(3) ? values[1] + random_below(64 << SHIFT)
				    : random_below(PAGES << SHIFT);
	req->explicit_iova = random_below(3) ? NULL : &values[0];
	req->min = random_below(2) ? NULL : &values[1];
	req->max = random_below(2) ? NULL : &values[2];
}

static void one_allocation(struct plx_iova_space *s, struct model *m, struct plx_range *node)
{
	struct plx_iova_request req;
	uint64_t values[3], first = 0, n = 0;
	enum plx_iova_answer answer, wanted;

	random_request(&req, values);
	wanted = expect(m, &req, &first, &n);
	answer = plx_iova_find(s, &req, node);
	assert_int_equal(answer, wanted);
	if (answer != PLX_IOVA_OK) {
		node->last = 0;
		node->first = 1;
		return;
	}
	assert_int_equal(node->first, first);
	assert_int_equal(node->last, first + n - 1);
	plx_ranges_insert(&s->taken, node);
	memset(&m->taken[first], 1, n);
}

/* Whether the place would be given out again is known before it is free. */
static void one_free(struct plx_iova_space *s, struct plx_range *node)
{
	struct plx_iova_request req;
	struct plx_range at = { 0 };
	uint64_t values[3];
	bool again;

	random_request(&req, values);
	if (random_below(4))
		req.explicit_iova = req.min = req.max = NULL;
	req.pages = node->last - node->first + 1;
	again = plx_iova_again(s, &req, node);
	plx_iova_release(s, node);
	if (again) {
		assert_int_equal(plx_iova_find(s, &req, &at), PLX_IOVA_OK);
		assert_int_equal(at.first, node->first);
		assert_int_equal(at.last, node->last);
	}
	n_again += again;
}

static void history(enum plx_iova_alloc type, uint8_t width)
{
	const struct plx_iova_alloc_cfg cfg = { type, width };
	struct model m = { .type = type,
			   .pages = type == PLX_IOVA_ALLOC_BUDDY && width < 21 ? 1u << (width - 12)
									       : PAGES };
	static struct plx_range nodes[NODES];
	struct plx_iova_space s;
	bool any = false;

	plx_iova_init(&s, &cfg, SHIFT);
	for (unsigned i = 0; i < NODES; i++)
		nodes[i] = (struct plx_range){ .first = 1, .kind = PLX_TAKEN_MAPPING };
	change_ranges(&s, &m);
	for (unsigned step = 0; step < 1000; step++) {
		struct plx_range *node = &nodes[random_below(NODES)];

		if (node->first > node->last) {
			one_allocation(&s, &m, node);
		} else {
			one_free(&s, node);
			memset(&m.taken[node->first], 0, node->last - node->first + 1);
			node->first = 1;
			node->last = 0;
		}
		if (!random_below(50))
			change_ranges(&s, &m);
		check_tree(&s.taken);
	}
	for (unsigned i = 0; i < PAGES; i++)
		any |= m.taken[i];
	assert_int_equal(plx_iova_in_use(&s), any);
	plx_iova_fini(&s);
}

static void test_model(void **state)
{
	(void)state;
	for (seed = 1; seed < 60; seed++) {
		uint64_t keep = seed;

		history(PLX_IOVA_ALLOC_FLEX, 39);
		history(PLX_IOVA_ALLOC_BUDDY, (uint8_t)(13 + random_below(12)));
		history(PLX_IOVA_ALLOC_NONE, 0);
		seed = keep;
	}
	assert_true(n_again > 500);
}

/* All of 64 bits: nothing wraps. */
static void test_whole_space(void **state)
{
	const struct plx_iova_alloc_cfg cfg = { PLX_IOVA_ALLOC_FLEX, 39 };
	const struct plx_iova_range all = { 0, UINT64_MAX };
	const uint64_t last = -PAGE, max = UINT64_MAX;
	struct plx_iova_request req = { .pages = 1, .min = &last, .max = &max };
	struct plx_range clash, a, b, c;
	struct plx_iova_space s;

	(void)state;
	plx_iova_init(&s, &cfg, SHIFT);
	assert_int_equal(plx_iova_set_usable(&s, &all, 1, NULL, 0, &clash), 0);
	assert_int_equal(s.n_holes, 0);
	assert_int_equal(plx_iova_find(&s, &req, &a), PLX_IOVA_OK);
	assert_int_equal(a.first, last >> SHIFT);
	plx_ranges_insert(&s.taken, &a);
	assert_int_equal(plx_iova_find(&s, &req, &b), PLX_IOVA_WINDOW_FULL);
	req = (struct plx_iova_request){ .pages = (last >> SHIFT) - 1 };
	assert_int_equal(plx_iova_find(&s, &req, &b), PLX_IOVA_OK);
	assert_int_equal(b.first, 1);
	plx_ranges_insert(&s.taken, &b);
	req.pages = 1;
	assert_int_equal(plx_iova_find(&s, &req, &c), PLX_IOVA_EXHAUSTED);
	req.pages = 1ull << 52;
	assert_int_equal(plx_iova_find(&s, &req, &c), PLX_IOVA_EXHAUSTED);
	plx_iova_fini(&s);
}

/* --- cost --- */

/* Steps that one allocation and one free take in a space of @n ranges and as many gaps. */
static uint64_t cost(enum plx_iova_alloc type, uint64_t n, bool windowed)
{
	const struct plx_iova_alloc_cfg cfg = { type, 63 };
	const struct plx_iova_range all = { 0, (1ull << 63) - 1 };
	struct plx_range *nodes = calloc(n + 1, sizeof(*nodes)), clash;
	uint64_t middle = (2 * n + 1) << SHIFT, worst = 0;
	/*
	 * Gaps of one page are too small: each is looked at, or its subtree is not. With a window,
	 * those below it are large enough: they must not be looked at either.
	 */
	struct plx_iova_request req = { .pages = 2, .min = windowed ? &middle : NULL };
	struct plx_iova_space s;

	assert_non_null(nodes);
	plx_iova_init(&s, &cfg, SHIFT);
	assert_int_equal(plx_iova_set_usable(&s, &all, 1, NULL, 0, &clash), 0);
	for (uint64_t i = 0; i < n; i++) {
		nodes[i].first = nodes[i].last =
			windowed && i < n / 2 ? 4 * i + 1 : (windowed ? n : 0) + 2 * i + 1;
		plx_ranges_insert(&s.taken, &nodes[i]);
	}
	for (unsigned i = 0; i < 100; i++) {
		uint64_t before = s.taken.steps;

		assert_int_equal(plx_iova_find(&s, &req, &nodes[n]), PLX_IOVA_OK);
		plx_ranges_insert(&s.taken, &nodes[n]);
		plx_ranges_remove(&s.taken, &nodes[n]);
		if (s.taken.steps - before > worst)
			worst = s.taken.steps - before;
	}
	free(nodes);
	plx_iova_fini(&s);
	return worst;
}

static void test_cost_grows_with_the_logarithm(void **state)
{
	static const enum plx_iova_alloc types[] = { PLX_IOVA_ALLOC_FLEX, PLX_IOVA_ALLOC_BUDDY };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t small = cost(types[i / 2], 1000, i % 2);
		uint64_t large = cost(types[i / 2], 64000, i % 2);

		/* 64 times as many ranges are 6 levels more, in each of four walks. */
		assert_true(small < 6 * 10 * 3 / 2);
		assert_true(large < small + 4 * 6 * 3 / 2 + 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_whole_space),
		cmocka_unit_test(test_cost_grows_with_the_logarithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
