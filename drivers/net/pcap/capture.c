/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture held in memory, so that playing it again costs no system call and no parsing.
 */
#include "pcap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Received frames are copied by 64 bytes, also from the last frame. */
#define PADDING 64

static int fail_nomem(const struct pcap_reader *r, const char *spec)
{
	return plx_fail(-ENOMEM, PLX_R_NOMEM, spec,
			"no memory to hold %s: with loop=1 it is read as it is played",
			plx_pcap_tail(r->path));
}

/* Room for @need elements: twice as much as before when it is too little. */
static bool grow(void **array, size_t *room, size_t need, size_t size)
{
	size_t more = *room ? *room : 4096;
	void *grown;

	while (more < need)
		more *= 2;
	if (more == *room)
		return true;
	grown = reallocarray(*array, more, size);
	if (!grown)
		return false;
	*array = grown;
	*room = more;
	return true;
}

static bool add(struct pcap_capture *c, const struct pcap_frame *frame)
{
	void *records = c->records, *bytes = c->bytes;
	bool ok = grow(&records, &c->records_room, c->n_records + 1, sizeof(*c->records)) &&
		  grow(&bytes, &c->bytes_room, c->n_bytes + frame->len + PADDING, 1);

	c->records = records;
	c->bytes = bytes;
	if (!ok)
		return false;
	c->records[c->n_records++] = (struct pcap_record){
		.offset = c->n_bytes,
		.timestamp = frame->timestamp,
		.len = frame->len,
		.wire_len = frame->wire_len,
	};
	memcpy(c->bytes + c->n_bytes, frame->data, frame->len);
	c->n_bytes += frame->len;
	return true;
}

static int load(struct pcap_capture *c, struct pcap_reader *r, uint64_t maxlen, const char *spec)
{
	struct pcap_frame frame;

	while (plx_pcap_reader_next(r, &frame)) {
		if (!frame.len || frame.len > maxlen) {
			r->n_unfit++;
			c->drops[frame.len ? PLX_DROP_TOO_LONG : PLX_DROP_EMPTY]++;
		} else if (!add(c, &frame)) {
			return fail_nomem(r, spec);
		}
	}
	if (r->err != -ENODATA && !c->n_records)
		return plx_pcap_reader_fail(r, spec);
	if (!c->n_records)
		return plx_fail(-EINVAL, PLX_R_FORMAT, spec, "%s has no packets to loop",
				plx_pcap_tail(r->path));
	memset(c->bytes + c->n_bytes, 0, PADDING);
	return 0;
}

int plx_pcap_capture_load(struct pcap_capture *c, struct pcap_reader *r, uint64_t maxlen,
			  const char *spec)
{
	int err = load(c, r, maxlen, spec);

	if (err)
		plx_pcap_capture_free(c);
	return err;
}

void plx_pcap_capture_free(struct pcap_capture *c)
{
	free(c->bytes);
	free(c->records);
	c->bytes = NULL;
	c->records = NULL;
}
