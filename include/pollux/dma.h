/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's memory: queue memory, map registers, scatter-gather lists and shared memory (section 6
 * of the DDI contract).
 *
 * New drivers take rings and buffers from plx_dmabuf_alloc(). The rest mirrors NDIS: map registers
 * (NdisMAllocateMapRegisters, NDIS 5) or a scatter-gather channel (NdisMRegisterScatterGatherDma,
 * NDIS 6), and shared memory below the address limit that one of them names.
 *
 * A device reaches what this room has mapped for it and nothing else; each piece with the
 * permissions that it needs. Memory is shared memory of the kernel (a memfd), in whole pages, on the
 * device's NUMA node, zeroed. Where the device's domain lets the caller choose, a piece's IOVA is
 * its virtual address, unless the channel's limit forbids it.
 *
 * plx_error.arg counts the arguments of the DDI, not of the C function. Calls for the control
 * plane lock the device (G-7), allocate and make system calls. The four of the datapath make no
 * system call, take no lock, allocate nothing, and leave the error record alone unless they fail
 * (E-1). They translate by a table that control-plane calls replace under them: memory may be
 * allocated at any time, and is freed only when neither the device nor a burst loop uses it any
 * more (UNM-6): freeing waits for nobody.
 */
#ifndef POLLUX_DMA_H
#define POLLUX_DMA_H

#include <pollux/base.h>
#include <pollux/dev.h>

PLX_BEGIN_DECLS

struct plx_sgdma;

/* A buffer, or a chain of them. */
struct plx_buf {
	void *va;
	uint32_t len;               /* bytes; 0 is allowed */
	const struct plx_buf *next; /* NULL: the last */
};

/* What a device is told. */
struct plx_dma_seg {
	uint64_t iova;
	uint32_t len; /* bytes */
};

/* --- queue memory --- */

/**
 * plx_dmabuf_alloc - memory for rings and buffers
 * @dev:   the device
 * @len:   bytes, at least 1, up to 2^37 (argument 2)
 * @perms: what the device may do with it: PLX_IOMMU_READ, PLX_IOMMU_WRITE or both (argument 3)
 * @va:    page-aligned and zeroed; NULL on failure (argument 4)
 * @iova:  what the device calls it; PLX_IOVA_INVALID on failure (argument 5)
 *
 * One piece in virtual memory and in IOVAs. A device that was never attached to a domain is
 * attached to one of its own. With map registers or a channel of 24 or 32 bits, it lies below.
 * The caller owns it and ends it with plx_dmabuf_free(), in any state before close.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG; ZERO_LEN arg 2; RESERVED_BITS arg 3), -EPERM (STATE: closed; ORDER: no
 * attributes yet (G-12), or detached from its domain), -ENOMEM (NOMEM; MEMLOCK: over
 * RLIMIT_MEMLOCK; NO_PHYS: no-iommu, and no hugepages), -EACCES (NO_PHYS: no-iommu without
 * CAP_SYS_ADMIN), -ENOSPC (WINDOW_FULL; DMA_ENTRIES), others as plx_iommu_map().
 * Source: G-11a of the DDI contract; NdisMAllocateSharedMemory without its rules.
 */
PLX_API int plx_dmabuf_alloc(struct plx_dev *dev, size_t len, uint32_t perms, void **va,
			     uint64_t *iova);

/**
 * plx_dmabuf_free - give queue memory back
 * @dev: the device
 * @va:  as plx_dmabuf_alloc() gave it (argument 2)
 *
 * The device no longer reaches it on return: stop its use first (UNM-6).
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG; MISMATCH arg 2: inside a piece), -ENOENT (NOT_MAPPED arg 2: no such
 * piece), -EPERM (STATE: closed), others as plx_iommu_unmap(), and then nothing is changed.
 * Source: G-11a of the DDI contract.
 */
PLX_API int plx_dmabuf_free(struct plx_dev *dev, void *va);

/* --- map registers (NDIS 5) --- */

/* How wide the addresses are that a device puts out. */
enum plx_dma_size {
	PLX_DMA_24BITS = 0, /* ISA's; below 16 MiB */
	PLX_DMA_32BITS = 1, /* below 4 GiB */
	PLX_DMA_64BITS = 2, /* all that the IOMMU translates */
};

