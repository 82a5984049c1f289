/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The prompt, by editline(3): history, completion by Tab, help on what can follow by '?'.
 *
 * libedit asks for characters one by one; while there is none, the main loop goes on.
 */
#include "testpmd/commands/commands.h"
#include "testpmd/input/input.h"

#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HISTORY_LINES 1000
#define HELP_MAX      64

static char prompt_text[] = "plx> ";

static char *prompt(EditLine *el)
{
	(void)el;
	return prompt_text;
}

/* Wait for a byte, and do all else meanwhile. Return: 1; 0 at the end. */
static int get_char(EditLine *el, wchar_t *to)
{
	struct app *app;
	unsigned char c;

	el_get(el, EL_CLIENTDATA, &app);
	for (;;) {
		if (app_wait(app, STDIN_FILENO, UINT64_MAX) != WAIT_READY)
			return 0;
		switch (read(STDIN_FILENO, &c, 1)) {
		case 1:
			*to = c;
			return 1;
		case 0:
			return 0;
		default:
			if (errno != EINTR && errno != EAGAIN)
				return 0;
		}
	}
}

/* After something was printed over it. */
static void draw_prompt(struct app *app)
{
	el_set(app->editor, EL_REFRESH);
}

/* --- what can follow ---------------------------------------------------------------------------- */

struct follow {
	struct app *app;
	const char *prefix;
	unsigned n;
	struct {
		char word[64];
		const char *help;
		bool type; /* to be given a value of; it cannot be completed */
	} items[HELP_MAX];
};

static void follow_add(struct follow *f, const char *word, const char *help, bool type)
{
	for (unsigned i = 0; i < f->n; i++)
		if (!strcmp(f->items[i].word, word)) {
			f->items[i].help = ""; /* the beginning of several */
			return;
		}
	if (f->n == HELP_MAX)
		return;
	snprintf(f->items[f->n].word, sizeof(f->items[0].word), "%s", word);
	f->items[f->n].help = help;
	f->items[f->n++].type = type;
}

/* The numbers of the ports that there are. */
static void follow_ports(struct follow *f)
{
	char word[16];

	for (unsigned i = 0; i < MAX_PORTS; i++) {
		snprintf(word, sizeof(word), "%u", i);
		if (f->app->ports[i].port && !strncmp(word, f->prefix, strlen(f->prefix)))
			follow_add(f, word, f->app->ports[i].spec, false);
	}
}

static void follow_next(void *arg, const char *word, const char *help,
			const struct value_type *type)
{
	struct follow *f = arg;

	if (type && !strcmp(type->name, "PORT"))
		follow_ports(f);
	else
		follow_add(f, word, help, type);
}

/* Up to the cursor. False: the line is no line of words. */
static bool follow(struct app *app, const LineInfo *line, struct words *words, struct follow *f,
		   bool *end)
{
	char text[SYNTAX_LINE_MAX], error[256];
	size_t len = (size_t)(line->cursor - line->buffer);
	unsigned n;

	if (len >= sizeof(text) - 1)
		return false;
	memcpy(text, line->buffer, len);
	text[len] = '\0';
	if (syntax_split(text, words, error, sizeof(error)))
		return false;
	n = words->n - words->open;
	*f = (struct follow){ .app = app, .prefix = words->open ? words->word[n] : "" };
	syntax_next(&command_grammar, words, n, f->prefix, follow_next, f, end);
	return true;
}

/* How much all items have in common. */
static size_t common_length(const struct follow *f)
{
	size_t len = strlen(f->items[0].word);

	for (unsigned i = 1; i < f->n; i++) {
		size_t same = 0;

		while (same < len && f->items[i].word[same] == f->items[0].word[same])
			same++;
		len = same;
	}
	return len;
}

