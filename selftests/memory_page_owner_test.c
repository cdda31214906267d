// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory/page of pages of known kinds, which this test has made: what they are
 * used for, and who owns them.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame_flags.h"
#include "kselftest_harness.h"
#include "memory_page.h"
#include "page_kinds.h"
#include "process_util.h"

#define BIT(n)		(1ULL << (n))
#define KPF_MLOCKED	33

#define GROUP		"/sys/fs/cgroup/mmscope-page"

static char *map_anon(size_t size)
{
	char *area = map_area(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (small_pages(area, size))
		die("madvise");
	return area;
}

/* Aligned to huge pages. */
static char *map_huge_area(size_t nr)
{
	uintptr_t area = (uintptr_t)map_area((nr + 1) * HUGE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1);

	area = (area + HUGE - 1) & ~(HUGE - 1);
	if (madvise((void *)area, nr * HUGE, MADV_HUGEPAGE))
		die("madvise");
	return (char *)area;
}

FIXTURE(machine) {
	struct page_row row;
};

FIXTURE_SETUP(machine)
{
	machine_prepare();
}

FIXTURE_TEARDOWN(machine)
{
	machine_restore();
}

TEST_F_TIMEOUT(machine, anon, 200)
{
	const uint64_t want = BIT(KPF_ANON) | BIT(KPF_MMAP) |
			      BIT(KPF_SWAPBACKED) | BIT(KPF_UPTODATE) |
			      BIT(KPF_LRU);
	char *area = map_anon(PAGE), gen[16] = "0";
	pid_t child;
	int fd;

	*area = 1;
	frames_settle();
	page_row_at(area, &self->row);
	EXPECT_STREQ("anon", self->row.kind);
	EXPECT_STREQ("-", self->row.owner);
	EXPECT_EQ(0, self->row.order);
	EXPECT_EQ(0, self->row.position);
	EXPECT_EQ(1, self->row.mapcount);
	EXPECT_EQ(want, self->row.flags & want);
	EXPECT_EQ((uintptr_t)area / PAGE, self->row.index);
	fd = open("/sys/kernel/mm/lru_gen/enabled", O_RDONLY);
	if (fd >= 0 && read(fd, gen, sizeof(gen) - 1) > 0 &&
	    strtoul(gen, NULL, 16) & 1) {
		EXPECT_STREQ("gen_anon", self->row.lru);
	} else {
		EXPECT_EQ(0, strcmp("active_anon", self->row.lru) &&
			     strcmp("inactive_anon", self->row.lru));
	}

	child = start_stopped(NULL, NULL);
	page_row_at(area, &self->row);
	EXPECT_EQ(2, self->row.mapcount);
	end_process(child);
}

TEST_F_TIMEOUT(machine, thp, 200)
{
	char *area = map_huge_area(1);
	uint64_t first, i;

	memset(area, 1, HUGE);
	first = frame_at(area);
	for (i = 0; i < HUGE / PAGE; i += 73) {
		page_row_at(area + i * PAGE, &self->row);
		ASSERT_EQ(first + i, self->row.pfn);
		EXPECT_STREQ("anon", self->row.kind);
		EXPECT_EQ(9, self->row.order);
		EXPECT_EQ(i, self->row.position);
		EXPECT_EQ(1, self->row.mapcount);
		EXPECT_EQ((uintptr_t)area / PAGE + i, self->row.index);
		EXPECT_EQ(BIT(KPF_THP), self->row.flags & BIT(KPF_THP));
		EXPECT_EQ(i ? BIT(KPF_COMPOUND_TAIL) : BIT(KPF_COMPOUND_HEAD),
			  self->row.flags & (BIT(KPF_COMPOUND_HEAD) |
					     BIT(KPF_COMPOUND_TAIL)));
	}
}

TEST_F_TIMEOUT(machine, mlocked, 200)
{
	char *area = map_anon(PAGE);

	*area = 1;
	ASSERT_EQ(0, mlock(area, PAGE));
	frames_settle();
	page_row_at(area, &self->row);
	EXPECT_EQ(BIT(KPF_MLOCKED), self->row.flags & BIT(KPF_MLOCKED));
	EXPECT_STREQ("unevictable", self->row.lru);
	ASSERT_EQ(0, munlock(area, PAGE));
	page_row_at(area, &self->row);
	EXPECT_EQ(0, self->row.flags & BIT(KPF_MLOCKED));
}

TEST_F_TIMEOUT(machine, ksm, 300)
{
	struct made made = {};
	int err = make_ksm(&made);

	if (err)
		SKIP(return, "%s", made.skip);
	page_row_at((void *)made.region[0].start, &self->row);
	EXPECT_STREQ("ksm", self->row.kind);
	EXPECT_STREQ("-", self->row.owner);
	EXPECT_EQ(BIT(KPF_KSM), self->row.flags & BIT(KPF_KSM));
	EXPECT_LT(1, self->row.mapcount);
}

TEST_F_TIMEOUT(machine, zero, 200)
{
	char *area = map_anon(PAGE), *huge = map_huge_area(1);

	(void)*(volatile char *)area;
	page_row_at(area, &self->row);
	EXPECT_STREQ("zero", self->row.kind);
	EXPECT_EQ(0, self->row.order);
	EXPECT_EQ(BIT(KPF_ZERO_PAGE), self->row.flags & BIT(KPF_ZERO_PAGE));

	(void)*(volatile char *)huge;
	page_row_at(huge + 3 * PAGE, &self->row);
	EXPECT_STREQ("zero", self->row.kind);
	EXPECT_EQ(9, self->row.order);
	EXPECT_EQ(3, self->row.position);
	EXPECT_EQ(BIT(KPF_ZERO_PAGE) | BIT(KPF_THP),
		  self->row.flags & (BIT(KPF_ZERO_PAGE) | BIT(KPF_THP)));
}

/* First address that a table maps which @addr is below. */
static uint64_t table_start(const char *level, uint64_t addr)
{
	static const char *const levels[] = { "pte", "pmd", "pud" };
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(levels); i++)
		if (!strcmp(level, levels[i]))
			return addr & ~((PAGE << 9 * (i + 1)) - 1);
	/* What is above maps all of the lower half, or has it in one entry. */
	return 0;
}

