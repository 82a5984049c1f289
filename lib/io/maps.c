/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappings of BARs: whole pages through the transport or write-combined through sysfs, with a claim
 * each. What NdisMMapIoSpace and MmMapIoSpaceEx ask for beyond that is in mmio.c and iospace.c.
 */
#include "io/io_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whole pages of a BAR, as offsets into it (MIO-3). */
struct span {
	uint64_t off, len;
};

static struct span pages_of(const struct plx_dev *dev, const struct plx_io_range *range)
{
	uint64_t mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;
	uint64_t off = range->first - dev->function->facts.bars[range->bar].first;
	uint64_t end = off + (range->last - range->first);

	return (struct span){ off & ~mask, (end | mask) - (off & ~mask) + 1 };
}

/* --- what may be mapped --- */

/* Does the range need a page of the MSI-X table that the kernel keeps for itself? */
static bool hits_msix_table(struct plx_dev *dev, unsigned bar, struct span s)
{
	uint64_t mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;
	uint64_t off, len;
	unsigned of;

	if (dev->regions[bar].msix_mappable || plx_dev_msix_table(dev, &of, &off, &len) ||
	    of != bar || !len)
		return false;
	return s.off <= ((off + len - 1) | mask) && (off & ~mask) <= s.off + s.len - 1;
}

static bool in_sparse_list(const struct plx_region *region, struct span s)
{
	if (!region->n_sparse)
		return true;
	for (unsigned i = 0; i < region->n_sparse; i++) {
		const struct plx_sparse *a = &region->sparse[i];

		if (s.off >= a->offset && s.len <= a->size && s.off - a->offset <= a->size - s.len)
			return true;
	}
	return false;
}

int plx_map_check_pages(struct plx_dev *dev, const struct plx_io_ddi *ddi,
			const struct plx_io_range *range)
{
	struct span s = pages_of(dev, range);
	char text[PLX_RANGE_TEXT];

	plx_io_range_text(range, text);
	if (!dev->regions[range->bar].can_map)
		return 0; /* MIO-6 says it better */
	if (hits_msix_table(dev, range->bar, s))
		return plx_io_fail_arg(dev, ddi, PLX_R_MSIX_TABLE, ddi->arg_address,
				       "%s shares a page with the MSI-X table, which this kernel "
				       "does not let map: map around it",
				       text);
	if (!in_sparse_list(&dev->regions[range->bar], s))
		return plx_io_fail_arg(dev, ddi, PLX_R_NO_MMAP, ddi->arg_address,
				       "%s is not in one of the parts of the BAR that the kernel "
				       "lets map: use plx_region_read() and plx_region_write()",
				       text);
	return 0;
}

int plx_map_check_mode(struct plx_dev *dev, const struct plx_io_ddi *ddi,
		       const struct plx_io_range *range)
{
	const struct plx_region *region = &dev->regions[range->bar];
	uint64_t off = range->first - dev->function->facts.bars[range->bar].first;
	char text[PLX_RANGE_TEXT];

	if (region->can_map && off < region->size &&
	    range->last - range->first <= region->size - 1 - off)
		return 0;
	return plx_fail_ddi(
		-ENOTSUP, ddi->ndis ? PLX_STATUS_INSUFFICIENT_RESOURCES : PLX_STATUS_NOT_SUPPORTED,
		PLX_R_NO_MMAP, 0, dev->child.name,
		"%s: %s cannot be mapped: use plx_region_read() and "
		"plx_region_write(), or struct plx_regs",
		dev->child.name, plx_io_range_text(range, text));
}

/* --- mapping --- */

/* WC-6: the way to a BAR is chosen once; uncached after write-combined is refused. */
static int check_path(const struct plx_mapping *m, const struct plx_io_ddi *ddi)
{
	const struct plx_claim *c = &m->claim;
	char text[PLX_RANGE_TEXT];

	if (c->cache == PLX_CACHE_WC || c->dev->bar_path[c->range.bar] != PLX_BAR_WC)
		return 0;
	return plx_io_fail_conflict(c->dev, ddi, PLX_R_CACHE_CONFLICT, 0,
				    "%s: this handle reached the BAR write-combined, and so it "
				    "stays until the device is closed",
				    plx_io_range_text(&c->range, text));
}

static int fail_no_wc(const struct plx_mapping *m, int sys_errno)
{
	const struct plx_dev *dev = m->claim.dev;
	char text[PLX_RANGE_TEXT];

	plx_fail_ddi(-ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_NO_WC, 3, dev->child.name,
		     "%s: %s cannot be write-combined: that takes a prefetchable BAR that nothing "
		     "has touched, root, and a kernel with iomem=relaxed",
		     dev->child.name, plx_io_range_text(&m->claim.range, text));
	return plx_fail_origin(sys_errno ? PLX_BACKEND_SYSFS : dev->backend, NULL, sys_errno);
}

