/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * macswap: send packets back where they came from: exchange the two Ethernet addresses.
 */
#include "testpmd/engine.h"
#include "testpmd/engines/ether.h"

static unsigned forward(struct stream *s, unsigned n)
{
	const struct plx_pkt *pkt = s->pkts, *end;

	n = stream_receive(s, n);
	for (end = pkt + n; pkt < end; pkt++) {
		if (pkt->len >= ETHER_SWAP_LEN)
			ether_swap_long(pkt->data);
		else if (pkt->len >= ETHER_HDR_LEN)
			ether_swap(pkt->data);
		/* Later entries of a frame hold no Ethernet header. */
		while (__builtin_expect(pkt->flags & PLX_PKT_MORE, 0) && pkt + 1 < end)
			pkt++;
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
