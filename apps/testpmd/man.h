/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTPMD_MAN_H
#define TESTPMD_MAN_H

#include <stdio.h>

/* The man page, from the tables of options, engines and drivers: source for mdoc(7). */
void man_print(FILE *out);

#endif
