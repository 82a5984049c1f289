/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_PKT_CRC32C_H
#define PLX_PKT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC32c (Castagnoli) of @len bytes, continuing from @crc. Begin with PLX_CRC32C_START; the
 * complement of the last result is what SCTP stores, least significant byte first.
 */
#define PLX_CRC32C_START 0xffffffffu
uint32_t plx_crc32c(uint32_t crc, const uint8_t *data, size_t len);

#endif
