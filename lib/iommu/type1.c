/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VFIO type1 v2: a container is an address space (8.2 of the DDI contract, VF-1 .. VF-8).
 */
#include "iommu/container.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <syslog.h>

static int type1_open(struct plx_iommu *io)
{
	return plx_container_probe(io, VFIO_TYPE1v2_IOMMU, "type1 v2");
}

static void type1_close(struct plx_iommu *io)
{
	(void)io; /* the probe's fd is closed */
}

static int type1_attach(struct plx_domain *d, struct plx_attachment *a)
{
	return plx_container_attach(d, a, VFIO_TYPE1v2_IOMMU);
}

/* --- mapping --- */

static int type1_map(struct plx_domain *d, const struct plx_extent_map *m)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.vaddr = m->va,
		.iova = m->iova,
		.size = m->len,
	};

	if (m->perms & PLX_IOMMU_READ)
		map.flags |= VFIO_DMA_MAP_FLAG_READ;
	if (m->perms & PLX_IOMMU_WRITE)
		map.flags |= VFIO_DMA_MAP_FLAG_WRITE;
	if (d->io->sys->ioctl(d->container, VFIO_IOMMU_MAP_DMA, &map))
		return plx_fail_map(d, m, errno, "VFIO_IOMMU_MAP_DMA");
	return 0;
}

/*
 * Type1 removes what it finds and says how much that was; the compat node of iommufd says ENOENT
 * for nothing (IF-6). Either way nothing is mapped there afterwards, which is what was asked.
 */
static int type1_unmap(struct plx_domain *d, uint64_t iova, uint64_t len)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};

	if (d->io->sys->ioctl(d->container, VFIO_IOMMU_UNMAP_DMA, &unmap)) {
		if (errno != ENOENT)
			return plx_fail_unmap(d, iova, len, errno, "VFIO_IOMMU_UNMAP_DMA");
		unmap.size = 0;
	}
	if (unmap.size != len)
		plx_log(d->child.ctx, LOG_ERR, "iommu",
			"%s: of 0x%llx bytes at IOVA 0x%llx the kernel had 0x%llx mapped",
			d->child.name, (unsigned long long)len, (unsigned long long)iova,
			(unsigned long long)unmap.size);
	return 0;
}

/* Before Linux 5.12 there is no VFIO_DMA_UNMAP_FLAG_ALL: two halves, since 2^64 is no size. */
static int unmap_halves(struct plx_domain *d)
{
	const uint64_t half = 1ull << 63;

	for (unsigned i = 0; i < 2; i++) {
		struct vfio_iommu_type1_dma_unmap unmap = {
			.argsz = sizeof(unmap),
			.iova = i * half,
			.size = half,
		};

		if (d->io->sys->ioctl(d->container, VFIO_IOMMU_UNMAP_DMA, &unmap) &&
		    errno != ENOENT)
			return plx_fail_unmap(d, i * half, half, errno, "VFIO_IOMMU_UNMAP_DMA");
	}
	return 0;
}

static int type1_unmap_all(struct plx_domain *d)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};

	if (!d->io->can_unmap_all)
		return unmap_halves(d);
	if (d->io->sys->ioctl(d->container, VFIO_IOMMU_UNMAP_DMA, &unmap) && errno != ENOENT)
		return plx_fail_unmap(d, 0, 0, errno, "VFIO_IOMMU_UNMAP_DMA (all)");
	return 0;
}

/* --- what it can do --- */

/* Copy the usable ranges out of their capability; what is left of the buffer is @room bytes. */
static int read_ranges(const void *at, size_t room, struct plx_iommu_limits *out)
{
	const struct vfio_iommu_type1_info_cap_iova_range *cap = at;

	if (out->ranges || room < sizeof(*cap) ||
	    cap->nr_iovas > (room - sizeof(*cap)) / sizeof(cap->iova_ranges[0]))
		return 0;
	out->ranges = calloc(cap->nr_iovas + 1u, sizeof(*out->ranges));
	if (!out->ranges)
		return plx_fail_nomem(NULL, "usable ranges");
	for (unsigned i = 0; i < cap->nr_iovas; i++)
		out->ranges[i] = (struct plx_iova_range){ cap->iova_ranges[i].start,
							  cap->iova_ranges[i].end };
	out->n_ranges = cap->nr_iovas;
	return 0;
}

