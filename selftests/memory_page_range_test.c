// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory/page of ranges of frames, of frames that there are none of, and read
 * by those who do not read on.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "memory_page.h"
#include "process_util.h"

#define MOUNT		"/tmp/mmscope-page"

/* No such frame. */
#define NO_FRAME	(~0ULL)

/* The first frame from @pfn on that has no row, or that has one. */
static uint64_t find_row(uint64_t pfn, bool row)
{
	uint64_t nr = count_frames();

	while (pfn < nr) {
		struct page_row found;
		bool is = page_row_find(pfn, &found);

		if (is == row)
			return pfn;
		/* Sections are as large or larger, and aligned. */
		pfn = (pfn | 0x7fff) + 1;
	}
	return NO_FRAME;
}

TEST(frames_without_page)
{
	uint64_t end = count_frames(), hole = find_row(0, false), back;
	struct page_stream stream;
	struct page_row row;
	char query[64];

	/* Behind all RAM, and at the end of what can be asked for. */
	ASSERT_FALSE(page_row_find(end, &row));
	ASSERT_FALSE(page_row_find(end + 123456789, &row));
	ASSERT_FALSE(page_row_find((1ULL << 52) - 1, &row));
	/* Behind an EXPECT, this would hide what that has found. */
	if (hole == NO_FRAME)
		SKIP(return, "RAM has no hole");
	back = find_row(hole, true);
	ASSERT_NE(NO_FRAME, back);
	ASSERT_NE(0, hole);
	/* From the last frame before the hole to the first behind it. */
	snprintf(query, sizeof(query), "pfn=%llu-%llu",
		 (unsigned long long)hole - 1, (unsigned long long)back);
	page_stream_open(&stream, query);
	ASSERT_TRUE(page_stream_row(&stream, &row));
	EXPECT_EQ(hole - 1, row.pfn);
	ASSERT_TRUE(page_stream_row(&stream, &row));
	EXPECT_EQ(back, row.pfn);
	EXPECT_FALSE(page_stream_row(&stream, &row));
	EXPECT_TRUE(page_stream_close(&stream));
}

TEST(ranges)
{
	uint64_t last = count_frames() - 1, pfn;
	struct page_stream stream;
	struct page_row row;
	char query[64];

	/* One row per frame, in order; the buffer is filled several times. */
	page_stream_open(&stream, "pfn=1000-5999");
	for (pfn = 1000; pfn < 6000; pfn++) {
		ASSERT_TRUE(page_stream_row(&stream, &row));
		ASSERT_EQ(pfn, row.pfn);
	}
	EXPECT_FALSE(page_stream_row(&stream, &row));
	EXPECT_TRUE(page_stream_close(&stream));

	/* The end of RAM is the end of the answer. */
	while (!page_row_find(last, &row))
		last--;
	snprintf(query, sizeof(query), "pfn=%llu-%llu",
		 (unsigned long long)last, (unsigned long long)last + 9999);
	page_stream_open(&stream, query);
	ASSERT_TRUE(page_stream_row(&stream, &row));
	EXPECT_EQ(last, row.pfn);
	EXPECT_FALSE(page_stream_row(&stream, &row));
	EXPECT_TRUE(page_stream_close(&stream));
}

/* kB of shmem and tmpfs in the machine. */
static uint64_t shmem_kb(void)
{
	char *text = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(text, "Shmem");

	free(text);
	return kb;
}

static int compare_frames(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

/* The longest run of frames that a mapping has.  Return: its length. */
static size_t longest_run(const char *area, size_t pages, uint64_t *first)
{
	uint64_t *frames = calloc(pages, sizeof(*frames));
	size_t i, from = 0, best = 0;

	for (i = 0; i < pages; i++)
		frames[i] = frame_at(area + i * 4096);
	qsort(frames, pages, sizeof(*frames), compare_frames);
	for (i = 0; i < pages; i++) {
		if (i && frames[i] != frames[i - 1] + 1)
			from = i;
		if (i + 1 - from > best) {
			best = i + 1 - from;
			*first = frames[from];
		}
	}
	free(frames);
	return best;
}

/* Opens the view and reads its beginning, which is more than the head. */
static int read_beginning(uint64_t first)
{
	char query[64], buf[4096];
	int fd;

	snprintf(query, sizeof(query), "pfn=%llu-%llu",
		 (unsigned long long)first,
		 (unsigned long long)first + 1000000);
	fd = view_open("memory/page", query);
	if (fd < 0 || read(fd, buf, sizeof(buf)) != sizeof(buf))
		die("memory/page %s", query);
	return fd;
}

/* One who has stopped reading keeps no file, and no filesystem mounted. */
FIXTURE(reader) {
};

FIXTURE_SETUP(reader)
{
}

FIXTURE_TEARDOWN(reader)
{
}

TEST_F_TIMEOUT(reader, slow, 200)
{
	const size_t step = 32 << 20, max = 512 << 20;
	uint64_t before, first, kb, run = 0;
	size_t size = 0;
	char *area;
	int fd, view;

	mkdir(MOUNT, 0700);
	ASSERT_EQ(0, mount("mmscope", MOUNT, "tmpfs", 0, "size=512m"));
	fd = open(MOUNT "/file", O_RDWR | O_CREAT, 0600);
	EXPECT_EQ(0, ftruncate(fd, max));
	before = shmem_kb();
	area = mmap(NULL, max, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, area);
	/*
	 * More than one buffer of rows is about the file.  The allocator uses up
	 * the small free blocks first.
	 */
	while (run < 600 && size < max) {
		ASSERT_EQ(0, madvise(area + size, step, MADV_POPULATE_WRITE));
		size += step;
		run = longest_run(area, size / 4096, &first);
	}
	EXPECT_LE(600, run);
	EXPECT_LE(before + (size >> 11), shmem_kb());
	view = read_beginning(first);
	munmap(area, max);
	close(fd);
	EXPECT_EQ(0, umount(MOUNT));
	/* The file's memory goes with the filesystem. */
	kb = shmem_kb();
	EXPECT_GT(before + (size >> 11), kb);
	close(view);
}

/* Reads a little of the answer and is killed. */
static void read_and_die(void)
{
	char buf[70000];
	int fd = view_open("memory/page", NULL);

	if (fd < 0 || read(fd, buf, sizeof(buf)) != sizeof(buf))
		die("memory/page");
	raise(SIGKILL);
}

TEST(killed_reader)
{
	uint64_t users = read_number("/sys/module/mmscope/refcnt");
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid)
		read_and_die();
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(users, read_number("/sys/module/mmscope/refcnt"));
}

TEST_HARNESS_MAIN
