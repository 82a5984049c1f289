/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A simulated function: its life, and accesses to its regions as vfio-pci makes them.
 */
#include "core/error.h"
#include "sim/kernel_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned next_number;

/* --- life --- */

static void reset_all(struct plx_sim_function *f, uint16_t command)
{
	plx_sim_irqs_off(f);
	plx_sim_config_reset(f, command);
	plx_sim_dummy_reset(f);
	f->n_faults = 0;
}

static void release(struct plx_sim_function *f)
{
	if (f->group)
		plx_sim_group_return(f->group);
	free(f);
}

int plx_sim_function_create(const void *owner, const struct plx_sim_spec *spec,
			    struct plx_sim_function **out)
{
	struct plx_sim_function *f = calloc(1, sizeof(*f));
	int err = 0;

	*out = NULL;
	if (f)
		f->group = plx_sim_group_take(owner, spec);
	if (!f || !f->group)
		err = plx_fail_nomem(NULL, "a simulated function");
	else
		err = plx_sim_memory_create(f);
	if (err) {
		if (f)
			release(f);
		return err;
	}
	f->spec = *spec;
	f->number = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
	pthread_mutex_init(&f->lock, NULL);
	reset_all(f, 0);
	*out = f;
	return 0;
}

void plx_sim_function_destroy(struct plx_sim_function *f)
{
	plx_sim_kernel_unplug(f);
	plx_sim_irqs_off(f);
	plx_sim_memory_destroy(f);
	pthread_mutex_destroy(&f->lock);
	release(f);
}

void plx_sim_function_open(struct plx_sim_function *f)
{
	pthread_mutex_lock(&f->lock);
	if (!f->opened++)
		reset_all(f, MEMORY_DECODE | IO_DECODE);
	pthread_mutex_unlock(&f->lock);
}

void plx_sim_function_close(struct plx_sim_function *f)
{
	pthread_mutex_lock(&f->lock);
	if (!--f->opened)
		reset_all(f, 0);
	pthread_mutex_unlock(&f->lock);
}

/* The kernel saves config space before and restores it after; interrupts stay as they are. */
static void reset(struct plx_sim_function *f)
{
	plx_sim_dummy_reset(f);
	plx_sim_wake(f);
	f->n_faults = 0;
}

void plx_sim_function_reset(struct plx_sim_function *f)
{
	pthread_mutex_lock(&f->lock);
	reset(f);
	pthread_mutex_unlock(&f->lock);
}

/* --- what is there --- */

void plx_sim_function_facts(const struct plx_sim_function *f, struct plx_sim_facts *out)
{
	*out = (struct plx_sim_facts){
		.vendor = DUMMY_VENDOR,
		.device = DUMMY_DEVICE,
		.subsystem_vendor = DUMMY_VENDOR,
		.subsystem_device = DUMMY_DEVICE,
		.class_code = DUMMY_CLASS,
		.group = f->group->number,
		.cdev = f->number + FIRST_CDEV,
		.address_width = f->spec.address_width,
	};
	snprintf(out->name, sizeof(out->name), "sim:dummy,id=%u", f->spec.id);
	/* A PCI domain that no host bridge has. */
	snprintf(out->address, sizeof(out->address), "%04x:%02x:%02x.0",
		 (0x5000 + (f->number >> 13)) & 0xffff, f->number >> 5 & 0xff, f->number & 0x1f);
	for (unsigned i = 0; i < PLX_SIM_BARS; i++) {
		const struct plx_sim_bar_model *bar = &plx_sim_dummy_bars[i];

		out->bars[i] = (struct plx_sim_bar){ bar->address, bar->size, bar->flags };
	}
}

void plx_sim_function_region(const struct plx_sim_function *f, unsigned region,
			     struct plx_sim_region *out)
{
	*out = (struct plx_sim_region){ .fd = -1 };
	if (region == CONFIG)
		out->size = CONFIG_SIZE;
	if (region >= PLX_SIM_BARS)
		return;
	out->size = plx_sim_dummy_bars[region].size;
	out->can_map = plx_sim_dummy_bars[region].can_map;
	if (!out->can_map)
		return;
	out->fd = f->fd;
	out->fd_offset = f->bar_offset[region];
	if (region == MSIX_BAR)
		out->table_size = MSIX_VECTORS * 16;
}

