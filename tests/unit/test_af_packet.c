/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames through af_packet ports: what is sent and received is what was given.
 */
#define _GNU_SOURCE /* unshare */
#include "af_packet_lab.h"

static void test_receive(void **state)
{
	static const size_t lens[] = { 14, 60, 63, 64, 65, 1000, 1514 };
	struct timespec ts;
	unsigned n;

	(void)state;
	run_port(&one_queue);
	for (unsigned i = 0; i < 7; i++)
		peer_send(make_frame(lens[i], i), lens[i]);
	n = receive(7);
	assert_int_equal(n, 7);
	clock_gettime(CLOCK_REALTIME, &ts);
	for (unsigned i = 0; i < n; i++) {
		expect_frame(i, make_frame(lens[i], i), lens[i]);
		assert_int_equal(pkts[i].flags, PLX_PKT_TIMESTAMP);
		assert_true(pkts[i].timestamp / 1000000000 + 5 >= (uint64_t)ts.tv_sec);
	}
	plx_pkt_free(pkts, n);
	/* What comes in several rounds of the ring. */
	for (unsigned i = 0; i < 3000; i += 30) {
		for (unsigned k = 0; k < 30; k++)
			peer_send(make_frame(60, i + k), 60);
		n = receive(30);
		for (unsigned k = 0; k < 30; k++)
			expect_frame(k, make_frame(60, i + k), 60);
		plx_pkt_free(pkts, n);
	}
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
}

static void test_send(void **state)
{
	static uint8_t got[2000];
	struct virtio_net_hdr header;
	struct plx_port_stats stats;
	unsigned n;

	(void)state;
	run_port(&one_queue);
	for (unsigned i = 0; i < 200; i++)
		make_frame(60, i), n = make_pkts(pool, bytes, 60, 64),
				   assert_int_equal(send_pkts(n), 1);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(peer_receive(&header, got, sizeof(got)), 60);
		assert_memory_equal(got, make_frame(60, i), 60);
	}
	n = make_pkts(pool, make_frame(1514, 9), 1514, 500);
	assert_int_equal(send_pkts(n), 4);
	assert_int_equal(peer_receive(&header, got, sizeof(got)), 1514);
	assert_memory_equal(got, make_frame(1514, 9), 1514);
	plx_port_stats(port, &stats);
	assert_int_equal(stats.tx.packets, 201);
	assert_int_equal(stats.tx.bytes, 200 * 60 + 1514);
	receive_nothing(); /* of what was sent */
	assert_int_equal(xstat("rxq0_kernel_packets"), 0);
}

/* One burst of good frames and of all kinds that cannot be sent. */
static void test_send_unfit(void **state)
{
	static uint8_t got[2000];
	struct virtio_net_hdr header;
	unsigned n = 0;

	(void)state;
	run_port(&one_queue);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, 8), 8);
	for (unsigned i = 0; i < 8; i++) {
		pkts[i].len = 60;
		memcpy(pkts[i].data, make_frame(60, i), 60);
	}
	pkts[1].len = 0;
	pkts[2].len = 13;
	pkts[3].len = 1600;
	pkts[5].flags = PLX_PKT_TX_TCP_CSUM;
	pkts[7].flags = PLX_PKT_MORE; /* not whole: stays ours */
	assert_int_equal(send_pkts(8), 7);
	while (peer_receive(&header, got, sizeof(got)) == 60)
		if (++n == 3)
			break;
	assert_int_equal(n, 3);
	assert_int_equal(tx_drops(PLX_DROP_EMPTY), 1);
	assert_int_equal(tx_drops(PLX_DROP_INVALID), 1);
	assert_int_equal(tx_drops(PLX_DROP_TOO_LONG), 1);
	assert_int_equal(tx_drops(PLX_DROP_OFFLOAD), 1);
}

static void test_send_refused(void **state)
{
	static const struct {
		int error;
		unsigned taken;
		enum plx_drop why;
	} cases[] = {
		{ EAGAIN, 0, PLX_DROP_COUNT_ },    { ENOBUFS, 2, PLX_DROP_WRITE },
		{ ENETDOWN, 2, PLX_DROP_NO_PEER }, { EMSGSIZE, 2, PLX_DROP_TOO_LONG },
		{ EINVAL, 2, PLX_DROP_INVALID },   { EIO, 2, PLX_DROP_WRITE },
		{ ENXIO, 0, PLX_DROP_COUNT_ },
	};
	struct plx_port_stats stats;
	uint64_t before = 0;

	(void)state;
	run_port(&one_queue);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), 0);
		if (cases[i].why < PLX_DROP_COUNT_)
			before = tx_drops(cases[i].why);
		refuse_send = cases[i].error;
		assert_int_equal(plx_pool_get(pool, NULL, pkts, 2), 2);
		pkts[0].len = pkts[1].len = 60;
		assert_int_equal(send_pkts(2), cases[i].taken);
		refuse_send = 0;
		if (cases[i].why < PLX_DROP_COUNT_)
			assert_int_equal(tx_drops(cases[i].why), before + 2);
	}
	plx_port_stats(port, &stats);
	assert_int_equal(stats.tx.packets, 0);
	expect_error(plx_txq_status(plx_port_txq(port, 0)), -ENODEV, PLX_R_NO_DEVICE, "v0 is gone");
}

