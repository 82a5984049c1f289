/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One forwarding run of plx-testpmd or of dpdk-testpmd: the same work, told in two languages.
 */
#ifndef BENCH_TESTPMD_H
#define BENCH_TESTPMD_H

#include "bench/bench.h"

struct child;

#define DRAIN_TIME 0.05 /* seconds: a ring is empty after less than one thousandth */

/* Of the capture; net_pcap and net_null know no FCS, so 60 bytes on their command lines. */
#define FRAME_LEN      64 /* bytes with FCS, as the field counts them */
#define FCS_LEN        4
#define CAPTURE_FRAMES 1024 /* DPDK takes as many buffers from its 8,192 to hold them */

struct testpmd_run {
	/* what to do */
	const char *mode;
	const char *capture; /* receive this file again and again; NULL: null ports */
	const char *driver;  /* "af_packet" or "tap", on one or two interfaces; NULL: as above */
	const char *interfaces[2];
	const char *const *nics; /* two PCI functions; NULL: as above */
	bool tx_first;           /* send a burst on each port before, when told to start */
	double settle;           /* seconds from opening the ports to start; of NICs */
	unsigned frame;          /* bytes of a frame that is sent, without FCS; 0: 60 */
	bool companion;          /* run on the other CPU */
	const char *callgrind;   /* count instructions into this file; NULL: run natively */
	double seconds;
	unsigned limit; /* of ours: it ends after so many packets; 0: after seconds */
	bool watch_memory;
	/* called while it forwards, which ends when this returns; NULL: it ends after seconds */
	enum outcome (*meanwhile)(struct bench *b, struct testpmd_run *run, struct child *c);
	/* so often that is called while it does not forward; then it does, for DRAIN_TIME */
	unsigned drains;
	/* what came of it; the packets are what the cycles are divided by */
	double cycles_per_packet;
	unsigned long long packets;
	double exec_time, first_packet; /* CLOCK_MONOTONIC, seconds */
	double forwarded;               /* seconds */
	long peak_kb;
};

enum outcome ours_testpmd(struct bench *b, struct testpmd_run *run);
enum outcome rival_testpmd(struct bench *b, struct testpmd_run *run);

/* A command line; the strings that are put into it must last. */
struct command {
	const char *argv[48]; /* NULL ends it */
	unsigned n;
	char valgrind[4096], outfile[4200];
};

/* Put words in; NULL ends them. */
void command_add(struct command *cmd, ...) __attribute__((sentinel));

/* Begin with callgrind, which writes what it counts to @outfile; and read how many those were. */
enum outcome command_callgrind(struct bench *b, struct command *cmd, const char *outfile);
bool command_instructions(struct bench *b, const char *outfile, uint64_t *n);

/* Begin with callgrind when the run is to count instructions, then the program. */
enum outcome command_begin(struct bench *b, struct command *cmd, const struct testpmd_run *run,
			   const char *program);

/* A capture of UDP frames of FRAME_LEN with good checksums. False: bench.why says why not. */
bool capture_write(struct bench *b, const char *path);

/* forward.c: the cases. */
enum outcome forward_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome forward_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome csum_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome csum_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome startup_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome startup_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome rss_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome rss_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome insns_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome insns_rival(struct bench *b, const struct bench_case *c, double *value);

/* kernel.c: these, too. */
enum outcome kernel_cycles_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome kernel_cycles_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome kernel_wall_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome kernel_wall_rival(struct bench *b, const struct bench_case *c, double *value);

/* nic.c: the cases with two NICs. */
enum outcome nic_cycles_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome nic_cycles_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome nic_wall_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome nic_wall_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome nic_tick(struct bench *b, const struct bench_case *c, double *value);

#define IOMMU_TURNS "2000" /* that are counted */
#define IOMMU_BATCH 5      /* which argument says how many pairs a turn has */

/* iommu.c: the cases of the IOMMU. Each side's args are for plx-bench-iommu. */
enum outcome iommu_number_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome iommu_number_rival(struct bench *b, const struct bench_case *c, double *value);
enum outcome iommu_insns_ours(struct bench *b, const struct bench_case *c, double *value);
enum outcome iommu_insns_rival(struct bench *b, const struct bench_case *c, double *value);

#endif
