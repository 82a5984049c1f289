/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools: geometry, taking and giving back by whom it may be, sharing, wrapping, accounts; and
 * that garbage does no harm, or stops the program where -Dchecks=true says so.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkt/pool_priv.h"
#include "pkt/ports.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

static struct plx_pool *make(unsigned count, unsigned data_room, unsigned headroom)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *pool;

	opts.count = count;
	opts.data_room = data_room;
	opts.headroom = headroom;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	assert_non_null(pool);
	return pool;
}

static void end(struct plx_pool *pool)
{
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void assert_error(int err, enum plx_reason reason)
{
	assert_int_equal(plx_last_error()->err, err);
	assert_int_equal(plx_last_error()->reason, reason);
	assert_true(plx_last_error()->text[0]);
}

/* The parts, and that they add up. */
static void assert_account(const struct plx_pool *pool, unsigned free, unsigned rx, unsigned tx,
			   unsigned user)
{
	struct plx_pool_account a;

	plx_pool_account(pool, &a);
	assert_int_equal(a.free, free);
	assert_int_equal(a.rx_ring, rx);
	assert_int_equal(a.tx_ring, tx);
	assert_int_equal(a.user, user);
	assert_int_equal(a.free + a.rx_ring + a.tx_ring + a.user, a.total);
}

/* All that a pool has, burst by burst. */
static unsigned take_all(struct plx_pool *pool, struct plx_pkt *pkts, unsigned room)
{
	unsigned n = 0, got;

	while (n < room && (got = plx_pool_get(pool, NULL, pkts + n, room - n < 32 ? 1 : 32)))
		n += got;
	return n;
}

static int by_data(const void *a, const void *b)
{
	const struct plx_pkt *x = a, *y = b;

	return (x->data > y->data) - (x->data < y->data);
}

/* The pool must have exactly @count buffers, all of them its own, each once. */
static void assert_whole(struct plx_pool *pool, unsigned count)
{
	struct plx_pkt *pkts = calloc(count + 1, sizeof(*pkts));
	struct plx_pool_info info;

	assert_non_null(pkts);
	plx_pool_info(pool, &info);
	assert_int_equal(take_all(pool, pkts, count + 1), count);
	qsort(pkts, count, sizeof(*pkts), by_data);
	for (unsigned i = 0; i < count; i++)
		assert_ptr_equal(pkts[i].data,
				 (const uint8_t *)info.base + info.headroom + i * info.stride);
	plx_pkt_free(pkts, count);
	free(pkts);
}

/* --- geometry --- */

static void test_defaults(void **state)
{
	struct plx_pool_info info;
	struct plx_pool *pool;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, NULL, &pool), 0);
	plx_pool_info(pool, &info);
	assert_string_equal(info.name, "pool");
	assert_int_equal(info.data_room, 2048);
	assert_int_equal(info.headroom, 128);
	assert_int_equal(info.number, plx_pool_number(pool));
	assert_int_equal(info.size, 8192ull * info.stride);
	assert_true(info.pages_why[0]);
	assert_true(info.page_size >= 4096);
	assert_account(pool, 8192, 0, 0, 0);
	end(pool);
}

static void test_stride_is_an_odd_number_of_lines(void **state)
{
	static const unsigned rooms[][2] = { { 64, 1 },     { 64, 128 },   { 2048, 128 },
					     { 1500, 200 }, { 9000, 512 }, { 65408, 512 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rooms); i++) {
		struct plx_pool *pool = make(4, rooms[i][0], rooms[i][1]);
		struct plx_pool_info info;

		plx_pool_info(pool, &info);
		assert_int_equal(info.stride % PLX_CACHE_LINE, 0);
		assert_int_equal(info.stride / PLX_CACHE_LINE % 2, 1);
		assert_true(info.stride >= rooms[i][0] + rooms[i][1]);
		end(pool);
	}
}

static uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* The multiplication against the division that it stands for: edges of buffers, and anywhere. */
static void check_index(const struct plx_pool *pool)
{
	for (int i = 0; i < 2000; i++) {
		uint64_t index = i < 2 ? i * (pool->total - 1ull) : random64() % pool->total;
		uint64_t any = random64() % pool->span;

		assert_true(plx_pool_index(pool, index * pool->stride) == index);
		assert_true(plx_pool_index(pool, (index + 1) * pool->stride - 1) == index);
		assert_true(plx_pool_index(pool, any) == any / pool->stride);
	}
}

static void check_geometry(unsigned count, unsigned data_room, unsigned headroom)
{
	struct plx_pool *pool = make(count, data_room, headroom);

	check_index(pool);
	end(pool);
}

static void test_index_of_random_pools(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		check_geometry(1 + (unsigned)(random64() % 4096),
			       64 + (unsigned)(random64() % (65408 - 63)),
			       (unsigned)(random64() % 513));
}

static void test_index_of_the_largest_pools(void **state)
{
	(void)state;
	check_geometry(1u << 22, 64, 1);
	check_geometry(1u << 22, 16000, 0);
	check_geometry((unsigned)(((uint64_t)1 << 36) / (1031 * 64)), 65408, 512);
	check_geometry(1, 64, 1);
}

/* The claim of the formula for every stride, without making the pools. */
static void test_index_for_every_stride(void **state)
{
	(void)state;
	for (uint64_t lines = 1; lines <= 1031; lines += 2) {
		struct plx_pool p = { .stride = (unsigned)lines * PLX_CACHE_LINE };

		p.shift = 32 + 63 - (unsigned)__builtin_clzll(lines);
		p.magic = (((uint64_t)1 << p.shift) + lines - 1) / lines;
		p.total = (unsigned)(((uint64_t)1 << 36) / p.stride);
		p.total = p.total < 1u << 22 ? p.total : 1u << 22;
		p.span = (uint64_t)p.total * p.stride;
		check_index(&p);
	}
}

static void expect_refusal(struct plx_pool_opts opts, enum plx_reason reason)
{
	struct plx_pool *pool = (void *)&opts;

	assert_int_equal(plx_pool_create(ctx, &opts, &pool), -EINVAL);
	assert_null(pool);
	assert_error(-EINVAL, reason);
}

static void test_refusals(void **state)
{
	(void)state;
	expect_refusal((struct plx_pool_opts){ .count = (1u << 22) + 1, .node = -1 },
		       PLX_R_TOO_LARGE);
	expect_refusal((struct plx_pool_opts){ .data_room = 63, .node = -1 }, PLX_R_TOO_LARGE);
	expect_refusal((struct plx_pool_opts){ .data_room = 65409, .node = -1 }, PLX_R_TOO_LARGE);
	expect_refusal((struct plx_pool_opts){ .headroom = 513, .node = -1 }, PLX_R_TOO_LARGE);
	expect_refusal((struct plx_pool_opts){ .count = 1u << 22, .data_room = 65408, .node = -1 },
		       PLX_R_TOO_LARGE);
	expect_refusal((struct plx_pool_opts){ .flags = 4, .node = -1 }, PLX_R_RESERVED_BITS);
}

