/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What drivers of network cards share, over a simulated card: opening and closing, seeing that it
 * is gone, waits, pools, counters, interrupts; in the simulated IOMMU, and over type1 and iommufd
 * of the kernel in memory where it matters.
 */
#include <pollux/pollux.h>
#include <pollux/test.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <cmocka.h>

#include "helper.h"
#include "nic/nic.h"
#include "pci/dev.h"
#include "sim/kernel.h"
#include "sim/model.h"

#define BAR_SIZE 0x20000u

/* --- the card --- */

enum {
	REG_STATUS = 0x08,  /* never all ones while the card is there */
	REG_READY = 0x10,   /* READY after some reads */
	REG_CLEARS = 0x100, /* 32 bits, cleared by reading; 64: the pair by reading its high word */
	REG_HALF = 0x108,   /* 16 bits */
	REG_PAIR = 0x110,
	REG_KEEPS = 0x120, /* 32 bits, kept; and 16 bits */
	REG_KEEPS_HALF = 0x124,
	REG_BYTE = 0x130,
};

#define READY 0x80u

/* What the card does; a test sets it. */
static struct {
	bool gone;           /* it answers all ones */
	unsigned not_ready;  /* reads of REG_READY that do not find it ready */
	unsigned long reads; /* of REG_STATUS and REG_READY */
	uint8_t regs[0x200];
} hw;

static void hw_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf, uint32_t len)
{
	(void)f;
	assert_int_equal(bar, 0);
	memset(buf, 0, len);
	hw.reads += off == REG_STATUS || off == REG_READY;
	if (hw.gone)
		memset(buf, 0xff, len);
	else if (off == REG_READY && hw.not_ready)
		hw.not_ready--;
	else if (off == REG_READY)
		*(uint8_t *)buf = READY;
	else if (off + len <= sizeof(hw.regs))
		memcpy(buf, hw.regs + off, len);
	if (off == REG_CLEARS || off == REG_HALF)
		memset(hw.regs + off, 0, len);
	if (off == REG_PAIR + 4)
		memset(hw.regs + REG_PAIR, 0, 8);
}

static void hw_set(uint32_t reg, uint64_t value, unsigned bytes)
{
	memcpy(hw.regs + reg, &value, bytes);
}

#define MODEL(a_name, a_device, a_msi)                                                        \
	{                                                                                     \
		.name = a_name, .vendor = 0x8086, .device = a_device, .class_code = 0x020000, \
		.bars = { [0] = { 0xe0000000, BAR_SIZE, PLX_SIM_BAR_MEMORY, false },          \
			  [2] = { 0xe0020000, 0x1000, PLX_SIM_BAR_MEMORY, true } },           \
		.msi = a_msi, .can_reset = true, .read = hw_read                              \
	}

static const struct plx_sim_model with_msi = MODEL("card", 0x10d3, 1);
static const struct plx_sim_model with_intx = MODEL("old-card", 0x100e, 0);
static const struct plx_sim_model stranger = MODEL("stranger", 0x1521, 1);

/* --- its driver --- */

struct card {
	struct plx_nic nic;
	struct plx_regs regs;
};

static unsigned bar = 0;
static uint64_t bar_size = BAR_SIZE;

static bool is_master(struct plx_nic *nic)
{
	struct plx_sim_function *f = plx_dev_sim(nic->dev);
	bool master;

	plx_sim_lock(f);
	master = plx_sim_command(f) & PLX_PCI_COMMAND_MASTER;
	plx_sim_unlock(f);
	return master;
}

static int card_open_device(struct plx_device *device)
{
	struct card *card = (struct card *)device;
	struct plx_error saved;
	int err = plx_nic_open(device);

	if (err)
		return err;
	assert_false(is_master(&card->nic));
	err = plx_nic_bar(&card->nic, bar, bar_size, &card->regs);
	if (!err)
		err = plx_nic_master(&card->nic);
	if (!err)
		return 0;
	saved = *plx_last_error();
	plx_regs_close(&card->regs);
	plx_nic_close(device);
	return plx_fail_again(&saved);
}

static void card_close_device(struct plx_device *device)
{
	struct card *card = (struct card *)device;

	plx_regs_close(&card->regs);
	plx_nic_close(device);
}

static int open_ports;

static int card_open_port(struct plx_port *port)
{
	port->caps = (struct plx_port_caps){ .features = PLX_PORT_RX, .max_rxq = 1 };
	open_ports++;
	return 0;
}

static void card_close_port(struct plx_port *port)
{
	(void)port;
	open_ports--;
	plx_ok(); /* as its last call may: whatever failed before is still to be told */
}

