// SPDX-License-Identifier: GPL-2.0-only
/* Owners in vmalloc space: kernel stacks, vmalloc(), per-CPU memory. */

#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "owners_build.h"

/**
 * struct areas - what is known about areas while they are gone through
 * @build: the map that is being made.
 * @stack_caller: the place in the kernel that allocates stacks.
 * @callers: names of callers, as values, by address.
 * @stacks: names of stacks, as values, by address / page size.
 * @symbol: room for the name of a function.
 */
struct areas {
	struct mms_owners_build *build;
	unsigned long stack_caller;
	struct xarray callers;
	struct xarray stacks;
	char symbol[KSYM_SYMBOL_LEN];
};

/* The name of the function at @addr without that of its module, or "". */
static const char *symbol_of(struct areas *areas, unsigned long addr)
{
	char *module;

	sprint_symbol_no_offset(areas->symbol, addr);
	/* Without a name it is the address, which nobody may see. */
	if (!strncmp(areas->symbol, "0x", 2))
		return "";
	module = strchr(areas->symbol, ' ');
	if (module)
		*module = '\0';
	return areas->symbol;
}

/*
 * Areas of the per-CPU allocator name the function that made them.  Its
 * address never changes; the first that is found tells it.
 */
static bool is_percpu(struct areas *areas, unsigned long caller)
{
	static unsigned long percpu_caller;

	if (caller == READ_ONCE(percpu_caller))
		return true;
	if (strcmp(symbol_of(areas, caller), "pcpu_get_vm_areas"))
		return false;
	WRITE_ONCE(percpu_caller, caller);
	return true;
}

/* All stacks are allocated at one place, which also allocated ours. */
static bool is_stack(const struct areas *areas,
		     const struct mms_vmap_area *area)
{
	return area->caller == areas->stack_caller &&
	       area->nr_pages == THREAD_SIZE / PAGE_SIZE;
}

static enum mms_frame_kind kind_of(struct areas *areas,
				   const struct mms_vmap_area *area)
{
	if (area->mapped)
		return is_percpu(areas, area->caller) ? MMS_FRAME_PERCPU :
							MMS_FRAME_OTHER;
	return is_stack(areas, area) ? MMS_FRAME_KSTACK : MMS_FRAME_VMALLOC;
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
	symbol = symbol_of(areas, caller);
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
	const unsigned long *frames = areas->build->vmap.frames + area->first;
	enum mms_frame_kind kind;
	unsigned int i;
	u32 id;
	int err;

	if (!area->nr)
		return 0;
	kind = kind_of(areas, area);
	if (kind == MMS_FRAME_OTHER)
		return 0;
	err = name_area(areas, area, kind, &id);
	for (i = 0; !err && i < area->nr; i++)
		err = mms_owners_add(areas->build, frames[i], 1, kind, id);
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
	}
	return err;
}

int mms_owners_add_areas(struct mms_owners_build *build)
{
	const struct vm_struct *stack = task_stack_vm_area(current);
	struct areas *areas = kzalloc(sizeof(*areas), GFP_KERNEL);
	int err;

	if (!areas)
		return -ENOMEM;
	areas->build = build;
	areas->stack_caller = stack ? (unsigned long)stack->caller : 0;
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
