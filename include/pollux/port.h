/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: where packets come in and go out.
 *
 * A device (a NIC, a ring, a pair of capture files) has ports, a port has receive and transmit
 * queues, and a queue is used by one thread at a time. The life of a port:
 *
 *	plx_port_open() -> plx_port_configure() -> plx_port_start() -> bursts on its queues
 *	                                   ^                                     |
 *	plx_port_close() <-----------------+------------ plx_port_stop() <-------+
 *
 * Start and stop may be repeated. A stopped port's queues may still be polled, by threads that do
 * not race the start and the stop: they give and take nothing.
 */
#ifndef POLLUX_PORT_H
#define POLLUX_PORT_H

#include <pollux/pool.h>

#include <stdio.h>

PLX_BEGIN_DECLS

struct plx_port;
struct plx_rxq;
struct plx_txq;

/* Why a queue dropped frames. Each is counted by itself; plx_drop_name() has its name. */
enum plx_drop {
	PLX_DROP_NO_BUFFER,  /* rx: the pool was empty */
	PLX_DROP_TOO_LONG,   /* longer than the port takes */
	PLX_DROP_EMPTY,      /* no byte in it */
	PLX_DROP_NO_PEER,    /* tx: nobody at the other end, or no file to write to */
	PLX_DROP_WRITE,      /* tx: the kernel or the disk refused it */
	PLX_DROP_MISSED,     /* rx: lost before the port saw it: its ring was full */
	PLX_DROP_INVALID,    /* what it says of itself contradicts its bytes */
	PLX_DROP_OFFLOAD,    /* tx: asks for work that the queue was not set up to do */
	PLX_DROP_NOT_MAPPED, /* tx: of a pool that the device does not reach: plx_port_use_pool() */
	PLX_DROP_DEVICE,     /* rx: the device says what cannot be: a length, a status, an order */
	PLX_DROP_ERROR,      /* rx: damaged on the wire: FCS, alignment, symbol, overrun */
	PLX_DROP_COUNT_,
};

/* What a queue has done since it was made or its statistics were cleared. */
struct plx_queue_stats {
	uint64_t packets; /* frames received, or taken to send */
	uint64_t bytes;   /* of those frames, without FCS */
	uint64_t drops[PLX_DROP_COUNT_];
	uint64_t short_bursts; /* rx: calls with n below rx_max_entries, which give nothing */
};

struct plx_port_stats {
	struct plx_queue_stats rx, tx; /* sums over all queues */
};

struct plx_link {
	bool up;
	bool full_duplex;
	uint32_t mbps; /* 0: the port has no rate of its own */
};

enum plx_port_features {
	PLX_PORT_RX = 1 << 0,          /* can receive */
	PLX_PORT_TX = 1 << 1,          /* can send */
	PLX_PORT_PROMISC_OFF = 1 << 2, /* can be told to receive its own frames only */
	PLX_PORT_SET_MAC = 1 << 3,
	PLX_PORT_SET_MTU = 1 << 4,
	PLX_PORT_ENDS = 1 << 5,         /* its input can come to an end */
	PLX_PORT_ALLMULTI = 1 << 6,     /* can be told to receive every multicast frame */
	PLX_PORT_MULTICAST = 1 << 7,    /* can be told which: plx_port_multicast_add() */
	PLX_PORT_SET_LINK = 1 << 8,     /* its link can be taken down */
	PLX_PORT_FLOW_CONTROL = 1 << 9, /* can be told to honour and send pause frames */
	PLX_PORT_INTERRUPTS = 1 << 10,  /* its receive queues can wake a sleeper */
	PLX_PORT_REGS = 1 << 11,        /* has registers to show: plx_port_regs() */
	PLX_PORT_RESET = 1 << 12,       /* can be reset: plx_port_reset() */
	PLX_PORT_OWN_POOLS = 1 << 13,   /* sends only from pools it knows: plx_port_use_pool() */
};

/* Work on frames that a port can take over: caps.offloads; conf.offloads chooses from them. */
enum plx_offloads {
	/*
	 * Give frames as the peer left them: with PLX_PKT_TX_ flags for what is not done yet.
	 * Without it the port finishes them, so that every frame received is one as on a wire.
	 */
	PLX_OFFLOAD_RX_UNFINISHED = 1 << 0,
	PLX_OFFLOAD_TX_CSUM = 1 << 1, /* PLX_PKT_TX_TCP_CSUM, PLX_PKT_TX_UDP_CSUM */
	PLX_OFFLOAD_TX_TSO = 1 << 2,  /* PLX_PKT_TX_TSO */

