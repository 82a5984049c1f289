/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap ports in a network namespace of their own, with packet and UDP and TCP sockets on the
 * kernel's side of them.
 */
#define _GNU_SOURCE
#include <pollux/pollux.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "netns.h"

#define TYPE   0x88b5 /* local experimental: the kernel's own traffic is told apart */
#define IFACE  "plxt0"
#define WAIT_S 5.0

static struct plx_ctx *ctx;
static struct plx_pool *pool;
static struct plx_port *port;
static struct plx_rxq *rxq;
static struct plx_txq *txq;
static bool io_uring_refused, real_root;
static int control = -1; /* a socket for ioctls on interfaces */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- the interface, seen from the kernel's side --- */

static int ask(unsigned long code, const char *name, struct ifreq *req)
{
	snprintf(req->ifr_name, IFNAMSIZ, "%s", name);
	return ioctl(control, code, req);
}

static bool exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

static void set_up(const char *name, bool up)
{
	struct ifreq req;

	assert_int_equal(ask(SIOCGIFFLAGS, name, &req), 0);
	req.ifr_flags = (short)(up ? req.ifr_flags | IFF_UP : req.ifr_flags & ~IFF_UP);
	assert_int_equal(ask(SIOCSIFFLAGS, name, &req), 0);
}

static void set_mtu(const char *name, int mtu)
{
	struct ifreq req = { .ifr_mtu = mtu };

	assert_int_equal(ask(SIOCSIFMTU, name, &req), 0);
}

/* A packet socket that sees and sends frames of TYPE, or of all types. */
static int packet_socket(const char *name, uint16_t type)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(type),
				    .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(type)), off = 1;

	assert_true(fd >= 0 && addr.sll_ifindex);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &off, sizeof(off));
	return fd;
}

static ssize_t wait_recv(int fd, void *buf, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 3000) == 1 ? recv(fd, buf, size, MSG_TRUNC) : -1;
}

static void make_frame(uint8_t *frame, size_t len, unsigned seed)
{
	static const uint8_t head[14] = { 0x02, 1, 2, 3, 4, 5,         0x02,
					  9,    8, 7, 6, 5, TYPE >> 8, TYPE & 255 };

	memcpy(frame, head, sizeof(head));
	for (size_t i = sizeof(head); i < len; i++)
		frame[i] = (uint8_t)(seed + i * 7);
}

/* --- the port --- */

static void open_port(const char *spec, const struct plx_port_conf *conf)
{
	struct plx_port_conf c = conf ? *conf : (struct plx_port_conf){ .n_rxq = 1, .n_txq = 1 };

	if (plx_port_open(ctx, spec, &port))
		fail_msg("%s: %s", spec, plx_last_error()->text);
	if (!c.rx_pool)
		c.rx_pool = pool;
	if (plx_port_configure(port, &c) || plx_port_start(port))
		fail_msg("%s: %s", spec, plx_last_error()->text);
	rxq = plx_port_rxq(port, 0);
	txq = plx_port_txq(port, 0);
}

static void close_port(void)
{
	struct plx_pool_account account;

	assert_int_equal(plx_port_close(port), 0);
	port = NULL;
	plx_pool_account(pool, &account);
	assert_int_equal(account.free, account.total);
}

/* An attempt that must fail; the sentence must have @part. */
static void refuse(const char *spec, int err, unsigned reason, const char *part)
{
	struct plx_port *p;

	assert_int_equal(plx_port_open(ctx, spec, &p), err);
	assert_null(p);
	assert_int_equal(plx_last_error()->reason, reason);
	if (!strstr(plx_last_error()->text, part))
		fail_msg("%s: \"%s\" lacks \"%s\"", spec, plx_last_error()->text, part);
}

/* Frames of TYPE until @want have come: @seen gets each in one piece. Return: how many. */
typedef void (*seen_fn)(const struct plx_pkt *pkts, unsigned n, const uint8_t *bytes, uint32_t len);

static bool of_type(const uint8_t *bytes, uint32_t len, uint16_t type)
{
	return len >= 14 && (bytes[12] << 8 | bytes[13]) == type;
}

static unsigned receive(struct plx_rxq *q, unsigned want, uint16_t type, seen_fn seen)
{
	static uint8_t bytes[1 << 17];
	struct plx_pkt pkts[64];
	double end = now() + WAIT_S;
	unsigned got = 0;

	while (got < want && now() < end) {
		unsigned n = plx_rx_burst(q, pkts, 64), first = 0;
		uint32_t len = 0;

		for (unsigned i = 0; i < n; i++) {
			memcpy(bytes + len, pkts[i].data, pkts[i].len);
			len += pkts[i].len;
			if (pkts[i].flags & PLX_PKT_MORE)
				continue;
			if (of_type(bytes, len, type)) {
				got++;
				if (seen)
					seen(pkts + first, i + 1 - first, bytes, len);
			}
			first = i + 1;
			len = 0;
		}
		assert_int_equal(len, 0);
		plx_pkt_free(pkts, n);
	}
	return got;
}

static uint8_t expected[70000];
static uint32_t expected_len;
static unsigned expected_entries;

static void see_expected(const struct plx_pkt *pkts, unsigned n, const uint8_t *bytes, uint32_t len)
{
	assert_int_equal(len, expected_len);
	assert_memory_equal(bytes, expected, len);
	assert_int_equal(n, expected_entries);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pkts[i].port, 0);
}

