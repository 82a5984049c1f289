/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue. A frame counts as sent when it is in the file's buffer. If the buffer
 * cannot be written out, its frames change from sent to dropped (write_failed), and all that
 * come later are dropped as well: the statistics say what the file holds.
 */
#include "pcap.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void drop(struct pcap_txq *q, enum plx_drop why)
{
	plx_count(&q->base.counts.drops[why], 1);
}

/* Write out. What was pending and is lost was counted as sent: take that back. */
static bool flush(struct pcap_txq *q)
{
	struct pcap_writer *w = &q->device->writer;
	struct plx_queue_counts *counts = &q->base.counts;
	uint64_t frames = w->pending_frames, bytes = w->pending_bytes;

	if (plx_pcap_writer_flush(w))
		return true;
	plx_count(&counts->packets, -frames);
	plx_count(&counts->bytes, -bytes);
	plx_count(&counts->drops[PLX_DROP_WRITE], frames);
	return false;
}

/* The bytes of a frame in one piece: its buffer's, or gathered from several. */
static const uint8_t *in_one_piece(struct pcap_writer *w, const struct plx_pkt *pkts,
				   unsigned entries)
{
	uint8_t *to = w->scratch;

	if (entries == 1)
		return pkts->data;
	for (unsigned i = 0; i < entries; i++) {
		memcpy(to, pkts[i].data, pkts[i].len);
		to += pkts[i].len;
	}
	return w->scratch;
}

/* @bytes of @entries, of which a record can have the first 262,144 at most. */
static void send_frame(struct pcap_txq *q, const struct plx_pkt *pkts, unsigned entries,
		       uint64_t bytes)
{
	struct pcap_writer *w = &q->device->writer;
	struct pcap_frame frame = {
		.timestamp = pkts->flags & PLX_PKT_TIMESTAMP ? pkts->timestamp : now(),
		.len = (uint32_t)bytes,
		.wire_len = pkts->flags & PLX_PKT_CUT ? pkts->wire_len : 0,
	};

	if (!bytes) {
		drop(q, PLX_DROP_EMPTY);
		return;
	}
	if (bytes > PLX_PCAP_MAX_FRAME) {
		drop(q, PLX_DROP_TOO_LONG);
		return;
	}
	if (w->err || (!plx_pcap_writer_has_room(w, frame.len) && !flush(q))) {
		drop(q, PLX_DROP_WRITE);
		return;
	}
	frame.data = in_one_piece(w, pkts, entries);
	plx_pcap_writer_put(w, &frame);
	plx_count_burst(&q->base.counts, 1, bytes);
}

unsigned plx_pcap_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n)
{
	struct pcap_txq *q = (struct pcap_txq *)base;
	unsigned first = 0;
	uint64_t bytes = 0;

	n = plx_whole_frames(pkts, n);
	for (unsigned i = 0; i < n; i++) {
		bytes += pkts[i].len;
		if (pkts[i].flags & PLX_PKT_MORE)
			continue;
		send_frame(q, pkts + first, i + 1 - first, bytes);
		first = i + 1;
		bytes = 0;
	}
	plx_pkt_free(pkts, n);
	return n;
}

int plx_pcap_txq_status(struct plx_txq *base)
{
	const struct pcap_device *device = ((struct pcap_txq *)base)->device;

	return device->writer.err ? plx_pcap_writer_fail(&device->writer, device->base.spec) : 0;
}

int plx_pcap_init_txq(struct plx_txq *base)
{
	struct pcap_txq *q = (struct pcap_txq *)base;

	q->device = (struct pcap_device *)base->port->device;
	return 0;
}

int plx_pcap_stop(struct plx_port *port)
{
	struct pcap_txq *q;

	if (!port->n_txq)
		return 0;
	q = (struct pcap_txq *)port->txqs[0];
	if (!q->device->writer.err)
		flush(q);
	return plx_pcap_txq_status(&q->base);
}
