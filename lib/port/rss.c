/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling: kept here, so that all ports begin alike and drivers need check nothing.
 */
#include "port/device.h"

#include <errno.h>
#include <string.h>

/* Of the verification suite: Microsoft, "Verifying the RSS Hash Calculation". */
static const uint8_t suite_key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static unsigned key_size(const struct plx_port *port)
{
	return port->caps.rss_key_size < PLX_RSS_KEY_MAX ? port->caps.rss_key_size
							 : PLX_RSS_KEY_MAX;
}

static unsigned table_size(const struct plx_port *port)
{
	return port->caps.rss_table_size < PLX_RSS_TABLE_MAX ? port->caps.rss_table_size
							     : PLX_RSS_TABLE_MAX;
}

void plx_rss_init(struct plx_port *port, unsigned n_rxq)
{
	struct plx_rss *rss = &port->rss;

	memset(rss, 0, sizeof(*rss));
	if (!port->caps.rss_types)
		return;
	/* A longer key goes round: no caller's bytes, but no zeros either, which hash nothing. */
	for (unsigned i = 0; i < key_size(port); i++)
		rss->key[i] = suite_key[i % sizeof(suite_key)];
	if (n_rxq < 2)
		return;
	rss->types = port->caps.rss_types;
	for (unsigned i = 0; i < table_size(port); i++)
		rss->table[i] = (uint16_t)(i % n_rxq);
}

static int check_port(const struct plx_port *port, const struct plx_rss *rss)
{
	if (!port)
		return plx_fail_null(1, "port");
	if (!rss)
		return plx_fail_null(2, "rss");
	if (!port->caps.rss_types)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s does not spread what it receives", port->child.name);
	if (port->state == PLX_PORT_OPENED)
		return plx_fail(-EPERM, PLX_R_ORDER, port->child.name,
				"%s must be configured before its RSS is seen or set",
				port->child.name);
	return 0;
}

int plx_port_rss(struct plx_port *port, struct plx_rss *rss)
{
	int err = check_port(port, rss);

	if (err)
		return err;
	*rss = port->rss;
	return plx_ok();
}

static int check_rss(const struct plx_port *port, const struct plx_rss *rss)
{
	if (rss->types & ~port->caps.rss_types)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, port->child.name,
				"%s hashes the types 0x%x and not 0x%x", port->child.name,
				port->caps.rss_types, rss->types & ~port->caps.rss_types);
	for (unsigned i = 0; i < table_size(port); i++)
		if (rss->table[i] >= port->n_rxq)
			return plx_fail(-EINVAL, PLX_R_INDEX, port->child.name,
					"entry %u of the table names queue %u, and %s has %u", i,
					rss->table[i], port->child.name, port->n_rxq);
	return 0;
}

int plx_port_set_rss(struct plx_port *port, const struct plx_rss *rss)
{
	const struct plx_rss old = port ? port->rss : (struct plx_rss){ .types = 0 };
	int err = check_port(port, rss);

	if (!err)
		err = check_rss(port, rss);
	if (err)
		return err;
	/* What is beyond the port's sizes stays zero. */
	port->rss.types = rss->types;
	memcpy(port->rss.key, rss->key, key_size(port));
	memcpy(port->rss.table, rss->table, table_size(port) * sizeof(rss->table[0]));
	if (port->device->driver->set_rss)
		err = port->device->driver->set_rss(port);
	if (err)
		port->rss = old;
	return err ? err : plx_ok();
}
