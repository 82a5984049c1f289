/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's test protocol: lines of text on a stream socket that read and write memory and ports as a
 * processor would, and tell which pins of the interrupt controller change (QEMU,
 * docs/devel/testing/qtest.rst).
 *
 * Commands and their answers alternate; lines about pins come at any time. Whoever reads finds them
 * and hands them on.
 */
#ifndef PLX_QTEST_QTEST_H
#define PLX_QTEST_QTEST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qtest {
	int fd;
	pthread_mutex_t lock; /* of the socket and all below */
	char text[4096];      /* read and not yet taken apart */
	size_t used;
	unsigned commands; /* how many there were */
	bool broken;       /* QEMU has ended, or does not keep to the protocol */
	/* A pin of the interrupt controller went up or down. */
	void (*pin)(void *arg, unsigned pin, bool up);
	void *arg;
};

void qtest_init(struct qtest *t, int fd);
void qtest_fini(struct qtest *t);

static inline void qtest_lock(struct qtest *t)
{
	pthread_mutex_lock(&t->lock);
}

static inline void qtest_unlock(struct qtest *t)
{
	pthread_mutex_unlock(&t->lock);
}

/* --- locked --- */

/*
 * One access of 1, 2, 4 or (to memory) 8 bytes; all ones is read from a broken one, and a write to
 * it does nothing.
 */
uint64_t qtest_read(struct qtest *t, uint64_t address, unsigned bytes);
void qtest_write(struct qtest *t, uint64_t address, unsigned bytes, uint64_t value);
uint32_t qtest_in(struct qtest *t, uint16_t port, unsigned bytes);
void qtest_out(struct qtest *t, uint16_t port, unsigned bytes, uint32_t value);
/* Tell of the I/O APIC's pins from now on. */
bool qtest_watch_pins(struct qtest *t);
/* Hand on what has come about pins without waiting. */
void qtest_drain(struct qtest *t);

#endif
