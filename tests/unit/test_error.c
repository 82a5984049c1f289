/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules of errors: the record and when it changes, what failed calls leave behind, and the
 * tables of statuses and reasons.
 */
#include <pollux/pollux.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/error.h"

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

/* A failure that is not like any that the calls below make. */
static void soil_record(void)
{
	plx_fail_sys(-EIO, EIO, PLX_R_END, "an object", "a sentence");
}

static void assert_soiled(void)
{
	assert_int_equal(plx_last_error()->err, -EIO);
	assert_int_equal(plx_last_error()->reason, PLX_R_END);
	assert_string_equal(plx_last_error()->object, "an object");
	assert_string_equal(plx_last_error()->text, "a sentence");
}

static void assert_clean(void)
{
	static const struct plx_error zero;

	assert_memory_equal(plx_last_error(), &zero, sizeof(zero));
}

/* --- E-2, E-1: one record a thread, never NULL --- */

static void *look_then_fail(void *arg)
{
	static const struct plx_error zero;
	int *wrong = arg;

	*wrong = memcmp(plx_last_error(), &zero, sizeof(zero)) != 0;
	plx_fail(-ENOENT, PLX_R_FILE, "theirs", "their sentence");
	*wrong += plx_last_error()->err != -ENOENT;
	return NULL;
}

static void test_record_is_of_the_thread(void **state)
{
	pthread_t thread;
	int wrong = -1;

	(void)state;
	soil_record();
	assert_int_equal(pthread_create(&thread, NULL, look_then_fail, &wrong), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(wrong, 0);
	assert_soiled();
}

static void test_record_stays_at_its_place(void **state)
{
	const struct plx_error *record = plx_last_error();

	(void)state;
	assert_non_null(record);
	soil_record();
	assert_ptr_equal(plx_last_error(), record);
	plx_ok();
	assert_ptr_equal(plx_last_error(), record);
}

/* --- E-1: a control-plane call that succeeds zeroes the record --- */

static void test_context_calls_zero_the_record(void **state)
{
	struct plx_ctx *other;

	(void)state;
	soil_record();
	assert_int_equal(plx_ctx_create(NULL, &other), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_ctx_destroy(other), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_ctx_destroy(NULL), 0);
	assert_clean();
}

static void test_arena_calls_zero_the_record(void **state)
{
	struct plx_arena *arena;

	(void)state;
	soil_record();
	assert_int_equal(plx_arena_create(ctx, 1, NULL, &arena), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_arena_commit(arena, 1), 0);
	assert_clean();
	plx_arena_destroy(arena);
}

static void test_pool_calls_zero_the_record(void **state)
{
	struct plx_pool *pool;

	(void)state;
	soil_record();
	assert_int_equal(plx_pool_create(ctx, NULL, &pool), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_pool_destroy(NULL), 0);
	assert_clean();
}

static int return_at_once(struct plx_worker *worker, void *arg)
{
	(void)worker;
	(void)arg;
	return 0;
}

static void test_worker_calls_zero_the_record(void **state)
{
	struct plx_worker *worker;
	unsigned cpu;

	(void)state;
	assert_int_equal(plx_cpu_pick(ctx, -1, &cpu, 1), 1);
	soil_record();
	assert_int_equal(plx_worker_launch(ctx, cpu, return_at_once, NULL, &worker), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_worker_join(worker, NULL), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_worker_join(NULL, NULL), 0);
	assert_clean();
}

static void test_port_life_zeroes_the_record(void **state)
{
	struct plx_port *port;

	(void)state;
	soil_record();
	assert_int_equal(plx_port_open(ctx, "null", &port), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_configure(port, NULL), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_start(port), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_stop(port), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_close(port), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_close(NULL), 0);
	assert_clean();
}

static void test_port_settings_zero_the_record(void **state)
{
	static const uint8_t mac[6] = { 2, 1, 2, 3, 4, 5 };
	struct plx_port *port;

	(void)state;
	assert_int_equal(plx_port_open(ctx, "null", &port), 0);
	soil_record();
	assert_int_equal(plx_port_set_mtu(port, 1400), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_set_mac(port, mac), 0);
	assert_clean();
	soil_record();
	assert_int_equal(plx_port_set_promiscuous(port, true), 0);
	assert_clean();
	assert_int_equal(plx_port_close(port), 0);
}

static void test_help_zeroes_the_record(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	soil_record();
	assert_int_equal(plx_drivers_help(out, "null", PLX_HELP_TEXT), 0);
	assert_clean();
	fclose(out);
}

/* --- E-1: a burst call that succeeds leaves the record alone --- */

static struct plx_pool *small_pool(unsigned count, unsigned data_room)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *pool;

	opts.count = count;
	opts.data_room = data_room;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	return pool;
}

