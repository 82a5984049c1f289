/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers: pinned threads, and which CPUs are good for them.
 */
#define _GNU_SOURCE
#include <pollux/lcore.h>

#include "core/ctx.h"
#include "core/error.h"

#include <errno.h>
#include <numa.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* CPU numbers that an affinity mask here can hold; the kernel's own limit is 8,192. */
#define MAX_CPU 8192

struct plx_worker {
	struct plx_child child;
	pthread_t thread;
	plx_worker_fn fn;
	void *arg;
	unsigned cpu;
	int result;
	atomic_bool stop, done;
};

static void *run(void *arg)
{
	struct plx_worker *worker = arg;

	if (numa_available() >= 0)
		numa_set_localalloc();
	worker->result = worker->fn(worker, worker->arg);
	atomic_store_explicit(&worker->done, true, memory_order_release);
	return NULL;
}

/* Create the thread with its affinity set, so that it never runs elsewhere, signals blocked. */
static int start_thread(struct plx_worker *worker)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPU);
	cpu_set_t *set = CPU_ALLOC(MAX_CPU);
	sigset_t all, old;
	pthread_attr_t attr;
	int err;

	if (!set)
		return ENOMEM;
	CPU_ZERO_S(size, set);
	CPU_SET_S(worker->cpu, size, set);
	pthread_attr_init(&attr);
	err = pthread_attr_setaffinity_np(&attr, size, set);
	sigfillset(&all);
	/* A thread's own faults must reach handlers: blocked, they kill at once. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGTRAP);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!err)
		err = pthread_create(&worker->thread, &attr, run, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	CPU_FREE(set);
	return err;
}

int plx_worker_launch(struct plx_ctx *ctx, unsigned cpu, plx_worker_fn fn, void *arg,
		      struct plx_worker **out)
{
	struct plx_worker *worker;
	int err;

	if (out)
		*out = NULL;
	if (!ctx)
		return plx_fail_null(1, "ctx");
	if (!fn)
		return plx_fail_null(3, "fn");
	if (!out)
		return plx_fail_null(5, "out");
	if (plx_cpu_node(ctx, cpu) < 0 || cpu >= MAX_CPU)
		return plx_fail(-EINVAL, PLX_R_NO_CPU, NULL, "there is no CPU %u", cpu);
	if (!plx_cpu_allowed(ctx, cpu))
		return plx_fail(-EINVAL, PLX_R_NO_CPU, NULL,
				"CPU %u is not allowed for this process (see taskset -p and its "
				"cpuset)",
				cpu);
	worker = calloc(1, sizeof(*worker));
	if (!worker)
		return plx_fail_nomem(NULL, "a worker");
	worker->fn = fn;
	worker->arg = arg;
	worker->cpu = cpu;
	plx_ctx_adopt(ctx, &worker->child, "worker on CPU %u", cpu);
	err = start_thread(worker);
	if (err) {
		plx_ctx_orphan(&worker->child);
		free(worker);
		return plx_fail_sys(-err, err, err == EINVAL ? PLX_R_NO_CPU : PLX_R_NOMEM, NULL,
				    "no thread on CPU %u: %s (see ulimit -v and -u)", cpu,
				    strerror(err));
	}
	*out = worker;
	return plx_ok();
}

void plx_worker_stop(struct plx_worker *worker)
{
	atomic_store_explicit(&worker->stop, true, memory_order_relaxed);
}

bool plx_worker_stopping(const struct plx_worker *worker)
{
	return atomic_load_explicit(&worker->stop, memory_order_relaxed);
}

bool plx_worker_done(const struct plx_worker *worker)
{
	return atomic_load_explicit(&worker->done, memory_order_acquire);
}

unsigned plx_worker_cpu(const struct plx_worker *worker)
{
	return worker->cpu;
}

int plx_worker_join(struct plx_worker *worker, int *result)
{
	if (result)
		*result = 0;
	if (!worker)
		return plx_ok();
	if (pthread_equal(pthread_self(), worker->thread))
		return plx_fail(-EDEADLK, PLX_R_STATE, worker->child.name,
				"a worker cannot wait for its own end");
	pthread_join(worker->thread, NULL);
	if (result)
		*result = worker->result;
	plx_ctx_orphan(&worker->child);
	free(worker);
	return plx_ok();
}

/* How good a CPU is for a worker: 0 not at all. */
static int rate_cpu(const struct plx_ctx *ctx, unsigned cpu, int node, unsigned ours)
{
	if (!plx_cpu_allowed(ctx, cpu))
		return 0;
	return 1 + (cpu != ours) + 2 * (node < 0 || plx_cpu_node(ctx, cpu) == node);
}

unsigned plx_cpu_pick(const struct plx_ctx *ctx, int node, unsigned *cpus, unsigned n)
{
	int here = sched_getcpu();
	unsigned found = 0;

	for (int rating = 4; rating > 0; rating--)
		for (unsigned cpu = 0; cpu < plx_cpu_limit(ctx) && found < n; cpu++)
			if (rate_cpu(ctx, cpu, node, here < 0 ? 0 : (unsigned)here) == rating)
				cpus[found++] = cpu;
	return found;
}
