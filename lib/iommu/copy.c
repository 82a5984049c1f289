/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same memory in two domains: iommufd pins it once (IOMMU_IOAS_COPY), the others again.
 */
#include "iommu/iommu_priv.h"

#include <errno.h>

/* Argument positions of plx_iommu_copy(). */
enum { TO = 1, PERMS, FROM, FROM_IOVA, NPAGES, EXPLICIT, OUT = 9 };

static int check_source(const struct plx_domain *d, uint64_t iova, uint64_t npages)
{
	if (iova & (plx_page(d) - 1))
		return plx_fail_ddi(-EINVAL, plx_status_arg(FROM_IOVA), PLX_R_UNALIGNED, FROM_IOVA,
				    d->child.name, "IOVA 0x%llx is no multiple of %llu", (ull)iova,
				    (ull)plx_page(d));
	if (!npages)
		return plx_fail_ddi(-EINVAL, plx_status_arg(NPAGES), PLX_R_ZERO_LEN, NPAGES,
				    d->child.name, "npages must not be 0");
	return 0;
}

/* Where the memory behind pages of @d is: it must be one piece, of one mapping. */
static int find_memory(struct plx_domain *d, uint64_t iova, uint64_t npages, uint64_t *va)
{
	struct plx_mapping *m = plx_domain_find(d, iova >> d->space.shift);

	if (!m || npages > (m->iova + m->size - iova) >> d->space.shift)
		return plx_fail(-ENOENT, PLX_R_NOT_MAPPED, d->child.name,
				"no one mapping of %s has %llu pages at IOVA 0x%llx", d->child.name,
				(ull)npages, (ull)iova);
	if (!m->va)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, d->child.name,
				"the mapping at IOVA 0x%llx of %s is made of %llu pieces: map them "
				"as they were mapped there",
				(ull)m->iova, d->child.name, (ull)m->entries);
	*va = m->va + (iova - m->iova);
	return 0;
}

static int look_up(struct plx_domain *from, uint64_t iova, uint64_t npages, uint64_t *va)
{
	int err = plx_domain_enter(from);

	if (err) { /* which says that argument 1 is at fault */
		struct plx_error e = *plx_last_error();

		e.arg = FROM;
		e.status = plx_status_arg(FROM);
		return plx_fail_again(&e);
	}
	err = check_source(from, iova, npages);
	if (!err)
		err = find_memory(from, iova, npages, va);
	return plx_domain_leave(from, err);
}

static int copy(struct plx_domain *to, struct plx_map_job *job, uint64_t va, uint64_t npages,
		struct plx_iova_request *req, uint64_t *iova_out)
{
	const uint64_t size = npages << to->space.shift;
	const struct plx_phys memory = { .type = PLX_PHYS_CONTIG, .contig = { va, size } };
	int err = plx_check_explicit(to, req->explicit_iova, size, EXPLICIT);

	if (err)
		return err;
	job->memory = &memory;
	job->size = size;
	job->runs = 1;
	/* Another interface's pins are not ours to share. */
	if (job->each.from->io != to->io)
		job->each.from = NULL;
	return plx_domain_place_and_map(to, job, req, EXPLICIT, iova_out);
}

int plx_iommu_copy(struct plx_domain *d, uint32_t perms, struct plx_domain *from,
		   uint64_t from_iova, uint64_t npages, const uint64_t *explicit_iova,
		   const uint64_t *min_iova, const uint64_t *max_iova, uint64_t *iova_out)
{
	struct plx_map_job job = {
		.each = { .perms = perms, .from = from, .from_iova = from_iova, .arg = 3 }
	};
	struct plx_iova_request req = { .explicit_iova = explicit_iova,
					.min = min_iova,
					.max = max_iova };
	uint64_t iova = PLX_IOVA_INVALID, va = 0;
	int err = plx_domain_enter(d);

	if (!err) {
		err = plx_check_perms(d, perms, PERMS);
		if (!err && !iova_out)
			err = plx_fail_no_out(d, OUT);
		err = plx_domain_leave(d, err);
	}
	if (!err)
		err = look_up(from, from_iova, npages, &va);
	if (!err)
		err = plx_domain_enter(d);
	if (!err)
		err = plx_domain_leave(d, copy(d, &job, va, npages, &req, &iova));
	if (iova_out)
		*iova_out = iova;
	return err;
}
