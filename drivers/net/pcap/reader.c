/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture file read frame by frame. libpcap knows the formats (pcap and pcapng, either byte
 * order, microseconds or nanoseconds); what it says of a frame's length is checked again.
 */
#include "pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (256 << 10)

static int fail_file(const char *path, int err, const char *spec)
{
	return plx_fail_sys(-err, err, PLX_R_FILE, spec, "%s cannot be read: %s",
			    plx_pcap_tail(path), strerror(err));
}

/* What is at the path, before libpcap has a look: says plainly what libpcap would say oddly. */
static int check_file(struct pcap_reader *r, const char *spec)
{
	struct stat st;

	if (fstat(r->fd, &st))
		return fail_file(r->path, errno, spec);
	if (S_ISDIR(st.st_mode))
		return fail_file(r->path, EISDIR, spec);
	r->regular = S_ISREG(st.st_mode);
	r->device = st.st_dev;
	r->inode = st.st_ino;
	/* Writers hold the lock for themselves; a file system without locks cannot tell. */
	if (r->regular && flock(r->fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK)
		return plx_fail(-EBUSY, PLX_R_ALREADY, spec, "%s is being written by another port",
				plx_pcap_tail(r->path));
	if (r->regular && !st.st_size)
		return plx_fail(-EINVAL, PLX_R_FORMAT, spec,
				"%s is empty, so it is no capture file", plx_pcap_tail(r->path));
	return 0;
}

/* A stream of its own over the file: libpcap closes it, we keep the file. */
static FILE *open_stream(struct pcap_reader *r)
{
	int fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Nothing of a pipe may hide in a buffer, where poll() does not see it. */
	if (r->regular)
		setvbuf(file, r->buffer, _IOFBF, BUFFER_SIZE);
	else
		setvbuf(file, NULL, _IONBF, 0);
	return file;
}

static int check_link_type(const struct pcap_reader *r, const char *spec)
{
	int type = pcap_datalink(r->pcap);
	const char *name = pcap_datalink_val_to_name(type);
	char number[32];

	if (type == DLT_EN10MB)
		return 0;
	snprintf(number, sizeof(number), "number %d", type);
	return plx_fail(-EINVAL, PLX_R_FORMAT, spec,
			"%s has link type %s: only Ethernet (EN10MB) can be received",
			plx_pcap_tail(r->path), name ? name : number);
}

static int begin(struct pcap_reader *r, const char *spec)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *file = open_stream(r);

	if (!file)
		return fail_file(r->path, errno, spec);
	r->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!r->pcap) {
		bool broken = ferror(file);

		fclose(file);
		return broken ? fail_file(r->path, EIO, spec)
			      : plx_fail(-EINVAL, PLX_R_FORMAT, spec, "%s is no capture file: %s",
					 plx_pcap_tail(r->path), why);
	}
	return check_link_type(r, spec);
}

int plx_pcap_reader_open(struct pcap_reader *r, const char *path, const char *spec)
{
	int err;

	r->path = path;
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return fail_file(path, errno, spec);
	err = check_file(r, spec);
	if (err)
		return err;
	r->buffer = malloc(BUFFER_SIZE);
	if (!r->buffer)
		return plx_fail(-ENOMEM, PLX_R_NOMEM, spec, "no memory to read %s",
				plx_pcap_tail(path));
	return begin(r, spec);
}

static void end(struct pcap_reader *r)
{
	if (r->pcap)
		pcap_close(r->pcap);
	r->pcap = NULL;
}

void plx_pcap_reader_close(struct pcap_reader *r)
{
	end(r);
	free(r->buffer);
	if (r->fd >= 0)
		close(r->fd);
}

int plx_pcap_reader_rewind(struct pcap_reader *r, const char *spec)
{
	end(r);
	r->n_frames = r->n_cut = r->n_unfit = 0;
	r->err = 0;
	if (lseek(r->fd, 0, SEEK_SET) < 0)
		return fail_file(r->path, errno, spec);
	return begin(r, spec);
}

bool plx_pcap_reader_ready(const struct pcap_reader *r)
{
	struct pollfd pipe = { .fd = r->fd, .events = POLLIN };

	return r->regular || poll(&pipe, 1, 0) > 0;
}

/*
 * Seconds of a classic file are 32 bits, which libpcap takes for signed: from 2038 on they come
 * out negative and here whole again, to 2106.
 */
static uint64_t nanoseconds(const struct timeval *ts)
{
	uint64_t seconds = ts->tv_sec < 0 ? (uint32_t)ts->tv_sec : (uint64_t)ts->tv_sec;

	return seconds * 1000000000 + (uint64_t)ts->tv_usec;
}

static void note_damage(struct pcap_reader *r)
{
	r->err = ferror(pcap_file(r->pcap)) ? -EIO : -EINVAL;
	snprintf(r->why, sizeof(r->why), "%s", pcap_geterr(r->pcap));
}

bool plx_pcap_reader_next(struct pcap_reader *r, struct pcap_frame *frame)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int result;

	if (r->err)
		return false;
	result = pcap_next_ex(r->pcap, &header, &data);
	if (result == PCAP_ERROR_BREAK)
		r->err = -ENODATA;
	else if (result != 1)
		note_damage(r);
	if (r->err)
		return false;
	frame->data = data;
	frame->timestamp = nanoseconds(&header->ts);
	frame->len = header->caplen;
	frame->wire_len = header->len > header->caplen ? header->len : 0;
	r->n_frames++;
	r->n_cut += frame->wire_len != 0;
	return true;
}

int plx_pcap_reader_fail(const struct pcap_reader *r, const char *spec)
{
	const char *name = plx_pcap_tail(r->path);
	bool damaged = r->err == -EINVAL;
	char number[32];

	if (r->err == -ENODATA && r->n_cut + r->n_unfit)
		return plx_fail(-EBADMSG, PLX_R_FORMAT, spec,
				"%s has ended: of its %" PRIu64 " packets %" PRIu64
				" were cut when they were captured, and %" PRIu64
				" could not be received (empty, or longer than maxlen)",
				name, r->n_frames, r->n_cut, r->n_unfit);
	if (r->err == -ENODATA)
		return plx_fail(-ENODATA, PLX_R_END, spec, "%s has ended", name);
	return plx_fail(r->err, damaged ? PLX_R_FORMAT : PLX_R_FILE, spec,
			"%s %s after packet %s: %s", name,
			damaged ? "is damaged" : "cannot be read",
			plx_pcap_number(r->n_frames, number), r->why);
}
