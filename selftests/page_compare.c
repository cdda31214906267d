// SPDX-License-Identifier: GPL-2.0-only
/* entries, entries_raw and ranges against what the kernel's files say. */

#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "page_snapshot.h"
#include "process_util.h"
#include "record_format.h"

#if __has_include("../module/mmscope_records.h")
_Static_assert((int)PMD == MMSCOPE_LEVEL_PMD, "");
_Static_assert((int)PROTNONE == MMSCOPE_STATE_PROTNONE, "");
#endif

/* So few that comparing them once more costs nothing. */
#define FEW_ENTRIES	20000

static const char *const level_words[] = { "pte", "pmd", "pud", "p4d", "pgd" };

static const char *const state_words[] = {
	"none", "present", "swap", "migration", "device", "hwpoison", "marker",
	"protnone",
};

static const char *const kind_words[] = {
	"-", "anon", "file", "shmem", "ksm", "hugetlb", "zero", "pfnmap",
	"other",
};

static const struct {
	const char *word;
	uint32_t flag;
} flag_words[] = {
	{ "write", F_WRITE }, { "user", F_USER }, { "accessed", F_ACCESSED },
	{ "dirty", F_DIRTY }, { "nx", F_NX }, { "global", F_GLOBAL },
	{ "soft_dirty", F_SOFT_DIRTY }, { "uffd_wp", F_UFFD_WP },
	{ "huge", F_HUGE }, { "guard", F_GUARD }, { "poison", F_POISON },
	{ "special", F_SPECIAL }, { "numa_hint", F_NUMA_HINT },
	{ "exclusive", F_REST }, { "pwt", F_REST }, { "pcd", F_REST },
	{ "pat", F_REST }, { "devmap", F_REST },
};

static unsigned int index_of(const char *const *words, unsigned int nr,
			     const char *word)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(words[i], word))
			break;
	return i;
}

enum level parse_level(const char *word)
{
	return index_of(level_words, ARRAY_LEN(level_words), word);
}

enum state parse_state(const char *word)
{
	return index_of(state_words, ARRAY_LEN(state_words), word);
}

enum kind parse_kind(const char *word)
{
	return index_of(kind_words, ARRAY_LEN(kind_words), word);
}

static uint32_t parse_flag(const char *word, size_t len)
{
	unsigned int i;

	if (len > 5 && !strncmp(word, "pkey=", 5))
		return strtoul(word + 5, NULL, 10) << 16;
	for (i = 0; i < ARRAY_LEN(flag_words); i++)
		if (strlen(flag_words[i].word) == len &&
		    !strncmp(flag_words[i].word, word, len))
			return flag_words[i].flag;
	return F_UNKNOWN;
}

uint32_t parse_flags(const char *words)
{
	/* Neighbours mostly have the same. */
	static char last[128];
	static uint32_t last_flags;
	uint32_t flags = 0;
	const char *at = words;

	if (!strcmp(words, "-"))
		return 0;
	if (!strcmp(words, last))
		return last_flags;
	while (*at) {
		size_t len = strcspn(at, ",");

		flags |= parse_flag(at, len);
		at += len + (at[len] == ',');
	}
	snprintf(last, sizeof(last), "%s", words);
	last_flags = flags;
	return flags;
}

static uint64_t number_or_none(const char *field)
{
	return strcmp(field, "-") ? strtoull(field, NULL, 0) : NO_FRAME;
}

/**
 * struct cursor - checks that rows cover the VMAs without gap or overlap
 * @snapshot: the process.
 * @vma: index of the VMA that is next.
 * @addr: first address in it that no row has covered, or 0 for its start.
 */
struct cursor {
	const struct snapshot *snapshot;
	unsigned int vma;
	uint64_t addr;
};

/* Moves on over [start, end), which must be what comes next in one VMA. */
static bool cursor_take(struct cursor *cursor, uint64_t start, uint64_t end)
{
	const struct snapshot *snapshot = cursor->snapshot;
	const struct vma *vma = &snapshot->vma[cursor->vma];
	uint64_t want;

	if (cursor->vma >= snapshot->nr)
		return false;
	want = cursor->addr ? cursor->addr : vma->start;
	if (start != want || end <= start || end > vma->end)
		return false;
	cursor->addr = end;
	if (end == vma->end) {
		cursor->vma++;
		cursor->addr = 0;
	}
	return true;
}

