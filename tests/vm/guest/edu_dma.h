/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DMA engine of QEMU's edu device (docs/specs/edu.rst): it copies between memory and a buffer
 * of 4096 bytes of its own, a tenth of a second after it is told to.
 */
#ifndef LAB_EDU_DMA_H
#define LAB_EDU_DMA_H

#include "check.h"
#include "device.h"

/* Is it an edu, and alive? */
void edu_probe(struct lab_dev *d);

/* DEVICE_READS: @len bytes at @iova into the buffer. DEVICE_WRITES: out of it. */
void edu_dma_start(struct lab_dev *d, enum direction direction, uint64_t iova, uint32_t len);
void edu_dma_wait(struct lab_dev *d);
void edu_dma(struct lab_dev *d, enum direction direction, uint64_t iova, uint32_t len);

#endif
