// SPDX-License-Identifier: GPL-2.0-only
/* buddy/pcp against /proc/zoneinfo. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "process_util.h"

#define PAGE		4096UL
#define SETS_MAX	512
#define TRIES		500
#define FREED		64
/* Pages on their way to the LRU lists stay for a while: PAGEVEC_SIZE. */
#define KEPT		31

/**
 * struct set - what one CPU keeps of one zone
 * @node: node of the zone.
 * @zone: its name.
 * @cpu: the CPU.
 * @count: pages.
 * @high: how many it may keep.
 * @batch: how many it takes at a time.
 * @types: pages by migratetype.
 * @orders: pages by order.
 * @thp: pages in lists for huge pages.
 * @verified: what the answer says.
 */
struct set {
	int node;
	char zone[16];
	int cpu;
	long count;
	long high;
	long batch;
	long types[3];
	long orders[4];
	long thp;
	int verified;
};

struct sets {
	unsigned int nr;
	struct set set[SETS_MAX];
};

static struct sets theirs, ours;

static void read_theirs(struct sets *sets)
{
	char *text, *next, *line, zone[16] = "";
	struct set *set = NULL;
	int node = -1, cpu;
	long value;
	size_t len;

	memset(sets, 0, sizeof(*sets));
	next = text = read_path("/proc/zoneinfo", &len);
	while ((line = strsep(&next, "\n"))) {
		if (sscanf(line, "Node %d, zone %15s", &node, zone) == 2)
			set = NULL;
		if (sscanf(line, " cpu: %d", &cpu) == 1) {
			if (sets->nr == SETS_MAX)
				die("too many CPUs");
			set = &sets->set[sets->nr++];
			set->node = node;
			set->cpu = cpu;
			strcpy(set->zone, zone);
		}
		if (!set)
			continue;
		if (sscanf(line, " count: %ld", &value) == 1)
			set->count = value;
		if (sscanf(line, " high: %ld", &value) == 1)
			set->high = value;
		if (sscanf(line, " batch: %ld", &value) == 1)
			set->batch = value;
	}
	free(text);
}

static void take_row(const struct table *table)
{
	struct set *set = &ours.set[ours.nr++];

	if (ours.nr == SETS_MAX)
		die("too many rows");
	set->node = table_number(table, "node");
	snprintf(set->zone, sizeof(set->zone), "%s",
		 table->field[table_column(table, "zone")]);
	set->cpu = table_number(table, "cpu");
	set->count = table_number(table, "count_pages");
	set->high = table_number(table, "high_pages");
	set->batch = table_number(table, "batch_pages");
	set->types[0] = table_number(table, "unmovable_pages");
	set->types[1] = table_number(table, "movable_pages");
	set->types[2] = table_number(table, "reclaimable_pages");
	set->orders[0] = table_number(table, "order0_pages");
	set->orders[1] = table_number(table, "order1_pages");
	set->orders[2] = table_number(table, "order2_pages");
	set->orders[3] = table_number(table, "order3_pages");
	set->thp = table_number(table, "thp_pages");
	set->verified = table_number(table, "verified");
}

static bool read_ours(void)
{
	struct table table;
	bool bad = false;

	memset(&ours, 0, sizeof(ours));
	if (table_ask(&table, "buddy/pcp", "%s", "") < 0)
		return false;
	while (table_row(&table, &bad))
		take_row(&table);
	table_free(&table);
	return !bad;
}

/* Ours between two readings of theirs that agree. */
static bool quiet(void)
{
	static struct sets after;
	unsigned int try;

	for (try = 0; try < TRIES; try++) {
		read_theirs(&theirs);
		if (!read_ours())
			return false;
		read_theirs(&after);
		if (!memcmp(&theirs, &after, sizeof(after)))
			return true;
	}
	return false;
}

TEST(idle)
{
	unsigned int i;
	long pages = 0;

	ASSERT_TRUE(quiet());
	ASSERT_EQ(theirs.nr, ours.nr);
	for (i = 0; i < ours.nr; i++) {
		EXPECT_EQ(theirs.set[i].node, ours.set[i].node);
		EXPECT_STREQ(theirs.set[i].zone, ours.set[i].zone);
		EXPECT_EQ(theirs.set[i].cpu, ours.set[i].cpu);
		EXPECT_EQ(theirs.set[i].count, ours.set[i].count);
		EXPECT_EQ(theirs.set[i].high, ours.set[i].high);
		EXPECT_EQ(theirs.set[i].batch, ours.set[i].batch);
		pages += ours.set[i].count;
	}
	EXPECT_LT(0, pages);
}

static bool all_verified(void)
{
	unsigned int i;

	for (i = 0; i < ours.nr; i++)
		if (!ours.set[i].verified)
			return false;
	return true;
}

TEST(adds_up)
{
	unsigned int i, k, try;

	/*
	 * A row is not verified if its lock would be held for too long, as by a
	 * CPU that the host does not let run.
	 */
	for (try = 0; try < TRIES; try++) {
		ASSERT_TRUE(read_ours());
		if (all_verified())
			break;
	}
	for (i = 0; i < ours.nr; i++) {
		const struct set *set = &ours.set[i];
		long types = 0, orders = 0;

		for (k = 0; k < 3; k++)
			types += set->types[k];
		for (k = 0; k < 4; k++) {
			orders += set->orders[k];
			EXPECT_EQ(0, set->orders[k] % (1 << k));
		}
		EXPECT_EQ(set->count, types + set->thp);
		EXPECT_EQ(set->count, orders + set->thp);
		EXPECT_EQ(1, set->verified);
	}
}

/* Movable and single pages that CPU 0 keeps, of all zones. */
static bool kept(long *movable, long *single)
{
	unsigned int i;

	if (!read_ours())
		return false;
	*movable = *single = 0;
	for (i = 0; i < ours.nr; i++)
		if (!ours.set[i].cpu) {
			*movable += ours.set[i].types[1];
			*single += ours.set[i].orders[0];
		}
	return true;
}

/* Pages of a process that are given back go to the lists of its CPU. */
TEST(given_back)
{
	long movable[2], single[2];
	bool arrived = false;
	unsigned int try;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	/* Full lists pass on what they have. */
	for (try = 0; try < TRIES && !arrived; try++) {
		char *at = mmap(NULL, FREED * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		ASSERT_NE(MAP_FAILED, at);
		ASSERT_EQ(0, small_pages(at, FREED * PAGE));
		memset(at, 1, FREED * PAGE);
		ASSERT_TRUE(kept(&movable[0], &single[0]));
		munmap(at, FREED * PAGE);
		ASSERT_TRUE(kept(&movable[1], &single[1]));
		arrived = movable[1] - movable[0] >= FREED - KEPT &&
			  single[1] - single[0] >= FREED - KEPT;
	}
	EXPECT_TRUE(arrived);
}

TEST_HARNESS_MAIN
