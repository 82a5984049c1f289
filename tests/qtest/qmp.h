/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's monitor (QEMU, docs/interop/qmp-spec.rst): what is done to the card from outside.
 */
#ifndef PLX_QTEST_QMP_H
#define PLX_QTEST_QMP_H

#include <stdbool.h>
#include <stddef.h>

struct qmp {
	int fd;
	bool greeted;
	char text[16384];
	size_t used;
};

void qmp_init(struct qmp *q, int fd);

/*
 * Execute a command, @arguments in JSON, and wait for its answer: true if it worked. Threads: one
 * at a time.
 */
bool qmp_execute(struct qmp *q, const char *command, const char *arguments);
/* Wait for an event that comes after the last command's answer. */
bool qmp_wait_event(struct qmp *q, const char *event);

#endif
