/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * io: pass packets on as they are.
 */
#include "testpmd/engine.h"

static unsigned forward(struct stream *s, unsigned n)
{
	n = stream_receive(s, n);
	if (n)
		stream_send(s, s->pkts, n);
	return n;
}

const struct engine io_engine = {
	.name = "io",
	.help = "pass packets on as they are",
	.needs = ENGINE_RX | ENGINE_TX,
	.forward = forward,
};
