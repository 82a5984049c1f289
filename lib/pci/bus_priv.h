/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What bus.c and group.c share. The bus' lock is taken after a device's and before those of
 * domains.
 */
#ifndef PLX_PCI_BUS_PRIV_H
#define PLX_PCI_BUS_PRIV_H

#include "pci/pci_priv.h"

/* Of what the kernel calls a group all devices share one backend and one domain (DEV-3). */
struct plx_group {
	struct plx_group *next;
	bool simulated;
	uint32_t number;
	enum plx_backend backend;
	unsigned members;
	int fd;                /* type1, noiommu: the one file; else -1 */
	bool borrowed;         /* the caller's, which stays open */
	struct plx_domain *in; /* NULL: no member is attached */
	unsigned attached;
	char first[32]; /* the member that was attached first */
};

struct shared_iommu;

struct plx_bus {
	struct plx_annex annex; /* first */
	pthread_mutex_t lock;
	struct plx_function *functions;
	struct shared_iommu *iommus;
	struct plx_group *groups;
	struct plx_dev *graves, **last_grave;
	unsigned n_graves;
};

/* Of a context that has had a device. */
struct plx_bus *plx_bus_lock(struct plx_ctx *ctx);

#endif
