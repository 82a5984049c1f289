/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Models of simulated functions that pass everything on to QEMU.
 */
#define _GNU_SOURCE
#include "qtest/card.h"

#include "core/error.h"
#include "sim/model.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ALL_ONES 0xff

/* The cards that there are. */
static struct {
	pthread_mutex_t lock;
	struct card *first;
	unsigned made; /* so far: each has a MAC address of its own */
	const char *wires;
	bool strayed;
	uint64_t stray; /* IOVA */
} cards = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct kind {
	struct plx_sim_model model;
	const char *device; /* of QEMU's -device */
	bool skips_waits;
};

/* --- create --- */

static void list_add(struct card *c)
{
	pthread_mutex_lock(&cards.lock);
	c->next = cards.first;
	cards.first = c;
	pthread_mutex_unlock(&cards.lock);
}

static void list_remove(const struct card *c)
{
	struct card **at = &cards.first;

	pthread_mutex_lock(&cards.lock);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	pthread_mutex_unlock(&cards.lock);
}

struct card *card_find(const char *name)
{
	struct card *c;

	pthread_mutex_lock(&cards.lock);
	for (c = cards.first; c && strcmp(c->name, name); c = c->next)
		;
	pthread_mutex_unlock(&cards.lock);
	return c;
}

/* Of QEMU's range. */
static void choose_mac(struct card *c, char *text, size_t size)
{
	unsigned n;

	pthread_mutex_lock(&cards.lock);
	n = ++cards.made;
	pthread_mutex_unlock(&cards.lock);
	memcpy(c->mac, (uint8_t[6]){ 0x52, 0x54, 0, 0x12, (uint8_t)(n >> 8), (uint8_t)n }, 6);
	snprintf(text, size, "52:54:00:12:%02x:%02x", c->mac[4], c->mac[5]);
}

/* The socket that somebody listens on: "sim:qtest-e1000e,id=1" is qtest-e1000e-1. */
static int connect_wire(struct plx_sim_function *f, const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct plx_sim_facts facts;
	const char *id;
	int fd;

	plx_sim_function_facts(f, &facts);
	id = strstr(facts.name, "id=");
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s%s%s", cards.wires, name,
		 id && strcmp(id, "id=0") ? "-" : "", id && strcmp(id, "id=0") ? id + 3 : "");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		int err = errno;

		close(fd);
		return plx_fail_sys(-ENODEV, err, PLX_R_NO_DEVICE, name,
				    "nobody listens on %s, the wire of %s: %s", to.sun_path, name,
				    strerror(err));
	}
	return fd >= 0 ? fd : plx_fail_nomem(name, "a socket");
}

/* What the model says is what drivers were told before QEMU ran. */
static int check_bus(const struct card *c, const struct plx_sim_model *m)
{
	bool same = c->bus.id == ((uint32_t)m->device << 16 | m->vendor) &&
		    c->bus.class_code == m->class_code;

	for (unsigned i = 0; i < BUS_BARS; i++)
		same = same && c->bus.bars[i].size == m->bars[i].size &&
		       c->bus.bars[i].io == !!(m->bars[i].flags & PLX_SIM_BAR_IO);
	return same ? 0 : qemu_fail(&c->qemu, "has another card than is expected");
}

static int run_qemu(struct card *c, const struct kind *kind, int wire)
{
	char mac[18];
	const struct qemu_opts opts = { .device = kind->device,
					.mac = mac,
					.low = c->memory.low,
					.high = c->memory.high,
					.wire = wire,
					.skips_waits = kind->skips_waits };

	choose_mac(c, mac, sizeof(mac));
	return qemu_start(&c->qemu, &opts);
}

/* With QEMU running. */
static int connect_card(struct card *c, const struct kind *kind, struct plx_sim_function *f)
{
	int err;

	qtest_init(&c->qtest, c->qemu.qtest);
	qmp_init(&c->qmp, c->qemu.qmp);
	if (!bus_scan(&c->qtest, &c->bus))
		return qemu_fail(&c->qemu, "has no card");
	err = check_bus(c, &kind->model);
	if (err)
		return err;
	if (c->qemu.wire >= 0 && !wire_init(&c->wire, c->qemu.wire))
		return plx_fail_nomem(c->name, "a wire");
	err = pins_start(&c->pins, &c->qtest, f);
	if (!err)
		return 0;
	wire_fini(&c->wire);
	return plx_fail_sys(-ENOMEM, err, PLX_R_NOMEM, c->name,
			    "the interrupts of %s are not to be had: %s", c->name, strerror(err));
}

