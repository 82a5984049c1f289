/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program's state: ports, cores, streams.
 *
 *	main.c       options, and which way commands come in
 *	settings.c   the command line
 *	lists.c      lists of numbers in it and in commands, lists of names in what they say
 *	ports.c      ports: opened, closed, changed
 *	offloads.c   which work on frames is left to them
 *	rss.c        how they spread what they receive
 *	plan.c       which queue is polled on which core and where its packets go
 *	pools.c      which pools a port sends from
 *	forward.c    workers forward: start and stop
 *	sleep.c      workers that sleep while nothing comes
 *	removal.c    ports whose device goes away
 *	loop.c       the main thread waits: signals, limits, statistics on the way
 *	fail.c       what went wrong
 *	totals.c     what was counted, summed up
 *	results.c    ... as tables and JSON
 *	metrics.c    ... for Prometheus
 *	commands/    what can be typed, and what it does
 *	input/       where it is typed: prompt, file, control socket
 *	engines/     what is done with a burst
 *	decode/      a packet as a line, for verbose.c: what streams show
 */
#ifndef TESTPMD_APP_H
#define TESTPMD_APP_H

#include "common/report.h"
#include "testpmd/engine.h"
#include "testpmd/settings.h"

#include <poll.h>
#include <stdatomic.h>

#define MAX_CORES      64
#define SCHEMA_VERSION 1 /* "version" of all JSON: docs/testpmd.schema.json */
#define MAX_PORTS      OPTION_LIST_MAX

/* What commands have changed of how a port spreads what it receives: see rss.c. */
enum rss_part {
	RSS_TYPES = 1 << 0,
	RSS_KEY = 1 << 1,
	RSS_TABLE = 1 << 2,
};

struct app_port {
	char *spec;            /* NULL: no port of this number */
	struct plx_port *port; /* NULL: closed */
	atomic_bool gone;      /* a worker has seen that its device is: nobody uses it any more */
	bool lost;             /* ... and that was said */
	bool removed;          /* ... and so it was closed, when it was this: */
	struct plx_port_info last;
	uint8_t peer_mac[6];
	bool down;     /* stopped by the user, and not to be started by `start` */
	uint16_t mtu;  /* to configure; 0: the port's own */
	bool has_conf; /* it is configured as conf and pools say */
	struct plx_port_conf conf;
	struct plx_pool **pools;
	/* What commands ask of it; every configuration has it. */
	uint32_t rx_offloads; /* enum plx_offloads */
	uint32_t tx_work;     /* PLX_PKT_TX_ flags: what streams leave to it */
	uint16_t tso_size, tx_vlan;
	struct plx_rss rss;
	unsigned rss_parts;            /* of rss that count, enum rss_part */
	uint16_t rss_queues;           /* that its table is made for */
	struct plx_port_stats past;    /* what its queues counted before they were made anew */
	struct plx_port_stats cleared; /* the totals when they were cleared */
	struct plx_xstat *xcleared;    /* ... and each statistic, by index; NULL: all zero */
	unsigned n_xcleared;
	struct plx_port_stats shown; /* at the last `show port stats`, for rates; at that time: */
	uint64_t shown_cycles;
};

/* A stream and how it stands; on one core only. */
struct app_stream {
	struct stream base; /* what engines see */
	unsigned src, dst;  /* port numbers */
	unsigned queue;     /* of both */
	const struct app *app;
	unsigned max_burst;     /* entries that base.pkts has room for */
	unsigned max_entries;   /* of one frame */
	bool scatters;          /* a frame may be several of the entries that a burst counts */
	int rx_fd;              /* to wait on; -1: there is none */
	atomic_bool ended;      /* its worker is done with it, and what follows is final */
	int lost;               /* the port whose device is gone; -1: none */
	struct plx_error error; /* ... and what is known of that */
};

