/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * I/O ports, read and written: with an answer about errors (PIO-7), and as the hardware would,
 * without (PIO-8, PIO-9). One element is one access of its width: VFIO would split a longer one
 * over rising ports (5.2).
 */
#include "io/io_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <syslog.h>

/* A bus is little endian; the host may not be. */
static uint32_t from_bus(const uint8_t *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void to_bus(uint8_t *b, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> 8 * i);
}

/* One access; 0 or a negative errno, no record. */
static int access_port(const struct plx_port_ref *ref, unsigned width, void *in, const void *out)
{
	const struct plx_transport *t = ref->dev->transport;

	return in ? t->read(ref->dev, ref->bar, ref->off, in, width)
		  : t->write(ref->dev, ref->bar, ref->off, out, width);
}

/* --- with an answer --- */

static int fail_width(unsigned width)
{
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, PLX_R_BAD_ENUM, 2, NULL,
			    "a port access of %u bytes: 1, 2 or 4", width);
}

static int fail_port(plx_ioport_t p, unsigned width, enum plx_reason reason, const char *object)
{
	if (reason == PLX_R_UNALIGNED)
		return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, reason, 1, object,
				    "offset 0x%x is no multiple of the %u bytes of the access",
				    (unsigned)p, width);
	return plx_fail_ddi(-EINVAL, PLX_STATUS_INVALID_PARAMETER, reason, 1, object,
			    "cookie 0x%llx and %u bytes name no registered ports: use what "
			    "plx_ioport_register() gave, plus an offset below its count",
			    (ull)p, width);
}

/* 2.2: what the kernel says of an I/O BAR. */
static int fail_access(const struct plx_port_ref *ref, int err)
{
	const char *name = ref->dev->child.name;

	if (err == -EBUSY) {
		plx_fail_ddi(err, PLX_STATUS_NDIS_RESOURCE_CONFLICT, PLX_R_CLAIMED, 0, name,
			     "%s: the ports of BAR %u are held in the kernel by somebody else (see "
			     "/proc/ioports)",
			     name, ref->bar);
		plx_log(ref->dev->child.ctx, LOG_ERR, "io", "%s", plx_last_error()->text); /* G-8 */
	} else if (err == -ENODATA || err == -EIO)
		return plx_fail(-EIO, PLX_R_SHORT_IO, name,
				"%s: the access to port offset 0x%llx of BAR %u was cut short",
				name, (ull)ref->off, ref->bar);
	else
		plx_fail(err, PLX_R_FILE, name, "%s: port offset 0x%llx of BAR %u: %s", name,
			 (ull)ref->off, ref->bar, strerror(-err));
	return plx_fail_origin(ref->dev->backend, NULL, -err);
}

static int checked(plx_ioport_t p, unsigned width, void *in, const void *out)
{
	struct plx_port_ref ref;
	enum plx_reason reason = plx_slot_get(p, width, &ref);
	int err;

	if (reason)
		err = fail_port(p, width, reason, ref.dev ? ref.dev->child.name : NULL);
	else
		err = access_port(&ref, width, in, out);
	if (!reason && err)
		err = fail_access(&ref, err);
	plx_slot_put(&ref);
	return err ? err : plx_ok();
}

static bool valid_width(unsigned width)
{
	return width == 1 || width == 2 || width == 4;
}

int plx_ioport_read(plx_ioport_t p, unsigned width, uint32_t *v)
{
	uint8_t b[4] = { 0 };
	int err;

	if (v)
		*v = 0;
	if (!valid_width(width))
		return fail_width(width);
	if (!v)
		return plx_fail_null(3, "v");
	err = checked(p, width, b, NULL);
	if (!err)
		*v = from_bus(b);
	return err;
}

int plx_ioport_write(plx_ioport_t p, unsigned width, uint32_t v)
{
	uint8_t b[4];

	if (!valid_width(width))
		return fail_width(width);
	to_bus(b, v);
	return checked(p, width, NULL, b);
}

/* --- raw --- */

static void count_error(const struct plx_port_ref *ref)
{
	if (ref->dev)
		atomic_fetch_add_explicit(&ref->dev->pio_errors, 1, memory_order_relaxed);
}

/*
 * PIO-8. What it says is returned in every build (section 14), so a build with checks does not
 * stop on a bad cookie, but says so.
 */
static void complain(plx_ioport_t p, const struct plx_port_ref *ref)
{
#ifdef PLX_CHECKS
	if (ref->dev)
		plx_log(ref->dev->child.ctx, LOG_WARNING, "io",
			"%s: cookie 0x%llx names no port, or is not aligned to the access",
			ref->dev->child.name, (ull)p);
#else
	(void)p;
	(void)ref;
#endif
}

/* Elements of @width bytes, all from the same port, or all to it; @in or @out. */
static void raw(plx_ioport_t p, unsigned width, uint8_t *in, const uint8_t *out, uint32_t nelem)
{
	struct plx_port_ref ref;
	bool bad = plx_slot_get(p, width, &ref) != PLX_R_NONE;

	if (bad)
		complain(p, &ref);
	for (uint32_t i = 0; i < nelem; i++) {
		uint8_t *at = in ? in + (size_t)i * width : NULL;
		const uint8_t *from = out ? out + (size_t)i * width : NULL;

		if (!bad && !access_port(&ref, width, at, from))
			continue;
		count_error(&ref);
		if (at)
			memset(at, 0xff, width);
	}
	plx_slot_put(&ref);
}

static uint32_t raw_in(plx_ioport_t p, unsigned width)
{
	uint8_t b[4] = { 0 };

	raw(p, width, b, NULL, 1);
	return from_bus(b);
}

static void raw_out(plx_ioport_t p, unsigned width, uint32_t v)
{
	uint8_t b[4];

	to_bus(b, v);
	raw(p, width, NULL, b, 1);
}

uint8_t plx_raw_in8(plx_ioport_t p)
{
	return (uint8_t)raw_in(p, 1);
}

uint16_t plx_raw_in16(plx_ioport_t p)
{
	return (uint16_t)raw_in(p, 2);
}

uint32_t plx_raw_in32(plx_ioport_t p)
{
	return raw_in(p, 4);
}

void plx_raw_out8(plx_ioport_t p, uint8_t v)
{
	raw_out(p, 1, v);
}

void plx_raw_out16(plx_ioport_t p, uint16_t v)
{
	raw_out(p, 2, v);
}

void plx_raw_out32(plx_ioport_t p, uint32_t v)
{
	raw_out(p, 4, v);
}

void plx_raw_ins8(plx_ioport_t p, void *buf, uint32_t nelem)
{
	raw(p, 1, buf, NULL, nelem);
}

void plx_raw_ins16(plx_ioport_t p, void *buf, uint32_t nelem)
{
	raw(p, 2, buf, NULL, nelem);
}

void plx_raw_ins32(plx_ioport_t p, void *buf, uint32_t nelem)
{
	raw(p, 4, buf, NULL, nelem);
}

void plx_raw_outs8(plx_ioport_t p, const void *buf, uint32_t nelem)
{
	raw(p, 1, NULL, buf, nelem);
}

void plx_raw_outs16(plx_ioport_t p, const void *buf, uint32_t nelem)
{
	raw(p, 2, NULL, buf, nelem);
}

void plx_raw_outs32(plx_ioport_t p, const void *buf, uint32_t nelem)
{
	raw(p, 4, NULL, buf, nelem);
}
