/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the devices of a context share: functions and IOMMU interfaces; handles that were closed.
 */
#include "pci/bus_priv.h"
#include "sim/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAVES 64

/* An interface that the library opened, for domains of devices' own. */
struct shared_iommu {
	struct shared_iommu *next;
	struct plx_iommu *io;
	bool borrowed; /* on the caller's file */
	unsigned users;
};

static void free_grave(struct plx_dev *dev)
{
	pthread_mutex_destroy(&dev->lock);
	free(dev);
}

static void end_bus(struct plx_annex *annex)
{
	struct plx_bus *bus = (struct plx_bus *)annex;

	while (bus->graves) {
		struct plx_dev *dev = bus->graves;

		bus->graves = dev->next_grave;
		free_grave(dev);
	}
	pthread_mutex_destroy(&bus->lock);
	free(bus);
}

static struct plx_annex *make_bus(void)
{
	struct plx_bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return NULL;
	bus->annex.end = end_bus;
	bus->last_grave = &bus->graves;
	pthread_mutex_init(&bus->lock, NULL);
	return &bus->annex;
}

/* NULL, without a record: no memory, which only the first call in a context can see. */
static struct plx_bus *bus_of(struct plx_ctx *ctx)
{
	return (struct plx_bus *)plx_ctx_annex(ctx, PLX_ANNEX_PCI, make_bus);
}

struct plx_bus *plx_bus_lock(struct plx_ctx *ctx)
{
	struct plx_bus *bus = bus_of(ctx);

	pthread_mutex_lock(&bus->lock);
	return bus;
}

void plx_bus_bury(struct plx_dev *dev)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	struct plx_dev *oldest = NULL;

	dev->next_grave = NULL;
	*bus->last_grave = dev;
	bus->last_grave = &dev->next_grave;
	if (++bus->n_graves > GRAVES) {
		oldest = bus->graves;
		bus->graves = oldest->next_grave;
		bus->n_graves--;
	}
	pthread_mutex_unlock(&bus->lock);
	if (oldest)
		free_grave(oldest);
}

/* --- functions --- */

static void read_sim_facts(const struct plx_sim_function *sim, struct plx_pci_facts *out)
{
	struct plx_sim_facts f;

	plx_sim_function_facts(sim, &f);
	snprintf(out->address, sizeof(out->address), "%s", f.address);
	snprintf(out->driver, sizeof(out->driver), "vfio-pci");
	out->vendor = f.vendor;
	out->device = f.device;
	out->subsystem_vendor = f.subsystem_vendor;
	out->subsystem_device = f.subsystem_device;
	out->class_code = f.class_code;
	out->node = -1;
	out->group = (int)f.group;
	out->noiommu = plx_sim_config.noiommu;
	out->cdev = (int)f.cdev;
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		if (f.bars[i].size)
			out->bars[i] = (struct plx_pci_resource){
				f.bars[i].address,
				f.bars[i].address + f.bars[i].size - 1,
				f.bars[i].flags,
			};
}

static int make_function(struct plx_ctx *ctx, const struct plx_dev_name *name,
			 struct plx_function **out)
{
	struct plx_function *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return plx_fail_nomem(name->text, "a function");
	snprintf(f->name, sizeof(f->name), "%s", name->text);
	f->spec = name->spec;
	if (name->simulated)
		err = plx_sim_function_create(ctx, &name->spec, &f->sim);
	else
		err = plx_pci_facts_read(PLX_SYSFS, name->text, &f->facts);
	if (err) {
		free(f);
		return err;
	}
	if (f->sim)
		read_sim_facts(f->sim, &f->facts);
	pthread_mutex_init(&f->lock, NULL);
	*out = f;
	return 0;
}

/* The same id is the same function (11.1): what else a second name says must be right. */
static int check_spec(const struct plx_function *f, const struct plx_dev_name *name)
{
	bool group = name->spec.group < 0 || name->spec.group == f->spec.group;
	bool width = !name->spec.says_width || name->spec.address_width == f->spec.address_width;

	if (!name->simulated || (group && width))
		return 0;
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_MISMATCH, 2, f->name,
			    "%s is open with another group or aperture: name the same, or another "
			    "id",
			    f->name);
}

