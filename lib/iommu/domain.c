/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A domain's life; what is usable in it.
 */
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define MAX_RESERVED 65536 /* so that a list that bites its tail ends */

/* --- entering and leaving --- */

static int fail_domain(const char *why)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_DOMAIN_TYPE, 1, NULL, "%s", why);
}

int plx_domain_refuse(struct plx_domain *d)
{
	bool deleted;

	if (!d)
		return fail_domain("the domain must not be NULL");
	deleted = d->deleted;
	plx_unlock(&d->lock);
	if (deleted)
		return fail_domain("the domain was deleted");
	fail_domain("in this domain nothing is mapped: devices reach all memory "
		    "(PLX_DOMAIN_PASSTHROUGH)");
	return plx_domain_failed(d);
}

void plx_domain_release_idle(struct plx_domain *d)
{
	while (d->idle) {
		struct plx_mapping *m = d->idle;

		d->idle = m->next_idle;
		plx_iova_release(&d->space, &m->range);
		free(m);
	}
	d->n_idle = 0;
}

int plx_domain_enter_any(struct plx_domain *d)
{
	if (d)
		plx_lock(&d->lock);
	if (!d || d->deleted)
		return plx_domain_refuse(d);
	plx_domain_settle(d);
	return 0;
}

int plx_domain_enter(struct plx_domain *d)
{
	int err = plx_domain_enter_unsettled(d);

	if (!err)
		plx_domain_settle(d);
	return err;
}

int plx_domain_failed(const struct plx_domain *d)
{
	return plx_fail_origin(d->io->backend->id, d->child.name, 0);
}

struct plx_iommu *plx_domain_iommu(const struct plx_domain *d)
{
	return d->io;
}

/* --- what is usable --- */

/* G-9: how many bits PAGE has. */
static unsigned page_shift(uint64_t page_sizes)
{
	unsigned shift = (unsigned)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	unsigned least = page_sizes ? (unsigned)__builtin_ctzll(page_sizes) : 0;

	return least > shift ? least : shift;
}

static int fail_clash(const struct plx_domain *d, const struct plx_range *clash, const char *cause)
{
	return plx_fail(
		-EADDRINUSE, PLX_R_IOVA_RESERVED, d->child.name,
		"%s cannot use IOVA 0x%llx-0x%llx, at which %s has a mapping or token: free "
		"it, or attach before mapping",
		cause, (unsigned long long)(clash->first << d->space.shift),
		(unsigned long long)(((clash->last + 1) << d->space.shift) - 1), d->child.name);
}

static int by_first(const void *a, const void *b)
{
	const struct plx_iova_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* The kernel's list should be in order and without overlaps; the allocator relies on it. */
static void tidy(struct plx_iommu_limits *limits)
{
	struct plx_iova_range *r = limits->ranges;
	unsigned kept = 0;

	if (limits->n_ranges)
		qsort(r, limits->n_ranges, sizeof(*r), by_first);
	for (unsigned i = 0; i < limits->n_ranges; i++)
		if (r[i].first <= r[i].last && (!kept || r[i].first > r[kept - 1].last))
			r[kept++] = r[i];
	limits->n_ranges = kept;
}

/* Take over what the backend says; nothing is changed on failure. */
static int apply_limits(struct plx_domain *d, const struct plx_iommu_limits *limits,
			const char *cause)
{
	unsigned shift = page_shift(limits->page_sizes);
	struct plx_range clash = { 0 };
	int err;

	if (shift != d->space.shift && plx_iova_in_use(&d->space))
		return plx_fail(-EADDRINUSE, PLX_R_IOVA_RESERVED, d->child.name,
				"%s needs pages of %u bytes, and %s has mappings or tokens of "
				"other ones: attach before mapping",
				cause, 1u << shift, d->child.name);
	if (shift != d->space.shift) {
		plx_iova_fini(&d->space);
		plx_iova_init(&d->space, &d->alloc, shift);
	}
	err = plx_iova_set_usable(&d->space, limits->ranges, limits->n_ranges, d->reserved,
				  d->n_reserved, &clash);
	if (err == -ENOMEM)
		return plx_fail_nomem(d->child.name, "usable ranges");
	if (err)
		return fail_clash(d, &clash, cause);
	d->page_sizes = limits->page_sizes;
	d->limit =
		limits->entries_left == UINT64_MAX ? UINT64_MAX : limits->entries_left + d->entries;
	return 0;
}

int plx_domain_reread(struct plx_domain *d, const char *cause)
{
	struct plx_iommu_limits limits = { 0 };
	int err;

	if (d->type != PLX_DOMAIN_TRANSLATE)
		return 0;
	err = d->io->backend->limits(d, &limits);
	if (!err) {
		tidy(&limits);
		err = apply_limits(d, &limits, cause);
	}
	free(limits.ranges);
	return err;
}

/* --- creating --- */

/* DOM-1, the part that is about the argument. */
static int check_type(enum plx_domain_type type)
{
	if ((unsigned)type > PLX_DOMAIN_TRANSLATE_S1)
		return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_DOMAIN_TYPE, 1, NULL,
				    "there is no domain type %d", (int)type);
	return 0;
}