	PLX_OFFLOAD_TX_IP_CSUM = 1 << 3, /* PLX_PKT_TX_IP_CSUM */
	PLX_OFFLOAD_TX_VLAN = 1 << 4,    /* PLX_PKT_TX_VLAN */

	/* Say whether checksums are right: PLX_PKT_RX_IP_GOOD, _IP_BAD, _L4_GOOD, _L4_BAD. */
	PLX_OFFLOAD_RX_CSUM = 1 << 5,
	PLX_OFFLOAD_RX_VLAN_STRIP = 1 << 6, /* take tags out of frames: PLX_PKT_RX_VLAN */
	/* Drop frames with the tag of a VLAN that plx_port_vlan_add() did not name. */
	PLX_OFFLOAD_RX_VLAN_FILTER = 1 << 7,
	PLX_OFFLOAD_RX_HASH = 1 << 8, /* say the RSS hash: PLX_PKT_RX_HASH */
};

struct plx_desc_limits {
	uint16_t min, max, initial; /* descriptors of a queue; min == max == 0: it has none */
	bool pow2;                  /* powers of two only */
};

/* What a port can do. */
struct plx_port_caps {
	uint32_t features; /* enum plx_port_features */
	uint16_t max_rxq, max_txq;
	struct plx_desc_limits rxd, txd;
	uint16_t mtu_min, mtu_max;
	uint32_t max_frame; /* bytes of the longest frame it can give or take, without FCS */
	uint32_t offloads;  /* enum plx_offloads */
	/* Transmit queues with which it does TX_CSUM, TX_IP_CSUM and TX_TSO; 0: with any number. */
	uint16_t max_csum_txq;

	/* 0 where the port cannot do that */
	uint32_t rss_types;      /* enum plx_rss_types */
	uint16_t rss_table_size; /* entries of the table from hash to queue; a power of two */
	uint8_t rss_key_size;    /* bytes */
	uint16_t max_macs;       /* unicast addresses beside the port's own */
	uint16_t max_multicast;  /* multicast addresses; allmulti receives more */
};

struct plx_port_info {
	char name[64]; /* the specification it was opened with, shortened if need be */
	const char *driver;
	uint16_t number; /* plx_pkt.port of what it receives; unique in the context */
	int node;        /* NUMA node of the device; -1: none */
	uint8_t mac[6];
	uint16_t mtu; /* bytes, without Ethernet header and FCS */
	bool promiscuous;
	bool allmulti; /* receives every multicast frame */
	bool started;
	uint32_t offloads;     /* enum plx_offloads, as configured */
	uint16_t n_rxq, n_txq; /* as configured, 0 before */
	uint16_t rxd, txd;
	uint16_t rx_max_entries; /* entries of the longest frame; known once configured */
	struct plx_link link;
	struct plx_port_caps caps;
};

/* How to set a port up. Zero members are the port's defaults. */
struct plx_port_conf {
	uint16_t n_rxq, n_txq; /* 0: one, if the port can send, or receive and has a pool to */
	uint16_t rxd, txd;
	uint16_t mtu;
	uint32_t offloads;                /* enum plx_offloads; 0: none */
	struct plx_pool *const *rx_pools; /* n_rxq pools to receive into, one a queue; */
	struct plx_pool *rx_pool;         /* or one for all queues */
	bool interrupts;                  /* receive queues are to wake sleepers: plx_rxq_arm() */
};

