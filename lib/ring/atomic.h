/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The atomic operations of the rings, by the name of what they promise.
 *
 * A test that wants to decide what happens between any two of them defines
 * PLX_RING_ATOMIC_HOOKS and all of these macros before it includes the rings' source. They are
 * the only way the rings touch memory that two threads share.
 */
#ifndef PLX_RING_ATOMIC_H
#define PLX_RING_ATOMIC_H

#ifndef PLX_RING_ATOMIC_HOOKS

#include <stdatomic.h>
#include <string.h>

/* Plain memory of one side; in a macro so that a test can replay what a side knew. */
#define PLX_LOAD_OWN(p)     (*(p))
#define PLX_STORE_OWN(p, v) ((void)(*(p) = (v)))

#define PLX_LOAD_ACQUIRE(p)     atomic_load_explicit(p, memory_order_acquire)
#define PLX_STORE_RELEASE(p, v) atomic_store_explicit(p, v, memory_order_release)
#define PLX_XOR_RELEASE(p, v)   ((void)atomic_fetch_xor_explicit(p, v, memory_order_release))

/* Compare and swap; a failure loads the present value into *@e, with acquire order. */
#define PLX_CAS_ACQ_REL(p, e, v) \
	atomic_compare_exchange_strong_explicit(p, e, v, memory_order_acq_rel, memory_order_acquire)

/* One element between a slot and the caller's array: plain, ordered by the above. */
#define PLX_COPY_IN(slot, elem, size)  memcpy(slot, elem, size)
#define PLX_COPY_OUT(elem, slot, size) memcpy(elem, slot, size)

/*
 * Ask for a line early, to read or to write it. The built-in prefetches for writing only where
 * the build's baseline has the instruction; x86-64-v2 does not name PREFETCHW, but every 64-bit
 * CPU either has it or takes it for a no-operation.
 */
#define PLX_PREFETCH(p) __builtin_prefetch(p)
#ifdef __x86_64__
#define PLX_PREFETCH_WRITE(p) __asm__ volatile("prefetchw %0" : : "m"(*(const char *)(p)))
#else
#define PLX_PREFETCH_WRITE(p) __builtin_prefetch(p, 1)
#endif

#endif

#endif
