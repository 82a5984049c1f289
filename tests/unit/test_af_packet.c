/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * af_packet ports on one end of a veth pair, and a packet socket of the test's on the other; in a
 * network namespace of the test's own.
 */
#define _GNU_SOURCE /* unshare */
#include <pollux/pollux.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper.h"
#include "netns.h"

#define BURST 256

static struct plx_ctx *ctx;
static struct plx_pool *pool;
static struct plx_port *port;
static struct plx_pkt pkts[BURST];
static const char *ring = "v2"; /* what the tests run with */
static int peer = -1;           /* a packet socket on the other end, with virtio net headers */

/* --- the n-th call from now fails --- */

static unsigned countdown;
static int fault;

static bool fails(void)
{
	if (!countdown || --countdown)
		return false;
	errno = fault;
	return true;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
	return fails() ? -1 : __real_socket(domain, type, protocol);
}

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return fails() ? -1 : __real_setsockopt(fd, level, name, value, len);
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return fails() ? -1 : __real_bind(fd, address, len);
}

void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return fails() ? MAP_FAILED : __real_mmap64(at, len, prot, flags, fd, offset);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

static int refuse_send; /* errno that sendmmsg() answers; 0: none */

int __real_sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	if (refuse_send) {
		errno = refuse_send;
		return -1;
	}
	return __real_sendmmsg(fd, msgs, n, flags);
}

/* --- the port --- */

static struct plx_pool *make_pool(unsigned count, unsigned data_room)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *made;

	opts.count = count;
	opts.data_room = data_room;
	opts.flags = PLX_POOL_SMALL_PAGES;
	assert_int_equal(plx_pool_create(ctx, &opts, &made), 0);
	return made;
}

static void open_port(const char *more)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "af_packet:iface=v0,ring=%s%s", ring, more);
	if (plx_port_open(ctx, spec, &port))
		fail_msg("%s", plx_last_error()->text);
}

static void configure(const struct plx_port_conf *conf)
{
	struct plx_port_conf c = *conf;

	if (!c.rx_pool)
		c.rx_pool = pool;
	if (plx_port_configure(port, &c))
		fail_msg("%s", plx_last_error()->text);
}

static void run_port(const struct plx_port_conf *conf)
{
	open_port("");
	configure(conf);
	if (plx_port_start(port))
		fail_msg("%s", plx_last_error()->text);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Receive until @frames are there, into pkts. Return: entries. */
static unsigned receive_from(struct plx_port *from, unsigned queue, unsigned frames, unsigned n)
{
	struct plx_rxq *q = plx_port_rxq(from, queue);
	double end = now() + 2;
	unsigned used = 0, have = 0, got;

	while (have < frames && now() < end) {
		got = plx_rx_burst(q, pkts + used, n < BURST - used ? n : BURST - used);
		for (unsigned i = 0; i < got; i++)
			have += !(pkts[used + i].flags & PLX_PKT_MORE);
		used += got;
	}
	assert_int_equal(have, frames);
	return used;
}

static unsigned receive(unsigned frames)
{
	return receive_from(port, 0, frames, BURST);
}

/* That nothing comes: longer than a V3 block waits. */
static void receive_nothing(void)
{
	double end = now() + 0.02;

	while (now() < end)
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, BURST), 0);
}

static uint64_t rx_drops(enum plx_drop why)
{
	struct plx_port_stats stats;

	plx_port_stats(port, &stats);
	return stats.rx.drops[why];
}

static uint64_t tx_drops(enum plx_drop why)
{
	struct plx_port_stats stats;

	plx_port_stats(port, &stats);
	return stats.tx.drops[why];
}

static uint64_t xstat(const char *name)
{
	struct plx_xstat list[128];
	unsigned n;

	assert_int_equal(plx_port_xstats(port, list, 128, &n), 0);
	for (unsigned i = 0; i < n && i < 128; i++)
		if (!strcmp(list[i].name, name))
			return list[i].value;
	fail_msg("no statistic %s", name);
	return 0;
}

static void expect(int err, int wanted, enum plx_reason reason, const char *text)
{
	const struct plx_error *e = plx_last_error();

	if (err != wanted)
		fail_msg("%d, not %d: %s", err, wanted, e->text);
	assert_int_equal(e->reason, reason);
	if (!strstr(e->text, text))
		fail_msg("\"%s\" does not say \"%s\"", e->text, text);
}

/* --- the other end --- */

static int raw_socket(const char *iface)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	at.sll_ifindex = (int)if_nametoindex(iface);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void peer_send_as(const struct virtio_net_hdr *header, const uint8_t *bytes, size_t len)
{
	static const struct virtio_net_hdr plain;
	struct iovec parts[2] = {
		{ (void *)(uintptr_t)(header ? header : &plain), sizeof(plain) },
		{ (void *)(uintptr_t)bytes, len },
	};

	assert_int_equal(writev(peer, parts, 2), sizeof(plain) + len);
}

