/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the conformance tests of devices share: sim:dummy over the backend that is named on the
 * command line, and its DMA engine. The context, its log, memory and assertions are lab.h's.
 */
#ifndef TESTS_DEVLAB_H
#define TESTS_DEVLAB_H

#include "lab.h"

#include <pollux/test.h>

#include "pci/dev.h"

/* The function's BARs (11.1). */
#define BAR0       0xfe000000ull
#define BAR0_SIZE  0x20000u
#define BAR1       0xfe020000ull
#define BAR2       0xc000u
#define BAR2_PORTS 256u
#define BAR4       0xd0000000ull
#define BAR4_SIZE  0x10000u
#define BAR5       0xfe030000ull

/* Registers of BAR 0. */
enum {
	REG_ID = 0x00,
	REG_IOVA = 0x08,
	REG_LEN = 0x10,
	REG_OFFSET = 0x14,
	REG_COMMAND = 0x18,
	REG_RESULT = 0x1c,
	REG_BLOCKED = 0x20,
	REG_BLOCKED_IOVA = 0x28,
	REG_DIRECTION = 0x30,
};

enum { DMA_READ = 1, DMA_WRITE = 2 };                                /* commands */
enum { DMA_DONE, DMA_BLOCKED, DMA_BAD_ARGUMENT, DMA_NO_BUS_MASTER }; /* results */

#define FAILURE   PLX_STATUS_UNSUCCESSFUL
#define RESOURCES PLX_STATUS_INSUFFICIENT_RESOURCES
#define CONFLICT  PLX_STATUS_NDIS_RESOURCE_CONFLICT

struct devlab {
	struct plx_dev *dev;            /* "sim:dummy" */
	struct plx_domain *d;           /* TRANSLATE, Flex, 39 bits */
	struct plx_transport transport; /* a copy, for devlab_break() */
};

extern struct devlab devlab;

/* A context; with devlab.dev, a bus master, in no domain of the test's; with it in devlab.d. */
int devlab_setup(void **state);
int devlab_setup_open(void **state);
int devlab_setup_in_domain(void **state);
/* Closes and deletes what is in devlab. */
int devlab_teardown(void **state);

/* A program that wants more than a context says so before it includes this. */
#ifndef DEVLAB_SETUP
#define DEVLAB_SETUP devlab_setup
#endif
#undef RULE
#define RULE(test) cmocka_unit_test_setup_teardown(test, DEVLAB_SETUP, devlab_teardown)

/* @name over the backend; in @d, or NULL. */
struct plx_dev *devlab_open(const char *name, struct plx_domain *d);
/* The same with attributes set: a bus master. */
struct plx_dev *devlab_open_master(const char *name, struct plx_domain *d);
/* Open that fails: what plx_dev_open() returned. */
int devlab_open_fails(const char *name, const struct plx_dev_opts *opts);
/* Close devlab.dev and open it again, without attributes; NULL: as before. */
void devlab_reopen(const struct plx_dev_opts *opts);
void devlab_attributes(struct plx_dev *dev, bool bus_master);

struct plx_iommu *devlab_iommu(void);
struct plx_domain *devlab_domain(struct plx_iommu *io);
/* Leave the domain that the device has been in since it was opened, on type1. */
void devlab_leave_own(struct plx_dev *dev);
/* Mappings in the device's domain; 0: it has none. */
uint64_t devlab_mappings(struct plx_dev *dev);
/* Map @n pages of lab.mem from page @first on in devlab.d; the IOVA. */
uint64_t devlab_map(unsigned first, unsigned n, uint32_t perms);

/* A mutable copy of the transport is behind devlab.dev from now on: make its calls fail. */
struct plx_transport *devlab_break(void);

/* Registers of a region; 1, 2, 4 or 8 bytes. */
uint64_t devlab_read(struct plx_dev *dev, unsigned region, uint64_t off, uint32_t len);
void devlab_write(struct plx_dev *dev, unsigned region, uint64_t off, uint32_t len, uint64_t v);
uint32_t devlab_read32(struct plx_dev *dev, unsigned region, uint64_t off);
void devlab_write32(struct plx_dev *dev, unsigned region, uint64_t off, uint32_t v);
/* PCI_COMMAND as the device has it. */
uint16_t devlab_command(struct plx_dev *dev);

/* The engine: a command, and its result register. */
uint32_t devlab_dma(struct plx_dev *dev, uint32_t command, uint64_t iova, uint32_t len,
		    uint32_t offset);
/* devlab.dev reads @len bytes at @iova: are they those at @expected? */
bool devlab_dma_reads(uint64_t iova, const void *expected, uint32_t len);
/* devlab.dev writes @len bytes from @from to @iova; true: it could. */
bool devlab_dma_writes(uint64_t iova, const void *from, uint32_t len);
/* Bytes that are not alike. */
void devlab_fill(void *to, size_t len, unsigned seed);

#endif
