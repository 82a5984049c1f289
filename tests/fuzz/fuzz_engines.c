/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames from anywhere through the engines that look into them. The input's first byte says into
 * how many entries the rest is split, and whether one of them is shared. Frames turned round must
 * not depend on the split, and twice must be as before; a shared buffer stays as it was; an answer
 * has checksums as good as the question's; and nothing is lost.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include "testpmd/engine.h"
#include "testpmd/headers.h"

#include "split.h"

extern const struct engine icmpecho_engine, swap_5tuple_engine;

/* Queues that hold one frame. */
struct fake_queue {
	struct plx_queue_head head;
	struct plx_pkt pkts[ENTRIES_MAX];
	unsigned n;
};

static unsigned freed;

static unsigned fake_rx(struct plx_rxq *q, struct plx_pkt *pkts, unsigned n)
{
	struct fake_queue *f = (void *)q;

	n = f->n;
	memcpy(pkts, f->pkts, n * sizeof(*pkts));
	f->n = 0;
	return n;
}

static unsigned fake_tx(struct plx_txq *q, const struct plx_pkt *pkts, unsigned n)
{
	struct fake_queue *f = (void *)q;

	memcpy(f->pkts, pkts, n * sizeof(*pkts));
	f->n = n;
	return n;
}

static void release(void *arg, const struct plx_pkt *pkts, unsigned n)
{
	(void)arg;
	freed += n;
	for (unsigned i = 0; i < n; i++)
		free(pkts[i].data);
}

static struct plx_pool *pool(void)
{
	static struct plx_pool *it;
	static struct plx_ctx *ctx;

	if (!it)
		must(!plx_ctx_create(NULL, &ctx) &&
		     !plx_pool_wrap(ctx, "fuzz", release, NULL, &it));
	return it;
}

/* Run a frame through an engine: its entries are those in @q afterwards. Return: entries freed. */
static unsigned run(const struct engine *engine, struct fake_queue *q)
{
	static uint64_t priv[32];
	struct plx_pkt room[ENTRIES_MAX];
	struct fake_queue rx = *q;
	struct stream s = { .rxq = (void *)&rx,
			    .txq = (void *)q,
			    .pool = pool(),
			    .pkts = room,
			    .own_mac = { 2, 0, 0, 0, 0, 9 },
			    .priv = priv };

	must(engine->priv_size <= sizeof(priv));
	rx.head.burst.rx = fake_rx;
	q->head.burst.tx = fake_tx;
	q->n = 0;
	freed = 0;
	must(engine->forward(&s, ENTRIES_MAX) == rx.n || !rx.n);
	return freed;
}

static void fill(struct fake_queue *q, const uint8_t *data, size_t size, unsigned entries)
{
	q->n = split(q->pkts, data + 1, size - 1, entries);
	for (unsigned i = 0; i < q->n; i++)
		q->pkts[i].pool = plx_pool_number(pool());
}

static bool same(const struct fake_queue *q, const uint8_t *bytes, size_t size)
{
	struct frame frame = frame_of(q->pkts, q->n);
	bool equal;
	uint8_t *copy;

	if (frame.len != size)
		return false;
	copy = malloc(size + 1);
	frame_read(&frame, 0, copy, size);
	equal = !memcmp(copy, bytes, size);
	free(copy);
	return equal;
}

static void fuzz_swap(const uint8_t *data, size_t size)
{
	unsigned n = 1 + data[0] % ENTRIES_MAX;
	struct fake_queue q, whole;

	fill(&q, data, size, n);
	fill(&whole, data, size, 1);
	if (data[0] & 0x80)
		q.pkts[n - 1].flags |= PLX_PKT_SHARED;
	must(run(&swap_5tuple_engine, &q) == 0 && q.n == n);
	must(run(&swap_5tuple_engine, &whole) == 0 && whole.n == 1);
	if (data[0] & 0x80)
		must(same(&q, data + 1, size - 1));
	else
		must(same(&q, whole.pkts[0].data, whole.pkts[0].len));
	unsplit(whole.pkts, 1);
	run(&swap_5tuple_engine, &q);
	must(same(&q, data + 1, size - 1));
	unsplit(q.pkts, q.n);
}

static void fuzz_echo(const uint8_t *data, size_t size)
{
	struct plx_csum before, after;
	struct fake_queue q;
	unsigned n;

	fill(&q, data, size, 1 + data[0] % ENTRIES_MAX);
	n = q.n;
	plx_csum_check(q.pkts, n, &before);
	if (data[0] & 0x80)
		q.pkts[0].flags |= PLX_PKT_SHARED;
	must(run(&icmpecho_engine, &q) + q.n == n);
	must(!(data[0] & 0x80) || !q.n);
	if (!q.n)
		return;
	must(frame_entries(q.pkts, q.n) == q.n && !(q.pkts[q.n - 1].flags & PLX_PKT_MORE));
	plx_csum_check(q.pkts, q.n, &after);
	must(after.l4 == before.l4 && after.l3 == before.l3);
	unsplit(q.pkts, q.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > INPUT_MAX)
		return 0;
	fuzz_swap(data, size);
	fuzz_echo(data, size);
	return 0;
}

#ifdef FUZZ_MAIN
int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 200000, random_frame);
}
#endif
