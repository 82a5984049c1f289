/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Ethernet header that engines rewrite.
 */
#ifndef TESTPMD_ENGINES_ETHER_H
#define TESTPMD_ENGINES_ETHER_H

#include <stdint.h>
#include <string.h>

#define ETHER_ADDR_LEN 6
#define ETHER_HDR_LEN  14

/* Both addresses of a frame: 12 bytes, destination first. */
static inline void ether_set(uint8_t *frame, const uint8_t dst[6], const uint8_t src[6])
{
	memcpy(frame, dst, ETHER_ADDR_LEN);
	memcpy(frame + ETHER_ADDR_LEN, src, ETHER_ADDR_LEN);
}

static inline void ether_swap(uint8_t *frame)
{
	uint64_t dst_and_2, src_and_type;

	/* Two 8-byte loads and a 12-byte rotation in registers beat three 6-byte copies. */
	memcpy(&dst_and_2, frame, 8);
	memcpy(&src_and_type, frame + 6, 8);
	memcpy(frame, &src_and_type, 6);
	memcpy(frame + ETHER_ADDR_LEN, &dst_and_2, 6);
}

/* Of a frame that has so many bytes: one load, one shuffle, one store. */
#define ETHER_SWAP_LEN 16
static inline void ether_swap_long(uint8_t *frame)
{
	typedef uint8_t bytes __attribute__((vector_size(ETHER_SWAP_LEN)));
	bytes v;

	memcpy(&v, frame, sizeof(v));
	v = __builtin_shufflevector(v, v, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15);
	memcpy(frame, &v, sizeof(v));
}

#endif
