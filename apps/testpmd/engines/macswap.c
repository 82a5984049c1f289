/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * macswap: send packets back where they came from: exchange the two Ethernet addresses.
 */
#include "testpmd/engine.h"
#include "testpmd/engines/ether.h"

static unsigned forward(struct stream *s, unsigned n)
{
	bool first = true; /* of a frame: later entries hold no Ethernet header */

	n = stream_receive(s, n);
	for (unsigned i = 0; i < n; i++) {
		if (first && s->pkts[i].len >= ETHER_HDR_LEN)
			ether_swap(s->pkts[i].data);
		first = !(s->pkts[i].flags & PLX_PKT_MORE);
	}
	if (n)
		stream_send(s, s->pkts, n);
	return n;
}

const struct engine macswap_engine = {
	.name = "macswap",
	.help = "exchange source and destination MAC address, and pass on",
	.needs = ENGINE_RX | ENGINE_TX,
	.forward = forward,
};
