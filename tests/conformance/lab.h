/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all conformance tests share: a backend named on the command line (sim, type1 or iommufd, the
 * latter two over the kernel in memory), a context whose log is kept, memory, assertions about the
 * whole error record, and what must not be left at the end. Then what those of domains need: an
 * interface, and attachments without a device behind them. Devices are in devlab.h. Includes
 * <cmocka.h>.
 */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommu/attach.h"
#include "sim/kernel.h"

#include "../unit/helper.h"

#define PAGE      4096ull
#define LAB_PAGES 64 /* of lab.mem */
#define MSI       0xfee00000ull
#define MSI_END   0xfef00000ull
#define TOP       (1ull << 39) /* of the aperture */

#define RO PLX_IOMMU_READ
#define WO PLX_IOMMU_WRITE
#define RW (PLX_IOMMU_READ | PLX_IOMMU_WRITE)

#define INVALID_PARAMETER(n) (PLX_STATUS_INVALID_PARAMETER_1 - 1 + (n))

struct lab {
	enum plx_backend backend;
	struct plx_ctx *ctx;
	struct plx_iommu *io;
	uint8_t *mem;                              /* LAB_PAGES pages, writable */
	uint8_t *readonly;                         /* one page */
	struct plx_attachment dev[PLX_SIM_GROUPS]; /* one a group */
	unsigned files;                            /* of the process, before the context */
	unsigned warnings, errors, leaks;          /* log lines */
	char said[512];                            /* the last warning or error */
	char notice[512];                          /* the last notice */
};

extern struct lab lab;

/* The one program: test NAME BACKEND. */
int lab_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n);
#define LAB_MAIN(tests)                                                                \
	int main(int argc, char **argv)                                                \
	{                                                                              \
		return lab_run(argc, argv, tests, sizeof(tests) / sizeof((tests)[0])); \
	}

/* A context and memory, for a fixture; nothing is left: no file, mapping, entry or error. */
void lab_begin(void);
void lab_end(void);

/* Since the last call the library wrote @n lines of error; one, with both in it (G-8). */
void lab_assert_errors(unsigned n);
void lab_assert_logged(const char *one, const char *other);

/* An interface. */
int lab_setup(void **state);
int lab_teardown(void **state);
#define RULE(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

/* A TRANSLATE domain, without a device and with the device of group 0. */
struct plx_domain *lab_empty(enum plx_iova_alloc type, uint8_t width);
struct plx_domain *lab_domain(enum plx_iova_alloc type, uint8_t width);
/* Detach what is attached, and delete. */
void lab_delete(struct plx_domain *d);

/* Open the node of a group's device and attach it; detach it and close the node. */
int lab_attach(struct plx_domain *d, unsigned group);
int lab_detach(struct plx_domain *d, unsigned group);

/* @n pages of lab.mem from page @first on. */
struct plx_phys lab_pages(unsigned first, unsigned n);

/* Map one page read+write; PLX_IOVA_INVALID when that fails. */
uint64_t lab_map(struct plx_domain *d, const uint64_t *at, const uint64_t *min, const uint64_t *max,
		 unsigned n);
#define lab_map_at(d, at, n) lab_map(d, &(const uint64_t){ at }, NULL, NULL, n)

uint64_t lab_mappings(struct plx_domain *d);

/* The call failed, and the record says so in every field. */
#define assert_fails(call, err, status, reason, arg) \
	lab_assert_fails(call, err, status, reason, arg, __FILE__, __LINE__)
void lab_assert_fails(int got, int err, uint32_t status, enum plx_reason reason, unsigned arg,
		      const char *file, int line);
/* The call succeeded, and the record is empty (E-1). */
#define assert_works(call) lab_assert_works(call, __FILE__, __LINE__)
void lab_assert_works(int got, const char *file, int line);

#endif
