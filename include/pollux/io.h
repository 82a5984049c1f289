/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device registers and I/O ports: NdisMMapIoSpace, MmMapIoSpaceEx, NdisMRegisterIoPortRange and
 * their accessors (sections 3 to 5 of the DDI contract).
 *
 * Addresses are CPU physical as sysfs lists them, lengths are bytes. plx_error.arg counts
 * the arguments of the DDI, not of the C function: NdisMMapIoSpace has VirtualAddress 1, handle 2,
 * PhysicalAddress 3, Length 4; NdisMUnmapIoSpace handle 1, VirtualAddress 2, Length 3;
 * MmMapIoSpaceEx PhysicalAddress 1, NumberOfBytes 2, Protect 3; MmUnmapIoSpace BaseAddress 1,
 * NumberOfBytes 2; NdisMRegisterIoPortRange PortOffset 1, handle 2, InitialPort 3, NumberOfPorts 4;
 * NdisMDeregisterIoPortRange handle 1, InitialPort 2, NumberOfPorts 3, PortOffset 4. Calls that
 * mirror no DDI count their own.
 *
 * Ranges are claimed for the handle, byte by byte: another handle of the same function cannot
 * have them (MIO-8, PIO-4). What is left when the device is closed is given back, with one warning
 * each in the log (G-13). Calls but the accessors are for the control plane; those on one device
 * are serialised inside (G-7).
 */
#ifndef POLLUX_IO_H
#define POLLUX_IO_H

#include <pollux/access.h>
#include <pollux/base.h>
#include <pollux/dev.h>
#include <pollux/error.h>

PLX_BEGIN_DECLS

/* --- mapped registers: NdisMMapIoSpace --- */

/**
 * plx_mmio_map - map device memory or registers, and claim them
 * @dev:  the device, in state INIT, with its attributes set
 * @phys: the first byte; no alignment is needed (MIO-3)
 * @len:  bytes, within one memory BAR of the device
 * @va:   where @phys is mapped; NULL on failure
 *
 * Read and write, uncached, not executable (MIO-11). The first mapping turns on memory decode
 * (MIO-14). A handle may map a range of its own again; each mapping is unmapped by itself (MIO-9).
 * The caller owns the mapping and ends it with plx_mmio_unmap(). Touching it while the device does
 * not decode memory (a reset, D3) raises SIGBUS (MIO-15).
 * Threads: any. Burst loop: no.
 * Errors, with the status in brackets:
 *   -EINVAL  NULL_ARG arg 1: @va, arg 2: @dev [INVALID_PARAMETER];
 *            ZERO_LEN, WRAP arg 4 (MIO-4) [UNSUCCESSFUL];
 *            OUT_OF_IOSPACE, HOST_RAM, WRONG_SPACE: an I/O BAR's, STRADDLES_BAR arg 3 (MIO-5)
 *            [UNSUCCESSFUL]; MSIX_TABLE: a page of the MSI-X table, NO_MMAP: a hole in what the
 *            kernel lets map, arg 3 (MIO-7) [UNSUCCESSFUL]
 *   -ENOTSUP NO_MMAP: the BAR cannot be mapped, use plx_region_read() (MIO-6)
 *            [INSUFFICIENT_RESOURCES]
 *   -EBUSY   CLAIMED: by another handle, or in the kernel (MIO-8); CACHE_CONFLICT: this handle has
 *            it write-combined, or for reading only (MIO-9); one error line in the log (G-8)
 *            [NDIS_STATUS_RESOURCE_CONFLICT]
 *   -EPERM   STATE (MIO-1), ORDER: attributes are not set (G-12) [UNSUCCESSFUL]
 *   -ENOMEM  NOMEM (MIO-10) [INSUFFICIENT_RESOURCES]
 *   others as the kernel answers [INSUFFICIENT_RESOURCES]
 * Source: NdisMMapIoSpace; MIO-1 .. MIO-11, MIO-14.
 */
PLX_API int plx_mmio_map(struct plx_dev *dev, uint64_t phys, uint32_t len, volatile void **va);

