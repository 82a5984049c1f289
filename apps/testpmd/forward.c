/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers forward: what one of them does, how all are started, and how they are stopped.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_ROUNDS 1024 /* how often a busy worker looks whether its ports are still well */
#define IDLE_ROUNDS 64   /* ... and one whose bursts give nothing */
#define IDLE_US     100  /* how long nothing comes before a worker sleeps, where it may */

#define load(p)     atomic_load_explicit(p, memory_order_relaxed)
#define store(p, v) atomic_store_explicit(p, v, memory_order_relaxed)

static bool is_over(const struct app_stream *s)
{
	return atomic_load_explicit(&s->ended, memory_order_relaxed);
}

/* Of the first of its queues that is not well: @number is the port's. */
static int stream_status(const struct app_stream *s, unsigned *number)
{
	int err = s->base.rxq ? plx_rxq_status(s->base.rxq) : 0;

	*number = s->src;
	if (err || !s->base.txq)
		return err;
	*number = s->dst;
	return plx_txq_status(s->base.txq);
}

/*
 * Has a worker seen that a port of the stream is gone? Its other queues may not know: one that only
 * sends finds out when there is something to send.
 */
static bool is_cut_off(const struct app_stream *s)
{
	const struct app_port *ports = s->app->ports;

	return (s->base.rxq && load(&ports[s->src].gone)) ||
	       (s->base.txq && load(&ports[s->dst].gone));
}

/*
 * Has the stream come to its end, or broken? An end is no error; an end of input that was not
 * all sound is one, but stops nobody else. Nor does a device that is gone: its port is for the main
 * thread to close.
 */
static bool stream_ended(struct app_core *core, struct app_stream *s)
{
	unsigned number;
	int err = stream_status(s, &number);

	if (!err && !is_cut_off(s))
		return false;
	if (err == -ENODEV) {
		s->lost = (int)number;
		s->error = *plx_last_error();
		store(&core->app->ports[number].gone, true);
	} else if (err && err != -ENODATA && !core->error.err) {
		core->error = *plx_last_error();
	}
	core->broken |= err && err != -ENODATA && err != -EBADMSG && err != -ENODEV;
	atomic_store_explicit(&s->ended, true, memory_order_release);
	return true;
}

