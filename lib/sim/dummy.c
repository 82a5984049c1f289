/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model of sim:dummy (11.1 of the DDI contract): registers, a DMA engine, a port that counts.
 */
#include "sim/model.h"

#include <endian.h>
#include <string.h>

#define ID      0x706c7801u
#define PORT    0x40u /* the one that counts */
#define DMA_MAX 4096u
#define IO_BAR  2u

#define BUS_MASTER 4u /* PCI_COMMAND */

/* BAR 0 */
enum {
	REG_ID = 0x00,
	REG_IOVA = 0x08,
	REG_LEN = 0x10,
	REG_OFFSET = 0x14,
	REG_COMMAND = 0x18,
	REG_RESULT = 0x1c,
	REG_BLOCKED = 0x20,
	REG_BLOCKED_IOVA = 0x28,
	REG_DIRECTION = 0x30,
};

enum { DONE, BLOCKED, BAD_ARGUMENT, NO_BUS_MASTER }; /* REG_RESULT */
enum { FROM_MEMORY = 1, TO_MEMORY = 2 };             /* REG_COMMAND, REG_DIRECTION */

struct dummy {
	uint32_t result, blocked, direction;
	uint64_t blocked_iova;
	uint32_t port_accesses;
	uint8_t buffer[65536];
};

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* Read-only registers show what is so, whatever was stored over them. */
static void publish(struct plx_sim_function *f)
{
	const struct dummy *d = plx_sim_state(f);
	uint8_t *regs = plx_sim_bar(f, 0);

	put32(regs + REG_ID, ID);
	put32(regs + REG_RESULT, d->result);
	put32(regs + REG_BLOCKED, d->blocked);
	put64(regs + REG_BLOCKED_IOVA, d->blocked_iova);
	put32(regs + REG_DIRECTION, d->direction);
}

static void dummy_reset(struct plx_sim_function *f)
{
	struct dummy *d = plx_sim_state(f);

	memset(d, 0, sizeof(*d));
	for (unsigned i = 0; i < sizeof(d->buffer); i++)
		d->buffer[i] = (uint8_t)(i % 251);
	publish(f);
}

/* --- the DMA engine --- */

static uint32_t transfer(struct plx_sim_function *f, uint32_t command)
{
	const uint8_t *regs = plx_sim_bar(f, 0);
	struct dummy *d = plx_sim_state(f);
	uint64_t iova = get64(regs + REG_IOVA), moved;
	uint32_t len = get32(regs + REG_LEN), offset = get32(regs + REG_OFFSET);

	if ((command != FROM_MEMORY && command != TO_MEMORY) || len > DMA_MAX ||
	    offset > sizeof(d->buffer) - len)
		return BAD_ARGUMENT;
	if (!(plx_sim_command(f) & BUS_MASTER))
		return NO_BUS_MASTER;
	moved = plx_sim_dma(f, iova, len, command == TO_MEMORY, d->buffer + offset);
	if (moved == len)
		return DONE;
	d->blocked++;
	d->blocked_iova = iova + moved;
	d->direction = command;
	return BLOCKED;
}

static void execute(struct plx_sim_function *f)
{
	struct dummy *d = plx_sim_state(f);

	d->result = transfer(f, get32(plx_sim_bar(f, 0) + REG_COMMAND));
	publish(f);
	plx_sim_interrupt(f, 0);
}

/* --- accesses --- */

static void dummy_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
		       uint32_t len)
{
	struct dummy *d = plx_sim_state(f);
	uint8_t count[4];

	if (bar == IO_BAR && off == PORT) {
		put32(count, ++d->port_accesses);
		memcpy(buf, count, len);
		return;
	}
	if (bar == 0)
		publish(f);
	memcpy(buf, plx_sim_bar(f, bar) + off, len);
}

static void dummy_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
			uint32_t len)
{
	struct dummy *d = plx_sim_state(f);

	memcpy(plx_sim_bar(f, bar) + off, buf, len);
	d->port_accesses += bar == IO_BAR && off == PORT;
	if (bar != 0)
		return;
	publish(f);
	if (off <= REG_COMMAND && off + len > REG_COMMAND)
		execute(f);
}

const struct plx_sim_model plx_sim_dummy = {
	.name = "dummy",
	.vendor = 0x1b36,
	.device = 0x706c,
	.subsystem_vendor = 0x1b36,
	.subsystem_device = 0x706c,
	.class_code = 0xff0000, /* fits none */
	.bars = {
		[0] = { 0xfe000000, 0x20000, PLX_SIM_BAR_MEMORY, true },
		[1] = { 0xfe020000, 0x100, PLX_SIM_BAR_MEMORY, false }, /* smaller than a page */
		[IO_BAR] = { 0xc000, 256, PLX_SIM_BAR_IO, false },
		[4] = { 0xd0000000, 0x10000, PLX_SIM_BAR_MEMORY | PLX_SIM_BAR_PREFETCH, true },
		[5] = { 0xfe030000, 0x4000, PLX_SIM_BAR_MEMORY, true },
	},
	.msi = 4,
	.msix = 16,
	.msix_bar = 5,
	.can_reset = true,
	.state_size = sizeof(struct dummy),
	.reset = dummy_reset,
	.read = dummy_read,
	.write = dummy_write,
};
