/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configurations: all of one is checked before any of it is done.
 */
#include "port/device.h"

#include <errno.h>

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

int plx_check_mtu(const struct plx_port *port, uint16_t mtu)
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

static int check_offloads(const struct plx_port *port, const struct plx_port_conf *c)
{
	const uint32_t sums = PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_IP_CSUM | PLX_OFFLOAD_TX_TSO;
	const unsigned max = port->caps.max_csum_txq;

	if (c->offloads & ~port->caps.offloads)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s lacks an offload that is asked for: 0x%x of 0x%x",
				port->child.name, c->offloads & ~port->caps.offloads, c->offloads);
	if (max && c->n_txq > max && c->offloads & sums)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s sends checksums and segments with at most %u transmit queue%s, "
				"not %u",
				port->child.name, max, max == 1 ? "" : "s", c->n_txq);
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
		err = plx_check_mtu(port, c->mtu);
	if (!err)
		err = check_offloads(port, c);
	if (!err && c->interrupts && !(port->caps.features & PLX_PORT_INTERRUPTS))
		err = plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
			       "%s has no interrupts that could wake a sleeper", port->child.name);
	if (!err)
		err = check_pools(port, c);
	if (!err && driver->check_conf)
		err = driver->check_conf(port, c);
	return err;
}

int plx_port_configure(struct plx_port *port, const struct plx_port_conf *conf)
{
	struct plx_port_conf c;
	unsigned n_rxq;
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
	n_rxq = port->n_rxq;
	port->state = PLX_PORT_OPENED;
	plx_queues_destroy(port);
	port->rxd = c.rxd;
	port->txd = c.txd;
	port->offloads = c.offloads;
	port->interrupts = c.interrupts;
	if (c.n_rxq != n_rxq) /* the table names queues */
		plx_rss_init(port, c.n_rxq);
	err = plx_queues_create(port, &c);
	if (err)
		return err;
	port->state = PLX_PORT_CONFIGURED;
	return plx_ok();
}
