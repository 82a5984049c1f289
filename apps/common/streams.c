/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program's standard streams.
 */
#include "common/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void streams_fill(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int streams_flush(const char *program)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	fprintf(stderr, "%s: standard output: %s\n", program, strerror(errno));
	return 1;
}
