/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtl8139: the Fast Ethernet card RTL8139C(L), driven as an NDIS miniport would:
 * docs/guide/coming-from-ndis.md goes through this driver.
 *
 *	regs.h       registers
 *	init.c       keys, what the device takes and gives back, reset, start, stop
 *	filter.c     MAC address, multicast hash, what is received
 *	rx.c         the receive ring in shared memory
 *	tx.c         four descriptors, a map register for each
 *	link.c       the link
 *	interrupt.c  sleeping until something is received
 *	stats.c      what the card counts, and what happened
 *	registers.c  registers to show
 *
 * Every access of a register is a system call (plx_ioport_caps()): bursts make few of them.
 */
#ifndef PLX_NET_RTL8139_H
#define PLX_NET_RTL8139_H

#include "regs.h"

#include "core/lock.h"
#include "nic/nic.h"

#include <time.h>

#define RTL_ETH_HDR  14
#define RTL_FCS      4
#define RTL_VLAN_TAG 4
#define RTL_ETH_MIN  60 /* without FCS; the card pads nothing */

#define RTL_TX_DESCS 4
#define RTL_TX_MAX   1792 /* datasheet, TSD: longer ones break the order of the descriptors */
#define RTL_MTU_MAX  (RTL_TX_MAX - RTL_ETH_HDR - 2 * RTL_VLAN_TAG)

struct rtl8139_args {
	struct plx_nic_args nic;
	unsigned rx_ring; /* RCR.RBLEN */
};

/* What happens now and then, each an xstat. */
enum rtl8139_event {
	/* with the receiver's lock: bits of ISR that were seen set, */
	RTL_RX_ERROR,
	RTL_TX_ERROR,
	RTL_RX_OVERFLOW,
	RTL_FIFO_OVERFLOW,
	/* and what was done about them; */
	RTL_RX_RESTART,
	/* by the transmit queue's thread: bits of TSD, */
	RTL_TX_UNDERRUN,
	RTL_TX_ABORT,
	RTL_TX_CARRIER_LOST,
	RTL_TX_LATE_COLLISION,
	RTL_TX_COLLISIONS,
	/* and what it did */
	RTL_TX_COALESCED,
	RTL_TX_TIMEOUT,
	RTL_EVENTS
};

struct rtl8139_device {
	struct plx_nic nic;
	plx_ioport_t io; /* names port 0 of the card */
	uint32_t first;  /* its number */
	bool has_mapregs;
	volatile uint8_t *view; /* the registers, to look at; NULL: by ports only */
	uint8_t mac[6];         /* of the EEPROM */

	/* Shared memory */
	uint8_t *ring, *coalesce;
	uint64_t ring_iova, coalesce_iova;
	uint32_t ring_size;

	/*
	 * The receiver is stopped and started when its filter changes and when it went astray, so a
	 * burst holds this lock. Nobody else wants it but for the moment of such a change.
	 */
	struct plx_lock receiver;
	uint32_t rcr;
	bool receive;     /* it is to be on */
	uint32_t at;      /* where in the ring the next frame begins, */
	uint64_t partial; /* and us: since when it is known not to be whole; 0: it is not */
	struct plx_error rx_failed; /* why it could not be started again; err 0: it could */

	atomic_bool silent;         /* the link is down by its user's wish */
	uint32_t mpc;               /* as it was last read, under nic.lock; */
	uint64_t missed;            /* and what it came to */
	_Atomic uint64_t abandoned; /* frames in the ring when the receiver was stopped */
	_Atomic uint64_t events[RTL_EVENTS];
};

struct rtl8139_rxq {
	struct plx_rxq base;
	struct plx_pkt like; /* every packet it gives, but for buffer and length */
	uint32_t room;       /* bytes of a buffer */
	uint32_t longest;    /* bytes of a frame that is not dropped */
	uint32_t idle;       /* bursts that found nothing */
};

/* A transmit descriptor, and the map register of the same number. */
struct rtl8139_desc {
	struct plx_buf buf; /* what the map register was started with */
	struct plx_pkt pkt; /* what is given back when the card is done; pool 0: nothing */
	uint32_t bytes;     /* of the frame */
	uint64_t since;     /* us: when the card got it */
	uint64_t retried;   /* us: when it was last told to try again; 0: never */
};

struct rtl8139_txq {
	struct plx_txq base;
	uint32_t head, tail; /* frames given to the card, frames that it is done with */
	struct rtl8139_desc descs[RTL_TX_DESCS];
	struct plx_error failed; /* err 0: it works */
};

