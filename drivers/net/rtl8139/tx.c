/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue: four descriptors, which are registers, used in turn, each with the map
 * register of the same number (datasheet, TSD, TSAD).
 *
 * A descriptor takes a frame in one piece below 4 GiB, from a multiple of 4 on. Where the card
 * reaches a frame's buffer, it is sent from there (plx_port_use_pool()); elsewhere the map register
 * copies it. A frame in many pieces, one that has to be padded and one that begins elsewhere is put
 * together in shared memory first, which NDIS drivers call coalescing.
 */
#include "rtl8139.h"

#include <errno.h>
#include <string.h>

#define TX_DEADLINE 2000000 /* us: 16 collisions at 10 Mbit/s take 0.4 s */
#define TX_RETRY    10000   /* us */
#define TX_DRAIN    100000  /* us */

#define TCR (TCR_IFG_STANDARD | TCR_MXDMA_2048)

/* Send when the frame is in the FIFO: then this does not run empty. */
#define WHOLE_FRAME (RTL_TX_MAX / 32u << TSD_ERTXTH_SHIFT)

static struct rtl8139_desc *desc_of(struct rtl8139_txq *q, uint32_t number)
{
	return &q->descs[number % RTL_TX_DESCS];
}

static plx_ioport_t tsd(const struct rtl8139_device *d, uint32_t number)
{
	return d->io + RTL_TSD0 + 4 * (number % RTL_TX_DESCS);
}

static plx_ioport_t tsad(const struct rtl8139_device *d, uint32_t number)
{
	return d->io + RTL_TSAD0 + 4 * (number % RTL_TX_DESCS);
}

static void drop(struct rtl8139_txq *q, enum plx_drop why)
{
	plx_count(&q->base.counts.drops[why], 1);
}

/* --- what the card is done with --- */

/* The oldest descriptor is the driver's again. */
static void complete(struct rtl8139_txq *q, struct rtl8139_device *d, bool sent)
{
	struct rtl8139_desc *desc = desc_of(q, q->tail);

	plx_mapreg_complete(d->nic.dev, &desc->buf, q->tail % RTL_TX_DESCS);
	if (desc->pkt.pool) {
		plx_pkts_unhold(&desc->pkt, 1, PLX_HOLD_TX);
		plx_pkt_free(&desc->pkt, 1);
	}
	if (!sent) { /* it was counted too early */
		plx_count(&q->base.counts.packets, -(uint64_t)1);
		plx_count(&q->base.counts.bytes, -(uint64_t)desc->bytes);
		drop(q, PLX_DROP_WRITE);
	}
	q->tail++;
}

/* The card gave up after 16 collisions, and waits to be told to try the same frame again. */
static void retry(struct rtl8139_device *d, struct rtl8139_desc *desc)
{
	uint64_t now = rtl8139_now();

	if (desc->retried && now - desc->retried < TX_RETRY)
		return;
	desc->retried = now;
	rtl8139_count(d, RTL_TX_ABORT, 1);
	plx_raw_out32(d->io + RTL_TCR, TCR | TCR_CLRABT);
}

/* Without a link nothing gets done, and nobody is to blame. */
static void check_deadline(struct rtl8139_txq *q, struct rtl8139_device *d,
			   struct rtl8139_desc *desc)
{
	uint64_t now = rtl8139_now();

	if (now - desc->since < TX_DEADLINE)
		return;
	desc->since = now;
	if (plx_raw_in8(d->io + RTL_MSR) & MSR_LINKB)
		return;
	rtl8139_count(d, RTL_TX_TIMEOUT, 1);
	plx_fail(-ETIMEDOUT, PLX_R_TIMEOUT, d->nic.base.spec,
		 "%s did not send a frame within %u s: stop it and start it again",
		 d->nic.base.spec, TX_DEADLINE / 1000000);
	q->failed = *plx_last_error();
}

static void count_status(struct rtl8139_device *d, uint32_t status)
{
	if (status & TSD_CRS)
		rtl8139_count(d, RTL_TX_CARRIER_LOST, 1);
	if (status & TSD_OWC)
		rtl8139_count(d, RTL_TX_LATE_COLLISION, 1);
	if (status & TSD_TUN)
		rtl8139_count(d, RTL_TX_UNDERRUN, 1);
	rtl8139_count(d, RTL_TX_COLLISIONS, status >> TSD_NCC_SHIFT & 15);
}

