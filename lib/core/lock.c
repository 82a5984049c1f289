/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a lock does when it is not free.
 */
#define _GNU_SOURCE
#include "core/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void futex(struct plx_lock *l, int op, uint32_t value)
{
	int saved = errno;

	syscall(SYS_futex, &l->state, op, value, NULL, NULL, 0);
	errno = saved;
}

/* Whoever has waited once says so for those behind, too: one wake-up too many harms nobody. */
void plx_lock_wait(struct plx_lock *l)
{
	while (atomic_exchange_explicit(&l->state, PLX_LOCK_AWAITED, memory_order_acquire) !=
	       PLX_LOCK_FREE)
		futex(l, FUTEX_WAIT_PRIVATE, PLX_LOCK_AWAITED);
}

void plx_lock_wake(struct plx_lock *l)
{
	futex(l, FUTEX_WAKE_PRIVATE, 1);
}
