/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls that may end the program by a signal when they fail. Writing raises SIGPIPE when
 * the reader has left and SIGXFSZ at the limit of a file's size, and a memfd is a file. A library
 * sets no handlers: it holds the signals back for the moment and takes what came of it.
 */
#ifndef PLX_CORE_SIGHOLD_H
#define PLX_CORE_SIGHOLD_H

#include <signal.h>

struct plx_held_signals {
	sigset_t mask, pending; /* of the thread, before */
};

/* Around a call; plx_signals_release() leaves errno alone. */
void plx_signals_hold(struct plx_held_signals *held);
void plx_signals_release(const struct plx_held_signals *held);

#endif
