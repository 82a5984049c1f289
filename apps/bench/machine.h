/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the numbers were measured on.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "bench/bench.h"

struct machine {
	char cpu[128];
	unsigned cpus_online, cpus_allowed;
	char kernel[128];
	char governor[32]; /* "" where the kernel does not tell, as in most VMs */
	bool virtual;      /* the CPU says that it is a virtual machine's */
	unsigned long huge_total, huge_free, huge_kb; /* huge pages and the size of one */
	char shmem_huge[64];                          /* transparent huge pages for shared memory */
	double load;                                  /* average over a minute, before measuring */
	const char *compiler, *commit, *version;
	bool optimized;
	char date[32]; /* UTC, ISO 8601 */
};

void machine_read(const struct bench *b, struct machine *m);

#endif
