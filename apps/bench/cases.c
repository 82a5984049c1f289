/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of cases. Ratios are ours / DPDK's: "must" is a promise, "aim" is where it is to go.
 */
#include "bench/bench.h"
#include "bench/micro.h"
#include "bench/testpmd.h"

#define TESTPMD "dpdk-testpmd"

#define FORWARD(text)                                                                           \
	"plx-testpmd and dpdk-testpmd, two null ports, one core, burst 32, frames of 64 bytes " \
	"with FCS, 8,192 buffers of 2,048 bytes: " text                                         \
	" Each program's own account of the cycles of bursts that moved packets"

/* --- Interfaces of the kernel's --- */

#define AF_PACKET                                                                              \
	"af_packet on veth, against net_af_packet with rings of as many slots as ours has by " \
	"default (framecnt=2048,framesz=2048,blocksz=65536): "
#define TAP "tap, against net_tap, each on interfaces that it makes itself: "

#define RX "receive and free "
#define TX "take buffers, write Ethernet, IPv4 and UDP headers into each, send "
#define IO "pass on from one interface to another "

#define FED                                                                              \
	" They are sent into the far end by a plx-testpmd on another CPU, the same for " \
	"both sides."
#define FILLED                                                                              \
	" They are sent into the far end by a plx-testpmd, the same for both sides, until " \
	"the ring is full, while nobody reads; then it is emptied, and so five times, of "  \
	"which the last counts."

#define RX_VETH_TIME                                                                       \
	"over packets received, with a plx-testpmd on another CPU that sends all the "     \
	"time. Making frames, and the kernel's part of receiving, which on veth is done "  \
	"on the sender's CPU, is what limits it: it shows what a driver costs the kernel " \
	"and what is lost, not how many packets the program could take"
#define RX_TIME "over packets received"
#define TX_TIME "over packets that arrived at the far end by the kernel's count"

#define KERNEL_CASE(by, label, size, suffix, in, text, how, bytes, ours, rivals, times)       \
	{                                                                                     \
		.name = "kernel-" by "-" label "-" size suffix, .unit = in, .what = text,     \
		.rival = TESTPMD, .mode = how, .driver = by, .frame = bytes, .drains = times, \
		.must = 1.0, .aim = 0.67, .rounds = 7, .flags = CASE_TWO_CPUS | CASE_KERNEL,  \
		.measure = {                                                                  \
			ours,                                                                 \
			rivals                                                                \
		}                                                                             \
	}

/* Cycles, and next to them the time, of the same runs where no ring is drained. */
#define KERNEL_PAIR(by, ports, label, how, does, feeding, drained, time, size, bytes)           \
	KERNEL_CASE(by, label, size, "", "cycles/packet",                                       \
		    "plx-testpmd and dpdk-testpmd, one core, burst 32, in a network namespace " \
		    "of their own. " ports does feeding                                         \
		    " Each program's own account of the cycles of bursts that moved packets",   \
		    how, bytes, kernel_cycles_ours, kernel_cycles_rival, drained),              \
		KERNEL_CASE(by, label, size, "-time", "ns/packet",                              \
			    "kernel-" by "-" label "-" size " by the clock: time " time, how,   \
			    bytes, kernel_wall_ours, kernel_wall_rival, 0)

#define KERNEL(by, ports, label, how, does, feeding, drained, time)                               \
	KERNEL_PAIR(by, ports, label, how, does "frames of 64 bytes with FCS.", feeding, drained, \
		    time, "64", 60),                                                              \
		KERNEL_PAIR(by, ports, label, how, does "frames of 1,518 bytes with FCS.",        \
			    feeding, drained, time, "1500", 1514)

