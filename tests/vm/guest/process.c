// SPDX-License-Identifier: BSD-3-Clause
#include "process.h"

#include "check.h"

#include <dirent.h>
#include <stdio.h>

uint64_t process_pinned_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long kib, sum = 0;
	char line[128];

	must(!f, "/proc/self/status opens");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmLck: %llu kB", &kib) == 1 ||
		    sscanf(line, "VmPin: %llu kB", &kib) == 1)
			sum += kib;
	fclose(f);
	return sum;
}

unsigned process_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	unsigned n = 0;

	must(!dir, "/proc/self/fd opens");
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n - 1; /* its own */
}

unsigned process_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned n = 0;
	int c;

	must(!f, "/proc/self/maps opens");
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}
