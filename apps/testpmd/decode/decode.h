/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One frame as one line, for `set verbose`: much as tshark's summary has it.
 *
 *	198.18.0.1 -> 198.18.0.2 UDP 60 9 -> 9 Len=18
 *
 * Addresses, protocol, length on the wire without FCS, VLAN tags if there are any ("[VLAN 100.42]",
 * the outer one first), and what the protocol says. TCP's sequence numbers and window are those in
 * the header, not counted from the connection's first and not scaled: nothing is remembered from
 * frame to frame. Fragments are not put together.
 */
#ifndef TESTPMD_DECODE_H
#define TESTPMD_DECODE_H

#include <pollux/pollux.h>

#define DECODE_LINE_MAX 512 /* a buffer in which no ordinary line is cut */

/*
 * @entries: of one frame, @n of them; the frame may be hostile
 * @buf:     gets printable ASCII and a zero byte, no newline; @size is at least 1
 *
 * "[truncated]" at the end says that bytes are missing or that a length contradicts another.
 * Return: characters written, below @size.
 */
int decode_line(const struct plx_pkt *entries, unsigned n, char *buf, size_t size);

#endif