static const struct plx_key keys[] = { PLX_NIC_KEYS, { 0 } };
static const struct plx_pci_id ids[] = {
	{ 0x8086, 0x10d3, "82574L" },
	{ 0x8086, 0x100e, "82540EM" },
	{ 0, 0, NULL },
};

static const struct plx_driver card_driver = {
	.name = "card",
	.summary = "A network card",
	.keys = keys,
	.args_size = sizeof(struct plx_nic_args),
	.device_size = sizeof(struct card),
	.open_device = card_open_device,
	.close_device = card_close_device,
	.same_device = plx_nic_same,
	.open_port = card_open_port,
	.close_port = card_close_port,
	.ids = ids,
};

const struct plx_driver *const plx_drivers[] = { &card_driver, NULL };

/* --- no memory --- */

static unsigned fail_in; /* the nth allocation from now fails; 0: none */
static bool failed;

static bool fails(void)
{
	if (!fail_in || --fail_in)
		return false;
	failed = true;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

/* --- the tests' own --- */

static struct plx_ctx *ctx;

static int setup(void **state)
{
	(void)state;
	memset(&hw, 0, sizeof(hw));
	hw_set(REG_STATUS, 0x80080783, 4);
	bar = 0;
	bar_size = BAR_SIZE;
	return plx_ctx_create(NULL, &ctx) || plx_sim_model_add(&with_msi, NULL) ||
	       plx_sim_model_add(&with_intx, NULL) || plx_sim_model_add(&stranger, NULL);
}

static int teardown(void **state)
{
	int err = plx_ctx_destroy(ctx); /* nothing lives in it */

	(void)state;
	plx_sim_model_remove(&with_msi);
	plx_sim_model_remove(&with_intx);
	plx_sim_model_remove(&stranger);
	return err;
}

static struct plx_port *open_port(const char *spec)
{
	struct plx_port *port;

	if (plx_port_open(ctx, spec, &port))
		fail_msg("%s: %s", spec, plx_last_error()->text);
	return port;
}

static void close_port(struct plx_port *port)
{
	assert_int_equal(plx_port_close(port), 0);
}

static struct card *card_of(struct plx_port *port)
{
	return (struct card *)port->device;
}

static struct plx_nic *nic_of(struct plx_port *port)
{
	return &card_of(port)->nic;
}

static struct plx_sim_function *function_of(struct plx_port *port)
{
	return plx_dev_sim(nic_of(port)->dev);
}

/* The device has something to say: PLX_IRQI_ERR, PLX_IRQI_REQ. */
static void raise_event(struct plx_port *port, enum plx_irq_index index)
{
	plx_sim_function_irq_raise(function_of(port), index, 0);
}

static void refuse(const char *spec, int err, enum plx_reason reason, const char *text)
{
	struct plx_port *port = (void *)&ctx;

	expect_error(plx_port_open(ctx, spec, &port), err, reason, text);
	assert_null(port);
}

/* --- opening --- */

static void test_open(void **state)
{
	static const char *const specs[] = { "card:pci=sim:card", "card:pci=sim:card,backend=sim",
					     "card:pci=sim:card,backend=type1",
					     "card:pci=sim:card,backend=iommufd" };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct plx_port *port = open_port(specs[i]);
		struct plx_nic *nic = nic_of(port);
		struct plx_dev_info info;

		assert_ptr_equal(nic->id, &ids[0]);
		assert_int_equal(nic->node, -1);
		assert_int_equal(nic->irq_fd, -1);
		assert_int_equal(plx_dev_info(nic->dev, &info), 0);
		assert_int_equal(info.state, PLX_DEV_INIT);
		assert_true(is_master(nic));
		assert_int_equal(plx_reg_read32(&card_of(port)->regs, REG_STATUS), 0x80080783);
		assert_int_equal(plx_nic_status(nic, &card_of(port)->regs, REG_STATUS), 0);
		close_port(port);
	}
}

static void test_same_function(void **state)
{
	struct plx_port *one = open_port("card:pci=sim:card"), *two;

	(void)state;
	refuse("card:pci=sim:card\\,id=0", -EBUSY, PLX_R_ALREADY, "all 1 ports");
	refuse("card:pci=sim:card,backend=type1", -EBUSY, PLX_R_ALREADY, "all 1 ports");
	two = open_port("card:pci=sim:card\\,id=1");
	assert_ptr_not_equal(nic_of(one)->dev, nic_of(two)->dev);
	refuse("card:pci=sim:card\\,di=1", -EINVAL, PLX_R_BAD_KEY, "di=1");
	close_port(one);
	close_port(two);
}

