/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening a network card, and closing it.
 */
#include "nic/nic.h"

#include "pci/dev.h"
#include "port/spec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const plx_nic_backends[] = { "auto", "type1", "iommufd", "noiommu", "sim", NULL };

static const enum plx_backend backends[] = {
	PLX_BACKEND_AUTO,    PLX_BACKEND_TYPE1, PLX_BACKEND_IOMMUFD,
	PLX_BACKEND_NOIOMMU, PLX_BACKEND_SIM,
};

static int open_function(struct plx_nic *nic)
{
	const struct plx_nic_args *args = nic->base.args;
	const struct plx_dev_opts opts = {
		.backend = backends[args->backend],
		.allow_noiommu = backends[args->backend] == PLX_BACKEND_NOIOMMU,
	};

	return plx_dev_open(nic->base.ctx, args->pci, &opts, &nic->dev);
}

static int check_id(struct plx_nic *nic)
{
	const struct plx_driver *driver = nic->base.driver;
	struct plx_dev_info info;
	char known[160] = "";
	int err = plx_dev_info(nic->dev, &info);

	if (err)
		return err;
	nic->node = info.node;
	nic->id = plx_ids_find(driver->ids, info.vendor, info.device);
	if (nic->id)
		return 0;
	plx_ids_text(driver->ids, known, sizeof(known), 0);
	return plx_fail(-EINVAL, PLX_R_NO_DRIVER, info.name,
			"%s is %04x:%04x, which driver %s does not know: it knows %s", info.name,
			info.vendor, info.device, driver->name, known);
}

static int make_tables(struct plx_nic *nic)
{
	nic->offsets = malloc(PLX_NIC_POOLS * sizeof(*nic->offsets));
	if (!nic->offsets)
		return plx_fail_nomem(nic->base.spec, "a network card");
	for (unsigned i = 0; i < PLX_NIC_POOLS; i++)
		atomic_init(&nic->offsets[i], PLX_NIC_NO_POOL);
	return 0;
}

int plx_nic_open(struct plx_device *device)
{
	const struct plx_dev_attributes attributes = { .bus_master = false };
	struct plx_nic *nic = (struct plx_nic *)device;
	struct plx_error saved;
	int err;

	pthread_mutex_init(&nic->lock, NULL);
	nic->irq_fd = nic->event_fd = -1;
	err = make_tables(nic);
	if (!err)
		err = open_function(nic);
	if (!err)
		err = check_id(nic);
	if (!err)
		err = plx_dev_set_attributes(nic->dev, &attributes);
	if (!err)
		return 0;
	saved = *plx_last_error();
	plx_nic_close(device);
	return plx_fail_again(&saved);
}

int plx_nic_master(struct plx_nic *nic)
{
	const struct plx_dev_attributes attributes = { .bus_master = true };

	return plx_dev_set_attributes(nic->dev, &attributes);
}

int plx_nic_stop_master(struct plx_nic *nic)
{
	int err = plx_dev_enter(nic->dev, 1);

	return err ? err
		   : plx_dev_leave(nic->dev, plx_dev_command_off(nic->dev, PLX_PCI_COMMAND_MASTER));
}

int plx_nic_start_master(struct plx_nic *nic)
{
	int err = plx_dev_enter(nic->dev, 1);

	return err ? err
		   : plx_dev_leave(nic->dev, plx_dev_command(nic->dev, PLX_PCI_COMMAND_MASTER));
}

void plx_nic_close(struct plx_device *device)
{
	struct plx_nic *nic = (struct plx_nic *)device;

	plx_nic_irq_off(nic);
	plx_nic_unmap_pools(nic);
	if (nic->dev)
		plx_dev_close(nic->dev);
	free(nic->offsets);
	pthread_mutex_destroy(&nic->lock);
}

bool plx_nic_same(const struct plx_device *device, const void *args)
{
	const struct plx_nic *nic = (const struct plx_nic *)device;
	char name[PLX_DEV_NAME];

	return !plx_dev_full_name(((const struct plx_nic_args *)args)->pci, name) &&
	       !strcmp(name, nic->dev->function->name);
}

int plx_nic_bar(struct plx_nic *nic, unsigned bar, uint64_t size, struct plx_regs *r)
{
	struct plx_bar info;
	int err;

	*r = (struct plx_regs){ .va = NULL };
	err = plx_dev_bar(nic->dev, bar, &info);
	if (err)
		return err;
	if (info.size < size)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, nic->base.spec,
				"%s: BAR %u has %" PRIu64 " bytes, and a %s has %" PRIu64
				" bytes of registers there",
				nic->dev->function->name, bar, info.size, nic->id->name, size);
	return plx_regs_open(nic->dev, bar, r);
}
