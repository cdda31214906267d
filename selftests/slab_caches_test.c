// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab/caches against /proc/slabinfo, /sys/kernel/slab and the test module.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "slab_util.h"

/*
 * The machine is never quite idle: a cache counts where the kernel said the same
 * before and after, and each must in one of so many rounds.
 */
#define ROUNDS		200

static struct slab_cache before[SLAB_CACHES], after[SLAB_CACHES];

/*
 * What reads takes objects itself, and where slabs are debugged each counts: so
 * the view stays open while the kernel is asked, and what the kernel was asked by
 * while the view is.
 */
static struct asked asked = { "slab/caches", "\n" };

static bool same(const struct slab_cache *a, const struct slab_cache *b)
{
	return a && b && !memcmp(a, b, sizeof(*a));
}

/* What the view says of a cache, as slabinfo would. */
static void as_slabinfo(const struct table *table, struct slab_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	snprintf(cache->name, sizeof(cache->name), "%s",
		 slab_text(table, "name"));
	cache->active = slab_number(table, "active_objects");
	cache->objects = slab_number(table, "objects");
	cache->size = slab_number(table, "slab_size");
	cache->per_slab = slab_number(table, "objs_per_slab");
	cache->pages = 1UL << slab_number(table, "slab_order");
	cache->slabs = slab_number(table, "slabs");
}

/* One round.  Return: caches not found equal yet, or -1. */
static int compare_slabinfo(bool *equal, bool loud)
{
	size_t nr_before, nr_after, i, rows = 0;
	struct slab_cache ours;
	struct table table;
	bool bad = false;
	int left = 0;

	memset(before, 0, sizeof(before));
	memset(after, 0, sizeof(after));
	nr_before = slabinfo_read(before);
	asked.query = "\n";
	if (table_ask_again(&table, &asked))
		return -1;
	nr_after = slabinfo_read(after);
	while (table_row(&table, &bad)) {
		const struct slab_cache *kernel;

		as_slabinfo(&table, &ours);
		rows++;
		kernel = slab_find(before, nr_before, ours.name);
		if (!kernel) {
			complain("%s is not in slabinfo", ours.name);
			bad = true;
			break;
		}
		i = kernel - before;
		if (!same(kernel, slab_find(after, nr_after, ours.name)))
			continue;
		equal[i] |= same(kernel, &ours);
		if (loud && !equal[i])
			complain("%s: %lu of %lu objects in %lu slabs, kernel: "
				 "%lu of %lu in %lu", ours.name, ours.active,
				 ours.objects, ours.slabs, kernel->active,
				 kernel->objects, kernel->slabs);
	}
	table_free(&table);
	if (rows != nr_before) {
		complain("%zu caches, %zu in slabinfo", rows, nr_before);
		bad = true;
	}
	for (i = 0; i < nr_before; i++)
		left += !equal[i];
	return bad ? -1 : left;
}

FIXTURE(caches) {
};

FIXTURE_SETUP(caches)
{
	known_pages_unload();
}

FIXTURE_TEARDOWN(caches)
{
	known_pages_unload();
}

TEST_F_TIMEOUT(caches, agrees_with_slabinfo, 200)
{
	static bool equal[SLAB_CACHES];
	int round, left = -1;

	for (round = 0; round < ROUNDS; round++) {
		left = compare_slabinfo(equal, round == ROUNDS - 1);
		if (left <= 0)
			break;
	}
	TH_LOG("%zu caches, %d rounds", slabinfo_read(before), round + 1);
	EXPECT_EQ(0, left);
}

/* A file of /sys/kernel/slab and the column that has the same. */
static const struct pair {
	const char *file;
	const char *column;
} pairs[] = {
	{ "object_size", "object_size" },
	{ "slab_size", "slab_size" },
	{ "objs_per_slab", "objs_per_slab" },
	{ "order", "slab_order" },
	{ "align", "align_bytes" },
	{ "aliases", "aliases" },
	{ "reclaim_account", "reclaimable" },
	{ "slabs", "slabs" },
	{ "total_objects", "objects" },
	{ "objects", "active_objects" },
	{ "partial", "partial_slabs" },
	{ "cpu_slabs", NULL },
};

