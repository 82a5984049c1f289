/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seam of simulated functions' models, over each backend: a toy with BARs of its own, whose DMA
 * is made by registers and by a thread, and one that listens to the memory that it reaches.
 */
#define _GNU_SOURCE
#include "devlab.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/error.h"
#include "sim/model.h"

/* Registers of the toy: of BAR 1; BAR 3 is ports, of which each read counts. */
enum { TOY_IOVA = 0, TOY_VALUE = 8, TOY_STORE = 12, TOY_LAST = 16 };

#define TOY_MAPS 64

struct toy {
	uint32_t magic; /* what it was added with */
	unsigned resets;
	uint16_t command;
	uint64_t iova;
	uint32_t value, moved, ins;
};

/* What the models' functions were told, of whatever function. */
static struct {
	unsigned created, destroyed;
	int refuse; /* create() fails so */
	struct plx_sim_map maps[TOY_MAPS];
	unsigned n_maps, all_maps;
	unsigned fail_in; /* the n-th map() from now on fails; 0: none */
	unsigned wrong;   /* map() and unmap() that should not be; a domain is locked in them */
} seen;

static int toy_create(struct plx_sim_function *f, void *arg)
{
	struct toy *t = plx_sim_state(f);

	assert_int_equal(t->magic, 0);
	if (seen.refuse)
		return plx_fail(seen.refuse, PLX_R_NOMEM, "toy", "the toy is broken");
	t->magic = *(uint32_t *)arg;
	seen.created++;
	return 0;
}

static void toy_destroy(struct plx_sim_function *f)
{
	(void)f;
	seen.destroyed++;
}

static void toy_reset(struct plx_sim_function *f)
{
	struct toy *t = plx_sim_state(f);

	assert_int_equal(plx_sim_bar(f, 1)[0], 0);
	t->resets++;
	t->value = 0;
}

static void toy_command(struct plx_sim_function *f, uint16_t command)
{
	struct toy *t = plx_sim_state(f);

	t->command = command;
	assert_int_equal(command, plx_sim_command(f));
}

static void toy_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
		     uint32_t len)
{
	struct toy *t = plx_sim_state(f);
	uint32_t v = bar == 3 ? ++t->ins : off == TOY_VALUE ? t->value : t->moved;

	assert_true(bar != 3 || len <= 4);
	memset(buf, 0, len);
	memcpy(buf, &v, len < sizeof(v) ? len : sizeof(v));
}

/* STORE has it write VALUE to memory, and interrupt. */
static void toy_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
		      uint32_t len)
{
	struct toy *t = plx_sim_state(f);

	if (bar == 1 && off == TOY_IOVA && len == 8)
		memcpy(&t->iova, buf, len);
	if (bar == 1 && off == TOY_VALUE && len == 4)
		memcpy(&t->value, buf, len);
	if (bar == 1 && off == TOY_STORE) {
		t->moved = (uint32_t)plx_sim_dma(f, t->iova, sizeof(t->value), true, &t->value);
		plx_sim_interrupt(f, 0);
	}
}

static int toy_map(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	(void)f;
	seen.wrong += seen.n_maps == TOY_MAPS || (m->iova | m->len | m->va) & (PAGE - 1);
	if (seen.fail_in && !--seen.fail_in)
		return -ENOLINK;
	seen.maps[seen.n_maps++ % TOY_MAPS] = *m;
	seen.all_maps++;
	return 0;
}

/* Each is taken back as it was told, and its memory can be written until then. */
static void toy_unmap(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	unsigned i = 0;

	(void)f;
	while (i < seen.n_maps && (seen.maps[i].iova != m->iova || seen.maps[i].len != m->len ||
				   seen.maps[i].va != m->va))
		i++;
	if (i == seen.n_maps) {
		seen.wrong++;
		return;
	}
	seen.maps[i] = seen.maps[--seen.n_maps];
	memset((void *)(uintptr_t)m->va, 0x5a, 1);
}

#define TOY_BARS                                                         \
	.bars = {                                                        \
		[1] = { 0xe0000000, 0x2000, PLX_SIM_BAR_MEMORY, false }, \
		[3] = { 0xc100, 64, PLX_SIM_BAR_IO, false },             \
		[4] = { 0xe0010000, 0x4000, PLX_SIM_BAR_MEMORY, true },  \
	}

