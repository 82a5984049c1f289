/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known of a function.
 */
#include "dev/function.h"
#include "dev/names.h"
#include "dev/routes.h"
#include "dev/system.h"
#include "pci/sysfs.h"
#include "port/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define CLASS_NETWORK 0x02

bool function_is_nic(const struct function *f)
{
	return f->facts.class_code >> 16 == CLASS_NETWORK;
}

bool function_is_vfio(const struct function *f)
{
	return strstr(f->facts.driver, "vfio") != NULL;
}

const char *function_pollux_driver(const struct function *f)
{
	const struct plx_driver *d = plx_driver_of_ids(f->facts.vendor, f->facts.device);

	return d ? d->name : "";
}

const char *function_interfaces(const struct function *f, char buf[INTERFACES_MAX * IFNAMSIZ])
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < f->n_interfaces; i++)
		used += (size_t)sprintf(buf + used, "%s%s", i ? " " : "", f->interfaces[i]);
	return buf;
}

json_t *json_text_or_null(const char *text)
{
	return *text ? report_json_string(text) : json_null();
}

json_t *json_number_or_null(long n)
{
	return n >= 0 ? json_integer(n) : json_null();
}

/* --- what is known ------------------------------------------------------------------------------ */

static void add_interfaces(struct function *f, const char *path)
{
	unsigned room = INTERFACES_MAX - f->n_interfaces, n;

	n = system_entries(path, "", f->interfaces[f->n_interfaces], IFNAMSIZ, room);
	f->n_interfaces += n < room ? n : room;
}

/* A virtio device has a device of its own between the function and the interface. */
static void read_interfaces(struct app *app, struct function *f)
{
	char path[PATH_MAX], virtio[2][32];
	unsigned n;

	if (!plx_sysfs_path(path, app->sys, "bus/pci/devices/%s/net", f->facts.address))
		return;
	add_interfaces(f, path);
	plx_sysfs_path(path, app->sys, "bus/pci/devices/%s", f->facts.address);
	n = system_entries(path, "virtio", virtio[0], sizeof(virtio[0]), 2);
	for (unsigned i = 0; i < n && i < 2; i++)
		if (plx_sysfs_path(path, app->sys, "bus/pci/devices/%s/%s/net", f->facts.address,
				   virtio[i]))
			add_interfaces(f, path);
	for (unsigned i = 0; i < f->n_interfaces; i++)
		f->default_route |= route_default(app, f->interfaces[i]);
}

static void read_nodes(struct app *app, struct function *f)
{
	const struct plx_pci_facts *facts = &f->facts;

	if (!function_is_vfio(f))
		return;
	if (facts->group >= 0)
		snprintf(f->node[0], sizeof(f->node[0]), "/dev/vfio/%s%d",
			 facts->noiommu ? "noiommu-" : "", facts->group);
	/* A kernel without iommufd has the number in sysfs, and no node. */
	if (facts->cdev >= 0 && system_may(F_OK, app->dev, "vfio/devices/vfio%d", facts->cdev))
		snprintf(f->node[1], sizeof(f->node[1]), "/dev/vfio/devices/vfio%d", facts->cdev);
	for (unsigned i = 0; i < 2 && !f->holder; i++)
		if (f->node[i][0])
			plx_pci_holder(app->proc, f->node[i], &f->holder, f->holder_name);
}

/* --- what stops it ------------------------------------------------------------------------------ */

static void stop(struct function *f, const char *fmt, ...) PLX_PRINTF(2, 3);

