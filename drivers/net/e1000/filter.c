/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames are received: by address, by group, by VLAN.
 */
#include "e1000.h"

/* RCTL.BSIZE and BSEX of a buffer size. */
static uint32_t rctl_size(uint32_t size)
{
	uint32_t bsize = 0, extended = size > 2048 ? E1000_RCTL_BSEX : 0;

	for (size = extended ? size / 16 : size; size < 2048; size *= 2)
		bsize++;
	return bsize << E1000_RCTL_BSIZE | extended;
}

static uint32_t rctl(const struct plx_port *port, bool promiscuous, bool allmulti)
{
	uint32_t v = E1000_RCTL_BAM | E1000_RCTL_SECRC;

	if (e1000_device(port)->running && !port->link_down && port->n_rxq)
		v |= E1000_RCTL_EN;
	if (promiscuous)
		v |= E1000_RCTL_UPE;
	if (promiscuous || allmulti)
		v |= E1000_RCTL_MPE;
	if (plx_e1000_long_packets(port->mtu))
		v |= E1000_RCTL_LPE;
	if (port->offloads & PLX_OFFLOAD_RX_VLAN_FILTER)
		v |= E1000_RCTL_VFE;
	if (port->n_rxq)
		v |= rctl_size(((const struct e1000_rxq *)port->rxqs[0])->size);
	return v;
}

/* Only what differs is written: QEMU's 82540EM receives nothing for a second afterwards. */
void plx_e1000_set_rctl(const struct plx_port *port, bool promiscuous, bool allmulti)
{
	const struct e1000_device *device = e1000_device(port);
	uint32_t v = rctl(port, promiscuous, allmulti);

	if (e1000_read(device, E1000_RCTL) != v)
		e1000_write(device, E1000_RCTL, v);
}

/*
 * An address is not valid while it is changed, and frames to it are lost: one that stays is left
 * alone.
 */
static void set_address(const struct e1000_device *device, unsigned i, const uint8_t *mac)
{
	uint32_t low, high;

	if (!mac) {
		e1000_write(device, E1000_RAH(i), 0);
		return;
	}
	low = mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
	high = mac[4] | (uint32_t)mac[5] << 8 | E1000_RAH_AV;
	if (e1000_read(device, E1000_RAL(i)) == low && e1000_read(device, E1000_RAH(i)) == high)
		return;
	e1000_write(device, E1000_RAH(i), 0);
	e1000_write(device, E1000_RAL(i), low);
	e1000_write(device, E1000_RAH(i), high);
}

/* RCTL.MO 0: bits 47..36 of the address, of which the last byte holds 47..40. */
static void set_multicast(const struct e1000_device *device, const struct plx_port *port)
{
	uint32_t mta[E1000_MTA_WORDS] = { 0 };

	for (unsigned i = 0; i < port->n_multicast; i++) {
		const uint8_t *mac = port->multicast[i].bytes;
		unsigned hash = (unsigned)mac[5] << 4 | mac[4] >> 4;

		mta[hash / 32] |= 1u << hash % 32;
	}
	for (unsigned i = 0; i < E1000_MTA_WORDS; i++)
		e1000_write(device, E1000_MTA(i), mta[i]);
}

int plx_e1000_set_filters(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);

	set_address(device, 0, port->mac);
	for (unsigned i = 1; i < device->model->rars; i++)
		set_address(device, i, i <= port->n_macs ? port->macs[i - 1].bytes : NULL);
	set_multicast(device, port);
	for (unsigned i = 0; i < E1000_VFTA_WORDS; i++)
		e1000_write(device, E1000_VFTA(i),
			    (uint32_t)(port->vlans[i / 2] >> (i % 2 ? 32 : 0)));
	return plx_e1000_here(device);
}

int plx_e1000_set_mac(struct plx_port *port, const uint8_t mac[6])
{
	struct e1000_device *device = e1000_device(port);

	set_address(device, 0, mac);
	return plx_e1000_here(device);
}

int plx_e1000_set_promiscuous(struct plx_port *port, bool on)
{
	plx_e1000_set_rctl(port, on, port->allmulti);
	return plx_e1000_here(e1000_device(port));
}

int plx_e1000_set_allmulti(struct plx_port *port, bool on)
{
	plx_e1000_set_rctl(port, port->promiscuous, on);
	return plx_e1000_here(e1000_device(port));
}
