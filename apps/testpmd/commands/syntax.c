/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Matching words against syntax strings. The strings are short and the commands few: each line is
 * matched against every command, from the strings themselves.
 */
#include "testpmd/commands/syntax.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define fail(error, size, ...) (snprintf(error, size, __VA_ARGS__), -1)

/* --- words -------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copy one word from *@from to *@to, without its quotes. False: a quote is not closed. */
static bool copy_word(const char **from, char **to)
{
	const char *c = *from;
	bool quoted = false;

	for (; *c && (quoted || !is_blank(*c)); c++) {
		if (*c == '"') {
			quoted = !quoted;
			continue;
		}
		if (*c == '\\' && c[1])
			c++;
		*(*to)++ = *c;
	}
	*(*to)++ = '\0';
	*from = c;
	return !quoted;
}

int syntax_split(const char *line, struct words *words, char *error, size_t size)
{
	char *to = words->text;

	words->n = 0;
	words->open = false;
	/* A word is never longer than what it was written as, and a blank makes room for its end. */
	if (strlen(line) >= sizeof(words->text) - 1)
		return fail(error, size, "a line has at most %d bytes", SYNTAX_LINE_MAX - 2);
	for (;;) {
		while (is_blank(*line))
			line++;
		if (!*line || *line == '#')
			return 0;
		if (words->n == SYNTAX_WORDS)
			return fail(error, size, "a command has at most %d words", SYNTAX_WORDS);
		words->word[words->n++] = to;
		if (!copy_word(&line, &to))
			return fail(error, size, "a \" is not closed");
		words->open = !*line;
	}
}

/* --- syntax strings ----------------------------------------------------------------------------- */

/* One position of a syntax string: alternatives from @text on, @len bytes, separated by '|'. */
struct token {
	const char *text;
	size_t len;
	bool optional;
};

static bool next_token(const char **syntax, struct token *t)
{
	const char *s = *syntax;
	size_t end;

	while (*s == ' ')
		s++;
	if (!*s)
		return false;
	t->optional = *s == '[';
	t->text = s + (*s == '[' || *s == '(');
	end = strcspn(t->text, *s == '[' ? "]" : *s == '(' ? ")" : " ");
	t->len = end;
	s = t->text + end;
	*syntax = s + (*s == ']' || *s == ')');
	return true;
}

/* The next alternative of a token, from *@at on; 0 bytes behind the last. */
static size_t next_alternative(const struct token *t, const char **at)
{
	const char *end = t->text + t->len;
	size_t len;

	*at = *at ? *at + strcspn(*at, "|)] ") + 1 : t->text;
	if (*at >= end)
		return 0;
	len = strcspn(*at, "|)] ");
	return len;
}

const struct value_type *syntax_type(const struct grammar *g, const char *name, size_t len)
{
	if (*name < 'A' || *name > 'Z')
		return NULL;
	for (const struct value_type *t = g->types; t->name; t++)
		if (strlen(t->name) == len && !strncmp(t->name, name, len))
			return t;
	return NULL;
}

/* --- values ------------------------------------------------------------------------------------- */

static bool read_uint(const struct value_type *t, const char *word, struct value *v)
{
	char *end;

	errno = 0;
	v->number = strtoull(word, &end, 10);
	return *word >= '0' && *word <= '9' && !errno && !*end && v->number >= t->min &&
	       v->number <= t->max;
}

static bool read_real(const struct value_type *t, const char *word, struct value *v)
{
	char *end;

	v->real = strtod(word, &end);
	return *word >= '0' && *word <= '9' && !*end && v->real >= (double)t->min &&
	       v->real <= (double)t->max;
}

static bool read_choice(const struct value_type *t, const char *word, struct value *v)
{
	for (unsigned i = 0; t->choices(i); i++)
		if (!strcmp(t->choices(i), word)) {
			v->number = i;
			return true;
		}
	return false;
}

