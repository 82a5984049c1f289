/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What VFIO says of a region. It comes from the kernel, and from drivers of vendors in it: every
 * number is checked before it is believed.
 */
#include "pci/vfio_priv.h"

#include <string.h>

/* @len bytes at @at of what the kernel said, wherever they lie. */
static bool copy_at(const void *info, size_t size, size_t at, void *out, size_t len)
{
	if (at > size || len > size - at)
		return false;
	memcpy(out, (const char *)info + at, len);
	return true;
}

/* Areas beyond the PLX_SPARSE_MAX that we keep stay unmapped, which is safe. */
static bool add_area(struct plx_region *r, uint64_t offset, uint64_t size)
{
	if (offset > r->size || size > r->size - offset)
		return false;
	if (size && r->n_sparse < PLX_SPARSE_MAX)
		r->sparse[r->n_sparse++] = (struct plx_sparse){ offset, size };
	return true;
}

static bool parse_sparse(const void *info, size_t size, size_t at, struct plx_region *r)
{
	struct vfio_region_info_cap_sparse_mmap cap;
	struct vfio_region_sparse_mmap_area area;

	if (!copy_at(info, size, at, &cap, sizeof(cap)) ||
	    cap.nr_areas > (size - at - sizeof(cap)) / sizeof(area))
		return false;
	for (uint32_t i = 0; i < cap.nr_areas; i++)
		if (!copy_at(info, size, at + sizeof(cap) + i * sizeof(area), &area,
			     sizeof(area)) ||
		    !add_area(r, area.offset, area.size))
			return false;
	r->can_map = r->can_map && r->n_sparse; /* a list of nothing is not "all of it" */
	return true;
}

/* Offsets only grow, so that the chain ends; and of a list of areas there is one. */
static bool parse_chain(const void *info, size_t size, size_t at, struct plx_region *r)
{
	bool has_list = false;

	while (at) {
		struct vfio_info_cap_header cap;

		if (at < sizeof(struct vfio_region_info) ||
		    !copy_at(info, size, at, &cap, sizeof(cap)))
			return false;
		if (cap.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP) {
			if (has_list || !parse_sparse(info, size, at, r))
				return false;
			has_list = true;
		}
		if (cap.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
			r->msix_mappable = true;
		if (cap.next && cap.next <= at)
			return false;
		at = cap.next;
	}
	return true;
}

static bool parse(const void *info, size_t size, struct plx_vfio_region *out)
{
	struct vfio_region_info head;
	struct plx_region *r = &out->info;

	if (!copy_at(info, size, 0, &head, sizeof(head)))
		return false;
	if (!head.size)
		return true;
	if (head.offset > INT64_MAX || head.size > INT64_MAX - head.offset) /* off_t */
		return false;
	out->offset = head.offset;
	r->size = head.size;
	r->can_read = head.flags & VFIO_REGION_INFO_FLAG_READ;
	r->can_write = head.flags & VFIO_REGION_INFO_FLAG_WRITE;
	r->can_map = head.flags & VFIO_REGION_INFO_FLAG_MMAP;
	return !(head.flags & VFIO_REGION_INFO_FLAG_CAPS) ||
	       parse_chain(info, size, head.cap_offset, r);
}

bool plx_vfio_parse_region(const void *info, size_t size, struct plx_vfio_region *out)
{
	memset(out, 0, sizeof(*out));
	if (parse(info, size, out))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}
