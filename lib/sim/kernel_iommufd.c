/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iommufd and device cdevs: the table of 8.3, IF-2.
 */
#include "sim/kernel_priv.h"

#include "core/uapi.h"
#include "mem/touch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ID 7 /* so that a mistaken 0 is noticed */

#define MAP_FLAGS (PLX_UAPI_MAP_READABLE | PLX_UAPI_MAP_WRITEABLE | PLX_UAPI_MAP_FIXED_IOVA)

struct plx_sim_ioas {
	struct plx_sim_ioas *next;
	const struct plx_sim_file *owner;
	uint32_t id;
	struct plx_sim_space space;
	unsigned attached; /* devices */
};

static struct plx_sim_ioas *ioases; /* of all iommufds */

static struct plx_sim_ioas *find_ioas(const struct plx_sim_file *f, uint32_t id)
{
	struct plx_sim_ioas *ioas = ioases;

	while (ioas && (ioas->owner != f || ioas->id != id))
		ioas = ioas->next;
	return ioas;
}

static void drop(struct plx_sim_ioas *ioas)
{
	struct plx_sim_ioas **link = &ioases;

	while (*link != ioas)
		link = &(*link)->next;
	*link = ioas->next;
	plx_sim_space_unmap(&ioas->space, 0, UINT64_MAX);
	free(ioas);
}

void plx_sim_drop_ioases(const struct plx_sim_file *iommufd)
{
	struct plx_sim_ioas *next;

	for (struct plx_sim_ioas *ioas = ioases; ioas; ioas = next) {
		next = ioas->next;
		if (ioas->owner == iommufd)
			drop(ioas);
	}
}

uint64_t plx_sim_ioas_entries(void)
{
	uint64_t n = 0;

	for (const struct plx_sim_ioas *ioas = ioases; ioas; ioas = ioas->next)
		n += ioas->space.n;
	return n;
}

void plx_sim_squat_ioases(uint64_t iova, uint64_t len)
{
	const struct plx_sim_map m = { .iova = iova, .len = len };

	for (struct plx_sim_ioas *ioas = ioases; ioas; ioas = ioas->next)
		plx_sim_map(&ioas->space, &m, 0);
}

static int ioas_alloc(const struct plx_sim_file *f, struct plx_uapi_ioas_alloc *a)
{
	struct plx_sim_ioas *ioas;

	if (a->flags)
		return plx_sim_fail(EOPNOTSUPP);
	ioas = calloc(1, sizeof(*ioas));
	if (!ioas)
		return plx_sim_fail(ENOMEM);
	ioas->owner = f;
	ioas->id = FIRST_ID;
	while (find_ioas(f, ioas->id))
		ioas->id++;
	ioas->next = ioases;
	ioases = ioas;
	a->out_ioas_id = ioas->id;
	return 0;
}

static int ioas_destroy(const struct plx_sim_file *f, const struct plx_uapi_destroy *a)
{
	struct plx_sim_ioas *ioas = find_ioas(f, a->id);

	if (!ioas)
		return plx_sim_fail(ENOENT);
	if (ioas->attached)
		return plx_sim_fail(EBUSY);
	drop(ioas);
	return 0;
}

static uint32_t perms(uint32_t flags)
{
	return (flags & PLX_UAPI_MAP_READABLE ? PLX_SIM_READ : 0) |
	       (flags & PLX_UAPI_MAP_WRITEABLE ? PLX_SIM_WRITE : 0);
}

/* What IOAS_MAP and IOAS_COPY ask for alike: @flags, and where to. */
static int check_map(struct plx_sim_ioas *ioas, uint32_t flags, uint64_t iova, uint64_t len)
{
	if (!(flags & (PLX_UAPI_MAP_READABLE | PLX_UAPI_MAP_WRITEABLE)))
		return plx_sim_fail(EINVAL);
	if (!ioas)
		return plx_sim_fail(ENOENT);
	if (!len || (iova | len) & 4095 ||
	    !(flags & PLX_UAPI_MAP_FIXED_IOVA)) /* which we never leave out */
		return plx_sim_fail(EINVAL);
	if (!plx_sim_in_range(&ioas->space, iova, iova + len - 1))
		return plx_sim_fail(EINVAL);
	if (plx_sim_space_find(&ioas->space, iova, iova + len - 1))
		return plx_sim_fail(EEXIST);
	return 0;
}

/* The kernel pins pages of memory: a BAR has none (MAP-19). */
static int pin(const struct plx_sim_map *m)
{
	if (plx_sim_touches_bar(m->va, m->len))
		return EFAULT;
	return plx_memory_touch(m->va, m->len, m->perms & PLX_SIM_WRITE);
}

