/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue: a ring in shared memory that the card writes frames into, each behind a header
 * and from a multiple of 4 on, and that a burst copies them out of (datasheet, RBSTART, CAPR, CBR).
 *
 * CBR is read once a burst, each header once, and nothing is read that CBR does not vouch for. What
 * cannot be is counted, and the receiver begins anew: where the next frame would be nobody knows.
 */
#include "rtl8139.h"

#include <string.h>

/* How long a frame may not be whole after it was first seen. */
#define WHOLE_DEADLINE 20000 /* us */

/* Bursts without a frame from one look at ISR to the next. */
#define LOOK_EVERY 256

struct burst {
	struct plx_pkt *pkts;
	unsigned n, got, used; /* entries: room, with buffers, with frames */
	unsigned frames;
	uint64_t bytes;
	uint32_t ready; /* bytes of the ring that the card has written and nobody has read */
};

/* --- starting --- */

void plx_rtl8139_rx_start(struct rtl8139_device *d)
{
	d->at = 0;
	d->partial = 0;
	d->rx_failed.err = 0;
	plx_raw_out32(d->io + RTL_RBSTART, (uint32_t)d->ring_iova);
	plx_raw_out8(d->io + RTL_CR, d->receive ? CR_TE | CR_RE : CR_TE);
	plx_raw_out32(d->io + RTL_RCR, d->rcr);
	plx_raw_out16(d->io + RTL_CAPR, (uint16_t)-16);
}

/* --- frames in the ring --- */

enum frame_state { WHOLE, PARTIAL, IMPOSSIBLE };

struct frame {
	uint32_t len;    /* bytes, without FCS */
	uint32_t extent; /* bytes of the ring that it takes with its header */
};

/* The frame at d->at; @ready bytes from there on may be read, 4 at least. */
static enum frame_state look(const struct rtl8139_device *d, uint32_t ready, struct frame *frame)
{
	uint32_t header = plx_read32_relaxed(d->ring + d->at);
	uint32_t len = header >> RSR_LEN_SHIFT;

	if (len == RTL_RX_UNFINISHED)
		return PARTIAL;
	frame->len = len - RTL_FCS;
	frame->extent = (RTL_RX_HEADER + len + 3) & ~3u;
	if ((header & (RSR_ROK | RSR_ERRORS)) != RSR_ROK || len < RTL_ETH_HDR + RTL_FCS ||
	    frame->extent > d->ring_size)
		return IMPOSSIBLE;
	return frame->extent <= ready ? WHOLE : PARTIAL;
}

static void skip(struct rtl8139_device *d, uint32_t *ready, const struct frame *frame)
{
	d->at = (d->at + frame->extent) & (d->ring_size - 1);
	d->partial = 0;
	*ready -= frame->extent;
}

/* How much there is to read by CBR's word; false: it is outside of the ring. */
static bool ready_to(const struct rtl8139_device *d, uint16_t cbr, uint32_t *ready)
{
	*ready = ((cbr & ~3u) - d->at) & (d->ring_size - 1);
	return cbr < d->ring_size;
}

static unsigned count_left(struct rtl8139_device *d)
{
	struct frame frame;
	uint32_t ready;
	unsigned n = 0;

	if (!ready_to(d, plx_raw_in16(d->io + RTL_CBR), &ready))
		return 0;
	for (; ready && look(d, ready, &frame) == WHOLE; n++)
		skip(d, &ready, &frame);
	return n;
}

int plx_rtl8139_rx_restart(struct rtl8139_device *d)
{
	int err;

	plx_raw_out8(d->io + RTL_CR, CR_TE);
	err = plx_rtl8139_wait_cr(d, CR_RE, "the reception of a frame");
	if (err) {
		d->rx_failed = *plx_last_error();
		return err;
	}
	plx_rtl8139_take_errors(d);
	plx_count(&d->abandoned, count_left(d));
	plx_rtl8139_rx_start(d);
	return 0;
}

/* The card contradicts itself, or hangs. */
static void recover(struct rtl8139_device *d)
{
	rtl8139_count(d, RTL_RX_RESTART, 1);
	plx_rtl8139_rx_restart(d);
}

static void reject(struct rtl8139_rxq *q, struct rtl8139_device *d)
{
	plx_count(&q->base.counts.drops[PLX_DROP_DEVICE], 1);
	recover(d);
}

/* The frame at d->at is not all there. Return: true when it should be by now. */
static bool hangs(struct rtl8139_device *d)
{
	uint64_t now = rtl8139_now();

	if (!d->partial)
		d->partial = now;
	return now - d->partial >= WHOLE_DEADLINE;
}

/* --- bursts --- */

/* Bytes from @from of the ring on, which goes on at its beginning. */
static void copy_out(const struct rtl8139_device *d, uint8_t *to, uint32_t from, uint32_t len)
{
	uint32_t first = d->ring_size - from;

	if (first > len)
		first = len;
	memcpy(to, d->ring + from, first);
	memcpy(to + first, d->ring, len - first);
}

/* Copy a frame into the next buffers. Return: false when there are too few. */
static bool give(const struct rtl8139_rxq *q, const struct rtl8139_device *d, struct burst *b,
		 uint32_t len)
{
	uint32_t mask = d->ring_size - 1, from = (d->at + RTL_RX_HEADER) & mask;

	if (plx_entries(len, q->room) > b->got - b->used)
		return false;
	b->frames++;
	b->bytes += len;
	while (len) {
		struct plx_pkt *pkt = &b->pkts[b->used++];

		pkt->len = (uint16_t)(len < q->room ? len : q->room);
		copy_out(d, pkt->data, from, pkt->len);
		from = (from + pkt->len) & mask;
		len -= pkt->len;
		if (len)
			pkt->flags |= PLX_PKT_MORE;
	}
	return true;
}

