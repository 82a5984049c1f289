/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices for conformance tests.
 */
#include "devlab.h"

struct devlab devlab;

int devlab_setup(void **state)
{
	(void)state;
	memset(&devlab, 0, sizeof(devlab));
	lab_begin();
	return 0;
}

int devlab_setup_open(void **state)
{
	devlab_setup(state);
	devlab.dev = devlab_open_master("sim:dummy", NULL);
	return 0;
}

int devlab_setup_in_domain(void **state)
{
	devlab_setup(state);
	lab.io = devlab_iommu();
	devlab.d = devlab_domain(lab.io);
	devlab.dev = devlab_open_master("sim:dummy", devlab.d);
	return 0;
}

int devlab_teardown(void **state)
{
	(void)state;
	if (devlab.d)
		assert_works(plx_domain_unmap_all(devlab.d));
	if (devlab.dev)
		assert_works(plx_dev_close(devlab.dev));
	if (devlab.d)
		assert_works(plx_domain_delete(devlab.d));
	if (lab.io)
		assert_works(plx_iommu_close(lab.io));
	lab_end();
	return 0;
}

struct plx_dev *devlab_open(const char *name, struct plx_domain *d)
{
	const struct plx_dev_opts opts = { .domain = d, .backend = lab.backend };
	struct plx_dev *dev = NULL;

	assert_works(plx_dev_open(lab.ctx, name, &opts, &dev));
	assert_non_null(dev);
	return dev;
}

struct plx_dev *devlab_open_master(const char *name, struct plx_domain *d)
{
	struct plx_dev *dev = devlab_open(name, d);

	devlab_attributes(dev, true);
	return dev;
}

int devlab_open_fails(const char *name, const struct plx_dev_opts *opts)
{
	struct plx_dev *dev = (struct plx_dev *)&devlab;
	int err = plx_dev_open(lab.ctx, name, opts, &dev);

	assert_true(err && !dev); /* G-2 */
	return err;
}

void devlab_reopen(const struct plx_dev_opts *opts)
{
	const struct plx_dev_opts plain = { .backend = lab.backend };

	assert_works(plx_dev_close(devlab.dev));
	assert_works(plx_dev_open(lab.ctx, "sim:dummy", opts ? opts : &plain, &devlab.dev));
}

void devlab_attributes(struct plx_dev *dev, bool bus_master)
{
	const struct plx_dev_attributes attr = { .bus_master = bus_master };

	assert_works(plx_dev_set_attributes(dev, &attr));
}

struct plx_iommu *devlab_iommu(void)
{
	struct plx_iommu *io = NULL;

	assert_works(plx_iommu_open(lab.ctx, 2, 0, lab.backend, &io));
	return io;
}

struct plx_domain *devlab_domain(struct plx_iommu *io)
{
	const struct plx_iova_alloc_cfg cfg = { PLX_IOVA_ALLOC_FLEX, 39 };
	struct plx_domain *d = NULL;

	assert_works(plx_domain_create(io, PLX_DOMAIN_TRANSLATE, 0, &cfg, NULL, &d));
	return d;
}

void devlab_leave_own(struct plx_dev *dev)
{
	struct plx_domain *own = NULL;

	if (lab.backend != PLX_BACKEND_TYPE1)
		return;
	assert_works(plx_dev_domain(dev, &own));
	assert_works(plx_domain_detach(own, dev));
}

uint64_t devlab_mappings(struct plx_dev *dev)
{
	struct plx_domain *d;

	return plx_dev_domain(dev, &d) ? 0 : lab_mappings(d);
}

uint64_t devlab_map(unsigned first, unsigned n, uint32_t perms)
{
	const struct plx_phys p = lab_pages(first, n);
	uint64_t iova;

	assert_works(plx_iommu_map(devlab.d, perms, &p, NULL, NULL, NULL, &iova));
	return iova;
}

struct plx_transport *devlab_break(void)
{
	devlab.transport = *devlab.dev->transport;
	devlab.dev->transport = &devlab.transport;
	return &devlab.transport;
}

uint64_t devlab_read(struct plx_dev *dev, unsigned region, uint64_t off, uint32_t len)
{
	uint64_t v = 0;

	assert_works(plx_region_read(dev, region, off, &v, len));
	return v;
}

void devlab_write(struct plx_dev *dev, unsigned region, uint64_t off, uint32_t len, uint64_t v)
{
	assert_works(plx_region_write(dev, region, off, &v, len));
}

uint32_t devlab_read32(struct plx_dev *dev, unsigned region, uint64_t off)
{
	return (uint32_t)devlab_read(dev, region, off, 4);
}

void devlab_write32(struct plx_dev *dev, unsigned region, uint64_t off, uint32_t v)
{
	devlab_write(dev, region, off, 4, v);
}

uint16_t devlab_command(struct plx_dev *dev)
{
	return (uint16_t)devlab_read(dev, PLX_REGION_CONFIG, 4, 2);
}

uint32_t devlab_dma(struct plx_dev *dev, uint32_t command, uint64_t iova, uint32_t len,
		    uint32_t offset)
{
	devlab_write32(dev, 0, REG_IOVA, (uint32_t)iova);
	devlab_write32(dev, 0, REG_IOVA + 4, (uint32_t)(iova >> 32));
	devlab_write32(dev, 0, REG_LEN, len);
	devlab_write32(dev, 0, REG_OFFSET, offset);
	devlab_write32(dev, 0, REG_COMMAND, command);
	return devlab_read32(dev, 0, REG_RESULT);
}

/* The engine's own buffer is seen through a page that both reach. */
static bool move(uint32_t first, uint64_t from, uint32_t second, uint64_t to, uint32_t len)
{
	return devlab_dma(devlab.dev, first, from, len, 0) == DMA_DONE &&
	       devlab_dma(devlab.dev, second, to, len, 0) == DMA_DONE;
}

bool devlab_dma_reads(uint64_t iova, const void *expected, uint32_t len)
{
	const uint8_t *at = expected;
	bool same = true;
	uint64_t window;
	void *va;

	assert_works(plx_dmabuf_alloc(devlab.dev, PAGE, RW, &va, &window));
	for (uint32_t n; len && same; len -= n, iova += n, at += n) {
		n = len < PAGE ? len : (uint32_t)PAGE;
		same = move(DMA_READ, iova, DMA_WRITE, window, n) && !memcmp(va, at, n);
	}
	assert_works(plx_dmabuf_free(devlab.dev, va));
	return same;
}

bool devlab_dma_writes(uint64_t iova, const void *from, uint32_t len)
{
	const uint8_t *at = from;
	bool done = true;
	uint64_t window;
	void *va;

	assert_works(plx_dmabuf_alloc(devlab.dev, PAGE, RW, &va, &window));
	for (uint32_t n; len && done; len -= n, iova += n, at += n) {
		n = len < PAGE ? len : (uint32_t)PAGE;
		memcpy(va, at, n);
		done = move(DMA_READ, window, DMA_WRITE, iova, n);
	}
	assert_works(plx_dmabuf_free(devlab.dev, va));
	return done;
}

void devlab_fill(void *to, size_t len, unsigned seed)
{
	uint8_t *at = to;

	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(seed + i * 7 + i / 256);
}
