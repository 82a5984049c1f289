/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arenas: their size, place and pages as the kernel sees them, and shortage of everything.
 */
#define _GNU_SOURCE
#include <pollux/pollux.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"

#define MIB   ((size_t)1 << 20)
#define CHUNK (2 * MIB)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static struct plx_ctx *ctx;

/*
 * The library's calls of fallocate() and madvise() come here: an arena's file already has its
 * size when it is committed, so no resource limit can make them fail.
 */
static int fail_fallocate_in; /* the nth call from now fails; 0: none */
static int fail_collapse_in;

int fallocate(int fd, int mode, off_t offset, off_t len)
{
	if (fail_fallocate_in && !--fail_fallocate_in) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

int madvise(void *addr, size_t size, int advice)
{
	if (advice == MADV_COLLAPSE && fail_collapse_in && !--fail_collapse_in) {
		errno = EAGAIN;
		return -1;
	}
	return (int)syscall(SYS_madvise, addr, size, advice);
}

static int make_ctx(void **state)
{
	(void)state;
	return plx_ctx_create(NULL, &ctx);
}

static int end_ctx(void **state)
{
	(void)state;
	fail_fallocate_in = fail_collapse_in = 0;
	return plx_ctx_destroy(ctx);
}

static struct plx_arena *make(size_t size, uint32_t flags)
{
	struct plx_arena_opts opts = { .name = "test", .node = -1, .flags = flags };
	struct plx_arena *arena;

	assert_int_equal(plx_arena_create(ctx, size, &opts, &arena), 0);
	assert_non_null(arena);
	return arena;
}

static struct plx_arena_info info_of(const struct plx_arena *arena)
{
	struct plx_arena_info info;

	plx_arena_info(arena, &info);
	return info;
}

/* Bytes from @base on that mincore() calls resident. */
static size_t resident(const void *base, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	unsigned char *map = malloc(size / page);

	assert_non_null(map);
	assert_int_equal(mincore((void *)(uintptr_t)base, size, map), 0);
	for (size_t i = 0; i < size / page; i++)
		n += map[i] & 1;
	free(map);
	return n * page;
}

/* Bytes behind the file. (mincore() does not see small pages that nobody has touched yet.) */
static size_t allocated(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (size_t)st.st_blocks * 512;
}

/* A field such as "ShmemPmdMapped" of the mapping at @base, in bytes; -1 without the field. */
static long long smaps_field(const void *base, const char *field)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512], start[32];
	long long kib = -1;
	bool ours = false;

	assert_non_null(f);
	snprintf(start, sizeof(start), "%" PRIxPTR "-", (uintptr_t)base);
	while (fgets(line, sizeof(line), f)) {
		if (strchr(line, '-') && strspn(line, "0123456789abcdef-") > 8)
			ours = !strncmp(line, start, strlen(start));
		else if (ours && !strncmp(line, field, strlen(field)))
			sscanf(line + strlen(field), ": %lld", &kib);
	}
	fclose(f);
	return kib < 0 ? -1 : kib * 1024;
}

/* --- size and commitment --- */

static void test_size_is_rounded_up(void **state)
{
	static const size_t sizes[][2] = { { 1, CHUNK },
					   { CHUNK - 1, CHUNK },
					   { CHUNK, CHUNK },
					   { CHUNK + 1, 2 * CHUNK },
					   { 5 * CHUNK, 5 * CHUNK } };

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct plx_arena *arena = make(sizes[i][0], 0);

		assert_int_equal(info_of(arena).size, sizes[i][1]);
		plx_arena_destroy(arena);
	}
}

static void test_new_arena_holds_no_memory(void **state)
{
	struct plx_arena *arena = make(16 * CHUNK, 0);
	struct plx_arena_info info = info_of(arena);

	(void)state;
	assert_int_equal(info.committed, 0);
	if (info.pages != PLX_PAGES_HUGETLB)
		assert_int_equal(allocated(info.fd), 0);
	plx_arena_destroy(arena);
}

