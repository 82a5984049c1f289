/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is in files of sysfs that are lists.
 */
#ifndef PLX_PCI_FACTS_PRIV_H
#define PLX_PCI_FACTS_PRIV_H

#include "pci/facts.h"
#include "pci/sysfs.h"

/*
 * A file `resource`: BARs 0 .. 5 and the ROM; what follows is of bridges and virtual functions.
 * False: it is not one. What is not there is all zero.
 */
bool plx_parse_resource(const char *text, size_t len, struct plx_pci_resource out[7]);

/* A file `reserved_regions`. How many there are, of which @max are told; -1: it is not one. */
int plx_parse_reserved(const char *text, size_t len, struct plx_pci_reserved *out, unsigned max);

#endif
