/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * e1000: Intel's 82540EM, 82545EM and 82574L. In the order of a datasheet:
 *
 *	regs.h       registers and descriptors
 *	init.c       keys, ids, reset, EEPROM, the port: open, configure, start, stop
 *	phy.c        the PHY through MDIC, link, flow control
 *	filter.c     which frames are received: RAL/RAH, MTA, VFTA, promiscuous
 *	rss.c        to which queue they go: MRQC, RETA, RSSRK
 *	queue.c      rings: their memory, registers, start and stop
 *	rx.c, tx.c   the burst functions
 *	intr.c       ICR, IMS, IMC: waking sleepers
 *	stats.c      the card's counters
 *	registers.c  the table for "show port N regs"
 *
 * The 8254x differ for a driver in the bus that they may be on. The 82574 (QEMU: e1000e) is the MAC
 * of the 8254x behind PCI Express: extended receive descriptors, a second queue each way, RSS, a
 * checksum verdict for UDP, and an ownership of MDIO that is agreed on with the card's firmware.
 *
 * Memory that the card writes is read word by word, each once, and nothing in it is followed
 * before it was checked against what the queue has posted.
 */
#ifndef PLX_NET_E1000_H
#define PLX_NET_E1000_H

#include "nic/nic.h"
#include "regs.h"

#define ETH_HDR  14
#define VLAN_LEN 4
#define FCS_LEN  4

/* What differs between the cards. */
struct e1000_model {
	uint16_t max_frame;  /* bytes with tag and FCS */
	uint8_t queues;      /* each way */
	uint8_t rars;        /* RAL/RAH that are the driver's */
	uint8_t eerd_done;   /* bit of EERD */
	uint8_t eerd_addr;   /* first bit of the address in EERD */
	uint8_t rx_kb;       /* of the packet buffer: what is to be received, */
	uint8_t rx_kb_jumbo; /* with frames that need more room to be sent */
	bool pcie;           /* 82574 */
};

enum { E1000_COUNTERS = 64 }; /* room for those of stats.c */

struct e1000_device {
	struct plx_nic nic;
	struct plx_regs regs;
	const struct e1000_model *model;
	uint8_t mac[6]; /* the EEPROM's */
	bool running;   /* between start and stop */
	uint32_t armed; /* receive queues that are to wake somebody; nic.lock */
	/* stats.c, nic.lock */
	uint64_t counts[E1000_COUNTERS], missed[2];
	uint32_t kept[2];
};

/* A descriptor: two little endian words, for plx_read64_relaxed() and plx_write64_relaxed(). */
struct e1000_desc {
	uint64_t lo, hi;
};

/* A ring and the driver's place in it. Indices run freely; their low bits are the slot. */
struct e1000_ring {
	struct e1000_desc *desc;
	uint32_t mask; /* slots - 1 */
	uint32_t head; /* first that the card has */
	uint32_t tail; /* first that it does not: [head, tail) are at most mask slots, never all */
	uint32_t tail_reg;
	volatile uint32_t *doorbell; /* tail_reg mapped; or NULL */
	uint64_t iova;
};

struct e1000_rxq {
	struct plx_rxq base;
	struct e1000_device *device;
	struct e1000_ring ring;
	uint8_t **buffers; /* by slot: what is posted in [head, tail) */
	uint64_t offset;   /* of the pool: IOVA - virtual address */
	uint32_t size;     /* bytes that the card writes to a buffer at most */
	uint32_t refill;   /* free slots from which on it is worth a doorbell */
	uint16_t pool;     /* its number */
	bool extended;     /* kind of descriptors */
	bool found;        /* offloads: entries say what the card found */
	bool skipping;     /* in the middle of a frame that is dropped */
	_Alignas(PLX_CACHE_LINE) _Atomic uint64_t
		errors; /* frames with a receive error, of the queue's thread */
};

/* Neighbours in a ring to whose slots the same applies when they are sent. */
struct e1000_run {
	uint32_t end;  /* the first slot after them */
	uint16_t pool; /* that their buffers are of; 0: slots without a packet of their own */
	bool shared;   /* PLX_PKT_SHARED */
};

struct e1000_txq {
	struct plx_txq base;
	struct e1000_device *device;
	struct e1000_ring ring;
	uint8_t **sent; /* by slot: an address in the packet's buffer */
	struct e1000_run *runs;
	uint32_t run_head, run_tail;
	uint32_t *marks; /* where batches end of which the card reports that they are sent */
	uint32_t mark_head, mark_tail;
	uint32_t marked;           /* ring.tail when the last was made */
	uint64_t last;             /* second word of the last descriptor written */
	uint32_t work;             /* PLX_PKT_TX_ flags that it can do */
	uint32_t piece;            /* bytes of a data descriptor at most, */
	uint32_t plain_max;        /* and of a frame that goes into one */
	bool after_tso;            /* the frame before was segmented, by an 8254x */
	struct e1000_desc context; /* that the card has; lo 0: none */
};

static inline struct e1000_device *e1000_device(const struct plx_port *port)
{
	return (struct e1000_device *)port->device;
}

static inline uint32_t e1000_read(const struct e1000_device *device, uint32_t reg)
{
	return plx_reg_read32(&device->regs, reg);
}

static inline void e1000_write(const struct e1000_device *device, uint32_t reg, uint32_t v)
{
	plx_reg_write32(&device->regs, reg, v);
}

static inline void e1000_set(const struct e1000_device *device, uint32_t reg, uint32_t clear,
			     uint32_t set)
{
	e1000_write(device, reg, (e1000_read(device, reg) & ~clear) | set);
}

static inline struct e1000_desc *e1000_slot(const struct e1000_ring *ring, uint32_t index)
{
	return &ring->desc[index & ring->mask];
}

