/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The harness by itself, without drivers: what they are later tested with.
 */
#define _GNU_SOURCE
#include <pollux/pollux.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "qtest/card.h"

#define PAGE 4096u

static struct plx_ctx *ctx;

static int setup(void **state)
{
	(void)state;
	return cards_add(NULL) || plx_ctx_create(NULL, &ctx);
}

static int teardown(void **state)
{
	int err = plx_ctx_destroy(ctx);

	(void)state;
	cards_remove();
	return err;
}

static struct plx_dev *open_card(const char *name, struct card **card)
{
	const struct plx_dev_attributes attributes = { .bus_master = true };
	struct plx_dev *dev;
	char spec[64];

	snprintf(spec, sizeof(spec), "sim:%s", name);
	if (plx_dev_open(ctx, spec, NULL, &dev))
		fail_msg("%s", plx_last_error()->text);
	assert_int_equal(plx_dev_set_attributes(dev, &attributes), 0);
	*card = card_find(name);
	assert_non_null(*card);
	return dev;
}

static void close_card(struct plx_dev *dev)
{
	assert_int_equal(plx_dev_close(dev), 0);
}

/* --- a few registers of the 82574: datasheet 317694, chapter 10 --- */

enum {
	CTRL = 0x0000,
	STATUS = 0x0008,
	ICR = 0x00c0,
	ICS = 0x00c8,
	IMS = 0x00d0,
	RCTL = 0x0100,
	TCTL = 0x0400,
	RDBAL = 0x2800,
	RDLEN = 0x2808,
	RDT = 0x2818,
	TDBAL = 0x3800,
	TDLEN = 0x3808,
	TDT = 0x3818,
	RAL = 0x5400,
};

#define CTRL_SLU   (1u << 6)
#define STATUS_LU  (1u << 1)
#define INT_LSC    (1u << 2)
#define RCTL_ALL   (1u << 1 | 1u << 3 | 1u << 15 | 1u << 26) /* EN, UPE, BAM, SECRC */
#define TCTL_EN    (1u << 1)
#define TX_EOP_FCS (0x0bull << 24) /* EOP, IFCS, RS of a legacy descriptor */
#define DD         1u
#define DESCS      16u

static uint32_t reg(struct plx_dev *dev, uint32_t off)
{
	uint32_t value = 0;

	assert_int_equal(plx_region_read(dev, 0, off, &value, sizeof(value)), 0);
	return value;
}

static void set_reg(struct plx_dev *dev, uint32_t off, uint32_t value)
{
	assert_int_equal(plx_region_write(dev, 0, off, &value, sizeof(value)), 0);
}

/* --- memory --- */

static uint8_t *shared_pages(unsigned n)
{
	uint8_t *p =
		mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static uint8_t card_reads(struct card *c, uint64_t iova)
{
	uint8_t byte;

	qtest_lock(&c->qtest);
	byte = (uint8_t)qtest_read(&c->qtest, iova, 1);
	qtest_unlock(&c->qtest);
	return byte;
}

static void card_writes(struct card *c, uint64_t iova, uint8_t byte)
{
	qtest_lock(&c->qtest);
	qtest_write(&c->qtest, iova, 1, byte);
	qtest_unlock(&c->qtest);
}

/* Contents come along, both sides see one memory, and the process keeps what came of it. */
static void test_memory_is_shared_and_given_back(void **state)
{
	const uint64_t places[] = { 0x1000,          0xa0000,
				    0xbf000,         0xc0000,
				    0xef000,         0xf0000,
				    0xff000,         QEMU_LOW_SIZE - PAGE,
				    QEMU_HIGH_FIRST, QEMU_HIGH_FIRST + QEMU_HIGH_SIZE - PAGE };
	struct card *c;
	struct plx_dev *dev = open_card("qtest-e1000e", &c);
	uint8_t *p = shared_pages(3), *page = p + PAGE;

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++) {
		memset(p, 0x11 + (int)i, 3 * PAGE);
		assert_int_equal(memory_map(&c->memory, places[i], PAGE, (uintptr_t)page), 0);
		assert_int_equal(card_reads(c, places[i]), 0x11 + i);
		page[5] = 0x77;
		assert_int_equal(card_reads(c, places[i] + 5), 0x77);
		card_writes(c, places[i] + PAGE - 1, 0x99);
		assert_int_equal(page[PAGE - 1], 0x99);
		memory_unmap(&c->memory, places[i], PAGE, (uintptr_t)page);
		assert_int_equal(page[5], 0x77);
		assert_int_equal(page[PAGE - 1], 0x99);
		assert_int_equal(page[6], 0x11 + i);
		assert_int_equal(page[PAGE], 0x11 + i);
		page[5] = 0;
		assert_int_equal(card_reads(c, places[i] + 5), 0);
	}
	munmap(p, 3 * PAGE);
	close_card(dev);
}

