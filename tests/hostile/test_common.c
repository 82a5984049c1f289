/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What no card may do to any driver: test_common CARD.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"
#include "pkt/ports.h"

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct card_kind *kind;

static int setup(void **state)
{
	(void)state;
	lab_begin(kind, "sim");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lab_end();
	return 0;
}

/* The card is sound, and so is what the other tests do with it: no failure, no frame lost. */
static void test_honest(void **state)
{
	(void)state;
	lab_run();
	assert_true(lab.finished && lab.failures <= 1); /* flow control: not every card has it */
	assert_int_equal(lab.delivered, 24);
	assert_true(card.sent >= 24);
	assert_int_equal(card.blocked, 0);
}

/* --- class 5: every answer of every register --- */

/* Once for each read of a run, until it has so many no more. */
static void at_every_read(uint32_t value, bool once)
{
	unsigned n = 0;

	lab.repeats = true;
	do {
		card_bend_at(++n, value, once);
		lab_run();
	} while (card.reads >= n);
	assert_true(n > 50);
	card_be_honest();
	lab_run(); /* and it is well again */
	assert_true(lab.finished && lab.failures <= 1);
}

static void test_ones_from_every_read_on(void **state)
{
	(void)state;
	at_every_read(UINT32_MAX, false);
}

static void test_ones_at_every_read(void **state)
{
	(void)state;
	at_every_read(UINT32_MAX, true);
}

static void test_zeros_from_every_read_on(void **state)
{
	(void)state;
	at_every_read(0, false);
}

static void test_zeros_at_every_read(void **state)
{
	(void)state;
	at_every_read(0, true);
}

/* Answers of no sense at all, other ones each time. */
static uint32_t random_answer(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	static uint64_t x = 88172645463325252ull; /* xorshift64 */

	(void)off;
	(void)bytes;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	if (c->reads < c->at || x % 4)
		return value;
	return x >> 8 & 1 ? (uint32_t)(x >> 32) : value ^ 1u << (x >> 9 & 31);
}

static void test_random_answers(void **state)
{
	(void)state;
	lab.lies = true; /* where in the ring it is, among others */
	for (unsigned i = 0; i < 1000; i++) {
		card_be_honest();
		card.at = i;
		card.bend = random_answer;
		lab_run();
	}
}

/* --- class 8: interrupts --- */

static int sleepers_fd(void)
{
	int fd = -1;

	assert_int_equal(lab_try(plx_rxq_fd(lab.rxq, &fd)), 0);
	return fd;
}

static bool readable(int fd)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0) == 1;
}

static void test_interrupt_storm(void **state)
{
	int fd;

	(void)state;
	lab_up();
	lab_receive();
	fd = sleepers_fd();
	assert_int_equal(lab_try(plx_rxq_arm(lab.rxq)), 0);
	for (unsigned i = 0; i < 100000; i++)
		card_interrupt();
	assert_true(readable(fd));
	/* INTx that was masked may be pending still. */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(lab_try(plx_rxq_disarm(lab.rxq)), 0);
	assert_false(readable(fd));
	assert_true(lab_arrive(60));
	assert_int_equal(lab_receive(), 1);
}

/* One that never comes: what arrived before is found by the burst that goes before a sleep. */
static void test_interrupt_missing(void **state)
{
	(void)state;
	lab_up();
	lab_receive();
	card.mute = true;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(lab_try(plx_rxq_arm(lab.rxq)), 0);
		assert_true(lab_arrive(60));
		assert_int_equal(lab_receive(), 1);
		assert_int_equal(lab_try(plx_rxq_disarm(lab.rxq)), 0);
	}
}

/* Nobody asked, and nothing arrived; after a stop; with an eventfd that somebody closed. */
static void test_interrupt_spurious(void **state)
{
	int fd, other = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	lab_up();
	fd = sleepers_fd();
	card_interrupt();
	assert_int_equal(lab_receive(), 0);
	assert_int_equal(lab_try(plx_rxq_arm(lab.rxq)), 0);
	assert_false(readable(fd)); /* that was before */
	card_interrupt();
	assert_int_equal(lab_try(plx_rxq_disarm(lab.rxq)), 0);
	lab_stop();
	card_interrupt();
	assert_int_equal(lab_restart(), 0);
	assert_int_equal(dup2(other, fd), fd); /* it reads as if it were at its end */
	lab_try(plx_rxq_arm(lab.rxq));
	card_interrupt();
	lab_try(plx_rxq_disarm(lab.rxq));
	lab_receive();
	assert_true(lab_arrive(60));
	assert_int_equal(lab_receive(), 1);
	close(other);
}

/* --- classes 9 and 10: what the card reaches, and when --- */

static bool inside(const struct plx_sim_map *m, struct plx_pool *pool)
{
	uint64_t size;
	void *base;

	assert_int_equal(plx_pool_memory(pool, &base, &size), 0);
	return m->va >= (uintptr_t)base && m->va + m->len <= (uintptr_t)base + size;
}

/* Descriptors say where memory is for the card: with luck at its address in the process. */
static bool is_iova(uint64_t word)
{
	for (unsigned i = 0; i < card.n_maps; i++)
		if (word - card.maps[i].iova < card.maps[i].len)
			return true;
	return false;
}

