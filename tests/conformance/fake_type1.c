/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Containers and groups: VF-1 .. VF-5 and the table of 8.2.
 */
#include "fake_priv.h"

#include "iommu/memory.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

/* VF-1: the order is the kernel's. */
static int map_dma(struct fake_file *f, const struct vfio_iommu_type1_dma_map *m)
{
	const uint32_t rights = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	uint64_t last = m->iova + m->size - 1;
	int err;

	if (m->argsz < sizeof(*m) || m->flags & ~rights || !(m->flags & rights))
		return fake_fail(EINVAL);
	if (!m->size || (m->iova | m->vaddr | m->size) & 4095)
		return fake_fail(EINVAL);
	if (last < m->iova || m->vaddr + m->size - 1 < m->vaddr)
		return fake_fail(EINVAL);
	if (fake_find(&f->space, m->iova, last))
		return fake_fail(EEXIST);
	if (f->space.n >= fake_kernel.dma_entry_limit)
		return fake_fail(ENOSPC);
	if (!fake_in_range(&f->space, m->iova, last))
		return fake_fail(EINVAL);
	err = plx_memory_touch(m->vaddr, m->size, m->flags & VFIO_DMA_MAP_FLAG_WRITE);
	return err ? fake_fail(err) : fake_map(&f->space, m->iova, m->size, m->flags);
}

/* Does a mapping touch bytes first..last and go beyond them? */
static bool splits(struct fake_file *f, uint64_t first, uint64_t last)
{
	struct plx_range *low = fake_find(&f->space, first, first);
	struct plx_range *high = fake_find(&f->space, last, last);

	return (low && low->first < first >> 12) || (high && high->last > last >> 12);
}

/* VF-2, v2 */
static int unmap_dma(struct fake_file *f, struct vfio_iommu_type1_dma_unmap *u)
{
	uint64_t last = u->iova + u->size - 1;

	if (u->argsz < 24 || u->flags & ~(uint32_t)VFIO_DMA_UNMAP_FLAG_ALL)
		return fake_fail(EINVAL);
	if (u->flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (u->iova || u->size || fake_kernel.no_unmap_all)
			return fake_fail(EINVAL);
		u->size = fake_unmap(&f->space, 0, UINT64_MAX);
		return 0;
	}
	if (!u->size || (u->iova | u->size) & 4095 || last < u->iova || splits(f, u->iova, last))
		return fake_fail(EINVAL);
	u->size = fake_unmap(&f->space, u->iova, last);
	return 0;
}

/* VF-4: the ranges, then what is left of the limit. */
static int get_info(struct fake_file *f, struct vfio_iommu_type1_info *info)
{
	struct plx_iova_range ranges[FAKE_RANGES];
	unsigned n = fake_ranges(&f->space, 0, ranges);
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	struct vfio_iommu_type1_info_dma_avail *avail;
	size_t caps = sizeof(*cap) + n * sizeof(cap->iova_ranges[0]);
	size_t size = sizeof(*info) + caps + sizeof(*avail);
	uint32_t room = info->argsz;

	if (room < 16)
		return fake_fail(EINVAL);
	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = fake_kernel.page_sizes;
	info->argsz = (uint32_t)size;
	info->cap_offset = 0;
	if (room < size)
		return 0;
	info->cap_offset = sizeof(*info);
	cap = (void *)((char *)info + sizeof(*info));
	cap->header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	cap->header.next = (uint32_t)(sizeof(*info) + caps);
	cap->nr_iovas = n;
	for (unsigned i = 0; i < n; i++) {
		cap->iova_ranges[i].start = ranges[i].first;
		cap->iova_ranges[i].end = ranges[i].last;
	}
	avail = (void *)((char *)info + sizeof(*info) + caps);
	avail->header.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;
	avail->header.next = 0;
	avail->avail = fake_kernel.dma_entry_limit - (uint32_t)f->space.n;
	return 0;
}

static int set_iommu(struct fake_file *f, unsigned long type)
{
	if (f->iommu_set || !f->space.groups)
		return fake_fail(EINVAL);
	if (type != (fake_kernel.noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU))
		return fake_fail(ENODEV);
	for (unsigned g = 0; g < FAKE_GROUPS; g++)
		if (f->space.groups & 1u << g && fake_kernel.groups[g].unsafe)
			return fake_fail(EPERM);
	f->iommu_set = true;
	return 0;
}

static int check_extension(unsigned long extension)
{
	switch (extension) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
		return 1;
	case VFIO_UNMAP_ALL:
		return !fake_kernel.no_unmap_all;
	case VFIO_NOIOMMU_IOMMU:
		return fake_kernel.noiommu;
	default:
		return 0;
	}
}

int fake_container_ioctl(struct fake_file *f, unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return check_extension((unsigned long)arg);
	case VFIO_SET_IOMMU:
		return set_iommu(f, (unsigned long)arg);
	}
	if (!f->iommu_set)
		return fake_fail(EINVAL);
	if (fake_kernel.noiommu) /* IF-7 */
		return fake_fail(ENOTTY);
	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return get_info(f, arg);
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(f, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(f, arg);
	default:
		return fake_fail(ENOTTY);
	}
}

/* --- groups --- */

static int set_container(struct fake_file *f, int fd)
{
	struct fake_file *container = fake_file(fd);

	if (!container || container->kind != CONTAINER)
		return fake_fail(EBADF);
	if (f->container)
		return fake_fail(EINVAL);
	if (fake_kernel.groups[f->group].not_viable)
		return fake_fail(EPERM);
	if (container->iommu_set && !fake_can_join(&container->space, f->group))
		return fake_fail(EINVAL);
	f->container = container;
	container->space.groups |= 1u << f->group;
	return 0;
}

/* VF-5: with the last group go the mappings and the type. */
void fake_leave_container(struct fake_file *group)
{
	struct fake_file *container = group->container;

	if (!container)
		return;
	group->container = NULL;
	container->space.groups &= ~(1u << group->group);
	if (!container->space.groups) {
		fake_unmap(&container->space, 0, UINT64_MAX);
		container->iommu_set = false;
	}
}

int fake_group_ioctl(struct fake_file *f, unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;

	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		if (status->argsz < sizeof(*status))
			return fake_fail(EINVAL);
		status->flags = 0;
		if (!fake_kernel.groups[f->group].not_viable)
			status->flags |= VFIO_GROUP_FLAGS_VIABLE;
		if (f->container)
			status->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return set_container(f, *(int *)arg);
	case VFIO_GROUP_UNSET_CONTAINER:
		if (!f->container)
			return fake_fail(EINVAL);
		if (fake_count(DEVICE, f->group))
			return fake_fail(EBUSY);
		fake_leave_container(f);
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		if (!f->container || !f->container->iommu_set)
			return fake_fail(EINVAL);
		return fake_new_file(DEVICE, f->group);
	default:
		return fake_fail(ENOTTY);
	}
}
