/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a device and closing it: one undoes the other, whatever part of it was done (G-4, G-13).
 */
#include "pci/pci_priv.h"
#include "pci/vfio.h"
#include "sim/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* --- the transport --- */

static void log_left_on(struct plx_dev *dev)
{
	if (plx_last_error()->reason == PLX_R_NO_DEVICE) /* with the device, they are gone */
		return;
	plx_log(dev->child.ctx, LOG_WARNING, "pci", "%s: bits of PCI_COMMAND are left on: %s",
		dev->child.name, plx_last_error()->text);
}

static int read_regions(struct plx_dev *dev)
{
	for (unsigned i = 0; i < PLX_REGIONS; i++) {
		int err = dev->transport->region(dev, i, &dev->regions[i]);

		if (err)
			return err;
	}
	return 0;
}

/* One handle after the other: the first open of a function and its last close reset it. */
static int open_locked(struct plx_dev *dev)
{
	int err;

	pthread_mutex_lock(&dev->function->lock);
	err = dev->transport->open(dev);
	if (!err) {
		dev->function->n_open++;
		dev->open = true;
	}
	pthread_mutex_unlock(&dev->function->lock);
	return err;
}

int plx_dev_open_transport(struct plx_dev *dev)
{
	int err = open_locked(dev);
	struct plx_error saved;

	if (err)
		return err;
	err = read_regions(dev);
	if (!err)
		err = plx_config_check_present(dev);
	if (!err)
		err = plx_config_find_msix(dev);
	if (!err)
		err = plx_config_apply_command(dev);
	if (!err)
		err = plx_events_open(dev);
	if (!err)
		return 0;
	saved = *plx_last_error();
	plx_dev_close_transport(dev);
	return plx_fail_again(&saved);
}

void plx_dev_close_transport(struct plx_dev *dev)
{
	plx_events_close(dev);
	pthread_mutex_lock(&dev->function->lock);
	if (!--dev->function->n_open && plx_config_decode_off(dev))
		log_left_on(dev);
	dev->transport->close(dev);
	dev->open = false;
	memset(dev->bar_path, 0,
	       sizeof(dev->bar_path)); /* with the file, the kernel's claims end */
	pthread_mutex_unlock(&dev->function->lock);
}

/* --- opening --- */

static void describe(struct plx_dev *dev)
{
	dev->attachment.name = dev->child.name;
	dev->attachment.group = (uint32_t)dev->function->facts.group;
	dev->attachment.fd = -1;
	dev->attachment.address_width = dev->function->spec.address_width;
	dev->attachment.sim = dev->function->sim;
}

/* The kernel binds one file of a device, and calls the next one's argument invalid. */
static int check_only(const struct plx_dev *dev)
{
	bool open;

	pthread_mutex_lock(&dev->function->lock);
	open = dev->function->n_open;
	pthread_mutex_unlock(&dev->function->lock);
	if (!open)
		return 0;
	return plx_fail(-EBUSY, PLX_R_GROUP_BUSY, dev->child.name,
			"%s is open through another handle, and iommufd opens a device once",
			dev->child.name);
}

/* The kernel binds one of a device's open files, and none while its group is open (8.3). */
static int fail_bind(struct plx_dev *dev)
{
	const struct plx_pci_facts *facts = &dev->function->facts;
	const int sys_errno = plx_last_error()->sys_errno;

	if ((sys_errno != EINVAL && sys_errno != EBUSY) || dev->fds.device >= 0)
		return plx_last_error()->err;
	dev->sys->close(dev->attachment.fd); /* or this process would be who has it open */
	dev->attachment.fd = -1;
	return plx_vfio_fail_bind(dev->sys, facts, sys_errno);
}

/* Only of iommufd: the device has a file of its own, which is bound before it answers (8.3). */
static int open_cdev(struct plx_dev *dev, struct plx_domain *d)
{
	int err = check_only(dev);

	if (err)
		return err;
	dev->attachment.fd = dev->fds.device;
	if (dev->attachment.fd < 0)
		err = plx_vfio_open_cdev(dev->sys, dev->function->facts.cdev, &dev->attachment.fd);
	if (!err)
		err = plx_iommu_bind(d ? plx_domain_iommu(d) : dev->own_iommu, &dev->attachment);
	else
		return err;
	return err ? fail_bind(dev) : 0;
}

static int open_type1(struct plx_dev *dev, struct plx_domain *d)
{
	int err = d ? plx_bus_attach(dev, d) : plx_dev_attach_own(dev);

	return err ? err : plx_dev_open_transport(dev);
}

static int open_iommufd(struct plx_dev *dev, struct plx_domain *d)
{
	int err = open_cdev(dev, d);

	if (!err)
		err = plx_dev_open_transport(dev);
	return err || !d ? err : plx_bus_attach(dev, d);
}

static int open_sim(struct plx_dev *dev, struct plx_domain *d)
{
	int err = plx_dev_open_transport(dev);

	return err || !d ? err : plx_bus_attach(dev, d);
}

static int open_backend(struct plx_dev *dev, struct plx_domain *d)
{
	switch (dev->backend) {
	case PLX_BACKEND_IOMMUFD:
		return open_iommufd(dev, d);
	case PLX_BACKEND_SIM:
		return open_sim(dev, d);
	default:
		return open_type1(dev, d);
	}
}

