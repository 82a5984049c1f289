/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shortage of memory, everywhere: each call is made again and again, and each time one more
 * allocation succeeds before one fails. Whatever fails must say so and leave nothing behind.
 *
 * The linker sends the library's allocations here (-Wl,--wrap=...).
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"

/* --- allocations --- */

static unsigned fail_in; /* the nth allocation from now fails; 0: none */
static bool failed;

static bool fails(void)
{
	if (!fail_in || --fail_in)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *text);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__real_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __real_memfd_create(const char *name, unsigned flags);
int __real_ftruncate64(int fd, off_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);
void *__real___sched_cpualloc(size_t n);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset);
int __wrap_memfd_create(const char *name, unsigned flags);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);
void *__wrap___sched_cpualloc(size_t n);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);
}

void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : __real_mmap64(at, size, prot, flags, fd, offset);
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
	return fails() ? -1 : __real_memfd_create(name, flags);
}

int __wrap_ftruncate64(int fd, off_t size)
{
	return fails() ? -1 : __real_ftruncate64(fd, size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg)
{
	return fails() ? EAGAIN : __real_pthread_create(thread, attr, fn, arg);
}

void *__wrap___sched_cpualloc(size_t n)
{
	return fails() ? NULL : __real___sched_cpualloc(n);
}

/* --- what is left behind --- */

/* Bytes of address space; 0 under sanitizers, which keep some for themselves. */
static size_t address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu", &pages), 1);
	fclose(f);
	return SANITIZED ? 0 : pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* --- one call after the other --- */

static struct plx_ctx *ctx;

/* 0, or the result of the call that failed; then everything is undone. */
typedef int (*scenario_fn)(void);

static void check_failure(int rc)
{
	const struct plx_error *e = plx_last_error();

	if (!rc) /* there was another way: nothing to complain about */
		return;
	assert_true(rc == -ENOMEM || rc == -EAGAIN);
	assert_int_equal(e->err, rc);
	assert_int_equal(e->reason, PLX_R_NOMEM);
	assert_true(e->text[0]);
	assert_null(strchr(e->text, '\n'));
}

static unsigned run_failing(scenario_fn scenario)
{
	unsigned refused = 0;

	for (unsigned nth = 1;; nth++) {
		int rc;

		assert_true(nth < 1000);
		failed = false;
		fail_in = nth;
		rc = scenario();
		fail_in = 0;
		if (!failed) {
			assert_int_equal(rc, 0);
			return refused;
		}
		check_failure(rc);
		refused += rc != 0;
	}
}

/* @least calls at least must have failed, or the linker's flags do not work. */
static void fail_each(scenario_fn scenario, unsigned least)
{
	unsigned fds;
	size_t space;

	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	assert_int_equal(scenario(), 0); /* what is only made once is made */
	fds = count_fds();
	space = address_space();
	assert_true(run_failing(scenario) >= least);
	assert_int_equal(count_fds(), fds);
	assert_true(address_space() <= space + (256 << 10));
	assert_int_equal(plx_ctx_destroy(ctx), 0); /* nothing lives in it */
}

static int make_context(void)
{
	struct plx_ctx *other = (void *)&other;
	int rc = plx_ctx_create(NULL, &other);

	assert_true(rc ? !other : other != NULL);
	if (!rc)
		rc = plx_ctx_destroy(other);
	return rc;
}

static void test_context(void **state)
{
	(void)state;
	fail_each(make_context, 3);
}

static int make_arena(void)
{
	struct plx_arena_opts opts = { .node = -1, .flags = PLX_ARENA_PREFAULT };
	struct plx_arena *arena = (void *)&arena;
	int rc = plx_arena_create(ctx, 8 << 20, &opts, &arena);

	assert_true(rc ? !arena : arena != NULL);
	plx_arena_destroy(arena);
	return rc;
}

static void test_arena(void **state)
{
	(void)state;
	fail_each(make_arena, 3);
}

/* Large enough that a table left behind shows in the address space. */
static int make_pool(void)
{
	struct plx_pool_opts opts = { .count = 1 << 17, .data_room = 64, .node = -1 };
	struct plx_pool *pool = (void *)&pool;
	int rc = plx_pool_create(ctx, &opts, &pool);

	assert_true(rc ? !pool : pool != NULL);
	if (!rc)
		rc = plx_pool_destroy(pool);
	return rc;
}

static void test_pool(void **state)
{
	(void)state;
	fail_each(make_pool, 6);
}

static void release_nothing(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	(void)pkts;
	(void)n;
}

static int make_wrapped_pool(void)
{
	struct plx_pool *pool = (void *)&pool;
	int rc = plx_pool_wrap(ctx, NULL, release_nothing, NULL, &pool);

	assert_true(rc ? !pool : pool != NULL);
	if (!rc)
		rc = plx_pool_destroy(pool);
	return rc;
}

static void test_wrapped_pool(void **state)
{
	(void)state;
	fail_each(make_wrapped_pool, 1);
}

static int return_seven(struct plx_worker *worker, void *arg)
{
	(void)worker;
	(void)arg;
	return 7;
}

static int launch_worker(void)
{
	struct plx_worker *worker = (void *)&worker;
	int rc, result = 0;
	unsigned cpu;

	assert_int_equal(plx_cpu_pick(ctx, -1, &cpu, 1), 1);
	rc = plx_worker_launch(ctx, cpu, return_seven, NULL, &worker);
	assert_true(rc ? !worker : worker != NULL);
	if (rc)
		return rc;
	assert_int_equal(plx_worker_join(worker, &result), 0);
	assert_int_equal(result, 7);
	return 0;
}

static void test_worker(void **state)
{
	(void)state;
	fail_each(launch_worker, 3);
}

/* A port from its opening to its close, with the pool made beforehand. */
static int use_port(const char *spec, struct plx_pool *pool)
{
	struct plx_port_conf conf = { .n_rxq = 2, .n_txq = 2, .rx_pool = pool };
	struct plx_port *port = (void *)&port;
	int rc = plx_port_open(ctx, spec, &port), close_rc;
	struct plx_error saved;

	assert_true(rc ? !port : port != NULL);
	if (rc)
		return rc;
	rc = plx_port_configure(port, &conf);
	if (!rc)
		rc = plx_port_start(port);
	saved = *plx_last_error();
	close_rc = plx_port_close(port);
	assert_int_equal(close_rc, 0);
	if (rc) /* what close zeroed; the check wants to see it */
		assert_true(saved.err == rc && saved.reason == PLX_R_NOMEM && saved.text[0]);
	return rc;
}

/* As fail_each(), for ports: the record is checked above, for closing has zeroed it since. */
static void fail_port(const char *spec, unsigned least)
{
	struct plx_pool *pool;
	unsigned nth = 0, refused = 0, fds;
	size_t space;

	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	assert_int_equal(plx_pool_create(ctx, NULL, &pool), 0);
	assert_int_equal(use_port(spec, pool), 0);
	fds = count_fds();
	space = address_space();
	do {
		int rc;

		assert_true(nth < 1000);
		failed = false;
		fail_in = ++nth;
		rc = use_port(spec, pool);
		fail_in = 0;
		assert_true(!rc || rc == -ENOMEM);
		assert_true(failed || !rc);
		refused += rc != 0;
	} while (failed);
	assert_true(refused >= least);
	assert_int_equal(count_fds(), fds);
	assert_true(address_space() <= space + (256 << 10));
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_null_port(void **state)
{
	(void)state;
	fail_port("null:size=128", 11);
}

static void test_ring_port(void **state)
{
	(void)state;
	fail_port("ring:name=a,queues=2,size=65536", 15);
}

/* A ring's device is there already: what fails for its second end leaves the first one alone. */
static int open_second_end(void)
{
	struct plx_port *one, *two = (void *)&one;
	unsigned keep = fail_in;
	int rc;

	fail_in = 0;
	assert_int_equal(plx_port_open(ctx, "ring:name=a", &one), 0);
	fail_in = keep;
	rc = plx_port_open(ctx, "ring:name=a", &two);
	fail_in = 0;
	if (rc) {
		assert_null(two);
		assert_int_equal(plx_port_open(ctx, "ring:name=a", &two), 0);
	}
	assert_int_equal(plx_port_close(one), 0);
	assert_int_equal(plx_port_close(two), 0);
	return rc;
}

static void test_second_end_of_a_ring(void **state)
{
	unsigned refused = 0;

	(void)state;
	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	for (unsigned nth = 1; nth < 100; nth++) {
		int rc;

		failed = false;
		fail_in = nth;
		rc = open_second_end();
		assert_true(!rc || rc == -ENOMEM);
		if (!failed)
			break;
		refused += rc != 0;
	}
	assert_true(refused >= 3);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_context),   cmocka_unit_test(test_arena),
		cmocka_unit_test(test_pool),      cmocka_unit_test(test_wrapped_pool),
		cmocka_unit_test(test_worker),    cmocka_unit_test(test_null_port),
		cmocka_unit_test(test_ring_port), cmocka_unit_test(test_second_end_of_a_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
