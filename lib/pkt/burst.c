/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking and giving back: the part of pools that runs in burst loops.
 */
#include "pkt/pool_priv.h"

#include "core/check.h"
#include "core/error.h"

#include <errno.h>
#include <string.h>

#ifdef __SSE4_1__
#include <smmintrin.h>
#endif

/* Packets are given back in runs of at most this many; the stack has as many spare slots. */
#define RUN PLX_POOL_SPARE

/* A thread is known by the address of this: no two live threads share it. */
static _Thread_local char self __attribute__((tls_model("initial-exec")));

/* A packet value: one register with AVX2, two without. */
typedef uint64_t value __attribute__((vector_size(32)));
_Static_assert(sizeof(struct plx_pkt) == sizeof(value), "a packet is one value");

#define load_relaxed(p)     atomic_load_explicit(p, memory_order_relaxed)
#define store_relaxed(p, v) atomic_store_explicit(p, v, memory_order_relaxed)

static bool owned_by_us(const struct plx_pool *pool)
{
	return load_relaxed(&pool->owner) == &self;
}

/* The pool's first taker since creation or plx_pool_disown() becomes its owner. */
static bool become_owner(struct plx_pool *pool)
{
	const void *nobody = NULL;

	return atomic_compare_exchange_strong_explicit(&pool->owner, &nobody, &self,
						       memory_order_acquire, memory_order_relaxed);
}

void plx_pool_disown(struct plx_pool *pool)
{
	atomic_store_explicit(&pool->owner, NULL, memory_order_release);
}

/*
 * Move what other threads gave back onto the stack. A slot that its thread has claimed but not
 * yet written ends the walk; the rest waits for the next time, and nobody waits for the thread.
 */
static void collect_returns(struct plx_pool *pool)
{
	uint64_t head = load_relaxed(&pool->returns_head);
	unsigned top = load_relaxed(&pool->top);
	uint8_t *buffer;

	for (;; head++) {
		_Atomic(uint8_t *) *slot = &pool->returns[head & pool->returns_mask];

		buffer = atomic_load_explicit(slot, memory_order_acquire);
		if (!buffer)
			break;
		store_relaxed(slot, NULL);
		pool->stack[top++] = buffer;
	}
	store_relaxed(&pool->top, top);
	store_relaxed(&pool->returns_head, head);
}

/*
 * Put buffers that were never used yet onto the stack: the next 2 MiB of the arena. Return: false
 * when there are none, or no memory for them.
 */
static bool grow(struct plx_pool *pool)
{
	unsigned first = load_relaxed(&pool->grown), top = load_relaxed(&pool->top), end;
	struct plx_arena_info info;

	/* Committing the first buffer that is missing commits all of the chunk that it ends in. */
	if (first == pool->total ||
	    plx_arena_grow(pool->arena, ((uint64_t)first + 1) * pool->stride))
		return false;
	plx_arena_info(pool->arena, &info);
	end = (unsigned)(info.committed / pool->stride);
	if (end > pool->total)
		end = pool->total;
	/* Lowest address on top: a program that needs few buffers touches few pages. */
	for (unsigned i = end; i > first; i--)
		pool->stack[top++] = plx_pool_buffer(pool, i - 1);
	store_relaxed(&pool->top, top);
	store_relaxed(&pool->grown, end);
	return true;
}

/* The stack holds fewer than @n: find more, best kept in cache first. */
static __attribute__((noinline)) unsigned refill(struct plx_pool *pool, unsigned n)
{
	if (!n)
		return 0;
	if (pool->release) {
		plx_fail(-EPERM, PLX_R_UNSUPPORTED, pool->child.name,
			 "the buffers of a wrapped pool come from their owner");
		return 0;
	}
	if (!owned_by_us(pool) && !become_owner(pool)) {
		plx_fail(-EPERM, PLX_R_NOT_OWNER, pool->child.name,
			 "another thread takes from this pool: give each thread its own, or "
			 "disown it first");
		return 0;
	}
	if (load_relaxed(&pool->top) < n)
		collect_returns(pool);
	while (load_relaxed(&pool->top) < n && grow(pool))
		;
	if (!load_relaxed(&pool->top))
		plx_fail(-ENOMEM, PLX_R_NOMEM, pool->child.name, "no buffer is free");
	return load_relaxed(&pool->top);
}