/* From the kernel to the port. */
static void from_kernel(int fd, uint32_t len, unsigned entries)
{
	make_frame(expected, len, len);
	expected_len = len;
	expected_entries = entries;
	assert_int_equal(send(fd, expected, len, 0), len);
	assert_int_equal(receive(rxq, 1, TYPE, see_expected), 1);
}

/* A frame in @entries entries of about the same length; @len bytes. */
static void make_packets(struct plx_pkt *pkts, unsigned entries, uint32_t len, unsigned seed)
{
	static uint8_t frame[70000];
	uint32_t at = 0;

	make_frame(frame, len, seed);
	assert_int_equal(plx_pool_get(pool, NULL, pkts, entries), entries);
	for (unsigned i = 0; i < entries; i++) {
		pkts[i].len = (uint16_t)(len * (i + 1) / entries - at);
		memcpy(pkts[i].data, frame + at, pkts[i].len);
		at += pkts[i].len;
		pkts[i].flags |= i + 1 < entries ? PLX_PKT_MORE : 0;
	}
}

/* From the port to the kernel. */
static void to_kernel(int fd, uint32_t len, unsigned entries)
{
	static uint8_t got[70000];
	struct plx_pkt pkts[64];

	make_packets(pkts, entries, len, len);
	make_frame(expected, len, len);
	assert_int_equal(plx_tx_burst(txq, pkts, entries), entries);
	assert_int_equal(wait_recv(fd, got, sizeof(got)), len);
	assert_memory_equal(got, expected, len);
}

static uint64_t tx_drops(enum plx_drop why)
{
	struct plx_queue_stats stats;

	plx_txq_stats(txq, &stats);
	return stats.drops[why];
}

static uint64_t rx_drops(enum plx_drop why)
{
	struct plx_queue_stats stats;

	plx_rxq_stats(rxq, &stats);
	return stats.drops[why];
}

static uint64_t xstat(const char *name)
{
	struct plx_xstat stats[256];
	unsigned n;

	assert_int_equal(plx_port_xstats(port, stats, 256, &n), 0);
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(stats[i].name, name))
			return stats[i].value;
	fail_msg("no statistic %s", name);
	return 0;
}

/* --- tests --- */

static int begin(void **state)
{
	(void)state;
	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	assert_int_equal(plx_pool_create(ctx, NULL, &pool), 0);
	port = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (port)
		plx_port_close(port);
	plx_pool_disown(pool);
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
	sh("ip link del " IFACE);
	return 0;
}

static void test_traffic(void **state)
{
	struct plx_port_stats stats;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	fd = packet_socket(IFACE, TYPE);
	for (uint32_t len = 14; len <= 1514; len += 37) {
		from_kernel(fd, len, 1);
		to_kernel(fd, len, 1 + len % 3);
	}
	plx_port_stats(port, &stats);
	assert_in_range(stats.rx.packets, 41, 200);
	assert_int_equal(stats.tx.packets, 41);
	close(fd);
	close_port();
	assert_false(exists(IFACE));
}

static unsigned next_seed;

static void see_in_order(const struct plx_pkt *pkts, unsigned n, const uint8_t *bytes, uint32_t len)
{
	(void)pkts;
	assert_int_equal(n, 1);
	make_frame(expected, len, next_seed++);
	assert_memory_equal(bytes, expected, len);
}

/* More than a batch at once, both ways, in order. */
static void test_bursts(void **state)
{
	static uint8_t frame[2048];
	struct plx_queue_info info;
	struct plx_pkt pkts[200];
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	fd = packet_socket(IFACE, TYPE);
	for (unsigned i = 0; i < 200; i++) {
		make_frame(frame, 60 + i, i);
		assert_int_equal(send(fd, frame, 60 + i, 0), 60 + i);
	}
	next_seed = 0;
	assert_int_equal(receive(rxq, 200, TYPE, see_in_order), 200);
	for (unsigned i = 0; i < 200; i++)
		make_packets(pkts + i, 1, 60 + i, i);
	assert_int_equal(plx_tx_burst(txq, pkts, 200), 200);
	plx_txq_info(txq, &info);
	if (io_uring_refused)
		assert_null(strstr(info.how, "frames a system call"));
	if (strstr(info.how, "frames a system call"))
		assert_int_equal(xstat("txq0_system_calls"), 7);
	else
		assert_int_equal(xstat("txq0_system_calls"), 200);
	for (unsigned i = 0; i < 200; i++) {
		make_frame(expected, 60 + i, i);
		assert_int_equal(wait_recv(fd, frame, sizeof(frame)), 60 + i);
		assert_memory_equal(frame, expected, 60 + i);
	}
	close(fd);
	close_port();
}

static void test_jumbo(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .mtu = 9000 };
	struct plx_port_info info;
	struct ifreq req;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, &conf);
	assert_int_equal(ask(SIOCGIFMTU, IFACE, &req), 0);
	assert_int_equal(req.ifr_mtu, 9000);
	plx_port_info(port, &info);
	assert_int_equal(info.rx_max_entries, 5);
	fd = packet_socket(IFACE, TYPE);
	from_kernel(fd, 9014, 5);
	from_kernel(fd, 2048, 1);
	from_kernel(fd, 2049, 2);
	from_kernel(fd, 60, 1);
	to_kernel(fd, 9014, 5);
	to_kernel(fd, 9014, 33);
	close(fd);
	close_port();
}