static void test_commit_grows_by_chunks(void **state)
{
	static const size_t steps[][2] = { { 1, 1 }, { CHUNK, 1 }, { CHUNK + 1, 2 },
					   { 0, 2 }, { 1, 2 },     { 7 * CHUNK, 7 } };
	struct plx_arena *arena = make(8 * CHUNK, 0);

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(plx_arena_commit(arena, steps[i][0]), 0);
		assert_int_equal(info_of(arena).committed, steps[i][1] * CHUNK);
	}
	plx_arena_destroy(arena);
}

static void check_residence(struct plx_arena *arena, size_t size)
{
	struct plx_arena_info info;

	assert_int_equal(plx_arena_commit(arena, size), 0);
	info = info_of(arena);
	assert_int_equal(info.committed, size);
	if (info.pages != PLX_PAGES_SMALL)
		assert_int_equal(resident(info.base, size), size);
	if (info.pages != PLX_PAGES_HUGETLB)
		assert_int_equal(allocated(info.fd), size);
}

static void test_committed_memory_is_resident(void **state)
{
	struct plx_arena *arena = make(8 * CHUNK, 0);

	(void)state;
	check_residence(arena, CHUNK);
	check_residence(arena, 3 * CHUNK);
	check_residence(arena, 8 * CHUNK);
	plx_arena_destroy(arena);
}

static void test_memory_is_zero_and_writable(void **state)
{
	struct plx_arena *arena = make(2 * CHUNK, PLX_ARENA_PREFAULT);
	uint8_t *base = info_of(arena).base;

	(void)state;
	for (size_t i = 0; i < 2 * CHUNK; i += 512) {
		assert_int_equal(base[i], 0);
		base[i] = (uint8_t)(i >> 9);
	}
	for (size_t i = 0; i < 2 * CHUNK; i += 512)
		assert_int_equal(base[i], (uint8_t)(i >> 9));
	plx_arena_destroy(arena);
}

static void test_growing_keeps_what_was_written(void **state)
{
	struct plx_arena *arena = make(2 * CHUNK, 0);
	uint8_t *base = info_of(arena).base;

	(void)state;
	assert_int_equal(plx_arena_commit(arena, 1), 0);
	memset(base, 0xa5, CHUNK);
	assert_int_equal(plx_arena_commit(arena, 2 * CHUNK), 0);
	for (size_t i = 0; i < CHUNK; i += 64)
		assert_int_equal(base[i], 0xa5);
	assert_int_equal(base[CHUNK], 0);
	plx_arena_destroy(arena);
}

static void test_prefault_commits_all(void **state)
{
	struct plx_arena *arena = make(3 * CHUNK + 1, PLX_ARENA_PREFAULT);
	struct plx_arena_info info = info_of(arena);

	(void)state;
	assert_int_equal(info.committed, 4 * CHUNK);
	if (info.pages == PLX_PAGES_HUGETLB)
		assert_int_equal(resident(info.base, info.size), 4 * CHUNK);
	else
		assert_int_equal(allocated(info.fd), 4 * CHUNK);
	plx_arena_destroy(arena);
}

/* --- pages --- */

static void test_info_names_the_pages(void **state)
{
	struct plx_arena *arena = make(2 * CHUNK, PLX_ARENA_PREFAULT);
	struct plx_arena_info info = info_of(arena);
	long long pmd = smaps_field(info.base, "ShmemPmdMapped");

	(void)state;
	if (info.pages == PLX_PAGES_COLLAPSED && pmd >= 0)
		assert_int_equal(pmd, 2 * CHUNK);
	if (info.pages == PLX_PAGES_HUGETLB)
		assert_int_equal(smaps_field(info.base, "KernelPageSize"), CHUNK);
	if (info.pages == PLX_PAGES_SMALL)
		assert_int_equal(info.page_size, sysconf(_SC_PAGESIZE));
	else
		assert_int_equal(info.page_size, CHUNK);
	assert_true(info.why[0]);
	plx_arena_destroy(arena);
}

