/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show port info: what a port is, what it can do, and how it is set up.
 */
#include "testpmd/commands/commands.h"

#include <string.h>

static const struct flag_name features[] = {
	{ PLX_PORT_RX, "rx" },
	{ PLX_PORT_TX, "tx" },
	{ PLX_PORT_PROMISC_OFF, "promisc_off" },
	{ PLX_PORT_SET_MAC, "set_mac" },
	{ PLX_PORT_SET_MTU, "set_mtu" },
	{ PLX_PORT_ENDS, "ends" },
	{ PLX_PORT_ALLMULTI, "allmulti" },
	{ PLX_PORT_MULTICAST, "multicast" },
	{ PLX_PORT_SET_LINK, "set_link" },
	{ PLX_PORT_FLOW_CONTROL, "flow_control" },
	{ PLX_PORT_INTERRUPTS, "interrupts" },
	{ PLX_PORT_REGS, "regs" },
	{ PLX_PORT_RESET, "reset" },
	{ PLX_PORT_OWN_POOLS, "own_pools" },
	{ 0, NULL },
};

void report_flags(struct report *r, const char *key, const char *label, uint32_t flags,
		  const struct flag_name *names)
{
	json_t *array = json_array();
	char text[256];

	for (const struct flag_name *n = names; n->bit; n++)
		if (flags & n->bit)
			json_array_append_new(array, json_string(n->name));
	report_value_as(r, key, label, array, app_flags_text(flags, names, text, sizeof(text)));
}

static void report_link(struct report *r, const struct plx_link *link)
{
	char text[64];

	link_text(link, text, sizeof(text));
	report_string(r, NULL, "link", text);
	report_bool(r, "link_up", NULL, link->up);
	report_bool(r, "full_duplex", NULL, link->full_duplex);
	report_count(r, "link_mbps", NULL, link->mbps);
}

const char *limits_text(const struct plx_desc_limits *d, char *buf, size_t size)
{
	if (!d->max)
		snprintf(buf, size, "none");
	else if (d->min == d->max)
		snprintf(buf, size, "%u", d->min);
	else
		snprintf(buf, size, "%u to %u%s", d->min, d->max, d->pow2 ? ", powers of two" : "");
	return buf;
}

static void report_range(struct report *r, const char *key, const char *label,
			 const struct plx_desc_limits *d)
{
	json_t *o =
		json_pack("{s:i,s:i,s:b}", "min", d->min, "max", d->max, "power_of_two", d->pow2);
	char text[64];

	report_value_as(r, key, label, o, limits_text(d, text, sizeof(text)));
}

static void report_queues(struct report *r, const struct plx_port_info *info)
{
	report_number(r, "rxq", "receive queues", info->n_rxq);
	report_number(r, "max_rxq", "at most", info->caps.max_rxq);
	report_number(r, "txq", "transmit queues", info->n_txq);
	report_number(r, "max_txq", "at most", info->caps.max_txq);
	report_number(r, "rxd", NULL, info->rxd);
	report_number(r, "txd", NULL, info->txd);
	report_range(r, "rxd_limits", "rx descriptors", &info->caps.rxd);
	report_range(r, "txd_limits", "tx descriptors", &info->caps.txd);
	report_number(r, "rx_max_entries", "buffers per frame", info->rx_max_entries);
}

/* A port without RSS or filters has no line about them. */
static void report_caps(struct report *r, const struct plx_port_caps *caps)
{
	bool rss = caps->rss_types;

	report_flags(r, "features", "features", caps->features, features);
	report_flags(r, "offloads_possible", "offloads", caps->offloads, app_offloads);
	report_number(r, "max_csum_txq", caps->max_csum_txq ? "tx queues for sums" : NULL,
		      caps->max_csum_txq);
	report_flags(r, "rss_types", rss ? "RSS types" : NULL, caps->rss_types, rss_type_names);
	report_number(r, "rss_table_size", rss ? "RSS table" : NULL, caps->rss_table_size);
	report_number(r, "rss_key_bytes", rss ? "RSS key bytes" : NULL, caps->rss_key_size);
	report_number(r, "max_macs", caps->max_macs ? "more addresses" : NULL, caps->max_macs);
	report_number(r, "max_multicast", caps->max_multicast ? "multicast groups" : NULL,
		      caps->max_multicast);
}

static int port_info(struct app *app, unsigned number, const struct value *v, struct report *r)
{
	const struct app_port *p = &app->ports[number];
	struct plx_port_info info;
	char mac[18];

	(void)v;
	plx_port_info(p->port, &info);
	report_port(app, number, r);
	report_string(r, "driver", "driver", info.driver);
	report_string(r, "mac", "MAC address", results_mac(info.mac, mac));
	report_string(r, "peer_mac", "peer's", results_mac(p->peer_mac, mac));
	report_link(r, &info.link);
	report_string(r, "state", "state", info.started ? "started" : "stopped");
	report_number(r, "mtu", "MTU", info.mtu);
	report_number(r, "mtu_min", NULL, info.caps.mtu_min);
	report_number(r, "mtu_max", "largest MTU", info.caps.mtu_max);
	report_bool(r, "promiscuous", "promiscuous", info.promiscuous);
	report_bool(r, "allmulti", "all multicast", info.allmulti);
	report_number(r, NULL, info.node >= 0 ? "NUMA node" : NULL, (uint64_t)info.node);
	report_value(r, "node", json_integer(info.node));
	report_queues(r, &info);
	report_caps(r, &info.caps);
	report_flags(r, "offloads", "in use", info.offloads, app_offloads);
	report_end(r);
	return 0;
}

COMMAND(show_port_info)
{
	(void)n;
	return list_ports(app, &v[3], port_info, r);
}
