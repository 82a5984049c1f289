/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What devices are called.
 */
#include "pci/pci_priv.h"

#include <stdio.h>
#include <string.h>

int plx_dev_name_parse(const char *text, struct plx_dev_name *out)
{
	char address[PLX_PCI_ADDRESS];
	int err;

	memset(out, 0, sizeof(*out));
	if (!strncmp(text, "sim:", 4)) {
		out->simulated = true;
		err = plx_sim_parse(text, &out->spec);
		if (!err)
			plx_sim_name(&out->spec, out->text, sizeof(out->text));
		return err;
	}
	err = plx_pci_parse_address(text, address);
	if (!err)
		snprintf(out->text, sizeof(out->text), "%s", address);
	return err;
}

int plx_dev_full_name(const char *name, char out[PLX_DEV_NAME])
{
	struct plx_dev_name parsed;
	int err = plx_dev_name_parse(name, &parsed);

	_Static_assert(sizeof(parsed.text) == PLX_DEV_NAME, "a name fits");
	memcpy(out, parsed.text, PLX_DEV_NAME);
	return err;
}
