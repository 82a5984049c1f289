/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A handle's states and attributes (G-11, G-12), and what can be asked of it.
 */
#include "pci/pci_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- entering and leaving --- */

static int fail_closed(const struct plx_dev *dev, const char *why)
{
	return plx_fail(-EPERM, PLX_R_STATE, dev->child.name, "%s %s", dev->child.name, why);
}

int plx_dev_enter_any(struct plx_dev *dev, unsigned arg)
{
	if (!dev)
		return plx_fail_null(arg, "dev");
	pthread_mutex_lock(&dev->lock);
	if (!dev->closed)
		return 0;
	return plx_dev_leave(dev, fail_closed(dev, "was closed"));
}

int plx_dev_enter(struct plx_dev *dev, unsigned arg)
{
	int err = plx_dev_enter_any(dev, arg);

	if (err || dev->open)
		return err;
	return plx_dev_leave(dev, fail_closed(dev, "was detached, and with type1 that closes it "
						   "(DEV-6): attach it to a domain, or close it"));
}

/* Unless the record says so already: sysfs, for one, may have been asked, too. */
int plx_dev_fail_origin(const struct plx_dev *dev)
{
	const enum plx_backend refused_by = (enum plx_backend)plx_last_error()->backend;

	return plx_fail_origin(refused_by ? refused_by : dev->backend, dev->child.name, 0);
}

int plx_dev_leave(struct plx_dev *dev, int err)
{
	if (err)
		err = plx_dev_fail_origin(dev);
	else
		plx_ok();
	pthread_mutex_unlock(&dev->lock);
	return err;
}

/* --- states --- */

static const char *state_name(enum plx_dev_state state)
{
	static const char *const names[] = {
		[PLX_DEV_INIT] = "INIT", [PLX_DEV_RUNNING] = "RUNNING", [PLX_DEV_HALTED] = "HALTED"
	};

	return names[state];
}

int plx_dev_check_state(const struct plx_dev *dev, unsigned states, uint32_t status,
			const char *what)
{
	if (states & PLX_STATE_BIT(dev->state))
		return 0;
	return plx_fail_ddi(-EPERM, status, PLX_R_STATE, 0, dev->child.name,
			    "%s is in state %s, in which %s is not allowed", dev->child.name,
			    state_name(dev->state), what);
}

int plx_dev_check_attributes(const struct plx_dev *dev, uint32_t status, const char *what)
{
	if (dev->has_attributes)
		return 0;
	return plx_fail_ddi(-EPERM, status, PLX_R_ORDER, 0, dev->child.name,
			    "%s has no attributes yet: call plx_dev_set_attributes() before %s",
			    dev->child.name, what);
}

static int set_attributes(struct plx_dev *dev, const struct plx_dev_attributes *attr)
{
	int err;

	if (!attr)
		return plx_fail_null(2, "attr");
	err = plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT), PLX_STATUS_ACCESS_DENIED,
				  "plx_dev_set_attributes()");
	if (err)
		return err;
	if (attr->bus_master) /* MIO-14 */
		err = plx_dev_command(dev, PLX_PCI_COMMAND_MASTER);
	else
		err = plx_dev_command_off(dev, PLX_PCI_COMMAND_MASTER);
	if (err)
		return err;
	dev->bus_master = attr->bus_master;
	dev->has_attributes = true;
	return 0;
}

int plx_dev_set_attributes(struct plx_dev *dev, const struct plx_dev_attributes *attr)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, set_attributes(dev, attr));
}

int plx_dev_start(struct plx_dev *dev)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	if (dev->state == PLX_DEV_RUNNING) /* G-11a */
		err = plx_fail(-EALREADY, PLX_R_ALREADY, dev->child.name, "%s was started already",
			       dev->child.name);
	else
		err = plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT),
					  PLX_STATUS_ACCESS_DENIED, "plx_dev_start()");
	if (!err)
		dev->state = PLX_DEV_RUNNING;
	return plx_dev_leave(dev, err);
}

int plx_dev_halt(struct plx_dev *dev)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	err = plx_dev_check_state(dev, PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_RUNNING),
				  PLX_STATUS_ACCESS_DENIED, "plx_dev_halt()");
	if (!err)
		dev->state = PLX_DEV_HALTED;
	return plx_dev_leave(dev, err);
}

int plx_dev_reset(struct plx_dev *dev)
{
	int err = plx_dev_enter(dev, 1);

	if (err)
		return err;
	if (!dev->transport->can_reset(dev))
		err = plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, dev->child.name,
			       "%s cannot be reset without others on its bus", dev->child.name);
	if (!err)
		err = dev->transport->reset(dev);
	if (!err)
		err = plx_config_apply_command(dev);
	return plx_dev_leave(dev, err);
}

/* --- what rooms hold --- */

void plx_dev_hold(struct plx_dev *dev, struct plx_holding *h)
{
	h->next = dev->holdings;
	dev->holdings = h;
}

/* --- asking --- */

static void fill_info(struct plx_dev *dev, struct plx_dev_info *out)
{
	const struct plx_pci_facts *f = &dev->function->facts;

	snprintf(out->name, sizeof(out->name), "%s", dev->function->name);
	out->vendor = f->vendor;
	out->device = f->device;
	out->subsystem_vendor = f->subsystem_vendor;
	out->subsystem_device = f->subsystem_device;
	out->class_code = f->class_code;
	out->node = f->node;
	out->group = f->group;
	out->backend = dev->backend;
	out->state = dev->state;
	out->can_reset = dev->open && dev->transport->can_reset(dev);
}

int plx_dev_info(struct plx_dev *dev, struct plx_dev_info *out)
{
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = plx_dev_enter_any(dev, 1);
	if (err)
		return err;
	if (out)
		fill_info(dev, out);
	return plx_dev_leave(dev, out ? 0 : plx_fail_null(2, "out"));
}

int plx_dev_stats(struct plx_dev *dev, struct plx_dev_stats *out)
{
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = plx_dev_enter_any(dev, 1);
	if (err)
		return err;
	if (!out)
		return plx_dev_leave(dev, plx_fail_null(2, "out"));
	out->pio_errors = atomic_load_explicit(&dev->pio_errors, memory_order_relaxed);
	out->dma_faults = plx_dev_faults(dev) - dev->faults_before;
	return plx_dev_leave(dev, 0);
}

int plx_dev_domain(struct plx_dev *dev, struct plx_domain **out)
{
	int err;

	if (out)
		*out = NULL;
	err = plx_dev_enter_any(dev, 1);
	if (err)
		return err;
	if (!out)
		return plx_dev_leave(dev, plx_fail_null(2, "out"));
	*out = dev->attachment.domain;
	if (!*out)
		err = plx_fail(-EINVAL, PLX_R_NOT_ATTACHED, dev->child.name,
			       "%s is not attached to a domain", dev->child.name);
	return plx_dev_leave(dev, err);
}
