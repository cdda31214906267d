// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/alloc against /proc/buddyinfo and /proc/kpageflags: what it takes, from
 * where, and that all of it comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "buddy_util.h"
#include "frame_flags.h"
#include "lab_util.h"

/* Memory changes under the test; so often it is tried until it does not. */
#define TRIES		200
#define BLOCKS_MAX	4096

enum { BEFORE, DURING, AFTER, SHOTS };

/**
 * struct answer - what lab/alloc says
 * @lists: free blocks of each moment; ~0 where it does not say.
 * @pfn: the blocks.
 * @source: order that each was split from.
 * @zone: index of its zone.
 * @nr: number of blocks.
 * @unknown: of these, it is not known where they came from.
 * @cpu: of these, that came from a per-CPU list.
 * @bad: rows that are not as they should be.
 */
static struct answer {
	uint64_t lists[SHOTS][ZONES_MAX][ORDERS_MAX];
	uint64_t pfn[BLOCKS_MAX];
	uint64_t source[BLOCKS_MAX];
	unsigned int zone[BLOCKS_MAX];
	unsigned int nr;
	unsigned int unknown;
	unsigned int cpu;
	unsigned int bad;
} answer;

static struct buddy before, after;

static unsigned int zone_of(const struct table *table)
{
	return buddy_find(&before, table_number(table, "node"),
			  table_word(table, "zone")) - before.zone;
}

static void take_list(const struct table *table)
{
	static const char *const columns[SHOTS] = {
		"before_blocks", "during_blocks", "after_blocks",
	};
	unsigned int i, order = table_number(table, "order");

	for (i = 0; i < SHOTS; i++) {
		uint64_t *sum = &answer.lists[i][zone_of(table)][order];

		if (!strcmp(table_word(table, columns[i]), "-"))
			*sum = ~0ULL;
		else
			*sum += table_number(table, columns[i]);
	}
}

static void take_block(const struct table *table, unsigned int order)
{
	const char *source = table_word(table, "source");
	uint64_t pfn = table_number(table, "pfn");

	if (answer.nr == BLOCKS_MAX)
		die("too many blocks");
	answer.bad += table_number(table, "order") != order ||
		      pfn & ((1ULL << order) - 1);
	answer.unknown += !strcmp(source, "-");
	answer.cpu += !strcmp(source, "pcp") || !strcmp(source, "refill");
	answer.source[answer.nr] = table_number(table, "from_order");
	answer.zone[answer.nr] = zone_of(table);
	answer.pfn[answer.nr++] = pfn;
}

static void read_answer(int fd, unsigned int order)
{
	struct table table;
	bool bad = false;

	memset(&answer, 0, sizeof(answer));
	lab_answer(fd, &table);
	while (table_row(&table, &bad)) {
		if (!strcmp(table_word(&table, "what"), "list"))
			take_list(&table);
		else
			take_block(&table, order);
	}
	answer.bad += bad;
	table_free(&table);
}

static bool lists_are(const struct buddy *buddy, unsigned int shot)
{
	unsigned int i, order;

	for (i = 0; i < buddy->nr; i++)
		for (order = 0; order < buddy->orders; order++)
			if (answer.lists[shot][i][order] !=
			    buddy->zone[i].all[order])
				return false;
	return true;
}

/* Runs until nobody else has changed the free lists meanwhile. */
static bool run_quietly(int fd, unsigned int order, unsigned int count,
			bool hold)
{
	char query[64];
	int i;

	snprintf(query, sizeof(query), "order=%u count=%u hold=%d", order,
		 count, hold);
	for (i = 0; i < TRIES; i++) {
		if (lab_run(fd, "order=0"))
			die("lab/alloc: %s", strerror(errno));
		buddy_read_proc(&before);
		if (lab_run(fd, query))
			die("lab/alloc: %s", strerror(errno));
		buddy_read_proc(&after);
		read_answer(fd, order);
		if (lists_are(&before, BEFORE) &&
		    lists_are(&after, hold ? DURING : AFTER) && !answer.unknown)
			return true;
	}
	return false;
}

static uint64_t pages_of(const struct buddy *buddy)
{
	uint64_t pages = 0;
	unsigned int order;

	for (order = 0; order < buddy->orders; order++)
		pages += buddy_sum(buddy, order) << order;
	return pages;
}

/* Whether the blocks' own rows lead from the first lists to the second. */
static bool sources_add_up(unsigned int order)
{
	unsigned int i, j;

	for (i = 0; i < answer.nr; i++) {
		uint64_t *lists = answer.lists[BEFORE][answer.zone[i]];

		lists[answer.source[i]]--;
		for (j = order; j < answer.source[i]; j++)
			lists[j]++;
	}
	return !memcmp(answer.lists[BEFORE], answer.lists[DURING],
		       sizeof(answer.lists[DURING]));
}

static unsigned int free_heads(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < answer.nr; i++)
		nr += !!(frame_word(answer.pfn[i]) & KPF_BIT_BUDDY);
	return nr;
}

