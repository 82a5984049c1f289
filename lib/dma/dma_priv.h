/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/dma share. Everything a device may reach through this room is a region:
 * whole pages, mapped in the device's domain with the permissions that its use needs.
 *
 * Who may touch what: everything here belongs to the holder of the device's lock, but for what
 * [DP] calls read: plx_dev.dma, plx_dma.mapregs and .table (published with release/acquire), and
 * the slots and lists that they own.
 */
#ifndef PLX_DMA_PRIV_H
#define PLX_DMA_PRIV_H

#include <pollux/dma.h>
#include <pollux/mem.h>

#include "core/error.h"
#include "core/ranges.h"
#include "pci/dev.h"

#include <stdatomic.h>

struct plx_mapregs;

/* NDIS_STATUS_FAILURE and NDIS_STATUS_RESOURCES, which share their values with STATUS_ ones. */
#define PLX_STATUS_NDIS_FAILURE   PLX_STATUS_UNSUCCESSFUL
#define PLX_STATUS_NDIS_RESOURCES PLX_STATUS_INSUFFICIENT_RESOURCES

#define PLX_DMA_NO_LIMIT UINT64_MAX
#define PLX_DMA_MAX_SIZE ((uint64_t)1 << 37) /* of one piece, as of an arena */

/* --- heap.c: where the room's own memory comes from --- */

/* An arena, cut into pages of the device's IOMMU (G-9). */
struct plx_heap_arena {
	struct plx_heap_arena *next;
	struct plx_arena *arena;
	uint8_t *base;
	unsigned shift;          /* of a page */
	uint64_t pages;          /* in all */
	uint64_t fresh;          /* from here on no page was ever handed out: it is zero */
	struct plx_ranges taken; /* of struct plx_heap_block */
	unsigned n_blocks;
	bool hugetlb; /* pages that stay where they are */
};

struct plx_heap_block {
	struct plx_range range;       /* first */
	struct plx_heap_arena *arena; /* NULL: no block */
};

/* Up to PLX_DMA_MAX_SIZE zeroed bytes in whole pages on the device's node. Fills the record. */
int plx_heap_take(struct plx_dev *dev, struct plx_heap_arena **heap, uint64_t size, unsigned shift,
		  struct plx_heap_block *out);
void *plx_heap_address(const struct plx_heap_block *b);
void plx_heap_give(struct plx_heap_arena **heap, struct plx_heap_block *b);

/* --- region.c --- */

enum plx_dma_kind {
	PLX_DMA_SLOTS, /* bounce memory of map registers or of a scatter-gather channel */
	PLX_DMA_SHMEM,
	PLX_DMA_BUF,
	PLX_DMA_SHARED, /* memory of another room: packet pools */
};

struct plx_dma_region {
	struct plx_dma_region *next;
	enum plx_dma_kind kind;
	struct plx_heap_block block; /* SHARED has none */
	struct plx_domain *domain;   /* held; NULL: there is no IOMMU */
	uint8_t *va;
	uint64_t size;  /* bytes that are mapped */
	uint64_t asked; /* bytes that the caller wanted */
	uint64_t iova;
	uint32_t perms;
	unsigned users; /* SHARED: how many times it was asked for */
	bool cached;    /* SHMEM: as the caller said */
};

/* What lib/dma holds on a device: plx_dev.dma. */
struct plx_dma {
	struct plx_holding holding;
	struct plx_dma_region *regions; /* newest first */
	struct plx_heap_arena *heap;
	uint64_t limit; /* last IOVA that the device can put out, as the DMA channel says */
	_Atomic(struct plx_mapregs *) mapregs;
	struct plx_sgdma *sgdma;
	_Atomic(struct plx_dma_table *) table;
	struct plx_dma_table *retired; /* tables that were replaced while somebody read them */
};

/* What the room has on @dev, made if need be. The device is locked. */
int plx_dma_get(struct plx_dev *dev, struct plx_dma **out);

/*
 * The same for [DP] calls, without lock; NULL: nothing was ever asked for. Set once, by the first
 * control-plane call that needs it.
 */
static inline struct plx_dma *plx_dma_peek(struct plx_dev *dev)
{
	return (struct plx_dma *)__atomic_load_n(&dev->dma, __ATOMIC_ACQUIRE);
}

/*
 * A region of @size zeroed bytes in memory of the room's own, all of it at IOVAs up to dma->limit.
 * SLOTS are not in the table of what [DP] calls translate. Errors: -ENOMEM (NOMEM, MEMLOCK),
 * -ENOSPC (WINDOW_FULL, DMA_ENTRIES), -EPERM (ORDER: the device was detached), others as
 * plx_iommu_map().
 */
int plx_region_make(struct plx_dev *dev, enum plx_dma_kind kind, uint64_t size, uint32_t perms,
		    struct plx_dma_region **out);
/* The same over memory that is there already: whole pages at @va. */
int plx_region_share(struct plx_dev *dev, void *va, uint64_t size, uint32_t perms,
		     struct plx_dma_region **out);
