/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors: 0 or a negative errno, plus a thread-local record that says the rest.
 * Rules G-1, G-2, E-1..E-3 in docs/errors.md.
 */
#ifndef POLLUX_ERROR_H
#define POLLUX_ERROR_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

/* Who refused: the IOMMU backend or kernel interface behind a failed call. */
enum plx_backend {
	PLX_BACKEND_AUTO,
	PLX_BACKEND_TYPE1,
	PLX_BACKEND_IOMMUFD,
	PLX_BACKEND_NOIOMMU,
	PLX_BACKEND_VFIO_USER,
	PLX_BACKEND_SIM,
	PLX_BACKEND_SYSFS,
	PLX_BACKEND_IOPORT,
};

/* Why a call failed, finer than the errno. New reasons are added at the end. */
enum plx_reason {
	PLX_R_NONE = 0,
	/* arguments */
	PLX_R_NULL_ARG,
	PLX_R_ZERO_LEN,
	PLX_R_UNALIGNED,
	PLX_R_WRAP,
	PLX_R_RESERVED_BITS,
	PLX_R_BAD_ENUM,
	PLX_R_MISMATCH,
	PLX_R_INDEX,
	PLX_R_TOO_LARGE,
	PLX_R_BAD_VERSION,
	/* MMIO and port I/O */
	PLX_R_OUT_OF_IOSPACE,
	PLX_R_HOST_RAM,
	PLX_R_WRONG_SPACE,
	PLX_R_STRADDLES_BAR,
	PLX_R_CLAIMED,
	PLX_R_NO_MMAP,
	PLX_R_MSIX_TABLE,
	PLX_R_EXEC,
	PLX_R_NO_WC,
	PLX_R_CACHE_CONFLICT,
	PLX_R_MEM_DECODE_OFF,
	PLX_R_SHORT_IO,
	PLX_R_LOCKDOWN,
	/* state */
	PLX_R_STATE,
	PLX_R_ORDER,
	PLX_R_NOT_BUSMASTER,
	PLX_R_ALREADY,
	PLX_R_BUSY_SLOT,
	PLX_R_NOT_STARTED,
	PLX_R_DELETING,
	PLX_R_STILL_ATTACHED,
	PLX_R_NOT_ATTACHED,
	PLX_R_TOKENS_LIVE,
	PLX_R_ALREADY_ATTACHED,
	PLX_R_STILL_MAPPED,
	/* DMA and IOMMU */
	PLX_R_DOMAIN_TYPE,
	PLX_R_NEED_EXPLICIT,
	PLX_R_NO_EXPLICIT,
	PLX_R_WINDOW_BAD,
	PLX_R_WINDOW_FULL,
	PLX_R_IOVA_RESERVED,
	PLX_R_IOVA_BUSY,
	PLX_R_SPLIT,
	PLX_R_NOT_MAPPED,
	PLX_R_BAD_VA,
	PLX_R_NO_PHYS,
	PLX_R_MAPREG_LIMIT,
	PLX_R_DMA_ENTRIES,
	PLX_R_MEMLOCK,
	PLX_R_NOMEM,
	PLX_R_KERNEL_CONFLICT,
	PLX_R_NO_IOMMU,
	PLX_R_NO_DEVICE,
	/* ownership */
	PLX_R_GROUP_BUSY,
	PLX_R_GROUP_NOT_VIABLE,
	PLX_R_NOT_BOUND,
	PLX_R_UNSAFE_INTR,
	PLX_R_FW_DIRECT_MAP,
	PLX_R_PERMISSION,
	PLX_R_NO_BACKEND,
	/* ports, threads, files */
	PLX_R_NO_DRIVER,   /* no driver of that name in the table */
	PLX_R_BAD_KEY,     /* the driver has no such key */
	PLX_R_BAD_VALUE,   /* the key's value is malformed or out of range */
	PLX_R_UNSUPPORTED, /* the port or build lacks the capability */
	PLX_R_NO_CPU,      /* the CPU does not exist or is not allowed here */
	PLX_R_NOT_OWNER,   /* another thread owns the object */
	PLX_R_FILE,        /* the kernel refused a file operation */
	PLX_R_FORMAT,      /* a file or message is not what it should be */
	PLX_R_END,         /* the input has ended */
	PLX_R_TIMEOUT,     /* a device did not do in time what it was told */
	PLX_R_COUNT_,      /* number of reasons; not a reason */
};

