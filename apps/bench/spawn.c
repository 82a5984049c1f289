/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX (16u << 20) /* more than this no program has to say */

double monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* What the child tells us between fork and exec, through a pipe that exec closes. */
struct birth {
	double exec_time;
	int error; /* errno of a failed exec */
};

struct plumbing {
	int in[2];     /* pipe to standard input */
	int out[2][2]; /* pipes from standard output and error, or a terminal in out[0] */
	int birth[2];
	bool terminal;
};

static void close_pair(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void close_plumbing(struct plumbing *p)
{
	close_pair(p->in);
	close_pair(p->out[0]);
	close_pair(p->out[1]);
	close_pair(p->birth);
}

/* A terminal that changes nothing of what is written: [0] ours, [1] the child's. */
static int make_terminal(int fds[2])
{
	struct termios t;

	if (openpty(&fds[0], &fds[1], NULL, NULL, NULL))
		return -1;
	if (tcgetattr(fds[1], &t))
		return -1;
	cfmakeraw(&t);
	if (tcsetattr(fds[1], TCSANOW, &t))
		return -1;
	if (fcntl(fds[0], F_SETFD, FD_CLOEXEC) || fcntl(fds[1], F_SETFD, FD_CLOEXEC))
		return -1;
	return 0;
}

static int make_plumbing(struct plumbing *p, bool terminal)
{
	*p = (struct plumbing){ { -1, -1 }, { { -1, -1 }, { -1, -1 } }, { -1, -1 }, terminal };
	if (pipe2(p->in, O_CLOEXEC) || pipe2(p->birth, O_CLOEXEC))
		return -1;
	if (terminal)
		return make_terminal(p->out[0]);
	return pipe2(p->out[0], O_CLOEXEC) || pipe2(p->out[1], O_CLOEXEC) ? -1 : 0;
}

/* In the child: nothing here but calls that are safe after a fork from a threaded process. */
static void __attribute__((noreturn))
become(const struct bench *b, const char *const argv[], const struct plumbing *p, pid_t parent)
{
	struct birth birth = { 0 };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setsid(); /* Ctrl-C is for us; we tell the child */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sched_setaffinity(0, sizeof(b->allowed), &b->allowed);
	dup2(p->in[0], STDIN_FILENO);
	dup2(p->out[0][1], STDOUT_FILENO);
	dup2(p->terminal ? p->out[0][1] : p->out[1][1], STDERR_FILENO);
	birth.exec_time = monotonic_now();
	if (write(p->birth[1], &birth, sizeof(birth)) == (ssize_t)sizeof(birth))
		execv(argv[0], (char *const *)(const void *)argv);
	birth.error = errno;
	if (write(p->birth[1], &birth, sizeof(birth)) < 0)
		_exit(126);
	_exit(127);
}

/* Returns once the child has become the program, or could not: then errno is set and it is -1. */
static int await_exec(struct child *c, int fd)
{
	struct birth birth;
	ssize_t n;

	for (;;) {
		n = read(fd, &birth, sizeof(birth));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(birth))
			return 0;
		if (birth.error) {
			errno = birth.error;
			return -1;
		}
		c->exec_time = birth.exec_time;
	}
}

enum outcome child_start(struct bench *b, struct child *c, const char *const argv[], bool terminal)
{
	const char *slash = strrchr(argv[0], '/');
	pid_t parent = getpid();
	struct plumbing p;

	c->name = slash ? slash + 1 : argv[0];
	c->in = c->fds[0] = c->fds[1] = c->pidfd = -1;
	if (make_plumbing(&p, terminal) || (c->pid = fork()) < 0) {
		c->pid = 0;
		close_plumbing(&p);
		return bench_failed(b, "%s cannot be started: %s", c->name, strerror(errno));
	}
	if (!c->pid)
		become(b, argv, &p, parent);
	c->in = p.in[1];
	c->fds[0] = p.out[0][0];
	c->fds[1] = p.out[1][0];
	p.in[1] = p.out[0][0] = p.out[1][0] = -1;
	close(p.birth[1]);
	p.birth[1] = -1;
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd < 0 || await_exec(c, p.birth[0])) {
		close_plumbing(&p);
		return bench_failed(b, "%s cannot be run: %s", argv[0], strerror(errno));
	}
	close_plumbing(&p);
	return MEASURED;
}

static bool text_reserve(struct text *t, size_t more)
{
	size_t room = t->room ? t->room : 16384;
	char *bytes;

	while (room < t->len + more + 1)
		room *= 2;
	if (room == t->room)
		return true;
	if (room > TEXT_MAX)
		return false;
	bytes = realloc(t->bytes, room);
	if (!bytes)
		return false;
	t->bytes = bytes;
	t->room = room;
	return true;
}

/* Take what is there to be read. At its end (a terminal's is EIO) the descriptor is closed. */
static void drain(struct child *c, int which)
{
	struct text *t = &c->said[which];
	char scrap[4096], *to = scrap;
	ssize_t n;

	if (text_reserve(t, sizeof(scrap)))
		to = t->bytes + t->len;
	n = read(c->fds[which], to, sizeof(scrap));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(c->fds[which]);
		c->fds[which] = -1;
	} else if (to != scrap) {
		t->len += (size_t)n;
		t->bytes[t->len] = '\0';
	}
}

/* The kernel leaves huge pages out of VmHWM, which only grows; a look now and then will do. */
static void look_at_memory(struct child *c)
{
	char path[64], line[256];
	long resident = 0, huge = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)c->pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "VmHWM: %ld kB", &resident);
		sscanf(line, "HugetlbPages: %ld kB", &huge);
	}
	if (resident + huge > c->peak_kb)
		c->peak_kb = resident + huge;
	fclose(f);
}

