/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers: where they run, how they end, what they must not do; and which CPUs are picked.
 */
#define _GNU_SOURCE
#include <pollux/pollux.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"

static struct plx_ctx *ctx;

static int make_ctx(void **state)
{
	(void)state;
	return plx_ctx_create(NULL, &ctx);
}

static int end_ctx(void **state)
{
	(void)state;
	return plx_ctx_destroy(ctx);
}

/* Some CPU that may be used; not the first one there is if there are others. */
static unsigned some_cpu(void)
{
	unsigned cpu;

	assert_int_equal(plx_cpu_pick(ctx, -1, &cpu, 1), 1);
	return cpu;
}

static struct plx_worker *launch(plx_worker_fn fn, void *arg)
{
	struct plx_worker *worker;

	assert_int_equal(plx_worker_launch(ctx, some_cpu(), fn, arg, &worker), 0);
	assert_non_null(worker);
	return worker;
}

static int join(struct plx_worker *worker)
{
	int result = -1;

	assert_int_equal(plx_worker_join(worker, &result), 0);
	return result;
}

static void nap(void)
{
	struct timespec time = { 0, 1000000 };

	nanosleep(&time, NULL);
}

/* --- where they run --- */

/* The only CPU of this thread's mask, or -1. */
static int only_cpu(void)
{
	cpu_set_t set;
	int only = -1;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) != 1)
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			only = cpu;
	return only == sched_getcpu() ? only : -1;
}

static int report_cpu(struct plx_worker *worker, void *arg)
{
	(void)worker;
	(void)arg;
	return only_cpu();
}

static void test_worker_is_pinned(void **state)
{
	struct plx_worker *worker;

	(void)state;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!plx_cpu_allowed(ctx, cpu))
			continue;
		assert_int_equal(plx_worker_launch(ctx, cpu, report_cpu, NULL, &worker), 0);
		assert_int_equal(plx_worker_cpu(worker), cpu);
		assert_int_equal(join(worker), cpu);
	}
}

static void test_launching_moves_nobody_else(void **state)
{
	cpu_set_t before, after;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	join(launch(report_cpu, NULL));
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
}

/* --- how they end --- */

static int until_stopped(struct plx_worker *worker, void *arg)
{
	(void)arg;
	while (!plx_worker_stopping(worker))
		nap();
	return 42;
}

static void test_stop_and_join(void **state)
{
	struct plx_worker *worker = launch(until_stopped, NULL);

	(void)state;
	assert_false(plx_worker_stopping(worker));
	assert_false(plx_worker_done(worker));
	plx_worker_stop(worker);
	assert_true(plx_worker_stopping(worker));
	assert_int_equal(join(worker), 42);
}

static void test_stopping_one_leaves_the_other(void **state)
{
	struct plx_worker *one = launch(until_stopped, NULL), *two = launch(until_stopped, NULL);

	(void)state;
	plx_worker_stop(one);
	assert_int_equal(join(one), 42);
	assert_false(plx_worker_stopping(two));
	assert_false(plx_worker_done(two));
	plx_worker_stop(two);
	assert_int_equal(join(two), 42);
}

static int return_arg(struct plx_worker *worker, void *arg)
{
	(void)worker;
	return *(int *)arg;
}

static void test_result_is_handed_on(void **state)
{
	static int values[] = { 0, -1, 7, INT32_MIN };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(join(launch(return_arg, &values[i])), values[i]);
}

static void test_done_without_being_stopped(void **state)
{
	int value = 3;
	struct plx_worker *worker = launch(return_arg, &value);

	(void)state;
	for (int i = 0; i < 10000 && !plx_worker_done(worker); i++)
		nap();
	assert_true(plx_worker_done(worker));
	assert_int_equal(plx_worker_join(worker, NULL), 0);
}

static int write_arg(struct plx_worker *worker, void *arg)
{
	(void)worker;
	*(unsigned *)arg = 0x12345;
	return 0;
}

/* No atomics: joining is what orders the worker's writes before the caller's reads. */
static void test_what_it_wrote_is_seen(void **state)
{
	unsigned value = 0;

	(void)state;
	join(launch(write_arg, &value));
	assert_int_equal(value, 0x12345);
}

static void test_many_workers(void **state)
{
	struct plx_worker *workers[16];

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 16; i++)
			workers[i] = launch(until_stopped, NULL);
		for (int i = 0; i < 16; i++)
			plx_worker_stop(workers[i]);
		for (int i = 0; i < 16; i++)
			assert_int_equal(join(workers[i]), 42);
	}
}

