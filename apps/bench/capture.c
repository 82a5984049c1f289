/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The capture that fwd-pcap-csum plays: a classic pcap file, written byte by byte so that it
 * needs nobody's library.
 */
#include "bench/testpmd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define DATA_LEN (FRAME_LEN - FCS_LEN)
#define ETH_LEN  14
#define IP_LEN   20
#define UDP_LEN  8
#define IP_AT    ETH_LEN
#define UDP_AT   (IP_AT + IP_LEN)
#define BODY_AT  (UDP_AT + UDP_LEN)

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static uint32_t sum16(const uint8_t *bytes, unsigned len)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | (i + 1 < len ? bytes[i + 1] : 0u);
	return sum;
}

static unsigned fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return ~sum & 0xffff;
}

/* 256 flows: 8 source addresses and 32 source ports. */
static void make_frame(uint8_t frame[DATA_LEN], unsigned i)
{
	static const uint8_t start[] = {
		2,    0,  0, 0, 0,   1,  2, 0, 0,  0,  0, 2, 0x08, 0x00, /* Ethernet */
		0x45, 0,  0, 0, 0,   0,  0, 0, 64, 17, 0, 0,             /* IPv4, UDP */
		198,  18, 0, 0, 198, 19, 0, 1,                           /* RFC 2544's addresses */
		0,    0,  0, 9, 0,   0,  0, 0,                           /* UDP to discard */
	};
	const unsigned udp_len = DATA_LEN - UDP_AT;
	unsigned sum;

	memcpy(frame, start, sizeof(start));
	for (unsigned at = BODY_AT; at < DATA_LEN; at++)
		frame[at] = (uint8_t)(at + i);
	put16(frame + IP_AT + 2, DATA_LEN - IP_AT);
	put16(frame + IP_AT + 4, i);
	frame[IP_AT + 15] = (uint8_t)(i % 8);
	put16(frame + IP_AT + 10, fold(sum16(frame + IP_AT, IP_LEN)));
	put16(frame + UDP_AT, 1024 + i / 8 % 32);
	put16(frame + UDP_AT + 4, udp_len);
	/* The pseudo header is the addresses, the protocol and the length once more. */
	sum = fold(sum16(frame + IP_AT + 12, 8) + 17 + udp_len + sum16(frame + UDP_AT, udp_len));
	put16(frame + UDP_AT + 6, sum ? sum : 0xffff);
}

bool capture_write(struct bench *b, const char *path)
{
	const uint32_t header[] = { 0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 1 };
	FILE *f = fopen(path, "we");
	bool bad;

	if (!f) {
		bench_failed(b, "%s cannot be written: %s", path, strerror(errno));
		return false;
	}
	fwrite(header, sizeof(header), 1, f);
	for (uint32_t i = 0; i < CAPTURE_FRAMES; i++) {
		const uint32_t record[] = { 1000000000, i, DATA_LEN, DATA_LEN };
		uint8_t frame[DATA_LEN];

		make_frame(frame, i);
		fwrite(record, sizeof(record), 1, f);
		fwrite(frame, sizeof(frame), 1, f);
	}
	bad = ferror(f);
	if (fclose(f) || bad) {
		bench_failed(b, "%s cannot be written: %s", path, strerror(errno));
		return false;
	}
	return true;
}
