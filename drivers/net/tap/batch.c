/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reads or writes of a burst. A tap costs one call a frame; io_uring(7) hands over many in one
 * (docs/decisions/0005-tap-io-uring.md has what that gains). The file is non-blocking and the tap
 * answers at once (FMODE_NOWAIT), so every request is done when the call returns and in order:
 * nothing is ever pending, and no kernel thread is started.
 */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef PLX_HAVE_URING
#include <liburing.h>
#endif

static int call(struct tap_batch *b, unsigned i)
{
	ssize_t len;

	plx_count(&b->calls, 1);
	if (b->n_iov[i] == 1 && b->write)
		len = write(b->fd, b->iov[i]->iov_base, b->iov[i]->iov_len);
	else if (b->n_iov[i] == 1)
		len = read(b->fd, b->iov[i]->iov_base, b->iov[i]->iov_len);
	else if (b->write)
		len = writev(b->fd, b->iov[i], (int)b->n_iov[i]);
	else
		len = readv(b->fd, b->iov[i], (int)b->n_iov[i]);
	return len < 0 ? -errno : (int)len;
}

static void run_calls(struct tap_batch *b, unsigned from, unsigned n)
{
	unsigned i = from;

	for (; i < n; i++) {
		b->result[i] = call(b, i);
		if (b->result[i] == -EAGAIN)
			break;
	}
	for (; i < n; i++)
		b->result[i] = -EAGAIN;
}

#ifdef PLX_HAVE_URING

static void prepare(struct tap_batch *b, struct io_uring_sqe *sqe, unsigned i)
{
	const struct iovec *iov = b->iov[i];

	if (b->n_iov[i] == 1 && b->write)
		io_uring_prep_write(sqe, 0, iov->iov_base, (unsigned)iov->iov_len, 0);
	else if (b->n_iov[i] == 1)
		io_uring_prep_read(sqe, 0, iov->iov_base, (unsigned)iov->iov_len, 0);
	else if (b->write)
		io_uring_prep_writev(sqe, 0, iov, b->n_iov[i], 0);
	else
		io_uring_prep_readv(sqe, 0, iov, b->n_iov[i], 0);
	sqe->flags |= IOSQE_FIXED_FILE; /* 0: the one that is registered */
	sqe->rw_flags = RWF_NOWAIT;
	sqe->user_data = i;
	b->result[i] = -EOPNOTSUPP;
}

static void collect(struct tap_batch *b)
{
	struct io_uring *ring = b->ring;
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	io_uring_for_each_cqe(ring, head, cqe)
	{
		if (cqe->user_data < TAP_BATCH)
			b->result[cqe->user_data] = cqe->res;
		n++;
	}
	io_uring_cq_advance(ring, n);
}

/* Return: false when the ring is of no use after all; results tell what is still to be done. */
static bool run_ring(struct tap_batch *b, unsigned n)
{
	struct io_uring *ring = b->ring;
	int done;

	for (unsigned i = 0; i < n; i++)
		prepare(b, io_uring_get_sqe(ring), i);
	plx_count(&b->calls, 1);
	done = io_uring_submit_and_wait(ring, n);
	collect(b);
	return done == (int)n && b->result[0] != -EOPNOTSUPP;
}

static void close_ring(struct tap_batch *b)
{
	if (!b->ring)
		return;
	/* A ring ends later than it is closed: it must not keep the interface until then. */
	io_uring_unregister_files(b->ring);
	io_uring_queue_exit(b->ring);
	free(b->ring);
	b->ring = NULL;
}

static void open_ring(struct tap_batch *b)
{
	struct io_uring *ring = calloc(1, sizeof(*ring));

	if (ring && io_uring_queue_init(TAP_BATCH, ring, 0)) {
		free(ring);
		ring = NULL;
	}
	if (ring && io_uring_register_files(ring, &b->fd, 1)) {
		io_uring_queue_exit(ring);
		free(ring);
		ring = NULL;
	}
	b->ring = ring;
}

#else

static bool run_ring(struct tap_batch *b, unsigned n)
{
	(void)b;
	(void)n;
	return false;
}

static void close_ring(struct tap_batch *b)
{
	(void)b;
}

static void open_ring(struct tap_batch *b)
{
	(void)b;
}

#endif

void plx_tap_batch_open(struct tap_batch *b, int fd, bool write)
{
	b->fd = fd;
	b->write = write;
	open_ring(b);
}

void plx_tap_batch_close(struct tap_batch *b)
{
	close_ring(b);
}

void plx_tap_batch_run(struct tap_batch *b, unsigned n)
{
	/* A single one is cheaper without the ring. */
	if (!b->ring || n == 1) {
		run_calls(b, 0, n);
		return;
	}
	if (run_ring(b, n))
		return;
	/* A kernel whose tap cannot say "not now" to io_uring (before 5.8). */
	close_ring(b);
	for (unsigned i = 0; i < n; i++)
		if (b->result[i] == -EOPNOTSUPP)
			b->result[i] = call(b, i);
}

const char *plx_tap_batch_how(const struct tap_batch *b)
{
#ifdef PLX_HAVE_URING
	return b->ring ? "io_uring, up to 32 frames a system call"
		       : "a system call a frame: the kernel refuses io_uring";
#else
	(void)b;
	return "a system call a frame: built without io_uring";
#endif
}
