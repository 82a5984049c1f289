/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices enter and leave domains (DEV-1 .. DEV-6): here is what opening and closing files has to
 * do with it; the books are lib/iommu's.
 */
#include "pci/pci_priv.h"

#include <errno.h>
#include <syslog.h>

#define FLEX_BITS 63 /* the usable ranges say what is less */

/* A group leaves its container only when no device's file is open (DEV-6). */
static bool closes_with_detach(const struct plx_dev *dev)
{
	return dev->backend == PLX_BACKEND_TYPE1 || dev->backend == PLX_BACKEND_NOIOMMU;
}

/* --- a domain of the device's own --- */

static int create_own(struct plx_dev *dev)
{
	const struct plx_iova_alloc_cfg flex = { PLX_IOVA_ALLOC_FLEX, FLEX_BITS };
	enum plx_domain_type type =
		dev->backend == PLX_BACKEND_NOIOMMU ? PLX_DOMAIN_PASSTHROUGH : PLX_DOMAIN_TRANSLATE;

	return plx_domain_create(dev->own_iommu, type, 0, &flex, NULL, &dev->function->own_domain);
}

/* All handles of a function share it: they drive one device. */
static int take_own(struct plx_dev *dev)
{
	struct plx_function *f = dev->function;
	int err = dev->own_iommu ? 0 : plx_bus_take_iommu(dev);

	if (err)
		return err;
	pthread_mutex_lock(&f->lock);
	err = f->own_domain ? 0 : create_own(dev);
	if (!err) {
		f->own_users++;
		dev->own_domain = f->own_domain;
	}
	pthread_mutex_unlock(&f->lock);
	return err;
}

int plx_dev_attach_own(struct plx_dev *dev)
{
	int err = dev->own_domain ? 0 : take_own(dev);

	return err ? err : plx_bus_attach(dev, dev->own_domain);
}

void plx_dev_return_own(struct plx_dev *dev)
{
	struct plx_function *f = dev->function;

	dev->own_domain = NULL;
	pthread_mutex_lock(&f->lock);
	if (!--f->own_users) {
		if (plx_domain_delete(f->own_domain))
			plx_log(dev->child.ctx, LOG_ERR, "pci", "%s: its own domain stays: %s",
				dev->child.name, plx_last_error()->text);
		f->own_domain = NULL;
	}
	pthread_mutex_unlock(&f->lock);
}

/* The failure's record is to survive. */
static void return_unused(struct plx_dev *dev)
{
	struct plx_error saved = *plx_last_error();

	plx_dev_return_own(dev);
	plx_fail_again(&saved);
}

int plx_dev_need_domain(struct plx_dev *dev, struct plx_domain **out)
{
	int err = 0;

	*out = NULL;
	if (!dev->attachment.domain && dev->detached)
		err = plx_fail(-EPERM, PLX_R_ORDER, dev->child.name,
			       "%s was detached, so that it reaches no memory: attach it to a "
			       "domain first",
			       dev->child.name);
	else if (!dev->attachment.domain) {
		err = plx_dev_attach_own(dev);
		if (!err)
			plx_dev_readopt(dev);
		else if (dev->own_domain)
			return_unused(dev);
	}
	if (!err)
		*out = dev->attachment.domain;
	return err;
}

/* --- attaching --- */

/* A device that was closed by a detach is opened again, or it is not attached. */
static int reopen(struct plx_dev *dev)
{
	struct plx_error saved;
	int err = dev->open ? 0 : plx_dev_open_transport(dev);

	if (!err)
		return 0;
	saved = *plx_last_error();
	plx_bus_drop(dev);
	return plx_fail_again(&saved);
}

static int attach(struct plx_domain *d, struct plx_dev *dev)
{
	int err = plx_dev_check_domain(dev, d, 2);

	if (!err)
		err = plx_bus_attach(dev, d);
	return err ? err : reopen(dev);
}

/* Which of the two is no object is the DDI's argument 1 or 2 (E-3). */
static int enter(struct plx_domain *d, struct plx_dev *dev)
{
	int err = plx_domain_check(d);

	if (!err && !dev)
		err = plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER_1 + 1, PLX_R_NULL_ARG, 2,
				   NULL, "dev must not be NULL");
	return err ? err : plx_dev_enter_any(dev, 2);
}

int plx_domain_attach(struct plx_domain *d, struct plx_dev *dev)
{
	int err = enter(d, dev);

	return err ? err : plx_dev_leave(dev, attach(d, dev));
}

/* --- detaching --- */

static int check_maps(const struct plx_dev *dev, const struct plx_domain *d)
{
	if (!dev->n_maps || dev->attachment.domain != d)
		return 0;
	return plx_fail(-EBUSY, PLX_R_STILL_MAPPED, dev->child.name,
			"%s still has %u BAR maps or port ranges, which keep its file open, and "
			"type1 detaches only what is closed: unmap them first",
			dev->child.name, dev->n_maps);
}

/* The kernel refused: all is as before, if it lets us. */
static int undo_close(struct plx_dev *dev)
{
	struct plx_error saved = *plx_last_error();

	if (plx_dev_open_transport(dev))
		plx_log(dev->child.ctx, LOG_ERR, "pci", "%s cannot be opened again: %s",
			dev->child.name, plx_last_error()->text);
	return plx_fail_again(&saved);
}

static int detach(struct plx_domain *d, struct plx_dev *dev)
{
	int err = plx_domain_check_detach(d, &dev->attachment);

	if (!err && closes_with_detach(dev))
		err = check_maps(dev, d);
	if (err)
		return err;
	if (closes_with_detach(dev)) {
		plx_irqs_off(dev);
		plx_dev_close_transport(dev);
	}
	err = plx_bus_detach(dev, d);
	if (err && closes_with_detach(dev))
		err = undo_close(dev);
	if (!err)
		dev->detached = true;
	return err;
}

int plx_domain_detach(struct plx_domain *d, struct plx_dev *dev)
{
	int err = enter(d, dev);

	return err ? err : plx_dev_leave(dev, detach(d, dev));
}