/* Take the next frame. Return: false when this burst can take no more. */
static bool take(struct rtl8139_rxq *q, struct rtl8139_device *d, struct burst *b)
{
	struct frame frame;
	enum frame_state state = look(d, b->ready, &frame);

	if (state == IMPOSSIBLE || (state == PARTIAL && hangs(d)))
		reject(q, d);
	if (state != WHOLE)
		return false;
	if (frame.len > q->longest)
		plx_count(&q->base.counts.drops[PLX_DROP_TOO_LONG], 1);
	else if (!give(q, d, b, frame.len))
		return false;
	skip(d, &b->ready, &frame);
	return true;
}

/* Buffers for what is there; frames are of 64 bytes at least, by which they may be too many. */
static void reserve(const struct rtl8139_rxq *q, struct burst *b)
{
	unsigned want = b->ready / 64 + q->base.max_entries;

	b->got = plx_pool_get(q->base.pool, &q->like, b->pkts, want < b->n ? want : b->n);
}

/*
 * An overflow of the ring or the FIFO lasts until ISR is told, after CAPR (Realtek, "RTL8139(A/B)
 * Programming guide"). One while the ring is empty does not end by that.
 */
static void look_after(struct rtl8139_device *d, bool empty)
{
	uint16_t isr = plx_rtl8139_take_errors(d);

	if (empty && isr & ISR_RXOVW)
		recover(d);
}

static void receive(struct rtl8139_rxq *q, struct rtl8139_device *d, struct burst *b)
{
	uint16_t cbr = plx_raw_in16(d->io + RTL_CBR);
	uint32_t before = d->at;

	if (cbr == 0xffff && plx_raw_in8(d->io + RTL_CR) == 0xff) {
		plx_nic_removed(&d->nic);
		return;
	}
	if (!ready_to(d, cbr, &b->ready)) {
		reject(q, d);
		return;
	}
	if (!b->ready) {
		if (++q->idle % LOOK_EVERY == 0)
			look_after(d, true);
		return;
	}
	plx_io_rmb();
	reserve(q, b);
	while (b->ready && take(q, d, b))
		;
	if (d->at == before)
		return;
	plx_raw_out16(d->io + RTL_CAPR, (uint16_t)(d->at - 16));
	look_after(d, false);
}

unsigned plx_rtl8139_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct rtl8139_rxq *q = (struct rtl8139_rxq *)base;
	struct rtl8139_device *d = rtl8139_of(base->port);
	struct burst b = { .pkts = pkts, .n = n };

	if (plx_nic_is_gone(&d->nic))
		return 0;
	plx_lock(&d->receiver);
	if (d->receive && !d->rx_failed.err)
		receive(q, d, &b);
	plx_unlock(&d->receiver);
	if (b.got > b.used)
		plx_pkt_free(pkts + b.used, b.got - b.used);
	plx_count_burst(&base->counts, b.frames, b.bytes);
	return b.used;
}

/* --- the queue --- */

int plx_rtl8139_rxq_status(struct plx_rxq *base)
{
	struct rtl8139_device *d = rtl8139_of(base->port);
	int err = plx_nic_status(&d->nic, NULL, 0);

	if (err)
		return err;
	plx_lock(&d->receiver);
	if (d->rx_failed.err)
		err = plx_fail_again(&d->rx_failed);
	plx_unlock(&d->receiver);
	return err;
}

int plx_rtl8139_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	return plx_check_rx_pools(port, conf, rtl8139_longest(conf->mtu));
}

static void set_longest(struct rtl8139_rxq *q, uint16_t mtu)
{
	q->longest = rtl8139_longest(mtu);
	q->base.max_entries = (uint16_t)plx_entries(q->longest, q->room);
}

int plx_rtl8139_set_mtu(struct plx_port *port, uint16_t mtu)
{
	if (!port->n_rxq)
		return 0;
	set_longest((struct rtl8139_rxq *)port->rxqs[0], mtu);
	port->rx_max_entries = port->rxqs[0]->max_entries;
	return 0;
}

int plx_rtl8139_init_rxq(struct plx_rxq *base)
{
	struct rtl8139_rxq *q = (struct rtl8139_rxq *)base;
	struct rtl8139_device *d = rtl8139_of(base->port);
	struct plx_pool_info pool;

	d->missed = 0;
	atomic_init(&d->abandoned, 0);
	plx_pool_info(base->pool, &pool);
	q->room = pool.data_room;
	q->like.port = base->port_number;
	q->like.pool = pool.number;
	set_longest(q, base->port->mtu);
	return base->port->interrupts ? plx_nic_irq_on(&d->nic) : 0;
}

void plx_rtl8139_exit_rxq(struct plx_rxq *base)
{
	plx_nic_irq_off(&rtl8139_of(base->port)->nic);
}

void plx_rtl8139_rxq_info(struct plx_rxq *base, struct plx_queue_info *info)
{
	const struct rtl8139_device *d = rtl8139_of(base->port);

	snprintf(info->how, sizeof(info->how),
		 "a ring of %u KiB in shared memory at IOVA 0x%llx, copied into the pool",
		 d->ring_size / 1024, (unsigned long long)d->ring_iova);
}
