/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: a UNIX stream socket that takes a command a line and answers each with one
 * JSON object a line. A client that speaks HTTP instead, "GET /metrics", is given the metrics:
 *
 *	curl --unix-socket PATH http://plx/metrics
 *
 * Clients are not trusted: lines, unread answers and clients are bounded, and nobody waits for
 * one of them.
 */
#define _GNU_SOURCE /* accept4() */
#include "common/report_error.h"
#include "testpmd/commands/commands.h"
#include "testpmd/input/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define UNREAD_MAX  ((size_t)4 << 20)  /* bytes of answers that a client has not read yet */
#define UNREAD_WAIT ((size_t)64 << 10) /* ... with which its next line has to wait */

struct client {
	int fd;       /* -1: none */
	bool http;    /* it sent a request; its header lines are skipped up to an empty one */
	bool closing; /* once all is written: then it is told so, and what it still sends is dropped */
	bool half;    /* it sends no more, but may still read */
	char line[SYNTAX_LINE_MAX];
	size_t used;
	char *out; /* answers to write, */
	size_t out_len, out_done;
};

struct control {
	int fd;
	int spare; /* an open file to do without for a moment: see accept_client() */
	struct sockaddr_un address;
	dev_t device; /* of the socket that we made: another's is not ours to remove */
	ino_t inode;
	struct client clients[CONTROL_CLIENTS];
};

/* --- the socket --------------------------------------------------------------------------------- */

static int fail_path(struct app *app, const char *path, int error)
{
	return app_fail(app, -error, PLX_R_FILE, "--control %.100s: %s", path, strerror(error));
}

/* Is a socket left behind by a process that is gone? Then it may be replaced. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;
	bool stale;

	if (fd < 0)
		return false;
	stale = !lstat(address->sun_path, &st) && S_ISSOCK(st.st_mode) &&
		connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int bind_socket(const struct control *c)
{
	mode_t mask = umask(0177); /* for its owner alone, from the first moment */
	int err = bind(c->fd, (const struct sockaddr *)&c->address, sizeof(c->address)) ? errno : 0;

	umask(mask);
	return err;
}

static int listen_at(struct app *app, struct control *c, const char *path)
{
	struct stat st;
	int err;

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return fail_path(app, path, errno);
	err = bind_socket(c);
	if (err == EADDRINUSE && is_stale(&c->address) && !unlink(path))
		err = bind_socket(c);
	if (err == EADDRINUSE)
		return app_fail(app, -err, PLX_R_ALREADY,
				"--control %.100s: there is a file or a listening program already",
				path);
	if (err)
		return fail_path(app, path, err);
	c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (listen(c->fd, CONTROL_CLIENTS) || lstat(path, &st))
		return fail_path(app, path, errno);
	c->device = st.st_dev;
	c->inode = st.st_ino;
	return 0;
}

int control_open(struct app *app, const char *path)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c)
		return app_fail_nomem(app);
	c->fd = c->spare = -1;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	app->control = c;
	c->address.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(c->address.sun_path))
		return fail_path(app, path, ENAMETOOLONG);
	strcpy(c->address.sun_path, path);
	return listen_at(app, c, path);
}

static void end_client(struct client *client)
{
	close(client->fd);
	free(client->out);
	*client = (struct client){ .fd = -1 };
}

/* --- answers ------------------------------------------------------------------------------------ */

/* Write what the client takes now. */
static void write_out(struct client *client)
{
	while (client->out_done < client->out_len) {
		ssize_t n = send(client->fd, client->out + client->out_done,
				 client->out_len - client->out_done, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			end_client(client);
			return;
		}
		client->out_done += (size_t)n;
	}
	client->out_len = client->out_done = 0;
	/* Closed before all is read that it sent, it would get an error in the answer's place. */
	if (client->closing && (client->half || shutdown(client->fd, SHUT_WR)))
		end_client(client);
}

/* Take over the answers to come: who does not read them is shown the door. */
static void put_out(struct client *client, const char *bytes, size_t len)
{
	size_t used = client->out_len - client->out_done;
	char *more;

	if (client->fd < 0)
		return;
	if (used)
		memmove(client->out, client->out + client->out_done, used);
	more = used + len > UNREAD_MAX ? NULL : realloc(client->out, used + len + 1);
	if (!more) {
		end_client(client);
		return;
	}
	memcpy(more + used, bytes, len);
	client->out = more;
	client->out_len = used + len;
	client->out_done = 0;
}

static void put_json(struct client *client, json_t *o)
{
	char *text;

	json_object_set_new(o, "version", json_integer(SCHEMA_VERSION));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(o);
	if (!text) {
		end_client(client);
		return;
	}
	put_out(client, text, strlen(text));
	put_out(client, "\n", 1);
	free(text);
}

static void put_refusal(struct client *client, const char *why)
{
	struct plx_error e = { .err = -EINVAL, .reason = PLX_R_FORMAT };
	json_t *o = json_object();

	snprintf(e.text, sizeof(e.text), "%s", why);
	json_object_set_new(o, "ok", json_false());
	json_object_set_new(o, "error", report_error(&e));
	put_json(client, o);
	client->closing = true;
}

