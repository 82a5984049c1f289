/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON grows as a tree, the text in a memory stream. A table's text waits until its end, when
 * the widths of its columns are known.
 */
#include "common/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX   8
#define COLUMNS_MAX 16

struct table {
	const struct report_column *columns;
	unsigned n_columns, n_cells;
	json_t *rows;   /* one reference is the table's own: without a key nobody else has one */
	bool text_only; /* the present row */
	bool next_text_only;
	char **cells; /* text of each, the headings first */
	unsigned room;
};

struct report {
	FILE *stream;
	char *text;
	size_t size;
	json_t *stack[DEPTH_MAX]; /* objects and arrays that are open; [0] is the whole */
	bool titled[DEPTH_MAX];
	unsigned depth, indent;
	struct table table;
	bool bold;
};

struct report *report_new(void)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->stream = open_memstream(&r->text, &r->size);
	r->stack[0] = json_object();
	if (!r->stream || !r->stack[0]) {
		report_free(r);
		return NULL;
	}
	return r;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	if (r->stream)
		fclose(r->stream);
	free(r->text);
	json_decref(r->stack[0]);
	free(r);
}

const char *report_text(struct report *r)
{
	fflush(r->stream);
	return r->text ? r->text : "";
}

json_t *report_json(struct report *r)
{
	return r->stack[0];
}

void report_set_bold(struct report *r, bool on)
{
	r->bold = on;
}

/* --- numbers ------------------------------------------------------------------------------------ */

