/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-dev: which NIC, what stops it, and what it reaches.
 *
 *	main.c       options, a command, its answer
 *	fail.c       what went wrong
 *	settings.c   the tables of options and commands
 *	system.c     files of the machine, below a root
 *	names.c      names of devices, by libpci
 *	function.c   all that is known of a function, and what stops it from being used
 *	routes.c     which interfaces carry the default route
 *	list.c show.c bind.c doctor.c dma.c    the commands
 *	caps.c       capabilities in config space
 *	override.c   how a function changes its driver, and changes back
 *	checks.c     what VFIO needs of a machine
 *	ledger_read.c  what processes have mapped
 */
#ifndef DEV_APP_H
#define DEV_APP_H

#include "common/options.h"
#include "common/report.h"

#include <limits.h>
#include <pollux/error.h>
#include <stdbool.h>

#define SCHEMA_VERSION 1 /* "version" of all JSON: docs/dev.schema.json */

struct settings {
	struct option_list words; /* the command and its operands */
	bool all, json, force, dry_run, help, version, man;
	const char *user, *root, *completion;
};

struct app {
	struct settings settings;
	struct report *report;
	struct plx_error error; /* the first thing that went wrong; err 0: nothing did */
	bool problem;           /* exit status 1 without an error: what was asked is not so */
	char sys[PATH_MAX], proc[PATH_MAX], dev[PATH_MAX], lib[PATH_MAX];
};

struct command {
	const char *name;
	const char *operands; /* as in help; NULL: none */
	const char *help;
	unsigned min, max;   /* operands */
	const char *options; /* letters of those that it takes */
	int (*run)(struct app *app);
};

extern const struct program program;
extern const struct command commands[]; /* a NULL name ends it */

/* 0, or -1 with a sentence in @error. */
int settings_read(struct settings *s, int argc, char **argv, char *error, size_t size);
const struct command *command_find(const char *name);
void man_print(FILE *out);

/* Unless said otherwise, all that follows returns 0, or a negative errno with app->error filled. */

int command_list(struct app *app);
int command_show(struct app *app);
int command_bind(struct app *app);
int command_unbind(struct app *app);
int command_doctor(struct app *app);
int command_dma(struct app *app);

/* Fill app->error, of a sentence of our own or of the library's last one; return its err. */
int app_fail(struct app *app, int err, enum plx_reason reason, const char *object, const char *fmt,
	     ...) PLX_PRINTF(5, 6);
int app_keep_last(struct app *app, int err);
int app_fail_nomem(struct app *app);
/* Text that is not ours, in place: one line, no codes for terminals, ASCII. Return: @text. */
char *app_clean(char *text);
/* An operand behind the command; NULL: there are not so many. */
const char *app_operand(const struct app *app, unsigned i);

#endif
