/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How sysfs is read: files and links below a root, and the numbers in them.
 */
#ifndef PLX_PCI_SYSFS_H
#define PLX_PCI_SYSFS_H

#include <pollux/base.h>

#include <limits.h>
#include <sys/types.h>

/* An attribute of sysfs is shorter than a page. */
#define PLX_SYSFS_MAX 4096

/* "@root/..." formatted; false: longer than PATH_MAX. */
bool plx_sysfs_path(char path[PATH_MAX], const char *root, const char *fmt, ...) PLX_PRINTF(3, 4);

/* The contents of a file: their length, below PLX_SYSFS_MAX, or a negative errno. */
ssize_t plx_sysfs_read(const char *path, char text[PLX_SYSFS_MAX]);

/* The last part of what a link names: 0 or a negative errno; -EIO: it does not fit. */
int plx_sysfs_link(const char *path, char *name, size_t size);

/* The only number in @text: "0x8086\n", "-1\n". False: it is none, or outside. */
bool plx_parse_hex(const char *text, size_t len, uint64_t max, uint64_t *out);
bool plx_parse_decimal(const char *text, size_t len, long min, long max, long *out);

#endif
