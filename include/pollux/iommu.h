/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IOMMU: domains, and the memory that devices in them may reach. Mirrors the Windows
 * DMA_IOMMU_INTERFACE_EX family (IOMMU_MAP_LOGICAL_RANGE_EX and its relatives) over VFIO type1,
 * iommufd, no-iommu, and an IOMMU in memory for tests.
 *
 * Addresses, lengths and offsets are bytes. PAGE is the larger of the system's page and the
 * IOMMU's smallest (G-9). plx_error.arg counts the arguments of the DDI, not of the C function:
 * IOMMU_MAP_LOGICAL_RANGE_EX has Domain 1, Permissions 2, PhysicalAddressToMap 3, explicit 4,
 * min 5, max 6, LogicalAddressOut 7. STATUS_INVALID_PARAMETER_n always has arg n.
 *
 * All calls are for the control plane: they lock, allocate and make system calls. Calls on one
 * domain are serialised by a mutex in it (G-7).
 */
#ifndef POLLUX_IOMMU_H
#define POLLUX_IOMMU_H

#include <pollux/base.h>
#include <pollux/error.h>

#include <sys/uio.h>

PLX_BEGIN_DECLS

struct plx_ctx;
struct plx_iommu;
struct plx_domain;
struct plx_token;

/* What an IOVA output holds when the call failed: 0 is a legal IOVA (G-2). */
#define PLX_IOVA_INVALID UINT64_MAX

enum plx_domain_type {
	PLX_DOMAIN_TRANSLATE,    /* devices reach what is mapped, nothing else */
	PLX_DOMAIN_PASSTHROUGH,  /* no-iommu: devices reach all memory */
	PLX_DOMAIN_UNMANAGED,    /* not to be had */
	PLX_DOMAIN_TRANSLATE_S1, /* not to be had */
};

/* Who chooses IOVAs. */
enum plx_iova_alloc {
	PLX_IOVA_ALLOC_NONE,  /* the caller, always */
	PLX_IOVA_ALLOC_BUDDY, /* the library, always: aligned power-of-two blocks, lowest first */
	PLX_IOVA_ALLOC_FLEX,  /* either: pages, lowest first, unless the caller says where */
};

struct plx_iova_alloc_cfg {
	enum plx_iova_alloc type;
	uint8_t address_width; /* bits, 13 .. 63, of Buddy and Flex; Buddy's addresses end there */
};

/* IOVAs that the caller keeps for itself; a list. */
struct plx_reserved_region {
	const struct plx_reserved_region *next;
	uint64_t base;     /* a multiple of PAGE */
	uint64_t npages;   /* at least 1 */
	bool identity_map; /* map it at its physical address: refused */
};

/* What a device may do with memory. */
enum plx_iommu_perms {
	PLX_IOMMU_READ = 1u << 0,
	PLX_IOMMU_WRITE = 1u << 1,
};

enum plx_phys_type {
	PLX_PHYS_MDL,    /* a list of pieces */
	PLX_PHYS_CONTIG, /* one piece */
	PLX_PHYS_PFN,    /* page numbers: virtual address / PAGE */
};

enum {
	PLX_PHYS_HOSTPA = 1u << 0, /* plx_phys.flags: host physical addresses; refused */
};

struct plx_iovec_list {
	const struct iovec *iov;
	uint32_t niov;
};

struct plx_va_range {
	uint64_t base, size;
};

struct plx_pfn_list {
	const uint64_t *frame;
	uint64_t npages;
};

/* Memory of this process, in whole pages; pieces are laid out back to back in IOVA (MAP-8). */
struct plx_phys {
	enum plx_phys_type type;
	uint32_t flags;
	union {
		struct plx_iovec_list mdl;
		struct plx_va_range contig;
		struct plx_pfn_list pfn;
	};
};

struct plx_iova_range {
	uint64_t first, last; /* inclusive */
};

/* Members may be added at the end. */
struct plx_domain_info {
	uint8_t address_width;  /* bits that the highest usable IOVA takes */
	uint64_t page_sizes;    /* a bit for each page size of the IOMMU */
	uint64_t mappings;      /* plain mappings and segments of tokens */
	uint64_t mappings_left; /* entries that are left; UINT64_MAX: no limit is known */
	unsigned n_ranges;      /* usable ranges, which is more than were asked for, perhaps */
};

