/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets. A queue has one of its own; those that receive are one PACKET_FANOUT group. A
 * socket that belongs to a group cannot leave it (packet(7)), so stopping closes them.
 */
#include "af_packet.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE /* Linux 5.14 */
#define SO_NETNS_COOKIE 71
#endif
#ifndef PACKET_IGNORE_OUTGOING /* Linux 4.20 */
#define PACKET_IGNORE_OUTGOING 23
#endif
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING /* Linux 5.15, and not in older headers */
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

#define CACHE_LINES_MAX 257       /* of a V2 slot: 16 KiB, enough for any MTU but loopback's */
#define BLOCK_FRAMES    64        /* of a V2 block: with slots of whole lines it is whole pages */
#define LONG_FRAMES     (8 << 20) /* bytes of receive buffer, for some hundred GSO frames */
#define SEND_BUFFER     (1 << 20)

/*
 * Where frames begin in V2 slots: at a cache line, so that a short one is in that line and no
 * other. The kernel puts them behind the header and PACKET_RESERVE (tpacket_rcv()).
 */
#define V2_HEADERS (TPACKET_ALIGN(TPACKET2_HDRLEN + 16) - ETH_HDR + sizeof(struct virtio_net_hdr))
#define V2_MAC     ((unsigned)(V2_HEADERS + PLX_CACHE_LINE - 1) / PLX_CACHE_LINE * PLX_CACHE_LINE)
#define V2_RESERVE (V2_MAC - (unsigned)V2_HEADERS)

const char *const plx_af_packet_fanouts[] = {
	[PACKET_FANOUT_HASH] = "hash", [PACKET_FANOUT_LB] = "lb",
	[PACKET_FANOUT_CPU] = "cpu",   [PACKET_FANOUT_ROLLOVER] = "rollover",
	[PACKET_FANOUT_RND] = "rnd",   [PACKET_FANOUT_QM] = "qm",
	[PACKET_FANOUT_QM + 1] = NULL,
};

static int set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value));
}

/* False only if both sockets tell, and are of different network namespaces. */
static bool same_namespace(int a, int b)
{
	uint64_t cookies[2] = { 0, 0 };
	socklen_t len = sizeof(cookies[0]);

	if (getsockopt(a, SOL_SOCKET, SO_NETNS_COOKIE, &cookies[0], &len) ||
	    getsockopt(b, SOL_SOCKET, SO_NETNS_COOKIE, &cookies[1], &len))
		return true;
	return cookies[0] == cookies[1];
}

int plx_af_packet_socket(const struct af_packet_device *device)
{
	/* Protocol 0: nothing is received before bind(2) names one. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return plx_netdev_fail(device->base.spec, errno,
				       "cannot open a packet socket on %s", device->netdev.name);
	if (same_namespace(fd, device->netdev.fd))
		return fd;
	close(fd);
	return plx_fail(-EPERM, PLX_R_STATE, device->base.spec,
			"%s is in the network namespace in which the port was opened: configure "
			"and start the port there, too",
			device->netdev.name);
}

int plx_af_packet_membership(const struct af_packet_device *device, int kind, bool on)
{
	struct packet_mreq request = {
		.mr_ifindex = device->netdev.index,
		.mr_type = (unsigned short)kind,
	};

	if (!setsockopt(device->fd, SOL_PACKET, on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP,
			&request, sizeof(request)))
		return 0;
	if (!on && errno == EADDRNOTAVAIL) /* it never was */
		return 0;
	return plx_netdev_fail(device->base.spec, errno, "cannot change which frames %s receives",
			       device->netdev.name);
}

static int fail_option(const struct af_packet_device *device, const char *option)
{
	return plx_netdev_fail(device->base.spec, errno, "%s failed on a socket for %s", option,
			       device->netdev.name);
}

/*
 * Slots have an odd number of cache lines, so that their headers spread over all cache sets, and
 * 64 of them are whole pages without a gap between blocks.
 */
static void size_slots(const struct af_packet_rxq *q, unsigned mtu, struct tpacket_req3 *request)
{
	unsigned lines =
		(V2_MAC + ETH_HDR + mtu + VLAN_LEN + PLX_CACHE_LINE - 1) / PLX_CACHE_LINE | 1;

	if (lines > CACHE_LINES_MAX)
		lines = CACHE_LINES_MAX;
	request->tp_frame_size = lines * PLX_CACHE_LINE;
	request->tp_block_size = request->tp_frame_size * BLOCK_FRAMES;
	request->tp_frame_nr = q->base.port->rxd;
	request->tp_block_nr = request->tp_frame_nr / BLOCK_FRAMES;
}

