/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMMapIoSpace and NdisMUnmapIoSpace (MIO-1 .. MIO-14).
 */
#include "io/io_priv.h"

#include <errno.h>

#define INIT_ONLY      PLX_STATE_BIT(PLX_DEV_INIT)
#define INIT_OR_HALTED (PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_HALTED))

static const struct plx_io_ddi map_io_space = { "plx_mmio_map", 3, 4, true };
static const struct plx_io_ddi unmap_io_space = { "plx_mmio_map", 2, 3, true };

static int map(struct plx_dev *dev, uint64_t phys, uint32_t len, volatile void **va)
{
	struct plx_map_request req = {
		.ddi = &map_io_space,
		.kind = PLX_MAP_MMIO,
		.states = INIT_ONLY,
		.protect = PLX_PROT_READWRITE | PLX_PROT_NOCACHE,
	};
	int err = plx_io_locate(dev, req.ddi, PLX_SPACE_MEMORY, phys, len, &req.range);

	if (!err)
		err = plx_map_check_pages(dev, req.ddi, &req.range);
	if (!err)
		err = plx_map_check_mode(dev, req.ddi, &req.range);
	return err ? err : plx_map(dev, &req, va);
}

int plx_mmio_map(struct plx_dev *dev, uint64_t phys, uint32_t len, volatile void **va)
{
	int err;

	if (!va)
		return plx_fail_null(1, "va");
	*va = NULL;
	err = plx_dev_enter(dev, 2);
	return err ? err : plx_dev_leave(dev, map(dev, phys, len, va));
}

static int unmap(struct plx_dev *dev, volatile void *va, uint32_t len)
{
	struct plx_mapping *m;
	int err = plx_map_find(dev, &unmap_io_space, PLX_MAP_MMIO, va, len, &m);

	if (!err)
		err = plx_io_check_state(dev, &unmap_io_space, INIT_OR_HALTED);
	if (err)
		return err;
	plx_map_end(dev, m);
	return 0;
}

int plx_mmio_unmap(struct plx_dev *dev, volatile void *va, uint32_t len)
{
	int err = plx_dev_enter(dev, 1);

	return err ? err : plx_dev_leave(dev, unmap(dev, va, len));
}

static int bar_to_phys(const struct plx_dev *dev, unsigned bar, uint64_t off, uint64_t *phys)
{
	const char *name = dev->child.name;
	struct plx_io_range range;

	if (bar >= PLX_PCI_BARS)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX, 2, name,
				    "%s: there is no BAR %u: they are 0 to 5", name, bar);
	if (!plx_io_bar(dev, bar, &range))
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_OUT_OF_IOSPACE, 2,
				    name, "%s: the device has no BAR %u", name, bar);
	if (off > range.last - range.first)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_OUT_OF_IOSPACE, 3,
				    name, "%s: BAR %u has 0x%llx bytes, no byte 0x%llx", name, bar,
				    (ull)(range.last - range.first + 1), (ull)off);
	*phys = range.first + off;
	return 0;
}

int plx_mmio_bar_to_phys(struct plx_dev *dev, unsigned bar, uint64_t off, uint64_t *phys)
{
	int err;

	if (phys)
		*phys = 0;
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	if (!phys)
		return plx_dev_leave(dev, plx_fail_null(4, "phys"));
	return plx_dev_leave(dev, bar_to_phys(dev, bar, off, phys));
}
