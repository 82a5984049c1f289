/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines against a table of commands. A command's syntax is written as users read it,
 *
 *	show port info (PORT|all)        start tx_first [BURSTS]
 *
 * and that one string is what parses, completes and explains it, in help and in the man page:
 * words stand for themselves, CAPITALS for a value of a type, (a|b) for one of several, and
 * [x], at the end only, for what may be left out.
 */
#ifndef TESTPMD_SYNTAX_H
#define TESTPMD_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNTAX_LINE_MAX 4096 /* bytes of a command line, its end included */
#define SYNTAX_WORDS    16   /* of a command */

enum value_kind {
	VALUE_UINT,   /* number: min .. max */
	VALUE_REAL,   /* real: above min, up to max */
	VALUE_CHOICE, /* number: index into choices() */
	VALUE_MAC,    /* mac */
	VALUE_TEXT,   /* text alone */
};

/* What a word in CAPITALS stands for. */
struct value_type {
	const char *name; /* NULL ends the table */
	enum value_kind kind;
	uint64_t min, max;
	const char *(*choices)(unsigned i);     /* NULL behind the last */
	const char *help;                       /* a phrase */
	const char *(*choice_help)(unsigned i); /* of each choice; NULL: there is none */
};

struct app;
struct value;
struct report;

/* Return: 0, or a negative errno with app->error. */
typedef int (*command_fn)(struct app *app, const struct value *v, unsigned n, struct report *r);

struct command {
	const char *syntax; /* NULL ends the table */
	const char *section;
	const char *help; /* one phrase without full stop */
	command_fn run;
	unsigned flags; /* the caller's */
};

struct grammar {
	const struct command *commands;
	const struct value_type *types;
};

/* One word that was given. */
struct value {
	const char *text;
	unsigned choice; /* which alternative of (a|b) it is */
	uint64_t number;
	double real;
	uint8_t mac[6];
};

/* A line in words; they point into @text. */
struct words {
	unsigned n;
	const char *word[SYNTAX_WORDS];
	bool open; /* the line ends in the last word, not in a blank behind it */
	char text[SYNTAX_LINE_MAX];
};

struct parsed {
	const struct command *command;
	unsigned n;
	struct value values[SYNTAX_WORDS]; /* by position in the line */
};

/*
 * Split at blanks; "..." keeps them, a backslash takes the next character as it is, # begins a
 * comment where a word would. Return: 0, or -1 with a sentence in @error.
 */
int syntax_split(const char *line, struct words *words, char *error, size_t size);

/* Find the command that @words are, and its values. Return: 0, or -1 with a sentence in @error. */
int syntax_parse(const struct grammar *g, const struct words *words, struct parsed *out,
		 char *error, size_t size);

/* One way to go on: a word to type, or a type to give a value of (then @type is not NULL). */
typedef void (*syntax_next_fn)(void *arg, const char *word, const char *help,
			       const struct value_type *type);

/*
 * Call @next for everything that can follow the first @n of @words and begins with @prefix; for
 * a type without choices whatever the prefix. @end is true where the line may end there.
 */
void syntax_next(const struct grammar *g, const struct words *words, unsigned n, const char *prefix,
		 syntax_next_fn next, void *arg, bool *end);

/* The type of that name, @len bytes long, or NULL. */
const struct value_type *syntax_type(const struct grammar *g, const char *name, size_t len);

#endif
