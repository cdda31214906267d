// SPDX-License-Identifier: GPL-2.0-only
/* Settings, counters and pools of huge pages, transparent or not. */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmstat.h>

#include "../compat/ksym.h"
#include "../compat/kthp.h"
#include "hugepages.h"
#include "layout.h"
#include "splitq.h"

const char *const mms_huge_part_names[MMS_NR_HUGE_PARTS] = {
	[MMS_HUGE_SETTINGS] = "thp_settings",
	[MMS_HUGE_SHMEM] = "thp_shmem_settings",
	[MMS_HUGE_SIZES] = "thp_size_settings",
	[MMS_HUGE_EVENTS] = "thp_size_events",
	[MMS_HUGE_POOLS] = "hugetlb_pools",
	[MMS_HUGE_SPLIT] = "thp_split_queues",
};

/* A setting that is a word for each size, a set of sizes for each word. */
#define WORDS	4

/**
 * struct words - where the sets are
 * @word: the words, in the order in which the kernel asks.
 * @name: names of the variables.
 * @set: the variables.
 */
struct words {
	const char *word[WORDS];
	const char *name[WORDS];
	const unsigned long *set[WORDS];
};

static struct words anon_words = {
	.word = { "always", "inherit", "madvise" },
	.name = { "huge_anon_orders_always", "huge_anon_orders_inherit",
		  "huge_anon_orders_madvise" },
};

static struct words shmem_words = {
	.word = { "always", "inherit", "within_size", "advise" },
	.name = { "huge_shmem_orders_always", "huge_shmem_orders_inherit",
		  "huge_shmem_orders_within_size",
		  "huge_shmem_orders_madvise" },
};

static const char *why[MMS_NR_HUGE_PARTS];
static const unsigned long *thp_flags;
static const int *shmem_huge;
static const void __percpu *size_stats;
static struct hstate *pools;
static const int *nr_pools;
static DEFINE_MUTEX(check_lock);

/* False if one of the variables is missing. */
static bool find_words(struct words *words)
{
	unsigned int i;

	for (i = 0; i < WORDS && words->name[i]; i++) {
		words->set[i] = mms_ksym_lookup(words->name[i]);
		if (!words->set[i])
			return false;
	}
	return true;
}

/*
 * The counters of the sizes are a per-CPU variable that is not exported, and
 * whose symbol is no address.  The kernel's BTF says how far it is from one that
 * is.
 */
static const char *find_events(void)
{
	const struct mms_btf_want *stats, *known;

	if (!mms_mthp_size)
		return "not-in-kernel";
	stats = mms_layout_private(MMS_P_MTHP_STATS, mms_mthp_size);
	known = mms_layout_private(MMS_P_VM_EVENT_STATES,
				   sizeof(struct vm_event_state));
	if (!stats || !known)
		return "no-layout";
	size_stats = (const void __percpu *)&vm_event_states +
		     (stats->offset - (long)known->offset);
	return NULL;
}

static void find_all(void)
{
	thp_flags = mms_ksym_lookup("transparent_hugepage_flags");
	shmem_huge = mms_ksym_lookup("shmem_huge");
	pools = mms_ksym_lookup("hstates");
	nr_pools = mms_ksym_lookup("hugetlb_max_hstate");
	if (!thp_flags)
		why[MMS_HUGE_SETTINGS] = "no-symbol";
	if (!shmem_huge)
		why[MMS_HUGE_SHMEM] = "no-symbol";
	if (!mms_mthp_size)
		why[MMS_HUGE_SIZES] = "not-in-kernel";
	else if (!find_words(&anon_words) || !find_words(&shmem_words))
		why[MMS_HUGE_SIZES] = "no-symbol";
	why[MMS_HUGE_EVENTS] = find_events();
	if (!pools || !nr_pools)
		why[MMS_HUGE_POOLS] = "no-symbol";
	why[MMS_HUGE_SPLIT] = mms_splitq_missing();
}

const char *mms_huge_missing(enum mms_huge_part part)
{
	static bool checked;

	might_sleep();
	if (mms_layout_missing())
		return mms_layout_missing();
	mutex_lock(&check_lock);
	if (!checked)
		find_all();
	checked = true;
	mutex_unlock(&check_lock);
	return why[part];
}

/* Values of shmem_huge, private to mm/shmem.c and the same in all releases. */
static const char *shmem_word(int value)
{
	static const char *const words[] = {
		"force", "deny", "never", "always", "within_size", "advise",
	};

	value += 2;
	return value >= 0 && value < ARRAY_SIZE(words) ? words[value] : NULL;
}

