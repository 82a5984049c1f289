/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-bench-iommu: what plx-bench's cases of the IOMMU run, natively or under callgrind, each time
 * in a process of its own. It prints one number.
 *
 *	main.c     words to jobs
 *	kernel.c   the simulated kernel, watched
 *	space.c    an address space with a device, by the library and by bare ioctls
 *	pairs.c    unmap and map in it
 *	alloc.c    allocators of IOVAs alone
 *	open.c     opening a device
 */
#ifndef BENCH_IOMMU_H
#define BENCH_IOMMU_H

#include <pollux/pollux.h>

#include "core/sysops.h"

#include <stdbool.h>
#include <stdint.h>

/* A function that callgrind is to find by its name: neither inlined nor copied. */
#ifdef __clang__
#define KEPT __attribute__((noinline))
#else
#define KEPT __attribute__((noinline, noclone))
#endif

/* A job: its words behind the job's name, NULL behind the last. Negative: it failed, and said so. */
double pairs(const char *const words[]);
double allocate(const char *const words[]);
double open_device(const char *const words[]);

/* Print why; returns what a job then returns. */
double complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, with the library's sentence. */
double complain_of(const char *call);

bool is(const char *word, const char *name);
double now_ns(void);

/* Pseudo-random, the same each time. */
uint64_t random_below(uint64_t n);

/* --- kernel.c --- */

/* The simulated kernel's calls, passed on. */
const struct plx_sysops *watched_kernel(void);
/* From now on its ioctl(2) is the function of this name, which callgrind leaves out. */
void leave_out_kernel(void);
int excluded_ioctl(int fd, unsigned long request, void *arg);
/* Nanoseconds in its calls since then; true: of the library's own simulated devices, too. */
void clock_kernel(void);
double kernel_ns(void);

/* --- space.c: group 0 of the simulated kernel --- */

struct space {
	bool type1;
	const struct plx_sysops *sys;
	/* by the library */
	struct plx_ctx *ctx;
	struct plx_iommu *io;
	struct plx_domain *d;
	/* bare */
	int fd; /* of the container, or of /dev/iommu */
	uint32_t ioas;
};

bool space_open(struct space *s, const char *backend);
bool space_open_bare(struct space *s, const char *backend);

#endif
