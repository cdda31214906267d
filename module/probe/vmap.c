// SPDX-License-Identifier: GPL-2.0-only
/* Going through the areas of vmalloc space. */

#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sched/task_stack.h>
#include <linux/vmalloc.h>

#include "../compat/ksym.h"
#include "ktables.h"
#include "layout.h"
#include "vmap.h"
#include "walk.h"

/* The kernel makes 128 at most (vmap_init_nodes()). */
#define NODES_MAX	1024

/* No balanced tree of areas is deeper. */
#define DEPTH_MAX	128

/**
 * struct trees - where the trees of areas are
 * @nodes: array of struct vmap_node, or NULL if there is one tree only.
 * @nr: number of trees.
 * @size: size of struct vmap_node.
 * @root_offset: offset of its tree.
 * @lock_offset: offset of its lock.
 * @root: the one tree of kernels before 6.9.
 * @lock: its lock.
 * @tables: the page tables can be read.
 */
struct trees {
	char *nodes;
	unsigned int nr;
	u32 size;
	u32 root_offset;
	u32 lock_offset;
	struct rb_root *root;
	spinlock_t *lock;
	bool tables;
};

static struct trees trees;
static DEFINE_MUTEX(check_lock);

static struct rb_root *tree_root(unsigned int node)
{
	return trees.nodes ? (struct rb_root *)(trees.nodes + trees.root_offset +
						(size_t)node * trees.size) :
			     trees.root;
}

static spinlock_t *tree_lock(unsigned int node)
{
	return trees.nodes ? (spinlock_t *)(trees.nodes + trees.lock_offset +
					    (size_t)node * trees.size) :
			     trees.lock;
}

static struct vmap_area *area_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct vmap_area, rb_node);
}

/* The first area that ends behind @addr.  Under the lock of the tree. */
static struct vmap_area *find_area(unsigned int node, unsigned long addr)
{
	struct rb_node *at = tree_root(node)->rb_node;
	struct vmap_area *found = NULL;
	int depth;

	for (depth = 0; at && depth < DEPTH_MAX; depth++) {
		struct vmap_area *area = area_of(at);

		if (area->va_end > addr) {
			found = area;
			at = at->rb_left;
		} else {
			at = at->rb_right;
		}
	}
	return found;
}

/* Frames of pages [@index, ...) that the area lists; false if it has more. */
static bool copy_listed(const struct vm_struct *vm, unsigned long index,
			struct mms_vmap_batch *batch)
{
	for (; index < vm->nr_pages; index++) {
		struct page *page = vm->pages[index];

		if (batch->nr_frames == MMS_VMAP_FRAMES)
			return false;
		batch->index = index + 1;
		/* vread() and others expect such holes, too. */
		if (page)
			batch->frames[batch->nr_frames++] = page_to_pfn(page);
	}
	return true;
}

/* The same of what the page tables map; each look-up, also of a hole, counts. */
static bool copy_mapped(const struct vm_struct *vm, unsigned long index,
			struct mms_vmap_batch *batch)
{
	/* Per-CPU areas have no guard page; get_vm_area_size() thinks so. */
	unsigned long nr = vm->size >> PAGE_SHIFT;
	unsigned long span, pfn;

	for (; index < nr; batch->lookups++) {
		if (batch->lookups == MMS_VMAP_LOOKUPS ||
		    batch->nr_frames == MMS_VMAP_FRAMES)
			return false;
		pfn = mms_ktables_frame((unsigned long)vm->addr +
					index * PAGE_SIZE, &span);
		if (pfn == MMS_NO_FRAME) {
			index += span >> PAGE_SHIFT;
		} else {
			batch->frames[batch->nr_frames++] = pfn;
			index++;
		}
		batch->index = index;
	}
	return true;
}

/* Copies an area; false if more of it is left.  Under the lock of its tree. */
static bool copy_area(const struct vmap_area *area, struct mms_vmap_batch *batch)
{
	struct mms_vmap_area *to = &batch->areas[batch->nr_areas++];
	const struct vm_struct *vm = READ_ONCE(area->vm);
	bool all = true;

	*to = (struct mms_vmap_area){
		.start = area->va_start,
		.index = batch->index,
		.first = batch->nr_frames,
	};
	/* One that is being freed has none any more, nor has vm_map_ram(). */
	if (!vm)
		return true;
	to->size = vm->size;
	to->flags = READ_ONCE(vm->flags);
	to->caller = (unsigned long)vm->caller;
	/* Its pages are still being allocated: see s_show() in mm/vmalloc.c. */
	if (to->flags & VM_UNINITIALIZED)
		return true;
	/* Pairs with the barrier of clear_vm_uninitialized_flag(). */
	smp_rmb();
	if (vm->pages && vm->nr_pages) {
		to->nr_pages = vm->nr_pages;
		all = copy_listed(vm, batch->index, batch);
	} else if (trees.tables && to->flags & VM_ALLOC) {
		to->mapped = true;
		all = copy_mapped(vm, batch->index, batch);
	}
	to->nr = batch->nr_frames - to->first;
	return all;
}

