// SPDX-License-Identifier: GPL-2.0-only
/* The lists from which reclaim takes pages. */

#include <linux/jiffies.h>
#include <linux/jump_label.h>
#include <linux/math64.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "../compat/ksym.h"
#include "lruvecs.h"
#include "memcgs.h"

/* How often numbers are read again that have changed meanwhile. */
#define TRIES		4

const char *const mms_lru_type_names[MMS_LRU_TYPES] = { "anon", "file" };

static u64 node_pages(const pg_data_t *pgdat, int item)
{
	/* CPUs pass on what they have counted one after the other. */
	return max_t(long, atomic_long_read(&pgdat->vm_stat[item]), 0);
}

void mms_lru_of_node(int node, u64 pages[NR_LRU_LISTS],
		     u64 isolated[MMS_LRU_TYPES])
{
	/* Structures of nodes are never freed. */
	const pg_data_t *pgdat = NODE_DATA(node);
	int i;

	for (i = 0; i < NR_LRU_LISTS; i++)
		pages[i] = node_pages(pgdat, NR_LRU_BASE + i);
	isolated[0] = node_pages(pgdat, NR_ISOLATED_ANON);
	isolated[1] = node_pages(pgdat, NR_ISOLATED_FILE);
}

void mms_lru_of_zone(int node, unsigned int zone, u64 pages[NR_LRU_LISTS])
{
	struct zone *of = &NODE_DATA(node)->node_zones[zone];
	int i;

	for (i = 0; i < NR_LRU_LISTS; i++)
		pages[i] = zone_page_state(of, NR_ZONE_LRU_BASE + i);
}

/* Is there one memory cgroup only, and that not to be seen? */
static bool no_cgroups(void)
{
#ifdef CONFIG_MEMCG
	return mem_cgroup_disabled();
#else
	return true;
#endif
}

const char *mms_lruvecs_missing(void)
{
	return no_cgroups() ? NULL : mms_memcgs_absent();
}

int mms_lruvecs_init(struct mms_lruvecs *lruvecs, const char *path)
{
	lruvecs->node = MAX_NUMNODES;
	if (!no_cgroups())
		return mms_memcg_walk_init(&lruvecs->walk, path);
	if (*path)
		return -EOPNOTSUPP;
	lruvecs->lone = true;
	return 0;
}

/* The next cgroup, or all there is once. */
static bool next_set(struct mms_lruvecs *lruvecs)
{
	if (!lruvecs->lone) {
		if (!mms_memcg_walk_next(&lruvecs->walk))
			return false;
		lruvecs->path = lruvecs->walk.path;
		lruvecs->ino = lruvecs->walk.ino;
		return true;
	}
	if (lruvecs->began)
		return false;
	lruvecs->began = true;
	return true;
}

bool mms_lruvecs_next(struct mms_lruvecs *lruvecs)
{
	might_sleep();
	if (lruvecs->node < MAX_NUMNODES)
		lruvecs->node = next_memory_node(lruvecs->node);
	while (lruvecs->node >= MAX_NUMNODES) {
		if (!next_set(lruvecs))
			return false;
		lruvecs->node = first_memory_node;
	}
	lruvecs->stats.scanned++;
	return true;
}

const char *mms_lruvecs_zone(const struct mms_lruvecs *lruvecs,
			     unsigned int zone)
{
	return NODE_DATA(lruvecs->node)->node_zones[zone].name;
}

#ifdef CONFIG_MEMCG

static struct mem_cgroup_per_node *memcg_node(const struct mms_lruvecs *lruvecs)
{
	/* Allocated for each possible node, freed with the cgroup. */
	return mms_memcg_walk_memcg(&lruvecs->walk)->nodeinfo[lruvecs->node];
}

#ifdef CONFIG_LRU_GEN
/*
 * Pages in generations do not count in lru_zone_size.  The two youngest count
 * as active elsewhere (lru_gen_is_active()).
 */
