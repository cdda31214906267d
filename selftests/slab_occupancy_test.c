// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab/occupancy against the objects that the test module knows of, against
 * /sys/kernel/slab, and against slab/caches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "slab_util.h"

#define ROUNDS		200
#define BUCKETS		11

static const char *const buckets[BUCKETS] = {
	"empty_slabs", "upto10", "upto20", "upto30", "upto40", "upto50",
	"upto60", "upto70", "upto80", "upto90", "upto100",
};

/**
 * struct totals - a cache, all nodes together
 * @name: its name.
 * @value: slabs, partial slabs, objects, free objects.
 * @bucket: slabs by how full they are.
 * @give_back: bytes that packing would give back.
 * @equal: found equal to the kernel's.
 */
struct totals {
	char name[64];
	uint64_t slabs, partial, objects, free;
	uint64_t bucket[BUCKETS];
	uint64_t give_back;
	bool equal;
};

static int read_totals(struct totals *totals, const char *name)
{
	struct table table;
	bool bad = false;
	int i;

	memset(totals, 0, sizeof(*totals));
	snprintf(totals->name, sizeof(totals->name), "%s", name);
	if (table_ask(&table, "slab/occupancy", "cache=%s", name))
		return -1;
	while (table_row(&table, &bad)) {
		uint64_t sum = 0;

		totals->slabs += slab_number(&table, "slabs");
		totals->partial += slab_number(&table, "partial_slabs");
		totals->objects += slab_number(&table, "objects");
		totals->free += slab_number(&table, "free_objects");
		totals->give_back += slab_number(&table, "give_back_bytes");
		for (i = 0; i < BUCKETS; i++) {
			totals->bucket[i] += slab_number(&table, buckets[i]);
			sum += slab_number(&table, buckets[i]);
		}
		/* What is not estimated has each slab of the list. */
		if (!strcmp(slab_text(&table, "how"), "walked") &&
		    sum != slab_number(&table, "partial_slabs")) {
			complain("%s: %lu slabs in the histogram", name, sum);
			bad = true;
		}
	}
	table_free(&table);
	return bad ? -1 : 0;
}

struct sysfs {
	uint64_t slabs, partial, total, active;
};

static bool read_sysfs(struct sysfs *sysfs, const char *name)
{
	return slab_sysfs(name, "slabs", &sysfs->slabs) &&
	       slab_sysfs(name, "partial", &sysfs->partial) &&
	       slab_sysfs(name, "total_objects", &sysfs->total) &&
	       slab_sysfs(name, "objects", &sysfs->active);
}

static bool agree(const struct totals *ours, const struct sysfs *kernel)
{
	return ours->slabs == kernel->slabs &&
	       ours->partial == kernel->partial &&
	       ours->objects == kernel->total &&
	       ours->objects - ours->free == kernel->active;
}

static struct slab_cache caches[SLAB_CACHES];
static bool equal[SLAB_CACHES];

/* Return: caches not found equal yet, or -1. */
static int round_of_all(size_t nr, bool loud)
{
	struct sysfs before, after;
	struct totals ours;
	int left = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (equal[i])
			continue;
		if (!read_sysfs(&before, caches[i].name) ||
		    read_totals(&ours, caches[i].name) ||
		    !read_sysfs(&after, caches[i].name))
			return -1;
		equal[i] = agree(&ours, &after) &&
			   !memcmp(&before, &after, sizeof(before));
		left += !equal[i];
		if (loud && !equal[i])
			complain("%s: %lu slabs, %lu partial, %lu objects, %lu "
				 "free; kernel: %lu, %lu, %lu, %lu in use",
				 ours.name, ours.slabs, ours.partial,
				 ours.objects, ours.free, after.slabs,
				 after.partial, after.total, after.active);
	}
	return left;
}

FIXTURE(occupancy) {
};

FIXTURE_SETUP(occupancy)
{
	known_pages_unload();
}

FIXTURE_TEARDOWN(occupancy)
{
	known_pages_unload();
}

TEST_F_TIMEOUT(occupancy, agrees_with_sysfs, 300)
{
	size_t nr = slabinfo_read(caches);
	int round, left = -1;

	for (round = 0; round < ROUNDS; round++) {
		left = round_of_all(nr, round == ROUNDS - 1);
		if (left <= 0)
			break;
	}
	TH_LOG("%d rounds", round + 1);
	EXPECT_EQ(0, left);
}

/**
 * struct known_slab - a slab of the module's cache
 * @pfn: its first frame.
 * @used: objects in use.
 */
struct known_slab {
	uint64_t pfn;
	uint64_t used;
};

static size_t known_slabs(struct known_slab *slabs, size_t max, uint64_t *used)
{
	struct known_object *objects;
	size_t nr_objects, nr = 0, i, j;

	*used = 0;
	objects = known_slabs_read(&nr_objects);
	for (i = 0; i < nr_objects; i++) {
		if (strcmp(objects[i].name, "object"))
			continue;
		for (j = 0; j < nr && slabs[j].pfn != objects[i].pfn; j++)
			;
		if (j == nr && nr < max)
			slabs[nr++] = (struct known_slab){
				.pfn = objects[i].pfn,
			};
		slabs[j].used += objects[i].used;
		*used += objects[i].used;
	}
	free(objects);
	return nr;
}

TEST_F(occupancy, known_objects)
{
	struct known_slab slabs[1000] = {};
	uint64_t want[BUCKETS] = {}, used, per_slab, order, partial = 0;
	uint64_t need;
	struct totals ours;
	size_t nr, i;

	known_pages_load();
	nr = known_slabs(slabs, ARRAY_LEN(slabs), &used);
	ASSERT_TRUE(slab_sysfs("known_slabs", "objs_per_slab", &per_slab));
	ASSERT_TRUE(slab_sysfs("known_slabs", "order", &order));
	ASSERT_LT(10, nr);
	for (i = 0; i < nr; i++) {
		if (slabs[i].used == per_slab)
			continue;
		partial++;
		/* The least tenth that is not less: rounded up. */
		want[(slabs[i].used * 10 + per_slab - 1) / per_slab]++;
	}
	ASSERT_EQ(0, read_totals(&ours, "known_slabs"));
	EXPECT_EQ(nr, ours.slabs);
	EXPECT_EQ(partial, ours.partial);
	EXPECT_EQ(nr * per_slab, ours.objects);
	EXPECT_EQ(nr * per_slab - used, ours.free);
	for (i = 0; i < BUCKETS; i++) {
		EXPECT_EQ(want[i], ours.bucket[i])
			TH_LOG("%s", buckets[i]);
	}
	need = (used + per_slab - 1) / per_slab;
	EXPECT_EQ((nr - need) * (4096UL << order), ours.give_back);
	EXPECT_LT(0, ours.give_back);
	/* The test says something only if there are slabs of many kinds. */
	EXPECT_LT(0, partial);
}

TEST_F(occupancy, sum_in_the_last_line)
{
	uint64_t sum = 0, said = 1;
	struct table table;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&table, "slab/occupancy", "\n"));
	while (table_row(&table, &bad))
		sum += slab_number(&table, "give_back_bytes");
	EXPECT_FALSE(bad);
	EXPECT_TRUE(line_number(table.end, "give_back_bytes", &said));
	EXPECT_EQ(sum, said);
	table_free(&table);
}

TEST_HARNESS_MAIN
