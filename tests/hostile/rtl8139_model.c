/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RTL8139C: 256 ports, four transmit descriptors, a receive ring. Sections are those of its
 * datasheet, which the driver's regs.h names.
 */
#include "rtl8139_model.h"

#include <string.h>

#include "../../drivers/net/rtl8139/regs.h"

#define RTL_FCS 4

static const uint8_t address[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

static uint8_t *reg(struct card *c, uint32_t off)
{
	return plx_sim_bar(c->f, 0) + off;
}

static uint16_t get16(struct card *c, uint32_t off)
{
	return (uint16_t)(reg(c, off)[0] | reg(c, off)[1] << 8);
}

static uint32_t get32(struct card *c, uint32_t off)
{
	return get16(c, off) | (uint32_t)get16(c, off + 2) << 16;
}

static void set16(struct card *c, uint32_t off, uint16_t value)
{
	memcpy(reg(c, off), &value, sizeof(value));
}

static void set32(struct card *c, uint32_t off, uint32_t value)
{
	memcpy(reg(c, off), &value, sizeof(value));
}

static uint32_t ring_size(struct card *c)
{
	return 8192u << (get32(c, RTL_RCR) >> RCR_RBLEN_SHIFT & 3);
}

static void cause(struct card *c, uint16_t bits)
{
	set16(c, RTL_ISR, get16(c, RTL_ISR) | bits);
	if (get16(c, RTL_ISR) & get16(c, RTL_IMR))
		card_signal(c);
}

/* --- receiving --- */

static bool put(struct card *c, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	const uint32_t size = ring_size(c), ring = get32(c, RTL_RBSTART);
	uint32_t first = size - at % size < len ? size - at % size : len;

	return card_move(c, ring + at % size, first, true, (void *)(uintptr_t)bytes) &&
	       (first == len ||
		card_move(c, ring, len - first, true, (void *)(uintptr_t)(bytes + first)));
}

static bool receive(struct card *c, const uint8_t *frame, uint32_t len)
{
	static const uint8_t fcs[RTL_FCS] = { 1, 2, 3, 4 };
	const uint32_t size = ring_size(c), cbr = get16(c, RTL_CBR);
	const uint32_t extent = (RTL_RX_HEADER + len + RTL_FCS + 3) & ~3u;
	const uint32_t header = RSR_ROK | (len + RTL_FCS) << RSR_LEN_SHIFT;
	uint32_t read = (get16(c, RTL_CAPR) + 16u) % size, room = (read + size - cbr - 1) % size;

	if (!(*reg(c, RTL_CR) & CR_RE))
		return false;
	if (room < extent) {
		cause(c, ISR_RXOVW);
		return false;
	}
	if (!put(c, cbr + RTL_RX_HEADER, frame, len) ||
	    !put(c, cbr + RTL_RX_HEADER + len, fcs, sizeof(fcs)) ||
	    !put(c, cbr, (const uint8_t *)&header, sizeof(header)))
		return false;
	set16(c, RTL_CBR, (uint16_t)((cbr + extent) % size));
	cause(c, ISR_ROK);
	return true;
}

/* --- sending --- */

static void transmit_one(struct card *c, unsigned i)
{
	uint32_t status = get32(c, RTL_TSD0 + 4 * i), len = status & TSD_SIZE;

	if (status & TSD_OWN || !(*reg(c, RTL_CR) & CR_TE))
		return;
	if (!card_move(c, get32(c, RTL_TSAD0 + 4 * i) & ~3u, len, false, c->last)) {
		set32(c, RTL_TSD0 + 4 * i, status | TSD_OWN | TSD_TABT);
		return;
	}
	card_sent(c, len);
	set32(c, RTL_TSD0 + 4 * i, status | TSD_OWN | TSD_TOK);
}

static void transmit(struct card *c)
{
	for (unsigned i = 0; i < 4; i++)
		transmit_one(c, i);
}

/* --- registers --- */

static void reset(struct plx_sim_function *f)
{
	struct card *c = card_of(f);

	memset(reg(c, 0), 0, RTL_PORTS);
	memcpy(reg(c, RTL_IDR0), c->eeprom, sizeof(address));
	for (unsigned i = 0; i < 4; i++)
		set32(c, RTL_TSD0 + 4 * i, TSD_OWN);
	set16(c, RTL_CAPR, 0xfff0);
	set16(c, RTL_BMCR, BMCR_ANE);
	set16(c, RTL_ANAR, AN_TXFD);
	set16(c, RTL_ANLPAR, AN_TXFD);
}

static void set_cr(struct plx_sim_function *f, struct card *c, uint8_t value)
{
	bool on = value & ~*reg(c, RTL_CR) & CR_RE;

	if (value & CR_RST) {
		reset(f);
		return;
	}
	if (on)
		set16(c, RTL_CBR, 0);
	*reg(c, RTL_CR) = value & (CR_TE | CR_RE);
}

static void model_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
			uint32_t len)
{
	struct card *c = card_of(f);
	uint16_t isr = get16(c, RTL_ISR);

	(void)bar;
	card_wrote(c);
	if (off == RTL_CR) {
		set_cr(f, c, *(const uint8_t *)buf);
		return;
	}
	if (off == RTL_CBR || off == RTL_MPC) /* read only; MPC is cleared by a write */
		return;
	memcpy(reg(c, (uint32_t)off), buf, len);
	if (off == RTL_ISR)
		set16(c, RTL_ISR, isr & (uint16_t)~get16(c, RTL_ISR));
	if (off == RTL_IMR)
		cause(c, 0);
	if (off >= RTL_TSD0 && off < RTL_TSAD0 && !c->holds_tx)
		transmit_one(c, (unsigned)(off - RTL_TSD0) / 4);
}

