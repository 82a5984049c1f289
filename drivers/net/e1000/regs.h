/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers and descriptors, by the names of the datasheets:
 *
 *	8254x	PCI/PCI-X Family of Gigabit Ethernet Controllers
 *		Software Developer's Manual, 317453 (chapters 3 and 13)
 *	82574	82574 GbE Controller Family Datasheet, 317694 (chapters 7 and 10)
 *
 * "82574" in a comment: the 8254x lacks it.
 */
#ifndef PLX_NET_E1000_REGS_H
#define PLX_NET_E1000_REGS_H

#include <stdint.h>

#define E1000_BAR_SIZE 0x20000 /* 128 KiB of memory in BAR 0 */

#define E1000_CTRL          0x0000    /* Device Control */
#define E1000_CTRL_GIO_DIS  (1u << 2) /* 82574: GIO Master Disable */
#define E1000_CTRL_LRST     (1u << 3)
#define E1000_CTRL_ASDE     (1u << 5) /* Auto-Speed Detection Enable */
#define E1000_CTRL_SLU      (1u << 6) /* Set Link Up */
#define E1000_CTRL_ILOS     (1u << 7) /* Invert Loss-of-Signal */
#define E1000_CTRL_FRCSPD   (1u << 11)
#define E1000_CTRL_FRCDPLX  (1u << 12)
#define E1000_CTRL_ADVD3WUC (1u << 20)
#define E1000_CTRL_RST      (1u << 26)
#define E1000_CTRL_RFCE     (1u << 27) /* Receive Flow Control Enable */
#define E1000_CTRL_TFCE     (1u << 28)
#define E1000_CTRL_RSVD_29  (1u << 29) /* 82574: to be 0 */
#define E1000_CTRL_VME      (1u << 30) /* VLAN Mode Enable */

#define E1000_STATUS          0x0008 /* Device Status */
#define E1000_STATUS_FD       (1u << 0)
#define E1000_STATUS_LU       (1u << 1)
#define E1000_STATUS_SPEED(v) ((v) >> 6 & 3) /* 0: 10, 1: 100, 2 and 3: 1000 Mb/s */
#define E1000_STATUS_PCIX     (1u << 13)     /* 8254x: PCIX_MODE: on a PCI-X bus */
#define E1000_STATUS_GIO_EN   (1u << 19)     /* 82574: GIO Master Enable Status */

#define E1000_EECD     0x0010    /* EEPROM/Flash Control & Data */
#define E1000_EECD_ARD (1u << 9) /* 82574: Auto-Read Done */

#define E1000_EERD         0x0014 /* EEPROM Read; where DONE and ADDR are differs */
#define E1000_EERD_START   (1u << 0)
#define E1000_EERD_DATA(v) ((uint16_t)((v) >> 16))

#define E1000_CTRL_EXT          0x0018     /* Extended Device Control; of the 82574: */
#define E1000_CTRL_EXT_RSVD_22  (1u << 22) /* to be 1 */
#define E1000_CTRL_EXT_RSVD_23  (1u << 23) /* to be 0 */
#define E1000_CTRL_EXT_EIAME    (1u << 24) /* Extended Interrupt Auto Mask Enable */
#define E1000_CTRL_EXT_IAME     (1u << 27)
#define E1000_CTRL_EXT_DRV_LOAD (1u << 28) /* a driver is loaded */
#define E1000_CTRL_EXT_PBA_CLR  (1u << 31)

#define E1000_MDIC          0x0020 /* MDI Control */
#define E1000_MDIC_DATA     0xffffu
#define E1000_MDIC_REG(r)   ((uint32_t)(r) << 16)
#define E1000_MDIC_PHY      (1u << 21) /* address 1: the internal PHY */
#define E1000_MDIC_OP_WRITE (1u << 26)
#define E1000_MDIC_OP_READ  (2u << 26)
#define E1000_MDIC_R        (1u << 28) /* Ready */
#define E1000_MDIC_E        (1u << 30) /* Error */

