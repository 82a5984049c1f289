/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * af_packet: a port on a Linux network interface, through packet sockets (packet(7),
 * Documentation/networking/packet_mmap.rst).
 *
 *	af_packet.c  keys, device, port
 *	socket.c     the sockets: options, binding, PACKET_FANOUT, what the kernel counts
 *	ring.c       the ring that the kernel receives into, checked as it is read
 *	rx.c         the receive queue
 *	tx.c         the transmit queue
 */
#ifndef PLX_NET_AF_PACKET_H
#define PLX_NET_AF_PACKET_H

#include "ring.h"

#include "netdev/netdev.h"
#include "pkt/finish.h"
#include "port/driver.h"

#include <linux/if_packet.h>
#include <pthread.h>

#define MAX_QUEUES 64

enum af_packet_ring_kind {
	PLX_AF_PACKET_V2, /* TPACKET_V2: a slot for each frame */
	PLX_AF_PACKET_V3, /* TPACKET_V3: frames packed in blocks */
};

struct af_packet_args {
	const char *iface;
	unsigned ring; /* enum af_packet_ring_kind */
	unsigned fanout;
	uint64_t fanout_id;  /* 0: a group of the port's own where it has several queues */
	uint64_t block_size; /* KiB */
	uint64_t timeout;    /* ms */
	bool qdisc_bypass;
};

struct af_packet_device {
	struct plx_device base;
	struct plx_netdev netdev;
	int fd;    /* holds the promiscuous and allmulti memberships; receives and sends nothing */
	int group; /* of PACKET_FANOUT, 0 .. 65535; -1: none */
	_Atomic uint32_t skip; /* bit i: frames of sll_pkttype i are not for this port */
	bool promiscuous;      /* by its own wish */
	pthread_mutex_t lock;  /* statistics are read by any thread, also while the port stops */
	atomic_bool gone;      /* seen to be: it does not come back */
};

struct af_packet_rxq {
	struct plx_rxq base;
	struct af_packet_device *device;
	int fd; /* -1: none */
	struct af_packet_ring ring;
	struct plx_pkt like; /* what all packets have in common */
	uint32_t room;       /* bytes of a buffer */
	uint32_t longest;    /* bytes that max_entries hold */
	bool pass;           /* unfinished frames are given as they are */
	bool in_ring;        /* `unfinished` is a frame of the ring: release it afterwards */
	uint64_t timestamp;  /* of that frame */
	struct plx_unfinished unfinished;
	uint8_t *scratch;        /* a frame that did not fit the ring, VLAN_LEN bytes in */
	uint64_t asked;          /* ms: when it was last asked if the interface is there */
	uint32_t receive_buffer; /* bytes, for frames that do not fit the ring */
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t filtered; /* xstats of the queue's thread: */
	_Atomic uint64_t copied, cut;
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t kernel_packets; /* and of the kernel */
	_Atomic uint64_t kernel_drops, freezes;
};

#define SCRATCH_SIZE (VLAN_LEN + PLX_UNFINISHED_MAX)

int plx_af_packet_check_conf(struct plx_port *port, const struct plx_port_conf *conf);
int plx_af_packet_init_rxq(struct plx_rxq *base);
void plx_af_packet_exit_rxq(struct plx_rxq *base);
unsigned plx_af_packet_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n);
int plx_af_packet_rxq_status(struct plx_rxq *base);
void plx_af_packet_rxq_info(struct plx_rxq *base, struct plx_queue_info *info);
void plx_af_packet_rxq_desc(struct plx_rxq *base, unsigned index, char *text, size_t size);

/* One sendmmsg(2). */
#define TX_FRAMES  64
#define TX_ENTRIES 1024 /* UIO_MAXIOV, and so of one frame, too */

struct af_packet_out;

struct af_packet_txq {
	struct plx_txq base;
	struct af_packet_device *device;
	int fd;
	uint32_t work;             /* PLX_PKT_TX_ flags that it can do */
	struct af_packet_out *out; /* the batch */
	_Atomic uint64_t calls;
};

int plx_af_packet_init_txq(struct plx_txq *base);
void plx_af_packet_exit_txq(struct plx_txq *base);
unsigned plx_af_packet_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n);
int plx_af_packet_txq_status(struct plx_txq *base);
void plx_af_packet_txq_info(struct plx_txq *base, struct plx_queue_info *info);

/* socket.c. Those that return int fail by plx_fail(). */
extern const char *const plx_af_packet_fanouts[];
/* A socket that receives nothing yet. Return: its number, or an error. */
int plx_af_packet_socket(const struct af_packet_device *device);
int plx_af_packet_membership(const struct af_packet_device *device, int kind, bool on);
int plx_af_packet_open_rx(struct af_packet_rxq *q);
void plx_af_packet_close_rx(struct af_packet_rxq *q);
int plx_af_packet_open_tx(struct af_packet_txq *q);
/* Let frames flow into all receive queues of the port. */
int plx_af_packet_bind(struct plx_port *port);
void plx_af_packet_read_stats(struct plx_port *port);

#endif
