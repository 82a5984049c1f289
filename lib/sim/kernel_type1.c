/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Containers and groups: VF-1 .. VF-5 and the table of 8.2.
 */
#include "sim/kernel_priv.h"

#include "mem/touch.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

/* VF-1: the order is the kernel's. */
static int map_dma(struct plx_sim_file *f, const struct vfio_iommu_type1_dma_map *m)
{
	const uint32_t rights = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	/* The bits are the same: devices read, devices write. */
	const struct plx_sim_map map = { m->iova, m->size, m->vaddr, m->flags & rights };
	uint64_t last = m->iova + m->size - 1;
	int err;

	if (m->argsz < sizeof(*m) || m->flags & ~rights || !(m->flags & rights))
		return plx_sim_fail(EINVAL);
	if (!m->size || (m->iova | m->vaddr | m->size) & 4095)
		return plx_sim_fail(EINVAL);
	if (last < m->iova || m->vaddr + m->size - 1 < m->vaddr)
		return plx_sim_fail(EINVAL);
	if (plx_sim_space_find(&f->space, m->iova, last))
		return plx_sim_fail(EEXIST);
	if (f->space.n >= plx_sim_config.dma_entry_limit)
		return plx_sim_fail(ENOSPC);
	if (!plx_sim_in_range(&f->space, m->iova, last))
		return plx_sim_fail(EINVAL);
	err = plx_memory_touch(m->vaddr, m->size, m->flags & VFIO_DMA_MAP_FLAG_WRITE);
	return err ? plx_sim_fail(err) : plx_sim_map(&f->space, &map, m->flags);
}

/* VF-2, v2 */
static int unmap_dma(struct plx_sim_file *f, struct vfio_iommu_type1_dma_unmap *u)
{
	uint64_t last = u->iova + u->size - 1;

	if (u->argsz < 24 || u->flags & ~(uint32_t)VFIO_DMA_UNMAP_FLAG_ALL)
		return plx_sim_fail(EINVAL);
	if (u->flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (u->iova || u->size || plx_sim_config.no_unmap_all)
			return plx_sim_fail(EINVAL);
		u->size = plx_sim_space_unmap(&f->space, 0, UINT64_MAX);
		return 0;
	}
	if (!u->size || (u->iova | u->size) & 4095 || last < u->iova ||
	    plx_sim_space_splits(&f->space, u->iova, last))
		return plx_sim_fail(EINVAL);
	u->size = plx_sim_space_unmap(&f->space, u->iova, last);
	return 0;
}

/* VF-4: the ranges, then what is left of the limit. */
static int get_info(struct plx_sim_file *f, struct vfio_iommu_type1_info *info)
{
	struct plx_iova_range ranges[PLX_SIM_RANGES];
	unsigned n = plx_sim_ranges(&f->space, NULL, ranges);
	struct vfio_iommu_type1_info_cap_iova_range *cap;
	struct vfio_iommu_type1_info_dma_avail *avail;
	size_t caps = sizeof(*cap) + n * sizeof(cap->iova_ranges[0]);
	size_t size = sizeof(*info) + caps + sizeof(*avail);
	uint32_t room = info->argsz;

	if (room < 16)
		return plx_sim_fail(EINVAL);
	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = plx_sim_config.page_sizes;
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
	avail->avail = plx_sim_config.dma_entry_limit - (uint32_t)f->space.n;
	return 0;
}

/* Is a group in the container? */
static struct plx_sim_group *next_in(const struct plx_sim_file *f, struct plx_sim_group *g)
{
	do
		g = plx_sim_group_next(g);
	while (g && g->space != &f->space);
	return g;
}

static int set_iommu(struct plx_sim_file *f, unsigned long type)
{
	if (f->iommu_set || !next_in(f, NULL))
		return plx_sim_fail(EINVAL);
	if (type != (plx_sim_config.noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU))
		return plx_sim_fail(ENODEV);
	for (struct plx_sim_group *g = NULL; (g = next_in(f, g));)
		if (g->config->unsafe)
			return plx_sim_fail(EPERM);
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
		return !plx_sim_config.no_unmap_all;
	case VFIO_NOIOMMU_IOMMU:
		return plx_sim_config.noiommu;
	default:
		return 0;
	}
}

