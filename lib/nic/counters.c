/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers by table: statistics that a card keeps, and those that are shown.
 */
#include "nic/nic_priv.h"

static uint64_t ones(unsigned width)
{
	return width >= 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

static uint32_t read_reg(const struct plx_regs *r, uint32_t offset, unsigned width)
{
	if (width == 8)
		return plx_reg_read8(r, offset);
	if (width == 16)
		return plx_reg_read16(r, offset);
	return plx_reg_read32(r, offset);
}

/* The low word first: reading the high one is what clears a pair. */
static uint64_t read_counter(const struct plx_regs *r, const struct plx_nic_counter *c)
{
	uint64_t value = read_reg(r, c->offset, c->width);

	if (c->width == 64)
		value |= (uint64_t)plx_reg_read32(r, c->offset + 4) << 32;
	return value;
}

/* A sum goes backwards for no card, and were it that its pairs of words are at their end. */
static void add(uint64_t *sum, uint64_t n)
{
	*sum = n > UINT64_MAX - *sum ? UINT64_MAX : *sum + n;
}

void plx_nic_count(struct plx_nic *nic, const struct plx_regs *r,
		   const struct plx_nic_counter *table, uint64_t *sums, uint32_t *last)
{
	for (unsigned i = 0; table[i].name; i++) {
		const struct plx_nic_counter *c = &table[i];
		uint64_t value = read_counter(r, c);

		/* A counter may be full; a card that is gone has counted nothing. */
		if (value == ones(c->width) && !plx_nic_answers(nic))
			return;
		if (c->keeps) {
			add(&sums[i], (value - last[i]) & ones(c->width));
			last[i] = (uint32_t)value;
		} else {
			add(&sums[i], value);
		}
	}
}

void plx_nic_add_xstats(struct plx_xstats *x, const struct plx_nic_counter *table,
			const uint64_t *sums)
{
	for (unsigned i = 0; table[i].name; i++)
		plx_xstats_add(x, sums[i], "%s", table[i].name);
}

int plx_nic_read_reg(struct plx_nic *nic, const struct plx_regs *r, const struct plx_reg_desc *reg,
		     uint32_t offset, uint32_t *value)
{
	*value = read_reg(r, offset, reg->width);
	if (*value == ones(reg->width) && !plx_nic_answers(nic))
		return plx_nic_removed(nic);
	return 0;
}