/* Raised from outside: what no longer fits is counted; configured again, it fits. */
static void test_mtu_from_outside(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .rx_pool = pool };
	struct plx_port_info info;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	fd = packet_socket(IFACE, TYPE);
	from_kernel(fd, 1514, 1);
	set_mtu(IFACE, 9000);
	from_kernel(fd, 2048, 1);
	make_frame(expected, 5000, 1);
	assert_int_equal(send(fd, expected, 5000, 0), 5000);
	from_kernel(fd, 60, 1);
	assert_int_equal(rx_drops(PLX_DROP_TOO_LONG), 1);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(plx_port_start(port), 0);
	plx_port_info(port, &info);
	assert_int_equal(info.mtu, 9000);
	rxq = plx_port_rxq(port, 0);
	from_kernel(fd, 5000, 3);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_set_mtu(port, 1400), 0);
	plx_port_info(port, &info);
	assert_int_equal(info.mtu, 1400);
	assert_int_equal(plx_port_set_mtu(port, 65535), -EINVAL);
	close(fd);
	close_port();
}

static void test_down_and_up(void **state)
{
	struct plx_port_info info;
	struct plx_pkt pkts[3];
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE ",up=off", NULL);
	plx_port_info(port, &info);
	assert_false(info.link.up);
	make_packets(pkts, 1, 60, 0);
	make_packets(pkts + 1, 2, 1000, 0);
	assert_int_equal(plx_tx_burst(txq, pkts, 3), 3);
	assert_int_equal(tx_drops(PLX_DROP_NO_PEER), 2);
	assert_int_equal(plx_txq_status(txq), 0);
	assert_int_equal(plx_rx_burst(rxq, pkts, 3), 0);
	assert_int_equal(plx_rxq_status(rxq), 0);

	set_up(IFACE, true);
	info_when_up(port);
	fd = packet_socket(IFACE, TYPE);
	from_kernel(fd, 100, 1);
	to_kernel(fd, 100, 1);
	set_up(IFACE, false);
	plx_port_info(port, &info);
	assert_false(info.link.up);
	set_up(IFACE, true);
	close(fd);
	fd = packet_socket(IFACE, TYPE);
	from_kernel(fd, 100, 1);
	to_kernel(fd, 100, 1);
	close(fd);
	close_port();
}

static void test_deleted(void **state)
{
	struct plx_port_info info;
	struct plx_pkt pkts[40];

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	assert_int_equal(plx_rxq_status(rxq), 0);
	assert_int_equal(sh("ip link del " IFACE), 0);
	while (plx_rx_burst(rxq, pkts, 40))
		;
	assert_int_equal(plx_rx_burst(rxq, pkts, 40), 0);
	assert_int_equal(plx_rxq_status(rxq), -ENODEV);
	assert_int_equal(plx_last_error()->reason, PLX_R_NO_DEVICE);
	for (unsigned i = 0; i < 40; i++)
		make_packets(pkts + i, 1, 60, 0);
	assert_int_equal(plx_tx_burst(txq, pkts, 40), 40);
	assert_int_equal(tx_drops(PLX_DROP_NO_PEER), 40);
	assert_int_equal(plx_txq_status(txq), -ENODEV);
	plx_port_info(port, &info);
	assert_false(info.link.up);
	assert_int_equal(plx_port_set_promiscuous(port, false), -ENODEV);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_set_mtu(port, 1400), -ENODEV);
	assert_int_equal(plx_port_configure(port, &(struct plx_port_conf){ .rx_pool = pool }),
			 -ENODEV);
	close_port();
}

static void test_multi_queue(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 4, .n_txq = 6 };
	static uint8_t got[2048];
	struct plx_queue_info info;
	unsigned total = 0, fds;
	int fd;

	(void)state;
	fds = count_fds();
	open_port("tap:iface=" IFACE, &conf);
	fd = packet_socket(IFACE, TYPE);
	for (unsigned i = 0; i < 6; i++) {
		txq = plx_port_txq(port, i);
		to_kernel(fd, 200 + i, 1);
		plx_txq_info(txq, &info);
		assert_true(strlen(info.how) > 10);
	}
	/* Which queue a flow comes to is the kernel's choice: none may get lost. */
	for (unsigned i = 0; i < 64; i++) {
		make_frame(got, 100, i);
		got[5] = (uint8_t)i;
		assert_int_equal(send(fd, got, 100, 0), 100);
	}
	for (unsigned i = 0; i < 4; i++) {
		struct plx_queue_stats stats;
		struct plx_pkt pkts[64];
		unsigned n;

		while ((n = plx_rx_burst(plx_port_rxq(port, i), pkts, 64)) != 0) {
			for (unsigned k = 0; k < n; k++)
				total += of_type(pkts[k].data, pkts[k].len, TYPE);
			plx_pkt_free(pkts, n);
		}
		plx_rxq_stats(plx_port_rxq(port, i), &stats);
		plx_rxq_info(plx_port_rxq(port, i), &info);
		assert_non_null(strstr(info.how, "finished"));
	}
	assert_int_equal(total, 64);
	/* Fewer queues: the others must not be fed any more. */
	conf.n_rxq = conf.n_txq = 1;
	conf.rx_pool = pool;
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_configure(port, &conf), 0);
	assert_int_equal(plx_port_start(port), 0);
	rxq = plx_port_rxq(port, 0);
	for (unsigned i = 0; i < 16; i++)
		from_kernel(fd, 100 + i, 1);
	conf.n_rxq = 257;
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_configure(port, &conf), -EINVAL);
	close(fd);
	close_port();
	assert_int_equal(count_fds(), fds);
}

