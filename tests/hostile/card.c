/* SPDX-License-Identifier: BSD-3-Clause */
#include "card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct card card;

const struct card_kind *card_kind_find(const char *name)
{
	static const struct card_kind *const kinds[] = { &card_e1000, &card_e1000e, &card_rtl8139 };

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

void card_plug(const struct card_kind *kind)
{
	memset(&card, 0, sizeof(card));
	card.kind = kind;
	card.limit = 1000000;
	kind->power_on(&card);
	if (plx_sim_model_add(kind->model, &card))
		abort();
}

void card_unplug(void)
{
	plx_sim_model_remove(card.kind->model);
}

/* --- scripts --- */

void card_be_honest(void)
{
	card.bend = NULL;
	card.mute = card.holds_tx = false;
	card.reads = card.writes = 0;
}

static uint32_t bend_at(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	(void)off;
	(void)bytes;
	return c->reads == c->at || (!c->once && c->reads > c->at) ? c->value : value;
}

void card_bend_at(unsigned nth, uint32_t value, bool once)
{
	card_be_honest();
	card.at = nth;
	card.value = value;
	card.once = once;
	card.bend = bend_at;
}

/* --- acting --- */

bool card_receive(const uint8_t *frame, uint32_t len)
{
	bool taken;

	if (!card.f)
		return false;
	plx_sim_lock(card.f);
	taken = card.kind->receive(&card, frame, len);
	plx_sim_unlock(card.f);
	return taken;
}

void card_transmit(void)
{
	if (!card.f)
		return;
	plx_sim_lock(card.f);
	card.kind->transmit(&card);
	plx_sim_unlock(card.f);
}

bool card_dma(uint64_t iova, uint32_t len, bool write, void *buf)
{
	bool moved;

	if (!card.f)
		return false;
	plx_sim_lock(card.f);
	moved = card_move(&card, iova, len, write, buf);
	plx_sim_unlock(card.f);
	return moved;
}

uint32_t card_reg(uint32_t off)
{
	uint32_t value;

	if (!card.f)
		return 0;
	plx_sim_lock(card.f);
	memcpy(&value, plx_sim_bar(card.f, 0) + off, sizeof(value));
	plx_sim_unlock(card.f);
	return value;
}

void card_set(uint32_t off, unsigned bytes, uint32_t value)
{
	plx_sim_lock(card.f);
	memcpy(plx_sim_bar(card.f, 0) + off, &value, bytes);
	plx_sim_unlock(card.f);
}

void card_interrupt(void)
{
	if (!card.f)
		return;
	plx_sim_lock(card.f);
	card_signal(&card);
	plx_sim_unlock(card.f);
}

/* --- for models --- */

struct card *card_of(struct plx_sim_function *f)
{
	return *(struct card **)plx_sim_state(f);
}

static void count(struct card *c)
{
	if (c->reads + c->writes < c->limit)
		return;
	fprintf(stderr, "%u accesses of registers, and no end\n", c->limit);
	abort();
}

uint32_t card_bent(struct card *c, uint32_t off, unsigned bytes, uint32_t value)
{
	c->reads++;
	count(c);
	return c->bend ? c->bend(c, off, bytes, value) : value;
}

void card_wrote(struct card *c)
{
	c->writes++;
	count(c);
}

bool card_move(struct card *c, uint64_t iova, uint32_t len, bool write, void *buf)
{
	bool moved = plx_sim_dma(c->f, iova, len, write, buf) == len;

	c->blocked += !moved;
	return moved;
}

void card_signal(struct card *c)
{
	if (!c->mute)
		plx_sim_interrupt(c->f, 0);
}

void card_sent(struct card *c, uint32_t len)
{
	c->last_len = len;
	c->sent++;
}

int card_create(struct plx_sim_function *f, void *arg)
{
	struct card *c = arg;

	*(struct card **)plx_sim_state(f) = c;
	c->f = f;
	return 0;
}

void card_destroy(struct plx_sim_function *f)
{
	card_of(f)->f = NULL;
}

int card_map(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	struct card *c = card_of(f);

	if (c->n_maps == CARD_MAPS)
		abort();
	c->maps[c->n_maps++] = *m;
	return 0;
}

void card_unmap(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	struct card *c = card_of(f);
	unsigned i = 0;

	while (i < c->n_maps && c->maps[i].iova != m->iova)
		i++;
	if (i == c->n_maps)
		abort();
	c->maps[i] = c->maps[--c->n_maps];
}
