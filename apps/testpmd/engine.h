/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A forwarding engine: what is done with a burst between receiving and sending it.
 *
 * Engines know the public API and this header, nothing else of the program. One file each in
 * engines/, one line each in engines.c.
 */
#ifndef TESTPMD_ENGINE_H
#define TESTPMD_ENGINE_H

#include <pollux/pollux.h>

#include <stdatomic.h>

#define STREAM_SEGMENTS_MAX 8

struct stream;
typedef void (*stream_show_fn)(const struct stream *s, const struct plx_pkt *pkts, unsigned n);

/* One receive queue and the transmit queue that its packets go to, on one core. */
struct stream {
	struct plx_rxq *rxq;   /* NULL when the engine does not receive */
	struct plx_txq *txq;   /* NULL when the engine does not send */
	struct plx_pool *pool; /* to take packets from: this core's */
	struct plx_pkt *pkts;  /* room for a burst */
	uint8_t own_mac[6];    /* of the port that sends */
	uint8_t peer_mac[6];   /* where engines mac, txonly and flowgen send to */
	unsigned frame_len;    /* what txonly and flowgen send, bytes without FCS */
	unsigned flows;        /* how many flowgen makes; 0: 1024 */
	/*
	 * txonly's frames in parts: bytes of each, 1 .. the pool's data_room, UDP_HEADERS_LEN or
	 * more in all. Used when n_segments is over 1; else a frame is frame_len in one part.
	 */
	uint16_t segments[STREAM_SEGMENTS_MAX];
	unsigned n_segments;
	/* Left to the port that sends, PLX_PKT_TX_ flags: tags by all engines, the rest by csum. */
	uint32_t tx_work;
	uint16_t tx_vlan;  /* with PLX_PKT_TX_VLAN: the tag */
	uint16_t tso_size; /* with PLX_PKT_TX_TSO: bytes of TCP payload in a segment */
	/* Frames dropped because the transmit queue was full; shown while the worker counts. */
	_Atomic uint64_t tx_full;
	/*
	 * Frames that an engine made, or received and freed, which both receives and sends; of
	 * others it follows from what ports count.
	 */
	_Atomic uint64_t generated, consumed;
	/* Show packets to the user: `set verbose`, at any time. NULL: do not. */
	_Atomic(stream_show_fn) show_rx, show_tx;
	void *priv; /* engine.priv_size bytes, zeroed */
};

enum engine_needs {
	ENGINE_RX = 1 << 0,
	ENGINE_TX = 1 << 1,
	/* Looks behind the Ethernet header, so wants frames finished: PLX_OFFLOAD_RX_UNFINISHED. */
	ENGINE_READS = 1 << 2,
	ENGINE_MAKES = 1 << 3, /* what it sends is of its own making, and that is what it counts */
	ENGINE_SUMS = 1 << 4,  /* is glad of a port that verifies checksums: PLX_OFFLOAD_RX_CSUM */
};

#define ENGINE_COUNTS_MAX 16

/* A count that an engine keeps beside the ports' own, for the final report. */
struct engine_count {
	const char *name;  /* as in JSON: "bad_ip_checksum"; NULL ends the table */
	const char *label; /* as in the table: "bad IP checksum" */
	size_t offset; /* of an _Atomic uint64_t in the private part; stream_count() adds to it */
};

struct engine {
	const char *name;
	const char *help; /* one line */
	unsigned needs;   /* enum engine_needs */
	size_t priv_size;
	const struct engine_count *counts; /* NULL: none */
	void (*begin)(struct stream *s);   /* on the main thread; may be NULL */
	/*
	 * One burst of at most @n entries (frames, of txonly). Return: entries received (frames
	 * sent, by txonly and flowgen).
	 */
	unsigned (*forward)(struct stream *s, unsigned n);
};

extern const struct engine *const engines[]; /* NULL at the end */

/* Add to tx_full, generated, consumed or an engine's count: only the stream's worker does. */
static inline void stream_count(_Atomic uint64_t *count, uint64_t n)
{
	n += atomic_load_explicit(count, memory_order_relaxed);
	atomic_store_explicit(count, n, memory_order_relaxed);
}

/* Receive up to @n entries into s->pkts. */
static inline unsigned stream_receive(struct stream *s, unsigned n)
{
	stream_show_fn show = atomic_load_explicit(&s->show_rx, memory_order_relaxed);

	n = plx_rx_burst(s->rxq, s->pkts, n);
	if (__builtin_expect(show != NULL, 0) && n)
		show(s, s->pkts, n);
	return n;
}

/* Have the port that sends put the stream's tag into each frame. */
static inline void stream_tag(const struct stream *s, struct plx_pkt *pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i && pkts[i - 1].flags & PLX_PKT_MORE)
			continue;
		pkts[i].flags |= PLX_PKT_TX_VLAN;
		pkts[i].vlan = s->tx_vlan;
	}
}

/* Send @n entries; what the queue does not take is freed and counted. */
static inline void stream_send(struct stream *s, struct plx_pkt *pkts, unsigned n)
{
	stream_show_fn show = atomic_load_explicit(&s->show_tx, memory_order_relaxed);
	unsigned sent, full = 0;

	if (__builtin_expect(s->tx_work & PLX_PKT_TX_VLAN, 0))
		stream_tag(s, pkts, n);
	if (__builtin_expect(show != NULL, 0))
		show(s, pkts, n);
	sent = plx_tx_burst(s->txq, pkts, n);
	if (sent == n)
		return;
	for (unsigned i = sent; i < n; i++)
		full += !(pkts[i].flags & PLX_PKT_MORE);
	stream_count(&s->tx_full, full);
	plx_pkt_free(pkts + sent, n - sent);
}

#endif
