/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread-local error record and the status table (docs/errors.md).
 */
#include "core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct plx_error record;

/* One row a status: rows that share a value are told apart by the first errno only. */
static const struct {
	uint32_t status;
	int err;
	const char *name;
} statuses[] = {
	{ PLX_STATUS_SUCCESS, 0, "STATUS_SUCCESS" },
	{ PLX_STATUS_PENDING, -EINPROGRESS, "NDIS_STATUS_PENDING" },
	{ PLX_STATUS_UNSUCCESSFUL, -EINVAL, "STATUS_UNSUCCESSFUL" },
	{ PLX_STATUS_NOT_IMPLEMENTED, -ENOSYS, "STATUS_NOT_IMPLEMENTED" },
	{ PLX_STATUS_INVALID_PARAMETER, -EINVAL, "STATUS_INVALID_PARAMETER" },
	{ PLX_STATUS_ACCESS_DENIED, -EACCES, "STATUS_ACCESS_DENIED" },
	{ PLX_STATUS_BUFFER_TOO_SMALL, -EMSGSIZE, "STATUS_BUFFER_TOO_SMALL" },
	{ PLX_STATUS_INVALID_PARAMETER_MIX, -ERANGE, "STATUS_INVALID_PARAMETER_MIX" },
	{ PLX_STATUS_INSUFFICIENT_RESOURCES, -ENOMEM, "STATUS_INSUFFICIENT_RESOURCES" },
	{ PLX_STATUS_NOT_SUPPORTED, -ENOTSUP, "STATUS_NOT_SUPPORTED" },
	{ PLX_STATUS_INVALID_PARAMETER_1, -EINVAL, "STATUS_INVALID_PARAMETER_1" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 1, -EINVAL, "STATUS_INVALID_PARAMETER_2" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 2, -EINVAL, "STATUS_INVALID_PARAMETER_3" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 3, -EINVAL, "STATUS_INVALID_PARAMETER_4" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 4, -EINVAL, "STATUS_INVALID_PARAMETER_5" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 5, -EINVAL, "STATUS_INVALID_PARAMETER_6" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 6, -EINVAL, "STATUS_INVALID_PARAMETER_7" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 7, -EINVAL, "STATUS_INVALID_PARAMETER_8" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 8, -EINVAL, "STATUS_INVALID_PARAMETER_9" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 9, -EINVAL, "STATUS_INVALID_PARAMETER_10" },
	{ PLX_STATUS_INVALID_PARAMETER_1 + 10, -EINVAL, "STATUS_INVALID_PARAMETER_11" },
	{ PLX_STATUS_INVALID_PARAMETER_12, -EINVAL, "STATUS_INVALID_PARAMETER_12" },
	{ PLX_STATUS_NOT_FOUND, -ENODEV, "STATUS_NOT_FOUND" },
	{ PLX_STATUS_IN_USE, -EEXIST, "STATUS_IN_USE" },
	{ PLX_STATUS_RESOURCE_IN_USE, -EEXIST, "STATUS_RESOURCE_IN_USE" },
	{ PLX_STATUS_NDIS_BAD_VERSION, -EPROTONOSUPPORT, "NDIS_STATUS_BAD_VERSION" },
	{ PLX_STATUS_NDIS_ALREADY_MAPPED, -EEXIST, "NDIS_STATUS_ALREADY_MAPPED" },
	{ PLX_STATUS_NDIS_RESOURCE_CONFLICT, -EBUSY, "NDIS_STATUS_RESOURCE_CONFLICT" },
};

