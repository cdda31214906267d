// SPDX-License-Identifier: GPL-2.0-only
/*
 * selfcheck, the part about what all processes share: answers of slab/, memcg/,
 * oom/, pagecache/, numa/, vmalloc/ and hugepages/ against the kernel's
 * counters.
 *
 * The machine goes on meanwhile.  The kernel's counter is read before and
 * after; what it has moved by is slack, and if that is not enough, as it moved
 * forth and back, all is done again.
 */

#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/cacheinfo.h"
#include "../probe/counters.h"
#include "../probe/hugepages.h"
#include "../probe/layout.h"
#include "../probe/slabs.h"
#include "../probe/space.h"
#include "selfcheck.h"

/* How often a machine that moves is asked again. */
#define TRIES	8

static int interrupted(void)
{
	return signal_pending(current) ? -EINTR : 0;
}

static void add_slabs(struct mms_machine_check *check, const void *cache,
		      bool all)
{
	struct mms_cache_shape shape;
	struct mms_partial sum;

	mms_cache_shape(&shape, cache);
	if (!all && !shape.reclaimable)
		return;
	mms_cache_sum(&sum, cache, &check->list.stats);
	check->pages += mms_cache_bytes(&shape, sum.slabs, sum.objects) >>
			PAGE_SHIFT;
}

static bool add_reclaimable(void *ctx, const void *cache)
{
	add_slabs(ctx, cache, false);
	return true;
}

static bool add_any(void *ctx, const void *cache)
{
	add_slabs(ctx, cache, true);
	return true;
}

static int count_slabs(struct mms_machine_check *check,
		       bool (*add)(void *ctx, const void *cache))
{
	int ret;

	memset(&check->list, 0, sizeof(check->list));
	ret = mms_cachelist_init(&check->list);
	if (!ret)
		ret = 1;
	while (ret > 0)
		ret = interrupted() ?:
		      mms_cachelist_batch(&check->list, add, check);
	mms_cachelist_free(&check->list);
	return ret;
}

static int count_reclaimable(struct mms_machine_check *check)
{
	return count_slabs(check, add_reclaimable);
}

static int count_slab(struct mms_machine_check *check)
{
	return count_slabs(check, add_any);
}

/* Use by kind of the root, which is everybody's. */
static int count_memcg(struct mms_machine_check *check,
		       enum mms_memcg_kind kind)
{
	const struct mms_memcg_chunk *chunk;
	int ret;

	memset(&check->memcgs, 0, sizeof(check->memcgs));
	ret = mms_memcgs_init(&check->memcgs, "");
	if (ret)
		return ret;
	do {
		ret = interrupted() ?: mms_memcgs_batch(&check->memcgs);
	} while (ret > 0);
	chunk = list_first_entry_or_null(&check->memcgs.chunks,
					 struct mms_memcg_chunk, node);
	if (!ret && chunk && chunk->nr)
		check->pages = chunk->memcg[0].bytes[kind] >> PAGE_SHIFT;
	mms_memcgs_free(&check->memcgs);
	return ret;
}

static int count_memcg_anon(struct mms_machine_check *check)
{
	return count_memcg(check, MMS_MEMCG_ANON);
}

static int count_memcg_file(struct mms_machine_check *check)
{
	return count_memcg(check, MMS_MEMCG_FILE);
}

static int count_memcg_shmem(struct mms_machine_check *check)
{
	return count_memcg(check, MMS_MEMCG_SHMEM);
}

/* Pages of no file in a list are missed (aio rings, memfd_secret). */
static int count_cache(struct mms_machine_check *check)
{
	int err;

	memset(&check->files, 0, sizeof(check->files));
	err = mms_files_init(&check->files, 1);
	if (!err)
		err = mms_files_collect(&check->files);
	/* Of filesystems that are being remounted or frozen nothing is known. */
	if (!err && check->files.left)
		err = -EBUSY;
	check->pages = check->files.sum.pages;
	mms_files_free(&check->files);
	return err;
}

static int sum_nodes(struct mms_machine_check *check, enum mms_node_count count)
{
	int ret;

	memset(&check->nodes, 0, sizeof(check->nodes));
	while ((ret = mms_nodes_next(&check->nodes)) > 0)
		check->pages += check->nodes.count[count];
	return ret;
}