/* Is the card done with the oldest frame? Then the descriptor is free. */
static bool reclaim_one(struct rtl8139_txq *q, struct rtl8139_device *d)
{
	struct rtl8139_desc *desc = desc_of(q, q->tail);
	uint32_t status = plx_raw_in32(tsd(d, q->tail));

	if (status == UINT32_MAX) {
		plx_nic_removed(&d->nic);
		return false;
	}
	if (status & TSD_OWN && status & (TSD_TOK | TSD_TUN)) {
		count_status(d, status);
		complete(q, d, status & TSD_TOK);
		return true;
	}
	if (status & TSD_OWN && status & TSD_TABT)
		retry(d, desc);
	check_deadline(q, d, desc);
	return false;
}

static void reclaim(struct rtl8139_txq *q, struct rtl8139_device *d)
{
	while (q->tail != q->head && reclaim_one(q, d))
		;
}

/* --- bursts --- */

/* Return: why it cannot be sent; PLX_DROP_COUNT_: it can. */
static enum plx_drop check(const struct rtl8139_device *d, const struct plx_pkt *pkts,
			   const struct plx_frame_size *frame)
{
	if (frame->bytes < RTL_ETH_HDR)
		return frame->bytes ? PLX_DROP_INVALID : PLX_DROP_EMPTY;
	if (frame->bytes > RTL_TX_MAX)
		return PLX_DROP_TOO_LONG;
	if (pkts->flags & PLX_PKT_TX_WORK)
		return PLX_DROP_OFFLOAD;
	if (atomic_load_explicit(&d->silent, memory_order_relaxed))
		return PLX_DROP_NO_PEER;
	return PLX_DROP_COUNT_;
}

/* Put a frame together in the shared memory of the next descriptor, padded. */
static struct plx_buf coalesce(const struct rtl8139_txq *q, struct rtl8139_device *d,
			       const struct plx_pkt *pkts, const struct plx_frame_size *frame)
{
	uint8_t *const begin = d->coalesce + q->head % RTL_TX_DESCS * RTL_TX_MAX, *to = begin;

	for (unsigned i = 0; i < frame->entries; to += pkts[i++].len)
		memcpy(to, pkts[i].data, pkts[i].len);
	while (to < begin + RTL_ETH_MIN)
		*to++ = 0;
	rtl8139_count(d, RTL_TX_COALESCED, 1);
	return (struct plx_buf){ .va = begin, .len = (uint32_t)(to - begin) };
}

/* Give the next descriptor, which is free, to the card. */
static void ring(struct rtl8139_txq *q, struct rtl8139_device *d, const struct plx_dma_seg *seg)
{
	plx_raw_out32(tsad(d, q->head), (uint32_t)seg->iova);
	plx_io_wmb();
	plx_raw_out32(tsd(d, q->head), WHOLE_FRAME | seg->len);
	q->head++;
}

/*
 * TSAD is a multiple of 4: the datasheet does not say so, drivers of the card have found it (Linux'
 * 8139too). IOVAs of buffers differ from their addresses by whole pages.
 */
static bool needs_copy(const struct plx_pkt *pkts, const struct plx_frame_size *frame)
{
	return frame->entries > 1 || frame->bytes < RTL_ETH_MIN || (uintptr_t)pkts->data % 4;
}

/* Hand a frame to the card. Return: false when it cannot be mapped, and stays the caller's. */
static bool send(struct rtl8139_txq *q, struct rtl8139_device *d, const struct plx_pkt *pkts,
		 const struct plx_frame_size *frame)
{
	const bool copy = needs_copy(pkts, frame);
	struct rtl8139_desc *desc = desc_of(q, q->head);
	struct plx_dma_seg seg;
	uint32_t n = 1;

	*desc = (struct rtl8139_desc){ .bytes = frame->bytes, .since = rtl8139_now() };
	desc->buf = copy ? coalesce(q, d, pkts, frame)
			 : (struct plx_buf){ .va = pkts->data, .len = pkts->len };
	if (plx_mapreg_start(d->nic.dev, &desc->buf, q->head % RTL_TX_DESCS, true, &seg, &n))
		return false;
	if (copy) {
		plx_pkt_free(pkts, frame->entries);
	} else {
		plx_pkts_hold(pkts, 1, PLX_HOLD_TX);
		desc->pkt = *pkts;
	}
	ring(q, d, &seg);
	plx_count_burst(&q->base.counts, 1, frame->bytes);
	return true;
}

