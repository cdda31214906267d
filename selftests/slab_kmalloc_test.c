// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab/kmalloc against allocations that the test module has made: which cache
 * did serve them?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "slab_util.h"

#define PREFIX		"kmalloc_"

FIXTURE(kmalloc) {
	struct known_object *objects;
	size_t nr;
};

FIXTURE_SETUP(kmalloc)
{
	known_pages_load();
	self->objects = known_slabs_read(&self->nr);
}

FIXTURE_TEARDOWN(kmalloc)
{
	free(self->objects);
	known_pages_unload();
}

/* Goes to the row of a kind, or that of the page allocator. */
static bool find_row(struct table *table, const char *type)
{
	bool bad = false;

	while (table_row(table, &bad))
		if (!strcmp(table->field[0], type) ||
		    !strcmp(table->field[0], "pages"))
			return true;
	return false;
}

/*
 * Compares an allocation with what the view says: its frame is of a slab of
 * that cache, or of a compound page of that order.
 */
static bool serves(const struct known_object *object)
{
	const char *type = object->name + strlen(PREFIX);
	uint64_t size = object->extra, bytes, slab_size;
	struct table table, where;
	bool bad = false, good;
	char cache[64];

	if (table_ask(&table, "slab/kmalloc", "size=%lu", size) ||
	    !find_row(&table, type))
		return false;
	bytes = slab_number(&table, "object_bytes");
	good = slab_number(&table, "from_bytes") <= size &&
	       slab_number(&table, "to_bytes") >= size && bytes >= size &&
	       slab_number(&table, "waste_bytes") == bytes - size &&
	       slab_number(&table, "waste_permille") ==
	       (bytes - size) * 1000 / bytes;
	snprintf(cache, sizeof(cache), "%s", slab_text(&table, "cache"));
	if (!strcmp(table.field[0], "pages")) {
		good &= !table_ask(&where, "memory/page", "pfn=%lu",
				   object->pfn) && table_row(&where, &bad) &&
			strcmp(slab_text(&where, "kind"), "slab") &&
			slab_number(&where, "order") ==
			slab_number(&table, "order") &&
			bytes == 4096UL << slab_number(&where, "order");
	} else {
		good &= !table_ask(&where, "slab/object", "pfn=%lu",
				   object->pfn) && table_row(&where, &bad) &&
			!strcmp(slab_text(&where, "cache"), cache) &&
			slab_sysfs(cache, "slab_size", &slab_size) &&
			slab_size == bytes;
	}
	if (!good)
		complain("%s of %lu bytes: %s, frame %lu: %s", type, size,
			 cache, object->pfn, where.field[3]);
	table_free(&where);
	table_free(&table);
	return good && !bad;
}

TEST_F_TIMEOUT(kmalloc, allocations, 200)
{
	size_t i, nr = 0;

	for (i = 0; i < self->nr; i++) {
		if (strncmp(self->objects[i].name, PREFIX, strlen(PREFIX)))
			continue;
		nr++;
		EXPECT_TRUE(serves(&self->objects[i]));
	}
	EXPECT_LE(100, nr);
}

/* The whole table has each size once per kind, in order, up to the largest. */
TEST_F(kmalloc, every_size_once)
{
	uint64_t next = 1, last = 0, kinds = 0;
	char type[32] = "";
	struct table table;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&table, "slab/kmalloc", "size=0"));
	while (table_row(&table, &bad)) {
		bool pages = !strcmp(table.field[0], "pages");

		if (strcmp(type, table.field[0])) {
			/* Pages begin where the caches end. */
			EXPECT_EQ(pages, kinds && last && !strcmp("pages",
								  table.field[0]));
			next = pages ? last + 1 : 1;
			kinds++;
			snprintf(type, sizeof(type), "%s", table.field[0]);
		}
		EXPECT_EQ(next, slab_number(&table, "from_bytes"));
		last = slab_number(&table, "to_bytes");
		EXPECT_LE(next, last);
		EXPECT_LE(last, slab_number(&table, "object_bytes"));
		next = last + 1;
	}
	EXPECT_FALSE(bad);
	EXPECT_STREQ("pages", type);
	EXPECT_LE(4, kinds);
	table_free(&table);
	/* The largest is the largest that may be asked for. */
	EXPECT_LE(0, view_open("slab/kmalloc", "size=1"));
	snprintf(type, sizeof(type), "size=%lu", last);
	EXPECT_LE(0, view_open("slab/kmalloc", type));
	snprintf(type, sizeof(type), "size=%lu", last + 1);
	EXPECT_EQ(-1, view_open("slab/kmalloc", type));
}

TEST_HARNESS_MAIN
