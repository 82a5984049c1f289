/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the programs test_contract_*.c, which know of the library what its public headers and the DDI
 * contract say: sim:dummy, opened and put into a domain in each way that a program can, over the
 * backend named on the command line; and its DMA engine, which moves real data. Assertions are lab.h's.
 */
#ifndef TESTS_OUTSIDE_H
#define TESTS_OUTSIDE_H

#include "lab.h"

enum outside_way {
	OUTSIDE_OWN,      /* no domain given: one of the device's own */
	OUTSIDE_OPTS,     /* opts.domain */
	OUTSIDE_BOTH,     /* opts.domain and opts.backend */
	OUTSIDE_ATTACHED, /* plx_domain_attach() after the open */
	OUTSIDE_WAYS,
};

struct outside {
	enum plx_backend backend;
	struct plx_ctx *ctx;
	struct plx_iommu *io;
	uint8_t *mem;      /* LAB_PAGES pages, zero */
	unsigned warnings; /* log lines */
	unsigned files;    /* of the process, before all this */
};

extern struct outside outside;

int outside_run(int argc, char **argv, const struct CMUnitTest *tests, size_t n);
#define OUTSIDE_MAIN(tests)                                                                \
	int main(int argc, char **argv)                                                    \
	{                                                                                  \
		return outside_run(argc, argv, tests, sizeof(tests) / sizeof((tests)[0])); \
	}

int outside_setup(void **state);
int outside_teardown(void **state);
#undef RULE
#define RULE(test) cmocka_unit_test_setup_teardown(test, outside_setup, outside_teardown)

unsigned outside_files(void);

/* A TRANSLATE domain with an allocator of @type. */
struct plx_domain *outside_domain(enum plx_iova_alloc type);
/* A bus master in @d; NULL: in none yet. */
struct plx_dev *outside_open(const char *name, struct plx_domain *d);
/* sim:dummy, a bus master, put into a domain in this way; *@d: the caller's to delete; may be NULL. */
struct plx_dev *outside_open_by(enum outside_way way, struct plx_domain **d);
void outside_close(struct plx_dev *dev, struct plx_domain *d);

/* Pages of outside.mem. */
struct plx_phys outside_pages(unsigned first, unsigned n);

/* The device reads memory to its buffer, or writes it from there; the result register (11.1). */
uint32_t outside_reads(struct plx_dev *dev, uint64_t iova, uint32_t len, uint32_t offset);
uint32_t outside_writes(struct plx_dev *dev, uint64_t iova, uint32_t len, uint32_t offset);
enum { DONE, BLOCKED, BAD_ARGUMENT, NO_BUS_MASTER };

#endif