/* DOM-1, the part that is about what can be had. */
static int check_mode(const struct plx_iommu *io, enum plx_domain_type type)
{
	if (type == PLX_DOMAIN_UNMANAGED || type == PLX_DOMAIN_TRANSLATE_S1)
		return plx_fail(
			-ENOTSUP, PLX_R_DOMAIN_TYPE, io->child.name,
			"domains whose page tables the program keeps are not to be had: use "
			"PLX_DOMAIN_TRANSLATE");
	if (type == PLX_DOMAIN_PASSTHROUGH && io->backend->translates)
		return plx_fail(-ENOTSUP, PLX_R_NO_IOMMU, io->child.name,
				"%s translates always: PLX_DOMAIN_PASSTHROUGH is for no-iommu",
				io->child.name);
	if (type == PLX_DOMAIN_TRANSLATE && !io->backend->translates)
		return plx_fail(-ENOTSUP, PLX_R_NO_IOMMU, io->child.name,
				"%s cannot translate: it has PLX_DOMAIN_PASSTHROUGH only",
				io->child.name);
	return 0;
}

/* DOM-3 */
static int check_alloc(const struct plx_iova_alloc_cfg *alloc)
{
	if (!alloc || alloc->type == PLX_IOVA_ALLOC_NONE)
		return 0;
	if ((unsigned)alloc->type > PLX_IOVA_ALLOC_FLEX)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_BAD_ENUM, 3, NULL,
				    "there is no IOVA allocator %d", (int)alloc->type);
	if (alloc->address_width < 13 || alloc->address_width > 63)
		return plx_fail_ddi(-EINVAL, plx_status_arg(3), PLX_R_TOO_LARGE, 3, NULL,
				    "an allocator's address width is 13 to 63 bits, not %u",
				    alloc->address_width);
	return 0;
}

static int fail_reserved(const struct plx_reserved_region *r, enum plx_reason reason,
			 const char *why)
{
	return plx_fail_ddi(-EINVAL, plx_status_arg(4), reason, 4, NULL,
			    "the reserved region of %llu pages at 0x%llx %s",
			    (unsigned long long)r->npages, (unsigned long long)r->base, why);
}

/* DOM-4 for one region; *@out is its bytes. */
static int check_region(const struct plx_reserved_region *r, unsigned shift,
			struct plx_iova_range *out)
{
	if (r->base & ((1ull << shift) - 1))
		return fail_reserved(r, PLX_R_UNALIGNED, "does not begin at a page");
	if (!r->npages)
		return fail_reserved(r, PLX_R_ZERO_LEN, "is empty");
	if (r->npages - 1 > (UINT64_MAX - r->base) >> shift)
		return fail_reserved(r, PLX_R_WRAP, "goes beyond the end of 64 bits");
	out->first = r->base;
	out->last = r->base + ((r->npages - 1) << shift) + ((1ull << shift) - 1);
	return 0;
}

static int count_reserved(const struct plx_reserved_region *list, unsigned *n)
{
	*n = 0;
	for (const struct plx_reserved_region *r = list; r; r = r->next)
		if (++*n > MAX_RESERVED)
			return fail_reserved(r, PLX_R_TOO_LARGE,
					     "is one of more than 65,536: does the list end?");
	return 0;
}

/* DOM-4: copy the list, in order. */
static int read_reserved(const struct plx_reserved_region *list, unsigned shift,
			 struct plx_iova_range **out, unsigned *n)
{
	struct plx_iova_range *copy;
	int err = count_reserved(list, n);

