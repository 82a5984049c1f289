/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers for people to see. Left out: what reading changes (ICR, statistics, SWSM) and EERD.
 */
#include "e1000.h"

#define FIELDS(name) static const struct plx_reg_field name[]

FIELDS(ctrl) = {
	{ "FD", 0, 1 },       { "GIO_DIS", 2, 1 },   { "LRST", 3, 1 },     { "ASDE", 5, 1 },
	{ "SLU", 6, 1 },      { "ILOS", 7, 1 },      { "SPEED", 8, 2 },    { "FRCSPD", 11, 1 },
	{ "FRCDPLX", 12, 1 }, { "ADVD3WUC", 20, 1 }, { "RST", 26, 1 },     { "RFCE", 27, 1 },
	{ "TFCE", 28, 1 },    { "VME", 30, 1 },      { "PHY_RST", 31, 1 }, { 0 },
};

FIELDS(status) = {
	{ "FD", 0, 1 },   { "LU", 1, 1 },     { "TXOFF", 4, 1 },   { "SPEED", 6, 2 },
	{ "ASDV", 8, 2 }, { "PHYRA", 10, 1 }, { "GIO_EN", 19, 1 }, { 0 },
};

FIELDS(eecd) = {
	{ "SK", 0, 1 },  { "CS", 1, 1 },   { "DI", 2, 1 },  { "DO", 3, 1 }, { "REQ", 6, 1 },
	{ "GNT", 7, 1 }, { "PRES", 8, 1 }, { "ARD", 9, 1 }, { 0 },
};

FIELDS(mdic) = {
	{ "DATA", 0, 16 }, { "REG", 16, 5 }, { "PHY", 21, 5 }, { "OP", 26, 2 },
	{ "R", 28, 1 },    { "I", 29, 1 },   { "E", 30, 1 },   { 0 },
};

FIELDS(causes) = {
	{ "TXDW", 0, 1 },
	{ "TXQE", 1, 1 },
	{ "LSC", 2, 1 },
	{ "RXDMT0", 4, 1 },
	{ "RXO", 6, 1 },
	{ "RXT0", 7, 1 },
	{ "MDAC", 9, 1 },
	{ "RXQ0", 20, 1 },
	{ "RXQ1", 21, 1 },
	{ "TXQ0", 22, 1 },
	{ "TXQ1", 23, 1 },
	{ "OTHER", 24, 1 },
	{ 0 },
};

FIELDS(rctl) = {
	{ "EN", 1, 1 },
	{ "SBP", 2, 1 },
	{ "UPE", 3, 1 },
	{ "MPE", 4, 1 },
	{ "LPE", 5, 1 },
	{ "LBM", 6, 2 },
	{ "RDMTS", 8, 2 },
	{ "DTYP", 10, 2 },
	{ "MO", 12, 2 },
	{ "BAM", 15, 1 },
	{ "BSIZE", 16, 2 },
	{ "VFE", 18, 1 },
	{ "CFIEN", 19, 1 },
	{ "CFI", 20, 1 },
	{ "DPF", 22, 1 },
	{ "PMCF", 23, 1 },
	{ "BSEX", 25, 1 },
	{ "SECRC", 26, 1 },
	{ 0 },
};

FIELDS(tctl) = {
	{ "EN", 1, 1 },      { "PSP", 3, 1 },   { "CT", 4, 8 },    { "COLD", 12, 10 },
	{ "SWXOFF", 22, 1 }, { "RTLC", 24, 1 }, { "MULR", 28, 1 }, { 0 },
};

FIELDS(tipg) = { { "IPGT", 0, 10 }, { "IPGR1", 10, 10 }, { "IPGR2", 20, 10 }, { 0 } };
FIELDS(pba) = { { "RXA", 0, 16 }, { "TXA", 16, 16 }, { 0 } };
FIELDS(fcrtl) = { { "RTL", 0, 16 }, { "XONE", 31, 1 }, { 0 } };

FIELDS(dctl) = {
	{ "PTHRESH", 0, 6 }, { "HTHRESH", 8, 6 }, { "WTHRESH", 16, 6 }, { "GRAN", 24, 1 }, { 0 },
};

FIELDS(tarc) = { { "COUNT", 0, 7 }, { "ENABLE", 10, 1 }, { 0 } };

FIELDS(rxcsum) = {
	{ "PCSS", 0, 8 },    { "IPOFLD", 8, 1 }, { "TUOFLD", 9, 1 },
	{ "IPPCSE", 12, 1 }, { "PCSD", 13, 1 },  { 0 },
};

