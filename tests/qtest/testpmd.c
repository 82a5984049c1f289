/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-testpmd with QEMU's cards:
 *
 *	PLX_QTEST_WIRES=DIR plx-testpmd-qtest --port 'e1000:pci=sim:qtest-e1000e' ...
 *
 * A card's wire is the socket DIR/qtest-e1000e (cards_add()); without the variable it ends nowhere.
 */
#include "qtest/card.h"

#include <pollux/error.h>
#include <stdio.h>
#include <stdlib.h>

/* By the linker's --wrap: main() is the program's. */
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

int __wrap_main(int argc, char **argv)
{
	if (cards_add(getenv("PLX_QTEST_WIRES"))) {
		fprintf(stderr, "%s\n", plx_last_error()->text);
		return 1;
	}
	return __real_main(argc, argv);
}
