/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands in a domain's ledger: while the domain has devices, these and all that is mapped.
 * A domain without devices has none, since nobody reaches what is mapped in it.
 */
#include "iommu/attach.h"
#include "iommu/iommu_priv.h"

void plx_domain_publish_device(struct plx_domain *d, struct plx_attachment *a)
{
	if (d->n_devices == 1) {
		d->ledger = plx_ledger_open(d->child.name, d->type, d->io->backend->id);
		plx_domain_each(d, plx_domain_publish);
	}
	if (d->ledger)
		a->record = plx_ledger_add(d->ledger, PLX_LEDGER_DEVICE, a->group, 0, 0, a->name);
}

void plx_domain_withdraw_device(struct plx_domain *d, const struct plx_attachment *a)
{
	if (!d->ledger)
		return;
	plx_ledger_remove(d->ledger, a->record);
	if (d->n_devices > 1)
		return;
	plx_ledger_close(d->ledger);
	d->ledger = NULL;
}