static int count_nodes(struct mms_machine_check *check)
{
	return sum_nodes(check, MMS_NODE_PAGES);
}

static int count_nodes_free(struct mms_machine_check *check)
{
	return sum_nodes(check, MMS_NODE_FREE);
}

static int count_nodes_anon(struct mms_machine_check *check)
{
	return sum_nodes(check, MMS_NODE_ANON);
}

static const char *areas_missing(void)
{
	return mms_vmap_missing() ?: mms_counter_vmalloc_missing();
}

/* Memory for stacks comes from vmalloc(), too. */
static int count_areas(struct mms_machine_check *check)
{
	const struct mms_area *area = &check->areas.area;
	int ret;

	memset(&check->areas, 0, sizeof(check->areas));
	ret = mms_areas_init(&check->areas);
	while (!ret) {
		ret = interrupted() ?: mms_areas_next(&check->areas);
		if (!ret)
			break;
		if (ret == 1 && (area->kind == MMS_VMAP_K_VMALLOC ||
				 area->kind == MMS_VMAP_K_KSTACK))
			check->pages += area->pages;
		if (ret == 1 || ret == -EAGAIN)
			ret = 0;
	}
	mms_areas_free(&check->areas);
	return ret;
}

static const char *pools_missing(void)
{
	return mms_huge_missing(MMS_HUGE_POOLS);
}

static int count_hugetlb(struct mms_machine_check *check)
{
	struct mms_census *census = &check->census;
	unsigned int node, order;
	int ret;

	memset(census, 0, sizeof(*census));
	ret = mms_census_init(census, 0, U64_MAX, false);
	if (!ret)
		ret = 1;
	while (ret > 0)
		ret = interrupted() ?: mms_census_batch(census);
	/* Without memory for the census there are no nodes in it. */
	for (node = 0; !ret && node < census->nr_nodes; node++)
		for (order = 0; order < MMS_FRAME_NR_ORDERS; order++)
			if (census->nodes[node])
				check->pages += census->nodes[node]
					->cell[MMS_FRAME_HUGETLB][order].pages;
	mms_census_free(census);
	return ret;
}

/*
 * What a CPU may keep back of a counter of a node or of a zone: at most 125
 * (calculate_normal_threshold()).  Nodes are shown as the kernel's files show
 * them, without that.
 */
static u64 kept_of_nodes(u64 pages)
{
	return 125ULL * num_online_cpus() * num_online_nodes();
}

static u64 kept_of_zones(u64 pages)
{
	return kept_of_nodes(pages) * MAX_NR_ZONES;
}

static u64 percent(u64 pages)
{
	return pages / 100;
}

/**
 * struct check_kind - a check
 * @name: what is compared.
 * @missing: why it cannot be, or NULL; may be NULL.
 * @count: counts ->pages.
 * @counter: the kernel's.
 * @slack: how far off it may be when nothing moves; may be NULL.
 * @more: the kernel may have any number more.
 */
struct check_kind {
	const char *name;
	const char *(*missing)(void);
	int (*count)(struct mms_machine_check *check);
	enum mms_counter counter;
	u64 (*slack)(u64 pages);
	bool more;
};

static const struct check_kind kinds[] = {
	{ "pagecache_pages", mms_supers_missing, count_cache,
	  MMS_COUNTER_CACHE, percent },
	{ "slab_reclaimable_pages", mms_slabs_missing, count_reclaimable,
	  MMS_COUNTER_SLAB_RECLAIMABLE },
	{ "slab_pages", mms_slabs_missing, count_slab, MMS_COUNTER_SLAB,
	  .more = true },
	{ "memcg_anon_pages", mms_memcgs_missing, count_memcg_anon,
	  MMS_COUNTER_ANON },
	{ "memcg_file_pages", mms_memcgs_missing, count_memcg_file,
	  MMS_COUNTER_CACHE },
	{ "memcg_shmem_pages", mms_memcgs_missing, count_memcg_shmem,
	  MMS_COUNTER_SHMEM },
	{ "numa_pages", NULL, count_nodes, MMS_COUNTER_TOTAL },
	{ "numa_free_pages", NULL, count_nodes_free, MMS_COUNTER_FREE,
	  kept_of_zones },
	{ "numa_anon_pages", NULL, count_nodes_anon, MMS_COUNTER_ANON,
	  kept_of_nodes },
	{ "vmalloc_pages", areas_missing, count_areas, MMS_COUNTER_VMALLOC },
	{ "hugepages_hugetlb_pages", pools_missing, count_hugetlb,
	  MMS_COUNTER_HUGETLB },
};

