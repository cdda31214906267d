// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory/census and memory/pageblocks against /proc/kpageflags, frame by
 * frame.
 *
 * The machine is never quite still, so kpageflags is read before and after, and
 * what is compared are the parts of memory that were the same both times.
 * Rounds go on until every part has been found equal, or there is no hope.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame_flags.h"
#include "kselftest_harness.h"
#include "process_util.h"

/* Frames of one part, and rounds in which all parts must have been compared. */
#define PART		8192UL
#define ROUNDS		60

#define ORDERS		24

/* What kpageflags can tell apart. */
enum seen {
	SEEN_FREE, SEEN_SLAB, SEEN_ANON, SEEN_KSM, SEEN_HUGETLB, SEEN_ZERO,
	SEEN_PGTABLE, SEEN_OFFLINE, SEEN_REST, SEEN_KINDS
};

static const char *const seen_names[SEEN_KINDS] = {
	"free", "slab", "anon", "ksm", "hugetlb", "zero", "pgtable", "offline",
	"the rest"
};

/**
 * struct count - memory of a range
 * @pages: pages by what they are.
 * @heads: compound pages by what they are and by order.
 * @reserved: reserved pages that are nothing else.
 * @blank: frames without a flag.
 */
struct count {
	uint64_t pages[SEEN_KINDS];
	uint64_t heads[SEEN_KINDS][ORDERS];
	uint64_t reserved;
	uint64_t blank;
};

/* 6.12 sets KSM for every anonymous page: KSM cannot be told from those. */
static bool ksm_known;

static enum seen see(uint64_t flags)
{
	if (flags & KPF_BIT_BUDDY)
		return SEEN_FREE;
	if (flags & KPF_BIT_SLAB)
		return SEEN_SLAB;
	if (flags & KPF_BIT_HUGE)
		return SEEN_HUGETLB;
	if (flags & KPF_BIT_PGTABLE)
		return SEEN_PGTABLE;
	if (flags & KPF_BIT_OFFLINE)
		return SEEN_OFFLINE;
	if (flags & KPF_BIT_ZERO)
		return SEEN_ZERO;
	if (flags & KPF_BIT_KSM && ksm_known)
		return SEEN_KSM;
	return flags & KPF_BIT_ANON ? SEEN_ANON : SEEN_REST;
}

static unsigned int order_of(const uint64_t *flags, const uint64_t *end)
{
	const uint64_t *at = flags + 1;

	while (at < end && *at & KPF_BIT_TAIL)
		at++;
	return __builtin_ctzll(at - flags);
}

static void count_flags(struct count *count, const struct frames *frames,
			uint64_t first, uint64_t nr)
{
	const uint64_t *flags = frames->words + first;
	uint64_t i;

	*count = (struct count){};
	for (i = 0; i < nr; i++) {
		enum seen seen = see(flags[i]);

		if (!flags[i] || flags[i] & KPF_BIT_NOPAGE)
			count->blank++;
		count->pages[seen]++;
		if (seen == SEEN_REST && flags[i] & KPF_BIT_RESERVED)
			count->reserved++;
		if (flags[i] & KPF_BIT_HEAD)
			count->heads[seen][order_of(flags + i, frames->words +
						    frames->nr)]++;
	}
}

static enum seen seen_of(const char *kind)
{
	int i;

	for (i = 0; i < SEEN_REST; i++)
		if (!strcmp(kind, seen_names[i]))
			return i == SEEN_KSM && !ksm_known ? SEEN_ANON : i;
	return SEEN_REST;
}

/*
 * A file that stays open needs no more memory for its next answer than it has
 * from the one before, so that asking again changes no frames.
 */
static int ask_again(struct table *table, int fd, const char *query)
{
	ssize_t len = strlen(query);
	size_t size;
	char *text;

	if (write(fd, query, len) != len)
		return -1;
	text = read_fd(fd, 65536, &size);
	if (!text || !text_complete(text, size))
		return -1;
	return table_parse(table, text);
}

