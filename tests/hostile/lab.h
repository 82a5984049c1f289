/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tests with a hostile card share: pools whose buffers are poisoned, a port on the card,
 * frames that can be told apart, and what must hold whatever the card does: no packet has a byte
 * that was not received, every call ends in time and with a sentence, and no buffer is lost.
 */
#ifndef TESTS_HOSTILE_LAB_H
#define TESTS_HOSTILE_LAB_H

#include <pollux/pollux.h>

#include "card.h"
#include "clock.h"

#define LAB_POISON  0xa5 /* what no frame has */
#define LAB_BUFFERS 256
#define LAB_ROOM    2048
#define LAB_BURST   32
#define LAB_CALL_NS 3000000000ull /* no call takes longer */

struct lab {
	const struct card_kind *kind;
	const char *backend; /* "sim", "type1", "iommufd" */
	struct plx_ctx *ctx;
	struct plx_pool *rx_pool, *tx_pool;
	struct plx_port *port; /* NULL: it is not open */
	struct plx_rxq *rxq;
	struct plx_txq *txq;
	uint32_t offloads;
	uint16_t mtu;       /* 0: the port's own */
	bool repeats;       /* a card that lies about its place in a ring shows old frames again */
	bool lies;          /* lab_run(): what is received is not what arrived */
	uint32_t sequence;  /* of the next frame that the card receives */
	uint64_t delivered; /* frames that the driver gave */
	unsigned failures;  /* calls of a run that failed */
	bool finished;      /* the run got to its end */
};

extern struct lab lab;

/* A context and pools; nothing of them is in use at the end. */
void lab_begin(const struct card_kind *kind, const char *backend);
void lab_end(void);

/* Each returns what the call returned: 0, or an errno with a sentence, within LAB_CALL_NS. */
int lab_open(void);
int lab_start(void); /* configures it first */
/* Start it again, as it was configured. */
int lab_restart(void);
int lab_stop(void);
/* Whatever state it is in. Then every buffer is back. */
void lab_close(void);
/* All three, which must succeed. */
void lab_up(void);

/* A call of the library: what it returned, which must be in order. */
#define lab_try(call) (lab_mark(), lab_checked(call))
void lab_mark(void);
int lab_checked(int err);

/* A frame of @len bytes, which are all of its number and its length. */
void lab_frame(uint8_t *frame, uint32_t number, uint32_t len);
/* The card receives a frame; false: it took none. */
bool lab_arrive(uint32_t len);
/* Bursts until there is nothing more: frames, each of which arrived once, and in order. */
unsigned lab_receive(void);
/* The same without a look at what is in them: for cards that lie about lengths. */
unsigned lab_receive_any(void);
/* @n frames of @len bytes to send; returns those that the port took. */
unsigned lab_send(unsigned n, uint32_t len);
uint64_t lab_drops(enum plx_drop why);
/* Buffers to send that the port holds. */
unsigned lab_sending(void);
/* Every buffer is in a pool or in the port's hands. */
void lab_check_pools(void);

/* Ask a started port for all that can be asked; set all that can be set. */
void lab_look(void);
void lab_set(void);
/* Everything that can be done with a port, as far as it gets. */
void lab_run(void);

#endif
