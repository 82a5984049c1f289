/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The 82540EM and the 82574L: reset, EEPROM, PHY, interrupt causes, and rings of legacy and
 * extended descriptors. No filters, no offloads: a frame is received as it is. Section numbers are
 * those of the datasheets that the driver's regs.h names.
 */
#include "e1000_model.h"

#include <string.h>

#include "../../drivers/net/e1000/regs.h"

#define DESC 16u
#define ICS  0x00c8 /* Interrupt Cause Set */

static bool express(const struct card *c)
{
	return c->kind->model->device == 0x10d3;
}

static uint32_t *reg(struct card *c, uint32_t off)
{
	return (uint32_t *)(void *)(plx_sim_bar(c->f, 0) + off);
}

/* --- rings --- */

static uint64_t base_of(struct card *c, uint32_t base)
{
	return *reg(c, base) | (uint64_t)*reg(c, base + E1000_DBAH) << 32;
}

static uint32_t size_of(struct card *c, uint32_t base)
{
	return *reg(c, base + E1000_DLEN) / DESC;
}

static bool move_word(struct card *c, uint32_t base, unsigned index, unsigned word, bool write,
		      uint64_t *value)
{
	return card_move(c, base_of(c, base) + index * DESC + 8 * word, 8, write, value);
}

uint64_t e1000_peek(uint32_t base, unsigned index, unsigned word)
{
	uint64_t value = 0;

	plx_sim_lock(card.f);
	move_word(&card, base, index, word, false, &value);
	plx_sim_unlock(card.f);
	return value;
}

void e1000_poke(uint32_t base, unsigned index, unsigned word, uint64_t value)
{
	plx_sim_lock(card.f);
	move_word(&card, base, index, word, true, &value);
	plx_sim_unlock(card.f);
}

static void cause(struct card *c, uint32_t bits)
{
	*reg(c, E1000_ICR) |= bits;
	if (*reg(c, E1000_ICR) & *reg(c, E1000_IMS))
		card_signal(c);
}

/* --- receiving --- */

uint64_t e1000_rx_word(uint32_t status, uint32_t errors, uint32_t len)
{
	if (express(&card))
		return status | (uint64_t)errors << 24 | (uint64_t)len << 32;
	return len | (uint64_t)status << 32 | (uint64_t)errors << 40;
}

/* RCTL.BSIZE and BSEX */
static uint32_t buffer_size(uint32_t rctl)
{
	return (rctl & E1000_RCTL_BSEX ? 32768 : 2048) >> (rctl >> E1000_RCTL_BSIZE & 3);
}

static bool put(struct card *c, unsigned index, const uint8_t *bytes, uint32_t len, bool last)
{
	const uint32_t base = E1000_RDBAL(0);
	uint64_t zero = 0, word = e1000_rx_word(E1000_RXD_DD | (last ? E1000_RXD_EOP : 0), 0, len);
	uint64_t iova;

	return move_word(c, base, index, 0, false, &iova) &&
	       card_move(c, iova, len, true, (void *)(uintptr_t)bytes) &&
	       (!express(c) || move_word(c, base, index, 0, true, &zero)) &&
	       move_word(c, base, index, 1, true, &word);
}

static bool receive(struct card *c, const uint8_t *frame, uint32_t len)
{
	const uint32_t base = E1000_RDBAL(0), n = size_of(c, base), rctl = *reg(c, E1000_RCTL);
	const uint32_t size = buffer_size(rctl), need = (len + size - 1) / size;
	uint32_t head = *reg(c, base + E1000_DH);

	if (!(rctl & E1000_RCTL_EN) || !n)
		return false;
	if ((*reg(c, base + E1000_DT) + n - head) % n < need) {
		++*reg(c, 0x4010); /* MPC */
		return false;
	}
	for (uint32_t at = 0; at < len; at += size, head = (head + 1) % n)
		if (!put(c, head, frame + at, len - at < size ? len - at : size, at + size >= len))
			return false;
	*reg(c, base + E1000_DH) = head;
	cause(c, E1000_INT_RXT | E1000_INT_RXQ0);
	return true;
}

/* --- sending --- */

/* One descriptor, which adds to the frame of @len bytes in c->last. */
static bool send_one(struct card *c, uint32_t base, uint32_t index, uint32_t *len)
{
	uint64_t iova, word;
	uint32_t n;

	if (!move_word(c, base, index, 0, false, &iova) ||
	    !move_word(c, base, index, 1, false, &word))
		return false;
	n = word & E1000_TXD_DEXT ? word & 0xfffff : word & 0xffff;
	if (!(word & E1000_TXD_DEXT) || word & E1000_TXD_DTYP) {
		if (n > sizeof(c->last) - *len || !card_move(c, iova, n, false, c->last + *len))
			return false;
		*len += n;
		if (word & E1000_TXD_EOP) {
			card_sent(c, *len);
			*len = 0;
		}
	}
	word |= E1000_TXD_DD;
	return !(word & E1000_TXD_RS) || move_word(c, base, index, 1, true, &word);
}

static void transmit_queue(struct card *c, uint32_t base)
{
	const uint32_t n = size_of(c, base), tail = *reg(c, base + E1000_DT);
	uint32_t head = *reg(c, base + E1000_DH), len = 0;

	if (!(*reg(c, E1000_TCTL) & E1000_TCTL_EN) || tail >= n || head >= n)
		return;
	while (head != tail && send_one(c, base, head, &len))
		head = (head + 1) % n;
	*reg(c, base + E1000_DH) = head;
}

