/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A PCI function's handle, for the rooms above it: lib/io and lib/dma hang what they hold on it.
 */
#ifndef PLX_PCI_DEV_H
#define PLX_PCI_DEV_H

#include <pollux/dev.h>

#include "core/ctx.h"
#include "core/sysops.h"
#include "iommu/attach.h"
#include "pci/facts.h"
#include "pci/transport.h"
#include "sim/function.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * What a room holds on a device. plx_dev_close() calls release() in the reverse order of
 * plx_dev_hold(): it gives everything back and logs each leftover as a leak (G-13), with the
 * device locked, before the device is detached and its file closed.
 */
struct plx_holding {
	struct plx_holding *next;
	void (*release)(struct plx_dev *dev, struct plx_holding *h);
};

/* The function behind one or more handles of a context: claims are per function (11.1, MIO-8). */
struct plx_function {
	struct plx_function *next; /* of its bus */
	unsigned n_handles;
	char name[32]; /* "0000:03:00.0", "sim:dummy,id=0" */
	struct plx_sim_spec spec;
	struct plx_pci_facts facts;
	struct plx_sim_function *sim; /* NULL: a real one */
	/* Where its DMA goes, as long as one of its handles is attached; NULL: nowhere. */
	_Atomic(struct plx_domain *) domain;
	unsigned n_attached;
	pthread_mutex_t lock;             /* what follows; taken after a device's */
	struct plx_domain *own_domain;    /* made for it; NULL: none */
	unsigned own_users;               /* handles that were attached to it */
	unsigned n_open;                  /* handles whose transport is open */
	unsigned command_users[3];        /* handles that want bit 0, 1, 2 of PCI_COMMAND */
	void *claims;                     /* lib/io's: list of ranges of all handles */
	unsigned wc_claims[PLX_PCI_BARS]; /* of those, write-combined mappings */
};

/*
 * WC-6: how a handle reached a BAR first, and reaches it until it is closed. VFIO's request of the
 * BAR and sysfs' write-combined mappings exclude each other in the kernel (WC-4).
 */
enum plx_bar_path { PLX_BAR_UNTOUCHED, PLX_BAR_TRANSPORT, PLX_BAR_WC };

struct plx_group;

struct plx_dev {
	struct plx_child child; /* .name is the device's */
	pthread_mutex_t lock;   /* G-7: everything below that changes */
	struct plx_function *function;
	const struct plx_transport *transport;
	const struct plx_sysops *sys; /* the kernel that it is open in */
	enum plx_backend backend;
	enum plx_dev_state state;
	bool open;           /* the transport is: not after a type1 detach (DEV-6) */
	bool closed;         /* kept for a while to answer calls that come too late (G-5) */
	bool detached;       /* by the caller: no domain of its own is made any more */
	bool has_attributes; /* G-12 */
	bool bus_master;
	struct plx_attachment attachment;
	struct plx_group *group;       /* type1, noiommu: whose fd attachment.fd is */
	struct plx_iommu *own_iommu;   /* shared with other devices; NULL: none was needed */
	struct plx_domain *own_domain; /* the function's, if this handle uses it */
	struct plx_region regions[PLX_REGIONS];
	struct plx_holding *holdings;
	unsigned n_maps; /* BAR maps and port ranges of lib/io: they keep the fd busy (DEV-6) */
	enum plx_bar_path bar_path[PLX_PCI_BARS];
	void *io, *dma; /* of lib/io and lib/dma; made on first use, ended by their holdings */
	void *transport_data;
	_Atomic uint64_t pio_errors;
	uint64_t faults_before; /* of the function, when this handle was made */
	uint16_t command;       /* PCI_COMMAND bits that this handle asked for */
	int event_fds[2];       /* error, removal request; -1: none */
	struct {
		enum plx_irq_type type;
		unsigned n; /* 0: none is enabled */
		int *fds;
	} irq;
	struct {
		unsigned bar;
		uint64_t off, len; /* 0: there is none */
	} msix_table;
	struct plx_dev_fds fds; /* the caller's, and never closed here; -1 */
	char vf_token[40];      /* "": none */
	struct plx_dev *next_grave;
};

/*
 * What plx_dev_info() will call the device that is opened by @name: in full, so that two names of
 * one function are alike. Errors: -EINVAL (BAD_VALUE, BAD_KEY), -ENODEV (NO_DRIVER: no such model).
 */
#define PLX_DEV_NAME 32
int plx_dev_full_name(const char *name, char out[PLX_DEV_NAME]);

/*
 * Begin a control-plane call: NULL is -EINVAL/NULL_ARG (argument @arg), a handle that is closed, or
 * whose file was closed by a detach (DEV-6), -EPERM/STATE. Locks the device. The second is for the
 * calls that are allowed after a detach. End it: unlock and complete the record with the device's
 * name and backend; returns @err, and 0 is plx_ok().
 */
int plx_dev_enter(struct plx_dev *dev, unsigned arg);
int plx_dev_enter_any(struct plx_dev *dev, unsigned arg);
int plx_dev_leave(struct plx_dev *dev, int err);

/* G-11, G-12, with the status of the DDI that is mirrored. @states: a bit for each allowed one. */
#define PLX_STATE_BIT(s) (1u << (s))
int plx_dev_check_state(const struct plx_dev *dev, unsigned states, uint32_t status,
			const char *what);
int plx_dev_check_attributes(const struct plx_dev *dev, uint32_t status, const char *what);

/* To be called once by a room for its first object on a device. */
void plx_dev_hold(struct plx_dev *dev, struct plx_holding *h);

/*
 * Turn bits of PCI_COMMAND on (MIO-14). Idempotent; off again at plx_dev_close(), unless another
 * handle of the function asked for them. The device is locked.
 */
#define PLX_PCI_COMMAND_IO     1u
#define PLX_PCI_COMMAND_MEMORY 2u
#define PLX_PCI_COMMAND_MASTER 4u
int plx_dev_command(struct plx_dev *dev, uint16_t bits);
/* Turn bits off that this handle asked for, unless another one wants them. */
int plx_dev_command_off(struct plx_dev *dev, uint16_t bits);

/* plx_region_read() and _write() of a device that is locked; they fill the record, too. */
int plx_dev_region_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf,
			uint32_t len);
int plx_dev_region_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
			 uint32_t len);

/*
 * The domain whose memory the device reaches; attaches the device to one of its own where it
 * was never attached. -EPERM/ORDER: it was detached. The device is locked.
 */
int plx_dev_need_domain(struct plx_dev *dev, struct plx_domain **out);

/* Where the MSI-X table is (MIO-7), in bytes, not rounded to pages; @len 0: there is none. 0. */
int plx_dev_msix_table(struct plx_dev *dev, unsigned *bar, uint64_t *off, uint64_t *len);

#endif