/**
 * plx_port_open - open a port
 * @ctx:  the context it will live in
 * @spec: "driver[:key=value,...]", as in "pcap:rx=in.pcap,tx=out.pcap"; a comma or
 *        backslash in a value is written with a backslash before it. "0000:03:00.0[,...]", or
 *        "03:00.0", is a PCI function: "driver:pci=0000:03:00.0[,...]" of the driver that knows it
 * @out:  the port; NULL on failure
 *
 * Opening makes the device, or joins it when it has ports left ("ring:name=a" twice gives the
 * ring's two ends). The caller owns the port and ends it with plx_port_close().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, BAD_KEY, BAD_VALUE; NO_DRIVER: there is none of that name, or none
 * that drives the PCI function; FORMAT: a file is not what it should be; TOO_LARGE: a BAR is
 * smaller than the registers that should be there), -EBUSY (ALREADY: the device's ports are all
 * open), -ENODEV (NO_DEVICE: there is no such PCI function), -ENOMEM (NOMEM), -ENOSPC (INDEX: 1,024
 * ports are open); of a network card, as plx_dev_open(); and what the kernel says of a file:
 * -ENOENT, -EACCES, ... (FILE).
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_port_open(struct plx_ctx *ctx, const char *spec, struct plx_port **out);

/**
 * plx_port_configure - set queues, pools and MTU
 * @port: the port, stopped
 * @conf: what to set; NULL for the defaults, which do for a port that only sends
 *
 * Everything is checked before anything is changed. Configuring again makes the queues anew:
 * handles and statistics of the old ones are gone.
 * Pools stay the caller's and must outlive the port or its next configuration.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG; TOO_LARGE: more queues or descriptors than the port has, MTU out of
 * range; UNALIGNED: descriptors not a power of two; MISMATCH: rx queues without pool, or with one
 * that does not fit), -EBUSY (STATE: the port is started), -ENOTSUP (UNSUPPORTED: the port cannot
 * receive or send, or lacks an offload or interrupts), -ENOMEM (NOMEM; the port is not configured
 * then); of a network card, as plx_iommu_map().
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_port_configure(struct plx_port *port, const struct plx_port_conf *conf);

/**
 * plx_port_start - let packets flow
 * @port: the port, configured
 *
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -EPERM (ORDER: not configured), -EALREADY (ALREADY: started), -ENODEV
 * (NO_DEVICE: it is gone), -ETIMEDOUT (TIMEOUT: it does not do what it is told), -ENOMEM (NOMEM:
 * the pool has no buffers to begin with); and the driver's own.
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_port_start(struct plx_port *port);

/**
 * plx_port_stop - stop the flow
 * @port: the port
 *
 * Other threads must have left the bursts of its queues. Frames that the port took and has not
 * sent are sent or dropped, and counted; a file is written out.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -EPERM (NOT_STARTED); -EIO, -ENOSPC, ... (FILE: writing out
 * failed), -ETIMEDOUT (TIMEOUT: the device does not do what it is told), and then the port is
 * stopped all the same, and its device reaches none of its buffers.
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_port_stop(struct plx_port *port);

/**
 * plx_port_close - end a port
 * @port: the port, started or not; NULL is nothing to do
 *
 * Stops it first where need be. Buffers that it still holds go back to their pools.
 * Threads: one, and no other may use the port or its queues. Burst loop: no.
 * Errors: as plx_port_stop() without NOT_STARTED; the port is closed all the same.
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_port_close(struct plx_port *port);

/**
 * plx_port_rxq, plx_port_txq - a queue's handle
 * @port:  the port, configured
 * @index: 0 .. n_rxq - 1, or n_txq - 1
 *
 * Return: the queue, good until the port is configured again or closed; NULL when there is no
 * such queue.
 * Threads: any. Burst loop: resolve once, before it. Errors: none.
 */
PLX_API struct plx_rxq *plx_port_rxq(struct plx_port *port, unsigned index);
PLX_API struct plx_txq *plx_port_txq(struct plx_port *port, unsigned index);

/* The part of a queue that the burst calls need: the driver's function. */
typedef unsigned (*plx_rx_burst_fn)(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n);
typedef unsigned (*plx_tx_burst_fn)(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n);
struct plx_queue_head {
	union {
		plx_rx_burst_fn rx;
		plx_tx_burst_fn tx;
	} burst;
};

/**
 * plx_rx_burst - receive
 * @q:    a receive queue; not NULL, which is not checked
 * @pkts: filled; the caller owns the packets
 * @n:    entries that @pkts has room for, at least the port's rx_max_entries
 *
 * Gives what is there, whole frames only, and waits for nobody but the kernel where a port is on
 * files: those of pcap may read, and a pipe in the middle of a packet makes them wait. Any @n from
 * rx_max_entries on will do; nothing is rounded.
 * Return: entries filled. 0 may also mean the end: plx_rxq_status() tells.
 * Threads: one at a time for a queue. Burst loop: yes.
 * Errors: none are returned; drops are counted (plx_rxq_stats()). A pool without free buffers
 * shows as fewer packets and in the record (plx_pool_get()).
 * Source: docs/architecture.md, "Ports".
 */
