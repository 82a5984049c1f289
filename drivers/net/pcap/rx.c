/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue. A file can wait: when the pool has no buffer, or the burst no room for a
 * frame's last entry, the frame comes with the next burst and nothing is dropped or counted.
 *
 * Where reading stands is kept with the device: it goes on there after a stop and a start, and
 * also after the port is configured again.
 */
#include "pcap.h"

#include <errno.h>
#include <string.h>

/*
 * Copy a part of a frame in memory. Both ends have at least 64 bytes, since no buffer is smaller
 * and a capture is padded; short frames are worth avoiding a call.
 */
static inline void copy_padded(uint8_t *to, const uint8_t *from, uint32_t len)
{
	if (len <= 64)
		memcpy(to, from, 64);
	else
		memcpy(to, from, len);
}

/* Take @len bytes at most into one entry; the caller has set what all entries have in common. */
static inline void fill_entry(struct plx_pkt *pkt, uint32_t len, uint64_t timestamp,
			      uint32_t wire_len)
{
	pkt->len = (uint16_t)len;
	pkt->timestamp = timestamp;
	if (wire_len) {
		pkt->flags |= PLX_PKT_CUT;
		pkt->wire_len = wire_len;
	}
}

/* A frame in several entries. Return: how many. */
static unsigned fill_entries(struct plx_pkt *pkts, const struct pcap_frame *frame, uint32_t room)
{
	unsigned n = 0;

	for (uint32_t done = 0, part; done < frame->len; done += part, n++) {
		part = frame->len - done < room ? frame->len - done : room;
		memcpy(pkts[n].data, frame->data + done, part);
		fill_entry(&pkts[n], part, frame->timestamp, frame->wire_len);
		pkts[n].flags |= PLX_PKT_MORE;
	}
	pkts[n - 1].flags &= ~(uint32_t)PLX_PKT_MORE;
	return n;
}

/* After the last frame: what could not be received was left out of this pass as well. */
static void end_pass(struct pcap_rxq *q, struct pcap_capture *c)
{
	c->next = 0;
	if (c->passes != UINT64_MAX)
		c->passes--;
	for (int i = 0; i < PLX_DROP_COUNT_; i++)
		plx_count(&q->base.counts.drops[i], c->drops[i]);
}

/* One frame of the capture into the first of @n entries. Return: entries used, 0: too few. */
static inline unsigned give_record(struct pcap_rxq *q, const struct pcap_capture *c,
				   const struct pcap_record *record, struct plx_pkt *pkts,
				   unsigned n)
{
	const uint8_t *data = c->bytes + record->offset;
	struct pcap_frame frame;

	if (record->len <= q->room) {
		if (!n)
			return 0;
		copy_padded(pkts->data, data, record->len);
		fill_entry(pkts, record->len, record->timestamp, record->wire_len);
		return 1;
	}
	if (plx_entries(record->len, q->room) > n)
		return 0;
	frame = (struct pcap_frame){ data, record->timestamp, record->len, record->wire_len };
	return fill_entries(pkts, &frame, q->room);
}

static unsigned burst_from_memory(struct pcap_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	struct pcap_capture *c = &q->device->capture;
	unsigned got, used = 0, frames = 0, entries;
	uint64_t bytes = 0;

	if (!c->passes)
		return 0;
	got = plx_pool_get(q->base.pool, &q->like, pkts, n);
	while (c->passes) {
		const struct pcap_record *record = &c->records[c->next];

		entries = give_record(q, c, record, pkts + used, got - used);
		if (!entries)
			break;
		used += entries;
		frames++;
		bytes += record->len;
		if (++c->next == c->n_records)
			end_pass(q, c);
	}
	plx_pkt_free(pkts + used, got - used);
	plx_count_burst(&q->base.counts, frames, bytes);
	return used;
}

/*
 * Have a frame at hand that can be given. Return: false when there is none now. Too long is what
 * is over maxlen, and also what a file that grows brings and was not there at first.
 */
static bool keep_next(struct pcap_rxq *q, struct pcap_reader *r)
{
	while (!r->has_kept) {
		if (!plx_pcap_reader_ready(r) || !plx_pcap_reader_next(r, &r->kept))
			return false;
		r->has_kept = r->kept.len && r->kept.len <= q->device->longest;
		if (r->has_kept)
			break;
		r->n_unfit++;
		plx_count(&q->base.counts.drops[r->kept.len ? PLX_DROP_TOO_LONG : PLX_DROP_EMPTY],
			  1);
	}
	return true;
}

static unsigned burst_from_file(struct pcap_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	struct pcap_reader *r = &q->device->reader;
	unsigned got, used = 0, frames = 0;
	uint64_t bytes = 0;

	if (!keep_next(q, r))
		return 0;
	got = plx_pool_get(q->base.pool, &q->like, pkts, n);
	while (keep_next(q, r) && plx_entries(r->kept.len, q->room) <= got - used) {
		used += fill_entries(pkts + used, &r->kept, q->room);
		frames++;
		bytes += r->kept.len;
		r->has_kept = false;
	}
	plx_pkt_free(pkts + used, got - used);
	plx_count_burst(&q->base.counts, frames, bytes);
	return used;
}

unsigned plx_pcap_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n)
{
	struct pcap_rxq *q = (struct pcap_rxq *)base;

	return q->device->in_memory ? burst_from_memory(q, pkts, n) : burst_from_file(q, pkts, n);
}

int plx_pcap_rxq_status(struct plx_rxq *base)
{
	const struct pcap_device *device = ((struct pcap_rxq *)base)->device;
	const struct pcap_reader *r = &device->reader;
	bool more = device->in_memory ? device->capture.passes > 0 : !r->err;

	return more ? 0 : plx_pcap_reader_fail(r, device->base.spec);
}

int plx_pcap_check_conf(struct plx_port *port, const struct plx_port_conf *conf)
{
	return plx_check_rx_pools(port, conf, ((struct pcap_device *)port->device)->longest);
}

int plx_pcap_init_rxq(struct plx_rxq *base)
{
	struct pcap_rxq *q = (struct pcap_rxq *)base;
	struct plx_pool_info pool;

	plx_pool_info(base->pool, &pool);
	q->device = (struct pcap_device *)base->port->device;
	q->room = pool.data_room;
	q->like.flags = PLX_PKT_TIMESTAMP;
	q->like.port = base->port_number;
	q->like.pool = pool.number;
	base->max_entries = (uint16_t)plx_entries(q->device->longest, q->room);
	return 0;
}
