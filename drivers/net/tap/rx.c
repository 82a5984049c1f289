/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue. Frames are read into scratch memory, each into a piece that is large enough
 * for the largest super-frame, and copied from there into as many buffers as they need. For small
 * frames a copy within the cache costs less than what the kernel takes for a read into a buffer
 * and, for what does not fit, a second place (docs/decisions/0005-tap-io-uring.md).
 *
 * What was read waits until bursts have taken it: a super-frame may fill several.
 */
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static void drop(struct tap_rxq *q, enum plx_drop why, unsigned n)
{
	plx_count(&q->base.counts.drops[why], n);
}

/*
 * Try as many reads as there may be frames: twice as many as last time when all gave one, half of
 * them when most gave none. So an idle queue costs one read a burst.
 */
static void adapt(struct tap_rxq *q, unsigned tried, unsigned good)
{
	if (good == tried && tried == q->want)
		q->want = q->want < TAP_BATCH / 2 ? q->want * 2 : TAP_BATCH;
	else if (good < tried / 2 || !good)
		q->want = q->want > 1 ? q->want / 2 : 1;
}

/* A read that failed for good. EBADFD: the interface was deleted; the status call tells. */
static void note_result(struct tap_rxq *q, int result)
{
	if (result >= 0)
		q->err = 0;
	else if (result != -EAGAIN && result != -EINTR)
		q->err = -result;
}

/* Read up to @max frames. Return: false when there was none. */
static bool refill(struct tap_rxq *q, unsigned max)
{
	unsigned n = q->want < max ? q->want : max;

	q->next = 0;
	q->n = 0;
	plx_tap_batch_run(&q->batch, n);
	for (unsigned i = 0; i < n; i++) {
		note_result(q, q->batch.result[i]);
		if (q->batch.result[i] >= 0)
			q->ready[q->n++] = (uint8_t)i;
	}
	q->dry = q->n < n;
	adapt(q, n, q->n);
	return q->n;
}

/* A frame that is unfinished, longer than a buffer, or not right. It is left in q->cut. */
static void look_closer(struct tap_rxq *q, const struct virtio_net_hdr *header,
			const uint8_t *bytes, uint32_t len)
{
	if (!len) {
		drop(q, PLX_DROP_EMPTY, 1);
		return;
	}
	if (plx_unfinished_begin(&q->cut, header, bytes, len)) {
		drop(q, PLX_DROP_INVALID, 1);
		return;
	}
	plx_count(&q->unfinished, !plx_vnet_plain(header));
	if (q->pass)
		plx_unfinished_pass(&q->cut);
	if (q->cut.longest > q->longest) {
		drop(q, PLX_DROP_TOO_LONG, q->cut.frames);
		q->cut.frames = 0;
	}
	/* Copying is what costs now: the fewer pieces, the more of them stay in the cache. */
	if (len > q->room)
		q->want = 1;
}

/* The next frame that was read. Return: true when it is in @pkt; it may be in q->cut instead. */
static inline bool take_frame(struct tap_rxq *q, struct plx_pkt *pkt)
{
	unsigned i = q->ready[q->next++], result = (unsigned)q->batch.result[i];
	const uint8_t *bytes = (const uint8_t *)q->pieces[i].iov_base + q->header_len;
	struct virtio_net_hdr header = { .flags = 0 };
	uint32_t len = result - q->header_len;

	if (result < q->header_len) {
		drop(q, PLX_DROP_INVALID, 1);
		return false;
	}
	if (q->header_len)
		memcpy(&header, q->pieces[i].iov_base, sizeof(header));
	if (__builtin_expect(!len || len > q->room || !plx_vnet_plain(&header), 0)) {
		look_closer(q, &header, bytes, len);
		return false;
	}
	memcpy(pkt->data, bytes, len);
	pkt->len = (uint16_t)len;
	return true;
}

/* Frames that were read, into @n entries with their buffers. Return: entries used. */
static unsigned give(struct tap_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	unsigned used = 0;

	while (used < n) {
		if (plx_unfinished_left(&q->cut)) {
			used += plx_unfinished_next(&q->cut, pkts + used, n - used, q->room);
			if (plx_unfinished_left(&q->cut))
				break;
		} else if (q->next == q->n) {
			break;
		} else {
			used += take_frame(q, pkts + used);
		}
	}
	return used;
}

/* Buffers that it takes to give what was read, as far as is known. */
static uint64_t needed(const struct tap_rxq *q)
{
	if (plx_unfinished_left(&q->cut))
		return (uint64_t)q->cut.frames * plx_entries(q->cut.longest, q->room);
	return q->n - q->next;
}

