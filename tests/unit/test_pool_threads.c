/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread takes from a pool, three others give back what it hands them, all at random: at the
 * end every buffer must be there, and no buffer may ever have been in two hands.
 */
#include <pollux/pollux.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define GIVERS  3
#define BUFFERS 700
#define SECONDS 2
#define BURST   96

struct giver {
	struct plx_spsc *ring;
	pthread_t thread;
	unsigned seed;
	uint64_t freed, errors;
};

static struct plx_ctx *ctx;
static atomic_bool finished;

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What the taker wrote must still be there: nobody else has the buffer. */
static unsigned wrong(const struct plx_pkt *pkts, unsigned n)
{
	unsigned errors = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t mark;

		memcpy(&mark, pkts[i].data, sizeof(mark));
		errors += mark != pkts[i].hash;
	}
	return errors;
}

static void *give_back(void *arg)
{
	struct giver *giver = arg;
	struct plx_pkt pkts[BURST];

	for (;;) {
		bool last = atomic_load_explicit(&finished, memory_order_acquire);
		unsigned n = plx_spsc_pop(giver->ring, pkts, 1 + next_random(&giver->seed) % BURST);

		if (!n && last)
			return NULL;
		giver->errors += wrong(pkts, n);
		giver->freed += n;
		plx_pkt_free(pkts, n);
	}
}

/* Hand packets to one giver, or free them when it has no room. */
static void hand_over(struct giver *giver, const struct plx_pkt *pkts, unsigned n)
{
	unsigned taken = plx_spsc_push(giver->ring, pkts, n);

	plx_pkt_free(pkts + taken, n - taken);
}

static void mark(struct plx_pkt *pkts, unsigned n)
{
	static uint32_t next;

	for (unsigned i = 0; i < n; i++) {
		pkts[i].hash = ++next;
		memcpy(pkts[i].data, &next, sizeof(next));
	}
}

/* Some of the packets go to all givers: the last that frees one gives it back. */
static unsigned share_some(struct giver *givers, struct plx_pkt *pkts, unsigned n, unsigned *seed)
{
	unsigned shared = next_random(seed) % 4 ? 0 : next_random(seed) % (n + 1);

	for (unsigned i = 0; i < shared; i++)
		if (plx_pkt_share(&pkts[i], GIVERS - 1))
			givers[0].errors++;
	for (int i = 0; i < GIVERS && shared; i++)
		hand_over(&givers[i], pkts, shared);
	return shared;
}

static uint64_t take_for_a_while(struct plx_pool *pool, struct giver *givers)
{
	uint64_t end = now_ns() + SECONDS * 1000000000ull, taken = 0;
	struct plx_pkt pkts[BURST];
	unsigned seed = 1;

	while (now_ns() < end) {
		unsigned n = plx_pool_get(pool, NULL, pkts, 1 + next_random(&seed) % BURST), done;

		mark(pkts, n);
		done = share_some(givers, pkts, n, &seed);
		hand_over(&givers[next_random(&seed) % GIVERS], pkts + done, n - done);
		taken += n;
	}
	return taken;
}

static void start_givers(struct giver *givers)
{
	struct plx_ring_opts opts = { 256, sizeof(struct plx_pkt), -1 };

	for (unsigned i = 0; i < GIVERS; i++) {
		givers[i] = (struct giver){ .seed = i + 7 };
		assert_int_equal(plx_spsc_create(&opts, &givers[i].ring), 0);
		assert_int_equal(pthread_create(&givers[i].thread, NULL, give_back, &givers[i]), 0);
	}
}

static void join_givers(struct giver *givers)
{
	atomic_store_explicit(&finished, true, memory_order_release);
	for (int i = 0; i < GIVERS; i++) {
		assert_int_equal(pthread_join(givers[i].thread, NULL), 0);
		assert_int_equal(givers[i].errors, 0);
		assert_true(givers[i].freed > 0);
		plx_spsc_destroy(givers[i].ring);
	}
}

