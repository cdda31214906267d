// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim/lru against /proc/zoneinfo and the memory.stat of cgroups.
 *
 * Pages move between the lists at any time, so both sides are read until they
 * hold still; memory.stat may be two seconds old, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "lru_areas.h"
#include "process_util.h"

#define VIEW		"reclaim/lru"
#define PAGE		4096UL
/* Longer than anything takes that is waited for. */
#define PATIENCE	60

FIXTURE(lru) {
};

FIXTURE_SETUP(lru)
{
}

FIXTURE_TEARDOWN(lru)
{
}

TEST_F_TIMEOUT(lru, equals_zoneinfo, 2 * PATIENCE)
{
	static struct areas before, after, view;
	time_t end = time(NULL) + PATIENCE;
	unsigned int rows, i, populated = 0;
	bool still = false;
	int wrong = -1;

	/* It may be that nothing is equal but for a moment. */
	do {
		read_zoneinfo(&before);
		rows = read_areas(&view);
		read_zoneinfo(&after);
		still = same_areas(&before, &after);
		if (still)
			wrong = compare_areas(&view, &before, false);
	} while ((!still || wrong) && time(NULL) < end);
	ASSERT_TRUE(still);
	if (wrong)
		wrong = compare_areas(&view, &before, true);
	EXPECT_EQ(0, wrong);
	/* A row for each node, and for each zone that has memory. */
	for (i = 0; i < before.nr; i++)
		populated += *before.area[i].zone == '-' ||
			     before.area[i].present;
	EXPECT_EQ(populated, rows);
	EXPECT_GE(populated, 2);
}

static int compare_sums(const struct areas *view, bool tell)
{
	int wrong = 0, i, j;

	for (i = 0; i < view->nr; i++) {
		const struct area *area = &view->area[i];

		for (j = 0; *area->zone != '-' && j < LISTS; j++) {
			if (area->pages[j] == area->memcgs[j])
				continue;
			wrong++;
			if (tell)
				complain("node %u %s %s: %" PRIu64
					 ", cgroups have %" PRIu64, area->node,
					 area->zone, list_names[j],
					 area->pages[j], area->memcgs[j]);
		}
	}
	return wrong;
}

/* Zones have what CPUs have passed on, cgroups all. */
TEST_F_TIMEOUT(lru, cgroups_add_up, 2 * PATIENCE)
{
	time_t end = time(NULL) + PATIENCE;
	static struct areas view;
	int wrong;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	do {
		write_path("/proc/sys/vm/stat_refresh", "1");
		read_areas(&view);
		wrong = compare_sums(&view, false);
	} while (wrong && time(NULL) < end);
	if (wrong)
		wrong = compare_sums(&view, true);
	EXPECT_EQ(0, wrong);
}

#define TOP		"/mms_lru"
#define USERS		3
#define PAGES		700UL
#define FILE_NAME	"/var/tmp/mmscope-lru"

/* Each of another kind. */
static void use_memory(int which)
{
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (at == MAP_FAILED || fd < 0)
		_exit(1);
	memset(at, 1, PAGES * PAGE);
	if (which == 1 && mlock(at, PAGES * PAGE))
		_exit(1);
	if (which == 2 &&
	    (write(fd, at, PAGES * PAGE) < 0 || fsync(fd) ||
	     pread(fd, at, PAGES * PAGE / 2, 0) < 0 ||
	     pread(fd, at, PAGES * PAGE / 2, 0) < 0))
		_exit(1);
}

static int user_of(void *context)
{
	const char *path = context;

	cg_enter(path, 0);
	use_memory(path[strlen(path) - 1] - '0');
	return 0;
}