/* The tables are made before the memory: they must not hide what is wrong. */
static void test_unknown_node_is_refused(void **state)
{
	(void)state;
	expect_refusal((struct plx_pool_opts){ .count = 8, .node = 4095 }, PLX_R_INDEX);
}

/* --- taking and giving back --- */

static void test_packets_start_as_told(void **state)
{
	struct plx_pkt like = { .len = 60, .port = 7, .vlan = 9, .flags = PLX_PKT_TIMESTAMP };
	struct plx_pool *pool = make(8, 2048, 100);
	struct plx_pkt pkts[3];

	(void)state;
	like.hash = 0x12345678;
	like.timestamp = 0x1122334455667788;
	like.pool = 99;
	assert_int_equal(plx_pool_get(pool, &like, pkts, 3), 3);
	for (int i = 0; i < 3; i++) {
		struct plx_pkt expected = like;

		expected.data = pkts[i].data;
		expected.pool = plx_pool_number(pool);
		assert_memory_equal(&pkts[i], &expected, sizeof(expected));
		assert_int_equal(plx_pkt_headroom(&pkts[i]), 100);
	}
	plx_pkt_free(pkts, 3);
	end(pool);
}

static void test_packets_start_empty(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkt, expected = { .pool = plx_pool_number(pool) };

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	expected.data = pkt.data;
	assert_memory_equal(&pkt, &expected, sizeof(pkt));
	memset(pkt.data - 128, 1, 128 + 2048); /* headroom and room are there */
	plx_pkt_free(&pkt, 1);
	end(pool);
}

static void test_last_freed_comes_first(void **state)
{
	struct plx_pool *pool = make(16, 2048, 0);
	struct plx_pkt pkts[4], again;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 4), 4);
	plx_pkt_free(&pkts[2], 1);
	plx_pkt_free(&pkts[0], 1);
	assert_int_equal(plx_pool_get(pool, NULL, &again, 1), 1);
	assert_ptr_equal(again.data, pkts[0].data);
	assert_int_equal(plx_pool_get(pool, NULL, &again, 1), 1);
	assert_ptr_equal(again.data, pkts[2].data);
	plx_pkt_free(pkts, 4);
	end(pool);
}

static void test_bursts_of_all_sizes(void **state)
{
	struct plx_pool *pool = make(256, 64, 0);
	struct plx_pkt pkts[256];

	(void)state;
	for (unsigned n = 0; n <= 256; n++) {
		assert_int_equal(plx_pool_get(pool, NULL, pkts, n), n);
		assert_account(pool, 256 - n, 0, 0, n);
		plx_pkt_free(pkts, n);
		assert_account(pool, 256, 0, 0, 0);
	}
	assert_whole(pool, 256);
	end(pool);
}

/* In any order, with any grouping: neither the fast paths nor the slow ones may lose one. */
static void test_random_bursts(void **state)
{
	struct plx_pool *pool = make(500, 64, 0);
	struct plx_pkt out[500];
	unsigned n = 0;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		unsigned burst = 1 + (unsigned)(random64() % 100);

		if (random64() & 1) {
			n += plx_pool_get(pool, NULL, out + n, burst < 500 - n ? burst : 500 - n);
			continue;
		}
		if (n && random64() & 1) { /* not in the order that they were taken */
			unsigned a = (unsigned)(random64() % n), b = (unsigned)(random64() % n);
			struct plx_pkt swap = out[a];

			out[a] = out[b];
			out[b] = swap;
		}
		burst = burst < n ? burst : n;
		plx_pkt_free(out + n - burst, burst);
		n -= burst;
		assert_account(pool, 500 - n, 0, 0, n);
	}
	plx_pkt_free(out, n);
	assert_whole(pool, 500);
	end(pool);
}

static void test_exhausted_pool_gives_fewer_then_none(void **state)
{
	struct plx_pool *pool = make(10, 2048, 0);
	struct plx_pkt pkts[32];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 7), 7);
	assert_int_equal(plx_pool_get(pool, NULL, pkts + 7, 25), 3);
	assert_int_equal(plx_pool_get(pool, NULL, pkts + 10, 1), 0);
	assert_error(-ENOMEM, PLX_R_NOMEM);
	assert_account(pool, 0, 0, 0, 10);
	plx_pkt_free(pkts, 10);
	assert_whole(pool, 10);
	end(pool);
}

static size_t committed(const struct plx_pool *pool)
{
	struct plx_arena_info info;

	plx_arena_info(pool->arena, &info);
	return info.committed;
}

/* What is never used never becomes resident, and low addresses are used first. */
static void test_pool_grows_by_chunks(void **state)
{
	struct plx_pool *pool = make(8192, 2048, 0);
	struct plx_pkt *pkts = calloc(8192, sizeof(*pkts));
	const size_t chunk = (size_t)2 << 20;
	unsigned n = 0;

	(void)state;
	assert_int_equal(committed(pool), 0);
	while (n < 8192) {
		size_t needed;

		assert_int_equal(plx_pool_get(pool, NULL, pkts + n, 1), 1);
		assert_ptr_equal(pkts[n].data, plx_pool_buffer(pool, n));
		needed = ++n * (size_t)pool->stride;
		assert_int_equal(committed(pool), (needed + chunk - 1) / chunk * chunk);
	}
	plx_pkt_free(pkts, 8192);
	free(pkts);
	end(pool);
}

static void test_prefault_commits_at_once(void **state)
{
	struct plx_pool_opts opts = { .count = 2000, .node = -1, .flags = PLX_POOL_PREFAULT };
	struct plx_pool *pool;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	assert_true(committed(pool) >= pool->span);
	assert_whole(pool, 2000);
	end(pool);
}

static void test_small_pages(void **state)
{
	struct plx_pool_opts opts = { .count = 8, .node = -1, .flags = PLX_POOL_SMALL_PAGES };
	struct plx_pool_info info;
	struct plx_pool *pool;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	plx_pool_info(pool, &info);
	assert_int_equal(info.page_size, sysconf(_SC_PAGESIZE));
	assert_whole(pool, 8);
	end(pool);
}

/* "Fewer when the pool has no more": not when what it has is not resident yet. */
static void test_burst_larger_than_a_chunk(void **state)
{
	struct plx_pool *pool = make(100, 65408, 0);
	struct plx_pkt pkts[100];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 100), 100);
	plx_pkt_free(pkts, 100);
	assert_whole(pool, 100);
	end(pool);
}

/* --- owners --- */

struct job {
	struct plx_pool *pool;
	struct plx_pkt pkts[64];
	unsigned n, got;
	struct plx_error error;
};

static void in_thread(void *(*fn)(void *), struct job *job)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, fn, job), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *take(void *arg)
{
	struct job *job = arg;

	job->got = plx_pool_get(job->pool, NULL, job->pkts, job->n);
	job->error = *plx_last_error();
	return NULL;
}

static void *give(void *arg)
{
	struct job *job = arg;

	plx_pkt_free(job->pkts, job->n);
	return NULL;
}