static int join_itself(struct plx_worker *worker, void *arg)
{
	*(int *)arg = plx_worker_join(worker, NULL);
	return plx_last_error()->reason;
}

static void test_worker_cannot_join_itself(void **state)
{
	int rc = 0;

	(void)state;
	assert_int_equal(join(launch(join_itself, &rc)), PLX_R_STATE);
	assert_int_equal(rc, -EDEADLK);
}

static void test_context_with_a_worker_stays(void **state)
{
	struct plx_worker *worker = launch(until_stopped, NULL);
	char name[32];

	(void)state;
	snprintf(name, sizeof(name), "worker on CPU %u", plx_worker_cpu(worker));
	assert_int_equal(plx_ctx_destroy(ctx), -EBUSY);
	assert_int_equal(plx_last_error()->reason, PLX_R_STILL_ATTACHED);
	assert_string_equal(plx_last_error()->object, name);
	plx_worker_stop(worker);
	assert_int_equal(join(worker), 42);
}

/* --- signals --- */

static int block_count(struct plx_worker *worker, void *arg)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGCHLD };
	sigset_t set;
	int n = 0;

	(void)worker;
	(void)arg;
	if (pthread_sigmask(SIG_BLOCK, NULL, &set))
		return -1;
	for (int i = 0; i < 6; i++)
		n += sigismember(&set, signals[i]);
	return n;
}

static void test_signals_are_blocked(void **state)
{
	sigset_t before, after;

	(void)state;
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(join(launch(block_count, NULL)), 6);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	for (int i = 1; i < 32; i++) /* the launching thread's own mask is as it was */
		assert_int_equal(sigismember(&before, i), sigismember(&after, i));
}

static struct plx_worker *to_stop;
static pthread_t interrupted;

static void stop_on_signal(int number)
{
	(void)number;
	interrupted = pthread_self();
	plx_worker_stop(to_stop);
}

static void test_signal_handler_may_stop(void **state)
{
	struct sigaction action = { .sa_handler = stop_on_signal }, old;

	(void)state;
	to_stop = launch(until_stopped, NULL);
	assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_int_equal(join(to_stop), 42);
	assert_true(pthread_equal(interrupted, pthread_self()));
	assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

/* --- refusals --- */

static unsigned count_threads(void)
{
	return count_entries("/proc/self/task");
}

static void test_no_such_cpu(void **state)
{
	static const unsigned cpus[] = { 8191, 8192, 1u << 20, ~0u };
	unsigned before = count_threads();

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct plx_worker *worker = (void *)&cpus;

		if (plx_cpu_node(ctx, cpus[i]) >= 0)
			continue;
		assert_int_equal(plx_worker_launch(ctx, cpus[i], report_cpu, NULL, &worker),
				 -EINVAL);
		assert_null(worker);
		assert_int_equal(plx_last_error()->reason, PLX_R_NO_CPU);
		assert_non_null(strstr(plx_last_error()->text, "there is no CPU"));
	}
	assert_int_equal(count_threads(), before);
}

/* Another CPU than @here that may be used, or -1. */
static int other_cpu(int here)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (cpu != here && plx_cpu_allowed(ctx, (unsigned)cpu))
			return cpu;
	return -1;
}

/* In a process that may use @here alone. */
static int launch_elsewhere(int here, int elsewhere)
{
	struct plx_worker *worker = (void *)&here;
	struct plx_ctx *narrow;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(here, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || plx_ctx_create(NULL, &narrow))
		return 1;
	if (plx_worker_launch(narrow, (unsigned)elsewhere, report_cpu, NULL, &worker) != -EINVAL)
		return 2;
	if (worker || plx_last_error()->reason != PLX_R_NO_CPU)
		return 3;
	if (!strstr(plx_last_error()->text, "not allowed"))
		return 4;
	if (plx_worker_launch(narrow, (unsigned)here, report_cpu, NULL, &worker))
		return 5;
	if (plx_worker_join(worker, NULL) || plx_ctx_destroy(narrow))
		return 6;
	return 0;
}

