// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that can be said of a page frame.
 *
 * A frame may change hands while it is read.  So the words that would tell are
 * read before and after, and if they differ, all is read again.
 */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>

#include "../compat/compat.h"
#include "../compat/kpage.h"
#include "../compat/pageblock.h"
#include "folio.h"
#include "page.h"
#include "page_file.h"

/* How often a frame that does not keep still is read again. */
#define PAGE_RETRIES	4

const char *const mms_lru_names[MMS_NR_LRUS] = {
	[MMS_LRU_NONE] = NULL,
	[MMS_LRU_INACTIVE_ANON] = "inactive_anon",
	[MMS_LRU_ACTIVE_ANON] = "active_anon",
	[MMS_LRU_INACTIVE_FILE] = "inactive_file",
	[MMS_LRU_ACTIVE_FILE] = "active_file",
	[MMS_LRU_UNEVICTABLE] = "unevictable",
	[MMS_LRU_GEN_ANON] = "gen_anon",
	[MMS_LRU_GEN_FILE] = "gen_file",
};

/**
 * struct stamp - what tells that a frame has changed hands
 * @flags: its flags.
 * @tail: the word that marks a tail page.
 * @mapping: its ->mapping.
 */
struct stamp {
	unsigned long flags;
	unsigned long tail;
	unsigned long mapping;
};

static void read_stamp(const struct page *page, struct stamp *stamp)
{
	const struct folio *folio = (const struct folio *)page;

	stamp->flags = mms_page_flags(page);
	stamp->tail = mms_page_tail_word(page);
	stamp->mapping = (unsigned long)READ_ONCE(folio->mapping);
}

/*
 * Its struct page does not tell much about it.  An answer makes the map of all
 * such frames only when it comes to one.
 */
static bool needs_owners(const struct mms_page *out)
{
	return out->frame.kind == MMS_FRAME_OTHER ||
	       out->frame.kind == MMS_FRAME_PCP ||
	       out->frame.kind == MMS_FRAME_RESERVED;
}

static void read_lru(const struct mms_kpage *kpage, struct mem_cgroup *memcg,
		     struct mms_page *out)
{
	unsigned long flags = mms_page_flags(kpage->head);
	bool file = !(flags & BIT(PG_swapbacked));
	bool active = flags & BIT(PG_active);

	out->lru = MMS_LRU_NONE;
	out->generation = MMS_PAGE_UNKNOWN;
	if (!(flags & BIT(PG_lru)))
		return;
	if (flags & BIT(PG_unevictable))
		out->lru = MMS_LRU_UNEVICTABLE;
	else if (mms_kpage_generation(kpage, memcg, &out->generation))
		out->lru = file ? MMS_LRU_GEN_FILE : MMS_LRU_GEN_ANON;
	else if (file)
		out->lru = active ? MMS_LRU_ACTIVE_FILE :
				    MMS_LRU_INACTIVE_FILE;
	else
		out->lru = active ? MMS_LRU_ACTIVE_ANON :
				    MMS_LRU_INACTIVE_ANON;
}

static void read_memcg(const struct mms_kpage *kpage, struct mms_page *out)
{
	struct mms_kpage head = *kpage;

	head.page = kpage->head;
	rcu_read_lock();
	out->memcg = mms_kpage_memcg_ino(mms_kpage_memcg(kpage));
	read_lru(kpage, mms_kpage_memcg(&head), out);
	rcu_read_unlock();
}

static void read_index(const struct mms_kpage *kpage, struct mms_page *out)
{
	switch (out->frame.kind) {
	case MMS_FRAME_ANON:
	case MMS_FRAME_FILE:
	case MMS_FRAME_SHMEM:
		out->index = mms_kpage_index(kpage, false);
		break;
	case MMS_FRAME_HUGETLB:
		/* What is in the pool keeps the offset that it had. */
		if (page_ref_count(kpage->head))
			out->index = mms_kpage_index(kpage, true);
		break;
	default:
		break;
	}
}

