/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which driver a specification means, and what drivers say of the functions that they drive.
 */
#ifndef PLX_PORT_SPEC_H
#define PLX_PORT_SPEC_H

#include "port/driver.h"

/*
 * "ADDRESS[,key=value...]" of a PCI function below @root (PLX_SYSFS) becomes
 * "driver:pci=ADDRESS[,...]"; other specifications stay as they are. The caller frees *@out.
 * Errors: -EINVAL (NO_DRIVER: no driver knows the function; the sentence has the ids that they
 * know), -ENODEV (NO_DEVICE: no such function), -ENOMEM (NOMEM), -EIO, -EACCES as
 * plx_pci_facts_read().
 */
int plx_spec_resolve(const char *root, const char *spec, char **out);

/* The driver that drives such functions; NULL: there is none. */
const struct plx_driver *plx_driver_of_ids(uint16_t vendor, uint16_t device);

/* The id of a list (NULL: an empty one) that is this one, or NULL. */
const struct plx_pci_id *plx_ids_find(const struct plx_pci_id *ids, uint16_t vendor,
				      uint16_t device);
/*
 * Append "82574L 8086:10d3, ..." to what fills @used of @text's @size bytes; returns what fills it
 * then, more than @size where some was left out. Without ids it writes nothing.
 */
size_t plx_ids_text(const struct plx_pci_id *ids, char *text, size_t size, size_t used);

#endif