static void model_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
		       uint32_t len)
{
	struct card *c = card_of(f);
	uint32_t value = 0;

	(void)bar;
	if (*reg(c, RTL_CR) & CR_RE && get16(c, RTL_CBR) == (uint16_t)(get16(c, RTL_CAPR) + 16))
		*reg(c, RTL_CR) |= CR_BUFE;
	else
		*reg(c, RTL_CR) &= (uint8_t)~CR_BUFE;
	memcpy(&value, reg(c, (uint32_t)off), len);
	value = card_bent(c, (uint32_t)off, len, value);
	memcpy(buf, &value, len);
}

static void power_on(struct card *c)
{
	memcpy(c->eeprom, address, sizeof(address));
}

/* --- for tests --- */

void rtl8139_put(uint32_t at, const void *bytes, uint32_t len)
{
	plx_sim_lock(card.f);
	put(&card, at, bytes, len);
	plx_sim_unlock(card.f);
}

void rtl8139_put_header(uint32_t at, uint16_t status, uint16_t len)
{
	const uint32_t header = status | (uint32_t)len << RSR_LEN_SHIFT;

	rtl8139_put(at, &header, sizeof(header));
}

uint32_t rtl8139_ring_size(void)
{
	uint32_t size;

	plx_sim_lock(card.f);
	size = ring_size(&card);
	plx_sim_unlock(card.f);
	return size;
}

const struct plx_sim_model card_model_8139 = {
	.name = "8139",
	.vendor = 0x10ec,
	.device = 0x8139,
	.class_code = 0x020000,
	.bars = { [0] = { 0xc200, RTL_PORTS, PLX_SIM_BAR_IO, false },
		  [1] = { 0xf0100000, RTL_PORTS, PLX_SIM_BAR_MEMORY, false } },
	CARD_FUNCTIONS,
	.reset = reset,
	.read = model_read,
	.write = model_write,
};

const struct card_kind card_rtl8139 = {
	.name = "rtl8139",
	.spec = "rtl8139:pci=sim:8139",
	.model = &card_model_8139,
	.power_on = power_on,
	.receive = receive,
	.transmit = transmit,
};
