/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process of QEMU: a PC without guest, whose processor halts, with one network card behind a PCI
 * Express port. The card reaches two pieces of memory, and no other.
 */
#ifndef PLX_QTEST_QEMU_H
#define PLX_QTEST_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the two are in the card's view: q35 has its registers between 2 and 4 GiB. */
#define QEMU_LOW_SIZE   (2ull << 30)
#define QEMU_HIGH_FIRST (4ull << 30)
#define QEMU_HIGH_SIZE  (16ull << 30)

struct qemu_opts {
	const char *device; /* of -device: "e1000e" */
	const char *mac;
	int low, high; /* memfds: memory from 0 on, and from QEMU_HIGH_FIRST on */
	int wire;      /* a stream socket for frames (wire.h); -1: make a pair */
	/*
	 * Its clock jumps to the next timer whenever nothing is to do: a card that waits a second
	 * before it receives does so at once.
	 */
	bool skips_waits;
};

struct qemu {
	pid_t pid;
	int qtest, qmp; /* stream sockets */
	int wire;       /* our end; -1: somebody else's */
	int said;       /* memfd: what it wrote to stderr */
};

/* Can it be started here? If not, *@why is a sentence. */
bool qemu_installed(const char **why);

/* 0 or plx_fail(). It dies with the calling thread, whatever ends that, and leaves no files. */
int qemu_start(struct qemu *q, const struct qemu_opts *opts);
void qemu_stop(struct qemu *q);
/* -ENODEV, with what it wrote before it ended. */
int qemu_fail(const struct qemu *q, const char *what);

#endif
