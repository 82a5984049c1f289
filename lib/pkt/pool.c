/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making, ending and describing pools. What runs in a burst loop is in burst.c.
 */
#include "pkt/pool_priv.h"

#include "core/error.h"
#include "mem/node.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT     (1u << 22)
#define MAX_BYTES     ((uint64_t)1 << 36)
#define MIN_DATA_ROOM 64
#define MAX_DATA_ROOM 65408
#define MAX_HEADROOM  512

_Atomic(struct plx_pool *) plx_pools[PLX_POOL_MAX];
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;

/* Numbers are handed out in turn, so that a stale packet seldom meets a new pool. */
static int take_number(struct plx_pool *pool)
{
	static unsigned last;
	int err = -ENOSPC;

	pthread_mutex_lock(&pools_lock);
	for (unsigned i = 1; i < PLX_POOL_MAX && err; i++) {
		unsigned n = 1 + (last + i - 1) % (PLX_POOL_MAX - 1);

		if (atomic_load_explicit(&plx_pools[n], memory_order_relaxed))
			continue;
		pool->number = (uint16_t)n;
		last = n;
		err = 0;
		atomic_store_explicit(&plx_pools[n], pool, memory_order_release);
	}
	pthread_mutex_unlock(&pools_lock);
	return err;
}

/* All a pool has beside itself, whatever of it is there; sizes as in alloc_tables(). */
static void free_pool(struct plx_pool *pool)
{
	if (pool->number)
		atomic_store_explicit(&plx_pools[pool->number], NULL, memory_order_release);
	plx_check_ended(pool);
	plx_arena_destroy(pool->arena);
	if (pool->stack)
		plx_node_free(pool->stack, (pool->total + PLX_POOL_SPARE) * sizeof(*pool->stack));
	if (pool->returns)
		plx_node_free(pool->returns, (pool->returns_mask + 1) * sizeof(*pool->returns));
	if (pool->extra_owners)
		plx_node_free(pool->extra_owners, pool->total * sizeof(*pool->extra_owners));
#ifdef PLX_CHECKS
	free(pool->states);
#endif
	free(pool);
}

static struct plx_pool *new_pool(void)
{
	struct plx_pool *pool = aligned_alloc(PLX_CACHE_LINE, sizeof(*pool));

	if (pool) {
		memset(pool, 0, sizeof(*pool));
		pool->fill = plx_pool_choose_fill();
	}
	return pool;
}

/* What there is for each buffer: 18 bytes, resident from the start. */
static bool alloc_tables(struct plx_pool *pool, int node)
{
	size_t slots = 64;

	while (slots < pool->total)
		slots *= 2;
	pool->returns_mask = slots - 1;
	pool->stack = plx_node_alloc((pool->total + PLX_POOL_SPARE) * sizeof(*pool->stack), node);
	pool->returns = plx_node_alloc(slots * sizeof(*pool->returns), node);
	pool->extra_owners = plx_node_alloc(pool->total * sizeof(*pool->extra_owners), node);
#ifdef PLX_CHECKS
	pool->states = calloc(pool->total, 1);
	if (!pool->states)
		return false;
#endif
	for (unsigned i = 0; pool->stack && i < pool->total + PLX_POOL_SPARE; i++)
		pool->stack[i] = PLX_POOL_NO_BUFFER(pool);
	return pool->stack && pool->returns && pool->extra_owners;
}

static int check_opts(const struct plx_pool_opts *o)
{
	if (o->count > MAX_COUNT)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, o->name,
				"%u buffers are over the limit of %u", o->count, MAX_COUNT);
	if (o->data_room && (o->data_room < MIN_DATA_ROOM || o->data_room > MAX_DATA_ROOM))
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, o->name,
				"a buffer of %u bytes is outside %u to %u", o->data_room,
				MIN_DATA_ROOM, MAX_DATA_ROOM);
	if (o->headroom > MAX_HEADROOM)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, o->name,
				"a headroom of %u bytes is over the limit of %u", o->headroom,
				MAX_HEADROOM);
	if (!plx_node_valid(o->node))
		return plx_fail(-EINVAL, PLX_R_INDEX, o->name, "there is no NUMA node %d", o->node);
	if (o->flags & ~(uint32_t)(PLX_POOL_PREFAULT | PLX_POOL_SMALL_PAGES))
		return plx_fail(-EINVAL, PLX_R_RESERVED_BITS, o->name, "unknown pool flags 0x%x",
				o->flags);
	return 0;
}

