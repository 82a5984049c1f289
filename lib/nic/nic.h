/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the drivers of PCI network cards share: opening the function, waits with a deadline, seeing
 * that it is gone, the pools that a device reaches, statistics that the card keeps, interrupts.
 *
 * A driver's device struct begins with struct plx_nic, its args struct with struct plx_nic_args,
 * and its table of keys with PLX_NIC_KEYS. Those that return int fail by plx_fail().
 */
#ifndef PLX_NIC_NIC_H
#define PLX_NIC_NIC_H

#include <pollux/dma.h>
#include <pollux/io.h>

#include "port/driver.h"
#include "port/pool_map.h"

#include <pthread.h>

/* --- nic.c: the device --- */

struct plx_nic_args {
	const char *pci;  /* what plx_dev_open() is asked for */
	unsigned backend; /* index into plx_nic_backends: auto, type1, iommufd, noiommu, sim */
};

extern const char *const plx_nic_backends[];
#define PLX_NIC_KEYS                                                                              \
	{ .name = "pci",                                                                          \
	  .type = PLX_KEY_STRING,                                                                 \
	  .offset = offsetof(struct plx_nic_args, pci),                                           \
	  .value = "ADDRESS",                                                                     \
	  .help = "PCI function, as plx-dev list shows it; bound to vfio-pci",                    \
	  .required = true },                                                                     \
	{                                                                                         \
		.name = "backend", .type = PLX_KEY_CHOICE,                                        \
		.offset = offsetof(struct plx_nic_args, backend), .choices = plx_nic_backends,    \
		.initial = "auto",                                                                \
		.help = "who translates the addresses that it puts out; noiommu: nobody, and it " \
			"reaches all memory"                                                      \
	}

/* A pool that a device reaches. */
struct plx_nic_pool {
	struct plx_pool_map map;
	uint16_t number;
	uint32_t perms;
};

#define PLX_NIC_POOLS   4096
#define PLX_NIC_NO_POOL 1 /* an offset that no mapping has: they are whole pages */

struct plx_nic {
	struct plx_device base;
	struct plx_dev *dev;
	const struct plx_pci_id *id; /* of the driver's table */
	int node;                    /* NUMA; -1: unknown */
	pthread_mutex_t lock;        /* statistics and registers, which any thread may ask for */

	_Atomic int gone;       /* enum plx_nic_gone; it stays */
	_Atomic uint64_t asked; /* ms: when it was last looked if it is there */

	_Atomic uint64_t *offsets;  /* by pool number: IOVA - virtual address, or PLX_NIC_NO_POOL */
	struct plx_nic_pool *pools; /* those that are mapped */
	unsigned n_pools;

	int irq_fd;   /* to wait on; -1: interrupts are off */
	int event_fd; /* what the interrupt signals; irq_fd watches it */
	enum plx_irq_type irq_type;
	bool no_msi; /* INTx even where the function has MSI: the driver's to say */
};

enum plx_nic_gone { PLX_NIC_HERE, PLX_NIC_WANTED_BACK, PLX_NIC_DEAD, PLX_NIC_REMOVED };

/*
 * Open the function that the args name, of one of the driver's ids, in state INIT with attributes
 * set, but no bus master yet. A function of another id is refused with a sentence that lists those
 * that the driver knows. Nothing is left open on failure.
 * Errors: as plx_dev_open(); -EINVAL (NO_DRIVER: another id), -ENOMEM (NOMEM).
 */
int plx_nic_open(struct plx_device *device);
/*
 * Let the card do DMA: from now on it is a bus master. Its driver has reset it before: a process
 * that was killed has left it receiving, and where the kernel cannot reset it, it would go on with
 * the rings of that process. Errors: as plx_dev_set_attributes().
 */
int plx_nic_master(struct plx_nic *nic);
/*
 * Between stop and start a card puts out no addresses, whatever it believes: its buffers are the
 * program's then. Of one that plx_nic_master() was called for. Errors: as plx_region_write().
 */
int plx_nic_stop_master(struct plx_nic *nic);
int plx_nic_start_master(struct plx_nic *nic);
/*
 * Of a device whose plx_nic_open() succeeded, and whose registers and memory its driver has given
 * back: interrupts, pools and the function end, whether it is still there or not.
 */
void plx_nic_close(struct plx_device *device);
/* For plx_driver.same_device: two args structs mean the same function. */
bool plx_nic_same(const struct plx_device *device, const void *args);

/*
 * A BAR of at least @size bytes, mapped or reached through the transport; plx_regs_close() ends it.
 * Errors: -EINVAL (TOO_LARGE: it is smaller), others as plx_regs_open().
 */
int plx_nic_bar(struct plx_nic *nic, unsigned bar, uint64_t size, struct plx_regs *r);

/* --- presence.c --- */

