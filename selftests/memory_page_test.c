// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory/page of every frame of the machine, against /proc/kpageflags,
 * kpagecount and kpagecgroup, which are read before and after it: what they
 * agree on has not changed meanwhile.
 */

#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "memory_page.h"
#include "page_kinds.h"
#include "process_util.h"

/* No row: the frame has no struct page, or is offline. */
#define NO_ROW		(~0ULL)

#define ROUNDS		5

enum { FLAGS, COUNT, CGROUP, NR_FILES };

static const char *const files[NR_FILES] = {
	"/proc/kpageflags", "/proc/kpagecount", "/proc/kpagecgroup",
};

/**
 * struct frames - the frames of the machine
 * @nr: how many /proc shows.
 * @before: what /proc says, file by file.
 * @ours: what memory/page says.
 * @after: what /proc says then.
 */
struct frames {
	uint64_t nr;
	uint64_t *before[NR_FILES];
	uint64_t *ours[NR_FILES];
	uint64_t *after[NR_FILES];
};

/* Memory that is there, so that reading into it changes no other page. */
static uint64_t *new_numbers(uint64_t nr)
{
	uint64_t *numbers = mmap(NULL, nr * sizeof(*numbers),
				 PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (numbers == MAP_FAILED ||
	    small_pages(numbers, nr * sizeof(*numbers)))
		die("mmap");
	memset(numbers, 0xff, nr * sizeof(*numbers));
	return numbers;
}

/* Reads a file of one number per frame.  Return: how many. */
static uint64_t read_frames(const char *path, uint64_t *numbers, uint64_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t nr = 0;
	ssize_t n;

	if (fd < 0)
		die("%s", path);
	do {
		size_t want = max - nr < 32768 ? max - nr : 32768;

		n = read(fd, numbers + nr, want * sizeof(*numbers));
		if (n < 0)
			die("%s", path);
		nr += n / sizeof(*numbers);
	} while (n && nr < max);
	close(fd);
	return nr;
}

static void read_all(struct frames *frames, uint64_t **numbers)
{
	int i;

	for (i = 0; i < NR_FILES; i++)
		if (read_frames(files[i], numbers[i], frames->nr) != frames->nr)
			die("%s is shorter than before", files[i]);
}

/*
 * Waits until the machine keeps still.  Pages freed by what ran before go from
 * the CPUs' lists to the free lists over some seconds (decay_pcp_high()).
 */
static void settle(struct frames *frames)
{
	uint64_t pfn, changed;
	int tries = 0;

	read_frames(files[FLAGS], frames->before[FLAGS], frames->nr);
	do {
		changed = 0;
		read_frames(files[FLAGS], frames->after[FLAGS], frames->nr);
		for (pfn = 0; pfn < frames->nr; pfn++) {
			changed += frames->before[FLAGS][pfn] !=
				   frames->after[FLAGS][pfn];
			frames->before[FLAGS][pfn] = frames->after[FLAGS][pfn];
		}
	} while (changed * 100000 > frames->nr && ++tries < 40);
}

/* Notes a row.  Return: whether it is a good one. */
static bool note(struct frames *frames, const struct page_row *row,
		 uint64_t *next)
{
	if (row->pfn < *next || row->pfn >= frames->nr) {
		complain("frame %llu comes after %llu, of %llu",
			 (unsigned long long)row->pfn,
			 (unsigned long long)*next,
			 (unsigned long long)frames->nr);
		return false;
	}
	while (*next < row->pfn)
		frames->ours[FLAGS][(*next)++] = NO_ROW;
	frames->ours[FLAGS][row->pfn] = row->flags;
	frames->ours[COUNT][row->pfn] = row->mapcount;
	frames->ours[CGROUP][row->pfn] = row->memcg;
	*next = row->pfn + 1;
	return true;
}

/* Reads the rest of memory/page, a piece at a time. */
static bool read_ours(struct frames *frames, struct page_stream *stream,
		      struct page_row *row)
{
	uint64_t next = 0;
	bool good = true;

	do {
		good = note(frames, row, &next);
	} while (good && page_stream_row(stream, row));
	while (next < frames->nr)
		frames->ours[FLAGS][next++] = NO_ROW;
	return good;
}

/*
 * Of a frame without struct page, some kernels say KPF_NOPAGE, later ones
 * nothing; so do they of a page that has no flags.
 */
static bool same_flags(const struct frames *frames, uint64_t pfn)
{
	uint64_t theirs = frames->before[FLAGS][pfn];
	uint64_t ours = frames->ours[FLAGS][pfn];

	if (ours == NO_ROW)
		return theirs == 1ULL << KPF_NOPAGE || !theirs;
	return ours == theirs;
}

static bool same_number(const struct frames *frames, int file, uint64_t pfn)
{
	uint64_t theirs = frames->before[file][pfn];

	if (frames->ours[FLAGS][pfn] == NO_ROW)
		return !theirs;
	return frames->ours[file][pfn] == theirs;
}

/*
 * Compares one file.  Clears @still if more than a thousandth of it changed.
 * Return: how many frames are wrong of those that did not.
 */
static uint64_t compare(const struct frames *frames, int file, bool *still)
{
	uint64_t pfn, wrong = 0, changed = 0;

	for (pfn = 0; pfn < frames->nr; pfn++) {
		if (frames->before[file][pfn] != frames->after[file][pfn]) {
			if (changed++ < 4)
				complain("frame %llu: %s had %#llx, then %#llx",
					 (unsigned long long)pfn, files[file],
					 (unsigned long long)
					 frames->before[file][pfn],
					 (unsigned long long)
					 frames->after[file][pfn]);
			continue;
		}
		if (file == FLAGS ? same_flags(frames, pfn) :
				    same_number(frames, file, pfn))
			continue;
		if (wrong++ < 8)
			complain("frame %llu: %s has %#llx, memory/page %#llx",
				 (unsigned long long)pfn, files[file],
				 (unsigned long long)frames->before[file][pfn],
				 (unsigned long long)frames->ours[file][pfn]);
	}
	complain("%s: %llu frames, %llu changed, %llu wrong", files[file],
		 (unsigned long long)frames->nr,
		 (unsigned long long)changed,
		 (unsigned long long)wrong);
	*still &= changed * 1000 <= frames->nr;
	return wrong;
}

/* How many frames are not empty in a file. */
static uint64_t count_set(const struct frames *frames, int file)
{
	uint64_t pfn, set = 0;

	for (pfn = 0; pfn < frames->nr; pfn++)
		set += frames->ours[FLAGS][pfn] != NO_ROW &&
		       frames->ours[file][pfn];
	return set;
}

/* What an idle machine may have none of, mapped in all the ways there are. */
static void make_rare_pages(void)
{
	const size_t size = 4 * HUGE;
	char *thp = map_area(2 * size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *locked = map_area(PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *hugetlb;

	thp = (char *)(((uintptr_t)thp + HUGE - 1) & ~(HUGE - 1));
	if (madvise(thp, size, MADV_HUGEPAGE) || mlock(locked, PAGE) ||
	    write_path("/proc/sys/vm/nr_hugepages", "4"))
		die("rare pages");
	memset(thp, 1, size);
	/* Mapped as a whole by one of two, and in pieces by both. */
	start_stopped(NULL, NULL);
	if (madvise(thp, PAGE, MADV_DONTNEED))
		die("MADV_DONTNEED");
	hugetlb = map_area(2 * HUGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
			   -1);
	*hugetlb = 1;
}

FIXTURE(machine) { };

FIXTURE_SETUP(machine)
{
	/* No khugepaged, no writeback. */
	machine_prepare();
}

FIXTURE_TEARDOWN(machine)
{
	machine_restore();
}

static void look_at_all(struct __test_metadata *_metadata,
			struct frames *frames)
{
	struct page_stream stream;
	struct page_row row;

	settle(frames);
	/* Memory that an answer needs is there from its start to its end. */
	page_stream_open(&stream, NULL);
	ASSERT_TRUE(page_stream_row(&stream, &row));
	read_all(frames, frames->before);
	ASSERT_TRUE(read_ours(frames, &stream, &row));
	read_all(frames, frames->after);
	EXPECT_TRUE(page_stream_close(&stream));
}

/*
 * The machine is idle, and nearly nothing changes in the time; if it does all
 * the same, it is looked at again.
 */
TEST_F_TIMEOUT(machine, every_frame_as_in_proc, 900)
{
	struct frames frames = { .nr = count_frames() };
	uint64_t wrong = 0;
	bool still = false;
	int i, round;

	/* First, so that the other process shares nothing that is written. */
	make_rare_pages();
	for (i = 0; i < NR_FILES; i++) {
		frames.before[i] = new_numbers(frames.nr);
		frames.ours[i] = new_numbers(frames.nr);
		frames.after[i] = new_numbers(frames.nr);
	}
	for (round = 0; round < ROUNDS && !wrong && !still; round++) {
		look_at_all(_metadata, &frames);
		still = true;
		for (i = 0; i < NR_FILES; i++)
			wrong += compare(&frames, i, &still);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(still);
	/* This very memory is mapped and charged. */
	for (i = 0; i < NR_FILES; i++)
		EXPECT_LT(frames.nr * sizeof(uint64_t) / 4096,
			  count_set(&frames, i));
}

TEST_HARNESS_MAIN
