/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tokens: IOVAs reserved now, memory mapped into them later (TOK-1 .. TOK-6).
 */
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- entering --- */

static int enter(const struct plx_token *t)
{
	if (!t)
		return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_NULL_ARG, 1, NULL,
				    "the token must not be NULL");
	plx_lock(&t->domain->lock);
	if (!t->freed)
		return 0;
	return plx_domain_leave(t->domain,
				plx_fail_ddi(-ESHUTDOWN, PLX_STATUS_UNSUCCESSFUL, PLX_R_DELETING, 0,
					     NULL, "the token is freed"));
}

/* --- reserving --- */

static void bury_token(struct plx_grave *g)
{
	free(g);
}

/* TOK-2: how many entries a token may have at a time. */
static uint64_t credits_of(const struct plx_domain *d, uint64_t size, uint32_t max_segments)
{
	uint64_t pages = size >> d->space.shift;

	return max_segments && max_segments < pages ? max_segments : pages;
}

static int make_token(struct plx_domain *d, const struct plx_range *at, uint64_t size,
		      uint64_t credits, struct plx_token **out)
{
	struct plx_token *t = calloc(1, sizeof(*t));

	if (!t)
		return plx_fail_nomem(d->child.name, "a token");
	t->grave.bury = bury_token;
	t->domain = d;
	t->mapping.range = *at;
	t->mapping.range.kind = PLX_TAKEN_TOKEN;
	t->mapping.token = t;
	t->mapping.iova = at->first << d->space.shift;
	t->mapping.size = size;
	t->credits = credits;
	plx_ranges_insert_before(&d->space.taken, at->behind, &t->mapping.range);
	d->credits += credits;
	d->n_tokens++;
	*out = t;
	return 0;
}

static int check_size(const struct plx_domain *d, uint64_t size)
{
	if (!size)
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_ZERO_LEN, 2, d->child.name,
				    "a token of 0 bytes");
	if (size & (plx_page(d) - 1))
		return plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_UNALIGNED, 2, d->child.name,
				    "a token's size, 0x%llx bytes, is no multiple of %llu",
				    (ull)size, (ull)plx_page(d));
	return 0;
}

static int reserve(struct plx_domain *d, uint64_t size, struct plx_iova_request *req,
		   uint32_t max_segments, struct plx_token **out)
{
	uint64_t credits = credits_of(d, size, max_segments);
	struct plx_range at;
	int err = check_size(d, size);

	if (!err)
		err = plx_check_explicit(d, req->explicit_iova, size, 3);
	if (!err && !out)
		err = plx_fail_ddi(-EINVAL, plx_status_arg(6), PLX_R_NULL_ARG, 6, d->child.name,
				   "out must not be NULL");
	if (err)
		return err;
	req->pages = size >> d->space.shift;
	err = plx_domain_place(d, req, 3, &at);
	if (!err)
		err = plx_check_entries(d, credits);
	return err ? err : make_token(d, &at, size, credits, out);
}

int plx_iova_reserve(struct plx_domain *d, uint64_t size, const uint64_t *explicit_iova,
		     const uint64_t *min_iova, const uint64_t *max_iova, uint32_t max_segments,
		     struct plx_token **out)
{
	struct plx_iova_request req = { .explicit_iova = explicit_iova,
					.min = min_iova,
					.max = max_iova };
	int err;

	if (out)
		*out = NULL;
	err = plx_domain_enter(d);
	return err ? err : plx_domain_leave(d, reserve(d, size, &req, max_segments, out));
}

int plx_token_info(const struct plx_token *t, uint64_t *base, uint64_t *size)
{
	int err = enter(t);

	if (base)
		*base = err ? PLX_IOVA_INVALID : t->mapping.iova;
	if (size)
		*size = err ? 0 : t->mapping.size;
	return err ? err : plx_domain_leave(t->domain, 0);
}

int plx_token_free(struct plx_token *t)
{
	struct plx_domain *d;
	int err = enter(t);

	if (err)
		return err;
	d = t->domain;
	if (t->segments.root)
		return plx_domain_leave(d, plx_fail(-EBUSY, PLX_R_STILL_MAPPED, d->child.name,
						    "memory is mapped in the token at IOVA 0x%llx: "
						    "use plx_token_unmap() first",
						    (ull)t->mapping.iova));
	plx_iova_release(&d->space, &t->mapping.range);
	d->credits -= t->credits;
	d->n_tokens--;
	t->freed = true;
	plx_iommu_mourn(d->io, &t->grave);
	return plx_domain_leave(d, 0);
}

/* --- mapping --- */

/* TOK-4: the segment's place. */
static int check_place(struct plx_token *t, uint64_t offset, uint64_t size, struct plx_range *out)
{
	const struct plx_domain *d = t->domain;
	struct plx_range *other;

	if (offset > t->mapping.size || size > t->mapping.size - offset)
		return plx_fail_ddi(-ERANGE, plx_status_arg(2), PLX_R_TOO_LARGE, 2, d->child.name,
				    "0x%llx bytes at offset 0x%llx go beyond the token's 0x%llx",
				    (ull)size, (ull)offset, (ull)t->mapping.size);
	out->first = (t->mapping.iova + offset) >> d->space.shift;
	out->last = out->first + (size >> d->space.shift) - 1;
	out->behind = other = plx_ranges_from(&t->segments, out->first);
	if (other && other->first <= out->last)
		return plx_fail(-EEXIST, PLX_R_IOVA_BUSY, d->child.name,
				"0x%llx bytes at offset 0x%llx overlap a segment of the token",
				(ull)size, (ull)offset);
	return 0;
}