#define TOY_FUNCTIONS                                                                   \
	.state_size = sizeof(struct toy), .create = toy_create, .destroy = toy_destroy, \
	.reset = toy_reset, .command = toy_command, .read = toy_read, .write = toy_write

/* Conventional PCI, and PCI Express. */
static const struct plx_sim_model toy = {
	.name = "toy",
	.vendor = 0x1234,
	.device = 0x0001,
	.subsystem_vendor = 0x1235,
	.subsystem_device = 0x0002,
	.class_code = 0x020000,
	TOY_BARS,
	.msi = 1,
	TOY_FUNCTIONS,
};
static const struct plx_sim_model express = {
	.name = "express",
	.vendor = 0x1234,
	.device = 0x0003,
	TOY_BARS,
	.msix = 5,
	.msix_bar = 4,
	.can_reset = true,
	TOY_FUNCTIONS,
};
static const struct plx_sim_model listener = {
	.name = "listener",
	.vendor = 0x1234,
	.device = 0x0004,
	TOY_BARS,
	TOY_FUNCTIONS,
	.map = toy_map,
	.unmap = toy_unmap,
};
/* No functions at all: memory, which is the room's. */
static const struct plx_sim_model plain = { .name = "plain", .device = 5, TOY_BARS };

static uint32_t magic = 0x70707070;

static int setup(void **state)
{
	memset(&seen, 0, sizeof(seen));
	devlab_setup(state);
	assert_int_equal(plx_sim_model_add(&toy, &magic), 0);
	assert_int_equal(plx_sim_model_add(&listener, &magic), 0);
	assert_int_equal(plx_sim_model_add(&express, &magic), 0);
	return 0;
}

static int teardown(void **state)
{
	devlab_teardown(state);
	assert_int_equal(seen.created, seen.destroyed);
	assert_int_equal(seen.n_maps, 0);
	assert_int_equal(seen.wrong, 0);
	plx_sim_model_remove(&toy);
	plx_sim_model_remove(&listener);
	plx_sim_model_remove(&express);
	plx_sim_model_remove(&plain);
	return 0;
}

static struct toy *toy_of(struct plx_dev *dev)
{
	return plx_sim_state(plx_dev_sim(dev));
}

static struct plx_dev *open_toy(const char *name)
{
	devlab.dev = devlab_open_master(name, NULL);
	return devlab.dev;
}

/* --- the table --- */

static void test_models(void **state)
{
	static const struct plx_sim_model bad[] = {
		{ .name = "" },
		{ .name = "to_y" },
		{ .name = "fourteen-chars" },
		{ .name = "msi", .msi = 3 },
		{ .name = "msi", .msi = 32 },
		{ .name = "msix", .msix = 17 },
		{ .name = "msix", .msix = 1 }, /* without a BAR */
		{ .name = "msix", TOY_BARS, .msix = 1, .msix_bar = 3 },
		{ .name = "msix", TOY_BARS, .msix = 1, .msix_bar = 6 },
	};
	struct plx_sim_model many[PLX_SIM_MODELS];
	char names[PLX_SIM_MODELS][PLX_SIM_MODEL_NAME + 1];
	unsigned n = 0;
	void *arg = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(plx_sim_model_add(&bad[i], NULL), -EINVAL);
		assert_int_equal(plx_last_error()->reason, PLX_R_BAD_VALUE);
	}
	assert_int_equal(plx_sim_model_add(&toy, NULL), -EEXIST);
	assert_int_equal(plx_last_error()->reason, PLX_R_ALREADY);
	for (; n < PLX_SIM_MODELS; n++) {
		snprintf(names[n], sizeof(names[n]), "model-%u", n);
		many[n] = (struct plx_sim_model){ .name = names[n] };
		if (plx_sim_model_add(&many[n], NULL))
			break;
	}
	assert_int_equal(n, PLX_SIM_MODELS - 4); /* the dummy and setup()'s */
	assert_int_equal(plx_last_error()->err, -ENOSPC);
	while (n--)
		plx_sim_model_remove(&many[n]);
	plx_sim_model_remove(&plain); /* which is not there: nothing */
	assert_ptr_equal(plx_sim_model_find("toys", 3, &arg), &toy);
	assert_ptr_equal(arg, &magic);
	assert_null(plx_sim_model_find("toys", 4, &arg));
}

