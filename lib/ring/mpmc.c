/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring between any number of producers and consumers, in which nobody waits.
 *
 * Positions count elements for ever: the slot is the position modulo the capacity, the lap is
 * the position divided by it. A producer claims slots by moving the producers' position with a
 * compare and swap, fills them, and then says slot by slot that it is done. So a thread that is
 * stopped between claim and publication holds up its own slots and nothing else: the others
 * find the ring shorter, or full, and return.
 *
 * "Done" is one bit per slot and side, flipped once in each lap:
 *
 *	slot                  produced  consumed
 *	free for an even lap      0         0
 *	filled in it              1         0
 *	free for an odd lap       1         1
 *	filled in it              0         1
 *
 * Producers look only at the consumed bits, consumers only at the produced ones. One bit is
 * enough: nobody claims position p before a thread of the same side has claimed p - capacity,
 * and that one saw the other side's bit of its lap. So the bit is of this lap or of the one
 * before, never older, and the two differ. Nor can an older one be read: claims follow each
 * other by compare and swap with acquire and release, so what the earlier claimant saw is
 * past for the later one.
 *
 * The bits of 32 slots share a word. A thread that publishes a whole word stores it, which no
 * other thread can be doing; a thread that publishes a part flips its bits with one atomic
 * exclusive or. Measured at bursts of 32 this takes two thirds of the cycles of a lap number
 * per slot (of 8, 16 or 32 bits), and words of 64 bits, of which a burst fills half, take 1.4
 * times as many.
 */
#include <stdalign.h>
#include <stdatomic.h>

#include "ring/slots.h"

/* Slots that share a word of bits, 1 .. 32; a test takes fewer to have several words. */
#ifndef GROUP_SLOTS
#define GROUP_SLOTS 32u
#endif

/* Which side of the ring a thread is on; also the index of that side's bits. */
enum mpmc_side { PRODUCER, CONSUMER };

/* A line for each group keeps the threads of different bursts apart. */
struct group {
	alignas(PLX_CACHE_LINE) _Atomic uint32_t done[2];
};

struct position {
	alignas(2 * PLX_CACHE_LINE) _Atomic uint64_t pos;
};

struct plx_mpmc {
	struct plx_ring_slots slots;
	unsigned order; /* log2 of the capacity */
	unsigned ahead; /* elements from the burst at hand to the ones to prefetch; 0: none */
	struct position claimed[2];
	alignas(2 * PLX_CACHE_LINE) struct group groups[];
};

/* Successive slots of one group, and so of one lap. */
struct run {
	struct group *group;
	unsigned first; /* bit of the first slot */
	unsigned len;
	uint32_t lap; /* no bits set in an even lap, all in an odd one */
};

/* How far ahead lines are asked for: measured, with 8-byte elements in bursts of 8 and 32. */
#define MPMC_AHEAD (8 * PLX_CACHE_LINE)

int plx_mpmc_create(const struct plx_ring_opts *opts, struct plx_mpmc **out)
{
	struct plx_ring_slots slots;
	struct plx_mpmc *r;
	size_t groups;
	int rc;

	if (!out)
		return plx_fail_null(2, "out");
	*out = NULL;
	rc = plx_ring_check(opts);
	if (rc)
		return rc;
	groups = (((size_t)1 << plx_ring_order(opts->capacity)) + GROUP_SLOTS - 1) / GROUP_SLOTS;
	r = plx_ring_alloc(opts, sizeof(*r) + groups * sizeof(struct group), &slots);
	if (!r)
		return -ENOMEM;
	r->slots = slots;
	r->order = plx_ring_order(opts->capacity);
	r->ahead = plx_ring_ahead(&slots, MPMC_AHEAD);
	*out = r;
	return plx_ok();
}

void plx_mpmc_destroy(struct plx_mpmc *r)
{
	if (r)
		plx_node_free(r, r->slots.alloc_size);
}

unsigned plx_mpmc_capacity(const struct plx_mpmc *r)
{
	return r->slots.mask + 1;
}

/* The consumers' position first, as in spsc.c: the difference is never negative. */
unsigned plx_mpmc_count(const struct plx_mpmc *r)
{
	uint64_t tail = PLX_LOAD_ACQUIRE(&r->claimed[CONSUMER].pos);
	uint64_t head = PLX_LOAD_ACQUIRE(&r->claimed[PRODUCER].pos);
	uint64_t count = head - tail;

	return count > r->slots.mask ? r->slots.mask + 1 : (unsigned)count;
}

/* The longest run of at most @n slots at position @pos. */
static inline struct run run_at(struct plx_mpmc *r, uint64_t pos, unsigned n)
{
	unsigned slot = (unsigned)pos & r->slots.mask;
	unsigned first = slot % GROUP_SLOTS;
	unsigned left = r->slots.mask + 1 - slot;

	if (left > GROUP_SLOTS - first)
		left = GROUP_SLOTS - first;
	return (struct run){
		.group = &r->groups[slot / GROUP_SLOTS],
		.first = first,
		.len = n < left ? n : left,
		.lap = (pos >> r->order) & 1 ? UINT32_MAX : 0,
	};
}

