/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases inside this process. The harness is inline functions that each side instantiates
 * with its own calls, so that both are compiled the same way and neither pays for a pointer.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include "bench/bench.h"

#include <pollux/clock.h>

#include <stdatomic.h>
#include <stdint.h>

/* --- Rings --- */

#define RING_BULK     32
#define RING_CAPACITY 4096
#define RING_BULKS    (1u << 17) /* 4 million elements: some 20 ms */

/* Both are given the ring and RING_BULK elements, and return how many were moved: all or none. */
typedef unsigned (*ring_bulk_fn)(void *ring, uint64_t *elems);

struct ring_run {
	void *ring;
	_Atomic unsigned ready; /* threads that have arrived */
	_Atomic bool broken;    /* one of them gave up: wrong element, or no progress */
	uint64_t begin, end;    /* of the producer, of the consumer */
};

/* ring_run.c: one thread produces on one CPU, one consumes on the other. */
enum outcome ring_measure(struct bench *b, struct ring_run *run, void *(*produce)(void *),
			  void *(*consume)(void *), double *value);

/* Both threads leave here together. */
void ring_rendezvous(struct ring_run *run);

/* Called after a call that moved nothing. False: give up. */
bool ring_wait(struct ring_run *run, unsigned *waits);

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE void *ring_produce(struct ring_run *run, ring_bulk_fn push)
{
	uint64_t elems[RING_BULK] = { 0 };
	unsigned waits = 0;

	ring_rendezvous(run);
	run->begin = plx_cycles();
	for (uint64_t i = 0; i < RING_BULKS; i++, waits = 0) {
		elems[0] = i;
		while (push(run->ring, elems) != RING_BULK)
			if (!ring_wait(run, &waits))
				return NULL;
	}
	return NULL;
}

static ALWAYS_INLINE void *ring_consume(struct ring_run *run, ring_bulk_fn pop)
{
	uint64_t elems[RING_BULK];
	unsigned waits = 0;

	ring_rendezvous(run);
	for (uint64_t i = 0; i < RING_BULKS; i++, waits = 0) {
		while (pop(run->ring, elems) != RING_BULK)
			if (!ring_wait(run, &waits))
				return NULL;
		if (elems[0] != i) {
			run->broken = true;
			return NULL;
		}
	}
	run->end = plx_cycles();
	return NULL;
}

enum outcome ring_spsc_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome ring_mpmc_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome ring_spsc_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome ring_mpmc_rival(struct bench *b, const struct bench_case *c, double *value);

/* --- Pools --- */

#define POOL_BUFFERS     8191
#define POOL_ROOM        2048 /* bytes of a frame in a buffer, behind a headroom of 128 */
#define POOL_BULK        32
#define POOL_OUTSTANDING 1024
#define POOL_SLOTS       (POOL_OUTSTANDING / POOL_BULK + 1) /* one is empty: the next to fill */
#define POOL_TURNS       (1u << 16)                         /* 2 million packets */

/* What is out of a pool, by the bulk, oldest first behind the empty slot. */
struct pool_run {
	void *pool;
	void *slots[POOL_SLOTS]; /* POOL_BULK packets of a side's own kind each */
	unsigned empty;
};

/* Take POOL_BULK packets and write to each one's first bytes; false when there are fewer. */
typedef bool (*pool_take_fn)(void *pool, void *slot);
typedef void (*pool_give_fn)(void *slot);

/* Take into the empty slot, then give back the oldest, which becomes the empty one. */
static ALWAYS_INLINE bool pool_turn(struct pool_run *run, pool_take_fn take, pool_give_fn give)
{
	if (!take(run->pool, run->slots[run->empty]))
		return false;
	run->empty = run->empty + 1 == POOL_SLOTS ? 0 : run->empty + 1;
	if (give)
		give(run->slots[run->empty]);
	return true;
}

/* Cycles a packet; 0 when the pool gave too few. What is out at the end is given back. */
static ALWAYS_INLINE double pool_cycle(struct pool_run *run, pool_take_fn take, pool_give_fn give)
{
	bool good = true;
	uint64_t begin;

	for (unsigned i = 0; i < POOL_SLOTS - 1 && good; i++)
		good = pool_turn(run, take, NULL);
	for (unsigned i = 0; i < 8 * POOL_SLOTS && good; i++) /* warm up */
		good = pool_turn(run, take, give);
	begin = plx_cycles();
	for (unsigned i = 0; i < POOL_TURNS && good; i++)
		good = pool_turn(run, take, give);
	if (!good)
		return 0;
	begin = plx_cycles() - begin;
	for (unsigned i = 1; i < POOL_SLOTS; i++)
		give(run->slots[(run->empty + i) % POOL_SLOTS]);
	return (double)begin / ((double)POOL_TURNS * POOL_BULK);
}

enum outcome pool_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome pool_rival(struct bench *b, const struct bench_case *c, double *value);

/* Put the calling thread on one CPU; and back on all that it may use. */
void pin_to(unsigned cpu);
void unpin(const struct bench *b);

/* rival_dpdk.c: let go of what DPDK holds in this process. */
void rival_end(void);

#endif