static void *take_give_and_disown(void *arg)
{
	struct job *job = arg;

	take(job);
	plx_pkt_free(job->pkts, job->got);
	plx_pool_disown(job->pool);
	return NULL;
}

static void test_only_the_owner_takes(void **state)
{
	struct job job = { .pool = make(8, 2048, 0), .n = 1 };
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_get(job.pool, NULL, &pkt, 1), 1);
	in_thread(take, &job);
	assert_int_equal(job.got, 0);
	assert_int_equal(job.error.err, -EPERM);
	assert_int_equal(job.error.reason, PLX_R_NOT_OWNER);
	assert_account(job.pool, 7, 0, 0, 1);
	plx_pkt_free(&pkt, 1);
	end(job.pool);
}

static void test_first_taker_becomes_owner(void **state)
{
	struct job job = { .pool = make(8, 2048, 0), .n = 3 };
	struct plx_pkt pkt;

	(void)state;
	in_thread(take, &job);
	assert_int_equal(job.got, 3);
	plx_pkt_free(job.pkts, 3); /* by us, who are not the owner */
	assert_account(job.pool, 8, 0, 0, 0);
	plx_pool_disown(job.pool); /* the owner has ended */
	assert_int_equal(plx_pool_get(job.pool, NULL, &pkt, 1), 1);
	plx_pkt_free(&pkt, 1);
	assert_whole(job.pool, 8);
	end(job.pool);
}

static void test_disowned_pool_changes_hands(void **state)
{
	struct job job = { .pool = make(64, 2048, 0), .n = 64 };
	struct plx_pkt pkts[64];

	(void)state;
	for (int turn = 0; turn < 10; turn++) {
		assert_int_equal(plx_pool_get(job.pool, NULL, pkts, 64), 64);
		plx_pkt_free(pkts, 32);
		plx_pool_disown(job.pool);
		plx_pkt_free(pkts + 32, 32); /* by a former owner */
		in_thread(take_give_and_disown, &job);
		assert_int_equal(job.got, 64);
	}
	assert_whole(job.pool, 64);
	end(job.pool);
}

static void test_returns_by_other_threads(void **state)
{
	struct job job = { .pool = make(64, 2048, 0), .n = 48 };

	(void)state;
	for (int turn = 0; turn < 100; turn++) {
		assert_int_equal(plx_pool_get(job.pool, NULL, job.pkts, 48), 48);
		assert_account(job.pool, 16, 0, 0, 48);
		in_thread(give, &job);
		assert_account(job.pool, 64, 0, 0, 0);
	}
	assert_whole(job.pool, 64);
	end(job.pool);
}

static void test_pool_may_end_with_returns_waiting(void **state)
{
	struct job job = { .pool = make(64, 2048, 0), .n = 64 };

	(void)state;
	assert_int_equal(plx_pool_get(job.pool, NULL, job.pkts, 64), 64);
	in_thread(give, &job);
	end(job.pool);
}

/* --- buffers without packets --- */

static void test_buffers_are_what_packets_have(void **state)
{
	struct plx_pool *pool = make(64, 2048, 128);
	struct plx_pool_info info;
	struct plx_pkt pkts[32];
	uint8_t *buffers[32];

	(void)state;
	plx_pool_info(pool, &info);
	assert_int_equal(plx_pool_take_buffers(pool, buffers, 32), 32);
	assert_account(pool, 32, 32, 0, 0);
	for (int i = 0; i < 32; i++) {
		uint64_t offset =
			(uint64_t)(buffers[i] - (const uint8_t *)info.base) - info.headroom;

		assert_int_equal(offset % info.stride, 0);
		assert_true(offset / info.stride < 64);
		memset(buffers[i], i, info.data_room);
	}
	/* Received: they become packets, which are freed like any. */
	for (int i = 0; i < 32; i++)
		pkts[i] = (struct plx_pkt){ .data = buffers[i], .pool = info.number };
	plx_pool_unhold(pool, 32);
	assert_account(pool, 32, 0, 0, 32);
	plx_pkt_free(pkts, 32);
	assert_account(pool, 64, 0, 0, 0);
	assert_whole(pool, 64);
	end(pool);
}

static void test_buffers_go_back(void **state)
{
	struct plx_pool *pool = make(256, 2048, 0);
	uint8_t *buffers[256];

	(void)state;
	for (unsigned n = 0; n <= 256; n += 37) {
		assert_int_equal(plx_pool_take_buffers(pool, buffers, n), n);
		assert_account(pool, 256 - n, n, 0, 0);
		plx_pool_give_buffers(pool, buffers, n);
		assert_account(pool, 256, 0, 0, 0);
	}
	assert_whole(pool, 256);
	end(pool);
}

static void test_exhausted_pool_gives_fewer_buffers(void **state)
{
	struct plx_pool *pool = make(20, 2048, 0);
	uint8_t *buffers[32] = { NULL };

	(void)state;
	assert_int_equal(plx_pool_take_buffers(pool, buffers, 32), 20);
	assert_null(buffers[20]);
	assert_account(pool, 0, 20, 0, 0);
	assert_int_equal(plx_pool_take_buffers(pool, buffers + 20, 1), 0);
	assert_error(-ENOMEM, PLX_R_NOMEM);
	assert_account(pool, 0, 20, 0, 0);
	assert_int_equal(plx_pool_destroy(pool), -EBUSY);
	assert_non_null(strstr(plx_last_error()->text, "20 in RX rings"));
	plx_pool_give_buffers(pool, buffers, 20);
	assert_whole(pool, 20);
	end(pool);
}

static void *take_buffers(void *arg)
{
	struct job *job = arg;
	uint8_t *buffers[64];

	job->got = plx_pool_take_buffers(job->pool, buffers, job->n);
	job->error = *plx_last_error();
	return NULL;
}

static void *give_buffers(void *arg)
{
	struct job *job = arg;
	uint8_t *buffers[64];

	for (unsigned i = 0; i < job->n; i++)
		buffers[i] = job->pkts[i].data;
	plx_pool_give_buffers(job->pool, buffers, job->n);
	return NULL;
}

static void test_buffers_and_threads(void **state)
{
	struct job job = { .pool = make(64, 2048, 0), .n = 48 };
	uint8_t *buffers[48];

	(void)state;
	assert_int_equal(plx_pool_take_buffers(job.pool, buffers, 48), 48);
	in_thread(take_buffers, &job);
	assert_int_equal(job.got, 0);
	assert_int_equal(job.error.err, -EPERM);
	assert_int_equal(job.error.reason, PLX_R_NOT_OWNER);
	assert_account(job.pool, 16, 48, 0, 0);
	for (int i = 0; i < 48; i++)
		job.pkts[i].data = buffers[i];
	in_thread(give_buffers, &job); /* through the queue of returns */
	assert_account(job.pool, 64, 0, 0, 0);
	assert_whole(job.pool, 64);
	end(job.pool);
}

/* --- shares --- */