/* How many slots at the start of @run are ready for a thread of side @me. */
static inline unsigned ready(const struct run *run, enum mpmc_side me)
{
	uint32_t done = PLX_LOAD_ACQUIRE(&run->group->done[!me]);
	uint32_t wanted = me == PRODUCER ? run->lap : ~run->lap;
	uint32_t others = (done ^ wanted) >> run->first;
	unsigned len;

	if (!others)
		return run->len;
	len = (unsigned)__builtin_ctz(others);
	return len < run->len ? len : run->len;
}

/*
 * How many of the @n slots at @pos are ready, up to the first that is not. Never more than the
 * capacity: the slot that comes round again would have to be ready for two laps.
 */
static inline unsigned available(struct plx_mpmc *r, enum mpmc_side me, uint64_t pos, unsigned n)
{
	unsigned found = 0;

	while (found < n) {
		struct run run = run_at(r, pos + found, n - found);
		unsigned len = ready(&run, me);

		found += len;
		if (len < run.len)
			break;
	}
	return found;
}

/*
 * The lines of a later burst, if its last slot is ready for this side. Blindly it would take
 * them from the other side, which is still at work there.
 */
static inline void prefetch_later(struct plx_mpmc *r, enum mpmc_side me, uint64_t pos, unsigned n)
{
	uint64_t later = pos + r->ahead;
	struct run last = run_at(r, later + n - 1, 1);

	if (!r->ahead || !ready(&last, me))
		return;
	if (me == PRODUCER)
		PLX_RING_PREFETCH(&r->slots, later, n, PLX_PREFETCH_WRITE);
	else
		PLX_RING_PREFETCH(&r->slots, later, n, PLX_PREFETCH);
}

/*
 * Make @least (1 or more) to @n slots this thread's own: the number, with the first one's
 * position in @pos, or 0. A position that moved while the bits were read voids what they said,
 * good or bad; the loop then repeats because another thread has got something done.
 */
static inline unsigned claim(struct plx_mpmc *r, enum mpmc_side me, unsigned n, unsigned least,
			     uint64_t *pos)
{
	_Atomic uint64_t *claimed = &r->claimed[me].pos;
	uint64_t now;

	for (;;) {
		unsigned got = available(r, me, *pos, n);

		if (got && got >= least) {
			prefetch_later(r, me, *pos, got);
			if (PLX_CAS_ACQ_REL(claimed, pos, *pos + got))
				return got;
			continue;
		}
		now = PLX_LOAD_ACQUIRE(claimed);
		if (now == *pos)
			return 0;
		*pos = now;
	}
}

/* Release: who sees the bits sees the elements in their slots, or may overwrite them. */
static inline void publish(struct plx_mpmc *r, enum mpmc_side me, uint64_t pos, unsigned n)
{
	unsigned done = 0;

	while (done < n) {
		struct run run = run_at(r, pos + done, n - done);
		_Atomic uint32_t *word = &run.group->done[me];

		if (run.len == GROUP_SLOTS)
			PLX_STORE_RELEASE(word, ~run.lap);
		else
			PLX_XOR_RELEASE(word, ((UINT32_C(1) << run.len) - 1) << run.first);
		done += run.len;
	}
}

static inline unsigned mpmc_push(struct plx_mpmc *r, const void *elems, unsigned n, bool bulk)
{
	uint64_t head = PLX_LOAD_ACQUIRE(&r->claimed[PRODUCER].pos);
	unsigned got;

	got = claim(r, PRODUCER, n, bulk ? n : 1, &head);
	plx_ring_in(&r->slots, head, elems, got);
	publish(r, PRODUCER, head, got);
	return got;
}

static inline unsigned mpmc_pop(struct plx_mpmc *r, void *elems, unsigned n, bool bulk)
{
	uint64_t tail = PLX_LOAD_ACQUIRE(&r->claimed[CONSUMER].pos);
	unsigned got;

	got = claim(r, CONSUMER, n, bulk ? n : 1, &tail);
	plx_ring_out(&r->slots, tail, elems, got);
	publish(r, CONSUMER, tail, got);
	return got;
}

unsigned plx_mpmc_push(struct plx_mpmc *r, const void *elems, unsigned n)
{
	return mpmc_push(r, elems, n, false);
}

unsigned plx_mpmc_push_bulk(struct plx_mpmc *r, const void *elems, unsigned n)
{
	return mpmc_push(r, elems, n, true);
}

unsigned plx_mpmc_pop(struct plx_mpmc *r, void *elems, unsigned n)
{
	return mpmc_pop(r, elems, n, false);
}

unsigned plx_mpmc_pop_bulk(struct plx_mpmc *r, void *elems, unsigned n)
{
	return mpmc_pop(r, elems, n, true);
}
