/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring port between two threads: one sends numbered packets, the other receives and frees them
 * into the sender's pool. All arrive, once and in order, and every buffer comes home.
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

#define BUFFERS 2000
#define BURST   32
#define PACKETS 2000000ull
#define NS      1500000000ull

struct receiver {
	struct plx_rxq *q;
	pthread_t thread;
	uint64_t frames, bytes, wrong;
};

static struct plx_ctx *ctx;
static struct plx_pool *pool;
static struct plx_port *ends[2];
static atomic_bool finished;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The number is in the packet and in its buffer: both must have crossed. */
static void check_packet(struct receiver *r, const struct plx_pkt *pkt)
{
	uint64_t number;

	memcpy(&number, pkt->data, sizeof(number));
	r->wrong += number != r->frames || pkt->timestamp != number;
	r->wrong += !(pkt->flags & PLX_PKT_MORE) != (number % 7 != 3);
	r->bytes += pkt->len;
	r->frames++;
}

static void *receive(void *arg)
{
	struct receiver *r = arg;
	struct plx_pkt pkts[BURST];

	for (;;) {
		bool last = atomic_load_explicit(&finished, memory_order_acquire);
		unsigned n = plx_rx_burst(r->q, pkts, BURST);

		for (unsigned i = 0; i < n; i++)
			check_packet(r, &pkts[i]);
		plx_pkt_free(pkts, n);
		if (!n && last)
			return NULL;
		if (!n)
			sched_yield();
	}
}

/* Numbers from @first on; each seventh packet and the one after it are one frame. */
static void number(struct plx_pkt *pkts, unsigned n, uint64_t first)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t value = first + i;

		memcpy(pkts[i].data, &value, sizeof(value));
		pkts[i].timestamp = value;
		pkts[i].len = (uint16_t)(60 + value % 1000);
		pkts[i].flags = value % 7 == 3 ? PLX_PKT_MORE : 0;
	}
}

/* All of them, in as many calls as it takes; returns false when the other side is stuck. */
static bool send_all(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	uint64_t end = now_ns() + 30000000000ull;

	while (n) {
		unsigned sent = plx_tx_burst(q, pkts, n);

		pkts += sent;
		n -= sent;
		if (!sent)
			sched_yield();
		if (!sent && now_ns() > end)
			return false;
	}
	return true;
}

/* Returns how many packets were sent; frames are never cut at the end of a burst. */
static uint64_t send_numbers(struct plx_txq *q, uint64_t *bytes)
{
	uint64_t end = now_ns() + NS, sent = 0;
	struct plx_pkt pkts[BURST];

	while (sent < PACKETS && now_ns() < end) {
		unsigned want = 1 + (unsigned)(sent * 2654435761u >> 7) % BURST, n;

		n = plx_pool_get(pool, NULL, pkts, want);
		number(pkts, n, sent);
		if (n && pkts[n - 1].flags & PLX_PKT_MORE) {
			n--;
			plx_pkt_free(pkts + n, 1);
		}
		if (!n) {
			sched_yield();
			continue;
		}
		if (!send_all(q, pkts, n))
			break;
		for (unsigned i = 0; i < n; i++)
			*bytes += pkts[i].len;
		sent += n;
	}
	return sent;
}

static int open_ends(void **state)
{
	struct plx_pool_opts opts = { .count = BUFFERS, .node = -1 };
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1 };

	(void)state;
	if (plx_ctx_create(NULL, &ctx) || plx_pool_create(ctx, &opts, &pool))
		return -1;
	conf.rx_pool = pool;
	for (int i = 0; i < 2; i++)
		if (plx_port_open(ctx, "ring:name=t,size=256,entries=4", &ends[i]) ||
		    plx_port_configure(ends[i], &conf) || plx_port_start(ends[i]))
			return -1;
	return 0;
}

static int close_ends(void **state)
{
	(void)state;
	if (plx_port_close(ends[0]) || plx_port_close(ends[1]))
		return -1;
	return plx_pool_destroy(pool) || plx_ctx_destroy(ctx);
}

static void assert_nothing_is_out(void)
{
	struct plx_pool_account a;

	plx_pool_account(pool, &a);
	assert_int_equal(a.free, BUFFERS);
	assert_int_equal(a.tx_ring, 0);
	assert_int_equal(a.rx_ring, 0);
	assert_int_equal(a.user, 0);
}

static void assert_counts(const struct receiver *r, uint64_t sent, uint64_t bytes)
{
	struct plx_port_stats a, b;

	plx_port_stats(ends[0], &a);
	plx_port_stats(ends[1], &b);
	assert_true(r->frames == sent);
	assert_true(r->bytes == bytes);
	assert_true(a.tx.packets == b.rx.packets);
	assert_true(a.tx.bytes == bytes && b.rx.bytes == bytes);
	for (int i = 0; i < PLX_DROP_COUNT_; i++)
		assert_true(!a.tx.drops[i] && !b.rx.drops[i]);
}

static void test_numbers_arrive_in_order(void **state)
{
	struct receiver r = { .q = plx_port_rxq(ends[1], 0) };
	uint64_t sent, bytes = 0;

	(void)state;
	atomic_store(&finished, false);
	assert_int_equal(pthread_create(&r.thread, NULL, receive, &r), 0);
	sent = send_numbers(plx_port_txq(ends[0], 0), &bytes);
	atomic_store_explicit(&finished, true, memory_order_release);
	assert_int_equal(pthread_join(r.thread, NULL), 0);
	assert_true(sent > BUFFERS);
	assert_int_equal(r.wrong, 0);
	assert_counts(&r, sent, bytes);
	assert_nothing_is_out();
}

static void *watch(void *arg)
{
	uint64_t *wrong = arg, last = 0;

	while (!atomic_load_explicit(&finished, memory_order_acquire)) {
		struct plx_pool_account account;
		struct plx_port_stats stats;

		plx_port_stats(ends[1], &stats);
		plx_pool_account(pool, &account);
		*wrong += stats.rx.packets < last || account.total != BUFFERS;
		last = stats.rx.packets;
	}
	return NULL;
}

/* Statistics and accounts may be read by others meanwhile. */
static void test_counts_are_for_any_thread(void **state)
{
	struct receiver r = { .q = plx_port_rxq(ends[1], 0) };
	uint64_t wrong = 0, bytes = 0;
	pthread_t watcher;

	(void)state;
	atomic_store(&finished, false);
	assert_int_equal(pthread_create(&watcher, NULL, watch, &wrong), 0);
	assert_int_equal(pthread_create(&r.thread, NULL, receive, &r), 0);
	send_numbers(plx_port_txq(ends[0], 0), &bytes);
	atomic_store_explicit(&finished, true, memory_order_release);
	assert_int_equal(pthread_join(r.thread, NULL), 0);
	assert_int_equal(pthread_join(watcher, NULL), 0);
	assert_int_equal(wrong, 0);
	assert_int_equal(r.wrong, 0);
	assert_nothing_is_out();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_ends, close_ends)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers_arrive_in_order),
		TEST(test_counts_are_for_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