/* What the rows of a cgroup, and of those in it, have. */
static void read_memcg(const char *path, uint64_t *pages)
{
	struct table table;
	bool bad = false;

	memset(pages, 0, LISTS * sizeof(*pages));
	if (table_ask(&table, VIEW, "memcg=%s", path))
		die(VIEW);
	while (table_row(&table, &bad)) {
		if (strcmp(table.field[0], "memcg") ||
		    strncmp(table.field[1], path, strlen(path)) ||
		    table_number(&table, "ino") != cg_ino(table.field[1]))
			die("%s: a row of %s", path, table.field[1]);
		take_lists(&table, pages);
	}
	if (bad)
		die(VIEW);
	table_free(&table);
}

static int compare_memcg(const char *path, bool tell)
{
	uint64_t pages[LISTS];
	char *stat = cg_read(path, "memory.stat");
	int i, wrong = 0;

	read_memcg(path, pages);
	for (i = 0; i < LISTS; i++) {
		uint64_t bytes;

		if (!line_value(stat, list_names[i], &bytes))
			die("memory.stat: no %s", list_names[i]);
		if (pages[i] * PAGE == bytes)
			continue;
		wrong++;
		if (tell)
			complain("%s %s: %" PRIu64 " pages, %" PRIu64 " bytes",
				 path, list_names[i], pages[i], bytes);
	}
	free(stat);
	return wrong;
}

TEST_F_TIMEOUT(lru, equals_memory_stat, 3 * PATIENCE)
{
	static char paths[USERS][64];
	time_t end = time(NULL) + PATIENCE;
	uint64_t pages[LISTS];
	pid_t users[USERS];
	int i, wrong;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	cg_make(TOP);
	cg_delegate(TOP);
	for (i = 0; i < USERS; i++) {
		snprintf(paths[i], sizeof(paths[i]), TOP "/%d", i);
		cg_make(paths[i]);
		users[i] = start_stopped(user_of, paths[i]);
		ASSERT_GT(users[i], 0);
	}
	do {
		wrong = compare_memcg(TOP, false);
		for (i = 0; i < USERS; i++)
			wrong += compare_memcg(paths[i], false);
	} while (wrong && time(NULL) < end);
	if (wrong) {
		compare_memcg(TOP, true);
		for (i = 0; i < USERS; i++)
			compare_memcg(paths[i], true);
	}
	EXPECT_EQ(0, wrong);
	/* It is there at all: anonymous, locked, and of a file. */
	read_memcg(paths[0], pages);
	EXPECT_GE(pages[0] + pages[1], PAGES);
	read_memcg(paths[1], pages);
	EXPECT_GE(pages[4], PAGES);
	read_memcg(paths[2], pages);
	EXPECT_GE(pages[2] + pages[3], PAGES);
	for (i = 0; i < USERS; i++) {
		end_process(users[i]);
		cg_remove(paths[i]);
	}
	cg_remove(TOP);
	unlink(FILE_NAME);
}

TEST(wrong_paths)
{
	static const char *const views[] = { VIEW, "reclaim/generations" };
	static const char *const none[] = {
		"memcg=/no/such", "memcg=mms", "memcg=//", "memcg=/cgroup.procs",
	};
	static const char *const bad[] = {
		"memcg=", "memcg", "path=/", "memcg=/ memcg=/", "memcg=a\\x",
		"pid=1", "top=1",
	};
	int i, fd;
	char c;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	for (i = 0; i < 2 * ARRAY_LEN(none); i++) {
		fd = view_open(views[i % 2], none[i / 2]);
		EXPECT_GE(fd, 0);
		errno = 0;
		EXPECT_EQ(-1, read(fd, &c, 1));
		EXPECT_EQ(ENOENT, errno)
			TH_LOG("%s", none[i / 2]);
		close(fd);
	}
	for (i = 0; i < 2 * ARRAY_LEN(bad); i++) {
		errno = 0;
		EXPECT_EQ(-1, view_open(views[i % 2], bad[i / 2]));
		EXPECT_EQ(EINVAL, errno)
			TH_LOG("%s", bad[i / 2]);
	}
}

TEST_HARNESS_MAIN
