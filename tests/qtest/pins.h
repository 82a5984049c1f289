/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a pin of QEMU's interrupt controller to an interrupt of the simulated function.
 *
 * A line about a pin may be found by a thread that has the function locked, waiting for the answer
 * to a register access. It only notes that; a thread of its own takes the note, locks the function
 * and raises. That thread also reads the socket while nobody else does.
 */
#ifndef PLX_QTEST_PINS_H
#define PLX_QTEST_PINS_H

#include "qtest/qtest.h"

#include <stdatomic.h>

struct plx_sim_function;

struct pins {
	struct qtest *qtest;
	struct plx_sim_function *function;
	pthread_t thread;
	int event; /* eventfd: there is a note, or the thread is to end */
	_Atomic bool raised, ends;
};

/* 0 or a positive errno */
int pins_start(struct pins *p, struct qtest *t, struct plx_sim_function *f);
void pins_stop(struct pins *p);

#endif
