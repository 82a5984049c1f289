/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files and links of sysfs.
 */
#include "pci/facts_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool plx_sysfs_path(char path[PATH_MAX], const char *root, const char *fmt, ...)
{
	int at = snprintf(path, PATH_MAX, "%s/", root), n;
	va_list ap;

	if (at < 0 || at >= PATH_MAX)
		return false;
	va_start(ap, fmt);
	n = vsnprintf(path + at, PATH_MAX - (size_t)at, fmt, ap);
	va_end(ap);
	return n >= 0 && n < PATH_MAX - at;
}

ssize_t plx_sysfs_read(const char *path, char text[PLX_SYSFS_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, text + len, PLX_SYSFS_MAX - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < PLX_SYSFS_MAX) || (n < 0 && errno == EINTR));
	n = n < 0 ? -errno : len == PLX_SYSFS_MAX ? -EFBIG : (ssize_t)len;
	close(fd);
	return n;
}

int plx_sysfs_link(const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *last;

	name[0] = '\0';
	if (n < 0)
		return -errno;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -EIO;
	strcpy(name, last);
	return 0;
}
