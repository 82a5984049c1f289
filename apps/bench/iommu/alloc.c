/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocators of IOVAs alone: ranges of 1 to 16 pages, of which one, chosen at random, is released
 * and another one found and taken, a million times. None is told where: it looks only whether that
 * is free, so its ranges are all of a size.
 */
#include "iommu/alloc.h"
#include "bench/iommu/iommu.h"

#include <stdlib.h>

#define TURNS     1000000u
#define MAX_PAGES 16
#define WIDTH     47

static bool take(struct plx_iova_space *s, struct plx_range *r, uint64_t page)
{
	const uint64_t iova = page << s->shift;
	struct plx_iova_request req = { .pages = 1 + random_below(MAX_PAGES) };

	if (s->type == PLX_IOVA_ALLOC_NONE) {
		req.pages = MAX_PAGES;
		req.explicit_iova = &iova;
	}
	if (plx_iova_find(s, &req, r) != PLX_IOVA_OK)
		return false;
	plx_ranges_insert_before(&s->taken, r->behind, r);
	return true;
}

/* Nanoseconds an operation: finding and taking is one, releasing another. */
static double run(struct plx_iova_space *s, struct plx_range *ranges, unsigned long live)
{
	double begin;
	bool good = true;

	for (unsigned long i = 0; i < live && good; i++)
		good = take(s, &ranges[i], (i + 1) * MAX_PAGES);
	begin = now_ns();
	for (unsigned i = 0; i < TURNS / 2 && good; i++) {
		struct plx_range *r = &ranges[random_below(live)];

		plx_iova_release(s, r);
		good = take(s, r, r->first);
	}
	return good ? (now_ns() - begin) / TURNS : complain("no IOVA is free");
}

static enum plx_iova_alloc type_of(const char *word)
{
	if (is(word, "none"))
		return PLX_IOVA_ALLOC_NONE;
	return is(word, "buddy") ? PLX_IOVA_ALLOC_BUDDY : PLX_IOVA_ALLOC_FLEX;
}

double allocate(const char *const words[])
{
	const struct plx_iova_alloc_cfg cfg = { type_of(words[0]), WIDTH };
	const struct plx_iova_range all = { 0, (1ull << WIDTH) - 1 };
	unsigned long live = strtoul(words[1], NULL, 0);
	struct plx_range *ranges = calloc(live ? live : 1, sizeof(*ranges)), clash;
	struct plx_iova_space s;

	plx_iova_init(&s, &cfg, 12);
	if (!ranges || !live || plx_iova_set_usable(&s, &all, 1, NULL, 0, &clash))
		return complain("no memory for %s ranges", words[1]);
	return run(&s, ranges, live);
}
