/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/wire.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER 4u
#define ROOM   (1u << 20)

bool wire_init(struct wire *w, int fd)
{
	*w = (struct wire){ .fd = fd, .in = malloc(ROOM), .out = malloc(ROOM) };
	if (w->in && w->out)
		return true;
	wire_fini(w);
	return false;
}

void wire_fini(struct wire *w)
{
	free(w->in);
	free(w->out);
}

/* What is left goes to the front. */
static void compact(uint8_t *bytes, size_t *first, size_t *end)
{
	memmove(bytes, bytes + *first, *end - *first);
	*end -= *first;
	*first = 0;
}

/* --- to the card --- */

bool wire_flush(struct wire *w)
{
	while (w->out_first < w->out_end) {
		ssize_t n = send(w->fd, w->out + w->out_first, w->out_end - w->out_first,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		w->out_first += (size_t)n;
	}
	w->out_first = w->out_end = 0;
	return true;
}

bool wire_send(struct wire *w, const void *frame, size_t len)
{
	uint32_t header = htonl((uint32_t)len);

	if (ROOM - w->out_end < HEADER + len) {
		wire_flush(w);
		compact(w->out, &w->out_first, &w->out_end);
	}
	if (ROOM - w->out_end < HEADER + len)
		return false;
	memcpy(w->out + w->out_end, &header, HEADER);
	memcpy(w->out + w->out_end + HEADER, frame, len);
	w->out_end += HEADER + len;
	return true;
}

/* --- from the card --- */

static size_t take_frame(struct wire *w, const uint8_t **frame)
{
	uint32_t len;

	if (w->in_end - w->in_first < HEADER)
		return 0;
	memcpy(&len, w->in + w->in_first, HEADER);
	len = ntohl(len);
	if (w->in_end - w->in_first < HEADER + len)
		return 0;
	*frame = w->in + w->in_first + HEADER;
	w->in_first += HEADER + len;
	return len;
}

size_t wire_receive(struct wire *w, const uint8_t **frame)
{
	size_t len = take_frame(w, frame);
	ssize_t n;

	if (len)
		return len;
	compact(w->in, &w->in_first, &w->in_end);
	n = recv(w->fd, w->in + w->in_end, ROOM - w->in_end, MSG_DONTWAIT);
	if (n <= 0)
		return 0;
	w->in_end += (size_t)n;
	return take_frame(w, frame);
}

size_t wire_wait(struct wire *w, const uint8_t **frame, int ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	size_t len = wire_receive(w, frame);

	/* A part of a frame may wake: the rest of it comes at once. */
	while (!len && poll(&p, 1, ms) > 0 && !(p.revents & POLLHUP))
		len = wire_receive(w, frame);
	return len;
}