static void test_last_owner_gives_back(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	assert_int_equal(plx_pkt_share(&pkt, 2), 0);
	assert_true(pkt.flags & PLX_PKT_SHARED);
	plx_pkt_free(&pkt, 1);
	plx_pkt_free(&pkt, 1);
	assert_account(pool, 7, 0, 0, 1);
	plx_pkt_free(&pkt, 1);
	assert_account(pool, 8, 0, 0, 0);
	assert_whole(pool, 8);
	end(pool);
}

static void test_shares_add_up(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt owners[6];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, owners, 1), 1);
	assert_int_equal(plx_pkt_share(owners, 2), 0);
	assert_int_equal(plx_pkt_share(owners, 3), 0);
	for (int i = 1; i < 6; i++) {
		owners[i] = owners[0];
		owners[i].data += i * 10; /* each its own view */
	}
	plx_pkt_free(owners, 5);
	assert_account(pool, 7, 0, 0, 1);
	plx_pkt_free(owners + 5, 1);
	assert_account(pool, 8, 0, 0, 0);
	end(pool);
}

/* A buffer that was shared once is like any other afterwards. */
static void test_shared_buffer_is_fresh_again(void **state)
{
	struct plx_pool *pool = make(1, 2048, 0);
	struct plx_pkt pkt;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
		assert_false(pkt.flags & PLX_PKT_SHARED);
		assert_int_equal(plx_pkt_share(&pkt, 1), 0);
		plx_pkt_free(&pkt, 1);
		assert_account(pool, 0, 0, 0, 1);
		plx_pkt_free(&pkt, 1);
		assert_account(pool, 1, 0, 0, 0);
	}
	end(pool);
}

static void test_most_owners(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	assert_int_equal(plx_pkt_share(&pkt, 65535), -ERANGE);
	assert_error(-ERANGE, PLX_R_TOO_LARGE);
	assert_false(pkt.flags & PLX_PKT_SHARED);
	assert_int_equal(plx_pkt_share(&pkt, 65533), 0);
	assert_int_equal(plx_pkt_share(&pkt, 1), 0);
	assert_int_equal(plx_pkt_share(&pkt, 1), -ERANGE);
	assert_int_equal(plx_pkt_share(&pkt, ~0u), -ERANGE);
	for (int i = 0; i < 65534; i++)
		plx_pkt_free(&pkt, 1);
	assert_account(pool, 7, 0, 0, 1);
	plx_pkt_free(&pkt, 1);
	end(pool);
}

static void test_strangers_are_not_shared(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	uint8_t byte;
	struct plx_pkt nowhere = { .data = &byte }, beside = { .data = &byte };

	(void)state;
	assert_int_equal(plx_pkt_share(&nowhere, 1), -EINVAL);
	assert_error(-EINVAL, PLX_R_INDEX);
	beside.pool = plx_pool_number(pool);
	assert_int_equal(plx_pkt_share(&beside, 1), -EINVAL);
	assert_error(-EINVAL, PLX_R_INDEX);
	assert_false(nowhere.flags & PLX_PKT_SHARED);
	end(pool);
}

static void test_shares_among_others_in_a_burst(void **state)
{
	struct plx_pool *pool = make(64, 2048, 0);
	struct plx_pkt pkts[64], copies[21];
	unsigned n = 0;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 64), 64);
	for (int i = 0; i < 64; i += 3) {
		assert_int_equal(plx_pkt_share(&pkts[i], 1), 0);
		if (n < 21)
			copies[n++] = pkts[i];
	}
	plx_pkt_free(pkts, 64);
	assert_account(pool, 42, 0, 0, 22);
	plx_pkt_free(copies, 21);
	plx_pkt_free(&pkts[63], 1);
	assert_account(pool, 64, 0, 0, 0);
	assert_whole(pool, 64);
	end(pool);
}

static void test_shares_end_in_other_threads(void **state)
{
	struct job job = { .pool = make(32, 2048, 0), .n = 32 };

	(void)state;
	assert_int_equal(plx_pool_get(job.pool, NULL, job.pkts, 32), 32);
	for (int i = 0; i < 32; i++)
		assert_int_equal(plx_pkt_share(&job.pkts[i], 1), 0);
	plx_pkt_free(job.pkts, 32);
	assert_account(job.pool, 0, 0, 0, 32);
	in_thread(give, &job);
	assert_account(job.pool, 32, 0, 0, 0);
	assert_whole(job.pool, 32);
	end(job.pool);
}

/* --- wrapped pools --- */

struct released {
	unsigned calls, n;
	struct plx_pkt pkts[300];
};

static void release(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	struct released *to = arg;

	to->calls++;
	memcpy(to->pkts + to->n, pkts, n * sizeof(*pkts));
	to->n += n;
}

static struct plx_pool *wrap(struct released *to)
{
	struct plx_pool *pool;

	memset(to, 0, sizeof(*to));
	assert_int_equal(plx_pool_wrap(ctx, "wrapped", release, to, &pool), 0);
	return pool;
}

/* Packets of the wrapped pool, told apart by their length. */
static void fill_wrapped(const struct plx_pool *pool, struct plx_pkt *pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		pkts[i] = (struct plx_pkt){ .data = NULL,
					    .len = (uint16_t)i,
					    .pool = plx_pool_number(pool) };
}

static void test_wrapped_packets_go_to_their_owner(void **state)
{
	struct plx_pkt pkts[200];
	struct released to;
	struct plx_pool *pool = wrap(&to);

	(void)state;
	fill_wrapped(pool, pkts, 200);
	plx_pkt_free(pkts, 200);
	assert_int_equal(to.n, 200);
	assert_true(to.calls <= 4);
	assert_memory_equal(to.pkts, pkts, sizeof(pkts));
	end(pool);
}

static void test_wrapped_runs_are_not_torn(void **state)
{
	struct plx_pool *plain = make(8, 2048, 0);
	struct plx_pkt pkts[8];
	struct released to;
	struct plx_pool *pool = wrap(&to);

	(void)state;
	fill_wrapped(pool, pkts, 8);
	assert_int_equal(plx_pool_get(plain, NULL, pkts + 3, 1), 1);
	plx_pkt_free(pkts, 8);
	assert_int_equal(to.calls, 2);
	assert_int_equal(to.n, 7);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(to.pkts[i].len, i < 3 ? i : i + 1);
	assert_account(plain, 8, 0, 0, 0);
	end(pool);
	end(plain);
}

/* A wrapper around another pool's buffers hears of each, whatever it is freed together with. */
static void test_wrapped_buffers_of_another_pool(void **state)
{
	struct plx_pool *plain = make(8, 2048, 0);
	struct plx_pkt pkts[4];
	struct released to;
	struct plx_pool *pool = wrap(&to);

	(void)state;
	assert_int_equal(plx_pool_get(plain, NULL, pkts, 4), 4);
	pkts[1].pool = pkts[2].pool = plx_pool_number(pool);
	plx_pkt_free(pkts, 4);
	assert_int_equal(to.n, 2);
	assert_account(plain, 6, 0, 0, 2);
	to.pkts[0].pool = to.pkts[1].pool = plx_pool_number(plain);
	plx_pkt_free(to.pkts, 2);
	assert_whole(plain, 8);
	end(pool);
	end(plain);
}