/**
 * plx_mapreg_alloc - promise the datapath memory that the device reaches
 * @dev:         the device
 * @dma_channel: 0 (argument 2)
 * @sz:          the device's addresses (argument 3)
 * @base_regs:   buffers in flight at a time (argument 4)
 * @max_buf:     bytes of the largest (argument 5)
 *
 * Each of @base_regs takes plx_mapreg_per_base(@max_buf) pages, 64 at most in all, mapped now at
 * consecutive IOVAs for reading and writing. A failed call leaves the device ready for another with
 * smaller numbers. End them with plx_mapreg_free().
 * State: INIT. Threads: any. Burst loop: no.
 * Errors: -EINVAL (BAD_ENUM arg 2, arg 3; ZERO_LEN arg 4, arg 5), -ENOTSUP (NOT_BUSMASTER, status
 * RESOURCES), -ENOSPC (MAPREG_LIMIT: more than 64, status RESOURCES), -EBUSY (ALREADY: there are
 * map registers or a channel), -EPERM (STATE, ORDER), -ENOMEM (NO_IOMMU: 24 or 32 bits on no-iommu;
 * MEMLOCK, NOMEM, status RESOURCES), -ENOSPC (WINDOW_FULL: no IOVAs below the limit; DMA_ENTRIES,
 * status RESOURCES), others as plx_iommu_map().
 * Source: NdisMAllocateMapRegisters; MR-1 .. MR-8.
 */
PLX_API int plx_mapreg_alloc(struct plx_dev *dev, uint32_t dma_channel, enum plx_dma_size sz,
			     uint32_t base_regs, uint32_t max_buf);

/**
 * plx_mapreg_free - end a device's map registers
 * @dev: the device
 *
 * State: INIT, HALTED. Threads: one, and no other is in plx_mapreg_start() or _complete(). Burst
 * loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOENT (NOT_MAPPED: there are none), -EBUSY (BUSY_SLOT: one is
 * started; nothing is freed), -EPERM (STATE), others as plx_iommu_unmap(), and then nothing is
 * changed.
 * Source: NdisMFreeMapRegisters; MR-1, MR-12.
 */
PLX_API int plx_mapreg_free(struct plx_dev *dev);

/**
 * plx_mapreg_per_base - pages that a buffer can span at the worst alignment
 * @max_buf: bytes
 *
 * Return: map registers for each base register; 0 for 0.
 * Threads: any. Burst loop: yes. Errors: none. Source: 6.1 of the DDI contract.
 */
PLX_API uint32_t plx_mapreg_per_base(uint32_t max_buf);

/**
 * plx_mapreg_start - have the device reach a buffer
 * @dev:       the device
 * @b:         the buffer, or a chain, at most max_buf bytes in all (argument 2); any memory
 * @idx:       the base register, from 0 (argument 3)
 * @to_device: the device reads it; else it writes it (argument 4)
 * @segs:      filled (argument 5); may be NULL where *@nsegs is 0
 * @nsegs:     in: how many fit; out: how many there are (argument 6); on failure 0, or with
 *             -EMSGSIZE how many there would be
 *
 * A buffer that lies in memory mapped for the device (queue and shared memory, pools), with the
 * permission and below the limit, is told where it is, in as many segments as that takes, in
 * ascending order. Where a piece of a chain does not, or the order would be another, all of it is
 * copied to the register's own memory, which is one segment. 0 bytes are 0 segments; the register
 * is started all the same.
 * The segments are valid until plx_mapreg_complete(), and so must the buffer be.
 * Threads: any; one index is one thread's at a time. Burst loop: yes.
 * Errors: -EINVAL (NULL_ARG; INDEX arg 3; TOO_LARGE arg 2), -EBUSY (BUSY_SLOT arg 3), -EMSGSIZE
 * (TOO_LARGE arg 6, status BUFFER_TOO_SMALL: the register stays free).
 * Source: NdisMStartBufferPhysicalMapping; MR-9, MR-11, MR-13.
 */
PLX_API int plx_mapreg_start(struct plx_dev *dev, const struct plx_buf *b, uint32_t idx,
			     bool to_device, struct plx_dma_seg *segs, uint32_t *nsegs);

