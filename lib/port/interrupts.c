/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sleeping until a receive queue has something.
 */
#include "port/device.h"

#include <errno.h>

static int check_interrupts(const struct plx_rxq *q)
{
	if (!q)
		return plx_fail_null(1, "q");
	if (!q->port->interrupts)
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, q->port->child.name,
				"%s was configured without interrupts", q->port->child.name);
	return 0;
}

int plx_rxq_fd(struct plx_rxq *q, int *fd)
{
	int err;

	if (fd)
		*fd = -1;
	err = check_interrupts(q);
	if (!err && !fd)
		err = plx_fail_null(2, "fd");
	if (!err)
		err = q->port->device->driver->rxq_fd(q, fd);
	return err ? err : plx_ok();
}

static int arm(struct plx_rxq *q, bool on)
{
	int err = check_interrupts(q);

	if (!err && q->port->state != PLX_PORT_STARTED)
		err = plx_fail(-EPERM, PLX_R_NOT_STARTED, q->port->child.name, "%s is not started",
			       q->port->child.name);
	if (!err)
		err = q->port->device->driver->rxq_arm(q, on);
	return err ? err : plx_ok();
}

int plx_rxq_arm(struct plx_rxq *q)
{
	return arm(q, true);
}

int plx_rxq_disarm(struct plx_rxq *q)
{
	return arm(q, false);
}
