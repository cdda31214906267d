// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the page cache holds of one file.
 *
 * The tree of a file's pages (mapping->i_pages) is read under RCU, as
 * cachestat(2) does.  Nothing keeps a folio that was found there from being
 * freed and used again in this moment; so its size is taken from the tree, and
 * what its struct page says counts only if the tree still has it afterwards.
 */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/xarray.h>

#include "../compat/compat.h"
#include "../compat/kpage.h"
#include "../limits.h"
#include "filecache.h"

const char *const mms_cached_state_names[MMS_NR_CACHED_STATES] = {
	[MMS_CACHED] = "cached",
	[MMS_CACHED_EVICTED] = "evicted",
	[MMS_CACHED_SWAPPED] = "swapped",
};

const char *const mms_cached_flag_names[MMS_NR_CACHED_FLAGS] = {
	[MMS_CACHED_LOCKED] = "locked",
	[MMS_CACHED_REFERENCED] = "referenced",
	[MMS_CACHED_UPTODATE] = "uptodate",
	[MMS_CACHED_DIRTY] = "dirty",
	[MMS_CACHED_WRITEBACK] = "writeback",
	[MMS_CACHED_ACTIVE] = "active",
	[MMS_CACHED_WORKINGSET] = "workingset",
	[MMS_CACHED_RECLAIM] = "reclaim",
	[MMS_CACHED_UNEVICTABLE] = "unevictable",
	[MMS_CACHED_LRU] = "lru",
	[MMS_CACHED_MAPPED] = "mapped",
};

/* Which flag of struct page is which; MMS_CACHED_MAPPED is none. */
static const unsigned char page_flags[MMS_CACHED_MAPPED] = {
	[MMS_CACHED_LOCKED] = PG_locked,
	[MMS_CACHED_REFERENCED] = PG_referenced,
	[MMS_CACHED_UPTODATE] = PG_uptodate,
	[MMS_CACHED_DIRTY] = PG_dirty,
	[MMS_CACHED_WRITEBACK] = PG_writeback,
	[MMS_CACHED_ACTIVE] = PG_active,
	[MMS_CACHED_WORKINGSET] = PG_workingset,
	[MMS_CACHED_RECLAIM] = PG_reclaim,
	[MMS_CACHED_UNEVICTABLE] = PG_unevictable,
	[MMS_CACHED_LRU] = PG_lru,
};

/*
 * Order of the entry that the walk stands at.  As xas_get_order(), which 6.1
 * has not, but at the price of one look for a small folio.
 */
static __always_inline unsigned int entry_order(const struct xa_state *xas)
{
	const struct xa_node *node = xas->xa_node;
	unsigned int order = 0, slot;

	if (!node)
		return 0;
	for (;;) {
		slot = xas->xa_offset + (1U << order);
		if (slot >= XA_CHUNK_SIZE ||
		    !xa_is_sibling(xa_entry(xas->xa, node, slot)))
			break;
		order++;
	}
	return min(order + node->shift, MMS_CACHED_ORDERS - 1U);
}

static __always_inline bool has_mark(const struct xa_state *xas, xa_mark_t mark)
{
	if (!xas->xa_node)
		return xas_get_mark(xas, mark);
	return test_bit(xas->xa_offset,
			xas->xa_node->marks[(__force unsigned int)mark]);
}

static bool small_mapped(const struct folio *folio)
{
	return atomic_read(&folio->page._mapcount) >= 0;
}

/* Pages from @first to @end of a folio that are mapped. */
static u64 large_mapped(const struct folio *folio, unsigned int order,
			unsigned long first, unsigned long end)
{
	struct mms_kpage kpage = {
		.head = &folio->page,
		.order = order,
	};
	u64 mapped = 0;

	for (; first < end; first++) {
		kpage.page = folio_page((struct folio *)folio, first);
		mapped += mms_kpage_count(&kpage) > 0;
	}
	return mapped;
}

/**
 * struct piece - an entry of the tree, as far as it has not been seen before
 * @first: first page.
 * @nr: number of pages.
 * @skip: pages of the entry before @first.
 * @order: of the entry.
 */
struct piece {
	u64 first;
	u64 nr;
	u64 skip;
	unsigned int order;
};