/* --- accesses --- */

/* Ports are accessed as vfio-pci splits what it is asked for: 4, 2 or 1 at once, aligned. */
static void ports(struct plx_sim_function *f, uint64_t port, uint8_t *buf, uint32_t len, bool write)
{
	uint32_t n;

	for (; len; port += n, buf += n, len -= n) {
		n = len >= 4 && !(port & 3) ? 4 : len >= 2 && !(port & 1) ? 2 : 1;
		if (!(plx_sim_command(f) & IO_DECODE)) { /* nobody answers */
			if (!write)
				memset(buf, 0xff, n);
		} else if (write) {
			plx_sim_dummy_out(f, port, buf, n);
		} else {
			plx_sim_dummy_in(f, port, buf, n);
		}
	}
}

/* How many bytes of an access are inside the region; a negative errno: none. */
static int fits(const struct plx_sim_function *f, unsigned region, uint64_t off, uint32_t len)
{
	struct plx_sim_region r;
	uint64_t room;

	plx_sim_function_region(f, region, &r);
	if (off >= r.size)
		return -EINVAL;
	if (region != CONFIG && plx_sim_dummy_bars[region].flags & BAR_MEMORY &&
	    !plx_sim_decodes_memory(f))
		return -EIO;
	room = r.size - off;
	return (int)(len < room ? len : room);
}

int plx_sim_function_read(struct plx_sim_function *f, unsigned region, uint64_t off, void *buf,
			  uint32_t len)
{
	int n;

	pthread_mutex_lock(&f->lock);
	n = fits(f, region, off, len);
	if (n <= 0)
		goto out;
	if (region == CONFIG)
		memcpy(buf, f->config + off, (size_t)n);
	else if (plx_sim_dummy_bars[region].flags & BAR_IO)
		ports(f, off, buf, (uint32_t)n, false);
	else
		plx_sim_dummy_read(f, region, off, buf, (uint32_t)n);
out:
	pthread_mutex_unlock(&f->lock);
	return n;
}

int plx_sim_function_write(struct plx_sim_function *f, unsigned region, uint64_t off,
			   const void *buf, uint32_t len, const struct plx_sim_bus *bus)
{
	int n;

	pthread_mutex_lock(&f->lock);
	n = fits(f, region, off, len);
	if (n <= 0)
		goto out;
	if (region == CONFIG) {
		if (plx_sim_config_write(f, (uint32_t)off, buf, (uint32_t)n))
			reset(f);
	} else if (plx_sim_dummy_bars[region].flags & BAR_IO) {
		ports(f, off, (uint8_t *)(uintptr_t)buf, (uint32_t)n, true);
	} else {
		plx_sim_dummy_write(f, region, off, buf, (uint32_t)n, bus);
	}
out:
	pthread_mutex_unlock(&f->lock);
	return n;
}

/* --- faults --- */

void plx_sim_fault_add(struct plx_sim_function *f, uint64_t iova, bool write)
{
	unsigned at = (f->first_fault + f->n_faults) % FAULTS;

	if (f->n_faults == FAULTS)
		f->first_fault = (f->first_fault + 1) % FAULTS;
	else
		f->n_faults++;
	f->faults[at] = (struct plx_sim_fault){ iova, write ? 2 : 1 };
	f->all_faults++;
}

uint64_t plx_sim_function_count_faults(struct plx_sim_function *f)
{
	uint64_t n;

	pthread_mutex_lock(&f->lock);
	n = f->all_faults;
	pthread_mutex_unlock(&f->lock);
	return n;
}

unsigned plx_sim_function_faults(struct plx_sim_function *f, struct plx_sim_fault *out,
				 unsigned max)
{
	unsigned n = 0;

	pthread_mutex_lock(&f->lock);
	for (; n < max && f->n_faults; n++, f->n_faults--) {
		out[n] = f->faults[f->first_fault];
		f->first_fault = (f->first_fault + 1) % FAULTS;
	}
	pthread_mutex_unlock(&f->lock);
	return n;
}
