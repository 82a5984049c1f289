/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The capture file that is written. Records go into a stream with a large buffer that is never
 * allowed to overflow: it is written out here and nowhere else, so it is known at all times which
 * frames the file holds. When that fails, a regular file is cut back to the records that it held
 * before and stays a valid capture.
 */
#include "pcap.h"

#include "core/sighold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (1 << 20)

/* Bytes in the file before the first record, and before each record's data. */
#define FILE_HEADER   24
#define RECORD_HEADER 16

static int fail_file(const struct pcap_writer *w, int err, const char *spec)
{
	return plx_fail_sys(-err, err, PLX_R_FILE, spec, "%s cannot be written: %s",
			    plx_pcap_tail(w->path), strerror(err));
}

/* Open without O_TRUNC: a port that cannot be opened leaves an old file as it was. */
static int open_file(struct pcap_writer *w)
{
	int fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	w->created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(w->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	return fd;
}

static int check_file(struct pcap_writer *w, int fd, const struct pcap_reader *rx, const char *spec)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_file(w, errno, spec);
	w->regular = S_ISREG(st.st_mode);
	if (rx && st.st_dev == rx->device && st.st_ino == rx->inode)
		return plx_fail(-EINVAL, PLX_R_BAD_VALUE, spec,
				"rx and tx are the same file, %s: it would be lost",
				plx_pcap_tail(w->path));
	/* Readers share a lock that excludes this one, as do other writers. */
	if (w->regular && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		w->created = false; /* or it was, and is the other's now */
		return plx_fail(-EBUSY, PLX_R_ALREADY, spec,
				"%s is being read or written by another port",
				plx_pcap_tail(w->path));
	}
	return 0;
}

int plx_pcap_writer_open(struct pcap_writer *w, const char *path, const struct pcap_reader *rx,
			 const char *spec)
{
	int fd;

	w->path = path;
	fd = open_file(w);
	if (fd < 0)
		return fail_file(w, errno, spec);
	w->file = fdopen(fd, "w");
	w->buffer = malloc(BUFFER_SIZE);
	w->scratch = malloc(PLX_PCAP_MAX_FRAME);
	if (!w->file)
		close(fd);
	if (!w->file || !w->buffer || !w->scratch)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, spec, "no memory to write %s",
				plx_pcap_tail(path));
	setvbuf(w->file, w->buffer, _IOFBF, BUFFER_SIZE);
	return check_file(w, fd, rx, spec);
}

static int write_header(struct pcap_writer *w)
{
	pcap_t *like = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, PLX_PCAP_MAX_FRAME,
							    w->micro ? PCAP_TSTAMP_PRECISION_MICRO
								     : PCAP_TSTAMP_PRECISION_NANO);

	if (like)
		w->dumper = pcap_dump_fopen(like, w->file);
	if (like)
		pcap_close(like);
	if (!w->dumper)
		return ENOMEM;
	w->pending = FILE_HEADER;
	return 0;
}

int plx_pcap_writer_begin(struct pcap_writer *w, unsigned precision, const char *spec)
{
	int err;

	if (w->regular && ftruncate(fileno(w->file), 0))
		return fail_file(w, errno, spec);
	w->micro = precision == PLX_PCAP_MICRO;
	err = write_header(w);
	if (err)
		return fail_file(w, err, spec);
	/* A file is a valid capture from now on; whoever reads a pipe waits for packets anyway. */
	if (w->regular && !plx_pcap_writer_flush(w))
		return fail_file(w, w->err, spec);
	return 0;
}

void plx_pcap_writer_close(struct pcap_writer *w)
{
	if (w->created && !w->on_disk)
		unlink(w->path);
	if (w->file) {
		if (!w->err)
			plx_pcap_writer_flush(w);
		fclose(w->file);
	}
	free(w->buffer);
	free(w->scratch);
}

bool plx_pcap_writer_has_room(const struct pcap_writer *w, uint32_t len)
{
	return w->pending + RECORD_HEADER + len < BUFFER_SIZE;
}

void plx_pcap_writer_put(struct pcap_writer *w, const struct pcap_frame *frame)
{
	uint64_t fraction = frame->timestamp % 1000000000;
	struct pcap_pkthdr header = {
		.ts.tv_sec = (time_t)(frame->timestamp / 1000000000),
		.ts.tv_usec = (suseconds_t)(w->micro ? fraction / 1000 : fraction),
		.caplen = frame->len,
		.len = frame->wire_len > frame->len ? frame->wire_len : frame->len,
	};

	pcap_dump((u_char *)w->dumper, &header, frame->data);
	w->pending += RECORD_HEADER + frame->len;
	w->pending_frames++;
	w->pending_bytes += frame->len;
}

/*
 * Part of the buffer may have been written: undo that, and forget the rest (glibc has done so
 * already, which nothing promises). Where the undoing fails the file ends in the middle of a
 * record, which its readers will notice.
 */
static void take_back(struct pcap_writer *w)
{
	int ignored;

	__fpurge(w->file);
	if (w->regular) {
		ignored = ftruncate(fileno(w->file), (off_t)w->on_disk);
		(void)ignored;
	}
}

/* Return: 0 or an errno. A failure must not end the program by a signal. */
static int flush(FILE *file)
{
	struct plx_held_signals held;
	int err = 0;

	plx_signals_hold(&held);
	errno = 0;
	if (fflush(file) || ferror(file))
		err = errno ? errno : EIO;
	plx_signals_release(&held);
	return err;
}

bool plx_pcap_writer_flush(struct pcap_writer *w)
{
	w->err = flush(w->file);
	if (w->err) {
		take_back(w);
	} else {
		w->on_disk += w->pending;
		w->n_frames += w->pending_frames;
	}
	w->pending = 0;
	w->pending_frames = 0;
	w->pending_bytes = 0;
	return !w->err;
}

int plx_pcap_writer_fail(const struct pcap_writer *w, const char *spec)
{
	char number[32];

	return plx_fail_sys(-w->err, w->err, PLX_R_FILE, spec, "%s: %s after %s packet%s",
			    plx_pcap_tail(w->path), strerror(w->err),
			    plx_pcap_number(w->n_frames, number), w->n_frames == 1 ? "" : "s");
}