static void test_memory_refused(void **state)
{
	struct card *c;
	struct plx_dev *dev = open_card("qtest-e1000e", &c);
	uint8_t *p = shared_pages(2), private[2 * PAGE];

	(void)state;
	assert_int_equal(memory_map(&c->memory, QEMU_LOW_SIZE, PAGE, (uintptr_t)p), -ERANGE);
	assert_int_equal(memory_map(&c->memory, QEMU_LOW_SIZE - PAGE, 2 * PAGE, (uintptr_t)p),
			 -ERANGE);
	assert_int_equal(
		memory_map(&c->memory, QEMU_HIGH_FIRST + QEMU_HIGH_SIZE, PAGE, (uintptr_t)p),
		-ERANGE);
	assert_int_equal(memory_map(&c->memory, PAGE, PAGE,
				    ((uintptr_t) private + PAGE) & ~(uintptr_t)(PAGE - 1)),
			 -EINVAL);
	assert_int_equal(memory_map(&c->memory, PAGE, 2 * PAGE, (uintptr_t)p), 0);
	assert_int_equal(memory_map(&c->memory, 2 * PAGE, PAGE, (uintptr_t)p + PAGE), -EEXIST);
	assert_int_equal(memory_map(&c->memory, 4 * PAGE, PAGE, (uintptr_t)p), -EEXIST);
	memory_unmap(&c->memory, PAGE, 2 * PAGE, (uintptr_t)p);
	munmap(p, 2 * PAGE);
	close_card(dev);
}

/* Two cards, one memory above 4 GiB, and each its own below 2 GiB. */
static void test_two_cards_share_high_memory(void **state)
{
	struct card *a, *b;
	struct plx_dev *first = open_card("qtest-e1000", &a),
		       *second = open_card("qtest-e1000e", &b);
	uint8_t *p = shared_pages(1), *q = shared_pages(1);

	(void)state;
	assert_int_equal(memory_map(&a->memory, QEMU_HIGH_FIRST, PAGE, (uintptr_t)p), 0);
	assert_int_equal(memory_map(&b->memory, QEMU_HIGH_FIRST, PAGE, (uintptr_t)p), 0);
	card_writes(a, QEMU_HIGH_FIRST, 0x42);
	assert_int_equal(card_reads(b, QEMU_HIGH_FIRST), 0x42);
	memory_unmap(&a->memory, QEMU_HIGH_FIRST, PAGE, (uintptr_t)p);
	assert_int_equal(card_reads(b, QEMU_HIGH_FIRST), 0x42);
	memory_unmap(&b->memory, QEMU_HIGH_FIRST, PAGE, (uintptr_t)p);
	assert_int_equal(card_reads(b, QEMU_HIGH_FIRST), 0);

	assert_int_equal(memory_map(&a->memory, PAGE, PAGE, (uintptr_t)p), 0);
	assert_int_equal(memory_map(&b->memory, PAGE, PAGE, (uintptr_t)q), 0);
	card_writes(a, PAGE, 1);
	card_writes(b, PAGE, 2);
	assert_int_equal(p[0], 1);
	assert_int_equal(q[0], 2);
	memory_unmap(&a->memory, PAGE, PAGE, (uintptr_t)p);
	memory_unmap(&b->memory, PAGE, PAGE, (uintptr_t)q);
	munmap(p, PAGE);
	munmap(q, PAGE);
	close_card(first);
	close_card(second);
}

/* --- frames, and what a card touches --- */