static int ioas_map(const struct plx_sim_file *f, const struct plx_uapi_map *m)
{
	struct plx_sim_ioas *ioas = find_ioas(f, m->ioas_id);
	const struct plx_sim_map map = { m->iova, m->length, m->user_va, perms(m->flags) };
	int err;

	if (m->flags & ~MAP_FLAGS || m->reserved)
		return plx_sim_fail(EOPNOTSUPP);
	if (m->iova + m->length < m->length || m->user_va + m->length < m->length)
		return plx_sim_fail(EOVERFLOW);
	if (check_map(ioas, m->flags, m->iova, m->length))
		return -1;
	if (m->user_va & 4095)
		return plx_sim_fail(EINVAL);
	/* IF-2: pinned only when a device is attached. */
	err = ioas->attached ? pin(&map) : 0;
	return err ? plx_sim_fail(err) : plx_sim_map(&ioas->space, &map, m->flags);
}

/* The source must be mapped without a gap, and written only where it may be. */
static int check_source(struct plx_sim_ioas *from, uint64_t iova, uint64_t len, bool write)
{
	uint64_t at = iova;

	while (from && at - iova < len) {
		struct plx_range *r = plx_sim_space_find(&from->space, at, at);
		struct plx_sim_map m;

		if (!r)
			return plx_sim_fail(ENOENT);
		m = plx_sim_space_get(r);
		if (write && !(m.perms & PLX_SIM_WRITE))
			return plx_sim_fail(EPERM);
		at = m.iova + m.len;
	}
	return from ? 0 : plx_sim_fail(ENOENT);
}

/* One mapping there for each here, as far as it is asked for. */
static int ioas_copy(const struct plx_sim_file *f, const struct plx_uapi_copy *c)
{
	struct plx_sim_ioas *to = find_ioas(f, c->dst_ioas_id);
	struct plx_sim_ioas *from = find_ioas(f, c->src_ioas_id);
	uint64_t done = 0;

	if (c->flags & ~MAP_FLAGS)
		return plx_sim_fail(EOPNOTSUPP);
	if (c->dst_iova + c->length < c->length || c->src_iova + c->length < c->length)
		return plx_sim_fail(EOVERFLOW);
	if (check_map(to, c->flags, c->dst_iova, c->length) ||
	    check_source(from, c->src_iova, c->length, c->flags & PLX_UAPI_MAP_WRITEABLE))
		return -1;
	while (done < c->length) {
		uint64_t at = c->src_iova + done;
		struct plx_sim_map m = plx_sim_space_get(plx_sim_space_find(&from->space, at, at));
		uint64_t skip = at - m.iova, len = m.len - skip;
		const struct plx_sim_map copy = { c->dst_iova + done,
						  len < c->length - done ? len : c->length - done,
						  m.va + skip, perms(c->flags) };

		if (plx_sim_map(&to->space, &copy, c->flags)) {
			plx_sim_space_unmap(&to->space, c->dst_iova, c->dst_iova + done);
			return plx_sim_fail(ENOMEM);
		}
		done += copy.len;
	}
	return 0;
}

static int ioas_unmap(const struct plx_sim_file *f, struct plx_uapi_unmap *u)
{
	struct plx_sim_ioas *ioas = find_ioas(f, u->ioas_id);
	uint64_t last = u->iova + u->length - 1;

	if (!ioas)
		return plx_sim_fail(ENOENT);
	if (!u->iova && u->length == UINT64_MAX) {
		u->length = plx_sim_space_unmap(&ioas->space, 0, UINT64_MAX);
		return 0;
	}
	if (!u->length)
		return plx_sim_fail(EINVAL);
	if (last < u->iova)
		return plx_sim_fail(EOVERFLOW);
	if (!plx_sim_space_find(&ioas->space, u->iova, last) ||
	    plx_sim_space_splits(&ioas->space, u->iova, last))
		return plx_sim_fail(ENOENT);
	u->length = plx_sim_space_unmap(&ioas->space, u->iova, last);
	return 0;
}

static int iova_ranges(const struct plx_sim_file *f, struct plx_uapi_iova_ranges *a)
{
	struct plx_sim_ioas *ioas = find_ioas(f, a->ioas_id);
	struct plx_uapi_iova_range *out = (void *)(uintptr_t)a->allowed_iovas;
	struct plx_iova_range ranges[PLX_SIM_RANGES];
	uint32_t room = a->num_iovas;

	if (a->reserved)
		return plx_sim_fail(EOPNOTSUPP);
	if (!ioas)
		return plx_sim_fail(ENOENT);
	a->num_iovas = plx_sim_ranges(&ioas->space, NULL, ranges);
	a->out_iova_alignment = plx_sim_config.page_sizes & -plx_sim_config.page_sizes;
	for (uint32_t i = 0; i < room && i < a->num_iovas; i++)
		out[i] = (struct plx_uapi_iova_range){ ranges[i].first, ranges[i].last };
	return a->num_iovas > room ? plx_sim_fail(EMSGSIZE) : 0;
}

