/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card's counters, at 0x4000 to 0x4124: cleared by reading, so they are summed up here.
 */
#include "e1000.h"

#include <string.h>

/* Those that say why frames were lost come first, since they are added up by place. */
enum { CRCERRS, ALGNERRC, RXERRC, RFC, RJC };

static const struct plx_nic_counter counters[] = {
	[CRCERRS] = { "crc_errors", 0x4000, 32, false, "CRC Error Count" },
	[ALGNERRC] = { "alignment_errors", 0x4004, 32, false, "Alignment Error Count" },
	[RXERRC] = { "rx_errors_count", 0x400c, 32, false, "RX Error Count" },
	[RFC] = { "rx_fragments", 0x40a8, 32, false, "Receive Fragment Count" },
	[RJC] = { "rx_jabbers", 0x40b0, 32, false, "Receive Jabber Count" },
	{ "rx_oversize", 0x40ac, 32, false, "Receive Oversize Count" },
	{ "symbol_errors", 0x4008, 32, false, "Symbol Error Count" },
	{ "single_collisions", 0x4014, 32, false, "Single Collision Count" },
	{ "excessive_collisions", 0x4018, 32, false, "Excessive Collisions Count" },
	{ "multiple_collisions", 0x401c, 32, false, "Multiple Collision Count" },
	{ "late_collisions", 0x4020, 32, false, "Late Collisions Count" },
	{ "collisions", 0x4028, 32, false, "Collision Count" },
	{ "deferred", 0x4030, 32, false, "Defer Count" },
	{ "tx_without_carrier", 0x4034, 32, false, "Transmit with No CRS" },
	{ "rx_length_errors", 0x4040, 32, false, "Receive Length Error Count" },
	{ "rx_xon", 0x4048, 32, false, "XON Received Count" },
	{ "tx_xon", 0x404c, 32, false, "XON Transmitted Count" },
	{ "rx_xoff", 0x4050, 32, false, "XOFF Received Count" },
	{ "tx_xoff", 0x4054, 32, false, "XOFF Transmitted Count" },
	{ "rx_unknown_pause", 0x4058, 32, false, "FC Received Unsupported Count" },
	{ "rx_64", 0x405c, 32, false, "Packets Received (64 Bytes) Count" },
	{ "rx_65_127", 0x4060, 32, false, "Packets Received (65-127 Bytes) Count" },
	{ "rx_128_255", 0x4064, 32, false, "Packets Received (128-255 Bytes) Count" },
	{ "rx_256_511", 0x4068, 32, false, "Packets Received (256-511 Bytes) Count" },
	{ "rx_512_1023", 0x406c, 32, false, "Packets Received (512-1023 Bytes) Count" },
	{ "rx_1024_max", 0x4070, 32, false, "Packets Received (1024 to Max Bytes) Count" },
	{ "rx_good", 0x4074, 32, false, "Good Packets Received Count" },
	{ "rx_broadcast", 0x4078, 32, false, "Broadcast Packets Received Count" },
	{ "rx_multicast", 0x407c, 32, false, "Multicast Packets Received Count" },
	{ "tx_good", 0x4080, 32, false, "Good Packets Transmitted Count" },
	{ "rx_good_octets", 0x4088, 64, false, "Good Octets Received Count, with FCS" },
	{ "tx_good_octets", 0x4090, 64, false, "Good Octets Transmitted Count, with FCS" },
	{ "rx_undersize", 0x40a4, 32, false, "Receive Undersize Count" },
	{ "management_rx", 0x40b4, 32, false, "Management Packets Received Count" },
	{ "management_dropped", 0x40b8, 32, false, "Management Packets Dropped Count" },
	{ "management_tx", 0x40bc, 32, false, "Management Packets Transmitted Count" },
	{ "rx_total_octets", 0x40c0, 64, false, "Total Octets Received" },
	{ "tx_total_octets", 0x40c8, 64, false, "Total Octets Transmitted" },
	{ "rx_total", 0x40d0, 32, false, "Total Packets Received" },
	{ "tx_total", 0x40d4, 32, false, "Total Packets Transmitted" },
	{ "tx_64", 0x40d8, 32, false, "Packets Transmitted (64 Bytes) Count" },
	{ "tx_65_127", 0x40dc, 32, false, "Packets Transmitted (65-127 Bytes) Count" },
	{ "tx_128_255", 0x40e0, 32, false, "Packets Transmitted (128-255 Bytes) Count" },
	{ "tx_256_511", 0x40e4, 32, false, "Packets Transmitted (256-511 Bytes) Count" },
	{ "tx_512_1023", 0x40e8, 32, false, "Packets Transmitted (512-1023 Bytes) Count" },
	{ "tx_1024_max", 0x40ec, 32, false, "Packets Transmitted (1024 Bytes or Greater) Count" },
	{ "tx_multicast", 0x40f0, 32, false, "Multicast Packets Transmitted Count" },
	{ "tx_broadcast", 0x40f4, 32, false, "Broadcast Packets Transmitted Count" },
	{ "tx_segmented", 0x40f8, 32, false, "TCP Segmentation Context Transmitted Count" },
	{ "tx_segment_failed", 0x40fc, 32, false, "TCP Segmentation Context TX Fail Count" },
	{ 0 },
};

