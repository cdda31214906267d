// SPDX-License-Identifier: GPL-2.0-only
/* memory/page: frames one by one, and who owns them. */

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../core/entry.h"
#include "../probe/layout.h"
#include "../probe/page.h"
#include "../probe/zone.h"
#include "memory.h"

struct page_state {
	unsigned int next;
	int err;
	struct mms_pages pages;
};

static int page_start(struct mms_reader *reader)
{
	struct page_state *state = reader->state;
	const char *unreliable = mms_page_flags_unreliable();
	u64 first, end;

	first = mms_memory_range(reader, &end);
	mms_reader_head(reader);
	mms_reader_asked(reader);
	if (unreliable)
		mms_table_key_word(&reader->table, "unreliable_flags",
				   unreliable);
	mms_table_columns(&reader->table, "pfn flags refcount mapcount order "
			  "kind owner position lru generation memcg memcg_path "
			  "block_type node zone index detail");
	mms_pages_init(&state->pages, first, end);
	return 0;
}

/* Numbers that may be unknown. */
static void put_number(struct mms_table *table, u64 number)
{
	if (number == MMS_PAGE_UNKNOWN)
		mms_table_none(table);
	else
		mms_table_u64(table, number);
}

static void put_word(struct mms_table *table, const char *word)
{
	if (word)
		mms_table_word(table, word);
	else
		mms_table_none(table);
}

static void put_owner(struct mms_table *table, struct mms_pages *pages,
		      const struct mms_page *page)
{
	char device[32];

	if (page->frame.kind == MMS_FRAME_FREE) {
		mms_table_word(table, mms_migratetype_names[page->list_type]);
	} else if (page->file.inode && page->file.block) {
		snprintf(device, sizeof(device), "block:%u:%u",
			 page->file.dev_major, page->file.dev_minor);
		mms_table_word(table, device);
	} else if (page->table.found) {
		mms_table_word(table, mms_level_names[page->table.level]);
	} else {
		mms_table_text(table, mms_pages_name(pages, page));
	}
}

enum { DETAIL_PINNED, DETAIL_DEPOSITED };

static const char *const detail_names[] = {
	[DETAIL_PINNED] = "pinned",
	[DETAIL_DEPOSITED] = "deposited",
};

/* What else is worth knowing, by kind. */
static void put_detail(struct mms_table *table, const struct mms_page *page)
{
	u64 set = 0;

	if (page->frame.pinned)
		set |= BIT(DETAIL_PINNED);
	if (page->table.found && page->table.deposited)
		set |= BIT(DETAIL_DEPOSITED);
	mms_table_set(table, set, detail_names);
	if (page->file.inode) {
		mms_table_set_key(table, "dev_major", page->file.dev_major,
				  !set);
		mms_table_set_key(table, "dev_minor", page->file.dev_minor,
				  false);
		mms_table_set_key(table, "inode", page->file.number, false);
	} else if (page->slab.objects) {
		mms_table_set_key(table, "inuse", page->slab.inuse, !set);
		mms_table_set_key(table, "objects", page->slab.objects, false);
	} else if (page->table.found) {
		mms_table_set_key(table, "pid", page->table.pid, !set);
		mms_table_set_key_hex(table, "va", page->table.va, false);
	}
}

static void put_page_row(struct mms_table *table, struct mms_pages *pages,
			 const struct mms_page *page)
{
	mms_table_u64(table, page->pfn);
	mms_table_set(table, page->flags, mms_page_flag_names());
	mms_table_u64(table, page->refcount);
	mms_table_u64(table, page->mapcount);
	mms_table_u64(table, page->frame.order);
	mms_table_word(table, mms_frame_kind_names[page->frame.kind]);
	put_owner(table, pages, page);
	mms_table_u64(table, page->pfn - page->frame.head);
	put_word(table, mms_lru_names[page->lru]);
	put_number(table, page->generation);
	put_number(table, page->memcg ?: MMS_PAGE_UNKNOWN);
	mms_table_text(table, mms_pages_memcg_path(pages, page));
	mms_table_word(table, mms_migratetype_names[page->block_type]);
	mms_table_u64(table, page->node);
	put_word(table, page->zone);
	put_number(table, page->index);
	put_detail(table, page);
	mms_table_row(table);
}

/* Adds rows while there is room; the same answers as of a view's fill(). */
static int put_pages(struct mms_reader *reader)
{
	struct page_state *state = reader->state;
	struct mms_pages *pages = &state->pages;

	while (mms_table_room(&reader->table)) {
		if (state->next < pages->nr) {
			put_page_row(&reader->table, pages,
				     &pages->out[state->next++]);
			continue;
		}
		if (state->err && state->err != -EINTR)
			return state->err;
		if (pages->finished) {
			mms_reader_end(reader, state->err ? "killed" : NULL,
				       &pages->scan.stats);
			return 0;
		}
		state->next = 0;
		state->err = mms_pages_batch(pages);
		if (signal_pending(current))
			break;
	}
	return 1;
}

/* What is not written now is read again: the reader may take its time. */
static int page_fill(struct mms_reader *reader)
{
	struct page_state *state = reader->state;
	int ret = put_pages(reader);

	mms_pages_rewind(&state->pages, state->next);
	return ret;
}

static void page_stop(struct mms_reader *reader)
{
	struct page_state *state = reader->state;

	mms_pages_end(&state->pages);
}

const struct mms_view mms_view_page = {
	.name = "page",
	.format = 1,
	.keys = BIT(MMS_MEMORY_PFN),
	.state_size = sizeof(struct page_state),
	.missing = mms_layout_missing,
	.start = page_start,
	.fill = page_fill,
	.stop = page_stop,
};
