/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For test_decode.py: each frame of a capture as decode_line() shows it.
 *
 *	usage: decode_pcap FILE [BUFFER_SIZE]
 *
 * A small BUFFER_SIZE brings frames in several entries.
 */
#include "testpmd/decode/decode.h"
#include "testpmd/headers.h"

#include <stdlib.h>

#define BURST 1024

static int fail(void)
{
	fprintf(stderr, "decode_pcap: %s\n", plx_last_error()->text);
	return 1;
}

/* Return: false at the end of the capture. */
static bool show_burst(struct plx_rxq *rxq)
{
	struct plx_pkt pkts[BURST];
	unsigned n = plx_rx_burst(rxq, pkts, BURST);
	char line[DECODE_LINE_MAX];

	for (unsigned i = 0, entries; i < n; i += entries) {
		entries = frame_entries(pkts + i, n - i);
		decode_line(pkts + i, entries, line, sizeof(line));
		puts(line);
	}
	plx_pkt_free(pkts, n);
	return n || !plx_rxq_status(rxq);
}

int main(int argc, char **argv)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_port_conf conf = { .n_rxq = 1 };
	struct plx_port *port;
	struct plx_ctx *ctx;
	char spec[4096];

	if (argc < 2)
		return 2;
	opts.data_room = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	snprintf(spec, sizeof(spec), "pcap:rx=%s", argv[1]);
	if (plx_ctx_create(NULL, &ctx) || plx_pool_create(ctx, &opts, &conf.rx_pool) ||
	    plx_port_open(ctx, spec, &port) || plx_port_configure(port, &conf) ||
	    plx_port_start(port))
		return fail();
	while (show_burst(plx_port_rxq(port, 0)))
		;
	if (plx_port_close(port) || plx_pool_destroy(conf.rx_pool) || plx_ctx_destroy(ctx))
		return fail();
	return 0;
}