static void test_small_pages_are_small(void **state)
{
	struct plx_arena *arena = make(2 * CHUNK, PLX_ARENA_PREFAULT | PLX_ARENA_SMALL);
	struct plx_arena_info info = info_of(arena);

	(void)state;
	assert_int_equal(info.pages, PLX_PAGES_SMALL);
	assert_int_equal(info.page_size, sysconf(_SC_PAGESIZE));
	assert_true(smaps_field(info.base, "ShmemPmdMapped") <= 0);
	assert_string_equal(info.why, "base pages were asked for");
	assert_int_equal(info.committed, 2 * CHUNK);
	assert_int_equal(allocated(info.fd), 2 * CHUNK);
	plx_arena_destroy(arena);
}

static void test_base_is_aligned_to_big_pages(void **state)
{
	(void)state;
	for (size_t chunks = 1; chunks <= 8; chunks++) {
		struct plx_arena *arena = make(chunks * CHUNK, 0);

		assert_int_equal((uintptr_t)info_of(arena).base % CHUNK, 0);
		plx_arena_destroy(arena);
	}
}

static void hear(void *arg, int level, const char *room, const char *text)
{
	(void)level;
	(void)room;
	if (strstr(text, "MADV_COLLAPSE failed"))
		++*(unsigned *)arg;
}

/* The kernel will not collapse the second chunk: small pages from there on. */
static void test_refused_collapse_settles_for_small_pages(void **state)
{
	unsigned heard = 0;
	struct plx_ctx_opts opts = { hear, &heard, LOG_INFO };
	struct plx_arena_info info;
	struct plx_arena *arena;
	struct plx_ctx *noisy;

	(void)state;
	assert_int_equal(plx_ctx_create(&opts, &noisy), 0);
	assert_int_equal(plx_arena_create(noisy, 4 * CHUNK, NULL, &arena), 0);
	if (info_of(arena).pages == PLX_PAGES_COLLAPSED) {
		fail_collapse_in = 2;
		assert_int_equal(plx_arena_commit(arena, 4 * CHUNK), 0);
		fail_collapse_in = 0;
		info = info_of(arena);
		assert_int_equal(info.pages, PLX_PAGES_SMALL);
		assert_int_equal(info.page_size, sysconf(_SC_PAGESIZE));
		assert_non_null(strstr(info.why, strerror(EAGAIN)));
		assert_int_equal(heard, 0); /* it may happen in a burst, which never logs */
		assert_int_equal(allocated(info.fd), 4 * CHUNK);
	}
	plx_arena_destroy(arena);
	assert_int_equal(plx_ctx_destroy(noisy), 0);
}

/* --- place --- */

static void test_arenas_are_low(void **state)
{
	struct plx_arena *one = make(4 * CHUNK, 0), *two = make(4 * CHUNK, 0);
	struct plx_arena_info info = info_of(two);

	(void)state;
	if (SANITIZED) {
		plx_arena_destroy(one);
		plx_arena_destroy(two);
		skip();
	}
	assert_true(info_of(one).low);
	assert_true(info.low);
	assert_true((uintptr_t)info.base >= (uintptr_t)1 << 32);
	assert_true((uintptr_t)info.base + info.size <= (uintptr_t)1 << 38);
	assert_true((uint8_t *)info.base >= (uint8_t *)info_of(one).base + 4 * CHUNK ||
		    (uint8_t *)info.base + info.size <= (uint8_t *)info_of(one).base);
	plx_arena_destroy(one);
	plx_arena_destroy(two);
}

static void test_low_means_low(void **state)
{
	struct plx_arena *arena = make(CHUNK, 0);
	struct plx_arena_info info = info_of(arena);

	(void)state;
	assert_int_equal(info.low, (uintptr_t)info.base + info.size <= (uintptr_t)1 << 38);
	plx_arena_destroy(arena);
}

