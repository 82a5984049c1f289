/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device files of the simulated kernel, below the library that uses them: the rules of 3.2, 8.2 and
 * 8.3 of the DDI contract, with a sim:dummy behind the files.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/vfio.h>
#include <pollux/test.h>

#include "core/uapi.h"
#include "sim/kernel.h"
#include "sim/model.h"

#define PAGE   4096ull
#define CONFIG (7ull << 40)
#define BAR(n) ((uint64_t)(n) << 40)

static const struct plx_sysops *sys;
static struct plx_sim_function *f, *mate, *stranger; /* the first two in one group */
static struct plx_sim_facts facts;
static uint8_t *memory; /* four pages */

static struct plx_sim_function *plug(unsigned id, int group)
{
	const struct plx_sim_spec spec = { &plx_sim_dummy, .id = id, .group = group,
					   .address_width = 39 };
	struct plx_sim_function *out;

	assert_int_equal(plx_sim_function_create(&sys, &spec, &out), 0);
	plx_sim_kernel_plug(out);
	plx_sim_kernel_plug(out);
	return out;
}

static int setup(void **state)
{
	(void)state;
	sys = plx_sim_kernel();
	plx_sim_kernel_boot();
	f = plug(0, 1);
	mate = plug(1, 1);
	stranger = plug(2, -1);
	plx_sim_function_facts(f, &facts);
	memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(plx_sim_kernel_fds(), 0);
	assert_int_equal(plx_sim_kernel_mappings(), 0);
	assert_int_equal(plx_sim_kernel_entries(), 0);
	plx_sim_kernel_halt();
	plx_sim_function_destroy(f);
	plx_sim_function_destroy(mate);
	plx_sim_function_destroy(stranger);
	munmap(memory, 4 * PAGE);
	return 0;
}

#define assert_errno(call, err)                                      \
	do {                                                         \
		errno = 0;                                           \
		assert_int_equal(call, -1);                          \
		assert_string_equal(strerror(errno), strerror(err)); \
	} while (0)

/* --- ways to a device --- */

static int open_group(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%u", facts.group);
	return sys->open(path, O_RDWR);
}

static int open_cdev(struct plx_sim_function *function)
{
	struct plx_sim_facts x;
	char path[64];

	plx_sim_function_facts(function, &x);
	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%u", x.cdev);
	return sys->open(path, O_RDWR);
}

static int bind_to(int device, int iommufd)
{
	struct plx_uapi_bind args = { .argsz = sizeof(args), .iommufd = iommufd };

	return sys->ioctl(device, PLX_UAPI_BIND, &args);
}

static int attach_to(int device, uint32_t ioas)
{
	struct plx_uapi_attach args = { .argsz = sizeof(args), .pt_id = ioas };

	return sys->ioctl(device, PLX_UAPI_ATTACH, &args);
}

static int detach(int device)
{
	struct plx_uapi_detach args = { .argsz = sizeof(args) };

	return sys->ioctl(device, PLX_UAPI_DETACH, &args);
}

static uint32_t alloc_ioas(int iommufd)
{
	struct plx_uapi_ioas_alloc args = { .size = sizeof(args) };

	assert_int_equal(sys->ioctl(iommufd, PLX_UAPI_IOAS_ALLOC, &args), 0);
	return args.out_ioas_id;
}

static int ioas_map(int iommufd, uint32_t ioas, uint64_t iova, const void *va, uint32_t rights)
{
	struct plx_uapi_map args = {
		.size = sizeof(args),
		.flags = PLX_UAPI_MAP_FIXED_IOVA | rights,
		.ioas_id = ioas,
		.user_va = (uintptr_t)va,
		.length = PAGE,
		.iova = iova,
	};

	return sys->ioctl(iommufd, PLX_UAPI_IOAS_MAP, &args);
}

static int dma_map(int container, uint64_t iova, const void *va, uint32_t rights)
{
	struct vfio_iommu_type1_dma_map args = {
		.argsz = sizeof(args),
		.flags = rights,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = PAGE,
	};

	return sys->ioctl(container, VFIO_IOMMU_MAP_DMA, &args);
}

/* A group in a container with an IOMMU. */
struct way {
	int container, group, device, iommufd;
};

static struct way open_container(void)
{
	struct way w = { .container = sys->open("/dev/vfio/vfio", O_RDWR), .group = open_group() };

	assert_true(w.container >= 0 && w.group >= 0);
	assert_int_equal(sys->ioctl(w.group, VFIO_GROUP_SET_CONTAINER, &w.container), 0);
	assert_int_equal(
		sys->ioctl(w.container, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU), 0);
	return w;
}

static struct way open_type1(void)
{
	struct way w = open_container();

	w.device = sys->ioctl(w.group, VFIO_GROUP_GET_DEVICE_FD, facts.address);
	assert_true(w.device >= 0);
	return w;
}

