/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * txonly: the simplest generator. Writes an Ethernet, IPv4 and UDP header into every frame; UDP
 * port 9 is discard.
 */
#include "testpmd/engines/udp_frames.h"

#include <string.h>

#define PARTS_BURST 32 /* frames of several entries that are made at a time */

static unsigned parts_len(const struct stream *s)
{
	unsigned len = 0;

	for (unsigned i = 0; i < s->n_segments; i++)
		len += s->segments[i];
	return len;
}

static void begin(struct stream *s)
{
	udp_frames_init(s->priv, s, s->n_segments > 1 ? parts_len(s) : s->frame_len);
}

/* Make a frame of the n_segments entries at @pkts. The headers may reach over several of them. */
static void write_parts(const struct stream *s, struct plx_pkt *pkts, const uint8_t *header)
{
	unsigned left = UDP_HEADERS_LEN;

	for (unsigned i = 0; i < s->n_segments; i++) {
		unsigned part = s->segments[i] < left ? s->segments[i] : left;

		pkts[i].len = s->segments[i];
		pkts[i].flags = i + 1 < s->n_segments ? PLX_PKT_MORE : 0;
		memcpy(pkts[i].data, header, part);
		header += part;
		left -= part;
	}
}

/* Return: frames sent, at most @n of at most PARTS_BURST. */
static unsigned send_parts(struct stream *s, unsigned n)
{
	struct plx_pkt pkts[PARTS_BURST * STREAM_SEGMENTS_MAX];
	const struct udp_frames *f = s->priv;
	unsigned got, whole;

	n = n < PARTS_BURST ? n : PARTS_BURST;
	got = plx_pool_get(s->pool, &f->like, pkts, n * s->n_segments);
	whole = got - got % s->n_segments;
	plx_pkt_free(pkts + whole, got - whole);
	for (unsigned i = 0; i < whole; i += s->n_segments)
		write_parts(s, pkts + i, f->header);
	if (whole)
		stream_send(s, pkts, whole);
	return whole / s->n_segments;
}

static unsigned forward_parts(struct stream *s, unsigned n)
{
	unsigned done = 0, sent;

	do {
		sent = send_parts(s, n - done);
		done += sent;
	} while (sent && done < n);
	return done;
}

static unsigned forward(struct stream *s, unsigned n)
{
	const struct udp_frames *f = s->priv;

	if (__builtin_expect(s->n_segments > 1, 0))
		return forward_parts(s, n);
	n = plx_pool_get(s->pool, &f->like, s->pkts, n);
	f->write(s->pkts, n, f->header);
	if (n)
		stream_send(s, s->pkts, n);
	return n;
}

const struct engine txonly_engine = {
	.name = "txonly",
	.help = "send UDP frames of its own making",
	.needs = ENGINE_TX | ENGINE_MAKES,
	.priv_size = sizeof(struct udp_frames),
	.begin = begin,
	.forward = forward,
};