static void test_wrapped_pool_gives_and_shares_nothing(void **state)
{
	struct released to;
	struct plx_pool *pool = wrap(&to);
	struct plx_pkt pkt;
	uint8_t *buffer;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 0);
	assert_error(-EPERM, PLX_R_UNSUPPORTED);
	assert_int_equal(plx_pool_take_buffers(pool, &buffer, 1), 0);
	assert_error(-EPERM, PLX_R_UNSUPPORTED);
	fill_wrapped(pool, &pkt, 1);
	assert_int_equal(plx_pkt_share(&pkt, 1), -ENOTSUP);
	assert_error(-ENOTSUP, PLX_R_UNSUPPORTED);
	assert_int_equal(plx_pkt_headroom(&pkt), 0);
	assert_int_equal(plx_pkt_tailroom(&pkt), 0);
	end(pool);
}

static void test_wrapped_pool_has_an_empty_account(void **state)
{
	struct plx_pool_info info;
	struct plx_pkt pkts[4];
	struct released to;
	struct plx_pool *pool = wrap(&to);

	(void)state;
	fill_wrapped(pool, pkts, 4);
	plx_pkts_hold(pkts, 4, PLX_HOLD_TX);
	assert_account(pool, 0, 0, 0, 0);
	plx_pool_info(pool, &info);
	assert_string_equal(info.name, "wrapped");
	assert_int_equal(info.size, 0);
	end(pool);
}

/* --- mixtures --- */

static void test_pools_mixed_in_one_burst(void **state)
{
	struct plx_pool *pools[3] = { make(64, 2048, 0), make(64, 64, 1), make(64, 9000, 300) };
	struct plx_pkt pkts[96];

	(void)state;
	for (unsigned i = 0; i < 96; i++)
		assert_int_equal(plx_pool_get(pools[random64() % 3], NULL, pkts + i, 1), 1);
	plx_pkt_free(pkts, 96);
	for (int i = 0; i < 3; i++) {
		assert_account(pools[i], 64, 0, 0, 0);
		assert_whole(pools[i], 64);
		end(pools[i]);
	}
}

/*
 * Two pools of one geometry, their memory a multiple of the stride apart: what freeing one's
 * packet in a burst of the other leaves behind must not be taken for a buffer the next time.
 */
static void test_twin_pools_in_one_burst(void **state)
{
	struct plx_pool *one = make(32768, 64, 128), *two = make(32768, 64, 128);
	struct plx_pkt pkts[2];

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(plx_pool_get(one, NULL, &pkts[0], 1), 1);
		assert_int_equal(plx_pool_get(two, NULL, &pkts[1], 1), 1);
		plx_pkt_free(pkts, 2);
		assert_account(one, 32768, 0, 0, 0);
		assert_account(two, 32768, 0, 0, 0);
	}
	assert_whole(one, 32768);
	assert_whole(two, 32768);
	end(one);
	end(two);
}

/* Wherever in its buffer a packet's data was moved to, it goes back to that buffer. */
static void test_moved_data(void **state)
{
	struct plx_pool *pool = make(3, 200, 100);
	struct plx_pkt pkts[3];
	struct plx_pool_info info;

	(void)state;
	plx_pool_info(pool, &info);
	for (unsigned at = 0; at < info.stride; at++) {
		assert_int_equal(plx_pool_get(pool, NULL, pkts, 3), 3);
		for (int i = 0; i < 3; i++)
			pkts[i].data += (int)at - 100;
		plx_pkt_free(pkts, 3);
		assert_whole(pool, 3);
	}
	end(pool);
}

static void test_moved_data_by_another_thread(void **state)
{
	struct job job = { .pool = make(64, 2048, 128), .n = 64 };

	(void)state;
	assert_int_equal(plx_pool_get(job.pool, NULL, job.pkts, 64), 64);
	for (int i = 0; i < 64; i++)
		job.pkts[i].data += (int)(random64() % 2176) - 128;
	in_thread(give, &job);
	assert_account(job.pool, 64, 0, 0, 0);
	assert_whole(job.pool, 64);
	end(job.pool);
}

/* A packet moved to the very end of its buffer still is that buffer's. */
static void test_data_at_the_end_of_the_buffer(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkts[8];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 8), 8);
	for (unsigned i = 0; i < 8; i++)
		pkts[i].data += plx_pkt_tailroom(&pkts[i]);
	plx_pkt_free(pkts, 8);
	assert_whole(pool, 8);
	end(pool);
}

static void test_room_around_the_data(void **state)
{
	struct plx_pool *pool = make(8, 1500, 200);
	struct plx_pool_info info;
	struct plx_pkt pkt;

	(void)state;
	plx_pool_info(pool, &info);
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	assert_int_equal(plx_pkt_headroom(&pkt), 200);
	assert_int_equal(plx_pkt_tailroom(&pkt), info.stride - 201);
	pkt.data -= 50;
	pkt.len = 550;
	assert_int_equal(plx_pkt_headroom(&pkt), 150);
	assert_int_equal(plx_pkt_tailroom(&pkt), info.stride - 701);
	pkt.data -= 150;
	assert_int_equal(plx_pkt_headroom(&pkt), 0);
	pkt.len = (uint16_t)info.stride;
	assert_int_equal(plx_pkt_tailroom(&pkt), 0);
	pkt.len++; /* nonsense, but no reason for a number as large as 2^32 */
	assert_int_equal(plx_pkt_tailroom(&pkt), 0);
	plx_pkt_free(&pkt, 1);
	end(pool);
}

static void test_strangers_have_no_room(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	uint8_t byte;
	struct plx_pkt pkt = { .data = &byte };

	(void)state;
	assert_int_equal(plx_pkt_headroom(&pkt), 0);
	assert_int_equal(plx_pkt_tailroom(&pkt), 0);
	pkt.pool = plx_pool_number(pool);
	assert_int_equal(plx_pkt_headroom(&pkt), 0);
	assert_int_equal(plx_pkt_tailroom(&pkt), 0);
	end(pool);
}

/* --- strangers: left alone without checks, the program's end with them --- */

#ifndef PLX_CHECKS
/* Freed twice: the first try must not prepare the ground for the second. */
static void expect_left_alone(struct plx_pool *pool, struct plx_pkt pkt)
{
	for (int i = 0; i < 3; i++) {
		plx_pkt_free(&pkt, 1);
		assert_account(pool, 8, 0, 0, 0);
	}
	assert_whole(pool, 8);
}

static void test_packets_of_no_pool_are_left_alone(void **state)
{
	static const uint16_t numbers[] = { 0, 4095, 4096, 65535 };
	struct plx_pool *pool = make(8, 2048, 0);

	(void)state;
	assert_whole(pool, 8);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		expect_left_alone(pool, (struct plx_pkt){ .pool = numbers[i] });
		expect_left_alone(pool,
				  (struct plx_pkt){ .pool = numbers[i], .flags = PLX_PKT_SHARED });
	}
	end(pool);
}

