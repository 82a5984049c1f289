/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings: bounded first-in first-out queues of small elements between threads.
 *
 * plx_spsc joins one producer thread and one consumer thread, plx_mpmc any number of each.
 * Elements are copied in and out. No call waits, locks or enters the kernel.
 */
#ifndef POLLUX_RING_H
#define POLLUX_RING_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

struct plx_spsc;
struct plx_mpmc;

/* What to make of a ring. */
struct plx_ring_opts {
	unsigned capacity;  /* elements, 1 .. 2^24; rounded up to a power of two */
	unsigned elem_size; /* bytes, 1 .. 4096; 4, 8, 16 and 32 are the fast ones */
	int node;           /* NUMA node to take the memory from, -1: any */
};

/* --- One producer, one consumer: every call takes a bounded number of steps. --- */

/**
 * plx_spsc_create - make an empty ring
 * @opts: what to make; read during the call only
 * @out: receives the ring, NULL on failure
 *
 * The memory is resident when the call returns: the burst calls take no page faults.
 *
 * Return: 0. The caller owns the ring and ends it with plx_spsc_destroy().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL PLX_R_NULL_ARG: @opts or @out is NULL; PLX_R_ZERO_LEN: capacity or elem_size
 * is 0; PLX_R_TOO_LARGE: one of them is above its limit; PLX_R_INDEX: there is no such node.
 * -ENOMEM PLX_R_NOMEM: no memory. Source: lib/ring/spsc.c.
 */
PLX_API int plx_spsc_create(const struct plx_ring_opts *opts, struct plx_spsc **out);

/**
 * plx_spsc_destroy - free a ring
 * @r: a ring, or NULL for nothing; elements still in it are forgotten
 *
 * Threads: any, once no other thread uses @r. Burst loop: no.
 * Errors: none. Source: lib/ring/spsc.c.
 */
PLX_API void plx_spsc_destroy(struct plx_spsc *r);

/**
 * plx_spsc_capacity - how many elements a ring holds
 * @r: a ring
 *
 * Return: the capacity asked for, rounded up to a power of two.
 * Threads: any. Burst loop: yes. Errors: none. Source: lib/ring/spsc.c.
 */
PLX_API unsigned plx_spsc_capacity(const struct plx_spsc *r);

/**
 * plx_spsc_count - how many elements are in a ring
 * @r: a ring
 *
 * Return: 0 .. capacity: a snapshot, exact only while no other thread pushes or pops.
 * Threads: any. Burst loop: yes, at the price of a cache miss or two for each side.
 * Errors: none. Source: lib/ring/spsc.c.
 */
PLX_API unsigned plx_spsc_count(const struct plx_spsc *r);

/**
 * plx_spsc_push - append as many elements as fit
 * @r: a ring
 * @elems: @n elements of elem_size bytes each, of any alignment; copied
 * @n: number of elements, 0 or more; more than the capacity is allowed
 *
 * Return: how many of the first elements of @elems were appended, 0 .. @n.
 * Threads: the producer, one at a time. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/spsc.c.
 */
PLX_API unsigned plx_spsc_push(struct plx_spsc *r, const void *elems, unsigned n);

/**
 * plx_spsc_push_bulk - append all of some elements or none
 * @r: a ring
 * @elems: @n elements of elem_size bytes each, of any alignment; copied
 * @n: number of elements, 0 or more; more than the capacity never fits
 *
 * Return: @n, or 0 if not all of them fit.
 * Threads: the producer, one at a time. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/spsc.c.
 */
PLX_API unsigned plx_spsc_push_bulk(struct plx_spsc *r, const void *elems, unsigned n);

/**
 * plx_spsc_pop - take out as many elements as there are
 * @r: a ring
 * @elems: room for @n elements of elem_size bytes each, of any alignment
 * @n: number of elements, 0 or more
 *
 * Return: how many elements were written to @elems, 0 .. @n, the oldest first.
 * Threads: the consumer, one at a time. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/spsc.c.
 */
PLX_API unsigned plx_spsc_pop(struct plx_spsc *r, void *elems, unsigned n);

/**
 * plx_spsc_pop_bulk - take out a number of elements or none
 * @r: a ring
 * @elems: room for @n elements of elem_size bytes each, of any alignment; untouched if none
 * @n: number of elements, 0 or more
 *
 * Return: @n, or 0 if the ring has fewer.
 * Threads: the consumer, one at a time. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/spsc.c.
 */
PLX_API unsigned plx_spsc_pop_bulk(struct plx_spsc *r, void *elems, unsigned n);