/* Is there a free descriptor? */
static bool have_room(struct rtl8139_txq *q, struct rtl8139_device *d)
{
	if (q->head - q->tail == RTL_TX_DESCS)
		reclaim(q, d);
	return q->head - q->tail < RTL_TX_DESCS;
}

unsigned plx_rtl8139_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n)
{
	struct rtl8139_txq *q = (struct rtl8139_txq *)base;
	struct rtl8139_device *d = rtl8139_of(base->port);
	unsigned taken = 0;

	if (q->failed.err || plx_nic_is_gone(&d->nic))
		return 0;
	n = plx_whole_frames(pkts, n);
	reclaim(q, d);
	while (taken < n && have_room(q, d)) {
		struct plx_frame_size frame = plx_first_frame(pkts + taken);
		enum plx_drop why = check(d, pkts + taken, &frame);

		if (why == PLX_DROP_COUNT_ && !send(q, d, pkts + taken, &frame))
			why = PLX_DROP_INVALID;
		if (why != PLX_DROP_COUNT_) {
			drop(q, why);
			plx_pkt_free(pkts + taken, frame.entries);
		}
		taken += frame.entries;
	}
	return taken;
}

/* --- the queue --- */

void plx_rtl8139_tx_start(struct rtl8139_txq *q)
{
	plx_raw_out32(rtl8139_of(q->base.port)->io + RTL_TCR, TCR);
	q->head = q->tail = 0; /* a reset begins at descriptor 0 again */
	q->failed.err = 0;
}

void plx_rtl8139_tx_drain(struct rtl8139_txq *q)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	struct rtl8139_device *d = rtl8139_of(q->base.port);
	const uint64_t end = rtl8139_now() + TX_DRAIN;

	reclaim(q, d);
	while (q->tail != q->head && !q->failed.err && !plx_nic_is_gone(&d->nic) &&
	       rtl8139_now() < end) {
		nanosleep(&pause, NULL);
		reclaim(q, d);
	}
}

void plx_rtl8139_tx_stop(struct rtl8139_txq *q)
{
	while (q->tail != q->head)
		complete(q, rtl8139_of(q->base.port), false);
}

int plx_rtl8139_init_txq(struct plx_txq *base)
{
	(void)base;
	return 0;
}

/* Pools are known until the next configuration. */
void plx_rtl8139_exit_txq(struct plx_txq *base)
{
	plx_nic_unmap_pools(&rtl8139_of(base->port)->nic);
}

int plx_rtl8139_txq_status(struct plx_txq *base)
{
	const struct rtl8139_txq *q = (const struct rtl8139_txq *)base;
	int err = plx_nic_status(&rtl8139_of(base->port)->nic, NULL, 0);

	return err || !q->failed.err ? err : plx_fail_again(&q->failed);
}

void plx_rtl8139_txq_info(struct plx_txq *base, struct plx_queue_info *info)
{
	(void)base;
	snprintf(info->how, sizeof(info->how),
		 "four descriptors, a map register each: from pools that the card reaches without "
		 "a copy");
}

void plx_rtl8139_txq_desc(struct plx_txq *base, unsigned index, char *text, size_t size)
{
	const struct rtl8139_device *d = rtl8139_of(base->port);
	uint32_t status = plx_raw_in32(tsd(d, index));

	snprintf(text, size, "address %08x size %u%s%s%s%s", plx_raw_in32(tsad(d, index)),
		 status & TSD_SIZE, status & TSD_OWN ? " OWN" : "", status & TSD_TOK ? " TOK" : "",
		 status & TSD_TUN ? " TUN" : "", status & TSD_TABT ? " TABT" : "");
}
