// SPDX-License-Identifier: GPL-2.0-only
/* What the headers of a release say about slab caches. */

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ksym.h"
#include "kslab.h"

/*
 * Since 6.5 (d0bf7d5759c1).  Before, other flags prevent merging, too, of which
 * one only has kmemleak not look at the cache.
 * Drop when the oldest kernel supported is 6.12.
 */
#ifdef SLAB_NO_MERGE
#define KEEPS_APART		SLAB_NO_MERGE
#else
#define KEEPS_APART		SLAB_NOLEAKTRACE
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

/* The bits of a set of flags. */
enum {
	CONSISTENCY_CHECKS,
	RED_ZONE,
	POISON,
	STORE_USER,
	TRACE,
	KMALLOC,
	HWCACHE_ALIGN,
	CACHE_DMA,
	CACHE_DMA32,
	PANIC,
	TYPESAFE_BY_RCU,
	NOLEAKTRACE,
	NO_MERGE,
	ACCOUNT,
	MAY_ACCOUNT,
	RECLAIM_ACCOUNT,
	MEM_SPREAD,
	NO_OBJ_EXT,
	OBJ_EXT_IN_OBJ,
	NO_SHEAVES,
	NR_FLAGS
};

static_assert(NR_FLAGS == MMS_NR_KSLAB_FLAGS);

const char *const mms_kslab_flag_names[MMS_NR_KSLAB_FLAGS] = {
	[CONSISTENCY_CHECKS] = "consistency_checks",
	[RED_ZONE] = "red_zone",
	[POISON] = "poison",
	[STORE_USER] = "store_user",
	[TRACE] = "trace",
	[KMALLOC] = "kmalloc",
	[HWCACHE_ALIGN] = "hwcache_align",
	[CACHE_DMA] = "cache_dma",
	[CACHE_DMA32] = "cache_dma32",
	[PANIC] = "panic",
	[TYPESAFE_BY_RCU] = "typesafe_by_rcu",
	[NOLEAKTRACE] = "noleaktrace",
	[NO_MERGE] = "no_merge",
	[ACCOUNT] = "account",
	[MAY_ACCOUNT] = "may_account",
	[RECLAIM_ACCOUNT] = "reclaim_account",
	[MEM_SPREAD] = "mem_spread",
	[NO_OBJ_EXT] = "no_obj_ext",
	[OBJ_EXT_IN_OBJ] = "obj_ext_in_obj",
	[NO_SHEAVES] = "no_sheaves",
};

static const slab_flags_t values[] = {
	[CONSISTENCY_CHECKS] = SLAB_CONSISTENCY_CHECKS,
	[RED_ZONE] = SLAB_RED_ZONE,
	[POISON] = SLAB_POISON,
	[STORE_USER] = SLAB_STORE_USER,
	[TRACE] = SLAB_TRACE,
	[KMALLOC] = SLAB_KMALLOC,
	[HWCACHE_ALIGN] = SLAB_HWCACHE_ALIGN,
	[CACHE_DMA] = SLAB_CACHE_DMA,
	[CACHE_DMA32] = SLAB_CACHE_DMA32,
	[PANIC] = SLAB_PANIC,
	[TYPESAFE_BY_RCU] = SLAB_TYPESAFE_BY_RCU,
	[NOLEAKTRACE] = SLAB_NOLEAKTRACE,
	[NO_MERGE] = SLAB_NO_MERGE,
	[ACCOUNT] = SLAB_ACCOUNT,
	[MAY_ACCOUNT] = SLAB_MAY_ACCOUNT,
	[RECLAIM_ACCOUNT] = SLAB_RECLAIM_ACCOUNT,
	[MEM_SPREAD] = SLAB_MEM_SPREAD,
	[NO_OBJ_EXT] = SLAB_NO_OBJ_EXT,
	[OBJ_EXT_IN_OBJ] = SLAB_OBJ_EXT_IN_OBJ,
	[NO_SHEAVES] = SLAB_NO_SHEAVES,
};

static_assert(ARRAY_SIZE(values) == NR_FLAGS);

u64 mms_kslab_flags(u32 flags)
{
	u64 set = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (flags & (__force u32)values[i])
			set |= BIT_ULL(i);
	return set;
}

bool mms_kslab_reclaimable(u32 flags)
{
	return flags & (__force u32)SLAB_RECLAIM_ACCOUNT;
}

struct kmem_cache *mms_kslab_create(const char *name, unsigned int size,
				    unsigned int align, slab_flags_t flags,
				    bool merge)
{
	return kmem_cache_create(name, size, align,
				 merge ? flags : flags | KEEPS_APART, NULL);
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
	/* A race looks it up twice and finds the same.  Pairs with below. */
	if (!smp_load_acquire(&looked)) {
		WRITE_ONCE(table, mms_ksym_lookup("kmalloc_size_index"));
		smp_store_release(&looked, true);	/* after the table */
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