static inline bool stream_uses(const struct app_stream *s, unsigned number)
{
	return (s->base.rxq && s->src == number) || (s->base.txq && s->dst == number);
}

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
	int polls_for;          /* of the plan: a port that cannot wake it from sleep; -1: none */
	bool sleeps;            /* of this run: while nothing comes */
	int wake;               /* eventfd: who writes to it wakes the worker; -1 */
	struct pollfd *files;   /* room to wait on: one a stream, and wake */
	/* Written by the worker alone, shown while it runs. */
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t busy_cycles;
	_Atomic uint64_t all_cycles;
	_Atomic uint64_t packets;
	_Atomic uint64_t first_ns;       /* CLOCK_MONOTONIC of the first packet; 0: none yet */
	_Atomic uint64_t naps, slept_ns; /* how often it slept, and for how long in all */
};

struct port_totals {
	uint64_t rx_packets, rx_bytes; /* rx_packets: those dropped on receive too */
	uint64_t tx_packets, tx_bytes;
	uint64_t drops[PLX_DROP_COUNT_];
	uint64_t tx_full; /* the transmit queue took no more: drops of the program */
	uint64_t all_drops;
};

struct core_totals {
	uint64_t busy_cycles, all_cycles; /* of bursts that moved packets, and of all */
	uint64_t packets;
	uint64_t naps, slept_ns;
};

/*
 * rx_packets + generated == tx_packets + all drops + consumed + held, where held are those in the
 * program's hands: none once it has stopped. A frame that crosses a ring is sent at one end and
 * received at the other.
 */
struct totals {
	struct port_totals ports[MAX_PORTS], sum;
	struct core_totals cores[MAX_CORES];
	uint64_t generated, consumed, held;
	uint64_t busy_cycles, packets; /* of all cores */
	double seconds;
	double first_packet_s; /* CLOCK_MONOTONIC; 0: none */
};

struct control;

struct app {
	struct settings settings;
	const struct engine *engine; /* that forwards, or did last */
	struct plx_ctx *ctx;
	struct app_port ports[MAX_PORTS];
	unsigned portlist[MAX_PORTS], n_portlist; /* that forward, in order */
	unsigned corelist[MAX_CORES], n_corelist; /* CPUs that may be used; */
	bool corelist_given;                      /* the user said which */
	struct app_core *cores[MAX_CORES];        /* that are used: the first n_cores */
	unsigned n_cores;
	struct app_core *known[MAX_CORES]; /* every core that ever was, with its pool */
	unsigned n_known;

	bool forwarding;
	bool ran;                   /* there is something to say about the last run */
	bool ended;                 /* ... which ended by itself, and that was said */
	int done_event;             /* eventfd that workers write to when they end */
	_Atomic int64_t budget;     /* with --packets: those no burst has been asked for yet, */
	_Atomic uint64_t forwarded; /* and those that bursts have brought */
	uint64_t start_cycles, stop_cycles;
	uint64_t stop_ns;    /* with --duration: when to stop, CLOCK_MONOTONIC */
	uint64_t made_first; /* frames of `start tx_first` */
	struct totals base;  /* what was counted before forwarding started */
	uint64_t engine_base[ENGINE_COUNTS_MAX];
	struct totals period;    /* as of the last statistics on the way */
	uint64_t next_period_ns; /* when to show the next */
	uint64_t
		next_look_ns; /* when to look for devices that are gone while nothing is forwarded */

	int signals;             /* signalfd; -1: not open */
	struct control *control; /* the control socket; NULL: none */
	bool waiting;            /* for the end of forwarding, whoever stops it */
	bool interactive; /* commands come in: the end of forwarding is not that of the program */
	bool quit;        /* asked for */
	bool told;        /* why the present command failed was said: by the file that it loaded */
	bool failed;      /* something went wrong that the exit status must show */
	bool prompting;   /* a prompt stands on the terminal's last line: of */
	void *editor;     /* this editor, */
	void (*draw_prompt)(struct app *app); /* which draws it again */
	FILE *text;                           /* where tables go */
	struct plx_error error; /* the first thing that went wrong; err 0: nothing did */
};

/* Fill app->error, of a sentence of our own or of the library's last one; return its err. */
int app_fail(struct app *app, int err, enum plx_reason reason, const char *fmt, ...)
	PLX_PRINTF(4, 5);