static inline unsigned plx_rx_burst(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	return ((const struct plx_queue_head *)(const void *)q)->burst.rx(q, pkts, n);
}

/**
 * plx_tx_burst - send
 * @q:    a transmit queue; not NULL, which is not checked
 * @pkts: packets to send, whole frames
 * @n:    entries
 *
 * The port takes entries from the front, whole frames only, and frees them when they are sent.
 * What it does not take stays the caller's: try again or free it. That includes a last frame
 * whose last entry still has PLX_PKT_MORE.
 * Return: entries taken, dropped ones included. Fewer than @n: the queue is full for now, or
 * broken: plx_txq_status() tells.
 * Threads: one at a time for a queue. Burst loop: yes.
 * Errors: none; drops are counted (plx_txq_stats()).
 * Source: docs/architecture.md, "Ports".
 */
static inline unsigned plx_tx_burst(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	return ((const struct plx_queue_head *)(const void *)q)->burst.tx(q, pkts, n);
}

/**
 * plx_rxq_status - is there more to come?
 * @q: a receive queue
 *
 * Ask when a burst gave nothing.
 * Return: 0: more may come. -ENODATA (END): the input has ended. -EBADMSG (FORMAT): it has ended,
 * and not all of it was sound: the record says what. -ENODEV (NO_DEVICE): the device is gone.
 * -EIO, -EINVAL, ... (FILE, FORMAT): the input broke; the record says how.
 * Threads: the queue's. Burst loop: yes.
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_rxq_status(struct plx_rxq *q);

/**
 * plx_txq_status - can it still send?
 * @q: a transmit queue
 *
 * Return: 0, or as plx_rxq_status(): -ENOSPC (FILE) for a full disk.
 * Threads: the queue's. Burst loop: yes.
 * Source: docs/architecture.md, "Ports".
 */
PLX_API int plx_txq_status(struct plx_txq *q);

/**
 * plx_rxq_stats, plx_txq_stats - what one queue has done
 * @q:     the queue
 * @stats: filled
 *
 * Threads: any, also while the queue works: each count is exact, not all of one moment.
 * Burst loop: yes. Errors: none.
 */
PLX_API void plx_rxq_stats(const struct plx_rxq *q, struct plx_queue_stats *stats);
PLX_API void plx_txq_stats(const struct plx_txq *q, struct plx_queue_stats *stats);

/**
 * plx_port_stats - the sums over a port's queues
 * @port:  the port
 * @stats: filled
 *
 * What the kernel or the device counts for a port is read from it: system calls, or accesses of
 * some dozens of registers.
 * Threads: any that does not race plx_port_configure(). Burst loop: no. Errors: none.
 */
PLX_API void plx_port_stats(const struct plx_port *port, struct plx_port_stats *stats);

/**
 * plx_port_stats_clear - count from zero
 * @port: the port
 *
 * What the kernel or the device has counted until now is read from it first, as by
 * plx_port_stats().
 * Threads: one at a time with all calls that read or clear these statistics, and none that races
 * plx_port_configure(); the queues may work on. Burst loop: no. Errors: none.
 */
PLX_API void plx_port_stats_clear(struct plx_port *port);

/* A statistic by name: "rx_packets", "rxq0_bytes", "tx_drop_no_peer". */
struct plx_xstat {
	char name[48];
	uint64_t value;
};

/**
 * plx_port_xstats - every statistic that a port has, by name
 * @port:   the port
 * @xstats: filled; NULL only when @n is 0
 * @n:      how many there is room for
 * @total:  how many there are; those beyond @n are left out
 *
 * First the sums, then the drops by reason, then each queue's own, then what the driver alone
 * knows. Names and order stay while the port is not configured again.
 * Threads: as plx_port_stats(). Burst loop: no.
 * Errors: -EINVAL (NULL_ARG).
 */
PLX_API int plx_port_xstats(const struct plx_port *port, struct plx_xstat *xstats, unsigned n,
			    unsigned *total);

/* What a queue is made of. */
struct plx_queue_info {
	uint16_t descriptors;        /* 0: it has none */
	uint16_t max_entries;        /* rx: of the longest frame */
	const struct plx_pool *pool; /* rx: where its buffers come from; tx: NULL */
	char how[160];               /* in words: memory, mode, what was chosen and why */
};

/**
 * plx_rxq_info, plx_txq_info - how a queue was set up
 * @q:    the queue
 * @info: filled
 *
 * Threads: any that does not race a change of the port. Burst loop: no. Errors: none.
 */