static int start_card(struct card *c, const struct kind *kind, struct plx_sim_function *f)
{
	int err, wire = cards.wires ? connect_wire(f, c->name) : -1;

	if (wire < -1)
		return wire;
	err = run_qemu(c, kind, wire);
	if (wire >= 0)
		close(wire);
	if (err)
		return err;
	err = connect_card(c, kind, f);
	if (err)
		qemu_stop(&c->qemu);
	return err;
}

static int create(struct plx_sim_function *f, void *arg)
{
	const struct kind *kind = arg;
	struct card *c = plx_sim_state(f);
	int err;

	c->name = kind->model.name;
	err = memory_init(&c->memory);
	if (err)
		return plx_fail_sys(-ENOMEM, -err, PLX_R_NOMEM, c->name, "no memory for QEMU: %s",
				    strerror(-err));
	err = start_card(c, kind, f);
	if (err) {
		memory_fini(&c->memory);
		return err;
	}
	list_add(c);
	return 0;
}

/* Nothing is mapped for it any more, and it has stopped. */
static void note_strays(const struct card *c)
{
	uint64_t iova;

	if (!memory_strayed(&c->memory, &iova))
		return;
	pthread_mutex_lock(&cards.lock);
	cards.strayed = true;
	cards.stray = iova;
	pthread_mutex_unlock(&cards.lock);
}

bool cards_strayed(uint64_t *iova)
{
	bool strayed;

	pthread_mutex_lock(&cards.lock);
	strayed = cards.strayed;
	*iova = cards.stray;
	cards.strayed = false;
	pthread_mutex_unlock(&cards.lock);
	return strayed;
}

static void destroy(struct plx_sim_function *f)
{
	struct card *c = plx_sim_state(f);

	list_remove(c);
	pins_stop(&c->pins);
	qemu_stop(&c->qemu);
	note_strays(c);
	qtest_fini(&c->qtest);
	wire_fini(&c->wire);
	memory_fini(&c->memory);
}

/* --- accesses --- */

static void reset(struct plx_sim_function *f)
{
	struct card *c = plx_sim_state(f);

	if (!c->ejected)
		bus_reset(&c->qtest, &c->bus);
}

static void command(struct plx_sim_function *f, uint16_t value)
{
	struct card *c = plx_sim_state(f);

	if (!c->ejected)
		bus_command(&c->qtest, &c->bus, value);
}

/* The largest naturally aligned access that begins an access of @len bytes at @at. */
static unsigned step(uint64_t at, uint32_t len)
{
	unsigned bytes = 8;

	while (bytes > len || at & (bytes - 1))
		bytes /= 2;
	return bytes;
}

static void bar_read(struct plx_sim_function *f, unsigned bar, uint64_t off, void *buf,
		     uint32_t len)
{
	struct card *c = plx_sim_state(f);
	const struct bus_bar *b = &c->bus.bars[bar];
	uint8_t *bytes = buf;
	uint64_t value;

	if (c->ejected) {
		memset(buf, ALL_ONES, len);
		return;
	}
	qtest_lock(&c->qtest);
	for (unsigned n; len; off += n, bytes += n, len -= n) {
		n = step(off, len);
		value = b->io ? qtest_in(&c->qtest, (uint16_t)(b->address + off), n)
			      : qtest_read(&c->qtest, b->address + off, n);
		memcpy(bytes, &value, n);
	}
	qtest_unlock(&c->qtest);
}