/* A mapped part of a token; the caller's, filled by plx_token_map(). */
struct plx_segment {
	struct plx_token *token;
	uint64_t offset, size; /* bytes */
	bool valid;            /* false: not mapped (any more) */
};

/* The Windows status of the last failure, for a switch. */
enum plx_iommu_status {
	PLX_IOMMU_OK,
	PLX_IOMMU_INVALID_PARAMETER,
	PLX_IOMMU_INVALID_PARAMETER_1,
	PLX_IOMMU_INVALID_PARAMETER_2,
	PLX_IOMMU_INVALID_PARAMETER_3,
	PLX_IOMMU_INVALID_PARAMETER_4,
	PLX_IOMMU_INVALID_PARAMETER_5,
	PLX_IOMMU_INVALID_PARAMETER_6,
	PLX_IOMMU_INVALID_PARAMETER_7,
	PLX_IOMMU_INVALID_PARAMETER_MIX,
	PLX_IOMMU_IN_USE,
	PLX_IOMMU_RESOURCE_IN_USE,
	PLX_IOMMU_NOT_SUPPORTED,
	PLX_IOMMU_NOT_FOUND,
	PLX_IOMMU_NOT_IMPLEMENTED,
	PLX_IOMMU_ACCESS_DENIED,
	PLX_IOMMU_INSUFFICIENT_RESOURCES,
	PLX_IOMMU_BUFFER_TOO_SMALL,
	PLX_IOMMU_UNSUCCESSFUL,
};

/**
 * plx_iommu_open - open the IOMMU interface
 * @ctx:     the context it will live in
 * @version: 2 (DDI argument 1)
 * @flags:   0 (DDI argument 2)
 * @backend: PLX_BACKEND_TYPE1, _IOMMUFD, _NOIOMMU or _SIM; _AUTO takes type1, else iommufd
 * @out:     the interface (DDI argument 3); NULL on failure
 *
 * Asks the kernel whether the backend is there; no device is touched. No-iommu protects from
 * nothing and is taken only when it is named.
 * The caller owns the interface and ends it with plx_iommu_close(), after its domains.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (BAD_VERSION arg 1, RESERVED_BITS arg 2, NULL_ARG: @out arg 3, @ctx arg 0;
 * BAD_ENUM: @backend is none), -ENOTSUP (NO_BACKEND: this machine or kernel lacks it), -EACCES
 * (PERMISSION), -ENOMEM (NOMEM), others as open(2) answers (NO_BACKEND).
 * Source: IoGetIommuInterfaceEx; rules in 7.2 of the DDI contract.
 */
PLX_API int plx_iommu_open(struct plx_ctx *ctx, uint32_t version, uint32_t flags,
			   enum plx_backend backend, struct plx_iommu **out);

/**
 * plx_iommu_close - close the IOMMU interface
 * @io: the interface
 *
 * Threads: one, and no other may use @io any more. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -EBUSY (STILL_ATTACHED: a domain lives still; nothing is changed).
 * Source: the interface's dereference in DMA_IOMMU_INTERFACE_EX.
 */
PLX_API int plx_iommu_close(struct plx_iommu *io);

/**
 * plx_domain_create - make a domain
 * @io:       the interface
 * @type:     PLX_DOMAIN_TRANSLATE; PLX_DOMAIN_PASSTHROUGH on no-iommu, and nothing else there
 * @flags:    0
 * @alloc:    who chooses IOVAs; NULL: as PLX_IOVA_ALLOC_NONE
 * @reserved: IOVAs never to be mapped; NULL: none. Read during the call only.
 * @out:      the domain; NULL on failure
 *
 * The caller owns the domain and ends it with plx_domain_delete(). What the IOMMU or its devices
 * reserve (the MSI window, for one) is kept out by itself.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL: @type is none (DOM-1: DOMAIN_TYPE, arg 1), @flags (DOM-2: RESERVED_BITS, arg
 * 2), @alloc's type or width (DOM-3: BAD_ENUM, TOO_LARGE, arg 3), @reserved (DOM-4: UNALIGNED,
 * ZERO_LEN, WRAP, IOVA_BUSY where two overlap, TOO_LARGE beyond 65,536 of them, arg 4), @out
 * (NULL_ARG, arg 5), @io (NULL_ARG, arg 0); -ENOTSUP (DOMAIN_TYPE: UNMANAGED, TRANSLATE_S1;
 * NO_IOMMU: PASSTHROUGH elsewhere than on no-iommu, TRANSLATE there; NO_PHYS: identity_map);
 * -ENOMEM (NOMEM); what open(2) and IOMMU_IOAS_ALLOC answer.
 * Source: IOMMU_DOMAIN_CREATE_EX; DOM-1 .. DOM-4.
 */
