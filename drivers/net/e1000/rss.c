/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling, of the 82574: a Toeplitz hash, whose low seven bits choose a byte of RETA.
 */
#include "e1000.h"

static uint32_t mrqc(uint32_t types)
{
	uint32_t v = types ? E1000_MRQC_RSS : 0;

	if (types & PLX_RSS_IPV4)
		v |= E1000_MRQC_IPV4;
	if (types & PLX_RSS_IPV4_TCP)
		v |= E1000_MRQC_IPV4_TCP;
	if (types & PLX_RSS_IPV6)
		v |= E1000_MRQC_IPV6;
	if (types & PLX_RSS_IPV6_TCP)
		v |= E1000_MRQC_IPV6_TCP;
	return v;
}

/* The key's first byte is the lowest one of the first register. */
static void set_key(const struct e1000_device *device, const uint8_t *key)
{
	for (unsigned i = 0; i < E1000_RSSRK_BYTES / 4; i++, key += 4)
		e1000_write(device, E1000_RSSRK(i),
			    key[0] | (uint32_t)key[1] << 8 | (uint32_t)key[2] << 16 |
				    (uint32_t)key[3] << 24);
}

static void set_table(const struct e1000_device *device, const uint16_t *table)
{
	for (unsigned i = 0; i < E1000_RETA_SIZE; i += 4) {
		uint32_t v = 0;

		for (unsigned byte = 0; byte < 4; byte++)
			v |= (uint32_t)table[i + byte] << (8 * byte + E1000_RETA_QUEUE);
		e1000_write(device, E1000_RETA(i / 4), v);
	}
}

/*
 * Extended descriptors are a condition of RSS, so the 82574 has them always. IPv6 headers with
 * extensions are hashed by their fixed header alone: the card's look for a home address in them is
 * faulty.
 */
int plx_e1000_set_rss(struct plx_port *port)
{
	const struct plx_rss *rss = &port->rss;
	struct e1000_device *device = e1000_device(port);

	if (!device->model->pcie)
		return 0;
	e1000_write(device, E1000_RFCTL,
		    E1000_RFCTL_EXTEN | E1000_RFCTL_ISCSI_DIS | E1000_RFCTL_NFSW_DIS |
			    E1000_RFCTL_NFSR_DIS | E1000_RFCTL_IPV6_EX_DIS |
			    E1000_RFCTL_NEW_IPV6_DIS);
	set_key(device, rss->key);
	set_table(device, rss->table);
	e1000_write(device, E1000_MRQC, mrqc(rss->types));
	return plx_e1000_here(device);
}
