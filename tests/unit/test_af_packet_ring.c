/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of af_packet's rings over memory that says anything: whatever it accepts can be
 * read, and it always comes to an end. Meant for the sanitizers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "../../drivers/net/af_packet/af_packet.h"

#define SLOT  1600
#define BLOCK 4096
#define ITEMS 4

static struct af_packet_ring ring;
static unsigned seed = 1;

static unsigned random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static void make_ring(bool v3)
{
	ring = (struct af_packet_ring){
		.n = ITEMS,
		.item_size = v3 ? BLOCK : SLOT,
		.v3 = v3,
	};
	ring.size = (size_t)ring.n * ring.item_size;
	ring.map = aligned_alloc(64, ring.size);
	assert_non_null(ring.map);
	memset(ring.map, 0, ring.size);
}

static int teardown(void **state)
{
	(void)state;
	free(ring.map);
	ring.map = NULL;
	return 0;
}

static struct tpacket2_hdr *slot(unsigned i)
{
	return (void *)(ring.map + (size_t)i * SLOT);
}

static struct tpacket_block_desc *block(unsigned i)
{
	return (void *)(ring.map + (size_t)i * BLOCK);
}

/* All that a frame may be used for. */
static unsigned use(const struct af_packet_frame *frame)
{
	unsigned sum = 0;

	assert_true(frame->len >= ETH_HDR && frame->len <= frame->wire_len);
	assert_true(frame->len <= frame->readable);
	for (uint32_t i = 0; i < frame->readable; i++)
		sum += frame->data[i];
	memset(frame->data - VLAN_LEN, 0, VLAN_LEN); /* room for a tag */
	return sum;
}

/* Read until nothing is ready. Return: frames that were good. */
static unsigned read_all(unsigned *bad)
{
	struct af_packet_frame frame;
	unsigned good = 0, rounds = 0;
	uint32_t ready;

	*bad = 0;
	while ((ready = plx_af_packet_ring_ready(&ring, 32))) {
		int err = plx_af_packet_ring_peek(&ring, &frame);

		assert_true(++rounds <= ring.n * (BLOCK / 8));
		assert_true(ready <= 32);
		if (err)
			++*bad;
		else if (use(&frame) < UINT32_MAX)
			good++;
		plx_af_packet_ring_release(&ring, err == -EBADMSG);
	}
	return good;
}

static void good_slot(unsigned i)
{
	*slot(i) = (struct tpacket2_hdr){
		.tp_status = TP_STATUS_USER, .tp_len = 60, .tp_snaplen = 60, .tp_mac = 76
	};
}

/* One field wrong at a time. */
static void test_slots(void **state)
{
	unsigned bad;

	(void)state;
	make_ring(false);
	assert_int_equal(read_all(&bad), 0);
	for (unsigned i = 0; i < ITEMS; i++)
		good_slot(i);
	assert_int_equal(read_all(&bad), ITEMS);
	for (unsigned i = 0; i < ITEMS; i++)
		good_slot(i);
	slot(0)->tp_mac = 61; /* over the address */
	slot(1)->tp_mac = SLOT - 59;
	slot(2)->tp_snaplen = 61; /* more than the frame has */
	slot(3)->tp_snaplen = 13;
	assert_int_equal(read_all(&bad), 0);
	assert_int_equal(bad, 4);
	for (unsigned i = 0; i < ITEMS; i++)
		good_slot(i);
	slot(0)->tp_snaplen = slot(0)->tp_len = UINT32_MAX;
	slot(1)->tp_mac = UINT16_MAX;
	slot(2)->tp_snaplen = slot(2)->tp_len = 0;
	slot(3)->tp_snaplen = slot(3)->tp_len = SLOT - 76;
	assert_int_equal(read_all(&bad), 1);
	assert_int_equal(bad, 3);
}

