/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of the machine, below the root that the command line names. What is read is never more
 * than asked for, and nothing of it is believed to be text.
 */
#ifndef DEV_SYSTEM_H
#define DEV_SYSTEM_H

#include "dev/app.h"

int system_open(struct app *app);

/* Is the root the machine's own? */
bool system_is_real(const struct app *app);

/* The first line of DIR/..., cleaned; false, and "": there is none. */
bool system_line(char *line, size_t size, const char *dir, const char *fmt, ...) PLX_PRINTF(4, 5);
/* A number in a file; -1: there is none. */
long system_number(const char *dir, const char *fmt, ...) PLX_PRINTF(2, 3);
/* What a link names last; "" and false: there is none. */
bool system_link(char *name, size_t size, const char *dir, const char *fmt, ...) PLX_PRINTF(4, 5);
/* May this user, by its effective rights, do that (access(2))? F_OK: is it there? */
bool system_may(int how, const char *dir, const char *fmt, ...) PLX_PRINTF(3, 4);

/*
 * Names in a folder that begin with @prefix, in order; no more than @max of @size bytes each.
 * Return: how many there are.
 */
unsigned system_entries(const char *path, const char *prefix, char *names, size_t size,
			unsigned max);

#endif
