/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Work on frames that is left to ports: checksums, segments.
 */
#include "testpmd/commands/commands.h"

#include <errno.h>

/* --- receiving ---------------------------------------------------------------------------------- */

int change_rx_offload(struct app *app, const struct value *port, uint32_t offload, bool on,
		      const char *what)
{
	struct app_port *p = app_port(app, port->number), before;

	if (!p)
		return app->error.err;
	before = *p;
	p->rx_offloads = on ? p->rx_offloads | offload : p->rx_offloads & ~offload;
	return app_change_offloads(app, (unsigned)port->number, &before, what);
}

COMMAND(config_rx_offload)
{
	static const uint32_t offloads[] = { PLX_OFFLOAD_RX_CSUM, PLX_OFFLOAD_RX_HASH,
					     PLX_OFFLOAD_RX_VLAN_STRIP,
					     PLX_OFFLOAD_RX_VLAN_FILTER };

	(void)n;
	(void)r;
	return change_rx_offload(app, &v[2], offloads[v[4].choice], v[5].choice == 0, v[4].text);
}

/* --- checksums ---------------------------------------------------------------------------------- */

static const struct {
	uint32_t work;
	const char *key, *label;
} checksums[] = {
	{ PLX_PKT_TX_IP_CSUM, "ip", "IP checksum" },
	{ PLX_PKT_TX_TCP_CSUM, "tcp", "TCP checksum" },
	{ PLX_PKT_TX_UDP_CSUM, "udp", "UDP checksum" },
};

static void report_checksums(const struct app_port *p, const struct value *port, struct report *r)
{
	report_count(r, "port", NULL, port->number);
	for (unsigned i = 0; i < sizeof(checksums) / sizeof(checksums[0]); i++)
		report_string(r, checksums[i].key, checksums[i].label,
			      p->tx_work & checksums[i].work ? "hw" : "sw");
}

COMMAND(set_csum)
{
	uint32_t work = checksums[v[2].choice].work;
	struct app_port *p = app_port(app, v[4].number), before;
	bool hw = v[3].choice == 0;
	int err;

	(void)n;
	if (!p)
		return app->error.err;
	before = *p;
	p->tx_work = hw ? p->tx_work | work : p->tx_work & ~work;
	err = app_change_offloads(app, (unsigned)v[4].number, &before, "checksums");
	if (!err)
		report_checksums(p, &v[4], r);
	return err;
}

COMMAND(show_csum)
{
	const struct app_port *p = app_port(app, v[2].number);

	(void)n;
	if (p)
		report_checksums(p, &v[2], r);
	return p ? 0 : app->error.err;
}

/* --- segments ----------------------------------------------------------------------------------- */

static void report_tso(const struct app_port *p, const struct value *port, struct report *r)
{
	bool on = p->tx_work & PLX_PKT_TX_TSO;

	report_count(r, "port", NULL, port->number);
	report_number(r, "segment_bytes", on ? "bytes per segment" : NULL, p->tso_size);
	if (!on)
		report_string(r, NULL, "bytes per segment", "off");
}

COMMAND(set_tso)
{
	struct app_port *p = app_port(app, v[3].number), before;
	int err;

	(void)n;
	if (!p)
		return app->error.err;
	before = *p;
	p->tso_size = (uint16_t)v[2].number;
	p->tx_work &= ~(uint32_t)PLX_PKT_TX_TSO;
	if (p->tso_size)
		p->tx_work |= PLX_PKT_TX_TSO;
	err = app_change_offloads(app, (unsigned)v[3].number, &before, "segmentation");
	if (!err)
		report_tso(p, &v[3], r);
	return err;
}

COMMAND(show_tso)
{
	const struct app_port *p = app_port(app, v[2].number);

	(void)n;
	if (p)
		report_tso(p, &v[2], r);
	return p ? 0 : app->error.err;
}
