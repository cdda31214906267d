/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel has allocated, to find what is never given back. */
#ifndef MMSCOPE_SELFTESTS_KERNEL_MEMORY_H
#define MMSCOPE_SELFTESTS_KERNEL_MEMORY_H

#include <stdbool.h>

#define CACHES_MAX	160

/**
 * struct kernel_memory - allocations of the kernel at one time
 * @objects: objects in use in each slab cache that is looked at.
 * @slab_kb: Slab of /proc/meminfo, which large kmalloc() counts in too.
 * @vmalloc_kb: VmallocUsed of /proc/meminfo.
 */
struct kernel_memory {
	long objects[CACHES_MAX];
	long slab_kb;
	long vmalloc_kb;
};

/*
 * Lets the kernel do what it has put off until RCU readers are gone, then
 * counts.  Dies without /sys/kernel/slab.
 */
void kernel_memory_read(struct kernel_memory *memory);

/*
 * Whether any cache has grown by @objects, or the sum of large allocations by
 * @kb, since @before.  Tries again for a few seconds before it says so, as
 * memory may be freed late; then complains.
 */
bool kernel_memory_grown(const struct kernel_memory *before, long objects,
			 long kb);

#endif /* MMSCOPE_SELFTESTS_KERNEL_MEMORY_H */
