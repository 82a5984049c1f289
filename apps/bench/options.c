/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of options.
 */
#include "bench/bench.h"

#define AT(member) .offset = offsetof(struct bench_options, member)

static const struct option_def options[] = {
	{ "list", 'l', OPTION_FLAG, AT(list), NULL, 0, 0, NULL,
	  "show the cases and what each does; measure nothing" },
	{ "filter", 'f', OPTION_TEXT, AT(filter), "REGEX", 0, 0, NULL,
	  "run the cases whose names match, those on demand too" },
	{ "all", 'a', OPTION_FLAG, AT(all), NULL, 0, 0, NULL, "run also the cases on demand" },
	{ "rounds", 'r', OPTION_UINT, AT(rounds), "N", 1, SERIES_MAX, NULL,
	  "measure each side N times (default: the case's own, see --list)" },
	{ "duration", 'd', OPTION_REAL, AT(duration), "S", 0, 3600, NULL,
	  "seconds that each forwarding run lasts (default 0.5)" },
	{ "json", 'j', OPTION_TEXT, AT(json), "FILE", 0, 0, NULL,
	  "write the results as JSON; \"-\" is standard output, the table then goes to standard "
	  "error" },
	{ "report", 'o', OPTION_TEXT, AT(report), "FILE", 0, 0, NULL,
	  "write the results as an HTML page with charts" },
	{ "check", 'c', OPTION_FLAG, AT(check), NULL, 0, 0, NULL,
	  "exit with 1 when a ratio misses what it must be, with 2 when there is no rival" },
	{ "nic", 'n', OPTION_LIST, AT(nics), "ADDRESS", 0, 0, NULL,
	  "a PCI function that vfio-pci has, for the cases nic-...; give two that are connected" },
	{ "testpmd", 0, OPTION_TEXT, AT(testpmd), "PATH", 0, 0, NULL,
	  "our forwarding program (default: plx-testpmd from the same build or directory, or PATH)" },
	{ "dpdk-testpmd", 0, OPTION_TEXT, AT(dpdk_testpmd), "PATH", 0, 0, NULL,
	  "the rival's (default: dpdk-testpmd from PATH)" },
	{ "help", 'h', OPTION_FLAG, AT(help), NULL, 0, 0, NULL, "show this" },
	{ "version", 'V', OPTION_FLAG, AT(version), NULL, 0, 0, NULL, "show the version" },
	{ "completion", 0, OPTION_TEXT, AT(completion), "SHELL", 0, 0, NULL,
	  "print the completion script for bash or zsh" },
	{ "man", 0, OPTION_FLAG, AT(man), NULL, 0, 0, NULL, "print the man page's source" },
	{ 0 },
};

const struct program bench_program = {
	.name = "plx-bench",
	.summary = "measure Pollux against DPDK, in turns on the same machine",
	.usage = "[OPTION]...",
	.options = options,
};

int options_read(struct bench_options *o, int argc, char **argv, char *error, size_t size)
{
	*o = (struct bench_options){ .duration = 0.5 };
	if (options_parse(&bench_program, argc, argv, o, error, size))
		return -1;
	if (o->nics.n && o->nics.n != 2) {
		snprintf(error, size, "--nic: two NICs are measured together, not %u", o->nics.n);
		return -1;
	}
	if (o->duration < 0.01) {
		snprintf(error, size, "--duration %g is too short to measure anything",
			 o->duration);
		return -1;
	}
	return 0;
}
