/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics against frames counted outside, and registers as they are shown.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "qtest/bed.h"

#define FCS 4u

struct sums {
	uint64_t frames, bytes;
};

static struct sums inject(unsigned n, size_t len, uint8_t first)
{
	uint8_t frame[BED_FRAME_MAX];
	struct plx_pkt pkt;

	for (unsigned i = 0; i < n; i++) {
		bed_make(frame, i, len);
		if (first)
			memset(frame, first, 6);
		bed_inject(frame, len);
		assert_int_equal(bed_receive(frame, &pkt, 2000), len);
	}
	return (struct sums){ n, n * len };
}

static struct sums transmit(unsigned n, size_t len, uint8_t first)
{
	uint8_t frame[BED_FRAME_MAX];
	const uint8_t *sent;

	for (unsigned i = 0; i < n; i++) {
		bed_make(frame, i, len);
		if (first)
			memset(frame, first, 6);
		bed_send(frame, len, NULL, 1);
		assert_int_equal(bed_capture(&sent, 2000), len);
	}
	return (struct sums){ n, n * len };
}

static void add(struct sums *to, struct sums s)
{
	to->frames += s.frames;
	to->bytes += s.bytes;
}

/*
 * The card's counts by size, which a frame's FCS is part of. QEMU leaves it out of what it received
 * where it is stripped (RCTL.SECRC), and in its e1000e of what it sent. Then frames of 60 to 63
 * bytes are in no count.
 */
static const char *size_name(const char *way, size_t len)
{
	static const struct {
		size_t first;
		const char *range;
	} ranges[] = { { 1024, "1024_max" }, { 512, "512_1023" }, { 256, "256_511" },
		       { 128, "128_255" },   { 65, "65_127" },    { 64, "64" } };
	static char name[2][32];
	char *text = name[*way == 't'];

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		if (len < ranges[i].first)
			continue;
		snprintf(text, sizeof(name[0]), "%s_%s", way, ranges[i].range);
		return bed_is(BED_SCATTERS) ? text : NULL;
	}
	return NULL;
}

static const size_t sizes[] = { 60,  61,  63,  64,  65,  123,  124,  127,  128,  251, 252,
				256, 507, 508, 511, 512, 1019, 1020, 1023, 1024, 1514 };

#define SIZES (sizeof(sizes) / sizeof(*sizes))

static void assert_sums(struct sums rx, struct sums tx)
{
	struct plx_port_stats stats = bed_stats();

	assert_int_equal(stats.rx.packets, rx.frames);
	assert_int_equal(stats.rx.bytes, rx.bytes);
	assert_int_equal(stats.tx.packets, tx.frames);
	assert_int_equal(stats.tx.bytes, tx.bytes);
	assert_int_equal(bed_drops(&stats.rx) + bed_drops(&stats.tx), 0);
	assert_int_equal(bed_xstat("rx_packets"), rx.frames);
	assert_int_equal(bed_xstat("rxq0_bytes"), rx.bytes);
	assert_int_equal(bed_xstat("tx_packets"), tx.frames);
	assert_int_equal(bed_xstat("txq0_bytes"), tx.bytes);
}

/* What the card counts by itself: with FCS. */
static void assert_card_counts(struct sums rx, struct sums tx)
{
	assert_int_equal(bed_xstat("rx_good"), rx.frames);
	assert_int_equal(bed_xstat("tx_good"), tx.frames);
	assert_int_equal(bed_xstat("rx_total"), rx.frames);
	assert_int_equal(bed_xstat("tx_total"), tx.frames);
	assert_int_equal(bed_xstat("rx_good_octets"), rx.bytes + FCS * rx.frames);
	assert_int_equal(bed_xstat("crc_errors"), 0);
}

static void assert_grown(const char *name, uint64_t before, unsigned n)
{
	if (name)
		assert_int_equal(bed_xstat(name) - before, n);
}

static void count_size(size_t len, unsigned n, struct sums *rx, struct sums *tx)
{
	const char *in = size_name("rx", len),
		   *out = size_name("tx", len + (bed_is(BED_8254X) ? FCS : 0));
	uint64_t received = in ? bed_xstat(in) : 0, sent = out ? bed_xstat(out) : 0;

	add(rx, inject(n, len, 0));
	add(tx, transmit(n + 1, len, 0));
	assert_sums(*rx, *tx);
	assert_grown(in, received, n);
	assert_grown(out, sent, n + 1);
}

/* To many and to all. (While QEMU's e1000 takes every group it counts broadcasts as such.) */
static void count_groups(struct sums *rx, struct sums *tx)
{
	add(rx, inject(5, 100, 0x33));
	bed_ok(plx_port_set_promiscuous(bed.port, false));
	add(rx, inject(7, 100, 0xff));
	add(tx, transmit(3, 100, 0x33));
	add(tx, transmit(4, 100, 0xff));
	assert_int_equal(bed_xstat("rx_multicast"), 5);
	assert_int_equal(bed_xstat("rx_broadcast"), 7);
	assert_int_equal(bed_xstat("tx_multicast"), 3);
	assert_int_equal(bed_xstat("tx_broadcast"), 4);
}

static void test_counts(void **state)
{
	struct sums rx = { 0 }, tx = { 0 };

	(void)state;
	bed_start(NULL);
	for (unsigned i = 0; i < SIZES; i++)
		count_size(sizes[i], 3 + i, &rx, &tx);
	if (bed_is(BED_SCATTERS)) {
		count_groups(&rx, &tx);
		assert_card_counts(rx, tx);
	}
	assert_sums(rx, tx);
	bed_end();
}

