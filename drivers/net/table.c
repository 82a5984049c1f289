/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every driver, in the order that help shows them. A new driver is one line here: nothing
 * registers itself, so a static link cannot lose one.
 */
#include "port/driver.h"

extern const struct plx_driver plx_null_driver;
extern const struct plx_driver plx_ring_driver;
extern const struct plx_driver plx_pcap_driver;
extern const struct plx_driver plx_tap_driver;
extern const struct plx_driver plx_af_packet_driver;
extern const struct plx_driver plx_e1000_driver;
extern const struct plx_driver plx_rtl8139_driver;

const struct plx_driver *const plx_drivers[] = {
	&plx_null_driver, &plx_ring_driver,
#ifdef PLX_HAVE_PCAP
	&plx_pcap_driver,
#endif
	&plx_tap_driver,  &plx_af_packet_driver, &plx_e1000_driver, &plx_rtl8139_driver, NULL,
};