/* A queue in the traffic control that drops: later frames are not held up. */
static void test_send_traffic_control(void **state)
{
	(void)state;
	if (sh("tc qdisc add dev v0 clsact && tc filter add dev v0 egress matchall action drop"))
		skip();
	run_port(&one_queue);
	assert_int_equal(send_pkts(make_pkts(pool, make_frame(60, 1), 60, 64)), 1);
	assert_int_equal(tx_drops(PLX_DROP_WRITE), 1);
	assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), 0);
}

/* The kernel takes tags out of frames; @outer as it is in the bytes. */
static void check_vlan(const char *outer, bool second, size_t len)
{
	unsigned n;

	make_frame(len, 3);
	memcpy(bytes + 12, outer, 4);
	if (second)
		memcpy(bytes + 16, "\x81\0\0\x05", 4);
	memcpy(bytes + (second ? 20 : 16), "\x88\xb5", 2);
	peer_send(bytes, len);
	n = receive(1);
	expect_frame(0, bytes, len);
	plx_pkt_free(pkts, n);
}

static void test_vlan(void **state)
{
	(void)state;
	run_port(&one_queue);
	check_vlan("\x81\0\x60\x2a", false, 60);
	check_vlan("\x81\0\0\0", false, 60); /* priority tag only */
	check_vlan("\x81\0\x2f\xff", false, 1518);
	check_vlan("\x88\xa8\0\x07", false, 100);
	check_vlan("\x88\xa8\0\x07", true, 1000);
	check_vlan("\x81\0\0\x07", true, 64);
}

/* The same through buffers of 64 bytes: all goes by way of several entries. */
static void test_scatter(void **state)
{
	struct plx_pool *small = make_pool(512, 64);
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .rx_pool = small };
	unsigned n;

	(void)state;
	run_port(&conf);
	check_vlan("\x81\0\x60\x2a", false, 62);
	check_vlan("\x81\0\x60\x2a", false, 1518);
	for (unsigned i = 0; i < 5; i++)
		peer_send(make_frame(1514, i), 1514);
	/* Room for one and a half: whole frames only. */
	assert_int_equal(receive_from(port, 0, 5, 40), 5 * 24);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(expect_frame(i * 24, make_frame(1514, i), 1514), 24);
	plx_pkt_free(pkts, 5 * 24);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 23), 0); /* short */
	make_ip(1014, 17, 1);
	peer_send_as(&(struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					       .csum_start = 34,
					       .csum_offset = 6 },
		     bytes, 1014);
	n = receive(1);
	assert_int_equal(n, 16);
	expect_good(pkts, n);
	plx_pkt_free(pkts, n);
	assert_int_equal(plx_port_close(port), 0);
	port = NULL;
	assert_int_equal(plx_pool_destroy(small), 0);
}

static void test_checksum(void **state)
{
	struct virtio_net_hdr tagged = udp_csum;
	unsigned n;

	(void)state;
	run_port(&one_queue);
	peer_send_as(&udp_csum, make_ip(100, 17, 1), 100);
	n = receive(1);
	expect_good(pkts, n);
	assert_int_equal(pkts[0].flags, PLX_PKT_TIMESTAMP);
	plx_pkt_free(pkts, n);
	/* With a tag, which the kernel takes out and counts its offsets without. */
	memmove(bytes + 18, make_ip(100, 17, 1) + 14, 86);
	memcpy(bytes + 12, "\x81\0\0\x09\x08\0", 6);
	tagged.csum_start = 38;
	peer_send_as(&tagged, bytes, 104);
	n = receive(1);
	assert_int_equal(pkts[0].len, 104);
	assert_memory_equal(pkts[0].data + 12, "\x81\0\0\x09\x08\0", 6);
	expect_good(pkts, n);
	plx_pkt_free(pkts, n);
}

