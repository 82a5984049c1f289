/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ids, reset, EEPROM; the device and its one port. Nothing relies on what a reset leaves: a model
 * of the card may reset less than the card does, and the kernel's driver may have had it before.
 * Every register that matters is programmed.
 */
#include "e1000.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define MASTER_US   100000 /* for requests that are under way on PCI Express, */
#define BUS_US      10000  /* and on PCI, where no bit tells */
#define RESET_US    10000  /* at least, also for the EEPROM to be read again */
#define RESET_TO_US 100000
#define PHY_US      25000 /* 82574: its PHY is set up from the EEPROM after EECD.ARD */
#define EERD_US     10000

static const struct plx_pci_id ids[] = {
	{ 0x8086, 0x100e, "82540EM" },
	{ 0x8086, 0x100f, "82545EM" },
	{ 0x8086, 0x10d3, "82574L" },
	{ 0 },
};

#define MODEL_8254X                                                                          \
	{                                                                                    \
		.max_frame = 16128, .queues = 1, .rars = 16, .eerd_done = 4, .eerd_addr = 8, \
		.rx_kb = 48, .rx_kb_jumbo = 40                                               \
	}

/* In the order of ids[]. The firmware of the 82574 may have the last of its 16 addresses. */
static const struct e1000_model models[] = {
	MODEL_8254X,
	MODEL_8254X,
	{ .max_frame = 9234,
	  .queues = 2,
	  .rars = 15,
	  .eerd_done = 1,
	  .eerd_addr = 2,
	  .rx_kb = 20,
	  .rx_kb_jumbo = 20,
	  .pcie = true },
};

static const struct plx_key keys[] = { PLX_NIC_KEYS, { 0 } };

void plx_e1000_pause(unsigned us)
{
	const struct timespec time = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L };

	nanosleep(&time, NULL);
}

/* What was written has reached the card, if it is still there. */
int plx_e1000_here(struct e1000_device *device)
{
	return e1000_read(device, E1000_STATUS) == UINT32_MAX ? plx_nic_removed(&device->nic) : 0;
}

/* Nothing is received, sent or reported any more, and the bus has no request of the card left. */
static int quiesce(struct e1000_device *device)
{
	plx_e1000_mask(device);
	e1000_write(device, E1000_RCTL, 0);
	e1000_write(device, E1000_TCTL, E1000_TCTL_PSP);
	if (!device->model->pcie) {
		int err = plx_e1000_here(device); /* the writes have arrived */

		plx_e1000_pause(BUS_US);
		return err;
	}
	e1000_set(device, E1000_CTRL, 0, E1000_CTRL_GIO_DIS);
	return plx_nic_wait(&device->nic, &device->regs, E1000_STATUS, E1000_STATUS_GIO_EN, 0,
			    MASTER_US, "the end of DMA (STATUS.GIO_EN)");
}

/*
 * Bits of the 82574 that its datasheet calls reserved, and that are to be set against errata (82574
 * Specification Update): without them completions are lost, and the transmitter hangs, where the
 * link goes into the low power states of ASPM. TXDCTL and TARC have theirs in start_tx().
 */
static void set_reserved_bits(const struct e1000_device *device)
{
	e1000_set(device, E1000_CTRL, E1000_CTRL_RSVD_29, 0);
	e1000_set(device, E1000_CTRL_EXT, E1000_CTRL_EXT_RSVD_23, E1000_CTRL_EXT_RSVD_22);
	e1000_set(device, E1000_GCR, 0, E1000_GCR_RSVD_22 | E1000_GCR_L1_ACT);
	e1000_set(device, E1000_GCR2, 0, E1000_GCR2_COMPLETION);
}

/* After a reset, also one that resets nothing: the MAC follows its PHY, whose link may come up. */
static void set_up_mac(struct e1000_device *device)
{
	const uint32_t clear = E1000_CTRL_GIO_DIS | E1000_CTRL_LRST | E1000_CTRL_ILOS |
			       E1000_CTRL_FRCSPD | E1000_CTRL_FRCDPLX | E1000_CTRL_RFCE |
			       E1000_CTRL_TFCE | E1000_CTRL_VME;

	if (!device->model->pcie) {
		e1000_set(device, E1000_CTRL, clear, E1000_CTRL_SLU | E1000_CTRL_ASDE);
		e1000_set(device, E1000_MANC, E1000_MANC_ARP_EN, 0);
		return;
	}
	set_reserved_bits(device);
	e1000_set(device, E1000_CTRL, clear | E1000_CTRL_ADVD3WUC, E1000_CTRL_SLU);
	/* No masks and causes that change by themselves, as drivers of MSI-X have them. */
	e1000_set(device, E1000_CTRL_EXT,
		  E1000_CTRL_EXT_EIAME | E1000_CTRL_EXT_IAME | E1000_CTRL_EXT_PBA_CLR,
		  E1000_CTRL_EXT_DRV_LOAD);
}