static void good_block(unsigned i)
{
	struct tpacket_block_desc *b = block(i);

	memset(b, 0, BLOCK);
	b->hdr.bh1.num_pkts = 3;
	b->hdr.bh1.offset_to_first_pkt = 48;
	for (unsigned k = 0; k < 3; k++) {
		struct tpacket3_hdr *header = (void *)(ring.map + i * BLOCK + 48 + k * 200);

		header->tp_next_offset = k < 2 ? 200 : 0;
		header->tp_len = header->tp_snaplen = 60;
		header->tp_mac = 92;
	}
	b->hdr.bh1.block_status = TP_STATUS_USER;
}

static void test_blocks(void **state)
{
	struct tpacket3_hdr *first, *second;
	unsigned bad;

	(void)state;
	make_ring(true);
	for (unsigned i = 0; i < ITEMS; i++)
		good_block(i);
	assert_int_equal(read_all(&bad), 3 * ITEMS);
	for (unsigned i = 0; i < ITEMS; i++)
		good_block(i);
	block(0)->hdr.bh1.offset_to_first_pkt = BLOCK - 8;
	block(1)->hdr.bh1.offset_to_first_pkt = 52;
	block(2)->hdr.bh1.offset_to_first_pkt = 0;
	block(3)->hdr.bh1.num_pkts = 0;
	assert_int_equal(read_all(&bad), 0);
	assert_int_equal(bad, 3);
	for (unsigned i = 0; i < ITEMS; i++)
		good_block(i);
	first = (void *)(ring.map + 48);
	first->tp_next_offset = UINT32_MAX - 7;
	first = (void *)(ring.map + BLOCK + 48);
	first->tp_next_offset = BLOCK;
	second = (void *)(ring.map + 2 * BLOCK + 48 + 200);
	second->tp_mac = 77;
	/* A frame that goes on for ever: the number of frames ends it. */
	first = (void *)(ring.map + 3 * BLOCK + 48);
	first->tp_next_offset = 0;
	block(3)->hdr.bh1.num_pkts = 5;
	assert_int_equal(read_all(&bad), 1 + 1 + 1 + 5);
	assert_int_equal(bad, 3);
}

/* More frames than a block can have, each the same: it ends, and the ring goes on. */
static void test_endless_block(void **state)
{
	struct af_packet_frame frame;
	unsigned n = 0;

	(void)state;
	make_ring(true);
	good_block(0);
	good_block(1);
	block(0)->hdr.bh1.num_pkts = UINT32_MAX;
	((struct tpacket3_hdr *)(void *)(ring.map + 48))->tp_next_offset = 0;
	while (ring.next == 0 && plx_af_packet_ring_ready(&ring, 32)) {
		int err = plx_af_packet_ring_peek(&ring, &frame);

		plx_af_packet_ring_release(&ring, err == -EBADMSG);
		assert_true(++n <= BLOCK / 8);
	}
	assert_int_equal(ring.next, 1);
	assert_int_equal(plx_af_packet_ring_ready(&ring, 32), 3);
}

static void test_random(void **state)
{
	unsigned bad, sum = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		if (round % 10000 == 0) {
			free(ring.map);
			make_ring(round >= 10000);
		}
		for (unsigned i = 0; i < ITEMS; i++) {
			uint32_t *words = (void *)(ring.map + (size_t)i * ring.item_size);

			if (ring.v3)
				good_block(i);
			else
				good_slot(i);
			for (unsigned k = 0; k < 3; k++)
				words[random_below(40)] =
					random_below(2) ? random_below(5000) : seed * 2654435761u;
			if (ring.v3 && block(i)->hdr.bh1.num_pkts > 400)
				block(i)->hdr.bh1.num_pkts = 400;
		}
		sum += read_all(&bad);
		for (unsigned i = 0; i < ITEMS; i++) {
			char text[8];

			plx_af_packet_ring_desc(&ring, i, text, sizeof(text));
		}
	}
	assert_true(sum > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_slots, teardown),
		cmocka_unit_test_teardown(test_blocks, teardown),
		cmocka_unit_test_teardown(test_endless_block, teardown),
		cmocka_unit_test_teardown(test_random, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