static void reap(struct child *c)
{
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	close(c->pidfd);
	c->pidfd = -1;
	/* What it said last; another process may hold the pipe, so only what is there now. */
	for (int i = 0; i < 2; i++)
		while (c->fds[i] >= 0 &&
		       poll(&(struct pollfd){ .fd = c->fds[i], .events = POLLIN }, 1, 0) > 0)
			drain(c, i);
}

static bool hear(struct child *c, const char *needle)
{
	const char *at = c->said[0].bytes ? strstr(c->said[0].bytes + c->heard, needle) : NULL;

	if (at)
		c->heard = (size_t)(at - c->said[0].bytes) + strlen(needle);
	return at;
}

enum pumped { PUMP_FOUND, PUMP_ENDED, PUMP_TIME, PUMP_STOPPED };

/* Listen until it says @needle, ends, or time is up; notices the user's wish to stop. */
static enum pumped pump(struct child *c, const char *needle, double until)
{
	for (;;) {
		struct pollfd fds[3] = { { .fd = c->fds[0], .events = POLLIN },
					 { .fd = c->fds[1], .events = POLLIN },
					 { .fd = c->pidfd, .events = POLLIN } };
		double left = until - monotonic_now();
		double tick = c->watch_memory ? 0.002 : 0.1;

		if (needle && hear(c, needle))
			return PUMP_FOUND;
		if (!c->pid)
			return PUMP_ENDED;
		if (bench_interrupted())
			return PUMP_STOPPED;
		if (left <= 0)
			return PUMP_TIME;
		if (c->watch_memory)
			look_at_memory(c);
		if (poll(fds, 3, 1 + (int)(1e3 * (left < tick ? left : tick))) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				drain(c, i);
		if (fds[2].revents)
			reap(c);
	}
}

/* The last line that it said, for a sentence of ours. */
static const char *last_words(struct child *c, char *line, size_t size)
{
	const struct text *t = &c->said[c->said[1].len ? 1 : 0];
	const char *end = t->bytes + t->len, *start;

	while (t->len && end > t->bytes && strchr("\r\n \t.", end[-1]))
		end--;
	for (start = end; t->len && start > t->bytes && start[-1] != '\n';)
		start--;
	if (start == end)
		return "nothing";
	snprintf(line, size, "\"%.*s\"", (int)(end - start), start);
	return line;
}

static enum outcome ended_badly(struct bench *b, struct child *c)
{
	char line[256];

	if (WIFSIGNALED(c->status))
		return bench_failed(b, "%s was ended by signal %d (%s); it last said %s", c->name,
				    WTERMSIG(c->status), strsignal(WTERMSIG(c->status)),
				    last_words(c, line, sizeof(line)));
	return bench_failed(b, "%s ended too early or badly, with status %d; it last said %s",
			    c->name, WEXITSTATUS(c->status), last_words(c, line, sizeof(line)));
}

static enum outcome too_late(struct bench *b, struct child *c, double seconds)
{
	char line[256];

	return bench_failed(b, "%s did not get on within %.0f s and was ended; it last said %s",
			    c->name, seconds, last_words(c, line, sizeof(line)));
}

enum outcome child_wait_for(struct bench *b, struct child *c, const char *needle, double seconds,
			    double *when)
{
	enum pumped got = pump(c, needle, monotonic_now() + seconds);

	*when = monotonic_now();
	if (got == PUMP_FOUND)
		return MEASURED;
	if (got == PUMP_STOPPED)
		return bench_failed(b, "interrupted");
	return got == PUMP_ENDED ? ended_badly(b, c) : too_late(b, c, seconds);
}

enum outcome child_let_run(struct bench *b, struct child *c, double seconds)
{
	enum pumped got = pump(c, NULL, monotonic_now() + seconds);

	if (got == PUMP_STOPPED)
		return bench_failed(b, "interrupted");
	return got == PUMP_TIME ? MEASURED : ended_badly(b, c);
}

void child_type(struct child *c, const char *line)
{
	ssize_t n = write(c->in, line, strlen(line));

	(void)n; /* if it is gone, waiting for it will tell */
}

enum outcome child_finish(struct bench *b, struct child *c, double seconds)
{
	enum pumped got = pump(c, NULL, monotonic_now() + seconds);

	if (got == PUMP_STOPPED)
		return bench_failed(b, "interrupted");
	if (got == PUMP_TIME)
		return too_late(b, c, seconds);
	if (!WIFEXITED(c->status) || WEXITSTATUS(c->status))
		return ended_badly(b, c);
	return MEASURED;
}

/*
 * Ask first: a program that is told to stop may have something to clean up. It leads a group of
 * its own, so what it started itself is told too.
 */
static void kill_child(struct child *c)
{
	struct pollfd gone = { .fd = c->pidfd, .events = POLLIN };
	pid_t group = -c->pid;

	if (kill(group, SIGTERM))
		kill(c->pid, SIGTERM);
	if (c->pidfd < 0 || poll(&gone, 1, 2000) <= 0)
		kill(c->pid, SIGKILL);
	kill(group, SIGKILL); /* before it is reaped, while the number is surely its */
	reap(c);
}

void child_end(struct child *c)
{
	if (c->pid)
		kill_child(c);
	if (c->in >= 0)
		close(c->in);
	for (int i = 0; i < 2; i++) {
		if (c->fds[i] >= 0)
			close(c->fds[i]);
		free(c->said[i].bytes);
	}
	*c = (struct child){ .in = -1, .pidfd = -1, .fds = { -1, -1 } };
}
