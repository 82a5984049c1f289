/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers to show, as the datasheet names them. Left out are ISR and BMSR, which reading may
 * change.
 */
#include "rtl8139.h"

static const struct plx_reg_field tsd[] = {
	{ "SIZE", 0, 13 },
	{ "OWN", 13, 1 },
	{ "TUN", 14, 1 },
	{ "TOK", 15, 1 },
	{ "ERTXTH", 16, 6 },
	{ "NCC", 24, 4 },
	{ "CDH", 28, 1 },
	{ "OWC", 29, 1 },
	{ "TABT", 30, 1 },
	{ "CRS", 31, 1 },
	{ 0 },
};

static const struct plx_reg_field cr[] = {
	{ "BUFE", 0, 1 }, { "TE", 2, 1 }, { "RE", 3, 1 }, { "RST", 4, 1 }, { 0 },
};

static const struct plx_reg_field imr[] = {
	{ "ROK", 0, 1 },
	{ "RER", 1, 1 },
	{ "TOK", 2, 1 },
	{ "TER", 3, 1 },
	{ "RXOVW", 4, 1 },
	{ "PUN/LinkChg", 5, 1 },
	{ "FOVW", 6, 1 },
	{ "LenChg", 13, 1 },
	{ "TimeOut", 14, 1 },
	{ "SERR", 15, 1 },
	{ 0 },
};

static const struct plx_reg_field tcr[] = {
	{ "TXRR", 4, 4 },       { "MXDMA", 8, 3 }, { "CRC", 16, 1 },       { "LBK", 17, 2 },
	{ "HWVERID_B", 22, 2 }, { "IFG", 24, 2 },  { "HWVERID_A", 26, 5 }, { 0 },
};

static const struct plx_reg_field rcr[] = {
	{ "AAP", 0, 1 },    { "APM", 1, 1 },
	{ "AM", 2, 1 },     { "AB", 3, 1 },
	{ "AR", 4, 1 },     { "AER", 5, 1 },
	{ "WRAP", 7, 1 },   { "MXDMA", 8, 3 },
	{ "RBLEN", 11, 2 }, { "RXFTH", 13, 3 },
	{ "RER8", 16, 1 },  { "MulERINT", 17, 1 },
	{ "ERTH", 24, 4 },  { 0 },
};

static const struct plx_reg_field cr9346[] = {
	{ "EEDO", 0, 1 }, { "EEDI", 1, 1 }, { "EESK", 2, 1 },
	{ "EECS", 3, 1 }, { "EEM", 6, 2 },  { 0 },
};

static const struct plx_reg_field msr[] = {
	{ "RXPF", 0, 1 },       { "TXPF", 1, 1 },  { "LINKB", 2, 1 }, { "SPEED_10", 3, 1 },
	{ "Aux_Status", 4, 1 }, { "RXFCE", 6, 1 }, { "TXFCE", 7, 1 }, { 0 },
};

static const struct plx_reg_field tsad[] = {
	{ "OWN", 0, 4 }, { "TABT", 4, 4 }, { "TUN", 8, 4 }, { "TOK", 12, 4 }, { 0 },
};

static const struct plx_reg_field bmcr[] = {
	{ "Duplex", 8, 1 },   { "Restart_AN", 9, 1 }, { "ANE", 12, 1 },
	{ "Spd_Set", 13, 1 }, { "Reset", 15, 1 },     { 0 },
};

static const struct plx_reg_field an[] = {
	{ "Selector", 0, 5 },
	{ "10", 5, 1 },
	{ "10FD", 6, 1 },
	{ "TX", 7, 1 },
	{ "TXFD", 8, 1 },
	{ "T4", 9, 1 },
	{ "Pause", 10, 1 },
	{ "RF", 13, 1 },
	{ "ACK", 14, 1 },
	{ "NP", 15, 1 },
	{ 0 },
};

const struct plx_reg_desc plx_rtl8139_regs[] = {
	{ .name = "IDR", .offset = RTL_IDR0, .width = 8, .count = 6, .stride = 1 },
	{ .name = "MAR", .offset = RTL_MAR0, .width = 8, .count = 8, .stride = 1 },
	{ .name = "TSD", .offset = RTL_TSD0, .width = 32, .count = 4, .stride = 4, .fields = tsd },
	{ .name = "TSAD", .offset = RTL_TSAD0, .width = 32, .count = 4, .stride = 4 },
	{ .name = "RBSTART", .offset = RTL_RBSTART, .width = 32 },
	{ .name = "CR", .offset = RTL_CR, .width = 8, .fields = cr },
	{ .name = "CAPR", .offset = RTL_CAPR, .width = 16 },
	{ .name = "CBR", .offset = RTL_CBR, .width = 16 },
	{ .name = "IMR", .offset = RTL_IMR, .width = 16, .fields = imr },
	{ .name = "TCR", .offset = RTL_TCR, .width = 32, .fields = tcr },
	{ .name = "RCR", .offset = RTL_RCR, .width = 32, .fields = rcr },
	{ .name = "MPC", .offset = RTL_MPC, .width = 32 },
	{ .name = "9346CR", .offset = RTL_9346CR, .width = 8, .fields = cr9346 },
	{ .name = "MSR", .offset = RTL_MSR, .width = 8, .fields = msr },
	{ .name = "TSAD", .offset = RTL_TSAD, .width = 16, .fields = tsad },
	{ .name = "BMCR", .offset = RTL_BMCR, .width = 16, .fields = bmcr },
	{ .name = "ANAR", .offset = RTL_ANAR, .width = 16, .fields = an },
	{ .name = "ANLPAR", .offset = RTL_ANLPAR, .width = 16, .fields = an },
	{ 0 },
};

static uint32_t look(const struct rtl8139_device *d, uint32_t offset, unsigned width)
{
	const plx_ioport_t p = d->io + offset;

	switch (width) {
	case 8:
		return d->view ? plx_read8(d->view + offset) : plx_raw_in8(p);
	case 16:
		return d->view ? plx_read16(d->view + offset) : plx_raw_in16(p);
	default:
		return d->view ? plx_read32(d->view + offset) : plx_raw_in32(p);
	}
}

int plx_rtl8139_read_reg(struct plx_port *port, const struct plx_reg_desc *reg, uint32_t offset,
			 uint32_t *value)
{
	struct rtl8139_device *d = rtl8139_of(port);

	if (plx_raw_in8(d->io + RTL_CR) == 0xff)
		return plx_nic_removed(&d->nic);
	*value = look(d, offset, reg->width);
	return 0;
}
