/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue: from the kernel's ring into buffers of the pool.
 *
 * Most frames are plain ones that fit a buffer, and are copied there. All others become a `struct
 * plx_unfinished`, which also knows how to spread a frame over several entries, and are given from
 * there, in as many bursts as it takes. A frame that does not fit its slot of a V2 ring comes whole
 * through the socket (PACKET_COPY_THRESH, TP_STATUS_COPY in packet(7)): so slots are as long as
 * the MTU asks for, and not as the 64 KiB that a frame on its way to segmentation may have.
 *
 * Without buffers in the pool frames stay in the ring, and when that is full the kernel drops.
 */
#include "af_packet.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define ASK_EVERY 10 /* ms between two looks if the interface is there */

/* The entries of a burst. */
struct burst {
	struct plx_pkt *pkts;
	unsigned n;      /* entries */
	unsigned got;    /* of them have a buffer, */
	unsigned used;   /* of those hold frames: */
	unsigned frames; /* so many, */
	uint64_t bytes;  /* of so many bytes */
};

static void drop(struct af_packet_rxq *q, enum plx_drop why)
{
	plx_count(&q->base.counts.drops[why], 1);
}

/* Have buffers for @more entries, or for as many as there are. Return: for how many. */
static unsigned reserve(struct af_packet_rxq *q, struct burst *b, unsigned more)
{
	unsigned wanted = more < b->n - b->used ? more : b->n - b->used;

	if (wanted > b->got - b->used)
		b->got += plx_pool_get(q->base.pool, &q->like, b->pkts + b->got,
				       wanted - (b->got - b->used));
	return b->got - b->used;
}

/* All of a frame that lies in `unfinished`, or what there is room for. Return: all of it. */
static bool give_unfinished(struct af_packet_rxq *q, struct burst *b)
{
	struct plx_unfinished *u = &q->unfinished;
	unsigned n = reserve(q, b, u->frames * plx_entries(u->longest, q->room)), used;
	struct plx_pkt *pkts = b->pkts + b->used;
	struct plx_sum sum;

	for (unsigned i = 0; i < n; i++)
		pkts[i].timestamp = q->timestamp;
	used = plx_unfinished_next(u, pkts, n, q->room);
	sum = plx_sum_pkts(pkts, used);
	b->used += used;
	b->frames += sum.frames;
	b->bytes += sum.bytes;
	if (plx_unfinished_left(u))
		return false;
	if (q->in_ring)
		plx_af_packet_ring_release(&q->ring, false);
	q->in_ring = false;
	return true;
}

/* Read a frame that did not fit its slot into the scratch room. Return: it is all there. */
static bool receive_whole(struct af_packet_rxq *q, struct af_packet_frame *frame)
{
	struct iovec parts[2] = {
		{ .iov_base = &frame->vnet, .iov_len = sizeof(frame->vnet) },
		{ .iov_base = q->scratch + VLAN_LEN, .iov_len = SCRATCH_SIZE - VLAN_LEN },
	};
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t len;
	int tries = 3;

	do /* once more for an error that the socket has kept for us: the interface went down */
		len = recvmsg(q->fd, &msg, MSG_DONTWAIT);
	while (len < 0 && errno != EAGAIN && --tries);
	plx_count(&q->copied, 1);
	if (len < (ssize_t)sizeof(frame->vnet) + ETH_HDR || msg.msg_flags & MSG_TRUNC)
		return false;
	frame->data = q->scratch + VLAN_LEN;
	frame->len = (uint32_t)len - (uint32_t)sizeof(frame->vnet);
	return true;
}

static void put_tag(uint8_t *to, const struct af_packet_frame *frame)
{
	uint16_t tpid = frame->status & TP_STATUS_VLAN_TPID_VALID ? frame->tpid : ETH_P_8021Q;

	to[0] = (uint8_t)(tpid >> 8);
	to[1] = (uint8_t)tpid;
	to[2] = (uint8_t)(frame->tci >> 8);
	to[3] = (uint8_t)frame->tci;
}

