/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/pci share: names, the bus of a context, and the steps of opening.
 */
#ifndef PLX_PCI_PRIV_H
#define PLX_PCI_PRIV_H

#include "core/error.h"
#include "pci/dev.h"
#include "sim/function.h"

/* --- name.c --- */

/* What plx_dev_open() is asked for. */
struct plx_dev_name {
	bool simulated;
	char text[32];            /* "0000:03:00.0", "sim:dummy,id=0" */
	struct plx_sim_spec spec; /* simulated */
};

int plx_dev_name_parse(const char *text, struct plx_dev_name *out);

/* --- opts.c --- */

/*
 * Check the options, and choose backend, transport and kernel for @dev, which has its function.
 * The backend stays AUTO where the machine decides.
 */
int plx_dev_choose(struct plx_dev *dev, const struct plx_dev_opts *opts);
/* Is there an IOMMU where one is wanted, or is doing without one @allowed? */
int plx_dev_check_noiommu(const struct plx_dev *dev, bool allowed);
/* Can a device of this backend and kernel enter @d? -EINVAL/MISMATCH, argument @arg. */
int plx_dev_check_domain(const struct plx_dev *dev, struct plx_domain *d, unsigned arg);

/* --- owner.c --- */

/*
 * The ownership probes of 8.6: is the function VFIO's, and its group? Below @root ("/sys").
 * @noiommu: it may be used without an IOMMU.
 */
int plx_pci_check_owner(const char *root, const struct plx_pci_facts *facts, bool noiommu,
			struct plx_attachment *a);

/* --- bus.c --- */

/* The function of a name: shared by its handles. */
int plx_bus_take_function(struct plx_ctx *ctx, const struct plx_dev_name *name,
			  struct plx_function **out);
void plx_bus_return_function(struct plx_ctx *ctx, struct plx_function *f);

/* The interface for domains of devices' own: shared by all devices of a backend and kernel. */
int plx_bus_take_iommu(struct plx_dev *dev);
void plx_bus_return_iommu(struct plx_dev *dev);

/* Keep a closed handle until others came after it. */
void plx_bus_bury(struct plx_dev *dev);

/* --- group.c --- */

/* The IOMMU group of the device: one backend for all its members; on type1, one file. */
int plx_bus_join_group(struct plx_dev *dev);
void plx_bus_leave_group(struct plx_dev *dev);

/* plx_domain_attach_fd() and _detach_fd(), and DEV-3 beyond one interface. */
int plx_bus_attach(struct plx_dev *dev, struct plx_domain *d);
int plx_bus_detach(struct plx_dev *dev, struct plx_domain *d);
/* The device is closed, whatever the kernel says: logs what it refused. */
void plx_bus_drop(struct plx_dev *dev);

/* --- open.c --- */

/* Open the transport, read what is there, put back what was set: at open and re-attach. */
int plx_dev_open_transport(struct plx_dev *dev);
void plx_dev_close_transport(struct plx_dev *dev);
/* The device's place among what lives in its context is the last one. */
void plx_dev_readopt(struct plx_dev *dev);

/* --- dev.c --- */

/* Complete the record of a failure: whose it is. Returns its errno. */
int plx_dev_fail_origin(const struct plx_dev *dev);

/* --- attach.c --- */

/* Attach to the function's own domain, which is made, and lives as long as a handle uses it. */
int plx_dev_attach_own(struct plx_dev *dev);
void plx_dev_return_own(struct plx_dev *dev);

/* --- config.c --- */

/* -ENODEV: the device is gone, and answers all ones. */
int plx_config_check_present(struct plx_dev *dev);
int plx_config_find_msix(struct plx_dev *dev);
/* Write PCI_COMMAND as the function's handles want it. */
int plx_config_apply_command(struct plx_dev *dev);
/* This handle asks for nothing any more: at close. */
int plx_config_drop_command(struct plx_dev *dev);
/*
 * No handle asks any more: what the kernel and not we turned on goes off, too (MIO-14). The
 * function is locked.
 */
int plx_config_decode_off(struct plx_dev *dev);

/* --- irq.c, events.c --- */

void plx_irqs_off(struct plx_dev *dev);
int plx_events_open(struct plx_dev *dev);
void plx_events_close(struct plx_dev *dev);
/* Accesses of the function that its IOMMU blocked: of a simulated one; VFIO tells of none (8.5). */
uint64_t plx_dev_faults(const struct plx_dev *dev);

#endif