static void test_life(void **state)
{
	unsigned fds = count_fds();
	int fd;

	(void)state;
	for (unsigned round = 0; round < 5; round++) {
		open_port("tap:iface=" IFACE, NULL);
		fd = packet_socket(IFACE, TYPE);
		for (unsigned i = 0; i < 4; i++) {
			from_kernel(fd, 100, 1);
			assert_int_equal(plx_port_stop(port), 0);
			assert_int_equal(plx_port_start(port), 0);
			to_kernel(fd, 100, 1);
		}
		close(fd);
		close_port();
		assert_false(exists(IFACE));
		assert_int_equal(count_fds(), fds);
	}
	/* Never configured; names that the kernel chooses. */
	assert_int_equal(plx_port_open(ctx, "tap", &port), 0);
	assert_true(exists("plx0"));
	close_port();
	assert_false(exists("plx0"));
	assert_int_equal(plx_port_open(ctx, "tap:iface=abc%d", &port), 0);
	assert_true(exists("abc0"));
	close_port();
	assert_int_equal(count_fds(), fds);
}

static void test_persist(void **state)
{
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE ",persist=on", NULL);
	assert_int_equal(plx_port_set_promiscuous(port, false), 0);
	close_port();
	assert_true(exists(IFACE));
	/* Filters went with the port. */
	open_port("tap:iface=" IFACE, NULL);
	fd = packet_socket(IFACE, TYPE);
	from_kernel(fd, 100, 1);
	close(fd);
	close_port();
	assert_true(exists(IFACE));
	assert_int_equal(sh("ip link del " IFACE), 0);
}

static void test_bad_specs(void **state)
{
	unsigned fds = count_fds();

	(void)state;
	refuse("tap:iface=0123456789abcdef", -EINVAL, PLX_R_BAD_VALUE, "1 to 15 characters");
	refuse("tap:iface=a/b", -EINVAL, PLX_R_BAD_VALUE, "slash");
	refuse("tap:iface=..", -EINVAL, PLX_R_BAD_VALUE, "interface name");
	refuse("tap:iface=", -EINVAL, PLX_R_BAD_VALUE, "");
	refuse("tap:iface=lo", -EINVAL, PLX_R_BAD_VALUE, "not a tap");
	refuse("tap:iface=" IFACE ",fd=0", -EINVAL, PLX_R_BAD_KEY, "one of them");
	refuse("tap:fd=x", -EINVAL, PLX_R_BAD_VALUE, "number");
	refuse("tap:fd=999", -EBADF, PLX_R_FILE, "not a tap");
	refuse("tap:fd=0", -EBADF, PLX_R_FILE, "not a tap");
	assert_int_equal(sh("ip tuntap add dev " IFACE " mode tun"), 0);
	refuse("tap:iface=" IFACE, -EINVAL, PLX_R_BAD_VALUE, "not a tap");
	assert_int_equal(count_fds(), fds);
}

static int raw_tap(const char *name, unsigned flags)
{
	struct ifreq req = { .ifr_flags = (short)flags };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	snprintf(req.ifr_name, IFNAMSIZ, "%s", name);
	assert_int_equal(ioctl(fd, TUNSETIFF, &req), 0);
	return fd;
}

/* Made by ip tuntap without multi_queue: one queue, and one program at a time. */
static void test_single_queue(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 2, .n_txq = 2, .rx_pool = pool };
	int fd;

	(void)state;
	assert_int_equal(sh("ip tuntap add dev " IFACE " mode tap"), 0);
	open_port("tap:iface=" IFACE, NULL);
	refuse("tap:iface=" IFACE, -EBUSY, PLX_R_ALREADY, "another program");
	fd = packet_socket(IFACE, TYPE);
	from_kernel(fd, 100, 1);
	to_kernel(fd, 100, 2);
	close(fd);
	assert_int_equal(plx_port_stop(port), 0);
	assert_int_equal(plx_port_configure(port, &conf), -EINVAL);
	assert_int_equal(plx_last_error()->reason, PLX_R_TOO_LARGE);
	close_port();
	assert_true(exists(IFACE));
}

static void open_fd(int fd, const struct plx_port_conf *conf)
{
	char spec[32];

	snprintf(spec, sizeof(spec), "tap:fd=%d", fd);
	open_port(spec, conf);
}

static void refuse_fd(int fd, int err, unsigned reason, const char *part)
{
	char spec[32];

	snprintf(spec, sizeof(spec), "tap:fd=%d", fd);
	refuse(spec, err, reason, part);
	close(fd);
}

static void test_fd(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .offloads = PLX_OFFLOAD_TX_CSUM };
	struct plx_queue_info info;
	int tap, fd;

	(void)state;
	for (unsigned vnet = 0; vnet < 2; vnet++) {
		tap = raw_tap(IFACE, IFF_TAP | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0));
		open_fd(tap, NULL);
		fd = packet_socket(IFACE, TYPE);
		from_kernel(fd, 100, 1);
		from_kernel(fd, 1514, 1);
		to_kernel(fd, 100, 1);
		to_kernel(fd, 1514, 3);
		plx_rxq_info(rxq, &info);
		assert_int_equal(strstr(info.how, "without vnet_hdr") == NULL, vnet);
		assert_int_equal(plx_port_stop(port), 0);
		conf.rx_pool = pool;
		assert_int_equal(plx_port_configure(port, &conf), vnet ? 0 : -ENOTSUP);
		close_port();
		assert_true(exists(IFACE));
		close(fd);
		close(tap);
		assert_false(exists(IFACE));
	}
	refuse_fd(raw_tap(IFACE, IFF_TAP), -EINVAL, PLX_R_MISMATCH, "IFF_NO_PI");
	refuse_fd(raw_tap(IFACE, IFF_TUN | IFF_NO_PI), -EINVAL, PLX_R_MISMATCH, "IFF_TAP");
	tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	refuse_fd(tap, -EBADF, PLX_R_FILE, "attached");
}

