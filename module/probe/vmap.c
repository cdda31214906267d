// SPDX-License-Identifier: GPL-2.0-only
/* Going through the areas of vmalloc space. */

#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../compat/kvmap.h"
#include "held.h"
#include "ktables.h"
#include "vmap.h"
#include "vmap_trees.h"
#include "walk.h"

/* The node of a page; spares the look where there is one only. */
static short nid_of(const struct mms_vmap_batch *batch,
		    const struct page *page)
{
	return batch->only_nid >= 0 ? batch->only_nid : page_to_nid(page);
}

/* The node of a frame that may be no memory. */
static short frame_nid(const struct mms_vmap_batch *batch, unsigned long pfn)
{
	const struct page *page = pfn_to_online_page(pfn);

	return page ? nid_of(batch, page) : -1;
}

/* Adds to the runs of the last area; false if there is no room. */
static bool add_run(struct mms_vmap_batch *batch,
		    const struct mms_vmap_run *run)
{
	const struct mms_vmap_area *area = &batch->areas[batch->nr_areas - 1];

	if (batch->nr_runs > area->first) {
		struct mms_vmap_run *last = &batch->runs[batch->nr_runs - 1];

		if (last->pfn + last->nr == run->pfn &&
		    last->index + last->nr == run->index &&
		    last->nid == run->nid && last->huge == run->huge) {
			last->nr += run->nr;
			return true;
		}
	}
	if (batch->nr_runs == MMS_VMAP_RUNS)
		return false;
	batch->runs[batch->nr_runs++] = *run;
	return true;
}

/* Pages that the area lists, from ->index on; false if it has more. */
static bool copy_listed(struct page *const *pages, unsigned long nr,
			struct mms_vmap_batch *batch)
{
	unsigned long i, end = min(nr, batch->index + batch->left);
	struct mms_vmap_run run = {};

	batch->left -= end - batch->index;
	for (i = batch->index; i < end; i++) {
		const struct page *page = pages[i];
		unsigned long pfn = page_to_pfn(page);
		short nid;

		/* vread() and others expect such holes, too. */
		if (!page)
			continue;
		nid = nid_of(batch, page);
		if (run.pfn + run.nr == pfn && run.index + run.nr == i &&
		    run.nid == nid) {
			run.nr++;
			continue;
		}
		batch->index = run.nr ? run.index : i;
		if (run.nr && !add_run(batch, &run))
			return false;
		run = (struct mms_vmap_run){
			.pfn = pfn, .index = i, .nr = 1, .nid = nid,
		};
	}
	if (run.nr) {
		batch->index = run.index;
		if (!add_run(batch, &run))
			return false;
	}
	batch->index = end;
	return end == nr;
}

/* Adds single pages; false if there is no room. */
static bool add_ptes(const struct mms_ktables_piece *piece,
		     struct mms_vmap_batch *batch)
{
	struct mms_vmap_run run = {};
	unsigned int i;

	for (i = 0; i < piece->nr; i++, batch->index++) {
		unsigned long pfn = pte_pfn(piece->pte[i]);

		if (!pte_present(piece->pte[i]))
			continue;
		/* Memory of a node begins and ends with a pageblock. */
		if (!run.nr || run.pfn + 1 != pfn ||
		    pageblock_aligned(pfn))
			run.nid = frame_nid(batch, pfn);
		run.pfn = pfn;
		run.index = batch->index;
		run.nr = 1;
		if (!add_run(batch, &run))
			return false;
	}
	return true;
}

/* Adds pages that have one entry, up to @nr; the same. */
static bool add_huge(const struct mms_ktables_piece *piece, unsigned long nr,
		     struct mms_vmap_batch *batch)
{
	struct mms_vmap_run run = {
		.index = batch->index,
		.nr = min(nr - batch->index, piece->bytes >> PAGE_SHIFT),
		.pfn = piece->pfn,
		.huge = true,
	};

	if (piece->pfn != MMS_NO_FRAME) {
		run.nid = frame_nid(batch, run.pfn);
		if (!add_run(batch, &run))
			return false;
	}
	batch->index += run.nr;
	return true;
}

/* The same of what the page tables map; each look, also at a hole, counts. */
static bool copy_mapped(unsigned long start, unsigned long nr,
			struct mms_vmap_batch *batch)
{
	struct mms_ktables_piece piece;

	while (batch->index < nr) {
		unsigned int cost;
		bool room;

		if (!batch->left)
			return false;
		mms_ktables_read(start + batch->index * PAGE_SIZE,
				 start + nr * PAGE_SIZE, &piece);
		cost = MMS_VMAP_LOOK + piece.nr;
		batch->left -= min(batch->left, cost);
		room = piece.nr ? add_ptes(&piece, batch) :
				  add_huge(&piece, nr, batch);
		if (!room)
			return false;
	}
	return true;
}

static enum mms_vmap_state state_of(const struct vmap_area *area)
{
	const unsigned long *flags = (const void *)area + mms_vmap_trees.flags;

	if (READ_ONCE(area->vm))
		return MMS_VMAP_OWNED;
	return mms_vmap_trees.flags && *flags & MMS_VMAP_AREA_RAM ? MMS_VMAP_RAM :
							   MMS_VMAP_NAMELESS;
}

static void copy_vm(const struct vm_struct *vm, struct mms_vmap_area *to)
{
	const unsigned long *requested = (const void *)vm + mms_vmap_trees.requested;

	to->size = vm->size;
	to->flags = READ_ONCE(vm->flags);
	to->caller = (unsigned long)vm->caller;
	to->phys = vm->phys_addr;
	to->page_order = mms_vm_page_order(vm);
	if (mms_vmap_trees.requested)
		to->requested = READ_ONCE(*requested);
}

