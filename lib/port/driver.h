/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a driver is: a table of its keys and a table of its operations.
 *
 * The core parses and checks keys, allocates, counts references, validates configurations and
 * serialises; a driver's functions are called with all of that done. A driver embeds the structs
 * below as the first member of its own and tells the core their sizes.
 *
 *	struct null_rxq { struct plx_rxq base; ... };
 */
#ifndef PLX_PORT_DRIVER_H
#define PLX_PORT_DRIVER_H

#include <pollux/port.h>

#include "core/ctx.h"
#include "core/error.h"
#include "pkt/ports.h"

#include <stdatomic.h>

/* Keys: one table gives the parser, the checks, the help and the man page. */
enum plx_key_type {
	PLX_KEY_UINT,   /* uint64_t, min .. max */
	PLX_KEY_BOOL,   /* bool: on, off, yes, no, 1, 0 */
	PLX_KEY_STRING, /* const char *, good while the device lives */
	PLX_KEY_CHOICE, /* unsigned, index into choices */
};

struct plx_key {
	const char *name; /* NULL ends the table */
	enum plx_key_type type;
	size_t offset; /* of the member in the driver's args struct */
	uint64_t min, max;
	const char *initial;        /* text of the default; NULL: 0, off, NULL */
	const char *value;          /* what help calls a string: "FILE"; NULL: "NAME" */
	const char *const *choices; /* NULL ends the list */
	const char *help;           /* what it does, with its unit; a phrase without full stop */
	bool required;
};

/*
 * A register, or @count of them @stride bytes apart, whose names get numbers: RDBAL0, RDBAL1. Only
 * those that may be read at any time without a change to the device.
 */
struct plx_reg_desc {
	const char *name; /* of the datasheet */
	uint32_t offset;
	uint8_t width; /* bits: 8, 16, 32 */
	uint16_t count, stride;
	const struct plx_reg_field *fields; /* NULL: none */
};

/* A PCI function that a driver drives. */
struct plx_pci_id {
	uint16_t vendor, device;
	const char *name; /* "82574L" */
};

struct plx_driver;
struct plx_xstats;

struct plx_device {
	struct plx_device *next;
	struct plx_ctx *ctx;
	const struct plx_driver *driver;
	char *spec;          /* as opened */
	char *text;          /* what strings in args point into */
	void *args;          /* the driver's args struct, parsed */
	unsigned n_ports;    /* set by open_device(); 1 before */
	uint32_t ports_open; /* bit i: port i is open; so at most 32 */
};

/* A unicast or multicast address that a port receives. */
struct plx_mac {
	uint8_t bytes[6];
};

#define PLX_VLANS 4096

struct plx_port {
	struct plx_child child;
	struct plx_device *device;
	unsigned index;  /* among its device's ports */
	uint16_t number; /* in the context */
	enum { PLX_PORT_OPENED, PLX_PORT_CONFIGURED, PLX_PORT_STARTED } state;
	uint8_t mac[6];
	uint16_t mtu;
	int node; /* NUMA node; -1, as it begins: none */
	bool promiscuous, allmulti;
	uint32_t offloads; /* enum plx_offloads, of the configuration */
	uint16_t rxd, txd, n_rxq, n_txq, rx_max_entries;
	struct plx_port_caps caps;
	const struct plx_reg_desc *regs; /* NULL: the driver's; open_port() may know better */
	struct plx_rxq **rxqs;
	struct plx_txq **txqs;

	/*
	 * What is set on the port. The core changes it, then calls the driver to make it so, in any
	 * state of the port, and puts the old back if that fails; start() makes all of it so.
	 */
	bool link_down; /* by its user's wish */
	bool interrupts;
	struct plx_mac *macs, *multicast; /* beside `mac`; caps.max_macs and max_multicast fit */
	uint16_t n_macs, n_multicast;
	uint64_t vlans[PLX_VLANS / 64]; /* a bit for each that is received */
	struct plx_rss rss;
	struct plx_flow_control flow;
};

/* Written by the queue's thread alone, read by any: see plx_count(). */
struct plx_queue_counts {
	_Atomic uint64_t packets, bytes, short_bursts, drops[PLX_DROP_COUNT_];
};

struct plx_rxq {
	struct plx_queue_head head; /* first: the inline burst call reads it */
	struct plx_port *port;
	struct plx_pool *pool;
	uint16_t index;
	uint16_t port_number;
	uint16_t max_entries;
	plx_rx_burst_fn whole_burst;    /* the driver's: of calls with room for the longest frame */
	struct plx_queue_stats cleared; /* what to subtract */
	_Alignas(PLX_CACHE_LINE) struct plx_queue_counts counts;
};

struct plx_txq {
	struct plx_queue_head head;
	struct plx_port *port;
	uint16_t index;
	struct plx_queue_stats cleared;
	_Alignas(PLX_CACHE_LINE) struct plx_queue_counts counts;
};

/* Every operation may be NULL but those said to be mandatory. All return 0 or plx_fail(). */
struct plx_driver {
	const char *name;
	const char *summary; /* one line for help */
	const struct plx_key *keys;
	size_t args_size, device_size, port_size, rxq_size, txq_size;

	/* The device: args are parsed. open_device() may set n_ports. */
	int (*open_device)(struct plx_device *device);
	void (*close_device)(struct plx_device *device);
	/* True when the device that is open is the one that @args mean; NULL: never. */
	bool (*same_device)(const struct plx_device *device, const void *args);

	/* Fill caps, mac, mtu. Mandatory. */
	int (*open_port)(struct plx_port *port);
	void (*close_port)(struct plx_port *port);

