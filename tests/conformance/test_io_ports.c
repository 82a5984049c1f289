/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NdisMRegisterIoPortRange, NdisRawReadPortXxx and their relatives: PIO-1 .. PIO-10, PIO-12.
 */
#define DEVLAB_SETUP devlab_setup_open
#include "devlab.h"

#include "core/error.h"

#define COUNTER 0x40 /* a read answers the accesses to it so far, its own included (11.1) */

static plx_ioport_t base;

/* The call fails, and its output is 0 (G-2). */
#define assert_register_fails(first, count, err, status, reason, arg)                           \
	do {                                                                                    \
		base = 1;                                                                       \
		assert_fails(plx_ioport_register(devlab.dev, first, count, &base), err, status, \
			     reason, arg);                                                      \
		assert_true(base == 0);                                                         \
	} while (0)

static plx_ioport_t take(uint32_t first, uint32_t count)
{
	plx_ioport_t p = 0;

	assert_works(plx_ioport_register(devlab.dev, first, count, &p));
	assert_true(p != 0);
	return p;
}

static void give(uint32_t first, uint32_t count, plx_ioport_t p)
{
	assert_works(plx_ioport_deregister(devlab.dev, first, count, p));
}

static uint64_t errors(void)
{
	struct plx_dev_stats stats;

	assert_works(plx_dev_stats(devlab.dev, &stats));
	return stats.pio_errors;
}

static void test_PIO_1_states(void **state)
{
	plx_ioport_t kept = take(BAR2, 8);

	(void)state;
	assert_works(plx_dev_start(devlab.dev));
	assert_register_fails(BAR2 + 8, 8, -EPERM, FAILURE, PLX_R_STATE, 0);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2, 8, kept), -EPERM, FAILURE, PLX_R_STATE,
		     0);
	plx_raw_out8(kept, 3);
	assert_int_equal(plx_raw_in8(kept), 3);
	assert_works(plx_dev_halt(devlab.dev));
	assert_register_fails(BAR2 + 8, 8, -EPERM, FAILURE, PLX_R_STATE, 0);
	give(BAR2, 8, kept);
}

static void test_PIO_1_attributes_first(void **state)
{
	const struct plx_dev_opts opts = { .backend = lab.backend };

	(void)state;
	assert_works(plx_dev_close(devlab.dev));
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", &opts, &devlab.dev));
	assert_register_fails(BAR2, 8, -EPERM, FAILURE, PLX_R_ORDER, 0);
	assert_null(devlab.dev->function->claims);
}

