// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory/page of every frame of the machine, against /proc/kpageflags,
 * kpagecount and kpagecgroup, which are read before and after it: what they
 * agree on has not changed meanwhile.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "memory_page.h"
#include "page_kinds.h"
#include "process_util.h"

#define MOUNT		"/tmp/mmscope-page"

/* No row: the frame has no struct page, or is offline. */
#define NO_ROW		(~0ULL)

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
	    madvise(numbers, nr * sizeof(*numbers), MADV_NOHUGEPAGE))
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

/* Behind the last frame that any zone spans, in whole sections. */
static uint64_t count_frames(void)
{
	uint64_t chunk[4096], nr = 0;
	int fd = open(files[FLAGS], O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		die("%s", files[FLAGS]);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		nr += n / sizeof(*chunk);
	close(fd);
	return nr;
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

/* Compares one file.  Return: whether all agree that did not change. */
static bool compare(const struct frames *frames, int file)
{
	uint64_t pfn, still = 0, wrong = 0;

	for (pfn = 0; pfn < frames->nr; pfn++) {
		if (frames->before[file][pfn] != frames->after[file][pfn])
			continue;
		still++;
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
		 (unsigned long long)(frames->nr - still),
		 (unsigned long long)wrong);
	/* The machine is idle: nearly nothing changes in the time. */
	return !wrong && still * 1000 >= frames->nr * 999;
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

TEST_F_TIMEOUT(machine, every_frame_as_in_proc, 400)
{
	struct frames frames = { .nr = count_frames() };
	struct page_stream stream;
	struct page_row row;
	int i;

	for (i = 0; i < NR_FILES; i++) {
		frames.before[i] = new_numbers(frames.nr);
		frames.ours[i] = new_numbers(frames.nr);
		frames.after[i] = new_numbers(frames.nr);
	}
	/* Memory that an answer needs is there from its start to its end. */
	page_stream_open(&stream, NULL);
	ASSERT_TRUE(page_stream_row(&stream, &row));
	read_all(&frames, frames.before);
	ASSERT_TRUE(read_ours(&frames, &stream, &row));
	read_all(&frames, frames.after);
	EXPECT_TRUE(page_stream_close(&stream));
	for (i = 0; i < NR_FILES; i++) {
		EXPECT_TRUE(compare(&frames, i));
		/* This very memory is mapped and charged. */
		EXPECT_LT(frames.nr * sizeof(uint64_t) / 4096,
			  count_set(&frames, i));
	}
}

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
	return NO_ROW;
}

TEST(frames_without_page)
{
	uint64_t end = count_frames(), hole = find_row(0, false), back;
	struct page_stream stream;
	struct page_row row;
	char query[64];

	/* Behind all RAM, and at the end of what can be asked for. */
	EXPECT_FALSE(page_row_find(end, &row));
	EXPECT_FALSE(page_row_find(end + 123456789, &row));
	EXPECT_FALSE(page_row_find((1ULL << 52) - 1, &row));
	if (hole == NO_ROW)
		SKIP(return, "RAM has no hole");
	back = find_row(hole, true);
	ASSERT_NE(NO_ROW, back);
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

/* Opens the view and reads its beginning, which is about pages of a file. */
static int read_beginning(const char *area)
{
	char query[64], byte;
	int fd;

	snprintf(query, sizeof(query), "pfn=%llu-%llu",
		 (unsigned long long)frame_at(area),
		 (unsigned long long)frame_at(area) + 1000000);
	fd = view_open("memory/page", query);
	if (fd < 0 || read(fd, &byte, 1) != 1)
		die("memory/page %s", query);
	return fd;
}

/* One who has stopped reading keeps no file, and no filesystem mounted. */
TEST(slow_reader)
{
	const size_t size = 32 << 20;
	uint64_t before, kb;
	char *area;
	int fd, view;

	mkdir(MOUNT, 0700);
	ASSERT_EQ(0, mount("mmscope", MOUNT, "tmpfs", 0, "size=64m"));
	fd = open(MOUNT "/file", O_RDWR | O_CREAT, 0600);
	EXPECT_EQ(0, ftruncate(fd, size));
	before = shmem_kb();
	area = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, 0);
	ASSERT_NE(MAP_FAILED, area);
	EXPECT_LE(before + (size >> 11), shmem_kb());
	view = read_beginning(area);
	munmap(area, size);
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
