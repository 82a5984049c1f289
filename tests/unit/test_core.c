/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Contexts: their life, what they answer for, their log, the clock and the CPUs.
 */
#define _GNU_SOURCE
#include <pollux/pollux.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"

#include "core/ctx.h"

/* CPU numbers that the masks here can hold. */
#define MASK_CPUS 8192

static struct plx_ctx *make_ctx(void)
{
	struct plx_ctx *ctx;

	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	assert_non_null(ctx);
	return ctx;
}

/* --- life --- */

static void test_thousand_contexts(void **state)
{
	unsigned before;

	(void)state;
	assert_int_equal(plx_ctx_destroy(make_ctx()), 0); /* libnuma may open files once */
	before = count_fds();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(plx_ctx_destroy(make_ctx()), 0);
	assert_int_equal(count_fds(), before);
}

static void test_contexts_open_nothing(void **state)
{
	unsigned before = count_fds();
	struct plx_ctx *ctx = make_ctx();

	(void)state;
	assert_int_equal(count_fds(), before);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_two_contexts_are_apart(void **state)
{
	struct plx_ctx *one = make_ctx(), *two = make_ctx();
	struct plx_pool *pool;
	struct plx_port *port;

	(void)state;
	assert_ptr_not_equal(one, two);
	assert_int_equal(plx_pool_create(one, NULL, &pool), 0);
	assert_int_equal(plx_port_open(one, "ring:name=a", &port), 0);
	assert_int_equal(plx_ctx_destroy(two), 0);
	assert_int_equal(plx_port_close(port), 0);
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_int_equal(plx_ctx_destroy(one), 0);
}

static void test_rings_of_two_contexts_are_apart(void **state)
{
	struct plx_ctx *one = make_ctx(), *two = make_ctx();
	struct plx_port *ports[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(plx_port_open(i < 2 ? one : two, "ring:name=a", &ports[i]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(plx_port_close(ports[i]), 0);
	assert_int_equal(plx_ctx_destroy(one), 0);
	assert_int_equal(plx_ctx_destroy(two), 0);
}

/* Destroying @ctx must fail, and say that @what lives. */
static void expect_alive(struct plx_ctx *ctx, const char *what)
{
	assert_int_equal(plx_ctx_destroy(ctx), -EBUSY);
	assert_int_equal(plx_last_error()->err, -EBUSY);
	assert_int_equal(plx_last_error()->reason, PLX_R_STILL_ATTACHED);
	assert_string_equal(plx_last_error()->object, what);
	assert_non_null(strstr(plx_last_error()->text, what));
}

static void test_living_pool_is_named(void **state)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_ctx *ctx = make_ctx();
	struct plx_pool *pool;
	struct plx_pkt pkt;

	(void)state;
	opts.name = "water";
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	assert_int_equal(plx_ctx_destroy(ctx), -EBUSY);
	assert_int_equal(plx_last_error()->reason, PLX_R_STILL_ATTACHED);
	assert_non_null(strstr(plx_last_error()->text, "water"));
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1); /* nothing was touched */
	plx_pkt_free(&pkt, 1);
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_living_arena_is_named(void **state)
{
	struct plx_arena_opts opts = { .name = "field", .node = -1 };
	struct plx_ctx *ctx = make_ctx();
	struct plx_arena *arena;

	(void)state;
	assert_int_equal(plx_arena_create(ctx, 1, &opts, &arena), 0);
	expect_alive(ctx, "arena field");
	plx_arena_destroy(arena);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_living_port_is_named(void **state)
{
	struct plx_ctx *ctx = make_ctx();
	struct plx_port *port;

	(void)state;
	assert_int_equal(plx_port_open(ctx, "null:size=128", &port), 0);
	expect_alive(ctx, "null:size=128");
	assert_int_equal(plx_port_close(port), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_children_come_and_go_in_any_order(void **state)
{
	struct plx_ctx *ctx = make_ctx();
	struct plx_child a, b, c;

	(void)state;
	plx_ctx_adopt(ctx, &a, "a");
	plx_ctx_adopt(ctx, &b, "%c", 'b');
	plx_ctx_adopt(ctx, &c, "c");
	expect_alive(ctx, "c"); /* the youngest */
	plx_ctx_orphan(&b);
	plx_ctx_orphan(&a);
	expect_alive(ctx, "c");
	plx_ctx_adopt(ctx, &a, "a");
	plx_ctx_orphan(&c);
	expect_alive(ctx, "a");
	plx_ctx_orphan(&a);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_port_numbers_are_the_lowest_free(void **state)
{
	struct plx_ctx *ctx = make_ctx();

	(void)state;
	for (int i = 0; i < 1024; i++)
		assert_int_equal(plx_ctx_take_port_id(ctx), i);
	assert_int_equal(plx_ctx_take_port_id(ctx), -1);
	plx_ctx_return_port_id(ctx, 700);
	plx_ctx_return_port_id(ctx, 63);
	assert_int_equal(plx_ctx_take_port_id(ctx), 63);
	assert_int_equal(plx_ctx_take_port_id(ctx), 700);
	assert_int_equal(plx_ctx_take_port_id(ctx), -1);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

/* --- log --- */

struct heard {
	unsigned n;
	int level;
	char room[16], text[512];
};

static void hear(void *arg, int level, const char *room, const char *text)
{
	struct heard *heard = arg;

	heard->n++;
	heard->level = level;
	snprintf(heard->room, sizeof(heard->room), "%s", room);
	snprintf(heard->text, sizeof(heard->text), "%s", text);
}

/* Say something at every level, and count what arrives. */
static unsigned heard_at(int log_level)
{
	struct heard heard = { .n = 0 };
	struct plx_ctx_opts opts = { hear, &heard, log_level };
	struct plx_ctx *ctx;

	assert_int_equal(plx_ctx_create(&opts, &ctx), 0);
	for (int level = LOG_ERR; level <= LOG_DEBUG; level++)
		plx_log(ctx, level, "test", "level %d", level);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
	return heard.n;
}

static void test_log_levels(void **state)
{
	(void)state;
	assert_int_equal(heard_at(LOG_ALERT), 0);
	assert_int_equal(heard_at(LOG_ERR), 1);
	assert_int_equal(heard_at(0), 2); /* LOG_WARNING */
	assert_int_equal(heard_at(LOG_WARNING), 2);
	assert_int_equal(heard_at(LOG_NOTICE), 3);
	assert_int_equal(heard_at(LOG_INFO), 4);
	assert_int_equal(heard_at(LOG_DEBUG), 5);
}

static void test_log_levels_out_of_range(void **state)
{
	static const int levels[] = { -1, LOG_DEBUG + 1, 1000 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct plx_ctx_opts opts = { .log_level = levels[i] };
		struct plx_ctx *ctx = (void *)&opts;

		assert_int_equal(plx_ctx_create(&opts, &ctx), -EINVAL);
		assert_null(ctx);
		assert_int_equal(plx_last_error()->reason, PLX_R_BAD_ENUM);
	}
}

static void test_log_line(void **state)
{
	struct heard heard = { .n = 0 };
	struct plx_ctx_opts opts = { hear, &heard, LOG_INFO };
	struct plx_arena *arena;
	struct plx_ctx *ctx;

	(void)state;
	assert_int_equal(plx_ctx_create(&opts, &ctx), 0);
	assert_int_equal(plx_arena_create(ctx, 1, NULL, &arena), 0);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.level, LOG_INFO);
	assert_string_equal(heard.room, "mem");
	assert_non_null(strstr(heard.text, "arena"));
	assert_null(strchr(heard.text, '\n'));
	plx_arena_destroy(arena);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_long_log_lines_are_cut(void **state)
{
	struct heard heard = { .n = 0 };
	struct plx_ctx_opts opts = { hear, &heard, LOG_INFO };
	struct plx_ctx *ctx;

	(void)state;
	assert_int_equal(plx_ctx_create(&opts, &ctx), 0);
	plx_log(ctx, LOG_ERR, "test", "%0999d", 1);
	assert_int_equal(heard.n, 1);
	assert_true(strlen(heard.text) > 200);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

/* What is written to standard error while a context without log function speaks. */
static void default_log(char *buf, size_t size)
{
	struct plx_ctx *ctx = make_ctx();
	int saved = dup(2);
	FILE *out = tmpfile();
	size_t n;

	assert_non_null(out);
	assert_true(dup2(fileno(out), 2) == 2);
	plx_log(ctx, LOG_WARNING, "room", "a %s", "line");
	plx_log(ctx, LOG_INFO, "room", "not this one");
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	rewind(out);
	n = fread(buf, 1, size - 1, out);
	buf[n] = '\0';
	fclose(out);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_log_goes_to_standard_error(void **state)
{
	char text[256];

	(void)state;
	default_log(text, sizeof(text));
	assert_string_equal(text, "pollux: room: a line\n");
}

/* --- clock --- */

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void sleep_ms(unsigned ms)
{
	struct timespec time = { 0, (long)ms * 1000000 };

	nanosleep(&time, NULL);
}

/*
 * Both clocks over the same 150 ms. Being preempted between the two readings costs a few ms at
 * worst on a busy machine, so the best of some tries must come to 0.1 %.
 */
static void test_clock_agrees_with_the_system(void **state)
{
	struct plx_ctx *ctx = make_ctx();
	double best = 1;

	(void)state;
	for (int i = 0; i < 20 && best > 0.001; i++) {
		uint64_t ns = now_ns(CLOCK_MONOTONIC), cycles = plx_cycles();
		double seconds, counted, off;

		sleep_ms(150);
		counted = (double)(plx_cycles() - cycles) / (double)plx_clock_hz(ctx);
		seconds = (double)(now_ns(CLOCK_MONOTONIC) - ns) / 1e9;
		off = counted > seconds ? counted / seconds - 1 : seconds / counted - 1;
		best = off < best ? off : best;
	}
	assert_true(best <= 0.001);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_young_context_knows_the_rate(void **state)
{
	struct plx_ctx *ctx = make_ctx();
	uint64_t early = plx_clock_hz(ctx), late;

	(void)state;
	sleep_ms(120);
	late = plx_clock_hz(ctx);
	assert_true(early > late / 100 * 95 && early < late / 100 * 105);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_settled_rate_stays(void **state)
{
	struct plx_ctx *ctx = make_ctx();
	uint64_t hz;

	(void)state;
	sleep_ms(120);
	hz = plx_clock_hz(ctx);
	sleep_ms(5);
	assert_true(plx_clock_hz(ctx) == hz);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void *ask_rate(void *arg)
{
	return plx_clock_hz(arg) ? arg : NULL;
}

static void test_rate_is_for_any_thread(void **state)
{
	struct plx_ctx *ctx = make_ctx();
	pthread_t threads[4];
	void *result;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_rate, ctx), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, ctx);
	}
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

/* --- CPUs --- */

/* The numbers in a list such as "0-3,8" are set in @set; returns how many. */
static unsigned read_list(const char *path, cpu_set_t *set)
{
	char text[4096] = "", *at = text;
	FILE *f = fopen(path, "re");
	unsigned n = 0;

	CPU_ZERO_S(CPU_ALLOC_SIZE(MASK_CPUS), set);
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	while (*at && *at != '\n') {
		unsigned long first = strtoul(at, &at, 10), last = first;

		if (*at == '-')
			last = strtoul(at + 1, &at, 10);
		for (; first <= last; first++, n++)
			CPU_SET_S(first, CPU_ALLOC_SIZE(MASK_CPUS), set);
		at += *at == ',';
	}
	return n;
}

static void test_online_is_what_sysfs_says(void **state)
{
	cpu_set_t *set = CPU_ALLOC(MASK_CPUS);
	unsigned online = read_list("/sys/devices/system/cpu/online", set);
	struct plx_ctx *ctx = make_ctx();
	struct plx_cpu_facts facts;

	(void)state;
	plx_cpu_facts(ctx, &facts);
	if (online)
		assert_int_equal(facts.online, online);
	assert_true(facts.online >= 1);
	CPU_FREE(set);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_allowed_is_the_affinity_mask(void **state)
{
	size_t size = CPU_ALLOC_SIZE(MASK_CPUS);
	cpu_set_t *set = CPU_ALLOC(MASK_CPUS);
	struct plx_ctx *ctx = make_ctx();
	struct plx_cpu_facts facts;

	(void)state;
	CPU_ZERO_S(size, set);
	assert_int_equal(sched_getaffinity(0, size, set), 0);
	plx_cpu_facts(ctx, &facts);
	assert_int_equal(facts.allowed, CPU_COUNT_S(size, set));
	for (unsigned cpu = 0; cpu < MASK_CPUS; cpu++)
		assert_int_equal(plx_cpu_allowed(ctx, cpu), CPU_ISSET_S(cpu, size, set) != 0);
	CPU_FREE(set);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_facts_are_those_of_the_birth(void **state)
{
	struct plx_cpu_facts before, after;
	struct plx_ctx *ctx = make_ctx();
	cpu_set_t old, one;

	(void)state;
	if (sched_getaffinity(0, sizeof(old), &old))
		skip();
	plx_cpu_facts(ctx, &before);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	plx_cpu_facts(ctx, &after);
	assert_int_equal(sched_setaffinity(0, sizeof(old), &old), 0);
	assert_int_equal(after.allowed, before.allowed);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_reduced_mask_is_seen(void **state)
{
	struct plx_cpu_facts facts;
	struct plx_ctx *ctx;
	cpu_set_t old, one;
	int here = sched_getcpu();

	(void)state;
	if (here < 0 || sched_getaffinity(0, sizeof(old), &old))
		skip();
	CPU_ZERO(&one);
	CPU_SET(here, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	ctx = make_ctx();
	assert_int_equal(sched_setaffinity(0, sizeof(old), &old), 0);
	plx_cpu_facts(ctx, &facts);
	assert_int_equal(facts.allowed, 1);
	assert_true(plx_cpu_allowed(ctx, (unsigned)here));
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

static void test_no_such_cpu(void **state)
{
	static const unsigned cpus[] = { MASK_CPUS, 1u << 20, ~0u };
	struct plx_ctx *ctx = make_ctx();

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(plx_cpu_allowed(ctx, cpus[i]));
		assert_int_equal(plx_cpu_node(ctx, cpus[i]), -1);
	}
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

/* Which CPUs sysfs gives to @node must be on it. */
static unsigned check_node(const struct plx_ctx *ctx, int node, cpu_set_t *set)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
	if (access(path, R_OK))
		return 0;
	read_list(path, set);
	for (unsigned cpu = 0; cpu < MASK_CPUS; cpu++)
		if (CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(MASK_CPUS), set))
			assert_int_equal(plx_cpu_node(ctx, cpu), node);
	return 1;
}

static void test_nodes_are_what_sysfs_says(void **state)
{
	cpu_set_t *set = CPU_ALLOC(MASK_CPUS);
	struct plx_ctx *ctx = make_ctx();
	struct plx_cpu_facts facts;
	unsigned nodes = 0;

	(void)state;
	for (int node = 0; node < 64; node++)
		nodes += check_node(ctx, node, set);
	plx_cpu_facts(ctx, &facts);
	assert_true(facts.nodes >= 1);
	if (!nodes) /* no NUMA in this kernel */
		assert_int_equal(plx_cpu_node(ctx, (unsigned)sched_getcpu()), 0);
	CPU_FREE(set);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thousand_contexts),
		cmocka_unit_test(test_contexts_open_nothing),
		cmocka_unit_test(test_two_contexts_are_apart),
		cmocka_unit_test(test_rings_of_two_contexts_are_apart),
		cmocka_unit_test(test_living_pool_is_named),
		cmocka_unit_test(test_living_arena_is_named),
		cmocka_unit_test(test_living_port_is_named),
		cmocka_unit_test(test_children_come_and_go_in_any_order),
		cmocka_unit_test(test_port_numbers_are_the_lowest_free),
		cmocka_unit_test(test_log_levels),
		cmocka_unit_test(test_log_levels_out_of_range),
		cmocka_unit_test(test_log_line),
		cmocka_unit_test(test_long_log_lines_are_cut),
		cmocka_unit_test(test_log_goes_to_standard_error),
		cmocka_unit_test(test_clock_agrees_with_the_system),
		cmocka_unit_test(test_young_context_knows_the_rate),
		cmocka_unit_test(test_settled_rate_stays),
		cmocka_unit_test(test_rate_is_for_any_thread),
		cmocka_unit_test(test_online_is_what_sysfs_says),
		cmocka_unit_test(test_allowed_is_the_affinity_mask),
		cmocka_unit_test(test_facts_are_those_of_the_birth),
		cmocka_unit_test(test_reduced_mask_is_seen),
		cmocka_unit_test(test_no_such_cpu),
		cmocka_unit_test(test_nodes_are_what_sysfs_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
