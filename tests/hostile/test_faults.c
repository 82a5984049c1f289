/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Class 13: each system call and each allocation of a port's life fails once, and the port says so
 * and gives everything back: test_faults CARD.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <pollux/test.h>

#include "lab.h"
#include "sim/kernel.h"

static const struct card_kind *kind;

/* --- allocations --- */

static struct {
	bool counts;
	unsigned n, fails; /* so many were asked for; that one fails, 0: none */
} memory;

static bool refused(void)
{
	if (!memory.counts || ++memory.n != memory.fails)
		return false;
	errno = ENOMEM;
	return true;
}

#define WRAP(type, name, failure, parameters, arguments) \
	type __real_##name parameters;                   \
	type __wrap_##name parameters;                   \
	type __wrap_##name parameters                    \
	{                                                \
		if (refused())                           \
			return failure;                  \
		return __real_##name arguments;          \
	}

WRAP(void *, malloc, NULL, (size_t size), (size))
WRAP(void *, calloc, NULL, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, NULL, (void *p, size_t size), (p, size))
WRAP(void *, aligned_alloc, NULL, (size_t align, size_t size), (align, size))
WRAP(char *, strdup, NULL, (const char *s), (s))
WRAP(void *, mmap64, MAP_FAILED, (void *at, size_t len, int prot, int flags, int fd, off_t off),
     (at, len, prot, flags, fd, off))
WRAP(int, memfd_create, -1, (const char *name, unsigned flags), (name, flags))
WRAP(int, eventfd, -1, (unsigned count, int flags), (count, flags))

/* Allocations of a run of which the @nth fails. */
static unsigned run_without(unsigned nth)
{
	memory.n = 0;
	memory.fails = nth;
	memory.counts = true;
	lab_run();
	memory.counts = false;
	return memory.n;
}

static void fail_each_allocation(const char *backend)
{
	unsigned n, usual, struck = 0;

	lab_begin(kind, backend);
	lab.repeats = true;
	lab_run(); /* what is made once is there */
	n = run_without(0);
	usual = lab.failures;
	assert_true(n > 5);
	for (unsigned i = 1; i <= n; i++) {
		run_without(i);
		struck += !lab.finished || lab.failures > usual;
	}
	/* Most are attempts to have memory at one address: others follow. */
	assert_true(struck >= 20);
	lab_end();
}

static void test_allocations_sim(void **state)
{
	(void)state;
	fail_each_allocation("sim");
}

static void test_allocations_type1(void **state)
{
	(void)state;
	fail_each_allocation("type1");
}

static void test_allocations_iommufd(void **state)
{
	(void)state;
	fail_each_allocation("iommufd");
}

/* --- system calls of the kernel in memory --- */

#define REQUESTS 64
#define POINTS   120 /* of one call that are tried, when there are more */

static const struct plx_sysops *kernel;

/* What a run asks for: of ioctl() by request, of the others in places 0 .. PLX_TEST_PWRITE. */
static struct {
	enum plx_test_call call;
	unsigned long request;
	unsigned n;
} calls[REQUESTS];

static void count_call(enum plx_test_call call, unsigned long request)
{
	unsigned i = 0;

	while (calls[i].n && (calls[i].call != call || calls[i].request != request))
		if (++i == REQUESTS)
			abort();
	calls[i].call = call;
	calls[i].request = request;
	calls[i].n++;
}

static int watch_open(const char *path, int flags)
{
	count_call(PLX_TEST_OPEN, 0);
	return kernel->open(path, flags);
}

static int watch_ioctl(int fd, unsigned long request, void *arg)
{
	count_call(PLX_TEST_IOCTL, request);
	return kernel->ioctl(fd, request, arg);
}

static void *watch_mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	count_call(PLX_TEST_MMAP, 0);
	return kernel->mmap(at, len, prot, flags, fd, offset);
}

static ssize_t watch_pread(int fd, void *buf, size_t len, off_t offset)
{
	count_call(PLX_TEST_PREAD, 0);
	return kernel->pread(fd, buf, len, offset);
}

static ssize_t watch_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	count_call(PLX_TEST_PWRITE, 0);
	return kernel->pwrite(fd, buf, len, offset);
}

/* close() and munmap() are not failed: a kernel's do not, and what they had would stay. */
static const struct plx_sysops *watched(void)
{
	static struct plx_sysops ops;

	kernel = plx_sim_kernel();
	ops = *kernel;
	ops.open = watch_open;
	ops.ioctl = watch_ioctl;
	ops.mmap = watch_mmap;
	ops.pread = watch_pread;
	ops.pwrite = watch_pwrite;
	return &ops;
}

static void fail_each_call(const char *backend)
{
	unsigned usual, struck = 0, tried = 0;

	memset(calls, 0, sizeof(calls));
	plx_sim_kernel_watch(watched());
	lab_begin(kind, backend);
	lab_run();
	usual = lab.failures;
	lab_end();
	plx_sim_kernel_watch(NULL);
	lab_begin(kind, backend);
	lab.repeats = true;
	for (unsigned c = 0; c < REQUESTS && calls[c].n; c++) {
		unsigned step = calls[c].n / POINTS + 1;

		for (unsigned i = 1; i <= calls[c].n; i += step, tried++) {
			plx_test_inject(calls[c].call, calls[c].request, i, EIO);
			lab_run();
			plx_test_inject(calls[c].call, 0, 0, 0);
			struck += !lab.finished || lab.failures > usual;
		}
	}
	lab_run();
	assert_int_equal(lab.failures, usual);
	/* Most are reads, many of statistics, of which one that fails is just not counted. */
	assert_true(tried > 50 && struck > tried / 5);
	lab_end();
}

static void test_calls_type1(void **state)
{
	(void)state;
	fail_each_call("type1");
}

static void test_calls_iommufd(void **state)
{
	(void)state;
	fail_each_call("iommufd");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allocations_sim),
		cmocka_unit_test(test_allocations_type1),
		cmocka_unit_test(test_allocations_iommufd),
		cmocka_unit_test(test_calls_type1),
		cmocka_unit_test(test_calls_iommufd),
	};

	kind = card_kind_find(argc > 1 ? argv[1] : "");
	if (!kind) {
		fprintf(stderr, "usage: %s e1000|e1000e|rtl8139\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
}
