/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main thread waits, for commands and for all that may come meanwhile: a signal, the end of
 * forwarding, the time to show statistics, a client of the control socket.
 */
#include "testpmd/app.h"
#include "testpmd/input/input.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MIN_NS 1000000 /* between two statistics: commands get in, too */

uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- signals ------------------------------------------------------------------------------------ */

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

#define N_STOP_SIGNALS (sizeof(stop_signals) / sizeof(stop_signals[0]))

/* Those that stop the program: not what was ignored from the start, as nohup(1) has it. */
static sigset_t heeded;

static void handle_signals(void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	for (unsigned i = 0; i < N_STOP_SIGNALS; i++)
		if (sigismember(&heeded, stop_signals[i]))
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
	struct sigaction now;

	sigemptyset(&heeded);
	for (unsigned i = 0; i < N_STOP_SIGNALS; i++)
		if (!sigaction(stop_signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&heeded, stop_signals[i]);
	/* Without SA_RESTART: who waits for the other end of a pipe comes back with EINTR. */
	handle_signals(note_signal, 0);
}

/* From here on they are read, and interrupt nothing. */
int app_open_signals(struct app *app)
{
	if (app->signals < 0)
		app->signals = signalfd(-1, &heeded, SFD_CLOEXEC);
	if (app->signals < 0)
		return app_fail(app, -errno, PLX_R_FILE, "no signalfd: %s", strerror(errno));
	sigprocmask(SIG_BLOCK, &heeded, NULL);
	return 0;
}

static uint64_t stopped_ns;

/* Stopping may wait for a pipe: who asks again after a second means it. */
static void stop_again(int sig)
{
	interrupted = 1;
	if (monotonic_ns() - stopped_ns < 1000000000)
		return;
	signal(sig, SIG_DFL);
	raise(sig);
}

void app_heed_signals_again(void)
{
	stopped_ns = monotonic_ns();
	handle_signals(stop_again, SA_RESTART);
	sigprocmask(SIG_UNBLOCK, &heeded, NULL);
}

/* --- waiting ------------------------------------------------------------------------------------ */

/* Milliseconds until a time, rounded up, for poll(2). */
static int ms_until(uint64_t at, uint64_t now)
{
	uint64_t ms = at <= now ? 0 : (at - now + 999999) / 1000000;

	return ms > 1000000 ? 1000000 : (int)ms;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When to look up next, at the latest. */
static uint64_t next_time(const struct app *app, uint64_t until)
{
	if (!app->forwarding)
		return earliest(until, app->next_look_ns);
	until = earliest(until, app->stop_ns);
	if (app->settings.stats_period > 0)
		until = earliest(until, app->next_period_ns);
	return until;
}

static void show_period(struct app *app, uint64_t now)
{
	struct totals t;
	uint64_t period;

	if (!app->forwarding || !(app->settings.stats_period > 0) || now < app->next_period_ns)
		return;
	app->stop_cycles = plx_cycles();
	totals_read(app, &t);
	input_leave_prompt(app);
	results_period(app, &t, &app->period);
	input_return_prompt(app);
	app->period = t;
	/* On the beat, unless that is over already; a period may be below a nanosecond. */
	period = (uint64_t)(app->settings.stats_period * 1e9);
	if (period < PERIOD_MIN_NS)
		period = PERIOD_MIN_NS;
	app->next_period_ns += period;
	if (app->next_period_ns <= now)
		app->next_period_ns = now + period;
}

static bool forwarding_ended(const struct app *app, uint64_t now)
{
	return app->forwarding && (app_all_done(app) || app_any_broken(app) || now >= app->stop_ns);
}

enum wait_result app_wait(struct app *app, int fd, uint64_t until)
{
	struct pollfd fds[3 + CONTROL_FDS];
	uint64_t now, value;

	for (;;) {
		unsigned n = 3;

		if (app->quit || interrupted || app_check_text(app))
			return WAIT_END;
		if (app->waiting && !app->forwarding)
			return WAIT_DONE;
		now = monotonic_ns();
		app_close_removed(app);
		app_look_for_removed(app, now);
		if (forwarding_ended(app, now)) {
			if (!app->interactive || app->waiting)
				return WAIT_DONE;
			input_forwarding_ended(app);
			continue;
		}
		if (now >= until)
			return WAIT_TIME;
		show_period(app, now);
		fds[0] = (struct pollfd){ .fd = app->signals, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = app->done_event, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = fd, .events = POLLIN };
		n += control_fds(app->control, fds + n);
		if (poll(fds, n, ms_until(next_time(app, until), now)) <= 0)
			continue;
		if (fds[0].revents)
			return WAIT_END;
		if (fds[1].revents && read(app->done_event, &value, sizeof(value)) < 0)
			return WAIT_END;
		control_serve(app, fds + 3, n - 3);
		if (fds[2].revents)
			return WAIT_READY;
	}
}
