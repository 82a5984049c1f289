/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The line that the parts of the decoder write on. Private to this folder.
 *
 *	decode.c   Ethernet, IP, TCP, UDP, SCTP
 *	icmp.c     ICMP, ICMPv6, IGMP
 *	link.c     ARP, LLC and spanning tree, LLDP
 */
#ifndef TESTPMD_DECODE_LINE_H
#define TESTPMD_DECODE_LINE_H

#include "testpmd/headers.h"

#define LINE_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */

struct line {
	char *buf;
	size_t size, used;
	struct frame frame;
	struct headers h;
	size_t end; /* of the bytes that may be looked at: of the datagram, if that is shorter */
	bool cut;   /* something was missing */
	char src[LINE_ADDRESS_MAX], dst[LINE_ADDRESS_MAX];
	uint8_t room[512];
};

void line_add(struct line *l, const char *fmt, ...) PLX_PRINTF(2, 3);

/* What every line begins with, up to the VLAN tags. */
void line_begin(struct line *l, const char *proto);

/*
 * @len bytes at @offset, at most 512. NULL when they are not there, and then the line says so.
 * Good until the next call.
 */
const uint8_t *line_bytes(struct line *l, size_t offset, size_t len);

/* Bytes as text; what is not printable ASCII becomes a dot. */
void line_add_text(struct line *l, const uint8_t *text, size_t len);
void line_add_mac(struct line *l, const uint8_t *mac);
void line_add_ipv4(struct line *l, const uint8_t *address);
void line_add_ipv6(struct line *l, const uint8_t *address);

/* Each writes the whole line. */
void decode_icmp(struct line *l);
void decode_icmpv6(struct line *l);
void decode_igmp(struct line *l);
void decode_arp(struct line *l);
void decode_llc(struct line *l);
void decode_lldp(struct line *l);

#endif
