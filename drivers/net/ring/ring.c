/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring: a cable in memory. Opening ring:name=a twice gives its two ends, for the same thread or
 * for two. Transmit queue i of one end is receive queue i of the other.
 *
 * Packets cross as values: nothing is copied, and buffers return to the pool they came from.
 */
#include "port/driver.h"

#include <pollux/ring.h>

#include "pkt/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_QUEUES  16
#define MAX_ENTRIES 64

struct ring_args {
	const char *name;
	uint64_t size, queues, entries;
};

/* One direction of one queue. What it holds outlives the ports' configurations. */
struct lane {
	struct plx_spsc *ring;
	/* The front of a frame whose rest had no room in the last burst; the receiver's. */
	unsigned n_pending;
	struct plx_pkt pending[MAX_ENTRIES];
};

struct ring_device {
	struct plx_device base;
	struct lane lanes[2][MAX_QUEUES]; /* by the end that receives from it, and queue */
	/* Bit i of an end: its receive queue i is started, so what is sent to it has a taker. */
	_Atomic uint32_t listening[2];
};

struct ring_rxq {
	struct plx_rxq base;
	struct lane *lane;
};

struct ring_txq {
	struct plx_txq base;
	struct plx_spsc *ring;
	const _Atomic uint32_t *listening;
	unsigned max_entries;
};

static const struct plx_key keys[] = {
	{ .name = "name",
	  .type = PLX_KEY_STRING,
	  .offset = offsetof(struct ring_args, name),
	  .required = true,
	  .help = "of the cable: the second port with the same name is its other end, whose other "
		  "keys do not count" },
	{ .name = "size",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct ring_args, size),
	  .min = 1,
	  .max = 1 << 20,
	  .initial = "1024",
	  .help = "entries each way and queue, rounded up to a power of two" },
	{ .name = "queues",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct ring_args, queues),
	  .min = 1,
	  .max = MAX_QUEUES,
	  .initial = "4",
	  .help = "queues it has each way" },
	{ .name = "entries",
	  .type = PLX_KEY_UINT,
	  .offset = offsetof(struct ring_args, entries),
	  .min = 1,
	  .max = MAX_ENTRIES,
	  .initial = "1",
	  .help = "buffers that one frame may lie in; frames in more are dropped" },
	{ 0 },
};

static bool same_ring(const struct plx_device *device, const void *args)
{
	const struct ring_args *ours = device->args, *theirs = args;

	return !strcmp(ours->name, theirs->name);
}

static void free_held(const struct plx_pkt *pkts, unsigned n)
{
	plx_pkts_unhold(pkts, n, PLX_HOLD_TX);
	plx_pkt_free(pkts, n);
}

/* Free what is in a lane, and its ring. */
static void end_lane(struct lane *lane)
{
	struct plx_pkt pkts[32];
	unsigned n;

	free_held(lane->pending, lane->n_pending);
	while ((n = plx_spsc_pop(lane->ring, pkts, 32)))
		free_held(pkts, n);
	plx_spsc_destroy(lane->ring);
}

static void close_device(struct plx_device *base)
{
	struct ring_device *device = (struct ring_device *)base;

	for (int end = 0; end < 2; end++)
		for (int i = 0; i < MAX_QUEUES; i++)
			if (device->lanes[end][i].ring)
				end_lane(&device->lanes[end][i]);
}

static int open_device(struct plx_device *base)
{
	struct ring_device *device = (struct ring_device *)base;
	const struct ring_args *args = base->args;
	struct plx_ring_opts opts = { .capacity = (unsigned)args->size,
				      .elem_size = sizeof(struct plx_pkt),
				      .node = -1 };

	if (args->size < args->entries)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, base->spec,
				"size=%u is less than the entries=%u of one frame",
				(unsigned)args->size, (unsigned)args->entries);
	base->n_ports = 2;
	for (int end = 0; end < 2; end++)
		for (unsigned i = 0; i < args->queues; i++) {
			int err = plx_spsc_create(&opts, &device->lanes[end][i].ring);

			if (err) {
				struct plx_error saved = *plx_last_error();

				close_device(base);
				return plx_fail_again(&saved);
			}
		}
	return 0;
}

static int open_port(struct plx_port *port)
{
	const struct ring_args *args = port->device->args;

	port->caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_SET_MAC,
		.max_rxq = (uint16_t)args->queues,
		.max_txq = (uint16_t)args->queues,
		.mtu_min = 68,
		.mtu_max = UINT16_MAX,
		.max_frame = UINT16_MAX * (uint32_t)args->entries,
	};
	port->mtu = 1500;
	plx_soft_mac(port);
	return 0;
}

static int init_rxq(struct plx_rxq *base)
{
	struct ring_rxq *q = (struct ring_rxq *)base;
	struct ring_device *device = (struct ring_device *)base->port->device;
	const struct ring_args *args = device->base.args;

	q->lane = &device->lanes[base->port->index][base->index];
	base->max_entries = (uint16_t)args->entries;
	return 0;
}

