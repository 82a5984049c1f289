/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue: sendmmsg(2), which copies, so that buffers go back to their pools at once.
 * PACKET_TX_RING would not: docs/decisions/0004 has why, and the numbers.
 *
 * A frame that the kernel refuses is dropped and counted, and those behind it go on. Only when the
 * socket's own buffer is full (EAGAIN) do frames stay the caller's. ENOBUFS is no such case: it
 * also is what a traffic control filter that drops answers (tc(8)), for the same frame again and
 * again, and a queue that waited for that frame would wait for ever.
 */
#define _GNU_SOURCE /* sendmmsg */
#include "af_packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Frames on their way into one call. */
struct af_packet_out {
	struct mmsghdr msgs[TX_FRAMES];
	struct virtio_net_hdr headers[TX_FRAMES];
	unsigned end[TX_FRAMES];   /* entries up to and with this frame, */
	uint32_t bytes[TX_FRAMES]; /* and bytes of it */
	struct iovec parts[TX_ENTRIES];
};

static void drop(struct af_packet_txq *q, enum plx_drop why)
{
	plx_count(&q->base.counts.drops[why], 1);
}

/* Return: why it cannot be sent; PLX_DROP_COUNT_: it can, and @header is filled where needed. */
static enum plx_drop check(const struct af_packet_txq *q, const struct plx_pkt *pkts,
			   const struct plx_frame_size *frame, struct virtio_net_hdr *header)
{
	if (frame->bytes < ETH_HDR)
		return frame->bytes ? PLX_DROP_INVALID : PLX_DROP_EMPTY;
	if (frame->entries >= TX_ENTRIES)
		return PLX_DROP_TOO_LONG;
	if (pkts->flags & PLX_PKT_TX_WORK & ~q->work)
		return PLX_DROP_OFFLOAD;
	if (q->work && plx_vnet_from_pkts(header, pkts, frame->entries))
		return PLX_DROP_INVALID;
	return PLX_DROP_COUNT_;
}

/*
 * Fill the batch from @pkts, which are whole frames, up to one that cannot be sent.
 * Return: frames in it; 0: the first cannot be sent, for the reason in @why, and @frame is it.
 */
static unsigned gather(struct af_packet_txq *q, const struct plx_pkt *pkts, unsigned n,
		       struct plx_frame_size *frame, enum plx_drop *why)
{
	struct af_packet_out *out = q->out;
	unsigned frames = 0, parts = 0, at = 0;

	while (at < n && frames < TX_FRAMES) {
		struct msghdr *msg = &out->msgs[frames].msg_hdr;

		*frame = plx_first_frame(pkts + at);
		*why = check(q, pkts + at, frame, &out->headers[frames]);
		if (*why != PLX_DROP_COUNT_ || parts + 1 + frame->entries > TX_ENTRIES)
			break;
		msg->msg_iov = &out->parts[parts];
		if (q->work)
			out->parts[parts++] =
				(struct iovec){ &out->headers[frames], sizeof(out->headers[0]) };
		for (unsigned i = 0; i < frame->entries; i++, at++)
			out->parts[parts++] = (struct iovec){ pkts[at].data, pkts[at].len };
		msg->msg_iovlen = (size_t)(&out->parts[parts] - msg->msg_iov);
		out->bytes[frames] = frame->bytes;
		out->end[frames++] = at;
	}
	return frames;
}

/*
 * What an errno of send(2) means for the frame. Return: why it is dropped; PLX_DROP_COUNT_: it
 * stays the caller's.
 */
static enum plx_drop refused(struct af_packet_txq *q, int sys_errno)
{
	switch (sys_errno) {
	case EAGAIN:
		return PLX_DROP_COUNT_;
	case ENXIO:
	case ENODEV:
		atomic_store_explicit(&q->device->gone, true, memory_order_relaxed);
		return PLX_DROP_COUNT_;
	case ENETDOWN:
		return PLX_DROP_NO_PEER;
	case EMSGSIZE:
		return PLX_DROP_TOO_LONG;
	case EINVAL:
		return PLX_DROP_INVALID;
	default: /* ENOBUFS and what is rarer */
		return PLX_DROP_WRITE;
	}
}

/* Return: how many of the batch's @frames are done with, sent or dropped. */
static unsigned send_batch(struct af_packet_txq *q, unsigned frames)
{
	struct af_packet_out *out = q->out;
	unsigned done = 0;

	while (done < frames) {
		int sent = sendmmsg(q->fd, out->msgs + done, frames - done, MSG_DONTWAIT);
		uint64_t bytes = 0;
		enum plx_drop why;

		plx_count(&q->calls, 1);
		if (sent < 0) {
			why = refused(q, errno);
			if (why == PLX_DROP_COUNT_)
				break;
			drop(q, why);
			done++;
			continue;
		}
		for (int i = 0; i < sent; i++)
			bytes += out->bytes[done + (unsigned)i];
		plx_count_burst(&q->base.counts, (unsigned)sent, bytes);
		done += (unsigned)sent;
	}
	return done;
}

unsigned plx_af_packet_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n)
{
	struct af_packet_txq *q = (struct af_packet_txq *)base;
	unsigned taken = 0, frames, done;
	struct plx_frame_size frame;
	enum plx_drop why;

	n = plx_whole_frames(pkts, n);
	while (taken < n) {
		frames = gather(q, pkts + taken, n - taken, &frame, &why);
		if (!frames) {
			drop(q, why);
			taken += frame.entries;
			continue;
		}
		done = send_batch(q, frames);
		if (done)
			taken += q->out->end[done - 1];
		if (done < frames)
			break;
	}
	plx_pkt_free(pkts, taken);
	return taken;
}

int plx_af_packet_txq_status(struct plx_txq *base)
{
	const struct af_packet_device *device = ((struct af_packet_txq *)base)->device;

	if (!atomic_load_explicit(&device->gone, memory_order_relaxed))
		return 0;
	return plx_netdev_fail_gone(&device->netdev);
}

int plx_af_packet_init_txq(struct plx_txq *base)
{
	struct af_packet_txq *q = (struct af_packet_txq *)base;
	struct plx_error saved;

	q->device = (struct af_packet_device *)base->port->device;
	q->fd = -1;
	q->work = plx_tx_work(base->port->offloads);
	q->out = calloc(1, sizeof(*q->out));
	if (!q->out)
		return plx_fail_nomem(q->device->base.spec, "a transmit queue");
	if (!plx_af_packet_open_tx(q))
		return 0;
	saved = *plx_last_error();
	plx_af_packet_exit_txq(base);
	return plx_fail_again(&saved);
}

void plx_af_packet_exit_txq(struct plx_txq *base)
{
	struct af_packet_txq *q = (struct af_packet_txq *)base;

	if (q->fd >= 0)
		close(q->fd);
	free(q->out);
	q->fd = -1;
	q->out = NULL;
}

void plx_af_packet_txq_info(struct plx_txq *base, struct plx_queue_info *info)
{
	const struct af_packet_txq *q = (const struct af_packet_txq *)base;
	const struct af_packet_args *args = q->device->base.args;

	snprintf(info->how, sizeof(info->how),
		 "sendmmsg(2), up to %d frames a call, %s the traffic control%s", TX_FRAMES,
		 args->qdisc_bypass ? "past" : "through",
		 q->work ? "; a virtio net header before each" : "");
}
