/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines from a file or from standard input; and answers, as text or as one JSON object a line.
 */
#include "testpmd/input/input.h"
#include "common/report_error.h"
#include "testpmd/commands/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 16 /* files that load each other */

/* --- answers ------------------------------------------------------------------------------------ */

json_t *answer_json(const char *line, const struct answer *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "command", report_json_string(line));
	json_object_set_new(o, "ok", json_boolean(!a->err));
	if (a->err)
		json_object_set_new(o, "error", report_error(&a->error));
	else
		json_object_set(o, "result", report_json(a->report));
	return o;
}

static void print_answer(struct app *app, const char *line, const struct answer *a)
{
	json_t *o;

	if (!app->settings.json) {
		if (a->report)
			results_print(app, a->report);
		return;
	}
	o = answer_json(line, a);
	results_dump(o, JSON_COMPACT); /* app_check_text() sees if that failed */
	json_decref(o);
}

void input_leave_prompt(struct app *app)
{
	if (app->prompting)
		fputs("\r\033[K", app->text);
}

void input_return_prompt(struct app *app)
{
	if (app->prompting && app->draw_prompt)
		app->draw_prompt(app);
}

static bool is_empty(const char *line)
{
	line += strspn(line, " \t\r\n");
	return !*line || *line == '#';
}

int input_line(struct app *app, const char *line, const char *where)
{
	struct answer a;

	if (is_empty(line))
		return 0;
	app->told = false;
	command_run(app, line, where ? WAY_FILE : WAY_PROMPT, &a);
	print_answer(app, line, &a);
	if (a.err && !app->told)
		fprintf(stderr, "plx-testpmd: %s%s%s\n", where ? where : "", where ? ": " : "",
			a.error.text);
	report_free(a.report);
	return a.err;
}

/* Stop, whatever line is being run: what goes wrong with it is not that line's error. */
static void stop_for(struct app *app, struct answer *a)
{
	struct plx_error before = app->error;

	app->error = (struct plx_error){ .err = 0 };
	a->err = app_stop(app);
	a->error = app->error;
	app->error = before;
	if (!a->err)
		return;
	app->failed = true;
	fprintf(stderr, "plx-testpmd: %s\n", a->error.text);
}

void input_forwarding_ended(struct app *app)
{
	struct answer a = { .report = results_new(app) };
	json_t *o;

	input_leave_prompt(app);
	stop_for(app, &a);
	app->ended = true;
	if (!a.report)
		return;
	show_fwd_stats(app, NULL, 0, a.report);
	if (app->settings.json) {
		o = answer_json("stop", &a);
		json_object_set_new(o, "event", json_string("forwarding_ended"));
		results_dump(o, JSON_COMPACT);
		json_decref(o);
	} else {
		results_print(app, a.report);
	}
	report_free(a.report);
	input_return_prompt(app);
}

/* --- lines -------------------------------------------------------------------------------------- */

struct lines {
	int fd;
	const char *name; /* for errors */
	unsigned number;
	size_t used, next; /* bytes of text: those read, and those handed out */
	size_t length;     /* of the last line handed out */
	bool end;
	char text[SYNTAX_LINE_MAX];
};

/* A line in memory, without its end; NULL when more must be read. */
static char *take_line(struct lines *l)
{
	char *line = l->text + l->next, *end = memchr(line, '\n', l->used - l->next);

	if (!end && l->end && l->used > l->next)
		end = l->text + l->used; /* the last one has no newline */
	if (!end)
		return NULL;
	*end = '\0';
	l->number++;
	l->length = (size_t)(end - line);
	l->next = (size_t)(end - l->text) + (end < l->text + l->used);
	return line;
}

/* Read on. Return: 0, -1 with app->error. */
static int read_more(struct app *app, struct lines *l)
{
	ssize_t n;

	memmove(l->text, l->text + l->next, l->used - l->next);
	l->used -= l->next;
	l->next = 0;
	if (l->used == sizeof(l->text) - 1)
		return app_fail(app, -EINVAL, PLX_R_FORMAT, "%.80s:%u: a line has at most %d bytes",
				l->name, l->number + 1, SYNTAX_LINE_MAX - 2);
	n = read(l->fd, l->text + l->used, sizeof(l->text) - 1 - l->used);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return app_fail(app, -errno, PLX_R_FILE, "%.80s: %s", l->name, strerror(errno));
	l->end = n == 0;
	if (n > 0)
		l->used += (size_t)n;
	return 0;
}

/* Run the command of a line; a file that it loads has said itself where it failed. */
static int run_line(struct app *app, const struct lines *l, const char *line)
{
	char where[128];
	int err;

	snprintf(where, sizeof(where), "%.100s:%u", l->name, l->number);
	err = input_line(app, line, where);
	if (!err)
		return 0;
	app->failed = true;
	if (!app->settings.keep_going)
		return err;
	app->told = false;
	return 0;
}

static int run_lines(struct app *app, struct lines *l)
{
	int err = 0;

	while (!err && !app->quit) {
		char *line = take_line(l);

		err = app_check_text(app);
		if (err)
			break;
		if (line) {
			if (strlen(line) != l->length)
				return app_fail(app, -EINVAL, PLX_R_FORMAT,
						"%.80s:%u: there is a NUL in it", l->name,
						l->number);
			err = run_line(app, l, line);
		} else if (l->end || app_wait(app, l->fd, UINT64_MAX) == WAIT_END) {
			break;
		} else {
			err = read_more(app, l);
		}
	}
	return err;
}

int input_file(struct app *app, const char *path)
{
	static unsigned depth;
	struct lines l = { .name = path };
	int err;

	if (depth == DEPTH_MAX)
		return app_fail(app, -ELOOP, PLX_R_FILE, "%.80s: %d files have loaded each other",
				path, DEPTH_MAX);
	/* A pipe without a writer is waited for where signals are heard, not in open(2). */
	l.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (l.fd < 0)
		return app_fail(app, -errno, PLX_R_FILE, "%.80s: %s", path, strerror(errno));
	depth++;
	err = run_lines(app, &l);
	depth--;
	close(l.fd);
	/* Its line was told already; the line that loaded it fails without another sentence. */
	if (err && !app->error.err) {
		app_fail(app, err, PLX_R_FILE, "%.80s:%u failed", path, l.number);
		app->told = true;
	}
	return err;
}

int input_stdin(struct app *app)
{
	struct lines l = { .fd = STDIN_FILENO, .name = "standard input" };

#ifdef HAVE_LIBEDIT
	if (isatty(STDIN_FILENO) && !app->settings.json)
		return prompt_run(app);
#endif
	return run_lines(app, &l);
}
