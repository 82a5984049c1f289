/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lib/io keeps of a device, and what becomes of it when the device is closed (G-13).
 */
#include "io/io_priv.h"

#include <stdlib.h>
#include <syslog.h>

static void leak(const struct plx_dev *dev, const struct plx_claim *c, const char *what)
{
	char text[PLX_RANGE_TEXT];

	plx_log(dev->child.ctx, LOG_WARNING, "io", "%s: leak: %s of %s is given back at close",
		dev->child.name, what, plx_io_range_text(&c->range, text));
}

static void release(struct plx_dev *dev, struct plx_holding *h)
{
	struct plx_io *io = dev->io;

	(void)h;
	while (io->ports) {
		leak(dev, &io->ports->claim, "the registration");
		plx_ports_end(dev, io->ports);
	}
	while (io->mappings) {
		leak(dev, &io->mappings->claim,
		     io->mappings->kind == PLX_MAP_REGS ? "struct plx_regs" : "a mapping");
		plx_map_end(dev, io->mappings);
	}
	plx_slots_forget(dev);
	dev->io = NULL;
	free(io);
}

int plx_io_room(struct plx_dev *dev, struct plx_io **out)
{
	struct plx_io *io = dev->io;

	if (!io) {
		io = calloc(1, sizeof(*io));
		if (!io)
			return plx_fail_nomem(dev->child.name, "its mappings");
		io->holding.release = release;
		dev->io = io;
		plx_dev_hold(dev, &io->holding);
	}
	*out = io;
	return 0;
}