	/* A configuration that the core found good. The driver may still refuse it. */
	int (*check_conf)(struct plx_port *port, const struct plx_port_conf *conf);

	/* Mandatory. init_rxq() may raise max_entries. A queue that failed is not exited. */
	int (*init_rxq)(struct plx_rxq *q);
	int (*init_txq)(struct plx_txq *q);
	void (*exit_rxq)(struct plx_rxq *q);
	void (*exit_txq)(struct plx_txq *q);

	int (*start)(struct plx_port *port);
	int (*stop)(struct plx_port *port);

	plx_rx_burst_fn rx_burst; /* mandatory if it can receive, unless it chooses: */
	plx_tx_burst_fn tx_burst; /* mandatory if it can send, unless ... */
	/* The function for this queue, by its port's offloads, say; called when the port starts. */
	plx_rx_burst_fn (*choose_rx)(struct plx_rxq *q);
	plx_tx_burst_fn (*choose_tx)(struct plx_txq *q);
	int (*rxq_status)(struct plx_rxq *q);
	int (*txq_status)(struct plx_txq *q);

	void (*link)(struct plx_port *port, struct plx_link *link); /* NULL: up, no rate */
	int (*set_mtu)(struct plx_port *port, uint16_t mtu);
	int (*set_mac)(struct plx_port *port, const uint8_t mac[6]);
	int (*set_promiscuous)(struct plx_port *port, bool on);
	int (*set_allmulti)(struct plx_port *port, bool on);

	/* Make what is in @port so. NULL: that it is there is enough, or start() does it. */
	int (*set_filters)(struct plx_port *port); /* macs, multicast, vlans */
	int (*set_rss)(struct plx_port *port);
	int (*set_flow_control)(struct plx_port *port);
	int (*set_link)(struct plx_port *port); /* link_down */
	/* NULL: it may send from any pool. */
	int (*use_pool)(struct plx_port *port, struct plx_pool *pool);

	/* Mandatory if caps.features has RESET (of a stopped port), INTERRUPTS, REGS. */
	int (*reset)(struct plx_port *port);
	int (*rxq_fd)(struct plx_rxq *q, int *fd);
	int (*rxq_arm)(struct plx_rxq *q, bool on);
	const struct plx_reg_desc *regs; /* name NULL ends them */
	int (*read_reg)(struct plx_port *port, const struct plx_reg_desc *reg, uint32_t offset,
			uint32_t *value);

	const struct plx_pci_id *ids; /* the functions that it drives; vendor 0 ends them */

	/* Take over what others count, such as the kernel: any thread's plx_port_stats(). */
	void (*read_stats)(struct plx_port *port);
	/* The driver's own statistics, through plx_xstats_add(). */
	void (*xstats)(struct plx_port *port, struct plx_xstats *x);
	/* Fill info->how. NULL: nothing to say. */
	void (*rxq_info)(struct plx_rxq *q, struct plx_queue_info *info);
	void (*txq_info)(struct plx_txq *q, struct plx_queue_info *info);
	/* A descriptor in words; @index is below the port's rxd or txd. NULL: it has none. */
	void (*rxq_desc)(struct plx_rxq *q, unsigned index, char *text, size_t size);
	void (*txq_desc)(struct plx_txq *q, unsigned index, char *text, size_t size);
};

/* A list of statistics that is being filled: lib/port/xstats.c. */
struct plx_xstats {
	struct plx_xstat *list;
	unsigned room, n; /* n goes on counting past room */
};

void plx_xstats_add(struct plx_xstats *x, uint64_t value, const char *fmt, ...) PLX_PRINTF(3, 4);

/* The pool that a configuration gives to a receive queue. */
static inline struct plx_pool *plx_conf_pool(const struct plx_port_conf *conf, unsigned queue)
{
	return conf->rx_pools ? conf->rx_pools[queue] : conf->rx_pool;
}

/*
 * Is there room in every receive pool for a frame of @longest bytes? Without it no burst would ever
 * give that frame. Return: 0; -EINVAL (TOO_LARGE), -ENOTSUP (UNSUPPORTED: a wrapped pool).
 */
int plx_check_rx_pools(const struct plx_port *port, const struct plx_port_conf *conf,
		       uint32_t longest);

/* All drivers, NULL at the end: drivers/net/table.c. */
extern const struct plx_driver *const plx_drivers[];

/* Add to a count of the queue's own thread: no other writes it, so no locked instruction. */
static inline void plx_count(_Atomic uint64_t *count, uint64_t n)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

/* The two sums of a burst. */
static inline void plx_count_burst(struct plx_queue_counts *counts, unsigned packets,
				   uint64_t bytes)
{
	plx_count(&counts->packets, packets);
	plx_count(&counts->bytes, bytes);
}

/* The PLX_PKT_TX_ flags that a port may be asked for once it is configured with @offloads. */
static inline uint32_t plx_tx_work(uint32_t offloads)
{
	uint32_t work = 0;

	if (offloads & PLX_OFFLOAD_TX_CSUM)
		work |= PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM;
	if (offloads & PLX_OFFLOAD_TX_TSO)
		work |= PLX_PKT_TX_TSO | PLX_PKT_TX_TCP_CSUM;
	if (offloads & PLX_OFFLOAD_TX_IP_CSUM)
		work |= PLX_PKT_TX_IP_CSUM;
	if (offloads & PLX_OFFLOAD_TX_VLAN)
		work |= PLX_PKT_TX_VLAN;
	return work;
}

/* A locally administered MAC address of its own for a port without hardware: 02:70:6c:78:n:n. */
void plx_soft_mac(struct plx_port *port);

#endif
