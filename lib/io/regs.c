/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of a BAR for drivers: mapped where that can be done, else an access at a time through
 * the transport (MIO-17).
 */
#include "io/io_priv.h"

#include <errno.h>
#include <string.h>

#define ANY_STATE                                                       \
	(PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_RUNNING) | \
	 PLX_STATE_BIT(PLX_DEV_HALTED))

/* The BAR is argument 2 of our own call. */
static const struct plx_io_ddi regs_open = { "plx_regs_open", 2, 2, true };

/*
 * Can the whole BAR be mapped, and does the device see stores there? The model of a simulated
 * function does not, whoever forwards to it (11.1).
 */
static bool mappable(struct plx_dev *dev, const struct plx_io_range *bar)
{
	return bar->space == PLX_SPACE_MEMORY && !dev->function->sim &&
	       !dev->transport->simulated && !plx_map_check_mode(dev, &regs_open, bar) &&
	       !plx_map_check_pages(dev, &regs_open, bar);
}

static int open_bar(struct plx_dev *dev, unsigned bar, struct plx_regs *r)
{
	struct plx_map_request req = {
		.ddi = &regs_open,
		.kind = PLX_MAP_REGS,
		.states = ANY_STATE,
		.protect = PLX_PROT_READWRITE | PLX_PROT_NOCACHE,
	};
	volatile void *va;
	int err;

	if (bar >= PLX_PCI_BARS)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX, 2,
				    dev->child.name, "%s: there is no BAR %u: they are 0 to 5",
				    dev->child.name, bar);
	if (!plx_io_bar(dev, bar, &req.range))
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_OUT_OF_IOSPACE, 2,
				    dev->child.name, "%s: the device has no BAR %u",
				    dev->child.name, bar);
	if (!r)
		return plx_fail_null(3, "r");
	req.through_transport = !mappable(dev, &req.range);
	err = plx_map(dev, &req, &va);
	if (err)
		return err;
	*r = (struct plx_regs){ .va = va, .dev = dev, .bar = (uint8_t)bar };
	return 0;
}

int plx_regs_open(struct plx_dev *dev, unsigned bar, struct plx_regs *r)
{
	int err;

	if (r)
		memset(r, 0, sizeof(*r));
	err = plx_dev_enter(dev, 1);
	return err ? err : plx_dev_leave(dev, open_bar(dev, bar, r));
}

static int close_bar(struct plx_dev *dev, const struct plx_regs *r)
{
	struct plx_io *io = dev->io;
	struct plx_mapping *m = io ? io->mappings : NULL;

	while (m && (m->kind != PLX_MAP_REGS || m->claim.range.bar != r->bar || m->va != r->va))
		m = m->next;
	if (!m)
		return plx_fail(-ENOENT, PLX_R_NOT_MAPPED, dev->child.name,
				"%s: plx_regs_open() did not give these registers of BAR %u",
				dev->child.name, r->bar);
	plx_map_end(dev, m);
	return 0;
}

void plx_regs_close(struct plx_regs *r)
{
	struct plx_dev *dev = r ? r->dev : NULL;

	if (!dev)
		return;
	if (!plx_dev_enter(dev, 1))
		plx_dev_leave(dev, close_bar(dev, r));
	memset(r, 0, sizeof(*r));
}

/* Not closed, nor what a failed plx_regs_open() left. */
static bool alive(const struct plx_regs *r)
{
	return r->dev && r->dev->open;
}

uint32_t plx_regs_read_slow(const struct plx_regs *r, uint32_t off, unsigned width)
{
	uint8_t b[4] = { 0 };

	if (!alive(r) || r->dev->transport->read(r->dev, r->bar, off, b, width))
		memset(b, 0xff, width);
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

void plx_regs_write_slow(const struct plx_regs *r, uint32_t off, unsigned width, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
			       (uint8_t)(v >> 24) };

	/* Posted, as on a bus: who wants to know reads a register. */
	if (alive(r))
		(void)r->dev->transport->write(r->dev, r->bar, off, b, width);
}