static void test_taken_addresses_are_passed_over(void **state)
{
	struct plx_arena *arenas[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		arenas[i] = make(((size_t)i % 3 + 1) * CHUNK, 0);
		assert_int_equal(plx_arena_commit(arenas[i], CHUNK), 0);
		memset(info_of(arenas[i]).base, i + 1, 64);
	}
	for (int i = 0; i < 20; i++) {
		assert_int_equal(*(uint8_t *)info_of(arenas[i]).base, i + 1);
		plx_arena_destroy(arenas[i]);
	}
}

/* Too big to be low: it must still be had. */
static void test_largest_arena(void **state)
{
	struct plx_arena *arenas[3];

	(void)state;
	if (SANITIZED)
		skip();
	for (int i = 0; i < 3; i++) {
		arenas[i] = make((size_t)1 << 37, 0);
		assert_int_equal(plx_arena_commit(arenas[i], 1), 0);
		memset(info_of(arenas[i]).base, i + 1, CHUNK);
		assert_int_equal((uintptr_t)info_of(arenas[i]).base % CHUNK, 0);
	}
	for (int i = 0; i < 3; i++)
		plx_arena_destroy(arenas[i]);
}

/* --- the file --- */

static void test_file_is_the_memory(void **state)
{
	struct plx_arena *arena = make(CHUNK, PLX_ARENA_PREFAULT);
	struct plx_arena_info info = info_of(arena);
	char text[8] = "";

	(void)state;
	memcpy((uint8_t *)info.base + 100, "abcdefg", 8);
	if (info.pages != PLX_PAGES_HUGETLB)
		assert_int_equal(pread(info.fd, text, 8, 100), 8);
	else
		memcpy(text, "abcdefg", 8);
	assert_string_equal(text, "abcdefg");
	assert_true(fcntl(info.fd, F_GETFD) & FD_CLOEXEC);
	plx_arena_destroy(arena);
}

static void test_name_shows_in_maps(void **state)
{
	struct plx_arena_opts opts = { .name = "granary", .node = -1 };
	FILE *f = fopen("/proc/self/maps", "re");
	struct plx_arena *arena;
	char line[512];
	bool found = false;

	(void)state;
	assert_non_null(f);
	assert_int_equal(plx_arena_create(ctx, 1, &opts, &arena), 0);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "memfd:granary") != NULL;
	fclose(f);
	assert_true(found);
	plx_arena_destroy(arena);
}

static void test_destroyed_arenas_leave_nothing(void **state)
{
	unsigned before = count_fds();
	void *base;

	(void)state;
	plx_arena_destroy(NULL);
	for (int i = 0; i < 50; i++) {
		struct plx_arena *arena = make(CHUNK, PLX_ARENA_PREFAULT);

		base = info_of(arena).base;
		plx_arena_destroy(arena);
		assert_int_equal(msync(base, CHUNK, MS_ASYNC), -1); /* not mapped any more */
		assert_int_equal(errno, ENOMEM);
	}
	assert_int_equal(count_fds(), before);
}

/* --- refusals --- */

static void expect_refusal(size_t size, const struct plx_arena_opts *opts, enum plx_reason reason)
{
	struct plx_arena *arena = (void *)&size;
	unsigned before = count_fds();

	assert_int_equal(plx_arena_create(ctx, size, opts, &arena), -EINVAL);
	assert_null(arena);
	assert_int_equal(plx_last_error()->err, -EINVAL);
	assert_int_equal(plx_last_error()->reason, reason);
	assert_int_equal(count_fds(), before);
}

static void test_bad_sizes(void **state)
{
	(void)state;
	expect_refusal(0, NULL, PLX_R_ZERO_LEN);
	expect_refusal(((size_t)1 << 37) + 1, NULL, PLX_R_TOO_LARGE);
	expect_refusal(SIZE_MAX, NULL, PLX_R_TOO_LARGE);
}

