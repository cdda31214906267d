// SPDX-License-Identifier: GPL-2.0-only
/* buddy/fragmentation against debugfs extfrag, and against what comes true. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "buddy_util.h"
#include "extfrag.h"
#include "process_util.h"
#include "settings.h"

#define TRIES		1000
#define COMPACTIONS	10
#define ATTEMPTS	5
#define PIECES		100000
#define HUGE_ORDER	9
#define HUGE_SIZE	(4096UL << HUGE_ORDER)
#define WORD_MAX	20

/**
 * struct row - what there is about an order of a zone
 * @unusable: the index, in thousandths.
 * @extfrag: the same.
 * @suitable: blocks of the order that the free blocks could be split into.
 * @largest: the largest order of a free block; -1 if there is none.
 * @movable: what becomes of an allocation.
 * @movable_why: why.
 * @unmovable: what becomes of an allocation by the kernel.
 * @unmovable_why: why.
 */
struct row {
	int unusable;
	int extfrag;
	uint64_t suitable;
	int largest;
	char movable[WORD_MAX];
	char movable_why[WORD_MAX];
	char unmovable[WORD_MAX];
	char unmovable_why[WORD_MAX];
};

/**
 * struct zone_rows - the orders of a zone
 * @node: its node.
 * @name: its name.
 * @orders: how many orders.
 * @row: they.
 */
struct zone_rows {
	int node;
	char name[16];
	unsigned int orders;
	struct row row[ORDERS_MAX];
};

struct rows {
	unsigned int nr;
	struct zone_rows zone[ZONES_MAX];
};

static struct rows theirs, ours;

static void read_index(const char *file, bool extfrag)
{
	static struct extfrag_zone zones[ZONES_MAX];
	unsigned int i, order;

	theirs.nr = extfrag_read(file, zones);
	for (i = 0; i < theirs.nr; i++) {
		struct zone_rows *to = &theirs.zone[i];

		to->node = zones[i].node;
		snprintf(to->name, sizeof(to->name), "%s", zones[i].name);
		to->orders = zones[i].orders;
		for (order = 0; order < to->orders; order++) {
			struct row *row = &to->row[order];

			*(extfrag ? &row->extfrag : &row->unusable) =
				zones[i].index[order];
		}
	}
}

static void read_theirs(void)
{
	memset(&theirs, 0, sizeof(theirs));
	read_index("unusable_index", false);
	read_index("extfrag_index", true);
}

static const char *field(const struct table *table, const char *name)
{
	return table->field[table_column(table, name)];
}

static void copy_word(char to[WORD_MAX], const char *from)
{
	snprintf(to, WORD_MAX, "%s", from);
}

static bool take_row(const struct table *table)
{
	const char *name = field(table, "zone"), *largest;
	int node = atoi(field(table, "node"));
	struct zone_rows *to = &ours.zone[ours.nr ? ours.nr - 1 : 0];
	struct row *row;

	if (!ours.nr || to->node != node || strcmp(to->name, name)) {
		to = &ours.zone[ours.nr++];
		to->node = node;
		snprintf(to->name, sizeof(to->name), "%s", name);
	}
	if (to->orders == ORDERS_MAX ||
	    atoi(field(table, "order")) != (int)to->orders)
		return false;
	row = &to->row[to->orders++];
	row->unusable = atoi(field(table, "unusable_index"));
	row->extfrag = atoi(field(table, "extfrag_index"));
	row->suitable = strtoull(field(table, "suitable_blocks"), NULL, 10);
	largest = field(table, "largest_order");
	row->largest = strcmp(largest, "-") ? atoi(largest) : -1;
	copy_word(row->movable, field(table, "movable"));
	copy_word(row->movable_why, field(table, "movable_why"));
	copy_word(row->unmovable, field(table, "unmovable"));
	copy_word(row->unmovable_why, field(table, "unmovable_why"));
	return true;
}

static bool read_ours(void)
{
	struct table table;
	bool bad = false;

	memset(&ours, 0, sizeof(ours));
	if (table_ask(&table, "buddy/fragmentation", "%s", "") < 0)
		return false;
	while (table_row(&table, &bad))
		if (!take_row(&table))
			bad = true;
	table_free(&table);
	return !bad;
}