static void transmit(struct card *c)
{
	transmit_queue(c, E1000_TDBAL(0));
	if (express(c))
		transmit_queue(c, E1000_TDBAL(1));
}

/* --- registers --- */

static void reset(struct plx_sim_function *f)
{
	struct card *c = card_of(f);

	memset(plx_sim_bar(f, 0), 0, E1000_BAR_SIZE);
	*reg(c, E1000_PBA) = express(c) ? 20 : 48;
	*reg(c, E1000_EECD) = E1000_EECD_ARD;
	*reg(c, E1000_STATUS) = E1000_STATUS_FD | E1000_STATUS_LU | 2u << 6 | E1000_STATUS_GIO_EN;
}

/* EERD: where DONE and ADDR are differs between the two. */
static void read_eeprom(struct card *c, uint32_t value)
{
	const unsigned done = express(c) ? 1 : 4, addr = express(c) ? 2 : 8;

	*reg(c, E1000_EERD) = value | 1u << done | (uint32_t)c->eeprom[value >> addr & 63] << 16;
}

static void access_phy(struct card *c, uint32_t value)
{
	uint16_t *phy = &c->phy[value >> 16 & 31];

	if (value & E1000_MDIC_OP_WRITE)
		*phy = (uint16_t)value;
	*reg(c, E1000_MDIC) = (value & ~E1000_MDIC_DATA) | *phy | E1000_MDIC_R;
}

static void set_ctrl(struct plx_sim_function *f, struct card *c, uint32_t value)
{
	if (value & E1000_CTRL_RST) {
		reset(f);
		return;
	}
	*reg(c, E1000_CTRL) = value;
	*reg(c, E1000_STATUS) &= ~E1000_STATUS_GIO_EN;
	if (!(value & E1000_CTRL_GIO_DIS))
		*reg(c, E1000_STATUS) |= E1000_STATUS_GIO_EN;
}

static void write_reg(struct plx_sim_function *f, struct card *c, uint32_t off, uint32_t value)
{
	switch (off) {
	case E1000_CTRL:
		set_ctrl(f, c, value);
		break;
	case E1000_STATUS:
		break;
	case E1000_EERD:
		read_eeprom(c, value);
		break;
	case E1000_MDIC:
		access_phy(c, value);
		break;
	case E1000_ICR:
		*reg(c, E1000_ICR) &= ~value;
		break;
	case ICS:
		cause(c, value);
		break;
	case E1000_IMS:
		*reg(c, E1000_IMS) |= value;
		cause(c, 0);
		break;
	case E1000_IMC:
		*reg(c, E1000_IMS) &= ~value;
		break;
	default:
		*reg(c, off) = value;
		if ((off == E1000_TDT(0) || off == E1000_TDT(1)) && !c->holds_tx)
			transmit(c);
	}
}

static uint32_t read_reg(struct card *c, uint32_t off)
{
	uint32_t value = *reg(c, off);

	/* Causes and statistics are cleared by reading. */
	if (off == E1000_ICR || (off >= 0x4000 && off < 0x4128))
		*reg(c, off) = 0;
	return value;
}

static void model_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
		       uint32_t len)
{
	struct card *c = card_of(f);
	uint32_t value;

	(void)bar;
	memset(buf, 0xff, len);
	if (len != 4 || off & 3)
		return;
	value = card_bent(c, (uint32_t)off, 4, read_reg(c, (uint32_t)off));
	memcpy(buf, &value, 4);
}

static void model_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
			uint32_t len)
{
	struct card *c = card_of(f);
	uint32_t value;

	(void)bar;
	card_wrote(c);
	if (len != 4 || off & 3)
		return;
	memcpy(&value, buf, 4);
	write_reg(f, c, (uint32_t)off, value);
}

/* An address, and a word that makes the sum right. */
static void power_on(struct card *c)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
	uint16_t sum = 0;

	memcpy(c->eeprom, mac, sizeof(mac));
	for (unsigned i = 3; i < E1000_EEPROM_WORDS - 1; i++)
		c->eeprom[i] = (uint16_t)(i * 0x0101);
	for (unsigned i = 0; i < E1000_EEPROM_WORDS - 1; i++)
		sum = (uint16_t)(sum + c->eeprom[i]);
	c->eeprom[E1000_EEPROM_WORDS - 1] = (uint16_t)(E1000_EEPROM_SUM - sum);
}

#define MODEL                                                                                  \
	.vendor = 0x8086, .class_code = 0x020000,                                              \
	.bars = { [0] = { 0xf0000000, E1000_BAR_SIZE, PLX_SIM_BAR_MEMORY, false } }, .msi = 1, \
	CARD_FUNCTIONS, .reset = reset, .read = model_read, .write = model_write

const struct plx_sim_model card_model_82540em = { .name = "82540em", .device = 0x100e, MODEL };
static const struct plx_sim_model model_82574l = {
	.name = "82574l", .device = 0x10d3, .can_reset = true, MODEL
};

#define KIND .rxd = 64, .txd = 128, .power_on = power_on, .receive = receive, .transmit = transmit

const struct card_kind card_e1000 = {
	.name = "e1000", .spec = "e1000:pci=sim:82540em", .model = &card_model_82540em, KIND
};
const struct card_kind card_e1000e = {
	.name = "e1000e", .spec = "e1000:pci=sim:82574l", .model = &model_82574l, KIND
};