static void test_taking_and_freeing_leave_the_record(void **state)
{
	struct plx_pool *pool = small_pool(64, 2048);
	struct plx_pkt pkts[32];

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 32), 32);
	plx_pkt_free(pkts, 32);
	soil_record();
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 32), 32);
	assert_soiled();
	plx_pkt_free(pkts, 32);
	assert_soiled();
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void test_first_taking_leaves_the_record(void **state)
{
	struct plx_pool *pool = small_pool(64, 2048);
	struct plx_pkt pkt;

	(void)state;
	soil_record();
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	assert_soiled();
	plx_pkt_free(&pkt, 1);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void test_taking_some_leaves_the_record(void **state)
{
	struct plx_pool *pool = small_pool(4, 2048);
	struct plx_pkt pkts[8];

	(void)state;
	soil_record();
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 8), 4);
	assert_soiled();
	plx_pkt_free(pkts, 4);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void test_sharing_leaves_the_record(void **state)
{
	struct plx_pool *pool = small_pool(4, 2048);
	struct plx_pkt pkt;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	soil_record();
	assert_int_equal(plx_pkt_share(&pkt, 1), 0);
	assert_soiled();
	plx_pkt_free(&pkt, 1);
	plx_pkt_free(&pkt, 1);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void test_port_bursts_leave_the_record(void **state)
{
	struct plx_port_conf conf = { .rx_pool = small_pool(64, 2048) };
	struct plx_pkt pkts[32];
	struct plx_port *port;

	(void)state;
	assert_int_equal(plx_port_open(ctx, "null", &port), 0);
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 32), 32);
	plx_pkt_free(pkts, 32);

	soil_record();
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 32), 32);
	assert_soiled();
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, 32), 32);
	assert_soiled();
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), 0);
	assert_soiled();
	assert_int_equal(plx_port_close(port), 0);
	assert_int_equal(plx_pool_destroy(conf.rx_pool), 0);
}

/* --- E-1: a call of either kind that fails fills the record --- */

static void test_control_call_fills_the_record(void **state)
{
	const struct plx_error *e = plx_last_error();
	struct plx_port *port;

	(void)state;
	assert_int_equal(plx_port_open(ctx, "nonesuch:a=b", &port), -EINVAL);
	assert_int_equal(e->err, -EINVAL);
	assert_int_equal(e->status, PLX_STATUS_INVALID_PARAMETER);
	assert_int_equal(e->reason, PLX_R_NO_DRIVER);
	assert_int_equal(e->arg, 0);
	assert_int_equal(e->sys_errno, 0);
	assert_string_equal(e->object, "nonesuch:a=b");
	assert_non_null(strstr(e->text, "nonesuch"));
}

