/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transport of real functions: VFIO's device fd (8.2, 8.3 of the DDI contract;
 * Documentation/driver-api/vfio.rst). All of it goes through dev->sys.
 */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the device's fd --- */

/*
 * A group gives it once it has its IOMMU (DEV-6). EAGAIN: somebody resets a device of the same
 * slot or bus, which takes up to a second.
 */
static int get_device_fd(const struct plx_dev *dev, int *fd)
{
	char name[PLX_PCI_ADDRESS + sizeof(" vf_token=") + sizeof(dev->vf_token)];
	unsigned tries = 0;

	snprintf(name, sizeof(name), "%s%s%s", dev->function->facts.address,
		 dev->vf_token[0] ? " vf_token=" : "", dev->vf_token);
	do
		*fd = dev->sys->ioctl(dev->attachment.fd, VFIO_GROUP_GET_DEVICE_FD, name);
	while (*fd < 0 && (errno == EINTR || (errno == EAGAIN && plx_vfio_again(tries++))));
	return *fd < 0 ? plx_vfio_fail_device_fd(dev, errno) : 0;
}

/* A cdev's file is the device's fd, which the bus has bound. */
static int take_fd(struct plx_dev *dev, struct plx_vfio *v)
{
	int err = plx_vfio_check_token(dev->vf_token);

	if (err)
		return err;
	if (dev->backend != PLX_BACKEND_IOMMUFD) {
		v->own_fd = true;
		return get_device_fd(dev, &v->fd);
	}
	v->fd = dev->attachment.fd;
	if (dev->vf_token[0])
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->child.name,
				"%s: a vf_token goes with type1 only", dev->child.name);
	return 0;
}

static int read_info(struct plx_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (plx_vfio_ioctl(dev, VFIO_DEVICE_GET_INFO, &info))
		return plx_vfio_fail(dev, errno, "VFIO_DEVICE_GET_INFO");
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->child.name,
				"%s is no PCI function to VFIO", dev->child.name);
	/* The first of both are the kernel's promise; those behind them are of no use to us. */
	if (info.num_regions < PLX_REGIONS || info.num_irqs <= PLX_IRQI_MSIX)
		return plx_vfio_fail_odd(dev, "regions and interrupts");
	plx_vfio_of(dev)->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	plx_vfio_of(dev)->n_irqs = info.num_irqs;
	return 0;
}

static void vfio_close(struct plx_dev *dev)
{
	struct plx_vfio *v = plx_vfio_of(dev);

	if (!v)
		return;
	/* A map may keep the file open longer, and a cdev's is not closed here. */
	plx_vfio_irqs_off(dev);
	if (v->own_fd)
		dev->sys->close(v->fd);
	dev->transport_data = NULL;
	free(v);
}

static int vfio_open(struct plx_dev *dev)
{
	struct plx_vfio *v = calloc(1, sizeof(*v));
	struct plx_error saved;
	int err;

	if (!v)
		return plx_fail_nomem(dev->child.name, "a device");
	err = take_fd(dev, v);
	if (err) {
		free(v);
		return err;
	}
	dev->transport_data = v;
	err = read_info(dev);
	err = err ? err : plx_vfio_read_regions(dev);
	if (!err)
		return 0;
	saved = *plx_last_error();
	vfio_close(dev);
	return plx_fail_again(&saved);
}

/* --- reset --- */

static bool vfio_can_reset(struct plx_dev *dev)
{
	return plx_vfio_of(dev)->can_reset;
}

static int vfio_reset(struct plx_dev *dev)
{
	unsigned tries = 0;
	int rc;

	if (!vfio_can_reset(dev))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->child.name,
				"%s cannot be reset by itself: it has no function-level reset, nor "
				"its slot or bus for itself",
				dev->child.name);
	do
		rc = plx_vfio_ioctl(dev, VFIO_DEVICE_RESET, NULL);
	while (rc && (errno == EINTR || (errno == EAGAIN && plx_vfio_again(tries++))));
	return rc ? plx_vfio_fail(dev, errno, "VFIO_DEVICE_RESET") : 0;
}

const struct plx_transport plx_transport_vfio = {
	.name = "vfio",
	.open = vfio_open,
	.close = vfio_close,
	.region = plx_vfio_region,
	.map = plx_vfio_map,
	.unmap = plx_vfio_unmap,
	.read = plx_vfio_read,
	.write = plx_vfio_write,
	.irq_count = plx_vfio_irq_count,
	.irq_set = plx_vfio_irq_set,
	.irq_unmask = plx_vfio_irq_unmask,
	.can_reset = vfio_can_reset,
	.reset = vfio_reset,
};
