/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd: forward packets between ports, and measure.
 *
 * Exit status: 0 all went well, 1 something failed on the way, 2 the command line is wrong.
 */
#define _GNU_SOURCE
#include "common/streams.h"
#include "testpmd/app.h"
#include "testpmd/input/input.h"
#include "testpmd/man.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Say what went wrong: a sentence for people and, with --json, an object for programs. */
static int report(struct app *app, struct report *r, int status)
{
	const struct plx_error *e = app->error.err ? &app->error : NULL;
	bool one_line = app->settings.interactive || app->settings.cmdline_file;

	if (e)
		fprintf(stderr, "plx-testpmd: %s\n", e->text);
	if (app->settings.json && results_json(r, e, one_line)) {
		fprintf(stderr, "plx-testpmd: standard output: %s\n", strerror(errno));
		return 1;
	}
	return e ? status : 0;
}

static int bad_usage(struct app *app, const char *sentence)
{
	app_fail(app, -EINVAL, PLX_R_BAD_VALUE, "%s", sentence);
	return report(app, NULL, 2);
}

/* --json counts even when another option is wrong: the error is an object then, too. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			return true;
	return false;
}

static int print_help_ports(struct app *app, const char *driver)
{
	bool all = !strcmp(driver, "all");

	if (!plx_drivers_help(stdout, all ? NULL : driver, PLX_HELP_TEXT))
		return streams_flush("plx-testpmd");
	app_keep(app, plx_last_error());
	return report(app, NULL, 2);
}

static bool only_prints(const struct settings *s)
{
	return s->help || s->version || s->man || s->help_ports || s->completion;
}

static int print_and_exit(struct app *app)
{
	const struct settings *s = &app->settings;

	if (s->help_ports)
		return print_help_ports(app, s->help_ports);
	if (s->version)
		printf("plx-testpmd %s\n", PLX_VERSION);
	else if (s->man)
		man_print(stdout);
	else if (!s->completion)
		options_help(&program, stdout);
	else if (!options_completion(&program, s->completion, stdout))
		return bad_usage(app, "--completion is for bash or zsh");
	return streams_flush("plx-testpmd");
}

/* Is it the command line that is wrong, rather than what came of it? */
static bool bad_words(const struct plx_error *e)
{
	return e->reason == PLX_R_BAD_KEY || e->reason == PLX_R_BAD_VALUE ||
	       e->reason == PLX_R_NO_DRIVER || e->reason == PLX_R_NO_CPU;
}

/* --- from open to close ------------------------------------------------------------------------- */

static int open_all(struct app *app)
{
	const struct settings *s = &app->settings;
	int err;

	app->done_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (app->done_event < 0)
		return app_fail(app, -ENOMEM, PLX_R_NOMEM, "no eventfd: %s", strerror(errno));
	err = app_default_cores(app);
	if (!err && s->txpkts)
		err = app_set_segments(app, s->txpkts, "--txpkts");
	if (!err)
		err = app_open_ports(app);
	if (!err && s->control)
		err = control_open(app, s->control);
	return err;
}

static void close_cores(struct app *app, int *err)
{
	app_free_streams(app);
	for (unsigned i = 0; i < app->n_known; i++) {
		if (plx_pool_destroy(app->known[i]->pool) && !*err)
			*err = app_keep(app, plx_last_error());
		app_close_sleep(app->known[i]);
		free(app->known[i]);
	}
}

static int close_all(struct app *app)
{
	int err = 0;

	control_close(app);
	for (unsigned i = 0; i < MAX_PORTS; i++)
		if (app->ports[i].port)
			app_close_port(app, i);
	close_cores(app, &err);
	if (app->done_event >= 0)
		close(app->done_event);
	if (app->signals >= 0)
		close(app->signals);
	if (!err && plx_ctx_destroy(app->ctx))
		err = app_keep(app, plx_last_error());
	return err;
}

/* --- without commands: forward until the end, a limit or a signal ------------------------------- */

static int start_failed(struct app *app)
{
	return report(app, NULL, bad_words(&app->error) ? 2 : 1);
}

/* Cores that were to sleep and cannot. */
static void say_polling(struct app *app)
{
	char text[160];

	for (unsigned i = 0; i < app->n_cores; i++)
		if (app_polls_on(app->cores[i], text, sizeof(text)))
			fprintf(app->text, "%s\n", text);
}

static int forward(struct app *app)
{
	struct report *r;
	struct totals t;
	int status;

	if (!app->forwarding && app_start(app, app->settings.tx_first))
		return start_failed(app);
	say_polling(app);
	app_wait(app, -1, UINT64_MAX);
	if (app->forwarding)
		app_stop(app);
	app_heed_signals_again();
	app_stop_ports(app);
	totals_read(app, &t);
	r = app->ran ? results_new(app) : NULL;
	if (r) {
		results_forward(app, &t, r);
		results_print(app, r);
	}
	app_check_text(app);
	status = report(app, r, 1);
	report_free(r);
	return app->failed ? 1 : status;
}

/* --- with commands ------------------------------------------------------------------------------ */

/* Ports are started at once, as far as that can be done before it is known what to forward. */
static int start_interactive(struct app *app)
{
	int err = app_plan_ports(app);

	if (!err)
		err = app_start_ports(app);
	if (!err && app->settings.auto_start)
		err = app_start(app, app->settings.tx_first);
	return err;
}

static int end_interactive(struct app *app, int err)
{
	if (app->forwarding)
		input_forwarding_ended(app);
	app_heed_signals_again();
	if (app_stop_ports(app) && !err)
		err = app->error.err;
	if (app->error.err && !app->told)
		report(app, NULL, 1);
	return err || app->failed || app->error.err || streams_flush("plx-testpmd") ? 1 : 0;
}

static int take_commands(struct app *app)
{
	const struct settings *s = &app->settings;
	int err = 0;

	app->interactive = true;
	if (start_interactive(app))
		return start_failed(app);
	if (s->cmdline_file)
		err = input_file(app, s->cmdline_file);
	if (err || app->quit)
		return end_interactive(app, err);
	if (s->interactive)
		return end_interactive(app, input_stdin(app));
	/* As testpmd has it: the file prepares, then packets are forwarded. */
	app->interactive = false;
	return forward(app);
}

static int go(struct app *app)
{
	const struct settings *s = &app->settings;
	int status;

	app_catch_signals();
	if (open_all(app) || app_open_signals(app))
		status = start_failed(app);
	else if (s->interactive || s->cmdline_file)
		status = take_commands(app);
	else
		status = forward(app);
	if (close_all(app)) {
		fprintf(stderr, "plx-testpmd: %s\n", plx_last_error()->text);
		status = 1;
	}
	return status;
}

int main(int argc, char **argv)
{
	static struct app app = { .done_event = -1, .signals = -1 };
	char error[256];

	streams_fill();
	signal(SIGPIPE, SIG_IGN);
	if (settings_read(&app.settings, argc, argv, error, sizeof(error))) {
		app.settings.json = wants_json(argc, argv);
		return bad_usage(&app, error);
	}
	if (only_prints(&app.settings))
		return print_and_exit(&app);
	app.engine = engines[app.settings.mode];
	app.text = app.settings.json ? stderr : stdout;
	if (plx_ctx_create(NULL, &app.ctx)) {
		app_keep(&app, plx_last_error());
		return report(&app, NULL, 1);
	}
	return go(&app);
}