static void test_burst_call_fills_the_record(void **state)
{
	struct plx_pool *pool = small_pool(1, 2048);
	struct plx_pkt pkt, second;

	(void)state;
	assert_int_equal(plx_pool_get(pool, NULL, &pkt, 1), 1);
	soil_record();
	assert_int_equal(plx_pool_get(pool, NULL, &second, 1), 0);
	assert_int_equal(plx_last_error()->err, -ENOMEM);
	assert_int_equal(plx_last_error()->status, PLX_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(plx_last_error()->reason, PLX_R_NOMEM);
	plx_pkt_free(&pkt, 1);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void test_failure_replaces_the_whole_record(void **state)
{
	(void)state;
	soil_record();
	plx_fail(-EPERM, PLX_R_NOT_OWNER, NULL, "other");
	assert_int_equal(plx_last_error()->sys_errno, 0);
	assert_string_equal(plx_last_error()->object, "");
	assert_string_equal(plx_last_error()->text, "other");
}

static void test_text_may_quote_the_old_record(void **state)
{
	(void)state;
	soil_record();
	plx_fail(-EIO, PLX_R_FILE, plx_last_error()->object, "because %s", plx_last_error()->text);
	assert_string_equal(plx_last_error()->object, "an object");
	assert_string_equal(plx_last_error()->text, "because a sentence");
}

static void test_long_texts_are_cut(void **state)
{
	const struct plx_error *e = plx_last_error();
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(plx_fail(-EIO, PLX_R_FILE, text, "%s", text), -EIO);
	assert_int_equal(strlen(e->object), sizeof(e->object) - 1);
	assert_int_equal(strlen(e->text), sizeof(e->text) - 1);
}

static void test_saved_record_comes_back(void **state)
{
	struct plx_error saved;

	(void)state;
	soil_record();
	saved = *plx_last_error();
	plx_ok();
	assert_int_equal(plx_fail_again(&saved), -EIO);
	assert_soiled();
}

/* E-3: STATUS_INVALID_PARAMETER_n goes with arg n. */
static void test_ddi_argument_is_kept(void **state)
{
	const struct plx_error *e = plx_last_error();

	(void)state;
	assert_int_equal(plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER_1 + 2, PLX_R_UNALIGNED,
				      3, "domain 2", "odd"),
			 -EINVAL);
	assert_int_equal(e->arg, 3);
	assert_string_equal(plx_status_name(e->status), "STATUS_INVALID_PARAMETER_3");
	plx_fail_ddi(-ERANGE, PLX_STATUS_INVALID_PARAMETER_MIX, PLX_R_WINDOW_BAD, PLX_ARG_MIX, NULL,
		     "mix");
	assert_int_equal(e->arg, PLX_ARG_MIX);
}

/* The status of calls that mirror no DDI: its row in the table has the call's errno. */
static void test_status_follows_the_errno(void **state)
{
	static const struct {
		int err;
		uint32_t status;
	} rows[] = {
		{ -EINVAL, PLX_STATUS_INVALID_PARAMETER },
		{ -ENOMEM, PLX_STATUS_INSUFFICIENT_RESOURCES },
		{ -ENOSPC, PLX_STATUS_INSUFFICIENT_RESOURCES },
		{ -ENOTSUP, PLX_STATUS_NOT_SUPPORTED },
		{ -ENODEV, PLX_STATUS_NOT_FOUND },
		{ -EACCES, PLX_STATUS_ACCESS_DENIED },
		{ -EBUSY, PLX_STATUS_RESOURCE_IN_USE },
		{ -EEXIST, PLX_STATUS_RESOURCE_IN_USE },
		{ -EIO, PLX_STATUS_UNSUCCESSFUL },
		{ -EALREADY, PLX_STATUS_UNSUCCESSFUL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		plx_fail(rows[i].err, PLX_R_FILE, NULL, "row %zu", i);
		assert_int_equal(plx_last_error()->status, rows[i].status);
	}
}

/* --- G-2: out is written on every path; G-3: which pointer was NULL --- */

static void expect_null_arg(int rc, unsigned arg)
{
	assert_int_equal(rc, -EINVAL);
	assert_int_equal(plx_last_error()->err, -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_NULL_ARG);
	assert_int_equal(plx_last_error()->arg, arg);
	assert_non_null(strstr(plx_last_error()->text, "must not be NULL"));
}

static void do_not_release(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	(void)pkts;
	(void)n;
}

static void test_null_out_is_named(void **state)
{
	struct plx_ring_opts ring = { 8, 8, -1 };

	(void)state;
	expect_null_arg(plx_ctx_create(NULL, NULL), 2);
	expect_null_arg(plx_arena_create(ctx, 1, NULL, NULL), 4);
	expect_null_arg(plx_pool_create(ctx, NULL, NULL), 3);
	expect_null_arg(plx_pool_wrap(ctx, "w", do_not_release, NULL, NULL), 5);
	expect_null_arg(plx_worker_launch(ctx, 0, return_at_once, NULL, NULL), 5);
	expect_null_arg(plx_port_open(ctx, "null", NULL), 3);
	expect_null_arg(plx_spsc_create(&ring, NULL), 2);
	expect_null_arg(plx_mpmc_create(&ring, NULL), 2);
	expect_null_arg(plx_drivers_help(NULL, NULL, PLX_HELP_TEXT), 1);
}

static void test_null_objects_are_named(void **state)
{
	static const uint8_t mac[6] = { 2 };

	(void)state;
	expect_null_arg(plx_arena_commit(NULL, 1), 1);
	expect_null_arg(plx_port_configure(NULL, NULL), 1);
	expect_null_arg(plx_port_start(NULL), 1);
	expect_null_arg(plx_port_stop(NULL), 1);
	expect_null_arg(plx_port_set_mtu(NULL, 1500), 1);
	expect_null_arg(plx_port_set_mac(NULL, mac), 1);
	expect_null_arg(plx_port_set_promiscuous(NULL, true), 1);
}

/* Any pointer that is not NULL, to see it become NULL. */
#define SOME_POINTER ((void *)&ctx)

static void test_out_is_null_without_context(void **state)
{
	struct plx_arena *arena = SOME_POINTER;
	struct plx_pool *pool = SOME_POINTER, *wrapped = SOME_POINTER;
	struct plx_worker *worker = SOME_POINTER;
	struct plx_port *port = SOME_POINTER;

	(void)state;
	expect_null_arg(plx_arena_create(NULL, 1, NULL, &arena), 1);
	expect_null_arg(plx_pool_create(NULL, NULL, &pool), 1);
	expect_null_arg(plx_pool_wrap(NULL, "w", do_not_release, NULL, &wrapped), 1);
	expect_null_arg(plx_worker_launch(NULL, 0, return_at_once, NULL, &worker), 1);
	expect_null_arg(plx_port_open(NULL, "null", &port), 1);
	assert_null(arena);
	assert_null(pool);
	assert_null(wrapped);
	assert_null(worker);
	assert_null(port);
}

static void test_out_is_null_without_other_argument(void **state)
{
	struct plx_pool *wrapped = SOME_POINTER;
	struct plx_worker *worker = SOME_POINTER;
	struct plx_port *port = SOME_POINTER;
	struct plx_spsc *spsc = SOME_POINTER;

	(void)state;
	expect_null_arg(plx_pool_wrap(ctx, "w", NULL, NULL, &wrapped), 3);
	assert_null(wrapped);
	expect_null_arg(plx_worker_launch(ctx, 0, NULL, NULL, &worker), 3);
	assert_null(worker);
	expect_null_arg(plx_port_open(ctx, NULL, &port), 2);
	assert_null(port);
	expect_null_arg(plx_spsc_create(NULL, &spsc), 1);
	assert_null(spsc);
}

static void test_out_is_null_after_refusal(void **state)
{
	struct plx_ctx_opts bad_level = { .log_level = 8 };
	struct plx_pool_opts bad_pool = { .count = 1u << 23, .node = -1 };
	struct plx_ctx *other = SOME_POINTER;
	struct plx_arena *arena = SOME_POINTER;
	struct plx_pool *pool = SOME_POINTER;
	struct plx_worker *worker = SOME_POINTER;
	struct plx_port *port = SOME_POINTER;

	(void)state;
	assert_int_equal(plx_ctx_create(&bad_level, &other), -EINVAL);
	assert_int_equal(plx_arena_create(ctx, 0, NULL, &arena), -EINVAL);
	assert_int_equal(plx_pool_create(ctx, &bad_pool, &pool), -EINVAL);
	assert_int_equal(plx_worker_launch(ctx, ~0u, return_at_once, NULL, &worker), -EINVAL);
	assert_int_equal(plx_port_open(ctx, "", &port), -EINVAL);
	assert_null(other);
	assert_null(arena);
	assert_null(pool);
	assert_null(worker);
	assert_null(port);
}

/* --- the tables --- */

static const struct {
	uint32_t status;
	int err;
	const char *name;
} statuses[] = {
	{ 0x00000000u, 0, "STATUS_SUCCESS" },
	{ 0x00000103u, -EINPROGRESS, "NDIS_STATUS_PENDING" },
	{ 0xC0000001u, -EINVAL, "STATUS_UNSUCCESSFUL" },
	{ 0xC0000002u, -ENOSYS, "STATUS_NOT_IMPLEMENTED" },
	{ 0xC000000Du, -EINVAL, "STATUS_INVALID_PARAMETER" },
	{ 0xC0000022u, -EACCES, "STATUS_ACCESS_DENIED" },
	{ 0xC0000023u, -EMSGSIZE, "STATUS_BUFFER_TOO_SMALL" },
	{ 0xC0000030u, -ERANGE, "STATUS_INVALID_PARAMETER_MIX" },
	{ 0xC000009Au, -ENOMEM, "STATUS_INSUFFICIENT_RESOURCES" },
	{ 0xC00000BBu, -ENOTSUP, "STATUS_NOT_SUPPORTED" },
	{ 0xC0000225u, -ENODEV, "STATUS_NOT_FOUND" },
	{ 0xE0000001u, -EEXIST, "STATUS_IN_USE" },
	{ 0xC0000708u, -EEXIST, "STATUS_RESOURCE_IN_USE" },
	{ 0xC0010004u, -EPROTONOSUPPORT, "NDIS_STATUS_BAD_VERSION" },
	{ 0xC001001Du, -EEXIST, "NDIS_STATUS_ALREADY_MAPPED" },
	{ 0xC001001Eu, -EBUSY, "NDIS_STATUS_RESOURCE_CONFLICT" },
};

static void test_statuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		assert_string_equal(plx_status_name(statuses[i].status), statuses[i].name);
		assert_int_equal(plx_status_to_errno(statuses[i].status), statuses[i].err);
	}
}

