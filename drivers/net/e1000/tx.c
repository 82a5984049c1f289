/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending.
 *
 * Frames of one entry that ask for nothing go through plain(), a batch at a time: a legacy
 * descriptor each. All others are laid out by odd_frame(), behind a context descriptor where the
 * card does not have theirs yet.
 *
 * The card reports the last descriptor of a batch (RS). These descriptors are remembered (marks),
 * and no other report is believed: what was sent up to there goes back to its pools, in order. All
 * that is kept of a packet is an address in its buffer; its pool is mostly that of its neighbours
 * (runs).
 */
#include "e1000.h"

#include <endian.h>

#define MIN_LEN     17        /* what the card can pad (TCTL.PSP) */
#define MAX_HEADERS UINT8_MAX /* of a segmented frame: HDRLEN */

#define TX_ODD (PLX_PKT_MORE | PLX_PKT_SHARED | PLX_PKT_TX_WORK)

/* --- what was sent --- */

/* The longest frame that the card sends, without FCS. */
static uint32_t longest(const struct e1000_txq *q)
{
	return q->device->model->max_frame - FCS_LEN;
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void plx_e1000_tx_limits(struct e1000_txq *q)
{
	const bool pcix =
		!q->device->model->pcie && e1000_read(q->device, E1000_STATUS) & E1000_STATUS_PCIX;

	q->piece = pcix ? E1000_MAX_DATA_PCIX : E1000_MAX_DATA;
	q->plain_max = less(longest(q), q->piece);
}

/* The slots up to the tail, of which @n are new, are alike from now on; what they hold is held. */
static void keep(struct e1000_txq *q, uint16_t pool, bool shared, unsigned n)
{
	struct e1000_run *last = &q->runs[(q->run_tail - 1) & q->ring.mask];

	if (!shared) /* those count as their owners' */
		plx_pool_hold(pool, n, PLX_HOLD_TX);
	if (q->run_head == q->run_tail || last->pool != pool || last->shared != shared) {
		last = &q->runs[q->run_tail++ & q->ring.mask];
		last->pool = pool;
		last->shared = shared;
	}
	last->end = q->ring.tail;
}

static void free_shared(uint16_t pool, uint8_t *const *data, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct plx_pkt pkt = { .data = data[i],
					     .pool = pool,
					     .flags = PLX_PKT_SHARED };

		plx_pkt_free(&pkt, 1);
	}
}

/* Slots up to @end are the driver's again, and their buffers the pools'. */
static void free_sent(struct e1000_txq *q, uint32_t end)
{
	struct e1000_ring *ring = &q->ring;

	while (ring->head != end) {
		const struct e1000_run *run = &q->runs[q->run_head & ring->mask];
		uint32_t slot = ring->head & ring->mask;
		uint32_t n = less(end - ring->head, run->end - ring->head);

		n = less(n, ring->mask + 1 - slot);
		if (run->shared)
			free_shared(run->pool, &q->sent[slot], n);
		else
			plx_pool_free_held(run->pool, &q->sent[slot], n, PLX_HOLD_TX);
		ring->head += n;
		q->run_head += ring->head == run->end;
	}
}

static bool is_done(const struct e1000_desc *desc)
{
	return le64toh(__atomic_load_n(&desc->hi, __ATOMIC_ACQUIRE)) & E1000_TXD_DD;
}

static void reclaim(struct e1000_txq *q)
{
	uint32_t end = q->ring.head;

	for (; q->mark_head != q->mark_tail; q->mark_head++) {
		uint32_t next = q->marks[q->mark_head & q->ring.mask];

		if (!is_done(e1000_slot(&q->ring, next - 1)))
			break;
		end = next;
	}
	free_sent(q, end);
}

/* Have the card report the last descriptor. */
static void mark(struct e1000_txq *q)
{
	const uint32_t tail = q->ring.tail;

	if (q->marked == tail)
		return;
	plx_write64_relaxed(&e1000_slot(&q->ring, tail - 1)->hi, q->last | E1000_TXD_RS);
	q->marks[q->mark_tail++ & q->ring.mask] = tail;
	q->marked = tail;
}

/* --- a batch of plain frames --- */