int app_keep(struct app *app, const struct plx_error *e);
/* Keep the library's last error if @err is one; return it. */
int app_keep_last(struct app *app, int err);
int app_fail_nomem(struct app *app);
/* Do the streams of tables and objects still take them? */
int app_check_text(struct app *app);

/* Unless said otherwise, all that follows returns 0, or a negative errno with app->error filled. */

/* ports.c */
int app_open_ports(struct app *app); /* those of the command line */
int app_open_port(struct app *app, const char *spec, unsigned *number);
int app_close_port(struct app *app, unsigned number);
/* Its device is gone: close it, but keep what it counted until streams are planned anew. */
void app_remove_port(struct app *app, unsigned number);
void app_forget_removed(struct app *app);
/* Reset its device, where the port can; else open it anew as it was opened at first. */
int app_reset_port(struct app *app, unsigned number);
/* Of a port that is open or was removed. */
void app_port_info(const struct app *app, unsigned number, struct plx_port_info *info);
/* Those that are not down. */
int app_start_ports(struct app *app);
int app_stop_ports(struct app *app);
/* The port of that number, or NULL with the error that there is none. */
struct app_port *app_port(struct app *app, uint64_t number);
/* What it ever counted; and since it was cleared. */
void app_port_total(const struct app *app, unsigned number, struct plx_port_stats *stats);
void app_port_stats(const struct app *app, unsigned number, struct plx_port_stats *stats);
/* Before its queues go: keep what they counted. */
void app_port_keep_stats(struct app *app, unsigned number);
int app_port_clear(struct app *app, unsigned number);
/* Every statistic of an open port, since it was cleared; the caller frees *@list. */
int app_port_xstats(struct app *app, unsigned number, struct plx_xstat **list, unsigned *n);
/* to += sign * s */
void stats_add(struct plx_port_stats *to, const struct plx_port_stats *s, int sign);
/* "0: null:size=64", cut in the middle where it is long. */
#define APP_PORT_NAME 44
const char *app_port_name(const struct app *app, unsigned number, char buf[APP_PORT_NAME]);

/* offloads.c */
struct flag_name {
	uint32_t bit; /* 0 ends a list */
	const char *name;
};
extern const struct flag_name app_offloads[]; /* enum plx_offloads */
/* What a port is configured to do: what commands ask for, and what the plan has use for. */
uint32_t app_offloads_of(const struct app *app, unsigned number);
/*
 * Change what commands ask of a port, whose members have their new values already; @before has the
 * old, which come back if that fails. A started port is stopped for it and started again.
 */
int app_change_offloads(struct app *app, unsigned number, const struct app_port *before,
			const char *what);

/* rss.c */
/* Change parts of how a port spreads what it receives, now and after it is configured anew. */
int app_set_rss(struct app *app, unsigned number, const struct plx_rss *rss, enum rss_part part);
int app_restore_rss(struct app *app, unsigned number);

/* plan.c */
/* Does the forwarding mode need that? enum engine_needs */
static inline bool app_needs(const struct app *app, unsigned what)
{
	return engines[app->settings.mode]->needs & what;
}

/* The CPUs of the command line, or good ones. */
int app_default_cores(struct app *app);
int app_check_cores(struct app *app, const unsigned *cpus, unsigned n, const char *what);
/* Configure every port as the settings ask; only where that is new, a started port is stopped. */
int app_plan_ports(struct app *app);
/* Each stream of the plan, by core, until @fn fails. */
typedef int (*plan_fn)(struct app *app, struct app_core *core, unsigned src, unsigned queue,
		       void *arg);
int app_plan_walk(struct app *app, plan_fn fn, void *arg);
/* Make the streams, anew, and app->engine what they run. */
int app_plan_streams(struct app *app);
int app_set_nbcore(struct app *app, unsigned n);
void app_free_streams(struct app *app);
/* The port that a port's packets go to: itself when they go to none. */
unsigned app_other_port(const struct app *app, unsigned number);

/* forward.c */
/* @tx_first: bursts to send on every stream before. */
int app_start(struct app *app, uint64_t tx_first);
/* Stop and join the workers. The error is what made one of them stop. */
int app_stop(struct app *app);
bool app_all_done(const struct app *app);
bool app_any_broken(const struct app *app);