const char *report_grouped(uint64_t n, char buf[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

const char *report_scaled(double x, const char *unit, char buf[32])
{
	static const char prefixes[] = " kMGT";
	int i = 0;

	for (; x >= 999.5 && i < 4; i++)
		x /= 1000;
	snprintf(buf, 32, "%.*f %.*s%s",
		 x >= 100  ? 0
		 : x >= 10 ? 1
			   : 2,
		 x, i ? 1 : 0, &prefixes[i], unit);
	return buf;
}

static const char *real_text(enum report_kind kind, double x, char buf[32])
{
	if (!isfinite(x))
		return "-";
	switch (kind) {
	case REPORT_PPS:
		return report_scaled(x, "pps", buf);
	case REPORT_BITS:
		return report_scaled(x, "bit/s", buf);
	case REPORT_SHARE:
		snprintf(buf, 32, "%.0f %%", 100 * x);
		return buf;
	default:
		snprintf(buf, 32, "%.1f", x);
		return buf;
	}
}

json_t *report_json_string(const char *from)
{
	json_t *s = json_string(from);
	char buf[512];
	size_t n = 0;

	if (s)
		return s;
	for (; *from && n < sizeof(buf); from++)
		buf[n++] = *from & 0x80 ? '?' : *from;
	return json_stringn(buf, n);
}

static json_t *json_number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

/* --- values ------------------------------------------------------------------------------------- */

static void put_json(struct report *r, const char *key, json_t *value)
{
	json_t *to = r->stack[r->depth];

	if (json_is_array(to))
		json_array_append_new(to, value);
	else if (key)
		json_object_set_new(to, key, value);
	else
		json_decref(value);
}

static void put_text(struct report *r, const char *label, const char *value)
{
	int indent = (int)(2 * r->indent);

	if (label)
		fprintf(r->stream, "%*s%-*s %s\n", indent, "", 22 - indent, label, value);
}

void report_line(struct report *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(r->stream, "%*s", (int)(2 * r->indent), "");
	va_start(ap, fmt);
	vfprintf(r->stream, fmt, ap);
	va_end(ap);
	fputc('\n', r->stream);
}

void report_string(struct report *r, const char *key, const char *label, const char *value)
{
	put_json(r, key, report_json_string(value));
	put_text(r, label, value);
}

void report_count(struct report *r, const char *key, const char *label, uint64_t value)
{
	char buf[32];

	put_json(r, key, json_integer((json_int_t)value));
	put_text(r, label, report_grouped(value, buf));
}

void report_number(struct report *r, const char *key, const char *label, uint64_t value)
{
	char buf[32];

	put_json(r, key, json_integer((json_int_t)value));
	snprintf(buf, sizeof(buf), "%" PRIu64, value);
	put_text(r, label, buf);
}

void report_real(struct report *r, const char *key, const char *label, enum report_kind kind,
		 double value)
{
	char buf[32];

	put_json(r, key, json_number(value));
	put_text(r, label, real_text(kind, value, buf));
}

void report_bool(struct report *r, const char *key, const char *label, bool value)
{
	put_json(r, key, json_boolean(value));
	put_text(r, label, value ? "on" : "off");
}

void report_value(struct report *r, const char *key, json_t *value)
{
	put_json(r, key, value);
}

void report_value_as(struct report *r, const char *key, const char *label, json_t *value,
		     const char *text)
{
	put_json(r, key, value);
	put_text(r, label, text);
}

/* --- objects and arrays ------------------------------------------------------------------------- */

static void push(struct report *r, const char *key, json_t *value)
{
	put_json(r, key, value); /* which owns it; the stack only points to it */
	if (r->depth + 1 < DEPTH_MAX)
		r->stack[++r->depth] = value;
}

void report_begin(struct report *r, const char *key, const char *title)
{
	if (title)
		fprintf(r->stream, "%*s%s%s%s\n", (int)(2 * r->indent), "",
			r->bold ? "\033[1m" : "", title, r->bold ? "\033[0m" : "");
	push(r, key, json_object());
	r->titled[r->depth] = title;
	r->indent += title != NULL;
}

void report_begin_list(struct report *r, const char *key)
{
	push(r, key, json_array());
	r->titled[r->depth] = false;
}

void report_end(struct report *r)
{
	r->indent -= r->titled[r->depth];
	r->depth--;
}

/* --- tables ------------------------------------------------------------------------------------- */

static void add_cell(struct table *t, const char *text)
{
	if (t->n_cells == t->room) {
		unsigned room = t->room ? 2 * t->room : 64;
		char **more = realloc(t->cells, room * sizeof(*more));

		if (!more)
			return;
		t->cells = more;
		t->room = room;
	}
	t->cells[t->n_cells++] = strdup(text);
}

void report_table(struct report *r, const char *key, const struct report_column *columns,
		  unsigned n)
{
	struct table *t = &r->table;

	*t = (struct table){ .columns = columns, .n_columns = n, .rows = json_array() };
	put_json(r, key, json_incref(t->rows));
	for (unsigned i = 0; i < n; i++)
		add_cell(t, columns[i].label ? columns[i].label : "");
}

static const struct report_column *next_column(struct report *r)
{
	struct table *t = &r->table;
	unsigned i = t->n_cells % t->n_columns;

	if (!i) {
		t->text_only = t->next_text_only;
		t->next_text_only = false;
	}
	if (!i && !t->text_only)
		json_array_append_new(t->rows, json_object());
	return &t->columns[i];
}

void report_row_of_text(struct report *r)
{
	r->table.next_text_only = true;
}

/* The cell of the present column in both forms. */
static void put_cell(struct report *r, json_t *value, const char *text)
{
	const struct report_column *column = next_column(r);
	struct table *t = &r->table;

	if (column->key && !t->text_only)
		json_object_set_new(json_array_get(t->rows, json_array_size(t->rows) - 1),
				    column->key, value);
	else
		json_decref(value);
	add_cell(t, text);
}

static enum report_kind kind_now(const struct report *r)
{
	return r->table.columns[r->table.n_cells % r->table.n_columns].kind;
}

void report_cell_string(struct report *r, const char *value)
{
	put_cell(r, report_json_string(value), value);
}

void report_cell_count(struct report *r, uint64_t value)
{
	char buf[32];

	if (kind_now(r) == REPORT_NUMBER)
		snprintf(buf, sizeof(buf), "%" PRIu64, value);
	else
		report_grouped(value, buf);
	put_cell(r, json_integer((json_int_t)value), buf);
}

void report_cell_real(struct report *r, double value)
{
	char buf[32];

	put_cell(r, json_number(value), real_text(kind_now(r), value, buf));
}

void report_cell_value(struct report *r, json_t *value)
{
	put_cell(r, value, "");
}

void report_cell_as(struct report *r, json_t *value, const char *text)
{
	put_cell(r, value, text);
}

static const char *cell(const struct table *t, unsigned i)
{
	return t->cells[i] ? t->cells[i] : "";
}

static void print_row(struct report *r, const int *widths, unsigned row)
{
	const struct table *t = &r->table;
	const char *gap = "";

	fprintf(r->stream, "%*s", (int)(2 * r->indent), "");
	for (unsigned i = 0; i < t->n_columns; i++) {
		bool left = t->columns[i].kind == REPORT_TEXT;
		bool last = i + 1 == t->n_columns;

		if (!t->columns[i].label || (last && left && !*cell(t, row * t->n_columns + i)))
			continue;
		fprintf(r->stream, "%s%*s", gap,
			left && last ? 0
			: left       ? -widths[i]
				     : widths[i],
			cell(t, row * t->n_columns + i));
		gap = "  ";
	}
}

static bool has_text(const struct table *t)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		if (t->columns[i].label)
			return true;
	return false;
}

void report_table_end(struct report *r)
{
	struct table *t = &r->table;
	int widths[COLUMNS_MAX] = { 0 };
	unsigned rows = t->n_columns ? t->n_cells / t->n_columns : 0;

	for (unsigned i = 0; i < rows * t->n_columns; i++)
		if (t->columns[i % t->n_columns].label &&
		    (int)strlen(cell(t, i)) > widths[i % t->n_columns])
			widths[i % t->n_columns] = (int)strlen(cell(t, i));
	for (unsigned i = 0; i < rows && has_text(t); i++) {
		bool bold = !i && r->bold;

		fputs(bold ? "\033[1m" : "", r->stream);
		print_row(r, widths, i);
		fputs(bold ? "\033[0m\n" : "\n", r->stream);
	}
	for (unsigned i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	json_decref(t->rows);
	*t = (struct table){ 0 };
}