/* Frames that the stream has received, where a burst counts more entries than that. */
static uint64_t frames_received(const struct app_stream *s)
{
	struct plx_queue_stats stats;

	if (!s->scatters)
		return 0;
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
		if (s->scatters && left < s->max_entries)
			left = s->max_entries;
		n = app->engine->forward(&s->base, (unsigned)(left < want ? left : want));
		frames = s->scatters ? (int64_t)(frames_received(s) - before) : n;
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
	uint64_t start, now, moved; /* cycles: moved is when packets came last */
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

		if (is_over(s))
			continue;
		before = frames_received(s);
		n = one_burst(core->app, s);
		/* One reading serves as the end of this burst and the start of the next. */
		t->now = plx_cycles();
		if (!n)
			continue;
		t->moved = t->now;
		t->busy += t->now - then;
		t->packets += s->scatters ? frames_received(s) - before : n;
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

static void tell_main(const struct app_core *core)
{
	uint64_t one = 1;

	/* It fails only when the count is full: then it is told already. */
	if (write(core->app->done_event, &one, sizeof(one)) < 0)
		return;
}

static bool finished(struct app_core *core)
{
	bool all_ended = true;

	for (unsigned i = 0; i < core->n_streams; i++) {
		struct app_stream *s = &core->streams[i];

		if (is_over(s))
			continue;
		if (!stream_ended(core, s))
			all_ended = false;
		else if (s->lost >= 0 || is_cut_off(s))
			tell_main(core);
	}
	if (core->broken || all_ended)
		return true;
	/* Not by the budget: a burst under way on another core may give some of it back. */
	return core->app->settings.packets &&
	       atomic_load(&core->app->forwarded) >= core->app->settings.packets;
}

/* Sleep until something comes. What came while the queues were being armed may not wake: look. */
static void nap(struct plx_worker *worker, struct app_core *core, struct tally *t)
{
	if (!sleep_arm(core))
		return;
	if (!one_round(core, t) && !plx_worker_stopping(worker))
		sleep_wait(core);
	sleep_disarm(core);
	t->now = plx_cycles(); /* asleep is not busy */
}

static int work(struct plx_worker *worker, void *arg)
{
	struct app_core *core = arg;
	struct tally t = { .start = plx_cycles() };
	uint64_t idle = plx_clock_hz(core->app->ctx) / (1000000 / IDLE_US);

	t.now = t.moved = t.start;
	while (!plx_worker_stopping(worker)) {
		some_rounds(worker, core, &t);
		show_tally(core, &t);
		if (finished(core))
			break;
		if (core->sleeps && t.now - t.moved > idle)
			nap(worker, core, &t);
	}
	/* The pool is done with here; what other cores still give back goes into its queue. */
	plx_pool_disown(core->pool);
	/* Before the event: who wakes up by it must find the worker done. */
	atomic_store(&core->done, true);
	tell_main(core);
	return 0;
}

static void stop_all(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (app->cores[i]->worker) {
			plx_worker_stop(app->cores[i]->worker);
			app_wake(app->cores[i]);
		}
}

bool app_all_done(const struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (!atomic_load(&app->cores[i]->done))
			return false;
	return true;
}

/* A worker that broke ends the others: what they do is not what was asked for any more. */
bool app_any_broken(const struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (atomic_load(&app->cores[i]->done) && app->cores[i]->broken)
			return true;
	return false;
}

/* What made the first of the cores stop that broke, if any did. */
static int first_error(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		if (app->cores[i]->error.err)
			return app_keep(app, &app->cores[i]->error);
	return 0;
}

/* A queue may have broken, or its input turned out bad, with the very last burst. */
static void last_check(struct app *app)
{
	for (unsigned i = 0; i < app->n_cores; i++)
		for (unsigned j = 0; j < app->cores[i]->n_streams; j++)
			if (!is_over(&app->cores[i]->streams[j]))
				stream_ended(app->cores[i], &app->cores[i]->streams[j]);
}

static int join_all(struct app *app)
{
	stop_all(app);
	for (unsigned i = 0; i < app->n_cores; i++) {
		plx_worker_join(app->cores[i]->worker, NULL);
		app->cores[i]->worker = NULL;
	}
	app->stop_cycles = plx_cycles();
	app->forwarding = false;
	last_check(app);
	app_close_removed(app);
	return first_error(app);
}

static int check_ports(struct app *app)
{
	if (!app->n_portlist)
		return app_fail(app, -ENODEV, PLX_R_INDEX,
				"there is no port to forward on (see port attach, set portlist)");
	for (unsigned i = 0; i < app->n_portlist; i++)
		if (app->ports[app->portlist[i]].down)
			return app_fail(app, -EPERM, PLX_R_NOT_STARTED,
					"port %u is stopped: port start %u, or leave it out by set "
					"portlist",
					app->portlist[i], app->portlist[i]);
	return 0;
}

static void reset_counts(struct app *app)
{
	uint64_t value;

	for (unsigned i = 0; i < app->n_cores; i++) {
		struct app_core *core = app->cores[i];

		core->error = (struct plx_error){ .err = 0 };
		core->broken = false;
		store(&core->done, false);
		store(&core->busy_cycles, 0);
		store(&core->all_cycles, 0);
		store(&core->packets, 0);
		store(&core->first_ns, 0);
		store(&core->naps, 0);
		store(&core->slept_ns, 0);
	}
	/* Of the run before: nobody waits for its workers any more. Mostly it was read already. */
	if (read(app->done_event, &value, sizeof(value)) < 0)
		value = 0;
	atomic_store(&app->budget, (int64_t)app->settings.packets);
	atomic_store(&app->forwarded, 0);
	app->made_first = 0;
	totals_clear(app);
}

/* @bursts of what txonly makes on a stream, to set packets going round; by the main thread. */
static int send_first(struct app *app, struct app_stream *s, uint64_t bursts)
{
	const struct engine *engine = engines[0];
	struct stream first = s->base;

	for (unsigned i = 0; strcmp(engine->name, "txonly"); i++)
		engine = engines[i];
	first.priv = calloc(1, engine->priv_size + 1);
	if (!first.priv)
		return app_fail_nomem(app);
	first.tx_full = 0;
	engine->begin(&first);
	while (bursts--)
		app->made_first += engine->forward(&first, (unsigned)app->settings.burst);
	s->base.tx_full = first.tx_full;
	free(first.priv);
	return 0;
}

static int send_all_first(struct app *app, uint64_t bursts)
{
	int err = 0;

	for (unsigned i = 0; i < app->n_cores && bursts; i++) {
		struct app_core *core = app->cores[i];

		for (unsigned j = 0; j < core->n_streams && !err; j++)
			if (core->streams[j].base.txq)
				err = send_first(app, &core->streams[j], bursts);
		plx_pool_disown(core->pool); /* to its worker */
	}
	return err;
}

static int launch(struct app *app)
{
	uint64_t now = monotonic_ns();
	int err = 0;

	for (unsigned i = 0; i < app->n_cores && !err; i++) {
		struct app_core *core = app->cores[i];

		err = app_keep_last(
			app, plx_worker_launch(app->ctx, core->cpu, work, core, &core->worker));
	}
	app->forwarding = app->ran = true;
	app->ended = false;
	app->stop_ns = app->settings.duration > 0 ? now + (uint64_t)(app->settings.duration * 1e9)
						  : UINT64_MAX;
	app->next_period_ns = now + (uint64_t)(app->settings.stats_period * 1e9);
	if (err)
		join_all(app);
	return err;
}

int app_start(struct app *app, uint64_t tx_first)
{
	int err = check_ports(app);

	if (!err)
		err = app_plan_ports(app);
	if (!err)
		err = app_plan_streams(app);
	if (!err)
		err = app_plan_pools(app);
	if (!err)
		err = app_plan_sleep(app);
	if (!err)
		err = app_open_sleep(app);
	if (!err)
		err = app_start_ports(app);
	if (err)
		return err;
	app_set_verbose(app);
	reset_counts(app);
	err = send_all_first(app, tx_first);
	return err ? err : launch(app);
}

int app_stop(struct app *app)
{
	int err;

	app_heed_signals_again();
	err = join_all(app);
	if (app->interactive || app->control)
		app_open_signals(app);
	return err;
}
