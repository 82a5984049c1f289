/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of a simulated function share.
 */
#ifndef PLX_SIM_FUNCTION_PRIV_H
#define PLX_SIM_FUNCTION_PRIV_H

#include "sim/model.h"

#include <pthread.h>
#include <stddef.h>

#define CONFIG_SIZE 4096u
#define CONFIG      7u  /* region */
#define MSIX_ENTRY  16u /* bytes of the table for a vector */
#define FAULTS      64u
#define FIRST_CDEV  100u

/* VFIO's indices of interrupts */
enum { INTX, MSI, MSIX, ERR, REQ };

/* PCI_COMMAND_* */
enum { IO_DECODE = 1, MEMORY_DECODE = 2, BUS_MASTER = 4, INTX_DISABLE = 0x400 };

struct plx_sim_group;

struct plx_sim_irq {
	int fds[PLX_SIM_VECTORS]; /* the function's own; -1: off; valid while it is on */
	bool on;
};

struct plx_sim_function {
	pthread_mutex_t lock; /* everything that changes */
	struct plx_sim_spec spec;
	struct plx_sim_group *group;
	const struct plx_sim_model *model;
	unsigned number; /* of no other function in the process */
	unsigned opened;
	struct plx_sim_bus bus; /* access NULL: it is closed */

	/* the kernel's, under its lock */
	bool plugged;
	struct plx_sim_function *next_plugged;

	int fd; /* memfd of all BARs, one after the other */
	uint8_t *memory;
	uint64_t memory_size;
	uint64_t bar_offset[PLX_SIM_BARS];

	uint8_t config[CONFIG_SIZE];
	struct plx_sim_irq irqs[PLX_SIM_IRQS];
	bool intx_masked, intx_pending;

	struct plx_sim_fault faults[FAULTS];
	unsigned first_fault, n_faults;
	uint64_t all_faults; /* since it was made, whatever was taken, dropped or reset */

	_Alignas(max_align_t) uint8_t state[]; /* the model's */
};

/* --- memory.c --- */

int plx_sim_memory_create(struct plx_sim_function *f);
void plx_sim_memory_destroy(struct plx_sim_function *f);
/* The bytes at the beginning of a BAR that are the MSI-X table; 0: it is elsewhere. */
uint64_t plx_sim_table_size(const struct plx_sim_function *f, unsigned bar);
/* One access to a BAR, inside of it and decoded; @write reads @buf only. */
void plx_sim_bar_access(struct plx_sim_function *f, unsigned bar, uint64_t off, uint8_t *buf,
			uint32_t len, bool write);

/* --- config.c --- */

/* PCI Express has 4096 bytes, conventional PCI 256. */
unsigned plx_sim_config_size(const struct plx_sim_function *f);
/* As after power on, with @command in the command register. */
void plx_sim_config_reset(struct plx_sim_function *f, uint16_t command);
/* Returns true when the driver asked for a function level reset. */
bool plx_sim_config_write(struct plx_sim_function *f, uint32_t off, const uint8_t *buf,
			  uint32_t len);
void plx_sim_wake(struct plx_sim_function *f); /* to D0 */
bool plx_sim_decodes_memory(const struct plx_sim_function *f);

/* --- irq.c --- */

void plx_sim_irqs_off(struct plx_sim_function *f);

#endif