/*
 * For rxq_status() and txq_status(): 0, or -ENODEV (NO_DEVICE), and the record's sentence says what
 * became of it. Looks at most every 10 ms: has the kernel asked for the device back
 * (plx_dev_events()), does @alive answer all ones, a register of 32 bits that has no side effects
 * and is never that? NULL @r: config space is asked. Threads: any. Burst loop: yes.
 */
int plx_nic_status(struct plx_nic *nic, const struct plx_regs *r, uint32_t alive);
/* All ones were read where that cannot be: it is gone from now on. -ENODEV (NO_DEVICE). */
int plx_nic_removed(struct plx_nic *nic);
/*
 * What was found so far, without looking. A card that is not REMOVED may still be at work: a driver
 * stops it as if nothing had happened.
 */
static inline bool plx_nic_is_gone(const struct plx_nic *nic)
{
	return atomic_load_explicit(&nic->gone, memory_order_relaxed) != PLX_NIC_HERE;
}

/*
 * Read a register of 32 bits until its bits @mask are @want, for about @us microseconds, pausing in
 * between. @what it is that is waited for stands in the sentence. Burst loop: no.
 * Errors: -ETIMEDOUT (TIMEOUT), -ENODEV (NO_DEVICE: all ones).
 */
int plx_nic_wait(struct plx_nic *nic, const struct plx_regs *r, uint32_t off, uint32_t mask,
		 uint32_t want, unsigned us, const char *what);

/* --- pools.c --- */

/*
 * Have the device reach a pool with @perms (PLX_IOMMU_*). Once more with less or the same costs
 * nothing; with more, the pool is mapped beside, and plx_nic_iova() says the new place.
 * Errors: as plx_pool_map(); -ENOMEM (NOMEM). Threads: one at a time, and not while the pool's
 * owner takes from it; bursts that send from other pools may go on.
 */
int plx_nic_map_pool(struct plx_nic *nic, struct plx_pool *pool, uint32_t perms);
/* None is reached any more. The device has stopped using them, and so have the queues. */
void plx_nic_unmap_pools(struct plx_nic *nic);

/* Of a packet's pool number, which may be any. Burst loop: yes. */
static inline uint64_t plx_nic_offset(const struct plx_nic *nic, uint16_t pool)
{
	return pool < PLX_NIC_POOLS
		       ? atomic_load_explicit(&nic->offsets[pool], memory_order_relaxed)
		       : PLX_NIC_NO_POOL;
}

/* Is it mapped? Then plx_nic_iova() is the IOVA of an address in one of its buffers. */
static inline bool plx_nic_reaches(const struct plx_nic *nic, uint16_t pool)
{
	return plx_nic_offset(nic, pool) != PLX_NIC_NO_POOL;
}

static inline uint64_t plx_nic_iova(const struct plx_nic *nic, uint16_t pool, const void *va)
{
	return (uintptr_t)va + plx_nic_offset(nic, pool);
}

/* --- counters.c: statistics that the card keeps --- */

/* A counter that is read and thereby cleared (or not), summed up in 64 bits. */
struct plx_nic_counter {
	const char *name; /* of the xstat: "crc_errors"; NULL ends a table */
	uint32_t offset;
	uint8_t width;    /* bits: 8, 16, 32; 64: low word at offset, high word 4 after */
	bool keeps;       /* up to 32 bits: reading does not clear it, and what it grew by counts */
	const char *help; /* the datasheet's words, shortened */
};

/*
 * Add what the counters of @table say to @sums[], one for each; @last[] is for those that keep,
 * NULL where none does. The nic is locked. All ones of a device that is gone are not counted.
 */
void plx_nic_count(struct plx_nic *nic, const struct plx_regs *r,
		   const struct plx_nic_counter *table, uint64_t *sums, uint32_t *last);
void plx_nic_add_xstats(struct plx_xstats *x, const struct plx_nic_counter *table,
			const uint64_t *sums);

/* For plx_driver.read_reg of a driver whose registers are all in one BAR. -ENODEV (NO_DEVICE). */
int plx_nic_read_reg(struct plx_nic *nic, const struct plx_regs *r, const struct plx_reg_desc *reg,
		     uint32_t offset, uint32_t *value);

/* --- irq.c: waking sleepers --- */

/*
 * Have nic->irq_fd: one file for all of the device's queues, which becomes readable by MSI where
 * the function has it and no_msi is not set, else by INTx, and when the kernel reports an error or
 * wants the device back. The causes in the card are the driver's to mask. Nothing to do when it is
 * on.
 * Errors: -EMFILE, -ENFILE, ... (FILE), others as plx_irq_enable().
 */
int plx_nic_irq_on(struct plx_nic *nic);
void plx_nic_irq_off(struct plx_nic *nic);
/*
 * Take what made the file readable; INTx may fire again. The card must be quiet: its cause was
 * read, and it is not yet told to interrupt again, since that would be taken, too.
 * Errors: -ENODEV (NO_DEVICE: what became of it), others as plx_irq_unmask(). Burst loop: before a
 * sleep and after it: a system call or two.
 */
int plx_nic_irq_rearm(struct plx_nic *nic);

#endif