/* What opening @spec gives in a process without rights: an errno, and whether @part is said. */
static int open_as_nobody(const char *spec, const char *part)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct plx_port *p;
		int err;

		if (setgid(65534) || setuid(65534))
			_exit(255);
		err = plx_port_open(ctx, spec, &p);
		if (err && !strstr(plx_last_error()->text, part))
			_exit(254);
		_exit(-err);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_no_rights(void **state)
{
	(void)state;
	if (!real_root)
		skip(); /* there is only one user in our user namespace */
	assert_int_equal(open_as_nobody("tap:iface=" IFACE, "ip tuntap add"), EPERM);
	/* Made for that user: only setting it up is not his. */
	assert_int_equal(sh("ip tuntap add dev " IFACE " mode tap user 65534 multi_queue"), 0);
	assert_int_equal(open_as_nobody("tap:iface=" IFACE ",up=off", ""), 0);
	assert_int_equal(open_as_nobody("tap:iface=" IFACE, "cannot set up"), EPERM);
	set_up(IFACE, true);
	assert_int_equal(open_as_nobody("tap:iface=" IFACE, ""), 0);
}

/* Out of files: each open that fails leaves nothing behind. */
static void test_no_files(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 4, .n_txq = 4, .rx_pool = pool };
	struct rlimit old, less;
	unsigned fds = count_fds() - 1; /* without the one that counts */
	int err = -1;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (unsigned extra = 0; extra < 12; extra++) {
		struct plx_port *p = NULL;

		less = old;
		less.rlim_cur = fds + extra;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
		err = plx_port_open(ctx, "tap:iface=" IFACE, &p);
		if (!err)
			err = plx_port_configure(p, &conf);
		if (err)
			assert_true(strlen(plx_last_error()->text) > 10);
		plx_port_close(p);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_int_equal(count_fds() - 1, fds);
		assert_false(exists(IFACE));
		if (!extra)
			assert_int_equal(err, -EMFILE);
	}
	/* Without files for rings, plain calls do. */
	assert_int_equal(err, 0);
}

static unsigned released;

static void release(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	(void)pkts;
	released += n;
}

/* Bytes that are not the port's to write to: shared ones, and those of someone else. */
static void test_no_headroom(void **state)
{
	static uint8_t got[256], bytes[200];
	struct plx_pool *foreign;
	struct plx_pkt pkts[2];
	int fd;

	(void)state;
	assert_int_equal(plx_pool_wrap(ctx, "foreign", release, NULL, &foreign), 0);
	open_port("tap:iface=" IFACE, NULL);
	fd = packet_socket(IFACE, TYPE);
	make_packets(pkts, 1, 100, 1);
	memset(pkts[0].data - 10, 0xee, 10);
	assert_int_equal(plx_pkt_share(pkts, 1), 0);
	pkts[1] = pkts[0];
	assert_int_equal(plx_tx_burst(txq, pkts, 1), 1);
	assert_int_equal(wait_recv(fd, got, sizeof(got)), 100);
	for (int i = 1; i <= 10; i++)
		assert_int_equal(pkts[1].data[-i], 0xee);
	plx_pkt_free(pkts + 1, 1);

	make_frame(bytes + 50, 100, 2);
	pkts[0] = (struct plx_pkt){ .data = bytes + 50,
				    .len = 100,
				    .pool = plx_pool_number(foreign) };
	released = 0;
	assert_int_equal(plx_tx_burst(txq, pkts, 1), 1);
	assert_int_equal(released, 1);
	assert_int_equal(wait_recv(fd, got, sizeof(got)), 100);
	assert_memory_equal(got, bytes + 50, 100);
	assert_int_equal(bytes[49], 0);
	close(fd);
	close_port();
	assert_int_equal(plx_pool_destroy(foreign), 0);
}

static void test_bad_pools(void **state)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1 };
	struct plx_pool *small, *foreign;

	(void)state;
	opts.count = 20;
	assert_int_equal(plx_pool_create(ctx, &opts, &small), 0);
	assert_int_equal(plx_pool_wrap(ctx, "foreign", release, NULL, &foreign), 0);
	assert_int_equal(plx_port_open(ctx, "tap:iface=" IFACE, &port), 0);
	conf.rx_pool = foreign;
	assert_int_equal(plx_port_configure(port, &conf), -ENOTSUP);
	conf.rx_pool = small;
	conf.offloads = PLX_OFFLOAD_RX_UNFINISHED;
	assert_int_equal(plx_port_configure(port, &conf), -EINVAL);
	assert_non_null(strstr(plx_last_error()->text, "33 buffers"));
	conf.offloads = 0;
	assert_int_equal(plx_port_configure(port, &conf), 0);
	close_port();
	assert_int_equal(plx_pool_destroy(small), 0);
	assert_int_equal(plx_pool_destroy(foreign), 0);
}