void mms_huge_settings(struct mms_huge_settings *settings)
{
	*settings = (struct mms_huge_settings){};
	if (!why[MMS_HUGE_SETTINGS]) {
		unsigned long flags = READ_ONCE(*thp_flags);

		settings->enabled = mms_thp_enabled(flags);
		settings->defrag = mms_thp_defrag(flags);
	}
	if (!why[MMS_HUGE_SHMEM])
		settings->shmem_enabled = shmem_word(READ_ONCE(*shmem_huge));
}

static const char *word_of(const struct words *words, unsigned int order)
{
	unsigned int i;

	for (i = 0; i < WORDS && words->set[i]; i++)
		if (READ_ONCE(*words->set[i]) & BIT(order))
			return words->word[i];
	return "never";
}

void mms_huge_size_settings(unsigned int order,
			    struct mms_huge_settings *settings)
{
	*settings = (struct mms_huge_settings){};
	if (why[MMS_HUGE_SIZES])
		return;
	if (mms_thp_anon_orders() & BIT(order))
		settings->enabled = word_of(&anon_words, order);
	if (mms_thp_file_orders() & BIT(order))
		settings->shmem_enabled = word_of(&shmem_words, order);
}

unsigned long mms_huge_orders(void)
{
	return mms_thp_anon_orders() | mms_thp_file_orders();
}

int mms_huge_events(struct mms_huge_events *events)
{
	unsigned long *all;
	unsigned int i;

	events->nr = 0;
	all = kcalloc(NR_VM_EVENT_ITEMS, sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	all_vm_events(all);
	for (i = 0; i < mms_thp_nr_events && i < MMS_HUGE_EVENTS_MAX; i++) {
		events->name[i] = mms_thp_events[i].name;
		events->value[i] = all[mms_thp_events[i].item];
		events->nr++;
	}
	kfree(all);
	return 0;
}

void mms_huge_size_events(unsigned int order, struct mms_huge_events *events)
{
	unsigned int i;

	events->nr = 0;
	if (why[MMS_HUGE_EVENTS])
		return;
	for (i = 0; i < mms_mthp_nr_events && i < MMS_HUGE_EVENTS_MAX; i++) {
		events->name[i] = mms_mthp_events[i].name;
		events->value[i] = mms_mthp_read(size_stats, order,
						 mms_mthp_events[i].item);
		events->nr++;
		/* Each is the sum over all CPUs that there may be. */
		cond_resched();
	}
}

static u64 node_pages(int nid, enum node_stat_item item)
{
	long pages;

	if (nid < 0)
		return global_node_page_state_pages(item);
	pages = atomic_long_read(&NODE_DATA(nid)->vm_stat[item]);
	return max(pages, 0L);
}

void mms_huge_mapped(int nid, struct mms_huge_mapped *mapped)
{
	*mapped = (struct mms_huge_mapped){
		.anon = node_pages(nid, NR_ANON_THPS),
		.shmem = node_pages(nid, NR_SHMEM_PMDMAPPED),
		.file = node_pages(nid, NR_FILE_PMDMAPPED),
		.shmem_thp = node_pages(nid, NR_SHMEM_THPS),
		.file_thp = node_pages(nid, NR_FILE_THPS),
	};
}

#ifdef CONFIG_HUGETLB_PAGE

bool mms_huge_pool(unsigned int i, int nid, struct mms_huge_pool *pool)
{
	const struct hstate *h;

	if (why[MMS_HUGE_POOLS] || i >= HUGE_MAX_HSTATE || i >= *nr_pools)
		return false;
	h = &pools[i];
	*pool = (struct mms_huge_pool){
		.order = h->order,
		.total = READ_ONCE(h->nr_huge_pages),
		.free = READ_ONCE(h->free_huge_pages),
		.reserved = READ_ONCE(h->resv_huge_pages),
		.surplus = READ_ONCE(h->surplus_huge_pages),
		.overcommit = READ_ONCE(h->nr_overcommit_huge_pages),
	};
	if (nid < 0)
		return true;
	pool->total = READ_ONCE(h->nr_huge_pages_node[nid]);
	pool->free = READ_ONCE(h->free_huge_pages_node[nid]);
	pool->surplus = READ_ONCE(h->surplus_huge_pages_node[nid]);
	pool->reserved = MMS_HUGE_UNKNOWN;
	pool->overcommit = MMS_HUGE_UNKNOWN;
	return true;
}

#else

bool mms_huge_pool(unsigned int i, int nid, struct mms_huge_pool *pool)
{
	return false;
}

#endif

int mms_huge_next_node(int nid)
{
	nid = next_node(nid, node_states[N_MEMORY]);
	return nid < MAX_NUMNODES ? nid : -1;
}