static void test_functions_that_do_not_open(void **state)
{
	unsigned fds = count_fds();

	(void)state;
	refuse("card", -EINVAL, PLX_R_BAD_KEY, "card needs pci=ADDRESS");
	refuse("card:pci=sim:stranger", -EINVAL, PLX_R_NO_DRIVER,
	       "sim:stranger,id=0 is 8086:1521, which driver card does not know: it knows "
	       "82574L 8086:10d3, 82540EM 8086:100e");
	refuse("card:pci=sim:nonesuch", -ENODEV, PLX_R_NO_DRIVER, "nonesuch");
	refuse("card:pci=somewhere", -EINVAL, PLX_R_BAD_VALUE, "somewhere");
	refuse("card:pci=fffffff:00:00.0", -ENODEV, PLX_R_NO_DEVICE, "fffffff:00:00.0");
	refuse("card:pci=sim:card,backend=noiommu", -EINVAL, PLX_R_MISMATCH, "behind an IOMMU");
	refuse("card:pci=sim:card,backend=vfio", -EINVAL, PLX_R_BAD_VALUE, "noiommu");
	bar_size = BAR_SIZE + 1;
	refuse("card:pci=sim:card", -EINVAL, PLX_R_TOO_LARGE,
	       "BAR 0 has 131072 bytes, and a 82574L has 131073 bytes of registers there");
	bar = 1;
	refuse("card:pci=sim:card", -EINVAL, PLX_R_TOO_LARGE, "BAR 1 has 0 bytes");
	bar = 6;
	refuse("card:pci=sim:card", -EINVAL, PLX_R_INDEX, "6");
	assert_int_equal(count_fds(), fds);
}

/* Of the library's, or of the kernel's that is in memory. */
static void refused_for_memory(int err)
{
	const struct plx_error *e = plx_last_error();

	assert_int_equal(err, -ENOMEM);
	assert_int_equal(e->err, -ENOMEM);
	assert_true(e->reason == PLX_R_NOMEM || e->sys_errno == ENOMEM);
	assert_true(e->text[0]);
}

static void open_short_of_memory(const char *spec)
{
	unsigned refused = 0, fds;

	close_port(open_port(spec)); /* what is made once in a context is made */
	fds = count_fds();
	for (unsigned nth = 1;; nth++) {
		struct plx_port *port = NULL;
		int err;

		assert_true(nth < 1000);
		failed = false;
		fail_in = nth;
		err = plx_port_open(ctx, spec, &port);
		fail_in = 0;
		if (!err)
			close_port(port);
		else
			refused_for_memory(err);
		if (!failed)
			break;
		refused += err != 0;
	}
	assert_true(refused >= 8);
	assert_int_equal(open_ports, 0);
	assert_int_equal(count_fds(), fds);
}

static void test_open_without_memory(void **state)
{
	(void)state;
	open_short_of_memory("card:pci=sim:card");
	open_short_of_memory("card:pci=sim:card,backend=type1");
	open_short_of_memory("card:pci=sim:card,backend=iommufd");
}

/* --- presence --- */

static void pause_ms(unsigned ms)
{
	const struct timespec t = { .tv_nsec = (long)ms * 1000000 };

	nanosleep(&t, NULL);
}

/* The status once it is looked again. */
static int next_status(struct plx_port *port)
{
	pause_ms(11);
	return plx_nic_status(nic_of(port), &card_of(port)->regs, REG_STATUS);
}

static void test_removed(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");

	(void)state;
	assert_int_equal(next_status(port), 0);
	hw.gone = true;
	assert_false(plx_nic_is_gone(nic_of(port)));
	expect_error(next_status(port), -ENODEV, PLX_R_NO_DEVICE, "answers all ones");
	assert_string_equal(plx_last_error()->object, "sim:card,id=0");
	assert_true(plx_nic_is_gone(nic_of(port)));
	/* What is gone is gone, and each call says so. */
	hw.gone = false;
	plx_port_info(port, &(struct plx_port_info){ .number = 0 });
	expect_error(plx_nic_status(nic_of(port), NULL, 0), -ENODEV, PLX_R_NO_DEVICE, "removed");
	close_port(port);
}

static void test_wanted_back(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");

	(void)state;
	raise_event(port, PLX_IRQI_REQ);
	expect_error(next_status(port), -ENODEV, PLX_R_NO_DEVICE, "wants it back");
	expect_error(plx_nic_removed(nic_of(port)), -ENODEV, PLX_R_NO_DEVICE, "wants it back");
	assert_true(plx_nic_is_gone(nic_of(port)));
	close_port(port);
}

static void test_dead(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");

	(void)state;
	raise_event(port, PLX_IRQI_ERR);
	expect_error(next_status(port), -ENODEV, PLX_R_NO_DEVICE, "cannot be corrected");
	assert_int_equal(atomic_load(&nic_of(port)->gone), PLX_NIC_DEAD);
	close_port(port);
}

