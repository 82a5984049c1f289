/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap: a port with the kernel's network stack at its other end (Documentation/networking/
 * tuntap.rst): what the kernel sends to the interface is received, what is sent the kernel
 * receives from it.
 *
 *	tap.c        keys, device, port
 *	interface.c  the interface and the files it is attached to, one a receive queue
 *	batch.c      reads and writes of a burst: through io_uring, or a call each
 *	rx.c         the receive queue
 *	tx.c         the transmit queue
 */
#ifndef PLX_NET_TAP_H
#define PLX_NET_TAP_H

#include "netdev/netdev.h"
#include "pkt/finish.h"
#include "port/driver.h"

#include <pthread.h>
#include <sys/uio.h>

#define TAP_BATCH      32  /* reads or writes handed to the kernel at once */
#define TAP_MAX_QUEUES 256 /* the kernel's MAX_TAP_QUEUES */
#define TAP_ETHERNET   14
#define TAP_TAGS       8 /* two VLAN tags, which an MTU does not count */
#define TAP_MTU_MAX    (65535 - TAP_ETHERNET)

struct tap_args {
	const char *iface, *fd;
	bool persist, up, offload;
};

struct tap_device {
	struct plx_device base;
	struct plx_netdev netdev;
	int fd;               /* of the first queue */
	bool by_fd;           /* the user's, so there are no further queues */
	bool multi_queue;     /* there may be */
	unsigned header_len;  /* of the virtio net header before each frame; 0: there is none */
	pthread_mutex_t lock; /* statistics are read by any thread */
	uint64_t tx_dropped;  /* by the interface, when it was last read; */
	bool counting;        /* the port is started, so what is dropped meanwhile was missed */
};

/*
 * Requests to one file. Each is iov[i][0 .. n_iov[i] - 1]; results are bytes or a negative errno.
 * Used by one thread at a time.
 */
struct tap_batch {
	int fd;
	bool write;
	void *ring;             /* struct io_uring; NULL: a call a frame */
	_Atomic uint64_t calls; /* system calls made; written by the queue's thread alone */
	struct iovec *iov[TAP_BATCH];
	unsigned n_iov[TAP_BATCH];
	int result[TAP_BATCH];
};

/* Never fails: where io_uring is refused, plain calls do. */
void plx_tap_batch_open(struct tap_batch *b, int fd, bool write);
void plx_tap_batch_close(struct tap_batch *b);
/* Requests 0 .. @n - 1; after one that had to wait, the others may not be tried: -EAGAIN, too. */
void plx_tap_batch_run(struct tap_batch *b, unsigned n);
const char *plx_tap_batch_how(const struct tap_batch *b);

struct tap_rxq {
	struct plx_rxq base;
	struct plx_netdev *netdev;
	int fd;
	bool own_fd;
	bool pass;           /* PLX_OFFLOAD_RX_UNFINISHED */
	bool dry;            /* the last reads found the end of what was there */
	unsigned header_len; /* bytes */
	uint32_t room;       /* bytes in a buffer */
	uint32_t longest;    /* bytes of the longest frame it may give */
	int err;             /* positive errno of the last read that failed for good; 0: none */
	unsigned want;       /* reads to try next */
	unsigned next, n;    /* frames read and not yet given: ready[next .. n - 1] */
	uint8_t ready[TAP_BATCH];    /* the requests that gave them */
	_Atomic uint64_t unfinished; /* frames that were; written by the queue's thread alone */
	struct plx_pkt like;
	struct plx_unfinished cut; /* the frame that is being given in parts */
	struct tap_batch batch;
	uint8_t *scratch; /* a piece for each request */
	size_t scratch_size;
	struct iovec pieces[TAP_BATCH];
};

struct tap_txq {
	struct plx_txq base;
	struct plx_netdev *netdev;
	unsigned header_len;
	uint32_t work; /* PLX_PKT_TX_ flags that it was configured for */
	int err;       /* positive errno: the interface is gone */
	struct tap_batch batch;
	struct virtio_net_hdr headers[TAP_BATCH]; /* where a buffer has no room for one */
	struct iovec *iov;                        /* TAP_IOV of them */
};

/* What one system call takes (UIO_MAXIOV), and so the largest number of a frame's parts. */
#define TAP_IOV 1024

/* Open or make the interface that the keys say. On failure nothing is held. */
int plx_tap_open(struct tap_device *device, const struct tap_args *args);
void plx_tap_close(struct tap_device *device);
/* One more file for the same interface. Errors: the record says what to do. */
int plx_tap_open_queue(struct tap_device *device, int *fd);
void plx_tap_close_queue(int fd);
/* Which frames the kernel gives: TUNSETTXFILTER. */
int plx_tap_filter(struct plx_port *port, bool promiscuous, bool allmulti, const uint8_t mac[6]);

int plx_tap_check_conf(struct plx_port *port, const struct plx_port_conf *conf);
int plx_tap_init_rxq(struct plx_rxq *base);
void plx_tap_exit_rxq(struct plx_rxq *base);
unsigned plx_tap_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n);
int plx_tap_rxq_status(struct plx_rxq *base);
void plx_tap_rxq_info(struct plx_rxq *base, struct plx_queue_info *info);

int plx_tap_init_txq(struct plx_txq *base);
void plx_tap_exit_txq(struct plx_txq *base);
unsigned plx_tap_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n);
int plx_tap_txq_status(struct plx_txq *base);
void plx_tap_txq_info(struct plx_txq *base, struct plx_queue_info *info);

#endif
