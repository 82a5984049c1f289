/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VFIO containers and groups (Documentation/driver-api/vfio.rst; 8.2 of the DDI contract).
 */
#include "iommu/container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>

#define PATH "/dev/vfio/vfio"

/* ioctl() arguments that are numbers and not pointers. */
static void *number(unsigned long n)
{
	return (void *)n; /* NOLINT: that is how ioctl(2) takes them */
}

static int check_extensions(struct plx_iommu *io, int fd, unsigned long extension, const char *what)
{
	if (io->sys->ioctl(fd, VFIO_GET_API_VERSION, NULL) != VFIO_API_VERSION)
		return plx_fail(-ENOTSUP, PLX_R_NO_BACKEND, PATH,
				PATH " speaks another version of VFIO than %d", VFIO_API_VERSION);
	if (io->sys->ioctl(fd, VFIO_CHECK_EXTENSION, number(extension)) <= 0)
		return plx_fail(-ENOTSUP, PLX_R_NO_BACKEND, PATH,
				"this kernel's VFIO has no %s: see its module parameters and "
				"configuration",
				what);
	io->can_unmap_all = io->sys->ioctl(fd, VFIO_CHECK_EXTENSION, number(VFIO_UNMAP_ALL)) > 0;
	return 0;
}

int plx_container_probe(struct plx_iommu *io, unsigned long extension, const char *what)
{
	int fd = io->sys->open(PATH, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return plx_fail_open(io, errno, PATH);
	err = check_extensions(io, fd, extension, what);
	io->sys->close(fd);
	return err;
}

int plx_container_open(struct plx_domain *d)
{
	int fd = d->io->sys->open(PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return plx_fail_open(d->io, errno, PATH);
	d->container = fd;
	return 0;
}

void plx_container_close(struct plx_domain *d)
{
	d->io->sys->close(d->container);
}

/* A group with a device that belongs to someone else is not viable: say so instead of EPERM. */
static int check_viable(struct plx_domain *d, struct plx_attachment *a)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (d->io->sys->ioctl(a->fd, VFIO_GROUP_GET_STATUS, &status))
		return plx_fail_attach(d, a, errno, "VFIO_GROUP_GET_STATUS");
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	a->foreign_member = true;
	return plx_fail_attach(d, a, EPERM, "VFIO_GROUP_GET_STATUS");
}

int plx_container_attach(struct plx_domain *d, struct plx_attachment *a, unsigned long type)
{
	int err = check_viable(d, a);

	if (err)
		return err;
	if (d->io->sys->ioctl(a->fd, VFIO_GROUP_SET_CONTAINER, &d->container))
		return plx_fail_attach(d, a, errno, "VFIO_GROUP_SET_CONTAINER");
	if (d->n_devices)
		return 0;
	if (d->io->sys->ioctl(d->container, VFIO_SET_IOMMU, number(type))) {
		err = plx_fail_attach(d, a, errno, "VFIO_SET_IOMMU");
		d->io->sys->ioctl(a->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
	}
	return err;
}

int plx_container_detach(struct plx_domain *d, struct plx_attachment *a)
{
	int sys_errno;

	if (!d->io->sys->ioctl(a->fd, VFIO_GROUP_UNSET_CONTAINER, NULL))
		return 0;
	sys_errno = errno;
	if (sys_errno != EBUSY)
		return plx_fail_attach(d, a, sys_errno, "VFIO_GROUP_UNSET_CONTAINER");
	plx_fail_sys(
		-EBUSY, EBUSY, PLX_R_STILL_MAPPED, a->name,
		"%s: a device of its IOMMU group %u is open still, or its registers are mapped: "
		"close it first",
		a->name, a->group);
	return plx_fail_origin(d->io->backend->id, NULL, EBUSY);
}
