/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers forward; the main thread sleeps until a signal, the end of all workers, or the time to
 * show statistics.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define BUSY_ROUNDS 1024 /* how often a busy worker looks whether its ports are still well */
#define IDLE_ROUNDS 64   /* ... and one whose bursts give nothing */

#define load(p)     atomic_load_explicit(p, memory_order_relaxed)
#define store(p, v) atomic_store_explicit(p, v, memory_order_relaxed)

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * Has the stream come to its end, or broken? An end is no error; an end of input that was not
 * all sound is one, but stops nobody else.
 */
static bool stream_ended(struct app_core *core, struct app_stream *s)
{
	int err = s->base.rxq ? plx_rxq_status(s->base.rxq) : 0;

	if (!err && s->base.txq)
		err = plx_txq_status(s->base.txq);
	if (!err)
		return false;
	if (err != -ENODATA && !core->error.err)
		core->error = *plx_last_error();
	core->broken |= err != -ENODATA && err != -EBADMSG;
	s->ended = true;
	return true;
}

/* Frames that the stream has received: fewer than entries, where a port scatters. */
static uint64_t frames_received(const struct app_stream *s)
{
	struct plx_queue_stats stats = { .packets = 0 };

	if (s->max_entries > 1)
		plx_rxq_stats(s->base.rxq, &stats);
	return stats.packets;
}

/*
 * One burst within what --packets leaves. A port that scatters needs room for its longest frame,
 * so that the last burst may bring a few frames more than asked for.
 */
static unsigned limited_burst(struct app *app, struct app_stream *s)
{
	int64_t want = s->max_burst, left = atomic_fetch_sub(&app->budget, want), frames = 0;
	uint64_t before = frames_received(s);
	unsigned n = 0;

	if (left > 0) {
		if (left < s->max_entries)
			left = s->max_entries;
		n = app->engine->forward(&s->base, (unsigned)(left < want ? left : want));
		frames = s->max_entries > 1 ? (int64_t)(frames_received(s) - before) : n;
	}
	atomic_fetch_add(&app->budget, want - frames);
	if (frames)
		atomic_fetch_add(&app->forwarded, (uint64_t)frames);
	return n;
}

static unsigned one_burst(struct app *app, struct app_stream *s)
{
	if (app->settings.packets)
		return limited_burst(app, s);
	return app->engine->forward(&s->base, s->max_burst);
}

/* What a worker counts by itself and shows now and then. */
struct tally {
	uint64_t start, now; /* cycles */
	uint64_t busy, packets;
};

/* Poll every stream once. Return: entries moved. */
static unsigned one_round(struct app_core *core, struct tally *t)
{
	unsigned moved = 0;

	for (unsigned i = 0; i < core->n_streams; i++) {
		struct app_stream *s = &core->streams[i];
		uint64_t then = t->now, before;
		unsigned n;

		if (s->ended)
			continue;
		before = frames_received(s);
		n = one_burst(core->app, s);
		/* One reading serves as the end of this burst and the start of the next. */
		t->now = plx_cycles();
		if (!n)
			continue;
		t->busy += t->now - then;
		t->packets += s->max_entries > 1 ? frames_received(s) - before : n;
		moved += n;
	}
	return moved;
}

/* Rounds until it is time to look up: many while packets come, fewer without, one at first. */
static void some_rounds(struct plx_worker *worker, struct app_core *core, struct tally *t)
{
	unsigned rounds = t->packets ? BUSY_ROUNDS : 1, idle = 0;

	while (rounds-- && idle < IDLE_ROUNDS && !plx_worker_stopping(worker))
		idle = one_round(core, t) ? 0 : idle + 1;
}

static void show_tally(struct app_core *core, const struct tally *t)
{
	store(&core->busy_cycles, t->busy);
	store(&core->packets, t->packets);
	store(&core->all_cycles, t->now - t->start);
	if (t->packets && !load(&core->first_ns))
		store(&core->first_ns, monotonic_ns());
}

static bool finished(struct app_core *core)
{
	bool all_ended = true;

	for (unsigned i = 0; i < core->n_streams; i++)
		if (!core->streams[i].ended && !stream_ended(core, &core->streams[i]))
			all_ended = false;
	if (core->broken || all_ended)
		return true;
	/* Not by the budget: a burst under way on another core may give some of it back. */
	return core->app->settings.packets &&
	       atomic_load(&core->app->forwarded) >= core->app->settings.packets;
}

