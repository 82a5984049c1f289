// SPDX-License-Identifier: BSD-3-Clause
#include "e1000e_loop.h"

#include <time.h>

#define CTRL   0x0000
#define STATUS 0x0008
#define IMC    0x00d8
#define RCTL   0x0100
#define TCTL   0x0400
#define RDBAL  0x2800
#define RDBAH  0x2804
#define RDLEN  0x2808
#define RDH    0x2810
#define RDT    0x2818
#define TDBAL  0x3800
#define TDBAH  0x3804
#define TDLEN  0x3808
#define TDH    0x3810
#define TDT    0x3818
#define RFCTL  0x5008
#define MRQC   0x5818

#define CTRL_SLU (1u << 6)
#define CTRL_RST (1u << 26)

#define RCTL_EN      (1u << 1)
#define RCTL_UPE     (1u << 3)
#define RCTL_MPE     (1u << 4)
#define RCTL_LBM_MAC (1u << 6)
#define RCTL_BAM     (1u << 15)
#define RCTL_SECRC   (1u << 26)

#define TCTL_EN  (1u << 1)
#define TCTL_PSP (1u << 3)

#define TX_EOP  (1u << 8)
#define TX_IFCS (1u << 9)
#define TX_RS   (1u << 11)

#define DESC_DD 1u

static void pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

static void program_ring(struct lab_dev *d, uint32_t base, uint64_t iova)
{
	lab_write32(d, base, (uint32_t)iova);
	lab_write32(d, base + RDBAH - RDBAL, (uint32_t)(iova >> 32));
	lab_write32(d, base + RDLEN - RDBAL, RING_ENTRIES * sizeof(struct desc));
	lab_write32(d, base + RDH - RDBAL, 0);
	lab_write32(d, base + RDT - RDBAL, 0);
}

void loop_start(struct loop *l)
{
	struct lab_dev *d = &l->dev;

	lab_write32(d, IMC, UINT32_MAX);
	lab_write32(d, CTRL, lab_read32(d, CTRL) | CTRL_RST);
	pause_ms(50);
	lab_write32(d, IMC, UINT32_MAX);
	lab_write32(d, CTRL, lab_read32(d, CTRL) | CTRL_SLU);
	/*
	 * A kernel's driver before us has left these set, and QEMU 7.2's CTRL.RST keeps all but the
	 * MAC address: with RFCTL.EXSTEN, descriptors are written back in the extended format,
	 * where DD is elsewhere.
	 */
	lab_write32(d, RFCTL, 0);
	lab_write32(d, MRQC, 0);
	program_ring(d, TDBAL, l->ring_iova);
	program_ring(d, RDBAL, l->ring_iova + PAGE);
	lab_write32(d, TCTL, TCTL_EN | TCTL_PSP | 0x0f << 4 | 0x40 << 12);
	lab_write32(d, RCTL, RCTL_EN | RCTL_UPE | RCTL_MPE | RCTL_LBM_MAC | RCTL_BAM | RCTL_SECRC);
	l->tx_next = 0;
	l->rx_next = 0;
	for (unsigned i = 0; i < 300 && !(lab_read32(d, STATUS) & 2); i++)
		pause_ms(10);
	check(lab_read32(d, STATUS) & 2, "%s has a link", d->address);
}

static bool done(volatile struct desc *desc)
{
	for (unsigned i = 0; i < 200; i++) {
		if (desc->status & DESC_DD)
			return true;
		pause_ms(5);
	}
	return false;
}

bool loop_frame(struct loop *l, uint64_t tx_iova, uint32_t len, uint64_t rx_iova)
{
	volatile struct desc *tx = &l->tx[l->tx_next], *rx = &l->rx[l->rx_next];

	*rx = (struct desc){ .addr = rx_iova };
	*tx = (struct desc){ .addr = tx_iova,
			     .length = (uint16_t)len,
			     .rx_checksum_tx_command = TX_EOP | TX_IFCS | TX_RS };
	l->tx_next = (l->tx_next + 1) % RING_ENTRIES;
	l->rx_next = (l->rx_next + 1) % RING_ENTRIES;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	lab_write32(&l->dev, RDT, l->rx_next);
	lab_write32(&l->dev, TDT, l->tx_next);
	return done(tx) && done(rx);
}