/* Packets alike but for their data: the heart of plx_pool_get(), nothing but stores. */
static inline __attribute__((always_inline)) void
fill(struct plx_pkt *pkts, uint8_t *const *buffers, unsigned n, const struct plx_pkt *like)
{
	value rest;

	memcpy(&rest, like, sizeof(rest));
	rest[0] = 0;
#pragma GCC unroll 4
	for (unsigned i = 0; i < n; i++) {
		value v = { (uintptr_t)buffers[i] };

		v |= rest; /* no packet waits for the one before it, as setting v[0] would */
		memcpy(&pkts[i], &v, sizeof(v));
	}
}

static void fill_any(struct plx_pkt *pkts, uint8_t *const *buffers, unsigned n,
		     const struct plx_pkt *like)
{
	fill(pkts, buffers, n, like);
}

#ifdef __x86_64__
/* One store a packet instead of two. */
static __attribute__((target("avx2"))) void fill_avx2(struct plx_pkt *pkts, uint8_t *const *buffers,
						      unsigned n, const struct plx_pkt *like)
{
	fill(pkts, buffers, n, like);
}
#endif

plx_fill_fn plx_pool_choose_fill(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		return fill_avx2;
#endif
	return fill_any;
}

/*
 * Take *@n buffers off the stack, or as many as there are; where they were they stay readable until
 * the next call on the pool. False: there is none, or not for us; the record says which.
 */
static inline __attribute__((always_inline)) bool take(struct plx_pool *pool, unsigned *n,
						       uint8_t *const **buffers)
{
	unsigned top = load_relaxed(&pool->top);

	if (!owned_by_us(pool) || top < *n) {
		top = refill(pool, *n);
		if (*n > top)
			*n = top;
		if (!*n)
			return false;
	}
	top -= *n;
	*buffers = pool->stack + top;
	for (unsigned i = 0; i < *n; i++)
		plx_check_taken(pool, (*buffers)[i]);
	store_relaxed(&pool->top, top);
	return true;
}

unsigned plx_pool_get(struct plx_pool *pool, const struct plx_pkt *like, struct plx_pkt *pkts,
		      unsigned n)
{
	struct plx_pkt start = { .data = NULL };
	uint8_t *const *buffers;

	if (!take(pool, &n, &buffers))
		return 0;
	/* A template that names the pool already is used as it stands: no store to wait for. */
	if (!like || like->pool != pool->number) {
		if (like)
			start = *like;
		start.pool = pool->number;
		like = &start;
	}
	pool->fill(pkts, buffers, n, like);
	return n;
}

/* Buffers that are the pool's and whole: onto the stack, or into the queue of returns. */
static void give(struct plx_pool *pool, uint8_t *const *buffers, unsigned n)
{
	uint64_t tail;

	for (unsigned i = 0; i < n; i++)
		plx_check_given(pool, buffers[i]);
	if (owned_by_us(pool)) {
		unsigned top = load_relaxed(&pool->top);

		if (buffers != pool->stack + top)
			memcpy(pool->stack + top, buffers, n * sizeof(*buffers));
		store_relaxed(&pool->top, top + n);
		return;
	}
	/*
	 * Every buffer is in at most one slot and there are as many slots as buffers, so the
	 * slots claimed here are empty: acquire and release, because a slot comes round again only
	 * after its emptying was passed along here. The owner sees each one as soon as it is
	 * written.
	 */
	tail = atomic_fetch_add_explicit(&pool->returns_tail, n, memory_order_acq_rel);
	for (unsigned i = 0; i < n; i++)
		atomic_store_explicit(&pool->returns[(tail + i) & pool->returns_mask], buffers[i],
				      memory_order_release);
}

/* True when the packet's buffer has no owner left and may go back. */
static bool drop_share(struct plx_pool *pool, uint64_t index)
{
	_Atomic uint16_t *extra = &pool->extra_owners[index];

	if (atomic_fetch_sub_explicit(extra, 1, memory_order_acq_rel))
		return false;
	store_relaxed(extra, 0);
	return true;
}

/* One packet of whatever kind: shared, of a wrapped pool, or of no pool at all. */
static void free_one(const struct plx_pkt *pkt)
{
	struct plx_pool *pool = plx_pool_find(pkt->pool);
	uint64_t offset, index;
	uint8_t *buffer;

	if (pool && pool->release) {
		pool->release(pool->release_arg, pkt, 1);
		return;
	}
	offset = pool ? (uint64_t)(pkt->data - pool->base) : 0;
	if (!pool || offset >= pool->span) {
#ifdef PLX_CHECKS
		plx_check_stop("a packet is freed whose data is not of its pool, number %u",
			       pkt->pool);
#endif
		return;
	}
	index = plx_pool_index(pool, offset);
	if (pkt->flags & PLX_PKT_SHARED && !drop_share(pool, index))
		return;
	buffer = plx_pool_buffer(pool, index);
	give(pool, &buffer, 1);
}

