// SPDX-License-Identifier: GPL-2.0-only
/* buddy/freelists against /proc/pagetypeinfo and /proc/buddyinfo. */

#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"
#include "buddy_util.h"
#include "process_util.h"

/* Where /proc/pagetypeinfo stops counting. */
#define PROC_STOPS	100000
#define BLOCKS		200000
#define SNAPSHOTS	1000

/**
 * struct snapshot - one answer
 * @buddy: the free blocks; the migratetypes are those of @kernel.
 * @kernel: what the kernel has: names and order of zones and migratetypes.
 * @rows: rows.
 * @sure: zones of which every row says that it is verified.
 * @unsure: zones of which every row says that it is not.
 * @about: rows whose number is an estimate.
 * @verified: what the last line says.
 * @holds: the same.
 * @ok: the answer is well-formed.
 */
struct snapshot {
	struct buddy buddy;
	const struct buddy *kernel;
	unsigned int rows, sure, unsure, about;
	uint64_t verified, holds;
	bool ok;
};

static struct buddy kernel;
static struct snapshot ours;

/* Row by row; zones and orders come in the order of the kernel's own files. */
static bool take_row(struct snapshot *to, struct table *table)
{
	unsigned int order, type;
	struct buddy_zone *zone;
	uint64_t blocks;

	zone = buddy_find(&to->buddy,
			  atoi(table->field[table_column(table, "node")]),
			  table->field[table_column(table, "zone")]);
	order = atoi(table->field[table_column(table, "order")]);
	type = buddy_type(to->kernel,
			  table->field[table_column(table, "type")]);
	if (order >= to->kernel->orders)
		return false;
	blocks = strtoull(table->field[table_column(table, "blocks")], NULL,
			  10);
	/* Each row once: a list that was written before is not zero. */
	zone->more[order][type] = true;
	zone->blocks[order][type] += blocks;
	zone->all[order] += blocks;
	to->about += !strcmp(table->field[table_column(table, "how")], "about");
	return true;
}

static void take_snapshot(void *context)
{
	struct snapshot *to = context;
	unsigned int unverified = 0, per_zone, i;
	struct table table;
	bool bad = false;

	*to = (struct snapshot){ .kernel = to->kernel };
	to->buddy = *to->kernel;
	for (i = 0; i < to->buddy.nr; i++) {
		memset(to->buddy.zone[i].blocks, 0,
		       sizeof(to->buddy.zone[i].blocks));
		memset(to->buddy.zone[i].more, 0,
		       sizeof(to->buddy.zone[i].more));
		memset(to->buddy.zone[i].all, 0, sizeof(to->buddy.zone[i].all));
	}
	per_zone = to->kernel->orders * to->kernel->types;
	if (table_ask(&table, "buddy/freelists", "%s", "") < 0)
		return;
	while (table_row(&table, &bad)) {
		if (!take_row(to, &table))
			bad = true;
		unverified += atoi(table.field[table_column(&table,
							    "verified")]) != 1;
		if (++to->rows % per_zone)
			continue;
		to->sure += !unverified;
		to->unsure += unverified == per_zone;
		unverified = 0;
	}
	to->ok = !bad && line_number(table.end, "verified", &to->verified) &&
		 line_number(table.end, "holds", &to->holds);
	table_free(&table);
}

/* Every list has a row, and what is in it is what the kernel says. */
static void expect_same(struct __test_metadata *_metadata)
{
	unsigned int i, order, type;

	for (i = 0; i < kernel.nr; i++) {
		const struct buddy_zone *a = &kernel.zone[i];
		const struct buddy_zone *b = &ours.buddy.zone[i];

		for (order = 0; order < kernel.orders; order++) {
			EXPECT_EQ(a->all[order], b->all[order]);
			for (type = 0; type < kernel.types; type++) {
				EXPECT_TRUE(b->more[order][type]);
				if (a->more[order][type]) {
					EXPECT_LE(a->blocks[order][type],
						  b->blocks[order][type]);
				} else {
					EXPECT_EQ(a->blocks[order][type],
						  b->blocks[order][type]);
				}
			}
		}
	}
}

