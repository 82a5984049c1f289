/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unmapping: whole mappings, holes between them, everything (UNM-1 .. UNM-7).
 */
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <stdlib.h>

int plx_domain_unmap_one(struct plx_domain *d, const struct plx_mapping *m)
{
	int err = d->io->backend->unmap(d, m->iova, m->size);

	if (err)
		return err;
	d->bytes -= m->size;
	d->entries -= m->entries;
	d->n_mappings--;
	plx_domain_withdraw(d, m);
	return 0;
}

/* A plain mapping; NULL for tokens and for holes. */
static struct plx_mapping *plain(struct plx_range *r)
{
	return r->kind == PLX_TAKEN_MAPPING ? plx_mapping_of(r) : NULL;
}

/* Its last page: of a Buddy block only the mapped part counts. */
static uint64_t end_of(const struct plx_domain *d, const struct plx_mapping *m)
{
	return m->range.first + (m->size >> d->space.shift) - 1;
}

struct plx_mapping *plx_domain_find(struct plx_domain *d, uint64_t page)
{
	struct plx_range *r = plx_ranges_from(&d->space.taken, page);
	struct plx_mapping *m = r && r->first <= page ? plain(r) : NULL;

	return m && page <= end_of(d, m) ? m : NULL;
}

static void forget(struct plx_domain *d, struct plx_mapping *m)
{
	plx_iova_release(&d->space, &m->range);
	free(m);
}

static int fail_split(const struct plx_domain *d, const struct plx_mapping *m)
{
	return plx_fail_ddi(-EINVAL, PLX_STATUS_UNSUCCESSFUL, PLX_R_SPLIT, 0, d->child.name,
			    "the mapping of 0x%llx bytes at IOVA 0x%llx would be cut: unmap all of "
			    "it",
			    (ull)m->size, (ull)m->iova);
}

/* UNM-3, UNM-4 */
static int fail_nothing(const struct plx_domain *d, uint64_t first, uint64_t last, bool tokens)
{
	if (tokens)
		return plx_fail(-EBUSY, PLX_R_TOKENS_LIVE, d->child.name,
				"memory there is mapped through a token: use plx_token_unmap()");
	return plx_fail(-ENOENT, PLX_R_NOT_MAPPED, d->child.name,
			"nothing is mapped in IOVA 0x%llx-0x%llx", (ull)(first << d->space.shift),
			(ull)((last << d->space.shift) | (plx_page(d) - 1)));
}

/* UNM-2..4 for pages first..last, from range @r on: nothing is changed. */
static int check_range(const struct plx_domain *d, struct plx_range *r, uint64_t first,
		       uint64_t last)
{
	bool found = false, tokens = false;

	for (; r && r->first <= last; r = r->behind) {
		struct plx_mapping *m = plain(r);
		uint64_t end;

		if (r->kind == PLX_TAKEN_TOKEN) {
			const struct plx_range *segment =
				plx_ranges_from(&plx_mapping_of(r)->token->segments, first);

			tokens |= segment && segment->first <= last;
			continue;
		}
		end = m ? end_of(d, m) : 0;
		if (!m || end < first)
			continue;
		if (r->first < first || end > last)
			return fail_split(d, m);
		found = true;
	}
	return found && !tokens ? 0 : fail_nothing(d, first, last, tokens);
}

/* Nothing that check_range() let pass is cut: what touches first..last lies inside. */
static int unmap_range(struct plx_domain *d, struct plx_range *r, uint64_t first, uint64_t last)
{
	struct plx_range *behind;

	for (; r && r->first <= last; r = behind) {
		struct plx_mapping *m = plain(r);
		int err;

		behind = r->behind;
		if (!m || r->first < first)
			continue;
		err = plx_domain_unmap_one(d, m);
		if (err)
			return err;
		forget(d, m);
	}
	return 0;
}

/* @m, unmapped, stays in the tree for a while. */
static void keep_idle(struct plx_domain *d, struct plx_mapping *m)
{
	struct plx_mapping **at = &d->idle;

	if (d->n_idle == PLX_IDLE_MAX)
		plx_domain_settle(d);
	while (*at && (*at)->range.first < m->range.first)
		at = &(*at)->next_idle;
	m->next_idle = *at;
	*at = m;
	d->n_idle++;
	m->range.kind = PLX_TAKEN_IDLE;
}

