/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the command line says.
 */
#ifndef TESTPMD_SETTINGS_H
#define TESTPMD_SETTINGS_H

#include "common/options.h"
#include "testpmd/engine.h"

struct settings {
	struct option_list ports, eth_peers;
	const char *cores;
	unsigned mode, topology;
	const char *txpkts, *cmdline_file, *control, *completion;
	uint64_t burst, rxq, txq, rxd, txd, mtu;
	uint64_t buffers, buffer_size, frame_size;
	uint64_t nb_cores, verbose, tx_first, flows;
	unsigned segments[STREAM_SEGMENTS_MAX],
		n_segments; /* of what txonly sends, bytes without FCS */
	uint64_t packets;   /* 0: no limit */
	double duration;    /* seconds, 0: no limit */
	double stats_period;
	bool json, small_pages, no_offloads, rx_interrupt;
	bool interactive, auto_start, keep_going;
	bool help, version, man;
	const char *help_ports;
};

enum topology { TOPOLOGY_PAIRED, TOPOLOGY_CHAINED, TOPOLOGY_LOOP };
const char *topology_name(unsigned i); /* NULL behind the last */

extern const struct program program;

/* 0, or -1 with a sentence in @error. */
int settings_read(struct settings *s, int argc, char **argv, char *error, size_t size);

#endif