PLX_API void plx_rxq_info(struct plx_rxq *q, struct plx_queue_info *info);
PLX_API void plx_txq_info(struct plx_txq *q, struct plx_queue_info *info);

/**
 * plx_rxq_desc, plx_txq_desc - a descriptor in words
 * @q:     the queue
 * @index: 0 .. descriptors - 1
 * @text:  one line without newline, cut to @size
 * @size:  bytes, at least 1
 *
 * A look from aside for people: the queue may work meanwhile, and the device too.
 * Threads: any that does not race a change of the port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, INDEX), -ENOTSUP (UNSUPPORTED: the queue has no descriptors).
 */
PLX_API int plx_rxq_desc(struct plx_rxq *q, unsigned index, char *text, size_t size);
PLX_API int plx_txq_desc(struct plx_txq *q, unsigned index, char *text, size_t size);

/**
 * plx_drop_name - a drop reason's name, as statistics show it
 * @reason: enum plx_drop
 *
 * Return: a static string such as "no_buffer"; NULL for a value out of range.
 * Threads: any. Burst loop: yes. Errors: none.
 */
PLX_API const char *plx_drop_name(unsigned reason);

/**
 * plx_port_info - what a port is and how it stands
 * @port: the port
 * @info: filled
 *
 * Threads: any that does not race a change of the port. Burst loop: no. Errors: none.
 */
PLX_API void plx_port_info(struct plx_port *port, struct plx_port_info *info);

/**
 * plx_port_set_mtu - change the MTU
 * @port: the port, stopped
 * @mtu:  bytes without Ethernet header and FCS, caps.mtu_min .. caps.mtu_max
 *
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, TOO_LARGE: out of range), -EBUSY (STATE: started), -ENOTSUP
 * (UNSUPPORTED).
 */
PLX_API int plx_port_set_mtu(struct plx_port *port, uint16_t mtu);

/**
 * plx_port_set_mac - change the MAC address
 * @port: the port
 * @mac:  a unicast address that is not all zero
 *
 * Threads: one at a time for a port; its queues may work on. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, BAD_VALUE), -ENOTSUP (UNSUPPORTED), -ENODEV (NO_DEVICE: it is gone).
 */
PLX_API int plx_port_set_mac(struct plx_port *port, const uint8_t mac[6]);

/**
 * plx_port_set_promiscuous - receive all frames, or only those for this port
 * @port: the port
 * @on:   true: all
 *
 * A card may lose frames while it changes over.
 * Threads: one at a time for a port; its queues may work on. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED: this port always receives all), -ENODEV
 * (NO_DEVICE: it is gone), -ETIMEDOUT (TIMEOUT: it does not do what it is told).
 */
PLX_API int plx_port_set_promiscuous(struct plx_port *port, bool on);

/**
 * plx_port_set_allmulti - receive every multicast frame, or only those asked for
 * @port: the port
 * @on:   true: every one
 *
 * Of no consequence while the port is promiscuous.
 * Threads: one at a time for a port; its queues may work on. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED: the port has no such filter), -ENODEV
 * (NO_DEVICE: it is gone).
 */
PLX_API int plx_port_set_allmulti(struct plx_port *port, bool on);

/**
 * plx_port_use_pool - let a port send from a pool
 * @port: the port, configured, stopped or started
 * @pool: a pool that it does not receive into
 *
 * A port whose device reaches memory by itself (PLX_PORT_OWN_POOLS) sends from the pools that it
 * receives into and from those that it is told here: its device can read them from now on, and not
 * write. Packets of other pools are dropped and counted (PLX_DROP_NOT_MAPPED). For any other port
 * there is nothing to do.
 * Good until the port is configured again or closed; the pool must live so long. All of its memory
 * is committed. Asking again costs nothing.
 * Threads: one at a time for a port, and not while the pool's owner takes from it. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -EPERM (ORDER: not configured), -ENOTSUP (UNSUPPORTED: a wrapped
 * pool), -ENOMEM (NOMEM, MEMLOCK), others as plx_iommu_map().
 * Source: docs/architecture.md, "A device's memory".
 */
PLX_API int plx_port_use_pool(struct plx_port *port, struct plx_pool *pool);

