/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of a program that a check stops.
 */
#include "core/check.h"

#ifdef PLX_CHECKS

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void plx_check_stop(const char *fmt, ...)
{
	va_list ap;

	fputs("pollux: check failed: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

#else
typedef int plx_checks_are_off; /* ISO C wants one declaration a file */
#endif
