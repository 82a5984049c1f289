/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of a simulated function share.
 */
#ifndef PLX_SIM_FUNCTION_PRIV_H
#define PLX_SIM_FUNCTION_PRIV_H

#include "sim/function.h"

#include <pthread.h>

#define CONFIG_SIZE  4096u
#define CONFIG       7u /* region */
#define MSIX_VECTORS PLX_SIM_VECTORS
#define MSIX_BAR     5u
#define MSI_VECTORS  4u
#define FAULTS       64u
#define FIRST_CDEV   100u

/* VFIO's indices of interrupts */
enum { INTX, MSI, MSIX, ERR, REQ };

/* PCI_COMMAND_* */
enum { IO_DECODE = 1, MEMORY_DECODE = 2, BUS_MASTER = 4, INTX_DISABLE = 0x400 };

struct plx_sim_group;

/* A BAR as a model has it. */
struct plx_sim_bar_model {
	uint64_t address, size; /* size 0: not there */
	uint32_t flags;         /* IORESOURCE_* */
	bool can_map;
};

#define BAR_IO       0x100u
#define BAR_MEMORY   0x200u
#define BAR_PREFETCH 0x2000u

struct plx_sim_irq {
	int fds[MSIX_VECTORS]; /* the function's own; -1: off; valid while it is on */
	bool on;
};

struct plx_sim_dummy {
	uint32_t result, blocked, direction;
	uint64_t blocked_iova;
	uint32_t port_accesses;
	uint8_t buffer[65536];
};

struct plx_sim_function {
	pthread_mutex_t lock; /* everything that changes */
	struct plx_sim_spec spec;
	struct plx_sim_group *group;
	unsigned number; /* of no other function in the process */
	unsigned opened;

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

	struct plx_sim_dummy dummy;
};

/* --- memory.c --- */

int plx_sim_memory_create(struct plx_sim_function *f);
void plx_sim_memory_destroy(struct plx_sim_function *f);
static inline uint8_t *plx_sim_bar(struct plx_sim_function *f, unsigned bar)
{
	return f->memory + f->bar_offset[bar];
}

/* --- config.c --- */

/* As after power on, with @command in the command register. */
void plx_sim_config_reset(struct plx_sim_function *f, uint16_t command);
/* Returns true when the driver asked for a function level reset. */
bool plx_sim_config_write(struct plx_sim_function *f, uint32_t off, const uint8_t *buf,
			  uint32_t len);
uint16_t plx_sim_command(const struct plx_sim_function *f);
void plx_sim_wake(struct plx_sim_function *f); /* to D0 */
bool plx_sim_decodes_memory(const struct plx_sim_function *f);

/* --- irq.c --- */

void plx_sim_irqs_off(struct plx_sim_function *f);
/* Vector @vector of whatever is on of INTx, MSI and MSI-X. */
void plx_sim_interrupt(struct plx_sim_function *f, unsigned vector);

/* --- dummy.c: the model --- */

extern const struct plx_sim_bar_model plx_sim_dummy_bars[PLX_SIM_BARS];
#define DUMMY_VENDOR 0x1b36
#define DUMMY_DEVICE 0x706c
#define DUMMY_CLASS  0xff0000u /* fits none */

void plx_sim_dummy_reset(struct plx_sim_function *f);
/* One access to a memory BAR; inside of it, and memory is decoded. */
void plx_sim_dummy_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
			uint32_t len);
void plx_sim_dummy_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
			 uint32_t len, const struct plx_sim_bus *bus);
/* One access to ports: 1, 2 or 4 of them, aligned. */
void plx_sim_dummy_in(struct plx_sim_function *f, uint64_t port, uint8_t *buf, uint32_t len);
void plx_sim_dummy_out(struct plx_sim_function *f, uint64_t port, const uint8_t *buf, uint32_t len);

/* --- function.c --- */

void plx_sim_fault_add(struct plx_sim_function *f, uint64_t iova, bool write);

#endif
