/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is reported once, as text and as JSON.
 */
#include "common/report.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Ends the report. */
static void check(struct report *r, const char *text, const char *json)
{
	char *dump = json_dumps(report_json(r), JSON_COMPACT | JSON_REAL_PRECISION(6));

	assert_string_equal(report_text(r), text);
	assert_string_equal(dump, json);
	free(dump);
	report_free(r);
}

static void nothing_is_an_empty_object(void **state)
{
	(void)state;
	check(report_new(), "", "{}");
	report_free(NULL);
}

static void values_have_keys_and_labels(void **state)
{
	struct report *r = report_new();

	(void)state;
	report_string(r, "a", "the a", "text");
	report_string(r, NULL, "only text", "x");
	report_string(r, "only_json", NULL, "y");
	report_count(r, "n", "count", 1234567);
	report_number(r, "m", "number", 1234567);
	report_real(r, "x", "real", REPORT_REAL, 1.25);
	report_real(r, "nan", "none", REPORT_REAL, NAN);
	report_real(r, "inf", NULL, REPORT_REAL, INFINITY);
	report_bool(r, "b", "bool", true);
	report_value(r, "v", json_null());
	report_value(r, NULL, json_null());
	report_line(r, "%d lines", 1);
	check(r,
	      "the a                  text\n"
	      "only text              x\n"
	      "count                  1,234,567\n"
	      "number                 1234567\n"
	      "real                   1.2\n"
	      "none                   -\n"
	      "bool                   on\n"
	      "1 lines\n",
	      "{\"a\":\"text\",\"only_json\":\"y\",\"n\":1234567,\"m\":1234567,\"x\":1.25,"
	      "\"nan\":null,\"inf\":null,\"b\":true,\"v\":null}");
}

static void objects_and_lists_nest(void **state)
{
	struct report *r = report_new();

	(void)state;
	report_begin_list(r, "ports");
	for (unsigned i = 0; i < 2; i++) {
		report_begin(r, NULL, i ? NULL : "port 0");
		report_count(r, "port", "number", i);
		report_begin(r, "inner", NULL);
		report_bool(r, "b", NULL, false);
		report_end(r);
		report_end(r);
	}
	report_end(r);
	report_begin(r, "empty", NULL);
	report_end(r);
	report_line(r, "end");
	check(r,
	      "port 0\n"
	      "  number               0\n"
	      "number                 1\n"
	      "end\n",
	      "{\"ports\":[{\"port\":0,\"inner\":{\"b\":false}},"
	      "{\"port\":1,\"inner\":{\"b\":false}}],\"empty\":{}}");
}

static const struct report_column columns[] = {
	{ "name", "name", REPORT_TEXT },   { "n", "count", REPORT_COUNT },
	{ "id", NULL, REPORT_NUMBER },     { NULL, "rate", REPORT_PPS },
	{ "share", "busy", REPORT_SHARE }, { "o", NULL, REPORT_VALUE },
	{ NULL, "note", REPORT_TEXT },
};

static void put_row(struct report *r, const char *name, uint64_t n, const char *note)
{
	report_cell_string(r, name);
	report_cell_count(r, n);
	report_cell_count(r, n);
	report_cell_real(r, (double)n * 1000);
	report_cell_real(r, n ? 0.5 : NAN);
	report_cell_value(r, json_object());
	report_cell_string(r, note);
}

#define TABLE_TEXT                                 \
	"name      count       rate  busy  note\n" \
	"a     1,234,567  1.23 Gpps  50 %\n"       \
	"b             0   0.00 pps     -  x\n"    \
	"all           1  1.00 kpps  50 %\n"

static void put_table(struct report *r, const char *key)
{
	report_table(r, key, columns, sizeof(columns) / sizeof(columns[0]));
	put_row(r, "a", 1234567, "");
	put_row(r, "b", 0, "x");
	report_row_of_text(r);
	put_row(r, "all", 1, "");
	report_table_end(r);
}

static void tables_are_arrays_of_objects(void **state)
{
	struct report *r = report_new();

	(void)state;
	put_table(r, "rows");
	put_table(r, "again");
	check(r, TABLE_TEXT TABLE_TEXT,
	      "{\"rows\":[{\"name\":\"a\",\"n\":1234567,\"id\":1234567,\"share\":0.5,\"o\":{}},"
	      "{\"name\":\"b\",\"n\":0,\"id\":0,\"share\":null,\"o\":{}}],"
	      "\"again\":[{\"name\":\"a\",\"n\":1234567,\"id\":1234567,\"share\":0.5,\"o\":{}},"
	      "{\"name\":\"b\",\"n\":0,\"id\":0,\"share\":null,\"o\":{}}]}");
}

/* For people only: its rows belong to nobody else, and live until its end. */
static void tables_without_a_key(void **state)
{
	struct report *r = report_new();

	(void)state;
	put_table(r, NULL);
	check(r, TABLE_TEXT, "{}");
}

static void tables_without_rows(void **state)
{
	struct report *r = report_new();

	(void)state;
	report_table(r, "rows", columns, 2);
	report_table_end(r);
	check(r, "name  count\n", "{\"rows\":[]}");
}

static void bold_is_for_headings(void **state)
{
	struct report *r = report_new();

	(void)state;
	report_set_bold(r, true);
	report_begin(r, "o", "title");
	report_string(r, NULL, "label", "x");
	report_end(r);
	report_table(r, NULL, columns, 1);
	report_cell_string(r, "a");
	report_table_end(r);
	check(r,
	      "\033[1mtitle\033[0m\n"
	      "  label                x\n"
	      "\033[1mname\033[0m\n"
	      "a\n",
	      "{\"o\":{}}");
}

static void strings_that_are_not_utf8(void **state)
{
	struct report *r = report_new();

	(void)state;
	report_string(r, "s", "label", "a\xff\xc3");
	report_string(r, "good", NULL, "\xc3\xa4");
	check(r, "label                  a\xff\xc3\n", "{\"s\":\"a??\",\"good\":\"\xc3\xa4\"}");
}

static void numbers_are_grouped_and_scaled(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(report_grouped(0, buf), "0");
	assert_string_equal(report_grouped(999, buf), "999");
	assert_string_equal(report_grouped(1000, buf), "1,000");
	assert_string_equal(report_grouped(UINT64_MAX, buf), "18,446,744,073,709,551,615");
	assert_string_equal(report_scaled(0, "pps", buf), "0.00 pps");
	assert_string_equal(report_scaled(999, "pps", buf), "999 pps");
	assert_string_equal(report_scaled(999.6, "pps", buf), "1.00 kpps");
	assert_string_equal(report_scaled(14880952, "pps", buf), "14.9 Mpps");
	assert_string_equal(report_scaled(1e18, "bit/s", buf), "1000000 Tbit/s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_an_empty_object),
		cmocka_unit_test(values_have_keys_and_labels),
		cmocka_unit_test(objects_and_lists_nest),
		cmocka_unit_test(tables_are_arrays_of_objects),
		cmocka_unit_test(tables_without_a_key),
		cmocka_unit_test(tables_without_rows),
		cmocka_unit_test(bold_is_for_headings),
		cmocka_unit_test(strings_that_are_not_utf8),
		cmocka_unit_test(numbers_are_grouped_and_scaled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
