/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions that are plugged into the simulated kernel.
 */
#include "sim/kernel_priv.h"

#include <string.h>

static struct plx_sim_function *plugged;

void plx_sim_kernel_plug(struct plx_sim_function *f)
{
	plx_sim_kernel_lock();
	if (!f->plugged) {
		f->plugged = true;
		f->group->plugged++;
		f->next_plugged = plugged;
		plugged = f;
	}
	plx_sim_kernel_unlock();
}

void plx_sim_kernel_unplug(struct plx_sim_function *f)
{
	struct plx_sim_function **link = &plugged;

	plx_sim_kernel_lock();
	if (f->plugged) {
		while (*link != f)
			link = &(*link)->next_plugged;
		*link = f->next_plugged;
		f->plugged = false;
		f->group->plugged--;
		for (struct plx_sim_file *x = NULL; (x = plx_sim_file_next(x));)
			if (x->function == f)
				plx_sim_device_stop(x);
	}
	plx_sim_kernel_unlock();
}

struct plx_sim_function *plx_sim_find_cdev(unsigned cdev)
{
	struct plx_sim_function *f = plugged;
	struct plx_sim_facts facts;

	for (; f; f = f->next_plugged) {
		plx_sim_function_facts(f, &facts);
		if (facts.cdev == cdev)
			break;
	}
	return f;
}

struct plx_sim_function *plx_sim_find_address(const char *address)
{
	struct plx_sim_function *f = plugged;
	struct plx_sim_facts facts;

	for (; f; f = f->next_plugged) {
		plx_sim_function_facts(f, &facts);
		if (!strcmp(facts.address, address))
			break;
	}
	return f;
}