/* Put the tag that the kernel took out back behind the addresses, and move these down for it. */
static void restore_tag(struct af_packet_frame *frame)
{
	frame->data -= VLAN_LEN;
	frame->len += VLAN_LEN;
	memmove(frame->data, frame->data + VLAN_LEN, 2 * ETH_ALEN);
	put_tag(frame->data + 2 * ETH_ALEN, frame);
	if (frame->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		frame->vnet.csum_start += VLAN_LEN;
}

/* Make the frame the queue's `unfinished`. Return: a reason to drop it; PLX_DROP_COUNT_: none. */
static enum plx_drop begin_unfinished(struct af_packet_rxq *q, struct af_packet_frame *frame)
{
	struct plx_unfinished *u = &q->unfinished;
	bool in_ring = !(frame->status & TP_STATUS_COPY);

	if (!in_ring && !receive_whole(q, frame))
		return PLX_DROP_TOO_LONG;
	if (in_ring && frame->len < frame->wire_len)
		return PLX_DROP_TOO_LONG;
	if (frame->status & TP_STATUS_VLAN_VALID)
		restore_tag(frame);
	if (plx_unfinished_begin(u, &frame->vnet, frame->data, frame->len))
		return PLX_DROP_INVALID;
	if (u->frames > 1)
		plx_count(&q->cut, 1);
	if (q->pass)
		plx_unfinished_pass(u);
	if (u->longest > q->longest) {
		u->frames = 0;
		return PLX_DROP_TOO_LONG;
	}
	q->timestamp = frame->timestamp;
	q->in_ring = in_ring;
	return PLX_DROP_COUNT_;
}

/* Return: false when the frame is taken, but not all of it is given yet. */
static bool take_unusual(struct af_packet_rxq *q, struct burst *b, struct af_packet_frame *frame)
{
	enum plx_drop why = begin_unfinished(q, frame);

	if (why != PLX_DROP_COUNT_)
		drop(q, why);
	if (!q->in_ring)
		plx_af_packet_ring_release(&q->ring, false);
	return why != PLX_DROP_COUNT_ || give_unfinished(q, b);
}

/* A frame that fits one buffer, its tag restored on the way. Return: its length. */
static inline uint32_t copy_frame(uint8_t *to, const struct af_packet_frame *frame)
{
	if (frame->status & TP_STATUS_VLAN_VALID) {
		memcpy(to, frame->data, 2 * ETH_ALEN);
		put_tag(to + 2 * ETH_ALEN, frame);
		memcpy(to + 2 * ETH_ALEN + VLAN_LEN, frame->data + 2 * ETH_ALEN,
		       frame->len - 2 * ETH_ALEN);
		return frame->len + VLAN_LEN;
	}
	/* No buffer has less than 64 bytes, and short frames are worth avoiding a call. */
	if (frame->len <= 64 && frame->readable >= 64)
		memcpy(to, frame->data, 64);
	else
		memcpy(to, frame->data, frame->len);
	return frame->len;
}

/* The checksum of a frame that is in its buffer. Return: false when the request is no good. */
static bool finish_in_buffer(struct af_packet_rxq *q, struct plx_pkt *pkt,
			     struct af_packet_frame *frame)
{
	struct plx_unfinished u;

	if (frame->status & TP_STATUS_VLAN_VALID)
		frame->vnet.csum_start += VLAN_LEN;
	if (plx_unfinished_begin(&u, &frame->vnet, pkt->data, pkt->len))
		return false;
	if (q->pass)
		plx_unfinished_pass(&u);
	return plx_unfinished_here(&u, pkt);
}

static inline bool fits_a_buffer(const struct af_packet_rxq *q, const struct af_packet_frame *frame)
{
	uint32_t tag = frame->status & TP_STATUS_VLAN_VALID ? VLAN_LEN : 0;

	return frame->len == frame->wire_len && frame->len + tag <= q->room &&
	       frame->vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE && !(frame->status & TP_STATUS_COPY);
}

/* There is a buffer for it. */
static inline void take_usual(struct af_packet_rxq *q, struct burst *b,
			      struct af_packet_frame *frame)
{
	struct plx_pkt *pkt = &b->pkts[b->used];

	pkt->len = (uint16_t)copy_frame(pkt->data, frame);
	pkt->timestamp = frame->timestamp;
	if (!plx_vnet_plain(&frame->vnet) && !finish_in_buffer(q, pkt, frame)) {
		drop(q, PLX_DROP_INVALID);
	} else {
		b->used++;
		b->frames++;
		b->bytes += pkt->len;
	}
	plx_af_packet_ring_release(&q->ring, false);
}

/* Take the next frame of the ring. Return: false when this burst can take no more. */
static inline bool take_frame(struct af_packet_rxq *q, struct burst *b, uint32_t skip)
{
	struct af_packet_frame frame;
	int err;

	if (b->used == b->got && !reserve(q, b, 1))
		return false;
	err = plx_af_packet_ring_peek(&q->ring, &frame);
	if (err) {
		drop(q, err == -ENODATA ? PLX_DROP_EMPTY : PLX_DROP_INVALID);
		plx_af_packet_ring_release(&q->ring, err != -ENODATA);
		return true;
	}
	if (skip >> (frame.pkttype & 31) & 1) {
		plx_count(&q->filtered, 1);
		if (frame.status & TP_STATUS_COPY)
			receive_whole(q, &frame);
		plx_af_packet_ring_release(&q->ring, false);
		return true;
	}
	if (!fits_a_buffer(q, &frame))
		return take_unusual(q, b, &frame);
	take_usual(q, b, &frame);
	return true;
}

unsigned plx_af_packet_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct af_packet_rxq *q = (struct af_packet_rxq *)base;
	struct burst b = { .pkts = pkts, .n = n };
	uint32_t ready, skip;

	if (plx_unfinished_left(&q->unfinished) && !give_unfinished(q, &b)) {
		ready = 0;
	} else {
		ready = plx_af_packet_ring_ready(&q->ring, n - b.used);
		if (!ready && !b.used)
			return 0;
		reserve(q, &b, ready);
	}
	skip = atomic_load_explicit(&q->device->skip, memory_order_relaxed);
	while (ready && take_frame(q, &b, skip))
		ready--;
	if (b.got > b.used)
		plx_pkt_free(pkts + b.used, b.got - b.used);
	plx_count_burst(&base->counts, b.frames, b.bytes);
	return b.used;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* An interface that is down comes up again; one that is gone does not. */
int plx_af_packet_rxq_status(struct plx_rxq *base)
{
	struct af_packet_rxq *q = (struct af_packet_rxq *)base;
	uint64_t now = now_ms();

	if (now - q->asked >= ASK_EVERY) {
		q->asked = now;
		if (plx_netdev_gone(&q->device->netdev))
			atomic_store_explicit(&q->device->gone, true, memory_order_relaxed);
	}
	if (!atomic_load_explicit(&q->device->gone, memory_order_relaxed))
		return 0;
	return plx_netdev_fail_gone(&q->device->netdev);
}

static uint32_t longest_frame(unsigned mtu, uint32_t offloads)
{
	/* Two tags: the one that the kernel takes out, and one more that is in the frame. */
	return offloads & PLX_OFFLOAD_RX_UNFINISHED ? PLX_UNFINISHED_MAX
						    : mtu + ETH_HDR + 2 * VLAN_LEN;
}

int plx_af_packet_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	return plx_check_rx_pools(port, conf, longest_frame(conf->mtu, conf->offloads));
}

