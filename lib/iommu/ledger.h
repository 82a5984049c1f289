/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a domain's devices can reach, for other processes to see ("plx-dev dma"): a memfd named
 * "pollux-dma:..." that whoever may trace this process finds in /proc/PID/fd. It costs no disk, no
 * thread, and no system call but where it grows; it ends with the process.
 *
 * The file is an array of records of 64 bytes, the first of which is its head. A record is written
 * by one process and read by others at any time: its sequence number is odd while it changes. What
 * is in it proves nothing: a reader checks all of it.
 */
#ifndef PLX_IOMMU_LEDGER_H
#define PLX_IOMMU_LEDGER_H

#include <stdatomic.h>
#include <stdint.h>

#define PLX_LEDGER_NAME    "pollux-dma:" /* how the memfd's name begins */
#define PLX_LEDGER_MAGIC   0x414d44584c505631ull
#define PLX_LEDGER_TEXT    40         /* bytes, the last of which is 0 */
#define PLX_LEDGER_RECORDS (1u << 20) /* at most, the head included */

struct plx_ledger_head {
	_Atomic uint64_t magic;     /* PLX_LEDGER_MAGIC, in the writer's byte order */
	_Atomic uint32_t used;      /* records from here on were never written; this one counts */
	uint16_t type;              /* enum plx_domain_type */
	uint16_t backend;           /* enum plx_backend */
	_Atomic uint64_t missing;   /* mappings for which there was no room */
	char name[PLX_LEDGER_TEXT]; /* of the domain */
};

enum plx_ledger_kind { PLX_LEDGER_FREE, PLX_LEDGER_DEVICE, PLX_LEDGER_MAPPING };

struct plx_ledger_record {
	_Atomic uint32_t sequence;
	uint16_t kind;  /* enum plx_ledger_kind */
	uint16_t perms; /* of a mapping: enum plx_iommu_perms */
	union {
		uint64_t iova;  /* of a mapping */
		uint64_t group; /* of a device: the number of its IOMMU group */
	};
	uint64_t size; /* of a mapping, bytes */
	/* A device's name; what a mapping is for, and "" for the program's own, which are many. */
	char text[PLX_LEDGER_TEXT];
};

_Static_assert(sizeof(struct plx_ledger_head) == 64, "the head is a record long");
_Static_assert(sizeof(struct plx_ledger_record) == 64, "records do not share cache lines");

struct plx_ledger;

/* NULL where the kernel gives none, which is nobody's error. No error record is touched here. */
struct plx_ledger *plx_ledger_open(const char *domain, unsigned type, unsigned backend);
void plx_ledger_close(struct plx_ledger *l); /* NULL is nothing to do */

/*
 * Add a record; one call at a time. Return: its number, for plx_ledger_remove(); 0: it is only
 * counted, in head.missing. Both O(1).
 */
uint32_t plx_ledger_add(struct plx_ledger *l, enum plx_ledger_kind kind, uint64_t iova,
			uint64_t size, uint32_t perms, const char *text);
void plx_ledger_remove(struct plx_ledger *l, uint32_t number);

#endif
