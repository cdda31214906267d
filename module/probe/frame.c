// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a page frame is used for, as far as its struct page says.
 *
 * Nothing is locked and no reference is taken: a reference would be refused
 * for most of what is looked at here (free pages, slabs), and would disturb
 * the rest.  So every word is read once, and what it says is checked before it
 * is used as an order or an address.
 */

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/page-flags.h>

#include "../compat/compat.h"
#include "../compat/hotplug.h"
#include "../compat/pageblock.h"
#include "folio.h"
#include "frame.h"
#include "owners.h"

const char *const mms_frame_kind_names[MMS_NR_FRAME_KINDS] = {
	[MMS_FRAME_OTHER] = "other",
	[MMS_FRAME_FREE] = "free",
	[MMS_FRAME_PCP] = "pcp",
	[MMS_FRAME_SLAB] = "slab",
	[MMS_FRAME_ANON] = "anon",
	[MMS_FRAME_FILE] = "file",
	[MMS_FRAME_SHMEM] = "shmem",
	[MMS_FRAME_KSM] = "ksm",
	[MMS_FRAME_HUGETLB] = "hugetlb",
	[MMS_FRAME_ZERO] = "zero",
	[MMS_FRAME_PGTABLE] = "pgtable",
	[MMS_FRAME_KSTACK] = "kstack",
	[MMS_FRAME_VMALLOC] = "vmalloc",
	[MMS_FRAME_PERCPU] = "percpu",
	[MMS_FRAME_MEMMAP] = "memmap",
	[MMS_FRAME_RESERVED] = "reserved",
	[MMS_FRAME_OFFLINE] = "offline",
};

/* Order of the largest folio or compound page: hugetlb's largest. */
#ifdef PUD_SHIFT
#define COMPOUND_ORDER_MAX	(PUD_SHIFT - PAGE_SHIFT)
#else
#define COMPOUND_ORDER_MAX	(MMS_NR_ORDERS - 1)
#endif

static_assert(COMPOUND_ORDER_MAX < MMS_FRAME_NR_ORDERS);
static_assert(MMS_NR_ORDERS <= MMS_FRAME_NR_ORDERS);
static_assert(pageblock_nr_pages % MMS_OWNERS_CHUNK == 0 ||
	      MMS_OWNERS_CHUNK % pageblock_nr_pages == 0);

/**
 * struct look - what was read of a page, once
 * @flags: its flags.
 * @mapping: its ->mapping.
 * @type: its page type, or mapcount - 1.
 * @refs: its reference count.
 */
struct look {
	unsigned long flags;
	unsigned long mapping;
	int type;
	int refs;
};

static __always_inline void look_at(const struct page *page, struct look *look)
{
	/* The words of a page that are read here are the folio's own. */
	const struct folio *folio = (const struct folio *)page;

	look->flags = mms_page_flags(page);
	look->mapping = (unsigned long)READ_ONCE(folio->mapping);
	look->type = atomic_read(&page->_mapcount);
	look->refs = page_ref_count(page);
}

/* The word holds a page type; mirrors page_has_type(), page_mapcount_is_type(). */
static bool has_type(const struct look *look)
{
	return look->type < -1;
}

static enum mms_frame_kind mapping_kind(const struct look *look)
{
	unsigned long low = look->mapping & MMS_MAPPING_FLAGS;

	if (low == MMS_MAPPING_KSM)
		return MMS_FRAME_KSM;
	if (low & MMS_MAPPING_ANON)
		return MMS_FRAME_ANON;
	if (low)	/* movable by its driver, which is not known */
		return MMS_FRAME_OTHER;
	/* shmem_add_to_page_cache() sets it; no other page cache has it. */
	return look->flags & BIT(PG_swapbacked) ? MMS_FRAME_SHMEM :
						  MMS_FRAME_FILE;
}

static enum mms_frame_kind typed_kind(const struct page *page)
{
	struct page *unconst = (struct page *)page;	/* 6.1 wants it so */

	if (PageTable(unconst))
		return MMS_FRAME_PGTABLE;
	if (PageOffline(unconst))
		return MMS_FRAME_OFFLINE;
	return MMS_FRAME_OTHER;
}

/* It was allocated, or freed, since the map was made. */
static bool outdated(enum mms_frame_kind owned, const struct look *look)
{
	switch (owned) {
	case MMS_FRAME_PCP:
		return look->refs;
	case MMS_FRAME_KSTACK:
	case MMS_FRAME_VMALLOC:
		return !look->refs;
	default:
		return false;
	}
}

