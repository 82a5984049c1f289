/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model of sim:dummy itself (11.1 of the DDI contract), below any transport.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include <pollux/error.h>

#include "sim/model.h"

#define CONFIG 7
enum { INTX, MSI, MSIX };

static struct plx_sim_function *f;
/* What the function's DMA reaches: pages 1 and 2, the second read-only. */
static uint8_t memory[2][4096];

static uint64_t access_memory(void *arg, uint64_t iova, uint64_t len, bool write, void *buf)
{
	uint64_t done = 0;

	assert_ptr_equal(arg, memory);
	for (; done < len; done++) {
		uint64_t at = iova + done, page = at >> 12;

		if (page < 1 || page > 2 || (write && page == 2))
			break;
		if (write)
			memory[page - 1][at & 4095] = ((uint8_t *)buf)[done];
		else
			((uint8_t *)buf)[done] = memory[page - 1][at & 4095];
	}
	return done;
}

static const struct plx_sim_bus bus = { access_memory, memory };

static int setup(void **state)
{
	const struct plx_sim_spec spec = { &plx_sim_dummy, .group = -1, .address_width = 39 };

	(void)state;
	assert_int_equal(plx_sim_function_create(NULL, &spec, &f), 0);
	plx_sim_function_open(f, &bus);
	for (unsigned i = 0; i < sizeof(memory); i++)
		memory[i >> 12][i & 4095] = (uint8_t)(i * 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plx_sim_function_close(f);
	plx_sim_function_destroy(f);
	return 0;
}

static uint64_t rd(unsigned region, uint64_t off, unsigned len)
{
	uint64_t v = 0;

	assert_int_equal(plx_sim_function_read(f, region, off, &v, len), len);
	return v;
}

static void wr(unsigned region, uint64_t off, unsigned len, uint64_t v)
{
	assert_int_equal(plx_sim_function_write(f, region, off, &v, len), len);
}

static void bus_master(bool on)
{
	wr(CONFIG, 4, 2, (rd(CONFIG, 4, 2) & ~4ull) | (on ? 4 : 0));
}

static uint32_t command(uint64_t iova, uint32_t len, uint32_t offset, uint32_t what)
{
	wr(0, 0x08, 8, iova);
	wr(0, 0x10, 4, len);
	wr(0, 0x14, 4, offset);
	wr(0, 0x18, 4, what);
	return (uint32_t)rd(0, 0x1c, 4);
}

static void test_parse(void **state)
{
	static const struct {
		const char *name;
		int err;
		unsigned reason;
	} bad[] = {
		{ "sim:dummx", -ENODEV, PLX_R_NO_DRIVER },
		{ "sim:", -ENODEV, PLX_R_NO_DRIVER },
		{ "dummy", -EINVAL, PLX_R_BAD_VALUE },
		{ "", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,", -EINVAL, PLX_R_BAD_KEY },
		{ "sim:dummy,idx=1", -EINVAL, PLX_R_BAD_KEY },
		{ "sim:dummy,id", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,id=", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,id=-1", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,id=4294967296", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,group=2147483648", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,aperture=12", -EINVAL, PLX_R_BAD_VALUE },
		{ "sim:dummy,aperture=53", -EINVAL, PLX_R_BAD_VALUE },
	};
	struct plx_sim_spec spec;

	(void)state;
	assert_int_equal(plx_sim_parse("sim:dummy", &spec), 0);
	assert_int_equal(spec.id, 0);
	assert_int_equal(spec.group, -1);
	assert_int_equal(spec.address_width, 39);
	assert_int_equal(plx_sim_parse("sim:dummy,aperture=48,group=0,id=4294967295", &spec), 0);
	assert_int_equal(spec.id, 4294967295u);
	assert_int_equal(spec.group, 0);
	assert_int_equal(spec.address_width, 48);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(plx_sim_parse(bad[i].name, &spec), bad[i].err);
		assert_int_equal(plx_last_error()->reason, bad[i].reason);
	}
}

static void test_facts(void **state)
{
	const struct plx_sim_spec spec = { &plx_sim_dummy, .id = 5, .group = 3,
					   .address_width = 40 };
	struct plx_sim_function *a, *b, *c;
	struct plx_sim_facts x, y, z;

	(void)state;
	assert_int_equal(plx_sim_function_create(&a, &spec, &a), 0);
	assert_int_equal(plx_sim_function_create(&a, &spec, &b), 0);
	assert_int_equal(plx_sim_function_create(&b, &spec, &c), 0);
	plx_sim_function_facts(a, &x);
	plx_sim_function_facts(b, &y);
	plx_sim_function_facts(c, &z);
	assert_string_equal(x.name, "sim:dummy,id=5");
	assert_int_equal(x.vendor, 0x1b36);
	assert_int_equal(x.device, 0x706c);
	assert_int_equal(x.address_width, 40);
	assert_int_equal(x.bars[4].address, 0xd0000000);
	assert_int_equal(x.bars[4].flags, 0x2200);
	assert_int_equal(x.bars[3].size, 0);
	assert_int_equal(x.group, y.group);
	assert_int_not_equal(x.group, z.group); /* of another owner */
	assert_int_not_equal(x.cdev, y.cdev);
	assert_string_not_equal(x.address, y.address);
	plx_sim_function_destroy(a);
	plx_sim_function_destroy(b);
	plx_sim_function_destroy(c);
}

static void test_config(void **state)
{
	static const uint32_t sizes[] = { 0xfffe0000, 0xffffff00, 0xffffff01,
					  0,          0xffff0008, 0xffffc000 };
	static const uint32_t at[] = { 0xfe000000, 0xfe020000, 0xc001, 0, 0xd0000008, 0xfe030000 };
	unsigned caps = 0, off;

	(void)state;
	assert_int_equal(rd(CONFIG, 0, 4), 0x706c1b36);
	assert_int_equal(rd(CONFIG, 4, 2), 3);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(rd(CONFIG, 0x10 + 4 * i, 4), at[i]);
		wr(CONFIG, 0x10 + 4 * i, 4, 0xffffffff);
		assert_int_equal(rd(CONFIG, 0x10 + 4 * i, 4), sizes[i]);
		wr(CONFIG, 0x10 + 4 * i, 4, at[i]);
		assert_int_equal(rd(CONFIG, 0x10 + 4 * i, 4), at[i]);
	}
	wr(CONFIG, 0, 4, 0); /* read only */
	assert_int_equal(rd(CONFIG, 0, 4), 0x706c1b36);
	for (off = (unsigned)rd(CONFIG, 0x34, 1); off; off = (unsigned)rd(CONFIG, off + 1, 1))
		caps |= 1u << rd(CONFIG, off, 1);
	assert_int_equal(caps, 1u << 1 | 1u << 5 | 1u << 0x11 | 1u << 0x10);
	assert_int_equal(rd(CONFIG, 0x100, 2), 1);
	assert_int_equal(rd(CONFIG, 0x148, 4), 0x10003);
	assert_int_equal(rd(CONFIG, 0xfff, 1), 0);
}

static void test_edges(void **state)
{
	uint8_t buf[8];

	(void)state;
	assert_int_equal(plx_sim_function_read(f, CONFIG, 4094, buf, 4), 2);
	assert_int_equal(plx_sim_function_read(f, CONFIG, 4096, buf, 4), -EINVAL);
	assert_int_equal(plx_sim_function_read(f, 1, 0xfc, buf, 8), 4);
	assert_int_equal(plx_sim_function_read(f, 3, 0, buf, 4), -EINVAL);
	assert_int_equal(plx_sim_function_read(f, 6, 0, buf, 4), -EINVAL);
	assert_int_equal(plx_sim_function_read(f, 8, 0, buf, 4), -EINVAL);
	assert_int_equal(plx_sim_function_write(f, 0, UINT64_MAX, buf, 4), -EINVAL);
	/* Memory decode, and D3 */
	wr(CONFIG, 4, 2, 1);
	assert_int_equal(plx_sim_function_read(f, 0, 0, buf, 4), -EIO);
	wr(CONFIG, 4, 2, 3);
	assert_int_equal(rd(0, 0, 4), 0x706c7801);
	wr(CONFIG, 0x44, 2, 3);
	assert_int_equal(plx_sim_function_write(f, 0, 0, buf, 4), -EIO);
	wr(CONFIG, 0x44, 2, 0);
	/* The MSI-X table is hidden, what is behind it is not. */
	wr(5, 0xfe, 4, 0x12345678);
	assert_int_equal(rd(5, 0xfe, 4), 0x1234ffff);
}

static void test_ports(void **state)
{
	(void)state;
	wr(2, 0x10, 4, 0x11223344);
	assert_int_equal(rd(2, 0x12, 2), 0x1122);
	for (unsigned i = 1; i <= 300; i++)
		assert_int_equal(rd(2, 0x40, 1), i & 0xff);
	wr(2, 0x40, 2, 7);
	assert_int_equal(rd(2, 0x40, 4), 302);
	assert_int_equal(rd(2, 0x41, 1), 0); /* the other half of the write */
	rd(2, 0x3f, 2);                      /* two accesses, one of them to 0x40 */
	assert_int_equal(rd(2, 0x40, 2), 304);
	wr(CONFIG, 4, 2, 2); /* nobody answers */
	assert_int_equal(rd(2, 0x40, 2), 0xffff);
	wr(CONFIG, 4, 2, 3);
	assert_int_equal(rd(2, 0x40, 2), 305);
}

static void test_dma(void **state)
{
	uint8_t was[2][4096];

	(void)state;
	memcpy(was, memory, sizeof(was));
	assert_int_equal(command(0x1000, 16, 0, 1), 3);
	bus_master(true);
	assert_int_equal(command(0x1000, 4097, 0, 1), 2);
	assert_int_equal(command(0x1000, 16, 65521, 1), 2);
	assert_int_equal(command(0x1000, 16, UINT32_MAX, 1), 2);
	assert_int_equal(command(0x1000, 16, 0, 0), 2);
	assert_int_equal(command(0x1000, 16, 0, 3), 2);
	assert_int_equal(rd(0, 0x20, 4), 0);
	/* Out of the buffer, into it, out again. */
	assert_int_equal(command(0x1004, 100, 300, 2), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(memory[0][4 + i], (300 + i) % 251);
	memcpy(memory, was, sizeof(was));
	assert_int_equal(command(0x1ff0, 32, 65504, 1), 0);
	assert_int_equal(command(0x1100, 32, 65504, 2), 0);
	assert_memory_equal(&memory[0][0x100], &was[0][0xff0], 32);
	assert_int_equal(command(0x1000, 0, 65536, 2), 0);
}

static void test_blocked(void **state)
{
	struct plx_sim_fault faults[100];

	(void)state;
	bus_master(true);
	/* The second page may not be written; the first one is done. */
	assert_int_equal(command(0x1ff0, 32, 251, 2), 1);
	assert_int_equal(memory[0][4095], 15);
	assert_int_equal(memory[1][0], (uint8_t)(4096 * 7));
	assert_int_equal(rd(0, 0x20, 4), 1);
	assert_int_equal(rd(0, 0x28, 8), 0x2000);
	assert_int_equal(rd(0, 0x30, 4), 2);
	assert_int_equal(command(0xfff, 2, 0, 1), 1);
	assert_int_equal(rd(0, 0x20, 4), 2);
	assert_int_equal(rd(0, 0x28, 8), 0xfff);
	assert_int_equal(rd(0, 0x30, 4), 1);
	assert_int_equal(plx_sim_function_faults(f, faults, 1), 1);
	assert_int_equal(faults[0].iova, 0x2000);
	assert_int_equal(faults[0].direction, 2);
	assert_int_equal(plx_sim_function_faults(f, faults, 100), 1);
	assert_int_equal(faults[0].direction, 1);
	for (unsigned i = 0; i < 70; i++)
		assert_int_equal(command(0x10000 + i, 1, 0, 1), 1);
	assert_int_equal(plx_sim_function_faults(f, faults, 100), 64);
	assert_int_equal(faults[0].iova, 0x10006);
	assert_int_equal(faults[63].iova, 0x10045);
	/* Reset: all of it as after open, but the kernel keeps the command register. */
	plx_sim_function_reset(f);
	assert_int_equal(rd(0, 0x20, 4), 0);
	assert_int_equal(rd(CONFIG, 4, 2), 7);
	assert_int_equal(command(0x1000, 16, 0, 1), 0);
	wr(CONFIG, 0x88, 2, 0x8000); /* function level reset */
	assert_int_equal(rd(0, 0x10, 4), 0);
}

static void test_mapping(void **state)
{
	struct plx_sim_region r;
	uint32_t *regs;

	(void)state;
	plx_sim_function_region(f, 0, &r);
	assert_true(r.can_map && r.size == 0x20000);
	regs = mmap(NULL, r.size, PROT_READ | PROT_WRITE, MAP_SHARED, r.fd, (off_t)r.fd_offset);
	assert_ptr_not_equal(regs, MAP_FAILED);
	assert_int_equal(regs[0], 0x706c7801);
	regs[0x1000] = 0xabcd;
	assert_int_equal(rd(0, 0x4000, 4), 0xabcd);
	wr(0, 0x1fffc, 4, 42);
	assert_int_equal(regs[0x7fff], 42);
	regs[6] = 2; /* is not seen */
	regs[7] = 9; /* read only */
	assert_int_equal(rd(0, 0x1c, 4), 0);
	assert_int_equal(regs[7], 0);
	wr(0, 0x18, 1, 1); /* is */
	assert_int_equal(regs[7], 3);
	munmap(regs, r.size);
	plx_sim_function_region(f, 1, &r);
	assert_true(!r.can_map && r.size == 0x100);
	plx_sim_function_region(f, 5, &r);
	assert_true(r.can_map && r.table_size);
}

static uint64_t count(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void test_interrupts(void **state)
{
	int fd = eventfd(0, EFD_NONBLOCK), fds[2] = { fd, -1 };

	(void)state;
	assert_int_equal(plx_sim_function_irqs(f, MSIX), 16);
	assert_int_equal(plx_sim_function_irqs(f, 5), 0);
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 15, 2, fds), -EINVAL);
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 0, 1, &(int){ 0x7ffffff }), -EBADF);
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 0, 1, &(int){ STDIN_FILENO }), -EINVAL);
	assert_false(plx_sim_function_irq_on(f, MSIX));
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 0, 2, fds), 0);
	assert_int_equal(plx_sim_function_irq_set(f, MSI, 0, 1, fds), -EINVAL);
	command(0x1000, 1, 0, 1);
	assert_int_equal(count(fd), 0); /* no bus master, no message */
	bus_master(true);
	command(0x1000, 1, 0, 1);
	assert_int_equal(count(fd), 1);
	plx_sim_function_irq_raise(f, MSIX, 1);
	plx_sim_function_irq_raise(f, MSIX, 16);
	assert_int_equal(count(fd), 0);
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 0, 0, NULL), 0);
	command(0x1000, 1, 0, 1);
	assert_int_equal(count(fd), 0);
	/* INTx masks itself. */
	bus_master(false);
	assert_int_equal(plx_sim_function_irq_set(f, INTX, 0, 1, fds), 0);
	command(0x1000, 1, 0, 1);
	command(0x1000, 1, 0, 1);
	assert_int_equal(count(fd), 1);
	plx_sim_function_irq_mask(f, false);
	assert_int_equal(count(fd), 1);
	plx_sim_function_irq_mask(f, false);
	assert_int_equal(count(fd), 0);
	wr(CONFIG, 4, 2, 0x403);
	command(0x1000, 1, 0, 1);
	assert_int_equal(count(fd), 0);
	close(fd);
}

