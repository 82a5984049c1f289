/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of af_packet ports: what is refused, what fails, what happens to the interface.
 */
#define _GNU_SOURCE /* unshare */
#include "af_packet_lab.h"

static void test_open_errors(void **state)
{
	unsigned fds = count_fds();
	struct plx_port *none;

	(void)state;
	expect_error(plx_port_open(ctx, "af_packet", &none), -EINVAL, PLX_R_BAD_KEY, "iface");
	expect_error(plx_port_open(ctx, "af_packet:iface=nix", &none), -ENODEV, PLX_R_NO_DEVICE,
		     "there is no interface");
	expect_error(plx_port_open(ctx, "af_packet:iface=v0,block_size=130", &none), -EINVAL,
		     PLX_R_UNALIGNED, "multiple of 4");
	assert_null(none);
	assert_int_equal(count_fds(), fds);
}

static void test_no_rights(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		if (unshare(CLONE_NEWUSER))
			_exit(77);
		if (plx_port_open(ctx, "af_packet:iface=v0", &port) != -EPERM)
			_exit(1);
		_exit(!strstr(plx_last_error()->text, "setcap cap_net_raw"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_other_namespace(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		open_port("");
		if (unshare(CLONE_NEWNET) || plx_port_configure(port, NULL) != -EPERM)
			_exit(1);
		_exit(!strstr(plx_last_error()->text, "network namespace"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_info(void **state)
{
	struct plx_queue_info info;
	struct plx_port_info facts;
	char text[128];

	(void)state;
	run_port(&one_queue);
	facts = info_when_up(port);
	assert_memory_equal(facts.mac, "\x02\0\0\0\0\x07", 6);
	assert_int_equal(facts.mtu, 1500);
	assert_int_equal(facts.node, -1);
	assert_true(facts.promiscuous);
	assert_int_equal(facts.link.mbps, 10000);
	assert_int_equal(facts.rx_max_entries, 1);
	plx_rxq_info(plx_port_rxq(port, 0), &info);
	assert_non_null(strstr(info.how, *ring && ring[1] == '3' ? "TPACKET_V3" : "TPACKET_V2"));
	assert_int_equal(info.descriptors, ring[1] == '3' ? 64 : 2048);
	plx_txq_info(plx_port_txq(port, 0), &info);
	assert_non_null(strstr(info.how, "sendmmsg"));
	assert_int_equal(plx_rxq_desc(plx_port_rxq(port, 0), 0, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "the kernel's"));
	peer_send(make_frame(100, 0), 100);
	usleep(20000);
	assert_int_equal(plx_rxq_desc(plx_port_rxq(port, 0), 0, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "ours"));
	assert_int_equal(xstat("rxq0_kernel_packets"), 1);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_rxq_desc(plx_port_rxq(port, 0), 0, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "stopped"));
	plx_rxq_info(plx_port_rxq(port, 0), &info);
	assert_non_null(strstr(info.how, "stopped"));
}

/* The MTU grows while the port runs: what fits its entries is given, and the rest is counted. */
static void test_mtu_changed(void **state)
{
	unsigned n;

	(void)state;
	run_port(&one_queue);
	assert_int_equal(sh("ip link set v0 mtu 4000 && ip link set v1 mtu 4000"), 0);
	peer_send(make_frame(2048, 1), 2048);
	peer_send(make_frame(2049, 2), 2049);
	peer_send(make_frame(60, 3), 60);
	n = receive(2);
	assert_int_equal(n, 2);
	expect_frame(0, make_frame(2048, 1), 2048);
	expect_frame(1, make_frame(60, 3), 60);
	plx_pkt_free(pkts, n);
	assert_int_equal(rx_drops(PLX_DROP_TOO_LONG), 1);
	assert_int_equal(sh("ip link set v0 mtu 1000 && ip link set v1 mtu 1000"), 0);
	peer_send(make_frame(1014, 3), 1014);
	n = receive(1);
	plx_pkt_free(pkts, n);
}

static void test_down_and_up(void **state)
{
	struct plx_port_info facts;
	unsigned n;

	(void)state;
	run_port(&one_queue);
	assert_int_equal(sh("ip link set v0 down"), 0);
	plx_port_info(port, &facts);
	assert_false(facts.link.up);
	receive_nothing();
	assert_int_equal(plx_rxq_status(plx_port_rxq(port, 0)), 0);
	assert_int_equal(send_pkts(make_pkts(pool, make_frame(60, 1), 60, 64)), 1);
	assert_int_equal(tx_drops(PLX_DROP_NO_PEER), 1);
	assert_int_equal(plx_txq_status(plx_port_txq(port, 0)), 0);
	assert_int_equal(sh("ip link set v0 up"), 0);
	info_when_up(port);
	peer_send(make_frame(60, 1), 60);
	n = receive(1);
	assert_int_equal(send_pkts(n), 1);
	/* A frame that comes by way of the socket, which has kept the error for us. */
	peer_send_as(&tso, make_ip(20054, 6, 2), 20054);
	n = receive(14);
	plx_pkt_free(pkts, n);
	assert_int_equal(rx_drops(PLX_DROP_TOO_LONG), 0);
}

static void test_renamed(void **state)
{
	unsigned n;

	(void)state;
	run_port(&one_queue);
	assert_int_equal(sh("ip link set v0 down; ip link set v0 name v9 && ip link set v9 up"), 0);
	peer_send(make_frame(60, 1), 60);
	n = receive(1);
	assert_int_equal(send_pkts(n), 1);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_set_mtu(port, 1400), 0);
	assert_int_equal(plx_port_start(port), 0);
	peer_send(make_frame(60, 1), 60);
	plx_pkt_free(pkts, receive(1));
}

static void test_deleted(void **state)
{
	struct plx_port_info facts;

	(void)state;
	run_port(&one_queue);
	peer_send(make_frame(60, 1), 60);
	usleep(5000);
	assert_int_equal(sh("ip link del v0"), 0);
	plx_pkt_free(pkts, receive(1)); /* what had come before */
	usleep(20000);
	expect_error(plx_rxq_status(plx_port_rxq(port, 0)), -ENODEV, PLX_R_NO_DEVICE,
		     "interface v0 is gone");
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 32), 0);
	assert_int_equal(send_pkts(make_pkts(pool, make_frame(60, 1), 60, 64)), 0);
	expect_error(plx_txq_status(plx_port_txq(port, 0)), -ENODEV, PLX_R_NO_DEVICE, "v0 is gone");
	plx_port_info(port, &facts);
	assert_false(facts.link.up);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_start(port), -ENODEV);
	assert_int_equal(plx_port_set_mtu(port, 1400), -ENODEV);
	assert_int_equal(plx_port_set_mac(port, (const uint8_t *)"\x02\0\0\0\0\x01"), -ENODEV);
	assert_int_equal(plx_port_set_promiscuous(port, false), 0); /* it went with it */
	assert_int_equal(plx_port_set_allmulti(port, true), -ENODEV);
}

/* Frames wait in the ring; what the ring has no room for is missed. */
static void test_no_buffers(void **state)
{
	struct plx_pool *small = make_pool(8, 2048);
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .rx_pool = small };
	unsigned n = 0, got;

	(void)state;
	conf.rxd = ring[1] == '3' ? 2 : 64;
	run_port(&conf);
	for (unsigned i = 0; i < 400; i++)
		peer_send(make_frame(1514, i), 1514);
	usleep(5000);
	assert_int_equal(receive(8), 8);
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts + 8, 32), 0);
	assert_int_equal(plx_last_error()->reason, PLX_R_NOMEM);
	for (unsigned i = 0; i < 8; i++)
		expect_frame(i, make_frame(1514, i), 1514);
	plx_pkt_free(pkts, 8);
	while ((got = plx_rx_burst(plx_port_rxq(port, 0), pkts, 32))) {
		plx_pkt_free(pkts, got);
		n += got;
	}
	assert_true(n > 0);
	if (ring[1] == '2')
		assert_int_equal(n, 56);
	assert_int_equal(rx_drops(PLX_DROP_NO_BUFFER), 0);
	assert_int_equal(rx_drops(PLX_DROP_MISSED), 400 - 8 - n);
	assert_int_equal(xstat("rxq0_kernel_drops"), 400 - 8 - n);
	assert_int_equal(plx_port_close(port), 0);
	port = NULL;
	assert_int_equal(plx_pool_destroy(small), 0);
}

