/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue. Frames are read straight into pool buffers, the virtio header into the room
 * before the frame; a frame that is longer than a buffer goes on in scratch memory, where it is
 * then put in one piece, to be cut into segments or entries.
 *
 * What was read waits in slots until bursts have taken it: a super-frame may fill several.
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

/* Give the first @want slots their buffers. Return: how many slots, from the first, have one. */
static unsigned fill_slots(struct tap_rxq *q, unsigned want)
{
	struct plx_pkt fresh[TAP_BATCH];
	unsigned need = 0, got, used = 0, i;

	for (i = 0; i < want; i++)
		need += !q->slots[i].pkt.data;
	got = need ? plx_pool_get(q->base.pool, &q->like, fresh, need) : 0;
	if (got)
		plx_pkts_hold(fresh, got, PLX_HOLD_RX);
	for (i = 0; i < want; i++) {
		struct tap_slot *slot = &q->slots[i];

		if (slot->pkt.data)
			continue;
		if (used == got)
			break;
		slot->pkt = fresh[used++];
		slot->iov[0].iov_base = slot->pkt.data - q->header_len;
	}
	return i;
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

/* Read up to @max frames into slots. Return: false when there was none, or no buffer. */
static bool refill(struct tap_rxq *q, unsigned max)
{
	unsigned good = 0, n = q->want < max ? q->want : max;

	q->next = 0;
	q->n = 0;
	n = fill_slots(q, n);
	if (!n)
		return false;
	plx_tap_batch_run(&q->batch, n);
	for (unsigned i = 0; i < n; i++) {
		good += q->batch.result[i] >= 0;
		note_result(q, q->batch.result[i]);
	}
	q->n = n;
	q->dry = good < n;
	adapt(q, n, good);
	return good;
}

/*
 * A frame that is not simply given: unfinished, longer than a buffer, or not right. It is left in
 * q->cut, or finished where it lies. Return: true in the latter case.
 */
static bool look_closer(struct tap_rxq *q, struct tap_slot *slot,
			const struct virtio_net_hdr *header, uint32_t len)
{
	const uint8_t *bytes = slot->pkt.data;

	if (!len) {
		drop(q, PLX_DROP_EMPTY, 1);
		return false;
	}
	if (len > q->room) {
		memcpy(slot->scratch, slot->pkt.data, q->room);
		bytes = slot->scratch;
		/* Copying is what costs now, and fewer scratch areas stay in the cache. */
		q->want = 1;
	}
	if (plx_unfinished_begin(&q->cut, header, bytes, len)) {
		drop(q, PLX_DROP_INVALID, 1);
		return false;
	}
	plx_count(&q->unfinished, !plx_vnet_plain(header));
	if (q->pass)
		plx_unfinished_pass(&q->cut);
	if (q->cut.longest > q->longest) {
		drop(q, PLX_DROP_TOO_LONG, q->cut.frames);
		q->cut.frames = 0;
		return false;
	}
	slot->pkt.len = (uint16_t)len;
	return len <= q->room && plx_unfinished_here(&q->cut, &slot->pkt);
}

/* One slot's frame. Return: true when it is the packet in the slot. */
static inline bool take_slot(struct tap_rxq *q, struct tap_slot *slot, int result)
{
	struct virtio_net_hdr header = { .flags = 0 };
	uint32_t len = (uint32_t)result - q->header_len;

	if (result < (int)q->header_len) {
		if (result >= 0)
			drop(q, PLX_DROP_INVALID, 1);
		return false;
	}
	if (q->header_len)
		memcpy(&header, slot->iov[0].iov_base, sizeof(header));
	if (__builtin_expect(!len || len > q->room || !plx_vnet_plain(&header), 0))
		return look_closer(q, slot, &header, len);
	slot->pkt.len = (uint16_t)len;
	return true;
}

/* Frames that lie in their slots ready to give, up to one that does not. Return: entries. */
static unsigned give_slots(struct tap_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	unsigned used = 0;

	while (used < n && q->next < q->n && !plx_unfinished_left(&q->cut)) {
		unsigned i = q->next++;
		struct tap_slot *slot = &q->slots[i];

		if (!take_slot(q, slot, q->batch.result[i]))
			continue;
		pkts[used++] = slot->pkt;
		slot->pkt.data = NULL;
	}
	if (used)
		plx_pkts_unhold(pkts, used, PLX_HOLD_RX);
	return used;
}

/* The next parts of the frame that is being cut. Return: entries. */
static unsigned give_parts(struct tap_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	uint64_t all = (uint64_t)q->cut.frames * plx_entries(q->cut.longest, q->room);
	unsigned got, used;

	got = plx_pool_get(q->base.pool, &q->like, pkts, all < n ? (unsigned)all : n);
	used = plx_unfinished_next(&q->cut, pkts, got, q->room);
	plx_pkt_free(pkts + used, got - used);
	return used;
}

unsigned plx_tap_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct tap_rxq *q = (struct tap_rxq *)base;
	unsigned used = 0;
	struct plx_sum sum;

	q->dry = false;
	while (used < n) {
		if (plx_unfinished_left(&q->cut)) {
			used += give_parts(q, pkts + used, n - used);
			if (plx_unfinished_left(&q->cut))
				break;
		} else if (q->next < q->n) {
			used += give_slots(q, pkts + used, n - used);
		} else if (q->dry || !refill(q, n - used)) {
			break;
		}
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

/* A queue's pool must have room for the longest frame, and for the header before each. */
static int check_pool(const struct plx_port *port, const struct plx_port_conf *conf,
		      const struct plx_pool *pool)
{
	const struct tap_device *device = (const struct tap_device *)port->device;
	struct plx_pool_account account;
	struct plx_pool_info info;
	unsigned entries;

	plx_pool_info(pool, &info);
	plx_pool_account(pool, &account);
	if (!info.data_room)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"the buffers of a wrapped pool come from their owner");
	if (info.headroom < device->header_len)
		return plx_fail(-EINVAL, PLX_R_MISMATCH, port->child.name,
				"%s needs %u bytes of headroom and the pool has %u: give it more",
				port->child.name, device->header_len, info.headroom);
	/* One more holds what is being cut. */
	entries = plx_entries(longest(conf->mtu, conf->offloads), info.data_room) + 1;
	if (account.total < entries)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, port->child.name,
				"the longest frame needs %u buffers and the pool has %u: give it "
				"more or larger ones",
				entries, account.total);
	return 0;
}