/* The answer of memory/census about some frames. */
static int count_census(struct count *count, int fd, uint64_t first,
			uint64_t nr)
{
	struct table table;
	char query[64];
	bool bad = false;

	*count = (struct count){};
	snprintf(query, sizeof(query), "pfn=%lu-%lu", first, first + nr - 1);
	if (ask_again(&table, fd, query))
		return -1;
	while (table_row(&table, &bad)) {
		enum seen seen = seen_of(table.field[0]);
		uint64_t pages = strtoull(table.field[3], NULL, 10);
		unsigned int order = atoi(table.field[1]);

		count->pages[seen] += pages;
		if (!strcmp(table.field[0], "reserved"))
			count->reserved += pages;
		if (order && seen != SEEN_FREE)
			count->heads[seen][order] +=
				strtoull(table.field[2], NULL, 10);
	}
	table_free(&table);
	return bad ? -1 : 0;
}

/*
 * Frames that are offline or are none have no row in the census, and no flag.
 * The memory map and memory of CPUs may be reserved, but are not so called.
 */
static bool counts_agree(const struct count *flags, const struct count *census,
			 uint64_t nr, bool loud)
{
	uint64_t counted = 0, absent;
	bool same;
	int i;

	for (i = 0; i < SEEN_KINDS; i++)
		counted += census->pages[i];
	absent = nr - counted;
	same = counted <= nr && absent <= flags->blank &&
	       census->reserved <= flags->reserved &&
	       census->pages[SEEN_REST] + absent == flags->pages[SEEN_REST];
	for (i = 0; i < SEEN_REST; i++)
		same &= census->pages[i] == flags->pages[i];
	same &= !memcmp(census->heads, flags->heads, sizeof(flags->heads));
	for (i = 0; i < SEEN_KINDS && loud; i++)
		complain("%s: %lu pages in the census, %lu in kpageflags",
			 seen_names[i], census->pages[i], flags->pages[i]);
	return same;
}

static struct frames before, after;

/* The flags that see() and is_movable() look at. */
#define LOOKED_AT	(KPF_BIT_LRU | KPF_BIT_SLAB | KPF_BIT_BUDDY | \
			 KPF_BIT_ANON | KPF_BIT_HEAD | KPF_BIT_TAIL | \
			 KPF_BIT_HUGE | KPF_BIT_NOPAGE | KPF_BIT_KSM | \
			 KPF_BIT_OFFLINE | KPF_BIT_ZERO | KPF_BIT_PGTABLE | \
			 KPF_BIT_RESERVED)

/*
 * Other flags of some pages change all the time, as that it was referenced.
 * 6.12 takes what a slab has in place of ->mapping for one, and calls some
 * slabs anonymous.
 */
static uint64_t looked_at(uint64_t flags)
{
	if (flags & KPF_BIT_SLAB)
		flags &= ~(KPF_BIT_ANON | KPF_BIT_KSM);
	return flags & LOOKED_AT;
}

static bool unchanged(uint64_t first, uint64_t nr)
{
	uint64_t i;

	for (i = first; i < first + nr; i++)
		if (looked_at(before.words[i]) != looked_at(after.words[i]))
			return false;
	return true;
}

/* Whether a part was the same before and after, and the census agrees. */
static bool part_agrees(int fd, uint64_t first, bool loud)
{
	struct count census, flags;

	frames_update(&before, "kpageflags", first, PART);
	if (count_census(&census, fd, first, PART))
		return false;
	frames_update(&after, "kpageflags", first, PART);
	if (!unchanged(first, PART)) {
		if (loud)
			complain("frames from %lu always change", first);
		return false;
	}
	count_flags(&flags, &before, first, PART);
	if (counts_agree(&flags, &census, PART, loud))
		return true;
	if (loud)
		complain("frames from %lu differ", first);
	return false;
}