static void read_place(const struct page *page, struct mms_page *out)
{
	unsigned long head = out->frame.head;

	out->node = page_to_nid(page);
	out->zone = page_zone(page)->name;
	out->block_type = mms_pageblock_type(page, out->pfn);
	out->list_type = out->block_type;
	if (out->frame.kind == MMS_FRAME_FREE)
		out->list_type = mms_pageblock_type(pfn_to_page(head), head);
}

static void read_page(struct mms_pages *pages, struct mms_kpage *kpage,
		      struct mms_page *out)
{
	u64 huge_zero = mms_folio_huge_zero_pfn();

	mms_frame_read(kpage->page, out->pfn, pages->scan.owners, &out->frame);
	kpage->head = kpage->page;
	kpage->order = 0;
	if (out->frame.order && out->frame.kind != MMS_FRAME_FREE) {
		kpage->head = pfn_to_page(out->frame.head);
		kpage->order = out->frame.order;
	}
	kpage->huge_zero = huge_zero != MMS_NO_PFN &&
			   out->frame.head == huge_zero;

	out->index = MMS_PAGE_UNKNOWN;
	out->slab = (struct mms_slab_use){};
	out->file = (struct mms_page_file){};
	out->table = (struct mms_table_found){};
	out->flags = mms_kpage_flags(kpage);
	out->mapcount = mms_kpage_count(kpage);
	out->refcount = page_ref_count(kpage->head);
	read_memcg(kpage, out);
	read_index(kpage, out);
	read_place(kpage->page, out);
	if (out->frame.kind == MMS_FRAME_SLAB)
		mms_slab_read(kpage->head, &out->slab);
}

/*
 * Reads until it has kept still.  A page of a file is checked once more with a
 * reference, which is what finding the file needs.  One that has none is left
 * alone: it is frozen, just being freed, or in a pool of hugetlb.
 */
static void read_stable(struct mms_pages *pages, const struct page *page,
			struct mms_page *out)
{
	struct mms_kpage kpage = { .page = page, .pfn = out->pfn };
	struct stamp before, after;
	bool held, same;
	int tries = 0;

	do {
		struct folio *folio;

		read_stamp(page, &before);
		read_page(pages, &kpage, out);
		folio = (struct folio *)kpage.head;
		held = mms_page_may_have_file(out->frame.kind) &&
		       folio_try_get(folio);
		read_stamp(page, &after);
		same = !memcmp(&before, &after, sizeof(before));
		if (same && held)
			mms_page_file_get(&kpage, out->frame.kind, &out->file);
		if (held)
			folio_put(folio);
		if (!same)
			pages->scan.stats.retries++;
	} while (!same && ++tries <= PAGE_RETRIES);
}

static unsigned long read_block(void *ctx, const struct mms_scan_block *block)
{
	struct mms_pages *pages = ctx;
	unsigned long i;

	for (i = 0; i < block->nr && pages->nr < MMS_PAGES_BATCH; i++) {
		struct mms_page *out = &pages->out[pages->nr];

		out->pfn = block->pfn + i;
		read_stable(pages, block->page + i, out);
		if (!pages->scan.owners && needs_owners(out)) {
			pages->want_owners = true;
			break;
		}
		pages->nr++;
	}
	return i;
}

void mms_pages_init(struct mms_pages *pages, u64 first, u64 end)
{
	memset(pages, 0, sizeof(*pages));
	mms_scan_range(&pages->scan, first, end);
	pages->scan.block = read_block;
	pages->scan.ctx = pages;
	pages->first = pages->scan.pfn;
	if (pages->scan.end - pages->first <= MMS_PAGES_TABLES)
		pages->nr_tables = pages->scan.end - pages->first;
	/* Looks up what mms_slab_read() needs, at the first call. */
	mms_caches_missing();
}

