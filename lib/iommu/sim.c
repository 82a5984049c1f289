/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IOMMU in memory, with Windows' semantics: domains live without devices (11.1 of the DDI
 * contract). It keeps a table of its own and knows nothing of the room's: what is checked at each
 * access is what was told to it.
 */
#define _GNU_SOURCE
#include "iommu/sim.h"
#include "iommu/iommu_priv.h"
#include "iommu/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22 /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

#define WIDTH     39
#define MSI_FIRST 0xfee00000ull /* as on every x86 */
#define MSI_LAST  0xfeefffffull
#define ENTRIES   65535 /* type1's default limit */
#define SHIFT     12

struct plx_sim {
	struct plx_ranges table; /* of struct entry */
	uint64_t n;
	unsigned devices[65]; /* attached ones by address width */
};

struct entry {
	struct plx_range range; /* first member */
	uint8_t *va;
	uint32_t perms;
};

/* Does the kernel know MADV_POPULATE? The stack says. */
static bool can_populate(void)
{
	char here = 0;
	uintptr_t page = (uintptr_t)&here & ~(((uintptr_t)1 << SHIFT) - 1);

	return !madvise((void *)page, 1u << SHIFT, MADV_POPULATE_READ);
}

int plx_memory_touch(uint64_t va, uint64_t len, bool write)
{
	void *at = (void *)(uintptr_t)va;

	if (!madvise(at, len, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		return 0;
	/* Before Linux 5.14: what is mapped must do. */
	if (errno == EINVAL && !can_populate() && !madvise(at, len, MADV_NORMAL))
		return 0;
	return EFAULT;
}

static int sim_open(struct plx_iommu *io)
{
	(void)io;
	return 0;
}

static void sim_close(struct plx_iommu *io)
{
	(void)io;
}

static int sim_domain_open(struct plx_domain *d)
{
	d->sim = calloc(1, sizeof(*d->sim));
	return d->sim ? 0 : plx_fail_nomem(d->child.name, "a simulated IOMMU");
}

/* --- mapping --- */

static int sim_map(struct plx_domain *d, const struct plx_extent_map *m)
{
	uint64_t first = m->iova >> SHIFT, last = (m->iova + m->len - 1) >> SHIFT;
	struct plx_range *other = plx_ranges_from(&d->sim->table, first);
	struct entry *e;
	int sys_errno;

	if (other && other->first <= last)
		return plx_fail_map(d, m, EEXIST, "the simulated IOMMU");
	if (d->sim->n == ENTRIES)
		return plx_fail_map(d, m, ENOSPC, "the simulated IOMMU");
	sys_errno = plx_memory_touch(m->va, m->len, m->perms & PLX_IOMMU_WRITE);
	if (sys_errno)
		return plx_fail_map(d, m, sys_errno, "the simulated IOMMU");
	e = calloc(1, sizeof(*e));
	if (!e)
		return plx_fail_map(d, m, ENOMEM, "the simulated IOMMU");
	e->range.first = first;
	e->range.last = last;
	e->va = (uint8_t *)(uintptr_t)m->va;
	e->perms = m->perms;
	plx_ranges_insert(&d->sim->table, &e->range);
	d->sim->n++;
	return 0;
}

static void drop_entries(struct plx_sim *sim, uint64_t first, uint64_t last)
{
	struct plx_range *r;

	while ((r = plx_ranges_from(&sim->table, first)) && r->first <= last) {
		plx_ranges_remove(&sim->table, r);
		free(r);
		sim->n--;
	}
}

static int sim_unmap(struct plx_domain *d, uint64_t iova, uint64_t len)
{
	drop_entries(d->sim, iova >> SHIFT, (iova + len - 1) >> SHIFT);
	return 0;
}

static int sim_unmap_all(struct plx_domain *d)
{
	drop_entries(d->sim, 0, UINT64_MAX >> SHIFT);
	return 0;
}

static void sim_domain_close(struct plx_domain *d)
{
	sim_unmap_all(d);
	free(d->sim);
}

/* --- what it can do, and devices --- */

static unsigned width(const struct plx_attachment *a)
{
	return a->address_width ? a->address_width : WIDTH;
}

static int sim_attach(struct plx_domain *d, struct plx_attachment *a)
{
	if (width(a) > 52 || width(a) <= SHIFT)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, a->name,
				"%s: an aperture has 13 to 52 bits, not %u", a->name, width(a));
	d->sim->devices[width(a)]++;
	return 0;
}

static int sim_detach(struct plx_domain *d, struct plx_attachment *a)
{
	d->sim->devices[width(a)]--;
	return 0;
}

/* The narrowest device decides. */
static int sim_limits(struct plx_domain *d, struct plx_iommu_limits *out)
{
	unsigned bits = 0;
	uint64_t last;

	while (bits < 64 && !d->sim->devices[bits])
		bits++;
	if (bits == 64)
		bits = WIDTH;
	last = (1ull << bits) - 1;
	out->ranges = calloc(2, sizeof(*out->ranges));
	if (!out->ranges)
		return plx_fail_nomem(d->child.name, "usable ranges");
	out->ranges[0].last = last < MSI_FIRST ? last : MSI_FIRST - 1;
	out->n_ranges = 1;
	if (last > MSI_LAST) {
		out->ranges[1] = (struct plx_iova_range){ MSI_LAST + 1, last };
		out->n_ranges = 2;
	}
	out->page_sizes = 1ull << 12 | 1ull << 21 | 1ull << 30;
	out->entries_left = ENTRIES - d->sim->n;
	return 0;
}

/* --- what devices do --- */

/* Where one page's part of an access goes; NULL: it is blocked. */
static uint8_t *translate(struct plx_domain *d, uint64_t iova, bool write)
{
	uint64_t page = iova >> SHIFT;
	struct plx_range *r = plx_ranges_from(&d->sim->table, page);
	struct entry *e = (struct entry *)r;

	if (!r || r->first > page)
		return NULL;
	if (!(e->perms & (write ? PLX_IOMMU_WRITE : PLX_IOMMU_READ)))
		return NULL;
	return e->va + (iova - (r->first << SHIFT));
}

uint64_t plx_sim_iommu_access(struct plx_domain *d, uint64_t iova, uint64_t len, bool write,
			      void *buf)
{
	const uint64_t page = 1ull << SHIFT;
	uint64_t done = 0;

	pthread_mutex_lock(&d->lock);
	while (done < len && !d->deleted && d->io->backend->id == PLX_BACKEND_SIM) {
		uint64_t at = iova + done, n = page - (at & (page - 1));
		uint8_t *va = at >= iova ? translate(d, at, write) : NULL;

		if (!va)
			break;
		if (n > len - done)
			n = len - done;
		if (write)
			memcpy(va, (uint8_t *)buf + done, n);
		else
			memcpy((uint8_t *)buf + done, va, n);
		done += n;
	}
	pthread_mutex_unlock(&d->lock);
	return done;
}

const struct plx_iommu_backend plx_iommu_sim = {
	.id = PLX_BACKEND_SIM,
	.name = "sim",
	.translates = true,
	.open = sim_open,
	.close = sim_close,
	.domain_open = sim_domain_open,
	.domain_close = sim_domain_close,
	.map = sim_map,
	.unmap = sim_unmap,
	.unmap_all = sim_unmap_all,
	.limits = sim_limits,
	.attach = sim_attach,
	.detach = sim_detach,
};