const struct bench_case bench_cases[] = {
	{ .name = "fwd-null-io",
	  .unit = "cycles/packet",
	  .what = FORWARD("receive and send, nothing else."),
	  .rival = TESTPMD,
	  .mode = "io",
	  .must = 0.14,
	  .aim = 0.08,
	  .rounds = 7,
	  .measure = { forward_ours, forward_rival } },
	{ .name = "fwd-null-rxonly",
	  .unit = "cycles/packet",
	  .what = FORWARD("receive and free."),
	  .rival = TESTPMD,
	  .mode = "rxonly",
	  .must = 0.20,
	  .aim = 0.10,
	  .rounds = 7,
	  .measure = { forward_ours, forward_rival } },
	{ .name = "fwd-null-txonly",
	  .unit = "cycles/packet",
	  .what = FORWARD("take buffers, write Ethernet, IPv4 and UDP headers into each, send."),
	  .rival = TESTPMD,
	  .mode = "txonly",
	  .must = 0.15,
	  .aim = 0.08,
	  .rounds = 7,
	  .measure = { forward_ours, forward_rival } },
	{ .name = "fwd-null-macswap",
	  .unit = "cycles/packet",
	  .what = FORWARD("receive, swap the MAC addresses in the frame, send."),
	  .rival = TESTPMD,
	  .mode = "macswap",
	  .must = 0.22,
	  .aim = 0.12,
	  .rounds = 7,
	  .measure = { forward_ours, forward_rival } },
	{ .name = "fwd-pcap-csum",
	  .unit = "cycles/packet",
	  .what = "One way, from a pcap port to a null port that gives nothing itself: a capture of "
		  "1,024 UDP frames of 64 bytes with FCS in 256 flows, read once and played from "
		  "memory over and over; each frame is copied into a buffer, its IPv4 and UDP "
		  "checksums are worked out in software, and it is sent",
	  .rival = TESTPMD,
	  .mode = "csum",
	  .must = 0.45,
	  .aim = 0.30,
	  .rounds = 7,
	  .measure = { csum_ours, csum_rival } },
	{ .name = "ring-spsc-bulk32",
	  .unit = "cycles/element",
	  .what = "One thread puts in and one on another core takes out, 32 elements of 8 bytes at "
		  "a time, ring of 4,096: time over elements. plx_spsc against rte_ring SP/SC",
	  .rival = "rte_ring",
	  .must = 0.60,
	  .aim = 0.30,
	  .rounds = 21,
	  .flags = CASE_TWO_CPUS,
	  .measure = { ring_spsc_ours, ring_spsc_rival } },
	{ .name = "ring-mpmc-bulk32",
	  .unit = "cycles/element",
	  .what = "The same two threads on the rings for many: plx_mpmc against rte_ring MP/MC",
	  .rival = "rte_ring",
	  .must = 0.80,
	  .aim = 0.50,
	  .rounds = 21,
	  .flags = CASE_TWO_CPUS,
	  .measure = { ring_mpmc_ours, ring_mpmc_rival } },
	{ .name = "pool-cycle-1024",
	  .unit = "cycles/packet",
	  .what = "Take 32 buffers, write to the first line of each, give back the oldest 32 of "
		  "1,024 that are out, as behind a NIC ring; 8,191 buffers of 2,048 bytes. plx_pool "
		  "against rte_mbuf with a cache of 256",
	  .rival = "rte_mbuf",
	  .must = 0.25,
	  .aim = 0.12,
	  .rounds = 21,
	  .measure = { pool_ours, pool_rival } },
	{ .name = "startup",
	  .unit = "ms",
	  .what = "From exec to the first packet forwarded between two null ports. DPDK at its "
		  "quickest: no huge pages, PCI scan, telemetry or mlockall; and up to the line "
		  "that it prints just before it forwards, which favours it a little",
	  .rival = TESTPMD,
	  .mode = "io",
	  .must = 0.05,
	  .aim = 0.02,
	  .rounds = 11,
	  .measure = { startup_ours, startup_rival } },
	{ .name = "rss",
	  .unit = "MB",
	  .what = "Peak resident memory (VmHWM and huge pages) of such a run, 8,192 buffers on "
		  "both sides, whether they are touched or not; DPDK again at its leanest",
	  .rival = TESTPMD,
	  .mode = "io",
	  .must = 0.35,
	  .aim = 0.15,
	  .rounds = 3,
	  .measure = { rss_ours, rss_rival } },
	{ .name = "insns-null-io",
	  .unit = "instructions/packet",
	  .what = "fwd-null-io under callgrind: two runs of different length on each side, and "
		  "only what the longer one has more counts, so that starting and stopping cancel "
		  "out",
	  .rival = TESTPMD,
	  .mode = "io",
	  .rounds = 1,
	  .flags = CASE_VALGRIND,
	  .measure = { insns_ours, insns_rival } },
	KERNEL("af_packet", AF_PACKET, "rx", "rxonly", RX, FILLED, 5, RX_VETH_TIME),
	KERNEL("af_packet", AF_PACKET, "tx", "txonly", TX, "", 0, TX_TIME),
	KERNEL("af_packet", AF_PACKET, "io", "io", IO, FED, 0, TX_TIME),
	KERNEL("tap", TAP, "rx", "rxonly", RX, FED, 0, RX_TIME),
	KERNEL("tap", TAP, "tx", "txonly", TX, "", 0, TX_TIME),
	KERNEL("tap", TAP, "io", "io", IO, FED, 0, TX_TIME),
	{ .name = NULL },
};