PLX_API int plx_domain_create(struct plx_iommu *io, enum plx_domain_type type, uint32_t flags,
			      const struct plx_iova_alloc_cfg *alloc,
			      const struct plx_reserved_region *reserved, struct plx_domain **out);

/**
 * plx_domain_delete - end a domain
 * @d: the domain
 *
 * Mappings that are left are unmapped, with one warning in the log.
 * Threads: one, and no other may use @d any more. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1; DOMAIN_TYPE arg 1: deleted already), -EBUSY (STILL_ATTACHED: a
 * device; TOKENS_LIVE), and then nothing is changed.
 * Source: IOMMU_DOMAIN_DELETE; 7.2 of the DDI contract.
 */
PLX_API int plx_domain_delete(struct plx_domain *d);

/**
 * plx_domain_info - what a domain can do, and what is in it
 * @d:          the domain
 * @out:        filled; zero on failure
 * @ranges:     the usable IOVA ranges in ascending order, as many as fit; may be NULL
 * @max_ranges: how many fit
 *
 * Usable ranges change when devices are attached and detached (DEV-4).
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (DOMAIN_TYPE arg 1: @d is NULL or deleted; NULL_ARG arg 2: @out, arg 3: @ranges
 * although @max_ranges is not 0).
 * Source: VFIO_IOMMU_GET_INFO, IOMMU_IOAS_IOVA_RANGES.
 */
PLX_API int plx_domain_info(struct plx_domain *d, struct plx_domain_info *out,
			    struct plx_iova_range *ranges, unsigned max_ranges);

/**
 * plx_iommu_map - let the devices of a domain reach memory
 * @d:             the domain
 * @perms:         PLX_IOMMU_READ, PLX_IOMMU_WRITE or both, from the device's point of view; a lower
 *                 bound: some hardware cannot do write-only (MAP-16)
 * @p:             memory of this process, in whole pages; read during the call only
 * @explicit_iova: where, a multiple of PAGE; NULL: the domain's allocator chooses
 * @min_iova:      no byte below; NULL: 0. Ignored without an allocator (MAP-12)
 * @max_iova:      no byte above; NULL: all that the allocator has
 * @iova_out:      where the first byte is; PLX_IOVA_INVALID on failure
 *
 * One contiguous logical range, all or nothing. The kernel pins the memory until it is unmapped:
 * do not munmap() it meanwhile, do not fork(); arenas and other MAP_SHARED memory are best
 * (MAP-10). Each piece that does not continue the one before costs one of the domain's entries.
 * Threads: any. Burst loop: no.
 * Errors, with the status in brackets where it does not follow from arg n:
 *   -EINVAL  DOMAIN_TYPE arg 1: @d NULL, deleted, not TRANSLATE (MAP-1);
 *            RESERVED_BITS arg 2: @perms has other bits, or none (MAP-2);
 *            NULL_ARG, BAD_ENUM, RESERVED_BITS, ZERO_LEN, UNALIGNED, WRAP arg 3 (MAP-3);
 *            UNALIGNED, WRAP arg 4 (MAP-4); NULL_ARG arg 7 (MAP-11)
 *   -ENOTSUP NEED_EXPLICIT, NO_EXPLICIT (MAP-5), NO_PHYS (MAP-19) [NOT_SUPPORTED]
 *   -EADDRNOTAVAIL IOVA_RESERVED arg 4: outside the usable ranges (MAP-6)
 *   -EEXIST  IOVA_BUSY (MAP-7), KERNEL_CONFLICT: the kernel knows of a mapping that we do not
 *            [IN_USE]
 *   -ERANGE  WINDOW_BAD arg PLX_ARG_MIX: the window can never fit (MAP-15) [.._MIX]
 *   -ENOSPC  WINDOW_FULL arg PLX_ARG_MIX (MAP-15) [.._MIX]; WINDOW_FULL without a window,
 *            DMA_ENTRIES (MAP-18) [INSUFFICIENT_RESOURCES]
 *   -ENODEV  NO_DEVICE: type1 maps only when a device is attached (X-12) [NOT_FOUND]
 *   -EFAULT  BAD_VA arg 3: not there, or @perms has WRITE and it is read-only (MAP-17)
 *   -ENOMEM  MEMLOCK: over RLIMIT_MEMLOCK; NOMEM [INSUFFICIENT_RESOURCES]
 *   others as the kernel answers, reason KERNEL_CONFLICT
 * Source: IOMMU_MAP_LOGICAL_RANGE_EX; MAP-1 .. MAP-19.
 */