/*
 * Chapter 14 of 8254x, 4.6 of 82574. What the card has counted would be lost, so it is taken over
 * before.
 */
static int reset_card(struct e1000_device *device)
{
	int err = quiesce(device);

	/* A card that does not end its requests is reset all the same: this ends them. */
	if (err == -ENODEV)
		return err;
	plx_e1000_count(device);
	err = plx_e1000_own_mdio(device); /* a reset amid a frame of the firmware hangs MDIO */
	if (err == -ENODEV)
		return err;
	e1000_set(device, E1000_CTRL, 0, E1000_CTRL_RST);
	plx_e1000_pause(RESET_US);
	err = plx_nic_wait(&device->nic, &device->regs, E1000_CTRL, E1000_CTRL_RST, 0, RESET_TO_US,
			   "the end of the reset (CTRL.RST)");
	if (!err && device->model->pcie)
		err = plx_nic_wait(&device->nic, &device->regs, E1000_EECD, E1000_EECD_ARD,
				   E1000_EECD_ARD, RESET_TO_US, "the EEPROM's values (EECD.ARD)");
	if (!err && device->model->pcie)
		plx_e1000_pause(PHY_US);
	plx_e1000_disown_mdio(device);
	plx_e1000_mask(device);
	if (!err)
		set_up_mac(device);
	return err;
}

/* The card does no DMA on return: one that does not come back is kept from memory by its bus. */
static int reset(struct e1000_device *device)
{
	const struct plx_dev_attributes off = { .bus_master = false };
	struct plx_error saved;

	if (!reset_card(device))
		return plx_nic_master(&device->nic);
	saved = *plx_last_error();
	plx_dev_set_attributes(device->nic.dev, &off);
	return plx_fail_again(&saved);
}

/* --- the EEPROM --- */

static int read_word(struct e1000_device *device, unsigned index, uint16_t *word)
{
	const uint32_t done = 1u << device->model->eerd_done;
	int err;

	e1000_write(device, E1000_EERD, index << device->model->eerd_addr | E1000_EERD_START);
	err = plx_nic_wait(&device->nic, &device->regs, E1000_EERD, done, done, EERD_US,
			   "a word of the EEPROM (EERD.DONE)");
	*word = E1000_EERD_DATA(e1000_read(device, E1000_EERD));
	return err;
}

static int read_eeprom(struct e1000_device *device)
{
	uint16_t word, sum = 0;
	int err = plx_e1000_own_mdio(device);

	if (err)
		return err;
	for (unsigned i = 0; !err && i < E1000_EEPROM_WORDS; i++) {
		err = read_word(device, i, &word);
		sum = (uint16_t)(sum + word);
		if (i < 3) { /* the address comes first, its first byte low */
			device->mac[2 * i] = (uint8_t)word;
			device->mac[2 * i + 1] = (uint8_t)(word >> 8);
		}
	}
	plx_e1000_disown_mdio(device);
	if (err)
		return err;
	if (sum != E1000_EEPROM_SUM)
		return plx_fail(-EBADMSG, PLX_R_FORMAT, device->nic.base.spec,
				"the EEPROM's words add up to 0x%04x and not 0x%04x: its contents, "
				"the MAC address among them, are not to be trusted",
				sum, E1000_EEPROM_SUM);
	return 0;
}