void mms_pages_owners(struct mms_pages *pages, struct mms_scan *scan)
{
	pages->scan.owners = scan->owners;
	scan->owners = NULL;
}

void mms_pages_move(struct mms_pages *pages, u64 first, u64 end)
{
	pages->scan.pfn = first;
	pages->scan.end = end;
	pages->finished = false;
}

static void put_files(struct mms_pages *pages)
{
	unsigned int i;

	for (i = 0; i < pages->nr; i++)
		mms_page_file_put(&pages->out[i].file);
	pages->nr = 0;
	pages->named = NULL;
}

static int make_owners(struct mms_pages *pages)
{
	struct mms_owners *owners = mms_owners_new(true);

	if (IS_ERR(owners))
		return PTR_ERR(owners);
	mms_owners_price(owners, &pages->scan.stats);
	pages->scan.owners = owners;
	pages->want_owners = false;
	return 0;
}

static int find_caches(struct mms_pages *pages)
{
	unsigned int i;

	pages->caches.nr = 0;
	for (i = 0; i < pages->nr; i++)
		mms_caches_add(&pages->caches, pages->out[i].slab.cache);
	return mms_caches_lookup(&pages->caches);
}

/*
 * Not all page tables are marked as such: 6.1 marks those of the two lowest
 * levels, 6.12 of three.
 */
static bool may_be_table(const struct mms_page *page)
{
	return page->frame.kind == MMS_FRAME_PGTABLE ||
	       (page->frame.kind == MMS_FRAME_OTHER && page->refcount);
}

/* Of all frames asked for, once there is one among them. */
static int seek_tables(struct mms_pages *pages)
{
	int err = 0;

	pages->sought = true;
	mms_tablefind_init(&pages->find, pages->first, pages->nr_tables,
			   pages->tables);
	while (!err && !pages->find.finished)
		err = mms_tablefind_batch(&pages->find);
	return err;
}

static int find_tables(struct mms_pages *pages)
{
	unsigned int i;
	int err;

	for (i = 0; pages->nr_tables && i < pages->nr; i++) {
		struct mms_page *page = &pages->out[i];

		if (!may_be_table(page))
			continue;
		err = pages->sought ? 0 : seek_tables(pages);
		if (err)
			return err;
		page->table = pages->tables[page->pfn - pages->first];
		if (page->table.found)
			page->frame.kind = MMS_FRAME_PGTABLE;
	}
	return 0;
}

static void find_regions(struct mms_pages *pages)
{
	unsigned int i;

	for (i = 0; !pages->has_iomem && i < pages->nr; i++) {
		if (pages->out[i].frame.kind != MMS_FRAME_RESERVED)
			continue;
		mms_iomem_read(&pages->iomem);
		pages->has_iomem = true;
	}
}

int mms_pages_batch(struct mms_pages *pages)
{
	int ret;

	might_sleep();
	put_files(pages);
	/* The map is made while memory may be unplugged: it takes a while. */
	ret = pages->want_owners ? make_owners(pages) : 0;
	if (!ret)
		ret = mms_scan_batch(&pages->scan);
	pages->finished = ret <= 0;
	if (ret >= 0)
		ret = find_caches(pages);
	if (ret >= 0)
		ret = find_tables(pages);
	find_regions(pages);
	if (ret < 0)
		pages->finished = true;
	return min(ret, 0);
}

void mms_pages_rewind(struct mms_pages *pages, unsigned int next)
{
	if (next < pages->nr) {
		pages->scan.pfn = pages->out[next].pfn;
		pages->scan.stats.scanned -= pages->nr - next;
		pages->finished = false;
	}
	put_files(pages);
}

void mms_pages_end(struct mms_pages *pages)
{
	put_files(pages);
	mms_tablefind_end(&pages->find);
	mms_scan_free(&pages->scan);
}

const char *const *mms_page_flag_names(void)
{
	return mms_kpage_flag_names;
}

const char *mms_page_flags_unreliable(void)
{
	return mms_kpage_unreliable;
}