/* Sentences say what there is. */
static void test_names(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };

	(void)state;
	assert_int_equal(devlab_open_fails("sim:toyy", &opts), -ENODEV);
	assert_non_null(strstr(plx_last_error()->text, "sim:dummy, sim:toy, sim:listener"));
	assert_int_equal(devlab_open_fails("sim:toy,size=2", &opts), -EINVAL);
	assert_non_null(strstr(plx_last_error()->text, "sim:toy has no option 'size'"));
	seen.refuse = -ENOMEM;
	assert_int_equal(devlab_open_fails("sim:toy", &opts), -ENOMEM);
	assert_non_null(strstr(plx_last_error()->text, "the toy is broken"));
}

/* The same id of two models: two functions. The same of one: one. */
static void test_two_models(void **state)
{
	struct plx_dev *other, *same;
	struct plx_dev_info a, b;

	(void)state;
	open_toy("sim:toy,id=3");
	other = devlab_open("sim:listener,id=3", NULL);
	assert_int_equal(seen.created, 2);
	assert_ptr_not_equal(plx_dev_sim(other), plx_dev_sim(devlab.dev));
	assert_works(plx_dev_info(devlab.dev, &a));
	assert_works(plx_dev_info(other, &b));
	assert_string_equal(a.name, "sim:toy,id=3");
	assert_string_equal(b.name, "sim:listener,id=3");
	assert_int_equal(a.device, 1);
	assert_int_equal(b.device, 4);
	assert_works(plx_dev_close(other));
	assert_int_equal(seen.destroyed, 1);
	if (lab.backend == PLX_BACKEND_IOMMUFD) /* which opens a device once */
		return;
	same = devlab_open("sim:toy,id=3", NULL);
	assert_ptr_equal(plx_dev_sim(same), plx_dev_sim(devlab.dev));
	assert_works(plx_dev_close(same));
	assert_int_equal(seen.destroyed, 1);
}

/* --- what a function is --- */

static unsigned irqs(enum plx_irq_type type)
{
	unsigned n = 99;

	assert_works(plx_irq_count(devlab.dev, type, &n));
	return n;
}

/* Conventional PCI has neither a reset nor extended capabilities nor error interrupts. */
static void test_conventional(void **state)
{
	struct plx_dev_info info;
	uint16_t ext;
	uint8_t off;

	(void)state;
	open_toy("sim:toy");
	assert_works(plx_dev_info(devlab.dev, &info));
	assert_true(info.vendor == 0x1234 && info.device == 1 && info.subsystem_vendor == 0x1235 &&
		    info.subsystem_device == 2 && info.class_code == 0x020000);
	assert_false(info.can_reset);
	assert_int_equal(plx_dev_reset(devlab.dev), -ENOTSUP);
	assert_int_equal(irqs(PLX_IRQ_INTX), 1);
	assert_int_equal(irqs(PLX_IRQ_MSI), 1);
	assert_int_equal(irqs(PLX_IRQ_MSIX), 0);
	assert_int_equal(plx_sim_function_irqs(plx_dev_sim(devlab.dev), PLX_IRQI_ERR), 0);
	assert_int_equal(plx_sim_function_irqs(plx_dev_sim(devlab.dev), PLX_IRQI_REQ), 1);
	assert_works(plx_pci_find_cap(devlab.dev, 0x01, &off));
	assert_works(plx_pci_find_cap(devlab.dev, 0x05, &off));
	assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, off + 2, 2), 0x80);
	assert_int_equal(plx_pci_find_cap(devlab.dev, 0x11, &off), -ENOENT);
	assert_int_equal(plx_pci_find_cap(devlab.dev, 0x10, &off), -ENOENT);
	assert_int_equal(plx_pci_find_ext_cap(devlab.dev, 0x03, &ext), -ENOENT);
	assert_int_equal(devlab.dev->regions[PLX_REGION_CONFIG].size, 256);
}

