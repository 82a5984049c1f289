/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts of a VFIO device, which signal eventfds.
 */
#include "pci/vfio_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS_MAX 2048 /* of MSI-X, PCI 3.0 6.8.2: the most there can be */

static const char *const names[] = { "INTx", "MSI", "MSI-X", "error interrupt", "removal request" };

/* Zero where there is none of the kind: the error interrupt, for one, is PCI Express's. */
static int get_info(struct plx_dev *dev, enum plx_irq_index index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .argsz = sizeof(*info), .index = index };
	if (index >= plx_vfio_of(dev)->n_irqs)
		return 0;
	if (plx_vfio_ioctl(dev, VFIO_DEVICE_GET_IRQ_INFO, info)) {
		if (errno != EINVAL)
			return plx_vfio_fail(dev, errno, "VFIO_DEVICE_GET_IRQ_INFO");
		info->flags = info->count = 0;
	}
	if (info->count > VECTORS_MAX)
		return plx_vfio_fail_odd(dev, names[index]);
	if (!(info->flags & VFIO_IRQ_INFO_EVENTFD))
		info->count = 0;
	return 0;
}

int plx_vfio_irq_count(struct plx_dev *dev, enum plx_irq_index index, unsigned *n)
{
	struct vfio_irq_info info;
	int err = get_info(dev, index, &info);

	*n = err ? 0 : info.count;
	return err;
}

static int fail_set(const struct plx_dev *dev, enum plx_irq_index index, int sys_errno)
{
	const char *name = dev->child.name;

	if (sys_errno == EINVAL)
		plx_fail(-EINVAL, PLX_R_KERNEL_CONFLICT, name,
			 "%s: the kernel refuses to enable its %s: another kind of interrupt is "
			 "enabled, or an fd is not an eventfd",
			 name, names[index]);
	else
		return plx_vfio_fail(dev, sys_errno, "VFIO_DEVICE_SET_IRQS");
	return plx_fail_origin(dev->backend, NULL, sys_errno);
}

/* The kernel answers with a number where it could have that many vectors and not all. */
static int set(struct plx_dev *dev, struct vfio_irq_set *args)
{
	int rc = plx_vfio_ioctl(dev, VFIO_DEVICE_SET_IRQS, args);

	if (rc < 0)
		return fail_set(dev, args->index, errno);
	if (rc > 0)
		return plx_fail(-ENOSPC, PLX_R_TOO_LARGE, dev->child.name,
				"%s: this machine has %d vectors left for its %s, and not %u",
				dev->child.name, rc, names[args->index], args->count);
	return 0;
}

static int turn_off(struct plx_dev *dev, enum plx_irq_index index)
{
	struct vfio_irq_set args = {
		.argsz = sizeof(args),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
	};
	int err;

	if (!plx_vfio_of(dev)->irqs_on[index])
		return 0;
	err = set(dev, &args);
	if (!err)
		plx_vfio_of(dev)->irqs_on[index] = 0;
	return err;
}

static int turn_on(struct plx_dev *dev, enum plx_irq_index index, const int *fds, unsigned n)
{
	size_t size = sizeof(struct vfio_irq_set) + n * sizeof(fds[0]);
	struct vfio_irq_set *args = calloc(1, size);
	int err;

	if (!args)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, dev->child.name, "no memory for %u vectors",
				n);
	args->argsz = (uint32_t)size;
	args->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	args->index = index;
	args->count = n;
	memcpy(args->data, fds, n * sizeof(fds[0]));
	err = set(dev, args);
	free(args);
	if (!err)
		plx_vfio_of(dev)->irqs_on[index] = n;
	return err;
}

int plx_vfio_irq_set(struct plx_dev *dev, enum plx_irq_index index, const int *fds, unsigned n)
{
	unsigned on = plx_vfio_of(dev)->irqs_on[index];
	struct vfio_irq_info info;
	int err;

	if (!n)
		return turn_off(dev, index);
	err = get_info(dev, index, &info);
	if (err)
		return err;
	if (n > info.count)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, dev->child.name,
				"%s: its %s has %u vectors, and not %u", dev->child.name,
				names[index], info.count, n);
	/* Fewer never leave the rest on; more cannot come to those there are (NORESIZE). */
	if (n < on || (n > on && info.flags & VFIO_IRQ_INFO_NORESIZE))
		err = turn_off(dev, index);
	return err ? err : turn_on(dev, index, fds, n);
}

int plx_vfio_irq_unmask(struct plx_dev *dev, enum plx_irq_index index)
{
	struct vfio_irq_set args = {
		.argsz = sizeof(args),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
		.index = index,
		.count = 1,
	};

	return set(dev, &args);
}

void plx_vfio_irqs_off(struct plx_dev *dev)
{
	for (enum plx_irq_index i = PLX_IRQI_INTX; i <= PLX_IRQI_REQ; i++) {
		turn_off(dev, i);
		plx_vfio_of(dev)->irqs_on[i] = 0;
	}
}