/* The Windows statuses that calls mirror (values as in ntstatus.h and ndis.h). */
#define PLX_STATUS_SUCCESS                0x00000000u
#define PLX_STATUS_PENDING                0x00000103u
#define PLX_STATUS_UNSUCCESSFUL           0xC0000001u
#define PLX_STATUS_NOT_IMPLEMENTED        0xC0000002u
#define PLX_STATUS_INVALID_PARAMETER      0xC000000Du
#define PLX_STATUS_ACCESS_DENIED          0xC0000022u
#define PLX_STATUS_BUFFER_TOO_SMALL       0xC0000023u
#define PLX_STATUS_INVALID_PARAMETER_MIX  0xC0000030u
#define PLX_STATUS_INSUFFICIENT_RESOURCES 0xC000009Au
#define PLX_STATUS_NOT_SUPPORTED          0xC00000BBu
#define PLX_STATUS_INVALID_PARAMETER_1    0xC00000EFu /* .. _12 = 0xC00000FA */
#define PLX_STATUS_INVALID_PARAMETER_12   0xC00000FAu
#define PLX_STATUS_NOT_FOUND              0xC0000225u
#define PLX_STATUS_RESOURCE_IN_USE        0xC0000708u
#define PLX_STATUS_NDIS_BAD_VERSION       0xC0010004u
#define PLX_STATUS_NDIS_ALREADY_MAPPED    0xC001001Du
#define PLX_STATUS_NDIS_RESOURCE_CONFLICT 0xC001001Eu
#define PLX_STATUS_IN_USE                 0xE0000001u /* private: the DDI has no such macro */

/* What plx_error.arg holds when a combination of arguments is at fault. */
#define PLX_ARG_MIX 0xffu

/* The record of one failure. Members may be added at the end. */
struct plx_error {
	int err;         /* the negative errno that was returned; 0: no failure */
	uint32_t status; /* the NTSTATUS or NDIS_STATUS being mirrored */
	uint16_t reason; /* enum plx_reason */
	uint8_t arg;     /* 1-based DDI argument; 0 none; PLX_ARG_MIX */
	uint8_t backend; /* enum plx_backend */
	int sys_errno;   /* positive errno from the kernel, 0 if none */
	char object[64]; /* what it is about: "0000:03:00.0", "pcap:rx=in.pcap" */
	char text[256];  /* one English sentence: cause and, where known, the fix */
};

/**
 * plx_last_error - the record of this thread's last failed call
 *
 * A successful control-plane call zeroes the record, a successful burst call leaves it
 * alone, a failing call of either kind fills it (E-1).
 *
 * Return: never NULL (E-2). The record is overwritten by the thread's next call; copy what
 * must last. It lives as long as the thread.
 * Threads: any; each has its own record. Burst loop: yes.
 * Errors: none. Source: docs/errors.md E-1..E-3.
 */
PLX_API const struct plx_error *plx_last_error(void);

/**
 * plx_status_name - the name of a Windows status
 * @status: an NTSTATUS or NDIS_STATUS value
 *
 * Return: a static string such as "STATUS_INVALID_PARAMETER_3", "UNKNOWN_STATUS" for a value
 * that no call mirrors. Where NDIS_ and STATUS_ share a value, the STATUS_ spelling.
 * Threads: any. Burst loop: yes. Errors: none. Source: docs/errors.md, status table.
 */
PLX_API const char *plx_status_name(uint32_t status);

/**
 * plx_reason_str - a reason in words
 * @reason: enum plx_reason
 *
 * Return: a static short English phrase; "unknown reason" for a value out of range.
 * Threads: any. Burst loop: yes. Errors: none. Source: docs/errors.md.
 */
PLX_API const char *plx_reason_str(uint16_t reason);

/**
 * plx_status_to_errno - the errno that a status is reported as by default
 * @status: an NTSTATUS or NDIS_STATUS value
 *
 * Return: 0 or a negative errno: the first of its row in the status table where a row has
 * several; -EIO for an unknown value.
 * Threads: any. Burst loop: yes. Errors: none. Source: docs/errors.md, status table.
 */
PLX_API int plx_status_to_errno(uint32_t status);

PLX_END_DECLS

#endif
