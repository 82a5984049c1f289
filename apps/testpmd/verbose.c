/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * set verbose: packets shown, one a line, by the worker that has them.
 */
#include "testpmd/app.h"
#include "testpmd/decode/decode.h"
#include "testpmd/headers.h"

static void show(const struct stream *base, const char *what, unsigned port,
		 const struct plx_pkt *pkts, unsigned n)
{
	const struct app_stream *s = (const struct app_stream *)base;
	FILE *out = s->app->text;

	/* One burst at a time, whole, where several cores show theirs. */
	flockfile(out);
	for (unsigned i = 0, entries; i < n; i += entries) {
		char line[DECODE_LINE_MAX];

		entries = frame_entries(pkts + i, n - i);
		decode_line(pkts + i, entries, line, sizeof(line));
		fprintf(out, "%s port %u queue %u: %s\n", what, port, s->queue, line);
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
