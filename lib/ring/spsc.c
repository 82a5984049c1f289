/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring between one producer and one consumer.
 *
 * Positions count elements for ever; the slot is the position modulo the capacity. Each side
 * owns one position and keeps a shadow of the other's, which it refreshes only when the shadow
 * says that the ring is full (or empty). While it is neither, a side's line of private state
 * stays in its own core's cache, and so does the other's position.
 */
#include <stdalign.h>
#include <stdatomic.h>

#include "ring/slots.h"

/*
 * Two lines apart, because CPUs prefetch lines in pairs. The published position has a line of
 * its own: were it beside what its owner reads on each call, the other side's look at it would
 * cost the owner a miss.
 */
struct spsc_side {
	alignas(2 * PLX_CACHE_LINE) _Atomic uint64_t published; /* pos, for the other side */
	alignas(2 * PLX_CACHE_LINE) uint64_t pos;
	uint64_t shadow; /* the other side's published as last seen */
};

struct plx_spsc {
	struct plx_ring_slots slots;
	unsigned ahead; /* elements from the burst at hand to the ones to prefetch; 0: none */
	struct spsc_side producer;
	struct spsc_side consumer;
};

/* How far ahead lines are asked for: measured, with 8-byte elements in bursts of 32. */
#define SPSC_AHEAD (16 * PLX_CACHE_LINE)

int plx_spsc_create(const struct plx_ring_opts *opts, struct plx_spsc **out)
{
	struct plx_ring_slots slots;
	struct plx_spsc *r;
	int rc;

	if (!out)
		return plx_fail_null(2, "out");
	*out = NULL;
	rc = plx_ring_check(opts);
	if (rc)
		return rc;
	r = plx_ring_alloc(opts, sizeof(*r), &slots);
	if (!r)
		return -ENOMEM;
	r->slots = slots;
	r->ahead = plx_ring_ahead(&slots, SPSC_AHEAD);
	*out = r;
	return plx_ok();
}

void plx_spsc_destroy(struct plx_spsc *r)
{
	if (r)
		plx_node_free(r, r->slots.alloc_size);
}

unsigned plx_spsc_capacity(const struct plx_spsc *r)
{
	return r->slots.mask + 1;
}

/*
 * The consumer's position first: it can only have grown when the producer's is read, so the
 * difference is never negative, merely too large.
 */
unsigned plx_spsc_count(const struct plx_spsc *r)
{
	uint64_t tail = PLX_LOAD_ACQUIRE(&r->consumer.published);
	uint64_t head = PLX_LOAD_ACQUIRE(&r->producer.published);
	uint64_t count = head - tail;

	return count > r->slots.mask ? r->slots.mask + 1 : (unsigned)count;
}

/* How many of @n slots the producer at @head may fill. */
static inline unsigned room(struct plx_spsc *r, uint64_t head, unsigned n)
{
	uint64_t capacity = (uint64_t)r->slots.mask + 1;
	uint64_t tail = PLX_LOAD_OWN(&r->producer.shadow);

	if (head - tail + n > capacity) {
		tail = PLX_LOAD_ACQUIRE(&r->consumer.published);
		PLX_STORE_OWN(&r->producer.shadow, tail);
	}
	return head - tail + n > capacity ? (unsigned)(capacity - (head - tail)) : n;
}

/* How many of @n elements the consumer at @tail may take. */
static inline unsigned filled(struct plx_spsc *r, uint64_t tail, unsigned n)
{
	uint64_t head = PLX_LOAD_OWN(&r->consumer.shadow);

	if (head - tail < n) {
		head = PLX_LOAD_ACQUIRE(&r->producer.published);
		PLX_STORE_OWN(&r->consumer.shadow, head);
	}
	return head - tail < n ? (unsigned)(head - tail) : n;
}

/* The slots of a later burst, if they are known to be free. */
static inline void prefetch_free(struct plx_spsc *r, uint64_t head, unsigned n)
{
	uint64_t end = PLX_LOAD_OWN(&r->producer.shadow) + r->slots.mask + 1;

	if (r->ahead && head + r->ahead + n <= end)
		PLX_RING_PREFETCH(&r->slots, head + r->ahead, n, PLX_PREFETCH_WRITE);
}

/* The elements of a later burst, if they are known to be there. */
static inline void prefetch_filled(struct plx_spsc *r, uint64_t tail, unsigned n)
{
	uint64_t end = PLX_LOAD_OWN(&r->consumer.shadow);

	if (r->ahead && tail + r->ahead + n <= end)
		PLX_RING_PREFETCH(&r->slots, tail + r->ahead, n, PLX_PREFETCH);
}

/*
 * The line of the published position may be the other side's by now. Asking for it before the
 * copy rather than with the store keeps the stores behind from queueing up.
 */
static inline unsigned spsc_push(struct plx_spsc *r, const void *elems, unsigned n, unsigned least)
{
	uint64_t head = PLX_LOAD_OWN(&r->producer.pos);

	n = room(r, head, n);
	if (!n || n < least)
		return 0;
	PLX_PREFETCH_WRITE(&r->producer.published);
	plx_ring_in(&r->slots, head, elems, n);
	head += n;
	PLX_STORE_OWN(&r->producer.pos, head);
	/* Release: who sees the new position sees the elements. */
	PLX_STORE_RELEASE(&r->producer.published, head);
	prefetch_free(r, head, n);
	return n;
}

static inline unsigned spsc_pop(struct plx_spsc *r, void *elems, unsigned n, unsigned least)
{
	uint64_t tail = PLX_LOAD_OWN(&r->consumer.pos);

	n = filled(r, tail, n);
	if (!n || n < least)
		return 0;
	PLX_PREFETCH_WRITE(&r->consumer.published);
	plx_ring_out(&r->slots, tail, elems, n);
	tail += n;
	PLX_STORE_OWN(&r->consumer.pos, tail);
	/* Release: who sees the new position may overwrite what has been read. */
	PLX_STORE_RELEASE(&r->consumer.published, tail);
	prefetch_filled(r, tail, n);
	return n;
}

unsigned plx_spsc_push(struct plx_spsc *r, const void *elems, unsigned n)
{
	return spsc_push(r, elems, n, 0);
}

unsigned plx_spsc_push_bulk(struct plx_spsc *r, const void *elems, unsigned n)
{
	return spsc_push(r, elems, n, n);
}

unsigned plx_spsc_pop(struct plx_spsc *r, void *elems, unsigned n)
{
	return spsc_pop(r, elems, n, 0);
}

unsigned plx_spsc_pop_bulk(struct plx_spsc *r, void *elems, unsigned n)
{
	return spsc_pop(r, elems, n, n);
}