/* Ask the kernel, or the simulation. -ENOTSUP: not write-combined, and nothing is changed. */
static int map_pages(struct plx_mapping *m, const struct plx_map_request *req)
{
	struct plx_dev *dev = m->claim.dev;
	struct span s = pages_of(dev, &req->range);
	int prot = PROT_READ | (m->claim.protect == PLX_PROT_READWRITE ? PROT_WRITE : 0);
	int err;

	if (m->claim.cache == PLX_CACHE_WC) {
		err = plx_wc_map(dev, req->range.bar, s.off, s.len, prot, &m->pages, &m->path);
		if (err)
			return fail_no_wc(m, err);
	} else {
		err = dev->transport->map(dev, req->range.bar, s.off, s.len, prot, &m->pages);
		if (err)
			return plx_io_fail_map(dev, req->ddi, &req->range, err);
		m->path = dev->transport->simulated ? PLX_PATH_SIM : PLX_PATH_VFIO;
	}
	m->n_bytes = s.len;
	m->va = (uint8_t *)m->pages +
		(req->range.first - dev->function->facts.bars[req->range.bar].first - s.off);
	return 0;
}

static void unmap_pages(struct plx_mapping *m)
{
	struct plx_dev *dev = m->claim.dev;

	if (!m->pages)
		return;
	if (m->path == PLX_PATH_SYSFS_WC)
		dev->sys->munmap(m->pages, m->n_bytes);
	else
		dev->transport->unmap(dev, m->pages, m->n_bytes);
	m->pages = NULL;
}

/* MIO-14: the first claim of a kind turns decoding on; VFIO's close turns it off. */
static int decode(const struct plx_mapping *m)
{
	return plx_dev_command(m->claim.dev, m->claim.range.space == PLX_SPACE_PORTS
						     ? PLX_PCI_COMMAND_IO
						     : PLX_PCI_COMMAND_MEMORY);
}

/* G-5: occupancy, then state, then the kernel. */
static int map_claimed(struct plx_mapping *m, const struct plx_map_request *req)
{
	struct plx_dev *dev = m->claim.dev;
	int err = plx_io_check_order(dev, req->ddi, req->states);

	if (!err && !req->through_transport)
		err = map_pages(m, req);
	if (err)
		return err;
	err = decode(m);
	if (err)
		unmap_pages(m);
	else
		dev->bar_path[req->range.bar] =
			m->claim.cache == PLX_CACHE_WC ? PLX_BAR_WC : PLX_BAR_TRANSPORT;
	return err;
}

static int try(struct plx_mapping *m, const struct plx_map_request *req, enum plx_cache cache)
{
	int err;

	m->claim.cache = cache;
	err = check_path(m, req->ddi);
	if (!err)
		err = plx_claim_take(&m->claim, req->ddi);
	if (err)
		return err;
	err = map_claimed(m, req);
	if (err)
		plx_claim_drop(&m->claim);
	return err;
}

/* Write-combining is permitted, not demanded, unless the caller is strict (4.3). */
static int try_either(struct plx_mapping *m, const struct plx_map_request *req)
{
	int err;

	if (!(req->protect & PLX_PROT_WRITECOMBINE))
		return try(m, req, PLX_CACHE_UC);
	err = plx_wc_possible(m->claim.dev, req->range.bar) ? try(m, req, PLX_CACHE_WC)
							    : fail_no_wc(m, 0);
	if (err == -ENOTSUP && !(req->protect & PLX_PROT_STRICT))
		err = try(m, req, PLX_CACHE_UC);
	return err;
}

int plx_map(struct plx_dev *dev, const struct plx_map_request *req, volatile void **va)
{
	struct plx_mapping *m = calloc(1, sizeof(*m));
	struct plx_io *io;
	int err;

	if (!m)
		return plx_fail_nomem(dev->child.name, "a mapping");
	m->kind = req->kind;
	m->claim.dev = dev;
	m->claim.range = req->range;
	m->claim.protect = req->protect & (PLX_PROT_READONLY | PLX_PROT_READWRITE);
	err = plx_io_room(dev, &io);
	if (!err)
		err = try_either(m, req);
	if (err) {
		free(m);
		return err;
	}
	m->next = io->mappings;
	io->mappings = m;
	dev->n_maps++;
	if (m->claim.cache == PLX_CACHE_WC)
		plx_wc_note(m);
	*va = m->va;
	return 0;
}

/* --- unmapping --- */

int plx_map_find(struct plx_dev *dev, const struct plx_io_ddi *ddi, enum plx_map_kind kind,
		 const volatile void *va, uint64_t len, struct plx_mapping **out)
{
	struct plx_io *io = dev->io;
	struct plx_mapping *m = io ? io->mappings : NULL;
	uint64_t has;

	while (m && (m->kind != kind || m->va != va))
		m = m->next;
	if (!m)
		return plx_fail_ddi(-ENOENT, PLX_STATUS_UNSUCCESSFUL, PLX_R_NOT_MAPPED,
				    ddi->arg_address, dev->child.name,
				    "%s: %s() gave no mapping at %p, or it is unmapped already",
				    dev->child.name, ddi->name, (const void *)(uintptr_t)va);
	has = m->claim.range.last - m->claim.range.first + 1;
	if (has != len)
		return plx_io_fail_arg(dev, ddi, PLX_R_MISMATCH, ddi->arg_length,
				       "the mapping at %p has %llu bytes, not %llu: only all of it "
				       "can be unmapped",
				       (const void *)(uintptr_t)va, (ull)has, (ull)len);
	*out = m;
	return 0;
}

void plx_map_end(struct plx_dev *dev, struct plx_mapping *m)
{
	struct plx_io *io = dev->io;
	struct plx_mapping **at = &io->mappings;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	if (m->claim.cache == PLX_CACHE_WC)
		plx_wc_forget(m);
	unmap_pages(m);
	plx_claim_drop(&m->claim);
	dev->n_maps--;
	free(m);
}