static void test_PIO_1_null(void **state)
{
	(void)state;
	assert_fails(plx_ioport_register(devlab.dev, BAR2, 8, NULL), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
	base = 1;
	assert_fails(plx_ioport_register(NULL, BAR2, 8, &base), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 2);
	assert_true(base == 0);
	assert_fails(plx_ioport_deregister(NULL, BAR2, 8, base), -EINVAL,
		     PLX_STATUS_INVALID_PARAMETER, PLX_R_NULL_ARG, 1);
}

static void test_PIO_2_count(void **state)
{
	(void)state;
	assert_register_fails(BAR2, 0, -EINVAL, FAILURE, PLX_R_ZERO_LEN, 4);
	assert_register_fails(0xfffffff0, 0x20, -EINVAL, FAILURE, PLX_R_WRAP, 4);
	assert_register_fails(BAR2, UINT32_MAX, -EINVAL, FAILURE, PLX_R_WRAP, 4);
	assert_register_fails(0xfff0, 0x11, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 4);
	assert_register_fails(BAR2, 0x4001, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 4);
}

static void test_PIO_3_range(void **state)
{
	(void)state;
	assert_register_fails(0xfff0, 0x10, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
	assert_register_fails(BAR2 - 8, 8, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
	assert_register_fails(BAR2 + BAR2_PORTS, 1, -EINVAL, FAILURE, PLX_R_OUT_OF_IOSPACE, 3);
	assert_register_fails(BAR0, 16, -EINVAL, FAILURE, PLX_R_WRONG_SPACE, 3);
	assert_register_fails(BAR2 - 1, 2, -EINVAL, FAILURE, PLX_R_STRADDLES_BAR, 3);
	assert_register_fails(BAR2 + 1, BAR2_PORTS, -EINVAL, FAILURE, PLX_R_STRADDLES_BAR, 3);
	base = take(BAR2, BAR2_PORTS);
	give(BAR2, BAR2_PORTS, base);
}

static void test_PIO_4_overlap(void **state)
{
	plx_ioport_t kept = take(BAR2 + 8, 8);

	(void)state;
	assert_register_fails(BAR2 + 8, 8, -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("sim:dummy", "0xc008-0xc00f");
	assert_register_fails(BAR2, 9, -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("sim:dummy", "0xc000-0xc008");
	assert_register_fails(BAR2 + 15, 1, -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("this handle", "0xc00f-0xc00f");
	base = take(BAR2, 8);
	give(BAR2, 8, base);
	base = take(BAR2 + 16, 8);
	give(BAR2 + 16, 8, base);
	lab_assert_errors(0);
	give(BAR2 + 8, 8, kept);
	base = take(BAR2 + 8, 8);
	give(BAR2 + 8, 8, base);
}

static void test_PIO_4_another_handle(void **state)
{
	struct plx_dev *other;
	plx_ioport_t p = take(BAR2, 8);

	(void)state;
	if (lab.backend == PLX_BACKEND_IOMMUFD) { /* which opens a device once */
		give(BAR2, 8, p);
		return;
	}
	other = devlab_open_master("sim:dummy", NULL);
	assert_fails(plx_ioport_register(other, BAR2 + 7, 1, &base), -EBUSY, CONFLICT,
		     PLX_R_CLAIMED, 0);
	lab_assert_logged("another handle", "0xc007-0xc007");
	/* Not this handle's to give back. */
	assert_fails(plx_ioport_deregister(other, BAR2, 8, p), -ENOENT, FAILURE, PLX_R_NOT_MAPPED,
		     4);
	give(BAR2, 8, p);
	assert_works(plx_ioport_register(other, BAR2, 8, &base));
	assert_works(plx_dev_close(other));
}

/* Claims are a function's: another one has ports of the same numbers, and other contents. */
static void test_PIO_4_another_function(void **state)
{
	struct plx_dev *other = devlab_open_master("sim:dummy,id=1", NULL);
	plx_ioport_t p = take(BAR2, 8), q;

	(void)state;
	assert_works(plx_ioport_register(other, BAR2, 8, &q));
	assert_true(p != q);
	plx_raw_out8(p, 1);
	plx_raw_out8(q, 2);
	assert_int_equal(plx_raw_in8(p), 1);
	assert_int_equal(plx_raw_in8(q), 2);
	give(BAR2, 8, p);
	assert_works(plx_ioport_deregister(other, BAR2, 8, q));
	assert_works(plx_dev_close(other));
}

/* One slot a range: 1,024 of them. */
static void test_PIO_5_table_full(void **state)
{
	static plx_ioport_t all[1024];
	struct plx_dev *more[4];
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const char *const names[] = { "sim:dummy,id=1", "sim:dummy,id=2", "sim:dummy,id=3",
					      "sim:dummy,id=4" };

		more[i] = devlab_open_master(names[i], NULL);
		for (unsigned port = 0; port < BAR2_PORTS; port++)
			assert_works(plx_ioport_register(more[i], BAR2 + port, 1, &all[n++]));
	}
	assert_register_fails(BAR2, 1, -ENOMEM, RESOURCES, PLX_R_NOMEM, 0);
	assert_null(devlab.dev->function->claims);
	assert_int_equal(devlab.dev->n_maps, 0);
	assert_works(plx_ioport_deregister(more[0], BAR2, 1, all[0]));
	base = take(BAR2, 1);
	give(BAR2, 1, base);
	for (unsigned i = 0; i < 4; i++)
		assert_works(plx_dev_close(more[i]));
	assert_int_equal(lab.warnings, 1023);
}

static void test_PIO_5_not_handed_out(void **state)
{
	(void)state;
	devlab.dev->regions[2].size = 16;
	base = take(BAR2, 16);
	give(BAR2, 16, base);
	assert_register_fails(BAR2, 17, -ENOTSUP, RESOURCES, PLX_R_UNSUPPORTED, 0);
}

static void test_PIO_6_cookies(void **state)
{
	plx_ioport_t p = take(BAR2 + 16, 8);
	uint32_t v;

	(void)state;
	assert_true(p >> 32 && (uint32_t)p == 0);
	for (unsigned i = 0; i < 8; i++)
		plx_raw_out8(p + i, (uint8_t)(0x50 + i));
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(plx_raw_in8(p + i), 0x50 + i);
	assert_int_equal(plx_raw_in32(p + 4), 0x57565554);
	assert_works(plx_region_read(devlab.dev, 2, 16, &v, 4));
	assert_int_equal(v, 0x53525150);
	/* Outside, on both sides, and where the sum carries into other fields. */
	assert_int_equal(plx_raw_in8(p + 8), 0xff);
	assert_int_equal(plx_raw_in8(p - 1), 0xff);
	assert_int_equal(plx_raw_in8(p + 0x10000), 0xff);
	assert_int_equal(plx_raw_in8(p + (1ull << 32)), 0xff);
	assert_int_equal(plx_raw_in8(p + (1ull << 42)), 0xff);
	assert_int_equal(plx_raw_in8(0), 0xff);
	give(BAR2 + 16, 8, p);
}

static void test_PIO_6_generations(void **state)
{
	plx_ioport_t old = take(BAR2, 8), now;

	(void)state;
	plx_raw_out8(old, 0x77);
	give(BAR2, 8, old);
	for (unsigned i = 0; i < 3000; i++) {
		now = take(BAR2, 8);
		assert_true(now != old);
		assert_int_equal(plx_raw_in8(old), 0xff);
		assert_int_equal(plx_raw_in8(now), 0x77);
		give(BAR2, 8, now);
	}
}

static void test_PIO_7_checked(void **state)
{
	plx_ioport_t p = take(BAR2, 16);
	uint32_t v = 1;

	(void)state;
	assert_works(plx_ioport_write(p + 4, 4, 0x12345678));
	assert_works(plx_ioport_read(p + 4, 4, &v));
	assert_int_equal(v, 0x12345678);
	assert_works(plx_ioport_write(p + 6, 2, 0xffff9abc));
	assert_works(plx_ioport_write(p + 5, 1, 0xffffffde));
	assert_works(plx_ioport_read(p + 4, 4, &v));
	assert_int_equal(v, 0x9abcde78);
	assert_works(plx_ioport_read(p + 6, 2, &v));
	assert_int_equal(v, 0x9abc);
	assert_works(plx_ioport_read(p + 15, 1, &v));

	assert_fails(plx_ioport_read(p + 16, 1, &v), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_INDEX, 1);
	assert_int_equal(v, 0);
	assert_fails(plx_ioport_read(p + 14, 4, &v), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_INDEX, 1);
	assert_fails(plx_ioport_read(0, 1, &v), -EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX,
		     1);
	assert_fails(plx_ioport_write(p + 5, 2, 1), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_UNALIGNED, 1);
	assert_fails(plx_ioport_write(p + 6, 4, 1), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_UNALIGNED, 1);
	assert_fails(plx_ioport_read(p, 3, &v), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_BAD_ENUM, 2);
	assert_fails(plx_ioport_write(p, 8, 1), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_BAD_ENUM, 2);
	assert_fails(plx_ioport_read(p, 4, NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 3);
	give(BAR2, 16, p);
	assert_fails(plx_ioport_read(p, 4, &v), -EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_INDEX,
		     1);
	assert_int_equal(errors(), 0); /* raw accessors count, these answer */
}

static int answer; /* of the broken transport */

static int bad_read(struct plx_dev *dev, unsigned region, uint64_t off, void *buf, uint32_t len)
{
	(void)dev;
	(void)region;
	(void)off;
	memset(buf, 0, len);
	return answer;
}

static int bad_write(struct plx_dev *dev, unsigned region, uint64_t off, const void *buf,
		     uint32_t len)
{
	(void)dev;
	(void)region;
	(void)off;
	(void)buf;
	(void)len;
	return answer;
}

static void test_PIO_7_io_errors(void **state)
{
	const struct plx_transport *whole = devlab.dev->transport;
	plx_ioport_t p = take(BAR2, 16);
	uint32_t v = 1;

	(void)state;
	devlab_break()->read = bad_read;
	devlab.transport.write = bad_write;
	answer = -ENODATA; /* the transport's word for a short access */
	assert_fails(plx_ioport_read(p, 4, &v), -EIO, FAILURE, PLX_R_SHORT_IO, 0);
	assert_int_equal(v, 0);
	assert_fails(plx_ioport_write(p, 4, v), -EIO, FAILURE, PLX_R_SHORT_IO, 0);
	answer = -EIO;
	assert_fails(plx_ioport_read(p, 4, &v), -EIO, FAILURE, PLX_R_SHORT_IO, 0);
	answer = -EBUSY;
	assert_fails(plx_ioport_read(p, 4, &v), -EBUSY, CONFLICT, PLX_R_CLAIMED, 0);
	lab_assert_logged("sim:dummy", "BAR 2");
	assert_int_equal(plx_last_error()->sys_errno, EBUSY);
	assert_string_equal(plx_last_error()->object, devlab.dev->child.name);
	devlab.dev->transport = whole;
	give(BAR2, 16, p);
}

static void test_PIO_8_raw(void **state)
{
	plx_ioport_t p = take(BAR2, 8), stale = take(BAR2 + 8, 8);
	uint8_t buf[6] = { 0 };

	(void)state;
	give(BAR2 + 8, 8, stale);
	assert_fails(plx_ioport_read(0, 1, &(uint32_t){ 0 }), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_INDEX, 1);
	plx_raw_out32(p, 0x01020304);
	assert_int_equal(errors(), 0);
	/* Bad cookies, misaligned, beyond the range. */
	assert_int_equal(plx_raw_in8(stale), 0xff);
	assert_int_equal(plx_raw_in16(p + 1), 0xffff);
	assert_int_equal(plx_raw_in32(p + 8), UINT32_MAX);
	assert_int_equal(plx_raw_in32(p + 6), UINT32_MAX);
	assert_int_equal(errors(), 4);
	plx_raw_out8(stale, 0xee);
	plx_raw_out16(p + 1, 0xeeee);
	plx_raw_out32(p + 2, 0xeeeeeeee);
	assert_int_equal(errors(), 7);
	plx_raw_ins16(p + 7, buf, 3);
	assert_memory_equal(buf, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(errors(), 10);
	plx_raw_in8(0); /* nobody's */
	assert_int_equal(errors(), 10);
	assert_int_equal(plx_raw_in32(p), 0x01020304); /* no write went through */
	give(BAR2, 8, p);
}

/* Raw accessors leave the record alone (E-1), and answer all ones when the bus does not. */
static void test_PIO_8_record(void **state)
{
	const struct plx_transport *whole = devlab.dev->transport;
	plx_ioport_t p = take(BAR2, 8);
	uint16_t buf[2] = { 0 };

	(void)state;
	devlab_break()->read = bad_read;
	devlab.transport.write = bad_write;
	answer = -EIO;
	assert_int_equal(plx_raw_in8(p), 0xff);
	assert_int_equal(plx_raw_in16(p), 0xffff);
	assert_int_equal(plx_raw_in32(p), UINT32_MAX);
	plx_raw_out8(p, 1);
	plx_raw_ins16(p, buf, 2);
	assert_int_equal(buf[1], 0xffff);
	assert_int_equal(plx_last_error()->err, 0);
	devlab.dev->transport = whole;
	assert_int_equal(errors(), 6);
	assert_fails(plx_ioport_read(0, 1, &(uint32_t){ 0 }), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_INDEX, 1);
	plx_raw_in8(p);
	assert_int_equal(plx_last_error()->reason, PLX_R_INDEX);
	give(BAR2, 8, p);
}

/* Elements, not bytes; one port; in order; each an access. */
static void test_PIO_9_strings(void **state)
{
	plx_ioport_t p = take(BAR2, BAR2_PORTS);
	uint8_t raw[32], *odd = raw + 1; /* no alignment is needed */

	(void)state;
	memset(raw, 0xcc, sizeof(raw));
	plx_raw_ins8(p + COUNTER, odd, 3);
	assert_memory_equal(raw, "\xcc\x01\x02\x03\xcc", 5);
	plx_raw_ins16(p + COUNTER, odd, 3);
	assert_memory_equal(raw, "\xcc\x04\x00\x05\x00\x06\x00\xcc", 8);
	plx_raw_ins32(p + COUNTER, odd, 2);
	assert_memory_equal(raw, "\xcc\x07\x00\x00\x00\x08\x00\x00\x00\xcc", 10);
	plx_raw_outs8(p + COUNTER, odd, 5);
	plx_raw_outs16(p + COUNTER, odd, 4);
	plx_raw_outs32(p + COUNTER, odd, 3);
	assert_int_equal(plx_raw_in8(p + COUNTER), 8 + 5 + 4 + 3 + 1);
	plx_raw_ins8(p + COUNTER, NULL, 0);
	plx_raw_outs32(p + COUNTER, NULL, 0);
	assert_int_equal(plx_raw_in32(p + COUNTER), 22);
	/* The last element stays; the neighbours were never touched. */
	plx_raw_out32(p + 4, 0);
	memcpy(odd, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	plx_raw_outs16(p + 4, odd, 4);
	assert_int_equal(plx_raw_in16(p + 4), 0x0807);
	assert_int_equal(plx_raw_in16(p + 6), 0);
	plx_raw_outs32(p + 4, odd, 1);
	assert_int_equal(plx_raw_in32(p + 4), 0x04030201);
	assert_int_equal(errors(), 0);
	give(BAR2, BAR2_PORTS, p);
}

static void test_PIO_10_deregister(void **state)
{
	plx_ioport_t p = take(BAR2 + 8, 8);

	(void)state;
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2, 8, p), -EINVAL, FAILURE,
		     PLX_R_MISMATCH, 2);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2 + 8, 4, p), -EINVAL, FAILURE,
		     PLX_R_MISMATCH, 3);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2 + 8, 0, p), -EINVAL, FAILURE,
		     PLX_R_MISMATCH, 3);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2 + 8, 8, p + 4), -EINVAL, FAILURE,
		     PLX_R_MISMATCH, 4);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2 + 8, 8, 0), -ENOENT, FAILURE,
		     PLX_R_NOT_MAPPED, 4);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2 + 8, 8, p + 8), -ENOENT, FAILURE,
		     PLX_R_NOT_MAPPED, 4);
	plx_raw_out8(p, 0x5a);
	assert_int_equal(plx_raw_in8(p), 0x5a); /* it stayed */
	give(BAR2 + 8, 8, p);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(plx_raw_in8(p + i), 0xff);
	assert_fails(plx_ioport_deregister(devlab.dev, BAR2 + 8, 8, p), -ENOENT, FAILURE,
		     PLX_R_NOT_MAPPED, 4);
	assert_int_equal(devlab.dev->n_maps, 0);
}

