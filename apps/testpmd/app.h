/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's state: ports, cores, streams.
 *
 *	settings.c   the command line
 *	cores.c      the list of CPUs in it
 *	setup.c      ports, pools and streams from it, and their end
 *	fail.c       what went wrong
 *	run.c        workers forward; the main thread waits, shows statistics, stops
 *	totals.c     what was counted, summed up
 *	table.c      ... for people
 *	json.c       ... for programs
 *	engines/     what is done with a burst
 */
#ifndef TESTPMD_APP_H
#define TESTPMD_APP_H

#include "testpmd/engine.h"
#include "testpmd/settings.h"

#include <stdatomic.h>

#define MAX_CORES 64

/* A stream and how it stands; on one core only. */
struct app_stream {
	struct stream base;   /* what engines see */
	unsigned src, dst;    /* port numbers */
	unsigned max_burst;   /* entries that base.pkts has room for */
	unsigned max_entries; /* of one frame */
	bool ended;
};

struct app_core {
	struct app *app;
	unsigned cpu;
	struct plx_worker *worker;
	struct plx_pool *pool;
	struct app_stream *streams;
	unsigned n_streams;
	struct plx_error error; /* the first thing wrong with its streams; err 0: nothing */
	bool broken;            /* ... and that makes the program stop */
	atomic_bool done;       /* it works no more, and error is final */
	/* Written by the worker alone, shown while it runs. */
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t busy_cycles;
	_Atomic uint64_t all_cycles;
	_Atomic uint64_t packets;
	_Atomic uint64_t first_ns; /* CLOCK_MONOTONIC of the first packet; 0: none yet */
};

struct app {
	struct settings settings;
	const struct engine *engine;
	struct plx_ctx *ctx;
	struct plx_port *ports[OPTION_LIST_MAX];
	uint8_t peer_macs[OPTION_LIST_MAX][6];
	unsigned n_ports;
	struct app_core *cores;
	unsigned n_cores;
	int done_event;         /* eventfd that workers write to when they end */
	_Atomic int64_t budget; /* with --packets: those that no burst has been asked for yet, */
	_Atomic uint64_t forwarded; /* and those that bursts have brought */
	uint64_t start_cycles, stop_cycles;
	FILE *text;             /* where tables go */
	struct plx_error error; /* the first thing that went wrong; err 0: nothing did */
};

/* Fill app->error, of a sentence of our own or of the library's last one; return its err. */
int app_fail(struct app *app, int err, enum plx_reason reason, const char *fmt, ...)
	PLX_PRINTF(4, 5);
int app_keep(struct app *app, const struct plx_error *e);
/* Does the stream of the tables still take them? */
int app_check_text(struct app *app);

/* From now on a signal to stop makes app_setup() or app_run() return soon. */
void app_catch_signals(void);

/* All return 0, or a negative errno with app->error filled. */
int app_setup(struct app *app);
int app_run(struct app *app);
/* Stop and close everything; a port's error on the way is returned. */
int app_stop_ports(struct app *app);
int app_close(struct app *app);

/* CPUs of a list such as "1,3-5". Return: how many, 0 when it is no such list or too long. */
unsigned cores_parse(const char *list, unsigned *cpus, unsigned max);

struct port_totals {
	uint64_t rx_packets, rx_bytes; /* rx_packets: those dropped on receive too */
	uint64_t tx_packets, tx_bytes;
	uint64_t drops[PLX_DROP_COUNT_];
	uint64_t tx_full; /* the transmit queue took no more: drops of the program */
	uint64_t all_drops;
};

/*
 * rx_packets + generated == tx_packets + all drops + consumed + held, where held are those in the
 * program's hands: none once it has stopped. A frame that crosses a ring is sent at one end and
 * received at the other.
 */
struct totals {
	struct port_totals ports[OPTION_LIST_MAX], sum;
	uint64_t generated, consumed, held;
	uint64_t busy_cycles, packets; /* cycles of bursts that moved packets, and how many */
	double seconds;
	double first_packet_s; /* CLOCK_MONOTONIC; 0: none */
};

void totals_read(const struct app *app, struct totals *t);
/* A name for any drop, the program's own included; @i below TOTAL_DROPS. */
#define TOTAL_DROPS (PLX_DROP_COUNT_ + 1)
const char *totals_drop(const struct port_totals *p, unsigned i, uint64_t *n);
/* Sum of an engine's own count over all streams. */
uint64_t totals_engine_count(const struct app *app, const struct engine_count *c);

void table_period(const struct app *app, const struct totals *now, const struct totals *before);
void table_final(const struct app *app, const struct totals *t);

/* @e: what went wrong, NULL: nothing; @t: NULL when nothing ran. -1: stdout did not take it. */
int json_print(const struct app *app, const struct totals *t, const struct plx_error *e);

#endif