/* What the IOMMU blocked is no reason to give a card up. */
static void test_faults_are_no_end(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	uint8_t byte;

	(void)state;
	plx_sim_lock(function_of(port));
	assert_int_equal(plx_sim_dma(function_of(port), 0x123000, 1, false, &byte), 0);
	plx_sim_unlock(function_of(port));
	assert_int_equal(next_status(port), 0);
	raise_event(port, PLX_IRQI_REQ);
	expect_error(next_status(port), -ENODEV, PLX_R_NO_DEVICE, "wants it back");
	close_port(port);
}

/* Config space says whether a card without a harmless register is there. */
static void test_config_space_answers(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card,backend=type1");

	(void)state;
	hw.gone = true; /* of its BAR alone */
	pause_ms(11);
	assert_int_equal(plx_nic_status(nic_of(port), NULL, 0), 0);
	plx_sim_kernel_unplug(function_of(port));
	pause_ms(11);
	expect_error(plx_nic_status(nic_of(port), NULL, 0), -ENODEV, PLX_R_NO_DEVICE, "removed");
	close_port(port);
}

static void test_status_looks_seldom(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	unsigned long reads = hw.reads;
	struct timespec from, to;
	long ms;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(plx_nic_status(nic_of(port), &card_of(port)->regs, REG_STATUS), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	assert_true(hw.reads > reads);
	assert_true(hw.reads - reads <= (unsigned long)ms / 10 + 2);
	close_port(port);
}

/* --- waits --- */

static int wait_ready(struct plx_port *port, unsigned us)
{
	return plx_nic_wait(nic_of(port), &card_of(port)->regs, REG_READY, READY, READY, us,
			    "a link");
}

static void test_waits(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");

	(void)state;
	assert_int_equal(wait_ready(port, 0), 0); /* it is ready */
	assert_int_equal(hw.reads, 1);
	hw.not_ready = 5;
	assert_int_equal(wait_ready(port, 1000000), 0);
	assert_int_equal(hw.not_ready, 0);
	assert_int_equal(hw.reads, 7);
	/* READY goes off never. */
	expect_error(plx_nic_wait(nic_of(port), &card_of(port)->regs, REG_READY, READY, 0, 1000,
				  "the end of a reset"),
		     -ETIMEDOUT, PLX_R_TIMEOUT, "the end of a reset did not come about in 1000 us");
	assert_false(plx_nic_is_gone(nic_of(port)));
	hw.not_ready = 1;
	expect_error(wait_ready(port, 0), -ETIMEDOUT, PLX_R_TIMEOUT, "a link");
	close_port(port);
}

static void test_wait_has_a_deadline(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct timespec from, to;
	double us;

	(void)state;
	hw.not_ready = UINT32_MAX;
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(wait_ready(port, 20000), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &to);
	us = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
	assert_true(us >= 20000);
	assert_true(us < 10e6);             /* a machine that is busy */
	assert_true(hw.reads < 20000 / 10); /* it pauses in between */
	close_port(port);
}

static void test_wait_for_one_that_is_gone(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");

	(void)state;
	hw.gone = true;
	expect_error(wait_ready(port, 1000000), -ENODEV, PLX_R_NO_DEVICE, "all ones");
	assert_int_equal(hw.reads, 1);
	assert_true(plx_nic_is_gone(nic_of(port)));
	close_port(port);
}

/* --- pools --- */

static struct plx_pool *make_pool(void)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pool *pool;

	opts.count = 16;
	assert_int_equal(plx_pool_create(ctx, &opts, &pool), 0);
	return pool;
}

/* Can the card read, or write, @va of a pool, where the driver says it is? */
static bool reaches(struct plx_port *port, struct plx_pool *pool, void *va, bool write)
{
	struct plx_sim_function *f = function_of(port);
	uint64_t iova = plx_nic_iova(nic_of(port), plx_pool_number(pool), va), moved;
	uint8_t bytes[8] = "pollux!";

	memset(va, 0, sizeof(bytes));
	if (!write)
		memcpy(va, "packet!", 8);
	plx_sim_lock(f);
	moved = plx_sim_dma(f, iova, sizeof(bytes), write, bytes);
	plx_sim_unlock(f);
	if (moved)
		assert_memory_equal(va, bytes, sizeof(bytes));
	return moved == sizeof(bytes);
}

static void *a_buffer(struct plx_pool *pool)
{
	struct plx_pool_info info;

	plx_pool_info(pool, &info);
	return (uint8_t *)(uintptr_t)info.base + info.headroom;
}