/*
 * An odd number of lines, so that the first lines of buffers spread over all cache sets; and a
 * byte to spare, so that the end of a full buffer is not the next one's beginning.
 */
static unsigned odd_stride(unsigned bytes)
{
	unsigned lines = bytes / PLX_CACHE_LINE + 1;

	return (lines | 1) * PLX_CACHE_LINE;
}

static void set_geometry(struct plx_pool *pool, const struct plx_pool_opts *o)
{
	uint64_t lines;

	pool->total = o->count ? o->count : 8192;
	pool->data_room = o->data_room ? o->data_room : 2048;
	pool->headroom = o->headroom ? o->headroom : 128;
	pool->stride = odd_stride(pool->headroom + pool->data_room);
	pool->span = (uint64_t)pool->total * pool->stride;
	lines = pool->stride / PLX_CACHE_LINE;
	pool->shift = 32 + 63 - (unsigned)__builtin_clzll(lines);
	pool->magic = (((uint64_t)1 << pool->shift) + lines - 1) / lines;
}

static int make_arena(struct plx_pool *pool, struct plx_ctx *ctx, const struct plx_pool_opts *o)
{
	struct plx_arena_opts a = { .name = o->name, .node = o->node };
	struct plx_arena_info info;
	int err;

	a.flags = (o->flags & PLX_POOL_PREFAULT ? PLX_ARENA_PREFAULT : 0) |
		  (o->flags & PLX_POOL_SMALL_PAGES ? PLX_ARENA_SMALL : 0);
	err = plx_arena_create(ctx, pool->span, &a, &pool->arena);
	if (err)
		return err;
	plx_arena_info(pool->arena, &info);
	pool->base = info.base;
	return 0;
}

int plx_pool_create(struct plx_ctx *ctx, const struct plx_pool_opts *opts, struct plx_pool **out)
{
	static const struct plx_pool_opts defaults = PLX_POOL_OPTS_DEFAULT;
	const struct plx_pool_opts *o = opts ? opts : &defaults;
	const char *name = o->name ? o->name : "pool";
	struct plx_pool *pool;
	int err;

	if (out)
		*out = NULL;
	if (!ctx)
		return plx_fail_null(1, "ctx");
	if (!out)
		return plx_fail_null(3, "out");
	err = check_opts(o);
	if (err)
		return err;
	pool = new_pool();
	if (!pool)
		return plx_fail_nomem(name, "a pool");
	set_geometry(pool, o);
	if (pool->span > MAX_BYTES)
		err = plx_fail(-EINVAL, PLX_R_TOO_LARGE, name,
			       "%u buffers of %u bytes are over the limit of 64 GiB", pool->total,
			       pool->stride);
	else if (!alloc_tables(pool, o->node))
		err = plx_fail(-ENOMEM, PLX_R_NOMEM, name, "no memory for a pool of %u buffers",
			       pool->total);
	else
		err = make_arena(pool, ctx, o);
	if (!err && take_number(pool))
		err = plx_fail(-ENOSPC, PLX_R_INDEX, name, "all %d pool numbers are in use",
			       PLX_POOL_MAX - 1);
	if (err) {
		struct plx_error saved = *plx_last_error();

		free_pool(pool);
		return plx_fail_again(&saved);
	}
	plx_ctx_adopt(ctx, &pool->child, "pool %s", name);
	*out = pool;
	return plx_ok();
}

int plx_pool_wrap(struct plx_ctx *ctx, const char *name, plx_release_fn release, void *arg,
		  struct plx_pool **out)
{
	struct plx_pool *pool;

