/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * csum: verify the checksums of what comes in, put wrong ones right, send it on.
 */
#include "testpmd/engine.h"
#include "testpmd/headers.h"

struct counts {
	_Atomic uint64_t ip[4], l4[4]; /* by enum plx_csum_verdict */
};

static const struct engine_count csum_counts[] = {
	{ "ip_good", "good IP checksum", offsetof(struct counts, ip[PLX_CSUM_GOOD]) },
	{ "ip_bad", "bad IP checksum", offsetof(struct counts, ip[PLX_CSUM_BAD]) },
	{ "ip_locked", "bad IP, buffer shared", offsetof(struct counts, ip[PLX_CSUM_LOCKED]) },
	{ "ip_unchecked", "no IP checksum", offsetof(struct counts, ip[PLX_CSUM_NONE]) },
	{ "l4_good", "good L4 checksum", offsetof(struct counts, l4[PLX_CSUM_GOOD]) },
	{ "l4_bad", "bad L4 checksum", offsetof(struct counts, l4[PLX_CSUM_BAD]) },
	{ "l4_locked", "bad L4, buffer shared", offsetof(struct counts, l4[PLX_CSUM_LOCKED]) },
	{ "l4_unchecked", "unchecked L4", offsetof(struct counts, l4[PLX_CSUM_NONE]) },
	{ NULL, NULL, 0 },
};

static unsigned csum_forward(struct stream *s, unsigned n)
{
	struct counts *counts = s->priv;
	unsigned received = stream_receive(s, n);

	for (unsigned i = 0, entries; i < received; i += entries) {
		struct plx_csum found;

		entries = frame_entries(s->pkts + i, received - i);
		plx_csum_fix(s->pkts + i, entries, &found);
		stream_count(&counts->ip[found.l3], 1);
		stream_count(&counts->l4[found.l4], 1);
	}
	if (received)
		stream_send(s, s->pkts, received);
	return received;
}

const struct engine csum_engine = {
	.name = "csum",
	.help = "verify checksums, put wrong ones right, and send",
	.needs = ENGINE_RX | ENGINE_TX | ENGINE_READS,
	.priv_size = sizeof(struct counts),
	.counts = csum_counts,
	.forward = csum_forward,
};
