// SPDX-License-Identifier: GPL-2.0-only
/* Where the trees of areas of vmalloc space are. */

#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "../compat/ksym.h"
#include "ktables.h"
#include "layout.h"
#include "vmap.h"
#include "vmap_trees.h"

/* The kernel makes 128 at most (vmap_init_nodes()). */
#define NODES_MAX	1024

/* No balanced tree of areas is deeper. */
#define DEPTH_MAX	128

struct mms_vmap_trees mms_vmap_trees;
static DEFINE_MUTEX(check_lock);

/* Trees are counted through: the busy ones, then the lazy ones. */
static bool is_lazy(unsigned int tree)
{
	return tree >= mms_vmap_trees.nr;
}

static const struct mms_vmap_forest *forest_of(unsigned int tree)
{
	return is_lazy(tree) ? &mms_vmap_trees.lazy : &mms_vmap_trees.busy;
}

static struct rb_root *tree_root(unsigned int tree)
{
	return (void *)forest_of(tree)->first +
	       (size_t)(tree % mms_vmap_trees.nr) * mms_vmap_trees.size;
}

spinlock_t *mms_vmap_lock(unsigned int tree)
{
	return (void *)forest_of(tree)->lock +
	       (size_t)(tree % mms_vmap_trees.nr) * mms_vmap_trees.size;
}

struct vmap_area *mms_vmap_find(unsigned int tree, unsigned long addr)
{
	struct rb_node *at = tree_root(tree)->rb_node;
	struct vmap_area *found = NULL;
	int depth;

	for (depth = 0; at && depth < DEPTH_MAX; depth++) {
		struct vmap_area *area = mms_vmap_area_of(at);

		if (area->va_end > addr) {
			found = area;
			at = at->rb_left;
		} else {
			at = at->rb_right;
		}
	}
	return found;
}

bool mms_vmap_lazy_known(void)
{
	return mms_vmap_trees.lazy.first;
}

bool mms_vmap_tables_known(void)
{
	return mms_vmap_trees.tables;
}

/* The trees of a member of struct vmap_node; false if there is none. */
static bool find_forest(struct mms_vmap_forest *forest, char *nodes,
			enum mms_private root, enum mms_private lock)
{
	const struct mms_btf_want *root_at, *lock_at;

	root_at = mms_layout_private(root, sizeof(struct rb_root));
	lock_at = mms_layout_private(lock, sizeof(spinlock_t));
	if (!root_at || !lock_at)
		return false;
	forest->first = (struct rb_root *)(nodes + root_at->offset);
	forest->lock = (spinlock_t *)(nodes + lock_at->offset);
	return true;
}

static const char *find_nodes(void)
{
	const struct mms_btf_want *node;
	unsigned int *nr = mms_ksym_lookup("nr_vmap_nodes");
	char **nodes = mms_ksym_lookup("vmap_nodes");

	if (!nr || !nodes)
		return "no-symbol";
	node = mms_layout_private(MMS_P_VMAP_NODE, 0);
	if (!node || !*nodes ||
	    !find_forest(&mms_vmap_trees.busy, *nodes, MMS_P_VMAP_NODE_ROOT,
			 MMS_P_VMAP_NODE_LOCK))
		return "no-layout";
	find_forest(&mms_vmap_trees.lazy, *nodes, MMS_P_VMAP_NODE_LAZY_ROOT,
		    MMS_P_VMAP_NODE_LAZY_LOCK);
	mms_vmap_trees.nr = *nr;
	mms_vmap_trees.size = node->size;
	return *nr && *nr <= NODES_MAX ? NULL : "implausible";
}

/* Since 6.9 there are nodes; before, one tree. */
static const char *find_trees(void)
{
	struct mms_vmap_forest *busy = &mms_vmap_trees.busy;
	struct mms_vmap_forest *lazy = &mms_vmap_trees.lazy;

	busy->first = mms_ksym_lookup("vmap_area_root");
	if (!busy->first)
		return find_nodes();
	mms_vmap_trees.nr = 1;
	busy->lock = mms_ksym_lookup("vmap_area_lock");
	lazy->lock = mms_ksym_lookup("purge_vmap_area_lock");
	if (lazy->lock)
		lazy->first = mms_ksym_lookup("purge_vmap_area_root");
	return busy->lock ? NULL : "no-symbol";
}

/* Members that some releases have. */
static void find_members(void)
{
	const struct mms_btf_want *at;

	at = mms_layout_private(MMS_P_VMAP_AREA_FLAGS, sizeof(unsigned long));
	mms_vmap_trees.flags = at ? at->offset : 0;
	at = mms_layout_private(MMS_P_VM_STRUCT_REQUESTED,
				sizeof(unsigned long));
	mms_vmap_trees.requested = at ? at->offset : 0;
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
	unsigned int tree, nr = 0;

	for (tree = 0; tree < mms_vmap_trees.nr; tree++) {
		spinlock_t *lock = mms_vmap_lock(tree);
		struct vmap_area *area;

		spin_lock(lock);
		area = mms_vmap_find(tree, (unsigned long)&check_lock);
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
	if (!why)
		find_members();
	mms_vmap_trees.tables = !mms_ktables_missing();
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
