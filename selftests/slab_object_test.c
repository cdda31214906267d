// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab/object against the objects that the test module knows of, against
 * memory/page, /proc/kpageflags and /proc/slabinfo.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "slab_util.h"

#define ROUNDS		200

/* Slots of a slab of the module's cache, and more. */
#define SLOTS		512

FIXTURE(object) {
	struct known_object *objects;
	size_t nr;
	uint64_t slab_size;
	uint64_t per_slab;
	uint64_t order;
};

FIXTURE_SETUP(object)
{
	known_pages_load();
	self->objects = known_slabs_read(&self->nr);
	ASSERT_TRUE(slab_sysfs("known_slabs", "slab_size", &self->slab_size));
	ASSERT_TRUE(slab_sysfs("known_slabs", "objs_per_slab",
			       &self->per_slab));
	ASSERT_TRUE(slab_sysfs("known_slabs", "order", &self->order));
	ASSERT_GE(SLOTS, self->per_slab);
}

FIXTURE_TEARDOWN(object)
{
	free(self->objects);
	known_pages_unload();
}

/* Marks what a field like `0-3,7` names.  Return: how many, or -1. */
static int read_ranges(const char *text, bool *marked)
{
	int n = 0;

	if (!strcmp(text, "-"))
		return 0;
	for (;;) {
		unsigned long first, last;
		int len;

		if (sscanf(text, "%lu%n", &first, &len) != 1)
			return -1;
		text += len;
		last = first;
		if (*text == '-') {
			if (sscanf(++text, "%lu%n", &last, &len) != 1)
				return -1;
			text += len;
		}
		for (; first <= last && first < SLOTS; first++, n++)
			marked[first] = true;
		if (!*text)
			return n;
		if (*text++ != ',')
			return -1;
	}
}

/* Slots of a slab that are in use, as the module has it. */
static uint64_t expected(const struct known_object *objects, size_t nr,
			 uint64_t pfn, uint64_t size, bool *used)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(objects[i].name, "object") &&
		    objects[i].pfn == pfn && objects[i].used) {
			used[objects[i].extra / size] = true;
			n++;
		}
	return n;
}

TEST_F_TIMEOUT(object, known_slots, 200)
{
	uint64_t rows = 0, with_free = 0, last = 0;
	struct table table;
	bool bad = false;
	uint64_t slot;

	ASSERT_EQ(0, table_ask(&table, "slab/object", "cache=known_slabs"));
	while (table_row(&table, &bad)) {
		bool used[SLOTS] = {}, free_slots[SLOTS] = {};
		uint64_t pfn = slab_number(&table, "pfn"), n;

		rows++;
		n = expected(self->objects, self->nr, pfn, self->slab_size,
			     used);
		ASSERT_STREQ("sure", slab_text(&table, "how"));
		ASSERT_EQ(self->order, slab_number(&table, "order"));
		ASSERT_EQ(200, slab_number(&table, "object_size"));
		ASSERT_EQ(self->slab_size, slab_number(&table, "slab_size"));
		ASSERT_EQ(self->per_slab, slab_number(&table, "objects"));
		ASSERT_EQ(n, slab_number(&table, "inuse_objects"));
		ASSERT_STREQ(n == self->per_slab ? "full" : "partial",
			     slab_text(&table, "state"));
		ASSERT_EQ(self->per_slab - n,
			  read_ranges(slab_text(&table, "free_slots"),
				      free_slots));
		for (slot = 0; slot < self->per_slab; slot++)
			ASSERT_NE(used[slot], free_slots[slot])
				TH_LOG("pfn %lu slot %lu", pfn, slot);
		ASSERT_LT(last, pfn);
		last = pfn;
		with_free += n < self->per_slab;
	}
	EXPECT_FALSE(bad);
	table_free(&table);
	EXPECT_LT(10, rows);
	EXPECT_LT(5, with_free);
}

/* Any frame of a slab gives all of it; no frame of another kind gives any. */
TEST_F_TIMEOUT(object, by_frame, 200)
{
	uint64_t pfn = self->objects[0].pfn, i;
	struct table table, page;
	bool bad = false;

	for (i = 0; i < 1UL << self->order; i++) {
		ASSERT_EQ(0, table_ask(&table, "slab/object", "pfn=%lu",
				       pfn + i));
		ASSERT_TRUE(table_row(&table, &bad));
		EXPECT_EQ(pfn, slab_number(&table, "pfn"));
		EXPECT_STREQ("known_slabs", slab_text(&table, "cache"));
		EXPECT_FALSE(table_row(&table, &bad));
		table_free(&table);
		ASSERT_EQ(0, table_ask(&page, "memory/page", "pfn=%lu",
				       pfn + i));
		ASSERT_TRUE(table_row(&page, &bad));
		EXPECT_STREQ("slab", slab_text(&page, "kind"));
		EXPECT_STREQ("known_slabs", slab_text(&page, "owner"));
		EXPECT_EQ(self->order, slab_number(&page, "order"));
		table_free(&page);
	}
	/* The frame of the shared page of zeroes is none, nor is there one
	 * behind all memory.
	 */
	ASSERT_EQ(0, table_ask(&table, "slab/object", "pfn=%lu",
			       (1UL << 40) - 1));
	EXPECT_FALSE(table_row(&table, &bad));
	EXPECT_FALSE(bad);
	table_free(&table);
}

static struct slab_cache before[SLAB_CACHES], after[SLAB_CACHES];
static uint64_t counted[SLAB_CACHES];
static bool equal[SLAB_CACHES];

/* All slabs of the machine, by cache, as many as slabinfo says. */
static int count_all(bool loud)
{
	size_t nr = slabinfo_read(before), nr_after, i;
	struct table table;
	bool bad = false;
	int left = 0;

	memset(counted, 0, sizeof(counted));
	if (table_ask(&table, "slab/object", "\n"))
		return -1;
	nr_after = slabinfo_read(after);
	while (table_row(&table, &bad)) {
		const struct slab_cache *cache;

		cache = slab_find(before, nr, slab_text(&table, "cache"));
		if (cache)
			counted[cache - before]++;
	}
	table_free(&table);
	for (i = 0; i < nr; i++) {
		const struct slab_cache *then;

		then = slab_find(after, nr_after, before[i].name);
		if (then && then->slabs == before[i].slabs)
			equal[i] |= counted[i] == then->slabs;
		left += !equal[i];
		if (loud && !equal[i])
			complain("%s: %lu slabs, kernel: %lu", before[i].name,
				 counted[i], before[i].slabs);
	}
	return bad ? -1 : left;
}

TEST_F_TIMEOUT(object, all_slabs_as_in_slabinfo, 300)
{
	int round, left = -1;

	for (round = 0; round < ROUNDS; round++) {
		left = count_all(round == ROUNDS - 1);
		if (left <= 0)
			break;
	}
	TH_LOG("%d rounds", round + 1);
	EXPECT_EQ(0, left);
}

TEST_HARNESS_MAIN