/**
 * plx_mmio_unmap - unmap what plx_mmio_map() mapped
 * @dev: the device, in state INIT or HALTED
 * @va:  as plx_mmio_map() gave it
 * @len: as plx_mmio_map() got it: a part cannot be unmapped (MIO-12)
 *
 * The library's claim ends; the kernel's, of the whole BAR, ends with the device's file.
 * Threads: one, and no other may touch the mapping any more. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1: @dev; MISMATCH arg 3: another length, and the mapping stays),
 * -ENOENT (NOT_MAPPED arg 2: no such mapping), -EPERM (STATE: MIO-1); status UNSUCCESSFUL.
 * Source: NdisMUnmapIoSpace; MIO-12, MIO-13.
 */
PLX_API int plx_mmio_unmap(struct plx_dev *dev, volatile void *va, uint32_t len);

/**
 * plx_mmio_bar_to_phys - the address of a place in a BAR
 * @dev:  the device
 * @bar:  0 .. 5, memory or I/O
 * @off:  bytes from its start
 * @phys: for plx_mmio_map() and plx_iospace_map_ex(), or the port number; 0 on failure
 *
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (NULL_ARG arg 1: @dev, arg 4: @phys; INDEX arg 2: no BAR has that number;
 * OUT_OF_IOSPACE arg 2: the device lacks that BAR, arg 3: @off is beyond its end).
 * Source: MIO-2.
 */
PLX_API int plx_mmio_bar_to_phys(struct plx_dev *dev, unsigned bar, uint64_t off, uint64_t *phys);

/* --- mapped registers: MmMapIoSpaceEx --- */

/* Values as Win32's PAGE_*. Exactly one of the first five, at most one of the next two. */
#define PLX_PROT_READONLY          0x002u
#define PLX_PROT_READWRITE         0x004u
#define PLX_PROT_EXECUTE           0x010u /* the three EXECUTE are refused */
#define PLX_PROT_EXECUTE_READ      0x020u
#define PLX_PROT_EXECUTE_READWRITE 0x040u
#define PLX_PROT_NOCACHE           0x200u
#define PLX_PROT_WRITECOMBINE      0x400u
#define PLX_PROT_STRICT            0x80000000u /* fail instead of weakening the cache type */

enum plx_cache {
	PLX_CACHE_UC, /* uncached */
	PLX_CACHE_WC, /* write-combining */
};

/* How a mapping was made. */
enum plx_map_path {
	PLX_PATH_VFIO,     /* mmap() of the VFIO device */
	PLX_PATH_SYSFS_WC, /* mmap() of sysfs' resourceN_wc */
	PLX_PATH_SIM,      /* a simulated function's memory */
};

/* A mapping as it is. Members may be added at the end. */
struct plx_mmio_attr {
	uint32_t protect; /* PLX_PROT_READONLY or PLX_PROT_READWRITE */
	enum plx_cache cache;
	enum plx_map_path path;
	uint64_t phys; /* of its first byte */
	size_t len;
};