static void peer_send(const uint8_t *bytes, size_t len)
{
	peer_send_as(NULL, bytes, len);
}

/* Return: bytes of the next frame that comes to the other end, 0: none. */
static size_t peer_receive(struct virtio_net_hdr *header, uint8_t *bytes, size_t room)
{
	struct iovec parts[2] = { { header, sizeof(*header) }, { bytes, room } };
	double end = now() + 1;
	ssize_t len;
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };

	do
		len = recvmsg(peer, &msg, MSG_DONTWAIT);
	while (len < 0 && now() < end);
	return len < 0 ? 0 : (size_t)len - sizeof(*header);
}

/* --- frames --- */

static void fill(uint8_t *bytes, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + seed + (i >> 8));
}

static uint8_t bytes[70000];

/* To all, of a type that the kernel does nothing with. */
static uint8_t *make_frame(size_t len, unsigned seed)
{
	fill(bytes, len, seed);
	memset(bytes, 0xff, 6);
	memcpy(bytes + 6, "\x02\0\0\0\0\x05\x88\xb5", 8);
	return bytes;
}

/* IPv4 with @proto, header at 14, made for @len bytes in all; checksum of the pseudo header. */
static uint8_t *make_ip(size_t len, uint8_t proto, unsigned flow)
{
	uint8_t *ip = make_frame(len, flow) + 14, *l4 = ip + 20;
	uint16_t sum;
	uint64_t pseudo;

	memcpy(bytes + 12, "\x08\0", 2);
	memcpy(ip, "\x45\0\0\0\0\x07\x40\0\x40\0\0\0\x0a\0\0\x01\x0a\0\0\x02", 20);
	ip[9] = proto;
	ip[2] = (uint8_t)((len - 14) >> 8);
	ip[3] = (uint8_t)(len - 14);
	sum = (uint16_t)~plx_csum_fold(plx_csum_add(0, ip, 20));
	memcpy(ip + 10, &sum, 2);
	memcpy(l4, "\x10\0\x20\0", 4);
	l4[1] = (uint8_t)flow;
	pseudo = plx_csum_add(0, ip + 12, 8) + htons(proto) + htons((uint16_t)(len - 34));
	sum = plx_csum_fold(pseudo);
	if (proto == 6) {
		memcpy(l4 + 4, "\0\0\x10\0\0\0\0\0\x50\x18\x10\0", 12);
		memcpy(l4 + 16, &sum, 2);
		memset(l4 + 18, 0, 2);
	} else {
		l4[4] = (uint8_t)((len - 34) >> 8);
		l4[5] = (uint8_t)(len - 34);
		memcpy(l4 + 6, &sum, 2);
	}
	return bytes;
}

/* Entries from @at on are a frame of these bytes. Return: how many. */
static unsigned expect_frame(unsigned at, const uint8_t *expected, size_t len)
{
	unsigned i = at;
	size_t done = 0;

	for (bool more = true; more; i++) {
		more = pkts[i].flags & PLX_PKT_MORE;
		assert_true(done + pkts[i].len <= len);
		assert_memory_equal(pkts[i].data, expected + done, pkts[i].len);
		done += pkts[i].len;
	}
	assert_int_equal(done, len);
	return i - at;
}

static void expect_good(const struct plx_pkt *frame, unsigned n)
{
	struct plx_csum csum;

	plx_csum_check(frame, n, &csum);
	assert_int_equal(csum.l3, PLX_CSUM_GOOD);
	assert_int_equal(csum.l4, PLX_CSUM_GOOD);
}

/* --- each test --- */

static int setup(void **state)
{
	(void)state;
	assert_int_equal(sh("ip link add v0 address 02:00:00:00:00:07 type veth peer name v1 && "
			    "ip link set v0 up && ip link set v1 up"),
			 0);
	assert_int_equal(plx_ctx_create(NULL, &ctx), 0);
	pool = make_pool(512, 2048);
	port = NULL;
	peer = raw_socket("v1");
	return 0;
}

/* That the pool can be destroyed says that every buffer came back. */
static int teardown(void **state)
{
	(void)state;
	countdown = 0;
	refuse_send = 0;
	plx_port_close(port);
	assert_int_equal(plx_pool_destroy(pool), 0);
	assert_int_equal(plx_ctx_destroy(ctx), 0);
	close(peer);
	sh("ip link del v1");
	return 0;
}

static const struct plx_port_conf one_queue = { .n_rxq = 1, .n_txq = 1 };