static int open_function(struct plx_dev *dev, const struct plx_dev_opts *opts)
{
	struct plx_domain *d = opts ? opts->domain : NULL;
	int err = plx_dev_choose(dev, opts);

	if (!err && !dev->function->sim)
		err = plx_pci_check_owner(PLX_SYSFS, &dev->function->facts,
					  opts && opts->allow_noiommu, &dev->attachment);
	if (!err)
		err = plx_dev_check_noiommu(dev, opts && opts->allow_noiommu);
	if (!err && dev->function->sim && dev->transport == &plx_transport_vfio)
		plx_sim_kernel_plug(dev->function->sim);
	if (!err && !d && dev->backend != PLX_BACKEND_SIM)
		err = plx_bus_take_iommu(dev);
	if (!err)
		err = plx_bus_join_group(dev);
	return err ? err : open_backend(dev, d);
}

/* Undoes what was done, in reverse order; the device is locked, or nobody else knows it. */
static void shut(struct plx_dev *dev)
{
	bool needs_file = dev->backend == PLX_BACKEND_IOMMUFD || dev->backend == PLX_BACKEND_SIM;

	plx_irqs_off(dev);
	if (plx_config_drop_command(dev))
		log_left_on(dev);
	/*
	 * A group leaves its container when no device's file is open; an iommufd's file detaches.
	 */
	if (needs_file)
		plx_bus_drop(dev);
	if (dev->open)
		plx_dev_close_transport(dev);
	if (!needs_file)
		plx_bus_drop(dev);
	if (dev->own_domain)
		plx_dev_return_own(dev);
	if (dev->backend == PLX_BACKEND_IOMMUFD && dev->attachment.fd >= 0 && dev->fds.device < 0)
		dev->sys->close(dev->attachment.fd);
	if (dev->group)
		plx_bus_leave_group(dev);
	if (dev->own_iommu)
		plx_bus_return_iommu(dev);
	plx_bus_return_function(dev->child.ctx, dev->function);
}

static struct plx_dev *make_handle(struct plx_ctx *ctx, struct plx_function *f)
{
	struct plx_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	dev->child.ctx = ctx;
	dev->function = f;
	dev->event_fds[0] = dev->event_fds[1] = -1;
	dev->faults_before = plx_dev_faults(dev);
	pthread_mutex_init(&dev->lock, NULL);
	plx_ctx_adopt(ctx, &dev->child, "%s", f->name);
	describe(dev);
	return dev;
}

static int open_named(struct plx_ctx *ctx, const struct plx_dev_name *name,
		      const struct plx_dev_opts *opts, struct plx_dev **out)
{
	struct plx_function *f = NULL;
	struct plx_error saved;
	struct plx_dev *dev;
	int err = plx_bus_take_function(ctx, name, &f);

	if (err)
		return err;
	dev = make_handle(ctx, f);
	if (!dev) {
		plx_bus_return_function(ctx, f);
		return plx_fail_nomem(name->text, "a device");
	}
	err = open_function(dev, opts);
	if (!err) {
		plx_dev_readopt(dev);
		*out = dev;
		return 0;
	}
	plx_dev_fail_origin(dev);
	saved = *plx_last_error();
	if (saved.reason == PLX_R_NO_BACKEND && saved.sys_errno == ENOENT) {
		/* 2.2: who opens a device is told so whichever of VFIO's files is missing. */
		saved.err = -ENODEV;
		saved.status = PLX_STATUS_NOT_FOUND;
	}
	shut(dev);
	plx_ctx_orphan(&dev->child);
	pthread_mutex_destroy(&dev->lock);
	free(dev);
	return plx_fail_again(&saved);
}

int plx_dev_open(struct plx_ctx *ctx, const char *name, const struct plx_dev_opts *opts,
		 struct plx_dev **out)
{
	struct plx_dev_name parsed;
	int err;

	if (out)
		*out = NULL;
	if (!ctx)
		return plx_fail_null(1, "ctx");
	if (!name)
		return plx_fail_null(2, "name");
	err = plx_dev_name_parse(name, &parsed);
	if (!err && !out)
		err = plx_fail_null(4, "out");
	if (!err)
		err = open_named(ctx, &parsed, opts, out);
	return err ? err : plx_ok();
}

/* Interfaces and domains that were made for it are younger; plx_ctx_destroy() is to name it. */
void plx_dev_readopt(struct plx_dev *dev)
{
	plx_ctx_orphan(&dev->child);
	plx_ctx_adopt(dev->child.ctx, &dev->child, "%s", dev->function->name);
}

/* --- closing --- */

/* G-13: each logs what it gives back. */
static void release_holdings(struct plx_dev *dev)
{
	while (dev->holdings) {
		struct plx_holding *h = dev->holdings;

		dev->holdings = h->next;
		h->release(dev, h);
	}
}

int plx_dev_close(struct plx_dev *dev)
{
	int err = plx_dev_enter_any(dev, 1);

	if (err)
		return err;
	release_holdings(dev);
	shut(dev);
	dev->closed = true;
	plx_ctx_orphan(&dev->child);
	plx_dev_leave(dev, 0);
	plx_bus_bury(dev);
	return plx_ok();
}