/**
 * plx_port_reset - bring the device back to what it was after it was opened
 * @port: the port, stopped
 *
 * For a device that stopped answering sensibly. What was set on the port, its configuration and
 * filters among it, is made so again when it is started. Statistics stay.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -EBUSY (STATE: started), -ENOTSUP (UNSUPPORTED), -ENODEV (NO_DEVICE:
 * it is gone), -ETIMEDOUT (TIMEOUT: it does not come back).
 */
PLX_API int plx_port_reset(struct plx_port *port);

/**
 * plx_port_set_link - take the link up or down
 * @port: the port
 * @up:   false: as if the cable were pulled
 *
 * Stays so until it is set again; a port begins up.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED), -ENODEV (NO_DEVICE), -ETIMEDOUT (TIMEOUT).
 */
PLX_API int plx_port_set_link(struct plx_port *port, bool up);

/*
 * --- filters: what a port that is not promiscuous receives ---
 *
 * They may be set whether the port is started or not, while its queues work, and stay until it is
 * closed. What the device refuses is as it was. Each may also fail with -ENODEV (NO_DEVICE: it is
 * gone).
 */

/**
 * plx_port_mac_add, plx_port_mac_remove - receive frames for one more unicast address
 * @port: the port
 * @mac:  a unicast address that is not all zero
 *
 * Beside the port's own, up to caps.max_macs.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, BAD_VALUE), -ENOTSUP (UNSUPPORTED), -EEXIST (ALREADY: added, or the
 * port's own), -ENOSPC (INDEX: caps.max_macs were added), -ENOENT (INDEX: remove: it was not
 * added).
 */
PLX_API int plx_port_mac_add(struct plx_port *port, const uint8_t mac[6]);
PLX_API int plx_port_mac_remove(struct plx_port *port, const uint8_t mac[6]);

/**
 * plx_port_multicast_add, plx_port_multicast_remove - receive a multicast group
 * @port: the port
 * @mac:  a multicast address other than broadcast, which is always received
 *
 * Many cards compare a hash of it: then others pass, too.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: as plx_port_mac_add(), with caps.max_multicast.
 */
PLX_API int plx_port_multicast_add(struct plx_port *port, const uint8_t mac[6]);
PLX_API int plx_port_multicast_remove(struct plx_port *port, const uint8_t mac[6]);

#define PLX_VLAN_ALL 0xffff /* every VLAN */

/**
 * plx_port_vlan_add, plx_port_vlan_remove - receive frames of a VLAN
 * @port: the port
 * @vid:  0 .. 4095, or PLX_VLAN_ALL
 *
 * Of consequence while the port is configured with PLX_OFFLOAD_RX_VLAN_FILTER. Frames without a tag
 * pass. Adding what is there and removing what is not are nothing to do.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG; TOO_LARGE: no VLAN has that number), -ENOTSUP (UNSUPPORTED).
 */
PLX_API int plx_port_vlan_add(struct plx_port *port, uint16_t vid);
PLX_API int plx_port_vlan_remove(struct plx_port *port, uint16_t vid);

/* --- receive side scaling: which queue a frame goes to --- */

/* What is hashed: the addresses; of TCP and UDP the ports, too. */
enum plx_rss_types {
	PLX_RSS_IPV4 = 1 << 0,
	PLX_RSS_IPV4_TCP = 1 << 1,
	PLX_RSS_IPV4_UDP = 1 << 2,
	PLX_RSS_IPV6 = 1 << 3,
	PLX_RSS_IPV6_TCP = 1 << 4,
	PLX_RSS_IPV6_UDP = 1 << 5,
};

#define PLX_RSS_KEY_MAX   64
#define PLX_RSS_TABLE_MAX 512

/*
 * How frames are spread: the low bits of a Toeplitz hash are the index into a table of queues. What
 * is beyond the port's sizes is 0 when it is seen, and ignored when it is set.
 */
struct plx_rss {
	uint32_t types;                    /* enum plx_rss_types; 0: all to queue 0 */
	uint8_t key[PLX_RSS_KEY_MAX];      /* caps.rss_key_size bytes */
	uint16_t table[PLX_RSS_TABLE_MAX]; /* caps.rss_table_size queues */
};

/**
 * plx_port_rss - how a port spreads what it receives
 * @port: the port, configured
 * @rss:  filled
 *
 * A configuration with several receive queues begins with all caps.rss_types, the key of
 * Microsoft's verification suite, and a table that names the queues in turn; one with a single
 * queue, with no types. Configuring the same number of queues again keeps what was set.
 * Threads: any that does not race a change of the port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -EPERM (ORDER: not configured), -ENOTSUP (UNSUPPORTED).
 * Source: Microsoft, "Verifying the RSS Hash Calculation".
 */
