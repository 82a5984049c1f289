/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev: NICs for user space: which there are, whose they are, what they reach.
 *
 * Exit status: 0 all went well, 1 something failed, or a check did, 2 the command line is wrong.
 */
#include "common/report_error.h"
#include "common/streams.h"
#include "dev/app.h"
#include "dev/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- what is printed ---------------------------------------------------------------------------- */

/* The one object of --json. */
static void print_json(const struct app *app)
{
	const struct plx_error *e = app->error.err ? &app->error : NULL;
	json_t *o = json_object();

	json_object_set_new(o, "version", json_integer(SCHEMA_VERSION));
	if (app->settings.words.n)
		json_object_set_new(o, "command", report_json_string(app->settings.words.items[0]));
	json_object_set_new(o, "ok", json_boolean(!e));
	if (e)
		json_object_set_new(o, "error", report_error(e));
	else if (app->report)
		json_object_set(o, "result", report_json(app->report));
	json_dumpf(o, stdout, JSON_INDENT(2));
	fputc('\n', stdout);
	json_decref(o);
}

/* Say how it went: for people, or with --json for programs. */
static int finish(const struct app *app, int status)
{
	const struct plx_error *e = app->error.err ? &app->error : NULL;

	if (e)
		fprintf(stderr, "plx-dev: %s\n", e->text);
	if (app->settings.json)
		print_json(app);
	else if (!e && app->report)
		fputs(report_text(app->report), stdout);
	if (streams_flush("plx-dev"))
		return 1;
	return e ? status : app->problem;
}

static int bad_usage(struct app *app, const char *sentence)
{
	app_fail(app, -EINVAL, PLX_R_BAD_VALUE, NULL, "%s", sentence);
	return finish(app, 2);
}

/* --json counts even when something else is wrong: the error is an object then, too. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			return true;
	return false;
}

static void print_commands(FILE *out)
{
	fputs("\nCommands:\n\n", out);
	for (const struct command *c = commands; c->name; c++) {
		char item[64];

		snprintf(item, sizeof(item), "%s%s%s", c->name, c->operands ? " " : "",
			 c->operands ? c->operands : "");
		fprintf(out, "  %-28s %s\n", item, c->help);
	}
}

static int print_and_exit(struct app *app)
{
	const struct settings *s = &app->settings;

	if (s->version) {
		printf("plx-dev %s\n", PLX_VERSION);
	} else if (s->man) {
		man_print(stdout);
	} else if (!s->completion) {
		options_help(&program, stdout);
		print_commands(stdout);
	} else if (!options_completion(&program, s->completion, stdout)) {
		return bad_usage(app, "--completion is for bash or zsh");
	}
	return streams_flush("plx-dev");
}

/* --- a command ---------------------------------------------------------------------------------- */

static bool bad_words(const struct plx_error *e)
{
	return e->err == -EINVAL && e->reason == PLX_R_BAD_VALUE;
}

static int run(struct app *app)
{
	const struct command *c = command_find(app->settings.words.items[0]);
	const char *term = getenv("TERM");
	int status;

	app->report = report_new();
	if (!app->report)
		app_fail_nomem(app);
	else if (!getenv("NO_COLOR") && term && strcmp(term, "dumb") && isatty(STDOUT_FILENO))
		report_set_bold(app->report, true);
	if (!app->error.err && !system_open(app))
		c->run(app);
	status = finish(app, bad_words(&app->error) ? 2 : 1);
	report_free(app->report);
	return status;
}

int main(int argc, char **argv)
{
	static struct app app;
	char error[256];

	streams_fill();
	if (settings_read(&app.settings, argc, argv, error, sizeof(error))) {
		app.settings.words.n = 0;
		app.settings.json = wants_json(argc, argv);
		return bad_usage(&app, error);
	}
	if (app.settings.help || app.settings.version || app.settings.man ||
	    app.settings.completion)
		return print_and_exit(&app);
	return run(&app);
}