	if (out)
		*out = NULL;
	if (!ctx)
		return plx_fail_null(1, "ctx");
	if (!release)
		return plx_fail_null(3, "release");
	if (!out)
		return plx_fail_null(5, "out");
	pool = new_pool();
	if (!pool)
		return plx_fail_nomem(name, "a pool");
	pool->release = release;
	pool->release_arg = arg;
	if (take_number(pool)) {
		free_pool(pool);
		return plx_fail(-ENOSPC, PLX_R_INDEX, name, "all %d pool numbers are in use",
				PLX_POOL_MAX - 1);
	}
	plx_ctx_adopt(ctx, &pool->child, "pool %s", name ? name : "pool");
	*out = pool;
	return plx_ok();
}

int plx_pool_destroy(struct plx_pool *pool)
{
	struct plx_pool_account a;

	if (!pool)
		return plx_ok();
	plx_pool_account(pool, &a);
	if (a.free != a.total)
		return plx_fail(-EBUSY, PLX_R_STILL_ATTACHED, pool->child.name,
				"%u of %u buffers are out: %u in RX rings, %u in TX rings, %u in "
				"the program's hands",
				a.total - a.free, a.total, a.rx_ring, a.tx_ring, a.user);
	plx_ctx_orphan(&pool->child);
	free_pool(pool);
	return plx_ok();
}

uint16_t plx_pool_number(const struct plx_pool *pool)
{
	return pool->number;
}

void plx_pool_info(const struct plx_pool *pool, struct plx_pool_info *info)
{
	struct plx_arena_info arena = { .page_size = 0 };

	if (pool->arena)
		plx_arena_info(pool->arena, &arena);
	*info = (struct plx_pool_info){
		.name = pool->child.name + strlen("pool "),
		.number = pool->number,
		.data_room = pool->data_room,
		.headroom = pool->headroom,
		.stride = pool->stride,
		.base = pool->base,
		.size = pool->span,
		.page_size = arena.page_size,
		.low = arena.low,
	};
	snprintf(info->pages_why, sizeof(info->pages_why), "%s", arena.why);
}

int plx_pool_memory(struct plx_pool *pool, void **base, uint64_t *size)
{
	struct plx_arena_info info;
	int err;

	if (!pool->arena)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, pool->child.name,
				"%s has no memory of its own to map", pool->child.name);
	plx_arena_info(pool->arena, &info);
	err = plx_arena_commit(pool->arena, info.size);
	if (err)
		return err;
	*base = info.base;
	*size = info.size;
	return plx_ok();
}

static unsigned held(const struct plx_pool *pool, enum plx_hold where)
{
	/* Out first: what came in before it went out must have been counted. */
	uint64_t out = atomic_load_explicit(&pool->held[where][1].n, memory_order_acquire);
	uint64_t in = atomic_load_explicit(&pool->held[where][0].n, memory_order_acquire);

	return in - out < pool->total ? (unsigned)(in - out) : pool->total;
}

/* On the stack, in the queue of returns, or not yet committed. */
static unsigned count_free(const struct plx_pool *pool)
{
	/* The head first, for the same reason. */
	uint64_t head = atomic_load_explicit(&pool->returns_head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&pool->returns_tail, memory_order_acquire);
	uint64_t n = tail - head;

	n += atomic_load_explicit(&pool->top, memory_order_relaxed);
	n += pool->total - atomic_load_explicit(&pool->grown, memory_order_relaxed);
	return n < pool->total ? (unsigned)n : pool->total;
}

void plx_pool_account(const struct plx_pool *pool, struct plx_pool_account *account)
{
	unsigned away;

	account->total = pool->total;
	account->free = count_free(pool);
	account->rx_ring = held(pool, PLX_HOLD_RX);
	account->tx_ring = held(pool, PLX_HOLD_TX);
	away = account->free + account->rx_ring + account->tx_ring;
	account->user = away < account->total ? account->total - away : 0;
}
