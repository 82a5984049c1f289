/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers: threads pinned to a core that run a packet loop until they are told to stop.
 */
#ifndef POLLUX_LCORE_H
#define POLLUX_LCORE_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

struct plx_ctx;
struct plx_worker;

/**
 * plx_worker_fn - what a worker does
 * @worker: itself, to ask plx_worker_stopping()
 * @arg:    as given to plx_worker_launch()
 *
 * Return: anything; plx_worker_join() hands it on.
 */
typedef int (*plx_worker_fn)(struct plx_worker *worker, void *arg);

/**
 * plx_worker_launch - start a thread on a core
 * @ctx: the context it will live in
 * @cpu: the CPU it is pinned to; one that plx_cpu_allowed() allows
 * @fn:  what it does
 * @arg: handed to @fn
 * @out: the worker; NULL on failure
 *
 * The thread runs on @cpu from its first instruction on, prefers memory of that CPU's NUMA node,
 * and blocks all signals but those of its own faults; the others reach the program's other
 * threads.
 * The caller owns the worker and ends it with plx_worker_join().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG; NO_CPU: no such CPU, or not allowed), -ENOMEM (NOMEM),
 * -EAGAIN (NOMEM: the kernel has no room for a thread).
 * Source: pthread_create(3), pthread_attr_setaffinity_np(3), numa(3).
 */
PLX_API int plx_worker_launch(struct plx_ctx *ctx, unsigned cpu, plx_worker_fn fn, void *arg,
			      struct plx_worker **out);

/**
 * plx_worker_stop - ask a worker to stop
 * @worker: the worker
 *
 * Returns at once; the worker stops when its loop next asks.
 * Threads: any. Signal handlers: yes. Burst loop: yes. Errors: none.
 */
PLX_API void plx_worker_stop(struct plx_worker *worker);

/**
 * plx_worker_stopping - has this worker been asked to stop?
 * @worker: the worker
 *
 * Threads: any. Burst loop: yes, it is one load. Errors: none.
 */
PLX_API bool plx_worker_stopping(const struct plx_worker *worker);

/**
 * plx_worker_done - has its function returned?
 * @worker: the worker
 *
 * Return: true when plx_worker_join() will not wait.
 * Threads: any. Burst loop: yes. Errors: none.
 */
PLX_API bool plx_worker_done(const struct plx_worker *worker);

/**
 * plx_worker_join - wait for a worker's end
 * @worker: the worker; NULL is nothing to do
 * @result: what its function returned; may be NULL
 *
 * Does not stop it: ask for that first. What the worker wrote is seen by the caller afterwards,
 * and the worker is gone.
 * Threads: one, not the worker itself. Burst loop: no.
 * Errors: -EDEADLK (STATE: a worker cannot join itself).
 * Source: pthread_join(3).
 */
PLX_API int plx_worker_join(struct plx_worker *worker, int *result);

/**
 * plx_worker_cpu - the CPU that a worker is pinned to
 * @worker: the worker
 *
 * Threads: any. Burst loop: yes. Errors: none.
 */
PLX_API unsigned plx_worker_cpu(const struct plx_worker *worker);

/**
 * plx_cpu_pick - good CPUs for workers
 * @ctx:  the context
 * @node: NUMA node they should be on; -1: any
 * @cpus: filled, best first
 * @n:    how many are wanted
 *
 * Prefers CPUs of the node, and leaves the CPU that the caller runs on to the last: its control
 * loop stays out of the workers' way.
 * Return: how many there are, 0 .. @n.
 * Threads: any. Burst loop: no. Errors: none.
 */
PLX_API unsigned plx_cpu_pick(const struct plx_ctx *ctx, int node, unsigned *cpus, unsigned n);

PLX_END_DECLS

#endif
