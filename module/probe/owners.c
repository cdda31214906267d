// SPDX-License-Identifier: GPL-2.0-only
/* Frames whose struct page does not say what they are used for. */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ktables.h"
#include "layout.h"
#include "owners_build.h"

const char *const mms_owners_part_names[MMS_NR_OWNERS_PARTS] = {
	[MMS_OWNERS_KSTACK] = "kstack",
	[MMS_OWNERS_VMALLOC] = "vmalloc",
	[MMS_OWNERS_PERCPU] = "percpu",
	[MMS_OWNERS_MEMMAP] = "memmap",
	[MMS_OWNERS_PCP] = "pcp",
};

const char *mms_owners_missing(enum mms_owners_part part)
{
	const char *why;

	switch (part) {
	case MMS_OWNERS_KSTACK:
		if (!task_stack_vm_area(current))
			return "no-vmap-stack";
		return mms_vmap_missing();
	case MMS_OWNERS_VMALLOC:
		return mms_vmap_missing();
	case MMS_OWNERS_PERCPU:
		why = mms_owners_first_chunk_missing();
		if (!why)
			why = mms_ktables_missing();
		return why ?: mms_vmap_missing();
	case MMS_OWNERS_MEMMAP:
		return mms_owners_memmap_missing();
	case MMS_OWNERS_PCP:
		return mms_layout_missing();
	default:
		return "unknown";
	}
}

/* The piece of the map with this index, which is made if there is none. */
static int open_chunk(struct mms_owners_build *build, unsigned long index)
{
	struct xarray *chunks = &build->owners->chunks;
	struct mms_owners_chunk *chunk;

	if (build->chunk && build->index == index)
		return 0;
	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	chunk = xa_load(chunks, index);
	if (!chunk) {
		chunk = kzalloc(sizeof(*chunk), GFP_KERNEL);
		if (!chunk)
			return -ENOMEM;
		if (xa_err(xa_store(chunks, index, chunk, GFP_KERNEL))) {
			kfree(chunk);
			return -ENOMEM;
		}
	}
	build->index = index;
	build->chunk = chunk;
	build->ids = xa_load(&build->owners->names, index);
	return 0;
}

static int open_ids(struct mms_owners_build *build)
{
	u32 *ids;

	if (build->ids)
		return 0;
	ids = kcalloc(MMS_OWNERS_CHUNK, sizeof(*ids), GFP_KERNEL);
	if (!ids)
		return -ENOMEM;
	if (xa_err(xa_store(&build->owners->names, build->index, ids,
			    GFP_KERNEL))) {
		kfree(ids);
		return -ENOMEM;
	}
	build->ids = ids;
	return 0;
}

static int add_part(struct mms_owners_build *build, unsigned int first,
		    unsigned int nr, enum mms_frame_kind kind, u32 id)
{
	int err = id ? open_ids(build) : 0;

	if (err)
		return err;
	memset(build->chunk->kind + first, kind, nr);
	if (build->ids)
		memset32(build->ids + first, id, nr);
	return 0;
}

int mms_owners_add(struct mms_owners_build *build, unsigned long pfn,
		   unsigned long nr, enum mms_frame_kind kind, u32 id)
{
	while (nr) {
		unsigned int first = pfn % MMS_OWNERS_CHUNK;
		unsigned long part = min_t(unsigned long, nr,
					   MMS_OWNERS_CHUNK - first);
		int err = open_chunk(build, pfn / MMS_OWNERS_CHUNK);

		if (!err)
			err = add_part(build, first, part, kind, id);
		if (err)
			return err;
		pfn += part;
		nr -= part;
	}
	return 0;
}

int mms_owners_text(struct mms_owners_build *build, const char *text, u32 *id)
{
	char *copy = kstrdup(text, GFP_KERNEL);
	int err;

	if (!copy)
		return -ENOMEM;
	err = xa_alloc(&build->owners->texts, id, copy, xa_limit_31b,
		       GFP_KERNEL);
	if (err) {
		kfree(copy);
		return -ENOMEM;
	}
	return 0;
}

int mms_owners_retext(struct mms_owners_build *build, u32 id, const char *text)
{
	char *copy = kstrdup(text, GFP_KERNEL);
	void *old;

	if (!copy)
		return -ENOMEM;
	/* There is an entry, so this needs no memory. */
	old = xa_store(&build->owners->texts, id, copy, GFP_KERNEL);
	if (xa_err(old)) {
		kfree(copy);
		return -ENOMEM;
	}
	kfree(old);
	return 0;
}

int mms_owners_cpu(struct mms_owners_build *build, unsigned int cpu, u32 *id)
{
	char name[16];

	*id = 0;
	if (!build->names)
		return 0;
	snprintf(name, sizeof(name), "cpu%u", cpu);
	return mms_owners_text(build, name, id);
}

/*
 * What moves fastest comes last, to be as new as can be: pages are freed into
 * per-CPU lists all the time, and the memory map hardly ever changes.
 */
static int fill(struct mms_owners_build *build)
{
	int err = 0;

	if (!mms_owners_memmap_missing())
		err = mms_owners_add_memmap(build);
	if (!err && !mms_owners_missing(MMS_OWNERS_PERCPU))
		err = mms_owners_add_first_chunk(build);
	if (!err && !mms_vmap_missing())
		err = mms_owners_add_areas(build);
	if (!err && !mms_owners_missing(MMS_OWNERS_PCP))
		err = mms_owners_add_pcp(build);
	return err;
}

struct mms_owners *mms_owners_new(bool names)
{
	struct mms_owners *owners = kzalloc(sizeof(*owners), GFP_KERNEL);
	struct mms_owners_build *build;
	int err = -ENOMEM;

	might_sleep();
	if (!owners)
		return ERR_PTR(-ENOMEM);
	xa_init(&owners->chunks);
	xa_init(&owners->names);
	xa_init_flags(&owners->texts, XA_FLAGS_ALLOC1);
	build = kvzalloc(sizeof(*build), GFP_KERNEL);
	if (build) {
		owners->build = build;
		build->owners = owners;
		build->names = names;
		err = fill(build);
	}
	if (err) {
		mms_owners_free(owners);
		return ERR_PTR(err);
	}
	return owners;
}

static void free_entries(struct xarray *entries)
{
	unsigned long index;
	void *entry;

	xa_for_each(entries, index, entry) {
		kfree(entry);
		cond_resched();
	}
	xa_destroy(entries);
}

void mms_owners_free(struct mms_owners *owners)
{
	if (!owners)
		return;
	free_entries(&owners->chunks);
	free_entries(&owners->names);
	free_entries(&owners->texts);
	kvfree(owners->build);
	kfree(owners);
}

bool mms_owners_name(const struct mms_owners *owners, unsigned long pfn,
		     char name[MMS_OWNER_NAME])
{
	struct mms_owners *map = (struct mms_owners *)owners;
	const char *text = NULL;
	const u32 *ids;

	if (!map)
		return false;
	ids = xa_load(&map->names, pfn / MMS_OWNERS_CHUNK);
	if (ids && ids[pfn % MMS_OWNERS_CHUNK])
		text = xa_load(&map->texts, ids[pfn % MMS_OWNERS_CHUNK]);
	if (!text)
		return false;
	strscpy(name, text, MMS_OWNER_NAME);
	return true;
}