static bool same_indices(const struct rows *a, const struct rows *b)
{
	unsigned int i, order;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++) {
		if (a->zone[i].node != b->zone[i].node ||
		    a->zone[i].orders != b->zone[i].orders ||
		    strcmp(a->zone[i].name, b->zone[i].name))
			return false;
		for (order = 0; order < a->zone[i].orders; order++)
			if (a->zone[i].row[order].unusable !=
			    b->zone[i].row[order].unusable ||
			    a->zone[i].row[order].extfrag !=
			    b->zone[i].row[order].extfrag)
				return false;
	}
	return true;
}

/* Ours between two readings of theirs, and of the free blocks, that agree. */
static bool quiet(struct buddy *buddy)
{
	static struct buddy after;
	static struct rows before;
	unsigned int try;

	for (try = 0; try < TRIES; try++) {
		buddy_read_proc(buddy);
		read_theirs();
		before = theirs;
		if (!read_ours())
			return false;
		read_theirs();
		buddy_read_proc(&after);
		if (same_indices(&before, &theirs) &&
		    !memcmp(buddy, &after, sizeof(after)))
			return true;
	}
	return false;
}

/* The columns that the indices do not tell, by the free blocks themselves. */
static void expect_blocks(struct __test_metadata *_metadata,
			  const struct buddy *buddy)
{
	unsigned int i, order, higher;

	ASSERT_EQ(buddy->nr, ours.nr);
	for (i = 0; i < ours.nr; i++) {
		const struct buddy_zone *zone = &buddy->zone[i];
		int largest = -1;

		ASSERT_EQ(buddy->orders, ours.zone[i].orders);
		for (order = 0; order < buddy->orders; order++)
			if (zone->all[order])
				largest = order;
		for (order = 0; order < buddy->orders; order++) {
			const struct row *row = &ours.zone[i].row[order];
			uint64_t suitable = 0;

			for (higher = order; higher < buddy->orders; higher++)
				suitable += zone->all[higher] <<
					    (higher - order);
			EXPECT_EQ(suitable, row->suitable);
			EXPECT_EQ(largest, row->largest);
			/* Nothing comes from nothing. */
			if (!suitable) {
				EXPECT_STRNE("now", row->movable);
				EXPECT_STRNE("now", row->unmovable);
			}
		}
	}
}

static const struct zone_rows *biggest(void)
{
	const struct zone_rows *zone = &ours.zone[0];
	unsigned int i;

	for (i = 1; i < ours.nr; i++)
		if (ours.zone[i].row[0].suitable > zone->row[0].suitable)
			zone = &ours.zone[i];
	return zone;
}

FIXTURE(fragmentation) {
	struct buddy *buddy;
};

FIXTURE_SETUP(fragmentation)
{
	static struct buddy buddy;

	self->buddy = &buddy;
	if (!extfrag_known())
		SKIP(return, "the kernel has no debugfs extfrag");
}

/* A test that has failed may have left its pieces, and its settings. */
FIXTURE_TEARDOWN(fragmentation)
{
	pieces_free();
}

TEST_F_TIMEOUT(fragmentation, idle, 120)
{
	ASSERT_TRUE(quiet(self->buddy));
	EXPECT_TRUE(same_indices(&theirs, &ours));
	expect_blocks(_metadata, self->buddy);
	EXPECT_STREQ("now", biggest()->row[HUGE_ORDER].movable);
	EXPECT_STREQ("-", biggest()->row[HUGE_ORDER].movable_why);
}

/* The index of a zone with free memory in single pages only. */
TEST_F_TIMEOUT(fragmentation, in_pieces, 300)
{
	ASSERT_TRUE(pieces_make(PIECES));
	ASSERT_TRUE(quiet(self->buddy));
	pieces_free();
	EXPECT_TRUE(same_indices(&theirs, &ours));
	expect_blocks(_metadata, self->buddy);
}

static uint64_t large_of(const struct buddy_zone *zone)
{
	unsigned int order;
	uint64_t sum = 0;

	for (order = HUGE_ORDER; order < ORDERS_MAX; order++)
		sum += zone->all[order] << (order - HUGE_ORDER);
	return sum;
}

