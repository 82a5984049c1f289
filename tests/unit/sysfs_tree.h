/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A made-up sysfs in a directory of the test's own. Included after <cmocka.h>.
 */
#ifndef TESTS_UNIT_SYSFS_TREE_H
#define TESTS_UNIT_SYSFS_TREE_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char tree[64]; /* its root */

static inline void tree_make(void)
{
	snprintf(tree, sizeof(tree), "/tmp/pollux-sysfs-XXXXXX");
	assert_non_null(mkdtemp(tree));
}

static inline void tree_remove(void)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf %s", tree);
	assert_int_equal(system(command), 0);
}

/* "tree/@name", below folders that are made. */
static inline const char *tree_path(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", tree, name);
	for (char *at = path + strlen(tree) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	return path;
}

static inline void tree_put_bytes(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(tree_path(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static inline void tree_put(const char *name, const char *text)
{
	tree_put_bytes(name, text, strlen(text));
}

static inline void tree_link(const char *name, const char *target)
{
	const char *path = tree_path(name);

	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static inline void tree_unlink(const char *name)
{
	assert_int_equal(unlink(tree_path(name)), 0);
}

#endif