static void close_type1(struct way w)
{
	assert_int_equal(sys->close(w.device), 0);
	assert_int_equal(sys->close(w.group), 0);
	assert_int_equal(sys->close(w.container), 0);
}

static struct way open_iommufd(void)
{
	struct way w = { .iommufd = sys->open("/dev/iommu", O_RDWR), .device = open_cdev(f) };

	assert_true(w.iommufd >= 0 && w.device >= 0);
	assert_int_equal(bind_to(w.device, w.iommufd), 0);
	return w;
}

static uint64_t rd(int device, uint64_t at, unsigned len)
{
	uint64_t v = 0;

	assert_int_equal(sys->pread(device, &v, len, (off_t)at), len);
	return v;
}

static void wr(int device, uint64_t at, unsigned len, uint64_t v)
{
	assert_int_equal(sys->pwrite(device, &v, len, (off_t)at), len);
}

/* A DMA command; its result. Turns bus mastering on. */
static uint64_t dma(int device, uint64_t iova, uint32_t len, uint32_t command)
{
	wr(device, CONFIG + 4, 2, rd(device, CONFIG + 4, 2) | 4);
	wr(device, 0x08, 8, iova);
	wr(device, 0x10, 4, len);
	wr(device, 0x18, 4, command);
	return rd(device, 0x1c, 4);
}

/* --- nodes --- */

static void test_nodes(void **state)
{
	int fd, second;

	(void)state;
	assert_errno(sys->open("/dev/vfio/99", O_RDWR), ENOENT);
	assert_errno(sys->open("/dev/vfio/0x", O_RDWR), ENOENT);
	assert_errno(sys->open("/dev/vfio/devices/vfio99", O_RDWR), ENOENT);
	assert_errno(sys->open("/dev/null", O_RDWR), ENOENT);
	fd = open_group();
	assert_true(fd > 1 << 20);
	assert_errno(open_group(), EBUSY);
	assert_errno(open_cdev(f), EBUSY);
	assert_errno(open_cdev(mate), EBUSY); /* the group's, too */
	assert_int_equal(sys->close(fd), 0);
	assert_errno(sys->close(fd), EBADF);
	assert_errno(sys->close(0), EBADF); /* none of this kernel's */
	fd = open_cdev(f);
	second = open_cdev(f);
	assert_true(fd >= 0 && second >= 0 && fd != second);
	assert_errno(open_group(), EBUSY);
	sys->close(fd);
	sys->close(second);
	/* Many files. */
	for (unsigned i = 0; i < 1000; i++)
		assert_true(sys->open("/dev/iommu", O_RDWR) >= 0);
	assert_int_equal(plx_sim_kernel_fds(), 1000);
	plx_sim_kernel_halt();
}

static void test_group_order(void **state)
{
	int container = sys->open("/dev/vfio/vfio", O_RDWR), group = open_group(), bad = 5, device;
	int iommufd = sys->open("/dev/iommu", O_RDWR);
	char token[64], nobody[] = "0000:00:00.0";
	struct plx_sim_facts other;

	(void)state;
	assert_errno(sys->ioctl(group, VFIO_GROUP_GET_DEVICE_FD, facts.address), EINVAL);
	assert_errno(sys->ioctl(group, VFIO_GROUP_UNSET_CONTAINER, NULL), EINVAL);
	assert_errno(sys->ioctl(group, VFIO_GROUP_SET_CONTAINER, &bad), EBADF);
	assert_errno(sys->ioctl(group, VFIO_GROUP_SET_CONTAINER, &iommufd), EBADFD);
	sys->close(iommufd);
	plx_sim_group_config(facts.group)->not_viable = true;
	assert_errno(sys->ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), EPERM);
	plx_sim_group_config(facts.group)->not_viable = false;
	assert_int_equal(sys->ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	assert_errno(sys->ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), EINVAL);
	assert_errno(sys->ioctl(group, VFIO_GROUP_GET_DEVICE_FD, facts.address), EINVAL);
	assert_int_equal(
		sys->ioctl(container, VFIO_SET_IOMMU, (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU), 0);
	/* Names */
	assert_errno(sys->ioctl(group, VFIO_GROUP_GET_DEVICE_FD, nobody), ENODEV);
	plx_sim_function_facts(stranger, &other);
	assert_errno(sys->ioctl(group, VFIO_GROUP_GET_DEVICE_FD, other.address), ENODEV);
	snprintf(token, sizeof(token), "%s vf_token=1", facts.address);
	assert_errno(sys->ioctl(group, VFIO_GROUP_GET_DEVICE_FD, token), EINVAL);
	device = sys->ioctl(group, VFIO_GROUP_GET_DEVICE_FD, facts.address);
	assert_true(device >= 0);
	assert_errno(sys->ioctl(group, VFIO_GROUP_UNSET_CONTAINER, NULL), EBUSY);
	assert_int_equal(sys->close(device), 0);
	assert_int_equal(sys->ioctl(group, VFIO_GROUP_UNSET_CONTAINER, NULL), 0);
	sys->close(group);
	sys->close(container);
}