/* What a page is that MM does not map: @owned says what is known otherwise. */
static enum mms_frame_kind unmapped_kind(const struct look *look, u64 pfn,
					 enum mms_frame_kind owned)
{
	if (outdated(owned, look))
		owned = MMS_FRAME_OTHER;
	if (owned != MMS_FRAME_OTHER)
		return owned;
	if (is_zero_pfn(pfn))
		return MMS_FRAME_ZERO;
	return look->flags & BIT(PG_reserved) ? MMS_FRAME_RESERVED :
						MMS_FRAME_OTHER;
}

static enum mms_frame_kind owned_kind(const struct mms_owners_chunk *chunk,
				      unsigned long pfn)
{
	return chunk ? chunk->kind[pfn % MMS_OWNERS_CHUNK] : MMS_FRAME_OTHER;
}

/* Slabs and page tables have something else where ->mapping is. */
static bool is_movable(enum mms_frame_kind kind, const struct page *page,
		       unsigned long mapping)
{
	switch (kind) {
	case MMS_FRAME_ANON:
	case MMS_FRAME_FILE:
	case MMS_FRAME_SHMEM:
	case MMS_FRAME_KSM:
	case MMS_FRAME_HUGETLB:
		return true;
	case MMS_FRAME_OTHER:
	case MMS_FRAME_OFFLINE:
		return mms_page_movable_ops(page, mapping);
	default:
		return false;
	}
}

static void read_free(struct mms_frame *frame, unsigned long head,
		      unsigned int order)
{
	frame->kind = MMS_FRAME_FREE;
	frame->order = order;
	frame->head = head;
}

/* Order of the free block that begins here, or -1. */
static int free_order(const struct page *page)
{
	unsigned long order;

	if (!PageBuddy((struct page *)page))
		return -1;
	/* As buddy_order_unsafe(): it may be allocated by now. */
	order = READ_ONCE(page->private);
	return order < MMS_NR_ORDERS ? order : -1;
}

/*
 * Only the first page of a free block is marked; the others have no references
 * and look like nothing else.  Blocks are aligned to their size and smaller
 * than a section, so that all heads looked at exist.
 */
static bool read_free_part(const struct page *page, unsigned long pfn,
			   struct mms_frame *frame)
{
	unsigned int order;

	for (order = 1; order < MMS_NR_ORDERS; order++) {
		unsigned long head = ALIGN_DOWN(pfn, 1UL << order);
		int found = free_order(page - (pfn - head));

		if (found < (int)order)
			continue;
		read_free(frame, head, found);
		return true;
	}
	return false;
}

static enum mms_frame_kind compound_kind(const struct page *head,
					 unsigned long head_pfn,
					 const struct look *look,
					 enum mms_frame_kind owned)
{
	if (mms_page_is_slab(head))
		return MMS_FRAME_SLAB;
	if (folio_test_hugetlb((struct folio *)head))
		return MMS_FRAME_HUGETLB;
	if (has_type(look))
		return typed_kind(head);
	if (head_pfn == mms_folio_huge_zero_pfn())
		return MMS_FRAME_ZERO;
	if (look->mapping)
		return mapping_kind(look);
	return unmapped_kind(look, head_pfn, owned);
}

/* False if it is none any more: split or freed in this moment. */
static bool read_compound(const struct page *page, unsigned long pfn,
			  enum mms_frame_kind owned, struct mms_frame *frame)
{
	const struct page *head = &page_folio((struct page *)page)->page;
	unsigned int order = compound_order((struct page *)head);
	struct look look;

	frame->head = page_to_pfn(head);
	if (!order || order > COMPOUND_ORDER_MAX || frame->head > pfn ||
	    pfn - frame->head >= 1UL << order) {
		frame->head = pfn;
		return false;
	}
	look_at(head, &look);
	frame->order = order;
	frame->kind = compound_kind(head, frame->head, &look, owned);
	frame->movable = is_movable(frame->kind, head, look.mapping);
	frame->pinned = frame->movable &&
			mms_large_pinned((const struct folio *)head);
	return true;
}

static bool is_compound(const struct page *page)
{
	return mms_page_tail_word(page) & 1 ||
	       mms_page_flags(page) & BIT(PG_head);
}

/* Mirrors folio_maybe_dma_pinned(), for a small folio. */
static bool small_pinned(int refs)
{
	return (unsigned int)refs >= GUP_PIN_COUNTING_BIAS;
}

