/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames through QEMU's cards: of every size, in bursts of all sizes, through rings that are full
 * and empty.
 */
#include <string.h>

#include "qtest/bed.h"

static void test_every_size(void **state)
{
	const struct traffic t = { .in = 3 * (ETH_MAX - ETH_MIN + 1),
				   .out = 3 * (ETH_MAX - ETH_MIN + 1),
				   .shortest = ETH_MIN,
				   .longest = ETH_MAX,
				   .each_size = true };

	(void)state;
	bed_start(NULL);
	bed_traffic(&t);
	bed_end();
}

static void test_random_sizes_and_bursts(void **state)
{
	const uint64_t frames = bed_long ? 2500000 : 100000;
	const struct traffic t = {
		.in = frames, .out = frames, .shortest = ETH_MIN, .longest = ETH_MAX
	};
	struct plx_port_stats stats;

	(void)state;
	bed_start(NULL);
	bed_traffic(&t);
	stats = bed_stats();
	assert_int_equal(stats.rx.packets, t.in);
	assert_int_equal(stats.tx.packets, t.out);
	assert_int_equal(stats.tx.bytes, bed.wire_bytes);
	assert_int_equal(bed_drops(&stats.rx) - bed_retries(&stats), 0);
	assert_int_equal(bed_drops(&stats.tx), 0);
	bed_end();
}

/*
 * The indices wrap many times, in rings whose size and frames have no common divisor as in others.
 */
static void test_ring_sizes(void **state)
{
	struct plx_port_info info;

	(void)state;
	bed_start(NULL);
	info = bed.info;
	bed_end();
	for (unsigned i = 0; i < 4; i++) {
		const struct bed_how how = {
			.rxd = i & 1 ? info.caps.rxd.max : info.caps.rxd.min,
			.txd = i & 2 ? info.caps.txd.max : info.caps.txd.min,
			.buffers = 3u * 4096 + 4096,
		};
		const struct traffic t = {
			.in = 10007, .out = 10007, .shortest = ETH_MIN, .longest = 300
		};

		bed_start(&how);
		assert_int_equal(bed.info.rxd, how.rxd);
		assert_int_equal(bed.info.txd, how.txd);
		bed_traffic(&t);
		bed_end();
	}
}

/* More than fits: a burst is taken in part, and what is left is the caller's. */
static void test_full_tx_ring(void **state)
{
	struct bed_how how = { 0 };
	struct plx_pkt pkts[BED_BURST];
	unsigned first, sent;
	const uint8_t *frame;

	(void)state;
	bed_start(NULL);
	how.txd = bed.info.caps.txd.min;
	bed_end();
	bed_start(&how);
	assert_int_equal(plx_pool_get(bed.pool, NULL, pkts, BED_BURST), BED_BURST);
	for (unsigned i = 0; i < BED_BURST; i++) {
		bed_make(pkts[i].data, i, 100);
		pkts[i].len = 100;
	}
	first = sent = plx_tx_burst(bed.txq[0], pkts, BED_BURST);
	if (bed_is(BED_SCATTERS)) /* one doorbell a burst; the rtl8139's four are free again at once */
		assert_in_range(first, 1, BED_BURST - 1);
	for (double end = bed_now() + 10; sent < BED_BURST && bed_now() < end;)
		sent += plx_tx_burst(bed.txq[0], pkts + sent, BED_BURST - sent);
	assert_int_equal(sent, BED_BURST);
	for (unsigned i = 0; i < BED_BURST; i++)
		bed_expect(frame, bed_capture(&frame, 2000), i, 100);
	bed_end();
}

static uint32_t number_of(const uint8_t *frame)
{
	uint32_t number;

	memcpy(&number, frame + ETH_HEADER, sizeof(number));
	return number;
}

/*
 * Nobody takes what arrives: it waits on the wire, or the card drops what finds no descriptor.
 * Those that come are whole and in order, and those that do not are counted.
 */
static void test_slow_consumer(void **state)
{
	const unsigned frames = 3000;
	uint8_t frame[BED_FRAME_MAX];
	struct plx_port_stats stats;
	unsigned got = 0, next = 0;
	struct plx_pkt pkt;
	size_t len;

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < frames; i++) {
		bed_make(frame, i, 64);
		assert_true(wire_send(&bed.card->wire, frame, 64));
	}
	wire_flush(&bed.card->wire);
	bed_sleep_ms(50);
	for (; (len = bed_receive(frame, &pkt, 300)); got++, wire_flush(&bed.card->wire)) {
		assert_true(number_of(frame) >= next);
		next = number_of(frame);
		bed_expect(frame, len, next++, 64);
	}
	stats = bed_stats();
	assert_int_equal(stats.rx.packets, got);
	assert_int_equal(got + stats.rx.drops[PLX_DROP_MISSED] - bed_retries(&stats), frames);
	assert_true(got >= 100);
	bed_end();
}

/*
 * A long frame does not fit into the descriptors that are left: QEMU's e1000 drops it and counts
 * (MPC), its e1000e keeps it. The next one that fits is received.
 */
