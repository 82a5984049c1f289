/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/io share: what a device holds of BARs and ports, and the claims on them.
 */
#ifndef PLX_IO_PRIV_H
#define PLX_IO_PRIV_H

#include <pollux/io.h>

#include "core/error.h"
#include "pci/dev.h"

typedef unsigned long long ull;

/* The DDI that a call mirrors: where its arguments stand, and whose statuses it answers. */
struct plx_io_ddi {
	const char *name; /* of our call, for sentences */
	uint8_t arg_address, arg_length;
	bool ndis; /* NDIS statuses; else STATUS_INVALID_PARAMETER_n (4.3) */
};

enum plx_space { PLX_SPACE_MEMORY, PLX_SPACE_PORTS };

/* Bytes or ports of one BAR, as the system counts them. */
struct plx_io_range {
	enum plx_space space;
	unsigned bar;
	uint64_t first, last;
};

/* What a handle holds of a function's BARs; in the list plx_function.claims (MIO-8, PIO-4). */
struct plx_claim {
	struct plx_claim *next;
	struct plx_dev *dev;
	struct plx_io_range range;
	uint32_t protect; /* PLX_PROT_READONLY or _READWRITE */
	enum plx_cache cache;
};

enum plx_map_kind { PLX_MAP_MMIO, PLX_MAP_IOSPACE, PLX_MAP_REGS };

struct plx_mapping {
	struct plx_mapping *next;
	enum plx_map_kind kind;
	struct plx_claim claim;
	enum plx_map_path path;
	void *pages;       /* NULL: registers that the transport reaches */
	uint64_t n_bytes;  /* of @pages */
	volatile void *va; /* of claim.range.first */
};

/* A registered range of ports; its slot makes cookies of it. */
struct plx_ports {
	struct plx_ports *next;
	struct plx_claim claim;
	plx_ioport_t base;
};

/* What lib/io keeps of a device (plx_dev.io); the device's lock guards it. */
struct plx_io {
	struct plx_holding holding;
	struct plx_mapping *mappings;
	struct plx_ports *ports;
};

/* --- room.c --- */

/* plx_dev.io, made when there is none. -ENOMEM. */
int plx_io_room(struct plx_dev *dev, struct plx_io **out);

/* --- locate.c: which BAR (MIO-4, MIO-5, PIO-2, PIO-3) --- */

int plx_io_locate(const struct plx_dev *dev, const struct plx_io_ddi *ddi, enum plx_space space,
		  uint64_t first, uint64_t len, struct plx_io_range *out);

/* Is there a BAR of that number? Then its range. */
bool plx_io_bar(const struct plx_dev *dev, unsigned bar, struct plx_io_range *out);

/* --- claims.c --- */

/* Put @c into its function's list; -EBUSY, recorded and logged (G-8), when it cannot be. */
int plx_claim_take(struct plx_claim *c, const struct plx_io_ddi *ddi);
void plx_claim_drop(struct plx_claim *c);
/* Has any handle of the function an uncached claim in the BAR? */
bool plx_claim_uncached(struct plx_function *function, unsigned bar);

/* --- maps.c --- */

/*
 * Map @range and claim it, in the states @states. @protect: a base flag, perhaps WRITECOMBINE,
 * perhaps STRICT. Both the MSI-X table and whether the BAR can be mapped are the caller's to check:
 * plx_map_check().
 */
struct plx_map_request {
	const struct plx_io_ddi *ddi;
	enum plx_map_kind kind;
	unsigned states;
	struct plx_io_range range;
	uint32_t protect;
	bool through_transport; /* claim only: registers without a mapping */
};

int plx_map(struct plx_dev *dev, const struct plx_map_request *req, volatile void **va);

/* May the pages of @range be mapped: MIO-7 (-EINVAL), and MIO-6 (-ENOTSUP). */
int plx_map_check_pages(struct plx_dev *dev, const struct plx_io_ddi *ddi,
			const struct plx_io_range *range);
