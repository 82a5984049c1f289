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

static void reset_model(struct plx_sim_function *f)
{
	const struct plx_sim_model *model = f->model;

	memset(f->memory, 0, f->memory_size);
	if (model->reset)
		model->reset(f);
	if (model->command)
		model->command(f, plx_sim_command(f));
	f->n_faults = 0;
}

static void reset_all(struct plx_sim_function *f, uint16_t command)
{
	plx_sim_irqs_off(f);
	plx_sim_config_reset(f, command);
	reset_model(f);
}

static void release(struct plx_sim_function *f)
{
	if (f->group)
		plx_sim_group_return(f->group);
	free(f);
}

/* Its memory, and what the model makes of its state. */
static int furnish(struct plx_sim_function *f)
{
	int err = plx_sim_memory_create(f);

	if (err || !f->model->create)
		return err;
	err = f->model->create(f, f->spec.arg);
	if (err)
		plx_sim_memory_destroy(f);
	return err;
}

int plx_sim_function_create(const void *owner, const struct plx_sim_spec *spec,
			    struct plx_sim_function **out)
{
	struct plx_sim_function *f = calloc(1, sizeof(*f) + spec->model->state_size);
	int err = 0;

	*out = NULL;
	if (!f)
		return plx_fail_nomem(NULL, "a simulated function");
	f->spec = *spec;
	f->model = spec->model;
	f->number = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
	f->group = plx_sim_group_take(owner, spec);
	err = f->group ? furnish(f) : plx_fail_nomem(NULL, "a simulated function");
	if (err) {
		release(f);
		return err;
	}
	pthread_mutex_init(&f->lock, NULL);
	reset_all(f, 0);
	*out = f;
	return 0;
}

void plx_sim_function_destroy(struct plx_sim_function *f)
{
	plx_sim_kernel_unplug(f);
	plx_sim_irqs_off(f);
	if (f->model->destroy)
		f->model->destroy(f);
	plx_sim_memory_destroy(f);
	pthread_mutex_destroy(&f->lock);
	release(f);
}

void plx_sim_function_open(struct plx_sim_function *f, const struct plx_sim_bus *bus)
{
	pthread_mutex_lock(&f->lock);
	if (bus)
		f->bus = *bus;
	if (!f->opened++)
		reset_all(f, MEMORY_DECODE | IO_DECODE);
	pthread_mutex_unlock(&f->lock);
}

void plx_sim_function_close(struct plx_sim_function *f)
{
	pthread_mutex_lock(&f->lock);
	if (!--f->opened) {
		f->bus = (struct plx_sim_bus){ NULL, NULL };
		reset_all(f, 0);
	}
	pthread_mutex_unlock(&f->lock);
}

/* The kernel saves config space before and restores it after; interrupts stay as they are. */
static void reset(struct plx_sim_function *f)
{
	plx_sim_wake(f);
	reset_model(f);
}

bool plx_sim_function_can_reset(const struct plx_sim_function *f)
{
	return f->model->can_reset;
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
		.vendor = f->model->vendor,
		.device = f->model->device,
		.subsystem_vendor = f->model->subsystem_vendor,
		.subsystem_device = f->model->subsystem_device,
		.class_code = f->model->class_code,
		.group = f->group->number,
		.cdev = f->number + FIRST_CDEV,
		.address_width = f->spec.address_width,
	};
	plx_sim_name(&f->spec, out->name, sizeof(out->name));
	/* A PCI domain that no host bridge has. */
	snprintf(out->address, sizeof(out->address), "%04x:%02x:%02x.0",
		 (0x5000 + (f->number >> 13)) & 0xffff, f->number >> 5 & 0xff, f->number & 0x1f);
	for (unsigned i = 0; i < PLX_SIM_BARS; i++) {
		const struct plx_sim_bar_model *bar = &f->model->bars[i];

		out->bars[i] = (struct plx_sim_bar){ bar->address, bar->size, bar->flags };
	}
}

void plx_sim_function_region(const struct plx_sim_function *f, unsigned region,
			     struct plx_sim_region *out)
{
	*out = (struct plx_sim_region){ .fd = -1 };
	if (region == CONFIG)
		out->size = plx_sim_config_size(f);
	if (region >= PLX_SIM_BARS)
		return;
	out->size = f->model->bars[region].size;
	out->can_map = f->model->bars[region].can_map;
	if (!out->can_map)
		return;
	out->fd = f->fd;
	out->fd_offset = f->bar_offset[region];
	out->table_size = plx_sim_table_size(f, region);
}

