/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * -Dchecks=true: free buffers are poisoned, and their use is caught.
 */
#include "core/check.h"
#include "pkt/pool_priv.h"

#ifdef PLX_CHECKS

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define POISON 0xdb

/* Of a buffer. One that never was taken is as the kernel made it. */
enum state { NEW, TAKEN, FREED };

static uint8_t *whole(const struct plx_pool *pool, uint64_t index)
{
	return pool->base + index * pool->stride;
}

void plx_check_given(struct plx_pool *pool, const uint8_t *data)
{
	uint64_t offset = (uint64_t)(data - pool->base), index = plx_pool_index(pool, offset);

	if (offset >= pool->span || data != plx_pool_buffer(pool, index))
		plx_check_stop("%s: %p is given back and is no buffer", pool->child.name,
			       (const void *)data);
	if (atomic_exchange(&pool->states[index], FREED) != TAKEN)
		plx_check_stop("%s: buffer %llu is freed twice", pool->child.name,
			       (unsigned long long)index);
	memset(whole(pool, index), POISON, pool->stride);
	ASAN_POISON_MEMORY_REGION(whole(pool, index), pool->stride);
}

void plx_check_taken(struct plx_pool *pool, const uint8_t *data)
{
	uint64_t index = plx_pool_index(pool, (uint64_t)(data - pool->base));
	uint8_t *p = whole(pool, index), state = atomic_exchange(&pool->states[index], TAKEN);

	if (state == TAKEN)
		plx_check_stop("%s: buffer %llu is on the stack twice", pool->child.name,
			       (unsigned long long)index);
	ASAN_UNPOISON_MEMORY_REGION(p, pool->stride);
	/* All bytes are alike when the first is right and each equals the next. */
	if (state == FREED && (p[0] != POISON || memcmp(p, p + 1, pool->stride - 1)))
		plx_check_stop("%s: buffer %llu was written after it was freed", pool->child.name,
			       (unsigned long long)index);
}

void plx_check_ended(struct plx_pool *pool)
{
	size_t used = (size_t)atomic_load(&pool->grown) * pool->stride;

	if (used)
		ASAN_UNPOISON_MEMORY_REGION(pool->base, used);
}

#else
typedef int plx_checks_are_off; /* ISO C wants one declaration a file */
#endif
