/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model of sim:dummy (11.1 of the DDI contract): registers, a DMA engine, a port that counts.
 */
#include "sim/function_priv.h"

#include <endian.h>
#include <string.h>

#define ID      0x706c7801u
#define PORT    0x40u /* the one that counts */
#define DMA_MAX 4096u
#define IO_BAR  2u

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

const struct plx_sim_bar_model plx_sim_dummy_bars[PLX_SIM_BARS] = {
	[0] = { 0xfe000000, 0x20000, BAR_MEMORY, true },
	[1] = { 0xfe020000, 0x100, BAR_MEMORY, false }, /* smaller than a page */
	[2] = { 0xc000, 256, BAR_IO, false },
	[4] = { 0xd0000000, 0x10000, BAR_MEMORY | BAR_PREFETCH, true },
	[5] = { 0xfe030000, 0x4000, BAR_MEMORY, true },
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
	uint8_t *regs = plx_sim_bar(f, 0);

	put32(regs + REG_ID, ID);
	put32(regs + REG_RESULT, f->dummy.result);
	put32(regs + REG_BLOCKED, f->dummy.blocked);
	put64(regs + REG_BLOCKED_IOVA, f->dummy.blocked_iova);
	put32(regs + REG_DIRECTION, f->dummy.direction);
}

void plx_sim_dummy_reset(struct plx_sim_function *f)
{
	memset(f->memory, 0, f->memory_size);
	memset(&f->dummy, 0, sizeof(f->dummy));
	for (unsigned i = 0; i < sizeof(f->dummy.buffer); i++)
		f->dummy.buffer[i] = (uint8_t)(i % 251);
	publish(f);
}

/* --- the DMA engine --- */

static void blocked(struct plx_sim_function *f, uint64_t iova, uint32_t direction)
{
	f->dummy.blocked++;
	f->dummy.blocked_iova = iova;
	f->dummy.direction = direction;
	plx_sim_fault_add(f, iova, direction == TO_MEMORY);
}

static uint32_t transfer(struct plx_sim_function *f, uint32_t command,
			 const struct plx_sim_bus *bus)
{
	const uint8_t *regs = plx_sim_bar(f, 0);
	uint64_t iova = get64(regs + REG_IOVA), moved = 0;
	uint32_t len = get32(regs + REG_LEN), offset = get32(regs + REG_OFFSET);

	if ((command != FROM_MEMORY && command != TO_MEMORY) || len > DMA_MAX ||
	    offset > sizeof(f->dummy.buffer) - len)
		return BAD_ARGUMENT;
	if (!(plx_sim_command(f) & BUS_MASTER))
		return NO_BUS_MASTER;
	if (bus->access)
		moved = bus->access(bus->arg, iova, len, command == TO_MEMORY,
				    f->dummy.buffer + offset);
	if (moved == len)
		return DONE;
	blocked(f, iova + moved, command);
	return BLOCKED;
}

static void execute(struct plx_sim_function *f, const struct plx_sim_bus *bus)
{
	f->dummy.result = transfer(f, get32(plx_sim_bar(f, 0) + REG_COMMAND), bus);
	publish(f);
	plx_sim_interrupt(f, 0);
}

/* --- accesses --- */

/* The bytes of an access to a BAR's memory that are not the MSI-X table: VFIO hides that. */
static void move(struct plx_sim_function *f, unsigned bar, uint64_t off, uint8_t *buf, uint32_t len,
		 bool write)
{
	uint8_t *memory = plx_sim_bar(f, bar) + off;
	uint64_t hidden = bar == MSIX_BAR ? MSIX_VECTORS * 16 : 0;
	uint32_t skip = off < hidden ? (uint32_t)(hidden - off) : 0;

	if (skip > len)
		skip = len;
	if (write) {
		memcpy(memory + skip, buf + skip, len - skip);
	} else {
		memset(buf, 0xff, skip);
		memcpy(buf + skip, memory + skip, len - skip);
	}
}

void plx_sim_dummy_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
			uint32_t len)
{
	if (bar == 0)
		publish(f);
	move(f, bar, off, buf, len, false);
}

void plx_sim_dummy_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
			 uint32_t len, const struct plx_sim_bus *bus)
{
	move(f, bar, off, (uint8_t *)(uintptr_t)buf, len, true);
	if (bar != 0)
		return;
	publish(f);
	if (off <= REG_COMMAND && off + len > REG_COMMAND)
		execute(f, bus);
}

void plx_sim_dummy_in(struct plx_sim_function *f, uint64_t port, uint8_t *buf, uint32_t len)
{
	uint8_t count[4];

	if (port == PORT) {
		put32(count, ++f->dummy.port_accesses);
		memcpy(buf, count, len);
	} else {
		memcpy(buf, plx_sim_bar(f, IO_BAR) + port, len);
	}
}

void plx_sim_dummy_out(struct plx_sim_function *f, uint64_t port, const uint8_t *buf, uint32_t len)
{
	f->dummy.port_accesses += port == PORT;
	memcpy(plx_sim_bar(f, IO_BAR) + port, buf, len);
}
