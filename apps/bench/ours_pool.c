/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools: our side.
 */
#include "bench/micro.h"

#include <pollux/pollux.h>

#include <string.h>

static ALWAYS_INLINE bool take(void *pool, void *slot)
{
	struct plx_pkt *pkts = slot;

	if (plx_pool_get(pool, NULL, pkts, POOL_BULK) != POOL_BULK)
		return false;
	for (unsigned i = 0; i < POOL_BULK; i++)
		memcpy(pkts[i].data, &i, sizeof(i));
	return true;
}

static ALWAYS_INLINE void give(void *slot)
{
	plx_pkt_free(slot, POOL_BULK);
}

static enum outcome cycle(struct bench *b, struct plx_pool *pool, double *value)
{
	struct plx_pkt slots[POOL_SLOTS][POOL_BULK];
	struct pool_run run = { .pool = pool };

	for (unsigned i = 0; i < POOL_SLOTS; i++)
		run.slots[i] = slots[i];
	*value = pool_cycle(&run, take, give);
	if (!(*value > 0))
		return bench_failed(b, "the pool gave too few: %s", plx_last_error()->text);
	return MEASURED;
}

enum outcome pool_ours(struct bench *b, const struct bench_case *c, double *value)
{
	const struct plx_pool_opts opts = {
		.name = "bench", .count = POOL_BUFFERS, .data_room = POOL_ROOM, .node = -1
	};
	struct plx_pool *pool = NULL;
	struct plx_ctx *ctx = NULL;
	enum outcome got;

	pin_to(b->cpu_work);
	if (plx_ctx_create(NULL, &ctx) || plx_pool_create(ctx, &opts, &pool))
		got = bench_failed(b, "%s: %s", c->name, plx_last_error()->text);
	else
		got = cycle(b, pool, value);
	unpin(b);
	/* After a failure packets may be out; the process ends then, and the pool with it. */
	if (plx_pool_destroy(pool) || plx_ctx_destroy(ctx))
		got = got == MEASURED ? bench_failed(b, "%s", plx_last_error()->text) : got;
	return got;
}
