/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools: our side.
 */
#include "bench/micro.h"

#include <pollux/pollux.h>

#include <string.h>

struct outstanding {
	struct plx_pkt slots[POOL_SLOTS][POOL_BULK];
	unsigned next; /* the empty one */
};

/* Take into the empty slot, then give back the oldest, which becomes the empty one. */
static bool turn(struct plx_pool *pool, struct outstanding *out, bool give)
{
	struct plx_pkt *fresh = out->slots[out->next];

	if (plx_pool_get(pool, NULL, fresh, POOL_BULK) != POOL_BULK)
		return false;
	for (unsigned i = 0; i < POOL_BULK; i++)
		memcpy(fresh[i].data, &i, sizeof(i));
	out->next = out->next + 1 == POOL_SLOTS ? 0 : out->next + 1;
	if (give)
		plx_pkt_free(out->slots[out->next], POOL_BULK);
	return true;
}

static bool turns(struct plx_pool *pool, struct outstanding *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!turn(pool, out, true))
			return false;
	return true;
}

static enum outcome cycle(struct bench *b, struct plx_pool *pool, double *value)
{
	struct outstanding out = { .next = 0 };
	bool good = true;
	uint64_t begin;

	for (unsigned i = 0; i < POOL_SLOTS - 1 && good; i++)
		good = turn(pool, &out, false);
	good = good && turns(pool, &out, 8 * POOL_SLOTS); /* warm up */
	begin = plx_cycles();
	good = good && turns(pool, &out, POOL_TURNS);
	*value = (double)(plx_cycles() - begin) / ((double)POOL_TURNS * POOL_BULK);
	if (!good)
		return bench_failed(b, "the pool gave too few: %s", plx_last_error()->text);
	for (unsigned i = 1; i < POOL_SLOTS; i++)
		plx_pkt_free(out.slots[(out.next + i) % POOL_SLOTS], POOL_BULK);
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
