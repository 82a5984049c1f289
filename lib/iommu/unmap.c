/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unmapping: whole mappings, holes between them, everything (UNM-1 .. UNM-7).
 */
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <stdlib.h>

typedef unsigned long long ull;

int plx_domain_unmap_one(struct plx_domain *d, const struct plx_mapping *m)
{
	int err = d->io->backend->unmap(d, m->iova, m->size);

	if (err)
		return err;
	d->bytes -= m->size;
	d->entries -= m->entries;
	d->n_mappings--;
	return 0;
}

/* A plain mapping; NULL for tokens and for holes. */
static struct plx_mapping *plain(const struct plx_domain *d, struct plx_range *r)
{
	const struct plx_iova_space *s = &d->space;
	struct plx_mapping *m;

	if (r >= s->holes && r < s->holes + s->n_holes)
		return NULL;
	m = plx_mapping_of(r);
	return m->token ? NULL : m;
}

/* The token that a range is; NULL: it is none. */
static struct plx_token *token(const struct plx_domain *d, struct plx_range *r)
{
	const struct plx_iova_space *s = &d->space;

	if (r >= s->holes && r < s->holes + s->n_holes)
		return NULL;
	return plx_mapping_of(r)->token;
}

static void forget(struct plx_domain *d, struct plx_mapping *m)
{
	plx_ranges_remove(&d->space.taken, &m->range);
	free(m);
}

/*
 * UNM-2: would [first, last] cut @m, which touches it? Of a Buddy block only the mapped part
 * counts.
 */
static bool cuts(const struct plx_domain *d, const struct plx_mapping *m, uint64_t first,
		 uint64_t last)
{
	uint64_t end = m->range.first + (m->size >> d->space.shift) - 1;

	return m->range.first <= last && end >= first && (m->range.first < first || end > last);
}

static bool touches(const struct plx_domain *d, const struct plx_mapping *m, uint64_t first,
		    uint64_t last)
{
	return m->range.first <= last && m->range.first + (m->size >> d->space.shift) - 1 >= first;
}

/* UNM-2..4 for pages first..last: nothing is changed. */
static int check_range(struct plx_domain *d, uint64_t first, uint64_t last)
{
	struct plx_range *r = plx_ranges_from(&d->space.taken, first);
	bool found = false, tokens = false;

	for (; r && r->first <= last; r = plx_ranges_from(&d->space.taken, r->last + 1)) {
		struct plx_mapping *m = plain(d, r);
		struct plx_token *t = token(d, r);
		struct plx_range *segment = t ? plx_ranges_from(&t->segments, first) : NULL;

		tokens |= segment && segment->first <= last;
		if (!m || !touches(d, m, first, last))
			continue;
		if (cuts(d, m, first, last))
			return plx_fail_ddi(
				-EINVAL, PLX_STATUS_UNSUCCESSFUL, PLX_R_SPLIT, 0, d->child.name,
				"the mapping of 0x%llx bytes at IOVA 0x%llx would be cut: "
				"unmap all of it",
				(ull)m->size, (ull)m->iova);
		found = true;
	}
	if (tokens)
		return plx_fail(-EBUSY, PLX_R_TOKENS_LIVE, d->child.name,
				"memory there is mapped through a token: use plx_token_unmap()");
	if (!found)
		return plx_fail(-ENOENT, PLX_R_NOT_MAPPED, d->child.name,
				"nothing is mapped in IOVA 0x%llx-0x%llx",
				(ull)(first << d->space.shift),
				(ull)((last << d->space.shift) | (plx_page(d) - 1)));
	return 0;
}

static int unmap_range(struct plx_domain *d, uint64_t first, uint64_t last)
{
	uint64_t next = first;
	struct plx_range *r;

	while ((r = plx_ranges_from(&d->space.taken, next)) && r->first <= last) {
		struct plx_mapping *m = plain(d, r);
		int err;

		next = r->last + 1;
		if (!m || !touches(d, m, first, last))
			continue;
		err = plx_domain_unmap_one(d, m);
		if (err)
			return err;
		forget(d, m);
	}
	return 0;
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
	int err = plx_domain_enter(d);
	uint64_t first, last;

	if (err)
		return err;
	first = iova >> d->space.shift;
	last = first + npages - 1;
	err = check_arguments(d, iova, npages);
	if (!err)
		err = check_range(d, first, last);
	if (!err)
		err = unmap_range(d, first, last);
	return plx_domain_leave(d, err);
}

void plx_domain_forget_plain(struct plx_domain *d)
{
	uint64_t next = 0;
	struct plx_range *r;

	while ((r = plx_ranges_from(&d->space.taken, next))) {
		struct plx_mapping *m = plain(d, r);

		next = r->last + 1;
		if (m)
			forget(d, m);
	}
	d->bytes = d->entries = d->n_mappings = 0;
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