static void test_data_of_no_pool_is_left_alone(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkt = { .pool = plx_pool_number(pool) };
	uint8_t byte, *end_of_pool = pool->base + pool->span;

	(void)state;
	assert_whole(pool, 8);
	pkt.data = &byte;
	expect_left_alone(pool, pkt);
	pkt.data = pool->base - 1;
	expect_left_alone(pool, pkt);
	pkt.data = end_of_pool;
	expect_left_alone(pool, pkt);
	pkt.flags = PLX_PKT_SHARED;
	expect_left_alone(pool, pkt);
	end(pool);
}

static void test_no_data_is_left_alone(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkt = { .pool = plx_pool_number(pool) };

	(void)state;
	assert_whole(pool, 8);
	expect_left_alone(pool, pkt);
	end(pool);
}

/* Where the next buffer would be if there were more. */
static void test_data_after_the_last_buffer_is_left_alone(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pkt pkt = { .pool = plx_pool_number(pool) };

	(void)state;
	assert_whole(pool, 8);
	pkt.data = plx_pool_buffer(pool, 8);
	expect_left_alone(pool, pkt);
	pkt.data = plx_pool_buffer(pool, 1000);
	expect_left_alone(pool, pkt);
	end(pool);
}

static void test_strangers_within_a_burst(void **state)
{
	struct plx_pool *pool = make(64, 2048, 0);
	struct plx_pkt pkts[70];
	uint8_t byte;

	(void)state;
	for (unsigned at = 0; at < 70; at += 3) {
		assert_int_equal(plx_pool_get(pool, NULL, pkts, 64), 64);
		memmove(pkts + at + 1, pkts + at, (69 - at) * sizeof(*pkts));
		pkts[at] = (struct plx_pkt){ .data = &byte, .pool = plx_pool_number(pool) };
		plx_pkt_free(pkts, at < 64 ? 65 : 64);
		assert_account(pool, 64, 0, 0, 0);
	}
	assert_whole(pool, 64);
	end(pool);
}

/* An address of no buffer among those that were held, wherever it stands. */
static void test_strangers_among_held_addresses(void **state)
{
	struct plx_pool *pool = make(128, 2048, 0);
	uint8_t stranger, *data[100];
	struct plx_pkt pkts[100];

	(void)state;
	for (unsigned at = 0; at < 100; at += 33) {
		assert_int_equal(plx_pool_get(pool, NULL, pkts, 100), 100);
		plx_pool_hold(plx_pool_number(pool), 100, PLX_HOLD_TX);
		for (unsigned i = 0; i < 100; i++)
			data[i] = i == at ? &stranger : pkts[i].data;
		plx_pool_free_held(plx_pool_number(pool), data, 100, PLX_HOLD_TX);
		assert_account(pool, 127, 0, 0, 1);
		plx_pkt_free(&pkts[at], 1);
		assert_whole(pool, 128);
	}
	end(pool);
}

static void test_packets_of_a_dead_pool_are_left_alone(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0), *other = make(8, 2048, 0);
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	plx_pkt_free(&pkt, 1);
	end(pool);
	expect_left_alone(other, pkt);
	end(other);
}
#else
/* What a child that does @fn to a packet and its copies says before it is stopped. */
static void expect_stop(void (*fn)(struct plx_pool *), const char *text)
{
	struct plx_pool *pool = make(8, 2048, 0);
	char said[4096];
	int fds[2], status;
	ssize_t n, all = 0;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(20);
		dup2(fds[1], 2);
		fn(pool);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], said + all, sizeof(said) - 1 - (size_t)all)) > 0)
		all += n;
	said[all] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, "pollux: check failed: "));
	assert_non_null(strstr(said, text));
	end(pool);
}

static void free_twice(struct plx_pool *pool)
{
	struct plx_pkt pkt;

	plx_pool_get(pool, NULL, &pkt, 1);
	plx_pkt_free(&pkt, 1);
	plx_pkt_free(&pkt, 1);
}

static void free_twice_in_a_burst(struct plx_pool *pool)
{
	struct plx_pkt pkts[3];

	plx_pool_get(pool, NULL, pkts, 2);
	pkts[2] = pkts[0];
	plx_pkt_free(pkts, 3);
}

static void test_double_free_stops(void **state)
{
	(void)state;
	expect_stop(free_twice, "freed twice");
	expect_stop(free_twice_in_a_burst, "freed twice");
}

static void free_a_share_too_many(struct plx_pool *pool)
{
	struct plx_pkt pkt;

	plx_pool_get(pool, NULL, &pkt, 1);
	plx_pkt_share(&pkt, 1);
	plx_pkt_free(&pkt, 1);
	plx_pkt_free(&pkt, 1);
	plx_pkt_free(&pkt, 1);
}

static void test_share_too_many_stops(void **state)
{
	(void)state;
	expect_stop(free_a_share_too_many, "freed twice");
}

/* AddressSanitizer would stop this write itself, with other words. */
static __attribute__((no_sanitize("address"), noinline)) void poke(volatile uint8_t *data)
{
	*data = 1;
}

static void write_late(struct plx_pool *pool)
{
	struct plx_pkt pkt;

	plx_pool_get(pool, NULL, &pkt, 1);
	plx_pkt_free(&pkt, 1);
	poke(pkt.data + 20);
	plx_pool_get(pool, NULL, &pkt, 1);
}

static void write_late_at_the_start(struct plx_pool *pool)
{
	struct plx_pkt pkt;

	plx_pool_get(pool, NULL, &pkt, 1);
	plx_pkt_free(&pkt, 1);
	poke(pkt.data - 128);
	plx_pool_get(pool, NULL, &pkt, 1);
}

static void test_late_write_stops(void **state)
{
	(void)state;
	expect_stop(write_late, "written after it was freed");
}

static void test_late_write_to_the_first_byte_stops(void **state)
{
	(void)state;
	expect_stop(write_late_at_the_start, "written after it was freed");
}

static void free_data_of_none(struct plx_pool *pool)
{
	uint8_t byte;
	struct plx_pkt pkt = { .data = &byte, .pool = plx_pool_number(pool) };

	plx_pkt_free(&pkt, 1);
}

static void free_number_of_none(struct plx_pool *pool)
{
	struct plx_pkt pkt = { .data = NULL, .pool = 0 };

	(void)pool;
	plx_pkt_free(&pkt, 1);
}

/* As its owner, when a stack slot that was never used stands beside the packet. */
static void free_null_data(struct plx_pool *pool)
{
	struct plx_pkt pkt;

	plx_pool_get(pool, NULL, &pkt, 1);
	plx_pkt_free(&pkt, 1);
	pkt.data = NULL;
	plx_pkt_free(&pkt, 1);
}

static void test_stranger_stops(void **state)
{
	(void)state;
	expect_stop(free_data_of_none, "not of its pool");
	expect_stop(free_number_of_none, "not of its pool");
}

