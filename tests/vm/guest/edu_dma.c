// SPDX-License-Identifier: BSD-3-Clause
#include "edu_dma.h"

#include <time.h>

#define EDU_ID       0x00
#define EDU_LIVENESS 0x04
#define EDU_SRC      0x80
#define EDU_DST      0x88
#define EDU_COUNT    0x90
#define EDU_COMMAND  0x98
#define EDU_BUFFER   0x40000

#define EDU_RUN    1u
#define EDU_TO_RAM 2u

static void write64(struct lab_dev *d, uint32_t off, uint64_t value)
{
	/* One access: edu keeps a register of 64 bits whole. */
	*(volatile uint64_t *)(d->regs.va + off) = value;
}

void edu_probe(struct lab_dev *d)
{
	check((lab_read32(d, EDU_ID) & 0xff) == 0xed, "%s is an edu", d->address);
	lab_write32(d, EDU_LIVENESS, 0x12345678);
	check(lab_read32(d, EDU_LIVENESS) == ~0x12345678u, "its registers are reached");
}

void edu_dma_start(struct lab_dev *d, enum direction direction, uint64_t iova, uint32_t len)
{
	bool to_ram = direction == DEVICE_WRITES;

	write64(d, EDU_SRC, to_ram ? EDU_BUFFER : iova);
	write64(d, EDU_DST, to_ram ? iova : EDU_BUFFER);
	write64(d, EDU_COUNT, len);
	write64(d, EDU_COMMAND, EDU_RUN | (to_ram ? EDU_TO_RAM : 0));
}

void edu_dma_wait(struct lab_dev *d)
{
	struct timespec tenth = { .tv_nsec = 10000000 };

	for (unsigned i = 0; i < 1000; i++) {
		if (!(lab_read32(d, EDU_COMMAND) & EDU_RUN))
			return;
		nanosleep(&tenth, NULL);
	}
	must(1, "%s finishes its DMA", d->address);
}

void edu_dma(struct lab_dev *d, enum direction direction, uint64_t iova, uint32_t len)
{
	edu_dma_start(d, direction, iova, len);
	edu_dma_wait(d);
}