static void test_overrun_is_counted(void **state)
{
	const struct bed_how how = { .mtu = 9000, .data_room = 2048, .rxd = 128 };
	const unsigned frames = 80, len = 9000;
	uint8_t frame[BED_FRAME_MAX];
	struct plx_port_stats stats;
	uint64_t received = 0;
	struct plx_pkt pkt;

	(void)state;
	bed_start(&how);
	for (unsigned i = 0; i < frames; i++) {
		bed_make(frame, i, len);
		assert_true(wire_send(&bed.card->wire, frame, len));
	}
	for (double end = bed_now() + 0.3; !wire_flush(&bed.card->wire) && bed_now() < end;)
		bed_sleep_ms(1);
	for (; bed_receive(frame, &pkt, 300); received++)
		wire_flush(&bed.card->wire);
	stats = bed_stats();
	assert_int_equal(stats.rx.packets, received);
	assert_int_equal(received + stats.rx.drops[PLX_DROP_MISSED], frames);
	if (bed_is(BED_8254X))
		assert_in_range(stats.rx.drops[PLX_DROP_MISSED], 1, frames - 1);
	bed_end();
}

/*
 * With no buffer to post the card waits or drops; with buffers it goes on. Nothing vanishes
 * uncounted.
 */
static void test_empty_pool(void **state)
{
	struct bed_how how = { 0 };
	uint8_t frame[BED_FRAME_MAX];
	struct plx_pkt hoard[4096], pkt;
	struct plx_port_stats stats;
	unsigned kept, injected = 0;
	uint64_t received = 0;

	(void)state;
	bed_start(NULL);
	how.rxd = bed.info.caps.rxd.min > 64 ? bed.info.caps.rxd.min : 64;
	if (how.rxd > bed.info.caps.rxd.max)
		how.rxd = bed.info.caps.rxd.max;
	how.buffers = how.rxd + 64;
	bed_end();
	bed_start(&how);
	kept = plx_pool_get(bed.pool, NULL, hoard, how.buffers);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 4 * 64; i++, injected++) {
			struct plx_pkt *next = &hoard[kept];

			bed_make(frame, injected, 100);
			bed_inject(frame, 100);
			/* What is received is kept, too. */
			if (plx_rx_burst(bed.rxq[0], next, 1)) {
				received++;
				kept++;
			}
		}
		plx_pkt_free(hoard, kept);
		kept = 0;
		while (bed_receive(frame, &pkt, 300))
			received++;
	}
	stats = bed_stats();
	assert_int_equal(stats.rx.packets, received);
	assert_int_equal(received + bed_drops(&stats.rx) - bed_retries(&stats), injected);
	assert_true(received >= 64);
	bed_end();
}

/* Frames in several buffers: received into small ones, sent from pieces. */
static void test_several_entries(void **state)
{
	const struct bed_how how = { .data_room = bed_is(BED_SCATTERS) ? 512 : 2048,
				     .buffers = 8192 };
	const struct traffic t = {
		.in = 20000, .out = 20000, .shortest = ETH_MIN, .longest = ETH_MAX, .entries = 3
	};

	(void)state;
	bed_start(&how);
	if (bed_is(BED_SCATTERS))
		assert_true(bed.info.rx_max_entries >= 3);
	bed_traffic(&t);
	bed_end();
}

static void test_jumbo(void **state)
{
	struct bed_how how = { .mtu = (uint16_t)(bed.kind->jumbo - ETH_HEADER),
			       .data_room = 4096,
			       .buffers = 2048 };
	const struct traffic t = { .in = 4000,
				   .out = 4000,
				   .shortest = ETH_MIN,
				   .longest = bed.kind->jumbo,
				   .entries = 8,
				   .window = 64,
				   .burst = 64 };
	const struct traffic each = { .in = 64,
				      .out = 64,
				      .shortest = bed.kind->jumbo - 32,
				      .longest = bed.kind->jumbo,
				      .each_size = true,
				      .entries = 8,
				      .window = 16,
				      .burst = 8 };

	(void)state;
	how.stopped = true;
	bed_start(&how);
	bed_end();
	how.stopped = false;
	bed_start(&how);
	assert_true(bed.info.caps.max_frame >= bed.kind->jumbo);
	bed_traffic(&t);
	bed_traffic(&each);
	bed_end();
}

/* A burst with less room than a frame may need gives nothing and says so. */
static void test_short_bursts(void **state)
{
	const struct bed_how how = { .data_room = 512 };
	struct plx_queue_stats stats;
	uint8_t frame[BED_FRAME_MAX];
	struct plx_pkt pkt;

	(void)state;
	bed_start(&how);
	assert_int_equal(plx_rx_burst(bed.rxq[0], &pkt, 1), 0);
	bed_inject_marker();
	bed_sleep_ms(20);
	assert_int_equal(plx_rx_burst(bed.rxq[0], &pkt, 1), 0);
	plx_rxq_stats(bed.rxq[0], &stats);
	assert_int_equal(stats.short_bursts, 2);
	assert_true(bed_is_marker(frame, bed_receive(frame, &pkt, 1000)));
	bed_end();
}

int main(int argc, char **argv)
{
	const struct bed_test tests[] = {
		BED_TEST(test_every_size, 0),       BED_TEST(test_random_sizes_and_bursts, 0),
		BED_TEST(test_ring_sizes, 0),       BED_TEST(test_full_tx_ring, 0),
		BED_TEST(test_slow_consumer, 0),    BED_TEST(test_overrun_is_counted, BED_SCATTERS),
		BED_TEST(test_empty_pool, 0),       BED_TEST(test_several_entries, 0),
		BED_TEST(test_jumbo, BED_SCATTERS), BED_TEST(test_short_bursts, BED_SCATTERS),
	};

	return BED_MAIN(argc, argv, "frames", tests);
}