	*out = NULL;
	if (err || !*n)
		return err;
	copy = calloc(*n, sizeof(*copy));
	if (!copy)
		return plx_fail_nomem(NULL, "reserved regions");
	for (unsigned i = 0; list && !err; list = list->next)
		err = check_region(list, shift, &copy[i++]);
	if (!err)
		qsort(copy, *n, sizeof(*copy), by_first);
	for (unsigned i = 1; i < *n && !err; i++)
		if (copy[i].first <= copy[i - 1].last)
			err = plx_fail_ddi(-EINVAL, plx_status_arg(4), PLX_R_IOVA_BUSY, 4, NULL,
					   "two reserved regions overlap at 0x%llx",
					   (unsigned long long)copy[i].first);
	if (err)
		free(copy);
	else
		*out = copy;
	return err;
}

static bool wants_identity(const struct plx_reserved_region *r)
{
	while (r && !r->identity_map)
		r = r->next;
	return r != NULL;
}

void plx_domain_hold(struct plx_domain *d)
{
	atomic_fetch_add_explicit(&d->holds, 1, memory_order_relaxed);
}

void plx_domain_drop(struct plx_domain *d)
{
	if (!d || atomic_fetch_sub_explicit(&d->holds, 1, memory_order_acq_rel) != 1)
		return;
	free(d);
}

bool plx_domain_alive(struct plx_domain *d)
{
	bool alive;

	plx_lock(&d->lock);
	alive = !d->deleted;
	plx_unlock(&d->lock);
	return alive;
}

static void bury_domain(struct plx_grave *g)
{
	plx_domain_drop((struct plx_domain *)g);
}

static void free_space(struct plx_domain *d)
{
	plx_iova_fini(&d->space);
	free(d->reserved);
	d->reserved = NULL;
}

/* Open the backend's part and read what is usable. */
static int open_domain(struct plx_domain *d)
{
	int err = d->io->backend->domain_open(d);

	if (err)
		return err;
	err = plx_domain_reread(d, d->io->child.name);
	if (err) {
		struct plx_error saved = *plx_last_error();

		d->io->backend->domain_close(d);
		return plx_fail_again(&saved);
	}
	return 0;
}

/* Takes over @reserved. */
static int make_domain(struct plx_iommu *io, enum plx_domain_type type,
		       const struct plx_iova_alloc_cfg *alloc, struct plx_iova_range *reserved,
		       unsigned n_reserved, struct plx_domain **out)
{
	struct plx_domain *d = calloc(1, sizeof(*d));
	unsigned number;
	int err;

	if (!d) {
		free(reserved);
		return plx_fail_nomem(NULL, "a domain");
	}
	d->grave.bury = bury_domain;
	atomic_init(&d->holds, 1);
	d->io = io;
	d->type = type;
	d->reserved = reserved;
	d->n_reserved = n_reserved;
	d->limit = UINT64_MAX;
	if (alloc)
		d->alloc = *alloc;
	plx_iova_init(&d->space, &d->alloc, page_shift(0));
	pthread_mutex_lock(&io->lock);
	number = ++io->last_number;
	io->n_domains++;
	pthread_mutex_unlock(&io->lock);
	plx_ctx_adopt(io->child.ctx, &d->child, "domain %u", number);
	err = open_domain(d);
	if (err) {
		pthread_mutex_lock(&io->lock);
		io->n_domains--;
		pthread_mutex_unlock(&io->lock);
		plx_ctx_orphan(&d->child);
		free_space(d);
		bury_domain(&d->grave);
		return err;
	}
	*out = d;
	return 0;
}

static int create(struct plx_iommu *io, enum plx_domain_type type,
		  const struct plx_iova_alloc_cfg *alloc, const struct plx_reserved_region *list,
		  struct plx_domain **out)
{
	struct plx_iova_range *reserved = NULL;
	unsigned n = 0;
	int err = check_alloc(alloc);

	if (!err)
		err = read_reserved(list, page_shift(0), &reserved, &n);
	if (err)
		return err;
	if (!out)
		err = plx_fail_ddi(-EINVAL, plx_status_arg(5), PLX_R_NULL_ARG, 5, NULL,
				   "out must not be NULL");
	if (!err)
		err = check_mode(io, type);
	if (!err && wants_identity(list))
		err = plx_fail(-ENOTSUP, PLX_R_NO_PHYS, io->child.name,
			       "a reserved region cannot be mapped at its physical address: those "
			       "are not known here; leave identity_map false");
	if (err) {
		free(reserved);
		return err;
	}
	return make_domain(io, type, alloc, reserved, n, out);
}