/* No word of a ring is an address in this process that the card need not know. */
static void check_secrets(const struct plx_sim_map *m)
{
	const uint64_t *words = (const uint64_t *)(uintptr_t)m->va;
	const uintptr_t heap = (uintptr_t)lab.port, near = 64 << 20;
	uint64_t size;
	void *base;

	assert_int_equal(plx_pool_memory(lab.rx_pool, &base, &size), 0);
	for (uint64_t i = 0; i < m->len / 8; i++) {
		assert_false(words[i] - (heap - near) < 2 * near);
		assert_false(words[i] - (uintptr_t)base < size && !is_iova(words[i]));
	}
}

/* Pools and rings: the pool that is only sent from is not written. */
static void test_memory_within_reach(void **state)
{
	uint64_t rings = 0;

	(void)state;
	lab_up();
	lab_receive();
	lab_arrive(100);
	lab_receive();
	lab_send(8, 100);
	assert_true(card.n_maps > 0);
	for (unsigned i = 0; i < card.n_maps; i++) {
		const struct plx_sim_map *m = &card.maps[i];

		if (inside(m, lab.tx_pool)) {
			assert_int_equal(m->perms, PLX_SIM_READ);
		} else if (!inside(m, lab.rx_pool)) {
			check_secrets(m);
			rings += m->len;
		}
	}
	assert_true(rings > 0 && rings <= 128 << 10);
}

/* Each mapping that it had, read and written. */
static unsigned try_dma(const struct plx_sim_map *maps, unsigned n)
{
	uint8_t bytes[64] = { 0 };
	unsigned moved = 0;

	for (unsigned i = 0; i < n; i++) {
		moved += card_dma(maps[i].iova, sizeof(bytes), false, bytes);
		moved += card_dma(maps[i].iova, sizeof(bytes), true, bytes);
		moved += card_dma(maps[i].iova + maps[i].len - 64, sizeof(bytes), true, bytes);
	}
	return moved;
}

/* Stopped, it reaches nothing; closed, not even its memory. Another handle keeps it alive. */
static void test_dma_after_stop(void **state)
{
	const struct plx_dev_opts opts = { .backend = PLX_BACKEND_SIM };
	const struct plx_dev_attributes master = { .bus_master = true };
	struct plx_sim_map maps[CARD_MAPS];
	struct plx_dev_stats stats;
	struct plx_dev *dev;
	unsigned n;

	(void)state;
	lab_up();
	lab_receive();
	n = card.n_maps;
	memcpy(maps, card.maps, sizeof(maps));
	assert_true(try_dma(maps, n) > 0);
	assert_int_equal(lab_stop(), 0);
	assert_int_equal(try_dma(maps, n), 0);
	assert_int_equal(lab_restart(), 0);
	assert_true(try_dma(maps, n) > 0);
	assert_int_equal(plx_dev_open(lab.ctx, strchr(kind->spec, '=') + 1, &opts, &dev), 0);
	assert_int_equal(plx_port_close(lab.port), 0);
	lab.port = NULL;
	assert_int_equal(card.n_maps, 0);
	assert_int_equal(try_dma(maps, n), 0);
	assert_int_equal(plx_dev_set_attributes(dev, &master), 0);
	assert_int_equal(try_dma(maps, n), 0);
	assert_int_equal(plx_dev_stats(dev, &stats), 0);
	assert_int_equal(stats.dma_faults, 3 * n);
	assert_int_equal(plx_dev_close(dev), 0);
}

/* --- class 11: statistics --- */

static struct plx_port_stats counted(struct plx_xstat *xstats, unsigned *n)
{
	struct plx_port_stats stats;

	plx_port_stats(lab.port, &stats);
	assert_int_equal(lab_try(plx_port_xstats(lab.port, xstats, 256, n)), 0);
	return stats;
}

/* Whatever the card counts, and were it backwards: what is told grows, or stays as it is. */
static void test_statistics(void **state)
{
	static struct plx_xstat before[256], after[256];
	struct plx_port_stats was, is;
	unsigned n, m;

	(void)state;
	lab_up();
	was = counted(before, &n);
	for (unsigned round = 0; round < 300; round++) {
		card.reads = 0;
		card.bend = random_answer;
		is = counted(after, &m);
		assert_int_equal(n, m);
		for (unsigned i = 0; i < n; i++)
			assert_true(after[i].value >= before[i].value);
		for (unsigned i = 0; i < PLX_DROP_COUNT_; i++)
			assert_true(is.rx.drops[i] >= was.rx.drops[i]);
		memcpy(before, after, sizeof(before));
		was = is;
	}
}

/* --- class 13: again and again --- */

static void test_start_and_stop(void **state)
{
	(void)state;
	assert_int_equal(lab_open(), 0);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(lab_start(), 0);
		lab_receive();
		assert_true(lab_arrive(60 + i));
		assert_int_equal(lab_receive(), 1);
		assert_true(lab_send(3, 60 + i) > 0);
		lab_arrive(60); /* which nobody takes */
		assert_int_equal(lab_stop(), 0);
		assert_int_equal(lab_try(plx_port_reset(lab.port)), 0);
	}
	assert_int_equal(lab.delivered, 200);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_honest),
		TEST(test_ones_from_every_read_on),
		TEST(test_ones_at_every_read),
		TEST(test_zeros_from_every_read_on),
		TEST(test_zeros_at_every_read),
		TEST(test_random_answers),
		TEST(test_interrupt_storm),
		TEST(test_interrupt_missing),
		TEST(test_interrupt_spurious),
		TEST(test_memory_within_reach),
		TEST(test_dma_after_stop),
		TEST(test_statistics),
		TEST(test_start_and_stop),
	};

	kind = card_kind_find(argc > 1 ? argv[1] : "");
	if (!kind) {
		fprintf(stderr, "usage: %s e1000|e1000e|rtl8139\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
}