#define E1000_FCAL       0x0028 /* Flow Control Address Low, */
#define E1000_FCAH       0x002c /* High, */
#define E1000_FCT        0x0030 /* and Type: those of IEEE 802.3x */
#define E1000_FCAL_VALUE 0x00c28001u
#define E1000_FCAH_VALUE 0x0100u
#define E1000_FCT_VALUE  0x8808u

#define E1000_VET       0x0038 /* VLAN Ether Type */
#define E1000_VET_VALUE 0x8100u

#define E1000_ICR       0x00c0     /* Interrupt Cause Read: cleared by that */
#define E1000_ITR       0x00c4     /* Interrupt Throttling */
#define E1000_IMS       0x00d0     /* Interrupt Mask Set/Read */
#define E1000_IMC       0x00d8     /* Interrupt Mask Clear */
#define E1000_INT_LSC   (1u << 2)  /* Link Status Change */
#define E1000_INT_RXDMT (1u << 4)  /* Receive Descriptor Minimum Threshold */
#define E1000_INT_RXO   (1u << 6)  /* Receiver Overrun */
#define E1000_INT_RXT   (1u << 7)  /* Receiver Timer: RXT0 */
#define E1000_INT_RXQ0  (1u << 20) /* 82574: written back in queue 0, */
#define E1000_INT_RXQ1  (1u << 21) /* 1 */
#define E1000_INT_ALL   0xffffffffu

#define E1000_RCTL       0x0100 /* Receive Control */
#define E1000_RCTL_EN    (1u << 1)
#define E1000_RCTL_UPE   (1u << 3)  /* Unicast Promiscuous Enable */
#define E1000_RCTL_MPE   (1u << 4)  /* Multicast Promiscuous Enable */
#define E1000_RCTL_LPE   (1u << 5)  /* Long Packet Reception Enable */
#define E1000_RCTL_BAM   (1u << 15) /* Broadcast Accept Mode */
#define E1000_RCTL_BSIZE 16         /* two bits: 2048 >> BSIZE bytes, */
#define E1000_RCTL_VFE   (1u << 18) /* VLAN Filter Enable */
#define E1000_RCTL_BSEX  (1u << 25) /* and 16 times that */
#define E1000_RCTL_SECRC (1u << 26) /* Strip Ethernet CRC */

#define E1000_FCTTV       0x0170  /* Flow Control Transmit Timer Value */
#define E1000_FCTTV_VALUE 0xffffu /* of 512 bit times: until XON */

#define E1000_TCTL      0x0400 /* Transmit Control */
#define E1000_TCTL_EN   (1u << 1)
#define E1000_TCTL_PSP  (1u << 3)     /* Pad Short Packets */
#define E1000_TCTL_CT   (0x0fu << 4)  /* Collision Threshold: of IEEE 802.3 */
#define E1000_TCTL_COLD (0x40u << 12) /* Collision Distance: full duplex */
#define E1000_TCTL_MULR (1u << 28)    /* 82574: Multiple Request Support */

#define E1000_TIPG       0x0410                     /* Transmit Inter Packet Gap */
#define E1000_TIPG_VALUE (8u | 8u << 10 | 6u << 20) /* IPGT, IPGR1, IPGR2 for copper */

#define E1000_EXTCNF_CTRL            0x0f00    /* 82574: Extended Configuration Control */
#define E1000_EXTCNF_CTRL_MDIO_OWNER (1u << 5) /* MDIO/NVM SW Ownership */

#define E1000_PBA     0x1000 /* Packet Buffer Allocation: KiB to receive */
#define E1000_PBA_RXA 0xffffu

#define E1000_FCRTL      0x2160     /* Flow Control Receive Threshold Low */
#define E1000_FCRTL_XONE (1u << 31) /* send XON, too */
#define E1000_FCRTH      0x2168     /* and High */

/* A receive queue; the 82574 has a second one */
#define E1000_RDBAL(q)  (0x2800 + 0x100 * (q))
#define E1000_RDT(q)    (0x2818 + 0x100 * (q))
#define E1000_RXDCTL(q) (0x2828 + 0x100 * (q))
#define E1000_RDTR      0x2820 /* Receive Delay Timer: packet, */
#define E1000_RADV      0x282c /* absolute */

