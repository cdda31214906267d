// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugepages/sizes against the kernel's own files, and against memory of known
 * sizes that this program makes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define THP		"/sys/kernel/mm/transparent_hugepage/"
#define POOLS		"/sys/kernel/mm/hugepages/"
#define NODES		"/sys/devices/system/node/"
#define HUGE		(2UL << 20)
#define PMD_ORDER	9
#define FILES		"/tmp/hugepages-test"
#define NO_THP		"the kernel has no transparent huge pages"

/* The kernel must say the same before and after, in one of so many rounds. */
#define ROUNDS		200

static bool none(const struct table *table, const char *column)
{
	return !strcmp(table_word(table, column), "-");
}

/* Goes to a row; @node is "-" for the row of all.  Dies without an answer. */
static bool find(struct table *table, const char *kind, int order,
		 const char *node)
{
	bool bad = false;

	if (table_ask(table, "hugepages/sizes", "\n"))
		die("hugepages/sizes");
	while (table_row(table, &bad))
		if (!strcmp(table_word(table, "kind"), kind) &&
		    (order < 0 || table_number(table, "order") == order) &&
		    !strcmp(table_word(table, "node"), node))
			return true;
	table_free(table);
	return false;
}

/* Value of an event; dies if it is not in the row. */
static uint64_t event(const struct table *table, const char *name)
{
	const char *at = table_word(table, "events");
	size_t len = strlen(name);

	for (; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && at[len] == '=')
			return strtoull(at + len + 1, NULL, 10);
	}
	die("no event %s", name);
}