static int init_txq(struct plx_txq *base)
{
	struct ring_txq *q = (struct ring_txq *)base;
	struct ring_device *device = (struct ring_device *)base->port->device;
	const struct ring_args *args = device->base.args;
	unsigned other = !base->port->index;

	q->ring = device->lanes[other][base->index].ring;
	q->listening = &device->listening[other];
	q->max_entries = (unsigned)args->entries;
	return 0;
}

static int start(struct plx_port *port)
{
	struct ring_device *device = (struct ring_device *)port->device;

	atomic_store_explicit(&device->listening[port->index], (1u << port->n_rxq) - 1,
			      memory_order_release);
	return 0;
}

static int stop(struct plx_port *port)
{
	struct ring_device *device = (struct ring_device *)port->device;

	atomic_store_explicit(&device->listening[port->index], 0, memory_order_release);
	return 0;
}

/* Keep a frame's front back until its rest fits: give whole frames only. */
static unsigned keep_tail(struct lane *lane, const struct plx_pkt *pkts, unsigned n)
{
	unsigned whole = plx_whole_frames(pkts, n);

	lane->n_pending = n - whole;
	memcpy(lane->pending, pkts + whole, lane->n_pending * sizeof(*pkts));
	return whole;
}

static unsigned ring_rx(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct lane *lane = ((struct ring_rxq *)base)->lane;
	unsigned had = lane->n_pending;
	struct plx_sum sum;

	if (had)
		memcpy(pkts, lane->pending, had * sizeof(*pkts));
	n = had + plx_spsc_pop(lane->ring, pkts + had, n - had);
	if (base->max_entries > 1)
		n = keep_tail(lane, pkts, n);
	if (!n)
		return 0;
	for (unsigned i = 0; i < n; i++)
		pkts[i].port = base->port_number;
	plx_pkts_unhold(pkts, n, PLX_HOLD_TX);
	sum = plx_sum_pkts(pkts, n);
	plx_count_burst(&base->counts, sum.frames, sum.bytes);
	return n;
}

static void drop(struct ring_txq *q, const struct plx_pkt *pkts, unsigned n, enum plx_drop why)
{
	plx_count(&q->base.counts.drops[why], plx_sum_pkts(pkts, n).frames);
	plx_pkt_free(pkts, n);
}

static unsigned push(struct ring_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	struct plx_sum sum;
	unsigned sent;

	/* Before the push: the other end may have it, and count it out, at once. */
	plx_pkts_hold(pkts, n, PLX_HOLD_TX);
	sent = plx_spsc_push(q->ring, pkts, n);
	plx_pkts_unhold(pkts + sent, n - sent, PLX_HOLD_TX);
	sum = plx_sum_pkts(pkts, sent);
	plx_count_burst(&q->base.counts, sum.frames, sum.bytes);
	return sent;
}

static unsigned entries_of_first(const struct plx_pkt *pkts, unsigned n)
{
	unsigned i = 1;

	while (i < n && pkts[i - 1].flags & PLX_PKT_MORE)
		i++;
	return i;
}

/* Whole frames that there is room for: the consumer can only make more of it. */
static unsigned fitting(const struct ring_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	unsigned room = plx_spsc_capacity(q->ring) - plx_spsc_count(q->ring);

	return plx_whole_frames(pkts, n < room ? n : room);
}

/* Frames in several buffers: one at a time is checked for its length before any is sent. */
static unsigned long_frames(struct ring_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	unsigned ok = 0, entries;

	while (ok < n) {
		entries = entries_of_first(pkts + ok, n - ok);
		if (entries > q->max_entries)
			break;
		ok += entries;
	}
	if (ok)
		return push(q, pkts, fitting(q, pkts, ok));
	entries = entries_of_first(pkts, n);
	drop(q, pkts, entries, PLX_DROP_TOO_LONG);
	return entries;
}

static unsigned ring_tx(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n)
{
	struct ring_txq *q = (struct ring_txq *)base;
	unsigned done = 0, step;

	n = plx_whole_frames(pkts, n);
	if (!(atomic_load_explicit(q->listening, memory_order_acquire) & 1u << base->index)) {
		drop(q, pkts, n, PLX_DROP_NO_PEER);
		return n;
	}
	if (plx_sum_pkts(pkts, n).frames == n)
		return push(q, pkts, n);
	do {
		step = long_frames(q, pkts + done, n - done);
		done += step;
	} while (step && done < n);
	return done;
}

static void ring_link(struct plx_port *port, struct plx_link *link)
{
	const struct ring_device *device = (const struct ring_device *)port->device;

	link->up = atomic_load_explicit(&device->listening[!port->index], memory_order_relaxed);
}

const struct plx_driver plx_ring_driver = {
	.name = "ring",
	.summary = "A cable in memory with two ends, within one process",
	.keys = keys,
	.args_size = sizeof(struct ring_args),
	.device_size = sizeof(struct ring_device),
	.rxq_size = sizeof(struct ring_rxq),
	.txq_size = sizeof(struct ring_txq),
	.open_device = open_device,
	.close_device = close_device,
	.same_device = same_ring,
	.open_port = open_port,
	.init_rxq = init_rxq,
	.init_txq = init_txq,
	.start = start,
	.stop = stop,
	.rx_burst = ring_rx,
	.tx_burst = ring_tx,
	.link = ring_link,
};