static void test_open_errors(void **state)
{
	unsigned fds = count_fds();
	struct plx_port *none;

	(void)state;
	expect(plx_port_open(ctx, "af_packet", &none), -EINVAL, PLX_R_BAD_KEY, "iface");
	expect(plx_port_open(ctx, "af_packet:iface=nix", &none), -ENODEV, PLX_R_NO_DEVICE,
	       "there is no interface");
	expect(plx_port_open(ctx, "af_packet:iface=v0,block_size=130", &none), -EINVAL,
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
	plx_port_info(port, &facts);
	assert_memory_equal(facts.mac, "\x02\0\0\0\0\x07", 6);
	assert_int_equal(facts.mtu, 1500);
	assert_int_equal(facts.node, -1);
	assert_true(facts.link.up && facts.promiscuous);
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

static unsigned make_pkts(struct plx_pool *from, const uint8_t *data, size_t len, unsigned part)
{
	unsigned n = 0;

	for (size_t done = 0; done < len; n++, done += part) {
		assert_int_equal(plx_pool_get(from, NULL, &pkts[n], 1), 1);
		pkts[n].len = (uint16_t)(len - done < part ? len - done : part);
		memcpy(pkts[n].data, data + done, pkts[n].len);
		pkts[n].flags = done + part < len ? PLX_PKT_MORE : 0;
	}
	return n;
}

static unsigned send_pkts(unsigned n)
{
	unsigned sent = plx_tx_burst(plx_port_txq(port, 0), pkts, n);

	plx_pkt_free(pkts + sent, n - sent);
	return sent;
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
	expect(plx_txq_status(plx_port_txq(port, 0)), -ENODEV, PLX_R_NO_DEVICE, "v0 is gone");
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

static const struct virtio_net_hdr udp_csum = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
						.csum_start = 34,
						.csum_offset = 6 };
static const struct virtio_net_hdr tso = {
	.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	.gso_size = 1448,
	.hdr_len = 54,
	.csum_start = 34,
	.csum_offset = 16,
};

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

	(void)state;
	run_port(&conf);
	for (unsigned i = 0; i < 64; i++)
		peer_send_as(&udp_csum, make_ip(100, 17, i), 100);
	usleep(20000);
	for (unsigned i = 0; i < 2; i++) {
		unsigned n;

		while ((n = plx_rx_burst(plx_port_rxq(port, i), pkts, BURST)))
			plx_pkt_free(pkts, n);
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
	unsigned n, sum = 0;

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
	usleep(20000);
	for (unsigned i = 0; i < 2; i++) {
		n = plx_rx_burst(plx_port_rxq(i ? other : port, 0), pkts, BURST);
		assert_int_equal(n, 10);
		plx_pkt_free(pkts, n);
		sum += n;
	}
	assert_int_equal(sum, 20);
	assert_int_equal(plx_port_close(other), 0);
	/* A group has one mode. */
	assert_int_equal(plx_port_open(ctx, "af_packet:iface=v0,fanout=cpu,fanout_id=77", &other),
			 0);
	assert_int_equal(plx_port_configure(other, &conf), 0);
	expect(plx_port_start(other), -EINVAL, PLX_R_MISMATCH, "fanout group");
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
	plx_port_info(port, &facts);
	assert_true(facts.link.up);
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
	expect(plx_rxq_status(plx_port_rxq(port, 0)), -ENODEV, PLX_R_NO_DEVICE,
	       "interface v0 is gone");
	assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, 32), 0);
	assert_int_equal(send_pkts(make_pkts(pool, make_frame(60, 1), 60, 64)), 0);
	expect(plx_txq_status(plx_port_txq(port, 0)), -ENODEV, PLX_R_NO_DEVICE, "v0 is gone");
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
	expect(plx_port_configure(port, &conf), -EINVAL, PLX_R_TOO_LARGE, "needs 33 buffers");
	assert_int_equal(plx_pool_wrap(ctx, "w", (plx_release_fn)0, NULL, &wrapped), -EINVAL);
	conf.offloads = 0;
	conf.rxd = 100;
	assert_int_equal(plx_port_configure(port, &conf), ring[1] == '3' ? 0 : -EINVAL);
	assert_int_equal(plx_port_close(port), 0);
	port = NULL;
	assert_int_equal(plx_pool_destroy(small), 0);
}

static int use_v3(void **state)
{
	(void)state;
	ring = "v3";
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_errors),
		TEST(test_no_rights),
		TEST(test_other_namespace),
		TEST(test_info),
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
		TEST(test_mtu_changed),
		TEST(test_down_and_up),
		TEST(test_renamed),
		TEST(test_deleted),
		TEST(test_no_buffers),
		TEST(test_promiscuous),
		TEST(test_start_and_stop),
		TEST(test_faults),
		TEST(test_pool_too_small),
	};
	const char *why = enter_netns();
	int failed;

	if (why) {
		printf("SKIP: %s\n", why);
		return 77;
	}
	failed = cmocka_run_group_tests_name("TPACKET_V2", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("TPACKET_V3", tests, use_v3, NULL);
}