static void print_items(struct app *app, const struct follow *f, bool end)
{
	fputc('\n', app->text);
	for (unsigned i = 0; i < f->n; i++)
		fprintf(app->text, "  %-16s %s\n", f->items[i].word, f->items[i].help);
	if (end)
		fprintf(app->text, "  <Enter>\n");
	fflush(app->text);
}

static unsigned char complete(EditLine *el, int ch)
{
	struct words words;
	struct follow f;
	struct app *app;
	char more[72];
	size_t have, len;
	bool end;

	(void)ch;
	el_get(el, EL_CLIENTDATA, &app);
	if (!follow(app, el_line(el), &words, &f, &end) || !f.n)
		return CC_REFRESH_BEEP;
	have = strlen(f.prefix);
	len = f.items[0].type ? 0 : common_length(&f);
	if (len > have || (f.n == 1 && !f.items[0].type)) {
		snprintf(more, sizeof(more), "%.*s%s", (int)(len - have), f.items[0].word + have,
			 f.n == 1 ? " " : "");
		return el_insertstr(el, more) ? CC_ERROR : CC_REFRESH;
	}
	print_items(app, &f, end && !have);
	return CC_REDISPLAY;
}

static unsigned char inline_help(EditLine *el, int ch)
{
	struct words words;
	struct follow f;
	struct app *app;
	bool end;

	(void)ch;
	el_get(el, EL_CLIENTDATA, &app);
	if (!follow(app, el_line(el), &words, &f, &end))
		return CC_REFRESH_BEEP;
	print_items(app, &f, end && !*f.prefix);
	return CC_REDISPLAY;
}

/* --- lines -------------------------------------------------------------------------------------- */

static EditLine *open_editor(struct app *app, History *past)
{
	EditLine *el = el_init("plx-testpmd", stdin, stdout, stderr);

	if (!el)
		return NULL;
	el_set(el, EL_CLIENTDATA, app);
	el_set(el, EL_PROMPT, prompt);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_HIST, history, past);
	el_set(el, EL_GETCFN, get_char);
	/* The narrow form would make wide copies and lose them. */
	el_wset(el, EL_ADDFN, L"plx-complete", L"Complete the word", complete);
	el_wset(el, EL_ADDFN, L"plx-help", L"Say what can follow", inline_help);
	el_set(el, EL_BIND, "^I", "plx-complete", NULL);
	el_set(el, EL_BIND, "?", "plx-help", NULL);
	el_set(el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	return el;
}

static void read_lines(struct app *app, EditLine *el, History *past)
{
	HistEvent event;
	const char *line;
	char copy[SYNTAX_LINE_MAX];
	int n;

	while (!app->quit && (app->prompting = true, line = el_gets(el, &n)) && n > 0) {
		app->prompting = false;
		if ((size_t)n >= sizeof(copy)) {
			fprintf(stderr, "plx-testpmd: a line has at most %d bytes\n",
				SYNTAX_LINE_MAX - 2);
			continue;
		}
		memcpy(copy, line, (size_t)n);
		copy[n - (copy[n - 1] == '\n')] = '\0';
		if (copy[strspn(copy, " \t")])
			history(past, &event, H_ENTER, copy);
		input_line(app, copy, NULL);
	}
	app->prompting = false;
}

int prompt_run(struct app *app)
{
	History *past = history_init();
	EditLine *el = past ? open_editor(app, past) : NULL;
	HistEvent event;

	if (!el) {
		if (past)
			history_end(past);
		return app_fail_nomem(app);
	}
	app->editor = el;
	app->draw_prompt = draw_prompt;
	history(past, &event, H_SETSIZE, HISTORY_LINES);
	history(past, &event, H_SETUNIQUE, 1);
	fprintf(app->text, "Type help for the commands, ? for what can follow, Tab to complete.\n");
	read_lines(app, el, past);
	if (!app->quit)
		fputc('\n', app->text); /* the shell's prompt gets a line of its own */
	app->draw_prompt = NULL;
	el_end(el);
	history_end(past);
	return 0;
}