int plx_domain_create(struct plx_iommu *io, enum plx_domain_type type, uint32_t flags,
		      const struct plx_iova_alloc_cfg *alloc,
		      const struct plx_reserved_region *reserved, struct plx_domain **out)
{
	int err;

	if (out)
		*out = NULL;
	if (!io) /* which is no argument of the DDI */
		return plx_fail_null(0, "io");
	err = check_type(type);
	if (!err && flags) /* DOM-2 */
		err = plx_fail_ddi(-EINVAL, plx_status_arg(2), PLX_R_RESERVED_BITS, 2, NULL,
				   "flags must be 0, not 0x%x", flags);
	if (!err)
		err = create(io, type, alloc, reserved, out);
	return err ? plx_fail_origin(io->backend->id, io->child.name, 0) : plx_ok();
}

/* --- deleting --- */

static int check_idle(const struct plx_domain *d)
{
	if (d->n_devices)
		return plx_fail(-EBUSY, PLX_R_STILL_ATTACHED, d->child.name,
				"%u device%s still attached to %s: detach first", d->n_devices,
				d->n_devices == 1 ? " is" : "s are", d->child.name);
	if (d->n_tokens)
		return plx_fail(-EBUSY, PLX_R_TOKENS_LIVE, d->child.name,
				"%s still has %u token%s: free %s first", d->child.name,
				d->n_tokens, d->n_tokens == 1 ? "" : "s",
				d->n_tokens == 1 ? "it" : "them");
	return 0;
}

/* One warning; what the kernel would not unmap ends with its address space, at domain_close(). */
static void drop_leftovers(struct plx_domain *d)
{
	if (!d->n_mappings)
		return;
	plx_log(d->child.ctx, LOG_WARNING, "iommu",
		"%s is deleted with %llu mappings: they are unmapped now", d->child.name,
		(unsigned long long)d->n_mappings);
	d->io->backend->unmap_all(d);
	plx_domain_forget_plain(d);
}

int plx_domain_delete(struct plx_domain *d)
{
	struct plx_iommu *io;
	int err;

	if (!d)
		return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_NULL_ARG, 1, NULL,
				    "d must not be NULL");
	err = plx_domain_enter_any(d);
	if (err)
		return err;
	io = d->io;
	err = check_idle(d);
	if (err)
		return plx_domain_leave(d, err);
	drop_leftovers(d);
	io->backend->domain_close(d);
	free_space(d);
	d->deleted = true;
	plx_ctx_orphan(&d->child);
	plx_unlock(&d->lock);
	plx_iommu_mourn(io, &d->grave);
	pthread_mutex_lock(&io->lock);
	io->n_domains--;
	pthread_mutex_unlock(&io->lock);
	return plx_ok();
}

/* --- asking --- */

static uint8_t address_width(const struct plx_domain *d)
{
	const struct plx_iova_space *s = &d->space;
	uint64_t top;

	if (!s->n_usable)
		return 0;
	top = s->usable[s->n_usable - 1].last;
	if (top > s->end)
		top = s->end;
	return (uint8_t)(top ? 64 - __builtin_clzll(top) + s->shift : s->shift);
}

int plx_domain_info(struct plx_domain *d, struct plx_domain_info *out,
		    struct plx_iova_range *ranges, unsigned max_ranges)
{
	int err;

	if (out)
		memset(out, 0, sizeof(*out));
	err = plx_domain_enter_any(d);
	if (err)
		return err;
	if (!out || (max_ranges && !ranges))
		return plx_domain_leave(d, plx_fail_null(out ? 3 : 2, out ? "ranges" : "out"));
	out->address_width = address_width(d);
	out->page_sizes = d->page_sizes;
	out->mappings = d->n_mappings;
	out->mappings_left = plx_entries_left(d);
	out->n_ranges = d->space.n_usable;
	for (unsigned i = 0; i < max_ranges && i < d->space.n_usable; i++) {
		ranges[i].first = d->space.usable[i].first << d->space.shift;
		ranges[i].last = (d->space.usable[i].last << d->space.shift) + (plx_page(d) - 1);
	}
	return plx_domain_leave(d, 0);
}