static void test_files_outlive_descriptors(void **state)
{
	struct way w = open_type1();
	void *va = sys->mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w.device, 0);

	(void)state;
	assert_ptr_not_equal(va, MAP_FAILED);
	assert_int_equal(dma_map(w.container, 0x10000, memory, 3), 0);
	assert_int_equal(sys->close(w.device), 0);
	/* The mapping keeps the device, the device its group, the group its container. */
	assert_errno(sys->ioctl(w.group, VFIO_GROUP_UNSET_CONTAINER, NULL), EBUSY);
	assert_int_equal(sys->close(w.group), 0);
	assert_errno(open_group(), EBUSY);
	assert_int_equal(sys->close(w.container), 0);
	assert_int_equal(plx_sim_kernel_fds(), 3);
	assert_int_equal(plx_sim_kernel_entries(), 1);
	assert_int_equal(sys->munmap(va, PAGE), 0);
	assert_int_equal(plx_sim_kernel_fds(), 0);
	/* Memory that was not mapped here can be given back here. */
	va = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(sys->munmap(va, PAGE), 0);
}

static void test_before_bind(void **state)
{
	const unsigned long requests[] = { VFIO_DEVICE_GET_INFO,     VFIO_DEVICE_GET_REGION_INFO,
					   VFIO_DEVICE_GET_IRQ_INFO, VFIO_DEVICE_SET_IRQS,
					   VFIO_DEVICE_RESET,        PLX_UAPI_ATTACH,
					   PLX_UAPI_DETACH,          0x1234 };
	int device = open_cdev(f), second = open_cdev(f);
	int iommufd = sys->open("/dev/iommu", O_RDWR), other = sys->open("/dev/vfio/vfio", O_RDWR);
	struct plx_uapi_bind args = { .argsz = 12, .iommufd = iommufd };
	uint32_t buf[16] = { sizeof(buf) };

	(void)state;
	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_errno(sys->ioctl(device, requests[i], buf), EINVAL);
	assert_errno(sys->pread(device, buf, 4, 0), EINVAL);
	assert_errno(sys->pwrite(device, buf, 4, 0), EINVAL);
	errno = 0;
	assert_ptr_equal(sys->mmap(NULL, PAGE, PROT_READ, MAP_SHARED, device, 0), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	/* BIND */
	assert_errno(sys->ioctl(device, PLX_UAPI_BIND, &args), EINVAL);
	assert_errno(bind_to(device, -1), EINVAL);
	assert_errno(bind_to(device, 3), EBADF);
	assert_errno(bind_to(device, other), EBADFD);
	plx_sim_group_config(facts.group)->unsafe = true;
	assert_errno(bind_to(device, iommufd), EPERM);
	plx_sim_group_config(facts.group)->unsafe = false;
	assert_int_equal(bind_to(device, iommufd), 0);
	assert_errno(bind_to(device, iommufd), EINVAL);
	assert_errno(bind_to(second, iommufd), EINVAL);
	assert_errno(sys->ioctl(device, 0x1234, buf), ENOTTY);
	assert_int_equal(detach(device), 0); /* though nothing is attached */
	sys->close(device);
	assert_int_equal(bind_to(second, iommufd), 0);
	sys->close(iommufd); /* which the device needs still */
	assert_int_equal(plx_sim_kernel_fds(), 3);
	sys->close(second);
	sys->close(other);
}

/* --- what devices say of themselves --- */

static void test_info(void **state)
{
	struct vfio_device_info info = { .argsz = 12 };
	struct vfio_region_info region = { .argsz = sizeof(region) - 1 };
	struct vfio_irq_info irq = { .argsz = 15 };
	static const uint64_t sizes[] = { 0x20000, 0x100, 256, 0, 0x10000, 0x4000, 0, 4096 };
	static const unsigned irqs[] = { 1, 4, 16, 1, 1 };
	struct way w = open_type1();

	(void)state;
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_GET_INFO, &info), EINVAL);
	info.argsz = sizeof(info);
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_INFO, &info), 0);
	assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info.num_regions, 9);
	assert_int_equal(info.num_irqs, 5);

	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_GET_REGION_INFO, &region), EINVAL);
	region.argsz = sizeof(region);
	for (region.index = 0; region.index < 8; region.index++) {
		const bool maps = region.index == 0 || region.index == 4 || region.index == 5;

		assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_REGION_INFO, &region), 0);
		assert_int_equal(region.size, sizes[region.index]);
		assert_int_equal(region.flags, (region.size ? 3 : 0) | (maps ? 4 : 0));
		assert_int_equal(region.offset, BAR(region.index));
		assert_int_equal(region.argsz, sizeof(region));
	}
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_GET_REGION_INFO, &region), EINVAL); /* VGA */

	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_GET_IRQ_INFO, &irq), EINVAL);
	irq.argsz = sizeof(irq);
	for (irq.index = 0; irq.index < 5; irq.index++) {
		assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_IRQ_INFO, &irq), 0);
		assert_int_equal(irq.count, irqs[irq.index]);
		assert_int_equal(irq.flags, irq.index ? 1 | 8 : 1 | 2 | 4);
	}
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_GET_IRQ_INFO, &irq), EINVAL);
	close_type1(w);
}

