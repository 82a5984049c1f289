/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a simulated function is: identity, BARs, interrupts, and what its registers do. "sim:dummy"
 * is one (dummy.c). Tests add others: hostile cards, cards of QEMU.
 *
 * A model's functions are called with the function locked, but for create(), destroy(), map() and
 * unmap(): they may call what is declared here for models, and nothing of function.h.
 */
#ifndef PLX_SIM_MODEL_H
#define PLX_SIM_MODEL_H

#include "sim/function.h"
#include "sim/space.h"

/* A BAR as a model has it. */
struct plx_sim_bar_model {
	uint64_t address, size; /* size 0: not there */
	uint32_t flags;         /* PLX_SIM_BAR_* */
	bool can_map; /* what is stored through a mapping the model sees at its next access */
};

#define PLX_SIM_BAR_IO       0x100u /* IORESOURCE_* */
#define PLX_SIM_BAR_MEMORY   0x200u
#define PLX_SIM_BAR_PREFETCH 0x2000u

struct plx_sim_model {
	const char *name; /* of "sim:NAME": up to PLX_SIM_MODEL_NAME letters, digits, dashes */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code; /* 24 bits */
	struct plx_sim_bar_model bars[PLX_SIM_BARS];
	/* Vectors, up to PLX_SIM_VECTORS, of MSI a power of two; 0: none. All have INTx. */
	uint8_t msi, msix;
	uint8_t msix_bar;  /* at least a page of memory; the table is at its beginning */
	bool can_reset;    /* PCI Express with FLR; else it has neither, nor VFIO_DEVICE_RESET */
	size_t state_size; /* of what plx_sim_state() gives: zeroed before create() */

	/* All may be NULL. create(): 0 or plx_fail(); @arg is what the model was added with. */
	int (*create)(struct plx_sim_function *f, void *arg);
	void (*destroy)(struct plx_sim_function *f);
	/* Power on, first open, reset of the function, last close. The BARs' bytes are zero. */
	void (*reset)(struct plx_sim_function *f);
	/* PCI_COMMAND is now @command: it was written, or the function was reset. */
	void (*command)(struct plx_sim_function *f, uint16_t command);

	/*
	 * One access, inside the BAR, decoded: to memory 1 to 8 bytes and more, as it came; to
	 * ports 1, 2 or 4, aligned. Not to the MSI-X table, which VFIO hides. NULL: as memory.
	 */
	void (*read)(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
		     uint32_t len);
	void (*write)(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
		      uint32_t len);

	/*
	 * Memory that the function reaches is added or taken away (IOMMU in memory only): for
	 * models whose DMA another process does. map() is called after it was added, for what was
	 * mapped before the function was attached, too; unmap() before it is taken away, also when
	 * the function is detached. Whole pages, which nobody uses meanwhile. The domain, not the
	 * function, is locked: no DMA from here. 0, or a negative errno, which fails the mapping,
	 * or the attaching.
	 */
	int (*map)(struct plx_sim_function *f, const struct plx_sim_map *m);
	void (*unmap)(struct plx_sim_function *f, const struct plx_sim_map *m);
};

#define PLX_SIM_MODEL_NAME 13 /* so that "sim:MODEL,id=4294967295" has 31 letters */
#define PLX_SIM_MODELS     16

extern const struct plx_sim_model plx_sim_dummy;

/*
 * Have "sim:NAME" open functions of @model, with @arg for create(), until it is removed; both must
 * live as long, and as its functions. Threads: any.
 * -EINVAL (BAD_VALUE: a limit above is not kept), -EEXIST (ALREADY), -ENOSPC (INDEX: there are
 * PLX_SIM_MODELS).
 */
int plx_sim_model_add(const struct plx_sim_model *model, void *arg);
void plx_sim_model_remove(const struct plx_sim_model *model);
/* What was added under a name of @len letters; NULL: there is none. */
const struct plx_sim_model *plx_sim_model_find(const char *name, size_t len, void **arg);
/* The names of all, for a sentence: "sim:dummy, sim:e1000". */
void plx_sim_model_names(char *text, size_t size);

/* --- for models --- */

void *plx_sim_state(struct plx_sim_function *f);
/* The BAR's bytes: mappings show them, and reads and writes go there where the model has none. */
uint8_t *plx_sim_bar(struct plx_sim_function *f, unsigned bar);
/* What is in PCI_COMMAND. */
uint16_t plx_sim_command(const struct plx_sim_function *f);
/*
 * Move bytes to (@write) or from memory, through the domain that the function is attached to:
 * returns the bytes moved. Without bus mastering none are, and no IOMMU hears of it; what the IOMMU
 * blocks is counted as a fault.
 */
uint64_t plx_sim_dma(struct plx_sim_function *f, uint64_t iova, uint64_t len, bool write,
		     void *buf);
/* Vector @vector of whatever is on of INTx, MSI and MSI-X. */
void plx_sim_interrupt(struct plx_sim_function *f, unsigned vector);

/* --- for threads of a model and for tests: not from its functions --- */

/* The function of an open device: NULL if it is not simulated. In lib/pci, which knows devices. */
struct plx_dev;
struct plx_sim_function *plx_dev_sim(struct plx_dev *dev);
/* What is above may be called in between, from its creation until it is destroyed. */
void plx_sim_lock(struct plx_sim_function *f);
void plx_sim_unlock(struct plx_sim_function *f);

#endif