/* --- accesses --- */

/* Ports are accessed as vfio-pci splits what it is asked for: 4, 2 or 1 at once, aligned. */
static void ports(struct plx_sim_function *f, unsigned bar, uint64_t port, uint8_t *buf,
		  uint32_t len, bool write)
{
	uint32_t n;

	for (; len; port += n, buf += n, len -= n) {
		n = len >= 4 && !(port & 3) ? 4 : len >= 2 && !(port & 1) ? 2 : 1;
		if (plx_sim_command(f) & IO_DECODE)
			plx_sim_bar_access(f, bar, port, buf, n, write);
		else if (!write) /* nobody answers */
			memset(buf, 0xff, n);
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
	if (region != CONFIG && f->model->bars[region].flags & PLX_SIM_BAR_MEMORY &&
	    !plx_sim_decodes_memory(f))
		return -EIO;
	room = r.size - off;
	return (int)(len < room ? len : room);
}

static void access_bar(struct plx_sim_function *f, unsigned bar, uint64_t off, uint8_t *buf,
		       uint32_t len, bool write)
{
	if (f->model->bars[bar].flags & PLX_SIM_BAR_IO)
		ports(f, bar, off, buf, len, write);
	else
		plx_sim_bar_access(f, bar, off, buf, len, write);
}

static void write_config(struct plx_sim_function *f, uint32_t off, const uint8_t *buf, uint32_t len)
{
	const uint16_t before = plx_sim_command(f);

	if (plx_sim_config_write(f, off, buf, len))
		reset(f);
	else if (f->model->command && plx_sim_command(f) != before)
		f->model->command(f, plx_sim_command(f));
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
	else
		access_bar(f, region, off, buf, (uint32_t)n, false);
out:
	pthread_mutex_unlock(&f->lock);
	return n;
}

int plx_sim_function_write(struct plx_sim_function *f, unsigned region, uint64_t off,
			   const void *buf, uint32_t len)
{
	int n;

	pthread_mutex_lock(&f->lock);
	n = fits(f, region, off, len);
	if (n <= 0)
		goto out;
	if (region == CONFIG)
		write_config(f, (uint32_t)off, buf, (uint32_t)n);
	else
		access_bar(f, region, off, (uint8_t *)(uintptr_t)buf, (uint32_t)n, true);
out:
	pthread_mutex_unlock(&f->lock);
	return n;
}

/* --- for models --- */

void *plx_sim_state(struct plx_sim_function *f)
{
	return f->state;
}

/* A system call of the simulated kernel, too, holds that one's lock when it comes to a function. */
void plx_sim_lock(struct plx_sim_function *f)
{
	plx_sim_kernel_lock();
	pthread_mutex_lock(&f->lock);
}

void plx_sim_unlock(struct plx_sim_function *f)
{
	pthread_mutex_unlock(&f->lock);
	plx_sim_kernel_unlock();
}

bool plx_sim_function_listens(const struct plx_sim_function *f)
{
	return f->model->map || f->model->unmap;
}

int plx_sim_function_map(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	return f->model->map ? f->model->map(f, m) : 0;
}

void plx_sim_function_unmap(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	if (f->model->unmap)
		f->model->unmap(f, m);
}

/* --- DMA --- */

static void add_fault(struct plx_sim_function *f, uint64_t iova, bool write)
{
	unsigned at = (f->first_fault + f->n_faults) % FAULTS;

	if (f->n_faults == FAULTS)
		f->first_fault = (f->first_fault + 1) % FAULTS;
	else
		f->n_faults++;
	f->faults[at] = (struct plx_sim_fault){ iova, write ? 2 : 1 };
	f->all_faults++;
}

uint64_t plx_sim_dma(struct plx_sim_function *f, uint64_t iova, uint64_t len, bool write, void *buf)
{
	uint64_t moved = 0;

	if (!(plx_sim_command(f) & BUS_MASTER))
		return 0;
	if (f->bus.access)
		moved = f->bus.access(f->bus.arg, iova, len, write, buf);
	if (moved < len)
		add_fault(f, iova + moved, write);
	return moved;
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