/* The two calls of 3.2, 3. */
static void test_region_capabilities(void **state)
{
	struct {
		struct vfio_region_info info;
		union {
			struct vfio_info_cap_header header;
			uint8_t bytes[96];
		};
	} r = { .info = { .argsz = sizeof(r.info), .index = 5 } };
	struct vfio_region_info_cap_sparse_mmap *sparse = (void *)r.bytes;
	struct way w = open_type1();

	(void)state;
	plx_sim_config.msix_mappable = true;
	plx_sim_config.sparse = true;
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.info.argsz, sizeof(r.info) + 8);
	assert_int_equal(r.info.cap_offset, 0);
	assert_int_equal(r.info.flags, 15);
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.info.cap_offset, sizeof(r.info));
	assert_int_equal(r.header.id, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE);
	assert_int_equal(r.header.next, 0);
	r.info.index = 0;
	r.info.argsz = sizeof(r);
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	assert_int_equal(sparse->nr_areas, 2);
	assert_int_equal(sparse->areas[0].size, 0x4000);
	assert_int_equal(sparse->areas[1].offset, 0x8000);
	assert_int_equal(sparse->areas[1].size, 0x18000);
	close_type1(w);
}

/* --- interrupts --- */

static int set_irqs(int device, unsigned index, uint32_t flags, uint32_t start, uint32_t count,
		    int fd)
{
	union {
		struct vfio_irq_set set;
		uint8_t bytes[sizeof(struct vfio_irq_set) + 2 * sizeof(int)];
	} args = { .set = { sizeof(args), flags, index, start, count } };
	const int fds[2] = { fd, -1 };

	memcpy(args.set.data, fds, sizeof(fds));
	return sys->ioctl(device, VFIO_DEVICE_SET_IRQS, &args);
}

static uint64_t signals(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

#define EVENTFD (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NOTHING (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)

static void test_set_irqs_checks(void **state)
{
	struct way w = open_type1();
	int fd = eventfd(0, EFD_NONBLOCK);
	struct vfio_irq_set small = { sizeof(small), EVENTFD, 2, 0, 1 };

	(void)state;
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_SET_IRQS, &small), EINVAL); /* no data */
	assert_errno(set_irqs(w.device, 5, EVENTFD, 0, 1, fd), EINVAL);
	assert_errno(set_irqs(w.device, 2, EVENTFD | 1 << 6, 0, 1, fd), EINVAL);
	assert_errno(set_irqs(w.device, 2, EVENTFD, 16, 1, fd), EINVAL);
	assert_errno(set_irqs(w.device, 2, EVENTFD, 15, 2, fd), EINVAL);
	assert_errno(set_irqs(w.device, 2, EVENTFD, 0, 3, fd), EINVAL); /* two are there */
	assert_errno(set_irqs(w.device, 2, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 1, fd), EINVAL);
	assert_errno(set_irqs(w.device, 2, NOTHING, 0, 0, fd), EINVAL); /* it is off */
	assert_errno(set_irqs(w.device, 2, NOTHING, 0, 1, fd), EINVAL);
	assert_errno(set_irqs(w.device, 0, EVENTFD, 0, 0, fd), EINVAL);
	assert_errno(set_irqs(w.device, 2, EVENTFD, 0, 1, w.device), EBADF);
	assert_errno(set_irqs(w.device, 2, EVENTFD, 0, 1, STDIN_FILENO), EINVAL);
	assert_errno(
		set_irqs(w.device, 2, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1, fd),
		ENOTTY);
	assert_errno(set_irqs(w.device, 0, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, 0,
			      1, fd),
		     EINVAL); /* it is off */
	assert_int_equal(set_irqs(w.device, 1, EVENTFD, 0, 1, fd), 0);
	assert_errno(set_irqs(w.device, 2, EVENTFD, 0, 1, fd), EINVAL); /* MSI is on */
	close(fd);
	close_type1(w);
}