static void test_PIO_12_caps(void **state)
{
	struct plx_ioport_caps caps = { .datapath_safe = true };

	(void)state;
	assert_works(plx_ioport_caps(devlab.dev, &caps));
	assert_false(caps.datapath_safe);
	assert_int_equal(caps.backend, lab.backend);
	assert_fails(plx_ioport_caps(devlab.dev, NULL), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 2);
	assert_fails(plx_ioport_caps(NULL, &caps), -EINVAL, PLX_STATUS_INVALID_PARAMETER,
		     PLX_R_NULL_ARG, 1);
}

static const struct CMUnitTest tests[] = {
	RULE(test_PIO_1_states),
	RULE(test_PIO_1_attributes_first),
	RULE(test_PIO_1_null),
	RULE(test_PIO_2_count),
	RULE(test_PIO_3_range),
	RULE(test_PIO_4_overlap),
	RULE(test_PIO_4_another_handle),
	RULE(test_PIO_4_another_function),
	RULE(test_PIO_5_table_full),
	RULE(test_PIO_5_not_handed_out),
	RULE(test_PIO_6_cookies),
	RULE(test_PIO_6_generations),
	RULE(test_PIO_7_checked),
	RULE(test_PIO_7_io_errors),
	RULE(test_PIO_8_raw),
	RULE(test_PIO_8_record),
	RULE(test_PIO_9_strings),
	RULE(test_PIO_10_deregister),
	RULE(test_PIO_12_caps),
};

LAB_MAIN(tests)
