/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mapping: the checks of MAP-1 .. MAP-19 in the order of G-5, then the kernel.
 */
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

int plx_check_perms(const struct plx_domain *d, uint32_t perms, unsigned arg)
{
	if (perms && !(perms & ~(uint32_t)(PLX_IOMMU_READ | PLX_IOMMU_WRITE)))
		return 0;
	return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_RESERVED_BITS, arg, d->child.name,
			    "permissions 0x%x are not PLX_IOMMU_READ (1), PLX_IOMMU_WRITE (2) or "
			    "both",
			    perms);
}

int plx_check_explicit(const struct plx_domain *d, const uint64_t *iova, uint64_t size,
		       unsigned arg)
{
	if (iova && *iova & (plx_page(d) - 1))
		return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_UNALIGNED, arg,
				    d->child.name, "IOVA 0x%llx is no multiple of %llu", (ull)*iova,
				    (ull)plx_page(d));
	if (iova && size - 1 > UINT64_MAX - *iova)
		return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_WRAP, arg, d->child.name,
				    "0x%llx bytes at IOVA 0x%llx go beyond the end of 64 bits",
				    (ull)size, (ull)*iova);
	return 0;
}

/* MAP-6: say what is usable, as far as there is room. */
static int fail_unusable(const struct plx_domain *d, uint64_t iova, uint64_t size, unsigned arg)
{
	const struct plx_iova_space *s = &d->space;
	uint64_t top = s->n_usable ? s->usable[s->n_usable - 1].last : 0;
	uint64_t end = iova + size - 1;

	for (unsigned i = 1; i < s->n_usable; i++) {
		uint64_t first = (s->usable[i - 1].last + 1) << s->shift;
		uint64_t last = (s->usable[i].first << s->shift) - 1;

		if (iova <= last && end >= first)
			return plx_fail_ddi(-EADDRNOTAVAIL, plx_status_arg(arg),
					    PLX_R_IOVA_RESERVED, arg, d->child.name,
					    "IOVA 0x%llx-0x%llx touches 0x%llx-0x%llx, which is "
					    "reserved (the MSI window is, for one)",
					    (ull)iova, (ull)end, (ull)first, (ull)last);
	}
	return plx_fail_ddi(
		-EADDRNOTAVAIL, plx_status_arg(arg), PLX_R_IOVA_RESERVED, arg, d->child.name,
		"IOVA 0x%llx-0x%llx is outside what the IOMMU translates: usable is "
		"0x%llx-0x%llx",
		(ull)iova, (ull)end, (ull)(s->n_usable ? s->usable[0].first << s->shift : 0),
		(ull)((top << s->shift) | (plx_page(d) - 1)));
}

static int fail_window(const struct plx_domain *d, const struct plx_iova_request *req, int err)
{
	ull min = req->min ? *req->min : 0, max = req->max ? *req->max : UINT64_MAX;
	ull size = req->pages << d->space.shift;

	if (err == -ERANGE)
		return plx_fail_ddi(
			err, PLX_STATUS_INVALID_PARAMETER_MIX, PLX_R_WINDOW_BAD, PLX_ARG_MIX,
			d->child.name,
			"0x%llx bytes can never lie in the IOVA window 0x%llx-0x%llx of "
			"%s",
			size, min, max, d->child.name);
	return plx_fail_ddi(
		err, PLX_STATUS_INVALID_PARAMETER_MIX, PLX_R_WINDOW_FULL, PLX_ARG_MIX,
		d->child.name,
		"no 0x%llx bytes are free in the IOVA window 0x%llx-0x%llx of %s: unmap "
		"something or widen it",
		size, min, max, d->child.name);
}

int plx_domain_place(struct plx_domain *d, const struct plx_iova_request *req, unsigned arg,
		     struct plx_range *out)
{
	uint64_t size = req->pages << d->space.shift;