/**
 * plx_iospace_map_ex - map device memory with a protection and a cache type, and claim it
 * @dev:     the device, in state INIT or RUNNING, with its attributes set
 * @phys:    the first byte; no alignment is needed
 * @nbytes:  bytes, within one memory BAR of the device
 * @protect: PLX_PROT_READONLY (a store faults) or _READWRITE; perhaps _NOCACHE or _WRITECOMBINE;
 *           perhaps _STRICT
 * @va:      where @phys is mapped; NULL on failure
 *
 * Without a cache flag the mapping is uncached. Write-combining is to be had for whole
 * prefetchable BARs that nothing has touched before through this handle, through sysfs (X-14,
 * WC-2 .. WC-6); elsewhere the mapping becomes uncached, and plx_mmio_attr() says so. A BAR stays
 * on the way it was first reached for the life of the handle.
 * The caller owns the mapping and ends it with plx_iospace_unmap().
 * Threads: any. Burst loop: no: it sleeps.
 * Errors, with the status in brackets where it does not follow from arg n:
 *   -EINVAL  NULL_ARG arg 0: @dev, arg 5: @va [INVALID_PARAMETER]; ZERO_LEN, WRAP arg 2;
 *            OUT_OF_IOSPACE, HOST_RAM, WRONG_SPACE, STRADDLES_BAR (MIO-5), MSIX_TABLE, NO_MMAP
 *            (MIO-7) arg 1; RESERVED_BITS arg 3: no base flag, two, or unknown bits; BAD_ENUM
 *            arg 3: both cache flags
 *   -ENOTSUP EXEC arg 3; UNSUPPORTED arg 3: _STRICT without a cache flag, since nothing is mapped
 *            cached; NO_WC arg 3: _STRICT and write-combining is not to be had; NO_MMAP: the BAR
 *            cannot be mapped (MIO-6) [NOT_SUPPORTED]
 *   -EBUSY   CLAIMED, CACHE_CONFLICT arg 1: as plx_mmio_map() (MIO-8, MIO-9); one error line in the
 *            log (G-8)
 *   -EPERM   STATE, ORDER [ACCESS_DENIED]
 *   -ENOMEM  NOMEM [INSUFFICIENT_RESOURCES]; others as the kernel answers
 * Source: MmMapIoSpaceEx; 4.3 and WC-1 .. WC-7 of the DDI contract.
 */
PLX_API int plx_iospace_map_ex(struct plx_dev *dev, uint64_t phys, size_t nbytes, uint32_t protect,
			       volatile void **va);

/**
 * plx_iospace_unmap - unmap what plx_iospace_map_ex() mapped
 * @dev:    the device, in any state
 * @va:     as plx_iospace_map_ex() gave it
 * @nbytes: as plx_iospace_map_ex() got it
 *
 * Threads: one, and no other may touch the mapping any more. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 0: @dev; MISMATCH arg 2: another length, and the mapping stays),
 * -ENOENT (NOT_MAPPED arg 1, status UNSUCCESSFUL).
 * Source: MmUnmapIoSpace; 4.3 of the DDI contract.
 */
PLX_API int plx_iospace_unmap(struct plx_dev *dev, volatile void *va, size_t nbytes);

/**
 * plx_mmio_attr - how an address is mapped
 * @dev: the device
 * @va:  any address in a mapping of plx_mmio_map() or plx_iospace_map_ex()
 * @out: filled; zero on failure
 *
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (NULL_ARG arg 1: @dev, arg 3: @out), -ENOENT (NOT_MAPPED arg 2).
 * Source: 4.3 of the DDI contract.
 */
PLX_API int plx_mmio_attr(struct plx_dev *dev, const volatile void *va, struct plx_mmio_attr *out);

/* --- registers of a BAR, mapped or not --- */

/* For drivers. Where @va is NULL the BAR is reached through the device's transport. */
struct plx_regs {
	volatile uint8_t *va;
	struct plx_dev *dev;
	uint8_t bar;
};

/**
 * plx_regs_open - claim a BAR and reach its registers
 * @dev: the device, in any state, with its attributes set
 * @bar: 0 .. 5, memory or I/O
 * @r:   the caller's; zero on failure
 *
 * Maps the BAR whole, uncached, where that can be done. It cannot for I/O BARs, BARs smaller than a
 * page, BARs with the MSI-X table on a kernel that keeps it unmapped, and simulated functions,
 * whose registers do not see stores (11.1): there each access goes through the transport.
 * A handle may open a memory BAR more than once and have mappings of it besides; an I/O BAR, once.
 * The caller ends it with plx_regs_close().
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1: @dev, arg 3: @r; INDEX arg 2; OUT_OF_IOSPACE arg 2: the device
 * lacks that BAR), -EBUSY (CLAIMED, CACHE_CONFLICT as plx_mmio_map(), status
 * NDIS_STATUS_RESOURCE_CONFLICT), -EPERM (ORDER: attributes are not set), -ENOMEM (NOMEM), others as
 * the kernel answers.
 * Source: MIO-17.
 */
