// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: lab-numa type1|iommufd E1000E-ADDRESS NODE
 *
 * A card on one of several nodes: its queue memory is there, and frames go through it.
 */
#include "check.h"
#include "device.h"
#include "e1000e_loop.h"

#include <numaif.h>
#include <stdlib.h>
#include <string.h>

#define R  PLX_IOMMU_READ
#define W  PLX_IOMMU_WRITE
#define RW (R | W)

#define LEN     64u
#define N_PAGES 2u

static int node;

static void *queue_memory(struct plx_dev *dev, uint32_t perms, uint64_t *iova, const char *what)
{
	void *va, *pages[N_PAGES];
	int nodes[N_PAGES];
	bool right = true;

	must(plx_dmabuf_alloc(dev, N_PAGES * PAGE, perms, &va, iova), "there is memory for %s",
	     what);
	check(!lab_count_other(va, N_PAGES * PAGE, 0), "memory for %s is zeroed", what);
	memset(va, 0, N_PAGES * PAGE);
	for (unsigned i = 0; i < N_PAGES; i++)
		pages[i] = (uint8_t *)va + i * PAGE;
	must((int)move_pages(0, N_PAGES, pages, NULL, nodes, 0), "the kernel tells their nodes");
	for (unsigned i = 0; i < N_PAGES; i++)
		right &= nodes[i] == node;
	check(right, "memory for %s is on node %d (%d)", what, node, nodes[0]);
	return va;
}

int main(int argc, char **argv)
{
	struct plx_dev_info info;
	struct lab_env env;
	struct loop loop = { 0 };
	uint64_t tx_iova, rx_iova;
	uint8_t *rings, *tx, *rx;

	must(argc != 4, "usage: lab-numa type1|iommufd E1000E-ADDRESS NODE");
	node = atoi(argv[3]);
	lab_begin(&env, argv[1]);
	lab_open(&loop.dev, &env, lab_domain(&env), argv[2]);
	must(plx_dev_info(loop.dev.dev, &info), "the card tells what it is");
	check(info.node == node, "the card is on node %d (%d)", node, info.node);
	rings = queue_memory(loop.dev.dev, RW, &loop.ring_iova, "rings");
	tx = queue_memory(loop.dev.dev, R, &tx_iova, "frames to send");
	rx = queue_memory(loop.dev.dev, W, &rx_iova, "frames to receive");
	loop.tx = (volatile struct desc *)rings;
	loop.rx = (volatile struct desc *)(rings + PAGE);
	memset(tx, 0xff, LEN);
	loop_start(&loop);
	check(loop_frame(&loop, tx_iova, LEN, rx_iova) && !memcmp(tx, rx, LEN), "a frame arrives");
	loop_frame(&loop, tx_iova, LEN, tx_iova + PAGE);
	check(!lab_count_other(tx + PAGE, PAGE, 0), "queue memory to send from is not written");
	expect_fault(loop.dev.address, DEVICE_WRITES, tx_iova + PAGE, "receiving there");
	must(plx_dmabuf_free(loop.dev.dev, rings), "the rings are given back");
	must(plx_dmabuf_free(loop.dev.dev, tx), "memory is given back");
	must(plx_dmabuf_free(loop.dev.dev, rx), "memory is given back");
	lab_close(&loop.dev);
	lab_domain_end(loop.dev.domain);
	lab_end(&env);
	return checks_end();
}