/**
 * plx_mapreg_complete - the device is done with a buffer
 * @dev: the device
 * @b:   the buffer as at plx_mapreg_start(): the same addresses and lengths (argument 2)
 * @idx: the base register (argument 3)
 *
 * What the device has written is in the buffer on return.
 * Threads: as plx_mapreg_start(). Burst loop: yes.
 * Errors: -EINVAL (NULL_ARG; INDEX arg 3; MISMATCH arg 2: another buffer, and the register stays
 * started), -ENOENT (NOT_STARTED arg 3).
 * Source: NdisMCompleteBufferPhysicalMapping; MR-10, MR-11.
 */
PLX_API int plx_mapreg_complete(struct plx_dev *dev, const struct plx_buf *b, uint32_t idx);

/* --- scatter-gather lists (NDIS 6) --- */

struct plx_sg_list {
	uint32_t n, pad;
	struct plx_dma_seg seg[];
};

/* plx_sgdma_desc.type, .rev and .flags */
enum {
	PLX_SGDMA_TYPE = 0x83,
	PLX_SGDMA_REV_1 = 1,
	PLX_SGDMA_64BIT = 1u << 0, /* the device puts out 64-bit addresses; else 32-bit ones */
};

/* plx_sg_build()'s flags */
enum {
	PLX_SG_WRITE_TO_DEVICE = 1u << 0, /* the device reads the buffer; else it writes it */
};

/**
 * plx_sg_fn - a list is ready for the device
 * @s:   the channel
 * @l:   the list: the caller's own, as given to plx_sg_build()
 * @ctx: as given to plx_sg_build()
 *
 * Called by plx_sg_build() before it returns. It may release the list.
 */
typedef void (*plx_sg_fn)(struct plx_sgdma *s, struct plx_sg_list *l, void *ctx);

struct plx_sgdma_desc {
	uint16_t type;         /* PLX_SGDMA_TYPE */
	uint16_t rev;          /* PLX_SGDMA_REV_1 */
	uint32_t size;         /* sizeof(struct plx_sgdma_desc) */
	uint32_t flags;        /* PLX_SGDMA_64BIT */
	uint32_t max_mapping;  /* bytes of the largest buffer */
	plx_sg_fn process;     /* called with every list */
	uint32_t sg_list_size; /* out: bytes of a list; 0 on failure */
};

/**
 * plx_sgdma_register - register a scatter-gather channel
 * @dev: the device
 * @d:   what it will be asked for (argument 2); .sg_list_size is filled
 * @out: the channel (argument 3); NULL on failure
 *
 * An alternative to map registers (SG-2). Takes up to 1 MiB of bounce memory for buffers that the
 * device does not reach: plx_sg_build().
 * The caller owns the channel and ends it with plx_sgdma_deregister().
 * State: INIT. Threads: any. Burst loop: no.
 * Errors: -EPROTONOSUPPORT (BAD_VERSION arg 2, status BAD_VERSION), -EINVAL (RESERVED_BITS: flags,
 * ZERO_LEN: max_mapping, NULL_ARG: process, @d arg 2, @out arg 3), -ENOTSUP (NOT_BUSMASTER), -EBUSY
 * (ALREADY: there are map registers or a channel), -EPERM (STATE, ORDER), -ENOMEM (NO_IOMMU: no
 * 64-bit flag on no-iommu; MEMLOCK, NOMEM, status RESOURCES), -ENOSPC (WINDOW_FULL, DMA_ENTRIES,
 * status RESOURCES), others as plx_iommu_map().
 * Source: NdisMRegisterScatterGatherDma; SG-1 .. SG-3.
 */
PLX_API int plx_sgdma_register(struct plx_dev *dev, struct plx_sgdma_desc *d,
			       struct plx_sgdma **out);

/**
 * plx_sgdma_deregister - end a scatter-gather channel
 * @s: the channel
 *
 * State: INIT, HALTED. Threads: one, and no other uses @s any more. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1), -EBUSY (BUSY_SLOT: a list is not released; nothing is changed),
 * -EPERM (STATE), others as plx_iommu_unmap(), and then nothing is changed.
 * Source: NdisMDeregisterScatterGatherDma.
 */
PLX_API int plx_sgdma_deregister(struct plx_sgdma *s);