static void test_cpu_that_is_not_allowed(void **state)
{
	int here = sched_getcpu(), elsewhere = other_cpu(here), status;
	pid_t child;

	(void)state;
	if (here < 0 || elsewhere < 0)
		skip();
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(20);
		_exit(launch_elsewhere(here, elsewhere));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Allowed when the context was made, and no more: the kernel decides. */
static void test_mask_may_shrink_behind_our_back(void **state)
{
	int here = sched_getcpu(), elsewhere = other_cpu(here);
	struct plx_worker *worker;
	cpu_set_t old, set;

	(void)state;
	if (here < 0 || elsewhere < 0 || sched_getaffinity(0, sizeof(old), &old))
		skip();
	CPU_ZERO(&set);
	CPU_SET(here, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	assert_int_equal(plx_worker_launch(ctx, (unsigned)elsewhere, report_cpu, NULL, &worker), 0);
	assert_int_equal(join(worker), elsewhere);
	assert_int_equal(sched_setaffinity(0, sizeof(old), &old), 0);
}

/* --- picking CPUs --- */

static void test_picks_are_allowed_and_different(void **state)
{
	struct plx_cpu_facts facts;
	unsigned cpus[1024], n;

	(void)state;
	plx_cpu_facts(ctx, &facts);
	n = plx_cpu_pick(ctx, -1, cpus, 1024);
	assert_int_equal(n, facts.allowed < 1024 ? facts.allowed : 1024);
	for (unsigned i = 0; i < n; i++) {
		assert_true(plx_cpu_allowed(ctx, cpus[i]));
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(cpus[i], cpus[j]);
	}
}

/* Pinned, so that "here" is the same CPU for both of us. */
static void test_own_cpu_comes_last(void **state)
{
	unsigned cpus[CPU_SETSIZE], n;
	cpu_set_t old, set;
	int here = sched_getcpu();

	(void)state;
	if (here < 0 || sched_getaffinity(0, sizeof(old), &old))
		skip();
	CPU_ZERO(&set);
	CPU_SET(here, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	n = plx_cpu_pick(ctx, -1, cpus, CPU_SETSIZE);
	assert_int_equal(sched_setaffinity(0, sizeof(old), &old), 0);
	assert_true(n >= 1);
	assert_int_equal(cpus[n - 1], here);
	for (unsigned i = 1; i + 1 < n; i++)
		assert_true(cpus[i - 1] < cpus[i]);
}

static void test_as_many_picks_as_asked(void **state)
{
	unsigned cpus[2] = { 77, 77 };

	(void)state;
	assert_int_equal(plx_cpu_pick(ctx, -1, cpus, 0), 0);
	assert_int_equal(cpus[0], 77);
	assert_int_equal(plx_cpu_pick(ctx, -1, cpus, 1), 1);
	assert_int_equal(cpus[1], 77);
}

static void test_cpus_of_the_node_come_first(void **state)
{
	unsigned cpus[CPU_SETSIZE], n = plx_cpu_pick(ctx, 0, cpus, CPU_SETSIZE);
	bool left = false;

	(void)state;
	assert_true(n >= 1);
	for (unsigned i = 0; i < n; i++) {
		bool on = plx_cpu_node(ctx, cpus[i]) == 0;

		assert_false(on && left);
		left = !on;
	}
}

static void test_unknown_node_still_has_cpus(void **state)
{
	unsigned cpus[CPU_SETSIZE];

	(void)state;
	assert_int_equal(plx_cpu_pick(ctx, 4095, cpus, CPU_SETSIZE),
			 plx_cpu_pick(ctx, -1, cpus, CPU_SETSIZE));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_ctx, end_ctx)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_worker_is_pinned),
		TEST(test_launching_moves_nobody_else),
		TEST(test_stop_and_join),
		TEST(test_stopping_one_leaves_the_other),
		TEST(test_result_is_handed_on),
		TEST(test_done_without_being_stopped),
		TEST(test_what_it_wrote_is_seen),
		TEST(test_many_workers),
		TEST(test_worker_cannot_join_itself),
		TEST(test_context_with_a_worker_stays),
		TEST(test_signals_are_blocked),
		TEST(test_signal_handler_may_stop),
		TEST(test_no_such_cpu),
		TEST(test_cpu_that_is_not_allowed),
		TEST(test_mask_may_shrink_behind_our_back),
		TEST(test_picks_are_allowed_and_different),
		TEST(test_own_cpu_comes_last),
		TEST(test_as_many_picks_as_asked),
		TEST(test_cpus_of_the_node_come_first),
		TEST(test_unknown_node_still_has_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
