/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "qtest/inet.h"

#include <stdlib.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd

uint16_t inet_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t inet_get32(const uint8_t *p)
{
	return (uint32_t)inet_get16(p) << 16 | inet_get16(p + 2);
}

void inet_put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

void inet_put32(uint8_t *p, uint32_t value)
{
	inet_put16(p, value >> 16);
	inet_put16(p + 2, value);
}

/* --- checksums: RFC 1071, and the pseudo headers of RFC 9293 3.1 and RFC 8200 8.1 --- */

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += (uint32_t)bytes[i] << (i & 1 ? 0 : 8);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint32_t pseudo(const uint8_t *ip, uint8_t protocol, size_t len)
{
	bool v6 = ip[0] >> 4 == 6;
	const uint8_t rest[8] = { (uint8_t)(len >> 24),
				  (uint8_t)(len >> 16),
				  (uint8_t)(len >> 8),
				  (uint8_t)len,
				  0,
				  0,
				  0,
				  protocol };

	return add(v6 ? add(0, ip + 8, 32) : add(0, ip + 12, 8), rest, sizeof(rest));
}

static uint32_t complement(uint32_t sum)
{
	return ~sum & 0xffff;
}

static unsigned field_of(uint8_t protocol)
{
	return protocol == INET_TCP ? 16 : 6;
}

/* --- frames --- */

static size_t ip_header(uint8_t *ip, const struct inet_spec *s, size_t upper)
{
	size_t len = s->v6 ? 40 : 20u + s->ip_options;

	if (s->v6) {
		inet_put32(ip, 6u << 28);
		inet_put16(ip + 4, (uint32_t)upper);
		ip[6] = s->protocol;
		ip[7] = 64;
		memcpy(ip + 8, s->source, 16);
		memcpy(ip + 24, s->target, 16);
		return len;
	}
	ip[0] = (uint8_t)(4 << 4 | len / 4);
	inet_put16(ip + 2, (uint32_t)(len + upper));
	inet_put16(ip + 4, 0x1234);
	inet_put16(ip + 6, s->fragment);
	ip[8] = 64;
	ip[9] = s->protocol;
	memcpy(ip + 12, s->source, 4);
	memcpy(ip + 16, s->target, 4);
	memset(ip + 20, 1, s->ip_options); /* no operation */
	inet_put16(ip + 10, complement(add(0, ip, len)));
	return len;
}

static size_t upper_header(uint8_t *at, const struct inet_spec *s)
{
	if (s->protocol != INET_TCP && s->protocol != INET_UDP)
		return 0;
	inet_put16(at, s->ports[0]);
	inet_put16(at + 2, s->ports[1]);
	if (s->protocol == INET_UDP) {
		inet_put16(at + 4, (uint32_t)(8 + s->payload));
		return 8;
	}
	inet_put32(at + 4, 0xfffff000); /* wraps soon */
	inet_put32(at + 8, 0x01020304);
	inet_put16(at + 12, (uint32_t)(20 + s->tcp_options) / 4 << 12 | 0x19); /* ACK, PSH, FIN */
	inet_put16(at + 14, 0xffff);
	memset(at + 20, 1, s->tcp_options);
	return 20u + s->tcp_options;
}

static unsigned upper_size(const struct inet_spec *s)
{
	return s->protocol == INET_TCP ? 20u + s->tcp_options : s->protocol == INET_UDP ? 8 : 0;
}

