/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rxonly: receive and free.
 */
#include "testpmd/engine.h"

static unsigned forward(struct stream *s, unsigned n)
{
	n = stream_receive(s, n);
	if (n)
		plx_pkt_free(s->pkts, n);
	return n;
}

const struct engine rxonly_engine = {
	.name = "rxonly",
	.help = "receive packets and free them",
	.needs = ENGINE_RX | ENGINE_READS,
	.forward = forward,
};