TEST_F_TIMEOUT(machine, page_tables, 200)
{
	uint64_t addr = (uintptr_t)map_anon(PAGE), pid, va;
	unsigned int level, phys;
	struct table table;
	bool bad = false;

	*(char *)addr = 1;
	ASSERT_EQ(0, table_ask(&table, "translate", "addr=%#llx",
			       (unsigned long long)addr));
	level = table_column(&table, "level");
	phys = table_column(&table, "table_phys");
	while (table_row(&table, &bad)) {
		uint64_t frame = strtoull(table.field[phys], NULL, 0) / PAGE;

		ASSERT_TRUE(page_row_find(frame, &self->row));
		EXPECT_STREQ("pgtable", self->row.kind);
		EXPECT_STREQ(table.field[level], self->row.owner);
		ASSERT_TRUE(detail_number(&self->row, "pid", &pid));
		EXPECT_EQ(getpid(), pid);
		ASSERT_TRUE(detail_number(&self->row, "va", &va));
		EXPECT_EQ(table_start(table.field[level], addr), va);
	}
	EXPECT_FALSE(bad);
	EXPECT_LE(4, table.rows);
	table_free(&table);
}

struct member {
	uint64_t pfn;
};

static int join_group(void *context)
{
	struct member *member = context;
	char *area;

	if (write_path(GROUP "/cgroup.procs", "0"))
		return -1;
	area = map_anon(PAGE);
	*area = 1;
	member->pfn = frame_at(area);
	return 0;
}

TEST_F_TIMEOUT(machine, memcg, 200)
{
	struct member *member = (void *)map_area(PAGE, MAP_SHARED |
						 MAP_ANONYMOUS, -1);
	struct stat group;
	pid_t child;

	write_path("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0700);
	if (access(GROUP "/memory.current", R_OK)) {
		rmdir(GROUP);
		SKIP(return, "no memory controller");
	}
	ASSERT_EQ(0, stat(GROUP, &group));
	child = start_stopped(join_group, member);
	ASSERT_LT(0, child);
	ASSERT_TRUE(page_row_find(member->pfn, &self->row));
	EXPECT_STREQ("anon", self->row.kind);
	EXPECT_EQ(group.st_ino, self->row.memcg);
	EXPECT_STREQ("/mmscope-page", self->row.memcg_path);
	end_process(child);
	EXPECT_EQ(0, rmdir(GROUP));
}

TEST_HARNESS_MAIN
