/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receiving.
 *
 * All slots that can be are posted with buffers of the pool; what is received leaves its buffer to
 * the packet, and free slots are filled again a batch at a time, with one doorbell. A frame that
 * is one sound entry, as nearly all are, is known by one comparison of its status and one of its
 * length; all others go through odd_frame().
 *
 * Without buffers in the pool slots stay free. The card drops what comes then, and counts it (MPC).
 */
#include "e1000.h"

#include <endian.h>
#include <string.h>

#define MAX_CHAIN 64 /* entries of the longest frame: 16 KiB in buffers of 256 bytes */

/* Where the parts of a descriptor's second word are: regs.h. */
struct layout {
	unsigned status, errors, length;
};

static const struct layout legacy = { 32, 40, 0 }, extended = { 0, 24, 32 };

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE struct layout layout_of(bool ext)
{
	return ext ? extended : legacy;
}

/* One whole frame without an error? */
static ALWAYS_INLINE bool is_whole(struct layout at, uint64_t word)
{
	const uint64_t status = E1000_RXD_DD | E1000_RXD_EOP;

	return (word & (status << at.status | (uint64_t)E1000_RXE_BAD << at.errors)) ==
	       status << at.status;
}

static ALWAYS_INLINE uint64_t length(struct layout at, uint64_t word)
{
	return (uint16_t)(word >> at.length);
}

/* The card writes what comes after the status before it: it is read after it. */
static ALWAYS_INLINE uint64_t read_status(const struct e1000_desc *desc)
{
	return le64toh(__atomic_load_n(&desc->hi, __ATOMIC_ACQUIRE));
}

/* Has the card written the descriptor at the head? */
static bool is_done(const struct e1000_rxq *q)
{
	return q->ring.head != q->ring.tail &&
	       read_status(e1000_slot(&q->ring, q->ring.head)) >> layout_of(q->extended).status &
		       E1000_RXD_DD;
}

/* --- what the card found --- */

/* Checksum verdicts, by the bits that say what was looked at: of no use with IXSM. */
static ALWAYS_INLINE uint32_t checksums(uint32_t status, uint32_t errors)
{
	uint32_t flags = 0;

	if (status & E1000_RXD_IXSM)
		return 0;
	if (status & E1000_RXD_IPCS)
		flags |= errors & E1000_RXE_IPE ? PLX_PKT_RX_IP_BAD : PLX_PKT_RX_IP_GOOD;
	if (status & (E1000_RXD_TCPCS | E1000_RXD_UDPCS))
		flags |= errors & E1000_RXE_TCPE ? PLX_PKT_RX_L4_BAD : PLX_PKT_RX_L4_GOOD;
	return flags;
}

static ALWAYS_INLINE void set_found(struct plx_pkt *pkt, const struct e1000_rxq *q,
				    const struct e1000_desc *desc, uint64_t word, bool ext)
{
	const struct layout at = layout_of(ext);
	const uint32_t offloads = q->base.port->offloads;
	uint32_t status = (uint32_t)(word >> at.status);

	if (offloads & PLX_OFFLOAD_RX_CSUM)
		pkt->flags |= checksums(status, (uint32_t)(word >> at.errors));
	if (status & E1000_RXD_VP && offloads & PLX_OFFLOAD_RX_VLAN_STRIP) {
		pkt->flags |= PLX_PKT_RX_VLAN;
		pkt->vlan = (uint16_t)(word >> 48);
	}
	if (ext && offloads & PLX_OFFLOAD_RX_HASH) {
		uint64_t hash = plx_read64_relaxed(&desc->lo);

		if (hash & E1000_RXD_RSS_TYPE) {
			pkt->flags |= PLX_PKT_RX_HASH;
			pkt->hash = (uint32_t)(hash >> 32);
		}
	}
}

/* --- frames that are not one sound entry --- */

/* What is to be done with it. */
enum verdict { WAIT, GIVE, DROP };

struct frame {
	unsigned entries;
	uint64_t words[MAX_CHAIN]; /* of its descriptors, each read once */
};

static void drop(struct e1000_rxq *q, enum plx_drop why)
{
	if (why == PLX_DROP_ERROR)
		plx_count(&q->errors, 1);
	else
		plx_count(&q->base.counts.drops[why], 1);
}

/* Buffers of the first @n entries go back to the pool. */
static void release(struct e1000_rxq *q, unsigned n)
{
	for (; n; n--)
		plx_pool_give_buffers(q->base.pool, &q->buffers[q->ring.head++ & q->ring.mask], 1);
}