static int take_function(struct plx_bus *bus, struct plx_ctx *ctx, const struct plx_dev_name *name,
			 struct plx_function **out)
{
	struct plx_function *f = bus->functions;
	int err;

	while (f && strcmp(f->name, name->text))
		f = f->next;
	err = f ? check_spec(f, name) : make_function(ctx, name, &f);
	if (err)
		return err;
	if (!f->n_handles++) {
		f->next = bus->functions;
		bus->functions = f;
	}
	*out = f;
	return 0;
}

int plx_bus_take_function(struct plx_ctx *ctx, const struct plx_dev_name *name,
			  struct plx_function **out)
{
	struct plx_bus *bus = bus_of(ctx);
	int err;

	if (!bus)
		return plx_fail_nomem(name->text, "a bus");
	pthread_mutex_lock(&bus->lock);
	err = take_function(bus, ctx, name, out);
	pthread_mutex_unlock(&bus->lock);
	return err;
}

void plx_bus_return_function(struct plx_ctx *ctx, struct plx_function *f)
{
	struct plx_bus *bus = plx_bus_lock(ctx);
	struct plx_function **link = &bus->functions;

	if (--f->n_handles) {
		pthread_mutex_unlock(&bus->lock);
		return;
	}
	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
	pthread_mutex_unlock(&bus->lock);
	if (f->sim)
		plx_sim_function_destroy(f->sim);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* --- IOMMU interfaces --- */

/* The caller's file, if there is one, is no other device's. */
static struct shared_iommu *find_iommu(struct plx_bus *bus, const struct plx_dev *dev,
				       enum plx_backend backend)
{
	struct shared_iommu *s = bus->iommus;
	int fd = dev->fds.iommu;

	while (s &&
	       (plx_iommu_backend_id(s->io) != backend || plx_iommu_sysops(s->io) != dev->sys ||
		s->borrowed != (fd >= 0) || (fd >= 0 && plx_iommu_fd(s->io) != fd)))
		s = s->next;
	return s;
}

/* AUTO: type1 first. Where that turns out to be iommufd, it may be open already. */
static int open_iommu(struct plx_bus *bus, struct plx_dev *dev, struct shared_iommu **out)
{
	struct shared_iommu *s = calloc(1, sizeof(*s)), *other;
	int err;

	if (!s)
		return plx_fail_nomem(NULL, "an IOMMU interface");
	if (dev->fds.iommu >= 0 && dev->backend == PLX_BACKEND_IOMMUFD)
		err = plx_iommu_open_fd(dev->child.ctx, dev->sys, dev->fds.iommu, &s->io);
	else
		err = plx_iommu_open_on(dev->child.ctx, dev->backend, dev->sys, &s->io);
	if (err) {
		free(s);
		return err;
	}
	other = find_iommu(bus, dev, plx_iommu_backend_id(s->io));
	if (other) {
		plx_iommu_close(s->io);
		free(s);
		*out = other;
		return 0;
	}
	s->borrowed = dev->fds.iommu >= 0;
	s->next = bus->iommus;
	bus->iommus = s;
	*out = s;
	return 0;
}

int plx_bus_take_iommu(struct plx_dev *dev)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	enum plx_backend first =
		dev->backend == PLX_BACKEND_AUTO ? PLX_BACKEND_TYPE1 : dev->backend;
	struct shared_iommu *s = find_iommu(bus, dev, first);
	int err = s ? 0 : open_iommu(bus, dev, &s);

	if (!err) {
		s->users++;
		dev->own_iommu = s->io;
		dev->backend = plx_iommu_backend_id(s->io);
	}
	pthread_mutex_unlock(&bus->lock);
	return err;
}

void plx_bus_return_iommu(struct plx_dev *dev)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	struct shared_iommu **link = &bus->iommus, *s;

	while ((*link)->io != dev->own_iommu)
		link = &(*link)->next;
	s = *link;
	dev->own_iommu = NULL;
	if (!--s->users) {
		*link = s->next;
		plx_iommu_close(s->io);
		free(s);
	}
	pthread_mutex_unlock(&bus->lock);
}