static void test_set_irqs(void **state)
{
	struct way w = open_type1();
	int fd = eventfd(0, EFD_NONBLOCK), own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	(void)state;
	assert_int_equal(set_irqs(w.device, 2, EVENTFD, 0, 2, own), 0);
	close(own); /* the kernel keeps what is behind it */
	dma(w.device, 0, 1, 2);
	assert_int_equal(signals(fd), 1);
	assert_int_equal(set_irqs(w.device, 2, NOTHING, 0, 2, -1), 0); /* by software */
	assert_int_equal(signals(fd), 1);
	assert_int_equal(set_irqs(w.device, 2, NOTHING, 0, 0, -1), 0);
	dma(w.device, 0, 1, 2);
	assert_int_equal(signals(fd), 0);
	/* INTx masks itself. */
	assert_int_equal(set_irqs(w.device, 0, EVENTFD, 0, 1, fd), 0);
	dma(w.device, 0, 1, 2);
	dma(w.device, 0, 1, 2);
	assert_int_equal(signals(fd), 1);
	assert_int_equal(set_irqs(w.device, 0, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
				  0, 1, -1),
			 0);
	assert_int_equal(signals(fd), 1);
	/* Error and request, raised by the function. */
	assert_int_equal(set_irqs(w.device, 4, EVENTFD, 0, 1, fd), 0);
	plx_sim_function_irq_raise(f, 4, 0);
	plx_sim_function_irq_raise(f, 3, 0);
	assert_int_equal(signals(fd), 1);
	/* Closing turns all of them off. */
	close_type1(w);
	plx_sim_function_irq_raise(f, 4, 0);
	assert_int_equal(signals(fd), 0);
	close(fd);
}

/* --- accesses --- */

static void test_pread(void **state)
{
	struct way w = open_type1();
	uint8_t buf[16];

	(void)state;
	assert_int_equal(rd(w.device, CONFIG, 4), 0x706c1b36);
	assert_int_equal(rd(w.device, CONFIG + 4, 2), 3); /* decodes, is no bus master */
	assert_int_equal(sys->pread(w.device, buf, 8, (off_t)(BAR(1) + 0xfc)), 4);
	assert_errno(sys->pread(w.device, buf, 8, (off_t)(BAR(1) + 0x100)), EINVAL);
	assert_errno(sys->pread(w.device, buf, 4, (off_t)BAR(3)), EINVAL);
	assert_errno(sys->pread(w.device, buf, 4, (off_t)BAR(6)), EINVAL);
	assert_errno(sys->pread(w.device, buf, 4, (off_t)BAR(8)), EINVAL);
	assert_errno(sys->pread(w.device, buf, 4, -4), EINVAL);
	assert_errno(sys->pread(w.device, buf, 4, (off_t)CONFIG + 4094), EFAULT);
	assert_errno(sys->pread(w.group, buf, 4, 0), EINVAL);
	assert_errno(sys->pread(1, buf, 4, 0), EBADF);
	assert_int_equal(rd(w.device, BAR(5), 8), UINT64_MAX); /* the MSI-X table */
	/* Ports: 4, 2, 1 at once. */
	assert_int_equal(rd(w.device, BAR(2) + 0x3f, 8) >> 8 & 0xff, 1);
	assert_int_equal(rd(w.device, BAR(2) + 0x40, 4), 2);
	/* Memory decode off, and D3 */
	wr(w.device, CONFIG + 4, 2, 1);
	assert_errno(sys->pread(w.device, buf, 4, 0), EIO);
	assert_errno(sys->pwrite(w.device, buf, 4, (off_t)BAR(4)), EIO);
	assert_int_equal(rd(w.device, BAR(2) + 0x40, 4), 3);
	wr(w.device, CONFIG + 4, 2, 2);
	assert_int_equal(rd(w.device, BAR(2) + 0x40, 4), 0xffffffff);
	/* Held by somebody else */
	plx_sim_config.held_bars = 1 << 4;
	assert_errno(sys->pread(w.device, buf, 4, (off_t)BAR(4)), EBUSY);
	assert_int_equal(rd(w.device, 0, 4), 0x706c7801);
	close_type1(w);
}

static int map_fails(int device, uint64_t at, size_t len, int flags)
{
	errno = 0;
	assert_ptr_equal(sys->mmap(NULL, len, PROT_READ | PROT_WRITE, flags, device, (off_t)at),
			 MAP_FAILED);
	return errno;
}

