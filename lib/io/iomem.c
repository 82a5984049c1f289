/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has what of the machine's addresses: /proc/iomem and /proc/ioports (8.6).
 */
#define _GNU_SOURCE
#include "io/io_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The machine that simulated functions are in (11.1). */
#define SIM_RAM_LAST 0x7fffffffull

/* "  fe000000-fe01ffff : vfio-pci\n" */
static bool parse(char *line, uint64_t *first, uint64_t *last, char **name)
{
	int at = 0;

	if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %n", first, last, &at) < 2 || !at)
		return false;
	*name = line + at;
	(*name)[strcspn(*name, "\n")] = '\0';
	/* Without CAP_SYS_ADMIN all addresses are zero. */
	return *last && *last >= *first;
}

bool plx_iomem_find(const char *path, uint64_t first, uint64_t last, const char *only, char *name,
		    size_t size)
{
	FILE *f = fopen(path, "re");
	char line[256], *who;
	bool found = false;
	uint64_t from, to;

	if (!f)
		return false;
	/* Inner lines come after the ones they are in. */
	while (fgets(line, sizeof(line), f)) {
		if (!parse(line, &from, &to, &who) || from > last || to < first)
			continue;
		if (only && strcmp(who, only) != 0)
			continue;
		found = true;
		if (name)
			snprintf(name, size, "%s", who);
	}
	fclose(f);
	return found;
}

bool plx_is_host_ram(const struct plx_dev *dev, uint64_t first, uint64_t last)
{
	if (dev->function->sim)
		return first <= SIM_RAM_LAST;
	return plx_iomem_find("/proc/iomem", first, last, "System RAM", NULL, 0);
}
