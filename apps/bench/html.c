/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A page about a run that needs nothing but itself: style and charts are in it.
 */
#include "bench/bench.h"
#include "bench/machine.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Charts are drawn in these units; the browser scales them to the page. */
#define WIDTH   830.0
#define LABEL   240.0
#define PLOT    470.0
#define ROW     34.0
#define BAR     16.0
#define SMALL_H 76.0

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>Pollux against DPDK</title>\n<style>\n"
	":root { color-scheme: light dark; --bg: #fff; --fg: #1c2733; --dim: #5d6b7a;\n"
	"  --line: #cfd7df; --ours: #0b6bcb; --rival: #8a97a5; --good: #1a7f37; --bad: #c62828;\n"
	"  --aim: #1a7f37; --must: #b35900; }\n"
	"@media (prefers-color-scheme: dark) { :root { --bg: #12181f; --fg: #e3e9ef;\n"
	"  --dim: #98a6b5; --line: #34414e; --ours: #5aa9f5; --rival: #76838f; --good: #56d364;\n"
	"  --bad: #ff7b72; --aim: #56d364; --must: #f0a050; } }\n"
	"body { background: var(--bg); color: var(--fg); font: 16px/1.5 system-ui, sans-serif;\n"
	"  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }\n"
	"h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }\n"
	"h3 { font: 600 1rem ui-monospace, monospace; margin: 1.6rem 0 .2rem; }\n"
	"p { margin: .3rem 0; } .dim { color: var(--dim); }\n"
	"table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }\n"
	"th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }\n"
	"th:first-child, td:first-child, td.text { text-align: left; }\n"
	".scroll { overflow-x: auto; } .good { color: var(--good); } .bad { color: var(--bad); }\n"
	"svg { width: 100%; height: auto; display: block; }\n"
	"svg text { fill: var(--fg); font: 13px system-ui, sans-serif; }\n"
	"svg text.dim { fill: var(--dim); } svg text.end { text-anchor: end; }\n"
	".ours { fill: var(--ours); } .rival { fill: var(--rival); } .miss { fill: var(--bad); }\n"
	".axis { stroke: var(--line); } .spread { stroke: var(--fg); stroke-width: 1.5; }\n"
	".must { stroke: var(--must); stroke-width: 2.5; }\n"
	".aim { stroke: var(--aim); stroke-width: 2.5; stroke-dasharray: 3 2; }\n"
	"</style>\n</head>\n<body>\n";

static void escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", f);
		else if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else if (*text == '"')
			fputs("&quot;", f);
		else
			fputc(*text, f);
	}
}

static void tick(FILE *f, const char *class, double x, double y, double height)
{
	fprintf(f, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
		x, y, x, y + height);
}

static void bar(FILE *f, const char *class, double y, double width)
{
	fprintf(f,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>\n",
		class, LABEL, y, width < 1 ? 1 : width, BAR);
}

/* --- All ratios: 1 is as good as DPDK. --- */

static double ratio_scale(const struct bench *b)
{
	double max = 1;

	for (unsigned i = 0; i < b->n_results; i++)
		if (case_ratio(&b->results[i]) > max) /* false for NaN */
			max = case_ratio(&b->results[i]);
	return PLOT / max;
}

static void ratio_row(FILE *f, const struct case_result *r, double y, double scale)
{
	bool absolute = r->def->flags & CASE_ABSOLUTE;
	double ratio = case_ratio(r), must = absolute ? 0 : r->def->must, aim = r->def->aim;
	bool missed = case_verdict(r) == VERDICT_MISSED;

	fprintf(f, "<text x=\"0\" y=\"%.1f\">%s</text>\n", y + BAR - 3, r->def->name);
	if (isnan(ratio)) {
		fprintf(f, "<text class=\"dim\" x=\"%.1f\" y=\"%.1f\">not measured</text>\n",
			LABEL + 4, y + BAR - 3);
		return;
	}
	bar(f, missed ? "miss" : "ours", y, ratio * scale);
	if (must) {
		tick(f, "must", LABEL + must * scale, y - 4, BAR + 8);
		tick(f, "aim", LABEL + aim * scale, y - 4, BAR + 8);
	}
	fprintf(f, "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%.3f</text>\n", WIDTH - 60,
		y + BAR - 3, ratio);
	if (must)
		fprintf(f, "<text class=\"dim end\" x=\"%.1f\" y=\"%.1f\">&#8804; %.2f</text>\n",
			WIDTH, y + BAR - 3, must);
}