static void test_mmap(void **state)
{
	struct way w = open_type1();
	uint32_t *va;

	(void)state;
	assert_int_equal(map_fails(w.device, 0, PAGE, MAP_PRIVATE), EINVAL);
	assert_int_equal(map_fails(w.device, 0, 0x21000, MAP_SHARED), EINVAL);
	assert_int_equal(map_fails(w.device, 0x20000, PAGE, MAP_SHARED), EINVAL);
	assert_int_equal(map_fails(w.device, 0x100, PAGE, MAP_SHARED), EINVAL);
	for (unsigned region = 1; region < 9; region++)
		if (region != 4)
			assert_int_equal(map_fails(w.device, BAR(region), PAGE, MAP_SHARED),
					 EINVAL);
	assert_int_equal(map_fails(w.group, 0, PAGE, MAP_SHARED), ENODEV);
	assert_int_equal(map_fails(1, 0, PAGE, MAP_SHARED), EBADF);
	plx_sim_config.held_bars = 1;
	assert_int_equal(map_fails(w.device, 0, PAGE, MAP_SHARED), EBUSY);
	plx_sim_config.held_bars = 0;
	va = sys->mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, w.device, (off_t)BAR(4));
	assert_ptr_not_equal(va, MAP_FAILED);
	va[5] = 0x1234;
	assert_int_equal(rd(w.device, BAR(4) + 20, 4), 0x1234);
	wr(w.device, BAR(4) + 0xfffc, 4, 99);
	assert_int_equal(va[0x3fff], 99);
	assert_int_equal(sys->munmap(va, 0x10000), 0);
	/* The table's page, once that is allowed; what is behind it always */
	va = sys->mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w.device, (off_t)(BAR(5) + PAGE));
	assert_ptr_not_equal(va, MAP_FAILED);
	sys->munmap(va, PAGE);
	plx_sim_config.msix_mappable = true;
	va = sys->mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w.device, (off_t)BAR(5));
	assert_ptr_not_equal(va, MAP_FAILED);
	sys->munmap(va, PAGE);
	close_type1(w);
}

/* VF: what a reset keeps, and what a close does not. */
static void test_reset_and_close(void **state)
{
	struct way w = open_type1();
	struct vfio_device_info info = { .argsz = sizeof(info) };

	(void)state;
	assert_int_equal(dma(w.device, 0, 1, 2), 1);
	assert_int_equal(rd(w.device, 0x20, 4), 1);
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_RESET, NULL), 0);
	assert_int_equal(rd(w.device, 0x20, 4), 0);
	assert_int_equal(rd(w.device, CONFIG + 4, 2), 7);
	plx_sim_config.no_reset = true;
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_RESET, NULL), EINVAL);
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_GET_INFO, &info), 0);
	assert_int_equal(info.flags, VFIO_DEVICE_FLAGS_PCI);
	wr(w.device, BAR(4), 4, 77);
	close_type1(w);
	w = open_type1();
	assert_int_equal(rd(w.device, BAR(4), 4), 0);
	assert_int_equal(rd(w.device, CONFIG + 4, 2), 3);
	close_type1(w);
}

static void test_unplugged(void **state)
{
	struct way w = open_type1();
	uint32_t buf = 0;

	(void)state;
	plx_sim_kernel_unplug(f);
	assert_errno(sys->pread(w.device, &buf, 4, 0), ENODEV);
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_RESET, NULL), ENODEV);
	assert_errno(sys->ioctl(w.group, VFIO_GROUP_GET_DEVICE_FD, facts.address), ENODEV);
	plx_sim_function_destroy(f);
	plx_sim_function_destroy(mate);
	close_type1(w);
	assert_errno(open_group(), ENOENT);
	f = plug(0, 1);
	mate = plug(1, 1);
}

/* --- DMA --- */

static void test_type1_dma(void **state)
{
	struct way w = open_type1();
	struct vfio_iommu_type1_dma_unmap unmap = { sizeof(unmap), 0, 0x11000, PAGE };

	(void)state;
	assert_int_equal(dma_map(w.container, 0x10000, memory, VFIO_DMA_MAP_FLAG_WRITE), 0);
	assert_int_equal(dma_map(w.container, 0x11000, memory + PAGE, VFIO_DMA_MAP_FLAG_READ), 0);
	assert_int_equal(dma(w.device, 0x10008, 100, 2), 0); /* to memory */
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(memory[8 + i], i);
	assert_int_equal(dma(w.device, 0x10008, 100, 1), 1); /* which may only be written */
	assert_int_equal(rd(w.device, 0x28, 8), 0x10008);
	assert_int_equal(rd(w.device, 0x30, 4), 1);
	assert_int_equal(dma(w.device, 0x10ff0, 32, 2), 1); /* into the page that may not */
	assert_int_equal(memory[4095], 15);
	assert_int_equal(rd(w.device, 0x28, 8), 0x11000);
	assert_int_equal(dma(w.device, 0x11000, 32, 1), 0);
	assert_int_equal(sys->ioctl(w.container, VFIO_IOMMU_UNMAP_DMA, &unmap), 0);
	assert_int_equal(dma(w.device, 0x11000, 32, 1), 1);
	assert_int_equal(dma(w.device, UINT64_MAX - 8, 32, 1), 1);
	assert_int_equal(rd(w.device, 0x20, 4), 4);
	close_type1(w);
}