static void bar_write(struct plx_sim_function *f, unsigned bar, uint64_t off, const void *buf,
		      uint32_t len)
{
	struct card *c = plx_sim_state(f);
	const struct bus_bar *b = &c->bus.bars[bar];
	const uint8_t *bytes = buf;

	if (c->ejected)
		return;
	qtest_lock(&c->qtest);
	for (unsigned n; len; off += n, bytes += n, len -= n) {
		uint64_t value = 0;

		n = step(off, len);
		memcpy(&value, bytes, n);
		if (b->io)
			qtest_out(&c->qtest, (uint16_t)(b->address + off), n, (uint32_t)value);
		else
			qtest_write(&c->qtest, b->address + off, n, value);
	}
	qtest_unlock(&c->qtest);
}

/* --- memory --- */

static int map(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	struct card *c = plx_sim_state(f);

	return memory_map(&c->memory, m->iova, m->len, m->va);
}

static void unmap(struct plx_sim_function *f, const struct plx_sim_map *m)
{
	struct card *c = plx_sim_state(f);

	memory_unmap(&c->memory, m->iova, m->len, m->va);
}

/* --- the models --- */

#define PASS_ON                                                                                  \
	.state_size = sizeof(struct card), .create = create, .destroy = destroy, .reset = reset, \
	.command = command, .read = bar_read, .write = bar_write, .map = map, .unmap = unmap

#define ETHERNET 0x020000
#define INTEL    0x8086
#define REALTEK  0x10ec

/* Addresses are what a firmware might give; QEMU's own are in bus.c. */
#define MEMORY(at, bytes)                                \
	{                                                \
		(at), (bytes), PLX_SIM_BAR_MEMORY, false \
	}
#define PORTS(at, bytes)                             \
	{                                            \
		(at), (bytes), PLX_SIM_BAR_IO, false \
	}

/*
 * QEMU's e1000 waits for a second after RCTL was written until it receives, lest a slow guest
 * loses interrupts.
 */
static struct kind kinds[] = {
	{ .model = { .name = "qtest-e1000",
		     .vendor = INTEL,
		     .device = 0x100e,
		     .class_code = ETHERNET,
		     .bars = { MEMORY(0xfe000000, 0x20000), PORTS(0xc000, 0x40) },
		     PASS_ON },
	  .device = "e1000",
	  .skips_waits = true },
	{ .model = { .name = "qtest-82545em",
		     .vendor = INTEL,
		     .device = 0x100f,
		     .class_code = ETHERNET,
		     .bars = { MEMORY(0xfe000000, 0x20000), PORTS(0xc000, 0x40) },
		     PASS_ON },
	  .device = "e1000-82545em",
	  .skips_waits = true },
	{ .model = { .name = "qtest-e1000e",
		     .vendor = INTEL,
		     .device = 0x10d3,
		     .class_code = ETHERNET,
		     .bars = { MEMORY(0xfe000000, 0x20000), MEMORY(0xfe020000, 0x20000),
			       PORTS(0xc000, 0x20), MEMORY(0xfe040000, 0x4000) },
		     .can_reset = true,
		     PASS_ON },
	  .device = "e1000e" },
	{ .model = { .name = "qtest-rtl8139",
		     .vendor = REALTEK,
		     .device = 0x8139,
		     .class_code = ETHERNET,
		     .bars = { PORTS(0xc000, 0x100), MEMORY(0xfe000000, 0x100) },
		     PASS_ON },
	  .device = "rtl8139" },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

int cards_add(const char *wires)
{
	int err = 0;

	cards.wires = wires;
	for (unsigned i = 0; i < KINDS && !err; i++)
		err = plx_sim_model_add(&kinds[i].model, &kinds[i]);
	return err;
}

void cards_remove(void)
{
	for (unsigned i = 0; i < KINDS; i++)
		plx_sim_model_remove(&kinds[i].model);
}

/* --- what is done to a card from outside --- */

bool card_set_cable(struct card *c, bool plugged)
{
	return qmp_execute(&c->qmp, "set_link",
			   plugged ? "{\"name\": \"card\", \"up\": true}"
				   : "{\"name\": \"card\", \"up\": false}");
}

bool card_eject(struct card *c)
{
	if (!qmp_execute(&c->qmp, "device_del", "{\"id\": \"card\"}"))
		return false;
	atomic_store(&c->ejected, true);
	bus_eject(&c->qtest);
	return qmp_wait_event(&c->qmp, "DEVICE_DELETED");
}