static void ratio_chart(FILE *f, const struct bench *b)
{
	double height = ROW * b->n_results + 30, scale = ratio_scale(b);

	fprintf(f,
		"<h2>Ratios</h2>\n<p class=\"dim\">Medians, Pollux / rival, which is DPDK where nothing "
		"else is said: the shorter the better. "
		"The solid tick is what must be, the dashed one the aim, the line at 1 the rival.</p>\n"
		"<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"Ratios of all cases\">\n",
		WIDTH, height);
	tick(f, "axis", LABEL, 0, height - 24);
	tick(f, "axis", LABEL + scale, 0, height - 24);
	fprintf(f,
		"<text class=\"dim\" x=\"%.1f\" y=\"%.1f\">0</text>\n"
		"<text class=\"dim\" x=\"%.1f\" y=\"%.1f\">1</text>\n",
		LABEL - 4, height - 8, LABEL + scale - 4, height - 8);
	for (unsigned i = 0; i < b->n_results; i++)
		ratio_row(f, &b->results[i], 8 + ROW * i, scale);
	fputs("</svg>\n", f);
}

/* --- One case: both sides in the case's own unit, with their spread. --- */

static void value_bar(FILE *f, const struct series *s, const char *who, const char *class, double y,
		      double scale)
{
	char text[32];
	double middle = y + BAR / 2;

	fprintf(f, "<text x=\"0\" y=\"%.1f\">%s</text>\n", y + BAR - 3, who);
	if (!s->n)
		return;
	bar(f, class, y, series_median(s) * scale);
	fprintf(f, "<line class=\"spread\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		LABEL + series_min(s) * scale, middle, LABEL + series_max(s) * scale, middle);
	tick(f, "spread", LABEL + series_min(s) * scale, middle - 5, 10);
	tick(f, "spread", LABEL + series_max(s) * scale, middle - 5, 10);
	fprintf(f, "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", WIDTH, y + BAR - 3,
		report_number(series_median(s), text, sizeof(text)));
}

static void case_chart(FILE *f, const struct case_result *r)
{
	double max = series_max(&r->series[OURS]), scale;

	if (series_max(&r->series[RIVAL]) > max)
		max = series_max(&r->series[RIVAL]);
	scale = PLOT / max;
	fprintf(f, "<h3>%s</h3>\n<p class=\"dim\">", r->def->name);
	escaped(f, r->def->what);
	fprintf(f, ".</p>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s in %s\">\n",
		WIDTH, SMALL_H, r->def->name, r->def->unit);
	value_bar(f, &r->series[OURS], "Pollux", "ours", 6, scale);
	if (r->def->rival)
		value_bar(f, &r->series[RIVAL], r->def->rival, "rival", 6 + BAR + 10, scale);
	fprintf(f, "<text class=\"dim\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", LABEL, SMALL_H - 6,
		r->def->unit);
	fputs("</svg>\n", f);
	if (r->absent[RIVAL][0]) {
		fputs("<p class=\"dim\">Ours alone: ", f);
		escaped(f, r->absent[RIVAL]);
		fputs(".</p>\n", f);
	}
	if (r->failed[0]) {
		fputs("<p class=\"bad\">It failed: ", f);
		escaped(f, r->failed);
		fputs(".</p>\n", f);
	}
}

/* --- The same in numbers. --- */

static void cell(FILE *f, double value)
{
	char text[32];

	fprintf(f, "<td>%s</td>", report_number(value, text, sizeof(text)));
}

static void side_cells(FILE *f, const struct series *s)
{
	char min[32], max[32];

	cell(f, series_median(s));
	fprintf(f, "<td class=\"dim\">%s &#8211; %s</td>",
		report_number(series_min(s), min, sizeof(min)),
		report_number(series_max(s), max, sizeof(max)));
}

static void table_row(FILE *f, const struct case_result *r)
{
	enum verdict verdict = case_verdict(r);
	double ratio = case_ratio(r);
	char must[32], aim[32];

	fprintf(f, "<tr><td>%s</td><td class=\"text dim\">%s</td>", r->def->name, r->def->unit);
	side_cells(f, &r->series[OURS]);
	side_cells(f, &r->series[RIVAL]);
	if (isnan(ratio))
		fputs("<td>-</td>", f);
	else
		fprintf(f, "<td>%.3f</td>", ratio);
	if (r->def->must)
		fprintf(f, "<td>%s</td><td>%s</td>",
			report_target(r->def, r->def->must, must, sizeof(must)),
			report_target(r->def, r->def->aim, aim, sizeof(aim)));
	else
		fputs("<td></td><td></td>", f);
	fprintf(f, "<td class=\"text %s\">%s</td></tr>\n",
		verdict == VERDICT_FAILED || verdict == VERDICT_MISSED ? "bad" : "good",
		verdict_text(verdict));
}

static void table(FILE *f, const struct bench *b)
{
	fputs("<h2>Numbers</h2>\n<div class=\"scroll\"><table>\n<tr><th>case</th>"
	      "<th>unit</th><th>Pollux</th><th>min &#8211; max</th><th>rival</th>"
	      "<th>min &#8211; max</th><th>ratio</th><th>must</th><th>aim</th><th></th></tr>\n",
	      f);
	for (unsigned i = 0; i < b->n_results; i++)
		table_row(f, &b->results[i]);
	fputs("</table></div>\n", f);
}

static void fact(FILE *f, const char *name, const char *value)
{
	if (!value[0])
		return;
	fprintf(f, "<tr><td>%s</td><td class=\"text\">", name);
	escaped(f, value);
	fputs("</td></tr>\n", f);
}

static void machine_table(FILE *f, const struct bench *b)
{
	char text[256];
	struct machine m;

	machine_read(b, &m);
	fputs("<h2>Machine</h2>\n<div class=\"scroll\"><table>\n", f);
	snprintf(text, sizeof(text), "%s%s", m.cpu, m.virtual ? " (a virtual machine)" : "");
	fact(f, "CPU", text);
	snprintf(text, sizeof(text), "%u, of which %u may be used", m.cpus_online, m.cpus_allowed);
	fact(f, "Cores", text);
	fact(f, "Governor", m.governor);
	fact(f, "Kernel", m.kernel);
	snprintf(text, sizeof(text), "%lu of %lu kB, %lu free; for shared memory: %s", m.huge_total,
		 m.huge_kb, m.huge_free, m.shmem_huge);
	fact(f, "Huge pages", text);
	snprintf(text, sizeof(text), "%.2f", m.load);
	fact(f, "Load before", text);
	snprintf(text, sizeof(text), "%s, %s, commit %s", m.version, m.compiler, m.commit);
	fact(f, "Pollux", text);
	fact(f, "DPDK", b->rival_version);
	fact(f, "Measured", m.date);
	fputs("</table></div>\n", f);
}

static void page(FILE *f, const struct bench *b)
{
	fputs(head, f);
	fputs("<h1>Pollux against DPDK</h1>\n"
	      "<p>The same work on the same machine in turns, by plx-bench.</p>\n",
	      f);
	ratio_chart(f, b);
	table(f, b);
	fputs("<h2>Cases</h2>\n<p class=\"dim\">Bars are medians, whiskers go from the least to the "
	      "most of all rounds.</p>\n",
	      f);
	for (unsigned i = 0; i < b->n_results; i++)
		case_chart(f, &b->results[i]);
	machine_table(f, b);
	fputs("</body>\n</html>\n", f);
}

bool report_html(struct bench *b, const char *path)
{
	FILE *f = fopen(path, "we");
	bool bad = !f;

	if (f) {
		page(f, b);
		bad = fflush(f) || ferror(f);
		bad |= fclose(f) != 0;
	}
	if (bad)
		bench_failed(b, "the report cannot be written to %s: %s", path, strerror(errno));
	return !bad;
}