static bool cursor_done(const struct cursor *cursor)
{
	return cursor->vma == cursor->snapshot->nr;
}

/* Where a row of `entries` ends: with its entry, or with its VMA. */
static uint64_t entry_end(const struct snapshot *snapshot,
			  const struct vma *vma, enum level level, uint64_t va)
{
	uint64_t bytes = level_bytes(snapshot, level);
	uint64_t end = (va & ~(bytes - 1)) + bytes;

	return end < vma->end ? end : vma->end;
}

static void fill_pages(const struct snapshot *snapshot, struct vma *vma,
		       const struct page *row, uint64_t end)
{
	uint64_t mask = level_bytes(snapshot, row->level) - 1;
	uint64_t va;

	for (va = row->where; va < end; va += PAGE) {
		struct page *page = &vma->pages[(va - vma->start) >> PAGE_SHIFT];

		*page = *row;
		if (row->pfn != NO_FRAME)
			page->pfn = row->pfn + ((va & mask) >> PAGE_SHIFT);
	}
}

/* Reads entries none=1 into the pages.  Return: the number of mismatches. */
static uint64_t read_entries(struct snapshot *snapshot, uint64_t *not_none)
{
	struct cursor cursor = { .snapshot = snapshot };
	unsigned int i, column[8];
	static const char *const names[] = {
		"va", "level", "entry", "state", "flags", "pfn", "swap_type",
		"swap_offset",
	};
	struct table table;
	bool bad = false;

	if (table_ask(&table, "entries", "pid=%d none=1", snapshot->pid))
		return 1;
	for (i = 0; i < ARRAY_LEN(names); i++)
		column[i] = table_column(&table, names[i]);
	while (!bad && table_row(&table, &bad)) {
		struct page row = {
			.where = strtoull(table.field[column[0]], NULL, 0),
			.level = parse_level(table.field[column[1]]),
			.raw = strtoull(table.field[column[2]], NULL, 0),
			.state = parse_state(table.field[column[3]]),
			.flags = parse_flags(table.field[column[4]]),
			.pfn = number_or_none(table.field[column[5]]),
			.swap_offset = number_or_none(table.field[column[7]]),
		};
		struct vma *vma = snapshot_vma(snapshot, row.where);
		uint64_t end;

		if (row.swap_offset != NO_FRAME)
			row.swap_type = strtoul(table.field[column[6]], NULL, 0);
		if (!vma || row.level == NO_LEVEL || row.state == NO_STATE ||
		    row.flags & F_UNKNOWN) {
			complain("entries: bad row at 0x%lx", (long)row.where);
			bad = true;
			break;
		}
		end = entry_end(snapshot, vma, row.level, row.where);
		if (!cursor_take(&cursor, row.where, end)) {
			complain("entries: gap or overlap at 0x%lx",
				 (long)row.where);
			bad = true;
			break;
		}
		fill_pages(snapshot, vma, &row, end);
		*not_none += row.state != NONE;
	}
	if (!bad && !cursor_done(&cursor)) {
		complain("entries: ends before the last VMA does");
		bad = true;
	}
	table_free(&table);
	return bad;
}

/* The frame, slot or note that pagemap has instead. */
static bool target_agrees(const struct vma *vma, const struct page *page,
			  uint64_t word)
{
	uint64_t frame = word & PM_FRAME;
	uint64_t present = word & (PM_PRESENT | PM_SWAP);

	if (vma->pfnmap)
		return !(word & ~PM_SOFT_DIRTY) &&
		       (page->state == NONE || page->flags & F_SPECIAL);
	switch (page->state) {
	case NONE:
		return !(word & ~PM_SOFT_DIRTY) && page->pfn == NO_FRAME &&
		       page->swap_offset == NO_FRAME;
	case PRESENT:
	case PROTNONE:
		return present == PM_PRESENT && frame == page->pfn &&
		       page->swap_offset == NO_FRAME;
	case SWAP:
		return present == PM_SWAP && page->pfn == NO_FRAME &&
		       frame % PM_SWAP_TYPES == page->swap_type &&
		       frame / PM_SWAP_TYPES == page->swap_offset;
	case HWPOISON:
	case MIGRATION:
		/* pagemap says nothing of hugetlb entries that map nothing. */
		if (vma->hugetlb)
			return !present && page->pfn != NO_FRAME;
		return present == PM_SWAP && frame / PM_SWAP_TYPES == page->pfn &&
		       page->swap_offset == NO_FRAME;
	case MARKER:
		return present == (vma->hugetlb ? 0 : PM_SWAP) &&
		       page->pfn == NO_FRAME && page->swap_offset == NO_FRAME;
	default:
		return false;
	}
}

