// SPDX-License-Identifier: GPL-2.0-only
/* mappers: every kind of page, against what the mappers themselves know. */

#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "mappers_oracle.h"
#include "process_util.h"
#include "kselftest_harness.h"

#define THP		"/sys/kernel/mm/transparent_hugepage/"
#define KSM		"/sys/kernel/mm/ksm/"
#define HUGETLB_PAGES	"/proc/sys/vm/nr_hugepages"
#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define PRIVATE		(MAP_PRIVATE | MAP_ANONYMOUS)

#define SHARERS		50
#define MANY		16
#define GIGA		(1UL << 30)
#define BIOS		0xf0000UL

/* What children report, each in its own place. */
static struct report {
	unsigned int nr;
	uint64_t va[2];
} *reports;

/* Set before the fork. */
static unsigned int which;
static int file;
static char *inherited;

FIXTURE(mappers) {
	char *thp;
	char *shmem;
	char hugetlb[24];
	pid_t child[SHARERS];
};

/* The word of a file's line "a [b] c" that is in brackets. */
static char *chosen_word(const char *path)
{
	char *text = read_path(path, NULL), *at = strchr(text, '[');
	char *word = at ? strndup(at + 1, strcspn(at + 1, "]")) : NULL;

	free(text);
	if (!word)
		die("%s", path);
	return word;
}

FIXTURE_SETUP(mappers)
{
	char more[24];
	uint64_t pages = read_number(HUGETLB_PAGES);

	self->thp = chosen_word(THP "enabled");
	self->shmem = chosen_word(THP "shmem_enabled");
	snprintf(self->hugetlb, sizeof(self->hugetlb), "%lu", (long)pages);
	snprintf(more, sizeof(more), "%lu", (long)pages + 3);
	ASSERT_EQ(0, write_path(THP "enabled", "madvise"));
	ASSERT_EQ(0, write_path(THP "shmem_enabled", "advise"));
	ASSERT_EQ(0, write_path(HUGETLB_PAGES, more));
	reports = mmap(NULL, SHARERS * sizeof(*reports), READ_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)reports);
}

FIXTURE_TEARDOWN(mappers)
{
	unsigned int i;

	for (i = 0; i < SHARERS; i++)
		end_process(self->child[i]);
	EXPECT_EQ(0, write_path(THP "enabled", self->thp));
	EXPECT_EQ(0, write_path(THP "shmem_enabled", self->shmem));
	EXPECT_EQ(0, write_path(HUGETLB_PAGES, self->hugetlb));
	free(self->thp);
	free(self->shmem);
}

/* Room for a huge page at its natural address, and more behind. */
static char *aligned(size_t size, size_t align)
{
	char *at = mmap(NULL, size + align, PROT_NONE,
			PRIVATE | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return (char *)(((uintptr_t)at + align - 1) & ~(align - 1));
}

static void touch(const char *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE)
		*(const volatile char *)(at + i);
}

/* Page 7 of the file, somewhere. */
#define SHARED_PAGE	7UL

static char *map_part(int flags)
{
	/* Any address, not only one that the kernel would choose. */
	unsigned long hint = 0x200000000000UL + random() % 0x100000000UL * PAGE;
	char *at = mmap((void *)hint, 8 * PAGE, PROT_READ, flags, file,
			4 * PAGE);

	if (at == MAP_FAILED)
		die("mmap");
	touch(at, 8 * PAGE);
	return at + (SHARED_PAGE - 4) * PAGE;
}

static char *map_whole(void)
{
	char *at = aligned(HUGE, HUGE);

	if (mmap(at, HUGE, READ_WRITE, MAP_SHARED | MAP_FIXED, file, 0) != at ||
	    madvise(at, HUGE, MADV_HUGEPAGE))
		die("mmap");
	return at;
}

static void add_report(const char *va)
{
	struct report *report = &reports[which];

	report->va[report->nr++] = (uintptr_t)va;
}