/* Frames wait in the kernel while no buffer is free. */
static void test_pool_empty(void **state)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1 };
	struct plx_pkt pkts[64];
	struct plx_pool *few;
	unsigned got = 0, taken;
	int fd;

	(void)state;
	opts.count = 8;
	assert_int_equal(plx_pool_create(ctx, &opts, &few), 0);
	conf.rx_pool = few;
	open_port("tap:iface=" IFACE, &conf);
	fd = packet_socket(IFACE, TYPE);
	taken = plx_pool_get(few, NULL, pkts, 8);
	assert_int_equal(taken, 8);
	for (unsigned i = 0; i < 20; i++) {
		make_frame(expected, 100, i);
		assert_int_equal(send(fd, expected, 100, 0), 100);
	}
	assert_int_equal(plx_rx_burst(rxq, pkts + 8, 32), 0);
	plx_pkt_free(pkts, 8);
	next_seed = 0;
	got = receive(rxq, 20, TYPE, see_in_order);
	assert_int_equal(got, 20);
	close(fd);
	close_port();
	assert_int_equal(plx_pool_destroy(few), 0);
}

/* What finds the kernel's queue for the port full is missed, and said to be. */
static void test_missed(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1, .n_txq = 1, .rx_pool = pool };
	struct plx_port_stats stats;
	unsigned got;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, &conf);
	sh("ip link set " IFACE " txqueuelen 10");
	fd = packet_socket(IFACE, TYPE);
	for (unsigned i = 0; i < 50; i++) {
		make_frame(expected, 100, i);
		assert_int_equal(send(fd, expected, 100, 0), 100);
	}
	plx_port_stats(port, &stats);
	assert_in_range(stats.rx.drops[PLX_DROP_MISSED], 1, 49);
	next_seed = 0;
	got = receive(rxq, 50 - (unsigned)stats.rx.drops[PLX_DROP_MISSED], TYPE, see_in_order);
	assert_int_equal(got + stats.rx.drops[PLX_DROP_MISSED], 50);
	plx_port_stats_clear(port);
	plx_port_stats(port, &stats);
	assert_int_equal(stats.rx.drops[PLX_DROP_MISSED], 0);
	close(fd);
}

static void test_bad_frames(void **state)
{
	struct plx_pkt pkts[1100];

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	make_packets(pkts, 1, 60, 0);
	pkts[0].len = 0;
	make_packets(pkts + 1, 1, 60, 0);
	pkts[1].len = 13;
	make_packets(pkts + 2, 1, 60, 0);
	pkts[2].flags |= PLX_PKT_TX_UDP_CSUM; /* not configured */
	make_packets(pkts + 3, 1, 60, 0);
	assert_int_equal(plx_tx_burst(txq, pkts, 4), 4);
	assert_int_equal(tx_drops(PLX_DROP_EMPTY), 1);
	assert_int_equal(tx_drops(PLX_DROP_INVALID), 1);
	assert_int_equal(tx_drops(PLX_DROP_OFFLOAD), 1);
	/* In more parts, or longer, than the kernel takes. */
	make_packets(pkts, 1100, 1100, 0);
	assert_int_equal(plx_tx_burst(txq, pkts, 1100), 1100);
	assert_int_equal(tx_drops(PLX_DROP_TOO_LONG), 1);
	make_packets(pkts, 40, 69000, 0);
	assert_int_equal(plx_tx_burst(txq, pkts, 40), 40);
	assert_int_equal(tx_drops(PLX_DROP_TOO_LONG), 2);
	/* The caller's mistake: a frame without an end. */
	make_packets(pkts, 2, 100, 0);
	assert_int_equal(plx_tx_burst(txq, pkts, 1), 0);
	plx_pkt_free(pkts, 2);
	close_port();
}

static void see_nothing(const struct plx_pkt *pkts, unsigned n, const uint8_t *bytes, uint32_t len)
{
	(void)pkts;
	(void)n;
	(void)len;
	/* The one frame to the port itself, or that to all. */
	assert_true(bytes[5] == 1 || bytes[0] == 0xff);
}

static void test_filter(void **state)
{
	const uint8_t mac[6] = { 0x02, 0xaa, 0, 0, 0, 1 }, multi[6] = { 0x01, 0, 0x5e, 1, 2, 3 };
	const uint8_t other[6] = { 0x02, 0xaa, 0, 0, 0, 2 };
	const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t iface_mac[6];
	struct plx_port_info info;
	uint8_t frame[100];
	struct ifreq req;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	assert_int_equal(ask(SIOCGIFHWADDR, IFACE, &req), 0);
	memcpy(iface_mac, req.ifr_hwaddr.sa_data, 6);
	fd = packet_socket(IFACE, TYPE);
	assert_int_equal(plx_port_set_mac(port, mac), 0);
	plx_port_info(port, &info);
	assert_memory_equal(info.mac, mac, 6);
	assert_memory_not_equal(info.mac, iface_mac, 6);
	assert_int_equal(plx_port_set_promiscuous(port, false), 0);
	for (unsigned round = 0; round < 3; round++) {
		const uint8_t *to[] = { other, multi, mac, all };

		for (unsigned i = 0; i < 4; i++) {
			make_frame(frame, sizeof(frame), i);
			memcpy(frame, to[i], 6);
			assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
		}
		assert_int_equal(receive(rxq,
					 round == 0   ? 2
					 : round == 1 ? 3
						      : 4,
					 TYPE, round == 0 ? see_nothing : NULL),
				 round == 0   ? 2
				 : round == 1 ? 3
					      : 4);
		if (round == 0)
			assert_int_equal(plx_port_set_allmulti(port, true), 0);
		else
			assert_int_equal(plx_port_set_promiscuous(port, true), 0);
	}
	/* The interface has kept its own. */
	assert_int_equal(ask(SIOCGIFHWADDR, IFACE, &req), 0);
	assert_memory_equal(iface_mac, req.ifr_hwaddr.sa_data, 6);
	close(fd);
	close_port();
}

