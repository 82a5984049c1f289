/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest whole program: forward what one port receives to another.
 *
 *	cc examples/forward.c $(pkg-config --cflags --libs pollux) -o forward
 *	./forward pcap:rx=tests/data/lan.pcap pcap:tx=/tmp/copy.pcap
 */
#include <pollux/pollux.h>

#include <stdio.h>
#include <stdlib.h>

#define BURST 64

/* Every call returns 0, or leaves a sentence that says what is wrong. */
static void check(int err)
{
	if (!err)
		return;
	fprintf(stderr, "forward: %s\n", plx_last_error()->text);
	exit(EXIT_FAILURE);
}

/* Until the input ends. */
static unsigned long forward(struct plx_rxq *from, struct plx_txq *to)
{
	struct plx_pkt pkts[BURST];
	unsigned long forwarded = 0;

	while (!plx_rxq_status(from)) {
		unsigned n = plx_rx_burst(from, pkts, BURST); /* the packets are ours now */
		unsigned sent = plx_tx_burst(to, pkts, n);    /* and these no longer */

		plx_pkt_free(pkts + sent, n - sent); /* what did not fit */
		forwarded += sent;
	}
	return forwarded;
}

int main(int argc, char **argv)
{
	struct plx_port_conf receive = { 0 };
	struct plx_port *in, *out;
	struct plx_pool *pool;
	struct plx_ctx *ctx;

	if (argc != 3) {
		fprintf(stderr, "usage: forward PORT PORT\n");
		return EXIT_FAILURE;
	}
	check(plx_ctx_create(NULL, &ctx));
	check(plx_pool_create(ctx, NULL, &pool));
	check(plx_port_open(ctx, argv[1], &in));
	check(plx_port_open(ctx, argv[2], &out));
	receive.n_rxq = 1;
	receive.rx_pool = pool; /* where it receives into */
	check(plx_port_configure(in, &receive));
	check(plx_port_configure(out, NULL)); /* it only sends */
	check(plx_port_start(in));
	check(plx_port_start(out));

	printf("%lu packets\n", forward(plx_port_rxq(in, 0), plx_port_txq(out, 0)));

	check(plx_port_close(in));
	check(plx_port_close(out));
	check(plx_pool_destroy(pool));
	check(plx_ctx_destroy(ctx));
	return EXIT_SUCCESS;
}