static void test_numbered_parameters(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 12; n++) {
		char name[40];

		snprintf(name, sizeof(name), "STATUS_INVALID_PARAMETER_%u", n);
		assert_string_equal(plx_status_name(0xC00000EEu + n), name);
		assert_int_equal(plx_status_to_errno(0xC00000EEu + n), -EINVAL);
	}
}

static void test_unknown_statuses(void **state)
{
	static const uint32_t unknown[] = { 1, 0xC00000EEu, 0xC00000FBu, 0xffffffffu };

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++) {
		assert_string_equal(plx_status_name(unknown[i]), "UNKNOWN_STATUS");
		assert_int_equal(plx_status_to_errno(unknown[i]), -EIO);
	}
}

static void test_every_reason_has_a_phrase_of_its_own(void **state)
{
	(void)state;
	for (unsigned r = 0; r < PLX_R_COUNT_; r++) {
		const char *phrase = plx_reason_str((uint16_t)r);

		assert_non_null(phrase);
		assert_true(phrase[0]);
		assert_null(strchr(phrase, '\n'));
		assert_string_not_equal(phrase, "unknown reason");
		for (unsigned other = 0; other < r; other++)
			assert_string_not_equal(phrase, plx_reason_str((uint16_t)other));
	}
}

static void test_unknown_reasons(void **state)
{
	(void)state;
	assert_string_equal(plx_reason_str(PLX_R_COUNT_), "unknown reason");
	assert_string_equal(plx_reason_str(UINT16_MAX), "unknown reason");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_is_of_the_thread),
		cmocka_unit_test(test_record_stays_at_its_place),
		cmocka_unit_test(test_context_calls_zero_the_record),
		cmocka_unit_test(test_arena_calls_zero_the_record),
		cmocka_unit_test(test_pool_calls_zero_the_record),
		cmocka_unit_test(test_worker_calls_zero_the_record),
		cmocka_unit_test(test_port_life_zeroes_the_record),
		cmocka_unit_test(test_port_settings_zero_the_record),
		cmocka_unit_test(test_help_zeroes_the_record),
		cmocka_unit_test(test_taking_and_freeing_leave_the_record),
		cmocka_unit_test(test_first_taking_leaves_the_record),
		cmocka_unit_test(test_taking_some_leaves_the_record),
		cmocka_unit_test(test_sharing_leaves_the_record),
		cmocka_unit_test(test_port_bursts_leave_the_record),
		cmocka_unit_test(test_control_call_fills_the_record),
		cmocka_unit_test(test_burst_call_fills_the_record),
		cmocka_unit_test(test_failure_replaces_the_whole_record),
		cmocka_unit_test(test_text_may_quote_the_old_record),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_saved_record_comes_back),
		cmocka_unit_test(test_ddi_argument_is_kept),
		cmocka_unit_test(test_status_follows_the_errno),
		cmocka_unit_test(test_null_out_is_named),
		cmocka_unit_test(test_null_objects_are_named),
		cmocka_unit_test(test_out_is_null_without_context),
		cmocka_unit_test(test_out_is_null_without_other_argument),
		cmocka_unit_test(test_out_is_null_after_refusal),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_numbered_parameters),
		cmocka_unit_test(test_unknown_statuses),
		cmocka_unit_test(test_every_reason_has_a_phrase_of_its_own),
		cmocka_unit_test(test_unknown_reasons),
	};

	return cmocka_run_group_tests(tests, make_ctx, end_ctx);
}
