/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IOMMU in memory, with Windows' semantics: domains live without devices (11.1 of the DDI
 * contract). It keeps a table of its own and knows nothing of the room's: what is checked at each
 * access is what was told to it.
 */
#include "iommu/sim.h"
#include "iommu/iommu_priv.h"
#include "mem/touch.h"
#include "sim/space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH     39
#define MSI_FIRST 0xfee00000ull /* as on every x86 */
#define MSI_LAST  0xfeefffffull
#define ENTRIES   65535 /* type1's default limit */

/* A function whose model is told what it reaches. */
struct listener {
	struct listener *next;
	struct plx_sim_function *function;
	unsigned handles; /* attached ones */
};

struct plx_sim {
	struct plx_sim_space space;
	unsigned devices[65]; /* attached ones by address width */
	struct listener *listeners;
};

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

/* --- functions that listen --- */

/* Take back what @l was told of mappings in @first .. @last. */
static void withdraw(struct plx_sim *s, const struct listener *l, uint64_t first, uint64_t last)
{
	struct plx_range *r;

	while (first <= last && (r = plx_sim_space_find(&s->space, first, last))) {
		const struct plx_sim_map m = plx_sim_space_get(r);

		plx_sim_function_unmap(l->function, &m);
		first = m.iova + m.len;
	}
}

static void withdraw_from_all(struct plx_sim *s, uint64_t first, uint64_t last)
{
	for (struct listener *l = s->listeners; l; l = l->next)
		withdraw(s, l, first, last);
}

static int fail_listener(const char *object, const struct plx_sim_map *m, int err)
{
	return plx_fail_sys(err, -err, PLX_R_KERNEL_CONFLICT, object,
			    "%s: the model of a simulated device refuses memory at 0x%llx-0x%llx: "
			    "%s",
			    object, (ull)m->iova, (ull)(m->iova + m->len - 1), strerror(-err));
}

/* All of them, or none. */
static int tell_all(struct plx_domain *d, const struct plx_sim_map *m)
{
	for (struct listener *l = d->sim->listeners; l; l = l->next) {
		int err = plx_sim_function_map(l->function, m);

		if (!err)
			continue;
		for (struct listener *told = d->sim->listeners; told != l; told = told->next)
			plx_sim_function_unmap(told->function, m);
		return fail_listener(d->child.name, m, err);
	}
	return 0;
}

/* Tell @l of all that is mapped, or of nothing. */
static int replay(struct plx_domain *d, const struct listener *l)
{
	uint64_t at = 0;
	struct plx_range *r;

	while ((r = plx_sim_space_find(&d->sim->space, at, UINT64_MAX))) {
		const struct plx_sim_map m = plx_sim_space_get(r);
		int err = plx_sim_function_map(l->function, &m);

		if (err) {
			if (m.iova)
				withdraw(d->sim, l, 0, m.iova - 1);
			return fail_listener(d->child.name, &m, err);
		}
		at = m.iova + m.len;
	}
	return 0;
}

static struct listener **find_listener(struct plx_sim *s, const struct plx_sim_function *f)
{
	struct listener **link = &s->listeners;

	while (*link && (*link)->function != f)
		link = &(*link)->next;
	return link;
}

/* Handles of one function listen as one. */
static int add_listener(struct plx_domain *d, struct plx_sim_function *f)
{
	struct listener *l = *find_listener(d->sim, f);
	int err;

	if (l) {
		l->handles++;
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return plx_fail_nomem(d->child.name, "a simulated device");
	l->function = f;
	l->handles = 1;
	err = replay(d, l);
	if (err) {
		free(l);
		return err;
	}
	l->next = d->sim->listeners;
	d->sim->listeners = l;
	return 0;
}

static void remove_listener(struct plx_sim *s, const struct plx_sim_function *f)
{
	struct listener **link = find_listener(s, f), *l = *link;

	if (--l->handles)
		return;
	withdraw(s, l, 0, UINT64_MAX);
	*link = l->next;
	free(l);
}

/* --- mapping --- */

_Static_assert((unsigned)PLX_IOMMU_READ == PLX_SIM_READ &&
		       (unsigned)PLX_IOMMU_WRITE == PLX_SIM_WRITE,
	       "both from the device's point of view");

static int sim_map(struct plx_domain *d, const struct plx_extent_map *m)
{
	const struct plx_sim_map map = { m->iova, m->len, m->va, m->perms };
	struct plx_sim_space *s = &d->sim->space;
	int sys_errno, err;

	if (plx_sim_space_find(s, m->iova, m->iova + m->len - 1))
		return plx_fail_map(d, m, EEXIST, "the simulated IOMMU");
	if (s->n == ENTRIES)
		return plx_fail_map(d, m, ENOSPC, "the simulated IOMMU");
	sys_errno = plx_memory_touch(m->va, m->len, m->perms & PLX_IOMMU_WRITE);
	if (sys_errno)
		return plx_fail_map(d, m, sys_errno, "the simulated IOMMU");
	if (!plx_sim_space_map(s, &map))
		return plx_fail_map(d, m, ENOMEM, "the simulated IOMMU");
	err = tell_all(d, &map);
	if (err)
		plx_sim_space_unmap(s, m->iova, m->iova + m->len - 1);
	return err;
}

static int sim_unmap(struct plx_domain *d, uint64_t iova, uint64_t len)
{
	withdraw_from_all(d->sim, iova, iova + len - 1);
	plx_sim_space_unmap(&d->sim->space, iova, iova + len - 1);
	return 0;
}

static int sim_unmap_all(struct plx_domain *d)
{
	withdraw_from_all(d->sim, 0, UINT64_MAX);
	plx_sim_space_unmap(&d->sim->space, 0, UINT64_MAX);
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

static bool listens(const struct plx_attachment *a)
{
	return a->sim && plx_sim_function_listens(a->sim);
}

static int sim_attach(struct plx_domain *d, struct plx_attachment *a)
{
	int err = 0;

	if (width(a) > 52 || width(a) <= 12)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, a->name,
				"%s: an aperture has 13 to 52 bits, not %u", a->name, width(a));
	if (listens(a))
		err = add_listener(d, a->sim);
	if (!err)
		d->sim->devices[width(a)]++;
	return err;
}

static int sim_detach(struct plx_domain *d, struct plx_attachment *a)
{
	if (listens(a))
		remove_listener(d->sim, a->sim);
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
	out->entries_left = ENTRIES - d->sim->space.n;
	return 0;
}

/* --- what devices do --- */

uint64_t plx_sim_iommu_access(struct plx_domain *d, uint64_t iova, uint64_t len, bool write,
			      void *buf)
{
	uint64_t done = 0;

	plx_lock(&d->lock);
	if (!d->deleted && d->io->backend->id == PLX_BACKEND_SIM)
		done = plx_sim_space_access(&d->sim->space, iova, len, write, buf);
	plx_unlock(&d->lock);
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