static void test_iommufd_dma(void **state)
{
	const uint32_t rw = PLX_UAPI_MAP_READABLE | PLX_UAPI_MAP_WRITEABLE;
	struct way w = open_iommufd();
	uint32_t ioas = alloc_ioas(w.iommufd), other = alloc_ioas(w.iommufd);
	struct plx_uapi_destroy destroy = { sizeof(destroy), ioas };

	(void)state;
	assert_int_equal(ioas_map(w.iommufd, ioas, 0x10000, memory, PLX_UAPI_MAP_WRITEABLE), 0);
	assert_int_equal(dma(w.device, 0x10000, 8, 2), 1); /* not attached */
	assert_errno(attach_to(w.device, 9999), ENOENT);
	assert_int_equal(attach_to(w.device, ioas), 0);
	assert_int_equal(dma(w.device, 0x10000, 8, 2), 0);
	assert_int_equal(dma(w.device, 0x10000, 8, 1), 1);
	assert_errno(sys->ioctl(w.iommufd, PLX_UAPI_DESTROY, &destroy), EBUSY);
	/* Another one replaces it. */
	assert_int_equal(ioas_map(w.iommufd, other, 0x20000, memory + PAGE, rw), 0);
	assert_int_equal(attach_to(w.device, other), 0);
	assert_int_equal(dma(w.device, 0x10000, 8, 2), 1);
	assert_int_equal(dma(w.device, 0x20000, 8, 1), 0);
	assert_int_equal(detach(w.device), 0);
	assert_int_equal(dma(w.device, 0x20000, 8, 1), 1);
	assert_int_equal(sys->ioctl(w.iommufd, PLX_UAPI_DESTROY, &destroy), 0);
	sys->close(w.device);
	sys->close(w.iommufd);
}

/* Devices of a group share an IOAS; memory is pinned for the first. */
static void test_iommufd_groups(void **state)
{
	struct way w = open_iommufd();
	uint32_t ioas = alloc_ioas(w.iommufd), other = alloc_ioas(w.iommufd);
	void *gone = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int second = open_cdev(mate), third = open_cdev(stranger);

	(void)state;
	assert_int_equal(bind_to(second, w.iommufd), 0);
	assert_int_equal(bind_to(third, w.iommufd), 0);
	assert_int_equal(attach_to(w.device, ioas), 0);
	assert_errno(attach_to(second, other), EINVAL);
	assert_int_equal(attach_to(third, other), 0);
	assert_int_equal(attach_to(second, ioas), 0);
	assert_int_equal(ioas_map(w.iommufd, ioas, 0x10000, memory, PLX_UAPI_MAP_READABLE), 0);
	assert_int_equal(dma(second, 0x10000, 8, 1), 0);
	assert_int_equal(dma(third, 0x10000, 8, 1), 1);
	assert_int_equal(detach(second), 0);
	assert_int_equal(dma(second, 0x10000, 8, 1), 1);
	assert_int_equal(dma(w.device, 0x10000, 8, 1), 0);
	assert_int_equal(detach(third), 0);
	assert_int_equal(ioas_map(w.iommufd, other, 0x10000, gone, PLX_UAPI_MAP_READABLE), 0);
	assert_errno(attach_to(third, other), EFAULT);
	munmap(gone, PAGE);
	sys->close(w.device);
	sys->close(second);
	sys->close(third);
	sys->close(w.iommufd);
}

static int copy(int iommufd, uint32_t to, uint32_t from, uint64_t iova, uint64_t len,
		uint32_t rights)
{
	struct plx_uapi_copy args = {
		.size = sizeof(args),
		.flags = PLX_UAPI_MAP_FIXED_IOVA | rights,
		.dst_ioas_id = to,
		.src_ioas_id = from,
		.length = len,
		.dst_iova = 0x80000,
		.src_iova = iova,
	};

	return sys->ioctl(iommufd, PLX_UAPI_IOAS_COPY, &args);
}

static void test_ioas_copy(void **state)
{
	const uint32_t r = PLX_UAPI_MAP_READABLE, rw = r | PLX_UAPI_MAP_WRITEABLE;
	struct way w = open_iommufd();
	uint32_t from = alloc_ioas(w.iommufd), to = alloc_ioas(w.iommufd);

	(void)state;
	assert_int_equal(ioas_map(w.iommufd, from, 0x10000, memory, rw), 0);
	assert_int_equal(ioas_map(w.iommufd, from, 0x11000, memory + 2 * PAGE, r), 0);
	assert_errno(copy(w.iommufd, to, from, 0x10000, 3 * PAGE, r), ENOENT);
	assert_errno(copy(w.iommufd, to, from, 0xf000, PAGE, r), ENOENT);
	assert_errno(copy(w.iommufd, to, 9999, 0x10000, PAGE, r), ENOENT);
	assert_errno(copy(w.iommufd, to, from, 0x10000, 2 * PAGE, rw), EPERM);
	assert_errno(copy(w.iommufd, to, from, 0x10000, 0, r), EINVAL);
	assert_errno(copy(w.iommufd, to, from, 0x10000, PAGE, 0), EINVAL);
	assert_errno(copy(w.iommufd, to, from, 0x10000, PAGE, 8), EOPNOTSUPP);
	assert_int_equal(copy(w.iommufd, to, from, 0x10000, 2 * PAGE, r), 0);
	assert_errno(copy(w.iommufd, to, from, 0x10000, PAGE, r), EEXIST);
	assert_int_equal(attach_to(w.device, to), 0);
	assert_int_equal(dma(w.device, 0x81ff0, 16, 1), 0);
	assert_int_equal(dma(w.device, 0x80000, 16, 2), 1);
	sys->close(w.device);
	sys->close(w.iommufd);
}

