/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link.
 */
#include "rtl8139.h"

/* What the PHY was set to, or agreed on with its partner. */
static bool full_duplex(const struct rtl8139_device *d)
{
	uint16_t bmcr = plx_raw_in16(d->io + RTL_BMCR), both;

	if (!(bmcr & BMCR_ANE))
		return bmcr & BMCR_DUPLEX;
	both = plx_raw_in16(d->io + RTL_ANAR) & plx_raw_in16(d->io + RTL_ANLPAR);
	return both & AN_TXFD || (both & AN_10FD && !(both & AN_TX));
}

void plx_rtl8139_link(struct plx_port *port, struct plx_link *link)
{
	const struct rtl8139_device *d = rtl8139_of(port);
	uint8_t msr = plx_raw_in8(d->io + RTL_MSR);

	/* A card that is gone answers all ones, which is a link that is down. */
	*link = (struct plx_link){
		.up = !(msr & MSR_LINKB) && !port->link_down,
		.full_duplex = full_duplex(d),
		.mbps = msr & MSR_SPEED_10 ? 10 : 100,
	};
}

/*
 * The card's PHY cannot be switched off: of BMCR the bits for power down and isolate are reserved.
 * So the MAC falls silent, as under Linux' driver, and the partner goes on seeing a carrier.
 */
int plx_rtl8139_set_link(struct plx_port *port)
{
	struct rtl8139_device *d = rtl8139_of(port);
	int err;

	atomic_store_explicit(&d->silent, port->link_down, memory_order_relaxed);
	if (port->state != PLX_PORT_STARTED)
		return 0; /* start() makes it so */
	plx_lock(&d->receiver);
	d->receive = port->n_rxq && !port->link_down;
	err = plx_rtl8139_rx_restart(d);
	plx_unlock(&d->receiver);
	return err;
}
