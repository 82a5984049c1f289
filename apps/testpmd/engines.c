/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every engine, the default first.
 */
#include "testpmd/engine.h"

extern const struct engine io_engine, mac_engine, macswap_engine, rxonly_engine, txonly_engine,
	csum_engine, flowgen_engine, icmpecho_engine, swap_5tuple_engine;

const struct engine *const engines[] = {
	&io_engine,   &mac_engine,     &macswap_engine,  &rxonly_engine,      &txonly_engine,
	&csum_engine, &flowgen_engine, &icmpecho_engine, &swap_5tuple_engine, NULL,
};
