/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses that a port receives.
 */
#include "testpmd/commands/commands.h"

typedef int (*address_fn)(struct plx_port *port, const uint8_t mac[6]);

static int change(struct app *app, const struct value *v, address_fn fn)
{
	const struct app_port *p = app_port(app, v[2].number);

	return p ? app_keep_last(app, fn(p->port, v[3].mac)) : app->error.err;
}

COMMAND(change_mac)
{
	static const address_fn fns[] = { plx_port_mac_add, plx_port_mac_remove, plx_port_set_mac };

	(void)n;
	(void)r;
	return change(app, v, fns[v[1].choice]);
}

COMMAND(change_multicast)
{
	(void)n;
	(void)r;
	return change(app, v, v[1].choice ? plx_port_multicast_remove : plx_port_multicast_add);
}