static inline void e1000_post(struct e1000_desc *desc, uint64_t lo, uint64_t hi)
{
	plx_write64_relaxed(&desc->lo, lo);
	plx_write64_relaxed(&desc->hi, hi);
}

/* Slots that may be given to the card: with all of them, full would look like empty. */
static inline uint32_t e1000_room(const struct e1000_ring *ring)
{
	return ring->mask - (ring->tail - ring->head);
}

static inline void e1000_ring_doorbell(const struct e1000_device *device,
				       const struct e1000_ring *ring)
{
	plx_io_wmb();
	if (ring->doorbell)
		plx_write32_relaxed(ring->doorbell, ring->tail & ring->mask);
	else
		e1000_write(device, ring->tail_reg, ring->tail & ring->mask);
}

/* init.c. Here and below, those that return int fail by plx_fail(). */
void plx_e1000_pause(unsigned us);
int plx_e1000_here(struct e1000_device *device);
/* Receive and send, or not: RCTL and TCTL from what is set on the port. */
void plx_e1000_enable(const struct plx_port *port);

/* phy.c */
int plx_e1000_phy_up(struct e1000_device *device);
int plx_e1000_set_link(struct plx_port *port);
void plx_e1000_link(struct plx_port *port, struct plx_link *link);
int plx_e1000_set_flow_control(struct plx_port *port);
/* MDIO and the EEPROM are shared with the firmware of the 82574. */
int plx_e1000_own_mdio(struct e1000_device *device);
void plx_e1000_disown_mdio(struct e1000_device *device);

/* filter.c */
void plx_e1000_set_rctl(const struct plx_port *port, bool promiscuous, bool allmulti);
int plx_e1000_set_filters(struct plx_port *port);
int plx_e1000_set_mac(struct plx_port *port, const uint8_t mac[6]);
int plx_e1000_set_promiscuous(struct plx_port *port, bool on);
int plx_e1000_set_allmulti(struct plx_port *port, bool on);

/* rss.c */
#define E1000_RSS_TYPES (PLX_RSS_IPV4 | PLX_RSS_IPV4_TCP | PLX_RSS_IPV6 | PLX_RSS_IPV6_TCP)
int plx_e1000_set_rss(struct plx_port *port);

/* queue.c */
#define E1000_BATCH \
	32 /* descriptors of a doorbell that is worth it, or of a report of what was sent */
/* Bytes of a buffer that the card uses where a pool's have @room: a power of two; 0: too small. */
uint32_t plx_e1000_buffer_size(uint32_t room);
/* The longest frame that the card receives with an MTU, without FCS. */
uint32_t plx_e1000_longest(uint16_t mtu);
bool plx_e1000_long_packets(uint16_t mtu);
int plx_e1000_check_conf(struct plx_port *port, const struct plx_port_conf *conf);
int plx_e1000_init_rxq(struct plx_rxq *base);
int plx_e1000_init_txq(struct plx_txq *base);
void plx_e1000_exit_rxq(struct plx_rxq *base);
void plx_e1000_exit_txq(struct plx_txq *base);
/* Program the rings of the port's queues, empty; or those that it lacks, as none. */
void plx_e1000_start_queues(struct plx_port *port);
/* Post buffers: the card is on. */
void plx_e1000_fill_queues(struct plx_port *port);
/* The card has stopped: every buffer goes back to its pool. */
void plx_e1000_drain_queues(struct plx_port *port);
int plx_e1000_set_mtu(struct plx_port *port, uint16_t mtu);
void plx_e1000_rxq_info(struct plx_rxq *base, struct plx_queue_info *info);
void plx_e1000_txq_info(struct plx_txq *base, struct plx_queue_info *info);

/* rx.c */
plx_rx_burst_fn plx_e1000_choose_rx(struct plx_rxq *base);
void plx_e1000_rxq_fill(struct e1000_rxq *q);
void plx_e1000_rxq_drain(struct e1000_rxq *q);
void plx_e1000_rxq_desc(struct plx_rxq *base, unsigned index, char *text, size_t size);

/* tx.c */
#define E1000_MAX_DATA      8192 /* bytes of one data descriptor: less than the card's FIFO has */
#define E1000_MAX_DATA_PCIX 2015 /* and on a PCI-X bus (82545EM Specification Update) */
#define E1000_MAX_DESCS     127  /* of one frame, its context included: room of the smallest ring */
void plx_e1000_tx_limits(struct e1000_txq *q);
unsigned plx_e1000_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n);
void plx_e1000_txq_drain(struct e1000_txq *q);
void plx_e1000_txq_desc(struct plx_txq *base, unsigned index, char *text, size_t size);

/* intr.c */
/* Nothing interrupts, and no cause is left over. */
void plx_e1000_mask(struct e1000_device *device);
int plx_e1000_rxq_fd(struct plx_rxq *base, int *fd);
int plx_e1000_rxq_arm(struct plx_rxq *base, bool on);

/* stats.c */
/* Take over what the card has counted; and count from zero. */
void plx_e1000_count(struct e1000_device *device);
void plx_e1000_forget_counts(struct e1000_device *device);
/* A queue's statistics begin now, and the card's are those of the first one. */
void plx_e1000_count_anew(struct e1000_rxq *q);
void plx_e1000_read_stats(struct plx_port *port);
void plx_e1000_xstats(struct plx_port *port, struct plx_xstats *x);

/* registers.c */
extern const struct plx_reg_desc plx_e1000_regs_8254x[], plx_e1000_regs_82574[];
int plx_e1000_read_reg(struct plx_port *port, const struct plx_reg_desc *reg, uint32_t offset,
		       uint32_t *value);

#endif