static void map_and_unmap(struct plx_port *port, bool offset)
{
	struct plx_pool *rx = make_pool(), *tx = make_pool(), *other = make_pool();
	struct plx_nic *nic = nic_of(port);

	assert_false(plx_nic_reaches(nic, plx_pool_number(rx)));
	assert_int_equal(plx_nic_map_pool(nic, rx, PLX_IOMMU_READ | PLX_IOMMU_WRITE), 0);
	assert_int_equal(plx_nic_map_pool(nic, tx, PLX_IOMMU_READ), 0);
	assert_int_equal(nic->n_pools, 2);
	assert_true(plx_nic_reaches(nic, plx_pool_number(rx)));
	assert_true(plx_nic_reaches(nic, plx_pool_number(tx)));
	assert_false(plx_nic_reaches(nic, plx_pool_number(other)));
	assert_false(plx_nic_reaches(nic, 0));
	assert_false(plx_nic_reaches(nic, UINT16_MAX)); /* a packet may say anything */
	assert_int_equal(plx_nic_offset(nic, plx_pool_number(rx)) != 0, offset);
	assert_true(reaches(port, rx, a_buffer(rx), true));
	assert_true(reaches(port, rx, a_buffer(rx), false));
	assert_true(reaches(port, tx, a_buffer(tx), false));
	assert_false(reaches(port, tx, a_buffer(tx), true));
	plx_nic_unmap_pools(nic);
	assert_int_equal(nic->n_pools, 0);
	assert_false(plx_nic_reaches(nic, plx_pool_number(rx)));
	assert_int_equal(plx_nic_map_pool(nic, rx, PLX_IOMMU_READ), 0); /* and again */
	assert_false(reaches(port, rx, a_buffer(rx), true));
	plx_nic_unmap_pools(nic);
	assert_int_equal(plx_pool_destroy(rx) + plx_pool_destroy(tx) + plx_pool_destroy(other), 0);
}

/* With the addresses of the process where they are low enough; else with an offset. */
static void test_pools(void **state)
{
	struct plx_port *wide = open_port("card:pci=sim:card\\,aperture=52");
	struct plx_port *narrow = open_port("card:pci=sim:card\\,id=1\\,aperture=26");

	(void)state;
	map_and_unmap(wide, false);
	map_and_unmap(narrow, true);
	close_port(wide);
	close_port(narrow);
}

/* Between stop and start a card does no DMA, also once its device runs. */
static void test_no_master_while_stopped(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct plx_nic *nic = nic_of(port);
	struct plx_pool *pool = make_pool();

	(void)state;
	assert_int_equal(plx_nic_map_pool(nic, pool, PLX_IOMMU_READ), 0);
	assert_int_equal(plx_dev_start(nic->dev), 0);
	for (int i = 0; i < 2; i++) {
		assert_true(reaches(port, pool, a_buffer(pool), false));
		assert_int_equal(plx_nic_stop_master(nic), 0);
		assert_false(is_master(nic));
		assert_false(reaches(port, pool, a_buffer(pool), false));
		assert_int_equal(plx_nic_stop_master(nic), 0);
		assert_int_equal(plx_nic_start_master(nic), 0);
	}
	plx_nic_unmap_pools(nic);
	assert_int_equal(plx_pool_destroy(pool), 0);
	close_port(port);
}

static void test_no_master_of_one_that_is_gone(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card,backend=type1");

	(void)state;
	plx_sim_kernel_unplug(function_of(port));
	expect_error(plx_nic_stop_master(nic_of(port)), -ENODEV, PLX_R_NO_DEVICE, "gone");
	close_port(port);
}

static void test_pool_that_is_mapped_again(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct plx_nic *nic = nic_of(port);
	struct plx_pool *pool = make_pool();
	uint64_t narrow;

	(void)state;
	assert_int_equal(plx_nic_map_pool(nic, pool, PLX_IOMMU_READ), 0);
	narrow = plx_nic_offset(nic, plx_pool_number(pool));
	assert_int_equal(plx_nic_map_pool(nic, pool, PLX_IOMMU_READ), 0);
	assert_int_equal(nic->n_pools, 1);
	assert_int_equal(plx_nic_map_pool(nic, pool, PLX_IOMMU_READ | PLX_IOMMU_WRITE), 0);
	assert_int_equal(nic->n_pools, 2);
	assert_true(plx_nic_offset(nic, plx_pool_number(pool)) != narrow);
	assert_true(reaches(port, pool, a_buffer(pool), true));
	assert_int_equal(plx_nic_map_pool(nic, pool, PLX_IOMMU_READ), 0);
	assert_int_equal(nic->n_pools, 2);
	assert_true(reaches(port, pool, a_buffer(pool), true)); /* it is the wide one still */
	plx_nic_unmap_pools(nic);
	assert_int_equal(plx_pool_destroy(pool), 0);
	close_port(port);
}