static int check_mac(const struct e1000_device *device)
{
	static const uint8_t zero[6];
	const uint8_t *mac = device->mac;

	if (mac[0] & 1 || !memcmp(mac, zero, sizeof(zero)))
		return plx_fail(-EBADMSG, PLX_R_FORMAT, device->nic.base.spec,
				"%02x:%02x:%02x:%02x:%02x:%02x, of the EEPROM, is no MAC address",
				mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return 0;
}

/* --- the device --- */

static int open_card(struct e1000_device *device)
{
	int err = plx_nic_bar(&device->nic, 0, E1000_BAR_SIZE, &device->regs);

	device->model = &models[device->nic.id - ids];
	device->nic.no_msi = !device->model->pcie; /* that of the 8254x is not reliable */
	if (!err)
		err = plx_e1000_here(device);
	if (!err)
		err = reset(device);
	plx_e1000_forget_counts(device); /* those of whoever had it before */
	if (!err)
		err = plx_e1000_phy_up(device);
	if (!err)
		err = read_eeprom(device);
	return err ? err : check_mac(device);
}

static void close_card(struct plx_device *base)
{
	struct e1000_device *device = (struct e1000_device *)base;

	if (device->regs.dev && device->model->pcie)
		e1000_set(device, E1000_CTRL_EXT, E1000_CTRL_EXT_DRV_LOAD, 0);
	plx_regs_close(&device->regs);
	plx_nic_close(base);
}

static int open_device(struct plx_device *base)
{
	struct e1000_device *device = (struct e1000_device *)base;
	struct plx_error saved;
	int err = plx_nic_open(base);

	if (err)
		return err;
	err = open_card(device);
	if (!err)
		return 0;
	saved = *plx_last_error();
	close_card(base);
	return plx_fail_again(&saved);
}

/* --- the port --- */

static int open_port(struct plx_port *port)
{
	const struct e1000_device *device = e1000_device(port);
	const struct e1000_model *model = device->model;

	port->caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_PROMISC_OFF | PLX_PORT_SET_MAC |
			    PLX_PORT_SET_MTU | PLX_PORT_ALLMULTI | PLX_PORT_MULTICAST |
			    PLX_PORT_SET_LINK | PLX_PORT_FLOW_CONTROL | PLX_PORT_INTERRUPTS |
			    PLX_PORT_REGS | PLX_PORT_RESET | PLX_PORT_OWN_POOLS,
		.max_rxq = model->queues,
		.max_txq = model->queues,
		.rxd = { .min = 64, .max = 4096, .initial = 512, .pow2 = true },
		.txd = { .min = E1000_MAX_DESCS + 1, .max = 4096, .initial = 512, .pow2 = true },
		.mtu_min = 68,
		.mtu_max = (uint16_t)(model->max_frame - ETH_HDR - VLAN_LEN - FCS_LEN),
		.max_frame = model->max_frame - FCS_LEN,
		.offloads = PLX_OFFLOAD_TX_CSUM | PLX_OFFLOAD_TX_TSO | PLX_OFFLOAD_TX_IP_CSUM |
			    PLX_OFFLOAD_TX_VLAN | PLX_OFFLOAD_RX_CSUM | PLX_OFFLOAD_RX_VLAN_STRIP |
			    PLX_OFFLOAD_RX_VLAN_FILTER,
		.max_csum_txq = 1, /* the card has one transmit context for all queues */
		.max_macs = model->rars - 1,
		.max_multicast = 256,
	};
	if (model->pcie) {
		port->regs = plx_e1000_regs_82574;
		port->caps.offloads |= PLX_OFFLOAD_RX_HASH;
		port->caps.rss_types = E1000_RSS_TYPES;
		port->caps.rss_table_size = E1000_RETA_SIZE;
		port->caps.rss_key_size = E1000_RSSRK_BYTES;
	}
	memcpy(port->mac, device->mac, sizeof(port->mac));
	port->mtu = 1500;
	port->node = device->nic.node;
	return 0;
}

void plx_e1000_enable(const struct plx_port *port)
{
	const struct e1000_device *device = e1000_device(port);
	uint32_t tctl = E1000_TCTL_PSP | E1000_TCTL_CT | E1000_TCTL_COLD;

	if (device->running && !port->link_down)
		tctl |= E1000_TCTL_EN;
	if (device->model->pcie)
		tctl |= E1000_TCTL_MULR;
	e1000_write(device, E1000_TCTL, tctl);
	plx_e1000_set_rctl(port, port->promiscuous, port->allmulti);
}

/* The division of the packet buffer takes effect with a reset. */
static int divide_buffer(const struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);
	const struct e1000_model *model = device->model;
	uint32_t kb = plx_e1000_longest(port->mtu) > 8192 ? model->rx_kb_jumbo : model->rx_kb;

	if ((e1000_read(device, E1000_PBA) & E1000_PBA_RXA) == kb)
		return 0;
	e1000_write(device, E1000_PBA, kb);
	return reset(device);
}

static void set_offloads(const struct plx_port *port)
{
	const struct e1000_device *device = e1000_device(port);
	uint32_t rxcsum = 0;

	e1000_write(device, E1000_VET, E1000_VET_VALUE);
	e1000_set(device, E1000_CTRL, E1000_CTRL_VME,
		  port->offloads & PLX_OFFLOAD_RX_VLAN_STRIP ? E1000_CTRL_VME : 0);
	if (port->offloads & PLX_OFFLOAD_RX_CSUM)
		rxcsum |= E1000_RXCSUM_IPOFLD | E1000_RXCSUM_TUOFLD;
	if (device->model->pcie)
		rxcsum |= E1000_RXCSUM_PCSD;
	e1000_write(device, E1000_RXCSUM, rxcsum);
}