/* A transmit queue */
#define E1000_TDBAL(q)  (0x3800 + 0x100 * (q))
#define E1000_TDT(q)    (0x3818 + 0x100 * (q))
#define E1000_TXDCTL(q) (0x3828 + 0x100 * (q))
#define E1000_TARC(q)   (0x3840 + 0x100 * (q)) /* 82574: Transmit Arbitration Count */
#define E1000_TIDV      0x3820                 /* Transmit Interrupt Delay Value */
#define E1000_TADV      0x382c

/* From RDBAL or TDBAL of a queue to its other registers */
#define E1000_DBAH 0x04
#define E1000_DLEN 0x08
#define E1000_DH   0x10
#define E1000_DT   0x18

/* RXDCTL and TXDCTL: thresholds in descriptors */
#define E1000_DCTL_PTHRESH(n) ((uint32_t)(n))      /* fetch when fewer are on the card */
#define E1000_DCTL_HTHRESH(n) ((uint32_t)(n) << 8) /* and so many in memory */
#define E1000_DCTL_COUNT_DESC (1u << 22)           /* TXDCTL of 82574: reserved, to be 1 */
#define E1000_DCTL_GRAN       (1u << 24)           /* they count descriptors */

#define E1000_TARC_COUNT(n) ((uint32_t)(n))
#define E1000_TARC_ENABLE   (1u << 10)
#define E1000_TARC0_RSVD_26 (1u << 26) /* to be 1 */

#define E1000_RXCSUM        0x5000 /* Receive Checksum Control */
#define E1000_RXCSUM_IPOFLD (1u << 8)
#define E1000_RXCSUM_TUOFLD (1u << 9)
#define E1000_RXCSUM_PCSD   (1u << 13) /* 82574: the RSS hash instead of the packet's checksum */

#define E1000_RFCTL              0x5008 /* 82574: Receive Filter Control */
#define E1000_RFCTL_ISCSI_DIS    (1u << 0)
#define E1000_RFCTL_NFSW_DIS     (1u << 6)
#define E1000_RFCTL_NFSR_DIS     (1u << 7)
#define E1000_RFCTL_EXTEN        (1u << 15) /* Extended Status Enable */
#define E1000_RFCTL_IPV6_EX_DIS  (1u << 16)
#define E1000_RFCTL_NEW_IPV6_DIS (1u << 17) /* NEW_IPV6_EXT_DIS */

#define E1000_MTA(i)     (0x5200 + 4 * (i)) /* Multicast Table Array */
#define E1000_MTA_WORDS  128
#define E1000_RAL(i)     (0x5400 + 8 * (i)) /* Receive Address Low, */
#define E1000_RAH(i)     (0x5404 + 8 * (i)) /* High */
#define E1000_RAH_AV     (1u << 31)         /* Address Valid */
#define E1000_VFTA(i)    (0x5600 + 4 * (i)) /* VLAN Filter Table Array */
#define E1000_VFTA_WORDS 128

#define E1000_MRQC          0x5818 /* 82574: Multiple Receive Queues Command */
#define E1000_MRQC_RSS      (1u << 0)
#define E1000_MRQC_IPV4_TCP (1u << 16)
#define E1000_MRQC_IPV4     (1u << 17)
#define E1000_MRQC_IPV6_TCP (1u << 18)
#define E1000_MRQC_IPV6     (1u << 20)

#define E1000_MANC        0x5820     /* Management Control */
#define E1000_MANC_ARP_EN (1u << 13) /* 8254x: ARP requests are the firmware's */

#define E1000_GCR             0x5b00     /* 82574: 3GIO Control */
#define E1000_GCR_RSVD_22     (1u << 22) /* to be 1 */
#define E1000_GCR_L1_ACT      (1u << 27) /* L1 without L0s of the receiver */
#define E1000_GCR2            0x5b64     /* 82574 */
#define E1000_GCR2_COMPLETION (1u << 0)  /* unreliable completions, above all with ASPM */