/* The rest of a frame that is dropped, as far as it is there. */
static void skip(struct e1000_rxq *q)
{
	const struct layout at = layout_of(q->extended);

	while (q->skipping && q->ring.head != q->ring.tail) {
		uint64_t word = read_status(e1000_slot(&q->ring, q->ring.head)) >> at.status;

		if (!(word & E1000_RXD_DD))
			return;
		q->skipping = !(word & E1000_RXD_EOP);
		release(q, 1);
	}
}

/* Why the frame is not to be given; PLX_DROP_COUNT_: it is. */
static enum plx_drop judge(const struct e1000_rxq *q, const struct frame *frame, bool ended)
{
	const struct layout at = layout_of(q->extended);
	uint32_t total = 0;
	uint64_t errors = 0;

	for (unsigned i = 0; i < frame->entries; i++) {
		uint64_t len = length(at, frame->words[i]);

		if (!len || len > q->size)
			return PLX_DROP_DEVICE;
		total += len;
		errors |= frame->words[i] >> at.errors;
	}
	if (errors & E1000_RXE_BAD)
		return PLX_DROP_ERROR;
	if (total < ETH_HDR)
		return PLX_DROP_DEVICE;
	return ended ? PLX_DROP_COUNT_ : PLX_DROP_TOO_LONG;
}

/* Look at the frame that begins at the head: all of it must be there, or too much of it. */
static enum verdict look(struct e1000_rxq *q, struct frame *frame)
{
	const struct layout at = layout_of(q->extended);
	bool ended = false;
	enum plx_drop why;

	frame->entries = 0;
	while (!ended && frame->entries < q->base.max_entries) {
		uint32_t index = q->ring.head + frame->entries;
		uint64_t word;

		if (index == q->ring.tail)
			return WAIT;
		word = read_status(e1000_slot(&q->ring, index));
		if (!(word >> at.status & E1000_RXD_DD))
			return WAIT;
		frame->words[frame->entries++] = word;
		ended = word >> at.status & E1000_RXD_EOP;
	}
	why = judge(q, frame, ended);
	if (why == PLX_DROP_COUNT_)
		return GIVE;
	drop(q, why);
	release(q, frame->entries);
	q->skipping = !ended;
	skip(q);
	return DROP;
}

/*
 * Give the frame at the head, if it is there, is sound, and fits. What the card found is said of
 * its last entry, and stands on the first. Return: entries.
 */
static __attribute__((noinline)) unsigned odd_frame(struct e1000_rxq *q, struct plx_pkt *pkts,
						    unsigned n, enum verdict *verdict,
						    uint64_t *bytes)
{
	const struct layout at = layout_of(q->extended);
	struct frame frame;
	unsigned last;

	*verdict = look(q, &frame);
	if (*verdict == GIVE && frame.entries > n)
		*verdict = WAIT;
	if (*verdict != GIVE)
		return 0;
	last = frame.entries - 1;
	for (unsigned i = 0; i <= last; i++, q->ring.head++) {
		pkts[i] = (struct plx_pkt){
			.data = q->buffers[q->ring.head & q->ring.mask],
			.len = (uint16_t)length(at, frame.words[i]),
			.port = q->base.port_number,
			.pool = q->pool,
			.flags = i < last ? PLX_PKT_MORE : 0,
		};
		*bytes += pkts[i].len;
	}
	if (q->found)
		set_found(&pkts[0], q, e1000_slot(&q->ring, q->ring.head - 1), frame.words[last],
			  q->extended);
	return frame.entries;
}

/* --- posting --- */

static void refill(struct e1000_rxq *q)
{
	struct e1000_ring *ring = &q->ring;
	const uint32_t begin = ring->tail;
	const uint64_t offset = q->offset;
	unsigned want, got;

	do {
		uint32_t slot = ring->tail & ring->mask;
		uint8_t **buffers = q->buffers + slot;
		struct e1000_desc *desc = ring->desc + slot;

		want = e1000_room(ring);
		if (want > ring->mask + 1 - slot)
			want = ring->mask + 1 - slot;
		got = plx_pool_take_buffers(q->base.pool, buffers, want);
#pragma GCC unroll 4
		for (unsigned i = 0; i < got; i++)
			e1000_post(&desc[i], (uintptr_t)buffers[i] + offset, 0);
		ring->tail += got;
	} while (got == want && e1000_room(ring));
	if (ring->tail != begin)
		e1000_ring_doorbell(q->device, ring);
}

/*
 * The queue's thread is to own the pool, and need not be the one that starts the port. Where
 * another has it already, the first burst posts.
 */
void plx_e1000_rxq_fill(struct e1000_rxq *q)
{
	refill(q);
	if (q->ring.tail != q->ring.head)
		plx_pool_disown(q->base.pool);
}

/* --- the burst --- */

