/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel.h"

#define MUST(what)                                                                    \
	do {                                                                          \
		if (!(what)) {                                                        \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #what, \
				plx_last_error()->text);                              \
			abort();                                                      \
		}                                                                     \
	} while (0)

struct lab lab;

/* --- memory --- */

static void quiet(void *arg, int level, const char *room, const char *text)
{
	(void)arg;
	(void)level;
	(void)room;
	(void)text;
}

static void poison(const struct plx_pkt *pkts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		memset(pkts[i].data, LAB_POISON, LAB_ROOM);
}

static struct plx_pool *make_pool(const char *name)
{
	struct plx_pool_opts opts = PLX_POOL_OPTS_DEFAULT;
	struct plx_pkt pkts[LAB_BUFFERS];
	struct plx_pool *pool;
	unsigned n;

	opts.name = name;
	opts.count = LAB_BUFFERS;
	opts.data_room = LAB_ROOM;
	MUST(!plx_pool_create(lab.ctx, &opts, &pool));
	n = plx_pool_get(pool, NULL, pkts, LAB_BUFFERS);
	MUST(n == LAB_BUFFERS);
	poison(pkts, n);
	plx_pkt_free(pkts, n);
	return pool;
}

static void check_whole(const struct plx_pool *pool)
{
	struct plx_pool_account account;

	plx_pool_account(pool, &account);
	MUST(account.free == account.total && !account.rx_ring && !account.tx_ring &&
	     !account.user);
}

void lab_begin(const struct card_kind *kind, const char *backend)
{
	const struct plx_ctx_opts opts = { .log = quiet };

	memset(&lab, 0, sizeof(lab));
	lab.kind = kind;
	lab.backend = backend;
	card_plug(kind);
	plx_sim_kernel_boot();
	MUST(!plx_ctx_create(&opts, &lab.ctx));
	lab.rx_pool = make_pool("rx");
	lab.tx_pool = make_pool("tx");
}

void lab_end(void)
{
	lab_close();
	MUST(!plx_pool_destroy(lab.rx_pool));
	MUST(!plx_pool_destroy(lab.tx_pool));
	MUST(!plx_ctx_destroy(lab.ctx));
	MUST(!plx_sim_kernel_fds() && !plx_sim_kernel_mappings() && !plx_sim_kernel_entries());
	plx_sim_kernel_halt();
	card_unplug();
}

/* --- the port --- */

static uint64_t since;

void lab_mark(void)
{
	since = test_clock();
}

int lab_checked(int err)
{
	MUST(test_clock() - since < LAB_CALL_NS);
	MUST(err <= 0);
	MUST(!err || (plx_last_error()->err == err && strlen(plx_last_error()->text) > 8));
	lab.failures += err != 0;
	return err;
}

int lab_open(void)
{
	char spec[80];

	snprintf(spec, sizeof(spec), "%s,backend=%s", lab.kind->spec, lab.backend);
	return lab_try(plx_port_open(lab.ctx, spec, &lab.port));
}

int lab_start(void)
{
	const struct plx_port_conf conf = {
		.rxd = lab.kind->rxd,
		.txd = lab.kind->txd,
		.rx_pool = lab.rx_pool,
		.interrupts = true,
		.offloads = lab.offloads,
		.mtu = lab.mtu,
	};
	int err = lab_try(plx_port_configure(lab.port, &conf));

	if (!err)
		err = lab_try(plx_port_use_pool(lab.port, lab.tx_pool));
	return err ? err : lab_restart();
}

int lab_restart(void)
{
	int err = lab_try(plx_port_start(lab.port));

	lab.rxq = err ? NULL : plx_port_rxq(lab.port, 0);
	lab.txq = err ? NULL : plx_port_txq(lab.port, 0);
	return err;
}

int lab_stop(void)
{
	lab.rxq = NULL;
	lab.txq = NULL;
	return lab_try(plx_port_stop(lab.port));
}

void lab_close(void)
{
	if (lab.port)
		lab_try(plx_port_close(lab.port));
	lab.port = NULL;
	lab.rxq = NULL;
	lab.txq = NULL;
	MUST(!card.f && !card.n_maps);
	check_whole(lab.rx_pool);
	check_whole(lab.tx_pool);
}

void lab_up(void)
{
	MUST(!lab_open());
	MUST(!lab_start());
}

/* --- frames --- */

void lab_frame(uint8_t *frame, uint32_t number, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		frame[i] = (uint8_t)(number * 31 + i * 7 + len);
		if (frame[i] == LAB_POISON)
			frame[i] = 0;
	}
	memset(frame, 0xff, len < 6 ? len : 6);
	if (len >= 18)
		memcpy(frame + 14, &number, sizeof(number));
}

bool lab_arrive(uint32_t len)
{
	uint8_t frame[CARD_FRAME];

	lab_frame(frame, lab.sequence, len);
	if (!card_receive(frame, len))
		return false;
	lab.sequence++;
	return true;
}

/* The frame that begins at @pkts; its entries. */
static unsigned gather(const struct plx_pkt *pkts, unsigned n, uint8_t *frame, uint32_t *len)
{
	unsigned used = 0;

	*len = 0;
	do {
		MUST(used < n);
		MUST(pkts[used].len && pkts[used].len <= LAB_ROOM);
		MUST(*len + pkts[used].len <= CARD_FRAME);
		memcpy(frame + *len, pkts[used].data, pkts[used].len);
		*len += pkts[used].len;
	} while (pkts[used++].flags & PLX_PKT_MORE);
	return used;
}

