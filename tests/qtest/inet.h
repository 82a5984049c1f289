/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP packets in Ethernet frames, made and checked by the RFCs' definitions, with no code of the
 * library.
 */
#ifndef PLX_QTEST_INET_H
#define PLX_QTEST_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { INET_TCP = 6, INET_UDP = 17, INET_OTHER = 253 };

struct inet_spec {
	bool v6;
	uint8_t protocol;
	uint16_t tag; /* 802.1Q TCI; 0: none */
	uint8_t source[16], target[16];
	uint16_t ports[2];
	uint16_t fragment;               /* IPv4: flags and offset */
	uint8_t ip_options, tcp_options; /* bytes, a multiple of 4 */
	size_t payload;
};

struct inet_frame {
	uint8_t bytes[65536 + 64];
	size_t len;
	unsigned l2, l3, l4; /* bytes of the headers */
};

void inet_make(struct inet_frame *f, const uint8_t mac[6], const struct inet_spec *s);
/*
 * Leave checksums to the card: that of IPv4 is 0, that of the upper layer the pseudo header's sum.
 */
void inet_unfinish(struct inet_frame *f);
/* Are lengths and checksums right? */
bool inet_is_sound(const uint8_t *bytes, size_t len);

uint16_t inet_get16(const uint8_t *p);
uint32_t inet_get32(const uint8_t *p);
void inet_put16(uint8_t *p, uint32_t value);
void inet_put32(uint8_t *p, uint32_t value);

/* Toeplitz hash (Microsoft, "RSS Hashing Functions"); the key has @len + 4 bytes. */
uint32_t inet_toeplitz(const uint8_t *key, const uint8_t *input, size_t len);

/* A capture file. */
FILE *inet_pcap(const char *path);
void inet_pcap_add(FILE *f, const void *frame, size_t len);
/*
 * tshark's view of it: frames whose checksums it finds right, all of them. -1: there is no tshark;
 * -2: it does not agree.
 */
int inet_tshark(const char *path);

#endif
