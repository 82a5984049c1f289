/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue. Writing to a tap puts a frame through the kernel's receive path before the
 * call returns, so there is no ring to fill up and nothing is sent later.
 */
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A batch under way: frames and the entries and bytes they have. */
struct pass {
	unsigned n;     /* requests */
	unsigned n_iov; /* used of the queue's */
	unsigned first[TAP_BATCH];
	uint32_t bytes[TAP_BATCH];
};

static void drop(struct tap_txq *q, enum plx_drop why)
{
	plx_count(&q->base.counts.drops[why], 1);
}

/*
 * Can the frame be sent at all? Fills the virtio header that goes before it. Return: why not;
 * PLX_DROP_COUNT_: it can.
 */
static enum plx_drop check(const struct tap_txq *q, const struct plx_pkt *pkts, unsigned entries,
			   uint64_t bytes, struct virtio_net_hdr *header)
{
	if (!bytes)
		return PLX_DROP_EMPTY;
	if (bytes > PLX_UNFINISHED_MAX || entries >= TAP_IOV)
		return PLX_DROP_TOO_LONG;
	if (pkts->flags & PLX_PKT_TX_WORK & ~q->work)
		return PLX_DROP_OFFLOAD;
	return plx_vnet_from_pkts(header, pkts, entries) ? PLX_DROP_INVALID : PLX_DROP_COUNT_;
}

/*
 * The parts of one write. The header goes into the room before the frame, where it has some of
 * its own: one part is cheaper than two.
 */
static unsigned gather(struct tap_txq *q, struct iovec *iov, const struct plx_pkt *pkts,
		       unsigned entries, const struct virtio_net_hdr *header)
{
	unsigned n = 0, room = q->header_len;

	if (room && !(pkts->flags & PLX_PKT_SHARED) && plx_pkt_headroom(pkts) >= room) {
		memcpy(pkts->data - room, header, room);
	} else if (room) {
		iov[n++] = (struct iovec){ (void *)(uintptr_t)header, room };
		room = 0;
	}
	for (unsigned i = 0; i < entries; i++, room = 0)
		if (pkts[i].len)
			iov[n++] = (struct iovec){ pkts[i].data - room, pkts[i].len + room };
	return n;
}

static void add_request(struct tap_txq *q, struct pass *p, unsigned n_iov, unsigned first,
			uint64_t bytes)
{
	q->batch.iov[p->n] = q->iov + p->n_iov;
	q->batch.n_iov[p->n] = n_iov;
	p->n_iov += n_iov;
	p->first[p->n] = first;
	p->bytes[p->n++] = (uint32_t)bytes;
}

/* Is there room for one more frame of @entries? Those that cannot be sent need none. */
static bool has_room(const struct pass *p, unsigned entries)
{
	return p->n < TAP_BATCH && (entries >= TAP_IOV || p->n_iov + entries + 1 <= TAP_IOV);
}

/*
 * Make requests of the frames from entry @first on, up to one that cannot be sent: what it is
 * dropped for is counted once, even if the frames before it have to be tried again.
 * Return: the first entry not dealt with.
 */
static unsigned prepare(struct tap_txq *q, struct pass *p, const struct plx_pkt *pkts,
			unsigned first, unsigned n)
{
	p->n = 0;
	p->n_iov = 0;
	while (first < n) {
		struct virtio_net_hdr *header = &q->headers[p->n % TAP_BATCH];
		struct iovec *iov = q->iov + p->n_iov;
		enum plx_drop why;
		struct plx_frame_size frame = plx_first_frame(pkts + first);

		if (!has_room(p, frame.entries))
			break;
		why = check(q, pkts + first, frame.entries, frame.bytes, header);
		if (why != PLX_DROP_COUNT_ && p->n)
			break;
		if (why != PLX_DROP_COUNT_) {
			drop(q, why);
		} else {
			unsigned n_iov = gather(q, iov, pkts + first, frame.entries, header);

			add_request(q, p, n_iov, first, frame.bytes);
		}
		first += frame.entries;
	}
	return first;
}

/* Why the kernel did not take a frame (drivers/net/tun.c). */
static void refused(struct tap_txq *q, int err)
{
	switch (err) {
	case EIO: /* the interface is down */
		drop(q, PLX_DROP_NO_PEER);
		break;
	case EBADFD: /* it was deleted */
		q->err = err;
		drop(q, PLX_DROP_NO_PEER);
		break;
	case EINVAL: /* no Ethernet header, or a virtio header that contradicts the frame */
		drop(q, PLX_DROP_INVALID);
		break;
	case EMSGSIZE:
		drop(q, PLX_DROP_TOO_LONG);
		break;
	default:
		drop(q, PLX_DROP_WRITE);
	}
}

/*
 * Count a batch. What the kernel had no room for (TUNSETSNDBUF) stays the caller's, unless later
 * frames have gone: then it is dropped. Return: frames done with.
 */
static unsigned settle(struct tap_txq *q, const struct pass *p)
{
	unsigned done = p->n, frames = 0;
	uint64_t bytes = 0;

	while (done && q->batch.result[done - 1] == -EAGAIN)
		done--;
	for (unsigned i = 0; i < done; i++) {
		if (q->batch.result[i] < 0) {
			refused(q, -q->batch.result[i]);
			continue;
		}
		frames++;
		bytes += p->bytes[i];
	}
	plx_count_burst(&q->base.counts, frames, bytes);
	return done;
}

unsigned plx_tap_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n)
{
	struct tap_txq *q = (struct tap_txq *)base;
	unsigned first = 0, next, done;
	struct pass p;

	n = plx_whole_frames(pkts, n);
	while (first < n) {
		next = prepare(q, &p, pkts, first, n);
		if (p.n)
			plx_tap_batch_run(&q->batch, p.n);
		done = settle(q, &p);
		first = done < p.n ? p.first[done] : next;
		if (done < p.n)
			break;
	}
	plx_pkt_free(pkts, first);
	return first;
}

int plx_tap_txq_status(struct plx_txq *base)
{
	const struct tap_txq *q = (const struct tap_txq *)base;

	return q->err ? plx_netdev_fail_gone(q->netdev) : 0;
}

/*
 * As many files as there are receive queues: one more would be given frames by the kernel that
 * nobody reads. Queues without a file of their own share one, which the kernel allows.
 */
int plx_tap_init_txq(struct plx_txq *base)
{
	const struct plx_port *port = base->port;
	struct tap_device *device = (struct tap_device *)port->device;
	struct tap_txq *q = (struct tap_txq *)base;
	int fd = device->fd;

	q->iov = calloc(TAP_IOV, sizeof(*q->iov));
	if (!q->iov)
		return plx_fail_nomem(port->child.name, "a queue");
	if (port->n_rxq)
		fd = ((struct tap_rxq *)port->rxqs[base->index % port->n_rxq])->fd;
	q->netdev = &device->netdev;
	q->header_len = device->header_len;
	q->work = plx_tx_work(port->offloads);
	plx_tap_batch_open(&q->batch, fd, true);
	return 0;
}

void plx_tap_exit_txq(struct plx_txq *base)
{
	struct tap_txq *q = (struct tap_txq *)base;

	plx_tap_batch_close(&q->batch);
	free(q->iov);
}

void plx_tap_txq_info(struct plx_txq *base, struct plx_queue_info *info)
{
	const struct tap_txq *q = (const struct tap_txq *)base;

	snprintf(info->how, sizeof(info->how), "%s", plx_tap_batch_how(&q->batch));
}
