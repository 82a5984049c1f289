/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VLAN tags: taken out, put in, and which are received.
 */
#include "testpmd/commands/commands.h"

COMMAND(set_vlan)
{
	static const uint32_t offloads[] = { PLX_OFFLOAD_RX_VLAN_STRIP,
					     PLX_OFFLOAD_RX_VLAN_FILTER };

	(void)n;
	(void)r;
	return change_rx_offload(app, &v[4], offloads[v[2].choice], v[3].choice == 0,
				 v[2].choice ? "VLAN filtering" : "VLAN stripping");
}

COMMAND(set_rx_vlan)
{
	int (*change)(struct plx_port *, uint16_t) =
		v[1].choice ? plx_port_vlan_remove : plx_port_vlan_add;
	const struct app_port *p = app_port(app, v[3].number);
	uint16_t vid = v[2].choice ? PLX_VLAN_ALL : (uint16_t)v[2].number;

	(void)n;
	(void)r;
	return p ? app_keep_last(app, change(p->port, vid)) : app->error.err;
}

/* @vid: NULL: no tag. */
static int change_tag(struct app *app, const struct value *port, const struct value *vid)
{
	struct app_port *p = app_port(app, port->number), before;

	if (!p)
		return app->error.err;
	before = *p;
	p->tx_work &= ~(uint32_t)PLX_PKT_TX_VLAN;
	if (vid)
		p->tx_work |= PLX_PKT_TX_VLAN;
	p->tx_vlan = vid ? (uint16_t)vid->number : 0;
	return app_change_offloads(app, (unsigned)port->number, &before, "VLAN insertion");
}

COMMAND(set_tx_vlan)
{
	(void)n;
	(void)r;
	return change_tag(app, &v[2], &v[3]);
}

COMMAND(reset_tx_vlan)
{
	(void)n;
	(void)r;
	return change_tag(app, &v[2], NULL);
}
