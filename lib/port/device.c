/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices: made by the first port that is opened on them, shared by the others.
 */
#include "port/device.h"
#include "pci/facts.h"
#include "port/args.h"
#include "port/spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PORTS_OF_DEVICE 32

static void free_device(struct plx_device *device)
{
	free(device->args);
	free(device->text);
	free(device->spec);
	free(device);
}

/* A device of that driver that is open and that these keys mean, or NULL. */
static struct plx_device *find_device(struct plx_ctx *ctx, const struct plx_driver *driver,
				      const void *args)
{
	struct plx_device *device = *plx_ctx_devices(ctx);

	if (!driver->same_device)
		return NULL;
	while (device && (device->driver != driver || !driver->same_device(device, args)))
		device = device->next;
	return device;
}

/* Takes over @args and @text, also when it fails. */
static int open_device(struct plx_ctx *ctx, const struct plx_driver *driver, const char *spec,
		       void *args, char *text, struct plx_device **out)
{
	struct plx_device *device =
		calloc(1, driver->device_size ? driver->device_size : sizeof(*device));
	int err;

	if (!device) {
		free(args);
		free(text);
		return plx_fail_nomem(spec, "a device");
	}
	device->ctx = ctx;
	device->driver = driver;
	device->spec = strdup(spec);
	device->args = args;
	device->text = text;
	device->n_ports = 1;
	if (!device->spec)
		err = plx_fail_nomem(spec, "a device");
	else
		err = driver->open_device ? driver->open_device(device) : 0;
	if (err) {
		free_device(device);
		return err;
	}
	device->next = *plx_ctx_devices(ctx);
	*plx_ctx_devices(ctx) = device;
	*out = device;
	return 0;
}

static int take_port(struct plx_device *device, const char *spec, unsigned *index)
{
	for (unsigned i = 0; i < device->n_ports && i < MAX_PORTS_OF_DEVICE; i++)
		if (!(device->ports_open & 1u << i)) {
			device->ports_open |= 1u << i;
			*index = i;
			return 0;
		}
	return plx_fail(-EBUSY, PLX_R_ALREADY, spec, "%s: all %u ports are open already", spec,
			device->n_ports);
}

/* The device that a specification of a driver means: open already, or opened. */
static int get_device(struct plx_ctx *ctx, const char *spec, struct plx_device **out)
{
	const struct plx_driver *driver;
	const char *keys;
	char *text;
	void *args;
	int err;

	driver = plx_args_driver(spec, &keys);
	if (!driver)
		return plx_last_error()->err;
	err = plx_args_parse(driver, spec, keys, &args, &text);
	if (err)
		return err;
	*out = find_device(ctx, driver, args);
	if (!*out)
		return open_device(ctx, driver, spec, args, text, out);
	free(args);
	free(text);
	return 0;
}

int plx_device_take(struct plx_ctx *ctx, const char *spec, struct plx_device **out, unsigned *index)
{
	char *resolved;
	int err = plx_spec_resolve(PLX_SYSFS, spec, &resolved);

	if (err)
		return err;
	err = get_device(ctx, resolved, out);
	free(resolved);
	return err ? err : take_port(*out, spec, index);
}

void plx_device_drop(struct plx_device *device, unsigned index)
{
	struct plx_device **link = plx_ctx_devices(device->ctx);

	device->ports_open &= ~(1u << index);
	if (device->ports_open)
		return;
	while (*link != device)
		link = &(*link)->next;
	*link = device->next;
	if (device->driver->close_device)
		device->driver->close_device(device);
	free_device(device);
}