static void test_bad_flags(void **state)
{
	struct plx_arena_opts opts = { .node = -1, .flags = 1 << 2 };

	(void)state;
	expect_refusal(1, &opts, PLX_R_RESERVED_BITS);
	opts.flags = 1u << 31 | PLX_ARENA_SMALL;
	expect_refusal(1, &opts, PLX_R_RESERVED_BITS);
}

static void test_bad_nodes(void **state)
{
	static const int nodes[] = { 4095, 1 << 20, INT32_MAX };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct plx_arena_opts opts = { .node = nodes[i] };

		expect_refusal(1, &opts, PLX_R_INDEX);
	}
}

static void test_node_zero(void **state)
{
	struct plx_arena_opts opts = { .node = 0 };
	struct plx_arena *arena;

	(void)state;
	assert_int_equal(plx_arena_create(ctx, 1, &opts, &arena), 0);
	assert_int_equal(info_of(arena).node, 0);
	assert_int_equal(plx_arena_commit(arena, 1), 0);
	plx_arena_destroy(arena);
}

static void test_commit_beyond_the_end(void **state)
{
	struct plx_arena *arena = make(CHUNK, 0);

	(void)state;
	assert_int_equal(plx_arena_commit(arena, CHUNK + 1), -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_TOO_LARGE);
	assert_int_equal(info_of(arena).committed, 0);
	plx_arena_destroy(arena);
}

/* --- shortage --- */

/* -ENOMEM by @sys_errno, in one sentence. */
static void assert_shortage(int rc, int sys_errno)
{
	const struct plx_error *e = plx_last_error();

	assert_int_equal(rc, -ENOMEM);
	assert_int_equal(e->err, -ENOMEM);
	assert_int_equal(e->reason, PLX_R_NOMEM);
	assert_int_equal(e->sys_errno, sys_errno);
	assert_non_null(strstr(e->text, strerror(sys_errno)));
	assert_null(strchr(e->text, '\n'));
	assert_true(e->text[strlen(e->text) - 1] != '.');
}

/* Create under a limit; what happened is the child's exit status. */
static int create_under(int resource, rlim_t soft)
{
	struct rlimit limit = { soft, soft };
	struct plx_arena *arena = (void *)&limit;
	unsigned before = count_fds();
	int rc;

	if (setrlimit(resource, &limit))
		return 99;
	rc = plx_arena_create(ctx, 64 * MIB, NULL, &arena);
	if (rc != -ENOMEM || arena)
		return 1;
	if (plx_last_error()->err != -ENOMEM || plx_last_error()->reason != PLX_R_NOMEM)
		return 2;
	if (!plx_last_error()->sys_errno || !plx_last_error()->text[0])
		return 3;
	return resource != RLIMIT_NOFILE && count_fds() != before ? 4 : 0;
}

static void expect_shortage_under(int resource, rlim_t soft)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		alarm(20);
		_exit(create_under(resource, soft));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static size_t address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	size_t pages;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu", &pages), 1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_no_address_space(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	expect_shortage_under(RLIMIT_AS, address_space() + 16 * MIB);
}

static void test_no_file_descriptors(void **state)
{
	int lowest = dup(0);

	(void)state;
	assert_true(lowest >= 0);
	close(lowest);
	expect_shortage_under(RLIMIT_NOFILE, (rlim_t)lowest);
}

static void test_file_size_limit(void **state)
{
	void (*old)(int) = signal(SIGXFSZ, SIG_IGN);

	(void)state;
	expect_shortage_under(RLIMIT_FSIZE, CHUNK);
	signal(SIGXFSZ, old);
}