int plx_af_packet_init_rxq(struct plx_rxq *base)
{
	struct af_packet_rxq *q = (struct af_packet_rxq *)base;
	struct plx_pool_info pool;
	unsigned mtu;

	q->device = (struct af_packet_device *)base->port->device;
	q->fd = -1;
	/* Somebody else may have changed it since the port was opened. */
	if (plx_netdev_get_mtu(&q->device->netdev, &mtu) || mtu < base->port->mtu)
		mtu = base->port->mtu;
	plx_pool_info(base->pool, &pool);
	q->room = pool.data_room;
	q->like.flags = PLX_PKT_TIMESTAMP;
	q->like.port = base->port_number;
	q->like.pool = pool.number;
	q->pass = base->port->offloads & PLX_OFFLOAD_RX_UNFINISHED;
	base->max_entries =
		(uint16_t)plx_entries(longest_frame(mtu, base->port->offloads), q->room);
	q->longest = base->max_entries * q->room;
	return plx_af_packet_open_rx(q);
}

void plx_af_packet_exit_rxq(struct plx_rxq *base)
{
	plx_af_packet_close_rx((struct af_packet_rxq *)base);
}

void plx_af_packet_rxq_info(struct plx_rxq *base, struct plx_queue_info *info)
{
	const struct af_packet_rxq *q = (const struct af_packet_rxq *)base;
	const struct af_packet_args *args = q->device->base.args;
	const struct af_packet_ring *ring = &q->ring;
	char fanout[48] = "";

	if (!ring->map) {
		snprintf(info->how, sizeof(info->how),
			 "stopped: the ring is made by the next start");
		return;
	}
	if (q->device->group >= 0)
		snprintf(fanout, sizeof(fanout), "; fanout %s in group %d",
			 plx_af_packet_fanouts[args->fanout], q->device->group);
	snprintf(info->how, sizeof(info->how),
		 "TPACKET_V%c, %u %s of %u bytes, copied into the pool; %u KiB for longer frames%s",
		 ring->v3 ? '3' : '2', ring->n, ring->v3 ? "blocks" : "frames", ring->item_size,
		 q->receive_buffer / 1024, fanout);
}

void plx_af_packet_rxq_desc(struct plx_rxq *base, unsigned index, char *text, size_t size)
{
	const struct af_packet_rxq *q = (const struct af_packet_rxq *)base;

	if (q->ring.map)
		plx_af_packet_ring_desc(&q->ring, index, text, size);
	else
		snprintf(text, size, "stopped: no ring");
}
