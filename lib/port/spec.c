/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "0000:03:00.0" as a port's specification: the function's ids say which driver is meant.
 */
#include "port/spec.h"

#include "pci/facts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The address that @spec begins with, in full; *@keys is the rest, from the comma on. */
static int find_address(const char *spec, char address[PLX_PCI_ADDRESS], const char **keys)
{
	const size_t len = strcspn(spec, ",");
	char text[32]; /* longer ones are none */

	snprintf(text, sizeof(text), "%.*s", len < sizeof(text) ? (int)len : (int)sizeof(text),
		 spec);
	*keys = spec + len;
	return plx_pci_parse_address(text, address);
}

const struct plx_driver *plx_driver_of_ids(uint16_t vendor, uint16_t device)
{
	for (unsigned i = 0; plx_drivers[i]; i++)
		if (plx_ids_find(plx_drivers[i]->ids, vendor, device))
			return plx_drivers[i];
	return NULL;
}

const struct plx_pci_id *plx_ids_find(const struct plx_pci_id *ids, uint16_t vendor,
				      uint16_t device)
{
	for (; ids && ids->vendor; ids++)
		if (ids->vendor == vendor && ids->device == device)
			return ids;
	return NULL;
}

size_t plx_ids_text(const struct plx_pci_id *ids, char *text, size_t size, size_t used)
{
	for (; ids && ids->vendor && used < size; ids++)
		used += (size_t)snprintf(text + used, size - used, "%s%s %04x:%04x",
					 used ? ", " : "", ids->name, ids->vendor, ids->device);
	return used;
}

static int fail_unknown(const struct plx_pci_facts *f)
{
	char known[160] = "none";
	size_t used = 0;

	for (unsigned i = 0; plx_drivers[i]; i++)
		used = plx_ids_text(plx_drivers[i]->ids, known, sizeof(known), used);
	return plx_fail(-EINVAL, PLX_R_NO_DRIVER, f->address,
			"%s is %04x:%04x, which no driver knows: they know %s; af_packet goes "
			"through the kernel's driver",
			f->address, f->vendor, f->device, known);
}

static char *join(const char *driver, const char *address, const char *keys)
{
	const size_t size = strlen(driver) + strlen(":pci=") + strlen(address) + strlen(keys) + 1;
	char *spec = malloc(size);

	if (spec)
		snprintf(spec, size, "%s:pci=%s%s", driver, address, keys);
	return spec;
}

/* The driver of a function, and its key. */
static int resolve_address(const char *root, const char *address, const char *keys, char **out)
{
	const struct plx_driver *driver;
	struct plx_pci_facts facts;
	int err = plx_pci_facts_read(root, address, &facts);

	if (err)
		return err;
	driver = plx_driver_of_ids(facts.vendor, facts.device);
	if (!driver)
		return fail_unknown(&facts);
	*out = join(driver->name, address, keys);
	return 0;
}

int plx_spec_resolve(const char *root, const char *spec, char **out)
{
	char address[PLX_PCI_ADDRESS];
	const char *keys;
	int err;

	*out = NULL;
	err = find_address(spec, address, &keys);
	if (!err) {
		err = resolve_address(root, address, keys, out);
	} else if (!isdigit((unsigned char)*spec)) { /* as no driver's name begins */
		err = 0;
		*out = strdup(spec);
	}
	if (err)
		return err;
	return *out ? 0 : plx_fail_nomem(spec, "a port's specification");
}