/* What a structure is, its first member says (8.3). */
static void test_iommufd_sizes(void **state)
{
	int iommufd = sys->open("/dev/iommu", O_RDWR);
	struct {
		struct plx_uapi_ioas_alloc alloc;
		uint32_t more;
	} args = { { .size = 11 }, 0 };

	(void)state;
	assert_errno(sys->ioctl(iommufd, PLX_UAPI_IOAS_ALLOC, &args), EINVAL);
	args.alloc.size = sizeof(args);
	args.more = 1;
	assert_errno(sys->ioctl(iommufd, PLX_UAPI_IOAS_ALLOC, &args), E2BIG);
	args.more = 0;
	assert_int_equal(sys->ioctl(iommufd, PLX_UAPI_IOAS_ALLOC, &args), 0);
	args.alloc.flags = 1;
	assert_errno(sys->ioctl(iommufd, PLX_UAPI_IOAS_ALLOC, &args), EOPNOTSUPP);
	assert_errno(sys->ioctl(iommufd, 0x3bff, &args), ENOTTY);
	sys->close(iommufd);
}

/* --- failures that are asked for --- */

static void test_inject(void **state)
{
	struct way w;
	uint32_t buf = 0;
	void *va;

	(void)state;
	plx_test_inject(PLX_TEST_OPEN, 7, 2, EMFILE); /* the request does not count here */
	w = (struct way){ .iommufd = sys->open("/dev/iommu", O_RDWR) };
	assert_true(w.iommufd >= 0);
	assert_errno(sys->open("/dev/iommu", O_RDWR), EMFILE);
	sys->close(w.iommufd);
	w = open_type1();
	plx_test_inject(PLX_TEST_IOCTL, VFIO_DEVICE_RESET, 1, EAGAIN);
	assert_int_equal(dma_map(w.container, 0x10000, memory, 3), 0); /* another request */
	assert_errno(sys->ioctl(w.device, VFIO_DEVICE_RESET, NULL), EAGAIN);
	assert_int_equal(sys->ioctl(w.device, VFIO_DEVICE_RESET, NULL), 0);
	plx_test_inject(PLX_TEST_PREAD, 0, 1, EIO);
	assert_errno(sys->pread(w.device, &buf, 4, 0), EIO);
	plx_test_inject(PLX_TEST_PWRITE, 0, 1, EIO);
	assert_errno(sys->pwrite(w.device, &buf, 4, 0), EIO);
	plx_test_inject(PLX_TEST_MMAP, 0, 1, ENOMEM);
	assert_int_equal(map_fails(w.device, 0, PAGE, MAP_SHARED), ENOMEM);
	va = sys->mmap(NULL, PAGE, PROT_READ, MAP_SHARED, w.device, 0);
	plx_test_inject(PLX_TEST_MUNMAP, 0, 1, ENOMEM);
	assert_errno(sys->munmap(va, PAGE), ENOMEM);
	assert_int_equal(sys->munmap(va, PAGE), 0);
	plx_test_inject(PLX_TEST_CLOSE, 0, 1, EIO);
	assert_errno(sys->close(w.device), EIO);
	plx_test_inject(PLX_TEST_CLOSE, 0, 1, EIO);
	plx_test_inject(PLX_TEST_CLOSE, 0, 0, 0);
	close_type1(w);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_nodes),
		CASE(test_group_order),
		CASE(test_files_outlive_descriptors),
		CASE(test_before_bind),
		CASE(test_info),
		CASE(test_region_capabilities),
		CASE(test_set_irqs_checks),
		CASE(test_set_irqs),
		CASE(test_pread),
		CASE(test_mmap),
		CASE(test_reset_and_close),
		CASE(test_unplugged),
		CASE(test_type1_dma),
		CASE(test_iommufd_dma),
		CASE(test_iommufd_groups),
		CASE(test_ioas_copy),
		CASE(test_iommufd_sizes),
		CASE(test_inject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
