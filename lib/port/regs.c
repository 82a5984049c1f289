/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver's table of registers, read and written out.
 */
#include "port/device.h"

#include <errno.h>
#include <stdio.h>

/* Register @i of those that @desc stands for. */
static int read_one(struct plx_port *port, const struct plx_reg_desc *desc, unsigned i,
		    struct plx_port_reg *out)
{
	*out = (struct plx_port_reg){
		.offset = desc->offset + i * desc->stride,
		.width = desc->width,
		.fields = desc->fields,
	};
	if (desc->count > 1)
		snprintf(out->name, sizeof(out->name), "%s%u", desc->name, i);
	else
		snprintf(out->name, sizeof(out->name), "%s", desc->name);
	return port->device->driver->read_reg(port, desc, out->offset, &out->value);
}

/* Those of @desc for which there is room. *@n goes on counting past @room. */
static int read_desc(struct plx_port *port, const struct plx_reg_desc *desc,
		     struct plx_port_reg *regs, unsigned room, unsigned *n)
{
	const unsigned count = desc->count ? desc->count : 1;
	int err = 0;

	for (unsigned i = 0; i < count && !err; i++, ++*n)
		if (*n < room)
			err = read_one(port, desc, i, &regs[*n]);
	return err;
}

int plx_port_regs(struct plx_port *port, struct plx_port_reg *regs, unsigned n, unsigned *total)
{
	const struct plx_reg_desc *desc;
	unsigned found = 0;
	int err = 0;

	if (total)
		*total = 0;
	if (!port)
		return plx_fail_null(1, "port");
	if (!regs && n)
		return plx_fail_null(2, "regs");
	if (!total)
		return plx_fail_null(4, "total");
	if (!(port->caps.features & PLX_PORT_REGS))
		return plx_fail(-ENOTSUP, PLX_R_UNSUPPORTED, port->child.name,
				"%s has no registers to show", port->child.name);
	desc = port->regs ? port->regs : port->device->driver->regs;
	for (; desc->name && !err; desc++)
		err = read_desc(port, desc, regs, n, &found);
	if (err)
		return err;
	*total = found;
	return plx_ok();
}
