/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An 82574 (QEMU's e1000e) that sends frames to itself: MAC loopback, one ring each way, legacy
 * descriptors (datasheet 316080, sections 7.1 and 7.2).
 */
#ifndef LAB_E1000E_LOOP_H
#define LAB_E1000E_LOOP_H

#include "check.h"
#include "device.h"

#define RING_ENTRIES 64u

struct desc {
	uint64_t addr;
	uint16_t length;
	uint16_t rx_checksum_tx_command; /* transmit: checksum offset, command << 8 */
	uint8_t status;
	uint8_t errors;
	uint16_t special;
};

struct loop {
	struct lab_dev dev;
	volatile struct desc *tx, *rx; /* a page each, mapped read-write at ring_iova, + PAGE */
	uint64_t ring_iova;
	uint32_t tx_next, rx_next;
};

/* Resets the device and starts its rings. */
void loop_start(struct loop *l);

/*
 * Send @len bytes at @tx_iova, receive into @rx_iova. True: both descriptors came back done, which a
 * device that the IOMMU has blocked says, too.
 */
bool loop_frame(struct loop *l, uint64_t tx_iova, uint32_t len, uint64_t rx_iova);

#endif
