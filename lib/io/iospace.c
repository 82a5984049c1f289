/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MmMapIoSpaceEx and MmUnmapIoSpace (4.3).
 */
#include "io/io_priv.h"

#include <errno.h>
#include <string.h>

#define BASE                                                                                 \
	(PLX_PROT_READONLY | PLX_PROT_READWRITE | PLX_PROT_EXECUTE | PLX_PROT_EXECUTE_READ | \
	 PLX_PROT_EXECUTE_READWRITE)
#define EXECUTE (PLX_PROT_EXECUTE | PLX_PROT_EXECUTE_READ | PLX_PROT_EXECUTE_READWRITE)
#define CACHE   (PLX_PROT_NOCACHE | PLX_PROT_WRITECOMBINE)

#define INIT_OR_RUNNING (PLX_STATE_BIT(PLX_DEV_INIT) | PLX_STATE_BIT(PLX_DEV_RUNNING))

static const struct plx_io_ddi map_io_space_ex = { "plx_iospace_map_ex", 1, 2, false };
static const struct plx_io_ddi unmap_io_space = { "plx_iospace_map_ex", 1, 2, false };

static int check_protect(const struct plx_dev *dev, uint32_t protect)
{
	if (__builtin_popcount(protect & BASE) != 1)
		return plx_io_fail_arg(
			dev, &map_io_space_ex, PLX_R_RESERVED_BITS, 3,
			"protection 0x%x does not name one access: PLX_PROT_READONLY "
			"or PLX_PROT_READWRITE",
			protect);
	if (protect & ~(BASE | CACHE | PLX_PROT_STRICT))
		return plx_io_fail_arg(dev, &map_io_space_ex, PLX_R_RESERVED_BITS, 3,
				       "protection 0x%x has bits without a meaning", protect);
	if ((protect & CACHE) == CACHE)
		return plx_io_fail_arg(dev, &map_io_space_ex, PLX_R_BAD_ENUM, 3,
				       "protection 0x%x names two cache types: PLX_PROT_NOCACHE or "
				       "PLX_PROT_WRITECOMBINE",
				       protect);
	return 0;
}

/* Flags that are legal, but not to be had. */
static int check_support(const struct plx_dev *dev, uint32_t protect)
{
	if (protect & EXECUTE)
		return plx_fail_ddi(-ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_EXEC, 3,
				    dev->child.name,
				    "%s: device memory is not mapped executable: use "
				    "PLX_PROT_READONLY or PLX_PROT_READWRITE",
				    dev->child.name);
	if (protect & PLX_PROT_STRICT && !(protect & CACHE))
		return plx_fail_ddi(-ENOTSUP, PLX_STATUS_NOT_SUPPORTED, PLX_R_UNSUPPORTED, 3,
				    dev->child.name,
				    "%s: device memory is not mapped cached, which no cache flag "
				    "and PLX_PROT_STRICT ask for: add PLX_PROT_NOCACHE",
				    dev->child.name);
	return 0;
}

static int map(struct plx_dev *dev, uint64_t phys, size_t nbytes, uint32_t protect,
	       volatile void **va)
{
	struct plx_map_request req = {
		.ddi = &map_io_space_ex,
		.kind = PLX_MAP_IOSPACE,
		.states = INIT_OR_RUNNING,
		.protect = protect,
	};
	int err = plx_io_locate(dev, req.ddi, PLX_SPACE_MEMORY, phys, nbytes, &req.range);

	if (!err)
		err = plx_map_check_pages(dev, req.ddi, &req.range);
	if (!err)
		err = check_protect(dev, protect);
	if (!err && !va)
		err = plx_fail_null(5, "va");
	if (!err)
		err = check_support(dev, protect);
	if (!err)
		err = plx_map_check_mode(dev, req.ddi, &req.range);
	return err ? err : plx_map(dev, &req, va);
}

int plx_iospace_map_ex(struct plx_dev *dev, uint64_t phys, size_t nbytes, uint32_t protect,
		       volatile void **va)
{
	int err;

	if (va)
		*va = NULL;
	err = plx_dev_enter(dev, 0);
	return err ? err : plx_dev_leave(dev, map(dev, phys, nbytes, protect, va));
}

int plx_iospace_unmap(struct plx_dev *dev, volatile void *va, size_t nbytes)
{
	struct plx_mapping *m;
	int err = plx_dev_enter(dev, 0);

	if (err)
		return err;
	err = plx_map_find(dev, &unmap_io_space, PLX_MAP_IOSPACE, va, nbytes, &m);
	if (!err)
		plx_map_end(dev, m);
	return plx_dev_leave(dev, err);
}

/* The mapping that holds @va, for a caller who asks. */
static const struct plx_mapping *holding(const struct plx_dev *dev, const volatile void *va)
{
	const struct plx_io *io = dev->io;
	const struct plx_mapping *m = io ? io->mappings : NULL;

	while (m &&
	       !(m->pages && (uintptr_t)va >= (uintptr_t)m->va &&
		 (uintptr_t)va - (uintptr_t)m->va <= m->claim.range.last - m->claim.range.first))
		m = m->next;
	return m;
}

static int attr(const struct plx_dev *dev, const volatile void *va, struct plx_mmio_attr *out)
{
	const struct plx_mapping *m = holding(dev, va);

	if (!m)
		return plx_fail_ddi(-ENOENT, PLX_STATUS_NOT_FOUND, PLX_R_NOT_MAPPED, 2,
				    dev->child.name, "%s: %p is in no mapping of the device",
				    dev->child.name, (const void *)(uintptr_t)va);
	*out = (struct plx_mmio_attr){ .protect = m->claim.protect,
				       .cache = m->claim.cache,
				       .path = m->path,
				       .phys = m->claim.range.first,
				       .len = m->claim.range.last - m->claim.range.first + 1 };
	return 0;
}

int plx_mmio_attr(struct plx_dev *dev, const volatile void *va, struct plx_mmio_attr *out)
{
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = plx_dev_enter(dev, 1);
	if (err)
		return err;
	return plx_dev_leave(dev, out ? attr(dev, va, out) : plx_fail_null(3, "out"));
}
