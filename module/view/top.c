// SPDX-License-Identifier: GPL-2.0-only
/* README, version, caps and selfcheck. */

#include <linux/module.h>
#include <generated/utsrelease.h>
#include <linux/utsname.h>

#include "../probe/folio.h"
#include "../probe/frame.h"
#include "../probe/hugepages.h"
#include "../probe/layout.h"
#include "../probe/owners.h"
#include "../version.h"
#include "dirs.h"
#include "selfcheck.h"
#include "top.h"

static const char readme[] =
"mmscope shows what the memory management of this kernel is doing.\n"
"\n"
"README     this text\n"
"version    of mmscope and of the kernel\n"
"caps       what works on this kernel, and what does not and why\n"
"selfcheck  mmscope's answers against the kernel's own\n"
"process/   address space and page tables of a process\n"
"  query       the default query, which each file copies when it is opened\n"
"  space       the memory descriptor: bounds, counters, root of the tables\n"
"  vmas        the virtual memory areas\n"
"  translate   one address, level by level\n"
"  ranges      runs of equal page-table entries\n"
"  entries     single entries\n"
"  entries_raw the same as binary records (mmscope_records.h)\n"
"  tables      what the page tables cost, by level or by VMA\n"
"memory/    physical memory; has a query of its own\n"
"  zones       sizes, watermarks and state of each zone\n"
"  page        single frames decoded, with their owners\n"
"  mappers     who maps frames, and where\n"
"  pageblocks  what is in each pageblock\n"
"  census      all frames by kind, order and node\n"
"buddy/     the allocator's free memory; has a query of its own\n"
"  freelists   free blocks by zone, order and type\n"
"  pcp         pages in per-CPU lists\n"
"  fragmentation  what could be allocated now, after compaction, or not\n"
"  culprits    pageblocks that few pages keep from being free, and whose those are\n"
"slab/      the caches of the slab allocator; has a query of its own\n"
"  caches      every cache: sizes, flags, objects, slabs, what CPUs keep\n"
"  occupancy   how full its slabs are, and what packing them would give back\n"
"  object      slabs one by one: which slots are free\n"
"  kmalloc     which cache serves which size, and what that wastes\n"
"memcg/     memory cgroups of version 2; has a query of its own\n"
"  tree        limits, use by kind and events of each, and what holds the dying\n"
"oom/       the OOM killer; has a query of its own\n"
"  badness     the score of every process, and who would be killed\n"
"  victims     the last that were killed\n"
"pagecache/ what is cached of files; has a query of its own\n"
"  files       the files that fill the page cache, opened by anybody or not\n"
"  file        the pages of one file\n"
"reclaim/   what may be taken back; has a query of its own\n"
"  lru         the classic lists by node, zone and memory cgroup, and kswapd\n"
"  generations the lists of MGLRU by age\n"
"  swap        devices, and who is swapped out\n"
"numa/      the nodes of memory\n"
"  nodes       distances, use by kind, events; what processes have on each\n"
"hugepages/ transparent huge pages, and those of hugetlb\n"
"  sizes       of each size: how many, settings, events, pools, split queues\n"
"vmalloc/   the kernel's virtually contiguous memory\n"
"  areas       every area: who made it, its pages, how scattered those are\n"
"lab/NAME/  experiments, which change what they show; see lab/NAME/run\n"
"  run         a query written here does it; what it holds is this open file's\n"
"  result      the answer of the last\n"
"  limits      what one may take at most; 0 is a quarter of what is free\n"
"  alloc       allocates: order= count= gfp= node= hold=0|1\n"
"  compact     what a compaction does: order= node= zone= trigger=alloc|node count=\n"
"              pid=\n"
"  fragment    free memory in pieces: order= node= zone= index= target= mobility=\n"
"              seed= pages=0|1\n"
"  oom         kernel memory charged to the writer's memory cgroup: pages= oom=0|1\n"
"  slab        slabs fill, empty and go: size= align= flags= merge=0|1 count=\n"
"              pattern=fill|empty|sparse|random|refill seed= rows= slabs=0|1 hold=0|1\n"
"  vmalloc     contiguous or not: size= way=kmalloc,vmalloc,vmalloc_huge,kvmalloc\n"
"              count= retry=0|1 hold=0|1\n"
"\n"
"A query is key=value words.  Write it to a file's own descriptor, opened for\n"
"reading and writing, and read the answer from the same descriptor; or to\n"
"`query`, for programs that only read.  Keys not named get their default:\n"
"  pid=N|self              the process; self is the reader\n"
"  addr=0xA                translate: the address\n"
"  start=0xA end=0xA       vmas, ranges, entries, tables: only from here to there\n"
"  ignore=accessed,dirty   ranges: flags that neither split nor show\n"
"  detail=entry|folio      ranges: also by kind, order and sharing of the folio\n"
"  none=0|1                entries: list empty entries too\n"
"  by=level|vma top=N      tables: one line per level, or the N dearest VMAs\n"
"  pfn=N|A-B               page, mappers, pageblocks, census: these frames\n"
"  pfn=N|A-B               object: slabs in these frames\n"
"  cache=NAME              caches, occupancy, object: this cache only\n"
"  size=N                  kmalloc: who serves N bytes; 0 for all\n"
"  max=N top=N             culprits: with N such pages at most; the N worst\n"
"  memcg=PATH              tree, badness, lru, generations: that cgroup, and those\n"
"                          in it\n"
"  top=N                   files: the N largest\n"
"  path=TEXT               file: this one; a blank in it is \\x20\n"
"\n"
"Example:  echo pid=1 > process/query; cat process/tables\n";