static void release_nothing(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	(void)pkts;
	(void)n;
}

static void test_bad_pools(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct plx_nic *nic = nic_of(port);
	struct plx_pool *wrapped, *pool = make_pool();

	(void)state;
	assert_int_equal(plx_pool_wrap(ctx, NULL, release_nothing, NULL, &wrapped), 0);
	expect_error(plx_nic_map_pool(nic, NULL, PLX_IOMMU_READ), -EINVAL, PLX_R_NULL_ARG, "pool");
	expect_error(plx_nic_map_pool(nic, wrapped, PLX_IOMMU_READ), -ENOTSUP, PLX_R_UNSUPPORTED,
		     "memory of its own");
	expect_error(plx_nic_map_pool(nic, pool, 1u << 30), -EINVAL, PLX_R_RESERVED_BITS, "");
	assert_int_equal(nic->n_pools, 0);
	assert_false(plx_nic_reaches(nic, plx_pool_number(wrapped)));
	for (unsigned nth = 1;; nth++) {
		int err;

		failed = false;
		fail_in = nth;
		err = plx_nic_map_pool(nic, pool, PLX_IOMMU_READ);
		fail_in = 0;
		if (!err)
			break;
		expect_error(err, -ENOMEM, PLX_R_NOMEM, "");
		assert_int_equal(nic->n_pools, 0);
		assert_false(plx_nic_reaches(nic, plx_pool_number(pool)));
		assert_true(nth < 100);
	}
	assert_int_equal(nic->n_pools, 1);
	plx_nic_unmap_pools(nic);
	assert_int_equal(plx_pool_destroy(pool) + plx_pool_destroy(wrapped), 0);
	close_port(port);
}

/* The kernel refuses to unmap: the driver forgets the pool, and closing the device frees it. */
static void test_pool_that_stays_mapped(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card,backend=type1");
	struct plx_pool *pool = make_pool();

	(void)state;
	assert_int_equal(plx_nic_map_pool(nic_of(port), pool, PLX_IOMMU_READ), 0);
	plx_test_inject(PLX_TEST_IOCTL, VFIO_IOMMU_UNMAP_DMA, 1, EIO);
	plx_nic_unmap_pools(nic_of(port));
	plx_test_inject(PLX_TEST_IOCTL, 0, 0, 0);
	assert_int_equal(nic_of(port)->n_pools, 0);
	assert_false(plx_nic_reaches(nic_of(port), plx_pool_number(pool)));
	close_port(port);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

/* --- counters and registers --- */

static const struct plx_nic_counter counters[] = {
	{ "crc_errors", REG_CLEARS, 32, false, "frames with a wrong FCS" },
	{ "collisions", REG_HALF, 16, false, "of 16 bits" },
	{ "octets", REG_PAIR, 64, false, "bytes received" },
	{ "missed", REG_KEEPS, 32, true, "that keeps" },
	{ "aborts", REG_KEEPS_HALF, 16, true, "that keeps, of 16 bits" },
	{ NULL, 0, 0, false, NULL },
};

static void test_counters(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct plx_xstat list[8];
	struct plx_xstats x = { .list = list, .room = 8 };
	uint64_t sums[5] = { 0 };
	uint32_t last[5] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		hw_set(REG_CLEARS, 0xfffffff0, 4);
		hw_set(REG_HALF, 0xffff, 2); /* full, and so all ones: it counts */
		hw_set(REG_PAIR, 0x1234567800000001, 8);
		hw_set(REG_KEEPS, 0x70000000u * (unsigned)(i + 1), 4); /* wraps at the third */
		hw_set(REG_KEEPS_HALF, 0x9000u * (unsigned)(i + 1), 2);
		plx_nic_count(nic_of(port), &card_of(port)->regs, counters, sums, last);
	}
	assert_true(sums[0] == 3 * 0xfffffff0ull);
	assert_true(sums[1] == 3 * 0xffffull);
	assert_true(sums[2] == 3 * 0x1234567800000001ull);
	assert_true(sums[3] == 3 * 0x70000000ull);
	assert_true(sums[4] == 3 * 0x9000ull);
	plx_nic_count(nic_of(port), &card_of(port)->regs, counters, sums, last);
	assert_true(sums[0] == 3 * 0xfffffff0ull && sums[3] == 3 * 0x70000000ull);
	plx_nic_add_xstats(&x, counters, sums);
	assert_int_equal(x.n, 5);
	assert_string_equal(list[2].name, "octets");
	assert_true(list[2].value == sums[2]);
	assert_string_equal(list[4].name, "aborts");
	close_port(port);
}