static bool soft_dirty_agrees(const struct vma *vma, const struct page *page,
			      uint64_t word)
{
	/*
	 * In a VMA that is soft-dirty as a whole, pagemap says so of each page,
	 * and of hugetlb pages it says nothing else.
	 */
	if (vma->soft_dirty)
		return word & PM_SOFT_DIRTY;
	if (vma->hugetlb)
		return !(word & PM_SOFT_DIRTY);
	return !(page->flags & F_SOFT_DIRTY) == !(word & PM_SOFT_DIRTY);
}

/* The bits that Intel's manual defines, of an entry that maps a page. */
static bool hardware_agrees(const struct page *page)
{
	static const struct {
		uint32_t flag;
		uint64_t bit;
	} bits[] = {
		{ F_WRITE, 1ULL << 1 }, { F_USER, 1ULL << 2 },
		{ F_ACCESSED, 1ULL << 5 }, { F_NX, 1ULL << 63 },
	};
	unsigned int i;

	if (page->state != PRESENT)
		return true;
	for (i = 0; i < ARRAY_LEN(bits); i++)
		if (!(page->flags & bits[i].flag) != !(page->raw & bits[i].bit))
			return false;
	if (!(page->flags & F_HUGE) != (page->level == PTE))
		return false;
	/* The kernel may keep the dirty bit elsewhere, too. */
	if (page->raw & 1ULL << 6 && !(page->flags & F_DIRTY))
		return false;
	return page->raw & 1;
}

static bool page_agrees(const struct vma *vma, const struct page *page,
			uint64_t word, bool guard)
{
	bool no_access = !strncmp(vma->perms, "---", 3);

	if (!target_agrees(vma, page, word) ||
	    !soft_dirty_agrees(vma, page, word) || !hardware_agrees(page))
		return false;
	if (!(page->flags & F_UFFD_WP) != !(word & PM_UFFD_WP))
		return false;
	if (guard && !(page->flags & F_GUARD) != !(word & PM_GUARD))
		return false;
	/* Hinting faults are off, so nothing else takes access away. */
	if (page->state == PRESENT || page->state == PROTNONE)
		return no_access == (page->state == PROTNONE);
	return true;
}

static uint64_t compare_pagemap(const struct snapshot *snapshot)
{
	bool guard = pagemap_has_guard();
	uint64_t mismatches = 0, p;
	unsigned int i;

	for (i = 0; i < snapshot->nr; i++) {
		const struct vma *vma = &snapshot->vma[i];

		for (p = 0; p < vma_pages(vma); p++) {
			const struct page *page = &vma->pages[p];

			if (page_agrees(vma, page, vma->pagemap[p], guard))
				continue;
			mismatches++;
			complain("entries: 0x%lx %s %s raw 0x%lx pfn %ld "
				 "flags %x; pagemap 0x%lx, VMA %s %s",
				 (long)(vma->start + p * PAGE),
				 level_words[page->level],
				 state_words[page->state], (long)page->raw,
				 (long)page->pfn, page->flags,
				 (long)vma->pagemap[p], vma->perms, vma->name);
		}
	}
	return mismatches;
}