/* False if this tree has no more.  Under its lock. */
static bool copy_areas(struct mms_vmap_batch *batch)
{
	struct vmap_area *area = find_area(batch->node, batch->addr);

	for (; area; area = area_of(rb_next(&area->rb_node))) {
		if (batch->nr_areas == MMS_VMAP_AREAS)
			return true;
		/* Not the one of which a part was seen: that has been freed. */
		if (area->va_start >= batch->addr)
			batch->index = 0;
		batch->addr = max(batch->addr, area->va_start + 1);
		if (!copy_area(area, batch))
			return true;
		batch->addr = area->va_end;
		batch->index = 0;
	}
	return false;
}

bool mms_vmap_next(struct mms_vmap_batch *batch, struct mms_walk_stats *stats)
{
	spinlock_t *lock;
	u64 begin, held;
	bool more;

	batch->nr_areas = 0;
	batch->nr_frames = 0;
	batch->lookups = 0;
	if (batch->node >= trees.nr)
		return false;
	lock = tree_lock(batch->node);
	spin_lock(lock);
	begin = ktime_get_ns();
	more = copy_areas(batch);
	held = ktime_get_ns() - begin;
	spin_unlock(lock);

	stats->scanned += batch->nr_areas;
	stats->lock_max_ns = max(stats->lock_max_ns, held);
	stats->lock_total_ns += held;
	if (!more) {
		batch->node++;
		batch->addr = 0;
		batch->index = 0;
	}
	return batch->node < trees.nr;
}

static const char *find_nodes(void)
{
	const struct mms_btf_want *node, *root, *lock;
	unsigned int *nr = mms_ksym_lookup("nr_vmap_nodes");
	char **nodes = mms_ksym_lookup("vmap_nodes");

	if (!nr || !nodes)
		return "no-symbol";
	node = mms_layout_private(MMS_P_VMAP_NODE, 0);
	root = mms_layout_private(MMS_P_VMAP_NODE_ROOT, sizeof(struct rb_root));
	lock = mms_layout_private(MMS_P_VMAP_NODE_LOCK, sizeof(spinlock_t));
	if (!node || !root || !lock)
		return "no-layout";
	trees.nodes = *nodes;
	trees.nr = *nr;
	trees.size = node->size;
	trees.root_offset = root->offset;
	trees.lock_offset = lock->offset;
	return trees.nodes && trees.nr && trees.nr <= NODES_MAX ?
	       NULL : "implausible";
}

/* Since 6.9 there are nodes; before, one tree. */
static const char *find_trees(void)
{
	trees.root = mms_ksym_lookup("vmap_area_root");
	if (!trees.root)
		return find_nodes();
	trees.lock = mms_ksym_lookup("vmap_area_lock");
	trees.nr = 1;
	return trees.lock ? NULL : "no-symbol";
}

/* Modules are always in such an area. */
static bool holds_module(const struct vmap_area *area)
{
	unsigned long addr = (unsigned long)&check_lock;

	return area->va_start <= addr && area->vm &&
	       (unsigned long)area->vm->addr <= addr &&
	       addr - (unsigned long)area->vm->addr < area->vm->size;
}

/* There must be exactly one area in which we are. */
static bool finds_module(void)
{
	unsigned int node, nr = 0;

	for (node = 0; node < trees.nr; node++) {
		spinlock_t *lock = tree_lock(node);
		struct vmap_area *area;

		spin_lock(lock);
		area = find_area(node, (unsigned long)&check_lock);
		nr += area && holds_module(area);
		spin_unlock(lock);
	}
	return nr == 1;
}

static const char *check(void)
{
	const char *why = mms_layout_missing();

	if (!why)
		why = find_trees();
	if (!why && !finds_module())
		why = "implausible";
	trees.tables = !mms_ktables_missing();
	return why;
}

const char *mms_vmap_missing(void)
{
	static const char *why;
	static bool checked;

	might_sleep();
	mutex_lock(&check_lock);
	if (!checked)
		why = check();
	checked = true;
	mutex_unlock(&check_lock);
	return why;
}
