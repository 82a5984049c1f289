// SPDX-License-Identifier: BSD-3-Clause
#include "check.h"

#include <pollux/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned n_failed;

static void name(const char *fmt, va_list args)
{
	vprintf(fmt, args);
}

bool check(bool ok, const char *fmt, ...)
{
	va_list args;

	n_failed += !ok;
	printf("%sok - ", ok ? "" : "not ");
	va_start(args, fmt);
	name(fmt, args);
	va_end(args);
	puts("");
	fflush(stdout);
	return ok;
}

bool check_err(int err, int want, const char *fmt, ...)
{
	va_list args;

	n_failed += err != want;
	printf("%sok - ", err == want ? "" : "not ");
	va_start(args, fmt);
	name(fmt, args);
	va_end(args);
	puts("");
	if (err != want)
		note("  %d (%s) instead of %d (%s)", err, strerror(-err), want, strerror(-want));
	if (err)
		note("  %s", plx_last_error()->text);
	fflush(stdout);
	return err == want;
}

void skip(const char *why, const char *fmt, ...)
{
	va_list args;

	printf("ok - ");
	va_start(args, fmt);
	name(fmt, args);
	va_end(args);
	printf(" # SKIP %s\n", why);
	fflush(stdout);
}

void note(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	name(fmt, args);
	va_end(args);
	puts("");
}

void must(int err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	printf("not ok - ");
	va_start(args, fmt);
	name(fmt, args);
	va_end(args);
	printf("\n#   %d: %s\n", err, plx_last_error()->text);
	exit(1);
}

/* Behind a bridge to conventional PCI, the IOMMU sees the bridge. */
static const char *requester(const char *address)
{
	const char *other = getenv("LAB_REQUESTER");

	return other ? other : address;
}

void expect_fault(const char *address, enum direction direction, uint64_t iova, const char *fmt,
		  ...)
{
	va_list args;

	printf("fault %s %s 0x%llx - ", requester(address),
	       direction == DEVICE_WRITES ? "write" : "read", (unsigned long long)iova);
	va_start(args, fmt);
	name(fmt, args);
	va_end(args);
	puts("");
	fflush(stdout);
}

void allow_fault(const char *address, enum direction direction, uint64_t iova)
{
	printf("perhaps %s %s 0x%llx\n", requester(address),
	       direction == DEVICE_WRITES ? "write" : "read", (unsigned long long)iova);
	fflush(stdout);
}

int checks_end(void)
{
	return n_failed ? 1 : 0;
}