/* One mapping that is all of first..last, as most calls want. */
static int unmap_one(struct plx_domain *d, struct plx_mapping *m)
{
	int err = plx_domain_unmap_one(d, m);

	if (!err)
		keep_idle(d, m);
	return err;
}

static __attribute__((noinline)) int unmap_several(struct plx_domain *d, uint64_t first,
						   uint64_t last)
{
	struct plx_range *r;
	int err;

	plx_domain_settle(d);
	r = plx_ranges_from(&d->space.taken, first);
	err = check_range(d, r, first, last);
	return err ? err : unmap_range(d, r, first, last);
}

static int unmap(struct plx_domain *d, uint64_t first, uint64_t last)
{
	struct plx_range *r = plx_ranges_from(&d->space.taken, first);
	struct plx_mapping *m = r && r->first == first ? plain(r) : NULL;

	if (m && end_of(d, m) == last)
		return unmap_one(d, m);
	return unmap_several(d, first, last);
}

/* UNM-1 */
static int check_arguments(const struct plx_domain *d, uint64_t iova, uint64_t npages)
{
	if (iova & (plx_page(d) - 1))
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_UNALIGNED, 2, d->child.name,
				    "IOVA 0x%llx is no multiple of %llu", (ull)iova,
				    (ull)plx_page(d));
	if (!npages)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_ZERO_LEN, 3, d->child.name,
				    "npages must not be 0");
	if (npages - 1 > (UINT64_MAX - iova) >> d->space.shift)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_WRAP, 3, d->child.name,
				    "%llu pages at IOVA 0x%llx go beyond the end of 64 bits",
				    (ull)npages, (ull)iova);
	return 0;
}

int plx_iommu_unmap(struct plx_domain *d, uint64_t iova, uint64_t npages)
{
	int err = plx_domain_enter_unsettled(d);

	if (err)
		return err;
	err = check_arguments(d, iova, npages);
	if (!err)
		err = unmap(d, iova >> d->space.shift, (iova >> d->space.shift) + npages - 1);
	return plx_domain_leave(d, err);
}

void plx_domain_each(struct plx_domain *d, void (*fn)(struct plx_domain *, struct plx_mapping *))
{
	for (struct plx_range *r = d->space.taken.lowest; r; r = r->behind) {
		if (r->kind == PLX_TAKEN_MAPPING)
			fn(d, plx_mapping_of(r));
		if (r->kind != PLX_TAKEN_TOKEN)
			continue;
		for (struct plx_range *s = plx_mapping_of(r)->token->segments.lowest; s;
		     s = s->behind)
			fn(d, plx_mapping_of(s));
	}
}

void plx_domain_forget_plain(struct plx_domain *d)
{
	struct plx_range *r = d->space.taken.lowest, *behind;

	for (; r; r = behind) {
		struct plx_mapping *m = plain(r);

		behind = r->behind;
		if (!m)
			continue;
		plx_domain_withdraw(d, m);
		forget(d, m);
	}
	d->bytes = d->entries = d->n_mappings = 0;
}

void plx_domain_forget_all(struct plx_domain *d)
{
	for (struct plx_range *r = d->space.taken.lowest; r; r = r->behind)
		if (r->kind == PLX_TAKEN_TOKEN)
			plx_token_forget_segments(plx_mapping_of(r)->token);
	plx_domain_forget_plain(d);
}

int plx_domain_unmap_all(struct plx_domain *d)
{
	int err = plx_domain_enter(d);

	if (err)
		return err;
	if (d->n_segments)
		err = plx_fail(-EBUSY, PLX_R_TOKENS_LIVE, d->child.name,
			       "%s has memory mapped through tokens: use plx_token_unmap() first",
			       d->child.name);
	else if (d->n_mappings)
		err = d->io->backend->unmap_all(d);
	if (!err)
		plx_domain_forget_plain(d);
	return plx_domain_leave(d, err);
}
