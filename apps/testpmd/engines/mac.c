/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mac: address packets from the sending port to its peer.
 */
#include "testpmd/engine.h"
#include "testpmd/engines/ether.h"

static unsigned forward(struct stream *s, unsigned n)
{
	bool first = true; /* of a frame */

	n = stream_receive(s, n);
	for (unsigned i = 0; i < n; i++) {
		if (first && s->pkts[i].len >= ETHER_HDR_LEN)
			ether_set(s->pkts[i].data, s->peer_mac, s->own_mac);
		first = !(s->pkts[i].flags & PLX_PKT_MORE);
	}
	if (n)
		stream_send(s, s->pkts, n);
	return n;
}

const struct engine mac_engine = {
	.name = "mac",
	.help = "set source to the sending port's MAC address, destination to its peer's",
	.needs = ENGINE_RX | ENGINE_TX,
	.forward = forward,
};