/*
 * Calls @agrees for parts that have not agreed yet, in rounds.  Draining makes
 * CPUs fetch new free pages, which changes frames; so not before each.
 * Return: how many never agreed.
 */
static uint64_t compare_parts(int fd, bool (*agrees)(int fd, uint64_t first,
						     bool loud))
{
	uint64_t nr_parts = before.nr / PART, part, left = nr_parts;
	bool *done = calloc(nr_parts, sizeof(*done));
	int round;

	for (round = 0; round < ROUNDS && left; round++) {
		if (round % 4 == 0)
			frames_drain();
		for (part = 0; part < nr_parts; part++) {
			if (done[part])
				continue;
			done[part] = agrees(fd, part * PART,
					    round == ROUNDS - 1);
			left -= done[part];
		}
	}
	free(done);
	return left;
}

static bool find_ksm(void)
{
	static char page[4096] __attribute__((aligned(4096)));

	memset(page, 1, sizeof(page));
	ksm_known = !(frame_word(frame_of(page)) & KPF_BIT_KSM);
	return ksm_known;
}

FIXTURE(census) {
};

FIXTURE_SETUP(census)
{
	find_ksm();
	frames_read(&before, "kpageflags");
	frames_read(&after, "kpageflags");
}

FIXTURE_TEARDOWN(census)
{
	frames_free(&before);
	frames_free(&after);
}

TEST_F_TIMEOUT(census, agrees_with_kpageflags, 300)
{
	int fd = view_open("memory/census", NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, before.nr % PART);
	EXPECT_EQ(0, compare_parts(fd, part_agrees));
	close(fd);
}

/* Sums of /proc/buddyinfo by order. */
static void read_buddyinfo(uint64_t *blocks)
{
	size_t len;
	char *text = read_path("/proc/buddyinfo", &len), *line, *save;

	memset(blocks, 0, ORDERS * sizeof(*blocks));
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *at = strstr(line, "zone");
		int skip, order;

		if (!at || sscanf(at, "zone %*s%n", &skip) < 0)
			die("buddyinfo: %s", line);
		at += skip;
		for (order = 0; order < ORDERS; order++) {
			char *end;
			uint64_t nr = strtoull(at, &end, 10);

			if (end == at)
				break;
			blocks[order] += nr;
			at = end;
		}
	}
	free(text);
}

static int census_free(int fd, uint64_t *blocks)
{
	struct table table;
	bool bad = false;

	memset(blocks, 0, ORDERS * sizeof(*blocks));
	if (ask_again(&table, fd, "\n"))
		return -1;
	while (table_row(&table, &bad))
		if (!strcmp(table.field[0], "free"))
			blocks[atoi(table.field[1])] +=
				strtoull(table.field[2], NULL, 10);
	table_free(&table);
	return bad ? -1 : 0;
}

TEST_F_TIMEOUT(census, free_blocks_as_in_buddyinfo, 100)
{
	uint64_t first[ORDERS], ours[ORDERS], last[ORDERS];
	int fd = view_open("memory/census", NULL);
	int round, order;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, census_free(fd, ours));
	for (round = 0; round < ROUNDS; round++) {
		read_buddyinfo(first);
		ASSERT_EQ(0, census_free(fd, ours));
		read_buddyinfo(last);
		if (!memcmp(first, last, sizeof(first)) &&
		    !memcmp(first, ours, sizeof(first)))
			break;
	}
	for (order = 0; order < ORDERS; order++)
		EXPECT_EQ(first[order], ours[order]);
	close(fd);
}

/* Frames of a pageblock, from the first line of the view. */
static uint64_t block_pages;

/**
 * struct block - a row of memory/pageblocks
 * @pfn: first frame.
 * @free: pages in free lists.
 * @movable: movable pages.
 * @unmovable: pages in use that cannot be moved.
 * @pcp: pages in per-CPU lists.
 * @reserved: reserved pages.
 * @hole: frames without memory.
 * @longest: longest run of free pages.
 */
