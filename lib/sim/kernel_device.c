/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VFIO device files of the simulated kernel: what vfio-pci answers (3.2, 8.2, 8.3), with a
 * simulated function behind it.
 */
#define _GNU_SOURCE
#include "sim/kernel_priv.h"

#include "core/uapi.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>

#define OFFSET_SHIFT 40 /* region R begins at R << 40 of the file */
#define PAGE         4096ull
#define HOLE         (4 * PAGE) /* that sparse regions have: from here, as long */

/* --- life --- */

/* Through the container of the group, or the IOAS that a file of the device is attached to. */
static struct plx_sim_space *space_of(const struct plx_sim_function *function)
{
	for (struct plx_sim_file *f = NULL; (f = plx_sim_file_next(f));)
		if (f->kind == DEVICE && f->function == function && (f->via || f->attached))
			return f->group->space;
	return NULL;
}

static uint64_t access_space(void *function, uint64_t iova, uint64_t len, bool write, void *buf)
{
	struct plx_sim_space *space = space_of(function);

	return space ? plx_sim_space_access(space, iova, len, write, buf) : 0;
}

void plx_sim_device_run(struct plx_sim_file *f)
{
	const struct plx_sim_bus bus = { access_space, f->function };

	if (!f->function)
		return;
	plx_sim_function_open(f->function, &bus);
	f->running = true;
}

void plx_sim_device_stop(struct plx_sim_file *f)
{
	if (f->running)
		plx_sim_function_close(f->function);
	f->running = false;
	f->function = NULL;
}

/* Without BIND, or without the function behind it, nothing works. */
static int check_access(const struct plx_sim_file *f)
{
	if (!f->via && !f->bound)
		return plx_sim_fail(EINVAL);
	return f->running ? 0 : plx_sim_fail(ENODEV);
}

/* --- what there is --- */

static bool can_reset(const struct plx_sim_file *f)
{
	return plx_sim_function_can_reset(f->function) && !plx_sim_config.no_reset;
}

static int get_info(const struct plx_sim_file *f, struct vfio_device_info *info)
{
	if (info->argsz < offsetof(struct vfio_device_info, num_irqs) + sizeof(info->num_irqs))
		return plx_sim_fail(EINVAL);
	info->flags = VFIO_DEVICE_FLAGS_PCI;
	if (can_reset(f))
		info->flags |= VFIO_DEVICE_FLAGS_RESET;
	info->num_regions = VFIO_PCI_NUM_REGIONS;
	info->num_irqs = VFIO_PCI_NUM_IRQS;
	return 0;
}

/* Capabilities of a region, one after the other; returns their size. */
struct caps {
	union {
		struct vfio_info_cap_header header;
		uint8_t bytes[128];
	};
	uint32_t size;
	struct vfio_info_cap_header *last;
};

static void *add_cap(struct caps *caps, uint16_t id, uint16_t version, uint32_t size)
{
	struct vfio_info_cap_header *h = (void *)(caps->bytes + caps->size);

	h->id = id;
	h->version = version;
	if (caps->last) /* counted from the region info's start */
		caps->last->next = (uint32_t)sizeof(struct vfio_region_info) + caps->size;
	caps->last = h;
	caps->size += size;
	return h;
}

static void add_caps(struct caps *caps, const struct plx_sim_region *r)
{
	if (r->table_size && plx_sim_config.msix_mappable)
		add_cap(caps, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1,
			sizeof(struct vfio_info_cap_header));
	if (plx_sim_config.sparse && r->size > 2 * HOLE) {
		struct vfio_region_info_cap_sparse_mmap *sparse =
			add_cap(caps, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1,
				sizeof(*sparse) + 2 * sizeof(sparse->areas[0]));

		sparse->nr_areas = 2;
		sparse->areas[0].offset = 0;
		sparse->areas[0].size = HOLE;
		sparse->areas[1].offset = 2 * HOLE;
		sparse->areas[1].size = r->size - 2 * HOLE;
	}
}

/* The two-call pattern: argsz says how much it would have been. */
static int get_region_info(const struct plx_sim_file *f, struct vfio_region_info *info)
{
	struct caps caps = { .size = 0 };
	struct plx_sim_region r;
	uint32_t room = info->argsz;

	if (room < sizeof(*info) || info->index >= VFIO_PCI_NUM_REGIONS ||
	    info->index == VFIO_PCI_VGA_REGION_INDEX)
		return plx_sim_fail(EINVAL);
	plx_sim_function_region(f->function, info->index, &r);
	info->offset = (uint64_t)info->index << OFFSET_SHIFT;
	info->size = r.size;
	info->flags = r.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	if (r.can_map) {
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
		add_caps(&caps, &r);
	}
	info->cap_offset = 0;
	if (!caps.size)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	info->argsz = (uint32_t)sizeof(*info) + caps.size;
	if (room < info->argsz)
		return 0;
	memcpy(info + 1, caps.bytes, caps.size);
	info->cap_offset = sizeof(*info);
	return 0;
}

