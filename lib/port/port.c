/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's life: open, configure, start, stop, close; and what can be set on it.
 */
#include "port/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int check_queues(const struct plx_port *port, const char *kind, const char *verb,
			unsigned asked, unsigned max)
{
	if (asked && !max)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name, "%s cannot %s",
				port->child.name, verb);
	if (asked > max)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
				"%s has at most %u %s queue%s, not %u", port->child.name, max, kind,
				max == 1 ? "" : "s", asked);
	return 0;
}

static int check_desc(const struct plx_port *port, const char *kind, unsigned asked,
		      const struct plx_desc_limits *limits)
{
	if (!limits->max) /* no descriptors: any number is as good */
		return 0;
	if (asked < limits->min || asked > limits->max)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
				"%s takes %u to %u %s descriptors, not %u", port->child.name,
				limits->min, limits->max, kind, asked);
	if (limits->pow2 && asked & (asked - 1))
		return plx_fail(-EINVAL, PLX_R_UNALIGNED, port->child.name,
				"%s takes a power of two of %s descriptors, not %u",
				port->child.name, kind, asked);
	return 0;
}

static int check_mtu(const struct plx_port *port, uint16_t mtu)
{
	if (mtu < port->caps.mtu_min || mtu > port->caps.mtu_max)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
				"%s takes an MTU of %u to %u bytes, not %u", port->child.name,
				port->caps.mtu_min, port->caps.mtu_max, mtu);
	if (mtu != port->mtu && !(port->caps.features & PLX_PORT_SET_MTU))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"the MTU of %s cannot be changed", port->child.name);
	return 0;
}

static int check_offloads(const struct plx_port *port, uint32_t offloads)
{
	if (offloads & ~port->caps.offloads)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s lacks an offload that is asked for: 0x%x of 0x%x",
				port->child.name, offloads & ~port->caps.offloads, offloads);
	return 0;
}

static int check_pools(const struct plx_port *port, const struct plx_port_conf *conf)
{
	for (unsigned i = 0; i < conf->n_rxq; i++)
		if (!plx_conf_pool(conf, i))
			return plx_fail(-EINVAL, PLX_R_MISMATCH, port->child.name,
					"%s: receive queue %u has no pool", port->child.name, i);
	return 0;
}

int plx_check_rx_pools(const struct plx_port *port, const struct plx_port_conf *conf,
		       uint32_t longest)
{
	for (unsigned i = 0; i < conf->n_rxq; i++) {
		struct plx_pool_account account;
		struct plx_pool_info pool;
		unsigned entries;

		plx_pool_info(plx_conf_pool(conf, i), &pool);
		plx_pool_account(plx_conf_pool(conf, i), &account);
		if (!pool.data_room)
			return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
					"the buffers of a wrapped pool come from their owner");
		entries = plx_entries(longest, pool.data_room);
		if (account.total < entries)
			return plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
					"the longest frame needs %u buffers and the pool has %u: "
					"give it more or larger ones",
					entries, account.total);
	}
	return 0;
}

/* Zeroes become the port's defaults. */
static struct plx_port_conf filled(const struct plx_port *port, const struct plx_port_conf *conf)
{
	static const struct plx_port_conf zero;
	struct plx_port_conf c = conf ? *conf : zero;
	bool can_rx = port->caps.max_rxq && (c.rx_pool || c.rx_pools);

	if (!c.n_rxq)
		c.n_rxq = can_rx;
	if (!c.n_txq)
		c.n_txq = port->caps.max_txq > 0;
	if (!c.rxd)
		c.rxd = port->caps.rxd.initial;
	if (!c.txd)
		c.txd = port->caps.txd.initial;
	if (!c.mtu)
		c.mtu = port->mtu;
	return c;
}