static const char *const reasons[PLX_R_COUNT_] = {
	[PLX_R_NONE] = "no error",
	[PLX_R_NULL_ARG] = "a mandatory pointer is NULL",
	[PLX_R_ZERO_LEN] = "length or count is zero",
	[PLX_R_UNALIGNED] = "not aligned",
	[PLX_R_WRAP] = "address plus length wraps around",
	[PLX_R_RESERVED_BITS] = "reserved bits are set",
	[PLX_R_BAD_ENUM] = "value outside the enumeration",
	[PLX_R_MISMATCH] = "does not match what was registered",
	[PLX_R_INDEX] = "index out of range",
	[PLX_R_TOO_LARGE] = "too large",
	[PLX_R_BAD_VERSION] = "unknown version",
	[PLX_R_OUT_OF_IOSPACE] = "outside the device's I/O space",
	[PLX_R_HOST_RAM] = "host memory, not device memory",
	[PLX_R_WRONG_SPACE] = "wrong kind of BAR",
	[PLX_R_STRADDLES_BAR] = "range crosses the end of a BAR",
	[PLX_R_CLAIMED] = "claimed by someone else",
	[PLX_R_NO_MMAP] = "region cannot be mapped",
	[PLX_R_MSIX_TABLE] = "range holds the MSI-X table",
	[PLX_R_EXEC] = "executable mappings are refused",
	[PLX_R_NO_WC] = "write-combining is not to be had",
	[PLX_R_CACHE_CONFLICT] = "mapped already with another memory type",
	[PLX_R_MEM_DECODE_OFF] = "memory decoding is off",
	[PLX_R_SHORT_IO] = "the kernel transferred fewer bytes",
	[PLX_R_LOCKDOWN] = "kernel lockdown forbids it",
	[PLX_R_STATE] = "not allowed in this state",
	[PLX_R_ORDER] = "called too early",
	[PLX_R_NOT_BUSMASTER] = "the device is not a bus master",
	[PLX_R_ALREADY] = "done already",
	[PLX_R_BUSY_SLOT] = "slot is in use",
	[PLX_R_NOT_STARTED] = "not started",
	[PLX_R_DELETING] = "being deleted",
	[PLX_R_STILL_ATTACHED] = "something is still attached",
	[PLX_R_NOT_ATTACHED] = "not attached",
	[PLX_R_TOKENS_LIVE] = "tokens are still live",
	[PLX_R_ALREADY_ATTACHED] = "attached already",
	[PLX_R_STILL_MAPPED] = "still mapped",
	[PLX_R_DOMAIN_TYPE] = "wrong type of domain",
	[PLX_R_NEED_EXPLICIT] = "an explicit address is needed",
	[PLX_R_NO_EXPLICIT] = "an explicit address is not accepted",
	[PLX_R_WINDOW_BAD] = "the address window can never fit",
	[PLX_R_WINDOW_FULL] = "no free block in the address window",
	[PLX_R_IOVA_RESERVED] = "the IOVA is reserved",
	[PLX_R_IOVA_BUSY] = "the IOVA is mapped already",
	[PLX_R_SPLIT] = "a mapping would be split",
	[PLX_R_NOT_MAPPED] = "not mapped",
	[PLX_R_BAD_VA] = "memory cannot be pinned with that access",
	[PLX_R_NO_PHYS] = "physical addresses are not to be had",
	[PLX_R_MAPREG_LIMIT] = "more than 64 map registers",
	[PLX_R_DMA_ENTRIES] = "the DMA entry limit is reached",
	[PLX_R_MEMLOCK] = "the locked-memory limit is reached",
	[PLX_R_NOMEM] = "out of memory",
	[PLX_R_KERNEL_CONFLICT] = "the kernel disagrees with our own table",
	[PLX_R_NO_IOMMU] = "no IOMMU",
	[PLX_R_NO_DEVICE] = "no device is attached",
	[PLX_R_GROUP_BUSY] = "the IOMMU group is in use",
	[PLX_R_GROUP_NOT_VIABLE] = "a device of the IOMMU group has a kernel driver",
	[PLX_R_NOT_BOUND] = "not bound to vfio-pci",
	[PLX_R_UNSAFE_INTR] = "interrupt remapping is missing",
	[PLX_R_FW_DIRECT_MAP] = "firmware demands a direct mapping",
	[PLX_R_PERMISSION] = "permission denied",
	[PLX_R_NO_BACKEND] = "kernel interface is missing",
	[PLX_R_NO_DRIVER] = "no such driver",
	[PLX_R_BAD_KEY] = "the driver has no such key",
	[PLX_R_BAD_VALUE] = "bad value",
	[PLX_R_UNSUPPORTED] = "not supported",
	[PLX_R_NO_CPU] = "CPU is not to be had",
	[PLX_R_NOT_OWNER] = "owned by another thread",
	[PLX_R_FILE] = "file operation failed",
	[PLX_R_FORMAT] = "malformed data",
	[PLX_R_END] = "end of input",
	[PLX_R_TIMEOUT] = "the device did not do it in time",
};

