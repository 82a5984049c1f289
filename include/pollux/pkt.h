/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet is a 32-byte value.
 *
 * It travels in arrays and rings; the buffer it names holds frame bytes and nothing else, so
 * receiving, freeing and sending a packet touch no metadata line of the buffer. Ownership moves
 * with the value: what a call takes, it frees; what a call gives, you free or send.
 *
 *	byte  0        8    10     12     14     16      20       24            32
 *	      | data   | len | port | pool | vlan | flags | hash   | timestamp    |
 *	      |        |     |      |      |      | +type | or mss | or layout    |
 *
 * A frame in several buffers is that many consecutive values, all but the last with
 * PLX_PKT_MORE. Bursts count values ("entries") and never split a frame.
 *
 * What a received packet carries and what a packet to send asks for share the space from
 * `flags` on: a program that forwards rewrites what it means to ask for.
 */
#ifndef POLLUX_PKT_H
#define POLLUX_PKT_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

/* plx_pkt.flags, bits 0..19; the packet type is above (PLX_PKT_TYPE_SHIFT). */
enum plx_pkt_flags {
	PLX_PKT_MORE = 1 << 0,      /* the frame goes on in the next entry */
	PLX_PKT_SHARED = 1 << 1,    /* the pool counts the owners of this buffer */
	PLX_PKT_CUT = 1 << 2,       /* the capture kept only len bytes of wire_len */
	PLX_PKT_TIMESTAMP = 1 << 3, /* timestamp is set */

	/*
	 * Left to whoever sends the frame, on its first entry. The checksum field holds the sum
	 * of the pseudo header, not complemented; l2_len and l3_len say where the header begins.
	 */
	PLX_PKT_TX_TCP_CSUM = 1 << 4,
	PLX_PKT_TX_UDP_CSUM = 1 << 5,
	/* Cut into segments of mss bytes of TCP payload; with PLX_PKT_TX_TCP_CSUM and l4_len. */
	PLX_PKT_TX_TSO = 1 << 6,
	PLX_PKT_TX_IP_CSUM = 1 << 7, /* the IPv4 header's checksum, whose field holds 0 */
	PLX_PKT_TX_VLAN = 1 << 8,    /* put the tag in vlan behind the addresses (802.1Q) */

	/* What the port that received the frame found, on its first entry. */
	PLX_PKT_RX_IP_GOOD = 1 << 9, /* the IPv4 header's checksum; neither: not looked at */
	PLX_PKT_RX_IP_BAD = 1 << 10,
	PLX_PKT_RX_L4_GOOD = 1 << 11, /* TCP's or UDP's */
	PLX_PKT_RX_L4_BAD = 1 << 12,
	PLX_PKT_RX_VLAN = 1 << 13, /* the tag was taken out of the frame: it is in vlan */
	PLX_PKT_RX_HASH = 1 << 14, /* hash is set */
};

/* All that a port may be asked to do with a frame before it leaves. */
#define PLX_PKT_TX_WORK                                                                    \
	(PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_UDP_CSUM | PLX_PKT_TX_TSO | PLX_PKT_TX_IP_CSUM | \
	 PLX_PKT_TX_VLAN)

/* All that a port may have found. */
#define PLX_PKT_RX_FOUND                                                                   \
	(PLX_PKT_RX_IP_GOOD | PLX_PKT_RX_IP_BAD | PLX_PKT_RX_L4_GOOD | PLX_PKT_RX_L4_BAD | \
	 PLX_PKT_RX_VLAN | PLX_PKT_RX_HASH)

#define PLX_PKT_FLAG_BITS  20
#define PLX_PKT_FLAG_MASK  ((1u << PLX_PKT_FLAG_BITS) - 1)
#define PLX_PKT_TYPE_SHIFT PLX_PKT_FLAG_BITS

struct plx_pkt {
	uint8_t *data;  /* first byte of the frame, or of this part of it */
	uint16_t len;   /* bytes in this buffer, without FCS */
	uint16_t port;  /* number of the port that received it */
	uint16_t pool;  /* number of the pool that the buffer belongs to; never 0 */
	uint16_t vlan;  /* VLAN tag (TCI) beside the frame: PLX_PKT_RX_VLAN, PLX_PKT_TX_VLAN */
	uint32_t flags; /* enum plx_pkt_flags; packet type << PLX_PKT_TYPE_SHIFT */
	union {
		uint32_t hash;     /* with PLX_PKT_RX_HASH: RSS hash */
		uint32_t wire_len; /* with PLX_PKT_CUT: length on the wire */
		struct {
			uint16_t mss;        /* TSO segment size */
			uint16_t vlan_outer; /* the outer tag of two */
		};
	};
	union {
		uint64_t timestamp; /* with PLX_PKT_TIMESTAMP: ns since 1970 */
		struct {
			/* header lengths in bytes, for transmit offloads */
			uint64_t l2_len : 7, l3_len : 9, l4_len : 8;
			uint64_t outer_l2_len : 7, outer_l3_len : 9;
			uint64_t n_segments : 8;
			uint64_t user : 16; /* yours */
		};
	};
};

#ifdef __cplusplus
static_assert(sizeof(struct plx_pkt) == 32, "a packet is a 32-byte value");
#else
_Static_assert(sizeof(struct plx_pkt) == 32, "a packet is a 32-byte value");
#endif

/**
 * plx_pkt_free - give packets back to their pools
 * @pkts: the packets, of any mix of pools
 * @n:    how many entries
 *
 * A shared buffer loses one owner, and goes back with the last. The values in @pkts mean
 * nothing afterwards.
 * Threads: any; a pool's owner gives back to its own stack, others to its return queue, which
 * never waits. Burst loop: yes.
 * Errors: none are returned. A packet whose pool or data pointer is not a pool's is left alone;
 * with -Dchecks=true the program is stopped there with a message.
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API void plx_pkt_free(const struct plx_pkt *pkts, unsigned n);

/**
 * plx_pkt_share - add owners to a packet's buffer
 * @pkt:   one entry; gets PLX_PKT_SHARED. Copy the value for each new owner afterwards
 * @extra: how many more owners, 1 .. 65534 in all
 *
 * All owners may read the bytes; none may write them while others are left.
 * Threads: the owner of the value. Burst loop: yes.
 * Errors: -EINVAL (INDEX: the packet is of no pool), -ERANGE (TOO_LARGE: too many owners),
 * -ENOTSUP (UNSUPPORTED: the pool's memory belongs to someone else).
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API int plx_pkt_share(struct plx_pkt *pkt, unsigned extra);

/**
 * plx_pkt_headroom - bytes free before a packet's data
 * @pkt: one entry
 *
 * Return: how far data may be moved down; 0 when the pool's memory belongs to someone else.
 * Threads: the owner of the value. Burst loop: yes. Errors: none.
 * Source: docs/architecture.md, "Packets are values".
 */
PLX_API unsigned plx_pkt_headroom(const struct plx_pkt *pkt);

/**
 * plx_pkt_tailroom - bytes free behind a packet's data
 * @pkt: one entry
 *
 * Return: how much len may grow. Otherwise as plx_pkt_headroom().
 */
PLX_API unsigned plx_pkt_tailroom(const struct plx_pkt *pkt);

PLX_END_DECLS

#endif
