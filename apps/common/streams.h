/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMMON_STREAMS_H
#define COMMON_STREAMS_H

/* With standard streams closed, the next file opened would become one of them: main() begins so. */
void streams_fill(void);

/* What was printed is written, or complained of for @program: 0, or 1 as an exit status. */
int streams_flush(const char *program);

#endif