static void test_express(void **state)
{
	struct plx_bar bar;
	uint16_t ext;
	uint8_t off;

	(void)state;
	open_toy("sim:express");
	assert_int_equal(irqs(PLX_IRQ_MSI), 0);
	assert_int_equal(irqs(PLX_IRQ_MSIX), 5);
	assert_int_equal(plx_sim_function_irqs(plx_dev_sim(devlab.dev), PLX_IRQI_ERR), 1);
	assert_int_equal(plx_pci_find_cap(devlab.dev, 0x05, &off), -ENOENT);
	assert_works(plx_pci_find_cap(devlab.dev, 0x11, &off));
	assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, off + 2, 2), 4);
	assert_int_equal(devlab_read(devlab.dev, PLX_REGION_CONFIG, off + 4, 4), 4);
	assert_works(plx_pci_find_ext_cap(devlab.dev, 0x03, &ext));
	/* The table's five entries are hidden, what follows is the model's. */
	assert_int_equal(devlab_read32(devlab.dev, 4, 5 * 16 - 4), UINT32_MAX);
	assert_int_equal(devlab_read32(devlab.dev, 4, 5 * 16), 0);
	assert_works(plx_dev_bar(devlab.dev, 0, &bar));
	assert_int_equal(bar.size, 0);
	assert_works(plx_dev_bar(devlab.dev, 1, &bar));
	assert_true(bar.phys == 0xe0000000 && bar.size == 0x2000);
}

/* Without functions of its own a model has memory that keeps what is written. */
static void test_plain(void **state)
{
	(void)state;
	assert_int_equal(plx_sim_model_add(&plain, NULL), 0);
	open_toy("sim:plain");
	devlab_write32(devlab.dev, 1, 0x100, 0x12345678);
	assert_int_equal(devlab_read32(devlab.dev, 1, 0x100), 0x12345678);
	assert_int_equal(devlab_read(devlab.dev, 1, 0x102, 2), 0x1234);
	devlab_write32(devlab.dev, 3, 0x20, 0xabcdef01);
	assert_int_equal(devlab_read(devlab.dev, 3, 0x21, 1), 0xef);
}

/* --- its life --- */

static void test_life(void **state)
{
	struct toy *t;
	unsigned resets;

	(void)state;
	open_toy("sim:express");
	t = toy_of(devlab.dev);
	assert_int_equal(t->magic, magic);
	assert_int_equal(t->command, 7); /* decoded, and a bus master */
	assert_int_equal(devlab_read(devlab.dev, 3, 0, 4), 1);
	assert_int_equal(devlab_read(devlab.dev, 3, 1, 1), 2);
	devlab_write32(devlab.dev, 1, TOY_VALUE, 5);
	resets = t->resets;
	assert_works(plx_dev_reset(devlab.dev));
	assert_int_equal(t->resets, resets + 1);
	assert_int_equal(devlab_read32(devlab.dev, 1, TOY_VALUE), 0);
	assert_int_equal(t->command, 7); /* the kernel restores it */
	devlab_attributes(devlab.dev, false);
	assert_int_equal(t->command, 3);
	assert_int_equal(seen.destroyed, 0);
	assert_works(plx_dev_close(devlab.dev));
	devlab.dev = NULL;
	assert_int_equal(seen.destroyed, 1);
}

/* --- DMA --- */

static void in_domain(const char *name)
{
	lab.io = devlab_iommu();
	devlab.d = devlab_domain(lab.io);
	devlab.dev = devlab_open_master(name, devlab.d);
}

/* What the toy stored at @iova; 4, or fewer where it was blocked. */
static uint32_t store(uint64_t iova, uint32_t value)
{
	devlab_write(devlab.dev, 1, TOY_IOVA, 8, iova);
	devlab_write32(devlab.dev, 1, TOY_VALUE, value);
	devlab_write32(devlab.dev, 1, TOY_STORE, 1);
	return devlab_read32(devlab.dev, 1, TOY_LAST);
}

static void test_dma(void **state)
{
	struct plx_dev_stats stats;
	struct plx_event ev[4];
	uint64_t iova, readonly;
	int fd = eventfd(0, EFD_NONBLOCK);
	unsigned n;

	(void)state;
	in_domain("sim:toy");
	assert_works(plx_irq_enable(devlab.dev, PLX_IRQ_MSI, &fd, 1));
	iova = devlab_map(0, 1, RW);
	readonly = devlab_map(1, 1, RO);
	assert_int_equal(store(iova, 0x11223344), 4);
	assert_int_equal(*(uint32_t *)(void *)lab.mem, 0x11223344);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0), 1);
	assert_int_equal(store(readonly, 1), 0);
	assert_int_equal(store(iova + PAGE - 2, 0x55667788), 2); /* across the end */
	assert_works(plx_dev_events(devlab.dev, ev, 4, &n));
	assert_int_equal(n, 2);
	assert_true(ev[0].type == PLX_EVENT_DMA_FAULT && ev[0].iova == readonly);
	assert_true(ev[1].type == PLX_EVENT_DMA_FAULT && ev[1].iova == iova + PAGE);
	/* No bus master, no request that an IOMMU could see. */
	devlab_attributes(devlab.dev, false);
	assert_int_equal(store(iova, 2), 0);
	assert_works(plx_dev_stats(devlab.dev, &stats));
	assert_int_equal(stats.dma_faults, 2);
	assert_works(plx_irq_disable(devlab.dev));
	close(fd);
}

