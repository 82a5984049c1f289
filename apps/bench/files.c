/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where programs are, and a directory for what lives no longer than the run.
 */
#include "bench/bench.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool runnable(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* A name with a slash is a path; any other is looked for in PATH. */
bool find_program(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");

	if (strchr(name, '/'))
		return snprintf(path, size, "%s", name) < (int)size && runnable(path);
	while (dir && *dir) {
		int len = (int)strcspn(dir, ":");

		if (len && snprintf(path, size, "%.*s/%s", len, dir, name) < (int)size &&
		    runnable(path))
			return true;
		dir += len + (dir[len] == ':');
	}
	path[0] = '\0';
	return false;
}

/* @relative to the directory that this program itself is in. */
bool find_beside(const char *relative, char *path, size_t size)
{
	char self[2048];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	if (snprintf(path, size, "%s/%s", self, relative) < (int)size && runnable(path))
		return true;
	path[0] = '\0';
	return false;
}

/* The path of a file in the run's own directory, which is made when it is first asked for. */
const char *bench_temp_path(struct bench *b, const char *name, char *path, size_t size)
{
	const char *parent = getenv("TMPDIR");
	char dir[sizeof(b->temp_dir)];

	if (!b->temp_dir[0]) {
		if (!parent || !*parent)
			parent = "/tmp";
		if (snprintf(dir, sizeof(dir), "%s/plx-bench-XXXXXX", parent) >= (int)sizeof(dir) ||
		    !mkdtemp(dir)) {
			bench_failed(b, "no temporary directory can be made in %s", parent);
			return NULL;
		}
		memcpy(b->temp_dir, dir, sizeof(dir));
	}
	if (snprintf(path, size, "%s/%s", b->temp_dir, name) >= (int)size) {
		bench_failed(b, "%s is too long a path", b->temp_dir);
		return NULL;
	}
	return path;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void bench_remove_temp(struct bench *b)
{
	if (b->temp_dir[0])
		nftw(b->temp_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	b->temp_dir[0] = '\0';
}
