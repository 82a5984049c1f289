/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network cards for drivers to be afraid of: simulated functions that are honest by themselves, and
 * do what a test's script says. A model each (e1000_model.c, rtl8139_model.c), of just the
 * registers that it takes to open the card, start it and pass frames.
 *
 * A process has one card. A test acts as the card by the calls below, which lock the function;
 * within a script's bend() it is locked already.
 */
#ifndef TESTS_HOSTILE_CARD_H
#define TESTS_HOSTILE_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/model.h"

#define CARD_FRAME 16384 /* the longest that a card takes to send */
#define CARD_MAPS  64

struct card;

struct card_kind {
	const char *name; /* as the tests are told: "e1000e" */
	const char *spec; /* of the port, but for its backend */
	const struct plx_sim_model *model;
	uint16_t rxd, txd;                /* small rings: they are to wrap */
	void (*power_on)(struct card *c); /* what it has without power: an EEPROM */
	/*
	 * The function is locked. Put a frame into memory; false: there is no room, or it is off.
	 */
	bool (*receive)(struct card *c, const uint8_t *frame, uint32_t len);
	/* Send what the driver has asked for. */
	void (*transmit)(struct card *c);
};

extern const struct card_kind card_e1000, card_e1000e, card_rtl8139;
/* By its name; NULL: there is none. */
const struct card_kind *card_kind_find(const char *name);

struct card {
	const struct card_kind *kind;
	struct plx_sim_function *f; /* NULL: there is none now */
	uint16_t eeprom[64], phy[32];

	/* The script */
	/* The @bytes at @off are read, and honestly are @value: what the driver gets instead. */
	uint32_t (*bend)(struct card *c, uint32_t off, unsigned bytes, uint32_t value);
	unsigned at;    /* of card_bend_at() */
	uint32_t value; /* the same */
	bool once;
	bool mute;     /* it does not interrupt */
	bool holds_tx; /* nothing is sent but by card_transmit() */

	/* What was seen */
	unsigned reads, writes; /* of registers */
	unsigned limit;         /* so many accesses in one run are a hang */
	unsigned sent;          /* frames */
	unsigned blocked;       /* DMA that did not get through */
	uint32_t last_len;      /* of the frame that was sent last */
	uint8_t last[CARD_FRAME];
	struct plx_sim_map maps[CARD_MAPS]; /* memory that it reaches */
	unsigned n_maps;
};

extern struct card card;

/* Have "sim:NAME" open the card; take it away. */
void card_plug(const struct card_kind *kind);
void card_unplug(void);

/* The script from now on: honest; or the @nth read and, unless @once, all after it give @value. */
void card_be_honest(void);
void card_bend_at(unsigned nth, uint32_t value, bool once);

/* Act as the card. Without a function they do nothing. */
bool card_receive(const uint8_t *frame, uint32_t len);
void card_transmit(void);
bool card_dma(uint64_t iova, uint32_t len, bool write, void *buf);
/* A register of BAR 0 as the card has it; and without what a write of it would do. */
uint32_t card_reg(uint32_t off);
void card_set(uint32_t off, unsigned bytes, uint32_t value);
void card_interrupt(void);

/* --- for models --- */

struct card *card_of(struct plx_sim_function *f);
/* What a read gives in the end. */
uint32_t card_bent(struct card *c, uint32_t off, unsigned bytes, uint32_t value);
void card_wrote(struct card *c);
/* The function is locked. false: blocked. */
bool card_move(struct card *c, uint64_t iova, uint32_t len, bool write, void *buf);
/* Interrupt, unless the script has it mute. */
void card_signal(struct card *c);
/* A frame of @len bytes in c->last was sent. */
void card_sent(struct card *c, uint32_t len);

/*
 * create(), destroy(), map() and unmap() of all models, whose state begins with a pointer to the
 * card.
 */
int card_create(struct plx_sim_function *f, void *arg);
void card_destroy(struct plx_sim_function *f);
int card_map(struct plx_sim_function *f, const struct plx_sim_map *m);
void card_unmap(struct plx_sim_function *f, const struct plx_sim_map *m);
#define CARD_FUNCTIONS                                                                       \
	.state_size = sizeof(struct card *), .create = card_create, .destroy = card_destroy, \
	.map = card_map, .unmap = card_unmap

#endif
