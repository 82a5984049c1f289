/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Write-combining: VFIO has none (WC-1), sysfs has some (WC-2, WC-3), and the two exclude each
 * other (WC-4 .. WC-6). Rights and exclusivity still come from the VFIO device (WC-7).
 */
#define _GNU_SOURCE
#include "io/io_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

bool plx_wc_possible(struct plx_dev *dev, unsigned bar)
{
	const struct plx_pci_resource *r = &dev->function->facts.bars[bar];
	uint64_t off, len;
	unsigned of;

	if (!(r->flags & PLX_PCI_PREFETCH) || dev->bar_path[bar] == PLX_BAR_TRANSPORT)
		return false;
	if (plx_claim_uncached(dev->function, bar)) /* by another handle: one type for a BAR */
		return false;
	/* WC-6: no control registers; the table counts as such. */
	return plx_dev_msix_table(dev, &of, &off, &len) || !len || of != bar;
}

/* 0 or a positive errno. */
static int map_sysfs(struct plx_dev *dev, unsigned bar, uint64_t off, uint64_t len, int prot,
		     void **pages)
{
	char path[96];
	void *at;
	int fd, err = 0;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%u_wc",
		 dev->function->facts.address, bar);
	fd = dev->sys->open(path, (prot & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return errno;
	at = dev->sys->mmap(NULL, len, prot, MAP_SHARED, fd, (off_t)off);
	if (at == MAP_FAILED)
		err = errno;
	else
		*pages = at;
	dev->sys->close(fd); /* the mapping keeps the file */
	return err;
}

int plx_wc_map(struct plx_dev *dev, unsigned bar, uint64_t off, uint64_t len, int prot,
	       void **pages, enum plx_map_path *path)
{
	int err;

	if (dev->transport->simulated) {
		*path = PLX_PATH_SIM;
		err = dev->transport->map(dev, bar, off, len, prot, pages);
		return err < 0 ? -err : err;
	}
	*path = PLX_PATH_SYSFS_WC;
	return map_sysfs(dev, bar, off, len, prot, pages);
}

/* --- MIO-16: the strict accessors and write-combined addresses --- */

#ifdef PLX_CHECKS
#include "core/check.h"

/* Process-wide, since an address does not say whose it is; only in builds for development. */
#define NOTED 64
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uintptr_t va;
	uint64_t len;
} noted[NOTED];

static void set(uintptr_t from, uintptr_t va, uint64_t len)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < NOTED; i++) {
		if (noted[i].va != from)
			continue;
		noted[i].va = va;
		noted[i].len = len;
		break;
	}
	pthread_mutex_unlock(&lock);
}

void plx_wc_note(const struct plx_mapping *m)
{
	set(0, (uintptr_t)m->va, m->claim.range.last - m->claim.range.first + 1);
}

void plx_wc_forget(const struct plx_mapping *m)
{
	set((uintptr_t)m->va, 0, 0);
}

void plx_mmio_check_strict(const volatile void *reg)
{
	bool wc = false;

	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < NOTED; i++)
		wc |= noted[i].va && (uintptr_t)reg - noted[i].va < noted[i].len;
	pthread_mutex_unlock(&lock);
	if (wc)
		plx_check_stop("a strict accessor meets a write-combined mapping at %p: use the "
			       "relaxed one and plx_wc_flush()",
			       (const void *)(uintptr_t)reg);
}
#else
void plx_wc_note(const struct plx_mapping *m)
{
	(void)m;
}

void plx_wc_forget(const struct plx_mapping *m)
{
	(void)m;
}

void plx_mmio_check_strict(const volatile void *reg)
{
	(void)reg;
}
#endif
