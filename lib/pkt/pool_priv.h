/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pool from the inside. Who writes what:
 *
 *	owner thread     stack[], top, grown, returns_head
 *	other threads    returns[], returns_tail
 *	anyone           held[], extra_owners[]
 */
#ifndef PLX_PKT_POOL_PRIV_H
#define PLX_PKT_POOL_PRIV_H

#include <pollux/pool.h>

#include "core/ctx.h"
#include "mem/arena.h"
#include "pkt/ports.h"

#include <stdatomic.h>

#define PLX_POOL_MAX   4096 /* numbers 1 .. 4095 */
#define PLX_POOL_SPARE 64   /* stack slots past the last, written before a burst is checked */

/* Write @n packets like @like, with data from @buffers. */
typedef void (*plx_fill_fn)(struct plx_pkt *pkts, uint8_t *const *buffers, unsigned n,
			    const struct plx_pkt *like);

/* The quickest for this CPU. */
plx_fill_fn plx_pool_choose_fill(void);

struct plx_pool {
	/* Constant after creation. */
	plx_fill_fn fill;
	uint8_t *base;  /* first buffer */
	uint64_t span;  /* bytes of all buffers */
	uint64_t magic; /* with shift: see plx_pool_divide() */
	unsigned shift;
	unsigned stride; /* bytes; an odd number of cache lines */
	unsigned headroom, data_room, total;
	uint16_t number;
	plx_release_fn release; /* not NULL: a wrapped pool */
	void *release_arg;
	uint8_t **stack;
	_Atomic(uint8_t *) *returns;
	uint64_t returns_mask;
	_Atomic uint16_t *extra_owners; /* by buffer; counts past the first */
	struct plx_arena *arena;
	struct plx_child child;
#ifdef PLX_CHECKS
	_Atomic uint8_t *states; /* by buffer: checks.c */
#endif

	/* The owner's line. */
	_Alignas(PLX_CACHE_LINE) _Atomic(const void *) owner;
	_Atomic unsigned top;   /* buffers on the stack */
	_Atomic unsigned grown; /* buffers that ever were on it; the rest are not yet committed */
	_Atomic uint64_t returns_head;

	/* The other threads' line. */
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t returns_tail;

	/* Totals by enum plx_hold: [where][0] in, [where][1] out. */
	struct {
		_Alignas(PLX_CACHE_LINE) _Atomic uint64_t n;
	} held[2][2];
};

/* Pool numbers are process-wide: a packet names its pool by 16 bits, in any context. */
extern _Atomic(struct plx_pool *) plx_pools[PLX_POOL_MAX] __attribute__((visibility("hidden")));

/* The pool of that number, or NULL. */
static inline struct plx_pool *plx_pool_find(uint16_t number)
{
	if (number >= PLX_POOL_MAX)
		return NULL;
	return atomic_load_explicit(&plx_pools[number], memory_order_acquire);
}

/*
 * An offset into the pool divided by the stride, done as a multiplication of the number of its
 * cache line. With d lines a stride, shift = 32 + floor(log2(d)) and magic = ceil(2^shift / d) the
 * magic has 32 bits, and the quotient is exact while line * d < 2^shift: for pools up to 64 GiB.
 */
static inline uint64_t plx_pool_divide(uint64_t offset, uint64_t magic, unsigned shift)
{
	return (offset / PLX_CACHE_LINE * magic) >> shift;
}

static inline uint64_t plx_pool_index(const struct plx_pool *pool, uint64_t offset)
{
	return plx_pool_divide(offset, pool->magic, pool->shift);
}

/* The address that a buffer goes by on the stack: its first byte after the headroom. */
static inline uint8_t *plx_pool_buffer(const struct plx_pool *pool, uint64_t index)
{
	return pool->base + pool->headroom + index * pool->stride;
}

/* What is in a slot of the stack that holds no buffer's address: not even NULL may match it. */
#define PLX_POOL_NO_BUFFER(pool) ((uint8_t *)(pool))

#ifdef PLX_CHECKS
/* A buffer leaves or enters the pool: stop the program on a double free or a late write. */
void plx_check_taken(struct plx_pool *pool, const uint8_t *data);
void plx_check_given(struct plx_pool *pool, const uint8_t *data);
/* The pool's memory goes back to the kernel, and may be anybody's next. */
void plx_check_ended(struct plx_pool *pool);
#else
static inline void plx_check_taken(struct plx_pool *pool, const uint8_t *data)
{
	(void)pool;
	(void)data;
}
static inline void plx_check_ended(struct plx_pool *pool)
{
	(void)pool;
}
static inline void plx_check_given(struct plx_pool *pool, const uint8_t *data)
{
	(void)pool;
	(void)data;
}
#endif

#endif