int plx_map_check_mode(struct plx_dev *dev, const struct plx_io_ddi *ddi,
		       const struct plx_io_range *range);

/* MIO-12: the mapping of that kind that begins at @va and has @len bytes; @ddi->arg_* count. */
int plx_map_find(struct plx_dev *dev, const struct plx_io_ddi *ddi, enum plx_map_kind kind,
		 const volatile void *va, uint64_t len, struct plx_mapping **out);
void plx_map_end(struct plx_dev *dev, struct plx_mapping *m);

/* --- wc.c: write-combining (WC-1 .. WC-7) --- */

/* May the BAR go write-combined, as far as one can say without trying? */
bool plx_wc_possible(struct plx_dev *dev, unsigned bar);

/* Map it so; 0 or a positive errno. @path says how it was done. */
int plx_wc_map(struct plx_dev *dev, unsigned bar, uint64_t off, uint64_t len, int prot,
	       void **pages, enum plx_map_path *path);

/* What plx_mmio_check_strict() knows (MIO-16). */
void plx_wc_note(const struct plx_mapping *m);
void plx_wc_forget(const struct plx_mapping *m);

/* --- ports.c, port_slots.c --- */

void plx_ports_end(struct plx_dev *dev, struct plx_ports *p);

/*
 * The process-wide table that turns cookies into ports. Taking and ending are locked; looking up
 * is not. An ended range is remembered for its device's PIO-8 count until plx_slots_forget().
 */
struct plx_port_ref {
	struct plx_dev *dev; /* NULL: the cookie names nobody's port */
	unsigned bar;
	uint64_t off; /* in the BAR */
	uint32_t slot;
	bool live; /* false: the range was deregistered */
};

/* -EBUSY: a real port that is taken in this process (PIO-4; *other is the holder); -ENOMEM: full. */
int plx_slot_take(const struct plx_claim *c, plx_ioport_t *base, char *other, size_t size);
void plx_slot_end(plx_ioport_t base);
void plx_slots_forget(const struct plx_dev *dev);

/*
 * Look a port up. The range cannot end, nor its device close, before plx_slot_put(), which
 * follows in any case. INDEX: no port; UNALIGNED: its offset is no multiple of @width.
 */
enum plx_reason plx_slot_get(plx_ioport_t p, unsigned width, struct plx_port_ref *out);
void plx_slot_put(const struct plx_port_ref *ref);

/* --- iomem.c --- */

/*
 * The innermost line of /proc/iomem or /proc/ioports (@path) that touches the range; with @only,
 * the one of that name. False: none, or the addresses are hidden from this process.
 */
bool plx_iomem_find(const char *path, uint64_t first, uint64_t last, const char *only, char *name,
		    size_t size);

/* Is a byte of the range System RAM of the machine that the device is in (MIO-5)? */
bool plx_is_host_ram(const struct plx_dev *dev, uint64_t first, uint64_t last);

/* --- fail.c --- */

/* -EINVAL for argument @arg of the DDI. */
int plx_io_fail_arg(const struct plx_dev *dev, const struct plx_io_ddi *ddi, enum plx_reason reason,
		    unsigned arg, const char *fmt, ...) PLX_PRINTF(5, 6);
/* -EBUSY, with the one line in the log (G-8). */
int plx_io_fail_conflict(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
			 enum plx_reason reason, int sys_errno, const char *fmt, ...)
	PLX_PRINTF(5, 6);
/* The transport answered @err (and a record) to a map: 2.2. */
int plx_io_fail_map(const struct plx_dev *dev, const struct plx_io_ddi *ddi,
		    const struct plx_io_range *range, int err);
/* G-11 and G-12. */
int plx_io_check_order(const struct plx_dev *dev, const struct plx_io_ddi *ddi, unsigned states);
int plx_io_check_state(const struct plx_dev *dev, const struct plx_io_ddi *ddi, unsigned states);

/* "BAR 0 at 0xfe000000-0xfe000fff" */
#define PLX_RANGE_TEXT 64
const char *plx_io_range_text(const struct plx_io_range *r, char *text);

#endif