/* 20,000 bytes of TCP become 14 segments, in bursts of any size. */
static void test_segments(void **state)
{
	size_t payload = 0;
	unsigned n;

	(void)state;
	run_port(&one_queue);
	for (unsigned burst = 1; burst <= 64; burst *= 4) {
		peer_send_as(&tso, make_ip(20054, 6, 2), 20054);
		peer_send(make_frame(60, burst), 60);
		n = receive_from(port, 0, 15, burst);
		assert_int_equal(n, 15);
		payload = 0;
		for (unsigned i = 0; i < 14; i++) {
			expect_good(&pkts[i], 1);
			assert_true(pkts[i].len <= 1502);
			assert_memory_equal(pkts[i].data + 54, make_ip(20054, 6, 2) + 54 + payload,
					    pkts[i].len - 54u);
			payload += pkts[i].len - 54u;
		}
		assert_int_equal(payload, 20000);
		expect_frame(14, make_frame(60, burst), 60);
		plx_pkt_free(pkts, n);
	}
	assert_int_equal(xstat("rxq0_segmented"), 4);
	assert_int_equal(xstat("rxq0_recvmsg_calls"), ring[1] == '3' ? 0 : 4);
	/* Stopped in the middle of one. */
	peer_send_as(&tso, make_ip(20054, 6, 2), 20054);
	n = receive_from(port, 0, 3, 3);
	plx_pkt_free(pkts, n);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_start(port), 0);
	receive_nothing();
}

static void test_unfinished(void **state)
{
	const struct plx_port_conf conf = { .n_rxq = 1,
					    .n_txq = 1,
					    .offloads = PLX_OFFLOAD_RX_UNFINISHED };
	struct plx_port_info facts;
	unsigned n;

	(void)state;
	run_port(&conf);
	plx_port_info(port, &facts);
	assert_int_equal(facts.rx_max_entries, 33);
	peer_send_as(&tso, make_ip(60054, 6, 2), 60054);
	n = receive(1);
	assert_int_equal(expect_frame(0, make_ip(60054, 6, 2), 60054), n);
	assert_int_equal(pkts[0].flags, PLX_PKT_MORE | PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_TSO);
	assert_int_equal(pkts[0].mss, 1448);
	assert_int_equal(pkts[0].l2_len, 14);
	assert_int_equal(pkts[0].l3_len, 20);
	assert_int_equal(pkts[0].l4_len, 20);
	plx_pkt_free(pkts, n);
	peer_send_as(&udp_csum, make_ip(100, 17, 1), 100);
	n = receive_from(port, 0, 1, 64);
	expect_frame(0, make_ip(100, 17, 1), 100);
	assert_int_equal(pkts[0].flags, PLX_PKT_TX_UDP_CSUM);
	plx_pkt_free(pkts, n);
}

