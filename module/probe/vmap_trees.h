/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the trees of areas of vmalloc space are: for the files vmap*.c only. */
#ifndef MMS_PROBE_VMAP_TREES_H
#define MMS_PROBE_VMAP_TREES_H

#include <linux/rbtree.h>
#include <linux/spinlock_types.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

/**
 * struct mms_vmap_forest - trees of areas, one for each node
 * @first: the tree of the first node, or the only one.
 * @lock: its lock.
 */
struct mms_vmap_forest {
	struct rb_root *first;
	spinlock_t *lock;
};

/**
 * struct mms_vmap_trees - where the trees of areas are
 * @nr: number of nodes, each of which has a tree of each kind.
 * @size: bytes from one node to the next.
 * @busy: areas in use.
 * @lazy: areas freed lazily; ->first is NULL if they are not known.
 * @flags: offset of ->flags in struct vmap_area, 0 if it has none.
 * @requested: offset of ->requested_size in struct vm_struct, 0 the same.
 * @tables: the page tables can be read.
 *
 * Constant once mms_vmap_missing() has returned.
 */
struct mms_vmap_trees {
	unsigned int nr;
	u32 size;
	struct mms_vmap_forest busy;
	struct mms_vmap_forest lazy;
	u32 flags;
	u32 requested;
	bool tables;
};

extern struct mms_vmap_trees mms_vmap_trees;

/**
 * mms_vmap_lock() - the lock of a tree
 * @tree: which; the busy ones come first, then the lazy ones.
 *
 * Return: the lock.
 */
spinlock_t *mms_vmap_lock(unsigned int tree);

/**
 * mms_vmap_find() - the first area of a tree that ends behind an address
 * @tree: which tree; its lock is held.
 * @addr: the address.
 *
 * Return: the area, or NULL.
 */
struct vmap_area *mms_vmap_find(unsigned int tree, unsigned long addr);

/**
 * mms_vmap_area_of() - the area of an entry of a tree
 * @node: the entry, or NULL.
 *
 * Return: the area, or NULL.
 */
static inline struct vmap_area *mms_vmap_area_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct vmap_area, rb_node);
}

#endif /* MMS_PROBE_VMAP_TREES_H */
