/* SPDX-License-Identifier: GPL-2.0-only */
/* What the headers of a release say about slab caches. */
#ifndef MMS_COMPAT_KSLAB_H
#define MMS_COMPAT_KSLAB_H

#include <linux/types.h>

struct kmem_cache;

/* Flags that the words below name. */
#define MMS_NR_KSLAB_FLAGS	20

/* Names of the flags SLAB_* without the prefix, in lower case. */
extern const char *const mms_kslab_flag_names[MMS_NR_KSLAB_FLAGS];

/**
 * mms_kslab_flags() - flags of a cache
 * @flags: its ->flags.
 *
 * Return: bit i is set if the flag with name i is.
 */
u64 mms_kslab_flags(u32 flags);

/**
 * mms_kslab_reclaimable() - does it count as reclaimable?
 * @flags: ->flags of a cache.
 *
 * Return: true if it has SLAB_RECLAIM_ACCOUNT.
 */
bool mms_kslab_reclaimable(u32 flags);

/**
 * mms_kslab_create() - makes a cache
 * @name: its name.
 * @size: bytes of an object.
 * @align: alignment of objects; 0 if that of a word is enough.
 * @flags: SLAB_* flags.
 * @merge: it may be made a part of another one, or another one of it.
 *
 * May sleep.
 *
 * Return: the cache, for kmem_cache_destroy(), or NULL.
 */
struct kmem_cache *mms_kslab_create(const char *name, unsigned int size,
				    unsigned int align, slab_flags_t flags,
				    bool merge);

/* Kinds of kmalloc() caches, and sizes of each. */
extern const unsigned int mms_kslab_nr_types;
extern const unsigned int mms_kslab_nr_classes;

/* Largest size with a cache of its own, and largest of all. */
extern const u64 mms_kslab_max_cached;
extern const u64 mms_kslab_max;

/**
 * mms_kslab_type() - name of a kind of kmalloc() caches
 * @type: its number, below mms_kslab_nr_types.
 *
 * ``normal``, ``reclaim`` (__GFP_RECLAIMABLE), ``dma`` (__GFP_DMA), ``cgroup``
 * (__GFP_ACCOUNT), ``no_obj_ext`` (the kernel's own bookkeeping), ``copy`` (of
 * the normal ones: which of them serves an allocation depends on the place in
 * the code, or on the type allocated).
 *
 * Return: the name.
 */
const char *mms_kslab_type(unsigned int type);

/**
 * mms_kslab_kmalloc() - cache of a kind and class
 * @type: the kind, below mms_kslab_nr_types.
 * @class: the class, below mms_kslab_nr_classes.
 *
 * Return: the cache, which is never destroyed, or NULL.
 */
const struct kmem_cache *mms_kslab_kmalloc(unsigned int type,
					   unsigned int class);

/**
 * mms_kslab_class() - which class serves a size
 * @size: from 1 to mms_kslab_max_cached.
 *
 * As kmalloc_slab() does for a size that is not a constant.  May sleep.
 *
 * Return: the class.
 */
unsigned int mms_kslab_class(unsigned int size);

#endif /* MMS_COMPAT_KSLAB_H */