/* Slabs of both kinds that CPUs have. */
static uint64_t our_value(const struct table *table, const struct pair *pair)
{
	if (pair->column)
		return slab_number(table, pair->column);
	if (slab_none(table, "cpu_slabs"))
		return 0;
	return slab_number(table, "cpu_slabs") +
	       slab_number(table, "cpu_partial_slabs");
}

/* Slabs in the partial lists of CPUs; 0 if the kernel does not say. */
static uint64_t in_partial_lists(const char *name)
{
	char path[256], *text;
	unsigned long slabs = 0;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%.200s/slabs_cpu_partial",
		 name);
	if (access(path, R_OK))
		return 0;
	text = read_path(path, NULL);
	if (sscanf(text, "%*u(%lu)", &slabs) != 1)
		slabs = 0;
	free(text);
	return slabs;
}

/*
 * Until there were sheaves, show_slab_objects() passes over the partial list of
 * a CPU that has no slab to allocate from.  Is that all that it has left out?
 */
static bool passed_over(const struct table *table, const char *name,
			uint64_t kernel)
{
	uint64_t slabs = slab_number(table, "cpu_slabs");
	uint64_t partial = slab_number(table, "cpu_partial_slabs");

	return slabs < (uint64_t)sysconf(_SC_NPROCESSORS_ONLN) &&
	       partial == in_partial_lists(name) && kernel >= slabs &&
	       kernel < slabs + partial;
}

struct watched {
	char name[64];
	uint64_t value[ARRAY_LEN(pairs)];
	bool known[ARRAY_LEN(pairs)];
	bool equal[ARRAY_LEN(pairs)];
};

static struct watched watched[SLAB_CACHES];
/* The files of the cache that is looked at; less than 0 for what it has not. */
static int files[ARRAY_LEN(pairs)];

static void close_files(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(pairs); i++)
		if (files[i] >= 0)
			close(files[i]);
}

/* What the kernel says now. */
static bool file_number(size_t i, uint64_t *value)
{
	char text[256], *end;
	ssize_t len = files[i] < 0 ? -1 : pread(files[i], text,
						sizeof(text) - 1, 0);

	text[len < 0 ? 0 : len] = '\0';
	*value = strtoull(text, &end, 10);
	return end != text;
}

/* Reads them once, too: only then they have their buffers. */
static void open_files(const char *name)
{
	char path[256];
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(pairs); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%.63s/%s", name,
			 pairs[i].file);
		files[i] = open(path, O_RDONLY | O_CLOEXEC);
		file_number(i, &value);
	}
}

static void read_sysfs(struct watched *at)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(pairs); i++)
		at->known[i] = file_number(i, &at->value[i]);
}

/*
 * While it counts, show_slab_objects() has an array of its own: a number for each
 * node, of which there is one here.
 */
static bool counts_itself(const char *name, const char *file, uint64_t ours,
			  uint64_t again)
{
	return !strcmp(name, "kmalloc-8") && !strcmp(file, "objects") &&
	       ours + 1 == again;
}

/* Compares a cache if the kernel says the same once more. */
static void compare_sysfs(const struct table *table, struct watched *at,
			  bool loud)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(pairs); i++) {
		uint64_t ours = our_value(table, &pairs[i]), again;

		if (!at->known[i]) {
			at->equal[i] = true;	/* not in this kernel */
			continue;
		}
		if (at->equal[i] || !file_number(i, &again))
			continue;
		if (again != at->value[i]) {
			if (loud)
				complain("%s/%s: %lu, then %lu", at->name,
					 pairs[i].file, at->value[i], again);
			continue;
		}
		at->equal[i] = ours == again ||
			       counts_itself(at->name, pairs[i].file, ours,
					     again) ||
			       (!pairs[i].column &&
				passed_over(table, at->name, again));
		if (loud && !at->equal[i])
			complain("%s/%s: %lu, kernel: %lu", at->name,
				 pairs[i].file, ours, again);
	}
}

