/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The drivers' tables as help and as a man page.
 */
#include "port/spec.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* What may stand behind "key=", for a reader. */
static void describe_value(const struct plx_key *key, char *buf, size_t size)
{
	size_t used = 0;

	switch (key->type) {
	case PLX_KEY_UINT:
		snprintf(buf, size, "%" PRIu64 "..%" PRIu64, key->min, key->max);
		return;
	case PLX_KEY_BOOL:
		snprintf(buf, size, "on|off");
		return;
	case PLX_KEY_CHOICE:
		for (unsigned i = 0; key->choices[i] && used < size; i++)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "|" : "",
						 key->choices[i]);
		return;
	default:
		snprintf(buf, size, "%s", key->value ? key->value : "NAME");
	}
}

static void print_default(FILE *out, const struct plx_key *key)
{
	if (key->required)
		fprintf(out, " (required)");
	else if (key->initial)
		fprintf(out, " (default %s)", key->initial);
}

static void text_help(FILE *out, const struct plx_driver *driver)
{
	char value[128], item[192], ids[512];

	fprintf(out, "%-8s %s\n", driver->name, driver->summary);
	if (plx_ids_text(driver->ids, ids, sizeof(ids), 0))
		fprintf(out, "    drives %s\n", ids);
	for (const struct plx_key *key = driver->keys; key && key->name; key++) {
		describe_value(key, value, sizeof(value));
		snprintf(item, sizeof(item), "%s=%s", key->name, value);
		fprintf(out, "    %-24s %s", item, key->help);
		print_default(out, key);
		fputc('\n', out);
	}
}

static void man_help(FILE *out, const struct plx_driver *driver)
{
	char value[128], ids[512];

	fprintf(out, ".Ss %s\n%s.\n", driver->name, driver->summary);
	if (plx_ids_text(driver->ids, ids, sizeof(ids), 0))
		fprintf(out, "Drives %s.\n", ids);
	fprintf(out, ".Bl -tag -width Ds\n");
	for (const struct plx_key *key = driver->keys; key && key->name; key++) {
		describe_value(key, value, sizeof(value));
		fprintf(out, ".It Cm %s Ns = Ns Ar %s\n%s", key->name, value, key->help);
		print_default(out, key);
		fputs(".\n", out);
	}
	fputs(".El\n", out);
}

int plx_drivers_help(FILE *out, const char *driver, enum plx_help_format format)
{
	bool found = !driver;

	if (!out)
		return plx_fail_null(1, "out");
	if (format != PLX_HELP_TEXT && format != PLX_HELP_MAN)
		return plx_fail(-EINVAL, PLX_R_BAD_ENUM, NULL, "there is no help format %d",
				(int)format);
	for (int i = 0; plx_drivers[i]; i++) {
		if (driver && strcmp(driver, plx_drivers[i]->name))
			continue;
		found = true;
		if (format == PLX_HELP_MAN)
			man_help(out, plx_drivers[i]);
		else
			text_help(out, plx_drivers[i]);
	}
	if (!found)
		return plx_fail(-EINVAL, PLX_R_NO_DRIVER, driver, "there is no driver \"%s\"",
				driver);
	return plx_ok();
}
