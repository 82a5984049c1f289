/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys, the device and its one port: what MiniportInitializeEx and MiniportHaltEx do of an NDIS
 * miniport.
 */
#include "rtl8139.h"

#include <errno.h>
#include <string.h>

/* The receiver goes off after a frame: 4 KiB at 10 Mbit/s are 3.3 ms. A reset takes less. */
#define CR_DEADLINE 20000 /* us */

static const char *const rx_rings[] = { "8", "16", "32", "64", NULL }; /* as RCR.RBLEN has them */

static const struct plx_key keys[] = {
	PLX_NIC_KEYS,
	{ .name = "rx_ring",
	  .type = PLX_KEY_CHOICE,
	  .offset = offsetof(struct rtl8139_args, rx_ring),
	  .choices = rx_rings,
	  .initial = "64",
	  .help = "size of the ring that it receives into, in KiB" },
	{ 0 },
};

static const struct plx_pci_id ids[] = {
	{ 0x10ec, 0x8139, "RTL8139" },
	{ 0 },
};

int plx_rtl8139_wait_cr(struct rtl8139_device *d, uint8_t mask, const char *what)
{
	const struct timespec pause = { .tv_nsec = 10000 };
	const uint64_t end = rtl8139_now() + CR_DEADLINE;

	for (;;) {
		bool late = rtl8139_now() >= end;
		uint8_t cr = plx_raw_in8(d->io + RTL_CR);

		if (cr == 0xff)
			return plx_nic_removed(&d->nic);
		if (!(cr & mask))
			return 0;
		if (late)
			return plx_fail(-ETIMEDOUT, PLX_R_TIMEOUT, d->nic.base.spec,
					"%s: %s did not end within %u ms (CR 0x%02x)",
					d->nic.base.spec, what, CR_DEADLINE / 1000, cr);
		nanosleep(&pause, NULL);
	}
}

/* As after power on: nothing is received, sent or signalled, and IDR is the EEPROM's. */
static int reset(struct rtl8139_device *d)
{
	int err;

	pthread_mutex_lock(&d->nic.lock);
	plx_rtl8139_read_mpc(d);
	plx_raw_out8(d->io + RTL_CR, CR_RST);
	err = plx_rtl8139_wait_cr(d, CR_RST, "the reset");
	plx_rtl8139_mpc_anew(d);
	pthread_mutex_unlock(&d->nic.lock);
	return err;
}

/* --- the device --- */

static int register_ports(struct rtl8139_device *d)
{
	struct plx_bar bar;
	int err = plx_dev_bar(d->nic.dev, 0, &bar);

	if (err)
		return err;
	if (!bar.io || bar.size < RTL_PORTS)
		return plx_fail(-EINVAL, PLX_R_TOO_LARGE, d->nic.base.spec,
				"BAR 0 of %s is %llu bytes of %s: an RTL8139 has %u ports there",
				d->nic.base.spec, (unsigned long long)bar.size,
				bar.io ? "ports" : "memory", RTL_PORTS);
	d->first = (uint32_t)bar.phys;
	return plx_ioport_register(d->nic.dev, d->first, RTL_PORTS, &d->io);
}

/*
 * BAR 1 shows the same registers as memory. Those that people ask to see are read there, from a
 * mapping that nothing can be written through: by ports each of them is a system call. Where it
 * cannot be mapped, that is what it is.
 */
static void map_view(struct rtl8139_device *d)
{
	const uint32_t protect = PLX_PROT_READONLY | PLX_PROT_NOCACHE;
	volatile void *va;
	uint64_t phys;

	if (!plx_mmio_bar_to_phys(d->nic.dev, 1, 0, &phys) &&
	    !plx_iospace_map_ex(d->nic.dev, phys, RTL_PORTS, protect, &va))
		d->view = va;
}