int plx_sim_container_ioctl(struct plx_sim_file *f, unsigned long request, void *arg)
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
		return plx_sim_fail(EINVAL);
	if (plx_sim_config.noiommu) /* IF-7 */
		return plx_sim_fail(ENOTTY);
	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return get_info(f, arg);
	case VFIO_IOMMU_MAP_DMA:
		return map_dma(f, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return unmap_dma(f, arg);
	default:
		return plx_sim_fail(ENOTTY);
	}
}

/* --- groups --- */

static int set_container(struct plx_sim_file *f, int fd)
{
	struct plx_sim_file *container = plx_sim_file(fd);

	if (!container)
		return plx_sim_fail(EBADF);
	if (f->container)
		return plx_sim_fail(EINVAL);
	if (container->kind != CONTAINER) /* an iommufd would do: IF-6, which we do not need */
		return plx_sim_fail(EBADFD);
	if (f->group->config->not_viable)
		return plx_sim_fail(EPERM);
	if (container->iommu_set && !plx_sim_can_join(&container->space, f->group))
		return plx_sim_fail(EINVAL);
	f->container = plx_sim_file_get(container);
	f->group->space = &container->space;
	return 0;
}

/* VF-5: with the last group go the mappings and the type. */
void plx_sim_leave_container(struct plx_sim_file *group)
{
	struct plx_sim_file *container = group->container;

	if (!container)
		return;
	group->container = NULL;
	group->group->space = NULL;
	if (!next_in(container, NULL)) {
		plx_sim_space_unmap(&container->space, 0, UINT64_MAX);
		container->iommu_set = false;
	}
	plx_sim_file_put(container);
}

static int get_status(const struct plx_sim_file *f, struct vfio_group_status *status)
{
	if (status->argsz < sizeof(*status))
		return plx_sim_fail(EINVAL);
	status->flags = 0;
	if (!f->group->config->not_viable)
		status->flags |= VFIO_GROUP_FLAGS_VIABLE;
	if (f->container)
		status->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
	return 0;
}

/* Devices that were asked of the group, and are open. */
static unsigned devices(const struct plx_sim_file *f)
{
	unsigned n = 0;

	for (struct plx_sim_file *x = NULL; (x = plx_sim_file_next(x));)
		n += x->via == f;
	return n;
}

/* Physical functions take no token: "<address> vf_token=<uuid>" (8.2). */
static int get_device_fd(struct plx_sim_file *f, const char *name)
{
	struct plx_sim_function *function = NULL;
	const char *token = name ? strstr(name, " vf_token=") : NULL;
	struct plx_sim_file *device;
	char address[32];
	int fd;

	if (f->group->number >= PLX_SIM_GROUPS) {
		snprintf(address, sizeof(address), "%.*s",
			 (int)(token ? (size_t)(token - name) : strlen(name)), name);
		function = plx_sim_find_address(address);
		if (!function || function->group != f->group)
			return plx_sim_fail(ENODEV);
		if (token)
			return plx_sim_fail(EINVAL);
	}
	if (!f->container || !f->container->iommu_set)
		return plx_sim_fail(EINVAL);
	fd = plx_sim_file_open(DEVICE, f->group, &device);
	if (fd < 0)
		return fd;
	device->function = function;
	device->via = plx_sim_file_get(f);
	plx_sim_device_run(device);
	return fd;
}

int plx_sim_group_ioctl(struct plx_sim_file *f, unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		return get_status(f, arg);
	case VFIO_GROUP_SET_CONTAINER:
		return set_container(f, *(int *)arg);
	case VFIO_GROUP_UNSET_CONTAINER:
		if (!f->container)
			return plx_sim_fail(EINVAL);
		if (devices(f))
			return plx_sim_fail(EBUSY);
		plx_sim_leave_container(f);
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return get_device_fd(f, arg);
	default:
		return plx_sim_fail(ENOTTY);
	}
}