/* TOK-2 */
static int check_credits(const struct plx_token *t, uint64_t runs)
{
	if (runs <= t->credits - t->used)
		return 0;
	return plx_fail(-ENOSPC, PLX_R_DMA_ENTRIES, t->domain->child.name,
			"the token was made for %llu pieces of memory, has %llu, and cannot take "
			"%llu more: reserve it with a larger max_segments",
			(ull)t->credits, (ull)t->used, (ull)runs);
}

static int map_segment(struct plx_token *t, const struct plx_range *at, struct plx_map_job *job)
{
	struct plx_domain *d = t->domain;
	struct plx_mapping *m = plx_mapping_new(d, at);
	int err;

	if (!m)
		return -ENOMEM;
	err = plx_domain_map_runs(d, job, m);
	if (err) {
		free(m);
		return err;
	}
	plx_ranges_insert_before(&t->segments, at->behind, &m->range);
	t->used += job->runs;
	d->credits -= job->runs; /* they are entries now */
	d->n_segments++;
	return 0;
}

static int check_and_map(struct plx_token *t, uint64_t offset, struct plx_map_job *job,
			 struct plx_segment *out)
{
	struct plx_domain *d = t->domain;
	struct plx_range at;
	int err = 0;

	if (offset & (plx_page(d) - 1))
		err = plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_UNALIGNED, 2, d->child.name,
				   "offset 0x%llx is no multiple of %llu", (ull)offset,
				   (ull)plx_page(d));
	if (!err)
		err = plx_check_perms(d, job->each.perms, 3);
	if (!err)
		err = plx_extents_check(job->memory, d->space.shift, job->each.arg, &job->size,
					&job->runs);
	if (!err && !out)
		err = plx_fail_ddi(-EINVAL, plx_status_arg(5), PLX_R_NULL_ARG, 5, d->child.name,
				   "out must not be NULL");
	if (!err)
		err = plx_check_mappable(d, job->memory);
	if (!err)
		err = check_place(t, offset, job->size, &at);
	if (!err)
		err = check_credits(t, job->runs);
	if (!err)
		err = map_segment(t, &at, job);
	if (!err)
		*out = (struct plx_segment){ t, offset, job->size, true };
	return err;
}

int plx_token_map_for(struct plx_token *t, const char *owner, uint64_t offset, uint32_t perms,
		      const struct plx_phys *p, struct plx_segment *out)
{
	struct plx_map_job job = { .memory = p,
				   .owner = owner,
				   .each = { .perms = perms, .arg = 4 } };
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = enter(t);
	return err ? err : plx_domain_leave(t->domain, check_and_map(t, offset, &job, out));
}

int plx_token_map(struct plx_token *t, uint64_t offset, uint32_t perms, const struct plx_phys *p,
		  struct plx_segment *out)
{
	return plx_token_map_for(t, NULL, offset, perms, p, out);
}

/* --- unmapping --- */

static int fail_not_mapped(void)
{
	return plx_fail_ddi(-ENOENT, PLX_STATUS_INVALID_PARAMETER, PLX_R_NOT_MAPPED, 0, NULL,
			    "the segment is not mapped (any more)");
}

static struct plx_mapping *find_segment(struct plx_token *t, const struct plx_segment *s)
{
	uint64_t iova = t->mapping.iova + s->offset;
	struct plx_range *r = plx_ranges_from(&t->segments, iova >> t->domain->space.shift);
	struct plx_mapping *m = r ? plx_mapping_of(r) : NULL;

	return m && m->iova == iova && m->size == s->size ? m : NULL;
}

static void drop_segment(struct plx_token *t, struct plx_mapping *m)
{
	struct plx_domain *d = t->domain;

	plx_ranges_remove(&t->segments, &m->range);
	t->used -= m->entries;
	d->credits += m->entries;
	d->n_segments--;
	free(m);
}

static int unmap_segment(struct plx_token *t, struct plx_mapping *m)
{
	int err = plx_domain_unmap_one(t->domain, m);

	if (!err)
		drop_segment(t, m);
	return err;
}

void plx_token_forget_segments(struct plx_token *t)
{
	struct plx_range *r;

	while ((r = t->segments.lowest)) {
		plx_domain_withdraw(t->domain, plx_mapping_of(r));
		drop_segment(t, plx_mapping_of(r));
	}
}

int plx_token_unmap(struct plx_segment *s)
{
	struct plx_mapping *m;
	struct plx_domain *d;
	int err;

	if (!s)
		return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_NULL_ARG, 1, NULL,
				    "the segment must not be NULL");
	if (!s->valid || !s->token)
		return fail_not_mapped();
	d = s->token->domain;
	plx_lock(&d->lock);
	m = find_segment(s->token, s); /* a freed token has none */
	err = m ? unmap_segment(s->token, m) : fail_not_mapped();
	if (!err || !m)
		s->valid = false;
	return plx_domain_leave(d, err);
}