static void test_promiscuous(void **state)
{
	unsigned n;

	(void)state;
	run_port(&one_queue);
	assert_int_equal(sh("ip -d link show v0 | grep 'promiscuity 1'"), 0);
	memcpy(make_frame(60, 1), "\x02\0\0\0\0\x63", 6);
	peer_send(bytes, 60);
	plx_pkt_free(pkts, receive(1));
	assert_int_equal(plx_port_set_promiscuous(port, false), 0);
	assert_int_equal(sh("ip -d link show v0 | grep 'promiscuity 0'"), 0);
	peer_send(bytes, 60); /* for somebody else */
	memcpy(bytes, "\x02\0\0\0\0\x07", 6);
	peer_send(bytes, 60);
	n = receive(1);
	expect_frame(0, bytes, 60);
	plx_pkt_free(pkts, n);
	assert_int_equal(xstat("rxq0_not_for_us"), 1);
	/* A long one for somebody else must not leave its bytes to the next. */
	memcpy(make_ip(20054, 6, 2), "\x02\0\0\0\0\x63", 6);
	peer_send_as(&tso, bytes, 20054);
	memcpy(bytes, "\x02\0\0\0\0\x07", 6);
	peer_send_as(&tso, bytes, 20054);
	n = receive(14);
	assert_memory_equal(pkts[0].data, "\x02\0\0\0\0\x07", 6);
	plx_pkt_free(pkts, n);
	assert_int_equal(plx_port_set_allmulti(port, true), 0);
	assert_int_equal(plx_port_set_allmulti(port, true), 0);
	assert_int_equal(sh("ip -d link show v0 | grep 'allmulti 1'"), 0);
	assert_int_equal(plx_port_set_allmulti(port, false), 0);
	assert_int_equal(plx_port_set_mac(port, (const uint8_t *)"\x02\0\0\0\0\x63"), 0);
	memcpy(make_frame(60, 1), "\x02\0\0\0\0\x63", 6);
	peer_send(bytes, 60);
	plx_pkt_free(pkts, receive(1));
	assert_int_equal(plx_port_set_promiscuous(port, true), 0);
}