struct block {
	uint64_t pfn, free, movable, unmovable, pcp, reserved, hole, longest;
};

static struct block blocks[PART];

/* The answer of memory/pageblocks about a part.  Return: how many blocks. */
static uint64_t read_blocks(int fd, uint64_t first)
{
	struct table table;
	uint64_t nr = 0;
	char query[64];
	bool bad = false;

	snprintf(query, sizeof(query), "pfn=%lu-%lu", first, first + PART - 1);
	if (ask_again(&table, fd, query) ||
	    !line_number(table.head, "pages_per_block", &block_pages))
		die("memory/pageblocks %s", query);
	while (table_row(&table, &bad) && nr < PART)
		blocks[nr++] = (struct block){
			.pfn = table_number(&table, "pfn"),
			.free = table_number(&table, "free_pages"),
			.movable = table_number(&table, "movable_pages"),
			.unmovable = table_number(&table, "unmovable_pages"),
			.pcp = table_number(&table, "pcp_pages"),
			.reserved = table_number(&table, "reserved_pages"),
			.hole = table_number(&table, "hole_pages"),
			.longest = table_number(&table, "longest_free_pages"),
		};
	table_free(&table);
	return bad ? 0 : nr;
}

/*
 * What is on the LRU, anonymous or of hugetlb can be moved.  Pages of a driver
 * that knows how to move them can, too, but the test's machine has none.
 */
static bool is_movable(uint64_t pfn)
{
	if (looked_at(before.words[pfn]) & (KPF_BIT_HUGE | KPF_BIT_ANON))
		return true;
	/* 6.1 says LRU of the first page of a folio only. */
	while (before.words[pfn] & KPF_BIT_TAIL)
		pfn--;
	return before.words[pfn] & KPF_BIT_LRU;
}

/*
 * Page cache that still waits for the LRU in a list of some CPU: it has been
 * read, and is nothing else.  kpageflags cannot tell for sure.
 */
static bool may_be_movable(uint64_t flags)
{
	return flags & KPF_BIT_UPTODATE &&
	       !(flags & (KPF_BIT_LRU | KPF_BIT_BUDDY | KPF_BIT_SLAB |
			  KPF_BIT_PGTABLE | KPF_BIT_RESERVED | KPF_BIT_OFFLINE |
			  KPF_BIT_TAIL));
}

static bool block_agrees(const struct block *block, bool loud)
{
	const uint64_t *flags = before.words + block->pfn;
	struct block want = { .pfn = block->pfn };
	uint64_t i, run = 0, waiting = 0;

	for (i = 0; i < block_pages; i++) {
		bool is_free = flags[i] & KPF_BIT_BUDDY;

		want.free += is_free;
		if (is_movable(block->pfn + i))
			want.movable++;
		else
			waiting += may_be_movable(flags[i]);
		want.reserved += !!(flags[i] & KPF_BIT_RESERVED);
		run = is_free ? run + 1 : 0;
		want.longest = run > want.longest ? run : want.longest;
	}
	if (want.free == block->free && want.movable <= block->movable &&
	    block->movable <= want.movable + waiting &&
	    want.reserved == block->reserved &&
	    want.longest == block->longest &&
	    block->free + block->movable + block->unmovable + block->pcp +
	    block->reserved + block->hole == block_pages)
		return true;
	if (loud)
		complain("block %lu: %lu free, longest %lu, %lu movable, "
			 "%lu reserved; kpageflags: %lu, %lu, %lu, %lu",
			 block->pfn, block->free, block->longest,
			 block->movable, block->reserved, want.free,
			 want.longest, want.movable, want.reserved);
	return false;
}