enum {
	SHARE_HUGE, SHARE_PART, SHARE_LOCKED, SHARE_PROTNONE, SHARE_INHERITED,
	SHARE_TWICE, SHARE_PRIVATE, SHARE_UNTOUCHED, SHARES
};

static int make_sharer(void *context)
{
	char *at;

	srandom(getpid());
	switch (which % SHARES) {
	case SHARE_HUGE:
		at = map_whole();
		touch(at, HUGE);
		add_report(at + SHARED_PAGE * PAGE);
		break;
	case SHARE_INHERITED:
		touch(inherited, HUGE);
		add_report(inherited + SHARED_PAGE * PAGE);
		break;
	case SHARE_TWICE:
		add_report(map_part(MAP_SHARED));
		/* fall through */
	case SHARE_PART:
		add_report(map_part(MAP_SHARED));
		break;
	case SHARE_LOCKED:
		at = map_part(MAP_SHARED);
		add_report(at);
		return mlock(at, PAGE);
	case SHARE_PROTNONE:
		at = map_part(MAP_SHARED);
		add_report(at);
		return mprotect(at - PAGE, 2 * PAGE, PROT_NONE);
	case SHARE_PRIVATE:
		add_report(map_part(MAP_PRIVATE));
		break;
	}
	return 0;
}

/* What the children have reported, each checked with its own pagemap. */
static unsigned int add_reported(struct mappers *want, uint64_t pfn,
				 const pid_t *child)
{
	unsigned int i, j, wrong = 0;

	for (i = 0; i < SHARERS; i++)
		for (j = 0; j < reports[i].nr; j++) {
			void *va = (void *)reports[i].va[j];

			mappers_add(want, pfn, child[i], reports[i].va[j]);
			wrong += frame_at(child[i], va) != pfn;
		}
	return wrong;
}

/* Huge pages and parts of one, locked, forbidden, private, twice, not at all. */
TEST_F(mappers, shared_by_50)
{
	struct mappers want = {}, got = {};
	unsigned int protnone = 0, huge = 0;
	char *at, *inherit;
	uint64_t pfn;
	size_t i;

	file = memfd_create("shared", MFD_CLOEXEC);
	ASSERT_LE(0, file);
	ASSERT_EQ(0, ftruncate(file, HUGE));
	at = map_whole();
	memset(at, 1, HUGE);
	pfn = frame_at(getpid(), at) + SHARED_PAGE;
	inherit = map_whole();
	inherited = inherit;
	for (which = 0; which < SHARERS; which++) {
		self->child[which] = start_stopped(make_sharer, NULL);
		ASSERT_LT(0, self->child[which]);
	}
	mappers_add(&want, pfn, getpid(), (uintptr_t)at + SHARED_PAGE * PAGE);
	EXPECT_EQ(0, add_reported(&want, pfn, self->child));

	EXPECT_EQ(0, mappers_ask(&got, pfn, pfn));
	EXPECT_TRUE(mappers_equal(&want, &got));
	for (i = 0; i < got.nr; i++) {
		huge += got.at[i].huge;
		protnone += got.at[i].protnone;
	}
	/* One huge page: the parent, and two of eight kinds of children. */
	EXPECT_EQ(1 + (SHARERS + 7) / SHARES + (SHARERS + 3) / SHARES, huge);
	EXPECT_EQ((SHARERS + 4) / SHARES, protnone);
	/* And all other pages of the file, also from what is no test's. */
	EXPECT_EQ(want.nr, compare_with_system(pfn, pfn));
	EXPECT_LT(want.nr, compare_with_system(pfn - SHARED_PAGE,
					       pfn - SHARED_PAGE + 511));
	mappers_free(&want);
	mappers_free(&got);
}

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
	ASSERT_EQ(0, madvise(inherited, 4 * PAGE, MADV_NOHUGEPAGE));
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
	if (madvise(inherited, KSM_PAGES * PAGE, MADV_NOHUGEPAGE))
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