static void test_start_and_stop(void **state)
{
	const struct plx_port_conf conf = { .n_rxq = 2, .n_txq = 1 };
	unsigned fds = 0;

	(void)state;
	run_port(&conf);
	for (unsigned i = 0; i < 10; i++) {
		if (i == 1)
			fds = count_fds();
		if (i)
			assert_int_equal(count_fds(), fds);
		peer_send_as(&udp_csum, make_ip(100, 17, 1), 100);
		usleep(5000);
		plx_pkt_free(pkts, plx_rx_burst(plx_port_rxq(port, 0), pkts, 32));
		plx_pkt_free(pkts, plx_rx_burst(plx_port_rxq(port, 1), pkts, 32));
		assert_int_equal(plx_port_stop(port), 0);
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 32), 0);
		assert_int_equal(plx_port_start(port), 0);
	}
}

/* Fail each call in turn while a port comes up: nothing stays behind. */
static void test_faults(void **state)
{
	static const struct plx_port_conf conf = { .n_rxq = 2,
						   .n_txq = 1,
						   .offloads = PLX_OFFLOAD_TX_CSUM };
	unsigned fds = count_fds(), failed = 0, at;

	(void)state;
	for (at = 1; at < 200; at++) {
		struct plx_port_conf c = conf;
		char spec[64];
		int err;

		c.rx_pool = pool;
		snprintf(spec, sizeof(spec), "af_packet:iface=v0,ring=%s,qdisc_bypass=on", ring);
		countdown = at;
		fault = at % 2 ? ENOMEM : EPERM;
		err = plx_port_open(ctx, spec, &port);
		if (!err)
			err = plx_port_configure(port, &c);
		if (!err)
			err = plx_port_start(port);
		failed += err != 0;
		if (err) {
			assert_int_equal(plx_last_error()->err, err);
			assert_true(err == -fault || err == -ENOMEM);
			assert_true(plx_last_error()->text[0]);
		}
		if (!countdown && port && !err) /* it could do without */
			peer_send(make_frame(60, 1), 60);
		if (countdown) {
			countdown = 0;
			assert_int_equal(plx_port_close(port), 0);
			port = NULL;
			break;
		}
		plx_port_close(port);
		port = NULL;
		assert_int_equal(count_fds(), fds);
	}
	assert_true(failed > 10 && at < 200);
	assert_int_equal(count_fds(), fds);
}

static void test_pool_too_small(void **state)
{
	struct plx_pool *small = make_pool(20, 2048), *wrapped;
	struct plx_port_conf conf = {
		.n_rxq = 1, .n_txq = 1, .offloads = PLX_OFFLOAD_RX_UNFINISHED, .rx_pool = small
	};

	(void)state;
	open_port("");
	expect_error(plx_port_configure(port, &conf), -EINVAL, PLX_R_TOO_LARGE, "needs 33 buffers");
	assert_int_equal(plx_pool_wrap(ctx, "w", (plx_release_fn)0, NULL, &wrapped), -EINVAL);
	conf.offloads = 0;
	conf.rxd = 100;
	assert_int_equal(plx_port_configure(port, &conf), ring[1] == '3' ? 0 : -EINVAL);
	assert_int_equal(plx_port_close(port), 0);
	port = NULL;
	assert_int_equal(plx_pool_destroy(small), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_errors),    TEST(test_no_rights),      TEST(test_other_namespace),
		TEST(test_info),           TEST(test_mtu_changed),    TEST(test_down_and_up),
		TEST(test_renamed),        TEST(test_deleted),        TEST(test_no_buffers),
		TEST(test_promiscuous),    TEST(test_start_and_stop), TEST(test_faults),
		TEST(test_pool_too_small),
	};

	need_netns();
	return run_with_both_rings(tests);
}
