// SPDX-License-Identifier: GPL-2.0-only
/* What the headers of a release say about slab caches. */

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ksym.h"
#include "kslab.h"

/* Since 6.4, for merging; in 6.1 a constructor prevents it, among others. */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE		0
#endif
/* Until 6.8. */
#ifndef SLAB_MEM_SPREAD
#define SLAB_MEM_SPREAD		0
#endif
/* Since 7.x. */
#ifndef SLAB_MAY_ACCOUNT
#define SLAB_MAY_ACCOUNT	0
#endif
#ifndef SLAB_NO_SHEAVES
#define SLAB_NO_SHEAVES		0
#endif
#ifndef SLAB_OBJ_EXT_IN_OBJ
#define SLAB_OBJ_EXT_IN_OBJ	0
#endif
/* Since 6.10. */
#ifndef SLAB_NO_OBJ_EXT
#define SLAB_NO_OBJ_EXT		0
#endif

/**
 * struct flag - a flag and its name
 * @value: the flag; 0 if this release has none.
 * @name: its name.
 */
struct flag {
	u32 value;
	const char *name;
};

#define FLAGS(X)						\
	X(SLAB_CONSISTENCY_CHECKS, "consistency_checks")	\
	X(SLAB_RED_ZONE, "red_zone")				\
	X(SLAB_POISON, "poison")				\
	X(SLAB_STORE_USER, "store_user")			\
	X(SLAB_TRACE, "trace")					\
	X(SLAB_KMALLOC, "kmalloc")				\
	X(SLAB_HWCACHE_ALIGN, "hwcache_align")			\
	X(SLAB_CACHE_DMA, "cache_dma")				\
	X(SLAB_CACHE_DMA32, "cache_dma32")			\
	X(SLAB_PANIC, "panic")					\
	X(SLAB_TYPESAFE_BY_RCU, "typesafe_by_rcu")		\
	X(SLAB_NOLEAKTRACE, "noleaktrace")			\
	X(SLAB_NO_MERGE, "no_merge")				\
	X(SLAB_ACCOUNT, "account")				\
	X(SLAB_MAY_ACCOUNT, "may_account")			\
	X(SLAB_RECLAIM_ACCOUNT, "reclaim_account")		\
	X(SLAB_MEM_SPREAD, "mem_spread")			\
	X(SLAB_NO_OBJ_EXT, "no_obj_ext")			\
	X(SLAB_OBJ_EXT_IN_OBJ, "obj_ext_in_obj")		\
	X(SLAB_NO_SHEAVES, "no_sheaves")

#define NAME(flag, name)	name,
#define VALUE(flag, name)	(__force u32)(flag),

const char *const mms_kslab_flag_names[MMS_NR_KSLAB_FLAGS] = { FLAGS(NAME) };

static const u32 values[] = { FLAGS(VALUE) };

static_assert(ARRAY_SIZE(values) == MMS_NR_KSLAB_FLAGS);

u64 mms_kslab_flags(u32 flags)
{
	u64 set = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (flags & values[i])
			set |= BIT_ULL(i);
	return set;
}

bool mms_kslab_reclaimable(u32 flags)
{
	return flags & (__force u32)SLAB_RECLAIM_ACCOUNT;
}

const unsigned int mms_kslab_nr_types = NR_KMALLOC_TYPES;
const unsigned int mms_kslab_nr_classes = KMALLOC_SHIFT_HIGH + 1;
const u64 mms_kslab_max_cached = KMALLOC_MAX_CACHE_SIZE;
const u64 mms_kslab_max = KMALLOC_MAX_SIZE;

/* Some of these are one and the same, as the configuration has it. */
const char *mms_kslab_type(unsigned int type)
{
	if (type == KMALLOC_NORMAL)
		return "normal";
	if (type == KMALLOC_RECLAIM)
		return "reclaim";
#ifdef CONFIG_ZONE_DMA
	if (type == KMALLOC_DMA)
		return "dma";
#endif
	if (type == KMALLOC_CGROUP)
		return "cgroup";
#ifdef MMS_HAVE_KMALLOC_NO_OBJ_EXT
	if (type == KMALLOC_NO_OBJ_EXT)
		return "no_obj_ext";
#endif
	return "copy";
}

const struct kmem_cache *mms_kslab_kmalloc(unsigned int type,
					   unsigned int class)
{
	return kmalloc_caches[type][class];
}

/* The table has a class for each 8 bytes up to 192. */
#define TABLE_MAX	192

unsigned int mms_kslab_class(unsigned int size)
{
	static const u8 *table;
	static bool looked;

	if (size > TABLE_MAX)
		return fls(size - 1);
	/* A race looks it up twice and finds the same. */
	if (!READ_ONCE(looked)) {
		WRITE_ONCE(table, mms_ksym_lookup("kmalloc_size_index"));
		smp_store_release(&looked, true);
	}
	/*
	 * Until 6.8 it is called size_index, and so is another one in
	 * kernel/bpf/memalloc.c, which may be found instead.  The header has
	 * the same, for sizes that the compiler knows.
	 */
	if (!READ_ONCE(table))
		return __kmalloc_index(size, false);
	return READ_ONCE(table)[(size - 1) / 8];
}
