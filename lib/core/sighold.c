/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holding back the signals of failed writes. Both go to the thread that writes.
 */
#include "core/sighold.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static void write_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
	sigaddset(set, SIGXFSZ);
}

void plx_signals_hold(struct plx_held_signals *held)
{
	sigset_t set;

	write_signals(&set);
	sigpending(&held->pending);
	pthread_sigmask(SIG_BLOCK, &set, &held->mask);
}

void plx_signals_release(const struct plx_held_signals *held)
{
	static const struct timespec no_wait;
	int err = errno;
	sigset_t set;

	/* Those that were pending before are not ours to take. */
	write_signals(&set);
	if (sigismember(&held->pending, SIGPIPE))
		sigdelset(&set, SIGPIPE);
	if (sigismember(&held->pending, SIGXFSZ))
		sigdelset(&set, SIGXFSZ);
	while (sigtimedwait(&set, NULL, &no_wait) > 0 || errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
	errno = err;
}
