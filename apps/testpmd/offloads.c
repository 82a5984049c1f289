/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which work on frames is left to ports: what commands ask for, and what the plan has use for.
 */
#include "testpmd/app.h"

#include <errno.h>

const struct flag_name app_offloads[] = {
	{ PLX_OFFLOAD_RX_UNFINISHED, "rx_unfinished" },
	{ PLX_OFFLOAD_RX_CSUM, "rx_csum" },
	{ PLX_OFFLOAD_RX_VLAN_STRIP, "rx_vlan_strip" },
	{ PLX_OFFLOAD_RX_VLAN_FILTER, "rx_vlan_filter" },
	{ PLX_OFFLOAD_RX_HASH, "rx_hash" },
	{ PLX_OFFLOAD_TX_CSUM, "tx_csum" },
	{ PLX_OFFLOAD_TX_IP_CSUM, "tx_ip_csum" },
	{ PLX_OFFLOAD_TX_TSO, "tx_tso" },
	{ PLX_OFFLOAD_TX_VLAN, "tx_vlan" },
	{ 0, NULL },
};

/* What a port must do so that unfinished frames can go to it. */
#define FINISH_OFFLOADS (PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_TSO)

/* What a port must be configured to do that streams ask for PLX_PKT_TX_ flags. */
static uint32_t offloads_of_work(uint32_t work)
{
	uint32_t offloads = 0;

	if (work & (PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM))
		offloads |= PLX_OFFLOAD_TX_CSUM;
	if (work & PLX_PKT_TX_IP_CSUM)
		offloads |= PLX_OFFLOAD_TX_IP_CSUM;
	if (work & PLX_PKT_TX_TSO)
		offloads |= PLX_OFFLOAD_TX_TSO | PLX_OFFLOAD_TX_CSUM;
	if (work & PLX_PKT_TX_VLAN)
		offloads |= PLX_OFFLOAD_TX_VLAN;
	return offloads;
}

static uint32_t asked_for(const struct app_port *p)
{
	return p->rx_offloads | offloads_of_work(p->tx_work);
}

static uint32_t caps_of(const struct app *app, unsigned number)
{
	struct plx_port_info info;

	plx_port_info(app->ports[number].port, &info);
	return info.caps.offloads;
}

/* Can frames be finished by a port with as many transmit queues as it will have? */
static bool can_finish(const struct app *app, unsigned number)
{
	const struct settings *s = &app->settings;
	struct plx_port_info info;

	plx_port_info(app->ports[number].port, &info);
	return (info.caps.offloads & FINISH_OFFLOADS) == FINISH_OFFLOADS &&
	       (!info.caps.max_csum_txq || (s->txq ? s->txq : s->rxq) <= info.caps.max_csum_txq);
}

/*
 * Does a port leave work on frames undone? Where the port that sends them can do it and the engine
 * does not look.
 */
static bool passes_unfinished(const struct app *app, unsigned src)
{
	return app_needs(app, ENGINE_RX) && app_needs(app, ENGINE_TX) &&
	       !app_needs(app, ENGINE_READS) && caps_of(app, src) & PLX_OFFLOAD_RX_UNFINISHED &&
	       can_finish(app, app_other_port(app, src));
}

uint32_t app_offloads_of(const struct app *app, unsigned number)
{
	uint32_t offloads = asked_for(&app->ports[number]);

	if (app->settings.no_offloads)
		return offloads;
	if (passes_unfinished(app, number))
		offloads |= PLX_OFFLOAD_RX_UNFINISHED;
	if (app_needs(app, ENGINE_SUMS))
		offloads |= caps_of(app, number) & PLX_OFFLOAD_RX_CSUM;
	/* No more than is needed: a port does it at the cost of each packet. */
	for (unsigned i = 0; i < app->n_portlist; i++)
		if (app_other_port(app, app->portlist[i]) == number &&
		    passes_unfinished(app, app->portlist[i]))
			offloads |= FINISH_OFFLOADS;
	return offloads;
}

int app_change_offloads(struct app *app, unsigned number, const struct app_port *before,
			const char *what)
{
	struct app_port *p = &app->ports[number];
	uint32_t lacking = asked_for(p) & ~caps_of(app, number);
	char names[128];
	int err = 0;

	if (app->forwarding)
		err = app_fail(app, -EBUSY, PLX_R_STATE,
			       "%s of port %u cannot be changed while packets are forwarded: stop "
			       "first",
			       what, number);
	else if (lacking)
		err = app_fail(app, -ENOTSUP, PLX_R_UNSUPPORTED,
			       "%s cannot be left to port %u: %.100s lacks %s", what, number,
			       p->spec,
			       app_flags_text(lacking, app_offloads, names, sizeof(names)));
	if (!err)
		err = app_plan_ports(app);
	if (!err)
		return app_start_ports(app);
	p->rx_offloads = before->rx_offloads;
	p->tx_work = before->tx_work;
	p->tso_size = before->tso_size;
	p->tx_vlan = before->tx_vlan;
	/*
	 * A driver may have refused what the port was stopped for. The first error is the one that
	 * counts.
	 */
	if (!app->forwarding && !app_plan_ports(app))
		app_start_ports(app);
	return err;
}
