/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iommufd and device cdevs: the table of 8.3, IF-2.
 */
#include "fake_priv.h"

#include "iommu/memory.h"
#include "iommu/uapi.h"

#include <errno.h>
#include <string.h>

#define IOASES   16
#define FIRST_ID 7 /* so that a mistaken 0 is noticed */

struct fake_ioas {
	struct fake_file *owner; /* NULL: not allocated */
	struct fake_space space;
	unsigned attached; /* devices */
};

static struct fake_ioas ioases[IOASES];

static struct fake_ioas *find_ioas(const struct fake_file *f, uint32_t id)
{
	struct fake_ioas *ioas;

	if (id < FIRST_ID || id >= FIRST_ID + IOASES)
		return NULL;
	ioas = &ioases[id - FIRST_ID];
	return ioas->owner == f ? ioas : NULL;
}

static void drop(struct fake_ioas *ioas)
{
	fake_unmap(&ioas->space, 0, UINT64_MAX);
	memset(ioas, 0, sizeof(*ioas));
}

void fake_drop_ioases(struct fake_file *iommufd)
{
	for (unsigned i = 0; i < IOASES; i++)
		if (ioases[i].owner == iommufd)
			drop(&ioases[i]);
}

uint64_t fake_ioas_entries(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < IOASES; i++)
		n += ioases[i].space.n;
	return n;
}

void fake_squat_ioases(uint64_t iova, uint64_t len)
{
	for (unsigned i = 0; i < IOASES; i++)
		if (ioases[i].owner)
			fake_map(&ioases[i].space, iova, len, 0);
}

static int ioas_alloc(struct fake_file *f, struct plx_uapi_ioas_alloc *a)
{
	if (a->flags)
		return fake_fail(EOPNOTSUPP);
	for (unsigned i = 0; i < IOASES; i++) {
		if (ioases[i].owner)
			continue;
		ioases[i].owner = f;
		a->out_ioas_id = FIRST_ID + i;
		return 0;
	}
	return fake_fail(ENOMEM);
}

static int ioas_destroy(const struct fake_file *f, const struct plx_uapi_destroy *a)
{
	struct fake_ioas *ioas = find_ioas(f, a->id);

	if (!ioas)
		return fake_fail(ENOENT);
	if (ioas->attached)
		return fake_fail(EBUSY);
	drop(ioas);
	return 0;
}

static int ioas_map(const struct fake_file *f, const struct plx_uapi_map *m)
{
	const uint32_t rights = PLX_UAPI_MAP_READABLE | PLX_UAPI_MAP_WRITEABLE;
	struct fake_ioas *ioas = find_ioas(f, m->ioas_id);
	int err;

	if (m->flags & ~(rights | PLX_UAPI_MAP_FIXED_IOVA) || m->reserved)
		return fake_fail(EOPNOTSUPP);
	if (m->iova + m->length < m->length || m->user_va + m->length < m->length)
		return fake_fail(EOVERFLOW);
	if (!(m->flags & rights))
		return fake_fail(EINVAL);
	if (!ioas)
		return fake_fail(ENOENT);
	if (!m->length || (m->iova | m->length | m->user_va) & 4095 ||
	    !(m->flags & PLX_UAPI_MAP_FIXED_IOVA)) /* which we never leave out */
		return fake_fail(EINVAL);
	if (!fake_in_range(&ioas->space, m->iova, m->iova + m->length - 1))
		return fake_fail(EINVAL);
	if (fake_find(&ioas->space, m->iova, m->iova + m->length - 1))
		return fake_fail(EEXIST);
	/* IF-2: pinned only when a device is attached. */
	err = ioas->attached
		      ? plx_memory_touch(m->user_va, m->length, m->flags & PLX_UAPI_MAP_WRITEABLE)
		      : 0;
	return err ? fake_fail(err) : fake_map(&ioas->space, m->iova, m->length, m->flags);
}

static int ioas_unmap(const struct fake_file *f, struct plx_uapi_unmap *u)
{
	struct fake_ioas *ioas = find_ioas(f, u->ioas_id);
	uint64_t last = u->iova + u->length - 1;
	struct plx_range *low, *high;

	if (!ioas)
		return fake_fail(ENOENT);
	if (!u->iova && u->length == UINT64_MAX) {
		u->length = fake_unmap(&ioas->space, 0, UINT64_MAX);
		return 0;
	}
	if (!u->length)
		return fake_fail(EINVAL);
	if (last < u->iova)
		return fake_fail(EOVERFLOW);
	low = fake_find(&ioas->space, u->iova, u->iova);
	high = fake_find(&ioas->space, last, last);
	if (!fake_find(&ioas->space, u->iova, last) || (low && low->first < u->iova >> 12) ||
	    (high && high->last > last >> 12))
		return fake_fail(ENOENT);
	u->length = fake_unmap(&ioas->space, u->iova, last);
	return 0;
}