/* Without none=1 exactly the empty entries are missing. */
static uint64_t compare_not_none(struct snapshot *snapshot, uint64_t not_none)
{
	uint64_t mismatches = 0;
	struct table table;
	bool bad = false;

	if (table_ask(&table, "entries", "pid=%d", snapshot->pid))
		return 1;
	while (table_row(&table, &bad)) {
		uint64_t va = strtoull(table.field[0], NULL, 0);
		struct vma *vma = snapshot_vma(snapshot, va);
		struct page *page = vma ?
			&vma->pages[(va - vma->start) >> PAGE_SHIFT] : NULL;

		if (page && page->where == va && page->state != NONE &&
		    page->raw == strtoull(table.field[2], NULL, 0))
			continue;
		mismatches++;
		complain("entries: 0x%lx %s without none=1, raw 0x%lx with it",
			 (long)va, table.field[2], (long)(page ? page->raw : 0));
	}
	if (table.rows != not_none) {
		complain("entries: %lu rows, %lu with none=1 that are not empty",
			 (long)table.rows, (long)not_none);
		bad = true;
	}
	table_free(&table);
	return mismatches + bad;
}

uint64_t compare_entries(struct snapshot *snapshot)
{
	uint64_t not_none = 0;

	if (read_entries(snapshot, &not_none))
		return 1;
	/* Asked again, it costs as much as all else, and tells little more. */
	return compare_pagemap(snapshot) +
	       (not_none < FEW_ENTRIES ? compare_not_none(snapshot, not_none) :
					 0);
}

static bool record_agrees(struct snapshot *snapshot, struct cursor *cursor,
			  const struct record *record, bool none)
{
	uint64_t va = record->where & ~0xfffULL;
	unsigned int level = record->where >> 4 & 7;
	struct vma *vma = snapshot_vma(snapshot, va);
	struct page *page;

	if (!vma || level >= NO_LEVEL || record->where & 0xf80)
		return false;
	/* Without the empty ones there are gaps. */
	if (none && !cursor_take(cursor, va, entry_end(snapshot, vma, level, va)))
		return false;
	page = &vma->pages[(va - vma->start) >> PAGE_SHIFT];
	return page->where == va && page->level == level &&
	       page->state == (record->where & 0xf) &&
	       (none || page->state != NONE) && page->raw == record->entry;
}

static struct record *read_records(const struct snapshot *snapshot, bool none,
				   size_t *nr)
{
	struct record *record;
	char query[64];
	size_t len;
	int fd;

	snprintf(query, sizeof(query), "pid=%d none=%d", snapshot->pid, none);
	fd = view_open("entries_raw", query);
	record = fd < 0 ? NULL : (void *)read_fd(fd, 1 << 20, &len);
	if (fd >= 0)
		close(fd);
	*nr = record ? len / sizeof(*record) : 0;
	if (*nr >= 2 && !(len % sizeof(*record)) &&
	    record[0].where == RECORD_HEAD && record[0].entry == 1 &&
	    record[*nr - 1].where == RECORD_END && record[*nr - 1].entry == 1)
		return record;
	complain("entries_raw: no head or no complete end");
	free(record);
	return NULL;
}

/* How many entries the pages tell of, empty ones included or not. */
static uint64_t count_entries(const struct snapshot *snapshot, bool none)
{
	uint64_t count = 0, p;
	unsigned int i;

	for (i = 0; i < snapshot->nr; i++) {
		const struct vma *vma = &snapshot->vma[i];

		for (p = 0; p < vma_pages(vma); p++)
			count += vma->pages[p].where == vma->start + p * PAGE &&
				 (none || vma->pages[p].state != NONE);
	}
	return count;
}

static uint64_t compare_records(struct snapshot *snapshot, bool none)
{
	struct cursor cursor = { .snapshot = snapshot };
	uint64_t mismatches = 0;
	struct record *record;
	size_t i, nr;

	record = read_records(snapshot, none, &nr);
	if (!record)
		return 1;
	for (i = 1; i < nr - 1; i++) {
		if (record_agrees(snapshot, &cursor, &record[i], none))
			continue;
		complain("entries_raw: record %zu: 0x%lx 0x%lx", i,
			 (long)record[i].where, (long)record[i].entry);
		mismatches++;
	}
	if (nr - 2 != count_entries(snapshot, none)) {
		complain("entries_raw: %zu records, not %lu", nr - 2,
			 (long)count_entries(snapshot, none));
		mismatches++;
	}
	free(record);
	return mismatches;
}

uint64_t compare_entries_raw(struct snapshot *snapshot)
{
	return compare_records(snapshot, true) +
	       compare_records(snapshot, false);
}