static void add_generations(const struct lruvec *lruvec, unsigned int zone,
			    long pages[NR_LRU_LISTS])
{
	unsigned long max_seq = READ_ONCE(lruvec->lrugen.max_seq);
	unsigned int gen, type;

	for (gen = 0; gen < MAX_NR_GENS; gen++) {
		bool active = gen == max_seq % MAX_NR_GENS ||
			      gen == (max_seq - 1) % MAX_NR_GENS;

		for (type = 0; type < ANON_AND_FILE; type++)
			pages[LRU_BASE + type * LRU_FILE +
			      active * LRU_ACTIVE] +=
				READ_ONCE(lruvec->lrugen.nr_pages[gen][type][zone]);
	}
}
#else
static void add_generations(const struct lruvec *lruvec, unsigned int zone,
			    long pages[NR_LRU_LISTS])
{
}
#endif

static void read_lists(const struct mem_cgroup_per_node *of, unsigned int zone,
		       long pages[NR_LRU_LISTS])
{
	int i;

	for (i = 0; i < NR_LRU_LISTS; i++)
		pages[i] = READ_ONCE(of->lru_zone_size[zone][i]);
	add_generations(&of->lruvec, zone, pages);
}

bool mms_lruvecs_lists(struct mms_lruvecs *lruvecs, unsigned int zone,
		       u64 pages[NR_LRU_LISTS])
{
	const struct mem_cgroup_per_node *of;
	long now[NR_LRU_LISTS], again[NR_LRU_LISTS];
	bool any = false;
	int i, try;

	if (lruvecs->lone)
		return false;
	of = memcg_node(lruvecs);
	read_lists(of, zone, now);
	for (try = 0; try < TRIES; try++) {
		/* All once more, behind all of the first reading. */
		smp_rmb();
		read_lists(of, zone, again);
		if (!memcmp(now, again, sizeof(now)))
			break;
		memcpy(now, again, sizeof(now));
		lruvecs->stats.retries++;
	}
	for (i = 0; i < NR_LRU_LISTS; i++) {
		/* What is being moved may be counted where it has left first. */
		pages[i] = max(now[i], 0L);
		any |= pages[i];
	}
	return any;
}

#else

static struct mem_cgroup_per_node *memcg_node(const struct mms_lruvecs *lruvecs)
{
	return NULL;
}

bool mms_lruvecs_lists(struct mms_lruvecs *lruvecs, unsigned int zone,
		       u64 pages[NR_LRU_LISTS])
{
	return false;
}

#endif

#ifdef CONFIG_LRU_GEN

static_assert(MMS_GENERATIONS == MAX_NR_GENS);
static_assert(MMS_LRU_TYPES == ANON_AND_FILE);

/* Its type is struct lru_gen_struct in 6.1, struct lru_gen_folio later. */
#define LRUGEN	typeof_member(struct lruvec, lrugen)

const char *mms_generations_missing(void)
{
	return NULL;
}

int mms_generations_enabled(void)
{
	/*
	 * The header declares it within a function; static_key_true and
	 * static_key_false both hold nothing but a struct static_key.
	 */
	struct static_key_true *caps = mms_ksym_lookup("lru_gen_caps");

	return caps ? static_key_count(&caps[LRU_GEN_CORE].key) > 0 : -1;
}

static const LRUGEN *lrugen_of(const struct mms_lruvecs *lruvecs)
{
	struct mem_cgroup_per_node *of;

	if (lruvecs->lone)
		return &NODE_DATA(lruvecs->node)->__lruvec.lrugen;
	of = memcg_node(lruvecs);
	return &of->lruvec.lrugen;
}

static void read_seqs(const LRUGEN *lrugen, struct mms_generations *out)
{
	int type;

	for (type = 0; type < MMS_LRU_TYPES; type++)
		out->min_seq[type] = READ_ONCE(lrugen->min_seq[type]);
	out->max_seq = READ_ONCE(lrugen->max_seq);
}

static bool same_seqs(const struct mms_generations *a,
		      const struct mms_generations *b)
{
	return a->max_seq == b->max_seq &&
	       !memcmp(a->min_seq, b->min_seq, sizeof(a->min_seq));
}

