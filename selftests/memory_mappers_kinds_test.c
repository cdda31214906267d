// SPDX-License-Identifier: GPL-2.0-only
/* mappers: every kind of page, against pagemap of every process. */

#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "mappers_oracle.h"
#include "process_util.h"
#include "kselftest_harness.h"
#include "mappers_fixture.h"

#define KSM		"/sys/kernel/mm/ksm/"
#define MANY		16
#define GIGA		(1UL << 30)

static int write_some(void *context)
{
	if (which % 4 == 0)
		*inherited = which;
	return 0;
}

/* Copied on write: a child that has written has a page of its own. */
TEST_F(mappers, anonymous_after_fork)
{
	uint64_t pfn;

	inherited = mmap(NULL, 4 * PAGE, READ_WRITE, PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)inherited);
	ASSERT_EQ(0, small_pages(inherited, 4 * PAGE));
	memset(inherited, 1, 4 * PAGE);
	for (which = 0; which < MANY; which++) {
		self->child[which] = start_stopped(write_some, NULL);
		ASSERT_LT(0, self->child[which]);
	}
	pfn = frame_at(getpid(), inherited);
	EXPECT_EQ(1 + MANY - MANY / 4, compare_with_system(pfn, pfn));
	pfn = frame_at(getpid(), inherited + PAGE);
	EXPECT_EQ(1 + MANY, compare_with_system(pfn, pfn));
	pfn = frame_at(self->child[4], inherited);
	EXPECT_EQ(1, compare_with_system(pfn, pfn));
}

static int map_file(void *context)
{
	int flags = which ? MAP_PRIVATE : MAP_SHARED;
	char *at = mmap(NULL, 2 * PAGE, READ_WRITE, flags, file, PAGE);

	if (at == MAP_FAILED)
		return -1;
	touch(at, 2 * PAGE);
	/* Its own copy from now on. */
	if (which == 2)
		*at = 2;
	return 0;
}

TEST_F(mappers, file)
{
	char name[] = "/tmp/mmscope-XXXXXX", *at;
	static char content[3 * PAGE];
	uint64_t pfn;

	file = mkstemp(name);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, unlink(name));
	ASSERT_EQ(sizeof(content), write(file, content, sizeof(content)));
	for (which = 0; which < 3; which++) {
		self->child[which] = start_stopped(map_file, NULL);
		ASSERT_LT(0, self->child[which]);
	}
	at = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)at);
	touch(at, 3 * PAGE);
	/* This process, the one that shares it, the one that only reads. */
	pfn = frame_at(getpid(), at + PAGE);
	EXPECT_EQ(3, compare_with_system(pfn, pfn));
	pfn = frame_at(getpid(), at + 2 * PAGE);
	EXPECT_EQ(4, compare_with_system(pfn, pfn));
}

/* Pages of a library, of which others map some as well. */
TEST_F(mappers, library)
{
	uint64_t pfn = frame_at(getpid(), (void *)((uintptr_t)memcpy &
						   ~(PAGE - 1)));

	ASSERT_NE(NO_FRAME, pfn);
	EXPECT_LE(1, compare_with_system(pfn, pfn));
	EXPECT_LE(1, compare_with_system(pfn, pfn + 15));
}

#define KSM_PAGES	64

static int make_ksm(void *context)
{
	uint64_t scans = read_number(KSM "full_scans");
	time_t start = time(NULL);

	inherited = mmap(NULL, KSM_PAGES * PAGE, READ_WRITE, PRIVATE, -1, 0);
	if (small_pages(inherited, KSM_PAGES * PAGE))
		return -1;
	memset(inherited, 0x5a, KSM_PAGES * PAGE);
	if (madvise(inherited, KSM_PAGES * PAGE, MADV_MERGEABLE) ||
	    write_path(KSM "run", "1"))
		return -1;
	while (read_number(KSM "full_scans") < scans + 3) {
		if (time(NULL) > start + 60)
			return -1;
		sched_yield();
	}
	reports[0].va[0] = (uintptr_t)inherited;
	return write_path(KSM "run", "0");
}

