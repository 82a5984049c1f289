/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Access to mapped device registers: NdisReadRegisterXxx and NdisWriteRegisterXxx, their relaxed
 * forms, and the barriers that these need. All of it is inline and for burst loops.
 *
 * Every function here makes one access of exactly its width. The address is aligned to the width
 * and lies in a mapping of plx_mmio_map() or plx_iospace_map_ex(). Devices are little endian;
 * values are in host order. A device that is gone answers reads with all ones.
 *
 * Ordering, by architecture:
 *   x86-64   uncached accesses and the stores around them keep program order, so that the
 *            compiler is all there is to hold back; a write-combined store needs plx_wc_flush().
 *   aarch64  the outer shareable domain is what devices see; DMB for order, DSB for completion.
 * Elsewhere a full barrier of the compiler stands for each.
 */
#ifndef POLLUX_ACCESS_H
#define POLLUX_ACCESS_H

#include <pollux/base.h>

PLX_BEGIN_DECLS

/* --- barriers --- */

/**
 * plx_io_wmb - stores before it reach device and memory before stores after it
 *
 * Between a descriptor in memory and the relaxed store that rings the doorbell.
 * Threads: any. Burst loop: yes. Errors: none. Source: 3.3 of the DDI contract.
 */
static inline void plx_io_wmb(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ __volatile__("" ::: "memory");
#elif defined(__aarch64__)
	__asm__ __volatile__("dmb oshst" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/**
 * plx_io_rmb - loads before it are done before loads after it
 *
 * Between the relaxed load of a status register, or of a "done" bit in memory, and the data that
 * it speaks of.
 * Threads: any. Burst loop: yes. Errors: none. Source: 3.3 of the DDI contract.
 */
static inline void plx_io_rmb(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ __volatile__("" ::: "memory");
#elif defined(__aarch64__)
	__asm__ __volatile__("dmb oshld" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/**
 * plx_io_mb - everything before it is seen before everything after it
 *
 * Threads: any. Burst loop: yes. Errors: none. Source: 3.3 of the DDI contract.
 */
static inline void plx_io_mb(void)
{
#if defined(__x86_64__)
	__asm__ __volatile__("mfence" ::: "memory");
#elif defined(__aarch64__)
	__asm__ __volatile__("dmb osh" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/**
 * plx_wc_flush - drain the write-combining buffers
 *
 * Between a payload that was stored through a write-combining mapping and the doorbell that tells
 * of it.
 * Threads: any; it drains the calling CPU's. Burst loop: yes. Errors: none.
 * Source: 3.3 of the DDI contract.
 */
static inline void plx_wc_flush(void)
{
#if defined(__x86_64__)
	__asm__ __volatile__("sfence" ::: "memory");
#elif defined(__aarch64__)
	__asm__ __volatile__("dsb st" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* What the strict accessors put on both sides of the access (3.1: fully ordered). */
static inline void plx_io_strict_(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ __volatile__("" ::: "memory");
#else
	plx_io_mb();
#endif
}

/**
 * plx_mmio_check_strict - stop the program when a strict accessor meets a write-combining mapping
 * @reg: the address that is about to be accessed
 *
 * The strict accessors promise an order that write-combining does not keep (MIO-16). They call
 * this where the program that includes them is built with PLX_CHECKS defined; it looks only where
 * the library is built with -Dchecks=true.
 * Threads: any. Burst loop: no (it locks). Errors: none. Source: MIO-16.
 */
PLX_API void plx_mmio_check_strict(const volatile void *reg);

static inline void plx_io_begin_(const volatile void *reg)
{
#ifdef PLX_CHECKS
	plx_mmio_check_strict(reg);
#else
	(void)reg;
#endif
	plx_io_strict_();
}

/* --- byte order --- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PLX_LE16_(v) (v)
#define PLX_LE32_(v) (v)
#define PLX_LE64_(v) (v)
#else
#define PLX_LE16_(v) __builtin_bswap16(v)
#define PLX_LE32_(v) __builtin_bswap32(v)
#define PLX_LE64_(v) __builtin_bswap64(v)
#endif

/* --- one access, in no order but the program's --- */

/**
 * plx_read8_relaxed, plx_read16_relaxed, plx_read32_relaxed - read a register, without barriers
 * @reg: the register, aligned to its width
 *
 * For burst loops, which place one barrier for many accesses. Also for write-combining mappings.
 * Return: what the device says, in host order.
 * Threads: any. Burst loop: yes. Errors: none. Source: 3.3 of the DDI contract.
 */
static inline uint8_t plx_read8_relaxed(const volatile void *reg)
{
	return *(const volatile uint8_t *)reg;
}

static inline uint16_t plx_read16_relaxed(const volatile void *reg)
{
	return PLX_LE16_(*(const volatile uint16_t *)reg);
}

static inline uint32_t plx_read32_relaxed(const volatile void *reg)
{
	return PLX_LE32_(*(const volatile uint32_t *)reg);
}

/**
 * plx_write8_relaxed, plx_write16_relaxed, plx_write32_relaxed - write a register, no barriers
 * @reg: the register, aligned to its width
 * @v:   in host order
 *
 * Threads: any. Burst loop: yes. Errors: none. Source: 3.3 of the DDI contract.
 */
static inline void plx_write8_relaxed(volatile void *reg, uint8_t v)
{
	*(volatile uint8_t *)reg = v;
}

static inline void plx_write16_relaxed(volatile void *reg, uint16_t v)
{
	*(volatile uint16_t *)reg = PLX_LE16_(v);
}

static inline void plx_write32_relaxed(volatile void *reg, uint32_t v)
{
	*(volatile uint32_t *)reg = PLX_LE32_(v);
}

/* --- one access, fully ordered --- */

/**
 * plx_read8, plx_read16, plx_read32 - read a register
 * @reg: the register, aligned to its width, in an uncached mapping (MIO-16)
 *
 * What comes before it in the program is done before what comes after it.
 * Return: what the device says, in host order.
 * Threads: any. Burst loop: yes. Errors: none.
 * Source: NdisReadRegisterUchar, -Ushort, -Ulong.
 */
static inline uint8_t plx_read8(const volatile void *reg)
{
	uint8_t v;

	plx_io_begin_(reg);
	v = plx_read8_relaxed(reg);
	plx_io_strict_();
	return v;
}

static inline uint16_t plx_read16(const volatile void *reg)
{
	uint16_t v;

	plx_io_begin_(reg);
	v = plx_read16_relaxed(reg);
	plx_io_strict_();
	return v;
}

static inline uint32_t plx_read32(const volatile void *reg)
{
	uint32_t v;

	plx_io_begin_(reg);
	v = plx_read32_relaxed(reg);
	plx_io_strict_();
	return v;
}

/**
 * plx_write8, plx_write16, plx_write32 - write a register
 * @reg: the register, aligned to its width, in an uncached mapping (MIO-16)
 * @v:   in host order
 *
 * What comes before it in the program is done before what comes after it. The write may still be
 * on its way to the device on return (it is posted): read a register to know.
 * Threads: any. Burst loop: yes. Errors: none.
 * Source: NdisWriteRegisterUchar, -Ushort, -Ulong.
 */
static inline void plx_write8(volatile void *reg, uint8_t v)
{
	plx_io_begin_(reg);
	plx_write8_relaxed(reg, v);
	plx_io_strict_();
}

static inline void plx_write16(volatile void *reg, uint16_t v)
{
	plx_io_begin_(reg);
	plx_write16_relaxed(reg, v);
	plx_io_strict_();
}

static inline void plx_write32(volatile void *reg, uint32_t v)
{
	plx_io_begin_(reg);
	plx_write32_relaxed(reg, v);
	plx_io_strict_();
}

/* --- 64 bits, where the host moves them at once --- */

#if __SIZEOF_POINTER__ == 8
/**
 * plx_read64, plx_write64, plx_read64_relaxed, plx_write64_relaxed - 64-bit registers
 * @reg: the register, aligned to 8 bytes
 * @v:   in host order
 *
 * As their namesakes. Not every device takes 64 bits in one access: see its datasheet.
 * Threads: any. Burst loop: yes. Errors: none. Source: 3.3 of the DDI contract (an extension).
 */
static inline uint64_t plx_read64_relaxed(const volatile void *reg)
{
	return PLX_LE64_(*(const volatile uint64_t *)reg);
}

static inline void plx_write64_relaxed(volatile void *reg, uint64_t v)
{
	*(volatile uint64_t *)reg = PLX_LE64_(v);
}

static inline uint64_t plx_read64(const volatile void *reg)
{
	uint64_t v;

	plx_io_begin_(reg);
	v = plx_read64_relaxed(reg);
	plx_io_strict_();
	return v;
}

static inline void plx_write64(volatile void *reg, uint64_t v)
{
	plx_io_begin_(reg);
	plx_write64_relaxed(reg, v);
	plx_io_strict_();
}
#endif

PLX_END_DECLS

#endif