void inet_make(struct inet_frame *f, const uint8_t mac[6], const struct inet_spec *s)
{
	size_t upper = upper_size(s) + s->payload;
	uint8_t *at = f->bytes;
	uint32_t sum;

	memset(f->bytes, 0, 256);
	memcpy(at, mac, 6);
	memcpy(at + 6, "\x02\0\0\0\0\1", 6);
	at += 12;
	if (s->tag) {
		inet_put16(at, ETHERTYPE_VLAN);
		inet_put16(at + 2, s->tag);
		at += 4;
	}
	inet_put16(at, s->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	at += 2;
	f->l2 = (unsigned)(at - f->bytes);
	f->l3 = (unsigned)ip_header(at, s, upper);
	at += f->l3;
	f->l4 = (unsigned)upper_header(at, s);
	for (size_t i = 0; i < s->payload; i++)
		at[f->l4 + i] = (uint8_t)(i * 7 + i / 251 + 1);
	if (f->l4) {
		sum = add(pseudo(f->bytes + f->l2, s->protocol, upper), at, upper);
		inet_put16(at + field_of(s->protocol), complement(sum) ? complement(sum) : 0xffff);
	}
	f->len = f->l2 + f->l3 + upper;
}

void inet_unfinish(struct inet_frame *f)
{
	uint8_t *ip = f->bytes + f->l2, *upper = ip + f->l3;
	bool v6 = ip[0] >> 4 == 6;
	uint8_t protocol = v6 ? ip[6] : ip[9];

	inet_put16(upper + field_of(protocol), pseudo(ip, protocol, f->len - f->l2 - f->l3));
	if (!v6)
		inet_put16(ip + 10, 0);
}

bool inet_is_sound(const uint8_t *bytes, size_t len)
{
	unsigned l2 = inet_get16(bytes + 12) == ETHERTYPE_VLAN ? 18 : 14;
	const uint8_t *ip = bytes + l2;
	bool v6 = ip[0] >> 4 == 6;
	unsigned l3 = v6 ? 40 : (ip[0] & 15) * 4u;
	size_t upper = v6 ? inet_get16(ip + 4) : inet_get16(ip + 2) - (size_t)l3;
	uint8_t protocol = v6 ? ip[6] : ip[9];

	if (len != l2 + l3 + upper && len != 60)
		return false;
	if (!v6 && add(0, ip, l3) != 0xffff)
		return false;
	return add(pseudo(ip, protocol, upper), ip + l3, upper) == 0xffff;
}

/* --- RSS --- */

/* Where a bit of the input is set, 32 bits of the key from that bit on. */
uint32_t inet_toeplitz(const uint8_t *key, const uint8_t *input, size_t len)
{
	uint32_t window = inet_get32(key), hash = 0;

	for (size_t i = 0; i < 8 * len; i++) {
		size_t next = i + 32;

		if (input[i / 8] >> (7 - i % 8) & 1)
			hash ^= window;
		window = window << 1 | (key[next / 8] >> (7 - next % 8) & 1);
	}
	return hash;
}

/* --- captures: https://www.ietf.org/archive/id/draft-gharris-opsawg-pcap-01.html --- */

FILE *inet_pcap(const char *path)
{
	const uint32_t header[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1 };
	FILE *f = fopen(path, "we");

	if (f && fwrite(header, sizeof(header), 1, f) == 1)
		return f;
	if (f)
		fclose(f);
	return NULL;
}

void inet_pcap_add(FILE *f, const void *frame, size_t len)
{
	const uint32_t header[4] = { 0, 0, (uint32_t)len, (uint32_t)len };

	fwrite(header, sizeof(header), 1, f);
	fwrite(frame, len, 1, f);
}

/* Each line has the status of the IPv4, TCP and UDP checksums: nothing, or 1 for "good". */
int inet_tshark(const char *path)
{
	char *command, line[256];
	int frames = 0;
	FILE *f;

	if (system("command -v tshark >/dev/null 2>&1"))
		return -1;
	if (asprintf(
		    &command,
		    "tshark -n -r '%s' -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
		    "-o udp.check_checksum:TRUE -o ip.defragment:TRUE -o ip.tso_support:FALSE -T fields "
		    "-e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status 2>/dev/null",
		    path) < 0)
		return -2;
	f = popen(command, "re");
	free(command);
	while (f && fgets(line, sizeof(line), f)) {
		if (strspn(line, "1\t\n") != strlen(line) || !strchr(line, '1'))
			frames = INT32_MIN;
		frames++;
	}
	return f && !pclose(f) && frames >= 0 ? frames : -2;
}