static void assert_all_free(struct plx_pool *pool)
{
	struct plx_pool_account a;

	plx_pool_account(pool, &a);
	assert_int_equal(a.free, BUFFERS);
	assert_int_equal(a.user, 0);
	assert_int_equal(a.total, BUFFERS);
}

static void assert_each_once(struct plx_pool *pool)
{
	static struct plx_pkt pkts[BUFFERS];
	bool seen[BUFFERS] = { false };
	struct plx_pool_info info;

	plx_pool_info(pool, &info);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, BUFFERS), BUFFERS);
	for (int i = 0; i < BUFFERS; i++) {
		size_t offset = (size_t)(pkts[i].data - (const uint8_t *)info.base);
		size_t index = offset / info.stride;

		assert_int_equal(offset % info.stride, info.headroom);
		assert_true(index < BUFFERS && !seen[index]);
		seen[index] = true;
	}
	plx_pkt_free(pkts, BUFFERS);
}

static void test_all_buffers_come_back(void **state)
{
	struct plx_pool_opts opts = { .count = BUFFERS, .data_room = 64, .node = -1 };
	struct giver givers[GIVERS];
	struct plx_pool *pool;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	start_givers(givers);
	assert_true(take_for_a_while(pool, givers) > BUFFERS);
	join_givers(givers);
	assert_all_free(pool);
	assert_each_once(pool);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

struct turn {
	struct plx_pool *pool;
	atomic_uint *whose;
	unsigned mine;
	unsigned long got;
	pthread_t thread;
};

#define TURNS 2000

/* The pool goes round: each owner takes and gives, then disowns and says so to the next. */
static void *take_turns(void *arg)
{
	struct turn *turn = arg;
	struct plx_pkt pkts[32];

	for (unsigned at = turn->mine; at < TURNS; at += GIVERS) {
		unsigned n;

		while (atomic_load_explicit(turn->whose, memory_order_acquire) != at)
			sched_yield();
		n = plx_pool_get(turn->pool, NULL, pkts, 32);
		turn->got += n;
		plx_pool_disown(turn->pool);
		atomic_store_explicit(turn->whose, at + 1, memory_order_release);
		plx_pkt_free(pkts, n); /* maybe while the next one takes */
	}
	return NULL;
}

static void test_owners_take_turns(void **state)
{
	struct plx_pool_opts opts = { .count = BUFFERS, .data_room = 64, .node = -1 };
	struct turn turns[GIVERS];
	atomic_uint whose = 0;
	struct plx_pool *pool;

	(void)state;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	for (unsigned i = 0; i < GIVERS; i++) {
		turns[i] = (struct turn){ .pool = pool, .whose = &whose, .mine = i };
		assert_int_equal(pthread_create(&turns[i].thread, NULL, take_turns, &turns[i]), 0);
	}
	for (unsigned i = 0; i < GIVERS; i++) {
		assert_int_equal(pthread_join(turns[i].thread, NULL), 0);
		assert_true(turns[i].got >= TURNS / GIVERS * 32);
	}
	assert_all_free(pool);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void *make_and_end_pools(void *arg)
{
	unsigned *errors = arg;

	for (int i = 0; i < 200; i++) {
		struct plx_pool_opts opts = { .count = 8, .data_room = 64, .node = -1 };
		struct plx_pool *pool;
		struct plx_pkt pkts[8];

		if (plx_pool_create(ctx, &opts, &pool)) {
			++*errors;
			continue;
		}
		*errors += plx_pool_get(pool, NULL, pkts, 8) != 8;
		plx_pkt_free(pkts, 8);
		*errors += plx_pool_destroy(pool) != 0;
	}
	return NULL;
}

static void test_pools_are_made_by_many(void **state)
{
	unsigned errors[GIVERS] = { 0 };
	pthread_t threads[GIVERS];

	(void)state;
	for (int i = 0; i < GIVERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_end_pools, &errors[i]),
				 0);
	for (int i = 0; i < GIVERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(errors[i], 0);
	}
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_buffers_come_back),
		cmocka_unit_test(test_owners_take_turns),
		cmocka_unit_test(test_pools_are_made_by_many),
	};

	return cmocka_run_group_tests(tests, make_ctx, end_ctx);
}
