/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words to jobs; what jobs share.
 */
#include "bench/iommu/iommu.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXIT_USAGE 2

bool is(const char *word, const char *name)
{
	return word && !strcmp(word, name);
}

double complain(const char *format, ...)
{
	va_list args;

	fputs("plx-bench-iommu: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

double complain_of(const char *call)
{
	return complain("%s: %s", call, plx_last_error()->text);
}

double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

uint64_t random_below(uint64_t n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % n;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		double (*work)(const char *const words[]);
		int n;
	} jobs[] = {
		{ "pairs", pairs, 6 },
		{ "alloc", allocate, 2 },
		{ "open", open_device, 2 },
	};
	double value;

	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (argc != jobs[i].n + 2 || !is(argv[1], jobs[i].name))
			continue;
		value = jobs[i].work((const char *const *)(argv + 2));
		if (value < 0)
			return EXIT_FAILURE;
		return printf("%.3f\n", value) < 0 || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	complain("run by plx-bench: pairs SIDE BACKEND SIZE LIVE BATCH TURNS, alloc TYPE LIVE, or "
		 "open BACKEND SHARE");
	return EXIT_USAGE;
}