/*
 * The four 16-bit members of a packet, as one word: what is alike in all packets of a burst is
 * found by an AND and an OR of the words.
 */
static inline uint64_t fields(const struct plx_pkt *pkt)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)pkt + offsetof(struct plx_pkt, len), sizeof(word));
	return word;
}

static const struct plx_pkt only_pool = { .pool = UINT16_MAX };

/*
 * The best case. A thread that frees what it has just taken finds the very addresses still lying
 * in the stack above its top: then it is enough to move the top. (An address that was ever on the
 * stack is a buffer's own; but a wrapped pool may have lent its number to the packet.) With the
 * first packet elsewhere it is not such a run, nor with one of the flags in @bar. Returns false,
 * with nothing changed. @bytes, when not NULL, is set to the sum of the lengths.
 */
static inline bool free_in_order(struct plx_pool *pool, const struct plx_pkt *pkts, unsigned n,
				 uint32_t bar, uint32_t *bytes)
{
	unsigned top = load_relaxed(&pool->top);
	uint8_t *const *stack = pool->stack + top;
	uint64_t differ = 0, any = 0, all = UINT64_MAX;
	uint32_t flags = 0;

	if (pkts[0].data != stack[0])
		return false;
#pragma GCC unroll 4
	for (unsigned i = 0; i < n; i++) {
		differ |= (uintptr_t)pkts[i].data ^ (uintptr_t)stack[i];
		any |= fields(&pkts[i]);
		all &= fields(&pkts[i]);
		flags |= pkts[i].flags;
	}
	if (differ || flags & bar || (any ^ all) & fields(&only_pool) ||
	    pkts[0].pool != pool->number)
		return false;
	for (unsigned i = 0; i < n; i++)
		plx_check_given(pool, stack[i]);
	store_relaxed(&pool->top, top + n);
	if (bytes)
		*bytes = any == all ? n * pkts[0].len : (uint32_t)plx_sum_pkts(pkts, n).bytes;
	return true;
}

/*
 * What was written above the top were no addresses of buffers: free_in_order() must not find them.
 */
static void forget(const struct plx_pool *pool, uint8_t **to, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = PLX_POOL_NO_BUFFER(pool);
}

/*
 * The common case, without a branch a packet: all of one pool, none shared. The addresses are
 * worked out straight into their place on the stack, and count only when all were good.
 * Returns false, with nothing changed, when the run is not such a one.
 */
static bool free_run(const struct plx_pkt *pkts, unsigned n)
{
	struct plx_pool *pool = plx_pool_find(pkts[0].pool);
	uint8_t *elsewhere[RUN], **to = elsewhere;
	const uint64_t alike = fields(&pkts[0]);
	uint64_t farthest = 0, differ = 0;
	uint32_t flags = 0;

	if (!pool || pool->release)
		return false;
	if (owned_by_us(pool)) {
		if (free_in_order(pool, pkts, n, PLX_PKT_SHARED, NULL))
			return true;
		to = pool->stack + load_relaxed(&pool->top);
	}
	/* In locals: the compiler must think that to[] might be the pool. */
	uint8_t *const base = pool->base, *const first = base + pool->headroom;
	const uint64_t magic = pool->magic, stride = pool->stride;
	const unsigned shift = pool->shift;

#pragma GCC unroll 4
	for (unsigned i = 0; i < n; i++) {
		uint64_t offset = (uint64_t)(pkts[i].data - base);

		differ |= fields(&pkts[i]) ^ alike;
		flags |= pkts[i].flags;
		farthest = offset > farthest ? offset : farthest;
		to[i] = first + plx_pool_divide(offset, magic, shift) * stride;
	}
	if (differ & fields(&only_pool) || flags & PLX_PKT_SHARED || farthest >= pool->span) {
		forget(pool, to, n);
		return false;
	}
	give(pool, to, n);
	return true;
}

/* How many packets from the first on are of one pool and not shared, so that free_run() fits. */
static unsigned plain_run(const struct plx_pkt *pkts, unsigned n)
{
	unsigned run = 0;

	while (run < n && pkts[run].pool == pkts[0].pool && !(pkts[run].flags & PLX_PKT_SHARED))
		run++;
	return run;
}

