/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What VFIO says of a region, from anywhere: the input is the kernel's answer, capabilities and
 * all. What is believed of it must hold together.
 *
 *	clang -fsanitize=fuzzer,address,undefined: libFuzzer finds the inputs
 *	-DFUZZ_MAIN: random inputs, or the files that are named
 */
#include "pci/vfio_priv.h"

#include "split.h"

static void check(const struct plx_vfio_region *r)
{
	const struct plx_region *info = &r->info;

	must(info->size <= INT64_MAX && r->offset <= INT64_MAX - info->size);
	must(info->n_sparse <= PLX_SPARSE_MAX);
	must(info->size || (!info->can_read && !info->can_write && !info->can_map));
	for (unsigned i = 0; i < info->n_sparse; i++) {
		const struct plx_sparse *s = &info->sparse[i];

		must(s->size && s->offset < info->size && s->size <= info->size - s->offset);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct plx_vfio_region none;
	struct plx_vfio_region r;
	uint8_t *info;

	if (size > INPUT_MAX)
		return 0;
	info = malloc(size + !size); /* of its own size, so that a byte read past it is seen */
	if (!info)
		return 0;
	memcpy(info, data, size);
	if (plx_vfio_parse_region(info, size, &r))
		check(&r);
	else
		must(!memcmp(&r, &none, sizeof(r)));
	free(info);
	return 0;
}

#ifdef FUZZ_MAIN

static uint32_t some(uint32_t below)
{
	return (uint32_t)(rand() >> 4) % below;
}

/* A chain as the kernel writes it, with a number here and there that is not. */
static void random_input(uint8_t *input, size_t size, unsigned round)
{
	struct vfio_region_info head = { .flags = some(16), .cap_offset = sizeof(head) };
	size_t at = sizeof(head);

	for (size_t i = 0; i < size; i++)
		input[i] = (uint8_t)(rand() >> 8);
	head.size = round % 8 ? 0x20000 : (uint64_t)rand() << some(33);
	head.offset = round % 16 ? 1ull << 40 : (uint64_t)rand() << some(33);
	if (size < sizeof(head))
		return;
	memcpy(input, &head, sizeof(head));
	while (at + 48 <= size && some(8)) {
		struct vfio_region_info_cap_sparse_mmap cap = {
			.header = { (uint16_t)(1 + some(4)), 1, (uint32_t)at + 48 },
			.nr_areas = some(3),
		};
		struct vfio_region_sparse_mmap_area areas[2] = { { some(32) << 12, some(32) << 12 },
								 { some(32) << 12, 4096 } };

		if (!some(16))
			cap.header.next = some(64) ? 0 : some((uint32_t)size);
		memcpy(input + at, &cap, sizeof(cap));
		memcpy(input + at + sizeof(cap), areas, sizeof(areas));
		at += 48;
	}
	if (at > sizeof(head)) /* the last one's next */
		memset(input + at - 44, 0, 4);
}

int main(int argc, char **argv)
{
	return run_inputs(argc, argv, 200000, random_input);
}

#endif