/* Map registers come before shared memory (SHM-1), which then lies below 4 GiB like them. */
static int allocate(struct rtl8139_device *d)
{
	const struct rtl8139_args *args = d->nic.base.args;
	struct plx_dev *dev = d->nic.dev;
	void *va;
	int err = plx_mapreg_alloc(dev, 0, PLX_DMA_32BITS, RTL_TX_DESCS, RTL_TX_MAX);

	if (err)
		return err;
	d->has_mapregs = true;
	d->ring_size = 8192u << args->rx_ring;
	err = plx_shmem_alloc(dev, d->ring_size + RTL_RX_SLACK, true, &va, &d->ring_iova);
	if (err)
		return err;
	d->ring = va;
	err = plx_shmem_alloc(dev, RTL_TX_DESCS * RTL_TX_MAX, true, &va, &d->coalesce_iova);
	d->coalesce = va;
	return err;
}

/* What the reset has read from the EEPROM. */
static int read_mac(struct rtl8139_device *d)
{
	static const uint8_t zero[6];
	uint8_t *mac = d->mac;

	for (unsigned i = 0; i < 6; i++)
		mac[i] = plx_raw_in8(d->io + RTL_IDR0 + i);
	if (!(mac[0] & 1) && memcmp(mac, zero, 6))
		return 0;
	return plx_fail(-EBADMSG, PLX_R_FORMAT, d->nic.base.spec,
			"%02x:%02x:%02x:%02x:%02x:%02x, of the EEPROM, is no MAC address", mac[0],
			mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* In the reverse order, as far as it got. */
static void close_device(struct plx_device *base)
{
	struct rtl8139_device *d = (struct rtl8139_device *)base;
	struct plx_dev *dev = d->nic.dev;

	plx_dev_halt(dev);
	if (d->view)
		plx_iospace_unmap(dev, d->view, RTL_PORTS);
	if (d->coalesce)
		plx_shmem_free(dev, RTL_TX_DESCS * RTL_TX_MAX, true, d->coalesce, d->coalesce_iova);
	if (d->ring)
		plx_shmem_free(dev, d->ring_size + RTL_RX_SLACK, true, d->ring, d->ring_iova);
	if (d->has_mapregs)
		plx_mapreg_free(dev);
	if (d->io)
		plx_ioport_deregister(dev, d->first, RTL_PORTS, d->io);
	plx_nic_close(base);
}

static int open_device(struct plx_device *base)
{
	struct rtl8139_device *d = (struct rtl8139_device *)base;
	struct plx_error saved;
	int err = plx_nic_open(base);

	if (err)
		return err;
	err = register_ports(d);
	if (!err)
		err = reset(d); /* who had it before may have left it running */
	if (!err)
		err = plx_nic_master(&d->nic);
	if (!err)
		err = allocate(d);
	if (!err)
		err = read_mac(d);
	if (!err) {
		map_view(d);
		err = plx_dev_start(d->nic.dev);
	}
	if (!err)
		return 0;
	saved = *plx_last_error();
	close_device(base);
	return plx_fail_again(&saved);
}

/* --- the port --- */

static int open_port(struct plx_port *port)
{
	struct rtl8139_device *d = rtl8139_of(port);

	port->caps = (struct plx_port_caps){
		.features = PLX_PORT_RX | PLX_PORT_TX | PLX_PORT_PROMISC_OFF | PLX_PORT_SET_MAC |
			    PLX_PORT_SET_MTU | PLX_PORT_ALLMULTI | PLX_PORT_MULTICAST |
			    PLX_PORT_SET_LINK | PLX_PORT_INTERRUPTS | PLX_PORT_REGS |
			    PLX_PORT_RESET,
		.max_rxq = 1,
		.max_txq = 1,
		.txd = { .min = RTL_TX_DESCS, .max = RTL_TX_DESCS, .initial = RTL_TX_DESCS },
		.mtu_min = 68,
		.mtu_max = RTL_MTU_MAX,
		.max_frame = RTL_TX_MAX,
		.max_multicast = 64,
	};
	port->mtu = 1500;
	port->node = d->nic.node;
	memcpy(port->mac, d->mac, sizeof(d->mac));
	return 0;
}

/*
 * CR.RE and CR.TE come before RCR and TCR, which cannot be changed without them (datasheet, TCR);
 * after the reset RCR lets nothing in, so nothing is received too early.
 */
static int start(struct plx_port *port)
{
	struct rtl8139_device *d = rtl8139_of(port);
	int err = reset(d);

	if (!err)
		err = plx_nic_start_master(&d->nic);
	if (err)
		return err;
	plx_rtl8139_write_mac(d, port->mac);
	plx_rtl8139_write_multicast(d, port, port->allmulti);
	d->rcr = plx_rtl8139_rcr(port, port->promiscuous);
	d->receive = port->n_rxq && !port->link_down;
	plx_rtl8139_rx_start(d);
	plx_raw_out16(d->io + RTL_ISR, 0xffff);
	if (port->n_txq)
		plx_rtl8139_tx_start((struct rtl8139_txq *)port->txqs[0]);
	return 0;
}

/* Buffers go back when the card cannot read them any more: as no bus master, whatever CR says. */
static int stop(struct plx_port *port)
{
	struct rtl8139_device *d = rtl8139_of(port);
	struct rtl8139_txq *txq = port->n_txq ? (struct rtl8139_txq *)port->txqs[0] : NULL;
	struct plx_error saved = { .err = 0 };

	if (txq)
		plx_rtl8139_tx_drain(txq);
	plx_raw_out16(d->io + RTL_IMR, 0);
	plx_raw_out8(d->io + RTL_CR, 0);
	if (plx_rtl8139_wait_cr(d, CR_TE | CR_RE, "a frame on its way"))
		saved = *plx_last_error();
	if (plx_nic_stop_master(&d->nic) && !saved.err)
		saved = *plx_last_error();
	if (txq)
		plx_rtl8139_tx_stop(txq);
	return !saved.err || plx_nic_is_gone(&d->nic) ? 0 : plx_fail_again(&saved);
}

static int reset_port(struct plx_port *port)
{
	return reset(rtl8139_of(port));
}

/*
 * A pool that the card reaches is sent from without a copy. It is mapped below 4 GiB, as the map
 * registers ask; where there is no room, that fails, and its frames are copied into them as those
 * of any other pool.
 */
static int use_pool(struct plx_port *port, struct plx_pool *pool)
{
	return plx_nic_map_pool(&rtl8139_of(port)->nic, pool, PLX_IOMMU_READ);
}

const struct plx_driver plx_rtl8139_driver = {
	.name = "rtl8139",
	.summary = "Realtek RTL8139, 100 Mbit/s, through I/O ports",
	.keys = keys,
	.args_size = sizeof(struct rtl8139_args),
	.device_size = sizeof(struct rtl8139_device),
	.rxq_size = sizeof(struct rtl8139_rxq),
	.txq_size = sizeof(struct rtl8139_txq),
	.open_device = open_device,
	.close_device = close_device,
	.same_device = plx_nic_same,
	.open_port = open_port,
	.check_conf = plx_rtl8139_check_conf,
	.init_rxq = plx_rtl8139_init_rxq,
	.init_txq = plx_rtl8139_init_txq,
	.exit_rxq = plx_rtl8139_exit_rxq,
	.exit_txq = plx_rtl8139_exit_txq,
	.start = start,
	.stop = stop,
	.rx_burst = plx_rtl8139_rx_burst,
	.tx_burst = plx_rtl8139_tx_burst,
	.rxq_status = plx_rtl8139_rxq_status,
	.txq_status = plx_rtl8139_txq_status,
	.link = plx_rtl8139_link,
	.set_mtu = plx_rtl8139_set_mtu,
	.set_mac = plx_rtl8139_set_mac,
	.set_promiscuous = plx_rtl8139_set_promiscuous,
	.set_allmulti = plx_rtl8139_set_allmulti,
	.set_filters = plx_rtl8139_set_filters,
	.set_link = plx_rtl8139_set_link,
	.reset = reset_port,
	.use_pool = use_pool,
	.rxq_fd = plx_rtl8139_rxq_fd,
	.rxq_arm = plx_rtl8139_rxq_arm,
	.regs = plx_rtl8139_regs,
	.read_reg = plx_rtl8139_read_reg,
	.ids = ids,
	.read_stats = plx_rtl8139_read_stats,
	.xstats = plx_rtl8139_xstats,
	.rxq_info = plx_rtl8139_rxq_info,
	.txq_info = plx_rtl8139_txq_info,
	.txq_desc = plx_rtl8139_txq_desc,
};