	switch (plx_iova_find(&d->space, req, out)) {
	case PLX_IOVA_OK:
		return 0;
	case PLX_IOVA_NEED_EXPLICIT:
		return plx_fail(-ENOTSUP, PLX_R_NEED_EXPLICIT, d->child.name,
				"%s has no IOVA allocator: say where", d->child.name);
	case PLX_IOVA_NO_EXPLICIT:
		return plx_fail(-ENOTSUP, PLX_R_NO_EXPLICIT, d->child.name,
				"the Buddy allocator of %s takes no explicit IOVA: use "
				"PLX_IOVA_ALLOC_FLEX",
				d->child.name);
	case PLX_IOVA_WINDOW_BAD:
		return fail_window(d, req, -ERANGE);
	case PLX_IOVA_UNUSABLE:
		return fail_unusable(d, *req->explicit_iova, size, arg);
	case PLX_IOVA_BUSY:
		return plx_fail_ddi(
			-EEXIST, PLX_STATUS_IN_USE, PLX_R_IOVA_BUSY, 0, d->child.name,
			"IOVA 0x%llx-0x%llx of %s is mapped or reserved already, wholly "
			"or in part",
			(ull)*req->explicit_iova, (ull)(*req->explicit_iova + size - 1),
			d->child.name);
	case PLX_IOVA_WINDOW_FULL:
		return fail_window(d, req, -ENOSPC);
	default:
		return plx_fail(-ENOSPC, PLX_R_WINDOW_FULL, d->child.name,
				"no 0x%llx bytes of IOVA are free in %s: unmap something",
				(ull)size, d->child.name);
	}
}

int plx_check_mappable(const struct plx_domain *d, const struct plx_phys *p)
{
	if (p->flags & PLX_PHYS_HOSTPA)
		return plx_fail(
			-ENOTSUP, PLX_R_NO_PHYS, d->child.name,
			"host physical addresses cannot be mapped: give the virtual address "
			"of memory of this process");
	return 0;
}

static int check_device(const struct plx_domain *d)
{
	if (d->n_devices || !d->io->backend->needs_device)
		return 0;
	return plx_fail(-ENODEV, PLX_R_NO_DEVICE, d->child.name,
			"%s has no device, and %s maps only when it has one: attach first",
			d->child.name, d->io->backend->name);
}

uint64_t plx_entries_left(const struct plx_domain *d)
{
	uint64_t gone = d->entries + d->credits;

	if (d->limit == UINT64_MAX)
		return UINT64_MAX;
	return d->limit > gone ? d->limit - gone : 0;
}

int plx_check_entries(const struct plx_domain *d, uint64_t n)
{
	if (n <= plx_entries_left(d))
		return 0;
	return plx_fail(
		-ENOSPC, PLX_R_DMA_ENTRIES, d->child.name,
		"%s needs %llu mappings, and of %llu there are %llu left: map larger pieces "
		"or unmap something",
		d->child.name, (ull)n, (ull)d->limit, (ull)plx_entries_left(d));
}

/* MAP-9: take back the first @done bytes at @iova; the record stays. */
static int roll_back(struct plx_domain *d, uint64_t iova, uint64_t done)
{
	struct plx_error saved = *plx_last_error();

	if (done && d->io->backend->unmap(d, iova, done))
		plx_log(d->child.ctx, LOG_ERR, "iommu",
			"%s: 0x%llx bytes at IOVA 0x%llx stay mapped after a failure: %s",
			d->child.name, (ull)done, (ull)iova, plx_last_error()->text);
	return plx_fail_again(&saved);
}

/* The pieces of a list, or none of them. */
static __attribute__((noinline)) int map_list(struct plx_domain *d, struct plx_map_job *job,
					      const struct plx_mapping *m)
{
	struct plx_extent_map *each = &job->each;
	struct plx_extent_walk walk = { 0 };
	uint64_t done = 0;
	struct plx_extent e;

	for (; plx_extents_next(job->memory, d->space.shift, &walk, &e); done += e.len) {
		each->iova = m->iova + done;
		each->va = e.va;
		each->len = e.len;
		if (d->io->backend->map(d, each))
			return roll_back(d, m->iova, done);
	}
	return 0;
}

static int map_whole(struct plx_domain *d, struct plx_map_job *job, const struct plx_mapping *m)
{
	job->each.iova = m->iova;
	job->each.va = job->memory->contig.base;
	job->each.len = job->size;
	return d->io->backend->map(d, &job->each);
}

int plx_domain_map_runs(struct plx_domain *d, struct plx_map_job *job, struct plx_mapping *m)
{
	int err = check_device(d);

	if (err)
		return err;
	err = job->memory->type == PLX_PHYS_CONTIG ? map_whole(d, job, m) : map_list(d, job, m);
	if (err)
		return err;
	m->size = job->size;
	m->entries = job->runs;
	m->va = job->runs == 1 ? job->each.va : 0;
	m->perms = job->each.perms;
	m->owner = job->owner;
	d->bytes += job->size;
	d->entries += job->runs;
	d->n_mappings++;
	plx_domain_publish(d, m);
	return 0;
}