static void test_null_data_stops(void **state)
{
	(void)state;
	expect_stop(free_null_data, "not of its pool");
}

static void give_buffer_twice(struct plx_pool *pool)
{
	uint8_t *buffer;

	plx_pool_take_buffers(pool, &buffer, 1);
	plx_pool_give_buffers(pool, &buffer, 1);
	plx_pool_give_buffers(pool, &buffer, 1);
}

static void give_moved_buffer(struct plx_pool *pool)
{
	uint8_t *buffer;

	plx_pool_take_buffers(pool, &buffer, 1);
	buffer += 14;
	plx_pool_give_buffers(pool, &buffer, 1);
}

static void give_buffer_of_none(struct plx_pool *pool)
{
	uint8_t byte, *buffer = &byte;

	plx_pool_give_buffers(pool, &buffer, 1);
}

static void write_late_to_buffer(struct plx_pool *pool)
{
	uint8_t *buffer;

	plx_pool_take_buffers(pool, &buffer, 1);
	plx_pool_give_buffers(pool, &buffer, 1);
	poke(buffer);
	plx_pool_take_buffers(pool, &buffer, 1);
}

static void test_misused_buffers_stop(void **state)
{
	(void)state;
	expect_stop(give_buffer_twice, "freed twice");
	expect_stop(give_moved_buffer, "is no buffer");
	expect_stop(give_buffer_of_none, "is no buffer");
	expect_stop(write_late_to_buffer, "written after it was freed");
}

static void test_freed_buffers_are_poisoned(void **state)
{
	struct plx_pool *pool = make(1, 2048, 0);
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	memset(pkt.data, 7, 2048);
	plx_pkt_free(&pkt, 1);
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	for (int i = 0; i < 2048; i++)
		assert_int_equal(pkt.data[i], 0xdb);
	plx_pkt_free(&pkt, 1);
	end(pool);
}
#endif

/* --- accounts and ends --- */

static void test_account_knows_what_ports_hold(void **state)
{
	struct plx_pool *pool = make(32, 2048, 0);
	struct plx_pkt pkts[32];

	(void)state;
	assert_account(pool, 32, 0, 0, 0);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 20), 20);
	assert_account(pool, 12, 0, 0, 20);
	plx_pkts_hold(pkts, 8, PLX_HOLD_RX);
	assert_account(pool, 12, 8, 0, 12);
	plx_pkts_hold(pkts + 8, 5, PLX_HOLD_TX);
	assert_account(pool, 12, 8, 5, 7);
	plx_pkts_unhold(pkts, 8, PLX_HOLD_RX);
	plx_pkts_hold(pkts, 8, PLX_HOLD_TX);
	assert_account(pool, 12, 0, 13, 7);
	plx_pkts_unhold(pkts, 13, PLX_HOLD_TX);
	assert_account(pool, 12, 0, 0, 20);
	plx_pkt_free(pkts, 20);
	assert_account(pool, 32, 0, 0, 0);
	end(pool);
}

static void test_held_packets_of_many_pools(void **state)
{
	struct plx_pool *one = make(8, 2048, 0), *two = make(8, 2048, 0);
	struct plx_pkt pkts[9];
	struct released to;
	struct plx_pool *wrapped = wrap(&to);

	(void)state;
	assert_int_equal(plx_pool_get(one, NULL, pkts, 3), 3);
	assert_int_equal(plx_pool_get(two, NULL, pkts + 3, 4), 4);
	fill_wrapped(wrapped, pkts + 7, 1);
	assert_int_equal(plx_pool_get(one, NULL, pkts + 8, 1), 1);
	plx_pkts_hold(pkts, 9, PLX_HOLD_TX);
	assert_account(one, 4, 0, 4, 0);
	assert_account(two, 4, 0, 4, 0);
	plx_pkts_unhold(pkts, 9, PLX_HOLD_TX);
	plx_pkt_free(pkts, 9);
	end(one);
	end(two);
	end(wrapped);
}

/* Given back by addresses, anywhere in the buffers, more than go onto the stack at a time. */
static void test_held_buffers_are_freed_by_addresses(void **state)
{
	struct plx_pool *pool = make(256, 2048, 128);
	const uint16_t number = plx_pool_number(pool);
	struct plx_pkt pkts[200];
	uint8_t *data[200];

	(void)state;
	for (unsigned n = 0; n <= 200; n += 50) {
		assert_int_equal(plx_pool_get(pool, NULL, pkts, n), n);
		for (unsigned i = 0; i < n; i++)
			data[i] =
				pkts[i].data + (i % 3 == 1 ? 2048 - 1 : 0) - (i % 3 == 2 ? 128 : 0);
		plx_pool_hold(number, n, PLX_HOLD_TX);
		assert_account(pool, 256 - n, 0, n, 0);
		plx_pool_free_held(number, data, n, PLX_HOLD_TX);
		assert_account(pool, 256, 0, 0, 0);
	}
	assert_whole(pool, 256);
	plx_pool_hold(0, 1, PLX_HOLD_TX); /* no pool at all */
	plx_pool_free_held(0, data, 1, PLX_HOLD_TX);
	end(pool);
}

/* One buffer, held under three of its owners' names, is one buffer still. */
static void test_held_shares_count_once(void **state)
{
	struct plx_pool *pool = make(8, 2048, 0);
	struct plx_pool_account a;
	struct plx_pkt pkts[3];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 1), 1);
	assert_int_equal(plx_pkt_share(pkts, 2), 0);
	pkts[1] = pkts[2] = pkts[0];
	plx_pkts_hold(pkts, 3, PLX_HOLD_TX);
	plx_pool_account(pool, &a);
	plx_pkts_unhold(pkts, 3, PLX_HOLD_TX);
	plx_pkt_free(pkts, 3);
	assert_account(pool, 8, 0, 0, 0);
	end(pool);
	assert_int_equal(a.free + a.rx_ring + a.tx_ring + a.user, a.total);
}

static void test_sums_of_bursts(void **state)
{
	struct plx_pool *pool = make(200, 2048, 0);
	struct plx_pkt pkts[200];
	struct plx_sum sum;

	(void)state;
	for (unsigned n = 0; n <= 200; n += 40) {
		assert_int_equal(plx_pool_get(pool, NULL, pkts, n), n);
		for (unsigned i = 0; i < n; i++) {
			pkts[i].len = (uint16_t)(i + 1);
			pkts[i].flags = i % 2 ? 0 : PLX_PKT_MORE;
		}
		sum = plx_sum_pkts(pkts, n);
		assert_int_equal(sum.frames, n / 2);
		assert_int_equal(sum.bytes, n * (n + 1) / 2);
		sum = plx_pkts_sent(pkts, n);
		assert_int_equal(sum.frames, n / 2);
		assert_int_equal(sum.bytes, n * (n + 1) / 2);
		assert_account(pool, 200, 0, 0, 0);
	}
	assert_whole(pool, 200);
	end(pool);
}