static void test_counters_of_one_that_is_gone(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card,backend=type1");
	uint64_t sums[5] = { 1, 2, 3, 4, 5 };
	const uint64_t before[5] = { 1, 2, 3, 4, 5 };
	uint32_t last[5] = { 0 };

	(void)state;
	plx_sim_kernel_unplug(function_of(port)); /* reads fail: all ones */
	plx_nic_count(nic_of(port), &card_of(port)->regs, counters, sums, last);
	assert_memory_equal(sums, before, sizeof(sums));
	assert_true(plx_nic_is_gone(nic_of(port)));
	close_port(port);
}

static void test_read_reg(void **state)
{
	static const struct plx_reg_desc word = { "STATUS", REG_STATUS, 32, 1, 0, NULL };
	static const struct plx_reg_desc half = { "HALF", REG_KEEPS, 16, 2, 2, NULL };
	static const struct plx_reg_desc byte = { "BYTE", REG_BYTE, 8, 1, 0, NULL };
	struct plx_port *port = open_port("card:pci=sim:card,backend=type1");
	const struct plx_regs *r = &card_of(port)->regs;
	struct plx_nic *nic = nic_of(port);
	uint32_t value;

	(void)state;
	hw_set(REG_KEEPS, 0xabcd1234, 4);
	hw_set(REG_BYTE, 0xffff, 2);
	assert_int_equal(plx_nic_read_reg(nic, r, &word, REG_STATUS, &value), 0);
	assert_int_equal(value, 0x80080783);
	assert_int_equal(plx_nic_read_reg(nic, r, &half, REG_KEEPS, &value), 0);
	assert_int_equal(value, 0x1234);
	assert_int_equal(plx_nic_read_reg(nic, r, &half, REG_KEEPS + 2, &value), 0);
	assert_int_equal(value, 0xabcd);
	assert_int_equal(plx_nic_read_reg(nic, r, &byte, REG_BYTE, &value), 0);
	assert_int_equal(value, 0xff); /* all ones, and it is there */
	plx_sim_kernel_unplug(function_of(port));
	expect_error(plx_nic_read_reg(nic, r, &byte, REG_BYTE, &value), -ENODEV, PLX_R_NO_DEVICE,
		     "removed");
	close_port(port);
}

/* --- interrupts --- */

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* The card interrupts. */
static void interrupt(struct plx_port *port)
{
	plx_sim_lock(function_of(port));
	plx_sim_interrupt(function_of(port), 0);
	plx_sim_unlock(function_of(port));
}

static void wake_and_sleep(const char *spec, enum plx_irq_type type)
{
	struct plx_port *port = open_port(spec);
	struct plx_nic *nic = nic_of(port);
	unsigned fds = count_fds();
	int fd;

	assert_int_equal(plx_nic_irq_on(nic), 0);
	assert_int_equal(nic->irq_type, type);
	fd = nic->irq_fd;
	assert_int_equal(plx_nic_irq_on(nic), 0); /* it is on */
	assert_int_equal(nic->irq_fd, fd);
	assert_false(readable(fd));
	for (int i = 0; i < 3; i++) {
		interrupt(port);
		assert_true(readable(fd));
		assert_int_equal(plx_nic_irq_rearm(nic), 0);
		assert_false(readable(fd));
		assert_int_equal(plx_nic_irq_rearm(nic), 0); /* nothing came */
	}
	plx_nic_irq_off(nic);
	assert_int_equal(nic->irq_fd, -1);
	plx_nic_irq_off(nic);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(plx_nic_irq_on(nic), 0);
	interrupt(port);
	assert_true(readable(nic->irq_fd));
	close_port(port); /* which turns them off */
}

static void test_msi(void **state)
{
	(void)state;
	wake_and_sleep("card:pci=sim:card", PLX_IRQ_MSI);
	wake_and_sleep("card:pci=sim:card,backend=type1", PLX_IRQ_MSI);
}

/* The kernel masks it whenever it fires: that it fires again shows that it was unmasked. */
static void test_intx(void **state)
{
	(void)state;
	wake_and_sleep("card:pci=sim:old-card", PLX_IRQ_INTX);
	wake_and_sleep("card:pci=sim:old-card,backend=iommufd", PLX_IRQ_INTX);
}

/* A card that was not quieted asserts its line still. */
static void test_intx_of_a_loud_card(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:old-card");
	struct plx_nic *nic = nic_of(port);

	(void)state;
	assert_int_equal(plx_nic_irq_on(nic), 0);
	interrupt(port);
	interrupt(port);
	assert_int_equal(plx_nic_irq_rearm(nic), 0);
	assert_true(readable(nic->irq_fd));
	assert_int_equal(plx_nic_irq_rearm(nic), 0);
	assert_false(readable(nic->irq_fd));
	close_port(port);
}