/*
 * --- Any number of producers and consumers. ---
 *
 * A thread that is preempted inside a call holds up only the elements it has claimed: the others
 * find them missing, or their slots taken, and return. A call repeats a step only when
 * another thread has completed one. The elements of one push stay together and in order.
 */

/**
 * plx_mpmc_create - make an empty ring
 * @opts: what to make; read during the call only
 * @out: receives the ring, NULL on failure
 *
 * The memory is resident when the call returns: the burst calls take no page faults.
 *
 * Return: 0. The caller owns the ring and ends it with plx_mpmc_destroy().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL PLX_R_NULL_ARG: @opts or @out is NULL; PLX_R_ZERO_LEN: capacity or elem_size
 * is 0; PLX_R_TOO_LARGE: one of them is above its limit; PLX_R_INDEX: there is no such node.
 * -ENOMEM PLX_R_NOMEM: no memory. Source: lib/ring/mpmc.c.
 */
PLX_API int plx_mpmc_create(const struct plx_ring_opts *opts, struct plx_mpmc **out);

/**
 * plx_mpmc_destroy - free a ring
 * @r: a ring, or NULL for nothing; elements still in it are forgotten
 *
 * Threads: any, once no other thread uses @r. Burst loop: no.
 * Errors: none. Source: lib/ring/mpmc.c.
 */
PLX_API void plx_mpmc_destroy(struct plx_mpmc *r);

/**
 * plx_mpmc_capacity - how many elements a ring holds
 * @r: a ring
 *
 * Return: the capacity asked for, rounded up to a power of two.
 * Threads: any. Burst loop: yes. Errors: none. Source: lib/ring/mpmc.c.
 */
PLX_API unsigned plx_mpmc_capacity(const struct plx_mpmc *r);

/**
 * plx_mpmc_count - how many elements are in a ring
 * @r: a ring
 *
 * Return: 0 .. capacity: a snapshot, exact only while no other thread pushes or pops.
 * Elements that a thread is still writing count, those that one is still reading do not.
 * Threads: any. Burst loop: yes, at the price of a cache miss or two for each side.
 * Errors: none. Source: lib/ring/mpmc.c.
 */
PLX_API unsigned plx_mpmc_count(const struct plx_mpmc *r);

/**
 * plx_mpmc_push - append as many elements as fit
 * @r: a ring
 * @elems: @n elements of elem_size bytes each, of any alignment; copied
 * @n: number of elements, 0 or more; more than the capacity is allowed
 *
 * Return: how many of the first elements of @elems were appended, 0 .. @n. It may be
 * fewer than there is room for while another thread has slots claimed and is not done.
 * Threads: any. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/mpmc.c.
 */
PLX_API unsigned plx_mpmc_push(struct plx_mpmc *r, const void *elems, unsigned n);

/**
 * plx_mpmc_push_bulk - append all of some elements or none
 * @r: a ring
 * @elems: @n elements of elem_size bytes each, of any alignment; copied
 * @n: number of elements, 0 or more; more than the capacity never fits
 *
 * Return: @n, or 0 if not all of them fit. As with push, another thread may stand in the way.
 * Threads: any. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/mpmc.c.
 */
PLX_API unsigned plx_mpmc_push_bulk(struct plx_mpmc *r, const void *elems, unsigned n);

/**
 * plx_mpmc_pop - take out as many elements as there are
 * @r: a ring
 * @elems: room for @n elements of elem_size bytes each, of any alignment
 * @n: number of elements, 0 or more
 *
 * Return: how many elements were written to @elems, 0 .. @n, the oldest first. It may
 * be fewer than there are while another thread has slots claimed and is not done.
 * Threads: any. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/mpmc.c.
 */
PLX_API unsigned plx_mpmc_pop(struct plx_mpmc *r, void *elems, unsigned n);

/**
 * plx_mpmc_pop_bulk - take out a number of elements or none
 * @r: a ring
 * @elems: room for @n elements of elem_size bytes each, of any alignment; untouched if none
 * @n: number of elements, 0 or more
 *
 * Return: @n, or 0 if the ring has fewer. As with pop, another thread may stand in the way.
 * Threads: any. Burst loop: yes. Pointers are not checked.
 * Errors: none; the error record stays as it is. Source: lib/ring/mpmc.c.
 */
PLX_API unsigned plx_mpmc_pop_bulk(struct plx_mpmc *r, void *elems, unsigned n);

PLX_END_DECLS

#endif
