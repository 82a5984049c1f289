/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Failures that a test asks for; without Meson's feature `tests` there are none.
 */
#include "sim/kernel_priv.h"

#include <pollux/test.h>

#include <errno.h>

#ifdef PLX_TESTS
static struct {
	enum plx_test_call call;
	unsigned long request;
	unsigned in; /* 0: nothing is injected */
	int err;
} injected;

void plx_test_inject(enum plx_test_call call, unsigned long request, unsigned nth, int err)
{
	plx_sim_kernel_lock();
	injected.call = call;
	injected.request = call == PLX_TEST_IOCTL ? request : 0;
	injected.in = nth;
	injected.err = err;
	plx_sim_kernel_unlock();
}

bool plx_sim_injected(unsigned call, unsigned long request)
{
	if (!injected.in || injected.call != call || injected.request != request || --injected.in)
		return false;
	errno = injected.err;
	return true;
}

void plx_sim_inject_nothing(void)
{
	injected.in = 0;
}
#else
bool plx_sim_injected(unsigned call, unsigned long request)
{
	(void)call;
	(void)request;
	return false;
}

void plx_sim_inject_nothing(void)
{
}
#endif