/* --- unfinished frames --- */

static unsigned tcp_frames, tcp_longest, tcp_bad;
static uint32_t tcp_asked;

static void see_tcp(const struct plx_pkt *pkts, unsigned n, const uint8_t *bytes, uint32_t len)
{
	struct plx_csum csum;

	if (bytes[23] != 6)
		return;
	tcp_frames++;
	tcp_asked |= pkts[0].flags & PLX_PKT_TX_WORK;
	if (len > tcp_longest)
		tcp_longest = len;
	plx_csum_check(pkts, n, &csum);
	tcp_bad += csum.l3 != PLX_CSUM_GOOD || csum.l4 != PLX_CSUM_GOOD;
}

/*
 * A TCP super-frame as a program's send() makes it. A packet socket with a virtio header does so
 * without a connection (packet(7), PACKET_VNET_HDR).
 */
static void send_super(const char *name, bool tcp, uint32_t payload)
{
	static struct {
		struct virtio_net_hdr h;
		uint8_t frame[65536];
	} __attribute__((packed)) s;
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(0x0800),
				    .sll_ifindex = (int)if_nametoindex(name) };
	uint8_t *ip = s.frame + 14, *l4 = ip + 20;
	uint32_t l4_len = (tcp ? 20 : 8) + payload, len = 34 + l4_len;
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;
	uint16_t sum;

	memset(&s, 0, sizeof(s));
	memcpy(s.frame, "\2\1\2\3\4\5\2\1\1\1\1\1\x08\0\x45\0", 16);
	ip[2] = (uint8_t)((20 + l4_len) >> 8);
	ip[3] = (uint8_t)(20 + l4_len);
	memcpy(ip + 8,
	       tcp ? "\x40\x06\0\0\x0a\0\0\1\x0a\0\0\2" : "\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2", 12);
	sum = (uint16_t)~plx_csum_fold(plx_csum_add(0, ip, 20));
	memcpy(ip + 10, &sum, 2);
	sum = plx_csum_fold(
		plx_csum_add(htons((uint16_t)l4_len) + htons(tcp ? 6 : 17), ip + 12, 8));
	memcpy(l4 + (tcp ? 16 : 6), &sum, 2);
	if (tcp) {
		l4[12] = 0x50;
	} else {
		l4[4] = (uint8_t)(l4_len >> 8);
		l4[5] = (uint8_t)l4_len;
	}
	s.h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	s.h.csum_start = 34;
	s.h.csum_offset = tcp ? 16 : 6;
	if (tcp && payload > 1448) {
		s.h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		s.h.gso_size = 1448;
		s.h.hdr_len = 54;
	}
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(send(fd, &s, sizeof(s.h) + len, 0), sizeof(s.h) + len);
	close(fd);
}

static void reset_tcp(void)
{
	tcp_frames = tcp_longest = tcp_bad = 0;
	tcp_asked = 0;
}

static void test_finished(void **state)
{
	static const char *const specs[] = { "tap:iface=" IFACE,
					     "tap:iface=" IFACE ",offload=off" };
	struct plx_pkt pkt;
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		open_port(specs[i], NULL);
		reset_tcp();
		send_super(IFACE, true, 60000);
		send_super(IFACE, true, 100);
		receive(rxq, 43, 0x0800, see_tcp);
		assert_int_equal(tcp_frames, 43);
		assert_int_equal(tcp_longest, 1448 + 54);
		assert_int_equal(tcp_bad, 0);
		assert_int_equal(tcp_asked, 0);
		assert_int_equal(xstat("rxq0_unfinished"), i ? 0 : 2);
		/* One entry at a time: the rest waits. */
		send_super(IFACE, true, 14480);
		for (n = 0; n < 10;) {
			unsigned got = plx_rx_burst(rxq, &pkt, 1);

			if (got && of_type(pkt.data, pkt.len, 0x0800))
				n++;
			plx_pkt_free(&pkt, got);
		}
		close_port();
	}
}

static void test_unfinished(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1,
				      .n_txq = 1,
				      .offloads = PLX_OFFLOAD_RX_UNFINISHED };
	struct plx_port_info info;
	struct plx_pkt pkts[32];

	(void)state;
	open_port("tap:iface=" IFACE, &conf);
	plx_port_info(port, &info);
	assert_int_equal(info.rx_max_entries, 33);
	reset_tcp();
	send_super(IFACE, true, 60000);
	/* Too small an array gives nothing, and is counted. */
	assert_int_equal(plx_rx_burst(rxq, pkts, 32), 0);
	assert_int_equal(receive(rxq, 1, 0x0800, see_tcp), 1);
	assert_int_equal(tcp_longest, 60054);
	assert_int_equal(tcp_asked, PLX_PKT_TX_TCP_CSUM | PLX_PKT_TX_TSO);
	reset_tcp();
	send_super(IFACE, true, 100);
	assert_int_equal(receive(rxq, 1, 0x0800, see_tcp), 1);
	assert_int_equal(tcp_asked, PLX_PKT_TX_TCP_CSUM);
	close_port();
}

