/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the tests of af_packet: a port on one end of a veth pair, and a packet socket of the test's
 * on the other; in a network namespace of the test's own.
 */
#ifndef TESTS_UNIT_AF_PACKET_LAB_H
#define TESTS_UNIT_AF_PACKET_LAB_H

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

static inline bool fails(void)
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

static inline struct plx_pool *make_pool(unsigned count, unsigned data_room)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *made;

	opts.count = count;
	opts.data_room = data_room;
	opts.flags = PLX_POOL_SMALL_PAGES;
	assert_int_equal(plx_pool_create(ctx, &opts, &made), 0);
	return made;
}

static inline void open_port(const char *more)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "af_packet:iface=v0,ring=%s%s", ring, more);
	if (plx_port_open(ctx, spec, &port))
		fail_msg("%s", plx_last_error()->text);
}

static inline void configure(const struct plx_port_conf *conf)
{
	struct plx_port_conf c = *conf;

	if (!c.rx_pool)
		c.rx_pool = pool;
	if (plx_port_configure(port, &c))
		fail_msg("%s", plx_last_error()->text);
}

static inline void run_port(const struct plx_port_conf *conf)
{
	open_port("");
	configure(conf);
	if (plx_port_start(port))
		fail_msg("%s", plx_last_error()->text);
}

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Receive until @frames are there, into pkts. Return: entries. */
static inline unsigned receive_from(struct plx_port *from, unsigned queue, unsigned frames,
				    unsigned n)
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

static inline unsigned receive(unsigned frames)
{
	return receive_from(port, 0, frames, BURST);
}

/* That nothing comes: longer than a V3 block waits. */
static inline void receive_nothing(void)
{
	double end = now() + 0.02;

	while (now() < end)
		assert_int_equal(plx_rx_burst(plx_port_rxq(port, 0), pkts, BURST), 0);
}

static inline uint64_t rx_drops(enum plx_drop why)
{
	struct plx_port_stats stats;

	plx_port_stats(port, &stats);
	return stats.rx.drops[why];
}

static inline uint64_t tx_drops(enum plx_drop why)
{
	struct plx_port_stats stats;

	plx_port_stats(port, &stats);
	return stats.tx.drops[why];
}

static inline uint64_t xstat(const char *name)
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

/* --- the other end --- */

static inline int raw_socket(const char *iface)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	at.sll_ifindex = (int)if_nametoindex(iface);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static inline void peer_send_as(const struct virtio_net_hdr *header, const uint8_t *bytes,
				size_t len)
{
	static const struct virtio_net_hdr plain;
	struct iovec parts[2] = {
		{ (void *)(uintptr_t)(header ? header : &plain), sizeof(plain) },
		{ (void *)(uintptr_t)bytes, len },
	};

	assert_int_equal(writev(peer, parts, 2), sizeof(plain) + len);
}

static inline void peer_send(const uint8_t *bytes, size_t len)
{
	peer_send_as(NULL, bytes, len);
}

/* Return: bytes of the next frame that comes to the other end, 0: none. */
static inline size_t peer_receive(struct virtio_net_hdr *header, uint8_t *bytes, size_t room)
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

static inline void fill(uint8_t *bytes, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + seed + (i >> 8));
}

static uint8_t bytes[70000];

/* To all, of a type that the kernel does nothing with. */
static inline uint8_t *make_frame(size_t len, unsigned seed)
{
	fill(bytes, len, seed);
	memset(bytes, 0xff, 6);
	memcpy(bytes + 6, "\x02\0\0\0\0\x05\x88\xb5", 8);
	return bytes;
}

/* IPv4 with @proto, header at 14, made for @len bytes in all; checksum of the pseudo header. */
static inline uint8_t *make_ip(size_t len, uint8_t proto, unsigned flow)
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
static inline unsigned expect_frame(unsigned at, const uint8_t *expected, size_t len)
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

static inline void expect_good(const struct plx_pkt *frame, unsigned n)
{
	struct plx_csum csum;

	plx_csum_check(frame, n, &csum);
	assert_int_equal(csum.l3, PLX_CSUM_GOOD);
	assert_int_equal(csum.l4, PLX_CSUM_GOOD);
}

/* --- each test --- */

static inline int setup(void **state)
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
static inline int teardown(void **state)
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

static inline unsigned make_pkts(struct plx_pool *from, const uint8_t *data, size_t len,
				 unsigned part)
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

static inline unsigned send_pkts(unsigned n)
{
	unsigned sent = plx_tx_burst(plx_port_txq(port, 0), pkts, n);

	plx_pkt_free(pkts + sent, n - sent);
	return sent;
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

static inline int use_v3(void **state)
{
	(void)state;
	ring = "v3";
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* All of @tests with each kind of ring. Return: what main() returns. */
#define run_with_both_rings(tests)                                      \
	(cmocka_run_group_tests_name("TPACKET_V2", tests, NULL, NULL) + \
	 cmocka_run_group_tests_name("TPACKET_V3", tests, use_v3, NULL))

/* Skip all tests where there is no namespace to be had. */
static inline void need_netns(void)
{
	const char *why = enter_netns();

	if (!why)
		return;
	printf("SKIP: %s\n", why);
	exit(77);
}

#endif