/* Return: frames from the first on that are such, are of one pool, and have room. */
static inline unsigned plain(struct e1000_txq *q, const struct plx_pkt *pkts, unsigned n,
			     uint64_t *bytes)
{
	const uint32_t slot = q->ring.tail & q->ring.mask;
	const uint64_t offset = plx_nic_offset(&q->device->nic, pkts[0].pool);
	const uint64_t span = q->plain_max - MIN_LEN;
	const uint16_t pool = pkts[0].pool;
	struct e1000_desc *desc = q->ring.desc + slot;
	uint8_t **sent = q->sent + slot;
	const uint64_t options = E1000_TXD_EOP | E1000_TXD_IFCS; /* of bits that no length has */
	uint64_t sum = 0;
	unsigned i;

	if (offset == PLX_NIC_NO_POOL || q->after_tso)
		return 0;
	n = less(less(n, E1000_BATCH), less(e1000_room(&q->ring), q->ring.mask + 1 - slot));
#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		uint64_t len = pkts[i].len;

		if (pkts[i].flags & TX_ODD || pkts[i].pool != pool || len - MIN_LEN > span)
			break;
		sent[i] = pkts[i].data;
		e1000_post(&desc[i], (uintptr_t)sent[i] + offset, len + options);
		sum += len;
	}
	if (!i)
		return 0;
	q->ring.tail += i;
	q->last = pkts[i - 1].len + options;
	keep(q, pool, false, i);
	*bytes += sum;
	return i;
}

/* --- any other frame --- */

struct frame {
	const struct plx_pkt *pkts;
	unsigned entries, descs;
	uint32_t bytes;
	uint32_t flags; /* of the first entry */
	uint32_t piece; /* bytes of a data descriptor at most */
	uint32_t end;   /* bytes of the last one, that is to be short; 0: it need not be */
	bool in_context;
	struct e1000_desc context;
	uint64_t options; /* of its data descriptors' second words */
};

#define SHORT_END 4

/*
 * What the 8254x need to segment (their specification updates; Intel's drivers): of a buffer that
 * makes more than four segments the transmit FIFO may have no room; and the only data descriptor of
 * a segmented frame, as well as that of the next frame, may be reported before it was read.
 */
static void respect_errata(const struct e1000_txq *q, struct frame *f)
{
	const struct plx_pkt *pkt = &f->pkts[0];
	const bool tso = f->flags & PLX_PKT_TX_TSO;
	const uint32_t fifo = less(4 * pkt->mss, q->piece);

	f->piece = q->piece;
	f->end = 0;
	if (q->device->model->pcie)
		return;
	if (tso && pkt->mss)
		f->piece = fifo > MAX_HEADERS ? fifo : MAX_HEADERS;
	if ((tso || q->after_tso) && !(f->flags & PLX_PKT_MORE) && pkt->len > 2 * SHORT_END)
		f->end = SHORT_END;
}

static unsigned pieces(const struct frame *f, uint32_t len)
{
	return f->end ? 1 + (len - f->end + f->piece - 1) / f->piece
		      : (len + f->piece - 1) / f->piece;
}

/* Return: why the frame cannot be sent; PLX_DROP_COUNT_: it can. */
static enum plx_drop measure(const struct e1000_txq *q, struct frame *f)
{
	enum plx_drop why = PLX_DROP_COUNT_;

	f->flags = f->pkts[0].flags;
	respect_errata(q, f);
	do {
		const struct plx_pkt *pkt = &f->pkts[f->entries++];

		if (!pkt->len)
			why = PLX_DROP_EMPTY;
		else if (!plx_nic_reaches(&q->device->nic, pkt->pool))
			why = PLX_DROP_NOT_MAPPED;
		f->bytes += pkt->len;
		f->descs += pieces(f, pkt->len);
	} while (f->pkts[f->entries - 1].flags & PLX_PKT_MORE);
	if (why != PLX_DROP_COUNT_)
		return why;
	if (f->bytes < MIN_LEN)
		return PLX_DROP_INVALID;
	if ((f->bytes > longest(q) && !(f->flags & PLX_PKT_TX_TSO)) || f->descs >= E1000_MAX_DESCS)
		return PLX_DROP_TOO_LONG;
	return f->flags & PLX_PKT_TX_WORK & ~q->work ? PLX_DROP_OFFLOAD : PLX_DROP_COUNT_;
}

static uint32_t sum16(const uint8_t *bytes, unsigned n)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < n; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/*
 * What the card computes for each segment is to be zero in the headers: the IP length and checksum.
 * The TCP checksum's field is to hold the sum of the pseudo header without its length.
 */
