/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory descriptors: checked once, then walked without allocating anything.
 */
#include "iommu/extents.h"
#include "core/error.h"

#include <errno.h>

static uint64_t count(const struct plx_phys *p)
{
	switch (p->type) {
	case PLX_PHYS_MDL:
		return p->mdl.niov;
	case PLX_PHYS_PFN:
		return p->pfn.npages;
	default:
		return 1;
	}
}

static struct plx_extent piece(const struct plx_phys *p, unsigned shift, uint64_t i)
{
	switch (p->type) {
	case PLX_PHYS_MDL:
		return (struct plx_extent){ (uint64_t)(uintptr_t)p->mdl.iov[i].iov_base,
					    p->mdl.iov[i].iov_len };
	case PLX_PHYS_PFN:
		return (struct plx_extent){ p->pfn.frame[i] << shift, 1ull << shift };
	default:
		return (struct plx_extent){ p->contig.base, p->contig.size };
	}
}

bool plx_extents_next(const struct plx_phys *p, unsigned shift, struct plx_extent_walk *walk,
		      struct plx_extent *out)
{
	uint64_t n = count(p);

	out->len = 0;
	while (walk->next < n) {
		struct plx_extent e = piece(p, shift, walk->next);

		if (out->len && e.len && e.va != out->va + out->len)
			break;
		if (e.len && !out->len)
			out->va = e.va;
		out->len += e.len;
		walk->next++;
	}
	return out->len != 0;
}

static int refuse(enum plx_reason reason, unsigned arg, const char *why)
{
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER_1 - 1 + arg, reason, arg, NULL,
			    "the memory to map %s", why);
}

/* Is the list of pieces there? */
static int check_form(const struct plx_phys *p, unsigned arg)
{
	if (!p)
		return refuse(PLX_R_NULL_ARG, arg, "has no descriptor (p is NULL)");
	if ((unsigned)p->type > PLX_PHYS_PFN)
		return refuse(
			PLX_R_BAD_ENUM, arg,
			"has a descriptor of unknown type: use PLX_PHYS_MDL, _CONTIG or _PFN");
	if (p->flags & ~(uint32_t)PLX_PHYS_HOSTPA)
		return refuse(PLX_R_RESERVED_BITS, arg,
			      "has unknown flags: PLX_PHYS_HOSTPA is all there is");
	if ((p->type == PLX_PHYS_MDL && !p->mdl.iov) || (p->type == PLX_PHYS_PFN && !p->pfn.frame))
		return refuse(PLX_R_NULL_ARG, arg, "has no list (iov or frame is NULL)");
	if (!count(p))
		return refuse(PLX_R_ZERO_LEN, arg, "has an empty list (niov or npages is 0)");
	return 0;
}

static int check_piece(const struct plx_phys *p, unsigned shift, uint64_t i, unsigned arg,
		       uint64_t *size)
{
	uint64_t mask = (1ull << shift) - 1;
	struct plx_extent e = piece(p, shift, i);

	if (p->type == PLX_PHYS_PFN && p->pfn.frame[i] > UINT64_MAX >> shift)
		return refuse(PLX_R_WRAP, arg, "has a page number beyond the end of 64 bits");
	if ((e.va | e.len) & mask)
		return plx_fail_ddi(
			-EINVAL, PLX_STATUS_INVALID_PARAMETER_1 - 1 + arg, PLX_R_UNALIGNED, arg,
			NULL,
			"the memory to map must begin and end at multiples of %llu bytes; "
			"0x%llx + 0x%llx does not",
			1ull << shift, (unsigned long long)e.va, (unsigned long long)e.len);
	if (e.len && e.va + (e.len - 1) < e.va)
		return refuse(PLX_R_WRAP, arg, "goes beyond the end of 64 bits");
	if (__builtin_add_overflow(*size, e.len, size))
		return refuse(PLX_R_WRAP, arg, "is more than 2^64 bytes in all");
	return 0;
}

int plx_extents_check(const struct plx_phys *p, unsigned shift, unsigned arg, uint64_t *size,
		      uint64_t *runs)
{
	struct plx_extent_walk walk = { 0 };
	struct plx_extent e;
	int err = check_form(p, arg);

	*size = *runs = 0;
	for (uint64_t i = 0; !err && i < count(p); i++)
		err = check_piece(p, shift, i, arg, size);
	if (err)
		return err;
	if (!*size)
		return refuse(PLX_R_ZERO_LEN, arg, "is 0 bytes");
	while (plx_extents_next(p, shift, &walk, &e))
		++*runs;
	return 0;
}