PLX_API int plx_port_rss(struct plx_port *port, struct plx_rss *rss);

/**
 * plx_port_set_rss - change it
 * @port: the port, configured, stopped or started
 * @rss:  all of it
 *
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: as plx_port_rss(); -EINVAL (BAD_VALUE: types that the port does not hash; INDEX: the
 * table names a queue that is not configured), -ENODEV (NO_DEVICE), and then nothing is changed.
 * Source: Microsoft, "RSS Hashing Functions".
 */
PLX_API int plx_port_set_rss(struct plx_port *port, const struct plx_rss *rss);

/* --- flow control --- */

/* IEEE 802.3x pause frames. */
struct plx_flow_control {
	bool rx; /* stop sending when the peer asks to */
	bool tx; /* ask the peer to when the port's buffer fills up */
};

/**
 * plx_port_flow_control, plx_port_set_flow_control - see and set it
 * @port: the port
 * @flow: filled, or what to set; both are off in the beginning
 *
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED), -ENODEV (NO_DEVICE).
 */
PLX_API int plx_port_flow_control(struct plx_port *port, struct plx_flow_control *flow);
PLX_API int plx_port_set_flow_control(struct plx_port *port, const struct plx_flow_control *flow);

/* --- sleeping until something is received --- */

/**
 * plx_rxq_fd - the file to wait on
 * @q:  a receive queue of a port that was configured with interrupts
 * @fd: for poll(2) and epoll(7), readable when it is time to wake; the port's, and perhaps other
 *      queues', too. -1 on failure
 *
 * Threads: any. Burst loop: resolve once.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED: the port was configured without).
 */
PLX_API int plx_rxq_fd(struct plx_rxq *q, int *fd);

/**
 * plx_rxq_arm, plx_rxq_disarm - ask to be woken, once; or no longer
 * @q: the queue
 *
 * Go to sleep only after arm() returned 0 and a burst after that gave nothing: what comes in from
 * arm() on wakes. Then disarm(), which also takes what made the file readable, and poll. Changes of
 * the link, errors of the device and its removal may wake, too: arm() says so, or plx_rxq_status().
 * Threads: the queue's; where queues share a file, all of its sleepers wake.
 * Burst loop: before a sleep and after it; a few register accesses, a system call or two.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED: the port was configured without), -EPERM
 * (NOT_STARTED), -ENODEV (NO_DEVICE: do not sleep).
 */
PLX_API int plx_rxq_arm(struct plx_rxq *q);
PLX_API int plx_rxq_disarm(struct plx_rxq *q);

/* --- registers --- */

/* Some bits of a register, by name; the name NULL ends a list. */
struct plx_reg_field {
	const char *name;
	uint8_t low;  /* the lowest bit */
	uint8_t bits; /* how many */
};

struct plx_port_reg {
	char name[24]; /* as the datasheet has it: "RDBAL0" */
	uint32_t offset;
	uint8_t width; /* bits: 8, 16, 32 */
	uint32_t value;
	const struct plx_reg_field *fields; /* static; NULL: none are told */
};

/**
 * plx_port_regs - a device's registers, by name
 * @port:  the port
 * @regs:  filled; NULL only when @n is 0
 * @n:     how many there is room for
 * @total: how many there are; 0 on failure
 *
 * Those that change when they are read are left out: statistics and interrupt causes.
 * Threads: one at a time for a port. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG), -ENOTSUP (UNSUPPORTED: it has none), -ENODEV (NO_DEVICE: it is gone).
 */
PLX_API int plx_port_regs(struct plx_port *port, struct plx_port_reg *regs, unsigned n,
			  unsigned *total);

enum plx_help_format {
	PLX_HELP_TEXT, /* for a terminal */
	PLX_HELP_MAN,  /* for a man page, mdoc(7) */
};

/**
 * plx_drivers_help - describe the drivers and their keys
 * @out:    where to
 * @driver: one driver's name; NULL: all of them
 * @format: the form
 *
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG, BAD_ENUM; NO_DRIVER: no such driver).
 */
PLX_API int plx_drivers_help(FILE *out, const char *driver, enum plx_help_format format);

PLX_END_DECLS

#endif