TEST_F(mappers, ksm)
{
	static const struct {
		const char *path, *value;
	} quick[] = {
		{ KSM "pages_to_scan", "20000" }, { KSM "sleep_millisecs", "0" },
	};
	char *before[ARRAY_LEN(quick)];
	unsigned int i;
	uint64_t pfn;

	if (access(KSM "run", W_OK))
		SKIP(return, "the kernel has no KSM");
	for (i = 0; i < ARRAY_LEN(quick); i++) {
		before[i] = read_path(quick[i].path, NULL);
		EXPECT_EQ(0, write_path(quick[i].path, quick[i].value));
	}
	self->child[0] = start_stopped(make_ksm, NULL);
	EXPECT_LT(0, self->child[0]);
	for (i = 0; i < ARRAY_LEN(quick); i++) {
		EXPECT_EQ(0, write_path(quick[i].path, before[i]));
		free(before[i]);
	}
	ASSERT_LT(0, self->child[0]);
	pfn = frame_at(self->child[0], (void *)reports[0].va[0]);
	/* All of them have become one. */
	EXPECT_EQ(KSM_PAGES, compare_with_system(pfn, pfn));
}

static int map_giga(void *context)
{
	char *at = aligned(GIGA, GIGA);

	if (mmap(at, GIGA, READ_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
		 file, 0) != at)
		return -1;
	at[0] = at[HUGE] = 1;
	reports[which].va[0] = (uintptr_t)at;
	return 0;
}

/* Where the PMD table is that leads to an address. */
static uint64_t pmd_table(pid_t pid, uint64_t va)
{
	struct table table;
	uint64_t at = 0;
	bool bad = false;

	if (table_ask(&table, "translate", "pid=%d addr=0x%lx", pid, (long)va))
		return 0;
	while (table_row(&table, &bad))
		if (!strcmp(table.field[0], "pmd"))
			at = strtoull(table.field[2], NULL, 0);
	table_free(&table);
	return at;
}

/* From one gigabyte on, processes share the PMD table too. */
TEST_F(mappers, hugetlb_shared)
{
	uint64_t pfn;

	file = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, GIGA));
	for (which = 0; which < 5; which++) {
		self->child[which] = start_stopped(map_giga, NULL);
		ASSERT_LT(0, self->child[which]);
	}
	EXPECT_NE(0, pmd_table(self->child[0], reports[0].va[0]));
	EXPECT_EQ(pmd_table(self->child[0], reports[0].va[0]),
		  pmd_table(self->child[4], reports[4].va[0]));
	pfn = frame_at(self->child[0], (char *)reports[0].va[0] + HUGE);
	EXPECT_EQ(5, compare_with_system(pfn + 99, pfn + 99));
	EXPECT_EQ(5 * 512, compare_with_system(pfn, pfn + 511));
	/* Some at its end, and whatever lies behind. */
	EXPECT_LE(5 * 12, compare_with_system(pfn + 500, pfn + 600));
}

/* Nothing in the kernel knows who maps these. */
TEST_F(mappers, zero_pages)
{
	struct mappers got = {};
	uint64_t pfn, huge;

	self->child[0] = start_stopped(read_zeros, NULL);
	ASSERT_LT(0, self->child[0]);
	pfn = frame_at(self->child[0], (void *)reports[0].va[0]);
	huge = frame_at(self->child[0], (void *)reports[0].va[1]);
	EXPECT_LE(ZEROS, compare_with_system(pfn, pfn));
	EXPECT_LE(512, compare_with_system(huge, huge + 511));
	EXPECT_EQ(0, mappers_ask(&got, pfn, pfn));
	EXPECT_EQ(ZEROS, mappers_count(&got, self->child[0]));
	mappers_free(&got);
}

TEST_HARNESS_MAIN