/* Frames that are memory for sure: of these each is in some block. */
static uint64_t frames_between(uint64_t first, uint64_t end)
{
	uint64_t i, nr = 0;

	for (i = first; i < end; i++)
		nr += !!(before.words[i] & (KPF_BIT_LRU | KPF_BIT_SLAB |
					    KPF_BIT_BUDDY));
	return nr;
}

static bool blocks_agree(int fd, uint64_t first, bool loud)
{
	uint64_t nr, i, next = first, left_out = 0;
	bool agree = true;

	frames_update(&before, "kpageflags", first, PART);
	nr = read_blocks(fd, first);
	frames_update(&after, "kpageflags", first, PART);
	for (i = 0; i < nr; i++) {
		if (blocks[i].pfn < next ||
		    blocks[i].pfn + block_pages > first + PART)
			return false;
		left_out += frames_between(next, blocks[i].pfn);
		next = blocks[i].pfn + block_pages;
		if (!unchanged(blocks[i].pfn, block_pages)) {
			agree = false;
			if (loud)
				complain("block %lu always changes",
					 blocks[i].pfn);
			continue;
		}
		agree &= block_agrees(&blocks[i], loud);
	}
	left_out += frames_between(next, first + PART);
	if (left_out && loud)
		complain("%lu frames from %lu on are in no block", left_out,
			 first);
	return agree && !left_out;
}

TEST_F_TIMEOUT(census, pageblocks_agree_with_kpageflags, 300)
{
	int fd = view_open("memory/pageblocks", NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, before.nr % PART);
	ASSERT_LT(0, read_blocks(fd, 0));
	EXPECT_EQ(0, compare_parts(fd, blocks_agree));
	close(fd);
}

/*
 * Sums of a column of "Number of blocks type" in /proc/pagetypeinfo, which has
 * such a table for each node: a heading, and a line per zone.
 */
static uint64_t pagetypeinfo_blocks(const char *type)
{
	static const char heading[] = "Number of blocks type";
	char *text, *line, *save, *word, *words;
	int index = -1, i, skip;
	uint64_t sum = 0;
	size_t len;

	text = read_path("/proc/pagetypeinfo", &len);
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, heading, strlen(heading))) {
			word = strtok_r(line + strlen(heading), " ", &words);
			for (i = 0, index = -1; word;
			     i++, word = strtok_r(NULL, " ", &words))
				if (!strcasecmp(word, type))
					index = i;
			continue;
		}
		skip = 0;
		/* Lines of the tables above go on with "type". */
		if (index < 0 || strstr(line, "type") ||
		    sscanf(line, "Node %*d, zone %*s%n", &skip) < 0 || !skip)
			continue;
		for (line += skip, i = 0; i < index; i++)
			strtoull(line, &line, 10);
		sum += strtoull(line, NULL, 10);
	}
	free(text);
	return sum;
}

TEST_F_TIMEOUT(census, block_types_as_in_pagetypeinfo, 300)
{
	static const char *const types[] = {
		"unmovable", "movable", "reclaimable", "highatomic", "isolate"
	};
	uint64_t ours[ARRAY_LEN(types)], want[ARRAY_LEN(types)];
	struct table table;
	bool bad = false, same;
	int round, i;

	for (round = 0, same = false; round < ROUNDS && !same; round++) {
		memset(ours, 0, sizeof(ours));
		ASSERT_EQ(0, table_ask(&table, "memory/pageblocks", "\n"));
		while (table_row(&table, &bad))
			for (i = 0; i < ARRAY_LEN(types); i++)
				ours[i] += !strcmp(table.field[3], types[i]);
		table_free(&table);
		ASSERT_FALSE(bad);
		for (i = 0, same = true; i < ARRAY_LEN(types); i++) {
			want[i] = pagetypeinfo_blocks(types[i]);
			same &= want[i] == ours[i];
		}
	}
	for (i = 0; i < ARRAY_LEN(types); i++)
		EXPECT_EQ(want[i], ours[i]);
	EXPECT_LT(0, want[1]);
}

TEST_HARNESS_MAIN
