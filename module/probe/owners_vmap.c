// SPDX-License-Identifier: GPL-2.0-only
/* Owners in vmalloc space: kernel stacks, vmalloc(), per-CPU memory. */

#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "owners_build.h"
#include "vmap_kind.h"

/**
 * struct areas - what is known about areas while they are gone through
 * @build: the map that is being made.
 * @callers: names of callers, as values, by address.
 * @stacks: names of stacks, as values, by address / page size.
 * @symbol: room for the name of a function.
 */
struct areas {
	struct mms_owners_build *build;
	struct xarray callers;
	struct xarray stacks;
	char symbol[KSYM_SYMBOL_LEN];
};

/*
 * Areas that list no pages count only if they are of the per-CPU allocator:
 * what others map belongs to somebody else, or is not mapped for good.
 */
static enum mms_frame_kind kind_of(const struct mms_vmap_area *area)
{
	enum mms_vmap_kind kind = mms_vmap_kind(area);

	if (!area->nr_pages)
		return kind == MMS_VMAP_K_PERCPU ? MMS_FRAME_PERCPU :
						   MMS_FRAME_OTHER;
	return kind == MMS_VMAP_K_KSTACK ? MMS_FRAME_KSTACK :
					   MMS_FRAME_VMALLOC;
}

static int remember(struct xarray *names, unsigned long key, u32 id)
{
	return xa_err(xa_store(names, key, xa_mk_value(id), GFP_KERNEL)) ?
	       -ENOMEM : 0;
}

/* What stands for the name; not looked up again for the next piece of an area. */
static bool known(struct xarray *names, unsigned long key, u32 *id)
{
	void *value = xa_load(names, key);

	*id = value ? xa_to_value(value) : 0;
	return value;
}

static int name_caller(struct areas *areas, unsigned long caller, u32 *id)
{
	const char *symbol;
	int err;

	if (known(&areas->callers, caller, id))
		return 0;
	symbol = mms_symbol(caller, false, areas->symbol, NULL);
	if (!*symbol)
		return 0;
	err = mms_owners_text(areas->build, symbol, id);
	return err ?: remember(&areas->callers, caller, *id);
}

/* Who the task is, if there is one, is told later. */
static int name_stack(struct areas *areas, unsigned long start, u32 *id)
{
	int err;

	if (known(&areas->stacks, start >> PAGE_SHIFT, id))
		return 0;
	err = mms_owners_text(areas->build, "no-task", id);
	return err ?: remember(&areas->stacks, start >> PAGE_SHIFT, *id);
}

static int name_area(struct areas *areas, const struct mms_vmap_area *area,
		     enum mms_frame_kind kind, u32 *id)
{
	*id = 0;
	if (!areas->build->names)
		return 0;
	if (kind == MMS_FRAME_KSTACK)
		return name_stack(areas, area->start, id);
	if (kind == MMS_FRAME_VMALLOC && area->caller)
		return name_caller(areas, area->caller, id);
	return 0;
}

static int add_area(struct areas *areas, const struct mms_vmap_area *area)
{
	const struct mms_vmap_run *runs = areas->build->vmap.runs + area->first;
	enum mms_frame_kind kind;
	unsigned int i;
	u32 id;
	int err;

	if (!area->nr)
		return 0;
	kind = kind_of(area);
	if (kind == MMS_FRAME_OTHER)
		return 0;
	err = name_area(areas, area, kind, &id);
	for (i = 0; !err && i < area->nr; i++)
		err = mms_owners_add(areas->build, runs[i].pfn, runs[i].nr,
				     kind, id);
	return err;
}

static int add_areas(struct areas *areas)
{
	struct mms_owners_build *build = areas->build;
	struct mms_vmap_batch *batch = &build->vmap;
	bool more = true;
	unsigned int i;
	int err = 0;

	memset(batch, 0, sizeof(*batch));
	while (more && !err) {
		more = mms_vmap_next(batch, &build->owners->stats);
		for (i = 0; i < batch->nr_areas && !err; i++)
			err = add_area(areas, &batch->areas[i]);
		/* Areas of which nothing is added are only gone through. */
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return err;
}

int mms_owners_add_areas(struct mms_owners_build *build)
{
	struct areas *areas = kzalloc(sizeof(*areas), GFP_KERNEL);
	int err;

	if (!areas)
		return -ENOMEM;
	areas->build = build;
	xa_init(&areas->callers);
	xa_init(&areas->stacks);
	err = add_areas(areas);
	if (!err && build->names)
		err = mms_owners_name_tasks(build, &areas->stacks);
	xa_destroy(&areas->callers);
	xa_destroy(&areas->stacks);
	kfree(areas);
	return err;
}