static void test_no_memory_at_commit(void **state)
{
	struct plx_arena *arena = make(4 * CHUNK, PLX_ARENA_SMALL);
	uint8_t *base = info_of(arena).base;

	(void)state;
	fail_fallocate_in = 3;
	assert_shortage(plx_arena_commit(arena, 4 * CHUNK), ENOSPC);
	assert_int_equal(info_of(arena).committed, 2 * CHUNK);
	memset(base, 1, 2 * CHUNK); /* what was committed stays */
	assert_int_equal(plx_arena_commit(arena, 4 * CHUNK), 0);
	assert_int_equal(info_of(arena).committed, 4 * CHUNK);
	plx_arena_destroy(arena);
}

static void test_no_memory_to_build_on(void **state)
{
	struct plx_arena *arena = make(2 * CHUNK, 0);

	(void)state;
	fail_fallocate_in = 1;
	assert_shortage(plx_arena_commit(arena, 1), ENOSPC);
	assert_int_equal(info_of(arena).committed, 0);
	assert_int_equal(plx_arena_commit(arena, 1), 0);
	plx_arena_destroy(arena);
}

static void test_no_memory_at_prefault(void **state)
{
	struct plx_arena_opts opts = { .name = "p", .node = -1, .flags = PLX_ARENA_PREFAULT };
	unsigned before = count_fds();
	struct plx_arena *arena = (void *)&opts;

	(void)state;
	fail_fallocate_in = 2;
	assert_shortage(plx_arena_create(ctx, 4 * CHUNK, &opts, &arena), ENOSPC);
	assert_null(arena);
	assert_int_equal(count_fds(), before);
}

/* A pool that cannot grow gives what it has, then none, and grows later. */
static void test_pool_without_memory_to_grow(void **state)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *pool;
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	fail_fallocate_in = 1;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 0);
	assert_int_equal(plx_last_error()->err, -ENOMEM);
	assert_int_equal(plx_last_error()->reason, PLX_R_NOMEM);
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	plx_pkt_free(&pkt, 1);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

/* A pool with memory for sanitizers' eyes only leaves its addresses clean for the next. */
static void test_addresses_of_a_dead_pool_are_clean(void **state)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_arena *arena;
	struct plx_pool *pool;
	struct plx_pkt pkts[64];

	(void)state;
	opts.count = 64;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 64), 64);
	plx_pkt_free(pkts, 64);
	assert_int_equal(plx_pool_destroy(pool), 0);
	arena = make(CHUNK, PLX_ARENA_PREFAULT);
	memset(info_of(arena).base, 1, CHUNK);
	plx_arena_destroy(arena);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_ctx, end_ctx)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_size_is_rounded_up),
		TEST(test_new_arena_holds_no_memory),
		TEST(test_commit_grows_by_chunks),
		TEST(test_committed_memory_is_resident),
		TEST(test_memory_is_zero_and_writable),
		TEST(test_growing_keeps_what_was_written),
		TEST(test_prefault_commits_all),
		TEST(test_info_names_the_pages),
		TEST(test_small_pages_are_small),
		TEST(test_base_is_aligned_to_big_pages),
		TEST(test_refused_collapse_settles_for_small_pages),
		TEST(test_arenas_are_low),
		TEST(test_low_means_low),
		TEST(test_taken_addresses_are_passed_over),
		TEST(test_largest_arena),
		TEST(test_file_is_the_memory),
		TEST(test_name_shows_in_maps),
		TEST(test_destroyed_arenas_leave_nothing),
		TEST(test_bad_sizes),
		TEST(test_bad_flags),
		TEST(test_bad_nodes),
		TEST(test_node_zero),
		TEST(test_commit_beyond_the_end),
		TEST(test_no_address_space),
		TEST(test_no_file_descriptors),
		TEST(test_file_size_limit),
		TEST(test_no_memory_at_commit),
		TEST(test_no_memory_to_build_on),
		TEST(test_no_memory_at_prefault),
		TEST(test_pool_without_memory_to_grow),
		TEST(test_addresses_of_a_dead_pool_are_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