/**
 * plx_sg_build - make the list of a buffer's segments
 * @s:      the channel
 * @chain:  the buffer, at most max_mapping bytes in all (argument 2); any memory
 * @flags:  PLX_SG_WRITE_TO_DEVICE, or 0 (argument 4)
 * @l:      the list to fill (argument 5); sg_list_size bytes do for a buffer in one piece, and each
 *          further piece of a chain may take two segments more
 * @l_size: bytes of @l (argument 6)
 * @ctx:    handed to the channel's process() (argument 3)
 *
 * A buffer in memory that is mapped for the device (queue and shared memory, pools), with the
 * permission and below the limit, is told where it is, adjacent pieces in one segment. Nothing can
 * be mapped in a burst loop: any other buffer is copied to bounce memory of the channel, which is
 * one segment, until the list is released. There is bounce memory for 1 to 128 lists, as many as
 * fit in 1 MiB, and none where max_mapping is above 16 MiB.
 * process() is called with @l before this returns (SG-4). The list, the chain and the buffer must
 * last until plx_sg_release().
 * Threads: any, several at once. Burst loop: yes.
 * Errors: -EINVAL (NULL_ARG; TOO_LARGE arg 2; RESERVED_BITS arg 4), -EMSGSIZE (TOO_LARGE arg 6,
 * status BUFFER_TOO_SMALL), -ENOMEM (NOMEM: no bounce memory is free).
 * Source: NdisMAllocateNetBufferSGList; SG-3, SG-4.
 */
PLX_API int plx_sg_build(struct plx_sgdma *s, const struct plx_buf *chain, uint32_t flags,
			 struct plx_sg_list *l, size_t l_size, void *ctx);

/**
 * plx_sg_release - device and driver are done with a list
 * @s: the channel
 * @l: the list; it has no segments afterwards
 *
 * What the device has written is in the buffer on return. Nothing to do for NULL and for a list
 * without segments.
 * Threads: any. Burst loop: yes. Errors: none.
 * Source: NdisMFreeNetBufferSGList.
 */
PLX_API void plx_sg_release(struct plx_sgdma *s, struct plx_sg_list *l);

/* --- shared memory --- */

/**
 * plx_shmem_alloc - memory that the device and the program share
 * @dev:    the device
 * @len:    bytes, at least 1 (argument 2)
 * @cached: ignored: it always is (argument 3)
 * @va:     page-aligned and zeroed; NULL on failure (argument 4)
 * @iova:   what the device calls it, below the channel's limit; PLX_IOVA_INVALID on failure
 *          (argument 5)
 *
 * One piece in virtual memory and in IOVAs, for reading and writing. Map registers or a
 * scatter-gather channel come first.
 * The caller owns it and ends it with plx_shmem_free().
 * State: INIT. Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG; ZERO_LEN arg 2), -EPERM (STATE; ORDER: no channel yet), -ENOMEM
 * (MEMLOCK, NOMEM, status RESOURCES), -ENOSPC (WINDOW_FULL, DMA_ENTRIES, status RESOURCES), others
 * as plx_iommu_map().
 * Source: NdisMAllocateSharedMemory; SHM-1, SHM-2.
 */
PLX_API int plx_shmem_alloc(struct plx_dev *dev, uint32_t len, bool cached, void **va,
			    uint64_t *iova);

/**
 * plx_shmem_free - give shared memory back
 * @dev:    the device
 * @len:    all as it was allocated (argument 2)
 * @cached: argument 3
 * @va:     argument 4
 * @iova:   argument 5
 *
 * Whole blocks only. The device no longer reaches it on return: stop its use first (UNM-6).
 * State: any before close. Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 4; MISMATCH, arg of what differs), -ENOENT (NOT_MAPPED arg 4),
 * -EPERM (STATE: closed), others as plx_iommu_unmap(), and then nothing is changed.
 * Source: NdisMFreeSharedMemory; SHM-3.
 */
PLX_API int plx_shmem_free(struct plx_dev *dev, uint32_t len, bool cached, void *va, uint64_t iova);

/**
 * plx_dma_alignment - to what receive buffers are rounded up
 * @dev: the device
 *
 * Return: bytes, a power of two, at least a cache line; 0 when it fails.
 * Threads: any. Burst loop: no.
 * Errors: 0 fills the record: -EINVAL (NULL_ARG arg 1), -EPERM (STATE: closed).
 * Source: NdisMGetDmaAlignment.
 */
PLX_API uint32_t plx_dma_alignment(struct plx_dev *dev);

PLX_END_DECLS

#endif
