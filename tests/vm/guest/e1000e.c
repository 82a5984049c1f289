// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-e1000e type1|iommufd ADDRESS [enforces-write-only]
 *
 * A network card sends frames to itself out of memory that it may only read, into memory that it may
 * only write; then its descriptors name other memory. It says "done" all the same: only the IOMMU's
 * report and the memory tell.
 */
#include "check.h"
#include "device.h"
#include "e1000e_loop.h"

#include <string.h>

#define R  PLX_IOMMU_READ
#define W  PLX_IOMMU_WRITE
#define RW (R | W)

/* Short, since QEMU reports each four bytes that it blocks, and virtio-iommu's queue takes 256 of them. */
#define LEN 64u

static const uint64_t rings = 0x10000000, tx_buffer = 0x20000000, rx_buffers = 0x30000000,
		      other = 0x40000000;

struct lab {
	struct loop loop;
	uint8_t *frame;
	unsigned n_rx; /* each frame into a page of its own */
};

static void set_up(struct lab *l)
{
	uint8_t *pages = lab_pages(3);

	l->loop.tx = (volatile struct desc *)pages;
	l->loop.rx = (volatile struct desc *)(pages + PAGE);
	l->loop.ring_iova = rings;
	lab_map(l->loop.dev.domain, RW, pages, 2, rings);
	l->frame = pages + 2 * PAGE;
	lab_map(l->loop.dev.domain, R, l->frame, 1, tx_buffer);
	memset(l->frame, 0xff, 6);
	memcpy(l->frame + 6, "\x52\x54\x00\x12\x34\x56\x88\xb5", 8);
	for (unsigned i = 14; i < LEN; i++)
		l->frame[i] = (uint8_t)(i % 251);
	loop_start(&l->loop);
}

/* The positive control, before each case: a frame arrives whole in a new write-only page. */
static void control(struct lab *l, const char *before)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = rx_buffers + l->n_rx++ * PAGE;

	lab_map(l->loop.dev.domain, W, page, 1, iova);
	check(loop_frame(&l->loop, tx_buffer, LEN, iova) && !memcmp(page, l->frame, LEN),
	      "%s: a frame arrives", before);
}

static void test_rx_read_only(struct lab *l)
{
	uint8_t *page = lab_pages(1);

	control(l, "before receiving into a read-only page");
	memset(page, 0x55, PAGE);
	lab_map(l->loop.dev.domain, R, page, 1, other);
	loop_frame(&l->loop, tx_buffer, LEN, other);
	check(!lab_count_other(page, PAGE, 0x55), "a read-only page receives no frame");
	expect_fault(l->loop.dev.address, DEVICE_WRITES, other, "receiving into a read-only page");
}

static void test_tx_unmapped(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = rx_buffers + l->n_rx++ * PAGE;

	control(l, "before sending what is not mapped");
	lab_map(l->loop.dev.domain, W, page, 1, iova);
	loop_frame(&l->loop, other + 0x10000, LEN, iova);
	check(memcmp(page, l->frame, LEN), "what is not mapped is not sent");
	expect_fault(l->loop.dev.address, DEVICE_READS, other + 0x10000,
		     "sending what is not mapped");
}

static void test_tx_write_only(struct lab *l, bool enforced)
{
	uint8_t *pages = lab_pages(2);
	uint64_t from = other + 0x20000, to = rx_buffers + l->n_rx++ * PAGE;
	bool arrived;

	control(l, "before sending out of a write-only page");
	memcpy(pages, l->frame, LEN);
	lab_map(l->loop.dev.domain, W, pages, 1, from);
	lab_map(l->loop.dev.domain, W, pages + PAGE, 1, to);
	loop_frame(&l->loop, from, LEN, to);
	arrived = !memcmp(pages + PAGE, l->frame, LEN);
	if (enforced) {
		check(!arrived, "a write-only page is not sent");
		expect_fault(l->loop.dev.address, DEVICE_READS, from,
			     "sending out of a write-only page");
	} else {
		skip("Linux's VT-d driver makes every page readable since 5.13",
		     "a write-only page is not sent (it was: %s)", arrived ? "yes" : "no");
	}
}

static void test_rx_unmapped_while_live(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = other + 0x30000;

	control(l, "before the receive buffer is unmapped");
	lab_map(l->loop.dev.domain, W, page, 1, iova);
	check(loop_frame(&l->loop, tx_buffer, LEN, iova) && !memcmp(page, l->frame, LEN),
	      "a receive buffer is written while it is mapped");
	memset(page, 0, PAGE);
	lab_unmap(l->loop.dev.domain, iova, 1);
	loop_frame(&l->loop, tx_buffer, LEN, iova);
	check(!lab_count_other(page, PAGE, 0), "a receive buffer is not written once unmapped");
	expect_fault(l->loop.dev.address, DEVICE_WRITES, iova, "receiving where it was unmapped");
}

static void test_rx_crossing(struct lab *l)
{
	uint8_t *pages = lab_pages(2), *start = pages + PAGE - LEN / 2;
	uint64_t iova = other + 0x40000;

	control(l, "before receiving across RW -> RO");
	lab_map(l->loop.dev.domain, RW, pages, 1, iova);
	lab_map(l->loop.dev.domain, R, pages + PAGE, 1, iova + PAGE);
	loop_frame(&l->loop, tx_buffer, LEN, iova + PAGE - LEN / 2);
	check(!memcmp(start, l->frame, LEN / 2) && !lab_count_other(pages, PAGE - LEN / 2, 0),
	      "receiving across RW -> RO: exactly the RW part is written");
	check(!lab_count_other(pages + PAGE, PAGE, 0),
	      "receiving across RW -> RO: the RO part is not written");
	expect_fault(l->loop.dev.address, DEVICE_WRITES, iova + PAGE, "receiving across RW -> RO");
}

static void test_bus_master_off(struct lab *l)
{
	uint8_t *page = lab_pages(1);
	uint64_t iova = rx_buffers + l->n_rx++ * PAGE;

	control(l, "before bus mastering goes off");
	lab_map(l->loop.dev.domain, W, page, 1, iova);
	lab_bus_master(&l->loop.dev, false);
	check(!loop_frame(&l->loop, tx_buffer, LEN, iova) && !lab_count_other(page, PAGE, 0),
	      "bus master off: no frame, no descriptor done");
	lab_bus_master(&l->loop.dev, true);
	loop_start(&l->loop);
	control(l, "bus master on again");
}

int main(int argc, char **argv)
{
	struct lab_env env;
	struct lab l = { 0 };

	must(argc < 3, "usage: lab-e1000e type1|iommufd ADDRESS [enforces-write-only]");
	lab_begin(&env, argv[1]);
	lab_open(&l.loop.dev, &env, lab_domain(&env), argv[2]);
	set_up(&l);
	test_rx_read_only(&l);
	test_tx_unmapped(&l);
	test_tx_write_only(&l, argc > 3);
	test_rx_unmapped_while_live(&l);
	test_rx_crossing(&l);
	test_bus_master_off(&l);
	must(plx_domain_unmap_all(l.loop.dev.domain), "everything is unmapped");
	lab_close(&l.loop.dev);
	lab_domain_end(l.loop.dev.domain);
	lab_end(&env);
	return checks_end();
}