const struct plx_error *plx_last_error(void)
{
	return &record;
}

const char *plx_status_name(uint32_t status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return "UNKNOWN_STATUS";
}

int plx_status_to_errno(uint32_t status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].err;
	return -EIO;
}

const char *plx_reason_str(uint16_t reason)
{
	return reason < PLX_R_COUNT_ ? reasons[reason] : "unknown reason";
}

/* The status of a call that mirrors no DDI: the row a reader of the errno would expect. */
static uint32_t status_of(int err)
{
	switch (err) {
	case -EINVAL:
		return PLX_STATUS_INVALID_PARAMETER;
	case -ENOMEM:
	case -ENOSPC:
		return PLX_STATUS_INSUFFICIENT_RESOURCES;
	case -ENOTSUP:
		return PLX_STATUS_NOT_SUPPORTED;
	case -ENODEV:
	case -ENOENT:
		return PLX_STATUS_NOT_FOUND;
	case -EACCES:
	case -EPERM:
		return PLX_STATUS_ACCESS_DENIED;
	case -EBUSY:
	case -EEXIST:
		return PLX_STATUS_RESOURCE_IN_USE;
	default:
		return PLX_STATUS_UNSUCCESSFUL;
	}
}

int plx_ok(void)
{
	if (record.err)
		memset(&record, 0, sizeof(record));
	return 0;
}

static int fill(struct plx_error *e, const char *object, const char *fmt, va_list ap)
{
	/* Format first: the arguments may point into the old record. */
	snprintf(e->object, sizeof(e->object), "%s", object ? object : "");
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	record = *e;
	return e->err;
}

int plx_fail(int err, enum plx_reason reason, const char *object, const char *fmt, ...)
{
	struct plx_error e = { .err = err, .status = status_of(err), .reason = (uint16_t)reason };
	va_list ap;

	va_start(ap, fmt);
	fill(&e, object, fmt, ap);
	va_end(ap);
	return err;
}

int plx_fail_sys(int err, int sys_errno, enum plx_reason reason, const char *object,
		 const char *fmt, ...)
{
	struct plx_error e = { .err = err,
			       .status = status_of(err),
			       .reason = (uint16_t)reason,
			       .sys_errno = sys_errno };
	va_list ap;

	va_start(ap, fmt);
	fill(&e, object, fmt, ap);
	va_end(ap);
	return err;
}

int plx_fail_ddi(int err, uint32_t status, enum plx_reason reason, unsigned arg, const char *object,
		 const char *fmt, ...)
{
	struct plx_error e = {
		.err = err, .status = status, .reason = (uint16_t)reason, .arg = (uint8_t)arg
	};
	va_list ap;

	va_start(ap, fmt);
	fill(&e, object, fmt, ap);
	va_end(ap);
	return err;
}

int plx_fail_null(unsigned arg, const char *what)
{
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, arg, NULL,
			    "%s must not be NULL", what);
}

int plx_fail_nomem(const char *object, const char *what)
{
	return plx_fail(-ENOMEM, PLX_R_NOMEM, object, "no memory for %s", what);
}

int plx_fail_origin(enum plx_backend backend, const char *object, int sys_errno)
{
	record.backend = (uint8_t)backend;
	if (object && !record.object[0])
		snprintf(record.object, sizeof(record.object), "%s", object);
	if (sys_errno)
		record.sys_errno = sys_errno;
	return record.err;
}

int plx_fail_again(const struct plx_error *saved)
{
	record = *saved;
	return saved->err;
}
