/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames are received: by address, as the datasheets say it, hash collisions included; and by
 * length.
 */
#include <errno.h>
#include <string.h>

#include "qtest/bed.h"

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t stranger[6] = { 0x52, 0x54, 0x00, 0x99, 0x88, 0x77 };

static void random_mac(uint8_t mac[6], bool group)
{
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (uint8_t)bed_random(256);
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2 | group);
}

/* Is a frame of @len bytes to @mac received? The marker that follows is, in any case. */
static bool passes_long(const uint8_t mac[6], size_t len)
{
	static uint32_t number;
	uint8_t frame[BED_FRAME_MAX];
	struct plx_pkt pkt;
	size_t got;

	bed_make(frame, ++number, len);
	memcpy(frame, mac, 6);
	bed_inject(frame, len);
	bed_inject_marker();
	got = bed_receive(frame, &pkt, 2000);
	assert_true(got);
	if (bed_is_marker(frame, got))
		return false;
	assert_int_equal(got, len);
	assert_memory_equal(frame, mac, 6);
	got = bed_receive(frame, &pkt, 2000);
	assert_true(bed_is_marker(frame, got));
	return true;
}

static bool passes(const uint8_t mac[6])
{
	return passes_long(mac, 100);
}

/* Ports begin promiscuous. */
static void start_choosy(void)
{
	bed_start(NULL);
	assert_true(bed.info.promiscuous);
	bed_ok(plx_port_set_promiscuous(bed.port, false));
}

static void test_own_and_broadcast(void **state)
{
	uint8_t group[6];

	(void)state;
	start_choosy();
	assert_memory_equal(bed.info.mac, bed.card->mac, 6); /* from the EEPROM */
	assert_true(passes(bed.info.mac));
	assert_true(passes(broadcast));
	for (unsigned byte = 0; byte < 6; byte++) {
		uint8_t other[6];

		memcpy(other, bed.info.mac, 6);
		other[byte] ^= 0x10;
		assert_false(passes(other));
	}
	for (unsigned i = 0; i < 20; i++) {
		random_mac(group, true);
		assert_false(passes(group));
	}
	bed_end();
}

static void test_promiscuous(void **state)
{
	uint8_t group[6];

	(void)state;
	start_choosy();
	random_mac(group, true);
	for (unsigned i = 0; i < 3; i++) {
		bed_ok(plx_port_set_promiscuous(bed.port, true));
		assert_true(passes(stranger) && passes(group) && passes(bed.info.mac));
		bed_ok(plx_port_stop(bed.port));
		bed_go();
		assert_true(passes(stranger) && passes(group));
		bed_ok(plx_port_set_promiscuous(bed.port, false));
		assert_false(passes(stranger) || passes(group));
		assert_true(passes(bed.info.mac));
	}
	bed_end();
}

static void test_allmulti(void **state)
{
	uint8_t group[6];

	(void)state;
	start_choosy();
	for (unsigned i = 0; i < 10; i++) {
		random_mac(group, true);
		bed_ok(plx_port_set_allmulti(bed.port, true));
		assert_true(passes(group));
		assert_false(passes(stranger));
		bed_ok(plx_port_set_allmulti(bed.port, false));
		assert_false(passes(group));
	}
	bed_end();
}

static void test_more_unicast(void **state)
{
	uint8_t macs[32][6], one_more[6];
	unsigned n;

	(void)state;
	start_choosy();
	n = bed.info.caps.max_macs;
	assert_in_range(n, bed_is(BED_SCATTERS) ? 14 : 0, 32);
	for (unsigned i = 0; i < n; i++) {
		random_mac(macs[i], false);
		assert_false(passes(macs[i]));
		bed_ok(plx_port_mac_add(bed.port, macs[i]));
		assert_true(passes(macs[i]));
	}
	for (unsigned i = 0; i < n; i++)
		assert_true(passes(macs[i]));
	random_mac(one_more, false);
	assert_int_equal(plx_port_mac_add(bed.port, one_more), n ? -ENOSPC : -ENOTSUP);
	assert_false(passes(one_more));
	for (unsigned i = 0; i < n; i++) {
		bed_ok(plx_port_mac_remove(bed.port, macs[i]));
		assert_false(passes(macs[i]));
		for (unsigned j = i + 1; j < n; j++)
			assert_true(passes(macs[j]));
	}
	bed_end();
}

/* --- multicast --- */

/* 8254x manual 13.5.1, RCTL.MO 0: bits 47 to 36 of the address, the last byte being the highest. */
static unsigned hash_e1000(const uint8_t mac[6])
{
	return ((unsigned)mac[5] << 8 | mac[4]) >> 4;
}

/* RTL8139C programming guide: the highest six bits of the CRC of IEEE 802.3. */
static unsigned hash_rtl8139(const uint8_t mac[6])
{
	uint32_t crc = UINT32_MAX;

	for (unsigned bit = 0; bit < 48; bit++) {
		uint32_t feedback = (crc >> 31) ^ (mac[bit / 8] >> bit % 8 & 1);

		crc = crc << 1 ^ (feedback ? 0x04c11db7 : 0);
	}
	return crc >> 26;
}

static unsigned hash_of(const uint8_t mac[6])
{
	return bed_is(BED_SCATTERS) ? hash_e1000(mac) : hash_rtl8139(mac);
}

static bool collides(const uint8_t mac[6], uint8_t (*groups)[6], unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (hash_of(groups[i]) == hash_of(mac))
			return true;
	return false;
}