/* Return: 1 if both agree, 0 if not, or an errno. */
static int check_once(struct mms_machine_check *check,
		      const struct check_kind *kind, u64 *kernel, u64 *slack)
{
	u64 before = mms_counter_read(kind->counter), after;
	int err;

	check->pages = 0;
	err = kind->count(check);
	if (err)
		return err;
	after = mms_counter_read(kind->counter);
	*kernel = after;
	*slack = before > after ? before - after : after - before;
	if (kind->slack)
		*slack += kind->slack(after);
	if (kind->more && after > check->pages)
		*slack = max(*slack, after - check->pages);
	return check->pages + *slack >= after && after + *slack >= check->pages;
}

static int check_kind(struct mms_machine_check *check,
		      const struct check_kind *kind, struct mms_table *table)
{
	u64 kernel, slack;
	int ret = 0, i;

	if (kind->missing && kind->missing())
		return 0;
	for (i = 0; i < TRIES && !ret; i++) {
		ret = interrupted() ?:
		      check_once(check, kind, &kernel, &slack);
		cond_resched();
	}
	if (ret == -EBUSY)
		return 0;
	if (ret < 0)
		return ret;
	mms_selfcheck_row(table, kind->name, check->pages, kernel, slack);
	return 0;
}

/* The reader, as the OOM killer would judge it. */
static int check_badness(struct mms_machine_check *check,
			 struct mms_table *table)
{
	struct mms_badness *badness = &check->badness;
	struct mms_rss rss;
	unsigned int i;
	int ret;

	if (mms_badness_missing())
		return 0;
	memset(badness, 0, sizeof(*badness));
	ret = mms_badness_init(badness, "");
	while (!ret) {
		ret = interrupted() ?: mms_badness_batch(badness);
		if (ret <= 0)
			break;
		ret = 0;
	}
	mms_rss_read_own(current->mm, &rss);
	for (i = 0; !ret && i < badness->nr; i++) {
		const struct mms_oom_task *task = &badness->tasks[i];

		if (!task->has_mm || task->mm != current->mm)
			continue;
		mms_selfcheck_row(table, "oom_rss_pages", task->rss,
				  rss.anon + rss.file + rss.shmem,
				  3 * (mms_badness_lag() + rss.slack));
		mms_selfcheck_row(table, "oom_swap_pages", task->swap, rss.swap,
				  mms_badness_lag() + rss.slack);
		break;
	}
	mms_badness_free(badness);
	return ret;
}

static u64 pages_on_nodes(const struct mms_placement *placement,
			  enum mms_kind kind)
{
	unsigned int node;
	u64 pages = 0;

	for (node = 0; node < placement->nr_nodes; node++)
		pages += mms_placement_pages(placement, node)[kind];
	return pages;
}

/* The reader's own pages, by node. */
static int check_placement(struct mms_machine_check *check,
			   struct mms_table *table)
{
	struct mms_placement *placement = &check->placement;
	struct mms_rss rss;
	int err;

	if (mms_walk_missing())
		return 0;
	memset(placement, 0, sizeof(*placement));
	err = mms_placement_init(placement, current->mm);
	while (!err && !placement->ready && !placement->finished)
		err = interrupted() ?: mms_placement_batch(placement);
	if (!err && placement->ready) {
		mms_rss_read_own(current->mm, &rss);
		mms_selfcheck_row(table, "numa_own_anon_pages",
				  pages_on_nodes(placement, MMS_KIND_ANON) +
				  pages_on_nodes(placement, MMS_KIND_KSM),
				  rss.anon, rss.slack);
		mms_selfcheck_row(table, "numa_own_shmem_pages",
				  pages_on_nodes(placement, MMS_KIND_SHMEM),
				  rss.shmem, rss.slack);
	}
	mms_placement_end(placement);
	return err;
}

int mms_selfcheck_machine(struct mms_machine_check *check,
			  struct mms_table *table)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(kinds) && !err; i++)
		err = check_kind(check, &kinds[i], table);
	if (err || !current->mm)
		return err;
	return check_badness(check, table) ?: check_placement(check, table);
}