/* From one tap as it is to another, whose kernel side gets it whole: nothing is ever cut. */
static void test_pass_on(void **state)
{
	struct plx_port_conf conf = { .n_rxq = 1,
				      .n_txq = 1,
				      .rx_pool = pool,
				      .offloads = PLX_OFFLOAD_RX_UNFINISHED | PLX_OFFLOAD_TX_CSUM |
						  PLX_OFFLOAD_TX_TSO };
	static uint8_t got[70000];
	struct plx_port *first;
	struct plx_pkt pkts[64];
	double until = now() + WAIT_S;
	struct plx_rxq *q;
	ssize_t len = 0;
	unsigned n;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, &conf);
	first = port;
	q = rxq;
	open_port("tap:iface=plxt1", &conf);
	fd = packet_socket("plxt1", 0x0800);
	send_super(IFACE, true, 60000);
	while (len != 60054 && now() < until) {
		n = plx_rx_burst(q, pkts, 64);
		assert_int_equal(plx_tx_burst(txq, pkts, n), n);
		len = recv(fd, got, sizeof(got), MSG_DONTWAIT | MSG_TRUNC);
	}
	assert_int_equal(len, 60054);
	assert_int_equal(tx_drops(PLX_DROP_INVALID) + tx_drops(PLX_DROP_OFFLOAD), 0);
	/* What contradicts itself is not for the kernel. */
	make_packets(pkts, 1, 60, 0);
	pkts[0].flags |= PLX_PKT_TX_TSO;
	assert_int_equal(plx_tx_burst(txq, pkts, 1), 1);
	assert_int_equal(tx_drops(PLX_DROP_INVALID), 1);
	close(fd);
	assert_int_equal(plx_port_close(first), 0);
	close_port();
}

/* The kernel's own UDP through the port and back: addresses swapped on the way. */
static void test_udp_echo(void **state)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(7777) }, to = me;
	struct plx_pkt pkts[64];
	double until = now() + WAIT_S;
	char got[2000], sent[1400];
	ssize_t len = -1;
	int fd;

	(void)state;
	open_port("tap:iface=" IFACE, NULL);
	assert_int_equal(sh("ip addr add 10.99.0.1/24 dev " IFACE " && ip neigh add 10.99.0.2 "
			    "lladdr 02:00:00:00:00:02 dev " IFACE " nud permanent"),
			 0);
	inet_pton(AF_INET, "10.99.0.1", &me.sin_addr);
	inet_pton(AF_INET, "10.99.0.2", &to.sin_addr);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof(me)), 0);
	memset(sent, 'p', sizeof(sent));
	assert_int_equal(sendto(fd, sent, sizeof(sent), 0, (struct sockaddr *)&to, sizeof(to)),
			 sizeof(sent));
	while (len < 0 && now() < until) {
		unsigned n = plx_rx_burst(rxq, pkts, 64);

		for (unsigned i = 0; i < n; i++) {
			uint8_t *p = pkts[i].data, t[6];

			if (!of_type(p, pkts[i].len, 0x0800) || p[23] != 17)
				continue;
			memcpy(t, p, 6);
			memcpy(p, p + 6, 6);
			memcpy(p + 6, t, 6);
			memcpy(t, p + 26, 4);
			memcpy(p + 26, p + 30, 4);
			memcpy(p + 30, t, 4);
		}
		assert_int_equal(plx_tx_burst(txq, pkts, n), n);
		len = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	}
	assert_int_equal(len, sizeof(sent));
	assert_memory_equal(got, sent, sizeof(sent));
	close(fd);
	close_port();
}

/* A namespace of our own, and taps in it. */
static const char *prepare(void)
{
	const char *why;
	int fd;

	real_root = getuid() == 0;
	why = enter_netns();
	if (why)
		return why;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return "/dev/net/tun cannot be opened";
	close(fd);
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return control < 0 ? "no socket to be had" : NULL;
}

/* As containers do: the port then makes a call a frame. */
static const char *refuse_io_uring(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return "no seccomp filters";
	io_uring_refused = true;
	return NULL;
}

int main(int argc, char **argv)
{
#define tap_test(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		tap_test(test_traffic),      tap_test(test_bursts),
		tap_test(test_jumbo),        tap_test(test_mtu_from_outside),
		tap_test(test_down_and_up),  tap_test(test_deleted),
		tap_test(test_multi_queue),  tap_test(test_life),
		tap_test(test_persist),      tap_test(test_bad_specs),
		tap_test(test_single_queue), tap_test(test_fd),
		tap_test(test_no_rights),    tap_test(test_no_files),
		tap_test(test_no_headroom),  tap_test(test_bad_pools),
		tap_test(test_pool_empty),   tap_test(test_missed),
		tap_test(test_bad_frames),   tap_test(test_filter),
		tap_test(test_finished),     tap_test(test_unfinished),
		tap_test(test_pass_on),      tap_test(test_udp_echo),
	};
	const char *why = prepare();

	if (!why && argc > 1)
		why = refuse_io_uring();
	if (why) {
		printf("SKIP: %s\n", why);
		return 77;
	}
	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
