/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A test bed: one of QEMU's cards with its driver, a pool, and the far end of the wire. One at a
 * time.
 *
 * Who ends it with bed_end() has also checked that every buffer came back to its pool, that nothing
 * is lost of descriptors and mappings of the process, and that the card touched no memory that was
 * not mapped for it.
 */
#ifndef PLX_QTEST_BED_H
#define PLX_QTEST_BED_H

#include <pollux/pollux.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qtest/card.h"

#define ETH_HEADER    14u
#define ETH_MIN       60u /* bytes without FCS */
#define ETH_MAX       1514u
#define BED_FRAME_MAX 16384u
#define BED_BURST     256u
#define BED_QUEUES    2u

/* What a card is like. */
enum bed_traits {
	BED_OFFLOADS = 1 << 0, /* checksums, TSO, VLAN */
	BED_VERDICTS = 1 << 1, /* says whether checksums of what it receives are right */
	BED_RSS = 1 << 2,
	BED_SCATTERS =
		1 << 3,     /* rings of buffers: receives one frame into several, and long ones */
	BED_8254X = 1 << 4, /* QEMU's e1000, not its e1000e */
	BED_FRAGMENTS =
		1 << 6, /* QEMU 7.2 cuts IP packets into fragments instead of TCP into segments */
	BED_RETRIES =
		1
		<< 5, /* QEMU counts a frame as missed each time that there is no room, and keeps it */
};

struct bed_kind {
	const char *name;   /* the tests' argument */
	const char *model;  /* of card.h */
	const char *driver; /* its port is "DRIVER:pci=sim:MODEL" */
	uint32_t traits;
	uint32_t jumbo; /* BED_SCATTERS: bytes of the longest frame, without FCS */
};

/* How to set up; 0 is the default. */
struct bed_how {
	uint16_t n_rxq, n_txq, rxd, txd, mtu;
	uint32_t offloads;
	unsigned buffers, data_room; /* of the pool */
	bool interrupts;
	bool stopped; /* configured, but not started */
};

struct bed {
	const struct bed_kind *kind;
	struct plx_ctx *ctx;
	struct plx_port *port;
	struct plx_pool *pool;
	struct card *card;
	struct plx_rxq *rxq[BED_QUEUES];
	struct plx_txq *txq[BED_QUEUES];
	struct plx_port_info info;        /* as it was configured */
	uint64_t wire_frames, wire_bytes; /* that the card sent */
	unsigned fds;                     /* of the process, before */
};

extern struct bed bed;
extern bool bed_long; /* much of everything: suite long */

/* A test of the cards that have all the traits @needs. */
struct bed_test {
	struct CMUnitTest test;
	uint32_t needs;
};

#define BED_TEST(function, needs)                 \
	{                                         \
		cmocka_unit_test(function), needs \
	}

/* For main(): arguments KIND [long] [FILTER]. Runs the tests, or returns 77. */
int bed_main(int argc, char **argv, const char *group, const struct bed_test *tests, size_t n);
#define BED_MAIN(argc, argv, group, tests) \
	bed_main(argc, argv, group, tests, sizeof(tests) / sizeof((tests)[0]))

/* Has the card this trait? */
static inline bool bed_is(enum bed_traits trait)
{
	return bed.kind->traits & trait;
}

void bed_start(const struct bed_how *how);
void bed_end(void);
/* What is done first and last in it, for tests that open ports themselves. */
void bed_enter(void);
void bed_leave(void);
void bed_open(void);
void bed_configure(const struct bed_how *how);
void bed_go(void); /* start, and wait for the link */

/* Assert that a call of the library returned 0; else its sentence is the failure. */
#define bed_ok(call) bed_check_ok((call), #call, __FILE__, __LINE__)
void bed_check_ok(int err, const char *call, const char *file, int line);

void bed_wait_link(bool up);
bool bed_link(void);
struct plx_port_stats bed_stats(void);
uint64_t bed_xstat(const char *name); /* fails where there is none */
uint64_t bed_drops(const struct plx_queue_stats *s);
/* Frames among the missed ones that were not: all of them where the card retries, else none. */
uint64_t bed_retries(const struct plx_port_stats *s);
double bed_now(void); /* seconds */
void bed_sleep_ms(unsigned ms);
unsigned bed_count_fds(void);

/* --- chance, the same in each run --- */

uint32_t bed_random(uint32_t below);

/* --- frames that are known by their number --- */

/* Make frame @number of @len bytes, for the card: the bytes follow from both. */
void bed_make(uint8_t *frame, uint32_t number, size_t len);
/* Assert that this is that frame. */
void bed_expect(const uint8_t *frame, size_t len, uint32_t number, size_t expected);

/* --- single frames --- */

/* To the card, at once. */
void bed_inject(const void *frame, size_t len);
/* From the card: the frame and its length; 0: none came within @ms. */
size_t bed_capture(const uint8_t **frame, int ms);
/* Send a frame in @entries pieces with what the first of @like says, and see that it was taken. */
void bed_send(const void *frame, size_t len, const struct plx_pkt *like, unsigned entries);
/*
 * Receive a frame from any queue within @ms: its bytes go to @frame (BED_FRAME_MAX), what is said
 * of it to @pkt, and the buffers back. Returns the length; 0: none came.
 */
size_t bed_receive(uint8_t *frame, struct plx_pkt *pkt, int ms);
/* Nothing is received: what was injected last must be a frame that is received ("marker"). */
void bed_inject_marker(void);
bool bed_is_marker(const uint8_t *frame, size_t len);

/* --- traffic --- */

struct traffic {
	uint64_t in, out;         /* frames to the card, from it */
	size_t shortest, longest; /* bytes */
	bool each_size;           /* one after the other instead of at random */
	unsigned burst;           /* at most; 0: BED_BURST */
	unsigned entries;         /* a frame to send is in so many at most; 0: one */
	uint32_t window;          /* frames to the card that are under way; 0: 512 */
};

/* Both ways at once; every frame arrives once, in order, byte by byte. */
void bed_traffic(const struct traffic *t);

#endif
