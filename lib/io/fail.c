/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Failures of this room: statuses as the mirrored DDI calls them, arguments as it counts them.
 */
#include "io/io_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

const char *plx_io_range_text(const struct plx_io_range *r, char *text)
{
	if (r->space == PLX_SPACE_PORTS)
		snprintf(text, PLX_RANGE_TEXT, "BAR %u, ports 0x%llx-0x%llx", r->bar, (ull)r->first,
			 (ull)r->last);
	else
		snprintf(text, PLX_RANGE_TEXT, "BAR %u at 0x%llx-0x%llx", r->bar, (ull)r->first,
			 (ull)r->last);
	return text;
}

static uint32_t status_arg(const struct plx_io_ddi *ddi, unsigned arg)
{
	return ddi->ndis ? PLX_STATUS_UNSUCCESSFUL : plx_status_arg(arg);
}

int plx_io_fail_arg(const struct plx_dev *dev, const struct plx_io_ddi *ddi, enum plx_reason reason,
		    unsigned arg, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return plx_fail_ddi(-EINVAL, status_arg(ddi, arg), reason, arg, dev->child.name, "%s: %s",
			    dev->child.name, text);
}

int plx_io_fail_conflict(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
			 enum plx_reason reason, int sys_errno, const char *fmt, ...)
{
	/* 4.3: MmMapIoSpaceEx has no such status, and the address is what is at fault. */
	unsigned arg = ddi->ndis ? 0 : ddi->arg_address;
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	plx_fail_ddi(-EBUSY, ddi->ndis ? PLX_STATUS_NDIS_RESOURCE_CONFLICT : status_arg(ddi, arg),
		     reason, arg, dev->child.name, "%s: %s", dev->child.name, text);
	plx_log(dev->child.ctx, LOG_ERR, "io", "%s", plx_last_error()->text);
	return plx_fail_origin(dev->backend, NULL, sys_errno);
}

/* MIO-8: someone outside this library has it. */
static int fail_busy(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
		     const struct plx_io_range *range, int sys_errno)
{
	char text[PLX_RANGE_TEXT], holder[64] = "somebody else";

	if (!dev->function->sim)
		plx_iomem_find("/proc/iomem", range->first, range->last, NULL, holder,
			       sizeof(holder));
	return plx_io_fail_conflict(dev, ddi, PLX_R_CLAIMED, sys_errno,
				    "%s is held in the kernel by %s: unbind that driver, or close "
				    "the program that maps it",
				    plx_io_range_text(range, text), holder);
}

int plx_io_fail_map(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
		    const struct plx_io_range *range, int err)
{
	const struct plx_error said = *plx_last_error();
	char text[PLX_RANGE_TEXT];

	if (err == -EBUSY)
		return fail_busy(dev, ddi, range, said.sys_errno);
	plx_io_range_text(range, text);
	if (err == -ENOMEM)
		plx_fail_ddi(err, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_NOMEM, 0,
			     dev->child.name, "%s: no address space to map %s", dev->child.name,
			     text);
	else
		plx_fail_ddi(err, PLX_STATUS_INSUFFICIENT_RESOURCES, (enum plx_reason)said.reason,
			     0, dev->child.name, "%s: %s could not be mapped: %s", dev->child.name,
			     text, said.text[0] ? said.text : strerror(-err));
	return plx_fail_origin(dev->backend, NULL, said.sys_errno);
}

int plx_io_check_state(const struct plx_dev *dev, const struct plx_io_ddi *ddi, unsigned states)
{
	return plx_dev_check_state(dev, states,
				   ddi->ndis ? PLX_STATUS_UNSUCCESSFUL : PLX_STATUS_ACCESS_DENIED,
				   ddi->name);
}

int plx_io_check_order(const struct plx_dev *dev, const struct plx_io_ddi *ddi, unsigned states)
{
	int err = plx_io_check_state(dev, ddi, states);

	return err ? err
		   : plx_dev_check_attributes(
			     dev, ddi->ndis ? PLX_STATUS_UNSUCCESSFUL : PLX_STATUS_ACCESS_DENIED,
			     ddi->name);
}
