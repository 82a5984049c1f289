/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be set on a port, beside filters and RSS.
 */
#include "port/device.h"

#include <errno.h>
#include <string.h>

int plx_port_set_mtu(struct plx_port *port, uint16_t mtu)
{
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (port->state == PLX_PORT_STARTED)
		return plx_fail(-EBUSY, PLX_R_STATE, port->child.name,
				"%s is started: stop it before its MTU is changed",
				port->child.name);
	err = plx_check_mtu(port, mtu);
	if (!err && port->device->driver->set_mtu)
		err = port->device->driver->set_mtu(port, mtu);
	if (err)
		return err;
	port->mtu = mtu;
	return plx_ok();
}

int plx_check_unicast(const struct plx_port *port, const uint8_t mac[6])
{
	static const uint8_t zero[6];

	if (!mac)
		return plx_fail_null(2, "mac");
	if (mac[0] & 1 || !memcmp(mac, zero, sizeof(zero)))
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, port->child.name,
				PLX_MAC_FMT " is no unicast address", PLX_MAC_ARG(mac));
	return 0;
}

int plx_port_set_mac(struct plx_port *port, const uint8_t mac[6])
{
	int err = port ? plx_check_unicast(port, mac) : plx_fail_null(1, "port");

	if (err)
		return err;
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

int plx_port_set_link(struct plx_port *port, bool up)
{
	bool was;
	int err;

	if (!port)
		return plx_fail_null(1, "port");
	if (!(port->caps.features & PLX_PORT_SET_LINK))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"the link of %s cannot be taken down", port->child.name);
	was = port->link_down;
	port->link_down = !up;
	err = port->device->driver->set_link ? port->device->driver->set_link(port) : 0;
	if (err)
		port->link_down = was;
	return err ? err : plx_ok();
}

static int check_flow_control(const struct plx_port *port, const struct plx_flow_control *flow)
{
	if (!port)
		return plx_fail_null(1, "port");
	if (!flow)
		return plx_fail_null(2, "flow");
	if (!(port->caps.features & PLX_PORT_FLOW_CONTROL))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s knows no pause frames", port->child.name);
	return 0;
}

int plx_port_flow_control(struct plx_port *port, struct plx_flow_control *flow)
{
	int err = check_flow_control(port, flow);

	if (err)
		return err;
	*flow = port->flow;
	return plx_ok();
}

int plx_port_set_flow_control(struct plx_port *port, const struct plx_flow_control *flow)
{
	const struct plx_driver *driver;
	struct plx_flow_control was;
	int err = check_flow_control(port, flow);

	if (err)
		return err;
	driver = port->device->driver;
	was = port->flow;
	port->flow = *flow;
	err = driver->set_flow_control ? driver->set_flow_control(port) : 0;
	if (err)
		port->flow = was;
	return err ? err : plx_ok();
}

void plx_soft_mac(struct plx_port *port)
{
	const uint8_t mac[6] = {
		0x02, 'p', 'l', 'x', (uint8_t)(port->number >> 8), (uint8_t)port->number
	};

	memcpy(port->mac, mac, sizeof(mac));
}