static int check_conf(struct plx_port *port, const struct plx_port_conf *c)
{
	const struct plx_driver *driver = port->device->driver;
	int err;

	err = check_queues(port, "receive", "receive", c->n_rxq, port->caps.max_rxq);
	if (!err)
		err = check_queues(port, "transmit", "send", c->n_txq, port->caps.max_txq);
	if (!err)
		err = check_desc(port, "receive", c->rxd, &port->caps.rxd);
	if (!err)
		err = check_desc(port, "transmit", c->txd, &port->caps.txd);
	if (!err)
		err = check_mtu(port, c->mtu);
	if (!err)
		err = check_offloads(port, c->offloads);
	if (!err)
		err = check_pools(port, c);
	if (!err && driver->check_conf)
		err = driver->check_conf(port, c);
	return err;
}

int plx_port_configure(struct plx_port *port, const struct plx_port_conf *conf)
{
	struct plx_port_conf c;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (port->state == PLX_PORT_STARTED)
		return plx_fail(-EBUSY, PLX_R_STATE, port->child.name,
				"%s is started: stop it before it is configured", port->child.name);
	c = filled(port, conf);
	err = check_conf(port, &c);
	if (err)
		return err;
	if (c.mtu != port->mtu) {
		err = plx_port_set_mtu(port, c.mtu);
		if (err)
			return err;
	}
	port->state = PLX_PORT_OPENED;
	plx_queues_destroy(port);
	port->rxd = c.rxd;
	port->txd = c.txd;
	port->offloads = c.offloads;
	err = plx_queues_create(port, &c);
	if (err)
		return err;
	port->state = PLX_PORT_CONFIGURED;
	return plx_ok();
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
	plx_queues_connect(port, true);
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
	plx_queues_connect(port, false);
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
}

int plx_port_set_mtu(struct plx_port *port, uint16_t mtu)
{
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (port->state == PLX_PORT_STARTED)
		return plx_fail(-EBUSY, PLX_R_STATE, port->child.name,
				"%s is started: stop it before its MTU is changed",
				port->child.name);
	err = check_mtu(port, mtu);
	if (!err && port->device->driver->set_mtu)
		err = port->device->driver->set_mtu(port, mtu);
	if (err)
		return err;
	port->mtu = mtu;
	return plx_ok();
}

int plx_port_set_mac(struct plx_port *port, const uint8_t mac[6])
{
	static const uint8_t zero[6];
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (!mac)
		return plx_fail_null(2, "mac");
	if (mac[0] & 1 || !memcmp(mac, zero, sizeof(zero)))
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, port->child.name,
				"%02x:%02x:%02x:%02x:%02x:%02x is no unicast address", mac[0],
				mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (!(port->caps.features & PLX_PORT_SET_MAC))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"the MAC address of %s cannot be changed", port->child.name);
	err = port->device->driver->set_mac ? port->device->driver->set_mac(port, mac) : 0;
	if (err)
		return err;
	memcpy(port->mac, mac, sizeof(port->mac));
	return plx_ok();
}

int plx_port_set_promiscuous(struct plx_port *port, bool on)
{
	const struct plx_driver *driver;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	driver = port->device->driver;
	if (!on && !(port->caps.features & PLX_PORT_PROMISC_OFF))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s always receives every frame", port->child.name);
	err = driver->set_promiscuous ? driver->set_promiscuous(port, on) : 0;
	if (err)
		return err;
	port->promiscuous = on;
	return plx_ok();
}

int plx_port_set_allmulti(struct plx_port *port, bool on)
{
	const struct plx_driver *driver;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	driver = port->device->driver;
	if (!(port->caps.features & PLX_PORT_ALLMULTI))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s does not filter multicast frames", port->child.name);
	err = driver->set_allmulti ? driver->set_allmulti(port, on) : 0;
	if (err)
		return err;
	port->allmulti = on;
	return plx_ok();
}

void plx_soft_mac(struct plx_port *port)
{
	const uint8_t mac[6] = {
		0x02, 'p', 'l', 'x', (uint8_t)(port->number >> 8), (uint8_t)port->number
	};

	memcpy(port->mac, mac, sizeof(mac));
}