/* Folios may have been joined since the walk came by: not from the start. */
static __always_inline void take_piece(const struct xa_state *xas, u64 from,
				       struct piece *piece)
{
	piece->order = entry_order(xas);
	piece->nr = 1ULL << piece->order;
	piece->first = xas->xa_index;
	piece->skip = 0;
	if (!piece->order)
		return;
	piece->first = round_down(piece->first, piece->nr);
	if (piece->first < from) {
		piece->skip = from - piece->first;
		piece->nr -= piece->skip;
		piece->first = from;
	}
}

/* What it costs to look at: each page of a large folio has a mapcount. */
static __always_inline int piece_cost(const struct piece *piece)
{
	return 1 + piece->nr / 16;
}

static __always_inline u64 piece_mapped(const struct folio *folio,
					const struct piece *piece)
{
	if (!piece->order)
		return small_mapped(folio);
	if (mms_large_unmapped(folio))
		return 0;
	return large_mapped(folio, piece->order, piece->skip,
			    piece->skip + piece->nr);
}

/* Pages in small folios, one bit each, that have a mark. */
static unsigned int marked(const struct xa_node *node, xa_mark_t mark,
			   unsigned long slots)
{
	return hweight_long(READ_ONCE(*node->marks[(__force unsigned int)mark]) &
			    slots);
}

static_assert(XA_CHUNK_SIZE <= BITS_PER_LONG);

/*
 * Counts small folios, and shadows of such, from where the walk stands to the
 * end of the node: most of the page cache is that, so it is done slot by slot,
 * with a bit for each.  Stops before anything else: a sibling shows that the
 * entry before it was of a large folio.  Return: how many slots it has taken;
 * the walk stands at the last of these.
 */
static unsigned int count_small(struct xa_state *xas, struct mms_cached *cached)
{
	const struct xa_node *node = xas->xa_node;
	void __rcu *const *slots = node->slots;
	unsigned int i, begin = xas->xa_offset;
	unsigned long bit = 1UL << begin, seen = 0, mapped = 0, shadows = 0;

	for (i = begin; i < XA_CHUNK_SIZE; i++, bit <<= 1) {
		const void *entry = rcu_dereference_raw(slots[i]);
		bool is_mapped;

		if (!entry)
			continue;
		if (xa_is_value(entry)) {
			shadows |= bit;
			continue;
		}
		if (xa_is_internal(entry)) {
			if (i > begin)
				i--;
			break;
		}
		is_mapped = small_mapped(entry);
		smp_rmb();	/* the folio, then whether it is still there */
		if (rcu_dereference_raw(slots[i]) != entry)
			break;
		seen |= bit;
		if (is_mapped)
			mapped |= bit;
	}
	if (i == begin)
		return 0;
	bit = GENMASK(i - 1, begin);
	seen &= bit;
	cached->pages += hweight_long(seen);
	cached->folios[0] += hweight_long(seen);
	cached->orders |= !!seen;
	cached->evicted += hweight_long(shadows & bit);
	cached->mapped += hweight_long(mapped & bit);
	cached->dirty += marked(node, PAGECACHE_TAG_DIRTY, seen);
	cached->writeback += marked(node, PAGECACHE_TAG_WRITEBACK, seen);
	xas->xa_index += i - 1 - begin;
	xas->xa_offset = i - 1;
	return i - begin;
}

/* In a node of the lowest level, and not in the midst of a large folio? */
static bool at_small(const struct xa_state *xas)
{
	return xas->xa_node && !xas->xa_node->shift &&
	       xas->xa_offset == (xas->xa_index & XA_CHUNK_MASK);
}

/*
 * Counts whatever the walk stands at.  False if it has changed in this moment:
 * then it comes again.
 */
static bool count_entry(struct xa_state *xas, const void *entry,
			const struct piece *piece, struct mms_cached *cached)
{
	u64 mapped;

	if (xa_is_value(entry)) {
		cached->evicted += piece->nr;
		return true;
	}
	mapped = piece_mapped(entry, piece);
	smp_rmb();	/* the folio, then whether it is still there */
	if (xas_reload(xas) != entry) {
		xas_reset(xas);
		return false;
	}
	cached->pages += piece->nr;
	cached->mapped += mapped;
	if (!piece->skip) {
		cached->folios[piece->order]++;
		cached->orders |= BIT(piece->order);
	}
	if (has_mark(xas, PAGECACHE_TAG_DIRTY))
		cached->dirty += piece->nr;
	if (has_mark(xas, PAGECACHE_TAG_WRITEBACK))
		cached->writeback += piece->nr;
	return true;
}

