/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of numbers, as taskset(1) and cpuset(7) write them, and of names.
 */
#include "testpmd/app.h"

#include <errno.h>
#include <stdlib.h>

/* "N" or "N-M" at *@list, which is left behind it. */
static bool read_range(const char **list, unsigned long *first, unsigned long *last)
{
	char *end;

	if (**list < '0' || **list > '9')
		return false;
	errno = 0;
	*first = *last = strtoul(*list, &end, 10);
	if (*end == '-') {
		if (end[1] < '0' || end[1] > '9')
			return false;
		*last = strtoul(end + 1, &end, 10);
	}
	*list = end;
	return !errno && *first <= *last && *last < UINT16_MAX;
}

unsigned list_parse(const char *list, unsigned *numbers, unsigned max)
{
	unsigned long first, last;
	unsigned n = 0;

	for (;;) {
		if (!read_range(&list, &first, &last) || last - first >= max - n)
			return 0;
		while (first <= last)
			numbers[n++] = (unsigned)first++;
		if (!*list)
			return n;
		if (*list++ != ',')
			return 0;
	}
}

const char *app_flags_text(uint32_t flags, const struct flag_name *names, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none");
	for (; names->bit && used < size; names++)
		if (flags & names->bit)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 names->name);
	return buf;
}
