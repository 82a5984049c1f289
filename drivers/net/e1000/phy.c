/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PHY, by management frames through MDIC; what depends on it: link and flow control.
 *
 * CTRL.SLU alone does not take a copper link down: the MAC follows its PHY. So the PHY is powered
 * down. Receiver and transmitter are turned off with it, since the link of QEMU's models stays up.
 */
#include "e1000.h"

#include <errno.h>

#define MDIC_US 10000  /* a management frame takes 64 us */
#define OWN_US  100000 /* the firmware may be in the middle of something */

int plx_e1000_own_mdio(struct e1000_device *device)
{
	if (!device->model->pcie)
		return 0;
	/* The bit reads 1 only once the firmware has let go: asking is to be repeated. */
	for (unsigned us = 0; us < OWN_US; us += 1000) {
		e1000_set(device, E1000_EXTCNF_CTRL, 0, E1000_EXTCNF_CTRL_MDIO_OWNER);
		if (e1000_read(device, E1000_EXTCNF_CTRL) & E1000_EXTCNF_CTRL_MDIO_OWNER)
			return 0;
		plx_e1000_pause(1000);
	}
	return plx_fail(-ETIMEDOUT, PLX_R_TIMEOUT, device->nic.base.spec,
			"the card's firmware does not let go of MDIO (EXTCNF_CTRL)");
}

void plx_e1000_disown_mdio(struct e1000_device *device)
{
	if (device->model->pcie)
		e1000_set(device, E1000_EXTCNF_CTRL, E1000_EXTCNF_CTRL_MDIO_OWNER, 0);
}

/* One management frame. Return: what MDIC says then in @mdic. */
static int mdic(struct e1000_device *device, uint32_t frame, uint32_t *mdic)
{
	int err;

	e1000_write(device, E1000_MDIC, frame | E1000_MDIC_PHY);
	err = plx_nic_wait(&device->nic, &device->regs, E1000_MDIC, E1000_MDIC_R, E1000_MDIC_R,
			   MDIC_US, "an answer of the PHY (MDIC.R)");
	if (err)
		return err;
	*mdic = e1000_read(device, E1000_MDIC);
	if (*mdic & E1000_MDIC_E)
		return plx_fail(-EIO, PLX_R_SHORT_IO, device->nic.base.spec,
				"the PHY refuses access to its register %u", frame >> 16 & 31);
	return 0;
}

/* Read PHY_CTRL, and write it back changed where that changes it. */
static int set_phy_ctrl(struct e1000_device *device, uint32_t clear, uint32_t set)
{
	uint32_t now, want;
	int err = plx_e1000_own_mdio(device);

	if (err)
		return err;
	err = mdic(device, E1000_MDIC_OP_READ | E1000_MDIC_REG(E1000_PHY_CTRL), &now);
	if (!err) {
		now &= E1000_MDIC_DATA;
		want = (now & ~clear) | set;
		/* A link that comes up takes seconds: none is brought up that is up. */
		if (want != now && set & E1000_PHY_CTRL_AUTONEG)
			want |= E1000_PHY_CTRL_RESTART;
		if (want != now)
			err = mdic(device,
				   E1000_MDIC_OP_WRITE | E1000_MDIC_REG(E1000_PHY_CTRL) | want,
				   &now);
	}
	plx_e1000_disown_mdio(device);
	return err;
}

/* Whoever had the card before may have left its PHY powered down, isolated or in loopback. */
int plx_e1000_phy_up(struct e1000_device *device)
{
	return set_phy_ctrl(device,
			    E1000_PHY_CTRL_DOWN | E1000_PHY_CTRL_ISOLATE | E1000_PHY_CTRL_LOOP,
			    E1000_PHY_CTRL_AUTONEG);
}

int plx_e1000_set_link(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);
	int err = port->link_down ? set_phy_ctrl(device, 0, E1000_PHY_CTRL_DOWN)
				  : plx_e1000_phy_up(device);

	if (!err && device->running)
		plx_e1000_enable(port);
	return err;
}

void plx_e1000_link(struct plx_port *port, struct plx_link *link)
{
	static const uint32_t mbps[] = { 10, 100, 1000, 1000 };
	const struct e1000_device *device = e1000_device(port);
	uint32_t status = e1000_read(device, E1000_STATUS);

	/* All ones: the card is gone. */
	if (port->link_down || status == UINT32_MAX || !(status & E1000_STATUS_LU)) {
		*link = (struct plx_link){ .up = false };
		return;
	}
	*link = (struct plx_link){ true, status & E1000_STATUS_FD,
				   mbps[E1000_STATUS_SPEED(status)] };
}

/*
 * Pause frames as the port's user wants them, whatever the link partner advertised. They are sent
 * when the receive part of the packet buffer has room for two more of the longest frames: the one
 * that the partner has begun, and the one that the card is sending itself. Where that is more than
 * most of the buffer (82574, jumbo frames), room for one has to do.
 */
int plx_e1000_set_flow_control(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);
	uint32_t room = (e1000_read(device, E1000_PBA) & E1000_PBA_RXA) * 1024;
	uint32_t longest = plx_e1000_longest(port->mtu) + FCS_LEN;
	uint32_t spare = room > 3 * longest ? 2 * longest : longest;
	uint32_t high = (room > spare ? room - spare : room / 2) & ~7u;
	uint32_t low = high > 2 * longest ? high - longest : high / 2;

	e1000_write(device, E1000_FCAL, E1000_FCAL_VALUE);
	e1000_write(device, E1000_FCAH, E1000_FCAH_VALUE);
	e1000_write(device, E1000_FCT, E1000_FCT_VALUE);
	e1000_write(device, E1000_FCTTV, E1000_FCTTV_VALUE);
	e1000_write(device, E1000_FCRTL, port->flow.tx ? (low & ~7u) | E1000_FCRTL_XONE : 0);
	e1000_write(device, E1000_FCRTH, port->flow.tx ? high : 0);
	e1000_set(device, E1000_CTRL, E1000_CTRL_RFCE | E1000_CTRL_TFCE,
		  (port->flow.rx ? E1000_CTRL_RFCE : 0) | (port->flow.tx ? E1000_CTRL_TFCE : 0));
	return plx_e1000_here(device);
}