static void size_blocks(const struct af_packet_rxq *q, struct tpacket_req3 *request)
{
	const struct af_packet_args *args = q->device->base.args;

	request->tp_block_size = (unsigned)args->block_size * 1024;
	request->tp_block_nr = q->base.port->rxd;
	request->tp_frame_size = 2048; /* says nothing in V3, but must divide */
	request->tp_frame_nr = request->tp_block_size / 2048 * request->tp_block_nr;
	request->tp_retire_blk_tov = (unsigned)args->timeout;
}

static int make_ring(struct af_packet_rxq *q)
{
	const struct af_packet_args *args = q->device->base.args;
	bool v3 = args->ring == PLX_AF_PACKET_V3;
	struct tpacket_req3 request = { .tp_block_size = 0 };
	size_t size;
	void *map;

	if (v3)
		size_blocks(q, &request);
	else
		size_slots(q, q->base.port->mtu, &request);
	/* struct tpacket_req is the beginning of struct tpacket_req3. */
	if (setsockopt(q->fd, SOL_PACKET, PACKET_RX_RING, &request,
		       v3 ? sizeof(request) : sizeof(struct tpacket_req)))
		return plx_netdev_fail(q->device->base.spec, errno,
				       "no ring of %u KiB to receive into: ask for fewer rxd",
				       request.tp_block_nr * (request.tp_block_size / 1024));
	size = (size_t)request.tp_block_size * request.tp_block_nr;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, q->fd, 0);
	if (map == MAP_FAILED)
		return plx_netdev_fail(q->device->base.spec, errno,
				       "cannot map a ring of %zu KiB to receive into", size / 1024);
	q->ring = (struct af_packet_ring){
		.map = map,
		.size = size,
		.n = v3 ? request.tp_block_nr : request.tp_frame_nr,
		.item_size = v3 ? request.tp_block_size : request.tp_frame_size,
		.mac = V2_MAC,
		.v3 = v3,
	};
	return 0;
}

