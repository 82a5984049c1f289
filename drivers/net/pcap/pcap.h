/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap: a port made of capture files. It receives what one file holds and writes what it sends
 * to another.
 *
 *	pcap.c     keys, device, port
 *	reader.c   a file read frame by frame, through libpcap
 *	capture.c  a file held in memory, to be played again and again
 *	rx.c       the receive queue, over either of them
 *	writer.c   the file written to
 *	tx.c       the transmit queue
 */
#ifndef PLX_NET_PCAP_H
#define PLX_NET_PCAP_H

#include "port/driver.h"

#include <pcap/pcap.h>
#include <sys/types.h>

/* libpcap takes a longer Ethernet record for damage. */
#define PLX_PCAP_MAX_FRAME 262144

struct pcap_args {
	const char *rx, *tx;
	uint64_t loop;   /* 0: for ever */
	uint64_t maxlen; /* bytes */
	unsigned precision;
};

enum pcap_precision {
	PLX_PCAP_NANO,
	PLX_PCAP_MICRO,
};

/* A record of a capture file, as packets need it. */
struct pcap_frame {
	const uint8_t *data; /* good until the next one is read */
	uint64_t timestamp;  /* ns since 1970 */
	uint32_t len;        /* bytes captured */
	uint32_t wire_len;   /* bytes on the wire where that was more, else 0 */
};

struct pcap_reader {
	const char *path;
	int fd;       /* stays open: it identifies the file and holds the lock on it */
	bool regular; /* not a pipe */
	dev_t device;
	ino_t inode;
	pcap_t *pcap;
	char *buffer;      /* of the stream that libpcap reads */
	uint64_t n_frames; /* read so far; of them */
	uint64_t n_cut;    /* were cut when they were captured, */
	uint64_t n_unfit;  /* were empty or too long to be received */
	int err;           /* 0: there may be more; -ENODATA: the end; else why says what broke */
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_frame kept; /* read and not yet given: */
	bool has_kept;          /* there is one */
};

struct pcap_record {
	uint64_t offset, timestamp;
	uint32_t len, wire_len; /* as in pcap_frame */
};

/* Frames one behind the other; only read once they are loaded. */
struct pcap_capture {
	uint8_t *bytes;
	struct pcap_record *records;
	size_t n_records, n_bytes;
	size_t records_room, bytes_room;
	uint64_t drops[PLX_DROP_COUNT_]; /* records left out, so dropped in every pass */
	size_t next;                     /* record to give */
	uint64_t passes;                 /* left, with the one under way */
};

/* How far writing has come; a flush that fails goes back to where the last good one ended. */
struct pcap_writer {
	const char *path;
	FILE *file;
	pcap_dumper_t *dumper; /* NULL: nothing was written yet, an old file is untouched */
	char *buffer;          /* of file */
	uint8_t *scratch;      /* to gather a frame that lies in several buffers */
	bool regular, created;
	bool micro;              /* timestamps in microseconds */
	uint64_t on_disk;        /* bytes of the file that are whole records */
	uint64_t n_frames;       /* in them */
	uint64_t pending;        /* bytes in the buffer; */
	uint64_t pending_frames; /* frames in them, */
	uint64_t pending_bytes;  /* and bytes of those frames */
	int err;                 /* positive errno of the write that failed; 0: none did */
};

struct pcap_device {
	struct plx_device base;
	bool in_memory;
	uint32_t longest; /* bytes of the longest frame to receive; max_entries follows from it */
	struct pcap_reader reader;
	struct pcap_capture capture;
	char apart[PLX_CACHE_LINE]; /* one thread reads, another may write */
	struct pcap_writer writer;
};

/* Path of a file for an error sentence: its end, where it is long, so that the cause fits too. */
const char *plx_pcap_tail(const char *path);
/* "1,024"; @buf has room for 32 characters. */
const char *plx_pcap_number(uint64_t n, char *buf);

/* Open @path and check what it is. Errors: -EINVAL (FORMAT), -ENOENT, -EACCES, ... (FILE). */
int plx_pcap_reader_open(struct pcap_reader *r, const char *path, const char *spec);
void plx_pcap_reader_close(struct pcap_reader *r);
/* Back to the first frame. Errors: as plx_pcap_reader_open(). */
int plx_pcap_reader_rewind(struct pcap_reader *r, const char *spec);
/* Can a frame be read without waiting for the writer of a pipe? */
bool plx_pcap_reader_ready(const struct pcap_reader *r);
/* Return: false when there was none; @r->err says why. */
bool plx_pcap_reader_next(struct pcap_reader *r, struct pcap_frame *frame);
/* The error record for the end, for an end with some frames cut or unfit, or for what broke. */
int plx_pcap_reader_fail(const struct pcap_reader *r, const char *spec);

/* Take in all frames of up to @maxlen bytes. On failure nothing is held. */
int plx_pcap_capture_load(struct pcap_capture *c, struct pcap_reader *r, uint64_t maxlen,
			  const char *spec);
void plx_pcap_capture_free(struct pcap_capture *c);

/*
 * Open @path, and create it where need be, without changing what is in it. @rx is what the same
 * port reads, or NULL. Errors: -EINVAL (BAD_VALUE: it is that file), -EBUSY (ALREADY: another
 * port has it), -ENOENT, -EACCES, ... (FILE).
 */
int plx_pcap_writer_open(struct pcap_writer *w, const char *path, const struct pcap_reader *rx,
			 const char *spec);
/* Make it a capture without packets; what was in it is gone. */
int plx_pcap_writer_begin(struct pcap_writer *w, unsigned precision, const char *spec);
/* Also takes away a file that was made by opening and never begun. */
void plx_pcap_writer_close(struct pcap_writer *w);
/* Is there room in the buffer for a record of @len bytes? */
bool plx_pcap_writer_has_room(const struct pcap_writer *w, uint32_t len);
/* Put a record into the buffer, which must have room. */
void plx_pcap_writer_put(struct pcap_writer *w, const struct pcap_frame *frame);
/* Write the buffer out. Return: false if it failed: nothing that was pending is in the file. */
bool plx_pcap_writer_flush(struct pcap_writer *w);
/* The error record for a flush that failed. */
int plx_pcap_writer_fail(const struct pcap_writer *w, const char *spec);

struct pcap_rxq {
	struct plx_rxq base;
	struct pcap_device *device;
	struct plx_pkt like; /* what all packets have in common */
	uint32_t room;       /* bytes of a buffer */
};

struct pcap_txq {
	struct plx_txq base;
	struct pcap_device *device;
};

int plx_pcap_check_conf(struct plx_port *port, const struct plx_port_conf *conf);
int plx_pcap_init_rxq(struct plx_rxq *base);
unsigned plx_pcap_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n);
int plx_pcap_rxq_status(struct plx_rxq *base);

int plx_pcap_init_txq(struct plx_txq *base);
unsigned plx_pcap_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n);
int plx_pcap_txq_status(struct plx_txq *base);
/* Write out what the port's queue has pending. */
int plx_pcap_stop(struct plx_port *port);

#endif