struct rings {
	uint64_t *tx, *rx; /* descriptors, two words each */
	uint8_t *data;
	uint64_t tx_iova, rx_iova, data_iova;
};

static void *queue_memory(struct plx_dev *dev, size_t len, uint64_t *iova)
{
	void *va;

	assert_int_equal(plx_dmabuf_alloc(dev, len, PLX_IOMMU_READ | PLX_IOMMU_WRITE, &va, iova),
			 0);
	memset(va, 0, len);
	return va;
}

static void make_rings(struct plx_dev *dev, struct rings *r)
{
	r->tx = queue_memory(dev, DESCS * 16, &r->tx_iova);
	r->rx = queue_memory(dev, DESCS * 16, &r->rx_iova);
	r->data = queue_memory(dev, 2 * PAGE, &r->data_iova);
}

static void free_rings(struct plx_dev *dev, const struct rings *r)
{
	assert_int_equal(plx_dmabuf_free(dev, r->tx), 0);
	assert_int_equal(plx_dmabuf_free(dev, r->rx), 0);
	assert_int_equal(plx_dmabuf_free(dev, r->data), 0);
}

static void set_ring(struct plx_dev *dev, uint32_t base, uint32_t len, uint64_t iova)
{
	set_reg(dev, base, (uint32_t)iova);
	set_reg(dev, base + 4, (uint32_t)(iova >> 32));
	set_reg(dev, len, DESCS * 16);
}

static void start(struct plx_dev *dev, const struct rings *r)
{
	set_ring(dev, TDBAL, TDLEN, r->tx_iova);
	set_ring(dev, RDBAL, RDLEN, r->rx_iova);
	set_reg(dev, CTRL, reg(dev, CTRL) | CTRL_SLU);
	set_reg(dev, TCTL, TCTL_EN);
	set_reg(dev, RCTL, RCTL_ALL);
}

static uint64_t last_word(const uint64_t *desc)
{
	return *(const volatile uint64_t *)&desc[1];
}

static void wait_done(const uint64_t *desc)
{
	for (unsigned i = 0; i < 2000 && !(last_word(desc) >> 32 & DD); i++)
		usleep(1000);
	assert_true(last_word(desc) >> 32 & DD);
}

static void test_frames_both_ways(void **state)
{
	struct card *c;
	struct plx_dev *dev = open_card("qtest-e1000e", &c);
	const uint8_t *frame;
	struct rings r;
	uint8_t sent[100];
	uint64_t at;

	(void)state;
	memset(sent, 0x5a, sizeof(sent));
	make_rings(dev, &r);
	start(dev, &r);
	memcpy(r.data, sent, sizeof(sent));
	r.tx[0] = r.data_iova;
	r.tx[1] = sizeof(sent) | TX_EOP_FCS;
	set_reg(dev, TDT, 1);
	assert_int_equal(wire_wait(&c->wire, &frame, 2000), sizeof(sent));
	assert_memory_equal(frame, sent, sizeof(sent));

	r.rx[0] = r.data_iova + PAGE;
	set_reg(dev, RDT, DESCS - 1);
	assert_true(wire_send(&c->wire, sent, sizeof(sent)) && wire_flush(&c->wire));
	wait_done(r.rx);
	assert_int_equal(last_word(r.rx) & 0xffff, sizeof(sent));
	assert_memory_equal(r.data + PAGE, sent, sizeof(sent));
	assert_false(memory_strayed(&c->memory, &at));
	set_reg(dev, RCTL, 0);
	free_rings(dev, &r);
	close_card(dev);
}

/* A card that is told to write where nothing is mapped is caught. */
static void test_stray_is_seen(void **state)
{
	const uint64_t nowhere = 0x40000000;
	struct card *c;
	struct plx_dev *dev = open_card("qtest-e1000e", &c);
	struct rings r;
	uint8_t sent[100] = { 0 };
	uint64_t at = 0;

	(void)state;
	make_rings(dev, &r);
	start(dev, &r);
	r.rx[0] = nowhere;
	set_reg(dev, RDT, DESCS - 1);
	assert_true(wire_send(&c->wire, sent, sizeof(sent)) && wire_flush(&c->wire));
	wait_done(r.rx);
	assert_true(memory_strayed(&c->memory, &at));
	assert_int_equal(at, nowhere);
	set_reg(dev, RCTL, 0);
	free_rings(dev, &r);
	close_card(dev);
	assert_true(cards_strayed(&at));
	assert_int_equal(at, nowhere);
	assert_false(cards_strayed(&at));
}

