/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has what of a function's BARs: the library's part of Windows' resource registry (MIO-8,
 * MIO-9, PIO-4). The kernel's part is VFIO's request of the whole BAR.
 */
#include "io/io_priv.h"

static bool overlap(const struct plx_io_range *a, const struct plx_io_range *b)
{
	return a->bar == b->bar && a->first <= b->last && b->first <= a->last;
}

/* Why @c cannot be had beside @other; NONE: it can. */
static enum plx_reason against(const struct plx_claim *c, const struct plx_claim *other)
{
	bool overlaps = overlap(&c->range, &other->range);

	if (overlaps && (c->dev != other->dev || c->range.space == PLX_SPACE_PORTS))
		return PLX_R_CLAIMED;
	/* WC-5: the processor keeps one memory type for a page; WC-6: we keep one for a BAR. */
	if (c->range.bar == other->range.bar && c->cache != other->cache)
		return PLX_R_CACHE_CONFLICT;
	return overlaps && c->protect != other->protect ? PLX_R_CACHE_CONFLICT : PLX_R_NONE;
}

static int fail_claim(const struct plx_claim *c, const struct plx_io_ddi *ddi,
		      enum plx_reason reason, const struct plx_claim *other)
{
	char text[PLX_RANGE_TEXT], others[PLX_RANGE_TEXT];

	plx_io_range_text(&c->range, text);
	plx_io_range_text(&other->range, others);
	if (reason == PLX_R_CACHE_CONFLICT)
		return plx_io_fail_conflict(c->dev, ddi, reason, 0,
					    "%s cannot be %s and %s: %s is mapped so already", text,
					    c->cache == PLX_CACHE_WC ? "write-combined"
					    : c->protect == PLX_PROT_READONLY
						    ? "uncached and read-only"
						    : "uncached and writable",
					    other->cache == PLX_CACHE_WC          ? "write-combined"
					    : other->protect == PLX_PROT_READONLY ? "read-only"
										  : "uncached",
					    others);
	return plx_io_fail_conflict(c->dev, ddi, reason, 0, "%s is claimed: %s handle holds %s",
				    text, c->dev == other->dev ? "this" : "another", others);
}

int plx_claim_take(struct plx_claim *c, const struct plx_io_ddi *ddi)
{
	struct plx_function *function = c->dev->function;
	enum plx_reason reason = PLX_R_NONE;
	struct plx_claim other = { 0 };

	pthread_mutex_lock(&function->lock);
	for (struct plx_claim *o = function->claims; o && !reason; o = o->next) {
		reason = against(c, o);
		other = *o;
	}
	if (!reason) {
		c->next = function->claims;
		function->claims = c;
		function->wc_claims[c->range.bar] += c->cache == PLX_CACHE_WC;
	}
	pthread_mutex_unlock(&function->lock);
	return reason ? fail_claim(c, ddi, reason, &other) : 0;
}

bool plx_claim_uncached(struct plx_function *function, unsigned bar)
{
	bool found = false;

	pthread_mutex_lock(&function->lock);
	for (const struct plx_claim *o = function->claims; o && !found; o = o->next)
		found = o->range.bar == bar && o->cache == PLX_CACHE_UC;
	pthread_mutex_unlock(&function->lock);
	return found;
}

void plx_claim_drop(struct plx_claim *c)
{
	struct plx_function *function = c->dev->function;

	pthread_mutex_lock(&function->lock);
	for (struct plx_claim *o = function->claims, *before = NULL; o; before = o, o = o->next) {
		if (o != c)
			continue;
		if (before)
			before->next = c->next;
		else
			function->claims = c->next;
		function->wc_claims[c->range.bar] -= c->cache == PLX_CACHE_WC;
		break;
	}
	pthread_mutex_unlock(&function->lock);
}
