/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums in software: verify and repair those of a frame, and sum bytes for other uses.
 *
 * Understood are Ethernet with up to eight VLAN tags; IPv4 with options and IPv6 with extension
 * headers; behind them TCP, UDP, UDP-Lite, SCTP, ICMP, ICMPv6 and IGMP. Of a tunnel, only the
 * outer headers. Frames may be hostile: no byte outside of them is touched, whatever they claim.
 */
#ifndef POLLUX_CHECKSUM_H
#define POLLUX_CHECKSUM_H

#include <pollux/pkt.h>

PLX_BEGIN_DECLS

enum plx_csum_verdict {
	PLX_CSUM_NONE, /* there is none, or it cannot be checked: see plx_csum_check() */
	PLX_CSUM_GOOD,
	PLX_CSUM_BAD,    /* wrong; plx_csum_fix() has put it right */
	PLX_CSUM_LOCKED, /* plx_csum_fix(): wrong and left so, for the buffer is shared */
};

/* What was found in a frame. Offsets are bytes from the frame's first, 0 where nothing was found. */
struct plx_csum {
	uint8_t l3;         /* enum plx_csum_verdict on the IPv4 header; IPv6 has no checksum */
	uint8_t l4;         /* enum plx_csum_verdict on what IP carries */
	uint8_t ip_version; /* 4 or 6; 0: neither, or the IP header is broken */
	uint8_t l4_proto;   /* IP protocol number behind all extension headers that were read */
	uint16_t l3_offset;
	uint16_t l4_offset;
};

/**
 * plx_csum_check - verify the checksums of a frame
 * @frame: the entries of one frame
 * @n:     how many; 0 is a frame without bytes
 * @out:   filled
 *
 * The lengths that count are those in the headers: Ethernet padding does not take part.
 * PLX_CSUM_NONE for l3 says that this is not IPv4, or that its header is cut or broken (IHL under
 * 5, total length under the header's). For l4 it says that the frame is a fragment, that bytes of
 * the datagram are missing, that a length contradicts another, that the protocol is not one of
 * those above or is encrypted (ESP), that a routing header hides the final destination, or that
 * an IPv4 sender chose to send none (UDP checksum 0). UDP checksum 0 over IPv6 is BAD.
 * The frame stays the caller's and is not written.
 * Threads: any that may read the frame. Burst loop: yes. Errors: none.
 * Source: RFC 791, 1071 (the sum), 8200 4.4 and 8.1 (IPv6, pseudo header), 8754 (SRv6), 6275
 * 6.3, 6.4 (mobile nodes), 768, 3828, 9293 3.1, 9260 3.1 and appendix A, 792, 4443 2.3, 3376.
 */
PLX_API void plx_csum_check(const struct plx_pkt *frame, unsigned n, struct plx_csum *out);

/**
 * plx_csum_fix - verify the checksums of a frame and put wrong ones right
 * @frame: the entries of one frame; bytes are written only where a checksum is BAD
 * @n:     how many; 0 is a frame without bytes
 * @out:   filled: what was found before the repair
 *
 * As plx_csum_check(), and what is BAD is good afterwards. A checksum in a buffer that has other
 * owners (PLX_PKT_SHARED) is not written; its verdict is PLX_CSUM_LOCKED.
 * Threads: the owner of the frame. Burst loop: yes. Errors: none. Source: as plx_csum_check().
 */
PLX_API void plx_csum_fix(struct plx_pkt *frame, unsigned n, struct plx_csum *out);

/**
 * plx_csum_add - add bytes to an Internet checksum's sum
 * @sum:  0 to begin with, or the sum so far
 * @data: the bytes; need not be aligned
 * @len:  how many; an odd count is padded with a zero byte, so only the last part may be odd
 *
 * Return: a sum for further calls, and for plx_csum_fold() at the end.
 * Threads: any. Burst loop: yes. Errors: none. Source: RFC 1071.
 */
PLX_API uint64_t plx_csum_add(uint64_t sum, const void *data, size_t len);

/**
 * plx_csum_fold - a sum as 16 bits
 * @sum: from plx_csum_add() or plx_csum_join()
 *
 * Both the sum and the result are in memory order: the checksum to store is the complement of the
 * result, copied as it is, without htons(). Data that includes its good checksum gives 0xffff.
 * Return: 0 .. 0xffff; 0 only when every byte summed was 0.
 * Threads: any. Burst loop: yes. Errors: none. Source: RFC 1071.
 */
static inline uint16_t plx_csum_fold(uint64_t sum)
{
	uint32_t half;

	/* Each half plus the other: the upper one ends up with the carry of the lower. */
	sum += sum >> 32 | sum << 32;
	half = (uint32_t)(sum >> 32);
	half += half >> 16 | half << 16;
	return (uint16_t)(half >> 16);
}

/**
 * plx_csum_join - add the sum of a part that begins anywhere
 * @sum:    the sum so far
 * @part:   the part's own sum, begun with 0
 * @offset: bytes from the start of the checksummed data to the part; what counts is if it is odd
 *
 * For data in pieces of any lengths, in any order.
 * Return: the sum of both.
 * Threads: any. Burst loop: yes. Errors: none. Source: RFC 1071, 2 (B): byte order independence.
 */
static inline uint64_t plx_csum_join(uint64_t sum, uint64_t part, size_t offset)
{
	uint32_t words = plx_csum_fold(part);

	if (offset & 1)
		words = (words >> 8 | words << 8) & 0xffff;
	sum += words;
	return sum + (sum < words);
}

PLX_END_DECLS

#endif
