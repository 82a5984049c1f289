/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledgers of other processes (lib/iommu/ledger.h). Whoever wrote one may have written anything:
 * what comes from here has been checked, and its texts are cleaned.
 */
#ifndef DEV_LEDGER_READ_H
#define DEV_LEDGER_READ_H

#include "dev/app.h"
#include "iommu/ledger.h"
#include "pci/facts.h"

struct ledger_range {
	uint64_t iova, size;
	uint32_t perms; /* enum plx_iommu_perms; never 0 */
	char owner[PLX_LEDGER_TEXT];
};

struct ledger_device {
	uint32_t group;
	char name[PLX_LEDGER_TEXT];
};

struct ledger {
	long pid;
	char comm[PLX_COMM];
	char name[PLX_LEDGER_TEXT];  /* of the domain */
	unsigned type, backend;      /* in their range */
	struct ledger_range *ranges; /* in order of IOVA */
	struct ledger_device *devices;
	size_t n_ranges, n_devices;
	uint64_t missing; /* ranges that the writer had no room for */
	uint64_t odd;     /* records that are nonsense, or changed whenever they were looked at */
};

/* What was not looked into. */
struct ledger_gaps {
	unsigned denied; /* processes of other users */
	unsigned odd;    /* files that are no ledgers, in spite of their names */
};

/* Call @fn for each ledger of every process, until it returns something else than 0. */
typedef int (*ledger_fn)(struct app *app, const struct ledger *l, void *arg);
int ledger_each(struct app *app, ledger_fn fn, void *arg, struct ledger_gaps *gaps);

#endif
