/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames the card receives: IDR, MAR and RCR.
 */
#include "rtl8139.h"

static uint32_t le32(const uint8_t *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* IDR is locked like the card's configuration (datasheet, 9346CR). */
void plx_rtl8139_write_mac(struct rtl8139_device *d, const uint8_t mac[6])
{
	plx_raw_out8(d->io + RTL_9346CR, EEM_CONFIG_WRITE);
	plx_raw_out32(d->io + RTL_IDR0, le32(mac));
	plx_raw_out32(d->io + RTL_IDR4, (uint32_t)mac[4] | (uint32_t)mac[5] << 8);
	plx_raw_out8(d->io + RTL_9346CR, EEM_NORMAL);
}

int plx_rtl8139_set_mac(struct plx_port *port, const uint8_t mac[6])
{
	plx_rtl8139_write_mac(rtl8139_of(port), mac);
	return 0;
}

/* The bit of MAR for an address: the upper six bits of its CRC, that of Ethernet, not inverted. */
static unsigned hash(const uint8_t mac[6])
{
	uint32_t crc = 0xffffffff;

	for (unsigned bit = 0; bit < 48; bit++) {
		uint32_t in = mac[bit / 8] >> bit % 8 & 1;

		crc = crc << 1 ^ ((crc >> 31 ^ in) ? 0x04c11db7 : 0);
	}
	return crc >> 26;
}

void plx_rtl8139_write_multicast(struct rtl8139_device *d, const struct plx_port *port, bool all)
{
	uint64_t mar = all ? UINT64_MAX : 0;

	for (unsigned i = 0; i < port->n_multicast; i++)
		mar |= 1ull << hash(port->multicast[i].bytes);
	plx_raw_out32(d->io + RTL_MAR0, (uint32_t)mar);
	plx_raw_out32(d->io + RTL_MAR4, (uint32_t)(mar >> 32));
}

int plx_rtl8139_set_allmulti(struct plx_port *port, bool on)
{
	plx_rtl8139_write_multicast(rtl8139_of(port), port, on);
	return 0;
}

int plx_rtl8139_set_filters(struct plx_port *port)
{
	plx_rtl8139_write_multicast(rtl8139_of(port), port, port->allmulti);
	return 0;
}

/*
 * RCR.WRAP stays 0: what does not fit the end of the ring goes on at its beginning. Otherwise the
 * card would write past the end, by as much as the longest frame that a peer can send.
 */
uint32_t plx_rtl8139_rcr(const struct plx_port *port, bool promiscuous)
{
	const struct rtl8139_args *args = port->device->args;

	return RCR_RXFTH_NONE | args->rx_ring << RCR_RBLEN_SHIFT | RCR_MXDMA_UNLIMITED | RCR_AB |
	       RCR_AM | RCR_APM | (promiscuous ? RCR_AAP : 0);
}

/*
 * RCR is written while the receiver begins anew: QEMU's card forgets where in the ring it was, and
 * what a real one does the datasheet does not say.
 */
int plx_rtl8139_set_promiscuous(struct plx_port *port, bool on)
{
	struct rtl8139_device *d = rtl8139_of(port);
	int err;

	if (port->state != PLX_PORT_STARTED || on == port->promiscuous)
		return 0;
	plx_lock(&d->receiver);
	d->rcr = plx_rtl8139_rcr(port, on);
	err = plx_rtl8139_rx_restart(d);
	plx_unlock(&d->receiver);
	return err;
}