static int work(struct plx_worker *worker, void *arg)
{
	struct app_core *core = arg;
	struct tally t = { .start = plx_cycles() };
	uint64_t one = 1;

	t.now = t.start;
	while (!plx_worker_stopping(worker)) {
		some_rounds(worker, core, &t);
		show_tally(core, &t);
		if (finished(core))
			break;
	}
	/* The pool is done with here; what other cores still give back goes into its queue. */
	plx_pool_disown(core->pool);
	/* Before the event: who wakes up by it must find the worker done. */
	atomic_store(&core->done, true);
	return write(core->app->done_event, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
}

static void stop_all(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (app->cores[i].worker)
			plx_worker_stop(app->cores[i].worker);
}

static bool all_done(const struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (!atomic_load(&app->cores[i].done))
			return false;
	return true;
}

/* A worker that broke ends the others: what they do is not what was asked for any more. */
static bool any_broken(const struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (atomic_load(&app->cores[i].done) && app->cores[i].broken)
			return true;
	return false;
}

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

#define N_STOP_SIGNALS (sizeof(stop_signals) / sizeof(stop_signals[0]))

/* Those that stop the program: not what is ignored from the start, as nohup(1) has it. */
static void read_stop_signals(sigset_t *set)
{
	struct sigaction now;

	sigemptyset(set);
	for (unsigned i = 0; i < N_STOP_SIGNALS; i++)
		if (!sigaction(stop_signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(set, stop_signals[i]);
}

static void handle_signals(const sigset_t *set, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	for (unsigned i = 0; i < N_STOP_SIGNALS; i++)
		if (sigismember(set, stop_signals[i]))
			sigaction(stop_signals[i], &action, NULL);
}

static volatile sig_atomic_t interrupted;

static void note_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

void app_catch_signals(void)
{
	sigset_t set;

	read_stop_signals(&set);
	/* Without SA_RESTART: who waits for the other end of a pipe comes back with EINTR. */
	handle_signals(&set, note_signal, 0);
}

/* From here on they are read, and interrupt nothing. */
static int open_signals(struct app *app, sigset_t *set)
{
	int fd;

	read_stop_signals(set);
	fd = signalfd(-1, set, SFD_CLOEXEC);
	if (fd < 0)
		return app_fail(app, -errno, PLX_R_FILE, "no signalfd: %s", strerror(errno));
	sigprocmask(SIG_BLOCK, set, NULL);
	return fd;
}

static uint64_t stopped_ns;

/* Stopping may wait for a pipe: who asks again after a second means it. */
static void stop_again(int sig)
{
	if (monotonic_ns() - stopped_ns < 1000000000)
		return;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void heed_signals_again(const sigset_t *set)
{
	stopped_ns = monotonic_ns();
	handle_signals(set, stop_again, SA_RESTART);
	sigprocmask(SIG_UNBLOCK, set, NULL);
}

/* Milliseconds until a time, rounded up, for poll(2). */
static int ms_until(uint64_t at, uint64_t now)
{
	uint64_t ms = at <= now ? 0 : (at - now + 999999) / 1000000;

	return ms > 1000000 ? 1000000 : (int)ms;
}

/* Until a signal, the time limit, or the end of all workers; statistics on the way. */
static void watch(struct app *app, int signals)
{
	struct pollfd fds[2] = { { .fd = signals, .events = POLLIN },
				 { .fd = app->done_event, .events = POLLIN } };
	const struct settings *s = &app->settings;
	uint64_t start = monotonic_ns();
	uint64_t end = s->duration > 0 ? start + (uint64_t)(s->duration * 1e9) : UINT64_MAX;
	uint64_t period = (uint64_t)(s->stats_period * 1e9);
	uint64_t show = period ? start + period : UINT64_MAX;
	struct totals now, before = { .seconds = 0 };

	while (!all_done(app) && !any_broken(app) && !interrupted) {
		uint64_t t = monotonic_ns(), value;

		if (t >= end)
			return;
		if (t >= show) {
			app->stop_cycles = plx_cycles();
			totals_read(app, &now);
			table_period(app, &now, &before);
			if (app_check_text(app))
				return;
			before = now;
			show += period;
		}
		if (poll(fds, 2, ms_until(end < show ? end : show, t)) > 0 &&
		    fds[0].revents & POLLIN)
			return;
		if (fds[1].revents & POLLIN && read(app->done_event, &value, sizeof(value)) < 0)
			return;
	}
}

/* What made the first of the cores stop that broke, if any did. */
static int first_error(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (app->cores[i].error.err)
			return app_keep(app, &app->cores[i].error);
	return 0;
}

/* A queue may have broken, or its input turned out bad, with the very last burst. */
static void last_check(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i].n_streams; j++)
			if (!app->cores[i].streams[j].ended)
				stream_ended(&app->cores[i], &app->cores[i].streams[j]);
}

int app_run(struct app *app)
{
	sigset_t set;
	int signals = open_signals(app, &set), err = 0;

	if (signals < 0)
		return signals;
	atomic_store(&app->budget, (int64_t)app->settings.packets);
	app->start_cycles = plx_cycles();
	for (unsigned i = 0; i < app->n_cores && !err; i++) {
		struct app_core *core = &app->cores[i];

		if (plx_worker_launch(app->ctx, core->cpu, work, core, &core->worker))
			err = app_keep(app, plx_last_error());
	}
	if (!err)
		watch(app, signals);
	heed_signals_again(&set);
	stop_all(app);
	for (unsigned i = 0; i < app->n_cores; i++)
		plx_worker_join(app->cores[i].worker, NULL);
	app->stop_cycles = plx_cycles();
	close(signals);
	if (err)
		return err;
	last_check(app);
	return first_error(app);
}