struct plx_mapping *plx_mapping_new(const struct plx_domain *d, const struct plx_range *at)
{
	/* Not calloc(3), which passes the allocator's per-thread cache by. */
	struct plx_mapping *m = malloc(sizeof(*m));

	if (!m) {
		plx_fail_nomem(d->child.name, "a mapping");
		return NULL;
	}
	m->range.first = at->first;
	m->range.last = at->last;
	m->range.kind = PLX_TAKEN_MAPPING;
	m->token = NULL;
	m->iova = at->first << d->space.shift;
	return m;
}

/* Map at a place that is looked for. */
static __attribute__((noinline)) int place_and_map(struct plx_domain *d, struct plx_map_job *job,
						   struct plx_iova_request *req, unsigned arg,
						   uint64_t *iova_out)
{
	struct plx_mapping *m;
	struct plx_range at;
	int err;

	plx_domain_settle(d);
	req->pages = job->size >> d->space.shift;
	err = plx_domain_place(d, req, arg, &at);
	if (err)
		return err;
	m = plx_mapping_new(d, &at);
	if (!m)
		return -ENOMEM;
	err = plx_check_entries(d, job->runs);
	if (!err)
		err = plx_domain_map_runs(d, job, m);
	if (err) {
		free(m);
		return err;
	}
	plx_ranges_insert_before(&d->space.taken, at.behind, &m->range);
	*iova_out = m->iova;
	return 0;
}

/* Map at the lowest place where something of that size was unmapped lately, if that is the one. */
static inline int again_or_place(struct plx_domain *d, struct plx_map_job *job,
				 struct plx_iova_request *req, unsigned arg, uint64_t *iova_out)
{
	struct plx_mapping *m = d->idle;
	int err;

	if (!m || m->size != job->size || !plx_iova_again(&d->space, req, &m->range))
		return place_and_map(d, job, req, arg, iova_out);
	err = plx_check_entries(d, job->runs);
	if (!err)
		err = plx_domain_map_runs(d, job, m);
	if (err)
		return err;
	m->range.kind = PLX_TAKEN_MAPPING;
	d->idle = m->next_idle;
	d->n_idle--;
	*iova_out = m->iova;
	return 0;
}

int plx_domain_place_and_map(struct plx_domain *d, struct plx_map_job *job,
			     struct plx_iova_request *req, unsigned arg, uint64_t *iova_out)
{
	return again_or_place(d, job, req, arg, iova_out);
}

int plx_fail_no_out(const struct plx_domain *d, unsigned arg)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_NULL_ARG, arg, d->child.name,
			    "iova_out must not be NULL");
}

/* Everything but the domain, in the order of G-5. */
static int check_and_map(struct plx_domain *d, struct plx_map_job *job,
			 struct plx_iova_request *req, uint64_t *iova_out)
{
	int err = plx_check_perms(d, job->each.perms, 2);

	if (!err)
		err = plx_extents_check(job->memory, d->space.shift, job->each.arg, &job->size,
					&job->runs);
	if (!err)
		err = plx_check_explicit(d, req->explicit_iova, job->size, 4);
	if (!err && !iova_out)
		err = plx_fail_no_out(d, 7);
	if (!err)
		err = plx_check_mappable(d, job->memory);
	if (err)
		return err;
	return again_or_place(d, job, req, 4, iova_out);
}

int plx_iommu_map_for(struct plx_domain *d, const char *owner, uint32_t perms,
		      const struct plx_phys *p, const uint64_t *explicit_iova,
		      const uint64_t *min_iova, const uint64_t *max_iova, uint64_t *iova_out)
{
	struct plx_map_job job = { .memory = p,
				   .owner = owner,
				   .each = { .perms = perms, .arg = 3 } };
	struct plx_iova_request req = { .explicit_iova = explicit_iova,
					.min = min_iova,
					.max = max_iova };
	uint64_t iova = PLX_IOVA_INVALID;
	int err = plx_domain_enter_unsettled(d);

	if (!err)
		err = plx_domain_leave(d, check_and_map(d, &job, &req, iova_out ? &iova : NULL));
	/* Last: it may be the caller's variable for one of the others, too. */
	if (iova_out)
		*iova_out = iova;
	return err;
}

int plx_iommu_map(struct plx_domain *d, uint32_t perms, const struct plx_phys *p,
		  const uint64_t *explicit_iova, const uint64_t *min_iova, const uint64_t *max_iova,
		  uint64_t *iova_out)
{
	return plx_iommu_map_for(d, NULL, perms, p, explicit_iova, min_iova, max_iova, iova_out);
}