/* Room for frames that do not fit a slot; without rights as much as net.core.rmem_max allows. */
static void size_receive_buffer(struct af_packet_rxq *q)
{
	int bytes = LONG_FRAMES;
	socklen_t len = sizeof(bytes);

	if (setsockopt(q->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(q->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!getsockopt(q->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len))
		q->receive_buffer = (uint32_t)bytes;
}

static int set_up_rx(struct af_packet_rxq *q)
{
	const struct af_packet_args *args = q->device->base.args;
	bool v3 = args->ring == PLX_AF_PACKET_V3;

	if (set(q->fd, PACKET_VERSION, v3 ? TPACKET_V3 : TPACKET_V2))
		return fail_option(q->device, v3 ? "TPACKET_V3" : "TPACKET_V2");
	/* Tells of checksums and segmentation that the sender has left to others. */
	if (set(q->fd, PACKET_VNET_HDR, 1))
		return fail_option(q->device, "PACKET_VNET_HDR");
	if (!v3 && set(q->fd, PACKET_COPY_THRESH, 1))
		return fail_option(q->device, "PACKET_COPY_THRESH");
	if (!v3 && set(q->fd, PACKET_RESERVE, (int)V2_RESERVE))
		return fail_option(q->device, "PACKET_RESERVE");
	/* An old kernel hands them over; then `skip` has them left out. */
	set(q->fd, PACKET_IGNORE_OUTGOING, 1);
	if (!v3)
		size_receive_buffer(q);
	return make_ring(q);
}

/* Under the lock, for whoever reads statistics. */
static void set_fd(struct af_packet_rxq *q, int fd)
{
	pthread_mutex_lock(&q->device->lock);
	q->fd = fd;
	pthread_mutex_unlock(&q->device->lock);
}

int plx_af_packet_open_rx(struct af_packet_rxq *q)
{
	struct plx_error saved;

	q->scratch = malloc(SCRATCH_SIZE);
	if (!q->scratch)
		return plx_fail_nomem(q->device->base.spec, "a receive queue");
	set_fd(q, plx_af_packet_socket(q->device));
	if (q->fd >= 0 && !set_up_rx(q))
		return 0;
	saved = *plx_last_error();
	plx_af_packet_close_rx(q);
	return plx_fail_again(&saved);
}

static void read_kernel_stats(struct af_packet_rxq *q)
{
	struct tpacket_stats_v3 stats = { .tp_packets = 0 };
	socklen_t len = sizeof(stats);

	/* Reading sets them to zero. */
	if (q->fd < 0 || getsockopt(q->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		return;
	if (len < sizeof(stats))
		stats.tp_freeze_q_cnt = 0;
	atomic_fetch_add(&q->kernel_packets, stats.tp_packets);
	atomic_fetch_add(&q->kernel_drops, stats.tp_drops);
	atomic_fetch_add(&q->freezes, stats.tp_freeze_q_cnt);
	atomic_fetch_add(&q->base.counts.drops[PLX_DROP_MISSED], stats.tp_drops);
}

void plx_af_packet_close_rx(struct af_packet_rxq *q)
{
	int fd = q->fd;

	if (q->ring.map)
		munmap(q->ring.map, q->ring.size);
	pthread_mutex_lock(&q->device->lock);
	read_kernel_stats(q);
	q->fd = -1;
	pthread_mutex_unlock(&q->device->lock);
	if (fd >= 0)
		close(fd);
	free(q->scratch);
	q->ring.map = NULL;
	q->scratch = NULL;
	q->unfinished.frames = 0;
	q->in_ring = false;
}

void plx_af_packet_read_stats(struct plx_port *port)
{
	struct af_packet_device *device = (struct af_packet_device *)port->device;

	pthread_mutex_lock(&device->lock);
	for (unsigned i = 0; i < port->n_rxq; i++)
		read_kernel_stats((struct af_packet_rxq *)port->rxqs[i]);
	pthread_mutex_unlock(&device->lock);
}

static int bind_to(const struct af_packet_device *device, int fd, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = device->netdev.index,
	};

	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	return plx_netdev_fail(device->base.spec, errno, "cannot bind a packet socket to %s",
			       device->netdev.name);
}

int plx_af_packet_open_tx(struct af_packet_txq *q)
{
	const struct af_packet_args *args = q->device->base.args;
	int bytes = SEND_BUFFER;

	q->fd = plx_af_packet_socket(q->device);
	if (q->fd < 0)
		return q->fd;
	if (q->work && set(q->fd, PACKET_VNET_HDR, 1))
		return fail_option(q->device, "PACKET_VNET_HDR");
	if (args->qdisc_bypass && set(q->fd, PACKET_QDISC_BYPASS, 1))
		return fail_option(q->device, "PACKET_QDISC_BYPASS");
	setsockopt(q->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	/* By protocol 0 it can send and receives nothing. */
	return bind_to(q->device, q->fd, 0);
}

/*
 * Join the port's group. The first one has the kernel find a number that is free, unless the
 * user gave one, which other ports and other programs may have as well.
 */
static int join_fanout(struct af_packet_rxq *q)
{
	const struct af_packet_args *args = q->device->base.args;
	struct af_packet_device *device = q->device;
	unsigned how = args->fanout << 16 | PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16;
	socklen_t len = sizeof(int);
	int group, err;

	if (device->group < 0 && args->fanout_id)
		device->group = (int)args->fanout_id;
	if (device->group < 0)
		how |= (unsigned)PACKET_FANOUT_FLAG_UNIQUEID << 16;
	else
		how |= (unsigned)device->group;
	err = set(q->fd, PACKET_FANOUT, (int)how);
	if (err && errno == EINVAL) {
		how &= ~((unsigned)PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16);
		err = set(q->fd, PACKET_FANOUT, (int)how);
	}
	if (err && errno == EINVAL)
		return plx_fail_sys(-EINVAL, EINVAL, PLX_R_MISMATCH, device->base.spec,
				    "%s cannot join a fanout group: it must be up for that (ip "
				    "link set %s up), and a group has one mode",
				    device->netdev.name, device->netdev.name);
	if (!err && device->group < 0) {
		err = getsockopt(q->fd, SOL_PACKET, PACKET_FANOUT, &group, &len);
		device->group = err ? -1 : group & 0xffff;
	}
	return err ? fail_option(device, "PACKET_FANOUT") : 0;
}

static int bind_rx(struct af_packet_rxq *q, bool fanout)
{
	/* Takes no frame: until the whole group is there a frame would come to several queues. */
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog nothing = { .len = 1, .filter = &code };
	int err;

	if (fanout && setsockopt(q->fd, SOL_SOCKET, SO_ATTACH_FILTER, &nothing, sizeof(nothing)))
		return fail_option(q->device, "SO_ATTACH_FILTER");
	err = bind_to(q->device, q->fd, ETH_P_ALL);
	return !err && fanout ? join_fanout(q) : err;
}

int plx_af_packet_bind(struct plx_port *port)
{
	struct af_packet_device *device = (struct af_packet_device *)port->device;
	const struct af_packet_args *args = device->base.args;
	bool fanout = port->n_rxq > 1 || args->fanout_id;
	int err = 0, unused = 0;

	device->group = -1;
	for (unsigned i = 0; !err && i < port->n_rxq; i++)
		err = bind_rx((struct af_packet_rxq *)port->rxqs[i], fanout);
	for (unsigned i = 0; !err && fanout && i < port->n_rxq; i++) {
		struct af_packet_rxq *q = (struct af_packet_rxq *)port->rxqs[i];

		if (setsockopt(q->fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)))
			err = fail_option(device, "SO_DETACH_FILTER");
	}
	return err;
}