static void put_metrics(const struct app *app, struct client *client, const char *request)
{
	bool found = !strncmp(request, "GET /metrics ", 13);
	char *text = found ? metrics_text(app) : strdup("there is only /metrics\n");
	char head[160];

	client->closing = true;
	if (!text) {
		end_client(client);
		return;
	}
	snprintf(head, sizeof(head),
		 "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
		 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		 found ? "200 OK" : "404 Not Found", strlen(text));
	put_out(client, head, strlen(head));
	put_out(client, text, strlen(text));
	free(text);
}

/* --- lines -------------------------------------------------------------------------------------- */

static void take_command(struct app *app, struct client *client, const char *line)
{
	struct answer a;

	command_run(app, line, WAY_SOCKET, &a);
	put_json(client, answer_json(line, &a));
	report_free(a.report);
}

static void take_line(struct app *app, struct client *client, char *line)
{
	size_t len = strlen(line);

	if (len && line[len - 1] == '\r')
		line[--len] = '\0';
	if (client->http)
		return; /* a header: of no interest */
	if (!strncmp(line, "GET ", 4)) {
		client->http = true;
		put_metrics(app, client, line);
	} else if (line[strspn(line, " \t")]) {
		take_command(app, client, line);
	}
}

static bool has_line(const struct client *client)
{
	return memchr(client->line, '\n', client->used);
}

static void take_lines(struct app *app, struct client *client)
{
	char *end, *line = client->line;

	while (client->fd >= 0 && !client->closing && !app->quit && client->out_len < UNREAD_WAIT &&
	       (end = memchr(line, '\n', client->used - (size_t)(line - client->line)))) {
		*end = '\0';
		if (strlen(line) != (size_t)(end - line))
			put_refusal(client, "there is a NUL in the line");
		else
			take_line(app, client, line);
		line = end + 1;
	}
	if (client->fd < 0)
		return;
	client->used -= (size_t)(line - client->line);
	memmove(client->line, line, client->used);
	if (client->used == sizeof(client->line) && !client->closing && !has_line(client))
		put_refusal(client, "the line is too long");
}

static void read_client(struct app *app, struct client *client)
{
	size_t room = sizeof(client->line) - client->used;
	ssize_t n;

	/* What comes after the end is read and dropped: unread bytes would take the answer along. */
	if (client->closing) {
		client->used = 0;
		room = sizeof(client->line);
	}
	if (!room)
		return; /* a hangup, while lines wait: writing to it will tell */
	n = recv(client->fd, client->line + client->used, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->half = n == 0;
	if (n <= 0 && !(client->half && client->out_len)) {
		end_client(client);
		return;
	}
	if (client->closing || !n)
		return;
	client->used += (size_t)n;
	take_lines(app, client);
}

/* --- polling ------------------------------------------------------------------------------------ */

unsigned control_fds(struct control *c, struct pollfd *fds)
{
	unsigned n = 0;

	if (!c)
		return 0;
	/* Those that there are: poll(2) takes no more than RLIMIT_NOFILE. */
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *client = &c->clients[i];
		short events = client->out_len ? POLLOUT : POLLIN;

		/* A client with answers to read is asked nothing more before it has. */
		if (client->closing && !client->half)
			events |= POLLIN;
		if (client->fd >= 0)
			fds[n++] = (struct pollfd){ .fd = client->fd, .events = events };
	}
	fds[n++] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
	return n;
}

static void accept_client(struct control *c)
{
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	/* Out of files: a client that nobody answers would keep the main loop awake for ever. */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		close(c->spare);
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			close(fd);
		c->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return;
	}
	if (fd < 0)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd < 0) {
			c->clients[i].fd = fd;
			return;
		}
	close(fd); /* too many: it sees the end at once */
}

static void serve_client(struct app *app, struct client *client, short revents)
{
	if (revents & (POLLIN | POLLHUP | POLLERR))
		read_client(app, client);
	if (client->fd >= 0 && client->out_len)
		write_out(client);
	/* Lines that waited for it; what they answer is written by the next poll(2). */
	if (client->fd >= 0 && !client->out_len && !client->closing && has_line(client))
		take_lines(app, client);
}

void control_serve(struct app *app, const struct pollfd *fds, unsigned n)
{
	struct control *c = app->control;
	const struct pollfd *at = fds;

	if (!n)
		return;
	/* In the order of control_fds(), which left out the same ones. */
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			serve_client(app, &c->clients[i], at++->revents);
	if (at->revents)
		accept_client(c);
}

void control_close(struct app *app)
{
	struct control *c = app->control;
	struct stat st;

	if (!c)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &c->clients[i];

		if (client->fd >= 0)
			write_out(client); /* the answer to `quit`, for one */
		if (client->fd >= 0)
			end_client(client);
	}
	if (c->inode && !lstat(c->address.sun_path, &st) && st.st_dev == c->device &&
	    st.st_ino == c->inode)
		unlink(c->address.sun_path);
	if (c->fd >= 0)
		close(c->fd);
	if (c->spare >= 0)
		close(c->spare);
	free(c);
	app->control = NULL;
}
