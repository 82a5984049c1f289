/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the rooms fill the error record of <pollux/error.h>.
 */
#ifndef PLX_CORE_ERROR_H
#define PLX_CORE_ERROR_H

#include <pollux/error.h>

/* Failing is rare: what leads there is kept out of the way of the rest. */
#define PLX_COLD __attribute__((cold))

/* Every control-plane call that succeeds ends with `return plx_ok();` (E-1). */
int plx_ok(void);

/*
 * Fill the record and return @err (a negative errno). The status follows from @err. @object
 * may be NULL; the text is one sentence, without a final full stop, without a newline.
 */
int plx_fail(int err, enum plx_reason reason, const char *object, const char *fmt, ...) PLX_COLD
	PLX_PRINTF(4, 5);

/* As plx_fail(), for a kernel call that failed: @sys_errno is errno as the kernel left it. */
int plx_fail_sys(int err, int sys_errno, enum plx_reason reason, const char *object,
		 const char *fmt, ...) PLX_COLD PLX_PRINTF(5, 6);

/* As plx_fail(), for a DDI mirror: @status is the Windows status, @arg the DDI's argument. */
int plx_fail_ddi(int err, uint32_t status, enum plx_reason reason, unsigned arg, const char *object,
		 const char *fmt, ...) PLX_COLD PLX_PRINTF(6, 7);

/* -ENOMEM: "no memory for @what". */
int plx_fail_nomem(const char *object, const char *what) PLX_COLD;

/* STATUS_INVALID_PARAMETER_n, for argument @n of a mirrored DDI (2.1). */
static inline uint32_t plx_status_arg(unsigned n)
{
	return PLX_STATUS_INVALID_PARAMETER_1 - 1 + n;
}

/* A mandatory pointer was NULL (G-3): @arg is its 1-based position, @what its name. */
int plx_fail_null(unsigned arg, const char *what) PLX_COLD;

/*
 * Complete the record of the failure just filled in: who refused, what it is about (unless the
 * record says so already; may be NULL), and errno as the kernel left it (0: keep what is there).
 * Returns the record's err.
 */
int plx_fail_origin(enum plx_backend backend, const char *object, int sys_errno) PLX_COLD;

/* Put back a record saved before clean-up calls that reset it; returns its err. */
int plx_fail_again(const struct plx_error *saved) PLX_COLD;

#endif