/* Out by one port with a request; the peer gets the request, or has it done. */
static void test_send_offloads(void **state)
{
	const struct plx_port_conf conf = { .n_txq = 1,
					    .offloads = PLX_OFFLOAD_TX_TSO | PLX_OFFLOAD_TX_CSUM };
	struct virtio_net_hdr header;
	static uint8_t got[70000];
	unsigned n;

	(void)state;
	run_port(&conf);
	n = make_pkts(pool, make_ip(20054, 6, 2), 20054, 2048);
	pkts[0].flags |= PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_TSO;
	pkts[0].l2_len = 14;
	pkts[0].l3_len = 20;
	pkts[0].l4_len = 20;
	pkts[0].mss = 1448;
	assert_int_equal(send_pkts(n), n);
	assert_int_equal(peer_receive(&header, got, sizeof(got)), 20054);
	assert_memory_equal(got, bytes, 20054);
	assert_int_equal(header.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(header.gso_size, 1448);
	n = make_pkts(pool, make_frame(60, 1), 60, 64);
	assert_int_equal(send_pkts(n), 1);
	assert_int_equal(peer_receive(&header, got, sizeof(got)), 60);
	/* A request that contradicts its frame. */
	n = make_pkts(pool, make_frame(60, 1), 60, 64);
	pkts[0].flags = PLX_PKT_TX_TCP_CSUM;
	pkts[0].l2_len = 100;
	assert_int_equal(send_pkts(n), 1);
	assert_int_equal(tx_drops(PLX_DROP_INVALID), 1);
}

static void test_fanout(void **state)
{
	const struct plx_port_conf conf = { .n_rxq = 2, .n_txq = 2 };
	struct plx_queue_stats stats[2];
	struct plx_queue_info info;
	const double end = now() + 2;
	unsigned seen = 0;

	(void)state;
	run_port(&conf);
	for (unsigned i = 0; i < 64; i++)
		peer_send_as(&udp_csum, make_ip(100, 17, i), 100);
	while (seen < 64 && now() < end)
		for (unsigned i = 0; i < 2; i++) {
			unsigned n = plx_rx_burst(plx_port_rxq(port, i), pkts, BURST);

			plx_pkt_free(pkts, n);
			seen += n;
		}
	for (unsigned i = 0; i < 2; i++) {
		plx_rxq_stats(plx_port_rxq(port, i), &stats[i]);
		assert_true(stats[i].packets > 0);
		plx_rxq_info(plx_port_rxq(port, i), &info);
		assert_non_null(strstr(info.how, "fanout hash in group"));
	}
	assert_int_equal(stats[0].packets + stats[1].packets, 64);
}

/* Two ports in one group: each frame comes to one of them, in turn. */
static void test_fanout_shared(void **state)
{
	struct plx_port *other;
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .rx_pool = pool };
	unsigned n;

	(void)state;
	open_port(",fanout=lb,fanout_id=77");
	configure(&one_queue);
	assert_int_equal(plx_port_start(port), 0);
	assert_int_equal(plx_port_open(ctx, "af_packet:iface=v0,fanout=lb,fanout_id=77", &other),
			 0);
	assert_int_equal(plx_port_configure(other, &conf), 0);
	assert_int_equal(plx_port_start(other), 0);
	for (unsigned i = 0; i < 20; i++)
		peer_send(make_frame(60, i), 60);
	for (unsigned i = 0; i < 2; i++) {
		n = receive_from(i ? other : port, 0, 10, BURST);
		assert_int_equal(n, 10);
		plx_pkt_free(pkts, n);
	}
	assert_int_equal(plx_port_close(other), 0);
	/* A group has one mode. */
	assert_int_equal(plx_port_open(ctx, "af_packet:iface=v0,fanout=cpu,fanout_id=77", &other),
			 0);
	assert_int_equal(plx_port_configure(other, &conf), 0);
	expect_error(plx_port_start(other), -EINVAL, PLX_R_MISMATCH, "fanout group");
	assert_int_equal(plx_port_close(other), 0);
}

static void test_two_ports(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 2, .n_txq = 1, .rx_pool = pool };
	struct plx_port *other;
	unsigned n;

	(void)state;
	run_port(&one_queue);
	assert_int_equal(plx_port_open(ctx, "af_packet:iface=v0,fanout=rollover", &other), 0);
	assert_int_equal(plx_port_configure(other, &conf), 0);
	assert_int_equal(plx_port_start(other), 0);
	peer_send(make_frame(60, 1), 60);
	n = receive(1);
	expect_frame(0, bytes, 60);
	plx_pkt_free(pkts, n);
	n = receive_from(other, 0, 1, 32);
	expect_frame(0, bytes, 60);
	plx_pkt_free(pkts, n);
	assert_int_equal(plx_port_close(other), 0);
}

static void test_jumbo(void **state)
{
	const struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .mtu = 9000 };
	static uint8_t got[10000];
	struct virtio_net_hdr header;
	unsigned n;

	(void)state;
	assert_int_equal(sh("ip link set v1 mtu 9000"), 0);
	run_port(&conf);
	assert_int_equal(sh("ip link show v0 | grep 'mtu 9000'"), 0);
	for (unsigned i = 0; i < 3; i++)
		peer_send(make_frame(9014, i), 9014);
	n = receive_from(port, 0, 3, 5);
	assert_int_equal(n, 15);
	for (unsigned i = 0; i < 3; i++)
		expect_frame(i * 5, make_frame(9014, i), 9014);
	assert_int_equal(plx_tx_burst(plx_port_txq(port, 0), pkts, n), n);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(peer_receive(&header, got, sizeof(got)), 9014);
		assert_memory_equal(got, make_frame(9014, i), 9014);
	}
	assert_int_equal(xstat("rxq0_recvmsg_calls"), 0);
	assert_int_equal(plx_port_set_mtu(port, 9000), -EBUSY);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_set_mtu(port, 1500), 0);
	assert_int_equal(sh("ip link show v0 | grep 'mtu 1500'"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_receive),
		TEST(test_send),
		TEST(test_send_unfit),
		TEST(test_send_refused),
		TEST(test_send_traffic_control),
		TEST(test_vlan),
		TEST(test_scatter),
		TEST(test_checksum),
		TEST(test_segments),
		TEST(test_unfinished),
		TEST(test_send_offloads),
		TEST(test_fanout),
		TEST(test_fanout_shared),
		TEST(test_two_ports),
		TEST(test_jumbo),
	};

	need_netns();
	return run_with_both_rings(tests);
}
