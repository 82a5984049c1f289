/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IOMMU groups: one backend, one file and one domain for all members that are open (DEV-3).
 */
#include "pci/bus_priv.h"
#include "pci/vfio.h"
#include "sim/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool by_group(const struct plx_dev *dev)
{
	return dev->backend == PLX_BACKEND_TYPE1 || dev->backend == PLX_BACKEND_NOIOMMU;
}

static const char *backend_name(enum plx_backend backend)
{
	static const char *const names[] = {
		[PLX_BACKEND_TYPE1] = "type1",
		[PLX_BACKEND_IOMMUFD] = "iommufd",
		[PLX_BACKEND_NOIOMMU] = "noiommu",
		[PLX_BACKEND_SIM] = "sim",
	};

	return names[backend];
}

/* The kernel has one of them say EBUSY, without a reason. */
static int check_group(const struct plx_dev *dev, const struct plx_group *g)
{
	if (g->backend != dev->backend)
		return plx_fail(-EBUSY, PLX_R_GROUP_BUSY, dev->child.name,
				"IOMMU group %u of %s is in use through backend %s: open all "
				"devices of a group through one backend",
				g->number, dev->child.name, backend_name(g->backend));
	return 0;
}

/* The caller's file, or one of our own. */
static int open_group(struct plx_dev *dev, struct plx_group *g)
{
	g->borrowed = dev->fds.group >= 0;
	g->fd = dev->fds.group;
	if (g->borrowed)
		return 0;
	return plx_vfio_open_group(dev->sys, g->number, dev->backend == PLX_BACKEND_NOIOMMU,
				   &g->fd);
}

static int make_group(struct plx_bus *bus, struct plx_dev *dev, struct plx_group **out)
{
	struct plx_group *g = calloc(1, sizeof(*g));
	int err = 0;

	if (!g)
		return plx_fail_nomem(NULL, "a group");
	g->number = dev->attachment.group;
	g->simulated = dev->function->sim != NULL;
	g->backend = dev->backend;
	g->fd = -1;
	if (by_group(dev))
		err = open_group(dev, g);
	if (err) {
		free(g);
		return err;
	}
	g->next = bus->groups;
	bus->groups = g;
	*out = g;
	return 0;
}

int plx_bus_join_group(struct plx_dev *dev)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	struct plx_group *g = bus->groups;
	int err;

	while (g &&
	       (g->number != dev->attachment.group || g->simulated != (dev->function->sim != NULL)))
		g = g->next;
	err = g ? check_group(dev, g) : make_group(bus, dev, &g);
	if (!err) {
		g->members++;
		dev->group = g;
		if (by_group(dev))
			dev->attachment.fd = g->fd;
	}
	pthread_mutex_unlock(&bus->lock);
	return err;
}

void plx_bus_leave_group(struct plx_dev *dev)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	struct plx_group **link = &bus->groups, *g = dev->group;

	dev->group = NULL;
	if (by_group(dev))
		dev->attachment.fd = -1;
	if (!--g->members) {
		while (*link != g)
			link = &(*link)->next;
		*link = g->next;
		if (g->fd >= 0 && !g->borrowed)
			dev->sys->close(g->fd);
		free(g);
	}
	pthread_mutex_unlock(&bus->lock);
}

/* --- attaching --- */

/* The interface's own books know of the devices that are attached through it, and no others. */
static int check_mates(const struct plx_dev *dev, const struct plx_domain *d)
{
	const struct plx_group *g = dev->group;

	if (dev->attachment.domain || !g->attached || g->in == d)
		return 0;
	return plx_fail(-EBUSY, PLX_R_GROUP_BUSY, dev->child.name,
			"%s shares IOMMU group %u with %s, which is attached to another domain: "
			"attach both to one domain",
			dev->child.name, g->number,
			strcmp(g->first, dev->child.name) ? g->first : "another handle of it");
}

/* A simulated function is not in the middle of an access to the domain that it leaves. */
static void set_domain(struct plx_function *f, struct plx_domain *d)
{
	if (f->sim)
		plx_sim_lock(f->sim);
	atomic_store(&f->domain, d);
	if (f->sim)
		plx_sim_unlock(f->sim);
}

static void count_in(struct plx_dev *dev, struct plx_domain *d)
{
	struct plx_group *g = dev->group;

	if (!g->attached++)
		snprintf(g->first, sizeof(g->first), "%s", dev->function->name);
	g->in = d;
	if (!dev->function->n_attached++)
		set_domain(dev->function, d);
}

static void count_out(struct plx_dev *dev)
{
	if (!--dev->group->attached)
		dev->group->in = NULL;
	if (!--dev->function->n_attached)
		set_domain(dev->function, NULL);
}

int plx_bus_attach(struct plx_dev *dev, struct plx_domain *d)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	int err = check_mates(dev, d);

	if (!err)
		err = plx_domain_attach_fd(d, &dev->attachment);
	if (!err)
		count_in(dev, d);
	pthread_mutex_unlock(&bus->lock);
	return err;
}

int plx_bus_detach(struct plx_dev *dev, struct plx_domain *d)
{
	struct plx_bus *bus = plx_bus_lock(dev->child.ctx);
	int err = plx_domain_detach_fd(d, &dev->attachment);

	if (!err)
		count_out(dev);
	pthread_mutex_unlock(&bus->lock);
	return err;
}

void plx_bus_drop(struct plx_dev *dev)
{
	struct plx_bus *bus;

	if (!dev->attachment.domain)
		return;
	bus = plx_bus_lock(dev->child.ctx);
	count_out(dev);
	plx_domain_drop_fd(&dev->attachment);
	pthread_mutex_unlock(&bus->lock);
}
