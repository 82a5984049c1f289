/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people read in a terminal.
 */
#include "bench/bench.h"
#include "bench/machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Three significant digits are what such numbers are good for. */
const char *report_number(double value, char *text, size_t size)
{
	if (isnan(value))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
	return text;
}

const char *report_target(const struct bench_case *c, double target, char *text, size_t size)
{
	if (c->flags & CASE_ABSOLUTE)
		return report_number(target, text, size);
	snprintf(text, size, "%.2f", target);
	return text;
}

enum verdict case_verdict(const struct case_result *r)
{
	double judged = case_judged(r);

	if (r->failed[0])
		return VERDICT_FAILED;
	if (isnan(judged) || !r->def->must)
		return VERDICT_NONE;
	if (judged > r->def->must)
		return VERDICT_MISSED;
	return judged > r->def->aim ? VERDICT_MUST : VERDICT_AIM;
}

const char *verdict_text(enum verdict verdict)
{
	static const char *const texts[] = { "", "failed", "misses must", "good", "reaches aim" };

	return texts[verdict];
}

/* Print a text in lines of at most 78 columns behind an indentation. */
static void print_wrapped(FILE *out, const char *text)
{
	unsigned column = 0;

	while (*text) {
		unsigned len = (unsigned)strcspn(text, " ");

		if (column && column + 1 + len > 72) {
			fputc('\n', out);
			column = 0;
		}
		column += (unsigned)fprintf(out, "%s%.*s", column ? " " : "      ", (int)len, text);
		text += len + (text[len] == ' ');
	}
	fputs(".\n", out);
}

void report_list(FILE *out)
{
	char must[32], aim[32];
	const char *demand;

	for (const struct bench_case *c = bench_cases; c->name; c++) {
		fprintf(out, "%s (%s, ", c->name, c->unit);
		if (c->rival)
			fprintf(out, "against %s; ", c->rival);
		fprintf(out, "%u round%s", c->rounds, c->rounds == 1 ? "" : "s");
		if (c->must)
			fprintf(out, "; %s must be <= %s, aim %s",
				c->flags & CASE_ABSOLUTE ? "ours" : "ratio",
				report_target(c, c->must, must, sizeof(must)),
				report_target(c, c->aim, aim, sizeof(aim)));
		demand = case_on_demand(c);
		fprintf(out, demand ? ") [on demand: %s]\n" : ")\n", demand);
		print_wrapped(out, c->what);
	}
}

static bool colours(FILE *out)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(out)) && (!no || !*no);
}

static void print_side(FILE *out, const struct series *s)
{
	char median[32], spread[80], min[32], max[32];

	report_number(series_median(s), median, sizeof(median));
	snprintf(spread, sizeof(spread), "%s..%s", report_number(series_min(s), min, sizeof(min)),
		 report_number(series_max(s), max, sizeof(max)));
	fprintf(out, " %8s %-16s", median, s->n ? spread : "");
}

/* The same as a rate, for those who think in rates. */
static void print_rates(FILE *out, const struct case_result *r)
{
	if (strcmp(r->def->unit, "ns/packet") != 0 || !r->series[OURS].n)
		return;
	fprintf(out, "  %.0f", 1e6 / series_median(&r->series[OURS]));
	if (r->series[RIVAL].n)
		fprintf(out, " : %.0f", 1e6 / series_median(&r->series[RIVAL]));
	fputs(" kpps", out);
}

static void print_row(FILE *out, const struct case_result *r, int width)
{
	static const char *const colour[] = { "", "\033[31m", "\033[31m", "\033[32m", "\033[32m" };
	enum verdict verdict = case_verdict(r);
	bool dye = colours(out) && verdict != VERDICT_NONE;
	double ratio = case_ratio(r);
	char text[32] = "-", must[32] = "", aim[32] = "";

	fprintf(out, "%-*s %-19s", width, r->def->name, r->def->unit);
	print_side(out, &r->series[OURS]);
	print_side(out, &r->series[RIVAL]);
	if (!isnan(ratio))
		snprintf(text, sizeof(text), "%.3f", ratio);
	fprintf(out, " %7s", text);
	if (r->def->must) {
		report_target(r->def, r->def->must, must, sizeof(must));
		report_target(r->def, r->def->aim, aim, sizeof(aim));
	}
	fprintf(out, " %5s %5s", must, aim);
	fprintf(out, "  %s%s%s", dye ? colour[verdict] : "", verdict_text(verdict),
		dye ? "\033[0m" : "");
	print_rates(out, r);
	fputc('\n', out);
}

void report_table(const struct bench *b, FILE *out)
{
	struct machine m;
	int width = 17;

	for (unsigned i = 0; i < b->n_results; i++)
		if ((int)strlen(b->results[i].def->name) > width)
			width = (int)strlen(b->results[i].def->name);
	machine_read(b, &m);
	fprintf(out, "%-*s %-19s %8s %-16s %8s %-16s %7s %5s %5s\n", width, "case", "unit",
		"Pollux", "min..max", "rival", "min..max", "ratio", "must", "aim");
	for (unsigned i = 0; i < b->n_results; i++)
		print_row(out, &b->results[i], width);
	fprintf(out,
		"\nMedians; ratio = Pollux / rival (DPDK, or as --list says), smaller is better; "
		"musts above 2 are of Pollux alone, in the unit. %s, %u of %u CPUs, %s; "
		"%lu huge pages; load %.2f before; %s%s%s%s.\n",
		m.cpu, m.cpus_allowed, m.cpus_online, m.kernel, m.huge_total, m.load,
		b->rival_version[0] ? "DPDK " : "no DPDK", b->rival_version,
		m.virtual ? "; a virtual machine" : "",
		m.optimized ? "" : "; built without optimization, so of no worth");
}
