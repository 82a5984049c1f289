/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of cases. Ratios are ours / the rival's: "must" is a promise, "aim" is where it is to go.
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

/* --- Two NICs --- */

#define NIC(how, does)                                                                              \
	{ .name = "nic-" how,                                                                       \
	  .unit = "cycles/packet",                                                                  \
	  .what = "plx-testpmd and dpdk-testpmd on the two NICs of --nic, which are connected, "    \
		  "one core, burst 32, frames of 64 bytes with FCS: " does ". Each program's "      \
		  "own account of the cycles of bursts that moved packets. What must be is "        \
		  "promised of instructions, in a guest that counts them (docs/measuring-nics.md)", \
	  .rival = TESTPMD,                                                                         \
	  .mode = how,                                                                              \
	  .must = 0.40,                                                                             \
	  .aim = 0.25,                                                                              \
	  .rounds = 3,                                                                              \
	  .flags = CASE_NICS,                                                                       \
	  .measure = { nic_cycles_ours, nic_cycles_rival } },                                       \
	{                                                                                           \
		.name = "nic-" how "-time", .unit = "ns/packet",                                    \
		.what = "nic-" how " by the clock: time over packets", .rival = TESTPMD,            \
		.mode = how, .rounds = 3, .flags = CASE_NICS, .measure = {                          \
			nic_wall_ours,                                                              \
			nic_wall_rival                                                              \
		}                                                                                   \
	}

/* --- The IOMMU, over the kernel in memory --- */

#define PAIR                                                                                    \
	"plx_iommu_unmap() of one of 100 live mappings, chosen at random, and plx_iommu_map() " \
	"of as much memory again, in a domain with a Flex allocator and a device; against "     \
	"the two ioctls alone, which need be told where. "
#define PAIR_INSNS                                                                            \
	"Instructions of user space by callgrind, which stops counting in each system call: " \
	"the kernel, which is one in memory and the same for both sides, is left out, exactly"
#define PAIR_TIME "The same by the clock, with what the kernel in memory takes"

#define PAIRS(side, by, bytes, live, batch)                  \
	{                                                    \
		"pairs", side, by, bytes, live, batch, NULL, \
	}
#define PAIRS_TIMED(side, by, bytes)                            \
	{                                                       \
		"pairs", side, by, bytes, "100", "1", "0", NULL \
	}
#define IOMMU_PAIR(by, ioctls, label, bytes, size)                                                \
	{ .name = "iommu-" by "-" label,                                                          \
	  .unit = "instructions/pair",                                                            \
	  .what = PAIR size PAIR_INSNS,                                                           \
	  .rival = ioctls,                                                                        \
	  .args = { PAIRS("ours", by, bytes, "100", "1"), PAIRS("bare", by, bytes, "100", "1") }, \
	  .must = 600,                                                                            \
	  .aim = 500,                                                                             \
	  .rounds = 1,                                                                            \
	  .flags = CASE_VALGRIND | CASE_ABSOLUTE | CASE_NO_DPDK,                                  \
	  .measure = { iommu_insns_ours, iommu_insns_rival } },                                   \
	{                                                                                         \
		.name = "iommu-" by "-" label "-time", .unit = "ns/pair",                         \
		.what = "iommu-" by "-" label ". " PAIR_TIME, .rival = ioctls,                    \
		.args = { PAIRS_TIMED("ours", by, bytes), PAIRS_TIMED("bare", by, bytes) },       \
		.rounds = 7, .flags = CASE_NO_DPDK, .measure = {                                  \
			iommu_number_ours,                                                        \
			iommu_number_rival                                                        \
		}                                                                                 \
	}

#define IOMMU_PAIRS(by, ioctls)                                                              \
	IOMMU_PAIR(by, ioctls, "4k", "4096", "4 KiB. "),                                     \
		IOMMU_PAIR(by, ioctls, "2m", "2097152", "2 MiB. "),                          \
		IOMMU_PAIR(by, ioctls, "1g", "1073741824",                                   \
			   "1 GiB, which was never written: a page of zeroes. "),            \
		{ .name = "iommu-" by "-growth",                                             \
		  .unit = "instructions/pair",                                               \
		  .what = "iommu-" by "-4k at 60,000 live mappings, against itself at 100",  \
		  .rival = "100 live",                                                       \
		  .args = { PAIRS("ours", by, "4096", "60000", "1"),                         \
			    PAIRS("ours", by, "4096", "100", "1") },                         \
		  .must = 1.5,                                                               \
		  .aim = 1.2,                                                                \
		  .rounds = 1,                                                               \
		  .flags = CASE_VALGRIND | CASE_NO_DPDK,                                     \
		  .measure = { iommu_insns_ours, iommu_insns_rival } },                      \
	{                                                                                    \
		.name = "iommu-" by "-burst32", .unit = "instructions/pair",                 \
		.what = "iommu-" by "-4k, but 32 are unmapped and then 32 mapped: what was " \
			"unmapped last keeps its place for what is mapped next only once, "  \
			"and the tree of taken IOVAs does its work 31 times",                \
		.rival = ioctls,                                                             \
		.args = { PAIRS("ours", by, "4096", "100", "32"),                            \
			  PAIRS("bare", by, "4096", "100", "32") },                          \
		.rounds = 1, .flags = CASE_VALGRIND | CASE_NO_DPDK, .measure = {             \
			iommu_insns_ours,                                                    \
			iommu_insns_rival                                                    \
		}                                                                            \
	}