static void prepare_headers(const struct plx_pkt *pkt, bool v4)
{
	uint8_t *ip = pkt->data + pkt->l2_len, *tcp = ip + pkt->l3_len;
	uint32_t sum = 6 + (v4 ? sum16(ip + 12, 8) : sum16(ip + 8, 32));

	put16(ip + (v4 ? 2 : 4), 0);
	if (v4)
		put16(ip + 10, 0);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(tcp + 16, (sum & 0xffff) + (sum >> 16));
}

/* TCP segmentation: the headers are written, so they must be in one piece, and nobody else's. */
static enum plx_drop segment(const struct e1000_txq *q, struct frame *f)
{
	const struct plx_pkt *pkt = &f->pkts[0];
	const uint32_t headers = pkt->l2_len + pkt->l3_len + pkt->l4_len;
	uint8_t version;

	if (pkt->flags & PLX_PKT_SHARED)
		return PLX_DROP_OFFLOAD;
	if (pkt->l4_len < 20 || headers > MAX_HEADERS || headers > pkt->len ||
	    headers >= f->bytes || !pkt->mss || headers + pkt->mss > longest(q))
		return PLX_DROP_INVALID;
	version = pkt->data[pkt->l2_len] >> 4;
	if (version != 4 && (version != 6 || pkt->l3_len < 40))
		return PLX_DROP_INVALID;
	f->options |= E1000_TXD_TSE | E1000_TXD_TXSM | (version == 4 ? E1000_TXD_IXSM : 0);
	f->context.hi |= E1000_TXD_TSE | E1000_TXC_TCP | (version == 4 ? E1000_TXC_IPV4 : 0) |
			 (f->bytes - headers) | (uint64_t)headers << E1000_TXC_HDRLEN |
			 (uint64_t)pkt->mss << E1000_TXC_MSS;
	return PLX_DROP_COUNT_;
}

/* Checksums: where headers begin and their sums go. What is summed goes on to the frame's end. */
static enum plx_drop describe(const struct e1000_txq *q, struct frame *f)
{
	const struct plx_pkt *pkt = &f->pkts[0];
	const uint32_t l3 = pkt->l2_len, l4 = l3 + pkt->l3_len;
	const uint32_t field = l4 + (f->flags & PLX_PKT_TX_UDP_CSUM ? 6 : 16);

	if (f->flags & PLX_PKT_TX_VLAN)
		f->options |= E1000_TXD_VLE | (uint64_t)pkt->vlan << E1000_TXD_TAG;
	f->in_context = f->flags & PLX_PKT_TX_WORK & ~(uint32_t)PLX_PKT_TX_VLAN;
	if (!f->in_context)
		return PLX_DROP_COUNT_;
	if (l3 < ETH_HDR || pkt->l3_len < 20 || field > UINT8_MAX)
		return PLX_DROP_INVALID;
	f->options |= E1000_TXD_DEXT | E1000_TXD_DTYP;
	f->context.lo =
		l3 | (l3 + 10) << 8 | (l4 - 1) << 16 | (uint64_t)l4 << 32 | (uint64_t)field << 40;
	f->context.hi = E1000_TXD_DEXT;
	if (f->flags & PLX_PKT_TX_TSO)
		return segment(q, f);
	if (f->flags & PLX_PKT_TX_IP_CSUM)
		f->options |= E1000_TXD_IXSM;
	if (f->flags & (PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM)) {
		f->options |= E1000_TXD_TXSM;
		if (field + 2 > f->bytes)
			return PLX_DROP_INVALID;
	}
	if (f->flags & PLX_PKT_TX_TCP_CSUM)
		f->context.hi |= E1000_TXC_TCP;
	return l4 > f->bytes ? PLX_DROP_INVALID : PLX_DROP_COUNT_;
}

/* A descriptor, and with the last one of a packet, the packet. */
static void put(struct e1000_txq *q, const struct plx_pkt *pkt, uint64_t lo, uint64_t hi)
{
	e1000_post(e1000_slot(&q->ring, q->ring.tail), lo, hi);
	if (pkt)
		q->sent[q->ring.tail & q->ring.mask] = pkt->data;
	q->ring.tail++;
	q->last = hi;
	keep(q, pkt ? pkt->pool : 0, pkt && pkt->flags & PLX_PKT_SHARED, 1);
}