/* Not jiffies_to_msecs(), which has 32 bits: 49 days. */
static u64 ms_of(unsigned long ticks)
{
	return div_u64((u64)ticks * MSEC_PER_SEC, HZ);
}

static void read_pages(const LRUGEN *lrugen, struct mms_generations *out)
{
	unsigned long now = jiffies;
	int gen, type, zone;

	for (gen = 0; gen < MMS_GENERATIONS; gen++) {
		unsigned long birth = READ_ONCE(lrugen->timestamps[gen]);

		/* One may begin just now. */
		out->age_ms[gen] = time_before(now, birth) ? 0 :
				   ms_of(now - birth);
		for (type = 0; type < MMS_LRU_TYPES; type++) {
			for (zone = 0; zone < MAX_NR_ZONES; zone++) {
				long nr = READ_ONCE(lrugen->nr_pages[gen][type][zone]);

				/* As lru_gen_seq_show(): not exact at once. */
				out->pages[gen][type][zone] = max(nr, 0L);
			}
		}
	}
}

/* There are never more than the kernel has places for. */
static bool clamp_seqs(struct mms_generations *out)
{
	bool good = true;
	int type;

	for (type = 0; type < MMS_LRU_TYPES; type++) {
		if (out->max_seq - out->min_seq[type] < MMS_GENERATIONS)
			continue;
		good = false;
		out->min_seq[type] = out->max_seq;
	}
	return good;
}

void mms_lruvecs_generations(struct mms_lruvecs *lruvecs,
			     struct mms_generations *out)
{
	const LRUGEN *lrugen = lrugen_of(lruvecs);
	struct mms_generations again;
	bool stable = false;
	int try;

	for (try = 0; try < TRIES && !stable; try++) {
		lruvecs->stats.retries += !!try;
		read_seqs(lrugen, out);
		/* A number is used again for the next generation but three. */
		smp_rmb();
		read_pages(lrugen, out);
		/* Were these still the generations? */
		smp_rmb();
		read_seqs(lrugen, &again);
		stable = same_seqs(out, &again);
	}
	if (!clamp_seqs(out) || !stable)
		lruvecs->moving++;
}

#else /* !CONFIG_LRU_GEN */

const char *mms_generations_missing(void)
{
	return "no-lru-gen";
}

int mms_generations_enabled(void)
{
	return 0;
}

void mms_lruvecs_generations(struct mms_lruvecs *lruvecs,
			     struct mms_generations *out)
{
	*out = (struct mms_generations){};
}

#endif

static u64 sum_of(const u64 pages[NR_LRU_LISTS])
{
	u64 sum = 0;
	int i;

	for (i = 0; i < NR_LRU_LISTS; i++)
		sum += pages[i];
	return sum;
}

static int sum_lruvecs(struct mms_lruvecs *lruvecs, u64 *sum)
{
	u64 pages[NR_LRU_LISTS];
	unsigned int zone;

	while (mms_lruvecs_next(lruvecs)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			if (mms_lruvecs_lists(lruvecs, zone, pages))
				*sum += sum_of(pages);
	}
	return 0;
}

int mms_lruvecs_sum(u64 *cgroups, u64 *nodes)
{
	u64 pages[NR_LRU_LISTS], isolated[MMS_LRU_TYPES];
	struct mms_lruvecs lruvecs = {};
	int err, node;

	*cgroups = 0;
	*nodes = 0;
	if (no_cgroups() || mms_lruvecs_missing())
		return -EOPNOTSUPP;
	err = mms_lruvecs_init(&lruvecs, "");
	if (!err)
		err = sum_lruvecs(&lruvecs, cgroups);
	mms_lruvecs_free(&lruvecs);
	for_each_node_state(node, N_MEMORY) {
		mms_lru_of_node(node, pages, isolated);
		*nodes += sum_of(pages);
	}
	return err;
}

void mms_lruvecs_free(struct mms_lruvecs *lruvecs)
{
	mms_memcg_walk_free(&lruvecs->walk);
}