static void check_frame(const uint8_t *frame, uint32_t len)
{
	static uint32_t last;
	uint8_t expected[CARD_FRAME];
	uint32_t number;

	MUST(len >= 18);
	memcpy(&number, frame + 14, sizeof(number));
	MUST(number < lab.sequence);
	MUST(lab.repeats || !lab.delivered || number > last);
	last = number;
	lab_frame(expected, number, len);
	MUST(!memcmp(frame, expected, len));
	lab.delivered++;
}

static unsigned receive(bool look)
{
	struct plx_pkt pkts[LAB_BURST];
	uint8_t frame[CARD_FRAME];
	unsigned n, frames = 0;

	while (lab.rxq) {
		lab_mark();
		n = plx_rx_burst(lab.rxq, pkts, LAB_BURST);
		MUST(test_clock() - since < LAB_CALL_NS && n <= LAB_BURST);
		if (!n)
			break;
		for (unsigned i = 0; i < n; frames++) {
			uint32_t len;

			i += gather(pkts + i, n - i, frame, &len);
			if (look)
				check_frame(frame, len);
			else
				MUST(len >= 14);
		}
		poison(pkts, n);
		plx_pkt_free(pkts, n);
	}
	return frames;
}

unsigned lab_receive(void)
{
	return receive(true);
}

unsigned lab_receive_any(void)
{
	return receive(false);
}

unsigned lab_send(unsigned n, uint32_t len)
{
	struct plx_pkt pkts[LAB_BURST];
	unsigned taken;

	if (!lab.txq)
		return 0;
	n = plx_pool_get(lab.tx_pool, NULL, pkts, n < LAB_BURST ? n : LAB_BURST);
	for (unsigned i = 0; i < n; i++) {
		lab_frame(pkts[i].data, i, len);
		pkts[i].len = (uint16_t)len;
	}
	lab_mark();
	taken = plx_tx_burst(lab.txq, pkts, n);
	MUST(taken <= n && test_clock() - since < LAB_CALL_NS);
	plx_pkt_free(pkts + taken, n - taken);
	return taken;
}

uint64_t lab_drops(enum plx_drop why)
{
	struct plx_port_stats stats;

	plx_port_stats(lab.port, &stats);
	return stats.rx.drops[why];
}

unsigned lab_sending(void)
{
	struct plx_pool_account account;

	plx_pool_account(lab.tx_pool, &account);
	return account.tx_ring;
}

void lab_check_pools(void)
{
	struct plx_pool *const pools[] = { lab.rx_pool, lab.tx_pool };
	struct plx_pool_account a;

	for (unsigned i = 0; i < 2; i++) {
		plx_pool_account(pools[i], &a);
		MUST(a.free + a.rx_ring + a.tx_ring == a.total && !a.user);
	}
}

/* --- a port's whole life --- */

static void exchange(void)
{
	static const uint32_t lengths[] = { 60, 61, 64, 128, 1000, 1500, 1514, 63 };

	receive(!lab.lies); /* the first burst posts buffers */
	for (unsigned i = 0; i < 8; i++)
		lab_arrive(lengths[i]);
	receive(!lab.lies);
	lab_send(4, 60);
	lab_send(4, 1514);
	receive(!lab.lies);
	lab_try(plx_rxq_status(lab.rxq));
	lab_try(plx_txq_status(lab.txq));
}

void lab_look(void)
{
	static struct plx_xstat xstats[256];
	static struct plx_port_reg regs[256];
	struct plx_port_stats stats;
	struct plx_queue_info queue;
	struct plx_port_info info;
	char text[128];
	unsigned n;

	plx_port_stats(lab.port, &stats);
	plx_port_info(lab.port, &info);
	plx_rxq_info(lab.rxq, &queue);
	plx_txq_info(lab.txq, &queue);
	lab_try(plx_port_xstats(lab.port, xstats, 256, &n));
	lab_try(plx_port_regs(lab.port, regs, 256, &n));
	if (lab.kind->rxd)
		lab_try(plx_rxq_desc(lab.rxq, 0, text, sizeof(text)));
	lab_try(plx_txq_desc(lab.txq, 0, text, sizeof(text)));
}

void lab_set(void)
{
	static const uint8_t mac[6] = { 2, 1, 2, 3, 4, 5 }, group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	static const struct plx_flow_control flow = { true, true };

	lab_try(plx_port_set_promiscuous(lab.port, false));
	lab_try(plx_port_set_promiscuous(lab.port, true));
	lab_try(plx_port_set_allmulti(lab.port, true));
	lab_try(plx_port_set_mac(lab.port, mac));
	lab_try(plx_port_multicast_add(lab.port, group));
	lab_try(plx_port_set_flow_control(lab.port, &flow));
	lab_try(plx_port_set_link(lab.port, false));
	lab_try(plx_port_set_link(lab.port, true));
	lab_try(plx_rxq_arm(lab.rxq));
	card_interrupt();
	lab_try(plx_rxq_disarm(lab.rxq));
}

void lab_run(void)
{
	card.reads = card.writes = lab.failures = 0;
	lab.finished = false;
	if (lab_open() || lab_start())
		goto out;
	exchange();
	lab_look();
	lab_set();
	exchange();
	lab_stop();
	lab_try(plx_port_reset(lab.port));
	if (!lab_restart()) {
		exchange();
		lab_send(2, 100); /* it is stopped with frames under way */
		lab.finished = true;
	}
out:
	lab_close();
}