bool mms_cached_count(struct inode *inode, u64 *index,
		      struct mms_cached *cached)
{
	XA_STATE(xas, &inode->i_data.i_pages, *index);
	int left = MMS_BATCH_CACHED;
	void *entry = NULL;

	rcu_read_lock();
	while (left > 0) {
		struct piece piece;
		unsigned int slots;

		left--;
		entry = xas_find(&xas, ULONG_MAX);
		if (!entry)
			break;
		if (xas_retry(&xas, entry))
			continue;
		if (at_small(&xas)) {
			u64 at = xas.xa_index;

			slots = count_small(&xas, cached);
			if (slots) {
				left -= slots;
				*index = at + slots;
				continue;
			}
		}
		take_piece(&xas, *index, &piece);
		left -= piece_cost(&piece);
		if (!count_entry(&xas, entry, &piece, cached))
			continue;
		*index = piece.first + piece.nr;
		if (!xas.xa_node) {	/* a file of one page */
			entry = NULL;
			break;
		}
	}
	rcu_read_unlock();
	return entry;
}

static u32 folio_flags_set(unsigned long flags)
{
	unsigned int i;
	u32 set = 0;

	for (i = 0; i < ARRAY_SIZE(page_flags); i++)
		set |= (u32)!!(flags & BIT(page_flags[i])) << i;
	return set;
}

static void run_of_folio(const struct folio *folio, const struct piece *piece,
			 struct mms_cached_run *run)
{
	run->state = MMS_CACHED;
	run->pfn = page_to_pfn(&folio->page) + piece->skip;
	run->mapped = piece_mapped(folio, piece);
	run->flags = folio_flags_set(mms_page_flags(&folio->page));
	if (run->mapped)
		run->flags |= BIT(MMS_CACHED_MAPPED);
}

static bool run_goes_on(const struct mms_cached_run *run,
			const struct mms_cached_run *next)
{
	return run->index + run->pages == next->index &&
	       run->state == next->state && run->order == next->order &&
	       run->flags == next->flags &&
	       (run->state != MMS_CACHED ||
		run->pfn + run->pages == next->pfn);
}

/* False if there is no room. */
static bool add_run(struct mms_cached_runs *runs,
		    const struct mms_cached_run *next)
{
	struct mms_cached_run *run = runs->out + runs->nr - 1;

	if (runs->nr && run_goes_on(run, next)) {
		run->pages += next->pages;
		run->folios += next->folios;
		run->mapped += next->mapped;
		return true;
	}
	if (runs->nr == MMS_CACHED_RUNS)
		return false;
	runs->out[runs->nr++] = *next;
	return true;
}

void mms_cached_runs_batch(struct inode *inode, struct mms_cached_runs *runs)
{
	struct address_space *mapping = inode ? &inode->i_data : NULL;
	int left = MMS_BATCH_CACHED;
	void *entry;

	XA_STATE(xas, mapping ? &mapping->i_pages : NULL, runs->index);

	runs->nr = 0;
	runs->finished = true;
	if (!mapping)
		return;
	rcu_read_lock();
	xas_for_each(&xas, entry, ULONG_MAX) {
		struct mms_cached_run run = { .folios = 1 };
		struct piece piece;

		if (xas_retry(&xas, entry))
			continue;
		runs->finished = false;
		if (left <= 0)
			break;
		take_piece(&xas, runs->index, &piece);
		left -= piece_cost(&piece);
		run.index = piece.first;
		run.pages = piece.nr;
		run.order = piece.order;
		if (xa_is_value(entry))
			run.state = shmem_mapping(mapping) ?
				    MMS_CACHED_SWAPPED : MMS_CACHED_EVICTED;
		else
			run_of_folio(entry, &piece, &run);
		smp_rmb();	/* the folio, then whether it is still there */
		if (xas_reload(&xas) != entry) {
			runs->retries++;
			xas_reset(&xas);
			continue;
		}
		if (!add_run(runs, &run))
			break;
		runs->scanned++;
		runs->index = piece.first + piece.nr;
		runs->finished = true;
	}
	rcu_read_unlock();
}