#define E1000_RETA(i)     (0x5c00 + 4 * (i)) /* 82574: Redirection Table, four bytes a register */
#define E1000_RETA_SIZE   128
#define E1000_RETA_QUEUE  7                  /* the bit of a byte that names the queue */
#define E1000_RSSRK(i)    (0x5c80 + 4 * (i)) /* 82574: RSS Random Key */
#define E1000_RSSRK_BYTES 40

/* --- the EEPROM --- */

#define E1000_EEPROM_WORDS 64     /* that its checksum is over */
#define E1000_EEPROM_SUM   0xbaba /* of all of them */

/* --- the PHY: IEEE 802.3 clause 22 --- */

#define E1000_PHY_CTRL         0 /* PCTRL */
#define E1000_PHY_CTRL_RESTART (1u << 9)
#define E1000_PHY_CTRL_ISOLATE (1u << 10)
#define E1000_PHY_CTRL_DOWN    (1u << 11) /* Power Down */
#define E1000_PHY_CTRL_AUTONEG (1u << 12)
#define E1000_PHY_CTRL_LOOP    (1u << 14)

/* --- descriptors: two words of 64 bits --- */

/*
 * Receive. Both kinds are given to the card as the buffer's address and zero. What it writes, by
 * the lowest bit; of the second word:
 *
 *	legacy	  0 length, 16 packet checksum, 32 status, 40 errors, 48 VLAN tag
 *	extended  0 status, 24 errors, 32 length, 48 VLAN tag
 *
 * and of the first word of an extended one (82574): 0 RSS type, 32 hash.
 */
#define E1000_RXD_DD    (1u << 0) /* status: Descriptor Done */
#define E1000_RXD_EOP   (1u << 1) /* End of Packet */
#define E1000_RXD_IXSM  (1u << 2) /* Ignore Checksum Indication */
#define E1000_RXD_VP    (1u << 3) /* a VLAN tag was stripped */
#define E1000_RXD_UDPCS (1u << 4) /* 82574 */
#define E1000_RXD_TCPCS (1u << 5)
#define E1000_RXD_IPCS  (1u << 6)

#define E1000_RXE_CE   (1u << 0) /* errors: CRC or alignment */
#define E1000_RXE_SE   (1u << 1) /* symbol */
#define E1000_RXE_SEQ  (1u << 2) /* sequence */
#define E1000_RXE_TCPE (1u << 5)
#define E1000_RXE_IPE  (1u << 6)
#define E1000_RXE_RXE  (1u << 7) /* data */
#define E1000_RXE_BAD  (E1000_RXE_CE | E1000_RXE_SE | E1000_RXE_SEQ | E1000_RXE_RXE)

#define E1000_RXD_RSS_TYPE 0xfu /* extended: 0: it was not hashed */

/* Transmit. In the second word of all: */
#define E1000_TXD_EOP  (1u << 24)
#define E1000_TXD_IFCS (1u << 25) /* Insert FCS */
#define E1000_TXD_TSE  (1u << 26) /* TCP Segmentation Enable */
#define E1000_TXD_RS   (1u << 27) /* Report Status */
#define E1000_TXD_DEXT (1u << 29) /* a context or data descriptor */
#define E1000_TXD_VLE  (1u << 30) /* VLAN Packet Enable */
#define E1000_TXD_DTYP (1u << 20) /* with DEXT: data */
#define E1000_TXD_DD   (1ull << 32)
#define E1000_TXD_IXSM (1ull << 40) /* data: insert the IP checksum, */
#define E1000_TXD_TXSM (1ull << 41) /* TCP's or UDP's */
#define E1000_TXD_TAG  48

/* A context descriptor's: */
#define E1000_TXC_TCP    (1u << 24)
#define E1000_TXC_IPV4   (1u << 25)
#define E1000_TXC_HDRLEN 40
#define E1000_TXC_MSS    48

#endif
