/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers of the RTL8139C(L), by the names and in the order of its datasheet (Realtek, rev. 1.4).
 * They are 256 ports, BAR 0, and the same 256 bytes of memory, BAR 1.
 */
#ifndef PLX_NET_RTL8139_REGS_H
#define PLX_NET_RTL8139_REGS_H

#define RTL_PORTS 256

enum rtl8139_reg {
	RTL_IDR0 = 0x00, /* MAC address; to be written 32 bits at a time */
	RTL_IDR4 = 0x04,
	RTL_MAR0 = 0x08, /* multicast hash, 64 bits; to be written 32 bits at a time */
	RTL_MAR4 = 0x0c,
	RTL_TSD0 = 0x10,  /* 32 bits, four of them: transmit status of a descriptor */
	RTL_TSAD0 = 0x20, /* 32 bits, four of them: transmit start address */
	RTL_RBSTART = 0x30,
	RTL_CR = 0x37,   /* 8 bits */
	RTL_CAPR = 0x38, /* 16 bits: how far the driver has read the ring, less 16 */
	RTL_CBR = 0x3a,  /* 16 bits: how far the card has written it */
	RTL_IMR = 0x3c,  /* 16 bits */
	RTL_ISR = 0x3e,  /* 16 bits; ones that are written clear */
	RTL_TCR = 0x40,
	RTL_RCR = 0x44,
	RTL_MPC = 0x4c,    /* 24 bits: frames lost for want of room */
	RTL_9346CR = 0x50, /* 8 bits */
	RTL_MSR = 0x58,    /* 8 bits */
	RTL_TSAD = 0x60,   /* 16 bits: transmit status of all descriptors */
	RTL_BMCR = 0x62,   /* 16 bits, as those below: of the PHY, IEEE 802.3 clause 22 */
	RTL_ANAR = 0x66,
	RTL_ANLPAR = 0x68,
};

/* TSD */
#define TSD_SIZE         0x1fffu
#define TSD_OWN          (1u << 13) /* the driver's again: the frame is in the FIFO */
#define TSD_TUN          (1u << 14) /* the FIFO ran empty; without TOK the frame is lost */
#define TSD_TOK          (1u << 15)
#define TSD_ERTXTH_SHIFT 16 /* bytes / 32: how much is in the FIFO when the card begins to send */
#define TSD_NCC_SHIFT    24 /* four bits: collisions */
#define TSD_OWC          (1u << 29)
#define TSD_TABT         (1u << 30)
#define TSD_CRS          (1u << 31)

/* CR */
#define CR_BUFE (1u << 0) /* the ring is empty */
#define CR_TE   (1u << 2)
#define CR_RE   (1u << 3)
#define CR_RST  (1u << 4)

/* ISR, IMR */
#define ISR_ROK   (1u << 0)
#define ISR_RER   (1u << 1)
#define ISR_TER   (1u << 3)
#define ISR_RXOVW (1u << 4) /* the ring is full */
#define ISR_PUN   (1u << 5) /* packet underrun, or the link has changed */
#define ISR_FOVW  (1u << 6)
#define ISR_SERR  (1u << 15)

/* TCR */
#define TCR_CLRABT       (1u << 0)
#define TCR_MXDMA_2048   (7u << 8)
#define TCR_IFG_STANDARD (3u << 24)

/* RCR */
#define RCR_AAP             (1u << 0) /* accept frames to any address, */
#define RCR_APM             (1u << 1) /* to that in IDR, */
#define RCR_AM              (1u << 2) /* to groups that MAR lets through, */
#define RCR_AB              (1u << 3) /* to all */
#define RCR_MXDMA_UNLIMITED (7u << 8)
#define RCR_RBLEN_SHIFT     11         /* 8 KiB << RBLEN, */
#define RTL_RX_SLACK        16         /* and so many bytes more */
#define RCR_RXFTH_NONE      (7u << 13) /* to memory when the whole frame is in the FIFO */

/* 9346CR */
#define EEM_NORMAL       0x00
#define EEM_CONFIG_WRITE 0xc0

/* MSR */
#define MSR_LINKB    (1u << 2) /* the link is down */
#define MSR_SPEED_10 (1u << 3)

/* BMCR */
#define BMCR_DUPLEX (1u << 8)
#define BMCR_ANE    (1u << 12)

/* ANAR, ANLPAR */
#define AN_10FD (1u << 6)
#define AN_TX   (1u << 7)
#define AN_TXFD (1u << 8)

/* What stands before each frame in the receive ring: 16 bits of status, 16 of length with FCS. */
#define RSR_ROK       (1u << 0)
#define RSR_ERRORS    0x3eu /* FAE, CRC, LONG, RUNT, ISE */
#define RSR_LEN_SHIFT 16
#define RTL_RX_HEADER 4
/* The length of a frame that is still being written: not in the datasheet, but as cards do it. */
#define RTL_RX_UNFINISHED 0xfff0

#endif
