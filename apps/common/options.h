/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command-line options as a table: parsing, checks, --help and the man page come from it.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,   /* bool, set to true */
	OPTION_UINT,   /* uint64_t, min .. max; K, M and G are thousands */
	OPTION_REAL,   /* double, seconds: min .. max */
	OPTION_TEXT,   /* const char * */
	OPTION_LIST,   /* struct option_list, may be given several times */
	OPTION_CHOICE, /* unsigned, index into choices() */
};

#define OPTION_LIST_MAX 32

struct option_list {
	unsigned n;
	const char *items[OPTION_LIST_MAX];
};

struct option_def {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum option_type type;
	size_t offset;     /* of the member in the program's struct */
	const char *value; /* what --help calls the value: "N", "SPEC" */
	uint64_t min, max;
	const char *(*choices)(unsigned i); /* NULL behind the last */
	const char *help;                   /* a phrase without full stop; names the default */
	bool hidden;                        /* in the man page only */
};

struct program {
	const char *name, *summary;
	const char *usage; /* after the name */
	const struct option_def *options;

	/* For programs that take operands: what the first can be, NULL behind the last. */
	const char *(*words)(unsigned i);
	size_t operands;   /* where all go: a struct option_list */
	const char *later; /* for shells: a command that prints what can come behind the first */
};

/*
 * Parse @argv into @to. Return: 0; or -1 with one sentence in @error.
 * --help, --version and --man are the caller's to define as flags.
 */
int options_parse(const struct program *program, int argc, char **argv, void *to, char *error,
		  size_t error_size);

void options_help(const struct program *program, FILE *out);

/* The OPTIONS section of a man page, mdoc(7). */
void options_man(const struct program *program, FILE *out);

/* The completion script of a shell, "bash" or "zsh". False: there is none for that one. */
bool options_completion(const struct program *program, const char *shell, FILE *out);

#endif