/* 8.3: a structure is as large as its first member says; what is unknown of it must be 0. */
static int check_size(unsigned long request, const void *arg)
{
	static const struct {
		unsigned long request;
		uint32_t size;
	} known[] = {
		{ PLX_UAPI_IOAS_ALLOC, 12 },  { PLX_UAPI_DESTROY, 8 },
		{ PLX_UAPI_IOAS_MAP, 40 },    { PLX_UAPI_IOAS_UNMAP, 24 },
		{ PLX_UAPI_IOVA_RANGES, 32 }, { PLX_UAPI_IOAS_COPY, 40 },
	};
	const uint32_t size = *(const uint32_t *)arg;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].request != request)
			continue;
		if (size < known[i].size)
			return plx_sim_fail(EINVAL);
		for (uint32_t at = known[i].size; at < size; at++)
			if (((const uint8_t *)arg)[at])
				return plx_sim_fail(E2BIG);
		return 0;
	}
	return plx_sim_fail(ENOTTY);
}

int plx_sim_iommufd_ioctl(struct plx_sim_file *f, unsigned long request, void *arg)
{
	if (check_size(request, arg))
		return -1;
	switch (request) {
	case PLX_UAPI_IOAS_ALLOC:
		return ioas_alloc(f, arg);
	case PLX_UAPI_DESTROY:
		return ioas_destroy(f, arg);
	case PLX_UAPI_IOAS_MAP:
		return ioas_map(f, arg);
	case PLX_UAPI_IOAS_COPY:
		return ioas_copy(f, arg);
	case PLX_UAPI_IOAS_UNMAP:
		return ioas_unmap(f, arg);
	default: /* check_size() knows no others */
		return iova_ranges(f, arg);
	}
}

/* --- devices --- */

/* A group is attached to one IOAS as long as a device of it is. */
static void join(struct plx_sim_file *f, struct plx_sim_ioas *ioas)
{
	f->attached = true;
	f->group->attached++;
	f->group->ioas = ioas;
	f->group->space = &ioas->space;
	ioas->attached++;
}

void plx_sim_leave_ioas(struct plx_sim_file *device)
{
	struct plx_sim_group *g = device->group;

	if (!device->attached)
		return;
	device->attached = false;
	g->ioas->attached--;
	if (--g->attached)
		return;
	g->ioas = NULL;
	g->space = NULL;
}

/* One open file of a device is bound (8.3). */
static bool is_bound(const struct plx_sim_file *f)
{
	for (struct plx_sim_file *x = NULL; (x = plx_sim_file_next(x));)
		if (x->kind == DEVICE && x->group == f->group && x->function == f->function &&
		    x->bound)
			return true;
	return false;
}

int plx_sim_bind(struct plx_sim_file *f, void *arg)
{
	const struct plx_uapi_bind *a = arg;
	struct plx_sim_file *iommufd = plx_sim_file(a->iommufd);

	if (a->argsz < sizeof(*a) || a->flags || a->iommufd < 0 || f->via || is_bound(f))
		return plx_sim_fail(EINVAL);
	if (plx_sim_file_count(GROUP, f->group))
		return plx_sim_fail(EBUSY);
	if (!iommufd)
		return plx_sim_fail(EBADF);
	if (iommufd->kind != IOMMUFD)
		return plx_sim_fail(EBADFD);
	if (f->group->config->not_viable || f->group->config->unsafe)
		return plx_sim_fail(EPERM);
	f->bound = plx_sim_file_get(iommufd);
	plx_sim_device_run(f);
	return 0;
}

/* IF-2: pages are pinned with the first device. */
static int pin_all(struct plx_sim_ioas *ioas)
{
	struct plx_range *r = ioas->attached ? NULL : plx_ranges_from(&ioas->space.table, 0);

	for (; r; r = plx_ranges_from(&ioas->space.table, r->last + 1)) {
		const struct plx_sim_map m = plx_sim_space_get(r);

		if (m.perms && pin(&m))
			return plx_sim_fail(EFAULT);
	}
	return 0;
}

/* The whole group moves: a second attach replaces the first, without a word. */
static void replace(struct plx_sim_file *f, struct plx_sim_ioas *ioas)
{
	struct plx_sim_group *g = f->group;

	g->ioas->attached -= g->attached;
	ioas->attached += g->attached;
	g->ioas = ioas;
	g->space = &ioas->space;
}

int plx_sim_attach(struct plx_sim_file *f, void *arg)
{
	const struct plx_uapi_attach *a = arg;
	struct plx_sim_ioas *ioas = find_ioas(f->bound, a->pt_id);

	if (a->argsz < sizeof(*a) || a->flags)
		return plx_sim_fail(EINVAL);
	if (!ioas)
		return plx_sim_fail(ENOENT);
	if (!f->attached && f->group->ioas && f->group->ioas != ioas) /* a mate is elsewhere */
		return plx_sim_fail(EINVAL);
	if (!plx_sim_can_join(&ioas->space, f->group))
		return plx_sim_fail(EADDRINUSE);
	if (pin_all(ioas))
		return -1;
	if (f->attached)
		replace(f, ioas);
	else
		join(f, ioas);
	return 0;
}