/* Begins anew if it is not the area of which a part was seen. */
static void check_seen(struct mms_vmap_batch *batch,
		       const struct mms_vmap_seen *now,
		       struct mms_walk_stats *stats)
{
	if (batch->index && memcmp(&batch->seen, now, sizeof(*now))) {
		batch->index = 0;
		stats->retries++;
	}
	batch->seen = *now;
}

/* Copies pages of an area; false if more of it is left. */
static bool copy_pages(const struct vm_struct *vm, struct mms_vmap_area *to,
		       struct mms_vmap_batch *batch,
		       struct mms_walk_stats *stats)
{
	struct mms_vmap_seen now = { .vm = vm };
	bool listed, wanted;

	if (vm) {
		/* vmap() gives an area its list when it is there already. */
		now.nr_pages = READ_ONCE(vm->nr_pages);
		now.pages = READ_ONCE(vm->pages);
	}
	check_seen(batch, &now, stats);
	to->index = batch->index;
	listed = now.pages && now.nr_pages;
	if (listed) {
		to->nr_pages = now.nr_pages;
		to->vmalloced_list = is_vmalloc_addr(now.pages);
	}
	wanted = batch->all || to->flags & VM_ALLOC;
	if (listed && !(to->page_order && mms_vmap_trees.tables))
		return copy_listed(now.pages, now.nr_pages, batch);
	if (!mms_vmap_trees.tables || !wanted)
		return true;
	to->mapped = true;
	/* Per-CPU areas have no guard page; get_vm_area_size() thinks so. */
	return copy_mapped(to->start, to->size >> PAGE_SHIFT, batch);
}

/* Copies an area; false if more of it is left.  Under the lock of its tree. */
static bool copy_area(const struct vmap_area *area,
		      struct mms_vmap_batch *batch,
		      struct mms_walk_stats *stats)
{
	struct mms_vmap_area *to = &batch->areas[batch->nr_areas++];
	const struct vm_struct *vm = NULL;

	*to = (struct mms_vmap_area){
		.start = area->va_start,
		.size = area->va_end - area->va_start,
		.first = batch->nr_runs,
		.requested = MMS_VMAP_UNKNOWN,
	};
	/* What ->vm was is something else now. */
	if (batch->tree >= mms_vmap_trees.nr) {
		to->state = MMS_VMAP_LAZY;
		return true;
	}
	to->state = state_of(area);
	if (to->state == MMS_VMAP_OWNED) {
		vm = area->vm;
		copy_vm(vm, to);
	}
	/* Its pages are still being allocated: see s_show() in mm/vmalloc.c. */
	if (to->flags & VM_UNINITIALIZED)
		return true;
	/* Pairs with the barrier of clear_vm_uninitialized_flag(). */
	smp_rmb();
	to->more = !copy_pages(vm, to, batch, stats);
	to->nr = batch->nr_runs - to->first;
	return !to->more;
}

/*
 * Takes back the last area, of which a part was copied, if the next batch may
 * have room for all of it: seen in one hold, it is as it was at one moment.
 */
static bool take_back(struct mms_vmap_batch *batch)
{
	const struct mms_vmap_area *last = &batch->areas[batch->nr_areas - 1];
	/* But for the guard page, which most have. */
	bool large = (last->size >> PAGE_SHIFT) - 1 > MMS_VMAP_PAGES;

	if (batch->nr_areas == 1 || last->index || (last->nr && large))
		return false;
	batch->nr_runs = last->first;
	batch->nr_areas--;
	batch->index = 0;
	return true;
}

/* False if this tree has no more.  Under its lock. */
static bool copy_areas(struct mms_vmap_batch *batch,
		       struct mms_walk_stats *stats)
{
	struct vmap_area *area = mms_vmap_find(batch->tree, batch->addr);

	for (; area; area = mms_vmap_area_of(rb_next(&area->rb_node))) {
		unsigned long addr = batch->addr;

		if (batch->nr_areas == MMS_VMAP_AREAS || !batch->left)
			return true;
		/* Not the one of which a part was seen: that has been freed. */
		if (area->va_start >= batch->addr)
			batch->index = 0;
		batch->addr = max(batch->addr, area->va_start + 1);
		if (!copy_area(area, batch, stats)) {
			if (take_back(batch))
				batch->addr = addr;
			return true;
		}
		batch->addr = area->va_end;
		batch->index = 0;
	}
	return false;
}

/* How many trees are to be gone through. */
static unsigned int nr_trees(const struct mms_vmap_batch *batch)
{
	unsigned int kinds = batch->all && mms_vmap_lazy_known() ? 2 : 1;

	return kinds * mms_vmap_trees.nr;
}

bool mms_vmap_next(struct mms_vmap_batch *batch, struct mms_walk_stats *stats)
{
	spinlock_t *lock;
	u64 begin, held;
	bool more;

	batch->nr_areas = 0;
	batch->nr_runs = 0;
	batch->left = MMS_VMAP_PAGES;
	batch->only_nid = nr_online_nodes == 1 ? first_online_node : -1;
	if (batch->tree >= nr_trees(batch))
		return false;
	lock = mms_vmap_lock(batch->tree);
	spin_lock(lock);
	begin = ktime_get_ns();
	more = copy_areas(batch, stats);
	held = ktime_get_ns() - begin;
	spin_unlock(lock);

	stats->scanned += batch->nr_areas;
	mms_held(stats, MMS_LOCK_VMAP, held);
	cond_resched();
	if (!more) {
		batch->tree++;
		batch->addr = 0;
		batch->index = 0;
	}
	return batch->tree < nr_trees(batch);
}