PLX_API int plx_iommu_map(struct plx_domain *d, uint32_t perms, const struct plx_phys *p,
			  const uint64_t *explicit_iova, const uint64_t *min_iova,
			  const uint64_t *max_iova, uint64_t *iova_out);

/**
 * plx_iommu_copy - let the devices of a domain reach what those of another one reach
 * @d:             the domain (argument 1)
 * @perms:         as for plx_iommu_map(); may be more or fewer than in the other domain
 * @from:          the other domain, or @d itself
 * @from_iova:     where the memory is mapped there, a multiple of PAGE
 * @npages:        pages of PAGE bytes, at least 1, of one mapping that is one piece of memory
 * @explicit_iova: as for plx_iommu_map(); so are the next three
 * @min_iova:      no byte below; NULL: 0
 * @max_iova:      no byte above; NULL: all that the allocator has
 * @iova_out:      where the first byte is; PLX_IOVA_INVALID on failure
 *
 * The two mappings are independent afterwards: either may be unmapped first. iommufd pins the memory
 * once, and counts it once against RLIMIT_MEMLOCK, where both domains are of one interface; type1
 * pins it again. The other mapping must stay during the call.
 * Threads: any. Burst loop: no.
 * Errors: as plx_iommu_map(), with @perms argument 2, the address 6, @iova_out 9; and for the
 * source -EINVAL (DOMAIN_TYPE arg 3; UNALIGNED arg 4; ZERO_LEN arg 5), -ENOENT (NOT_MAPPED: no one
 * mapping has these pages; a token's segments are none), -ENOTSUP (UNSUPPORTED: it is made of
 * several pieces).
 * Source: IOMMU_IOAS_COPY; no DDI has it.
 */
PLX_API int plx_iommu_copy(struct plx_domain *d, uint32_t perms, struct plx_domain *from,
			   uint64_t from_iova, uint64_t npages, const uint64_t *explicit_iova,
			   const uint64_t *min_iova, const uint64_t *max_iova, uint64_t *iova_out);

/**
 * plx_iommu_unmap - take memory away from the devices of a domain
 * @d:      the domain
 * @iova:   a multiple of PAGE
 * @npages: pages of PAGE bytes, at least 1
 *
 * Takes whole mappings; several of them and holes between are fine. On return no device reaches
 * them any more and the memory is unpinned. Stop the device's use of it first (UNM-6).
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (DOMAIN_TYPE arg 1; UNALIGNED arg 2; ZERO_LEN, WRAP arg 3; SPLIT: a mapping
 * would be cut, status UNSUCCESSFUL), -ENOENT (NOT_MAPPED: nothing there, status NOT_FOUND),
 * -EBUSY (TOKENS_LIVE: mapped through a token, status RESOURCE_IN_USE), and then nothing is
 * changed; others as the kernel answers (KERNEL_CONFLICT).
 * Source: IOMMU_UNMAP_LOGICAL_RANGE; UNM-1 .. UNM-6.
 */
PLX_API int plx_iommu_unmap(struct plx_domain *d, uint64_t iova, uint64_t npages);

/**
 * plx_domain_unmap_all - take all memory away from the devices of a domain
 * @d: the domain
 *
 * Succeeds when nothing is mapped. Tokens stay reserved.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (DOMAIN_TYPE arg 1), -EBUSY (TOKENS_LIVE: a part of a token is mapped; nothing is
 * changed), others as the kernel answers (KERNEL_CONFLICT).
 * Source: UNM-7.
 */
PLX_API int plx_domain_unmap_all(struct plx_domain *d);