static unsigned int nr_events(const struct table *table)
{
	const char *at = table_word(table, "events");
	unsigned int nr = 1;

	if (none(table, "events"))
		return 0;
	while ((at = strchr(at, ','))) {
		at++;
		nr++;
	}
	return nr;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/* The word in brackets of a file of sysfs, or "" if there is no such file. */
static void chosen(const char *path, char *word, size_t size)
{
	char *all, *from, *to;

	word[0] = '\0';
	if (!exists(path))
		return;
	all = read_path(path, NULL);
	from = strchr(all, '[');
	to = strchr(all, ']');
	if (!from || !to)
		die("%s: %s", path, all);
	snprintf(word, size, "%.*s", (int)(to - from - 1), from + 1);
	free(all);
}

/* "" in the kernel's files is "-" in ours. */
static bool same_word(const struct table *table, const char *column,
		      const char *path)
{
	char word[32];

	chosen(path, word, sizeof(word));
	if (!strcmp(table_word(table, column), *word ? word : "-"))
		return true;
	complain("%s: %s, %s: %s", column, table_word(table, column), path, word);
	return false;
}

static void size_path(char *path, size_t size, int order, const char *file)
{
	snprintf(path, size, THP "hugepages-%lukB/%s", 4UL << order, file);
}

static bool has_sizes(void)
{
	return exists(THP "hugepages-2048kB");
}

TEST(settings)
{
	struct table table;
	char path[128];
	int order, seen = 0;

	if (!has_thp())
		SKIP(return, NO_THP);
	ASSERT_TRUE(find(&table, "all", -1, "-"));
	EXPECT_TRUE(same_word(&table, "enabled", THP "enabled"));
	EXPECT_TRUE(same_word(&table, "shmem_enabled", THP "shmem_enabled"));
	EXPECT_TRUE(same_word(&table, "defrag", THP "defrag"));
	table_free(&table);
	for (order = 1; order <= PMD_ORDER; order++) {
		size_path(path, sizeof(path), order, "");
		if (!exists(path) && !(order == PMD_ORDER && !has_sizes()))
			continue;
		ASSERT_TRUE(find(&table, "thp", order, "-"));
		EXPECT_EQ(4UL << order, table_number(&table, "size_kb"));
		size_path(path, sizeof(path), order, "enabled");
		EXPECT_TRUE(same_word(&table, "enabled", path));
		size_path(path, sizeof(path), order, "shmem_enabled");
		EXPECT_TRUE(same_word(&table, "shmem_enabled", path));
		table_free(&table);
		seen++;
	}
	EXPECT_EQ(has_sizes() ? 9 : 1, seen);
}

/* All that can be set is seen to be. */
static void try_words(struct __test_metadata *_metadata, const char *path,
		      const char *column, int order, const char *const *words)
{
	unsigned int set = 0;
	char before[32];
	struct table table;
	bool found = true;

	if (!exists(path))
		return;
	chosen(path, before, sizeof(before));
	for (; *words && found; words++) {
		if (write_path(path, *words))
			continue;	/* not in this kernel */
		found = find(&table, order < 0 ? "all" : "thp", order, "-");
		EXPECT_TRUE(found);
		if (!found)
			continue;
		EXPECT_STREQ(*words, table_word(&table, column));
		table_free(&table);
		set++;
	}
	ASSERT_EQ(0, write_path(path, before));
	/* All kernels know always and never. */
	EXPECT_LE(2, set);
}

TEST(settings_change)
{
	static const char *const enabled[] = {
		"always", "madvise", "never", "inherit", NULL,
	};
	static const char *const shmem[] = {
		"always", "within_size", "advise", "never", "inherit", "deny",
		"force", NULL,
	};
	static const char *const defrag[] = {
		"always", "defer", "defer+madvise", "madvise", "never", NULL,
	};

	try_words(_metadata, THP "enabled", "enabled", -1, enabled);
	try_words(_metadata, THP "shmem_enabled", "shmem_enabled", -1, shmem);
	try_words(_metadata, THP "defrag", "defrag", -1, defrag);
	try_words(_metadata, THP "hugepages-64kB/enabled", "enabled", 4,
		  enabled);
	try_words(_metadata, THP "hugepages-2048kB/shmem_enabled",
		  "shmem_enabled", PMD_ORDER, shmem);
}

/* Compares the events of a row with vmstat.  Return: how many are the same. */
static unsigned int same_vmstat(const struct table *table, char *vmstat)
{
	unsigned int nr = 0;
	char *line, *save = NULL;

	for (line = strtok_r(vmstat, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char name[64];
		uint64_t value;

		if (sscanf(line, "%63s %lu", name, &value) != 2 ||
		    strncmp(name, "thp_", 4) ||
		    !strncmp(name, "thp_migration", 13))
			continue;
		if (event(table, name) == value)
			nr++;
		else
			complain("%s: %lu, not %lu", name, event(table, name),
				 value);
	}
	return nr;
}

TEST(events)
{
	char *before, *after;
	struct table table;
	bool same = false;
	int round;

	if (!has_thp())
		SKIP(return, NO_THP);
	for (round = 0; round < ROUNDS && !same; round++) {
		before = read_path("/proc/vmstat", NULL);
		ASSERT_TRUE(find(&table, "all", -1, "-"));
		after = read_path("/proc/vmstat", NULL);
		/* From the first of these on. */
		same = !strncmp(strstr(before, "thp_fault_alloc"),
				strstr(after, "thp_fault_alloc"), 600);
		if (same)
			EXPECT_EQ(nr_events(&table),
				  same_vmstat(&table, after));
		EXPECT_LE(20, nr_events(&table));
		table_free(&table);
		free(before);
		free(after);
	}
	EXPECT_TRUE(same);
}

/*
 * Compares all files of stats/ of a size.  Return: how many there are, or -1 if
 * one is not the same.
 */
static int same_stats(const struct table *table, int order)
{
	char path[128];
	struct dirent *entry;
	int nr = 0;
	DIR *dir;

	size_path(path, sizeof(path), order, "stats");
	dir = opendir(path);
	if (!dir)
		die("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		char file[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (read_number(file) != event(table, entry->d_name)) {
			complain("%s: %lu, not %lu", file,
				 event(table, entry->d_name),
				 read_number(file));
			nr = -1;
			break;
		}
		nr++;
	}
	closedir(dir);
	return nr;
}

/* Anonymous memory of one size, if the kernel makes it. */
static char *make_anon(size_t bytes)
{
	char *base = mmap(NULL, bytes + HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *at = (char *)(((uintptr_t)base + HUGE - 1) & ~(HUGE - 1));

	if (base == MAP_FAILED || madvise(at, bytes, MADV_HUGEPAGE))
		die("mmap: %s", strerror(errno));
	memset(at, 1, bytes);
	return at;
}

FIXTURE(memory) {
	char enabled[32];
	char small[32];
};

#define SMALL	THP "hugepages-64kB/enabled"
#define LARGE	THP "hugepages-2048kB/enabled"

FIXTURE_SETUP(memory)
{
	if (!has_thp())
		SKIP(return, NO_THP);
	chosen(THP "enabled", self->enabled, sizeof(self->enabled));
	ASSERT_EQ(0, write_path(THP "enabled", "madvise"));
	chosen(SMALL, self->small, sizeof(self->small));
	/* So that nothing is made or split by itself. */
	ASSERT_EQ(0, write_path(THP "khugepaged/defrag", "0"));
	write_path("/proc/sys/vm/compact_memory", "1");
}

FIXTURE_TEARDOWN(memory)
{
	write_path(THP "enabled", self->enabled);
	if (self->small[0]) {
		write_path(SMALL, self->small);
		write_path(LARGE, "inherit");
	}
	write_path(THP "khugepaged/defrag", "1");
	umount(FILES);
}

static uint64_t folios(int order, const char *column)
{
	struct table table;
	uint64_t nr;

	if (!find(&table, "thp", order, "-"))
		return 0;
	nr = table_number(&table, column);
	table_free(&table);
	return nr;
}

/* kB of /proc/meminfo in 4 kB pages. */
static uint64_t meminfo_pages(const char *name)
{
	char *all = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(all, name);

	free(all);
	return kb / 4;
}

/* What is made appears, and nothing else; goes when it is freed. */
TEST_F_TIMEOUT(memory, anon_of_2mb, 100)
{
	uint64_t before = folios(PMD_ORDER, "anon_folios"), pages;
	struct table table;
	char *at = make_anon(8 * HUGE);

	EXPECT_EQ(before + 8, folios(PMD_ORDER, "anon_folios"));
	pages = meminfo_pages("AnonHugePages");
	ASSERT_TRUE(find(&table, "all", -1, "-"));
	EXPECT_EQ(pages, table_number(&table, "anon_pmd_pages"));
	EXPECT_LE(8 * 512, pages);
	table_free(&table);
	ASSERT_EQ(0, munmap(at, 8 * HUGE));
	EXPECT_EQ(before, folios(PMD_ORDER, "anon_folios"));
}

/* The scan finds as many of each size as the kernel counts. */
TEST_F_TIMEOUT(memory, agrees_with_stats, 200)
{
	char *small, *large;
	int order, round, nr = 0;

	if (!has_sizes())
		SKIP(return, "this kernel does not count sizes");
	large = make_anon(4 * HUGE);
	ASSERT_EQ(0, write_path(SMALL, "madvise"));
	/* Also keeps khugepaged from making one of many. */
	ASSERT_EQ(0, write_path(LARGE, "never"));
	small = make_anon(2 * HUGE);
	for (order = 1; order <= PMD_ORDER; order++) {
		struct table table;

		for (round = 0; round < 20; round++) {
			ASSERT_TRUE(find(&table, "thp", order, "-"));
			nr = same_stats(&table, order);
			if (nr > 0 && event(&table, "nr_anon") ==
				      table_number(&table, "anon_folios"))
				break;
			table_free(&table);
		}
		ASSERT_LT(round, 20);
		EXPECT_LT(3, nr);
		table_free(&table);
	}
	EXPECT_LE(64, folios(4, "anon_folios"));
	EXPECT_LE(4, folios(PMD_ORDER, "anon_folios"));
	munmap(small, 2 * HUGE);
	munmap(large, 4 * HUGE);
}

/* A file on tmpfs in huge pages. */
TEST_F_TIMEOUT(memory, shmem, 100)
{
	uint64_t before = folios(PMD_ORDER, "shmem_folios"), mapped;
	struct table table;
	char *at;
	int fd;

	mkdir(FILES, 0700);
	ASSERT_EQ(0, mount("tmpfs", FILES, "tmpfs", 0, "huge=always"));
	fd = open(FILES "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 4 * HUGE));
	at = mmap(NULL, 4 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, at);
	memset(at, 1, 4 * HUGE);
	EXPECT_EQ(before + 4, folios(PMD_ORDER, "shmem_folios"));
	EXPECT_EQ(meminfo_pages("ShmemHugePages"),
		  512 * folios(PMD_ORDER, "shmem_folios"));
	mapped = meminfo_pages("ShmemPmdMapped");
	ASSERT_TRUE(find(&table, "all", -1, "-"));
	EXPECT_EQ(mapped, table_number(&table, "shmem_pmd_pages"));
	EXPECT_EQ(meminfo_pages("FilePmdMapped"),
		  table_number(&table, "file_pmd_pages"));
	table_free(&table);
	munmap(at, 4 * HUGE);
	close(fd);
	ASSERT_EQ(0, umount(FILES));
	EXPECT_EQ(before, folios(PMD_ORDER, "shmem_folios"));
}

static bool pool_is(const struct table *table, const char *column,
		    const char *dir, const char *file)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!exists(path))
		return none(table, column);
	if (table_number(table, column) == read_number(path))
		return true;
	complain("%s: %lu, not %lu", path, table_number(table, column),
		 read_number(path));
	return false;
}

static bool same_pool(const struct table *table, const char *dir)
{
	return pool_is(table, "total_folios", dir, "nr_hugepages") &&
	       pool_is(table, "free_folios", dir, "free_hugepages") &&
	       pool_is(table, "reserved_folios", dir, "resv_hugepages") &&
	       pool_is(table, "surplus_folios", dir, "surplus_hugepages") &&
	       pool_is(table, "overcommit_folios", dir,
		       "nr_overcommit_hugepages");
}

/* Compares the pools of all nodes and of each.  Return: how many rows. */
static int compare_pools(void)
{
	struct table table;
	bool bad = false;
	int nr = 0;

	if (table_ask(&table, "hugepages/sizes", "\n"))
		return -1;
	while (table_row(&table, &bad)) {
		char dir[256];

		if (strcmp(table_word(&table, "kind"), "hugetlb"))
			continue;
		if (none(&table, "node"))
			snprintf(dir, sizeof(dir), POOLS "hugepages-%lukB",
				 table_number(&table, "size_kb"));
		else
			snprintf(dir, sizeof(dir),
				 NODES "node%s/hugepages/hugepages-%lukB",
				 table_word(&table, "node"),
				 table_number(&table, "size_kb"));
		if (!exists(dir) || !same_pool(&table, dir))
			bad = true;
		nr++;
	}
	table_free(&table);
	return bad ? -1 : nr;
}

static int count_dirs(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int nr = 0;

	if (!dir)
		die("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir)))
		nr += !strncmp(entry->d_name, "hugepages-", 10);
	closedir(dir);
	return nr;
}

#define NR_2MB	POOLS "hugepages-2048kB/nr_hugepages"

TEST(hugetlb)
{
	int sizes = count_dirs(POOLS), nodes = 0, nr = compare_pools();
	uint64_t before = read_number(NR_2MB);
	char *at, value[32];
	struct stat stat_buf;
	struct table table;
	char path[64];

	while (snprintf(path, sizeof(path), NODES "node%d", nodes),
	       !stat(path, &stat_buf))
		nodes++;
	ASSERT_LE(1, sizes);
	EXPECT_EQ(sizes * (1 + nodes), nr);
	/* With some, two of them in use, three promised. */
	snprintf(value, sizeof(value), "%lu", before + 8);
	ASSERT_EQ(0, write_path(NR_2MB, value));
	at = mmap(NULL, 5 * HUGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
		  21 << MAP_HUGE_SHIFT, -1, 0);
	ASSERT_NE(MAP_FAILED, at);
	at[0] = 1;
	at[HUGE] = 1;
	EXPECT_EQ(nr, compare_pools());
	ASSERT_TRUE(find(&table, "hugetlb", PMD_ORDER, "-"));
	EXPECT_EQ(before + 8, table_number(&table, "total_folios"));
	EXPECT_EQ(3, table_number(&table, "reserved_folios"));
	EXPECT_EQ(table_number(&table, "total_folios") - 2,
		  table_number(&table, "free_folios"));
	table_free(&table);
	munmap(at, 5 * HUGE);
	snprintf(value, sizeof(value), "%lu", before);
	ASSERT_EQ(0, write_path(NR_2MB, value));
	EXPECT_EQ(nr, compare_pools());
}

/* Length of the queues of a cgroup over all nodes. */
static uint64_t queued(const char *memcg)
{
	struct table table;
	uint64_t length = 0;
	bool bad = false;

	if (table_ask(&table, "hugepages/sizes", "\n"))
		die("hugepages/sizes");
	while (table_row(&table, &bad))
		if (!strcmp(table_word(&table, "kind"), "split_queue") &&
		    !strcmp(table_word(&table, "memcg"), memcg))
			length += table_number(&table, "queued_folios");
	table_free(&table);
	return length;
}

#define PART	"/hugepages-test"

/* Puts huge pages into the queue by unmapping a part of each. */
static int make_partial(void *context)
{
	char *at;
	int i;

	cg_enter(PART, 0);
	at = make_anon(6 * HUGE);
	for (i = 0; i < 6; i++)
		if (munmap(at + i * HUGE, 4096 * 16))
			return 1;
	return 0;
}

TEST_F_TIMEOUT(memory, split_queue, 100)
{
	pid_t pid;

	cg_make(PART);
	EXPECT_EQ(0, queued(PART));
	pid = start_stopped(make_partial, NULL);
	ASSERT_LT(0, pid);
	EXPECT_EQ(6, queued(PART));
	end_process(pid);
	EXPECT_EQ(0, queued(PART));
	cg_remove(PART);
}

/* On two nodes the folios of all nodes are those of each, added up. */
TEST_F_TIMEOUT(memory, nodes_add_up, 100)
{
	uint64_t all[32] = {}, each[32] = {};
	char *at = make_anon(4 * HUGE);
	struct table table;
	bool bad = false;
	int order;

	ASSERT_EQ(0, table_ask(&table, "hugepages/sizes", "\n"));
	while (table_row(&table, &bad)) {
		uint64_t *sum = none(&table, "node") ? all : each;

		if (!strcmp(table_word(&table, "kind"), "thp") ||
		    !strcmp(table_word(&table, "kind"), "small"))
			sum[table_number(&table, "order")] +=
				table_number(&table, "anon_folios") +
				table_number(&table, "shmem_folios") +
				table_number(&table, "file_folios");
	}
	EXPECT_FALSE(bad);
	table_free(&table);
	for (order = 0; order < 32; order++)
		EXPECT_EQ(all[order], each[order]);
	EXPECT_LE(4, all[PMD_ORDER]);
	munmap(at, 4 * HUGE);
}

TEST_HARNESS_MAIN
