/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a command answers, written once: as text for people and as JSON for programs.
 *
 * Every value has a key, its name in JSON, and a label, its name in the text. Without a label it
 * is in the JSON alone; without a key in the text alone.
 */
#ifndef COMMON_REPORT_H
#define COMMON_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report;

/* NULL: no memory. */
struct report *report_new(void);
void report_free(struct report *r);

/* What was written so far; both belong to the report. */
const char *report_text(struct report *r);
json_t *report_json(struct report *r);

/* How a number is shown to people. */
enum report_kind {
	REPORT_TEXT,
	REPORT_COUNT,  /* 1,234,567 */
	REPORT_NUMBER, /* 1234567: what is a name rather than an amount */
	REPORT_PPS,    /* 1.23 Mpps */
	REPORT_BITS,   /* 1.23 Gbit/s */
	REPORT_REAL,   /* 12.3 */
	REPORT_SHARE,  /* 0.123 as 12 % */
	REPORT_VALUE,  /* any JSON value: for programs only */
};

/* A line for people. */
void report_line(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One value, "label: value". A real that is not finite is null and "-". */
void report_string(struct report *r, const char *key, const char *label, const char *value);
void report_count(struct report *r, const char *key, const char *label, uint64_t value);
void report_number(struct report *r, const char *key, const char *label, uint64_t value);
void report_real(struct report *r, const char *key, const char *label, enum report_kind kind,
		 double value);
void report_bool(struct report *r, const char *key, const char *label, bool value);
/* Takes over @value. */
void report_value(struct report *r, const char *key, json_t *value);
/* The same, with a text for people that is not made from it. */
void report_value_as(struct report *r, const char *key, const char *label, json_t *value,
		     const char *text);

/* An object inside: what follows, until its end, is in it, under @title in the text if not NULL. */
void report_begin(struct report *r, const char *key, const char *title);
/* An array of objects inside; each is begun without a key. */
void report_begin_list(struct report *r, const char *key);
void report_end(struct report *r);

/* A table: an array of objects in JSON, aligned columns in the text. */
struct report_column {
	const char *key, *label;
	enum report_kind kind;
};

void report_table(struct report *r, const char *key, const struct report_column *columns,
		  unsigned n);
/* The next row is a sum or the like, for people only. */
void report_row_of_text(struct report *r);
/* The cells of a row, from left to right; the call must fit the column's kind. */
void report_cell_string(struct report *r, const char *value);
void report_cell_count(struct report *r, uint64_t value);
void report_cell_real(struct report *r, double value);
void report_cell_value(struct report *r, json_t *value); /* takes it over */
void report_cell_as(struct report *r, json_t *value, const char *text);
void report_table_end(struct report *r);
/* Bold headings, where the text goes to a terminal that has them. */
void report_set_bold(struct report *r, bool on);

/* JSON is UTF-8; a path, or a sentence cut short, need not be. */
json_t *report_json_string(const char *text);

/* 1234567 as "1,234,567", and a rate with its unit: "14.9 Mpps". Return: @buf. */
const char *report_grouped(uint64_t n, char buf[32]);
const char *report_scaled(double x, const char *unit, char buf[32]);

#endif