/* A run that is not all alike: take off its front what goes together; returns how much. */
static unsigned free_front(const struct plx_pkt *pkts, unsigned n)
{
	const struct plx_pool *pool = plx_pool_find(pkts[0].pool);
	unsigned run = plain_run(pkts, n);

	if (run && pool && pool->release) {
		pool->release(pool->release_arg, pkts, run);
		return run;
	}
	if (run && run < n && free_run(pkts, run))
		return run;
	free_one(pkts);
	return 1;
}

void plx_pkt_free(const struct plx_pkt *pkts, unsigned n)
{
	while (n) {
		unsigned run = n < RUN ? n : RUN;

		if (!free_run(pkts, run))
			run = free_front(pkts, run);
		pkts += run;
		n -= run;
	}
}

struct plx_sum plx_pkts_sent(const struct plx_pkt *pkts, unsigned n)
{
	struct plx_pool *pool = n ? plx_pool_find(pkts[0].pool) : NULL;
	struct plx_sum sum = { n, 0 };
	uint32_t bytes;

	if (pool && !pool->release && n <= RUN && owned_by_us(pool) &&
	    free_in_order(pool, pkts, n, PLX_PKT_SHARED | PLX_PKT_MORE, &bytes)) {
		sum.bytes = bytes;
		return sum;
	}
	sum = plx_sum_pkts(pkts, n);
	plx_pkt_free(pkts, n);
	return sum;
}

int plx_pkt_share(struct plx_pkt *pkt, unsigned extra)
{
	struct plx_pool *pool = plx_pool_find(pkt->pool);
	_Atomic uint16_t *count;
	uint16_t old;

	if (!pool || (!pool->release && (uint64_t)(pkt->data - pool->base) >= pool->span))
		return plx_fail(-EINVAL, PLX_R_INDEX, NULL, "the packet is of no pool");
	if (pool->release)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, pool->child.name,
				"buffers of a wrapped pool cannot be shared");
	count = &pool->extra_owners[plx_pool_index(pool, (uint64_t)(pkt->data - pool->base))];
	old = load_relaxed(count);
	do
		if (extra > UINT16_MAX - 1u - old)
			return plx_fail(-ERANGE, PLX_R_TOO_LARGE, pool->child.name,
					"%u more owners are too many: a buffer has at most 65,535",
					extra);
	while (!atomic_compare_exchange_weak_explicit(count, &old, (uint16_t)(old + extra),
						      memory_order_relaxed, memory_order_relaxed));
	pkt->flags |= PLX_PKT_SHARED;
	return 0;
}

/* Where a packet's buffer begins, headroom included; NULL when its memory is not ours. */
static const uint8_t *buffer_start(const struct plx_pkt *pkt, const struct plx_pool **pool)
{
	uint64_t offset;

	*pool = plx_pool_find(pkt->pool);
	if (!*pool || (*pool)->release)
		return NULL;
	offset = (uint64_t)(pkt->data - (*pool)->base);
	if (offset >= (*pool)->span)
		return NULL;
	return (*pool)->base + plx_pool_index(*pool, offset) * (*pool)->stride;
}

unsigned plx_pkt_headroom(const struct plx_pkt *pkt)
{
	const struct plx_pool *pool;
	const uint8_t *start = buffer_start(pkt, &pool);

	return start ? (unsigned)(pkt->data - start) : 0;
}

unsigned plx_pkt_tailroom(const struct plx_pkt *pkt)
{
	const struct plx_pool *pool;
	const uint8_t *start = buffer_start(pkt, &pool);
	uint64_t used = start ? (uint64_t)(pkt->data - start) + pkt->len : 0;

	/* The last byte stays free: a pointer behind it would be the next buffer's. */
	return start && used < pool->stride ? pool->stride - 1 - (unsigned)used : 0;
}

/* Side 0: in, side 1: out. */
static inline void add_held(struct plx_pool *pool, enum plx_hold where, int side, unsigned n)
{
	atomic_fetch_add_explicit(&pool->held[where][side].n, n, memory_order_release);
}

/* Shared buffers are left out: they may be in several places, and count as the program's. */
static void count_held(const struct plx_pkt *pkts, unsigned n, enum plx_hold where, int side)
{
	for (unsigned i = 0, run; i < n; i += run) {
		struct plx_pool *pool = plx_pool_find(pkts[i].pool);
		unsigned shared = 0;

		for (run = 0; i + run < n && pkts[i + run].pool == pkts[i].pool; run++)
			shared += (pkts[i + run].flags & PLX_PKT_SHARED) != 0;
		if (pool && !pool->release)
			add_held(pool, where, side, run - shared);
	}
}

void plx_pkts_hold(const struct plx_pkt *pkts, unsigned n, enum plx_hold where)
{
	count_held(pkts, n, where, 0);
}

