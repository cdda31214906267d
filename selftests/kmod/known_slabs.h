/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of slab caches that tests know of; a part of known_pages.c.
 *
 * /sys/kernel/debug/known_slabs lists them:
 *
 *	# name pfn extra state
 *	object 123456 1664 used
 *	kmalloc_normal 123457 100 used
 *
 * object		of a cache `known_slabs` that nobody else uses: every object
 *			that was ever allocated from it; extra: offset in its slab;
 *			pfn is that slab's first frame.  No CPU keeps slabs or free
 *			objects of it.
 * kmalloc_TYPE		of kmalloc(); extra: the size asked for; pfn as above
 */
#ifndef KNOWN_SLABS_H
#define KNOWN_SLABS_H

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define KNOWN_OBJECTS		1000
#define KNOWN_OBJECT_SIZE	200

static const unsigned int known_sizes[] = {
	1, 8, 9, 16, 17, 32, 33, 64, 65, 96, 97, 128, 129, 192, 193, 256, 257,
	512, 513, 1000, 1024, 1025, 2048, 4096, 4097, 8192, 8193, 16384, 16385,
	65536,
};

static const struct {
	const char *name;
	gfp_t gfp;
} known_types[] = {
	{ "kmalloc_normal", GFP_KERNEL },
	{ "kmalloc_reclaim", GFP_KERNEL | __GFP_RECLAIMABLE },
	{ "kmalloc_cgroup", GFP_KERNEL | __GFP_ACCOUNT },
	{ "kmalloc_dma", GFP_KERNEL | __GFP_DMA },
};

static struct kmem_cache *known_cache;
static void *known_objects[KNOWN_OBJECTS];
static bool known_used[KNOWN_OBJECTS];
static void *known_kmalloc[ARRAY_SIZE(known_types)][ARRAY_SIZE(known_sizes)];
static struct dentry *known_file;

static int known_slabs_show(struct seq_file *m, void *unused)
{
	struct page *head;
	int i, j;

	seq_puts(m, "# name pfn extra state\n");
	for (i = 0; i < KNOWN_OBJECTS; i++) {
		head = virt_to_head_page(known_objects[i]);
		seq_printf(m, "object %lu %lu %s\n", page_to_pfn(head),
			   (unsigned long)(known_objects[i] -
					   page_address(head)),
			   known_used[i] ? "used" : "free");
	}
	for (i = 0; i < ARRAY_SIZE(known_types); i++)
		for (j = 0; j < ARRAY_SIZE(known_sizes); j++) {
			head = virt_to_head_page(known_kmalloc[i][j]);
			seq_printf(m, "%s %lu %u used\n", known_types[i].name,
				   page_to_pfn(head), known_sizes[j]);
		}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(known_slabs);

/* A cache with a constructor is never merged with another one. */
static void known_construct(void *object)
{
}

/*
 * Some slabs stay full, some lose a few objects, some most of them.  None
 * becomes empty, so that none is given back: where its freed objects were would
 * say nothing then.
 */
static bool keeps(int i)
{
	return i % 16 == 0 || i % 7 == 1 || (i / 100) % 3 == 0;
}

static int known_slabs_make(void)
{
	int i, j;

	known_cache = kmem_cache_create("known_slabs", KNOWN_OBJECT_SIZE, 0, 0,
					known_construct);
	if (!known_cache)
		return -ENOMEM;
	for (i = 0; i < KNOWN_OBJECTS; i++) {
		known_objects[i] = kmem_cache_alloc(known_cache, GFP_KERNEL);
		known_used[i] = known_objects[i];
		if (!known_objects[i])
			return -ENOMEM;
	}
	for (i = 0; i < KNOWN_OBJECTS; i++)
		if (!keeps(i)) {
			known_used[i] = false;
			kmem_cache_free(known_cache, known_objects[i]);
		}
	/* CPUs give back what they keep. */
	kmem_cache_shrink(known_cache);
	for (i = 0; i < ARRAY_SIZE(known_types); i++)
		for (j = 0; j < ARRAY_SIZE(known_sizes); j++) {
			known_kmalloc[i][j] = kmalloc(known_sizes[j],
						      known_types[i].gfp);
			if (!known_kmalloc[i][j])
				return -ENOMEM;
		}
	known_file = debugfs_create_file("known_slabs", 0400, NULL, NULL,
					 &known_slabs_fops);
	return 0;
}

static void known_slabs_free(void)
{
	int i, j;

	debugfs_remove(known_file);
	for (i = 0; i < ARRAY_SIZE(known_types); i++)
		for (j = 0; j < ARRAY_SIZE(known_sizes); j++)
			kfree(known_kmalloc[i][j]);
	for (i = 0; i < KNOWN_OBJECTS; i++)
		if (known_used[i])
			kmem_cache_free(known_cache, known_objects[i]);
	kmem_cache_destroy(known_cache);
}

#endif /* KNOWN_SLABS_H */
