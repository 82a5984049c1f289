/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-bench(1), from the tables that the program itself works with.
 */
#include "bench/bench.h"
#include "common/options.h"

static const char head[] =
	".Dd November 20, 2026\n"
	".Dt PLX-BENCH 1\n"
	".Os Pollux\n"
	".Sh NAME\n"
	".Nm plx-bench\n"
	".Nd measure Pollux against DPDK, in turns on the same machine\n"
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Op Fl Fl filter Ar REGEX\n"
	".Op Fl Fl rounds Ar N\n"
	".Op Fl Fl json Ar FILE\n"
	".Op Fl Fl report Ar FILE\n"
	".Op Fl Fl check\n"
	".Op Ar OPTION ...\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"does the same work with Pollux and with DPDK, a round of the one, a round of the other, "
	"and so on, and shows the medians, their spread, and the ratio of the medians.\n"
	"A ratio holds where an absolute number does not: on another machine, or beside a neighbour "
	"that takes its share of this one.\n"
	".Pp\n"
	"Without DPDK our side is measured alone.\n"
	"The cases whose names begin with\n.Cm iommu\ncompare with something else, which each "
	"names, and run over a kernel in memory: no IOMMU is needed.\n"
	"Those that count instructions need valgrind.\n"
	".Pp\n"
	"The cases whose names begin with\n.Cm kernel\nrun only when\n.Fl Fl filter\nor\n"
	".Fl Fl all\nasks for them.\n"
	"They need root, ip(8) and network namespaces; where these are not to be had they are left "
	"out, with a sentence.\n"
	"Their interfaces are in a namespace without a name, which ends with the program.\n"
	".Pp\n"
	"The options are:\n";

static const char tail[] =
	".Sh JSON\n"
	"One object with two members.\n"
	".Bl -tag -width Ds\n"
	".It cases\nan array: name, unit, ours (median, min, max, rounds), rival (the same, and its "
	"name and version; absent says why it was not measured), ratio, must, aim and judged, which "
	"says what these two are of, \\(dqratio\\(dq or \\(dqours\\(dq; null where "
	"there is none; and failed, with the reason, for a case that did.\n"
	".It machine\ncpu, cores, cores_allowed, governor, virtual, kernel, hugepages, load before "
	"the run, compiler, optimized, version, commit and date.\n"
	".El\n"
	".Sh EXIT STATUS\n"
	"0 when all went well; 1 when a case failed, which standard error names, or\n.Fl Fl check\n"
	"found one that misses what it must be; 2 when nothing could be measured or written as "
	"asked, or a ratio not be checked for want of one side, or on a signal.\n"
	"What was measured is shown in any case.\n"
	".Sh EXAMPLES\n"
	"Everything, with a page to look at:\n"
	".Dl plx-bench --report bench.html\n"
	"The kernel's interfaces, as root, some three minutes:\n"
	".Dl plx-bench --filter kernel --check\n"
	"Rings and pools only, for a program to read:\n"
	".Dl plx-bench --filter '^(ring|pool)' --json -\n"
	".Sh SEE ALSO\n"
	".Xr plx-testpmd 1\n";

/* mdoc wants each sentence on a line of its own. */
static void print_sentences(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == ' ' && text[-1] == '.' ? '\n' : *text, out);
}

void man_print(FILE *out)
{
	char must[32], aim[32];

	fputs(head, out);
	options_man(&bench_program, out);
	fputs(".Sh CASES\n.Bl -tag -width Ds\n", out);
	for (const struct bench_case *c = bench_cases; c->name; c++) {
		fprintf(out, ".It Cm %s\n", c->name);
		print_sentences(out, c->what);
		fprintf(out, ".\nIn %s", c->unit);
		if (c->must)
			fprintf(out, "; %s must be at most %s, and the aim is %s",
				c->flags & CASE_ABSOLUTE ? "ours" : "the ratio",
				report_target(c, c->must, must, sizeof(must)),
				report_target(c, c->aim, aim, sizeof(aim)));
		fputs(".\n", out);
	}
	fputs(".El\n", out);
	fputs(tail, out);
}