static bool all_equal(const struct watched *at)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(pairs); i++)
		if (!at->equal[i])
			return false;
	return true;
}

static int ask_cache(struct table *table, const char *name)
{
	static char query[256];

	snprintf(query, sizeof(query), "cache=%.63s", name);
	asked.query = query;
	return table_ask_again(table, &asked);
}

static int sysfs_round(size_t nr, bool loud)
{
	struct table table;
	bool bad = false;
	int left = 0;
	size_t i;

	for (i = 0; i < nr && !bad; i++) {
		struct watched *at = &watched[i];

		if (all_equal(at))
			continue;
		open_files(at->name);
		read_sysfs(at);
		if (ask_cache(&table, at->name))
			return -1;
		if (table_row(&table, &bad))
			compare_sysfs(&table, at, loud);
		table_free(&table);
		close_files();
		left += !all_equal(at);
	}
	return bad ? -1 : left;
}

TEST_F_TIMEOUT(caches, agrees_with_sysfs, 300)
{
	size_t nr = slabinfo_read(before), i;
	int round, left = -1;

	for (i = 0; i < nr; i++)
		strcpy(watched[i].name, before[i].name);
	for (round = 0; round < ROUNDS; round++) {
		left = sysfs_round(nr, round == ROUNDS - 1);
		if (left <= 0)
			break;
	}
	TH_LOG("%d rounds", round + 1);
	EXPECT_EQ(0, left);
	/* All of them are there on every kernel. */
	EXPECT_TRUE(watched[0].known[0] && watched[0].known[1] &&
		    watched[0].known[7] && watched[0].known[8]);
}

TEST_F(caches, one_cache)
{
	struct table table;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&table, "slab/caches", "cache=kmalloc-64"));
	ASSERT_TRUE(table_row(&table, &bad));
	EXPECT_STREQ("kmalloc-64", table.field[0]);
	EXPECT_EQ(64, slab_number(&table, "object_size"));
	EXPECT_NE(NULL, strstr(slab_text(&table, "flags"), "kmalloc"));
	EXPECT_FALSE(table_row(&table, &bad));
	EXPECT_FALSE(bad);
	table_free(&table);
	ASSERT_EQ(0, table_ask(&table, "slab/caches", "cache=kmalloc-6"));
	EXPECT_FALSE(table_row(&table, &bad));
	EXPECT_FALSE(bad);
	table_free(&table);
}

/* The cache of the test module comes, has what it has, and goes. */
TEST_F(caches, cache_of_a_module)
{
	struct known_object *objects;
	struct table table;
	uint64_t used = 0;
	bool bad = false;
	size_t nr, i;

	known_pages_load();
	objects = known_slabs_read(&nr);
	for (i = 0; i < nr; i++)
		used += objects[i].used && !strcmp(objects[i].name, "object");
	ASSERT_EQ(0, table_ask(&table, "slab/caches", "cache=known_slabs"));
	ASSERT_TRUE(table_row(&table, &bad));
	EXPECT_EQ(200, slab_number(&table, "object_size"));
	EXPECT_EQ(used, slab_number(&table, "active_objects"));
	EXPECT_EQ(slab_number(&table, "slabs") *
		  slab_number(&table, "objs_per_slab"),
		  slab_number(&table, "objects"));
	EXPECT_EQ(slab_number(&table, "slabs") *
		  (4096UL << slab_number(&table, "slab_order")),
		  slab_number(&table, "total_bytes"));
	table_free(&table);
	known_pages_unload();
	ASSERT_EQ(0, table_ask(&table, "slab/caches", "cache=known_slabs"));
	EXPECT_FALSE(table_row(&table, &bad));
	EXPECT_FALSE(bad);
	table_free(&table);
	free(objects);
}

TEST_HARNESS_MAIN
