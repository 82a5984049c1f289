/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings: our side.
 */
#include "bench/micro.h"

#include <pollux/error.h>
#include <pollux/ring.h>

static const struct plx_ring_opts opts = { .capacity = RING_CAPACITY,
					   .elem_size = sizeof(uint64_t),
					   .node = -1 };

static ALWAYS_INLINE unsigned push_spsc(void *ring, uint64_t *elems)
{
	return plx_spsc_push_bulk(ring, elems, RING_BULK);
}

static ALWAYS_INLINE unsigned pop_spsc(void *ring, uint64_t *elems)
{
	return plx_spsc_pop_bulk(ring, elems, RING_BULK);
}

static ALWAYS_INLINE unsigned push_mpmc(void *ring, uint64_t *elems)
{
	return plx_mpmc_push_bulk(ring, elems, RING_BULK);
}

static ALWAYS_INLINE unsigned pop_mpmc(void *ring, uint64_t *elems)
{
	return plx_mpmc_pop_bulk(ring, elems, RING_BULK);
}

static void *produce_spsc(void *run)
{
	return ring_produce(run, push_spsc);
}

static void *consume_spsc(void *run)
{
	return ring_consume(run, pop_spsc);
}

static void *produce_mpmc(void *run)
{
	return ring_produce(run, push_mpmc);
}

static void *consume_mpmc(void *run)
{
	return ring_consume(run, pop_mpmc);
}

enum outcome ring_spsc_ours(struct bench *b, const struct bench_case *c, double *value)
{
	struct ring_run run = { .ready = 0 };
	struct plx_spsc *ring;
	enum outcome got;

	if (plx_spsc_create(&opts, &ring))
		return bench_failed(b, "%s: %s", c->name, plx_last_error()->text);
	run.ring = ring;
	got = ring_measure(b, &run, produce_spsc, consume_spsc, value);
	plx_spsc_destroy(ring);
	return got;
}

enum outcome ring_mpmc_ours(struct bench *b, const struct bench_case *c, double *value)
{
	struct ring_run run = { .ready = 0 };
	struct plx_mpmc *ring;
	enum outcome got;

	if (plx_mpmc_create(&opts, &ring))
		return bench_failed(b, "%s: %s", c->name, plx_last_error()->text);
	run.ring = ring;
	got = ring_measure(b, &run, produce_mpmc, consume_mpmc, value);
	plx_mpmc_destroy(ring);
	return got;
}
