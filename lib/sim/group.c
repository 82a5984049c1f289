/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IOMMU groups of the simulated kernel, and what devices of them can reach.
 */
#include "sim/kernel_priv.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_NUMBER 100 /* of groups that are not always there */
#define MSI_FIRST    0xfee00000ull
#define MSI_LAST     0xfeefffffull

static struct plx_sim_group fixed[PLX_SIM_GROUPS];
static struct plx_sim_group *others;
static unsigned next_number = FIRST_NUMBER;

/* Those that are always there, then others. */
struct plx_sim_group *plx_sim_group_next(const struct plx_sim_group *g)
{
	if (g && (g < fixed || g >= fixed + PLX_SIM_GROUPS))
		return g->next;
	if (g == fixed + PLX_SIM_GROUPS - 1)
		return others;
	g = g ? g + 1 : fixed;
	fixed[g - fixed].number = (unsigned)(g - fixed);
	fixed[g - fixed].config = &plx_sim_config.groups[g - fixed];
	return &fixed[g - fixed];
}

struct plx_sim_group *plx_sim_group_find(unsigned number)
{
	struct plx_sim_group *g = plx_sim_group_next(NULL);

	while (g && g->number != number)
		g = plx_sim_group_next(g);
	return g;
}

bool plx_sim_group_present(const struct plx_sim_group *g)
{
	return g->number < PLX_SIM_GROUPS || g->plugged;
}

struct plx_sim_group_config *plx_sim_group_config(unsigned number)
{
	struct plx_sim_group *g;

	plx_sim_kernel_lock();
	g = plx_sim_group_find(number);
	plx_sim_kernel_unlock();
	return g ? g->config : NULL;
}

/* --- members --- */

static struct plx_sim_group *find_own(const void *owner, int key)
{
	struct plx_sim_group *g = key < 0 ? NULL : others;

	while (g && (g->owner != owner || g->key != key))
		g = g->next;
	return g;
}

struct plx_sim_group *plx_sim_group_take(const void *owner, const struct plx_sim_spec *spec)
{
	struct plx_sim_group *g;

	plx_sim_kernel_lock();
	g = find_own(owner, spec->group);
	if (!g)
		g = calloc(1, sizeof(*g));
	if (g && !g->members++) {
		g->owner = owner;
		g->key = spec->group;
		g->number = next_number++;
		g->config = &g->own;
		g->own.width = spec->address_width;
		g->next = others;
		others = g;
	}
	if (g && spec->address_width < g->own.width)
		g->own.width = spec->address_width;
	plx_sim_kernel_unlock();
	return g;
}

static bool is_fixed(const struct plx_sim_group *g)
{
	return g >= fixed && g < fixed + PLX_SIM_GROUPS;
}

void plx_sim_group_get(struct plx_sim_group *g)
{
	g->members += !is_fixed(g);
}

void plx_sim_group_put(struct plx_sim_group *g)
{
	struct plx_sim_group **link = &others;

	if (is_fixed(g) || --g->members)
		return;
	while (*link != g)
		link = &(*link)->next;
	*link = g->next;
	free(g);
}

void plx_sim_group_return(struct plx_sim_group *g)
{
	plx_sim_kernel_lock();
	plx_sim_group_put(g);
	plx_sim_kernel_unlock();
}

/* --- what can be reached --- */

/* Take @hole out of sorted ranges. */
static void cut(struct plx_iova_range *ranges, unsigned *n, struct plx_iova_range hole)
{
	struct plx_iova_range out[PLX_SIM_RANGES];
	unsigned kept = 0;

	for (unsigned i = 0; i < *n; i++) {
		struct plx_iova_range r = ranges[i];

		if (hole.last < r.first || hole.first > r.last) {
			out[kept++] = r;
			continue;
		}
		if (hole.first > r.first)
			out[kept++] = (struct plx_iova_range){ r.first, hole.first - 1 };
		if (hole.last < r.last)
			out[kept++] = (struct plx_iova_range){ hole.last + 1, r.last };
	}
	memcpy(ranges, out, kept * sizeof(out[0]));
	*n = kept;
}

unsigned plx_sim_ranges(const struct plx_sim_space *s, const struct plx_sim_group *also,
			struct plx_iova_range *out)
{
	unsigned n = 1;

	out[0] = (struct plx_iova_range){ 0, UINT64_MAX };
	for (struct plx_sim_group *g = NULL; (g = plx_sim_group_next(g));) {
		if (g->space != s && g != also)
			continue;
		cut(out, &n, (struct plx_iova_range){ 1ull << g->config->width, UINT64_MAX });
		cut(out, &n, (struct plx_iova_range){ MSI_FIRST, MSI_LAST });
		if (g->config->reserved.last && n + 1 < PLX_SIM_RANGES)
			cut(out, &n, g->config->reserved);
	}
	return n;
}

static bool inside(const struct plx_iova_range *ranges, unsigned n, uint64_t first, uint64_t last)
{
	for (unsigned i = 0; i < n; i++)
		if (first >= ranges[i].first && last <= ranges[i].last)
			return true;
	return false;
}

bool plx_sim_in_range(const struct plx_sim_space *s, uint64_t first, uint64_t last)
{
	struct plx_iova_range ranges[PLX_SIM_RANGES];

	return inside(ranges, plx_sim_ranges(s, NULL, ranges), first, last);
}

bool plx_sim_can_join(struct plx_sim_space *s, const struct plx_sim_group *group)
{
	struct plx_iova_range ranges[PLX_SIM_RANGES];
	unsigned n = plx_sim_ranges(s, group, ranges);
	struct plx_range *r = plx_ranges_from(&s->table, 0);

	for (; r; r = plx_ranges_from(&s->table, r->last + 1))
		if (!inside(ranges, n, r->first << 12, (r->last << 12) + 4095))
			return false;
	return true;
}