FIELDS(rfctl) = {
	{ "EXTEN", 15, 1 },
	{ "IPV6_EX_DIS", 16, 1 },
	{ "NEW_IPV6_EXT_DIS", 17, 1 },
	{ 0 },
};

FIELDS(rah) = { { "ADDRESS", 0, 16 }, { "AS", 16, 2 }, { "AV", 31, 1 }, { 0 } };

FIELDS(mrqc) = {
	{ "MRQ", 0, 2 },
	{ "TCPIPV4", 16, 1 },
	{ "IPV4", 17, 1 },
	{ "TCPIPV6", 18, 1 },
	{ "IPV6EX", 19, 1 },
	{ "IPV6", 20, 1 },
	{ 0 },
};

#define REG(name, offset, fields)              \
	{                                      \
		name, offset, 32, 1, 0, fields \
	}
#define REGS(name, offset, count, stride, fields)       \
	{                                               \
		name, offset, 32, count, stride, fields \
	}
#define QUEUE(name, offset, queues, fields) REGS(name, offset, queues, 0x100, fields)

#define ALL_CARDS(queues)                                                                      \
	REG("CTRL", E1000_CTRL, ctrl), REG("STATUS", E1000_STATUS, status),                    \
		REG("EECD", E1000_EECD, eecd), REG("CTRL_EXT", E1000_CTRL_EXT, NULL),          \
		REG("MDIC", E1000_MDIC, mdic), REG("FCAL", E1000_FCAL, NULL),                  \
		REG("FCAH", E1000_FCAH, NULL), REG("FCT", E1000_FCT, NULL),                    \
		REG("VET", E1000_VET, NULL), REG("ITR", E1000_ITR, NULL),                      \
		REG("IMS", E1000_IMS, causes), REG("RCTL", E1000_RCTL, rctl),                  \
		REG("FCTTV", E1000_FCTTV, NULL), REG("TCTL", E1000_TCTL, tctl),                \
		REG("TIPG", E1000_TIPG, tipg), REG("PBA", E1000_PBA, pba),                     \
		REG("FCRTL", E1000_FCRTL, fcrtl), REG("FCRTH", E1000_FCRTH, NULL),             \
		REG("RDTR", E1000_RDTR, NULL), REG("RADV", E1000_RADV, NULL),                  \
		QUEUE("RDBAL", E1000_RDBAL(0), queues, NULL),                                  \
		QUEUE("RDBAH", E1000_RDBAL(0) + E1000_DBAH, queues, NULL),                     \
		QUEUE("RDLEN", E1000_RDBAL(0) + E1000_DLEN, queues, NULL),                     \
		QUEUE("RDH", E1000_RDBAL(0) + E1000_DH, queues, NULL),                         \
		QUEUE("RDT", E1000_RDT(0), queues, NULL),                                      \
		QUEUE("RXDCTL", E1000_RXDCTL(0), queues, dctl),                                \
		QUEUE("TDBAL", E1000_TDBAL(0), queues, NULL),                                  \
		QUEUE("TDBAH", E1000_TDBAL(0) + E1000_DBAH, queues, NULL),                     \
		QUEUE("TDLEN", E1000_TDBAL(0) + E1000_DLEN, queues, NULL),                     \
		QUEUE("TDH", E1000_TDBAL(0) + E1000_DH, queues, NULL),                         \
		QUEUE("TDT", E1000_TDT(0), queues, NULL),                                      \
		QUEUE("TXDCTL", E1000_TXDCTL(0), queues, dctl), REG("TIDV", E1000_TIDV, NULL), \
		REG("TADV", E1000_TADV, NULL), REG("RXCSUM", E1000_RXCSUM, rxcsum),            \
		REGS("RAL", E1000_RAL(0), 16, 8, NULL), REGS("RAH", E1000_RAH(0), 16, 8, rah)

const struct plx_reg_desc plx_e1000_regs_8254x[] = { ALL_CARDS(1), { 0 } };

const struct plx_reg_desc plx_e1000_regs_82574[] = {
	ALL_CARDS(2),
	QUEUE("TARC", E1000_TARC(0), 2, tarc),
	REG("RFCTL", E1000_RFCTL, rfctl),
	REG("MRQC", E1000_MRQC, mrqc),
	REGS("RETA", E1000_RETA(0), E1000_RETA_SIZE / 4, 4, NULL),
	REGS("RSSRK", E1000_RSSRK(0), E1000_RSSRK_BYTES / 4, 4, NULL),
	{ 0 },
};

int plx_e1000_read_reg(struct plx_port *port, const struct plx_reg_desc *reg, uint32_t offset,
		       uint32_t *value)
{
	struct e1000_device *device = e1000_device(port);

	return plx_nic_read_reg(&device->nic, &device->regs, reg, offset, value);
}
