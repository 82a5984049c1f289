/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * set verbose: packets shown, one a line, by the worker that has them.
 */
#include "testpmd/app.h"
#include "testpmd/decode/decode.h"
#include "testpmd/headers.h"

/* " [VLAN 5 taken out] [RSS 0x51ccc178]": what the port said of a frame that it received. */
static void describe_found(const struct plx_pkt *pkt, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	if (pkt->flags & PLX_PKT_RX_VLAN)
		used += (size_t)snprintf(buf, size, " [VLAN %u taken out]", pkt->vlan & 0xfff);
	if (pkt->flags & PLX_PKT_RX_HASH)
		used += (size_t)snprintf(buf + used, size - used, " [RSS 0x%08x]", pkt->hash);
	if (pkt->flags & PLX_PKT_RX_IP_BAD)
		used += (size_t)snprintf(buf + used, size - used, " [bad IP checksum]");
	if (pkt->flags & PLX_PKT_RX_L4_BAD)
		snprintf(buf + used, size - used, " [bad L4 checksum]");
}

static void show(const struct stream *base, const char *what, unsigned port,
		 const struct plx_pkt *pkts, unsigned n)
{
	const struct app_stream *s = (const struct app_stream *)base;
	FILE *out = s->app->text;

	/* One burst at a time, whole, where several cores show theirs. */
	flockfile(out);
	for (unsigned i = 0, entries; i < n; i += entries) {
		char line[DECODE_LINE_MAX], found[128];

		entries = frame_entries(pkts + i, n - i);
		decode_line(pkts + i, entries, line, sizeof(line));
		describe_found(pkts + i, found, sizeof(found));
		fprintf(out, "%s port %u queue %u: %s%s\n", what, port, s->queue, line, found);
	}
	fflush(out);
	funlockfile(out);
}

static void show_rx(const struct stream *base, const struct plx_pkt *pkts, unsigned n)
{
	show(base, "rx", ((const struct app_stream *)base)->src, pkts, n);
}

static void show_tx(const struct stream *base, const struct plx_pkt *pkts, unsigned n)
{
	show(base, "tx", ((const struct app_stream *)base)->dst, pkts, n);
}

void app_set_verbose(struct app *app)
{
	uint64_t level = app->settings.verbose;

	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i]->n_streams; j++) {
			struct stream *s = &app->cores[i]->streams[j].base;

			atomic_store_explicit(&s->show_rx, level & 1 ? show_rx : NULL,
					      memory_order_relaxed);
			atomic_store_explicit(&s->show_tx, level & 2 ? show_tx : NULL,
					      memory_order_relaxed);
		}
}
