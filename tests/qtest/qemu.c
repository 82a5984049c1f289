/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/qemu.h"

#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM   "qemu-system-x86_64"
#define BIOS_SIZE 65536
#define HLT       0xf4

/* What the child gets: its ends of the sockets, and memory as files. */
struct inherited {
	int bios, low, high, qtest, qmp, wire, said;
};

bool qemu_installed(const char **why)
{
	const char *set = getenv("PATH");
	char *path = strdup(set ? set : "/usr/bin:/bin"), *rest = path, file[4096];
	bool found = false;

	for (const char *dir; path && !found && (dir = strsep(&rest, ":"));) {
		snprintf(file, sizeof(file), "%s/" PROGRAM, dir);
		found = !access(file, X_OK);
	}
	free(path);
	*why = found ? NULL : PROGRAM " is not installed: apt install qemu-system-x86";
	return found;
}

/* A firmware that halts: the interrupts are off, so the processor never runs again. */
static int make_bios(void)
{
	static uint8_t bytes[BIOS_SIZE];
	int fd = memfd_create("hlt.bin", MFD_CLOEXEC);

	memset(bytes, HLT, sizeof(bytes));
	if (fd >= 0 && write(fd, bytes, sizeof(bytes)) != sizeof(bytes)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* --- the child --- */

/*
 * The card sits behind a root port, which can be told to reset what is behind it and, unlike the
 * root complex, to give it away. The PIT would tick for nobody. (-netdev stream connects in a
 * thread of its own, and what the card sends meanwhile is lost.)
 */
static char *command_line(const struct qemu_opts *o, const struct inherited *in)
{
	char *text;
	int len = asprintf(
		&text,
		PROGRAM
		" -M q35,pit=off,hpet=off -accel tcg -m %lluM -nodefaults -no-user-config -display none"
		" -bios /proc/self/fd/%d"
		" -object memory-backend-file,id=low,share=on,size=%lluM,mem-path=/proc/self/fd/%d"
		" -object memory-backend-file,id=high,share=on,size=%lluM,mem-path=/proc/self/fd/%d"
		" -numa node,memdev=low -numa node,memdev=high"
		" -chardev socket,id=protocol,fd=%d -object qtest,id=test,chardev=protocol,log=/dev/null"
		" -chardev socket,id=qmp,fd=%d -mon chardev=qmp,mode=control"
		" -netdev socket,id=wire,fd=%d"
		" -device pcie-root-port,id=above,addr=2,chassis=1"
		" -device %s,id=card,bus=above,netdev=wire,mac=%s%s",
		(QEMU_LOW_SIZE + QEMU_HIGH_SIZE) >> 20, in->bios, QEMU_LOW_SIZE >> 20, in->low,
		QEMU_HIGH_SIZE >> 20, in->high, in->qtest, in->qmp, in->wire, o->device, o->mac,
		o->skips_waits ? " -icount shift=0,sleep=off" : "");

	return len < 0 ? NULL : text;
}

#define MAX_WORDS 64

/* No word has a blank in it. */
static void split(char *text, char *words[MAX_WORDS])
{
	unsigned n = 0;

	while (n < MAX_WORDS - 1 && (words[n] = strsep(&text, " ")))
		n++;
	words[n] = NULL;
}

/* Between fork() and exec(): only calls that a signal handler may make. */
static void become(char *const *words, const struct inherited *in, pid_t parent)
{
	const int keep[] = { in->bios, in->low, in->high, in->qtest, in->qmp, in->wire };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (unsigned i = 0; i < sizeof(keep) / sizeof(*keep); i++)
		fcntl(keep[i], F_SETFD, 0);
	dup2(in->said, STDOUT_FILENO);
	dup2(in->said, STDERR_FILENO);
	execvp(words[0], words);
	_exit(127);
}

static pid_t spawn(const struct qemu_opts *o, const struct inherited *in)
{
	char *text = command_line(o, in), *words[MAX_WORDS];
	pid_t parent = getpid(), pid = -1;

	if (text) {
		split(text, words);
		pid = fork();
		if (!pid)
			become(words, in, parent);
	}
	free(text);
	return pid;
}

/* --- the parent --- */

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool pair(int *ours, int *theirs)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return false;
	*ours = fds[0];
	*theirs = fds[1];
	return true;
}

static bool make(struct qemu *q, const struct qemu_opts *o, struct inherited *in)
{
	in->wire = o->wire;
	if (!pair(&q->qtest, &in->qtest) || !pair(&q->qmp, &in->qmp) ||
	    (o->wire < 0 && !pair(&q->wire, &in->wire)))
		return false;
	in->said = q->said = memfd_create("qemu-stderr", MFD_CLOEXEC);
	in->bios = make_bios();
	return in->said >= 0 && in->bios >= 0;
}

int qemu_start(struct qemu *q, const struct qemu_opts *o)
{
	struct inherited in = { -1, o->low, o->high, -1, -1, -1, -1 };
	int err = 0;

	*q = (struct qemu){ .pid = -1, .qtest = -1, .qmp = -1, .wire = -1, .said = -1 };
	if (!make(q, o, &in) || (q->pid = spawn(o, &in)) < 0)
		err = plx_fail_sys(-ENOMEM, errno, PLX_R_NOMEM, o->device,
				   "QEMU could not be started: %s", strerror(errno));
	drop(&in.bios);
	drop(&in.qtest);
	drop(&in.qmp);
	if (o->wire < 0)
		drop(&in.wire);
	if (err)
		qemu_stop(q);
	return err;
}

void qemu_stop(struct qemu *q)
{
	if (q->pid > 0) {
		kill(q->pid, SIGKILL);
		waitpid(q->pid, NULL, 0);
	}
	q->pid = -1;
	drop(&q->qtest);
	drop(&q->qmp);
	drop(&q->wire);
	drop(&q->said);
}

int qemu_fail(const struct qemu *q, const char *what)
{
	char said[512];
	ssize_t n = pread(q->said, said, sizeof(said) - 1, 0);

	said[n > 0 ? n : 0] = '\0';
	for (char *end = said; (end = strchr(end, '\n'));)
		*end = ' ';
	return plx_fail(-ENODEV, PLX_R_NO_DEVICE, PROGRAM, "QEMU %s: %s", what,
			*said ? said : "it said nothing");
}