/*
 * How many huge pages are there in the free lists?  Zone DMA is kept from users
 * where there is other memory.
 */
static uint64_t large_blocks(struct buddy *buddy)
{
	unsigned int i;
	uint64_t sum = 0;

	buddy_read_proc(buddy);
	for (i = 0; i < buddy->nr; i++)
		if (strcmp(buddy->zone[i].name, "DMA"))
			sum += large_of(&buddy->zone[i]);
	return sum;
}

static char *huge_area(size_t pages)
{
	char *at = mmap(NULL, (pages + 1) * HUGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	at = (char *)(((unsigned long)at + HUGE_SIZE - 1) & -HUGE_SIZE);
	if (madvise(at, pages * HUGE_SIZE, MADV_HUGEPAGE))
		die("madvise: %s", strerror(errno));
	return at;
}

/*
 * Takes large blocks, as huge pages, until there is none to be had: the
 * watermarks keep some.
 */
static void take_large_blocks(struct buddy *buddy)
{
	uint64_t left = large_blocks(buddy), before = left + 1;
	size_t i, pages = left;
	char *at = huge_area(pages);

	for (i = 0; i < pages && left < before; i++) {
		before = left;
		at[i * HUGE_SIZE] = 1;
		left = large_blocks(buddy);
	}
}

/*
 * Is this a zone with pieces, of which the answer says that compaction makes a
 * huge page?  (Where there are hardly any, the one place may be where
 * compaction only looks for free pages.)
 */
static bool is_promised(const struct buddy *before, unsigned int zone)
{
	return before->zone[zone].all[0] >= PIECES / 4 &&
	       !strcmp("after_compaction",
		       ours.zone[zone].row[HUGE_ORDER].movable);
}

static unsigned int promised(const struct buddy *before)
{
	unsigned int i, zones = 0;

	for (i = 0; i < ours.nr; i++)
		zones += is_promised(before, i);
	return zones;
}

/* In how many of them there are more than before. */
static unsigned int kept(const struct buddy *before)
{
	static struct buddy after;
	unsigned int i, zones = 0;

	buddy_read_proc(&after);
	for (i = 0; i < ours.nr; i++)
		zones += is_promised(before, i) &&
			 large_of(&after.zone[i]) > large_of(&before->zone[i]);
	return zones;
}

/* Makes pieces, sees what is promised of them, and compacts. */
static bool promise_comes_true(struct buddy *before)
{
	unsigned int tries;
	bool ok = false;

	if (!pieces_make(PIECES))
		return false;
	/* Meanwhile the kernel may reclaim, which makes others available. */
	for (tries = 0; tries < TRIES; tries++) {
		take_large_blocks(before);
		if (!read_ours())
			break;
		buddy_read_proc(before);
		if (promised(before))
			break;
	}
	for (tries = 0; promised(before) && tries < COMPACTIONS && !ok; tries++)
		ok = !write_path("/proc/sys/vm/compact_memory", "1") &&
		     kept(before) == promised(before);
	pieces_free();
	return ok;
}

/*
 * Memory in pieces that compaction may put together: the answer says of a zone
 * that compaction makes a block, and then it does.  That is a possibility, not
 * a certainty: pages that somebody has a reference to stay where they are, and
 * the two scanners of compaction may meet before they come to the place.  So
 * it need not come true each time.
 */
TEST_F_TIMEOUT(fragmentation, comes_true, 300)
{
	/* Where they are never made, large blocks stay. */
	struct setting thp = {
		.path = "/sys/kernel/mm/transparent_hugepage/enabled",
		.value = "madvise",
	};
	unsigned int attempt;
	bool ok = false;

	if (!has_thp())
		SKIP(return, "the kernel has no transparent huge pages");
	settings_apply(&thp, 1);
	for (attempt = 0; attempt < ATTEMPTS && !ok; attempt++)
		ok = promise_comes_true(self->buddy);
	settings_restore(&thp, 1);
	EXPECT_TRUE(ok);
}

TEST_HARNESS_MAIN
