/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What -Dchecks=true adds: the library's own asserts, which name the mistake and stop the program.
 */
#ifndef PLX_CORE_CHECK_H
#define PLX_CORE_CHECK_H

#include <pollux/base.h>

/* One line on standard error, and abort(3). In builds with checks only. */
void plx_check_stop(const char *fmt, ...) PLX_PRINTF(1, 2) __attribute__((noreturn));

#endif
