/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of the machine.
 */
#define _GNU_SOURCE
#include "dev/system.h"
#include "pci/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool system_is_real(const struct app *app)
{
	return !strcmp(app->settings.root, "/");
}

int system_open(struct app *app)
{
	const char *root = system_is_real(app) ? "" : app->settings.root;
	const struct {
		char *path;
		const char *name;
	} all[] = {
		{ app->sys, "sys" }, { app->proc, "proc" }, { app->dev, "dev" }, { app->lib, "lib" }
	};
	struct stat st;

	if (stat(app->settings.root, &st) || !S_ISDIR(st.st_mode))
		return app_fail(app, -EINVAL, PLX_R_BAD_VALUE, "--root",
				"--root %.60s is no directory", app->settings.root);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!plx_sysfs_path(all[i].path, root, "%s", all[i].name))
			return app_fail(app, -EINVAL, PLX_R_BAD_VALUE, "--root",
					"--root is longer than a path may be");
	return 0;
}

static bool path_v(char path[PATH_MAX], const char *dir, const char *fmt, va_list ap)
{
	char rest[PATH_MAX];
	int n = vsnprintf(rest, sizeof(rest), fmt, ap);

	return n >= 0 && n < PATH_MAX && plx_sysfs_path(path, dir, "%s", rest);
}

static bool line_v(char *line, size_t size, const char *dir, const char *fmt, va_list ap)
{
	char path[PATH_MAX], text[PLX_SYSFS_MAX];
	ssize_t n = path_v(path, dir, fmt, ap) ? plx_sysfs_read(path, text) : -1;
	size_t len = n > 0 ? (size_t)n : 0;

	line[0] = '\0';
	if (n < 0)
		return false;
	if (memchr(text, '\n', len))
		len = (size_t)((char *)memchr(text, '\n', len) - text);
	len = len < size ? len : size - 1;
	for (size_t i = 0; i < len; i++) /* no end in the midst */
		line[i] = text[i] ? text[i] : '?';
	line[len] = '\0';
	app_clean(line);
	return true;
}

bool system_line(char *line, size_t size, const char *dir, const char *fmt, ...)
{
	va_list ap;
	bool found;

	va_start(ap, fmt);
	found = line_v(line, size, dir, fmt, ap);
	va_end(ap);
	return found;
}

long system_number(const char *dir, const char *fmt, ...)
{
	char line[32];
	long n = -1;
	va_list ap;
	bool found;

	va_start(ap, fmt);
	found = line_v(line, sizeof(line), dir, fmt, ap);
	va_end(ap);
	return found && plx_parse_decimal(line, strlen(line), 0, INT_MAX, &n) ? n : -1;
}

bool system_link(char *name, size_t size, const char *dir, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	bool found;

	name[0] = '\0';
	va_start(ap, fmt);
	found = path_v(path, dir, fmt, ap) && !plx_sysfs_link(path, name, size);
	va_end(ap);
	app_clean(name);
	return found;
}

bool system_may(int how, const char *dir, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	bool may;

	va_start(ap, fmt);
	may = path_v(path, dir, fmt, ap) && !faccessat(AT_FDCWD, path, how, AT_EACCESS);
	va_end(ap);
	return may;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

unsigned system_entries(const char *path, const char *prefix, char *names, size_t size,
			unsigned max)
{
	struct dirent **all = NULL;
	int n = scandir(path, &all, is_visible, versionsort);
	unsigned found = 0;

	for (int i = 0; i < n; i++) {
		const char *name = all[i]->d_name;

		if (!strncmp(name, prefix, strlen(prefix)) && strlen(name) < size) {
			if (found < max)
				app_clean(strcpy(names + found * size, name));
			found++;
		}
		free(all[i]);
	}
	free(all);
	return found;
}
