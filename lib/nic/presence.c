/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is the card still there? What is gone answers all ones, for ever; what the kernel wants back or
 * has seen fail is to be closed, and says so by events.
 */
#include "nic/nic_priv.h"

#include "pci/dev.h"

#include <errno.h>
#include <time.h>

#define LOOK_EVERY_MS 10
#define PAUSE_NS      10000

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What became of it first stays what is said. */
static void set_gone(struct plx_nic *nic, enum plx_nic_gone why)
{
	int here = PLX_NIC_HERE;

	atomic_compare_exchange_strong_explicit(&nic->gone, &here, why, memory_order_relaxed,
						memory_order_relaxed);
}

int plx_nic_fail_gone(const struct plx_nic *nic)
{
	static const char *const texts[] = {
		[PLX_NIC_WANTED_BACK] = "the kernel wants it back: close it",
		[PLX_NIC_DEAD] =
			"it reported an error that cannot be corrected: close it, and open "
			"it again",
		[PLX_NIC_REMOVED] = "it was removed: it answers all ones",
	};
	const char *name = nic->dev->function->name;

	return plx_fail(-ENODEV, PLX_R_NO_DEVICE, name, "%s: %s", name,
			texts[atomic_load_explicit(&nic->gone, memory_order_relaxed)]);
}

int plx_nic_removed(struct plx_nic *nic)
{
	set_gone(nic, PLX_NIC_REMOVED);
	return plx_nic_fail_gone(nic);
}

bool plx_nic_answers(struct plx_nic *nic)
{
	uint16_t vendor = UINT16_MAX;

	/* No function has this vendor: PCI Local Bus Specification 3.0, 6.1. */
	if (plx_region_read(nic->dev, PLX_REGION_CONFIG, 0, &vendor, sizeof(vendor)) ||
	    vendor == UINT16_MAX)
		set_gone(nic, PLX_NIC_REMOVED);
	return atomic_load_explicit(&nic->gone, memory_order_relaxed) != PLX_NIC_REMOVED;
}

void plx_nic_take_events(struct plx_nic *nic)
{
	struct plx_event events[2]; /* those that matter come first */
	unsigned n = 0;

	plx_dev_events(nic->dev, events, 2, &n);
	for (unsigned i = 0; i < n; i++) {
		if (events[i].type == PLX_EVENT_REMOVAL_REQUEST)
			set_gone(nic, PLX_NIC_WANTED_BACK);
		else if (events[i].type == PLX_EVENT_ERROR)
			set_gone(nic, PLX_NIC_DEAD);
	}
}

/* Is it time to look? For one thread at a time it is. */
static bool due(struct plx_nic *nic)
{
	const uint64_t now = now_ns() / 1000000u;
	uint64_t asked = atomic_load_explicit(&nic->asked, memory_order_relaxed);

	return now - asked >= LOOK_EVERY_MS &&
	       atomic_compare_exchange_strong_explicit(&nic->asked, &asked, now,
						       memory_order_relaxed, memory_order_relaxed);
}

int plx_nic_status(struct plx_nic *nic, const struct plx_regs *r, uint32_t alive)
{
	if (!plx_nic_is_gone(nic) && due(nic)) {
		plx_nic_take_events(nic);
		if (!r)
			plx_nic_answers(nic);
		else if (plx_reg_read32(r, alive) == UINT32_MAX)
			set_gone(nic, PLX_NIC_REMOVED);
	}
	return plx_nic_is_gone(nic) ? plx_nic_fail_gone(nic) : 0;
}

int plx_nic_wait(struct plx_nic *nic, const struct plx_regs *r, uint32_t off, uint32_t mask,
		 uint32_t want, unsigned us, const char *what)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const uint64_t start = now_ns();
	bool late;

	do { /* once more after the deadline: this thread may have been away */
		uint32_t value;

		late = now_ns() - start >= us * (uint64_t)1000;
		value = plx_reg_read32(r, off);
		if (value == UINT32_MAX)
			return plx_nic_removed(nic);
		if ((value & mask) == want)
			return 0;
		if (!late)
			nanosleep(&pause, NULL);
	} while (!late);
	return plx_fail(-ETIMEDOUT, PLX_R_TIMEOUT, nic->dev->function->name,
			"%s: %s did not come about in %u us", nic->dev->function->name, what, us);
}