PLX_API int plx_regs_open(struct plx_dev *dev, unsigned bar, struct plx_regs *r);

/**
 * plx_regs_close - give a BAR back
 * @r: what plx_regs_open() filled; zeroed. NULL, or zero already: nothing happens.
 *
 * Threads: one, and no other may use @r any more. Burst loop: no. Errors: none, but the record says
 * so when @r is not what plx_regs_open() gave.
 * Source: MIO-17.
 */
PLX_API void plx_regs_close(struct plx_regs *r);

/**
 * plx_regs_read_slow, plx_regs_write_slow - what the accessors below do where there is no mapping
 * @r:     an open BAR
 * @off:   bytes from its start
 * @width: 1, 2 or 4 bytes
 *
 * A read that fails answers all ones, as a bus does whose device is gone; a write is dropped.
 * Threads: any. Burst loop: a system call each on VFIO. Errors: none. Source: MIO-17.
 */
PLX_API uint32_t plx_regs_read_slow(const struct plx_regs *r, uint32_t off, unsigned width);
PLX_API void plx_regs_write_slow(const struct plx_regs *r, uint32_t off, unsigned width,
				 uint32_t v);

/**
 * plx_reg_read8, plx_reg_read16, plx_reg_read32 - read a register of a BAR
 * @r:   an open BAR
 * @off: bytes from its start, aligned to the width and inside the BAR
 *
 * Fully ordered, as plx_read32().
 * Return: what the device says, in host order; all ones when it does not answer.
 * Threads: any. Burst loop: yes where @r is mapped. Errors: none. Source: MIO-17.
 */
static inline uint8_t plx_reg_read8(const struct plx_regs *r, uint32_t off)
{
	return r->va ? plx_read8(r->va + off) : (uint8_t)plx_regs_read_slow(r, off, 1);
}

static inline uint16_t plx_reg_read16(const struct plx_regs *r, uint32_t off)
{
	return r->va ? plx_read16(r->va + off) : (uint16_t)plx_regs_read_slow(r, off, 2);
}

static inline uint32_t plx_reg_read32(const struct plx_regs *r, uint32_t off)
{
	return r->va ? plx_read32(r->va + off) : plx_regs_read_slow(r, off, 4);
}

/**
 * plx_reg_write8, plx_reg_write16, plx_reg_write32 - write a register of a BAR
 * @r:   an open BAR
 * @off: bytes from its start, aligned to the width and inside the BAR
 * @v:   in host order
 *
 * Fully ordered, as plx_write32().
 * Threads: any. Burst loop: yes where @r is mapped. Errors: none. Source: MIO-17.
 */
static inline void plx_reg_write8(const struct plx_regs *r, uint32_t off, uint8_t v)
{
	if (r->va)
		plx_write8(r->va + off, v);
	else
		plx_regs_write_slow(r, off, 1, v);
}

static inline void plx_reg_write16(const struct plx_regs *r, uint32_t off, uint16_t v)
{
	if (r->va)
		plx_write16(r->va + off, v);
	else
		plx_regs_write_slow(r, off, 2, v);
}

static inline void plx_reg_write32(const struct plx_regs *r, uint32_t off, uint32_t v)
{
	if (r->va)
		plx_write32(r->va + off, v);
	else
		plx_regs_write_slow(r, off, 4, v);
}

/**
 * plx_regs_doorbell - the address of a register, for a burst loop's relaxed stores
 * @r:   an open BAR
 * @off: bytes from its start, a multiple of 4
 *
 * Return: NULL where stores must go through plx_reg_write32().
 * Threads: any. Burst loop: yes. Errors: none. Source: MIO-17.
 */
static inline volatile uint32_t *plx_regs_doorbell(const struct plx_regs *r, uint32_t off)
{
	return r->va ? (volatile uint32_t *)(volatile void *)(r->va + off) : NULL;
}

/* --- I/O ports: NdisMRegisterIoPortRange --- */