FIXTURE(alloc) {
	int fd;
	unsigned int top;
};

FIXTURE_SETUP(alloc)
{
	self->fd = lab_open("alloc");
	buddy_read_proc(&before);
	/* Largest order: such a block is in no per-CPU list, nor merged. */
	self->top = before.orders - 1;
}

FIXTURE_TEARDOWN(alloc)
{
	lab_limit("alloc", "\n");
	close(self->fd);
}

/* What is held is gone from the free lists, and nothing else. */
TEST_F_TIMEOUT(alloc, held, 300)
{
	uint64_t taken = 0;
	unsigned int i;

	/* In the midst of a run somebody may have filled a per-CPU list. */
	for (i = 0; i < TRIES && taken != 20UL << self->top; i++) {
		ASSERT_TRUE(run_quietly(self->fd, self->top, 20, true));
		taken = pages_of(&before) - pages_of(&after);
	}
	EXPECT_EQ(20UL << self->top, taken);
	EXPECT_EQ(20, answer.nr);
	EXPECT_EQ(0, answer.bad);
	EXPECT_EQ(0, free_heads());
	EXPECT_TRUE(lab_state_is("alloc", "holding"));
	EXPECT_EQ(getpid(), lab_status("alloc", "pid"));
	EXPECT_EQ(20UL << self->top, lab_status("alloc", "held_pages"));
	/* The next run gives it back. */
	ASSERT_EQ(0, lab_run(self->fd, "order=0"));
	EXPECT_EQ(20, free_heads());
	EXPECT_TRUE(lab_state_is("alloc", "idle"));
}

/* Free blocks of the migratetype that the lab asks for. */
static unsigned int own_blocks(const struct buddy *buddy, unsigned int order)
{
	unsigned int i, nr = 0, type = buddy_type(buddy, "unmovable");

	for (i = 0; i < buddy->nr; i++)
		nr += buddy->zone[i].blocks[order][type];
	return nr;
}

/*
 * Orders that no per-CPU list has.  More blocks are taken than there are of the
 * order and type, so that larger ones have to be split.
 */
TEST_F_TIMEOUT(alloc, splitting, 300)
{
	unsigned int order, splits, count, i;
	bool add_up;

	for (order = 4; order < 9; order++) {
		/* Others may have taken or given something during the run. */
		for (i = add_up = 0; i < TRIES && !add_up; i++) {
			buddy_read_proc(&before);
			count = own_blocks(&before, order) + 20;
			ASSERT_GT(BLOCKS_MAX, count);
			ASSERT_TRUE(run_quietly(self->fd, order, count, true));
			add_up = sources_add_up(order);
		}
		EXPECT_TRUE(add_up);
		EXPECT_EQ(count, answer.nr);
		EXPECT_EQ(0, answer.bad);
		EXPECT_EQ(0, answer.cpu);
		for (i = splits = 0; i < answer.nr; i++)
			splits += answer.source[i] > order;
		EXPECT_LT(0, splits);
	}
}

/* Given back at once, all is merged again. */
TEST_F_TIMEOUT(alloc, merging, 300)
{
	bool merged = false;
	unsigned int i;

	for (i = 0; i < TRIES && !merged; i++) {
		ASSERT_TRUE(run_quietly(self->fd, 5, 64, false));
		merged = !memcmp(answer.lists[BEFORE], answer.lists[AFTER],
				 sizeof(answer.lists[AFTER]));
	}
	EXPECT_TRUE(merged);
	EXPECT_EQ(64, answer.nr);
	EXPECT_NE(0, memcmp(answer.lists[BEFORE], answer.lists[DURING],
			    sizeof(answer.lists[DURING])));
	EXPECT_TRUE(lab_state_is("alloc", "idle"));
	EXPECT_EQ(0, lab_status("alloc", "held_pages"));
}

/* However the holder ends. */
TEST_F_TIMEOUT(alloc, given_back, 300)
{
	int fd = lab_open("alloc");

	ASSERT_TRUE(run_quietly(fd, self->top, 8, true));
	EXPECT_EQ(0, free_heads());
	close(fd);
	EXPECT_EQ(8, free_heads());
}

TEST_F_TIMEOUT(alloc, killed, 300)
{
	char query[64], byte;
	struct table table;
	bool bad = false;
	size_t len;
	int ready;
	pid_t pid;

	snprintf(query, sizeof(query), "order=%u count=8 hold=1", self->top);
	pid = lab_child("alloc", query, false, &ready);
	ASSERT_EQ(1, read(ready, &byte, 1));
	EXPECT_EQ(EBUSY, lab_run(self->fd, "order=0"));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "mmscope", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(pid, lab_status("alloc", "pid"));
	/* What it holds is in `result`. */
	ASSERT_EQ(0, table_parse(&table, read_path(LAB "alloc/result", &len)));
	memset(&answer, 0, sizeof(answer));
	while (table_row(&table, &bad))
		if (!strcmp(table_word(&table, "what"), "block"))
			take_block(&table, self->top);
	table_free(&table);
	EXPECT_EQ(8, answer.nr);
	EXPECT_EQ(0, free_heads());
	end_process(pid);
	EXPECT_EQ(8, free_heads());
	EXPECT_TRUE(lab_state_is("alloc", "idle"));
	close(ready);
}