static void wake_for(enum plx_irq_index index, const char *text)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct plx_nic *nic = nic_of(port);

	assert_int_equal(plx_nic_irq_on(nic), 0);
	assert_false(readable(nic->irq_fd));
	raise_event(port, index);
	assert_true(readable(nic->irq_fd));
	expect_error(plx_nic_irq_rearm(nic), -ENODEV, PLX_R_NO_DEVICE, text);
	assert_false(readable(nic->irq_fd));
	expect_error(plx_nic_irq_rearm(nic), -ENODEV, PLX_R_NO_DEVICE, text);
	close_port(port);
}

static void test_events_wake(void **state)
{
	(void)state;
	wake_for(PLX_IRQI_REQ, "wants it back");
	wake_for(PLX_IRQI_ERR, "cannot be corrected");
}

static void test_interrupts_that_are_refused(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card,backend=type1");
	struct plx_nic *nic = nic_of(port);
	unsigned fds = count_fds();

	(void)state;
	plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_SET_IRQS, 1, ENOSPC);
	assert_int_equal(plx_nic_irq_on(nic), -ENOSPC);
	assert_int_equal(plx_last_error()->sys_errno, ENOSPC);
	assert_int_equal(nic->irq_fd, -1);
	assert_int_equal(count_fds(), fds);
	plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_GET_IRQ_INFO, 1, EIO);
	assert_true(plx_nic_irq_on(nic) < 0);
	assert_int_equal(nic->irq_fd, -1);
	assert_int_equal(count_fds(), fds);
	plx_test_inject(PLX_TEST_IOCTL, 0, 0, 0);
	assert_int_equal(plx_nic_irq_on(nic), 0);
	close_port(port);
}

/* One after the other cannot be had: the files that this process may open are limited. */
static void test_interrupts_without_files(void **state)
{
	struct plx_port *port = open_port("card:pci=sim:card");
	struct plx_nic *nic = nic_of(port);
	unsigned fds = count_fds();
	struct rlimit old, limit;
	int next = dup(0);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (unsigned more = 0; more < 2; more++) {
		int err;

		limit = (struct rlimit){ (rlim_t)next + more, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		err = plx_nic_irq_on(nic);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		expect_error(err, -EMFILE, PLX_R_FILE, more ? "file to wait on" : "eventfd");
		assert_int_equal(nic->irq_fd, -1);
		assert_int_equal(count_fds(), fds);
	}
	close_port(port);
}

/* --- closing --- */

/* Whatever is on goes with it, in the card's presence or absence. */
static void close_with_everything(const char *spec, bool unplug)
{
	struct plx_pool *pool = make_pool();
	struct plx_port *port = open_port(spec);

	assert_int_equal(plx_nic_map_pool(nic_of(port), pool, PLX_IOMMU_READ), 0);
	assert_int_equal(plx_nic_irq_on(nic_of(port)), 0);
	if (unplug)
		plx_sim_kernel_unplug(function_of(port));
	close_port(port);
	assert_int_equal(plx_pool_destroy(pool), 0);
}

static void test_close(void **state)
{
	unsigned fds;

	(void)state;
	close_with_everything("card:pci=sim:card", false);
	close_with_everything("card:pci=sim:card,backend=type1", false);
	close_with_everything("card:pci=sim:card,backend=iommufd", false);
	fds = count_fds();
	for (int i = 0; i < 3; i++) {
		close_with_everything("card:pci=sim:card", false);
		close_with_everything("card:pci=sim:card,backend=type1", i & 1);
		close_with_everything("card:pci=sim:card,backend=iommufd", i & 1);
	}
	assert_int_equal(count_fds(), fds);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_same_function),
		TEST(test_functions_that_do_not_open),
		TEST(test_open_without_memory),
		TEST(test_removed),
		TEST(test_wanted_back),
		TEST(test_dead),
		TEST(test_faults_are_no_end),
		TEST(test_config_space_answers),
		TEST(test_status_looks_seldom),
		TEST(test_waits),
		TEST(test_wait_has_a_deadline),
		TEST(test_wait_for_one_that_is_gone),
		TEST(test_pools),
		TEST(test_no_master_while_stopped),
		TEST(test_no_master_of_one_that_is_gone),
		TEST(test_pool_that_is_mapped_again),
		TEST(test_bad_pools),
		TEST(test_pool_that_stays_mapped),
		TEST(test_counters),
		TEST(test_counters_of_one_that_is_gone),
		TEST(test_read_reg),
		TEST(test_msi),
		TEST(test_intx),
		TEST(test_intx_of_a_loud_card),
		TEST(test_events_wake),
		TEST(test_interrupts_that_are_refused),
		TEST(test_interrupts_without_files),
		TEST(test_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
