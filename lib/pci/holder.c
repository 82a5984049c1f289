/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has a file open: a busy group is of use to nobody who is not told by whom.
 */
#include "pci/facts_priv.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Has process @pid a file open that is called @path? */
static bool holds(const char *proc, long pid, const char *path)
{
	char fds[PATH_MAX], link[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (!plx_sysfs_path(fds, proc, "%ld/fd", pid))
		return false;
	dir = opendir(fds);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = plx_sysfs_path(link, fds, "%s", entry->d_name)
				    ? readlink(link, target, sizeof(target))
				    : -1;

		found = n > 0 && (size_t)n == strlen(path) && !memcmp(target, path, (size_t)n);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void read_comm(const char *proc, long pid, char comm[PLX_COMM])
{
	char path[PATH_MAX], text[PLX_SYSFS_MAX];
	ssize_t n = plx_sysfs_path(path, proc, "%ld/comm", pid) ? plx_sysfs_read(path, text) : -1;
	size_t len = n > 0 ? (size_t)n : 0;

	len = len && text[len - 1] == '\n' ? len - 1 : len;
	len = len < PLX_COMM - 1 ? len : PLX_COMM - 1;
	memcpy(comm, text, len);
	comm[len] = '\0';
	for (size_t i = 0; i < len; i++) /* whoever runs the process chose its name */
		if (comm[i] < ' ' || comm[i] > '~')
			comm[i] = '?';
}

bool plx_pci_holder(const char *proc, const char *path, pid_t *pid, char comm[PLX_COMM])
{
	DIR *dir = opendir(proc);
	struct dirent *entry;
	long n = 0;
	bool found = false;

	*pid = 0;
	comm[0] = '\0';
	while (dir && !found && (entry = readdir(dir)))
		found = plx_parse_decimal(entry->d_name, strlen(entry->d_name), 1, INT_MAX, &n) &&
			holds(proc, n, path);
	if (dir)
		closedir(dir);
	if (!found)
		return false;
	*pid = (pid_t)n;
	read_comm(proc, n, comm);
	return true;
}
