/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which BAR a range is in; it must be one, and all of it (MIO-4, MIO-5, PIO-2, PIO-3).
 */
#include "io/io_priv.h"

#include <errno.h>

#define PORT_LAST 0xffffull

bool plx_io_bar(const struct plx_dev *dev, unsigned bar, struct plx_io_range *out)
{
	const struct plx_pci_resource *r;

	if (bar >= PLX_PCI_BARS)
		return false;
	r = &dev->function->facts.bars[bar];
	if (!(r->flags & (PLX_PCI_IO | PLX_PCI_MEM)) || r->last < r->first || !r->last)
		return false;
	*out = (struct plx_io_range){ r->flags & PLX_PCI_IO ? PLX_SPACE_PORTS : PLX_SPACE_MEMORY,
				      bar, r->first, r->last };
	return true;
}

/* The first BAR that has a byte of the range. */
static bool touched(const struct plx_dev *dev, uint64_t first, uint64_t last,
		    struct plx_io_range *bar)
{
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		if (plx_io_bar(dev, i, bar) && bar->first <= last && bar->last >= first)
			return true;
	return false;
}

/* MIO-4, PIO-2 */
static int check_length(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
			enum plx_space space, uint64_t first, uint64_t len)
{
	const char *what = space == PLX_SPACE_PORTS ? "ports" : "bytes";
	uint64_t limit = space == PLX_SPACE_PORTS ? UINT32_MAX : UINT64_MAX;

	if (!len)
		return plx_io_fail_arg(dev, ddi, PLX_R_ZERO_LEN, ddi->arg_length, "a range of 0 %s",
				       what);
	if (len - 1 > limit - first)
		return plx_io_fail_arg(dev, ddi, PLX_R_WRAP, ddi->arg_length,
				       "0x%llx plus %llu %s wraps around", (ull)first, (ull)len,
				       what);
	if (space == PLX_SPACE_PORTS && first + len - 1 > PORT_LAST)
		return plx_io_fail_arg(dev, ddi, PLX_R_OUT_OF_IOSPACE, ddi->arg_length,
				       "ports 0x%llx-0x%llx: there are none beyond 0xffff",
				       (ull)first, (ull)(first + len - 1));
	return 0;
}

static int fail_wrong_space(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
			    const struct plx_io_range *bar)
{
	if (bar->space == PLX_SPACE_PORTS)
		return plx_io_fail_arg(dev, ddi, PLX_R_WRONG_SPACE, ddi->arg_address,
				       "BAR %u at 0x%llx is made of I/O ports: use "
				       "plx_ioport_register()",
				       bar->bar, (ull)bar->first);
	return plx_io_fail_arg(dev, ddi, PLX_R_WRONG_SPACE, ddi->arg_address,
			       "BAR %u at 0x%llx is memory, not I/O ports: use plx_mmio_map()",
			       bar->bar, (ull)bar->first);
}

/* MIO-5: in no BAR. */
static int fail_outside(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
			const struct plx_io_range *r)
{
	if (r->space == PLX_SPACE_MEMORY && plx_is_host_ram(dev, r->first, r->last))
		return plx_io_fail_arg(dev, ddi, PLX_R_HOST_RAM, ddi->arg_address,
				       "0x%llx-0x%llx is the machine's own memory, no BAR of the "
				       "device",
				       (ull)r->first, (ull)r->last);
	return plx_io_fail_arg(dev, ddi, PLX_R_OUT_OF_IOSPACE, ddi->arg_address,
			       "0x%llx-0x%llx lies in no BAR of the device: ask "
			       "plx_mmio_bar_to_phys()",
			       (ull)r->first, (ull)r->last);
}

int plx_io_locate(const struct plx_dev *dev, const struct plx_io_ddi *ddi, enum plx_space space,
		  uint64_t first, uint64_t len, struct plx_io_range *out)
{
	struct plx_io_range bar;
	int err;

	/* Before PIO-2: a memory BAR's address is beyond any port, and InitialPort is at fault. */
	if (space == PLX_SPACE_PORTS && len && touched(dev, first, first, &bar) &&
	    bar.space != space)
		return fail_wrong_space(dev, ddi, &bar);
	err = check_length(dev, ddi, space, first, len);
	if (err)
		return err;
	*out = (struct plx_io_range){ space, 0, first, first + len - 1 };
	if (!touched(dev, out->first, out->last, &bar))
		return fail_outside(dev, ddi, out);
	if (bar.first > out->first || bar.last < out->last)
		return plx_io_fail_arg(dev, ddi, PLX_R_STRADDLES_BAR, ddi->arg_address,
				       "0x%llx-0x%llx reaches beyond BAR %u, 0x%llx-0x%llx",
				       (ull)out->first, (ull)out->last, bar.bar, (ull)bar.first,
				       (ull)bar.last);
	if (bar.space != space)
		return fail_wrong_space(dev, ddi, &bar);
	out->bar = bar.bar;
	return 0;
}