static void test_sent_run_is_freed_and_summed(void **state)
{
	struct plx_pool *pool = make(64, 2048, 0);
	struct plx_pkt like = { .len = 60 }, pkts[32];
	struct plx_sum sum;

	(void)state;
	assert_int_equal(plx_pool_get(pool, &like, pkts, 32), 32);
	sum = plx_pkts_sent(pkts, 32);
	assert_int_equal(sum.frames, 32);
	assert_int_equal(sum.bytes, 32 * 60);
	assert_account(pool, 64, 0, 0, 0);
	end(pool);
}

static void test_pool_with_buffers_out_stays(void **state)
{
	struct plx_pool_opts opts = { .name = "busy", .count = 32, .node = -1 };
	struct plx_pool *pool;
	struct plx_pkt pkts[9];

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 9), 9);
	plx_pkts_hold(pkts, 2, PLX_HOLD_RX);
	plx_pkts_hold(pkts + 2, 3, PLX_HOLD_TX);
	assert_int_equal(plx_pool_destroy(pool), -EBUSY);
	assert_error(-EBUSY, PLX_R_STILL_ATTACHED);
	assert_non_null(strstr(plx_last_error()->object, "busy"));
	assert_non_null(strstr(plx_last_error()->text, "9 of 32 buffers are out"));
	assert_non_null(strstr(plx_last_error()->text, "2 in RX rings"));
	assert_non_null(strstr(plx_last_error()->text, "3 in TX rings"));
	assert_non_null(strstr(plx_last_error()->text, "4 in the program's hands"));
	plx_pkts_unhold(pkts, 2, PLX_HOLD_RX);
	plx_pkts_unhold(pkts + 2, 3, PLX_HOLD_TX);
	plx_pkt_free(pkts, 9);
	end(pool);
}

/* --- numbers --- */

static void test_numbers_are_unique(void **state)
{
	struct plx_pool *pools[50];
	struct released to;

	(void)state;
	for (int i = 0; i < 50; i++) {
		pools[i] = wrap(&to);
		assert_true(plx_pool_number(pools[i]) >= 1 && plx_pool_number(pools[i]) <= 4095);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(plx_pool_number(pools[i]), plx_pool_number(pools[j]));
	}
	for (int i = 0; i < 50; i++)
		end(pools[i]);
}

static void test_numbers_are_not_reused_at_once(void **state)
{
	struct released to;
	struct plx_pool *pool = wrap(&to);
	uint16_t number = plx_pool_number(pool);

	(void)state;
	end(pool);
	pool = wrap(&to);
	assert_int_not_equal(plx_pool_number(pool), number);
	end(pool);
}

static void test_as_many_pools_as_numbers(void **state)
{
	static struct plx_pool *pools[4095];
	struct plx_pool *more = (void *)&more;
	struct released to;
	uint16_t number;

	(void)state;
	for (int i = 0; i < 4095; i++)
		pools[i] = wrap(&to);
	assert_int_equal(plx_pool_wrap(ctx, "more", release, &to, &more), -ENOSPC);
	assert_null(more);
	assert_error(-ENOSPC, PLX_R_INDEX);
	more = (void *)&more;
	assert_int_equal(plx_pool_create(ctx, NULL, &more), -ENOSPC);
	assert_null(more);
	assert_error(-ENOSPC, PLX_R_INDEX);
	number = plx_pool_number(pools[1234]);
	end(pools[1234]);
	pools[1234] = wrap(&to);
	assert_int_equal(plx_pool_number(pools[1234]), number);
	for (int i = 0; i < 4095; i++)
		end(pools[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_ctx, end_ctx)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_stride_is_an_odd_number_of_lines),
		TEST(test_index_of_random_pools),
		TEST(test_index_of_the_largest_pools),
		TEST(test_index_for_every_stride),
		TEST(test_refusals),
		TEST(test_unknown_node_is_refused),
		TEST(test_packets_start_as_told),
		TEST(test_packets_start_empty),
		TEST(test_last_freed_comes_first),
		TEST(test_bursts_of_all_sizes),
		TEST(test_random_bursts),
		TEST(test_exhausted_pool_gives_fewer_then_none),
		TEST(test_pool_grows_by_chunks),
		TEST(test_prefault_commits_at_once),
		TEST(test_small_pages),
		TEST(test_burst_larger_than_a_chunk),
		TEST(test_only_the_owner_takes),
		TEST(test_first_taker_becomes_owner),
		TEST(test_disowned_pool_changes_hands),
		TEST(test_returns_by_other_threads),
		TEST(test_pool_may_end_with_returns_waiting),
		TEST(test_buffers_are_what_packets_have),
		TEST(test_buffers_go_back),
		TEST(test_exhausted_pool_gives_fewer_buffers),
		TEST(test_buffers_and_threads),
		TEST(test_last_owner_gives_back),
		TEST(test_shares_add_up),
		TEST(test_shared_buffer_is_fresh_again),
		TEST(test_most_owners),
		TEST(test_strangers_are_not_shared),
		TEST(test_shares_among_others_in_a_burst),
		TEST(test_shares_end_in_other_threads),
		TEST(test_wrapped_packets_go_to_their_owner),
		TEST(test_wrapped_runs_are_not_torn),
		TEST(test_wrapped_buffers_of_another_pool),
		TEST(test_wrapped_pool_gives_and_shares_nothing),
		TEST(test_wrapped_pool_has_an_empty_account),
		TEST(test_pools_mixed_in_one_burst),
		TEST(test_twin_pools_in_one_burst),
		TEST(test_moved_data),
		TEST(test_moved_data_by_another_thread),
		TEST(test_data_at_the_end_of_the_buffer),
		TEST(test_room_around_the_data),
		TEST(test_strangers_have_no_room),
#ifndef PLX_CHECKS
		TEST(test_packets_of_no_pool_are_left_alone),
		TEST(test_data_of_no_pool_is_left_alone),
		TEST(test_no_data_is_left_alone),
		TEST(test_data_after_the_last_buffer_is_left_alone),
		TEST(test_strangers_within_a_burst),
		TEST(test_strangers_among_held_addresses),
		TEST(test_packets_of_a_dead_pool_are_left_alone),
#else
		TEST(test_double_free_stops),
		TEST(test_share_too_many_stops),
		TEST(test_late_write_stops),
		TEST(test_late_write_to_the_first_byte_stops),
		TEST(test_stranger_stops),
		TEST(test_null_data_stops),
		TEST(test_misused_buffers_stop),
		TEST(test_freed_buffers_are_poisoned),
#endif
		TEST(test_account_knows_what_ports_hold),
		TEST(test_held_packets_of_many_pools),
		TEST(test_held_buffers_are_freed_by_addresses),
		TEST(test_held_shares_count_once),
		TEST(test_sums_of_bursts),
		TEST(test_sent_run_is_freed_and_summed),
		TEST(test_pool_with_buffers_out_stays),
		TEST(test_numbers_are_unique),
		TEST(test_numbers_are_not_reused_at_once),
		TEST(test_as_many_pools_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
