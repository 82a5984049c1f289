/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CRC32c: RFC 9260 appendix A.
 */
#include "pkt/crc32c.h"

#include <string.h>

#ifdef __SSE4_2__
#include <nmmintrin.h>

uint32_t plx_crc32c(uint32_t crc, const uint8_t *data, size_t len)
{
	uint64_t word, wide = crc;

	for (; len >= sizeof(word); len -= sizeof(word), data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	while (len--)
		crc = _mm_crc32_u8(crc, *data++);
	return crc;
}

#else

/* What four bits shifted out do to the rest: the polynomial 0x1edc6f41, bits reversed. */
static const uint32_t nibble[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t plx_crc32c(uint32_t crc, const uint8_t *data, size_t len)
{
	while (len--) {
		crc ^= *data++;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

#endif