/* Six pairs of hexadecimal digits with colons, and nothing else, which sscanf() does not insist on. */
static bool read_mac(const char *word, struct value *v)
{
	unsigned b[6];

	if (strlen(word) != 17 || strspn(word, "0123456789abcdefABCDEF:") != 17 ||
	    sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		v->mac[i] = (uint8_t)b[i];
	return true;
}

static bool read_value(const struct value_type *t, const char *word, struct value *v)
{
	switch (t->kind) {
	case VALUE_UINT:
		return read_uint(t, word, v);
	case VALUE_REAL:
		return read_real(t, word, v);
	case VALUE_CHOICE:
		return read_choice(t, word, v);
	case VALUE_MAC:
		return read_mac(word, v);
	default:
		return *word;
	}
}

/* Is @word one of the token's alternatives? */
static bool match_token(const struct grammar *g, const struct token *t, const char *word,
			struct value *v)
{
	const char *at = NULL;
	size_t len;

	*v = (struct value){ .text = word };
	for (; (len = next_alternative(t, &at)); v->choice++) {
		const struct value_type *type = syntax_type(g, at, len);

		if (type ? read_value(type, word, v)
			 : strlen(word) == len && !strncmp(word, at, len))
			return true;
	}
	return false;
}

/*
 * How many of the first @n words match the command. *@rest is left behind what they matched, and
 * @missing tells if something must follow it.
 */
static unsigned match_words(const struct grammar *g, const struct command *c,
			    const struct words *words, unsigned n, struct value *values,
			    const char **rest, bool *missing)
{
	const char *syntax = c->syntax;
	struct token t;
	unsigned i = 0;

	*rest = syntax;
	while (i < n && next_token(&syntax, &t) && match_token(g, &t, words->word[i], &values[i])) {
		*rest = syntax;
		i++;
	}
	syntax = *rest;
	*missing = next_token(&syntax, &t) && !t.optional;
	return i;
}

/* --- what can follow ---------------------------------------------------------------------------- */

static void next_of_type(const struct value_type *type, const char *prefix, syntax_next_fn next,
			 void *arg, const struct command *c)
{
	if (!type->choices) {
		next(arg, type->name, type->help, type);
		return;
	}
	for (unsigned i = 0; type->choices(i); i++)
		if (!strncmp(type->choices(i), prefix, strlen(prefix)))
			next(arg, type->choices(i),
			     type->choice_help ? type->choice_help(i) : c->help, NULL);
}

static void next_of_token(const struct grammar *g, const struct token *t, const char *prefix,
			  syntax_next_fn next, void *arg, const struct command *c)
{
	const char *at = NULL;
	size_t len;

	while ((len = next_alternative(t, &at))) {
		const struct value_type *type = syntax_type(g, at, len);
		char word[64];

		if (type) {
			next_of_type(type, prefix, next, arg, c);
			continue;
		}
		snprintf(word, sizeof(word), "%.*s", (int)len, at);
		if (!strncmp(word, prefix, strlen(prefix)))
			next(arg, word, c->help, NULL);
	}
}

void syntax_next(const struct grammar *g, const struct words *words, unsigned n, const char *prefix,
		 syntax_next_fn next, void *arg, bool *end)
{
	*end = false;
	for (const struct command *c = g->commands; c->syntax; c++) {
		struct value values[SYNTAX_WORDS];
		const char *rest;
		struct token t;
		bool missing;

		if (match_words(g, c, words, n, values, &rest, &missing) < n)
			continue;
		*end |= !missing;
		if (next_token(&rest, &t))
			next_of_token(g, &t, prefix, next, arg, c);
	}
}

/* --- parsing, and saying why not ---------------------------------------------------------------- */

/* What could have come, each once. */
struct expected {
	unsigned n;
	char items[24][64];
};

static void expect_word(void *arg, const char *word, const char *help,
			const struct value_type *type)
{
	struct expected *e = arg;
	char *item = e->items[e->n];

	if (type && type->kind == VALUE_UINT)
		snprintf(item, 64, "%s (%" PRIu64 " to %" PRIu64 ")", word, type->min, type->max);
	else if (type)
		snprintf(item, 64, "%s (%s)", word, help);
	else
		snprintf(item, 64, "%s", word);
	for (unsigned i = 0; i < e->n; i++)
		if (!strcmp(e->items[i], item))
			return;
	if (e->n < 23)
		e->n++;
}

/* "info, stats or PORT (0 to 31)". */
static const char *join(const struct expected *e, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < e->n && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 !i              ? ""
					 : i + 1 == e->n ? " or "
							 : ", ",
					 e->items[i]);
	return buf;
}

/* No command is these words, of which the first @good make sense: say what would follow those. */
static int fail_words(const struct grammar *g, const struct words *words, unsigned good,
		      char *error, size_t size)
{
	struct expected e = { .n = 0 };
	char begin[100] = "", list[256];
	size_t used = 0;
	bool end;

	for (unsigned i = 0; i < good && used < sizeof(begin); i++)
		used += (size_t)snprintf(begin + used, sizeof(begin) - used, "%s%s", i ? " " : "",
					 words->word[i]);
	syntax_next(g, words, good, "", expect_word, &e, &end);
	if (!good)
		return fail(error, size, "there is no command \"%.60s\" (see help)",
			    words->word[0]);
	if (!e.n)
		return fail(error, size, "\"%.60s\" is too much: nothing follows \"%s\"",
			    words->word[good], begin);
	if (good == words->n)
		return fail(error, size, "\"%s\" is not complete: what follows is %s", begin,
			    join(&e, list, sizeof(list)));
	return fail(error, size, "\"%.40s\" cannot follow \"%s\": that takes %s", words->word[good],
		    begin, join(&e, list, sizeof(list)));
}

int syntax_parse(const struct grammar *g, const struct words *words, struct parsed *out,
		 char *error, size_t size)
{
	unsigned best = 0;

	for (const struct command *c = g->commands; c->syntax; c++) {
		const char *rest;
		bool missing;
		unsigned n = match_words(g, c, words, words->n, out->values, &rest, &missing);

		if (n == words->n && !missing) {
			out->command = c;
			out->n = n;
			return 0;
		}
		if (n > best)
			best = n;
	}
	return fail_words(g, words, best, error, size);
}
