/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of PCI devices, from the list that comes with pciutils; numbers where there is none.
 */
#ifndef DEV_NAMES_H
#define DEV_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* "Intel Corporation 82574L Gigabit Network Connection", or "8086:10d3". */
void name_device(uint16_t vendor, uint16_t device, char *name, size_t size);
/* "Ethernet controller", or "class 020000". */
void name_class(uint32_t class_code, char *name, size_t size);

#endif
