/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCI bus with the card on it, through qtest.h: what a firmware and a kernel do to it. All
 * calls lock the socket for as long as they need it.
 */
#ifndef PLX_QTEST_BUS_H
#define PLX_QTEST_BUS_H

#include "qtest/qtest.h"

#define BUS_BARS 6

/* Where the card's registers are put. Below 4 GiB and above memory. */
#define BUS_MEMORY 0xe0000000u
#define BUS_PORTS  0xc000u

struct bus_bar {
	uint64_t size; /* 0: there is none */
	uint64_t address;
	bool io;
};

struct bus_card {
	uint32_t id; /* device << 16 | vendor */
	uint32_t class_code;
	uint16_t command;
	struct bus_bar bars[BUS_BARS];
};

/*
 * Have memory wherever it is expected, set the port above the card up, read what the card is, and
 * place its BARs. False: there is no card.
 */
bool bus_scan(struct qtest *t, struct bus_card *c);
/* PCI_COMMAND */
void bus_command(struct qtest *t, struct bus_card *c, uint16_t command);
/*
 * By the port's secondary bus reset: the card is as after power on, but for its BARs and
 * PCI_COMMAND.
 */
void bus_reset(struct qtest *t, struct bus_card *c);
/* What a kernel does when it was asked to give the card up: from here on QEMU has none. */
void bus_eject(struct qtest *t);

#endif
