/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/qtest.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEADLINE_MS 10000

void qtest_init(struct qtest *t, int fd)
{
	memset(t, 0, sizeof(*t));
	t->fd = fd;
	pthread_mutex_init(&t->lock, NULL);
}

void qtest_fini(struct qtest *t)
{
	pthread_mutex_destroy(&t->lock);
}

/* --- lines --- */

/* Read what is there: false if nothing is, or ever will be. */
static bool fill(struct qtest *t, int flags)
{
	ssize_t n;

	if (t->used == sizeof(t->text)) {
		t->broken = true;
		return false;
	}
	do
		n = recv(t->fd, t->text + t->used, sizeof(t->text) - t->used, flags);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		t->used += (size_t)n;
	else if (n == 0 || errno != EAGAIN)
		t->broken = true;
	return n > 0;
}

/* Take the first whole line, without its end. */
static bool take_line(struct qtest *t, char *line, size_t size)
{
	const char *end = memchr(t->text, '\n', t->used);
	size_t len = end ? (size_t)(end - t->text) : 0;

	if (!end)
		return false;
	snprintf(line, size, "%.*s", (int)len, t->text);
	t->used -= len + 1;
	memmove(t->text, end + 1, t->used);
	return true;
}

/* "IRQ raise N", "IRQ lower N" */
static bool is_pin(struct qtest *t, const char *line)
{
	char what[16];
	unsigned pin;

	if (sscanf(line, "IRQ %15s %u", what, &pin) != 2)
		return false;
	if (t->pin)
		t->pin(t->arg, pin, !strcmp(what, "raise"));
	return true;
}

/* The next line that is not about a pin. */
static bool answer(struct qtest *t, char *line, size_t size)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };

	while (!t->broken) {
		while (take_line(t, line, size))
			if (!is_pin(t, line))
				return true;
		if (fill(t, MSG_DONTWAIT) || t->broken)
			continue;
		if (poll(&p, 1, DEADLINE_MS) == 0)
			t->broken = true;
	}
	return false;
}

static bool send_all(struct qtest *t, const char *text, size_t len)
{
	while (len && !t->broken) {
		ssize_t n = send(t->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			t->broken = true;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return !t->broken;
}

/* @line: a command with its end, then room for the answer. True: it says OK. */
static bool command(struct qtest *t, char *line, size_t size)
{
	t->commands++;
	return send_all(t, line, strlen(line)) && answer(t, line, size) && !strncmp(line, "OK", 2);
}

/* A line may have come together with the last answer. */
void qtest_drain(struct qtest *t)
{
	char line[128];

	do
		while (take_line(t, line, sizeof(line)))
			is_pin(t, line);
	while (!t->broken && fill(t, MSG_DONTWAIT));
}

bool qtest_watch_pins(struct qtest *t)
{
	char line[128] = "irq_intercept_in ioapic\n";

	return command(t, line, sizeof(line));
}

/* --- accesses --- */

static char memory_letter(unsigned bytes)
{
	return bytes == 8 ? 'q' : bytes == 4 ? 'l' : bytes == 2 ? 'w' : 'b';
}

uint64_t qtest_read(struct qtest *t, uint64_t address, unsigned bytes)
{
	char line[128];

	snprintf(line, sizeof(line), "read%c 0x%llx\n", memory_letter(bytes),
		 (unsigned long long)address);
	return command(t, line, sizeof(line)) ? strtoull(line + 2, NULL, 0) : UINT64_MAX;
}

void qtest_write(struct qtest *t, uint64_t address, unsigned bytes, uint64_t value)
{
	char line[128];

	snprintf(line, sizeof(line), "write%c 0x%llx 0x%llx\n", memory_letter(bytes),
		 (unsigned long long)address, (unsigned long long)value);
	command(t, line, sizeof(line));
}

uint32_t qtest_in(struct qtest *t, uint16_t port, unsigned bytes)
{
	char line[128];

	snprintf(line, sizeof(line), "in%c 0x%x\n", memory_letter(bytes), port);
	return command(t, line, sizeof(line)) ? (uint32_t)strtoul(line + 2, NULL, 0) : UINT32_MAX;
}

void qtest_out(struct qtest *t, uint16_t port, unsigned bytes, uint32_t value)
{
	char line[128];

	snprintf(line, sizeof(line), "out%c 0x%x 0x%x\n", memory_letter(bytes), port, value);
	command(t, line, sizeof(line));
}
