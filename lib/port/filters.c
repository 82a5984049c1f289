/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames a port receives that is not promiscuous: lists of addresses and VLANs.
 */
#include "port/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One of a port's lists of addresses. */
struct macs {
	struct plx_mac *list;
	uint16_t *n;
	unsigned max;
	const char *what; /* "unicast" */
};

static int apply(struct plx_port *port)
{
	const struct plx_driver *driver = port->device->driver;

	return driver->set_filters ? driver->set_filters(port) : 0;
}

/* Where @mac is in the list; *n: it is not. */
static unsigned find(const struct macs *m, const uint8_t mac[6])
{
	unsigned i = 0;

	while (i < *m->n && memcmp(m->list[i].bytes, mac, 6))
		i++;
	return i;
}

static int add(struct plx_port *port, const struct macs *m, const uint8_t mac[6])
{
	int err;

	if (find(m, mac) < *m->n || !memcmp(port->mac, mac, 6))
		return plx_fail(-EEXIST, PLX_R_ALREADY, port->child.name,
				"%s receives " PLX_MAC_FMT " already", port->child.name,
				PLX_MAC_ARG(mac));
	if (*m->n == m->max)
		return plx_fail(-ENOSPC, PLX_R_INDEX, port->child.name,
				"%s has at most %u %s addresses", port->child.name, m->max,
				m->what);
	memcpy(m->list[(*m->n)++].bytes, mac, 6);
	err = apply(port);
	if (err)
		--*m->n;
	return err ? err : plx_ok();
}

static int drop(struct plx_port *port, const struct macs *m, const uint8_t mac[6])
{
	unsigned i = find(m, mac);
	struct plx_mac gone;
	int err;

	if (i == *m->n)
		return plx_fail(-ENOENT, PLX_R_INDEX, port->child.name,
				PLX_MAC_FMT " was not added to %s", PLX_MAC_ARG(mac),
				port->child.name);
	gone = m->list[i];
	m->list[i] = m->list[--*m->n];
	m->list[*m->n] = gone; /* behind the end, for its return */
	err = apply(port);
	if (err)
		++*m->n;
	return err ? err : plx_ok();
}

static int unicast(struct plx_port *port, const uint8_t *mac, struct macs *m)
{
	int err = port ? plx_check_unicast(port, mac) : plx_fail_null(1, "port");

	if (err)
		return err;
	*m = (struct macs){ port->macs, &port->n_macs, port->caps.max_macs, "further unicast" };
	if (!m->max)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s has no MAC address but its own", port->child.name);
	return 0;
}

int plx_port_mac_add(struct plx_port *port, const uint8_t mac[6])
{
	struct macs m;
	int err = unicast(port, mac, &m);

	return err ? err : add(port, &m, mac);
}

int plx_port_mac_remove(struct plx_port *port, const uint8_t mac[6])
{
	struct macs m;
	int err = unicast(port, mac, &m);

	return err ? err : drop(port, &m, mac);
}

static int multicast(struct plx_port *port, const uint8_t *mac, struct macs *m)
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!port)
		return plx_fail_null(1, "port");
	if (!mac)
		return plx_fail_null(2, "mac");
	if (!(mac[0] & 1) || !memcmp(mac, broadcast, sizeof(broadcast)))
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, port->child.name,
				PLX_MAC_FMT " is no multicast address", PLX_MAC_ARG(mac));
	*m = (struct macs){ port->multicast, &port->n_multicast, port->caps.max_multicast,
			    "multicast" };
	if (!(port->caps.features & PLX_PORT_MULTICAST))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s does not filter multicast frames", port->child.name);
	return 0;
}

int plx_port_multicast_add(struct plx_port *port, const uint8_t mac[6])
{
	struct macs m;
	int err = multicast(port, mac, &m);

	return err ? err : add(port, &m, mac);
}

int plx_port_multicast_remove(struct plx_port *port, const uint8_t mac[6])
{
	struct macs m;
	int err = multicast(port, mac, &m);

	return err ? err : drop(port, &m, mac);
}

/* The bits of @vid become @on. */
static void mark_vlans(uint64_t *vlans, uint16_t vid, bool on)
{
	const uint64_t bit = (uint64_t)1 << vid % 64;

	if (vid == PLX_VLAN_ALL)
		memset(vlans, on ? 0xff : 0, PLX_VLANS / 8);
	else if (on)
		vlans[vid / 64] |= bit;
	else
		vlans[vid / 64] &= ~bit;
}

static int set_vlan(struct plx_port *port, uint16_t vid, bool on)
{
	uint64_t before[PLX_VLANS / 64];
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (vid >= PLX_VLANS && vid != PLX_VLAN_ALL)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
				"VLANs have numbers from 0 to %u, not %u", PLX_VLANS - 1, vid);
	if (!(port->caps.offloads & PLX_OFFLOAD_RX_VLAN_FILTER))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s does not filter VLANs", port->child.name);
	memcpy(before, port->vlans, sizeof(before));
	mark_vlans(port->vlans, vid, on);
	if (!memcmp(before, port->vlans, sizeof(before)))
		return plx_ok();
	err = apply(port);
	if (err)
		memcpy(port->vlans, before, sizeof(before));
	return err ? err : plx_ok();
}

int plx_port_vlan_add(struct plx_port *port, uint16_t vid)
{
	return set_vlan(port, vid, true);
}

int plx_port_vlan_remove(struct plx_port *port, uint16_t vid)
{
	return set_vlan(port, vid, false);
}

int plx_filters_init(struct plx_port *port)
{
	const struct plx_port_caps *caps = &port->caps;

	/* One more than there may be: no list is empty memory. */
	port->macs = calloc(caps->max_macs + 1u, sizeof(*port->macs));
	port->multicast = calloc(caps->max_multicast + 1u, sizeof(*port->multicast));
	if (port->macs && port->multicast)
		return 0;
	plx_filters_exit(port);
	return plx_fail_nomem(port->child.name, "a port's filters");
}

void plx_filters_exit(struct plx_port *port)
{
	free(port->macs);
	free(port->multicast);
	port->macs = port->multicast = NULL;
}
