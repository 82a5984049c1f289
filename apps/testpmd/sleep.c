/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers that sleep while nothing comes: each receive queue of theirs is armed, and its file
 * waited on. A worker with one queue that cannot wake it polls on.
 */
#define _GNU_SOURCE
#include "testpmd/app.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * For one sleep at most. What comes wakes, and so does the end; a device that is gone without a
 * word does not, nor do buffers that come back from transmit queues when receive queues are short
 * of them.
 */
#define SLEEP_MS 100

/* --- who may ------------------------------------------------------------------------------------ */

static bool can_wake(const struct app *app, unsigned number)
{
	struct plx_port_info info;

	plx_port_info(app->ports[number].port, &info);
	return info.caps.features & PLX_PORT_INTERRUPTS;
}

static int check_stream(struct app *app, struct app_core *core, unsigned src, unsigned queue,
			void *arg)
{
	(void)queue;
	(void)arg;
	if (core->polls_for < 0 && !(app_needs(app, ENGINE_RX) && can_wake(app, src)))
		core->polls_for = (int)src;
	return 0;
}

int app_plan_sleep(struct app *app)
{
	for (unsigned i = 0; i < app->n_known; i++)
		app->known[i]->polls_for = -1;
	return app_plan_walk(app, check_stream, NULL);
}

bool app_may_sleep(const struct app_core *core)
{
	return core->app->settings.rx_interrupt && core->polls_for < 0;
}

bool app_polls_on(const struct app_core *core, char *text, size_t size)
{
	char name[APP_PORT_NAME];

	if (!core->app->settings.rx_interrupt || core->polls_for < 0)
		return false;
	app_port_name(core->app, (unsigned)core->polls_for, name);
	snprintf(text, size, "core %u polls on: port %s cannot wake it", core->cpu, name);
	return true;
}

/* --- files -------------------------------------------------------------------------------------- */

static int open_core(struct app *app, struct app_core *core)
{
	free(core->files);
	core->files = calloc(core->n_streams + 1, sizeof(*core->files));
	if (!core->files)
		return app_fail_nomem(app);
	if (core->wake < 0)
		core->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (core->wake < 0)
		return app_fail(app, -errno, PLX_R_FILE, "no eventfd: %s", strerror(errno));
	for (unsigned i = 0; i < core->n_streams; i++) {
		struct app_stream *s = &core->streams[i];
		int err = app_keep_last(app, plx_rxq_fd(s->base.rxq, &s->rx_fd));

		if (err)
			return err;
	}
	return 0;
}

int app_open_sleep(struct app *app)
{
	int err = 0;

	for (unsigned i = 0; i < app->n_known; i++)
		app->known[i]->sleeps = false;
	for (unsigned i = 0; i < app->n_cores && !err; i++) {
		struct app_core *core = app->cores[i];

		core->sleeps = app_may_sleep(core);
		if (core->sleeps)
			err = open_core(app, core);
	}
	return err;
}

void app_close_sleep(struct app_core *core)
{
	if (core->wake >= 0)
		close(core->wake);
	free(core->files);
}

void app_wake(struct app_core *core)
{
	uint64_t one = 1;

	/* It fails only when the count is full, and then the worker is awake. */
	if (core->wake >= 0 && write(core->wake, &one, sizeof(one)) < 0)
		return;
}

/* --- the worker's ------------------------------------------------------------------------------- */

static bool is_live(const struct app_stream *s)
{
	return !atomic_load_explicit(&s->ended, memory_order_relaxed);
}

static void disarm(struct app_core *core, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (is_live(&core->streams[i]))
			plx_rxq_disarm(core->streams[i].base.rxq);
}

void sleep_disarm(struct app_core *core)
{
	disarm(core, core->n_streams);
}

bool sleep_arm(struct app_core *core)
{
	for (unsigned i = 0; i < core->n_streams; i++) {
		struct app_stream *s = &core->streams[i];

		if (!is_live(s))
			continue;
		/* Nobody sends meanwhile: have the queue take back what it has sent. */
		if (s->base.txq)
			plx_tx_burst(s->base.txq, s->base.pkts, 0);
		if (plx_rxq_arm(s->base.rxq)) {
			disarm(core, i);
			return false;
		}
	}
	return true;
}

static void wake_if_waiting(struct app_core *core, int fd)
{
	for (unsigned i = 0; i < core->n_streams; i++)
		if (core->streams[i].rx_fd == fd) {
			app_wake(core);
			return;
		}
}

/*
 * Queues may share a file. Who wakes up first takes what made it readable, so that another who has
 * not looked yet would sleep on.
 */
static void wake_sharers(const struct app_core *core, int fd)
{
	const struct app *app = core->app;

	for (unsigned i = 0; i < app->n_known; i++)
		if (app->known[i] != core && app->known[i]->sleeps)
			wake_if_waiting(app->known[i], fd);
}

static void note_nap(struct app_core *core, uint64_t ns)
{
	stream_count(&core->naps, 1);
	stream_count(&core->slept_ns, ns);
}

void sleep_wait(struct app_core *core)
{
	uint64_t start = monotonic_ns(), value;
	nfds_t n = 0;

	core->files[n++] = (struct pollfd){ .fd = core->wake, .events = POLLIN };
	for (unsigned i = 0; i < core->n_streams; i++)
		if (is_live(&core->streams[i]))
			core->files[n++] =
				(struct pollfd){ .fd = core->streams[i].rx_fd, .events = POLLIN };
	poll(core->files, n, SLEEP_MS);
	if (core->files[0].revents && read(core->wake, &value, sizeof(value)) < 0)
		value = 0; /* taken already */
	for (nfds_t i = 1; i < n; i++)
		if (core->files[i].revents)
			wake_sharers(core, core->files[i].fd);
	note_nap(core, monotonic_ns() - start);
}
