/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupts: one kind at a time, each vector an eventfd.
 */
#include "pci/pci_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "INTx", "MSI", "MSI-X" };

/* enum plx_irq_type counts as VFIO does. */
_Static_assert((int)PLX_IRQ_INTX == (int)PLX_IRQI_INTX && (int)PLX_IRQ_MSI == (int)PLX_IRQI_MSI &&
		       (int)PLX_IRQ_MSIX == (int)PLX_IRQI_MSIX,
	       "one numbering");

static int check_type(const struct plx_dev *dev, enum plx_irq_type type)
{
	if ((unsigned)type <= PLX_IRQ_MSIX)
		return 0;
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_BAD_ENUM, 2,
			    dev->child.name, "there is no kind of interrupt %d", (int)type);
}

int plx_irq_count(struct plx_dev *dev, enum plx_irq_type type, unsigned *n)
{
	int err;

	if (n)
		*n = 0;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	err = check_type(dev, type);
	if (!err && !n)
		err = plx_fail_null(3, "n");
	if (!err)
		err = dev->transport->irq_count(dev, (enum plx_irq_index)type, n);
	return plx_dev_leave(dev, err);
}

/* --- enabling --- */

static int set(struct plx_dev *dev, enum plx_irq_type type, const int *fds, unsigned n)
{
	return dev->transport->irq_set(dev, (enum plx_irq_index)type, fds, n);
}

static int disable(struct plx_dev *dev)
{
	int err = dev->irq.n ? set(dev, dev->irq.type, NULL, 0) : 0;

	if (err)
		return err;
	free(dev->irq.fds);
	memset(&dev->irq, 0, sizeof(dev->irq));
	return 0;
}

/* Arguments in order: eventfds 3, n 4. */
static int check_fds(const struct plx_dev *dev, const int *fds, unsigned n)
{
	if (!fds)
		return plx_fail_null(3, "eventfds");
	for (unsigned i = 0; i < n; i++)
		if (fds[i] < -1)
			return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_BAD_VALUE,
					    3, dev->child.name,
					    "eventfds[%u] is %d: no vector is -1", i, fds[i]);
	if (!n)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_ZERO_LEN, 4,
				    dev->child.name,
				    "n must not be 0: plx_irq_disable() turns interrupts off");
	return 0;
}

static int check_count(struct plx_dev *dev, enum plx_irq_type type, unsigned n)
{
	unsigned count = 0;
	int err = dev->transport->irq_count(dev, (enum plx_irq_index)type, &count);

	if (err)
		return err;
	if (!count)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->child.name, "%s has no %s",
				dev->child.name, names[type]);
	if (n > count)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_TOO_LARGE, 4,
				    dev->child.name, "%s has %u vectors of %s, not %u",
				    dev->child.name, count, names[type], n);
	return 0;
}

/* What was enabled is off by now; when the new ones cannot be had, it comes back (G-4). */
static int replace(struct plx_dev *dev, enum plx_irq_type type, int *fds, unsigned n)
{
	struct plx_error saved;
	int err = dev->irq.n ? set(dev, dev->irq.type, NULL, 0) : 0;

	if (!err)
		err = set(dev, type, fds, n);
	if (!err) {
		free(dev->irq.fds);
		dev->irq.type = type;
		dev->irq.n = n;
		dev->irq.fds = fds;
		return 0;
	}
	saved = *plx_last_error();
	if (dev->irq.n && set(dev, dev->irq.type, dev->irq.fds, dev->irq.n)) {
		free(dev->irq.fds);
		memset(&dev->irq, 0, sizeof(dev->irq));
	}
	return plx_fail_again(&saved);
}

static int enable(struct plx_dev *dev, enum plx_irq_type type, const int *fds, unsigned n)
{
	int err = check_type(dev, type);
	int *copy;

	if (!err)
		err = check_fds(dev, fds, n);
	if (!err)
		err = check_count(dev, type, n);
	if (err)
		return err;
	copy = malloc(n * sizeof(*copy));
	if (!copy)
		return plx_fail_nomem(dev->child.name, "interrupts");
	memcpy(copy, fds, n * sizeof(*copy));
	err = replace(dev, type, copy, n);
	if (err)
		free(copy);
	return err;
}

int plx_irq_enable(struct plx_dev *dev, enum plx_irq_type type, const int *eventfds, unsigned n)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, enable(dev, type, eventfds, n));
}

int plx_irq_disable(struct plx_dev *dev)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, disable(dev));
}

int plx_irq_unmask(struct plx_dev *dev)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	if (!dev->irq.n || dev->irq.type != PLX_IRQ_INTX)
		err = plx_fail(-EPERM, PLX_R_ORDER, dev->child.name,
			       "%s: INTx is not enabled, and no other kind is masked when it fires",
			       dev->child.name);
	else
		err = dev->transport->irq_unmask(dev, PLX_IRQI_INTX);
	return plx_dev_leave(dev, err);
}

/* The file is about to be closed, which turns them off whatever was answered. */
void plx_irqs_off(struct plx_dev *dev)
{
	if (dev->open && dev->irq.n)
		disable(dev);
	free(dev->irq.fds);
	memset(&dev->irq, 0, sizeof(dev->irq));
}