int plx_tap_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	int err = 0;

	for (unsigned i = 0; i < conf->n_rxq && !err; i++)
		err = check_pool(port, conf, plx_conf_pool(conf, i));
	return err;
}

/*
 * Each slot's scratch has room for the longest frame, though not even the MTU tells what comes: it
 * may be raised at any time. Memory that no frame reaches is never committed.
 */
static int make_slots(struct tap_rxq *q)
{
	size_t each = (q->room + PLX_UNFINISHED_MAX + 63) & ~(size_t)63;
	void *scratch;

	q->scratch_size = each * TAP_BATCH;
	scratch = mmap(NULL, q->scratch_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (scratch == MAP_FAILED)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, q->base.port->child.name,
				"no memory for a queue");
	q->scratch = scratch;
	for (unsigned i = 0; i < TAP_BATCH; i++) {
		struct tap_slot *slot = &q->slots[i];

		slot->scratch = q->scratch + i * each;
		slot->iov[0].iov_len = q->room + q->header_len;
		slot->iov[1] = (struct iovec){ slot->scratch + q->room, PLX_UNFINISHED_MAX };
		q->batch.iov[i] = slot->iov;
		q->batch.n_iov[i] = 2;
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
	err = make_slots(q);
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

	for (unsigned i = 0; i < TAP_BATCH; i++) {
		if (!q->slots[i].pkt.data)
			continue;
		plx_pkts_unhold(&q->slots[i].pkt, 1, PLX_HOLD_RX);
		plx_pkt_free(&q->slots[i].pkt, 1);
	}
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