/* Unmap and forget. On failure (the kernel's) the region is as it was. */
int plx_region_end(struct plx_dev *dev, struct plx_dma_region *r);
/* The same at close: a failure is logged, and the region is gone in any case. */
void plx_region_drop(struct plx_dev *dev, struct plx_dma_region *r);

/* What it is for, in "plx-dev dma" and in the log; a constant. */
const char *plx_region_purpose(const struct plx_dma_region *r);

/* The region of @kind that @va lies in; NULL: there is none. */
struct plx_dma_region *plx_region_find(const struct plx_dma *dma, enum plx_dma_kind kind,
				       const void *va);

/* --- place.c --- */

/* Map @r somewhere up to @max: at its own virtual address where that can be. Sets r->iova. */
int plx_region_map(struct plx_dev *dev, struct plx_dma_region *r, uint64_t max);
/* Nothing to do where it is not mapped (any more). On failure it is as it was. */
int plx_region_unmap(struct plx_dma_region *r);

/* G-9: how many bits PAGE has for this device. */
int plx_dma_page_shift(struct plx_dev *dev, unsigned *shift);

/* --- phys.c: no-iommu --- */

/* The physical address of memory that is contiguous there; @hugetlb: and stays there. */
int plx_dma_phys(const struct plx_dev *dev, const void *va, uint64_t size, bool hugetlb,
		 uint64_t *out);

/* --- table.c: which IOVA a virtual address has, for [DP] calls --- */

struct plx_dma_entry {
	uintptr_t first, last;  /* bytes, inclusive */
	uint64_t iova;          /* of first */
	_Atomic uint32_t perms; /* 0: gone */
};

/* Sorted by first; entries overlap only where they are the same memory. */
struct plx_dma_table {
	struct plx_dma_table *next; /* retired */
	unsigned n;
	struct plx_dma_entry entry[];
};

/* @r becomes visible; -ENOMEM. */
int plx_table_add(struct plx_dma *dma, const struct plx_dma_region *r);
/*
 * It is gone (@perms 0), or there again; those who used it have stopped (UNM-6): nobody is waited
 * for. Nothing to do for what is not in the table.
 */
void plx_table_set(struct plx_dma *dma, const struct plx_dma_region *r, uint32_t perms);
void plx_table_free(struct plx_dma *dma);

/*
 * Read the table between enter and leave. @readers counts those who do: an owner of a slot has
 * one of his own.
 */
const struct plx_dma_table *plx_table_enter(struct plx_dma *dma, _Atomic unsigned *readers);
void plx_table_leave(_Atomic unsigned *readers);

/* The entry that all of @len bytes at @va lie in, with @perms and up to IOVA @max; NULL: none. */
const struct plx_dma_entry *plx_table_find(const struct plx_dma_table *t, const void *va,
					   uint32_t len, uint32_t perms, uint64_t max);

/* Is any [DP] call inside the table? mapreg.c and sgdma.c. */
bool plx_mapregs_reading(const struct plx_mapregs *m);
bool plx_sgdma_reading(const struct plx_sgdma *s);

/* --- chain.c: chains of struct plx_buf --- */

struct plx_chain_sum {
	uint64_t len;
	uint64_t print; /* of all addresses and lengths */
	bool null;      /* a piece with bytes has no address */
};

/* Stops after more than @max bytes. */
struct plx_chain_sum plx_chain_sum(const struct plx_buf *b, uint64_t max);

/* What a translation is made for. */
struct plx_chain_use {
	uint32_t perms;
	uint64_t max;
	bool ordered; /* MR-13: ascending, and no segment over two regions */
};

/*
 * The segments of a chain all of which is in the table; 0: some of it is not. The first @cap of
 * them are written to @segs.
 */
uint32_t plx_chain_translate(const struct plx_dma_table *t, const struct plx_buf *b,
			     const struct plx_chain_use *use, struct plx_dma_seg *segs,
			     uint32_t cap);

void plx_chain_to(void *to, const struct plx_buf *from);
void plx_chain_from(const struct plx_buf *to, const void *from);

/* --- mapreg.c, sgdma.c, shmem.c --- */

/* SG-2, MR-6: at most one channel. */
int plx_channel_check(const struct plx_dma *dma, const struct plx_dev *dev);
/* Errors of memory and of IOVAs as NDIS says them (MR-7): NDIS_STATUS_RESOURCES. */
int plx_channel_fail(int err);

void plx_mapregs_drop(struct plx_dev *dev, struct plx_dma *dma);
void plx_sgdma_drop(struct plx_dev *dev, struct plx_dma *dma);

/* Complete the record of a [DP] call that failed. */
int plx_dma_fail_dp(const struct plx_dev *dev);

/* Arguments: a pointer that must not be NULL, permissions, a length. */
int plx_dma_fail_null(const struct plx_dev *dev, unsigned arg, const char *what);
int plx_dma_check_perms(const struct plx_dev *dev, uint32_t perms, unsigned arg);

#endif