/*
 * Names a port: what plx_ioport_register() gave, plus an offset within the range. 0 names none.
 * Bits 63..32 say which registration, bits 15..0 are the offset (PIO-6); a cookie of a range that
 * was deregistered, or beyond its end, is recognised and harmless.
 */
typedef uint64_t plx_ioport_t;

/**
 * plx_ioport_register - claim a range of I/O ports
 * @dev:   the device, in state INIT, with its attributes set
 * @first: the first port's number, as sysfs lists it
 * @count: ports, within one I/O BAR of the device
 * @base:  names the first port; 0 on failure
 *
 * The first registration turns on I/O decode (MIO-14). A port is registered once, by one handle
 * (PIO-4). Program and library together have 1,024 ranges in a process.
 * The caller owns the range and ends it with plx_ioport_deregister().
 * Threads: any. Burst loop: no.
 * Errors, with the status in brackets:
 *   -EINVAL  NULL_ARG arg 1: @base, arg 2: @dev [INVALID_PARAMETER]; WRONG_SPACE arg 3: in a memory
 *            BAR (PIO-3); ZERO_LEN, WRAP, OUT_OF_IOSPACE arg 4: no ports, or beyond 65535 (PIO-2);
 *            OUT_OF_IOSPACE, STRADDLES_BAR arg 3 (PIO-3) [UNSUCCESSFUL]
 *   -EBUSY   CLAIMED (PIO-4); one error line in the log (G-8) [NDIS_STATUS_RESOURCE_CONFLICT]
 *   -EPERM   STATE (PIO-1), ORDER: attributes are not set (G-12) [UNSUCCESSFUL]
 *   -ENOTSUP UNSUPPORTED: the kernel does not hand out this I/O BAR [INSUFFICIENT_RESOURCES]
 *   -ENOMEM  NOMEM (PIO-5) [INSUFFICIENT_RESOURCES]
 * Source: NdisMRegisterIoPortRange; PIO-1 .. PIO-6.
 */
PLX_API int plx_ioport_register(struct plx_dev *dev, uint32_t first, uint32_t count,
				plx_ioport_t *base);

/**
 * plx_ioport_deregister - give a range of I/O ports back
 * @dev:   the device, in state INIT or HALTED
 * @first: as plx_ioport_register() got it
 * @count: as plx_ioport_register() got it
 * @base:  as plx_ioport_register() gave it
 *
 * All cookies of the range are stale from now on. Waits for accesses that other threads have
 * begun.
 * Threads: any. Burst loop: no.
 * Errors: -EINVAL (NULL_ARG arg 1: @dev; MISMATCH arg 2: @first, arg 3: @count, arg 4: @base plus
 * an offset; nothing is changed), -ENOENT (NOT_MAPPED arg 4: @base names no range of this handle),
 * -EPERM (STATE: PIO-1); status UNSUCCESSFUL.
 * Source: NdisMDeregisterIoPortRange; PIO-10.
 */
PLX_API int plx_ioport_deregister(struct plx_dev *dev, uint32_t first, uint32_t count,
				  plx_ioport_t base);

/* Members may be added at the end. */
struct plx_ioport_caps {
	bool datapath_safe;       /* raw accessors make no system call */
	enum plx_backend backend; /* who makes the access */
};

/**
 * plx_ioport_caps - how a device's ports are reached
 * @dev: the device
 * @out: filled; zero on failure
 *
 * Ports are reached through the device's VFIO region (or its simulation): a system call for each
 * element, not for burst loops.
 * Threads: any. Burst loop: no (it locks).
 * Errors: -EINVAL (NULL_ARG arg 1: @dev, arg 2: @out).
 * Source: PIO-12.
 */
PLX_API int plx_ioport_caps(struct plx_dev *dev, struct plx_ioport_caps *out);

/**
 * plx_ioport_read - read a port, with an answer about errors
 * @p:     the port
 * @width: 1, 2 or 4 bytes
 * @v:     what the device says, in host order; 0 on failure
 *
 * Threads: any. Burst loop: no (a system call on VFIO).
 * Errors: -EINVAL (INDEX arg 1: @p names no port, or the access ends beyond the range; UNALIGNED
 * arg 1: the offset is no multiple of @width; BAD_ENUM arg 2; NULL_ARG arg 3), -EBUSY
 * (CLAIMED: the kernel has given the ports to someone else), -EIO (SHORT_IO).
 * Source: PIO-7.
 */
