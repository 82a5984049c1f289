/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing that fails must come back as an error, not end the program: a reader that left a pipe
 * raises SIGPIPE, a file at its size limit SIGXFSZ. Both go to the thread that writes, so it
 * holds them back for the moment and takes what came of it; a library sets no handlers.
 */
#include "pcap.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

/* Take the signals in @set that are pending and were not before. */
static void swallow(sigset_t *set, const sigset_t *before)
{
	static const struct timespec no_wait;
	int sigs[] = { SIGPIPE, SIGXFSZ };

	for (int i = 0; i < 2; i++)
		if (sigismember(before, sigs[i]))
			sigdelset(set, sigs[i]);
	while (sigtimedwait(set, NULL, &no_wait) > 0 || errno == EINTR)
		;
}

int plx_pcap_fflush(FILE *file)
{
	sigset_t set, mask, pending;
	int err = 0;

	errno = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &set, &mask);
	if (fflush(file) || ferror(file))
		err = errno ? errno : EIO;
	if (err)
		swallow(&set, &pending);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return err;
}
