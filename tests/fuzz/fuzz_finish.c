/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtio net headers and frames from anywhere. The input is two bytes that choose the size of the
 * buffers and of the bursts, a header, and the frame. What comes out is as long as was promised,
 * and no segment has a wrong checksum.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include <pollux/checksum.h>

#include "pkt/finish.h"
#include "pkt/ports.h"
#include "split.h"

#define BURST_MAX 64

static void check_frames(const struct plx_pkt *pkts, unsigned n, uint32_t longest, bool segments)
{
	struct plx_csum csum;
	uint32_t len = 0;

	for (unsigned i = 0, first = 0; i < n; i++) {
		len += pkts[i].len;
		if (pkts[i].flags & PLX_PKT_MORE)
			continue;
		must(len && len <= longest);
		plx_csum_check(pkts + first, i + 1 - first, &csum);
		must(!segments || csum.l4 == PLX_CSUM_GOOD);
		must(!segments ||
		     csum.l3 == (csum.ip_version == 4 ? PLX_CSUM_GOOD : PLX_CSUM_NONE));
		first = i + 1;
		len = 0;
	}
	must(!len);
}

static void take_all(struct plx_unfinished *u, uint32_t room, unsigned burst, bool segments)
{
	struct plx_pkt pkts[BURST_MAX] = { 0 };
	unsigned got;

	for (unsigned i = 0; i < burst; i++)
		pkts[i].data = malloc(room);
	/* Segments of a few bytes are many: some are enough. */
	for (unsigned round = 0; round < 64; round++) {
		for (unsigned i = 0; i < burst; i++)
			pkts[i].flags = 0;
		got = plx_unfinished_next(u, pkts, burst, room);
		must(got <= burst);
		if (!got)
			break;
		check_frames(pkts, got, u->longest, segments);
	}
	must(!u->frames || got || plx_entries(u->longest, room) > burst || burst == 0);
	for (unsigned i = 0; i < burst; i++)
		free(pkts[i].data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct virtio_net_hdr header;
	struct plx_unfinished u;
	uint8_t *bytes;
	bool segments;

	if (size <= 2 + sizeof(header) || size > INPUT_MAX)
		return 0;
	memcpy(&header, data + 2, sizeof(header));
	size -= 2 + sizeof(header);
	bytes = malloc(size);
	must(bytes);
	memcpy(bytes, data + 2 + sizeof(header), size);
	if (!plx_unfinished_begin(&u, &header, bytes, (uint32_t)size)) {
		segments = header.gso_type != VIRTIO_NET_HDR_GSO_NONE;
		if (data[0] & 1 && plx_unfinished_pass(&u))
			segments = false;
		take_all(&u, 64 + data[0] * 16u, data[1] % (BURST_MAX + 1), segments);
	}
	free(bytes);
	return 0;
}

#ifdef FUZZ_MAIN

/* A header and a frame that have something to do with each other. */
static void random_input(uint8_t *input, size_t size, unsigned round)
{
	static const uint8_t types[] = { 0, 1, 3, 4, 5, 0x81, 0x84 };
	bool v6 = round % 2, tcp = round % 4 < 2;
	uint8_t *eth = input + 2 + sizeof(struct virtio_net_hdr);
	struct virtio_net_hdr h = { .flags = (uint8_t)(rand() >> 8 & 1),
				    .gso_type = types[(rand() >> 8) % sizeof(types)],
				    .gso_size = (uint16_t)((rand() >> 8) % 300),
				    .csum_start = v6 ? 54 : 34,
				    .csum_offset = tcp ? 16 : 6 };
	size_t len;

	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(rand() >> 8);
	if (size < 100)
		return;
	memcpy(input + 2, &h, sizeof(h));
	len = size - 2 - sizeof(h) - 14;
	memcpy(eth + 12, v6 ? "\x86\xdd\x60" : "\x08\x00\x45", 3);
	if (v6)
		len -= 40;
	eth[v6 ? 18 : 16] = (uint8_t)(len >> 8);
	eth[v6 ? 19 : 17] = (uint8_t)len;
	eth[v6 ? 20 : 23] = tcp ? 6 : 17;
	if (!v6) {
		memset(eth + 20, 0, 2);
		len -= 20;
	}
	eth += h.csum_start;
	if (tcp) {
		eth[12] = (uint8_t)(0x50 + (rand() >> 8) % 2 * 0x10);
	} else {
		eth[4] = (uint8_t)(len >> 8);
		eth[5] = (uint8_t)len;
	}
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 30000, random_input);
}

#endif