struct writer {
	struct plx_sim_function *f;
	uint64_t iova;
	_Atomic bool stop;
	_Atomic unsigned moved, blocked;
};

/* A device that goes on by itself. */
static void *write_on(void *arg)
{
	struct writer *w = arg;

	while (!atomic_load(&w->stop)) {
		const uint64_t v = 0xfeedfeedfeedfeedull;

		plx_sim_lock(w->f);
		if (plx_sim_dma(w->f, w->iova, sizeof(v), true, (void *)(uintptr_t)&v) == sizeof(v))
			w->moved++;
		else
			w->blocked++;
		plx_sim_unlock(w->f);
	}
	return NULL;
}

static void await(_Atomic unsigned *count)
{
	for (unsigned from = atomic_load(count), i = 0; atomic_load(count) == from; i++) {
		assert_true(i < 10000);
		usleep(1000);
	}
}

/* Memory that was unmapped is not written to, nor by no bus master, nor that of a domain left. */
static void test_dma_by_a_thread(void **state)
{
	struct writer w = { .stop = false };
	struct plx_dev *own;
	pthread_t thread;

	(void)state;
	in_domain("sim:toy");
	w.f = plx_dev_sim(devlab.dev);
	w.iova = devlab_map(0, 1, RW);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	await(&w.moved);
	assert_works(plx_iommu_unmap(devlab.d, w.iova, 1));
	memset(lab.mem, 0, PAGE);
	await(&w.blocked);
	assert_int_equal(*(uint64_t *)(void *)lab.mem, 0);
	assert_int_equal(devlab_map(0, 1, RW), w.iova);
	await(&w.moved);
	devlab_attributes(devlab.dev, false);
	memset(lab.mem, 0, PAGE);
	await(&w.blocked);
	assert_int_equal(*(uint64_t *)(void *)lab.mem, 0);
	devlab_attributes(devlab.dev, true);
	await(&w.moved);
	assert_works(plx_domain_unmap_all(devlab.d));
	assert_works(plx_domain_detach(devlab.d, devlab.dev));
	memset(lab.mem, 0, PAGE);
	await(&w.blocked);
	assert_int_equal(*(uint64_t *)(void *)lab.mem, 0);
	own = devlab.dev;
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	assert_ptr_equal(plx_dev_sim(own), w.f);
}