static inline struct rtl8139_device *rtl8139_of(const struct plx_port *port)
{
	return (struct rtl8139_device *)port->device;
}

static inline uint64_t rtl8139_now(void) /* us */
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Bytes of the longest frame at an MTU, which counts no VLAN tags, without FCS. */
static inline uint32_t rtl8139_longest(unsigned mtu)
{
	return mtu + RTL_ETH_HDR + 2 * RTL_VLAN_TAG;
}

/* --- init.c --- */

/* Until the bits @mask of CR are 0: 0; -ETIMEDOUT (TIMEOUT), -ENODEV (NO_DEVICE: all ones). */
int plx_rtl8139_wait_cr(struct rtl8139_device *d, uint8_t mask, const char *what);

/* --- filter.c --- */

void plx_rtl8139_write_mac(struct rtl8139_device *d, const uint8_t mac[6]);
void plx_rtl8139_write_multicast(struct rtl8139_device *d, const struct plx_port *port, bool all);
uint32_t plx_rtl8139_rcr(const struct plx_port *port, bool promiscuous);
int plx_rtl8139_set_mac(struct plx_port *port, const uint8_t mac[6]);
int plx_rtl8139_set_promiscuous(struct plx_port *port, bool on);
int plx_rtl8139_set_allmulti(struct plx_port *port, bool on);
int plx_rtl8139_set_filters(struct plx_port *port);

/* --- rx.c --- */

/* The port is not started yet. */
void plx_rtl8139_rx_start(struct rtl8139_device *d);
/*
 * Have it go on with what d->rcr and d->receive are now. What is in the ring is lost, and counted.
 * The receiver is locked. Errors: as plx_rtl8139_wait_cr(); the queue says so from then on.
 */
int plx_rtl8139_rx_restart(struct rtl8139_device *d);
int plx_rtl8139_check_conf(struct plx_port *port, const struct plx_port_conf *conf);
int plx_rtl8139_set_mtu(struct plx_port *port, uint16_t mtu);
int plx_rtl8139_init_rxq(struct plx_rxq *base);
void plx_rtl8139_exit_rxq(struct plx_rxq *base);
unsigned plx_rtl8139_rx_burst(struct plx_rxq *base, struct plx_pkt *pkts, unsigned n);
int plx_rtl8139_rxq_status(struct plx_rxq *base);
void plx_rtl8139_rxq_info(struct plx_rxq *base, struct plx_queue_info *info);

/* --- tx.c --- */

void plx_rtl8139_tx_start(struct rtl8139_txq *q);
/* Wait a while for what the card was given. */
void plx_rtl8139_tx_drain(struct rtl8139_txq *q);
/* The transmitter is off: take back what it did not send. */
void plx_rtl8139_tx_stop(struct rtl8139_txq *q);
int plx_rtl8139_init_txq(struct plx_txq *base);
void plx_rtl8139_exit_txq(struct plx_txq *base);
unsigned plx_rtl8139_tx_burst(struct plx_txq *base, const struct plx_pkt *pkts, unsigned n);
int plx_rtl8139_txq_status(struct plx_txq *base);
void plx_rtl8139_txq_info(struct plx_txq *base, struct plx_queue_info *info);
void plx_rtl8139_txq_desc(struct plx_txq *base, unsigned index, char *text, size_t size);

/* --- link.c --- */

void plx_rtl8139_link(struct plx_port *port, struct plx_link *link);
int plx_rtl8139_set_link(struct plx_port *port);

/* --- interrupt.c --- */

int plx_rtl8139_rxq_fd(struct plx_rxq *q, int *fd);
int plx_rtl8139_rxq_arm(struct plx_rxq *q, bool on);

/* --- stats.c --- */

static inline void rtl8139_count(struct rtl8139_device *d, enum rtl8139_event event, uint64_t n)
{
	plx_count(&d->events[event], n);
}

/* Count the errors that ISR tells of, and clear them. The receiver is locked. Return: ISR. */
uint16_t plx_rtl8139_take_errors(struct rtl8139_device *d);
/* Take over what MPC says; count what it says from now on. nic.lock is held. */
void plx_rtl8139_read_mpc(struct rtl8139_device *d);
void plx_rtl8139_mpc_anew(struct rtl8139_device *d);
void plx_rtl8139_read_stats(struct plx_port *port);
void plx_rtl8139_xstats(struct plx_port *port, struct plx_xstats *x);

/* --- registers.c --- */

extern const struct plx_reg_desc plx_rtl8139_regs[];
int plx_rtl8139_read_reg(struct plx_port *port, const struct plx_reg_desc *reg, uint32_t offset,
			 uint32_t *value);

#endif