/* The four members of a packet from `len` on, as one word; the length stays to be added. */
static ALWAYS_INLINE uint64_t fields(const struct e1000_rxq *q)
{
	const struct plx_pkt like = { .port = q->base.port_number, .pool = q->pool };
	uint64_t word;

	memcpy(&word, (const uint8_t *)&like + offsetof(struct plx_pkt, len), sizeof(word));
	return word;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LEN_SHIFT 0
#else
#define LEN_SHIFT 48
#endif

/* A packet in three stores. */
static ALWAYS_INLINE void give(struct plx_pkt *pkt, uint8_t *data, uint64_t fields, uint64_t len)
{
	fields |= len << LEN_SHIFT;
	pkt->data = data;
	memcpy((uint8_t *)pkt + offsetof(struct plx_pkt, len), &fields, sizeof(fields));
	memset((uint8_t *)pkt + offsetof(struct plx_pkt, flags), 0, 16);
}

/*
 * Give whole frames of one entry, from the head on. Return: how many, up to the ring's end or the
 * first slot that holds no such frame. In locals: the compiler must think that pkts[] might be the
 * queue.
 */
static ALWAYS_INLINE unsigned whole_frames(struct e1000_rxq *q, struct plx_pkt *pkts, unsigned n,
					   uint64_t *bytes, bool ext, bool found)
{
	const uint64_t alike = fields(q);
	const struct layout at = layout_of(ext);
	const uint32_t slot = q->ring.head & q->ring.mask, span = q->size - ETH_HDR;
	const struct e1000_desc *const desc = q->ring.desc + slot;
	uint8_t *const *const buffers = q->buffers + slot;
	uint64_t sum = 0;
	unsigned i;

	if (n > q->ring.tail - q->ring.head)
		n = q->ring.tail - q->ring.head;
	if (n > q->ring.mask + 1 - slot)
		n = q->ring.mask + 1 - slot;
#pragma GCC unroll 4
	for (i = 0; i < n; i++) {
		const uint64_t word = read_status(&desc[i]);
		const uint64_t len = length(at, word);

		if (!is_whole(at, word) || len - ETH_HDR > span)
			break;
		give(&pkts[i], buffers[i], alike, len);
		if (found)
			set_found(&pkts[i], q, &desc[i], word, ext);
		sum += len;
	}
	q->ring.head += i;
	*bytes += sum;
	return i;
}

static ALWAYS_INLINE unsigned burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n,
				    bool ext, bool found)
{
	struct e1000_rxq *q = (struct e1000_rxq *)base;
	unsigned got = 0, frames = 0, entries;
	enum verdict verdict;
	uint64_t bytes = 0;

	if (q->skipping)
		skip(q);
	do {
		verdict = WAIT;
		entries = whole_frames(q, pkts + got, n - got, &bytes, ext, found);
		frames += entries;
		if (!entries && is_done(q)) {
			entries = odd_frame(q, pkts + got, n - got, &verdict, &bytes);
			frames += entries != 0;
		}
		got += entries;
	} while (got < n && (entries || verdict == DROP));
	if (got) {
		plx_pool_unhold(base->pool, got);
		plx_count_burst(&base->counts, frames, bytes);
	}
	if (e1000_room(&q->ring) >= q->refill)
		refill(q);
	return got;
}

#define BURST(name, ext, found)                                                   \
	static unsigned name(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n) \
	{                                                                         \
		return burst(q, pkts, n, ext, found);                             \
	}

BURST(burst_legacy, false, false)
BURST(burst_legacy_found, false, true)
BURST(burst_extended, true, false)
BURST(burst_extended_found, true, true)

plx_rx_burst_fn plx_e1000_choose_rx(struct plx_rxq *base)
{
	static const plx_rx_burst_fn bursts[2][2] = {
		{ burst_legacy, burst_legacy_found },
		{ burst_extended, burst_extended_found },
	};
	const struct e1000_rxq *q = (const struct e1000_rxq *)base;

	return bursts[q->extended][q->found];
}

void plx_e1000_rxq_drain(struct e1000_rxq *q)
{
	release(q, q->ring.tail - q->ring.head);
}

void plx_e1000_rxq_desc(struct plx_rxq *base, unsigned index, char *text, size_t size)
{
	const struct e1000_rxq *q = (const struct e1000_rxq *)base;
	const struct layout at = layout_of(q->extended);
	const struct e1000_desc *desc = e1000_slot(&q->ring, index);
	uint64_t word = read_status(desc);

	if (word >> at.status & E1000_RXD_DD)
		snprintf(text, size, "done: %u bytes, status 0x%02x, errors 0x%02x",
			 (unsigned)length(at, word), (unsigned)(word >> at.status & 0xff),
			 (unsigned)(word >> at.errors & 0xff));
	else
		snprintf(text, size, "the card's: a buffer at IOVA 0x%llx",
			 (unsigned long long)plx_read64_relaxed(&desc->lo));
}
