/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * QEMU's network cards as simulated functions: "sim:qtest-e1000" and its like are opened as a PCI
 * function is, each is a QEMU of its own, and its driver meets registers, rings and interrupts that
 * were not written here. Neither root, nor VFIO, nor a guest is needed.
 *
 * What is not as on a PCI bus: interrupts come as INTx only (of MSI the test protocol shows
 * nothing), and QEMU does not keep to the IOMMU's permissions: whether the card wrote to memory
 * that it should only read is for the test to see.
 */
#ifndef PLX_QTEST_CARD_H
#define PLX_QTEST_CARD_H

#include "qtest/bus.h"
#include "qtest/memory.h"
#include "qtest/pins.h"
#include "qtest/qemu.h"
#include "qtest/qmp.h"
#include "qtest/qtest.h"
#include "qtest/wire.h"

struct card {
	const char *name; /* of the model: "qtest-e1000e" */
	struct card *next;
	struct memory memory;
	struct qemu qemu;
	struct qtest qtest;
	struct qmp qmp;
	struct wire wire; /* not when it is somebody else's */
	struct bus_card bus;
	struct pins pins;
	_Atomic bool ejected; /* registers read as all ones */
	uint8_t mac[6];
};

/*
 * Add the models qtest-e1000 (82540EM), qtest-82545em, qtest-e1000e (82574L) and qtest-rtl8139: 0
 * or plx_fail().
 *
 * @wires: NULL, or a directory: then the wire of a card is a UNIX stream socket of that directory, of the card's name,
 * on which somebody must listen when it is made ("qtest-e1000e"; with id=1 "qtest-e1000e-1").
 */
int cards_add(const char *wires);
void cards_remove(void);

/* The card of a name that was made last; it ends when its last handle is closed. NULL: none. */
struct card *card_find(const char *name);

/*
 * Has a card that ended touched memory that was not mapped for it? Asked once, *@iova is where the
 * last one did.
 */
bool cards_strayed(uint64_t *iova);

/* As if its cable were pulled or plugged. False: QEMU does not. */
bool card_set_cable(struct card *c, bool plugged);
/*
 * As a hot-unplug that the kernel consents to: the card is no longer there, its registers read as
 * all ones. (QEMU has memory without a device read as 0; what a root port answers with is PCI
 * Express Base 5.0, 2.3.2.)
 */
bool card_eject(struct card *c);

#endif