/* pools.c */
/* Have each port reach the pools of what the plan sends to it. */
int app_plan_pools(struct app *app);

/* sleep.c */
/* Find out which cores of the plan may sleep while nothing comes: core->polls_for. */
int app_plan_sleep(struct app *app);
/* By the plan, that may and shall. */
bool app_may_sleep(const struct app_core *core);
/* That shall, but cannot: a sentence that says why. */
bool app_polls_on(const struct app_core *core, char *text, size_t size);
/*
 * Before a run: who sleeps, and the files that wake. Streams are there, and their ports
 * configured.
 */
int app_open_sleep(struct app *app);
void app_close_sleep(struct app_core *core);
void app_wake(struct app_core *core);
/*
 * A worker's: arm() all queues; where that is true, poll once more, wait() if nothing came,
 * disarm().
 */
bool sleep_arm(struct app_core *core);
void sleep_wait(struct app_core *core);
void sleep_disarm(struct app_core *core);

/* removal.c */
/* Say which ports have lost their device and that no worker uses any more; close those of cards. */
void app_close_removed(struct app *app);
/* Look for them when it is time, app->next_look_ns, and nothing is forwarded. */
void app_look_for_removed(struct app *app, uint64_t now);

/* loop.c: from app_catch_signals() on a signal makes opening ports and app_wait() return soon. */
void app_catch_signals(void);
int app_open_signals(struct app *app);
/* From here on a second signal, a second later, ends the program where it stands. */
void app_heed_signals_again(void);
uint64_t monotonic_ns(void);
enum wait_result {
	WAIT_READY, /* @fd can be read */
	WAIT_TIME,  /* it is @until */
	WAIT_DONE,  /* forwarding has ended by itself */
	WAIT_END,   /* a signal, `quit`, or a broken output */
};
/* Wait, and do meanwhile what comes: statistics, the control socket. @fd may be -1. */
enum wait_result app_wait(struct app *app, int fd, uint64_t until);

/* verbose.c: what streams show, by settings.verbose; also while they run. */
void app_set_verbose(struct app *app);

/* settings.c: "64" or "60,1440" bytes; @what names the option or command. */
int app_set_segments(struct app *app, const char *list, const char *what);

/* lists.c: "ipv4, ipv4-tcp" in @buf, "none" without flags. Return: @buf. */
const char *app_flags_text(uint32_t flags, const struct flag_name *names, char *buf, size_t size);
/* "1,3-5". Return: how many, 0 when it is no such list or too long. */
unsigned list_parse(const char *list, unsigned *numbers, unsigned max);

/* Since forwarding was started, or cleared; and since the ports were opened. */
void totals_read(const struct app *app, struct totals *t);
void totals_raw(const struct app *app, struct totals *t);
void totals_clear(struct app *app);
/* A name for any drop, the program's own included; @i below TOTAL_DROPS. */
#define TOTAL_DROPS (PLX_DROP_COUNT_ + 1)
const char *totals_drop(const struct port_totals *p, unsigned i, uint64_t *n);
/* Sum of an engine's own count over all streams. */
uint64_t totals_engine_count(const struct app *app, const struct engine_count *c);

/* results.c */
void results_period(struct app *app, const struct totals *now, const struct totals *before);
void results_forward(const struct app *app, const struct totals *t, struct report *r);
const char *results_mac(const uint8_t mac[6], char buf[18]);
/* A report for app->text: bold where that is a terminal. NULL: no memory. */
struct report *results_new(const struct app *app);
/* The text of @r to app->text. */
void results_print(struct app *app, struct report *r);
/* @o with the schema's version, to standard output. -1: that did not take it. */
int results_dump(json_t *o, size_t flags);
/*
 * Of the whole program; @r: NULL when nothing ran; @e: what went wrong, NULL: nothing. @one_line:
 * as the answers to commands before it.
 */
int results_json(struct report *r, const struct plx_error *e, bool one_line);

/* metrics.c: the text exposition format of Prometheus; the caller frees it. NULL: no memory. */
char *metrics_text(const struct app *app);

#endif