/* Domains come and go under it. */
static void test_detach_under_dma(void **state)
{
	struct writer w = { .iova = 0x10000 };
	const struct plx_phys p = lab_pages(0, 1);
	uint64_t iova;
	pthread_t thread;

	(void)state;
	in_domain("sim:toy");
	w.f = plx_dev_sim(devlab.dev);
	assert_works(plx_domain_detach(devlab.d, devlab.dev));
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	for (unsigned i = 0; i < 200; i++) {
		struct plx_domain *d = devlab_domain(lab.io);

		assert_works(plx_domain_attach(d, devlab.dev));
		assert_works(plx_iommu_map(d, RW, &p, &w.iova, NULL, NULL, &iova));
		if (i % 16 == 0) {
			devlab_attributes(devlab.dev, true);
			await(&w.moved);
		}
		assert_works(plx_iommu_unmap(d, iova, 1));
		assert_works(plx_domain_detach(d, devlab.dev));
		assert_works(plx_domain_delete(d));
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
}

/* --- models that listen: of the IOMMU in memory --- */

#define SKIP_KERNEL()                               \
	do {                                        \
		if (lab.backend != PLX_BACKEND_SIM) \
			skip();                     \
	} while (0)

static bool told(uint64_t iova, uint64_t len, const void *va, uint32_t perms)
{
	for (unsigned i = 0; i < seen.n_maps; i++)
		if (seen.maps[i].iova == iova && seen.maps[i].len == len &&
		    seen.maps[i].va == (uintptr_t)va && seen.maps[i].perms == perms)
			return true;
	return false;
}

static void test_listens(void **state)
{
	uint64_t before, after;

	(void)state;
	SKIP_KERNEL();
	in_domain("sim:toy"); /* which does not listen */
	before = devlab_map(0, 3, RW);
	assert_int_equal(seen.n_maps, 0);
	assert_works(plx_dev_close(devlab.dev));
	devlab.dev = devlab_open_master("sim:listener", devlab.d);
	assert_int_equal(seen.n_maps, 1);
	assert_true(told(before, 3 * PAGE, lab.mem, PLX_SIM_READ | PLX_SIM_WRITE));
	after = devlab_map(8, 1, RO);
	assert_int_equal(seen.n_maps, 2);
	assert_true(told(after, PAGE, lab.mem + 8 * PAGE, PLX_SIM_READ));
	assert_works(plx_iommu_unmap(devlab.d, before, 3));
	assert_int_equal(seen.n_maps, 1);
	assert_works(plx_domain_detach(devlab.d, devlab.dev));
	assert_int_equal(seen.n_maps, 0);
	assert_works(plx_domain_attach(devlab.d, devlab.dev));
	assert_int_equal(seen.n_maps, 1);
	assert_works(plx_domain_unmap_all(devlab.d));
	assert_int_equal(seen.n_maps, 0);
}

/* Two handles of a function hear once; two functions, each. */
static void test_listeners(void **state)
{
	struct plx_dev *same, *other;

	(void)state;
	SKIP_KERNEL();
	in_domain("sim:listener");
	devlab_map(0, 1, RW);
	same = devlab_open("sim:listener", devlab.d);
	assert_int_equal(seen.n_maps, 1);
	other = devlab_open("sim:listener,id=1", devlab.d);
	assert_int_equal(seen.n_maps, 2);
	devlab_map(1, 1, RW);
	assert_int_equal(seen.n_maps, 4);
	assert_works(plx_dev_close(same));
	assert_int_equal(seen.n_maps, 4);
	assert_works(plx_dev_close(other));
	assert_int_equal(seen.n_maps, 2);
	assert_int_equal(seen.all_maps, 4);
}

/* The n-th of all that it is told is refused: nothing of the call remains. */
static void test_refused_mappings(void **state)
{
	struct plx_phys p = lab_pages(0, 1);
	struct plx_dev *other;
	uint64_t iova = 1;

	(void)state;
	SKIP_KERNEL();
	in_domain("sim:listener");
	other = devlab_open("sim:listener,id=1", devlab.d);
	for (unsigned n = 1; n <= 2; n++) {
		seen.fail_in = n;
		assert_int_equal(plx_iommu_map(devlab.d, RW, &p, NULL, NULL, NULL, &iova),
				 -ENOLINK);
		assert_non_null(strstr(plx_last_error()->text, "refuses memory at 0x"));
		assert_int_equal(seen.n_maps, 0);
		assert_int_equal(lab_mappings(devlab.d), 0);
	}
	iova = devlab_map(0, 1, RW);
	assert_int_equal(store(iova, 1), 4);
	devlab_map(2, 1, RW);
	devlab_map(4, 1, RW);
	assert_works(plx_domain_detach(devlab.d, other));
	assert_int_equal(seen.n_maps, 3);
	for (unsigned n = 1; n <= 3; n++) {
		seen.fail_in = n;
		assert_int_equal(plx_domain_attach(devlab.d, other), -ENOLINK);
		assert_int_equal(seen.n_maps, 3);
	}
	assert_works(plx_domain_attach(devlab.d, other));
	assert_int_equal(seen.n_maps, 6);
	assert_works(plx_dev_close(other));
}

#undef RULE
#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
	RULE(test_models),
	RULE(test_names),
	RULE(test_two_models),
	RULE(test_conventional),
	RULE(test_express),
	RULE(test_plain),
	RULE(test_life),
	RULE(test_dma),
	RULE(test_dma_by_a_thread),
	RULE(test_detach_under_dma),
	RULE(test_listens),
	RULE(test_listeners),
	RULE(test_refused_mappings),
};

LAB_MAIN(tests)