static void put_entry(struct e1000_txq *q, const struct frame *f, const struct plx_pkt *pkt)
{
	uint64_t iova = plx_nic_iova(&q->device->nic, pkt->pool, pkt->data);
	uint32_t left = pkt->len, len;

	for (; left > f->piece || (f->end && left > f->end); left -= len, iova += len) {
		len = less(left - f->end, f->piece);
		put(q, NULL, iova, f->options | len);
	}
	put(q, pkt, iova, f->options | left | (pkt->flags & PLX_PKT_MORE ? 0 : E1000_TXD_EOP));
}

/* It is kept by the card: the frames of a connection often share one. */
static bool has_context(const struct e1000_txq *q, const struct frame *f)
{
	return !f->in_context || (q->context.lo == f->context.lo && q->context.hi == f->context.hi);
}

static bool send_frame(struct e1000_txq *q, const struct frame *f)
{
	if (f->descs + !has_context(q, f) > e1000_room(&q->ring))
		return false;
	if (!has_context(q, f)) {
		put(q, NULL, f->context.lo, f->context.hi);
		q->context = f->context;
	}
	if (f->flags & PLX_PKT_TX_TSO)
		prepare_headers(&f->pkts[0], f->options & E1000_TXD_IXSM);
	for (unsigned i = 0; i < f->entries; i++)
		put_entry(q, f, &f->pkts[i]);
	q->after_tso = f->flags & PLX_PKT_TX_TSO && !q->device->model->pcie;
	return true;
}

/* Send one frame, or drop it. Return: its entries; 0: there is no room. */
static __attribute__((noinline)) unsigned odd_frame(struct e1000_txq *q, const struct plx_pkt *pkts,
						    unsigned *frames, uint64_t *bytes)
{
	struct frame f = { .pkts = pkts, .options = E1000_TXD_IFCS };
	enum plx_drop why = measure(q, &f);

	if (why == PLX_DROP_COUNT_)
		why = describe(q, &f);
	if (why != PLX_DROP_COUNT_) {
		plx_count(&q->base.counts.drops[why], 1);
		plx_pkt_free(pkts, f.entries);
		return f.entries;
	}
	if (!send_frame(q, &f))
		return 0;
	*frames += 1;
	*bytes += f.bytes;
	return f.entries;
}

/* --- the burst --- */

unsigned plx_e1000_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n)
{
	struct e1000_txq *q = (struct e1000_txq *)base;
	const uint32_t begin = q->ring.tail;
	unsigned taken = 0, frames = 0, k;
	uint64_t bytes = 0;

	reclaim(q);
	n = plx_whole_frames(pkts, n);
	while (taken < n) {
		k = plain(q, pkts + taken, n - taken, &bytes);
		frames += k;
		if (!k)
			k = odd_frame(q, pkts + taken, &frames, &bytes);
		if (!k)
			break;
		taken += k;
		if (q->ring.tail - q->marked >= E1000_BATCH)
			mark(q);
	}
	if (q->ring.tail == begin)
		return taken;
	mark(q);
	e1000_ring_doorbell(q->device, &q->ring);
	plx_count_burst(&base->counts, frames, bytes);
	return taken;
}

void plx_e1000_txq_drain(struct e1000_txq *q)
{
	free_sent(q, q->ring.tail);
}

void plx_e1000_txq_desc(struct plx_txq *base, unsigned index, char *text, size_t size)
{
	const struct e1000_txq *q = (const struct e1000_txq *)base;
	const struct e1000_desc *desc = e1000_slot(&q->ring, index);
	uint64_t lo = plx_read64_relaxed(&desc->lo), hi = plx_read64_relaxed(&desc->hi);

	if (hi & E1000_TXD_DEXT && !(hi & E1000_TXD_DTYP))
		snprintf(text, size, "context 0x%016llx 0x%016llx", (unsigned long long)lo,
			 (unsigned long long)hi);
	else
		snprintf(text, size, "%s: %u bytes at IOVA 0x%llx%s%s",
			 hi & E1000_TXD_DD ? "done" : "data", (unsigned)(hi & 0xfffff),
			 (unsigned long long)lo, hi & E1000_TXD_EOP ? ", EOP" : "",
			 hi & E1000_TXD_RS ? ", RS" : "");
}
