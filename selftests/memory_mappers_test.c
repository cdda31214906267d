// SPDX-License-Identifier: GPL-2.0-only
/* mappers: a page shared by many, against what these know themselves. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mappers_oracle.h"
#include "process_util.h"
#include "kselftest_harness.h"
#include "mappers_fixture.h"


#define BIOS		0xf0000UL

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
