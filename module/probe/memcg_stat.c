// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a memory cgroup uses, by kind.
 *
 * The structures are private to mm/memcontrol.c, so their layout comes from the
 * running kernel's BTF.
 */

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../compat/ksym.h"
#include "layout.h"
#include "memcg_stat.h"
#include "memcgs.h"

#ifdef CONFIG_MEMCG

/* How often one is read again that is being flushed. */
#define TRIES		4

/**
 * struct kind - one kind of use
 * @item: its number in the kernel.
 * @unit: bytes for each that the kernel counts.
 */
struct kind {
	int item;
	int unit;
};

static const struct kind kinds[MMS_NR_MEMCG_KINDS] = {
	[MMS_MEMCG_ANON] = { NR_ANON_MAPPED, PAGE_SIZE },
	[MMS_MEMCG_FILE] = { NR_FILE_PAGES, PAGE_SIZE },
	[MMS_MEMCG_SHMEM] = { NR_SHMEM, PAGE_SIZE },
	[MMS_MEMCG_KERNEL] = { MEMCG_KMEM, PAGE_SIZE },
	[MMS_MEMCG_SLAB_RECLAIMABLE] = { NR_SLAB_RECLAIMABLE_B, 1 },
	[MMS_MEMCG_SLAB_UNRECLAIMABLE] = { NR_SLAB_UNRECLAIMABLE_B, 1 },
	[MMS_MEMCG_KERNEL_STACK] = { NR_KERNEL_STACK_KB, SZ_1K },
	[MMS_MEMCG_PAGETABLES] = { NR_PAGETABLE, PAGE_SIZE },
	[MMS_MEMCG_PERCPU] = { MEMCG_PERCPU_B, 1 },
	[MMS_MEMCG_SOCK] = { MEMCG_SOCK, PAGE_SIZE },
};

/**
 * struct kernel_stats - where the kernel counts use by kind
 * @looked: the rest is filled in.
 * @why: why it is not known, or NULL if it is.
 * @state: offset of memcg_vmstats.state.
 * @pending: of memcg_vmstats.state_pending.
 * @cpu_state: of memcg_vmstats_percpu.state.
 * @cpu_prev: of memcg_vmstats_percpu.state_prev.
 * @index: index of each kind in these arrays.
 */
struct kernel_stats {
	bool looked;
	const char *why;
	u32 state;
	u32 pending;
	u32 cpu_state;
	u32 cpu_prev;
	u32 index[MMS_NR_MEMCG_KINDS];
};

static struct kernel_stats where;
static DEFINE_MUTEX(where_lock);

/*
 * The arrays have a place for each item in 6.1; since 6.10 only for those that
 * are counted, and a table of bytes has their places.
 */
static const char *find_places(u32 nr)
{
	const u8 *table = mms_ksym_lookup("mem_cgroup_stats_index");
	int i;

	if (!table && nr != MEMCG_NR_STAT)
		return "no-stats-index";
	/* The first has place 0, or the table is not what it was. */
	if (table && table[NR_INACTIVE_ANON])
		return "other-stats-index";
	for (i = 0; i < MMS_NR_MEMCG_KINDS; i++) {
		where.index[i] = table ? table[kinds[i].item] : kinds[i].item;
		if (where.index[i] >= nr)
			return "other-stats-index";
	}
	return NULL;
}

static const char *find_stats(void)
{
	static const enum mms_private questions[] = {
		MMS_P_VMSTATS_STATE, MMS_P_VMSTATS_PENDING,
		MMS_P_VMSTATS_CPU_STATE, MMS_P_VMSTATS_CPU_PREV,
	};
	u32 *const offsets[] = {
		&where.state, &where.pending, &where.cpu_state, &where.cpu_prev,
	};
	u32 nr = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		const struct mms_btf_want *want =
			mms_layout_private(questions[i], sizeof(long));

		if (!want)
			return mms_layout_get()->why ?: "no-type";
		if (nr && want->nr_elems != nr)
			return "other-type";
		nr = want->nr_elems;
		*offsets[i] = want->offset;
	}
	return find_places(nr);
}

const char *mms_memcg_stat_missing(void)
{
	might_sleep();
	mutex_lock(&where_lock);
	if (!where.looked)
		where.why = find_stats();
	where.looked = true;
	mutex_unlock(&where_lock);
	return where.why;
}

/* What CPUs have counted since the last flush, of one kind. */
static long unflushed(struct mem_cgroup *memcg, u32 index)
{
	const char __percpu *stats = (char __percpu *)memcg->vmstats_percpu;
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const char *at = per_cpu_ptr(stats, cpu);
		const long *state = (const long *)(at + where.cpu_state);
		const long *prev = (const long *)(at + where.cpu_prev);

		sum += READ_ONCE(state[index]) - READ_ONCE(prev[index]);
	}
	return sum;
}

/*
 * A flush moves what is pending into the sum, in this order: what is read in
 * the reverse one is never counted twice, and if the sum has not changed
 * meanwhile, not left out either.
 */
static unsigned int read_kind(struct mem_cgroup *memcg, struct mms_memcg *out,
			      int kind)
{
	const char *stats = (const char *)memcg->vmstats;
	const long *state = (const long *)(stats + where.state);
	const long *pending = (const long *)(stats + where.pending);
	u32 index = where.index[kind];
	long sum, more;
	unsigned int tries = 0;

	do {
		sum = READ_ONCE(state[index]);
		/* The sum before what is pending. */
		smp_rmb();
		more = READ_ONCE(pending[index]) + unflushed(memcg, index);
		/* And once more behind it. */
		smp_rmb();
	} while (sum != READ_ONCE(state[index]) && ++tries < TRIES);
	out->bytes[kind] = (s64)sum * kinds[kind].unit;
	out->pending[kind] = (s64)more * kinds[kind].unit;
	return tries;
}

unsigned int mms_memcg_stat_read(struct mem_cgroup *memcg,
				 struct mms_memcg *out)
{
	unsigned int retries = 0;
	int i;

	for (i = 0; i < MMS_NR_MEMCG_KINDS; i++)
		retries += read_kind(memcg, out, i);
	return retries;
}

#endif /* CONFIG_MEMCG */