/* One that has the hash of @mac, and differs. */
static void make_collision(uint8_t other[6], const uint8_t mac[6])
{
	do
		random_mac(other, true);
	while (hash_of(other) != hash_of(mac));
}

static void test_multicast(void **state)
{
	enum { GROUPS = 12 };
	uint8_t groups[GROUPS][6], other[6];
	unsigned collisions = 0;

	(void)state;
	start_choosy();
	assert_true(bed.info.caps.max_multicast >= GROUPS);
	for (unsigned n = 0; n < GROUPS; n++) {
		random_mac(groups[n], true);
		assert_int_equal(passes(groups[n]), collides(groups[n], groups, n));
		bed_ok(plx_port_multicast_add(bed.port, groups[n]));
		assert_true(passes(groups[n]));
		make_collision(other, groups[n]);
		assert_true(passes(other));
	}
	for (unsigned i = 0; i < 300; i++) {
		random_mac(other, true);
		collisions += collides(other, groups, GROUPS);
		assert_int_equal(passes(other), collides(other, groups, GROUPS));
	}
	if (!bed_is(BED_SCATTERS)) /* 64 bits */
		assert_true(collisions);
	assert_false(passes(stranger));
	bed_ok(plx_port_stop(bed.port));
	bed_go();
	for (unsigned n = GROUPS; n; n--) {
		assert_true(passes(groups[n - 1]));
		bed_ok(plx_port_multicast_remove(bed.port, groups[n - 1]));
		assert_int_equal(passes(groups[n - 1]), collides(groups[n - 1], groups, n - 1));
	}
	bed_end();
}

static void test_many_groups(void **state)
{
	uint8_t mac[6] = { 1, 0, 0x5e };

	(void)state;
	start_choosy();
	for (unsigned i = 0; i < bed.info.caps.max_multicast; i++) {
		mac[4] = (uint8_t)(i >> 8);
		mac[5] = (uint8_t)i;
		bed_ok(plx_port_multicast_add(bed.port, mac));
	}
	assert_true(passes(mac));
	mac[3] = 0x7f;
	assert_int_equal(plx_port_multicast_add(bed.port, mac), -ENOSPC);
	bed_end();
}

/* --- the port's own address --- */

static void test_set_mac(void **state)
{
	uint8_t before[6], mac[6];

	(void)state;
	start_choosy();
	memcpy(before, bed.info.mac, 6);
	for (unsigned i = 0; i < 10; i++) {
		random_mac(mac, false);
		bed_ok(plx_port_set_mac(bed.port, mac));
		assert_true(passes(mac));
		assert_false(passes(before));
		memcpy(before, mac, 6);
	}
	bed_ok(plx_port_stop(bed.port));
	bed_go();
	assert_true(passes(mac));
	bed_ok(plx_port_stop(bed.port));
	bed_ok(plx_port_reset(bed.port));
	bed_go();
	assert_true(passes(mac));
	plx_port_info(bed.port, &bed.info);
	assert_memory_equal(bed.info.mac, mac, 6);
	bed_end();
}

/* All that was set comes back after a reset, and with a new configuration. */
static void test_settings_stay(void **state)
{
	uint8_t group[6];

	(void)state;
	start_choosy();
	random_mac(group, true);
	bed_ok(plx_port_multicast_add(bed.port, group));
	for (unsigned i = 0; i < 3; i++) {
		static const struct bed_how how = { .rxd = 0 };

		bed_ok(plx_port_stop(bed.port));
		if (i != 1)
			bed_ok(plx_port_reset(bed.port));
		if (i != 0)
			bed_configure(&how);
		bed_go();
		assert_true(passes(group));
		assert_false(passes(stranger));
	}
	bed_end();
}

/* --- lengths --- */

static void test_mtu(void **state)
{
	uint16_t mtu = 1600;

	(void)state;
	start_choosy();
	assert_int_equal(bed.info.mtu, 1500);
	assert_true(passes_long(bed.info.mac, ETH_MAX));
	assert_false(passes_long(bed.info.mac, 1600 + ETH_HEADER));
	assert_int_equal(plx_port_set_mtu(bed.port, mtu), -EBUSY);
	bed_ok(plx_port_stop(bed.port));
	assert_int_equal(plx_port_set_mtu(bed.port, (uint16_t)(bed.info.caps.mtu_max + 1)),
			 -EINVAL);
	assert_int_equal(plx_port_set_mtu(bed.port, (uint16_t)(bed.info.caps.mtu_min - 1)),
			 -EINVAL);
	if (mtu <= bed.info.caps.mtu_max) {
		bed_ok(plx_port_set_mtu(bed.port, mtu));
		bed_go();
		assert_true(passes_long(bed.info.mac, mtu + ETH_HEADER));
	}
	bed_end();
}

int main(int argc, char **argv)
{
	const struct bed_test tests[] = {
		BED_TEST(test_own_and_broadcast, 0),
		BED_TEST(test_promiscuous, 0),
		BED_TEST(test_allmulti, 0),
		BED_TEST(test_more_unicast, 0),
		BED_TEST(test_multicast, 0),
		BED_TEST(test_many_groups, 0),
		BED_TEST(test_set_mac, 0),
		BED_TEST(test_settings_stay, 0),
		BED_TEST(test_mtu, 0),
	};

	return BED_MAIN(argc, argv, "filters", tests);
}