#define ZEROS	300

static int read_zeros(void *context)
{
	char *at = mmap(NULL, ZEROS * PAGE, PROT_READ, PRIVATE, -1, 0);
	char *huge = aligned(HUGE, HUGE);

	if (madvise(at, ZEROS * PAGE, MADV_NOHUGEPAGE) ||
	    mprotect(huge, HUGE, PROT_READ) ||
	    madvise(huge, HUGE, MADV_HUGEPAGE))
		return -1;
	touch(at, ZEROS * PAGE);
	touch(huge, HUGE);
	reports[0].va[0] = (uintptr_t)at;
	reports[0].va[1] = (uintptr_t)huge;
	return 0;
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

/* pagemap leaves these out; where they are, the test knows itself. */
TEST_F(mappers, device)
{
	struct mappers want = {}, got = {};
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	uint64_t i, first = BIOS / PAGE;
	char *at;

	ASSERT_LE(0, fd);
	at = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, BIOS);
	ASSERT_NE(MAP_FAILED, (void *)at);
	for (i = 0; i < 2; i++)
		mappers_add(&want, first + 1 + i, getpid(),
			    (uintptr_t)at + (1 + i) * PAGE);
	EXPECT_EQ(0, mappers_ask(&got, first + 1, first + 2));
	EXPECT_TRUE(mappers_equal(&want, &got));
	mappers_free(&want);
	mappers_free(&got);
}

#define HIGH	(1UL << 50)

/* Above what four levels reach. */
TEST_F(mappers, high_addresses)
{
	char *cpu = read_path("/proc/cpuinfo", NULL), *at;
	bool la57 = strstr(cpu, " la57");
	struct mappers got = {};
	uint64_t pfn;

	free(cpu);
	if (!la57)
		SKIP(return, "no 5-level paging");
	at = mmap((void *)HIGH, PAGE, READ_WRITE, PRIVATE, -1, 0);
	ASSERT_EQ((char *)HIGH, at);
	*at = 1;
	pfn = frame_at(getpid(), at);
	EXPECT_EQ(1, compare_with_system(pfn, pfn));
	EXPECT_EQ(0, mappers_ask(&got, pfn, pfn));
	ASSERT_EQ(1, got.nr);
	EXPECT_EQ(HIGH, got.at[0].va);
	mappers_free(&got);
}

/* In an area that pagemap passes over, although pages are mapped there. */
static bool passed_over(pid_t pid, uint64_t va)
{
	char *maps = read_proc(pid, "maps"), *rest = maps, *line;
	unsigned long start, end;
	bool is = false;

	while ((line = strsep(&rest, "\n")))
		is |= sscanf(line, "%lx-%lx ", &start, &end) == 2 &&
		      va >= start && va < end && strstr(line, " [vvar");
	free(maps);
	return is;
}

/* All that a process has, and no frame that there is not. */
TEST_F(mappers, everything)
{
	struct mappers want = {}, got = {};
	size_t i, found = 0;

	EXPECT_EQ(0, mappers_ask(&got, 1ULL << 40, 1ULL << 41));
	EXPECT_EQ(0, got.nr);
	self->child[0] = start_stopped(read_zeros, NULL);
	ASSERT_LT(0, self->child[0]);
	EXPECT_EQ(0, mappers_ask(&got, 0, (1ULL << 40) - 1));
	mappers_of_system(&want, 0, (1ULL << 40) - 1);
	for (i = 0; i < got.nr; i++) {
		EXPECT_NE(0, got.at[i].pid);
		found += (pid_t)got.at[i].pid == self->child[0] &&
			 !passed_over(self->child[0], got.at[i].va);
	}
	EXPECT_EQ(mappers_count(&want, self->child[0]), found);
	mappers_free(&want);
	mappers_free(&got);
}

TEST_HARNESS_MAIN