static int readme_start(struct mms_reader *reader)
{
	memcpy(reader->table.buf, readme, sizeof(readme) - 1);
	reader->table.len = sizeof(readme) - 1;
	return 0;
}

/* All of it is in the buffer from the start. */
static int nothing_more(struct mms_reader *reader)
{
	return 0;
}

static const struct mms_view readme_view = {
	.name = "README",
	.start = readme_start,
	.fill = nothing_more,
};

static int version_start(struct mms_reader *reader)
{
	struct mms_table *table = &reader->table;

	mms_reader_head(reader);
	mms_table_columns(table, NULL);
	mms_table_value_text(table, "mmscope", MMS_VERSION);
	mms_table_value_text(table, "kernel", utsname()->release);
	mms_table_value_text(table, "architecture", utsname()->machine);
	mms_table_value_text(table, "built_for", UTS_RELEASE);
	mms_reader_end(reader, NULL, NULL);
	return 0;
}

static const struct mms_view version_view = {
	.name = "version",
	.format = 1,
	.start = version_start,
	.fill = nothing_more,
};

static void put_cap(struct mms_table *table, const char *name, const char *why)
{
	mms_table_word(table, name);
	mms_table_u64(table, !why);
	mms_table_text(table, why);
	mms_table_row(table);
}

static void put_dir_caps(struct mms_table *table, const struct mms_dir *dir)
{
	char name[64];
	unsigned int i;

	for (i = 0; i < dir->nr_views; i++) {
		const struct mms_view *view = dir->views[i];

		snprintf(name, sizeof(name), "%s/%s", dir->name, view->name);
		put_cap(table, name, view->missing ? view->missing() : NULL);
	}
}

static const char *(*next_lab)(unsigned int i, const char **why);

void mms_top_set_labs(const char *(*lab)(unsigned int i, const char **why))
{
	next_lab = lab;
}

static void put_lab_caps(struct mms_table *table)
{
	const char *lab, *why;
	char name[64];
	unsigned int i;

	for (i = 0; (lab = next_lab(i, &why)); i++) {
		snprintf(name, sizeof(name), "lab/%s", lab);
		put_cap(table, name, why);
	}
}

static int caps_start(struct mms_reader *reader)
{
	const struct mms_layout *layout = mms_layout_get();
	struct mms_table *table = &reader->table;
	unsigned int i;

	mms_reader_head(reader);
	mms_table_columns(table, "name available reason");
	put_cap(table, "btf", layout->why);
	put_cap(table, "layout", layout->first);
	put_cap(table, "huge_zero_page",
		mms_folio_huge_zero_find() ? NULL : "no-symbol");
	put_cap(table, "memory_hotplug_lock",
		mms_frame_hotplug_known() ? NULL : "no-symbol");
	for (i = 0; i < MMS_NR_OWNERS_PARTS; i++)
		put_cap(table, mms_owners_part_names[i], mms_owners_missing(i));
	for (i = 0; i < MMS_NR_HUGE_PARTS; i++)
		put_cap(table, mms_huge_part_names[i], mms_huge_missing(i));
	for (i = 1; i < mms_nr_dirs; i++)
		put_dir_caps(table, mms_dirs[i]);
	put_lab_caps(table);
	mms_reader_end(reader, NULL, NULL);
	return 0;
}

static const struct mms_view caps_view = {
	.name = "caps",
	.format = 1,
	.start = caps_start,
	.fill = nothing_more,
};

static const struct mms_view *const views[] = {
	&readme_view,
	&version_view,
	&caps_view,
	&mms_view_selfcheck,
};

struct mms_dir mms_top_dir = {
	.pid_key = -1,
	.views = views,
	.nr_views = ARRAY_SIZE(views),
};