unsigned plx_tap_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct tap_rxq *q = (struct tap_rxq *)base;
	unsigned used = 0;
	struct plx_sum sum;

	q->dry = false;
	while (used < n) {
		bool cutting = plx_unfinished_left(&q->cut);
		unsigned got, gave;
		uint64_t need;

		if (!needed(q) && (q->dry || !refill(q, n - used)))
			break;
		need = needed(q);
		got = plx_pool_get(base->pool, &q->like, pkts + used,
				   need < n - used ? (unsigned)need : n - used);
		gave = give(q, pkts + used, got);
		plx_pkt_free(pkts + used + gave, got - gave);
		used += gave;
		if (!got || (cutting && !gave))
			break;
	}
	if (used) {
		sum = plx_sum_pkts(pkts, used);
		plx_count_burst(&base->counts, sum.frames, sum.bytes);
	}
	return used;
}

int plx_tap_rxq_status(struct plx_rxq *base)
{
	const struct tap_rxq *q = (const struct tap_rxq *)base;

	if (!q->err)
		return 0;
	if (q->err == EBADFD || plx_netdev_gone(q->netdev))
		return plx_netdev_fail_gone(q->netdev);
	return plx_netdev_fail(base->port->child.name, q->err, "cannot read from %s",
			       q->netdev->name);
}

/* Bytes of the longest frame a queue must be able to give. */
static uint32_t longest(uint32_t mtu, uint32_t offloads)
{
	return offloads & PLX_OFFLOAD_RX_UNFINISHED ? PLX_UNFINISHED_MAX
						    : mtu + TAP_ETHERNET + TAP_TAGS;
}

int plx_tap_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	return plx_check_rx_pools(port, conf, longest(conf->mtu, conf->offloads));
}

/*
 * A piece has room for any frame, for not even the MTU tells what comes: it may be raised at any
 * time. Memory that no frame reaches is never committed. Frames begin at cache lines, pieces lie an
 * odd number of them apart, so that their first lines do not all fall into the same cache sets.
 */
static int make_pieces(struct tap_rxq *q)
{
	size_t lines = (PLX_CACHE_LINE + PLX_UNFINISHED_MAX) / PLX_CACHE_LINE + 1;
	size_t each = (lines | 1) * PLX_CACHE_LINE;
	void *scratch;

	q->scratch_size = each * TAP_BATCH;
	scratch = mmap(NULL, q->scratch_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (scratch == MAP_FAILED)
		return plx_fail_nomem(q->base.port->child.name, "a queue");
	q->scratch = scratch;
	for (unsigned i = 0; i < TAP_BATCH; i++) {
		uint8_t *frame = q->scratch + i * each + PLX_CACHE_LINE;

		q->pieces[i].iov_base = frame - q->header_len;
		q->pieces[i].iov_len = q->header_len + PLX_UNFINISHED_MAX;
		q->batch.iov[i] = &q->pieces[i];
		q->batch.n_iov[i] = 1;
	}
	return 0;
}

int plx_tap_init_rxq(struct plx_rxq *base)
{
	struct tap_device *device = (struct tap_device *)base->port->device;
	struct tap_rxq *q = (struct tap_rxq *)base;
	struct plx_pool_info pool;
	unsigned mtu;
	int err;

	/* It may have been changed from outside. */
	err = plx_netdev_get_mtu(&device->netdev, &mtu);
	if (err)
		return err;
	base->port->mtu = (uint16_t)mtu;
	plx_pool_info(base->pool, &pool);
	q->netdev = &device->netdev;
	q->header_len = device->header_len;
	q->pass = base->port->offloads & PLX_OFFLOAD_RX_UNFINISHED;
	q->room = pool.data_room;
	q->want = 1;
	q->like.port = base->port_number;
	q->like.pool = pool.number;
	base->max_entries =
		(uint16_t)plx_entries(longest(mtu, base->port->offloads), pool.data_room);
	q->longest = base->max_entries * q->room;
	err = make_pieces(q);
	if (err)
		return err;
	q->fd = device->fd;
	q->own_fd = base->index > 0;
	if (q->own_fd) {
		err = plx_tap_open_queue(device, &q->fd);
		if (err) {
			munmap(q->scratch, q->scratch_size);
			return err;
		}
	}
	plx_tap_batch_open(&q->batch, q->fd, false);
	return 0;
}

void plx_tap_exit_rxq(struct plx_rxq *base)
{
	struct tap_rxq *q = (struct tap_rxq *)base;

	plx_tap_batch_close(&q->batch);
	if (q->own_fd)
		plx_tap_close_queue(q->fd);
	munmap(q->scratch, q->scratch_size);
}

void plx_tap_rxq_info(struct plx_rxq *base, struct plx_queue_info *info)
{
	const struct tap_rxq *q = (const struct tap_rxq *)base;

	snprintf(info->how, sizeof(info->how), "%s; %s; frames up to %u bytes",
		 plx_tap_batch_how(&q->batch),
		 !q->header_len ? "without offloads: the tap was made without vnet_hdr"
		 : q->pass      ? "unfinished frames as they are"
				: "unfinished frames are finished",
		 q->longest);
}
