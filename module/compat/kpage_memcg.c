// SPDX-License-Identifier: GPL-2.0-only
/* The memory cgroup of a page as /proc/kpagecgroup shows it, and its lists. */

#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "compat.h"
#include "kpage.h"

#ifdef CONFIG_MEMCG

/*
 * 6.1 asks the page itself, so that the tail of a compound page is charged to
 * nobody; later releases ask the folio.
 * Drop the second when the oldest kernel supported is 6.12.
 */
struct mem_cgroup *mms_kpage_memcg(const struct mms_kpage *kpage)
{
#ifdef MMS_HAVE_FOLIO_MEMCG_CHECK
	return folio_memcg_check((struct folio *)kpage->head);
#else
	return page_memcg_check((struct page *)kpage->page);
#endif
}

u64 mms_kpage_memcg_ino(struct mem_cgroup *memcg)
{
	while (memcg && !(READ_ONCE(memcg->css.flags) & CSS_ONLINE))
		memcg = parent_mem_cgroup(memcg);
	return memcg ? cgroup_ino(memcg->css.cgroup) : 0;
}

static struct lruvec *kpage_lruvec(int nid, struct mem_cgroup *memcg)
{
	if (mem_cgroup_disabled())
		return &NODE_DATA(nid)->__lruvec;
	/* Nobody is charged, and the root's lists are not known by name. */
	return memcg ? &memcg->nodeinfo[nid]->lruvec : NULL;
}

#else

struct mem_cgroup *mms_kpage_memcg(const struct mms_kpage *kpage)
{
	return NULL;
}

u64 mms_kpage_memcg_ino(struct mem_cgroup *memcg)
{
	return 0;
}

static struct lruvec *kpage_lruvec(int nid, struct mem_cgroup *memcg)
{
	return &NODE_DATA(nid)->__lruvec;
}

#endif

#ifdef CONFIG_LRU_GEN
/*
 * The page says in which of the lists it is, which take turns: the generation
 * is the youngest one that uses this list.  Tails know nothing of it, so 6.1
 * must be asked about the head's cgroup.
 */
bool mms_kpage_generation(const struct mms_kpage *kpage,
			  struct mem_cgroup *memcg, u64 *seq)
{
	unsigned long flags = mms_page_flags(kpage->head);
	int gen = ((flags & LRU_GEN_MASK) >> LRU_GEN_PGOFF) - 1;
	struct lruvec *lruvec;
	unsigned long max;

	if (gen < 0)
		return false;
	lruvec = kpage_lruvec(page_to_nid(kpage->head), memcg);
	if (!lruvec)
		return true;
	max = READ_ONCE(lruvec->lrugen.max_seq);
	*seq = max - (max + MAX_NR_GENS - gen) % MAX_NR_GENS;
	return true;
}
#else
bool mms_kpage_generation(const struct mms_kpage *kpage,
			  struct mem_cgroup *memcg, u64 *seq)
{
	return false;
}
#endif