static int iova_ranges(const struct fake_file *f, struct plx_uapi_iova_ranges *a)
{
	struct fake_ioas *ioas = find_ioas(f, a->ioas_id);
	struct plx_uapi_iova_range *out = (void *)(uintptr_t)a->allowed_iovas;
	struct plx_iova_range ranges[FAKE_RANGES];
	uint32_t room = a->num_iovas;

	if (a->reserved)
		return fake_fail(EOPNOTSUPP);
	if (!ioas)
		return fake_fail(ENOENT);
	a->num_iovas = fake_ranges(&ioas->space, 0, ranges);
	a->out_iova_alignment = fake_kernel.page_sizes & -fake_kernel.page_sizes;
	for (uint32_t i = 0; i < room && i < a->num_iovas; i++)
		out[i] = (struct plx_uapi_iova_range){ ranges[i].first, ranges[i].last };
	return a->num_iovas > room ? fake_fail(EMSGSIZE) : 0;
}

int fake_iommufd_ioctl(struct fake_file *f, unsigned long request, void *arg)
{
	static const struct {
		unsigned long request;
		uint32_t size;
	} least[] = {
		{ PLX_UAPI_IOAS_ALLOC, 12 },  { PLX_UAPI_DESTROY, 8 },
		{ PLX_UAPI_IOAS_MAP, 40 },    { PLX_UAPI_IOAS_UNMAP, 24 },
		{ PLX_UAPI_IOVA_RANGES, 32 },
	};

	for (size_t i = 0; i < sizeof(least) / sizeof(least[0]); i++)
		if (least[i].request == request && *(uint32_t *)arg < least[i].size)
			return fake_fail(EINVAL);
	switch (request) {
	case PLX_UAPI_IOAS_ALLOC:
		return ioas_alloc(f, arg);
	case PLX_UAPI_DESTROY:
		return ioas_destroy(f, arg);
	case PLX_UAPI_IOAS_MAP:
		return ioas_map(f, arg);
	case PLX_UAPI_IOAS_UNMAP:
		return ioas_unmap(f, arg);
	case PLX_UAPI_IOVA_RANGES:
		return iova_ranges(f, arg);
	default:
		return fake_fail(ENOTTY);
	}
}

/* --- devices --- */

void fake_leave_ioas(struct fake_file *device)
{
	if (!device->ioas)
		return;
	device->ioas->attached--;
	device->ioas->space.groups &= ~(1u << device->group);
	device->ioas = NULL;
}

static int bind_iommufd(struct fake_file *f, const struct plx_uapi_bind *a)
{
	struct fake_file *iommufd = fake_file(a->iommufd);

	if (a->argsz < sizeof(*a) || a->flags || f->bound)
		return fake_fail(EINVAL);
	if (fake_count(GROUP, f->group))
		return fake_fail(EBUSY);
	if (!iommufd || iommufd->kind != IOMMUFD)
		return fake_fail(EBADF);
	if (fake_kernel.groups[f->group].not_viable || fake_kernel.groups[f->group].unsafe)
		return fake_fail(EPERM);
	f->bound = iommufd;
	return 0;
}

/* A second attach replaces the first, without a word. */
static int attach(struct fake_file *f, const struct plx_uapi_attach *a)
{
	struct fake_ioas *ioas = f->bound ? find_ioas(f->bound, a->pt_id) : NULL;

	if (!f->bound || a->argsz < sizeof(*a) || a->flags)
		return fake_fail(EINVAL);
	if (!ioas)
		return fake_fail(ENOENT);
	if (!fake_can_join(&ioas->space, f->group))
		return fake_fail(EADDRINUSE);
	fake_leave_ioas(f);
	f->ioas = ioas;
	ioas->attached++;
	ioas->space.groups |= 1u << f->group;
	return 0;
}

int fake_device_ioctl(struct fake_file *f, unsigned long request, void *arg)
{
	switch (request) {
	case PLX_UAPI_BIND:
		return bind_iommufd(f, arg);
	case PLX_UAPI_ATTACH:
		return attach(f, arg);
	case PLX_UAPI_DETACH:
		if (!f->bound)
			return fake_fail(EINVAL);
		fake_leave_ioas(f);
		return 0;
	default:
		return fake_fail(f->bound ? ENOTTY : EINVAL);
	}
}
