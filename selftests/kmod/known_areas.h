/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas of vmalloc space that tests know of; a part of known_pages.c.
 *
 * /sys/kernel/debug/known_areas lists them, with the frame of each page:
 *
 *	# name bytes huge_pages frames
 *	known_area_small 12288 0 123456 123457 123460
 *
 * name is the function that made the area; bytes what it asked for; huge_pages
 * says how many pages have a huge entry in the page tables, or `-` if this
 * machine does not tell.
 *
 * known_area_small	of vmalloc(), a few pages
 * known_area_large	of vmalloc(), more than can be looked at in one go
 * known_area_huge	of vmalloc_huge(), two huge pages if there are any
 * known_area_odd	of vmalloc(), some bytes more than a page
 * known_area_straight	of vmap(): pages in a row
 * known_area_reversed	of vmap(): the same, each before the one it follows
 * map_ram		of vm_map_ram(): some of these, with gaps; no function is
 *			known of these areas
 */
#ifndef KNOWN_AREAS_H
#define KNOWN_AREAS_H

#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#define KNOWN_AREA_ORDER	3
#define KNOWN_AREA_PAGES	(1 << KNOWN_AREA_ORDER)
#define KNOWN_AREA_LARGE	5003

enum known_area_name {
	KNOWN_AREA_SMALL,
	KNOWN_AREA_LARGE_ONE,
	KNOWN_AREA_HUGE,
	KNOWN_AREA_ODD,
	KNOWN_AREA_STRAIGHT,
	KNOWN_AREA_REVERSED,
	KNOWN_AREA_RAM,
	KNOWN_AREAS
};

static struct known_area {
	const char *name;
	unsigned long bytes;
	char *address;
} known_areas[KNOWN_AREAS] = {
	{ "known_area_small", 3 * PAGE_SIZE },
	{ "known_area_large", KNOWN_AREA_LARGE * PAGE_SIZE },
	{ "known_area_huge", 2 * PMD_SIZE },
	{ "known_area_odd", PAGE_SIZE + 100 },
	{ "known_area_straight", KNOWN_AREA_PAGES * PAGE_SIZE },
	{ "known_area_reversed", KNOWN_AREA_PAGES * PAGE_SIZE },
	{ "map_ram", 5 * PAGE_SIZE },
};

static struct page *known_area_pages;
static struct dentry *known_areas_file;

/* Does one entry map many pages here? */
static bool known_area_is_huge(unsigned long address)
{
#ifdef CONFIG_X86
	unsigned int level;

	lookup_address(address, &level);
	return level > PG_LEVEL_4K;
#else
	return false;
#endif
}

static void known_area_show(struct seq_file *m, const struct known_area *area)
{
	unsigned long offset, huge = 0;

	for (offset = 0; offset < area->bytes; offset += PAGE_SIZE)
		huge += known_area_is_huge((unsigned long)area->address +
					   offset);
	seq_printf(m, "%s %lu ", area->name, area->bytes);
	if (IS_ENABLED(CONFIG_X86))
		seq_printf(m, "%lu", huge);
	else
		seq_putc(m, '-');
	for (offset = 0; offset < area->bytes; offset += PAGE_SIZE)
		seq_printf(m, " %lu",
			   vmalloc_to_pfn(area->address + offset));
	seq_putc(m, '\n');
}

static int known_areas_show(struct seq_file *m, void *unused)
{
	int i;

	seq_puts(m, "# name bytes huge_pages frames\n");
	for (i = 0; i < KNOWN_AREAS; i++)
		known_area_show(m, &known_areas[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(known_areas);

/*
 * The names by which the kernel remembers who allocated.  The comments keep the
 * compiler from making one function of those that are alike.
 */
static noinline void *known_area_small(unsigned long bytes)
{
	void *area = vmalloc(bytes);

	asm volatile("/* small */" : : : "memory");
	return area;
}

static noinline void *known_area_large(unsigned long bytes)
{
	void *area = vmalloc(bytes);

	asm volatile("/* large */" : : : "memory");
	return area;
}

static noinline void *known_area_odd(unsigned long bytes)
{
	void *area = vmalloc(bytes);

	asm volatile("/* odd */" : : : "memory");
	return area;
}

static noinline void *known_area_huge(unsigned long bytes)
{
	void *area = vmalloc_huge(bytes, GFP_KERNEL);

	asm volatile("/* huge */" : : : "memory");
	return area;
}

static noinline void *known_area_straight(struct page **pages)
{
	void *area = vmap(pages, KNOWN_AREA_PAGES, VM_MAP, PAGE_KERNEL);

	asm volatile("/* straight */" : : : "memory");
	return area;
}

static noinline void *known_area_reversed(struct page **pages)
{
	void *area = vmap(pages, KNOWN_AREA_PAGES, VM_MAP, PAGE_KERNEL);

	asm volatile("/* reversed */" : : : "memory");
	return area;
}

static void known_areas_free(void)
{
	int i;

	debugfs_remove(known_areas_file);
	for (i = 0; i < KNOWN_AREAS; i++) {
		if (!known_areas[i].address)
			continue;
		if (i == KNOWN_AREA_RAM)
			vm_unmap_ram(known_areas[i].address, 5);
		else if (i >= KNOWN_AREA_STRAIGHT)
			vunmap(known_areas[i].address);
		else
			vfree(known_areas[i].address);
	}
	if (known_area_pages)
		__free_pages(known_area_pages, KNOWN_AREA_ORDER);
}

static void known_areas_map(void)
{
	struct page *first = known_area_pages;
	struct page *pages[KNOWN_AREA_PAGES];
	int i;

	for (i = 0; i < KNOWN_AREA_PAGES; i++)
		pages[i] = first + i;
	known_areas[KNOWN_AREA_STRAIGHT].address = known_area_straight(pages);
	for (i = 0; i < KNOWN_AREA_PAGES; i++)
		pages[i] = first + KNOWN_AREA_PAGES - 1 - i;
	known_areas[KNOWN_AREA_REVERSED].address = known_area_reversed(pages);
	/* Runs of two, two and one. */
	pages[0] = first;
	pages[1] = first + 1;
	pages[2] = first + 3;
	pages[3] = first + 4;
	pages[4] = first + 7;
	known_areas[KNOWN_AREA_RAM].address = vm_map_ram(pages, 5,
							 NUMA_NO_NODE);
}

static int known_areas_make(void)
{
	struct known_area *areas = known_areas;
	int i;

	areas[KNOWN_AREA_SMALL].address =
		known_area_small(areas[KNOWN_AREA_SMALL].bytes);
	areas[KNOWN_AREA_LARGE_ONE].address =
		known_area_large(areas[KNOWN_AREA_LARGE_ONE].bytes);
	areas[KNOWN_AREA_HUGE].address =
		known_area_huge(areas[KNOWN_AREA_HUGE].bytes);
	areas[KNOWN_AREA_ODD].address =
		known_area_odd(areas[KNOWN_AREA_ODD].bytes);
	known_area_pages = alloc_pages(GFP_KERNEL, KNOWN_AREA_ORDER);
	if (known_area_pages)
		known_areas_map();
	for (i = 0; i < KNOWN_AREAS; i++)
		if (!areas[i].address)
			return -ENOMEM;
	known_areas_file = debugfs_create_file("known_areas", 0400, NULL, NULL,
					       &known_areas_fops);
	return 0;
}

#endif /* KNOWN_AREAS_H */