/**
 * struct range - a row of `ranges`
 * @start: first address.
 * @end: first address behind.
 * @like: level, state, flags, and with detail=folio kind, order and shared.
 */
struct range {
	uint64_t start;
	uint64_t end;
	struct page like;
};

static bool parse_range(const struct table *table, struct range *range,
			bool folios)
{
	*range = (struct range){
		.start = strtoull(table->field[0], NULL, 0),
		.end = strtoull(table->field[1], NULL, 0),
		.like = {
			.level = parse_level(table->field[2]),
			.state = parse_state(table->field[3]),
			.flags = parse_flags(table->field[4]),
		},
	};
	if (folios) {
		range->like.kind = parse_kind(table->field[6]);
		if (range->like.kind != NO_KIND) {
			range->like.order = strtoul(table->field[7], NULL, 10);
			range->like.shared = strtoul(table->field[8], NULL, 10);
		} else if (strcmp(table->field[7], "-") ||
			   strcmp(table->field[8], "-")) {
			return false;
		}
	}
	return range->like.level != NO_LEVEL && range->like.state != NO_STATE &&
	       range->like.kind != BAD_KIND &&
	       !(range->like.flags & F_UNKNOWN) &&
	       (range->end - range->start) >> PAGE_SHIFT ==
	       strtoull(table->field[5], NULL, 10);
}

static bool ranges_equal(const struct range *a, const struct range *b)
{
	return a->end == b->start && a->like.level == b->like.level &&
	       a->like.state == b->like.state &&
	       a->like.flags == b->like.flags && a->like.kind == b->like.kind &&
	       a->like.order == b->like.order && a->like.shared == b->like.shared;
}

/* @flags: those that are compared. */
static uint64_t compare_range(struct vma *vma, const struct range *range,
			      uint64_t start, uint64_t end, uint32_t flags)
{
	uint64_t mismatches = 0, va;

	for (va = start; va < end; va += PAGE) {
		struct page *page = &vma->pages[(va - vma->start) >> PAGE_SHIFT];

		page->kind = range->like.kind;
		page->order = range->like.order;
		page->shared = range->like.shared;
		if (range->like.level == page->level &&
		    range->like.state == page->state &&
		    range->like.flags == (page->flags & flags))
			continue;
		mismatches++;
		complain("ranges: 0x%lx in %s %s flags %x; entry %s %s flags %x",
			 (long)va, level_words[range->like.level],
			 state_words[range->like.state], range->like.flags,
			 level_words[page->level], state_words[page->state],
			 page->flags);
	}
	return mismatches;
}

/* A row may go on into VMAs that begin where the one before ends. */
static uint64_t spread_range(struct snapshot *snapshot, struct cursor *cursor,
			     const struct range *range, uint32_t flags)
{
	uint64_t mismatches = 0, at = range->start;

	while (at < range->end) {
		struct vma *vma = snapshot_vma(snapshot, at);
		uint64_t end = range->end;

		if (vma && vma->end < end)
			end = vma->end;
		if (!vma || !cursor_take(cursor, at, end)) {
			complain("ranges: gap or overlap at 0x%lx-0x%lx",
				 (long)range->start, (long)range->end);
			return mismatches + 1;
		}
		mismatches += compare_range(vma, range, at, end, flags);
		at = end;
	}
	return mismatches;
}

static uint64_t read_ranges(struct snapshot *snapshot, const char *ignore,
			    bool folios)
{
	uint32_t ignored = *ignore ? parse_flags(ignore) : 0;
	struct cursor cursor = { .snapshot = snapshot };
	struct range range, last = {};
	uint64_t mismatches = 0;
	struct table table;
	bool bad = false;

	if (table_ask(&table, "ranges", "pid=%d detail=%s ignore=%s",
		      snapshot->pid, folios ? "folio" : "entry",
		      *ignore ? ignore : "-"))
		return 1;
	while (!bad && table_row(&table, &bad)) {
		if (!parse_range(&table, &range, folios)) {
			complain("ranges: bad row at 0x%lx", (long)range.start);
			bad = true;
			break;
		}
		/* Runs are as long as they can be. */
		if (table.rows > 1 && ranges_equal(&last, &range)) {
			complain("ranges: 0x%lx-0x%lx goes on the run before",
				 (long)range.start, (long)range.end);
			mismatches++;
		}
		last = range;
		if (mismatches < 1000)
			mismatches += spread_range(snapshot, &cursor, &range,
						   ~ignored);
	}
	if (!bad && !mismatches && !cursor_done(&cursor)) {
		complain("ranges: ends before the last VMA does");
		mismatches++;
	}
	table_free(&table);
	return mismatches + bad;
}

