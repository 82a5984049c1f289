/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ports need of packets and pools beyond the public calls.
 */
#ifndef PLX_PKT_PORTS_H
#define PLX_PKT_PORTS_H

#include <pollux/pool.h>

/*
 * Ports tell pools what they hold, so that plx_pool_account() always knows where every buffer is.
 * A count is two totals that only grow, in and out, apart from each other: the thread that fills
 * a ring and the thread that empties it do not share a line.
 */
enum plx_hold {
	PLX_HOLD_RX, /* posted to a device to receive into */
	PLX_HOLD_TX, /* accepted to send, not yet freed or handed on */
};

/* Burst loop: yes. Threads: any. Packets of wrapped pools do not count. */
void plx_pkts_hold(const struct plx_pkt *pkts, unsigned n, enum plx_hold where);
void plx_pkts_unhold(const struct plx_pkt *pkts, unsigned n, enum plx_hold where);

/* As plx_pkts_hold(), of @n packets of one pool, none shared: without a look at each. */
void plx_pool_hold(uint16_t pool, unsigned n, enum plx_hold where);
/* plx_pkts_unhold() and plx_pkt_free() in one pass. Burst loop: yes. Threads: as plx_pkt_free(). */
void plx_pkts_free_held(const struct plx_pkt *pkts, unsigned n, enum plx_hold where);

/*
 * Back to the pool with @n buffers, none shared, which plx_pool_hold() held: @data are addresses in
 * them, all that a driver need keep of what it sends. Burst loop: yes. Threads: as plx_pkt_free().
 */
void plx_pool_free_held(uint16_t pool, uint8_t *const *data, unsigned n, enum plx_hold where);

/*
 * Buffers without packets, for drivers that keep rings of them: what plx_pool_get() takes, as the
 * addresses that its packets' data would have. Return, errors and threads as there. The buffers are
 * the caller's, and count as PLX_HOLD_RX until plx_pool_give_buffers() or plx_pool_unhold().
 * Burst loop: yes.
 */
unsigned plx_pool_take_buffers(struct plx_pool *pool, uint8_t **buffers, unsigned n);
/* Back to the pool: the very addresses. Burst loop: yes. Threads: any, as plx_pkt_free(). */
void plx_pool_give_buffers(struct plx_pool *pool, uint8_t *const *buffers, unsigned n);
/* @n of them have become packets that a program owns. Burst loop: yes. Threads: any. */
void plx_pool_unhold(struct plx_pool *pool, unsigned n);

/* Frames among some entries, and the bytes of all of them. */
struct plx_sum {
	unsigned frames;
	uint64_t bytes;
};

static inline struct plx_sum plx_sum_pkts(const struct plx_pkt *pkts, unsigned n)
{
	struct plx_sum sum = { n, 0 };
	uint32_t flags = 0, bytes = 0; /* enough for 65,536 entries */

#pragma GCC unroll 4
	for (unsigned i = 0; i < n; i++) {
		bytes += pkts[i].len;
		flags |= pkts[i].flags;
	}
	sum.bytes = bytes;
	/* Seldom: frames in several entries. */
	for (unsigned i = 0; flags & PLX_PKT_MORE && i < n; i++)
		sum.frames -= pkts[i].flags & PLX_PKT_MORE;
	return sum;
}

/* plx_sum_pkts() and plx_pkt_free() in one pass, for ports that are done with what they sent. */
struct plx_sum plx_pkts_sent(const struct plx_pkt *pkts, unsigned n);

/*
 * Whole frames among @n entries: a caller's last frame may be incomplete, which is its mistake.
 * Return: entries up to and with the last one without PLX_PKT_MORE.
 */
static inline unsigned plx_whole_frames(const struct plx_pkt *pkts, unsigned n)
{
	while (n && pkts[n - 1].flags & PLX_PKT_MORE)
		n--;
	return n;
}

/* A frame: its entries, and the bytes of all of them. */
struct plx_frame_size {
	unsigned entries;
	uint32_t bytes;
};

/* The frame at the front of @pkts, which is whole. */
static inline struct plx_frame_size plx_first_frame(const struct plx_pkt *pkts)
{
	struct plx_frame_size frame = { .entries = 1, .bytes = pkts->len };

	while (pkts[frame.entries - 1].flags & PLX_PKT_MORE)
		frame.bytes += pkts[frame.entries++].len;
	return frame;
}

/* Entries that a frame of @len bytes needs, with @room bytes in each buffer. */
static inline unsigned plx_entries(uint32_t len, uint32_t room)
{
	return len <= room ? 1 : (len + room - 1) / room;
}

/*
 * A pool's memory for a device to reach, committed from end to end: @size is a multiple of 2 MiB
 * and nothing but the pool's buffers is in it. Threads: not while the pool's owner takes from it.
 * Errors: -ENOTSUP (UNSUPPORTED: a wrapped pool has none), -ENOMEM (NOMEM).
 */
int plx_pool_memory(struct plx_pool *pool, void **base, uint64_t *size);

#endif