/* --- shortage --- */

static unsigned fail_in; /* the nth allocation from now fails; 0: none */

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	if (!fail_in || --fail_in)
		return __real_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

static void test_shortage(void **state)
{
	const struct plx_sim_spec spec = { &plx_sim_dummy, .group = -1, .address_width = 39 };
	struct plx_sim_function *other = f;
	struct rlimit was, none;
	int fd = eventfd(0, EFD_NONBLOCK), fds[2] = { fd, fd };

	(void)state;
	for (unsigned nth = 1; nth <= 2; nth++) {
		fail_in = nth;
		assert_int_equal(plx_sim_function_create(NULL, &spec, &other), -ENOMEM);
		assert_int_equal(plx_last_error()->reason, PLX_R_NOMEM);
		assert_null(other);
		fail_in = 0;
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ (rlim_t)fd + 2, was.rlim_max }; /* one is left */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 0, 2, fds), -EMFILE);
	assert_false(plx_sim_function_irq_on(f, MSIX));
	assert_int_equal(plx_sim_function_irq_set(f, MSIX, 0, 1, fds), 0);
	assert_int_equal(plx_sim_function_create(NULL, &spec, &other), -EMFILE);
	assert_int_equal(plx_last_error()->sys_errno, EMFILE);
	assert_null(other);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	close(fd);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_parse),      CASE(test_facts),    CASE(test_config),  CASE(test_edges),
		CASE(test_ports),      CASE(test_dma),      CASE(test_blocked), CASE(test_mapping),
		CASE(test_interrupts), CASE(test_shortage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
