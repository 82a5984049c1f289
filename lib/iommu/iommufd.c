/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iommufd: an IOAS is an address space, and lives without devices (8.3 of the DDI contract;
 * Documentation/userspace-api/iommufd.rst).
 */
#include "core/uapi.h"
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define PATH "/dev/iommu"

/*
 * A device is bound to one file of /dev/iommu, for as long as it is open, and enters the address
 * spaces of that file only (8.3). So that a device and a domain of a context always fit, all of
 * its interfaces share one file.
 */
struct plx_iommufd {
	struct plx_iommufd *next;
	const struct plx_sysops *sys;
	int fd;
	unsigned users;
};

struct files {
	struct plx_annex annex; /* first */
	pthread_mutex_t lock;
	struct plx_iommufd *list;
};

static void end_files(struct plx_annex *annex)
{
	struct files *f = (struct files *)annex;

	pthread_mutex_destroy(&f->lock);
	free(f);
}

static struct plx_annex *make_files(void)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->annex.end = end_files;
	pthread_mutex_init(&f->lock, NULL);
	return &f->annex;
}

static struct files *files_of(const struct plx_iommu *io)
{
	return (struct files *)plx_ctx_annex(io->child.ctx, PLX_ANNEX_IOMMU, make_files);
}

/* Takes over @fd, which may be one too many. */
static int share_file(struct plx_iommu *io, struct files *files, int fd)
{
	struct plx_iommufd *file = files->list;

	while (file && file->sys != io->sys)
		file = file->next;
	if (file) {
		io->sys->close(fd);
	} else {
		file = calloc(1, sizeof(*file));
		if (!file) {
			io->sys->close(fd);
			return plx_fail_nomem(PATH, "an IOMMU interface");
		}
		*file = (struct plx_iommufd){ files->list, io->sys, fd, 0 };
		files->list = file;
	}
	file->users++;
	io->file = file;
	io->fd = file->fd;
	return 0;
}

static int iommufd_open(struct plx_iommu *io)
{
	struct files *files;
	int err, fd;

	if (io->fd >= 0) /* the caller's */
		return 0;
	files = files_of(io);
	if (!files)
		return plx_fail_nomem(PATH, "an IOMMU interface");
	fd = io->sys->open(PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return plx_fail_open(io, errno, PATH);
	pthread_mutex_lock(&files->lock);
	err = share_file(io, files, fd);
	pthread_mutex_unlock(&files->lock);
	return err;
}

static void iommufd_close(struct plx_iommu *io)
{
	struct plx_iommufd *file = io->file, **link;
	struct files *files;

	if (!file)
		return;
	files = files_of(io);
	pthread_mutex_lock(&files->lock);
	if (!--file->users) {
		for (link = &files->list; *link != file;)
			link = &(*link)->next;
		*link = file->next;
		io->sys->close(file->fd);
		free(file);
	}
	pthread_mutex_unlock(&files->lock);
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

/* Both backends place alike: always at a fixed IOVA (7.3). */
static uint32_t map_flags(uint32_t perms)
{
	uint32_t flags = PLX_UAPI_MAP_FIXED_IOVA;

	if (perms & PLX_IOMMU_READ)
		flags |= PLX_UAPI_MAP_READABLE;
	if (perms & PLX_IOMMU_WRITE)
		flags |= PLX_UAPI_MAP_WRITEABLE;
	return flags;
}

/* The pages are pinned for the other domain, and live as long as either needs them. */
static int copy(struct plx_domain *d, const struct plx_extent_map *m)
{
	struct plx_uapi_copy args = {
		.size = sizeof(args),
		.flags = map_flags(m->perms),
		.dst_ioas_id = d->ioas,
		.src_ioas_id = m->from->ioas,
		.length = m->len,
		.dst_iova = m->iova,
		.src_iova = m->from_iova,
	};
	int sys_errno;

	if (!d->io->sys->ioctl(d->io->fd, PLX_UAPI_IOAS_COPY, &args))
		return 0;
	/* The memory itself does not allow as much: MAP-17's EFAULT by another name. */
	sys_errno = errno == EPERM ? EFAULT : errno;
	return plx_fail_map(d, m, sys_errno, "IOMMU_IOAS_COPY");
}

static int iommufd_map(struct plx_domain *d, const struct plx_extent_map *m)
{
	struct plx_uapi_map map = {
		.size = sizeof(map),
		.flags = map_flags(m->perms),
		.ioas_id = d->ioas,
		.user_va = m->va,
		.length = m->len,
		.iova = m->iova,
	};

	if (m->from)
		return copy(d, m);
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
	a->bound_to = io->fd;
	return 0;
}

/* The kernel says EINVAL to an argument's fault, which is none of ours, and to these (8.3). */
static int fail_bind(struct plx_domain *d, const struct plx_attachment *a, int sys_errno)
{
	if (sys_errno != EINVAL)
		return plx_fail_attach(d, a, sys_errno, "VFIO_DEVICE_BIND_IOMMUFD");
	plx_fail_sys(-EINVAL, sys_errno, PLX_R_KERNEL_CONFLICT, a->name,
		     "%s cannot be bound to iommufd: another process has it (\"lsof "
		     "/dev/vfio/devices/*\" as root names it), or its DMA bypasses the caches",
		     a->name);
	return plx_fail_origin(PLX_BACKEND_IOMMUFD, NULL, 0);
}

int plx_iommu_bind(struct plx_iommu *io, struct plx_attachment *a)
{
	/* Only what plx_fail_attach() asks of a domain. */
	struct plx_domain none = { .io = io };
	int sys_errno = io->backend == &plx_iommu_iommufd ? bind(io, a) : 0;

	return sys_errno ? fail_bind(&none, a, sys_errno) : plx_ok();
}

static int iommufd_attach(struct plx_domain *d, struct plx_attachment *a)
{
	struct plx_uapi_attach args = { .argsz = sizeof(args), .pt_id = d->ioas };
	int sys_errno = bind(d->io, a);

	if (sys_errno)
		return fail_bind(d, a, sys_errno);
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
