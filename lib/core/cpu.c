/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CPU and NUMA facts through libnuma, which reads sysfs once for the whole process.
 */
#define _GNU_SOURCE
#include "core/cpu.h"

#include <errno.h>
#include <numa.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel refuses a mask smaller than its own: grow until it fits. */
static cpu_set_t *read_affinity(unsigned n)
{
	for (; n <= 1u << 16; n *= 2) {
		cpu_set_t *set = CPU_ALLOC(n);

		if (!set)
			return NULL;
		CPU_ZERO_S(CPU_ALLOC_SIZE(n), set);
		if (!sched_getaffinity(0, CPU_ALLOC_SIZE(n), set))
			return set;
		CPU_FREE(set);
	}
	return NULL;
}

int plx_cpus_read(struct plx_cpus *cpus)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF), online = sysconf(_SC_NPROCESSORS_ONLN);
	bool numa = numa_available() >= 0;

	memset(cpus, 0, sizeof(*cpus));
	cpus->n = configured > 0 ? (unsigned)configured : 1;
	cpus->allowed = read_affinity(cpus->n < 64 ? 64 : cpus->n);
	cpus->node = malloc(cpus->n * sizeof(*cpus->node));
	if (!cpus->allowed || !cpus->node) {
		plx_cpus_free(cpus);
		return -ENOMEM;
	}
	for (unsigned cpu = 0; cpu < cpus->n; cpu++) {
		int node = numa ? numa_node_of_cpu((int)cpu) : 0;

		cpus->node[cpu] = (int16_t)node;
		cpus->facts.allowed +=
			CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(cpus->n), cpus->allowed) != 0;
	}
	cpus->facts.online = online > 0 ? (unsigned)online : 1;
	cpus->facts.nodes = numa ? (unsigned)numa_num_configured_nodes() : 1;
	return 0;
}

void plx_cpus_free(struct plx_cpus *cpus)
{
	CPU_FREE(cpus->allowed);
	free(cpus->node);
}