/* In the midst of it, again and again. */
TEST_F_TIMEOUT(alloc, killed_at_work, 300)
{
	uint64_t done = 0;
	int i, ready;

	for (i = 0; i < 20; i++) {
		pid_t pid = lab_child("alloc", "count=65536", true, &ready);
		char byte;

		ASSERT_EQ(1, read(ready, &byte, 1));
		while (!lab_state_is("alloc", "running") ||
		       lab_status("alloc", "done") <= done % 60000)
			;
		done += 3001;
		end_process(pid);
		close(ready);
		ASSERT_TRUE(lab_state_is("alloc", "idle"));
		EXPECT_EQ(0, lab_status("alloc", "held_pages"));
	}
}

/* Zones with memory, of which less is free than their high watermark. */
static unsigned int zones_short(void)
{
	char *text = read_path("/proc/zoneinfo", NULL), *line, *save = NULL;
	uint64_t left = 0, high = 0, pages;
	unsigned int nr = 0;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, " pages free %lu", &pages) == 1)
			left = pages;
		else if (sscanf(line, " high %lu", &pages) == 1)
			high = pages;
		/* The last of a zone's. */
		else if (sscanf(line, " managed %lu", &pages) == 1)
			nr += pages && left < high;
	}
	free(text);
	return nr;
}

/* The kernel never gets short of memory by it. */
TEST_F_TIMEOUT(alloc, watermark, 300)
{
	char query[64], stopped[32];
	uint64_t kills = oom_kills();
	struct table table;
	bool bad = false;

	ASSERT_EQ(0, lab_limit("alloc", "max_pages=0xffffffffffffffff"));
	snprintf(query, sizeof(query), "order=%u count=65536 hold=1",
		 self->top);
	ASSERT_EQ(0, lab_run(self->fd, query));
	lab_answer(self->fd, &table);
	while (table_row(&table, &bad))
		;
	ASSERT_TRUE(line_key(table.end, "stopped", stopped, sizeof(stopped)));
	EXPECT_TRUE(!strcmp(stopped, "watermark") ||
		    !strcmp(stopped, "no_memory"));
	table_free(&table);
	EXPECT_EQ(0, zones_short());
	ASSERT_EQ(0, lab_run(self->fd, "order=0"));
	EXPECT_FALSE(bad);
	EXPECT_EQ(kills, oom_kills());
}

/* What cannot be is refused, and says why. */
TEST_F(alloc, refused)
{
	static const struct lab_wrong wrong[] = {
		{ "order=99", ERANGE }, { "count=0", ERANGE },
		{ "count=65537", ERANGE }, { "gfp=none", EINVAL },
		{ "order=1 order=1", EINVAL }, { "pid=1", EINVAL },
		{ "hold=2", ERANGE }, { "order=", EINVAL },
	};

	EXPECT_TRUE(lab_refuses(self->fd, wrong, ARRAY_LEN(wrong)));
	ASSERT_EQ(0, lab_run(self->fd, "order=2 count=3"));
	EXPECT_EQ(ENXIO, lab_run(self->fd, "node=1000"));
	EXPECT_TRUE(lab_refused("alloc", "no-such-node"));
	EXPECT_EQ(EINVAL, lab_limit("alloc", "max=1"));
	ASSERT_EQ(0, lab_limit("alloc", "max_pages=8"));
	EXPECT_EQ(ENOSPC, lab_run(self->fd, "order=2 count=3"));
	EXPECT_TRUE(lab_refused("alloc", "over-limit"));
	EXPECT_EQ(0, lab_run(self->fd, "order=2 count=2"));
	EXPECT_TRUE(lab_refused("alloc", "-"));
}

/* One answer at a time: a descriptor's own, and the last for all. */
TEST_F(alloc, answers)
{
	int other = open(LAB "alloc/result", O_RDONLY | O_CLOEXEC);
	struct table table;
	uint64_t count;
	size_t len;
	char *text;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, lab_run(self->fd, "order=1 count=7"));
	/* It was opened before. */
	text = read_fd(other, 64, &len);
	EXPECT_EQ(NULL, strstr(text, " count=7 "));
	free(text);
	close(other);
	ASSERT_EQ(0, table_parse(&table, read_path(LAB "alloc/result", &len)));
	ASSERT_TRUE(line_number(table.head, "count", &count));
	EXPECT_EQ(7, count);
	table_free(&table);
	EXPECT_EQ(EINVAL, lab_run(self->fd, "count"));
	lab_answer(self->fd, &table);
	ASSERT_TRUE(line_number(table.head, "count", &count));
	EXPECT_EQ(7, count);
	table_free(&table);
}

TEST_HARNESS_MAIN
