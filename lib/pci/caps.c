/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/caps.h"

#define STATUS          0x06u
#define STATUS_CAP_LIST 0x10u
#define CAP_POINTER     0x34u
#define CAP_FIRST       0x40u
#define CAP_END         0x100u
#define EXT_FIRST       0x100u
#define EXT_END         0x1000u

static unsigned first_of(const struct plx_caps_walk *w)
{
	return w->extended ? EXT_FIRST : CAP_FIRST;
}

static unsigned end_of(const struct plx_caps_walk *w)
{
	unsigned end = w->extended ? EXT_END : CAP_END;

	return w->size < end ? w->size : end;
}

static int begin(struct plx_caps_walk *w)
{
	uint32_t status, pointer;
	int err;

	w->begun = true;
	w->next = EXT_FIRST;
	if (w->extended)
		return 0;
	w->next = 0;
	err = w->read(w->arg, STATUS, 2, &status);
	if (err || !(status & STATUS_CAP_LIST))
		return err;
	err = w->read(w->arg, CAP_POINTER, 1, &pointer);
	w->next = pointer & ~3u;
	return err;
}

static bool can_visit(struct plx_caps_walk *w)
{
	uint64_t *seen = &w->seen[w->next / 4 / 64], bit = 1ull << (w->next / 4 % 64);

	if (!w->next || w->next + 4 > end_of(w)) /* an ordinary user is shown 64 bytes */
		return false;
	w->broken = w->next < first_of(w) || *seen & bit;
	*seen |= bit;
	return !w->broken;
}

/* A function without extended ones has zeros there; all ones are nobody's. */
static bool is_none(const struct plx_caps_walk *w)
{
	if (w->extended)
		return !w->header || w->header == UINT32_MAX;
	return w->header == 0xffff;
}

int plx_caps_next(struct plx_caps_walk *w, unsigned *id, unsigned *off)
{
	int err = w->begun ? 0 : begin(w);

	if (err || !can_visit(w))
		return err;
	err = w->read(w->arg, w->next, w->extended ? 4 : 2, &w->header);
	if (err || is_none(w))
		return err;
	*off = w->next;
	*id = w->header & (w->extended ? 0xffff : 0xff);
	w->next = w->extended ? w->header >> 20 & ~3u : w->header >> 8 & ~3u;
	return 1;
}
