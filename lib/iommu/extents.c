/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory descriptors: checked once, then walked without allocating anything.
 */
#include "iommu/extents.h"
#include "core/error.h"

#include <errno.h>

/* Pieces of a list. */
static uint64_t count(const struct plx_phys *p)
{
	return p->type == PLX_PHYS_MDL ? p->mdl.niov : p->pfn.npages;
}

static struct plx_extent piece(const struct plx_phys *p, unsigned shift, uint64_t i)
{
	if (p->type == PLX_PHYS_MDL)
		return (struct plx_extent){ (uint64_t)(uintptr_t)p->mdl.iov[i].iov_base,
					    p->mdl.iov[i].iov_len };
	return (struct plx_extent){ p->pfn.frame[i] << shift, 1ull << shift };
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

static PLX_COLD int refuse(enum plx_reason reason, unsigned arg, const char *why)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(arg), reason, arg, NULL, "the memory to map %s",
			    why);
}

static PLX_COLD int refuse_unaligned(struct plx_extent e, unsigned shift, unsigned arg)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(arg), PLX_R_UNALIGNED, arg, NULL,
			    "the memory to map must begin and end at multiples of %llu bytes; "
			    "0x%llx + 0x%llx does not",
			    1ull << shift, (unsigned long long)e.va, (unsigned long long)e.len);
}

/* One piece, empty ones included; *@size is counted up. */
static inline int check_piece(struct plx_extent e, unsigned shift, unsigned arg, uint64_t *size)
{
	if ((e.va | e.len) & ((1ull << shift) - 1))
		return refuse_unaligned(e, shift, arg);
	if (e.len && e.va + (e.len - 1) < e.va)
		return refuse(PLX_R_WRAP, arg, "goes beyond the end of 64 bits");
	if (__builtin_add_overflow(*size, e.len, size))
		return refuse(PLX_R_WRAP, arg, "is more than 2^64 bytes in all");
	return 0;
}

static PLX_COLD int refuse_empty(unsigned arg)
{
	return refuse(PLX_R_ZERO_LEN, arg, "is 0 bytes");
}

static uint64_t count_runs(const struct plx_phys *p, unsigned shift)
{
	struct plx_extent_walk walk = { 0 };
	struct plx_extent e;
	uint64_t n = 0;

	while (plx_extents_next(p, shift, &walk, &e))
		n++;
	return n;
}

/* Is the list there, and is what is in it good? Not inline: a whole shall not pay for it. */
static __attribute__((noinline)) int check_list(const struct plx_phys *p, unsigned shift,
						unsigned arg, uint64_t *size, uint64_t *runs)
{
	int err = 0;

	*size = *runs = 0;
	if (p->type == PLX_PHYS_MDL ? !p->mdl.iov : !p->pfn.frame)
		return refuse(PLX_R_NULL_ARG, arg, "has no list (iov or frame is NULL)");
	if (!count(p))
		return refuse(PLX_R_ZERO_LEN, arg, "has an empty list (niov or npages is 0)");
	for (uint64_t i = 0; !err && i < count(p); i++) {
		if (p->type == PLX_PHYS_PFN && p->pfn.frame[i] > UINT64_MAX >> shift)
			return refuse(PLX_R_WRAP, arg,
				      "has a page number beyond the end of 64 bits");
		err = check_piece(piece(p, shift, i), shift, arg, size);
	}
	if (!err && !*size)
		err = refuse_empty(arg);
	if (!err)
		*runs = count_runs(p, shift);
	return err;
}

/* Neither a whole nor a list that can be walked. */
static PLX_COLD int refuse_form(const struct plx_phys *p, unsigned arg)
{
	if (!p)
		return refuse(PLX_R_NULL_ARG, arg, "has no descriptor (p is NULL)");
	if ((unsigned)p->type > PLX_PHYS_PFN)
		return refuse(
			PLX_R_BAD_ENUM, arg,
			"has a descriptor of unknown type: use PLX_PHYS_MDL, _CONTIG or _PFN");
	return refuse(PLX_R_RESERVED_BITS, arg,
		      "has unknown flags: PLX_PHYS_HOSTPA is all there is");
}

int plx_extents_check(const struct plx_phys *p, unsigned shift, unsigned arg, uint64_t *size,
		      uint64_t *runs)
{
	struct plx_extent whole;
	int err;

	if (!p || (unsigned)p->type > PLX_PHYS_PFN || p->flags & ~(uint32_t)PLX_PHYS_HOSTPA)
		return refuse_form(p, arg);
	if (p->type != PLX_PHYS_CONTIG)
		return check_list(p, shift, arg, size, runs);
	whole = (struct plx_extent){ p->contig.base, p->contig.size };
	*size = 0;
	*runs = 1;
	err = check_piece(whole, shift, arg, size);
	return err || *size ? err : refuse_empty(arg);
}
