/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What several tests need. Included after <cmocka.h>.
 */
#ifndef TESTS_UNIT_HELPER_H
#define TESTS_UNIT_HELPER_H

#include <pollux/pollux.h>

#include <dirent.h>
#include <string.h>

/* Sanitizers take the low addresses and need address space without end. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static inline unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* It failed, and the record says so. */
static inline void expect_error(int err, int wanted, enum plx_reason reason, const char *text)
{
	const struct plx_error *e = plx_last_error();

	if (err != wanted)
		fail_msg("%d instead of %d: %s", err, wanted, e->text);
	assert_int_equal(e->err, wanted);
	assert_int_equal(e->reason, reason);
	if (!strstr(e->text, text))
		fail_msg("\"%s\" does not say \"%s\"", e->text, text);
}

/* Files that this process has open, for tests of leaks. */
static inline unsigned count_fds(void)
{
	return count_entries("/proc/self/fd");
}

#endif
