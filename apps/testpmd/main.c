/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd: forward packets between ports, and measure.
 *
 * Exit status: 0 all went well, 1 something failed on the way, 2 the command line is wrong.
 */
#define _GNU_SOURCE
#include "testpmd/app.h"
#include "testpmd/man.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	fprintf(stderr, "plx-testpmd: standard output: %s\n", strerror(errno));
	return 1;
}

/* With standard streams closed, the next file opened would become one of them. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Say what went wrong: a sentence for people and, with --json, an object for programs. */
static int report(struct app *app, const struct totals *t, int status)
{
	const struct plx_error *e = app->error.err ? &app->error : NULL;

	/* Parts of the command line are quoted in it: still one line, and no codes for terminals. */
	for (char *c = app->error.text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (e)
		fprintf(stderr, "plx-testpmd: %s\n", e->text);
	if (app->settings.json && json_print(app, t, e)) {
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
		return flush_stdout();
	app_keep(app, plx_last_error());
	return report(app, NULL, 2);
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
	else
		options_help(&program, stdout);
	return flush_stdout();
}

/* Is it the command line that is wrong, rather than what came of it? */
static bool bad_words(const struct plx_error *e)
{
	return e->reason == PLX_R_BAD_KEY || e->reason == PLX_R_BAD_VALUE ||
	       e->reason == PLX_R_NO_DRIVER || e->reason == PLX_R_NO_CPU;
}

static int forward(struct app *app)
{
	struct totals t;
	int status;

	app_catch_signals();
	if (app_setup(app)) {
		status = report(app, NULL, bad_words(&app->error) ? 2 : 1);
		app_close(app);
		return status;
	}
	app_run(app);
	app_stop_ports(app);
	totals_read(app, &t);
	table_final(app, &t);
	app_check_text(app);
	status = report(app, &t, 1);
	if (app_close(app)) {
		fprintf(stderr, "plx-testpmd: %s\n", plx_last_error()->text);
		status = 1;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct app app = { .done_event = -1 };
	char error[256];

	fill_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	if (settings_read(&app.settings, argc, argv, error, sizeof(error))) {
		app.settings.json = wants_json(argc, argv);
		return bad_usage(&app, error);
	}
	if (app.settings.help || app.settings.version || app.settings.man ||
	    app.settings.help_ports)
		return print_and_exit(&app);
	app.engine = engines[app.settings.mode];
	app.text = app.settings.json ? stderr : stdout;
	if (plx_ctx_create(NULL, &app.ctx)) {
		app_keep(&app, plx_last_error());
		return report(&app, NULL, 1);
	}
	return forward(&app);
}
