/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways in: a prompt on the terminal, lines of a file or of standard input, a UNIX socket. All
 * of them hand lines to command_run() and show its answer in their own way.
 */
#ifndef TESTPMD_INPUT_H
#define TESTPMD_INPUT_H

#include "testpmd/app.h"

#include <poll.h>

/* Run the commands of a file. The first that fails ends it, with its line in the error, unless
 * --keep-going. Return: 0, or -errno with app->error. */
int input_file(struct app *app, const char *path);

/* Commands from standard input until its end, or `quit`: by a prompt where it is a terminal. */
int input_stdin(struct app *app);

/* Run one line and print its answer. @where: "FILE:12", for errors; NULL: at the prompt. */
int input_line(struct app *app, const char *line, const char *where);

/* Forwarding has ended by itself, or its time is up: stop it and say what came of it. */
void input_forwarding_ended(struct app *app);

/* The object that answers a line: command, ok, and result or error. */
struct answer;
json_t *answer_json(const char *line, const struct answer *a);

/* Before something is printed that nobody at the prompt asked for. */
void input_leave_prompt(struct app *app);
/* Afterwards. */
void input_return_prompt(struct app *app);

/* prompt.c: edit lines with history and completion. @next: called with each line. */
int prompt_run(struct app *app);

/* control.c: clients of the socket at @path. */
#define CONTROL_CLIENTS 16
#define CONTROL_FDS     (CONTROL_CLIENTS + 1)

int control_open(struct app *app, const char *path);
void control_close(struct app *app);
/* What to poll(2) for; at most CONTROL_FDS. @c may be NULL. */
unsigned control_fds(struct control *c, struct pollfd *fds);
/* What poll(2) found of it. */
void control_serve(struct app *app, const struct pollfd *fds, unsigned n);

#endif
