/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VFIO_DEVICE_GET_IRQ_INFO and SET_IRQS of the simulated kernel, with the checks of the real one
 * (vfio_set_irqs_validate_and_prepare(), vfio_pci_intrs.c).
 */
#include "sim/kernel_priv.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#define DATA(set)   ((set)->flags & VFIO_IRQ_SET_DATA_TYPE_MASK)
#define ACTION(set) ((set)->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK)

int plx_sim_get_irq_info(struct plx_sim_file *f, void *arg)
{
	struct vfio_irq_info *info = arg;

	if (info->argsz < sizeof(*info) || info->index >= VFIO_PCI_NUM_IRQS)
		return plx_sim_fail(EINVAL);
	info->count = plx_sim_function_irqs(f->function, info->index);
	if (info->index == VFIO_PCI_ERR_IRQ_INDEX && !info->count) /* conventional PCI */
		return plx_sim_fail(EINVAL);
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->flags |= info->index == VFIO_PCI_INTX_IRQ_INDEX
			       ? VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED
			       : VFIO_IRQ_INFO_NORESIZE;
	return 0;
}

/* The bytes that follow the header for each vector; -1: unknown data. */
static int data_size(const struct vfio_irq_set *set)
{
	switch (DATA(set)) {
	case VFIO_IRQ_SET_DATA_NONE:
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		return 1;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return 4;
	default:
		return -1;
	}
}

static int check_set(const struct plx_sim_file *f, const struct vfio_irq_set *set)
{
	const uint32_t known = VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK;
	uint32_t count = plx_sim_function_irqs(f->function, set->index);
	int size = data_size(set);

	if (set->argsz < sizeof(*set) || set->index >= VFIO_PCI_NUM_IRQS || set->flags & ~known)
		return plx_sim_fail(EINVAL);
	if (set->start >= count || set->count > count - set->start)
		return plx_sim_fail(EINVAL);
	if (size < 0 || set->argsz - sizeof(*set) < set->count * (uint32_t)size)
		return plx_sim_fail(EINVAL);
	return 0;
}

static int set_fds(struct plx_sim_file *f, const struct vfio_irq_set *set)
{
	int fds[PLX_SIM_VECTORS];
	int err;

	memcpy(fds, set->data, set->count * sizeof(fds[0]));
	err = plx_sim_function_irq_set(f->function, set->index, set->start, set->count, fds);
	return err ? plx_sim_fail(-err) : 0;
}

/* Software signals vectors itself: all of them, or those whose byte is not 0. */
static int loop_back(struct plx_sim_file *f, const struct vfio_irq_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (DATA(set) == VFIO_IRQ_SET_DATA_NONE || set->data[i])
			plx_sim_function_irq_raise(f->function, set->index, set->start + i);
	return 0;
}

static int trigger(struct plx_sim_file *f, const struct vfio_irq_set *set)
{
	const bool on = plx_sim_function_irq_on(f->function, set->index);

	if (on && !set->count && DATA(set) == VFIO_IRQ_SET_DATA_NONE)
		return plx_sim_function_irq_set(f->function, set->index, 0, 0, NULL);
	if (set->index == VFIO_PCI_INTX_IRQ_INDEX && set->count != 1)
		return plx_sim_fail(EINVAL);
	if (DATA(set) == VFIO_IRQ_SET_DATA_EVENTFD)
		return set->count ? set_fds(f, set) : plx_sim_fail(EINVAL);
	return on ? loop_back(f, set) : plx_sim_fail(EINVAL);
}

/* INTx only. */
static int set_mask(struct plx_sim_file *f, const struct vfio_irq_set *set, bool mask)
{
	if (!plx_sim_function_irq_on(f->function, set->index) || set->start || set->count != 1)
		return plx_sim_fail(EINVAL);
	if (DATA(set) == VFIO_IRQ_SET_DATA_EVENTFD) /* of an in-kernel user; we have none */
		return plx_sim_fail(ENOTTY);
	if (DATA(set) == VFIO_IRQ_SET_DATA_NONE || set->data[0])
		plx_sim_function_irq_mask(f->function, mask);
	return 0;
}

int plx_sim_set_irqs(struct plx_sim_file *f, void *arg)
{
	const struct vfio_irq_set *set = arg;
	const bool intx = set->index == VFIO_PCI_INTX_IRQ_INDEX;

	if (check_set(f, set))
		return -1;
	if (ACTION(set) == VFIO_IRQ_SET_ACTION_TRIGGER)
		return trigger(f, set);
	if (intx && ACTION(set) == VFIO_IRQ_SET_ACTION_MASK)
		return set_mask(f, set, true);
	if (intx && ACTION(set) == VFIO_IRQ_SET_ACTION_UNMASK)
		return set_mask(f, set, false);
	return plx_sim_fail(ENOTTY);
}
