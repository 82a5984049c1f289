/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMRegisterIoPortRange and NdisMDeregisterIoPortRange (PIO-1 .. PIO-6, PIO-10, PIO-12).
 */
#include "io/io_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INIT_ONLY      PLX_STATE_BIT(PLX_DEV_INIT)
#define INIT_OR_HALTED (PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_HALTED))

static const struct plx_io_ddi register_ports = { "plx_ioport_register", 3, 4, true };
static const struct plx_io_ddi deregister_ports = { "plx_ioport_register", 2, 3, true };

/* The kernel hands the BAR out whole, or not at all (CONFIG_HAS_IOPORT, an odd bridge). */
static int check_region(const struct plx_dev *dev, const struct plx_io_range *range)
{
	const struct plx_region *region = &dev->regions[range->bar];
	uint64_t off = range->first - dev->function->facts.bars[range->bar].first;
	char text[PLX_RANGE_TEXT];

	if (region->can_read && region->can_write && off < region->size &&
	    range->last - range->first <= region->size - 1 - off)
		return 0;
	return plx_fail_ddi(-ENOTSUP, PLX_STATUS_INSUFFICIENT_RESOURCES, PLX_R_UNSUPPORTED, 0,
			    dev->child.name, "%s: %s is not handed out by the kernel",
			    dev->child.name, plx_io_range_text(range, text));
}

static int fail_slot(const struct plx_ports *p, int err, const char *other)
{
	const struct plx_dev *dev = p->claim.dev;
	char text[PLX_RANGE_TEXT];

	if (err == -ENOMEM)
		return plx_fail_nomem(dev->child.name,
				      "one more range of ports in this process: there "
				      "are 1,024");
	return plx_io_fail_conflict(dev, &register_ports, PLX_R_CLAIMED, 0,
				    "%s is registered by %s in another context of this process",
				    plx_io_range_text(&p->claim.range, text), other);
}

/* G-5: occupancy, then state, then the device. */
static int take(struct plx_ports *p)
{
	struct plx_dev *dev = p->claim.dev;
	char other[64];
	int err = plx_slot_take(&p->claim, &p->base, other, sizeof(other));

	if (err)
		return fail_slot(p, err, other);
	err = plx_io_check_order(dev, &register_ports, INIT_ONLY);
	if (!err)
		err = plx_dev_command(dev, PLX_PCI_COMMAND_IO); /* MIO-14 */
	if (err)
		plx_slot_end(p->base);
	return err;
}

static int claim(struct plx_ports *p)
{
	int err = plx_claim_take(&p->claim, &register_ports);

	if (err)
		return err;
	err = take(p);
	if (err)
		plx_claim_drop(&p->claim);
	return err;
}

static int add(struct plx_dev *dev, const struct plx_io_range *range, plx_ioport_t *base)
{
	struct plx_ports *p = calloc(1, sizeof(*p));
	struct plx_io *io;
	int err;

	if (!p)
		return plx_fail_nomem(dev->child.name, "a range of ports");
	p->claim = (struct plx_claim){ .dev = dev, .range = *range, .protect = PLX_PROT_READWRITE };
	err = plx_io_room(dev, &io);
	if (!err)
		err = claim(p);
	if (err) {
		free(p);
		return err;
	}
	p->next = io->ports;
	io->ports = p;
	dev->n_maps++;
	dev->bar_path[range->bar] = PLX_BAR_TRANSPORT;
	*base = p->base;
	return 0;
}

static int register_range(struct plx_dev *dev, uint32_t first, uint32_t count, plx_ioport_t *base)
{
	struct plx_io_range range;
	int err = plx_io_locate(dev, &register_ports, PLX_SPACE_PORTS, first, count, &range);

	if (!err)
		err = check_region(dev, &range);
	return err ? err : add(dev, &range, base);
}

int plx_ioport_register(struct plx_dev *dev, uint32_t first, uint32_t count, plx_ioport_t *base)
{
	int err;

	if (!base)
		return plx_fail_null(1, "base");
	*base = 0;
	err = plx_dev_enter(dev, 2);
	return err ? err : plx_dev_leave(dev, register_range(dev, first, count, base));
}

/* --- deregistering --- */

/* Of this handle, with the offset of @base in it. */
static struct plx_ports *named(const struct plx_dev *dev, plx_ioport_t base)
{
	const struct plx_io *io = dev->io;
	struct plx_ports *p = io ? io->ports : NULL;

	while (p && (base < p->base || base - p->base > p->claim.range.last - p->claim.range.first))
		p = p->next;
	return p;
}

static int fail_mismatch(const struct plx_ports *p, unsigned arg)
{
	char text[PLX_RANGE_TEXT];

	return plx_io_fail_arg(p->claim.dev, &deregister_ports, PLX_R_MISMATCH, arg,
			       "%s is registered: deregister exactly that, with the cookie it got",
			       plx_io_range_text(&p->claim.range, text));
}

static int deregister(struct plx_dev *dev, uint32_t first, uint32_t count, plx_ioport_t base)
{
	struct plx_ports *p = named(dev, base);
	int err;

	if (!p)
		return plx_fail_ddi(-ENOENT, PLX_STATUS_UNSUCCESSFUL, PLX_R_NOT_MAPPED, 4,
				    dev->child.name,
				    "%s: cookie 0x%llx names no ports of this handle, or they are "
				    "deregistered already",
				    dev->child.name, (ull)base);
	if (first != p->claim.range.first)
		return fail_mismatch(p, 2);
	if (count != p->claim.range.last - p->claim.range.first + 1)
		return fail_mismatch(p, 3);
	if (base != p->base)
		return fail_mismatch(p, 4);
	err = plx_io_check_state(dev, &deregister_ports, INIT_OR_HALTED);
	if (!err)
		plx_ports_end(dev, p);
	return err;
}

int plx_ioport_deregister(struct plx_dev *dev, uint32_t first, uint32_t count, plx_ioport_t base)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, deregister(dev, first, count, base));
}

void plx_ports_end(struct plx_dev *dev, struct plx_ports *p)
{
	struct plx_io *io = dev->io;
	struct plx_ports **at = &io->ports;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	plx_slot_end(p->base);
	plx_claim_drop(&p->claim);
	dev->n_maps--;
	free(p);
}

int plx_ioport_caps(struct plx_dev *dev, struct plx_ioport_caps *out)
{
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	if (!out)
		return plx_dev_leave(dev, plx_fail_null(2, "out"));
	/* PIO-12: VFIO's region takes a system call for each access. */
	*out = (struct plx_ioport_caps){ .datapath_safe = false, .backend = dev->backend };
	return plx_dev_leave(dev, 0);
}
