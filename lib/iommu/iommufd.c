/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iommufd: an IOAS is an address space, and lives without devices (8.3 of the DDI contract;
 * Documentation/userspace-api/iommufd.rst).
 */
#include "iommu/iommu_priv.h"
#include "iommu/uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define PATH "/dev/iommu"

static int iommufd_open(struct plx_iommu *io)
{
	int fd = io->sys->open(PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return plx_fail_open(io, errno, PATH);
	io->fd = fd;
	return 0;
}

static void iommufd_close(struct plx_iommu *io)
{
	io->sys->close(io->fd);
}

static int iommufd_domain_open(struct plx_domain *d)
{
	struct plx_uapi_ioas_alloc alloc = { .size = sizeof(alloc) };

	if (d->io->sys->ioctl(d->io->fd, PLX_UAPI_IOAS_ALLOC, &alloc))
		return plx_fail_call(d->child.name, errno, "IOMMU_IOAS_ALLOC");
	d->ioas = alloc.out_ioas_id;
	return 0;
}

static void iommufd_domain_close(struct plx_domain *d)
{
	struct plx_uapi_destroy destroy = { .size = sizeof(destroy), .id = d->ioas };

	if (d->io->sys->ioctl(d->io->fd, PLX_UAPI_DESTROY, &destroy))
		plx_fail_unmap(d, 0, 0, errno, "IOMMU_DESTROY");
}

static int iommufd_map(struct plx_domain *d, const struct plx_extent_map *m)
{
	struct plx_uapi_map map = {
		.size = sizeof(map),
		.flags = PLX_UAPI_MAP_FIXED_IOVA, /* both backends place alike (7.3) */
		.ioas_id = d->ioas,
		.user_va = m->va,
		.length = m->len,
		.iova = m->iova,
	};

	if (m->perms & PLX_IOMMU_READ)
		map.flags |= PLX_UAPI_MAP_READABLE;
	if (m->perms & PLX_IOMMU_WRITE)
		map.flags |= PLX_UAPI_MAP_WRITEABLE;
	if (d->io->sys->ioctl(d->io->fd, PLX_UAPI_IOAS_MAP, &map))
		return plx_fail_map(d, m, errno, "IOMMU_IOAS_MAP");
	return 0;
}

static int unmap(struct plx_domain *d, uint64_t iova, uint64_t len)
{
	struct plx_uapi_unmap args = {
		.size = sizeof(args),
		.ioas_id = d->ioas,
		.iova = iova,
		.length = len,
	};

	return d->io->sys->ioctl(d->io->fd, PLX_UAPI_IOAS_UNMAP, &args) ? errno : 0;
}

/* A mapping of several pieces is several areas in the kernel: a range over all of them is fine. */
static int iommufd_unmap(struct plx_domain *d, uint64_t iova, uint64_t len)
{
	int sys_errno = unmap(d, iova, len);

	return sys_errno ? plx_fail_unmap(d, iova, len, sys_errno, "IOMMU_IOAS_UNMAP") : 0;
}

static int iommufd_unmap_all(struct plx_domain *d)
{
	int sys_errno = unmap(d, 0, UINT64_MAX); /* all, and succeeds when there is nothing */

	return sys_errno ? plx_fail_unmap(d, 0, 0, sys_errno, "IOMMU_IOAS_UNMAP (all)") : 0;
}

/* Ask for @n ranges; *@needed is how many there are. */
static int get_ranges(struct plx_domain *d, struct plx_uapi_iova_range *ranges, uint32_t n,
		      struct plx_uapi_iova_ranges *args)
{
	*args = (struct plx_uapi_iova_ranges){
		.size = sizeof(*args),
		.ioas_id = d->ioas,
		.num_iovas = n,
		.allowed_iovas = (uint64_t)(uintptr_t)ranges,
	};
	return d->io->sys->ioctl(d->io->fd, PLX_UAPI_IOVA_RANGES, args) ? errno : 0;
}

static int read_ranges(struct plx_domain *d, uint32_t n, struct plx_iommu_limits *out)
{
	struct plx_uapi_iova_range *ranges = calloc(n + 1u, sizeof(*ranges));
	struct plx_uapi_iova_ranges args;
	int sys_errno;

	out->ranges = calloc(n + 1u, sizeof(*out->ranges));
	if (!ranges || !out->ranges) {
		free(ranges);
		return plx_fail_nomem(d->child.name, "usable ranges");
	}
	sys_errno = get_ranges(d, ranges, n, &args);
	for (uint32_t i = 0; !sys_errno && i < n && i < args.num_iovas; i++) {
		out->ranges[i] = (struct plx_iova_range){ ranges[i].start, ranges[i].last };
		out->n_ranges = i + 1;
	}
	free(ranges);
	out->page_sizes = args.out_iova_alignment;
	if (sys_errno)
		return plx_fail_call(d->child.name, sys_errno, "IOMMU_IOAS_IOVA_RANGES");
	return 0;
}

static int iommufd_limits(struct plx_domain *d, struct plx_iommu_limits *out)
{
	struct plx_uapi_iova_ranges args;
	int sys_errno = get_ranges(d, NULL, 0, &args);

	out->entries_left = UINT64_MAX;
	if (sys_errno && sys_errno != EMSGSIZE) /* "there are more", which is the question */
		return plx_fail_call(d->child.name, sys_errno, "IOMMU_IOAS_IOVA_RANGES");
	return read_ranges(d, args.num_iovas, out);
}

/* --- devices --- */

static int bind(struct plx_iommu *io, struct plx_attachment *a)
{
	struct plx_uapi_bind args = { .argsz = sizeof(args), .iommufd = io->fd };

	if (!a->bound && io->sys->ioctl(a->fd, PLX_UAPI_BIND, &args))
		return errno;
	a->bound = true;
	return 0;
}

int plx_iommu_bind(struct plx_iommu *io, struct plx_attachment *a)
{
	/* Only what plx_fail_attach() asks of a domain. */
	struct plx_domain none = { .io = io };
	int sys_errno = io->backend == &plx_iommu_iommufd ? bind(io, a) : 0;

	return sys_errno ? plx_fail_attach(&none, a, sys_errno, "VFIO_DEVICE_BIND_IOMMUFD")
			 : plx_ok();
}

static int iommufd_attach(struct plx_domain *d, struct plx_attachment *a)
{
	struct plx_uapi_attach args = { .argsz = sizeof(args), .pt_id = d->ioas };
	int sys_errno = bind(d->io, a);

	if (sys_errno)
		return plx_fail_attach(d, a, sys_errno, "VFIO_DEVICE_BIND_IOMMUFD");
	if (d->io->sys->ioctl(a->fd, PLX_UAPI_ATTACH, &args))
		return plx_fail_attach(d, a, errno, "VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	return 0;
}

static int iommufd_detach(struct plx_domain *d, struct plx_attachment *a)
{
	struct plx_uapi_detach args = { .argsz = sizeof(args) };

	if (d->io->sys->ioctl(a->fd, PLX_UAPI_DETACH, &args))
		return plx_fail_attach(d, a, errno, "VFIO_DEVICE_DETACH_IOMMUFD_PT");
	return 0;
}

const struct plx_iommu_backend plx_iommu_iommufd = {
	.id = PLX_BACKEND_IOMMUFD,
	.name = "iommufd",
	.translates = true,
	.open = iommufd_open,
	.close = iommufd_close,
	.domain_open = iommufd_domain_open,
	.domain_close = iommufd_domain_close,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.unmap_all = iommufd_unmap_all,
	.limits = iommufd_limits,
	.attach = iommufd_attach,
	.detach = iommufd_detach,
};
