/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What VFIO refuses, in the words of the contract (2.2, 8.2).
 */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <string.h>
#include <time.h>

bool plx_vfio_again(unsigned n)
{
	const struct timespec wait = { .tv_nsec = PLX_VFIO_WAIT_MS * 1000000l };

	if (n + 1 >= PLX_VFIO_TRIES)
		return false;
	nanosleep(&wait, NULL);
	return true;
}

static int fail_call(const struct plx_dev *dev, int sys_errno, const char *call)
{
	const char *name = dev->child.name;

	switch (sys_errno) {
	case ENOTTY:
		return plx_fail_sys(-ENOTSUP, sys_errno, PLX_R_UNSUPPORTED, name,
				    "%s: the kernel does not offer %s for this device", name, call);
	case ENOMEM:
		return plx_fail_sys(-ENOMEM, sys_errno, PLX_R_NOMEM, name,
				    "%s: the kernel has no memory for %s", name, call);
	case ENODEV:
		return plx_fail_sys(-ENODEV, sys_errno, PLX_R_NO_DEVICE, name,
				    "%s is gone, or no longer VFIO's (%s)", name, call);
	case EAGAIN:
		return plx_fail_sys(-EAGAIN, sys_errno, PLX_R_KERNEL_CONFLICT, name,
				    "%s: %s waits for somebody else's reset of the device: "
				    "try again later",
				    name, call);
	default:
		return plx_fail_sys(-sys_errno, sys_errno, PLX_R_KERNEL_CONFLICT, name,
				    "%s: %s failed: %s", name, call, strerror(sys_errno));
	}
}

int plx_vfio_fail(const struct plx_dev *dev, int sys_errno, const char *call)
{
	fail_call(dev, sys_errno, call);
	return plx_fail_origin(dev->backend, NULL, sys_errno);
}

int plx_vfio_fail_odd(const struct plx_dev *dev, const char *what)
{
	plx_fail(-EIO, PLX_R_FORMAT, dev->child.name,
		 "%s: what the kernel says of its %s makes no sense", dev->child.name, what);
	return plx_fail_origin(dev->backend, NULL, 0);
}

/* A function with SR-IOV is shared by who has the secret of its physical one (vfio-pci(4)). */
static int fail_token(const struct plx_dev *dev, int sys_errno)
{
	const char *name = dev->child.name;

	if (sys_errno == EINVAL)
		return plx_fail_sys(-EINVAL, sys_errno, PLX_R_BAD_VALUE, name,
				    "%s takes no vf_token: its physical function is not VFIO's, or "
				    "has no virtual ones",
				    name);
	if (dev->vf_token[0])
		return plx_fail_sys(-EACCES, sys_errno, PLX_R_PERMISSION, name,
				    "%s: that is not the vf_token which the user of its physical "
				    "function set",
				    name);
	return plx_fail_sys(-EACCES, sys_errno, PLX_R_PERMISSION, name,
			    "%s shares a physical function that is VFIO's: give vf_token, the UUID "
			    "which that one's user set",
			    name);
}

static int fail_device_fd(const struct plx_dev *dev, int sys_errno)
{
	const struct plx_attachment *a = &dev->attachment;
	const char *name = dev->child.name;

	if (sys_errno == EACCES || (sys_errno == EINVAL && dev->vf_token[0]))
		return fail_token(dev, sys_errno);
	if (sys_errno == EBUSY)
		return plx_fail_sys(-EBUSY, sys_errno, PLX_R_GROUP_BUSY, name,
				    "%s, or its IOMMU group %u, is in use by somebody else", name,
				    a->group);
	if (sys_errno == ENODEV)
		return plx_fail_sys(-ENODEV, sys_errno, PLX_R_NOT_BOUND, name,
				    "%s is not VFIO's, or not in IOMMU group %u any more: "
				    "plx-dev bind %s",
				    name, a->group, name);
	/* The compat node of iommufd looks at the group only now (IF-6). */
	if (sys_errno == EPERM && a->foreign_member)
		return plx_fail_sys(-EBUSY, sys_errno, PLX_R_GROUP_NOT_VIABLE, name,
				    "%s: a device of its IOMMU group %u belongs to a kernel driver "
				    "or to someone else: bind all of the group to vfio-pci",
				    name, a->group);
	if (sys_errno == EPERM)
		return plx_fail_sys(-EPERM, sys_errno, PLX_R_UNSAFE_INTR, name,
				    "%s: this machine does not remap interrupts, so that a device "
				    "could forge them: allow_unsafe_interrupts=1 permits it",
				    name);
	return fail_call(dev, sys_errno, "VFIO_GROUP_GET_DEVICE_FD");
}

int plx_vfio_fail_device_fd(const struct plx_dev *dev, int sys_errno)
{
	fail_device_fd(dev, sys_errno);
	return plx_fail_origin(dev->backend, NULL, sys_errno);
}
