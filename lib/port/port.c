/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's life: open, start, stop, close. Configuring is in configure.c, what can be set in set.c.
 */
#include "port/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How large they are the driver has said by opening the port. */
static int add_filters(struct plx_port *port)
{
	int err = plx_filters_init(port);
	struct plx_error saved;

	if (!err)
		return 0;
	saved = *plx_last_error();
	if (port->device->driver->close_port)
		port->device->driver->close_port(port);
	return plx_fail_again(&saved);
}

static int open_port(struct plx_ctx *ctx, const char *spec, struct plx_device *device,
		     unsigned index, struct plx_port **out)
{
	const struct plx_driver *driver = device->driver;
	struct plx_port *port = calloc(1, driver->port_size ? driver->port_size : sizeof(*port));
	int id = plx_ctx_take_port_id(ctx), err;

	if (!port || id < 0) {
		free(port);
		if (id >= 0)
			plx_ctx_return_port_id(ctx, id);
		return id < 0 ? plx_fail(-ENOSPC, PLX_R_INDEX, spec, "1,024 ports are open already")
			      : plx_fail_nomem(spec, "a port");
	}
	port->device = device;
	port->index = index;
	port->number = (uint16_t)id;
	port->node = -1;
	port->promiscuous = true;
	err = driver->open_port(port);
	if (!err)
		err = add_filters(port);
	if (err) {
		plx_ctx_return_port_id(ctx, id);
		free(port);
		return err;
	}
	plx_ctx_adopt(ctx, &port->child, "%s", spec);
	*out = port;
	return 0;
}

int plx_port_open(struct plx_ctx *ctx, const char *spec, struct plx_port **out)
{
	struct plx_device *device;
	unsigned index;
	int err;

	if (out)
		*out = NULL;
	if (!ctx)
		return plx_fail_null(1, "ctx");
	if (!spec)
		return plx_fail_null(2, "spec");
	if (!out)
		return plx_fail_null(3, "out");
	plx_ctx_lock(ctx);
	err = plx_device_take(ctx, spec, &device, &index);
	if (!err) {
		err = open_port(ctx, spec, device, index, out);
		if (err) {
			struct plx_error saved = *plx_last_error();

			plx_device_drop(device, index);
			plx_fail_again(&saved);
		}
	}
	plx_ctx_unlock(ctx);
	return err ? err : plx_ok();
}

int plx_port_start(struct plx_port *port)
{
	const struct plx_driver *driver;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (port->state == PLX_PORT_STARTED)
		return plx_fail(-EALREADY, PLX_R_ALREADY, port->child.name, "%s is started already",
				port->child.name);
	if (port->state == PLX_PORT_OPENED)
		return plx_fail(-EPERM, PLX_R_ORDER, port->child.name,
				"%s must be configured before it is started", port->child.name);
	driver = port->device->driver;
	err = driver->start ? driver->start(port) : 0;
	if (err)
		return err;
	port->state = PLX_PORT_STARTED;
	plx_queues_connect(port);
	return plx_ok();
}

int plx_port_stop(struct plx_port *port)
{
	const struct plx_driver *driver;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (port->state != PLX_PORT_STARTED)
		return plx_fail(-EPERM, PLX_R_NOT_STARTED, port->child.name, "%s is not started",
				port->child.name);
	driver = port->device->driver;
	plx_queues_disconnect(port);
	port->state = PLX_PORT_CONFIGURED;
	err = driver->stop ? driver->stop(port) : 0;
	return err ? err : plx_ok();
}

int plx_port_close(struct plx_port *port)
{
	struct plx_error saved = { .err = 0 };
	struct plx_device *device;
	struct plx_ctx *ctx;

	if (!port)
		return plx_ok();
	device = port->device;
	ctx = device->ctx;
	plx_ctx_lock(ctx);
	if (port->state == PLX_PORT_STARTED && plx_port_stop(port))
		saved = *plx_last_error();
	plx_queues_destroy(port);
	if (device->driver->close_port)
		device->driver->close_port(port);
	plx_filters_exit(port);
	plx_device_drop(device, port->index);
	plx_ctx_return_port_id(ctx, port->number);
	plx_ctx_orphan(&port->child);
	plx_ctx_unlock(ctx);
	free(port);
	return saved.err ? plx_fail_again(&saved) : plx_ok();
}

void plx_port_info(struct plx_port *port, struct plx_port_info *info)
{
	const struct plx_driver *driver = port->device->driver;

	*info = (struct plx_port_info){
		.driver = driver->name,
		.number = port->number,
		.node = port->node,
		.mtu = port->mtu,
		.promiscuous = port->promiscuous,
		.allmulti = port->allmulti,
		.offloads = port->offloads,
		.started = port->state == PLX_PORT_STARTED,
		.n_rxq = port->n_rxq,
		.n_txq = port->n_txq,
		.rxd = port->rxd,
		.txd = port->txd,
		.rx_max_entries = port->rx_max_entries,
		.link = { .up = true, .full_duplex = true },
		.caps = port->caps,
	};
	memcpy(info->name, port->child.name, sizeof(info->name));
	memcpy(info->mac, port->mac, sizeof(info->mac));
	if (driver->link)
		driver->link(port, &info->link);
	info->link.up &= !port->link_down;
}

int plx_port_use_pool(struct plx_port *port, struct plx_pool *pool)
{
	const struct plx_driver *driver;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (!pool)
		return plx_fail_null(2, "pool");
	if (port->state == PLX_PORT_OPENED)
		return plx_fail(-EPERM, PLX_R_ORDER, port->child.name,
				"%s must be configured before it is told of pools",
				port->child.name);
	driver = port->device->driver;
	err = driver->use_pool ? driver->use_pool(port, pool) : 0;
	return err ? err : plx_ok();
}

int plx_port_reset(struct plx_port *port)
{
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (port->state == PLX_PORT_STARTED)
		return plx_fail(-EBUSY, PLX_R_STATE, port->child.name,
				"%s is started: stop it before it is reset", port->child.name);
	if (!(port->caps.features & PLX_PORT_RESET))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name, "%s cannot be reset",
				port->child.name);
	err = port->device->driver->reset(port);
	return err ? err : plx_ok();
}
