/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices enter and leave domains: the books of DEV-1 .. DEV-5.
 */
#include "iommu/attach.h"
#include "iommu/iommu_priv.h"

#include <errno.h>
#include <syslog.h>

/* Another device of the same group; NULL: none is attached. The interface is locked. */
static struct plx_attachment *group_mate(struct plx_iommu *io, const struct plx_attachment *a)
{
	for (struct plx_attachment *x = io->attached.next; x != &io->attached; x = x->next)
		if (x != a && x->group == a->group)
			return x;
	return NULL;
}

static void link_in(struct plx_domain *d, struct plx_attachment *a)
{
	a->domain = d;
	a->prev = d->io->attached.prev;
	a->next = &d->io->attached;
	a->prev->next = a;
	a->next->prev = a;
	d->n_devices++;
}

static void cut_out(struct plx_domain *d, struct plx_attachment *a)
{
	a->domain = NULL;
	a->prev->next = a->next;
	a->next->prev = a->prev;
	d->n_devices--;
}

/* DEV-1, DEV-3; and what kernels refuse in words that do not tell why (2.2). */
static int check_attach(struct plx_domain *d, const struct plx_attachment *a,
			const struct plx_attachment *mate)
{
	if (a->domain)
		return plx_fail_ddi(-EBUSY, PLX_STATUS_INVALID_PARAMETER, PLX_R_ALREADY_ATTACHED, 0,
				    a->name, "%s is attached to %s: detach it first", a->name,
				    a->domain == d ? "this domain" : a->domain->child.name);
	if (mate && mate->domain != d)
		return plx_fail(-EBUSY, PLX_R_GROUP_BUSY, a->name,
				"%s shares IOMMU group %u with %s, which is attached to %s: attach "
				"both to one domain",
				a->name, a->group, mate->name, mate->domain->child.name);
	if (a->direct_map)
		return plx_fail(-ENOTSUP, PLX_R_FW_DIRECT_MAP, a->name,
				"%s cannot be used: the firmware demands that some of its memory "
				"stays mapped 1:1 (reserved_regions of IOMMU group %u)",
				a->name, a->group);
	return 0;
}

/* Does the backend hear of @a, or did it of its group? */
static bool concerns(const struct plx_domain *d, const struct plx_attachment *mate)
{
	return !d->io->backend->by_group || !mate;
}

static int attach(struct plx_domain *d, struct plx_attachment *a)
{
	struct plx_attachment *mate = group_mate(d->io, a);
	int err = check_attach(d, a, mate);

	if (!err && concerns(d, mate))
		err = d->io->backend->attach(d, a);
	if (err)
		return err;
	link_in(d, a);
	err = plx_domain_reread(d, a->name); /* DEV-2, DEV-4 */
	if (err) {
		struct plx_error saved = *plx_last_error();

		cut_out(d, a);
		if (concerns(d, mate))
			d->io->backend->detach(d, a);
		return plx_fail_again(&saved);
	}
	plx_domain_publish_device(d, a);
	return 0;
}

int plx_domain_attach_fd(struct plx_domain *d, struct plx_attachment *a)
{
	int err = plx_domain_enter_any(d);

	if (err)
		return err;
	pthread_mutex_lock(&d->io->lock);
	err = attach(d, a);
	pthread_mutex_unlock(&d->io->lock);
	return plx_domain_leave(d, err);
}

static int check_detach(const struct plx_domain *d, const struct plx_attachment *a)
{
	if (a->domain != d)
		return plx_fail_ddi(-EINVAL, plx_status_arg(1), PLX_R_NOT_ATTACHED, 1, a->name,
				    "%s is not attached to %s", a->name, d->child.name);
	if (d->io->backend->needs_device && d->n_devices == 1 && d->n_mappings)
		return plx_fail(
			-EBUSY, PLX_R_STILL_MAPPED, a->name,
			"%s is the last device of %s, and with it the kernel would drop its "
			"%llu mappings: unmap them first",
			a->name, d->child.name, (unsigned long long)d->n_mappings);
	return 0;
}

static int detach(struct plx_domain *d, struct plx_attachment *a)
{
	int err = check_detach(d, a);

	if (!err && concerns(d, group_mate(d->io, a)))
		err = d->io->backend->detach(d, a);
	if (err)
		return err;
	plx_domain_withdraw_device(d, a);
	cut_out(d, a);
	/* What is usable can only have grown; when it cannot be read, less of it stays in use. */
	if (plx_domain_reread(d, a->name))
		plx_log(d->child.ctx, LOG_WARNING, "iommu", "%s: %s", d->child.name,
			plx_last_error()->text);
	return 0;
}

int plx_domain_detach_fd(struct plx_domain *d, struct plx_attachment *a)
{
	int err = plx_domain_enter_any(d);

	if (err)
		return err;
	pthread_mutex_lock(&d->io->lock);
	err = detach(d, a);
	pthread_mutex_unlock(&d->io->lock);
	return plx_domain_leave(d, err);
}

int plx_domain_check_detach(struct plx_domain *d, const struct plx_attachment *a)
{
	int err = plx_domain_enter_any(d);

	if (err)
		return err;
	pthread_mutex_lock(&d->io->lock);
	err = check_detach(d, a);
	pthread_mutex_unlock(&d->io->lock);
	return plx_domain_leave(d, err);
}

int plx_domain_check(struct plx_domain *d)
{
	int err = plx_domain_enter_any(d);

	return err ? err : plx_domain_leave(d, 0);
}

/* --- leaving for good --- */

/* DEV-5: the kernel drops them, so the books do. */
static void unmap_before_last(struct plx_domain *d, const struct plx_attachment *a)
{
	if (!d->io->backend->needs_device || d->n_devices > 1 || !d->n_mappings)
		return;
	plx_log(d->child.ctx, LOG_WARNING, "iommu",
		"%s was the last device of %s, whose %llu mappings go with it", a->name,
		d->child.name, (unsigned long long)d->n_mappings);
	d->io->backend->unmap_all(d);
	plx_domain_forget_all(d);
}

void plx_domain_drop_fd(struct plx_attachment *a)
{
	struct plx_domain *d = a->domain;

	plx_lock(&d->lock);
	plx_domain_settle(d);
	pthread_mutex_lock(&d->io->lock);
	unmap_before_last(d, a);
	if (detach(d, a)) {
		plx_log(d->child.ctx, LOG_WARNING, "iommu",
			"%s leaves %s by its file's closing: %s", a->name, d->child.name,
			plx_last_error()->text);
		plx_domain_withdraw_device(d, a);
		cut_out(d, a);
	}
	pthread_mutex_unlock(&d->io->lock);
	plx_unlock(&d->lock);
}
