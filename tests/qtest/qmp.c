/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/qmp.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEADLINE_MS 10000

void qmp_init(struct qmp *q, int fd)
{
	*q = (struct qmp){ .fd = fd };
}

/* The next line, which is one JSON object; false: QEMU has ended or says nothing. */
static bool next_line(struct qmp *q, char *line, size_t size)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };
	const char *end;
	ssize_t n;

	while (!(end = memchr(q->text, '\n', q->used))) {
		if (q->used == sizeof(q->text) || poll(&p, 1, DEADLINE_MS) <= 0)
			return false;
		n = recv(q->fd, q->text + q->used, sizeof(q->text) - q->used, 0);
		if (n <= 0)
			return false;
		q->used += (size_t)n;
	}
	snprintf(line, size, "%.*s", (int)(end - q->text), q->text);
	q->used -= (size_t)(end + 1 - q->text);
	memmove(q->text, end + 1, q->used);
	return true;
}

/* Does an object begin with this member? QEMU puts these first, but for the events' time stamp. */
static bool begins(const char *line, const char *member)
{
	return !strncmp(line + 1, member, strlen(member));
}

static bool answered(struct qmp *q)
{
	char line[4096];

	while (next_line(q, line, sizeof(line))) {
		if (begins(line, "\"return\""))
			return true;
		if (begins(line, "\"error\"")) {
			fprintf(stderr, "QMP: %s\n", line);
			return false;
		}
	}
	return false;
}

static bool say(struct qmp *q, const char *command, const char *arguments)
{
	char *text;
	int len = asprintf(&text, "{\"execute\": \"%s\", \"arguments\": %s}\n", command, arguments);
	bool sent = len > 0 && send(q->fd, text, (size_t)len, MSG_NOSIGNAL) == len;

	if (len > 0)
		free(text);
	return sent && answered(q);
}

bool qmp_execute(struct qmp *q, const char *command, const char *arguments)
{
	if (!q->greeted)
		q->greeted = say(q, "qmp_capabilities", "{}");
	return q->greeted && say(q, command, arguments);
}

bool qmp_wait_event(struct qmp *q, const char *event)
{
	char line[4096], member[64];

	snprintf(member, sizeof(member), "\"event\": \"%s\"", event);
	while (next_line(q, line, sizeof(line)))
		if (strstr(line, member))
			return true;
	return false;
}
