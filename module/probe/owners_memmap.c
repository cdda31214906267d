// SPDX-License-Identifier: GPL-2.0-only
/* Owners that are there from the start: the memory map, the first chunk. */

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>

#include "../compat/hotplug.h"
#include "../compat/ksym.h"
#include "ktables.h"
#include "layout.h"
#include "owners_build.h"

/* Adds what backs kernel addresses from @addr up to @end, both of whole pages. */
static int add_mapped(struct mms_owners_build *build, unsigned long addr,
		      unsigned long end, enum mms_frame_kind kind, u32 id)
{
	unsigned long span, pfn;
	int err = 0;

	for (; addr < end && !err; addr += span) {
		pfn = mms_ktables_frame(addr, &span);
		span = min(span, end - addr);
		if (pfn != MMS_NO_FRAME)
			err = mms_owners_add(build, pfn, span >> PAGE_SHIFT,
					     kind, id);
	}
	return err;
}

#ifdef CONFIG_SPARSEMEM_VMEMMAP

/* Sections done while memory cannot be unplugged: at worst 8192 pages. */
#define SECTIONS_AT_ONCE	16

const char *mms_owners_memmap_missing(void)
{
	if (!mms_hotplug_known())
		return "no-hotplug-lock";
	return mms_ktables_missing();
}

/*
 * The memory map of a section is virtually contiguous with all others.  With
 * hugetlb's vmemmap optimisation many of its pages share a frame.
 */
static int add_section(struct mms_owners_build *build, unsigned long pfn)
{
	unsigned long addr = (unsigned long)pfn_to_page(pfn);
	unsigned long end = addr + PAGES_PER_SECTION * sizeof(struct page);

	return add_mapped(build, addr & PAGE_MASK, PAGE_ALIGN(end),
			  MMS_FRAME_MEMMAP, 0);
}

/* Adds sections from @pfn on, up to @end; returns where it stopped, or error. */
static int add_sections(struct mms_owners_build *build, unsigned long *pfn,
			unsigned long end)
{
	int err = mms_hotplug_begin();
	int nr;

	if (err)
		return err;
	for (nr = 0; *pfn < end && nr < SECTIONS_AT_ONCE && !err; nr++) {
		if (pfn_in_present_section(*pfn))
			err = add_section(build, *pfn);
		*pfn += PAGES_PER_SECTION;
	}
	mms_hotplug_end();
	cond_resched();
	return err;
}

int mms_owners_add_memmap(struct mms_owners_build *build)
{
	int nid, err = 0;

	for_each_online_node(nid) {
		pg_data_t *pgdat = NODE_DATA(nid);
		unsigned long pfn = round_down(pgdat->node_start_pfn,
					       PAGES_PER_SECTION);

		while (!err && pfn < pgdat_end_pfn(pgdat))
			err = add_sections(build, &pfn, pgdat_end_pfn(pgdat));
	}
	return err;
}

#else

const char *mms_owners_memmap_missing(void)
{
	return "no-vmemmap";
}

int mms_owners_add_memmap(struct mms_owners_build *build)
{
	return 0;
}

#endif

/**
 * struct first_chunk - where per-CPU memory begins
 * @base: address of the first unit.
 * @offsets: offset of each CPU's unit.
 * @size: bytes of each unit that are in use.
 */
struct first_chunk {
	unsigned long base;
	const unsigned long *offsets;
	unsigned long size;
};

static struct first_chunk first_chunk;
static DEFINE_MUTEX(check_lock);

/* Units are where per_cpu_ptr() expects them, and as large as they may be. */
static bool plausible(void)
{
	const int *unit_size = mms_ksym_lookup("pcpu_unit_size");
	unsigned int cpu, first = cpumask_first(cpu_possible_mask);

	for_each_possible_cpu(cpu)
		if (per_cpu_offset(cpu) - per_cpu_offset(first) !=
		    first_chunk.offsets[cpu] - first_chunk.offsets[first])
			return false;
	return unit_size && first_chunk.size && *unit_size > 0 &&
	       first_chunk.size <= *unit_size &&
	       PAGE_ALIGNED(first_chunk.base | first_chunk.size);
}

/*
 * The first chunk has a static part, one for modules and a dynamic one, which
 * comes last and is what the kernel calls pcpu_first_chunk.
 */
static const char *check_first_chunk(void)
{
	const struct mms_btf_want *base, *nr_pages;
	void **units = MMS_KSYM(pcpu_base_addr);
	const unsigned long **offsets = MMS_KSYM(pcpu_unit_offsets);
	char **chunk = mms_ksym_lookup("pcpu_first_chunk");

	if (!units || !offsets || !*offsets || !chunk || !*chunk)
		return "no-symbol";
	base = mms_layout_private(MMS_P_PCPU_CHUNK_BASE_ADDR, sizeof(void *));
	nr_pages = mms_layout_private(MMS_P_PCPU_CHUNK_NR_PAGES, sizeof(int));
	if (!base || !nr_pages)
		return "no-layout";
	first_chunk.base = (unsigned long)*units;
	first_chunk.offsets = *offsets;
	first_chunk.size = *(unsigned long *)(*chunk + base->offset) +
			   *(int *)(*chunk + nr_pages->offset) * PAGE_SIZE -
			   first_chunk.base;
	return plausible() ? NULL : "implausible";
}

const char *mms_owners_first_chunk_missing(void)
{
	static const char *why;
	static bool checked;

	might_sleep();
	mutex_lock(&check_lock);
	if (!checked)
		why = check_first_chunk();
	checked = true;
	mutex_unlock(&check_lock);
	return why;
}

int mms_owners_add_first_chunk(struct mms_owners_build *build)
{
	unsigned int cpu;
	int err = 0;

	for_each_possible_cpu(cpu) {
		unsigned long addr = first_chunk.base + first_chunk.offsets[cpu];
		u32 id;

		err = mms_owners_cpu(build, cpu, &id);
		if (!err)
			err = add_mapped(build, addr, addr + first_chunk.size,
					 MMS_FRAME_PERCPU, id);
		if (err)
			break;
	}
	return err;
}