static int reset(struct plx_sim_file *f)
{
	if (!can_reset(f))
		return plx_sim_fail(EINVAL);
	plx_sim_function_reset(f->function);
	return 0;
}

/* Those of the cdev, of iommufd. */
static int ask_cdev(struct plx_sim_file *f, unsigned long request, void *arg)
{
	if (request == PLX_UAPI_BIND)
		return plx_sim_bind(f, arg);
	if (!f->bound)
		return plx_sim_fail(EINVAL);
	if (request == PLX_UAPI_ATTACH)
		return plx_sim_attach(f, arg);
	if (((const struct plx_uapi_detach *)arg)->argsz < sizeof(struct plx_uapi_detach) ||
	    ((const struct plx_uapi_detach *)arg)->flags)
		return plx_sim_fail(EINVAL);
	plx_sim_leave_ioas(f);
	return 0;
}

int plx_sim_device_ioctl(struct plx_sim_file *f, unsigned long request, void *arg)
{
	switch (request) {
	case PLX_UAPI_BIND:
	case PLX_UAPI_ATTACH:
	case PLX_UAPI_DETACH:
		return f->via ? plx_sim_fail(ENOTTY) : ask_cdev(f, request, arg);
	}
	if (check_access(f))
		return -1;
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(f, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(f, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return plx_sim_get_irq_info(f, arg);
	case VFIO_DEVICE_SET_IRQS:
		return plx_sim_set_irqs(f, arg);
	case VFIO_DEVICE_RESET:
		return reset(f);
	default:
		return plx_sim_fail(ENOTTY);
	}
}

/* --- accesses --- */

/* A BAR is requested from the resource tree when it is first used (3.2, 1d). */
static bool is_held(struct plx_sim_file *f, unsigned region)
{
	if (region >= PLX_SIM_BARS)
		return false;
	if (plx_sim_config.held_bars & 1u << region)
		return true;
	f->requested |= 1u << region;
	return false;
}

void *plx_sim_device_mmap(struct plx_sim_file *f, size_t len, int prot, int flags, off_t offset)
{
	unsigned region = (unsigned)(offset >> OFFSET_SHIFT);
	uint64_t at = (uint64_t)offset & ((1ull << OFFSET_SHIFT) - 1);
	struct plx_sim_region r;

	if (check_access(f))
		return MAP_FAILED;
	plx_sim_function_region(f->function, region, &r);
	errno = EINVAL;
	if (!(flags & MAP_SHARED) || !r.can_map || !len || at > r.size || len > r.size - at)
		return MAP_FAILED;
	if (at < r.table_size && !plx_sim_config.msix_mappable)
		return MAP_FAILED;
	errno = EBUSY;
	if (is_held(f, region))
		return MAP_FAILED;
	return mmap(NULL, len, prot, MAP_SHARED, r.fd, (off_t)(r.fd_offset + at));
}

/* Where an access goes. Config space is never accessed in part. */
static int check_region(struct plx_sim_file *f, size_t len, off_t offset, unsigned *region,
			uint64_t *at)
{
	unsigned size;

	*region = (unsigned)(offset >> OFFSET_SHIFT);
	*at = (uint64_t)offset & ((1ull << OFFSET_SHIFT) - 1);
	if (check_access(f))
		return -1;
	if (offset < 0 || *region >= PLX_SIM_REGIONS || len > INT32_MAX)
		return plx_sim_fail(EINVAL);
	size = plx_sim_config_size(f->function);
	if (*region == CONFIG && (*at >= size || len > size - *at))
		return plx_sim_fail(EFAULT);
	return is_held(f, *region) ? plx_sim_fail(EBUSY) : 0;
}

static ssize_t answer(int n)
{
	return n < 0 ? plx_sim_fail(-n) : n;
}

ssize_t plx_sim_device_pread(struct plx_sim_file *f, void *buf, size_t len, off_t offset)
{
	unsigned region;
	uint64_t at;

	if (check_region(f, len, offset, &region, &at))
		return -1;
	return answer(plx_sim_function_read(f->function, region, at, buf, (uint32_t)len));
}

ssize_t plx_sim_device_pwrite(struct plx_sim_file *f, const void *buf, size_t len, off_t offset)
{
	unsigned region;
	uint64_t at;

	if (check_region(f, len, offset, &region, &at))
		return -1;
	return answer(plx_sim_function_write(f->function, region, at, buf, (uint32_t)len));
}
