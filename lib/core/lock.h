/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lock of one word, for calls whose own work is little more than what pthread_mutex_lock(3) and
 * its counterpart do (100 instructions of the 600 that a map and an unmap may take). Who finds it
 * taken sleeps in futex(2). The scheme is the third of U. Drepper, "Futexes Are Tricky" (2011).
 *
 * Not recursive, no owner: as PTHREAD_MUTEX_NORMAL. Zero is a free lock.
 */
#ifndef PLX_CORE_LOCK_H
#define PLX_CORE_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

enum { PLX_LOCK_FREE, PLX_LOCK_TAKEN, PLX_LOCK_AWAITED };

struct plx_lock {
	_Atomic uint32_t state;
};

/* The slow ways: sleep until it is taken; wake one who sleeps. */
void plx_lock_wait(struct plx_lock *l);
void plx_lock_wake(struct plx_lock *l);

static inline void plx_lock(struct plx_lock *l)
{
	uint32_t free = PLX_LOCK_FREE;

	if (!atomic_compare_exchange_strong_explicit(&l->state, &free, PLX_LOCK_TAKEN,
						     memory_order_acquire, memory_order_relaxed))
		plx_lock_wait(l);
}

static inline void plx_unlock(struct plx_lock *l)
{
	if (atomic_exchange_explicit(&l->state, PLX_LOCK_FREE, memory_order_release) ==
	    PLX_LOCK_AWAITED)
		plx_lock_wake(l);
}

#endif