/* Make so what is set on the port. The card is not on yet. */
static int set_up(struct plx_port *port)
{
	int err = divide_buffer(port);

	if (!err)
		err = plx_e1000_set_link(port);
	if (!err)
		err = plx_e1000_set_filters(port);
	if (!err)
		err = plx_e1000_set_rss(port);
	if (!err)
		err = plx_e1000_set_flow_control(port);
	if (err)
		return err;
	set_offloads(port);
	plx_e1000_start_queues(port);
	return 0;
}

static int start(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);
	struct plx_error saved;
	int err = plx_nic_status(&device->nic, &device->regs, E1000_STATUS);

	if (!err)
		err = plx_nic_start_master(&device->nic);
	if (err)
		return err;
	if (set_up(port)) {
		saved = *plx_last_error();
		plx_nic_stop_master(&device->nic);
		return plx_fail_again(&saved);
	}
	device->running = true;
	plx_e1000_enable(port);
	plx_e1000_fill_queues(port);
	return 0;
}

/* The buffers that the card had are free only once it can no longer write them. */
static int stop(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);
	struct plx_error saved = { .err = 0 };

	device->running = false;
	if (reset(device) && plx_last_error()->err != -ENODEV)
		saved = *plx_last_error();
	/* ... whatever it made of the reset. */
	if (plx_nic_stop_master(&device->nic) && !saved.err && !plx_nic_is_gone(&device->nic))
		saved = *plx_last_error();
	device->armed = 0;
	plx_e1000_drain_queues(port);
	return saved.err ? plx_fail_again(&saved) : 0;
}

static int port_reset(struct plx_port *port)
{
	int err = reset(e1000_device(port));

	return err ? err : plx_e1000_set_link(port);
}

static int use_pool(struct plx_port *port, struct plx_pool *pool)
{
	return plx_nic_map_pool(&e1000_device(port)->nic, pool, PLX_IOMMU_READ);
}

static int rxq_status(struct plx_rxq *q)
{
	struct e1000_device *device = e1000_device(q->port);

	return plx_nic_status(&device->nic, &device->regs, E1000_STATUS);
}

static int txq_status(struct plx_txq *q)
{
	struct e1000_device *device = e1000_device(q->port);

	return plx_nic_status(&device->nic, &device->regs, E1000_STATUS);
}

const struct plx_driver plx_e1000_driver = {
	.name = "e1000",
	.summary = "Intel 82540EM, 82545EM, 82574L (QEMU: e1000, e1000e)",
	.keys = keys,
	.args_size = sizeof(struct plx_nic_args),
	.device_size = sizeof(struct e1000_device),
	.rxq_size = sizeof(struct e1000_rxq),
	.txq_size = sizeof(struct e1000_txq),
	.ids = ids,
	.open_device = open_device,
	.close_device = close_card,
	.same_device = plx_nic_same,
	.open_port = open_port,
	.check_conf = plx_e1000_check_conf,
	.init_rxq = plx_e1000_init_rxq,
	.init_txq = plx_e1000_init_txq,
	.exit_rxq = plx_e1000_exit_rxq,
	.exit_txq = plx_e1000_exit_txq,
	.start = start,
	.stop = stop,
	.choose_rx = plx_e1000_choose_rx,
	.tx_burst = plx_e1000_tx_burst,
	.rxq_status = rxq_status,
	.txq_status = txq_status,
	.link = plx_e1000_link,
	.set_mtu = plx_e1000_set_mtu,
	.set_mac = plx_e1000_set_mac,
	.set_promiscuous = plx_e1000_set_promiscuous,
	.set_allmulti = plx_e1000_set_allmulti,
	.set_filters = plx_e1000_set_filters,
	.set_rss = plx_e1000_set_rss,
	.set_flow_control = plx_e1000_set_flow_control,
	.set_link = plx_e1000_set_link,
	.reset = port_reset,
	.use_pool = use_pool,
	.rxq_fd = plx_e1000_rxq_fd,
	.rxq_arm = plx_e1000_rxq_arm,
	.regs = plx_e1000_regs_8254x,
	.read_reg = plx_e1000_read_reg,
	.read_stats = plx_e1000_read_stats,
	.xstats = plx_e1000_xstats,
	.rxq_info = plx_e1000_rxq_info,
	.txq_info = plx_e1000_txq_info,
	.rxq_desc = plx_e1000_rxq_desc,
	.txq_desc = plx_e1000_txq_desc,
};