void plx_pkts_unhold(const struct plx_pkt *pkts, unsigned n, enum plx_hold where)
{
	count_held(pkts, n, where, 1);
}

void plx_pool_hold(uint16_t number, unsigned n, enum plx_hold where)
{
	struct plx_pool *pool = plx_pool_find(number);

	if (pool && !pool->release)
		add_held(pool, where, 0, n);
}

void plx_pkts_free_held(const struct plx_pkt *pkts, unsigned n, enum plx_hold where)
{
	while (n) {
		unsigned run = n < RUN ? n : RUN;

		if (free_run(pkts, run)) {
			add_held(plx_pool_find(pkts->pool), where, 1, run);
		} else {
			count_held(pkts, run, where, 1);
			plx_pkt_free(pkts, run);
		}
		pkts += run;
		n -= run;
	}
}

/*
 * The buffers that @data lie in. Return: false when one lies in none; @to means nothing then.
 *
 * With SSE two at a time: lines and strides have 32 bits, which is what it multiplies. The largest
 * line number is found by its halves: of an address that is not the pool's either may be too large.
 */
static bool find_buffers(const struct plx_pool *pool, uint8_t **to, uint8_t *const *data,
			 unsigned n)
{
	uint8_t *const base = pool->base, *const first = base + pool->headroom;
	uint64_t farthest = 0;
	unsigned i = 0;

#ifdef __SSE4_1__
	const __m128i origin = _mm_set1_epi64x((int64_t)(uintptr_t)base);
	const __m128i magic = _mm_set1_epi64x((int64_t)pool->magic);
	const __m128i stride = _mm_set1_epi64x(pool->stride);
	const __m128i shift = _mm_cvtsi32_si128((int)pool->shift);
	const __m128i start = _mm_set1_epi64x((int64_t)(uintptr_t)first);
	const uint32_t last = (uint32_t)(pool->span / PLX_CACHE_LINE) - 1;
	const __m128i lines = _mm_set1_epi64x(last);
	__m128i most = lines;

	for (; i + 2 <= n; i += 2) {
		__m128i line = _mm_loadu_si128((const __m128i *)(const void *)&data[i]);

		line = _mm_srli_epi64(_mm_sub_epi64(line, origin), 6);
		most = _mm_max_epu32(most, line);
		line = _mm_srl_epi64(_mm_mul_epu32(line, magic), shift);
		line = _mm_add_epi64(_mm_mul_epu32(line, stride), start);
		_mm_storeu_si128((__m128i *)(void *)&to[i], line);
	}
	if (_mm_movemask_epi8(_mm_cmpeq_epi32(most, lines)) != 0xffff)
		return false;
#endif
	for (; i < n; i++) {
		uint64_t offset = (uint64_t)(data[i] - base);

		farthest = offset > farthest ? offset : farthest;
		to[i] = first + plx_pool_divide(offset, pool->magic, pool->shift) * pool->stride;
	}
	return farthest < pool->span;
}

void plx_pool_free_held(uint16_t number, uint8_t *const *data, unsigned n, enum plx_hold where)
{
	struct plx_pool *pool = plx_pool_find(number);
	uint8_t *elsewhere[RUN], **to = elsewhere;
	unsigned run;

	if (!pool || pool->release)
		return;
	add_held(pool, where, 1, n);
	for (; n; n -= run, data += run) {
		run = n < RUN ? n : RUN;
		if (owned_by_us(pool))
			to = pool->stack + load_relaxed(&pool->top);
		if (find_buffers(pool, to, data, run)) {
			give(pool, to, run);
			continue;
		}
		forget(pool, to, run);
		for (unsigned i = 0; i < run; i++) {
			const struct plx_pkt pkt = { .data = data[i], .pool = number };

			free_one(&pkt);
		}
	}
}

unsigned plx_pool_take_buffers(struct plx_pool *pool, uint8_t **buffers, unsigned n)
{
	uint8_t *const *from;

	if (!take(pool, &n, &from))
		return 0;
	memcpy(buffers, from, n * sizeof(*buffers));
	add_held(pool, PLX_HOLD_RX, 0, n);
	return n;
}

void plx_pool_give_buffers(struct plx_pool *pool, uint8_t *const *buffers, unsigned n)
{
	give(pool, buffers, n);
	add_held(pool, PLX_HOLD_RX, 1, n);
}

void plx_pool_unhold(struct plx_pool *pool, unsigned n)
{
	add_held(pool, PLX_HOLD_RX, 1, n);
}