/* Walk the chain of capabilities (VF-4): offsets only grow, so that it ends. */
static int read_capabilities(const struct vfio_iommu_type1_info *info, size_t size,
			     struct plx_iommu_limits *out)
{
	size_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	int err = 0;

	while (!err && at >= sizeof(*info) && at % 4 == 0 &&
	       at + sizeof(struct vfio_info_cap_header) <= size) {
		const struct vfio_info_cap_header *cap = (const void *)((const char *)info + at);
		const struct vfio_iommu_type1_info_dma_avail *avail = (const void *)cap;

		if (cap->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			err = read_ranges(cap, size - at, out);
		/* The compat node of iommufd has no limit and says so (IF-6). */
		if (cap->id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL && size - at >= sizeof(*avail) &&
		    avail->avail != UINT32_MAX)
			out->entries_left = avail->avail;
		if (cap->next <= at)
			break;
		at = cap->next;
	}
	return err;
}

/* All of it: what is there as long as nothing is known. */
static int no_limits(struct plx_iommu_limits *out)
{
	out->ranges = calloc(1, sizeof(*out->ranges));
	if (!out->ranges)
		return plx_fail_nomem(NULL, "usable ranges");
	out->ranges[0].last = UINT64_MAX;
	out->n_ranges = 1;
	return 0;
}

/* The kernel's answer, in two calls: the first says how long it is. */
static int get_info(struct plx_domain *d, struct vfio_iommu_type1_info **out, size_t *size)
{
	struct vfio_iommu_type1_info head = { .argsz = sizeof(head) }, *info;

	if (d->io->sys->ioctl(d->container, VFIO_IOMMU_GET_INFO, &head))
		return plx_fail_call(d->child.name, errno, "VFIO_IOMMU_GET_INFO");
	*size = head.argsz > sizeof(head) ? head.argsz : sizeof(head);
	info = calloc(1, *size);
	if (!info)
		return plx_fail_nomem(d->child.name, "VFIO_IOMMU_GET_INFO");
	info->argsz = (uint32_t)*size;
	if (d->io->sys->ioctl(d->container, VFIO_IOMMU_GET_INFO, info)) {
		int sys_errno = errno;

		free(info);
		return plx_fail_call(d->child.name, sys_errno, "VFIO_IOMMU_GET_INFO");
	}
	*out = info;
	return 0;
}

static int type1_limits(struct plx_domain *d, struct plx_iommu_limits *out)
{
	struct vfio_iommu_type1_info *info = NULL;
	size_t size = 0;
	int err;

	out->entries_left = UINT64_MAX;
	if (!d->n_devices) /* nothing can be asked yet (8.2) */
		return no_limits(out);
	err = get_info(d, &info, &size);
	if (err)
		return err;
	if (info->flags & VFIO_IOMMU_INFO_PGSIZES)
		out->page_sizes = info->iova_pgsizes;
	err = read_capabilities(info, size, out);
	free(info);
	if (!err && !out->ranges) /* a kernel before 5.4 */
		err = no_limits(out);
	return err;
}

const struct plx_iommu_backend plx_iommu_type1 = {
	.id = PLX_BACKEND_TYPE1,
	.name = "type1",
	.translates = true,
	.needs_device = true,
	.by_group = true,
	.open = type1_open,
	.close = type1_close,
	.domain_open = plx_container_open,
	.domain_close = plx_container_close,
	.map = type1_map,
	.unmap = type1_unmap,
	.unmap_all = type1_unmap_all,
	.limits = type1_limits,
	.attach = type1_attach,
	.detach = plx_container_detach,
};
