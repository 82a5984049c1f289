/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Simulated PCI functions: config space, BARs, interrupts and DMA, with a model (model.h) that says
 * what is in them: "sim:dummy" is that of the DDI contract (11.1). A function knows neither handles
 * nor domains: whoever opens it says where its DMA goes.
 *
 * Threads: any, at once; a function has a lock of its own, which is taken before those of domains.
 */
#ifndef PLX_SIM_FUNCTION_H
#define PLX_SIM_FUNCTION_H

#include <pollux/base.h>

#define PLX_SIM_BARS    6
#define PLX_SIM_REGIONS 8  /* BARs, ROM, config space: numbered as VFIO does */
#define PLX_SIM_IRQS    5  /* INTx, MSI, MSI-X, error, request: the same */
#define PLX_SIM_VECTORS 16 /* at most, of an index */

struct plx_sim_function;
struct plx_sim_model;
struct plx_sim_map;

/* "sim:MODEL,id=N,group=G,aperture=BITS" */
struct plx_sim_spec {
	const struct plx_sim_model *model;
	void *arg; /* for the model's create() */
	unsigned id;
	int group;             /* -1: one of its own */
	uint8_t address_width; /* bits; 39 */
	bool says_width;       /* the name does */
};

/* Errors: -EINVAL (BAD_KEY, BAD_VALUE), -ENODEV (NO_DRIVER: no such model). */
int plx_sim_parse(const char *name, struct plx_sim_spec *out);
/* What the function is called: "sim:MODEL,id=N". One id of two models are two functions. */
void plx_sim_name(const struct plx_sim_spec *spec, char *text, size_t size);

/* What sysfs would say of a function. */
struct plx_sim_facts {
	char name[32]; /* "sim:dummy,id=0" */
	char address
		[16]; /* "5000:00:01.0": of no other function; what GET_DEVICE_FD is asked for */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	uint32_t class_code;
	unsigned group; /* of no group of another owner */
	unsigned cdev;  /* K of /dev/vfio/devices/vfioK */
	uint8_t address_width;
	struct plx_sim_bar {
		uint64_t address, size; /* size 0: not there */
		uint32_t flags;         /* IORESOURCE_IO, _MEM, _PREFETCH */
	} bars[PLX_SIM_BARS];
};

/*
 * Make a function. Functions of one @owner (a context; only compared) with the same spec.group are
 * in one IOMMU group. Who wants one function for one id keeps it. Errors: -ENOMEM (NOMEM), -EMFILE,
 * and those of the model's create().
 */
int plx_sim_function_create(const void *owner, const struct plx_sim_spec *spec,
			    struct plx_sim_function **out);
/* Takes it out of the fake kernel, too; nobody uses it any more. */
void plx_sim_function_destroy(struct plx_sim_function *f);
void plx_sim_function_facts(const struct plx_sim_function *f, struct plx_sim_facts *out);

/* Moves bytes between @buf and an IOVA; returns the bytes moved: fewer where it was blocked. */
typedef uint64_t (*plx_sim_access_fn)(void *arg, uint64_t iova, uint64_t len, bool write,
				      void *buf);

/* Where a function's DMA goes. access NULL: nowhere, all of it is blocked. */
struct plx_sim_bus {
	plx_sim_access_fn access;
	void *arg;
};

/*
 * Counted: the first open and the last close reset the function; after an open, memory and I/O are
 * decoded (pci_enable_device()) and bus mastering is off, after the last close all of them are.
 * DMA goes to @bus until the last close; NULL: where it went before. access() is called with the
 * function locked, and also the simulated kernel where the function was opened through that.
 */
void plx_sim_function_open(struct plx_sim_function *f, const struct plx_sim_bus *bus);
void plx_sim_function_close(struct plx_sim_function *f);
/* Without: the function has no function level reset, and VFIO_DEVICE_RESET fails. */
bool plx_sim_function_can_reset(const struct plx_sim_function *f);
/* As VFIO_DEVICE_RESET: the kernel saves and restores the command register and interrupts. */
void plx_sim_function_reset(struct plx_sim_function *f);

struct plx_sim_region {
	uint64_t size; /* 0: not there */
	bool can_map;
	int fd;              /* can_map: the memfd to map ... */
	uint64_t fd_offset;  /* ... from here; the function's, valid as long as it */
	uint64_t table_size; /* != 0: bytes from 0 on that hold the MSI-X table */
};

/* @region 0 .. PLX_SIM_REGIONS - 1 */
void plx_sim_function_region(const struct plx_sim_function *f, unsigned region,
			     struct plx_sim_region *out);

/*
 * One access as pread(2) and pwrite(2) of VFIO make it. Returns the bytes moved, fewer past the
 * end, or a negative errno: -EINVAL (no such region, offset past its end), -EIO (memory is not
 * decoded). Touches no error record. A command in the bytes is executed before write() returns.
 */
int plx_sim_function_read(struct plx_sim_function *f, unsigned region, uint64_t off, void *buf,
			  uint32_t len);
int plx_sim_function_write(struct plx_sim_function *f, unsigned region, uint64_t off,
			   const void *buf, uint32_t len);

/* --- memory that it reaches, for models that listen (model.h): the domain is locked --- */

bool plx_sim_function_listens(const struct plx_sim_function *f);
int plx_sim_function_map(struct plx_sim_function *f, const struct plx_sim_map *m);
void plx_sim_function_unmap(struct plx_sim_function *f, const struct plx_sim_map *m);

/* --- interrupts: @index is VFIO's (enum plx_irq_index of lib/pci) --- */

unsigned plx_sim_function_irqs(const struct plx_sim_function *f, unsigned index);
/*
 * Vectors @first .. @first + @n - 1 signal @fds (eventfds, duplicated; -1: none) from now on; @n 0:
 * all of the index are off, and so is the index. Of INTx, MSI and MSI-X one is on at a time.
 * 0, -EINVAL (another one is on; no eventfd; out of range), -EBADF, -EMFILE.
 */
int plx_sim_function_irq_set(struct plx_sim_function *f, unsigned index, unsigned first, unsigned n,
			     const int *fds);
bool plx_sim_function_irq_on(struct plx_sim_function *f, unsigned index);
/* INTx masks itself when it fires. */
void plx_sim_function_irq_mask(struct plx_sim_function *f, bool masked);
/* Signal a vector, if it is on; tests raise the error and the request interrupt with it. */
void plx_sim_function_irq_raise(struct plx_sim_function *f, unsigned index, unsigned vector);

/* --- faults --- */

struct plx_sim_fault {
	uint64_t iova;
	uint32_t direction; /* 1 read, 2 write */
};

/* Take the oldest faults that have not been taken; the last 64 are kept. Returns how many. */
unsigned plx_sim_function_faults(struct plx_sim_function *f, struct plx_sim_fault *out,
				 unsigned max);
/* How many there have been since it was made. */
uint64_t plx_sim_function_count_faults(struct plx_sim_function *f);

#endif