/* Clearing, stopping, resetting: what was counted goes only when it is cleared. */
static void test_life_of_statistics(void **state)
{
	struct sums rx, tx;

	(void)state;
	bed_start(NULL);
	rx = inject(10, 100, 0);
	tx = transmit(20, 200, 0);
	bed_ok(plx_port_stop(bed.port)); /* the e1000e counts from zero again */
	if (bed_is(BED_SCATTERS))
		assert_int_equal(bed_xstat("rx_good"), 10);
	assert_sums(rx, tx);
	bed_ok(plx_port_reset(bed.port));
	assert_sums(rx, tx);
	bed_go();
	add(&rx, inject(1, 60, 0));
	add(&tx, transmit(1, 60, 0));
	assert_sums(rx, tx);
	plx_port_stats_clear(bed.port);
	assert_sums((struct sums){ 0, 0 }, (struct sums){ 0, 0 });
	rx = inject(2, 60, 0);
	tx = transmit(3, 60, 0);
	assert_sums(rx, tx);
	bed_end();
}

/* Each queue by itself. */
static void test_two_queues(void **state)
{
	const struct bed_how how = { .n_rxq = 2, .n_txq = 2 };
	struct plx_queue_stats stats;

	(void)state;
	bed_start(&how);
	transmit(5, 100, 0);
	bed.txq[0] = plx_port_txq(bed.port, 1);
	transmit(7, 100, 0);
	plx_txq_stats(plx_port_txq(bed.port, 0), &stats);
	assert_int_equal(stats.packets, 5);
	plx_txq_stats(plx_port_txq(bed.port, 1), &stats);
	assert_int_equal(stats.packets, 7);
	assert_int_equal(bed_stats().tx.packets, 12);
	assert_int_equal(bed_xstat("tx_good"), 12);
	bed_end();
}

/* --- registers --- */

static struct plx_port_reg list[1024];

static const struct plx_port_reg *reg(const char *name)
{
	unsigned total;

	bed_ok(plx_port_regs(bed.port, list, 1024, &total));
	assert_in_range(total, 10, 1024);
	for (unsigned i = 0; i < total; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	fail_msg("there is no register %s", name);
	return NULL;
}

static uint32_t field(const char *name, const char *part)
{
	const struct plx_port_reg *r = reg(name);

	for (const struct plx_reg_field *f = r->fields; f && f->name; f++)
		if (!strcmp(f->name, part))
			return r->value >> f->low & ((f->bits < 32 ? 1u << f->bits : 0) - 1);
	fail_msg("%s has no field %s", name, part);
	return 0;
}

static void check_e1000(void)
{
	const uint8_t *mac = bed.info.mac;

	assert_int_equal(field("STATUS", "LU"), 1);
	assert_int_equal(field("CTRL", "SLU"), 1);
	assert_int_equal(field("RCTL", "EN"), 1);
	assert_int_equal(field("TCTL", "EN"), 1);
	assert_int_equal(reg(bed_is(BED_RSS) ? "RDLEN0" : "RDLEN")->value, bed.info.rxd * 16);
	assert_int_equal(reg("RAL0")->value,
			 mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24);
}

static void check_rtl8139(void)
{
	assert_int_equal(field("CR", "TE"), 1);
	assert_int_equal(field("CR", "RE"), 1);
	assert_int_equal(field("RCR", "AAP"), 0);
	assert_int_equal(field("RCR", "APM"), 1);
}

/* Values as they are, names that differ, and that looking changes nothing. */
static void test_registers(void **state)
{
	unsigned total;

	(void)state;
	bed_start(NULL);
	bed_ok(plx_port_set_promiscuous(bed.port, false));
	if (bed_is(BED_SCATTERS))
		check_e1000();
	else
		check_rtl8139();
	bed_ok(plx_port_regs(bed.port, list, 1024, &total));
	for (unsigned i = 0; i < total; i++) {
		assert_true(list[i].width == 8 || list[i].width == 16 || list[i].width == 32);
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(list[i].name, list[j].name))
				fail_msg("%s is there twice", list[i].name);
	}
	inject(10, 100, 0);
	bed_ok(plx_port_regs(bed.port, NULL, 0, &total));
	bed_ok(plx_port_regs(bed.port, list, total, &total));
	assert_int_equal(bed_stats().rx.packets, 10);
	if (bed_is(BED_SCATTERS))
		assert_int_equal(bed_xstat("rx_good"), 10);
	bed_end();
}

/* Queues and descriptors in words. */
static void test_info(void **state)
{
	struct plx_queue_info info;
	char text[200];

	(void)state;
	bed_start(NULL);
	plx_rxq_info(bed.rxq[0], &info);
	assert_true(info.how[0] && info.pool == bed.pool);
	assert_int_equal(info.descriptors, bed.info.rxd);
	plx_txq_info(bed.txq[0], &info);
	assert_true(info.how[0]);
	assert_int_equal(info.descriptors, bed.info.txd);
	for (unsigned i = 0; i < info.descriptors; i++) {
		bed_ok(plx_txq_desc(bed.txq[0], i, text, sizeof(text)));
		assert_true(text[0]);
	}
	assert_int_equal(plx_txq_desc(bed.txq[0], info.descriptors, text, sizeof(text)), -EINVAL);
	bed_end();
}

int main(int argc, char **argv)
{
	const struct bed_test tests[] = {
		BED_TEST(test_counts, 0),
		BED_TEST(test_life_of_statistics, 0),
		BED_TEST(test_two_queues, BED_RSS),
		BED_TEST(test_registers, 0),
		BED_TEST(test_info, 0),
	};

	return BED_MAIN(argc, argv, "stats", tests);
}
