/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPU and NUMA facts, read once.
 */
#ifndef PLX_CORE_CPU_H
#define PLX_CORE_CPU_H

#include <pollux/ctx.h>

#include <sched.h>

struct plx_cpus {
	struct plx_cpu_facts facts;
	unsigned n;         /* CPU numbers are below this */
	cpu_set_t *allowed; /* CPU_ALLOC()ed for n */
	int16_t *node;      /* by CPU number, -1: no such CPU */
};

/* 0 or -ENOMEM, without an error record. */
int plx_cpus_read(struct plx_cpus *cpus);
void plx_cpus_free(struct plx_cpus *cpus);

#endif