PLX_API int plx_ioport_read(plx_ioport_t p, unsigned width, uint32_t *v);

/**
 * plx_ioport_write - write a port, with an answer about errors
 * @p:     the port
 * @width: 1, 2 or 4 bytes
 * @v:     in host order
 *
 * Threads: any. Burst loop: no (a system call on VFIO).
 * Errors: as plx_ioport_read(), but NULL_ARG.
 * Source: PIO-7.
 */
PLX_API int plx_ioport_write(plx_ioport_t p, unsigned width, uint32_t v);

/**
 * plx_raw_in8, plx_raw_in16, plx_raw_in32 - read a port
 * @p: the port
 *
 * One access of that width. A port that is none, an offset that is no multiple of the width or an
 * error on the way gives all ones and counts in plx_dev_stats.pio_errors of the device, where the
 * cookie tells which (PIO-8). The error record is left alone.
 * Return: what the device says, in host order.
 * Threads: any. Burst loop: if plx_ioport_caps() says so. Errors: none.
 * Source: NdisRawReadPortUchar, -Ushort, -Ulong; PIO-8.
 */
PLX_API uint8_t plx_raw_in8(plx_ioport_t p);
PLX_API uint16_t plx_raw_in16(plx_ioport_t p);
PLX_API uint32_t plx_raw_in32(plx_ioport_t p);

/**
 * plx_raw_out8, plx_raw_out16, plx_raw_out32 - write a port
 * @p: the port
 * @v: in host order
 *
 * As plx_raw_in8(); where that gives all ones, this drops the write.
 * Threads: any. Burst loop: if plx_ioport_caps() says so. Errors: none.
 * Source: NdisRawWritePortUchar, -Ushort, -Ulong; PIO-8.
 */
PLX_API void plx_raw_out8(plx_ioport_t p, uint8_t v);
PLX_API void plx_raw_out16(plx_ioport_t p, uint16_t v);
PLX_API void plx_raw_out32(plx_ioport_t p, uint32_t v);

/**
 * plx_raw_ins8, plx_raw_ins16, plx_raw_ins32 - read one port many times
 * @p:     the port
 * @buf:   takes @nelem elements, in the order they are read, each as it comes from the bus (little
 *         endian); needs no alignment
 * @nelem: elements, not bytes; 0: nothing happens
 *
 * Errors as plx_raw_in8(): an element that fails is all ones, and counts.
 * Threads: any. Burst loop: if plx_ioport_caps() says so. Errors: none.
 * Source: NdisRawReadPortBufferUchar, -Ushort, -Ulong; PIO-9.
 */
PLX_API void plx_raw_ins8(plx_ioport_t p, void *buf, uint32_t nelem);
PLX_API void plx_raw_ins16(plx_ioport_t p, void *buf, uint32_t nelem);
PLX_API void plx_raw_ins32(plx_ioport_t p, void *buf, uint32_t nelem);

/**
 * plx_raw_outs8, plx_raw_outs16, plx_raw_outs32 - write one port many times
 * @p:     the port
 * @buf:   @nelem elements, little endian; needs no alignment
 * @nelem: elements, not bytes; 0: nothing happens
 *
 * Threads: any. Burst loop: if plx_ioport_caps() says so. Errors: none.
 * Source: NdisRawWritePortBufferUchar, -Ushort, -Ulong; PIO-9.
 */
PLX_API void plx_raw_outs8(plx_ioport_t p, const void *buf, uint32_t nelem);
PLX_API void plx_raw_outs16(plx_ioport_t p, const void *buf, uint32_t nelem);
PLX_API void plx_raw_outs32(plx_ioport_t p, const void *buf, uint32_t nelem);

PLX_END_DECLS

#endif