/**
 * plx_iova_reserve - reserve IOVAs to map into later
 * @d:             the domain
 * @size:          bytes, a multiple of PAGE (DDI argument 2)
 * @explicit_iova: as for plx_iommu_map() (DDI argument 3)
 * @min_iova:      as for plx_iommu_map()
 * @max_iova:      as for plx_iommu_map()
 * @max_segments:  pieces of memory that may be mapped at a time; 0: one for each page
 * @out:           the token (DDI argument 6); NULL on failure
 *
 * A token takes IOVAs and, where entries are limited, @max_segments of them: later mappings
 * cannot fail for either. What is not guaranteed: kernel memory, pinning, RLIMIT_MEMLOCK (TOK-3).
 * The caller owns the token and ends it with plx_token_free(), before the domain.
 * Threads: any. Burst loop: no.
 * Errors: as plx_iommu_map() for the domain, the address (arg 3 where that has 4) and the window;
 * -EINVAL (ZERO_LEN, UNALIGNED arg 2; NULL_ARG arg 6), -ENOSPC (DMA_ENTRIES), -ENOMEM (NOMEM).
 * Source: RESERVE_LOGICAL_ADDRESS_RANGE; TOK-1 .. TOK-3.
 */
PLX_API int plx_iova_reserve(struct plx_domain *d, uint64_t size, const uint64_t *explicit_iova,
			     const uint64_t *min_iova, const uint64_t *max_iova,
			     uint32_t max_segments, struct plx_token **out);

/**
 * plx_token_info - where a token is
 * @t:    the token
 * @base: its first IOVA; PLX_IOVA_INVALID on failure; may be NULL
 * @size: bytes; 0 on failure; may be NULL
 *
 * Threads: any. Burst loop: no (it resets the error record).
 * Errors: -EINVAL (NULL_ARG arg 1), -ESHUTDOWN (DELETING: freed already).
 * Source: IOMMU_DMA_LOGICAL_ADDRESS_TOKEN.
 */
PLX_API int plx_token_info(const struct plx_token *t, uint64_t *base, uint64_t *size);

/**
 * plx_token_map - map memory into a token
 * @t:      the token
 * @offset: bytes from its base, a multiple of PAGE
 * @perms:  as for plx_iommu_map()
 * @p:      as for plx_iommu_map()
 * @out:    the segment; not valid on failure
 *
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1; UNALIGNED arg 2; RESERVED_BITS arg 3; arg 4: memory, as MAP-3;
 * NULL_ARG arg 5), -ENOTSUP (NO_PHYS), -ERANGE (TOO_LARGE arg 2: beyond the token's end), -EEXIST
 * (IOVA_BUSY: overlaps a segment, status RESOURCE_IN_USE), -ENOSPC (DMA_ENTRIES: more pieces than
 * the token has credits), -ESHUTDOWN (DELETING: freed already, status UNSUCCESSFUL), -ENODEV
 * (NO_DEVICE), -EFAULT (BAD_VA arg 4), -ENOMEM (MEMLOCK, NOMEM).
 * Source: MAP_RESERVED_LOGICAL_RANGE; TOK-4.
 */
PLX_API int plx_token_map(struct plx_token *t, uint64_t offset, uint32_t perms,
			  const struct plx_phys *p, struct plx_segment *out);

/**
 * plx_token_unmap - unmap a segment
 * @s: the segment; not valid afterwards
 *
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1), -ENOENT (NOT_MAPPED, status INVALID_PARAMETER), others as the
 * kernel answers (KERNEL_CONFLICT).
 * Source: UNMAP_RESERVED_LOGICAL_RANGE; TOK-5.
 */
PLX_API int plx_token_unmap(struct plx_segment *s);

/**
 * plx_token_free - give a token's IOVAs back
 * @t: the token
 *
 * Threads: one, and no other may use @t any more. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1), -EBUSY (STILL_MAPPED: a segment is mapped, status
 * RESOURCE_IN_USE; nothing is changed), -ESHUTDOWN (DELETING: freed already).
 * Source: FREE_RESERVED_LOGICAL_ADDRESS_RANGE; TOK-6.
 */
PLX_API int plx_token_free(struct plx_token *t);

/**
 * plx_iommu_last_status - the Windows status of this thread's last failure, for a switch
 *
 * Return: PLX_IOMMU_OK when the record is empty; PLX_IOMMU_UNSUCCESSFUL for a status that no
 * IOMMU call has.
 * Threads: any; each has its own record. Burst loop: yes. Errors: none.
 * Source: plx_last_error(); 2.3 of the DDI contract.
 */
PLX_API enum plx_iommu_status plx_iommu_last_status(void);

PLX_END_DECLS

#endif