static void stop(struct function *f, const char *fmt, ...)
{
	va_list ap;

	if (f->n_obstacles == OBSTACLES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(f->obstacles[f->n_obstacles], sizeof(f->obstacles[0]), fmt, ap);
	va_end(ap);
	app_clean(f->obstacles[f->n_obstacles++]);
}

static void check_iommu(struct function *f)
{
	if (f->facts.group < 0)
		stop(f, "no IOMMU");
	else if (f->facts.noiommu)
		stop(f, "no IOMMU (no-iommu mode: unsafe)");
	else if (!f->has_group)
		stop(f, "IOMMU group %d cannot be read", f->facts.group);
	else if (f->group.direct_map)
		stop(f, "the firmware demands a 1:1 mapping");
}

static void check_driver(struct function *f)
{
	if (f->default_route)
		stop(f, "has the default route");
	if (!f->facts.driver[0])
		stop(f, "bound to no driver");
	else if (!function_is_vfio(f))
		stop(f, "bound to %s", f->facts.driver);
}

static int check_mate(void *arg, const struct plx_pci_member *m)
{
	struct function *f = arg;

	if (m->foreign && strcmp(m->name, f->facts.address) != 0)
		stop(f, "group %d shared with %s (%s)", f->facts.group, m->name, m->driver);
	return 0;
}

/* May it be opened, by the group's node or by the device's? */
static void check_nodes(struct app *app, struct function *f)
{
	const int how = R_OK | W_OK;
	const char *group = f->node[0][0] ? f->node[0] + strlen("/dev/") : NULL;
	const char *device = f->node[1][0] ? f->node[1] + strlen("/dev/") : NULL;

	if (!function_is_vfio(f))
		return;
	if (f->holder)
		stop(f, "in use by %s (%ld)", f->holder_name, (long)f->holder);
	if (group && system_may(how, app->dev, "%s", group) &&
	    system_may(how, app->dev, "vfio/vfio"))
		return;
	if (device && system_may(how, app->dev, "%s", device) && system_may(how, app->dev, "iommu"))
		return;
	if (group && !system_may(F_OK, app->dev, "%s", group))
		stop(f, "%s is missing", f->node[0]);
	else
		stop(f, "%s may not be opened by this user", group ? f->node[0] : "its node");
}

static void find_obstacles(struct app *app, struct function *f)
{
	check_iommu(f);
	check_driver(f);
	if (f->has_group)
		plx_pci_group_each(app->sys, (unsigned)f->facts.group, check_mate, f);
	check_nodes(app, f);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static void read_rest(struct app *app, struct function *f)
{
	struct plx_pci_facts *facts = &f->facts;

	app_clean(facts->driver);
	app_clean(facts->module);
	name_device(facts->vendor, facts->device, f->name, sizeof(f->name));
	f->has_group = facts->group >= 0 &&
		       !plx_pci_group_read(app->sys, (unsigned)facts->group, &f->group);
	app_clean(f->group.type);
	system_link(f->iommu, sizeof(f->iommu), app->sys, "bus/pci/devices/%s/iommu",
		    facts->address);
	system_link(f->pf, sizeof(f->pf), app->sys, "bus/pci/devices/%s/physfn", facts->address);
	read_interfaces(app, f);
	read_nodes(app, f);
	find_obstacles(app, f);
}

int function_read(struct app *app, const char *address, struct function *f)
{
	int err;

	memset(f, 0, sizeof(*f));
	err = plx_pci_facts_read(app->sys, address, &f->facts);
	if (err)
		return app_keep_last(app, err);
	read_rest(app, f);
	return 0;
}

struct each {
	struct app *app;
	function_fn fn;
	void *arg;
};

static int one(void *arg, const char *address)
{
	struct each *e = arg;
	struct function f = { 0 };

	if (!plx_pci_facts_read(e->app->sys, address, &f.facts)) {
		read_rest(e->app, &f);
	} else if (plx_last_error()->err == -ENODEV) { /* it has just gone */
		return 0;
	} else {
		snprintf(f.facts.address, sizeof(f.facts.address), "%s", address);
		f.facts.class_code = CLASS_NETWORK << 16; /* it may be one: do not hide it */
		f.facts.node = f.facts.group = f.facts.cdev = -1;
		stop(&f, "%s", plx_last_error()->text);
	}
	return e->fn(e->app, &f, e->arg);
}

int function_each(struct app *app, function_fn fn, void *arg)
{
	struct each e = { app, fn, arg };
	int err = plx_pci_each(app->sys, one, &e);

	return err < 0 && !app->error.err ? app_keep_last(app, err) : err;
}
