/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Default routes, from /proc/net/route and /proc/net/ipv6_route.
 */
#include "dev/routes.h"
#include "dev/system.h"
#include "pci/sysfs.h"

#include <net/if.h>
#include <string.h>

#define RTF_UP_FLAG     0x1u   /* <linux/route.h>, which does not go with <net/if.h> */
#define RTF_REJECT_FLAG 0x200u /* says that there is no route */
#define UPPER_MAX       8
#define DEPTH_MAX       4 /* a VLAN on a bridge over a bond ... */

static bool is_default4(const char *line, const char *interface)
{
	char name[IFNAMSIZ];
	unsigned destination, flags, mask;

	return sscanf(line, "%15s %8x %*8x %4x %*s %*s %*s %8x", name, &destination, &flags,
		      &mask) == 4 &&
	       !strcmp(name, interface) && !destination && !mask && flags & RTF_UP_FLAG;
}

static bool is_default6(const char *line, const char *interface)
{
	char name[IFNAMSIZ], destination[33];
	unsigned bits, flags;

	return sscanf(line, "%32s %2x %*32s %*2x %*32s %*8x %*8x %*8x %8x %15s", destination, &bits,
		      &flags, name) == 4 &&
	       !strcmp(name, interface) && !bits && flags & RTF_UP_FLAG &&
	       !(flags & RTF_REJECT_FLAG);
}

static bool any_line(const struct app *app, const char *file,
		     bool (*fits)(const char *line, const char *interface), const char *interface)
{
	char path[PATH_MAX], line[256];
	bool found = false;
	FILE *f;

	if (!plx_sysfs_path(path, app->proc, "net/%s", file))
		return false;
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = fits(line, interface);
	if (f)
		fclose(f);
	return found;
}

static bool carries(const struct app *app, const char *interface, unsigned depth)
{
	char path[PATH_MAX], upper[UPPER_MAX][IFNAMSIZ + 8];
	unsigned n;

	if (any_line(app, "route", is_default4, interface) ||
	    any_line(app, "ipv6_route", is_default6, interface))
		return true;
	if (depth == DEPTH_MAX || !plx_sysfs_path(path, app->sys, "class/net/%s", interface))
		return false;
	n = system_entries(path, "upper_", upper[0], sizeof(upper[0]), UPPER_MAX);
	for (unsigned i = 0; i < n && i < UPPER_MAX; i++)
		if (carries(app, upper[i] + strlen("upper_"), depth + 1))
			return true;
	return false;
}

bool route_default(const struct app *app, const char *interface)
{
	return carries(app, interface, 0);
}