uint64_t compare_ranges(struct snapshot *snapshot, const char *ignore)
{
	return read_ranges(snapshot, ignore, false);
}

/* What kpageflags makes of a frame, and the VMA of what it says nothing of. */
static enum kind kind_of(struct frames *frames, const struct vma *vma,
			 const struct page *page)
{
	uint64_t size = 1ULL << frame_order(frames, page->pfn);
	/* Some kernels note in the first frame only what is so of all. */
	uint64_t flags = frame_flags(frames, page->pfn) |
			 frame_flags(frames, page->pfn & ~(size - 1));

	if (flags & 1ULL << KPF_HUGE)
		return HUGETLB;
	if (flags & 1ULL << KPF_ZERO_PAGE)
		return ZERO;
	/* Of the machine, not of memory that MM counts. */
	if (page->flags & F_SPECIAL)
		return PFNMAP;
	/* Else the sum of KSM's pages in smaps must do. */
	if (flags & 1ULL << KPF_KSM &&
	    (frames_know_ksm(frames) || page->kind == KSM))
		return KSM;
	if (flags & 1ULL << KPF_ANON)
		return ANON;
	/* The vDSO and its data have no file and no swap. */
	if (!vma->inode)
		return OTHER;
	return flags & 1ULL << KPF_SWAPBACKED ? SHMEM : FILE_KIND;
}

/* Of a huge page, some kernels say of all of it what is so of the first. */
static bool exclusive_agrees(struct frames *frames, const struct page *page,
			     uint64_t word)
{
	uint64_t first = page->pfn & ~(HUGE / PAGE - 1);

	if (page->shared == !(word & PM_EXCLUSIVE))
		return true;
	return page->level == PMD &&
	       (frame_count(frames, first) > 1) == !(word & PM_EXCLUSIVE);
}

static bool folio_agrees(struct frames *frames, const struct vma *vma,
			 const struct page *page, uint64_t word)
{
	enum kind kind;

	if (page->state != PRESENT && page->state != PROTNONE)
		return page->kind == NO_KIND;
	kind = kind_of(frames, vma, page);
	if (page->kind != kind)
		return false;
	if (kind == PFNMAP)
		return true;
	if (page->order != frame_order(frames, page->pfn) ||
	    page->shared != (frame_count(frames, page->pfn) > 1))
		return false;
	if (kind == ZERO)
		return !(word & PM_EXCLUSIVE);
	/* A PMD table of hugetlb that is shared counts as shared there. */
	if (kind == HUGETLB)
		return true;
	return !(word & PM_FILE) == (kind == ANON || kind == KSM) &&
	       exclusive_agrees(frames, page, word);
}

uint64_t compare_folios(struct snapshot *snapshot)
{
	uint64_t mismatches = read_ranges(snapshot, "", true), p;
	struct frames *frames;
	unsigned int i;

	if (mismatches)
		return mismatches;
	frames = frames_open();
	for (i = 0; i < snapshot->nr; i++) {
		const struct vma *vma = &snapshot->vma[i];

		for (p = 0; p < vma_pages(vma); p++) {
			const struct page *page = &vma->pages[p];

			if (folio_agrees(frames, vma, page, vma->pagemap[p]))
				continue;
			mismatches++;
			complain("ranges: 0x%lx pfn %ld is %s order %u shared "
				 "%u; kpageflags 0x%lx order %u kpagecount %lu "
				 "pagemap 0x%lx VMA %s",
				 (long)(vma->start + p * PAGE), (long)page->pfn,
				 kind_words[page->kind], page->order,
				 page->shared,
				 (long)frame_flags(frames, page->pfn),
				 frame_order(frames, page->pfn),
				 (long)frame_count(frames, page->pfn),
				 (long)vma->pagemap[p], vma->name);
		}
	}
	frames_close(frames);
	return mismatches;
}