/* --- interrupts, reset, removal --- */

static bool signalled(int fd)
{
	eventfd_t n;

	for (unsigned i = 0; i < 200; i++) {
		if (!eventfd_read(fd, &n))
			return true;
		usleep(1000);
	}
	return false;
}

/* INTx masks itself when it fires, and what comes while it is masked fires when it is not. */
static void test_interrupt(void **state)
{
	struct card *c;
	struct plx_dev *dev = open_card("qtest-e1000e", &c);
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	(void)state;
	assert_int_equal(plx_irq_enable(dev, PLX_IRQ_INTX, &fd, 1), 0);
	set_reg(dev, IMS, INT_LSC);
	for (unsigned i = 0; i < 3; i++) {
		set_reg(dev, ICS, INT_LSC);
		assert_true(signalled(fd));
		assert_true(reg(dev, ICR) & INT_LSC);
		set_reg(dev, ICS, INT_LSC);
		assert_false(signalled(fd));
		assert_int_equal(plx_irq_unmask(dev), 0);
		assert_true(signalled(fd));
		assert_true(reg(dev, ICR) & INT_LSC);
		assert_int_equal(plx_irq_unmask(dev), 0);
	}
	/* From outside, with nobody at the registers. */
	assert_true(card_set_cable(c, false));
	assert_true(signalled(fd));
	plx_irq_disable(dev);
	close(fd);
	close_card(dev);
}

static void test_reset(void **state)
{
	struct card *c;
	struct plx_dev *dev = open_card("qtest-e1000e", &c);
	uint32_t ral = reg(dev, RAL);

	(void)state;
	assert_memory_equal(&ral, c->mac, 4);
	set_reg(dev, RAL, ~ral);
	assert_int_equal(plx_dev_reset(dev), 0);
	assert_int_equal(reg(dev, RAL), ral);
	set_reg(dev, RAL, ~ral);
	close_card(dev);
	dev = open_card("qtest-e1000e", &c);
	assert_int_equal(reg(dev, RAL), ral);
	close_card(dev);
}

static void test_eject(void **state)
{
	static const char *const names[] = { "qtest-e1000", "qtest-82545em", "qtest-e1000e",
					     "qtest-rtl8139" };

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct card *c;
		struct plx_dev *dev = open_card(names[i], &c);
		uint8_t first = 0;

		assert_int_equal(plx_region_read(dev, 0, 0, &first, 1), 0);
		assert_int_not_equal(first, 0xff);
		assert_true(card_eject(c));
		assert_int_equal(plx_region_read(dev, 0, 0, &first, 1), 0);
		assert_int_equal(first, 0xff);
		close_card(dev);
	}
}

/* QEMU ends with its process, also when nobody could tell it. */
static void test_dies_with_us(void **state)
{
	pid_t qemu = 0;
	int fds[2], status;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	if (!fork()) {
		struct plx_ctx *own;
		struct plx_dev *dev;

		if (!plx_ctx_create(NULL, &own) &&
		    !plx_dev_open(own, "sim:qtest-e1000e", NULL, &dev)) {
			qemu = card_find("qtest-e1000e")->qemu.pid;
			if (write(fds[1], &qemu, sizeof(qemu)) == sizeof(qemu))
				raise(SIGKILL);
		}
		_exit(1);
	}
	assert_int_equal(read(fds[0], &qemu, sizeof(qemu)), sizeof(qemu));
	wait(&status);
	assert_true(WIFSIGNALED(status));
	for (unsigned i = 0; i < 2000 && !kill(qemu, 0); i++)
		usleep(1000);
	assert_int_equal(kill(qemu, 0), -1);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory_is_shared_and_given_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_memory_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_cards_share_high_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stray_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_eject, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dies_with_us, setup, teardown),
	};
	const char *why;

	if (!qemu_installed(&why)) {
		printf("SKIP: %s\n", why);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
