/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What VFIO needs of a machine and of this process.
 */
#ifndef DEV_CHECKS_H
#define DEV_CHECKS_H

#include "dev/app.h"

enum verdict {
	CHECK_OK,
	CHECK_NOTE,    /* something to know: it works all the same */
	CHECK_PROBLEM, /* VFIO cannot be used */
};

struct check {
	const char *name;
	enum verdict verdict;
	char text[200]; /* a phrase: how it stands */
	char fix[200];  /* what to do about it; "": nothing */
};

#define CHECKS_MAX 16

/* Make all of them, in order. Return: how many there are. */
unsigned checks_run(struct app *app, struct check checks[CHECKS_MAX]);

const char *check_verdict(enum verdict v);

#endif