static void read_small(const struct page *page, unsigned long pfn,
		       const struct look *look, enum mms_frame_kind owned,
		       struct mms_frame *frame)
{
	if (mms_page_is_slab(page))
		frame->kind = MMS_FRAME_SLAB;
	else if (has_type(look))
		frame->kind = typed_kind(page);
	else if (look->mapping)
		frame->kind = mapping_kind(look);
	else
		frame->kind = unmapped_kind(look, pfn, owned);
	/* Freed since, or deep in a list whose end the map has not seen. */
	if (frame->kind == MMS_FRAME_OTHER && !look->refs &&
	    mms_owners_page_listed(page, pfn))
		frame->kind = MMS_FRAME_PCP;
	frame->movable = is_movable(frame->kind, page, look->mapping);
	frame->pinned = frame->movable && small_pinned(look->refs);
}

/*
 * Flags that tell small pages of different kinds apart, and the node and zone,
 * which may change in the middle of a pageblock.
 */
#define RUN_FLAGS	(BIT(PG_head) | BIT(PG_reserved) | \
			 BIT(PG_swapbacked) | MMS_SLAB_FLAGS | \
			 NODES_MASK << NODES_PGSHIFT | \
			 ZONES_MASK << ZONES_PGSHIFT)

/*
 * The price of a small page, which is what most memory is made of: compared
 * with the first of the run, not looked up.
 */
static __always_inline bool same_small(const struct page *page,
				       const struct look *first)
{
	struct look look;
	unsigned long differs;

	look_at(page, &look);
	differs = ((look.flags ^ first->flags) & RUN_FLAGS) |
		  ((look.mapping ^ first->mapping) & MMS_MAPPING_FLAGS) |
		  (mms_page_tail_word(page) & 1);
	if (differs || look.type < -1)
		return false;
	return !look.mapping == !first->mapping && !look.refs == !first->refs &&
	       small_pinned(look.refs) == small_pinned(first->refs);
}

/*
 * Pages that are in a list beyond what the map knows.  After one of them no
 * page is inside a free block: the first of a block has a type.
 */
static unsigned long listed_run(const struct page *page, unsigned long pfn,
				unsigned long nr, const struct look *first,
				const u8 *owned)
{
	unsigned long i;

	for (i = 1; i < nr && same_small(page + i, first) &&
	     !(owned && owned[i] != MMS_FRAME_OTHER) &&
	     mms_owners_page_listed(page + i, pfn + i); i++)
		;
	return i;
}

/*
 * Length of the run of small pages of one kind that begins at @page, at most
 * @nr.
 */
static unsigned long small_run(const struct page *page, unsigned long pfn,
			       unsigned long nr, const struct look *first,
			       const struct mms_owners_chunk *chunk,
			       enum mms_frame_kind kind)
{
	const u8 *owned = chunk ? chunk->kind + pfn % MMS_OWNERS_CHUNK : NULL;
	unsigned long i;

	/* A page table or an order 0 slab is looked at one by one. */
	if (has_type(first) || first->flags & MMS_SLAB_FLAGS ||
	    is_zero_pfn(pfn))
		return 1;
	/* Nor does it show from outside which of these are in a list. */
	if (!first->refs && !(owned && owned[0] == MMS_FRAME_PCP)) {
		return kind == MMS_FRAME_PCP ?
			       listed_run(page, pfn, nr, first, owned) : 1;
	}
	if (first->mapping || !owned) {
		for (i = 1; i < nr && same_small(page + i, first); i++)
			;
	} else {
		for (i = 1; i < nr && owned[i] == owned[0] &&
		     same_small(page + i, first); i++)
			;
	}
	return i;
}

unsigned long mms_frame_run(const struct page *page, unsigned long pfn,
			    unsigned long nr,
			    const struct mms_owners_chunk *chunk,
			    struct mms_frame *frame)
{
	unsigned long zero = page_to_pfn(ZERO_PAGE(0));
	struct look look;
	int order;

	/* The zero page looks like its neighbours in the kernel's image. */
	if (pfn < zero && zero < pfn + nr)
		nr = zero - pfn;
	*frame = (struct mms_frame){ .head = pfn };
	order = free_order(page);
	if (order >= 0) {
		read_free(frame, pfn, order);
	} else if (!is_compound(page) ||
		   !read_compound(page, pfn, owned_kind(chunk, pfn), frame)) {
		look_at(page, &look);
		if (look.refs || has_type(&look) ||
		    !read_free_part(page, pfn, frame)) {
			read_small(page, pfn, &look, owned_kind(chunk, pfn),
				   frame);
			return small_run(page, pfn, nr, &look, chunk,
					 frame->kind);
		}
	}
	return min(nr, (1UL << frame->order) - (pfn - frame->head));
}

void mms_frame_read(const struct page *page, unsigned long pfn,
		    const struct mms_owners *owners, struct mms_frame *frame)
{
	mms_frame_run(page, pfn, 1, mms_owners_chunk(owners, pfn), frame);
}

bool mms_frame_hotplug_known(void)
{
	return mms_hotplug_known();
}