#define IOMMU_WINDOW(by, ioctls)                                                               \
	{                                                                                      \
		.name = "iommu-" by "-window", .unit = "instructions/pair",                    \
		.what = "iommu-" by "-4k, but each mapping asks for a window of IOVAs: then "  \
			"its place is looked for, and each call changes the tree, as it does " \
			"where sizes alternate",                                               \
		.rival = ioctls,                                                               \
		.args = { PAIRS("window", by, "4096", "100", "1"),                             \
			  PAIRS("bare", by, "4096", "100", "1") },                             \
		.rounds = 1, .flags = CASE_VALGRIND | CASE_NO_DPDK, .measure = {               \
			iommu_insns_ours,                                                      \
			iommu_insns_rival                                                      \
		}                                                                              \
	}

#define IOMMU_ALLOC(type, how)                                                                 \
	{                                                                                      \
		.name = "iommu-alloc-" type, .unit = "ns/operation",                           \
		.what = "The allocator of IOVAs alone, " how                                   \
			", at 60,000 live ranges: one is released and another one found "      \
			"and taken, a million operations, against itself at 1,000",            \
		.rival = "1,000 live",                                                         \
		.args = { { "alloc", type, "60000", NULL }, { "alloc", type, "1000", NULL } }, \
		.rounds = 5, .flags = CASE_NO_DPDK, .measure = {                               \
			iommu_number_ours,                                                     \
			iommu_number_rival                                                     \
		}                                                                              \
	}

#define OPEN                                                                                 \
	"plx_dev_open() of sim:dummy into a domain that is there, bus mastering on, and "    \
	"plx_dev_start(), once in a fresh process: what a device costs before its first "    \
	"packet. Most of it is the making of the simulated function, whose registers are a " \
	"file in memory. "

#define IOMMU_OPEN(by, text, who, kernel)                                                \
	{                                                                                \
		.name = "iommu-open-" by, .unit = "us", .what = OPEN text, .rival = who, \
		.args = { { "open", by, "all", NULL }, { "open", by, "kernel", NULL } }, \
		.rounds = 11, .flags = CASE_NO_DPDK, .measure = {                        \
			iommu_number_ours,                                               \
			kernel                                                           \
		}                                                                        \
	}

#define OPEN_KERNEL                                                                             \
	"The real VFIO code over the kernel in memory, whose share, the time in system calls, " \
	"stands beside it"

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
	IOMMU_PAIRS("type1", "VFIO_IOMMU_(UN)MAP_DMA"),
	IOMMU_WINDOW("type1", "VFIO_IOMMU_(UN)MAP_DMA"),
	IOMMU_PAIRS("iommufd", "IOMMU_IOAS_(UN)MAP"),
	IOMMU_WINDOW("iommufd", "IOMMU_IOAS_(UN)MAP"),
	IOMMU_ALLOC("none", "type None, ranges of 16 pages and told where"),
	IOMMU_ALLOC("buddy", "type Buddy, ranges of 1 to 16 pages"),
	IOMMU_ALLOC("flex", "type Flex, ranges of 1 to 16 pages"),
	IOMMU_OPEN("sim", "Over the simulated transport there are no system calls", NULL, NULL),
	IOMMU_OPEN("type1", OPEN_KERNEL, "system calls", iommu_number_rival),
	IOMMU_OPEN("iommufd", OPEN_KERNEL, "system calls", iommu_number_rival),
	{ .name = "nic-tick",
	  .unit = "cycles/instruction",
	  .what = "The time stamp counter over a loop of two instructions, a million times: 1.00 "
		  "where it counts instructions, as in a guest with QEMU's -icount shift=0",
	  .rounds = 3,
	  .flags = CASE_NICS | CASE_NO_DPDK,
	  .measure = { nic_tick, NULL } },
	NIC("io", "bursts go round, from each NIC to the other one, which passes them on"),
	NIC("txonly", "take buffers, write Ethernet, IPv4 and UDP headers into each, send"),
	NIC("macswap", "as io, with the MAC addresses swapped in each frame"),
	{ .name = NULL },
};