/* Those that read_missed() reads. */
enum { MPC, RNBC };

static const struct plx_nic_counter missed[] = {
	[MPC] = { "rx_missed", 0x4010, 32, false, "Missed Packets Count" },
	[RNBC] = { "rx_no_buffers", 0x40a0, 32, false, "Receive No Buffers Count" },
	{ 0 },
};

_Static_assert(sizeof(counters) / sizeof(counters[0]) - 1 <= E1000_COUNTERS, "all are summed up");

static void store(struct plx_rxq *q, enum plx_drop why, uint64_t n)
{
	atomic_store_explicit(&q->counts.drops[why], n, memory_order_relaxed);
}

/* QEMU's 82540EM does not clear these two when they are read. A second look tells. */
static void read_missed(struct e1000_device *device)
{
	for (unsigned i = 0; missed[i].name; i++) {
		uint32_t first = e1000_read(device, missed[i].offset);
		uint32_t second = e1000_read(device, missed[i].offset);
		uint32_t *kept = &device->kept[i];

		if (first == UINT32_MAX) /* full, or the card is gone */
			return;
		if (second < first || second < *kept)
			*kept = 0;
		device->missed[i] += second < first ? (uint64_t)first + second : second - *kept;
		*kept = second < first ? 0 : second;
	}
}

/* The nic is locked. */
static void take_over(struct e1000_device *device)
{
	plx_nic_count(&device->nic, &device->regs, counters, device->counts, NULL);
	read_missed(device);
}

static uint64_t damaged(const struct e1000_device *device)
{
	const uint64_t *n = device->counts;

	return n[CRCERRS] + n[ALGNERRC] + n[RXERRC] + n[RFC] + n[RJC];
}

void plx_e1000_count(struct e1000_device *device)
{
	pthread_mutex_lock(&device->nic.lock);
	take_over(device);
	pthread_mutex_unlock(&device->nic.lock);
}

void plx_e1000_forget_counts(struct e1000_device *device)
{
	memset(device->counts, 0, sizeof(device->counts));
	memset(device->missed, 0, sizeof(device->missed));
}

void plx_e1000_count_anew(struct e1000_rxq *q)
{
	struct e1000_device *device = q->device;

	if (q->base.index)
		return;
	plx_e1000_count(device);
	q->base.cleared.drops[PLX_DROP_ERROR] = damaged(device);
	q->base.cleared.drops[PLX_DROP_MISSED] = device->missed[MPC];
}

/*
 * What the card dropped stands with the first queue. RNBC is no loss: such frames wait in the card,
 * and MPC counts those for which it had no room left.
 */
void plx_e1000_read_stats(struct plx_port *port)
{
	struct e1000_device *device = e1000_device(port);

	pthread_mutex_lock(&device->nic.lock);
	take_over(device);
	for (unsigned i = 0; i < port->n_rxq; i++) {
		struct e1000_rxq *q = (struct e1000_rxq *)port->rxqs[i];

		store(&q->base, PLX_DROP_ERROR, q->errors + (i ? 0 : damaged(device)));
		store(&q->base, PLX_DROP_MISSED, i ? 0 : device->missed[MPC]);
	}
	pthread_mutex_unlock(&device->nic.lock);
}

void plx_e1000_xstats(struct plx_port *port, struct plx_xstats *x)
{
	plx_nic_add_xstats(x, counters, e1000_device(port)->counts);
	plx_nic_add_xstats(x, missed, e1000_device(port)->missed);
}