static void expect_sure(struct __test_metadata *_metadata)
{
	EXPECT_TRUE(ours.ok);
	EXPECT_EQ(kernel.nr * kernel.orders * kernel.types, ours.rows);
	EXPECT_EQ(1, ours.verified);
	EXPECT_EQ(kernel.nr, ours.sure);
	EXPECT_EQ(0, ours.about);
}

FIXTURE(lists) {
};

FIXTURE_SETUP(lists)
{
	buddy_read_proc(&kernel);
	ours.kernel = &kernel;
}

/* A test that has failed may have left its pieces, and its settings. */
FIXTURE_TEARDOWN(lists)
{
	pieces_free();
}

TEST_F_TIMEOUT(lists, idle, 120)
{
	ASSERT_TRUE(buddy_quiet(&kernel, take_snapshot, &ours));
	expect_sure(_metadata);
	expect_same(_metadata);
}

/* More blocks in one list than the kernel's own file counts. */
TEST_F_TIMEOUT(lists, many_blocks, 300)
{
	unsigned int i, type, more = 0;

	ASSERT_TRUE(pieces_make(BLOCKS));
	ASSERT_TRUE(buddy_quiet(&kernel, take_snapshot, &ours));
	pieces_free();
	expect_sure(_metadata);
	expect_same(_metadata);
	EXPECT_LE(BLOCKS, buddy_sum(&ours.buddy, 0));
	type = buddy_type(&kernel, "movable");
	for (i = 0; i < kernel.nr; i++)
		if (kernel.zone[i].more[0][type]) {
			more++;
			EXPECT_LT(PROC_STOPS, ours.buddy.zone[i].blocks[0][type]);
		}
	EXPECT_LT(0, more);
}

/*
 * Two lists of one order, each too long for one hold of the lock.  Memory of
 * users and of the kernel has to be in one zone for that: how much of the first
 * it takes depends on what is free where.
 */
TEST_F_TIMEOUT(lists, two_long_lists, 300)
{
	uint64_t blocks, holds = 1;
	bool quiet;

	for (blocks = BLOCKS / 4; blocks <= BLOCKS && holds == 1; blocks *= 2) {
		ASSERT_TRUE(pieces_make(blocks));
		ASSERT_TRUE(kernel_pieces_make());
		quiet = buddy_quiet(&kernel, take_snapshot, &ours);
		kernel_pieces_free();
		pieces_free();
		ASSERT_TRUE(quiet);
		expect_sure(_metadata);
		expect_same(_metadata);
		holds = ours.holds;
	}
	EXPECT_LT(1, holds);
}

/* The answer says of each zone whether it is sure, and most often it is. */
TEST_F_TIMEOUT(lists, load, 300)
{
	unsigned int i, wrong = 0, sure = 0, changed = 0;
	static struct buddy before;

	load_start();
	for (i = 0; i < SNAPSHOTS; i++) {
		load_wait();
		take_snapshot(&ours);
		if (!ours.ok || ours.sure + ours.unsure != kernel.nr ||
		    ours.verified != (ours.sure == kernel.nr) ||
		    (ours.about && ours.verified))
			wrong++;
		sure += ours.verified;
		changed += !!memcmp(&before, &ours.buddy, sizeof(before));
		before = ours.buddy;
	}
	load_end();
	EXPECT_EQ(0, wrong);
	EXPECT_LE(SNAPSHOTS * 99 / 100, sure);
	/* The load is one. */
	EXPECT_LE(SNAPSHOTS / 2, changed);
	TH_LOG("%u of %u snapshots verified, %u different from the one before",
	       sure, SNAPSHOTS, changed);
}

TEST_HARNESS_MAIN
