// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lab/compact says is in the way of a pageblock, against what the test has
 * put there and /proc/kpageflags.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "kselftest_harness.h"
#include "frame_flags.h"
#include "lab_compact_fixture.h"
#include "slow_disk.h"

#define HUGE		(2UL << 20)

/* The zone of a frame, as a query has it. */
static const char *zone_of(uint64_t pfn)
{
	static char zone[16];
	struct table table;
	bool bad = false;
	char *c;

	if (table_ask(&table, "memory/page", "pfn=%lu", (long)pfn) ||
	    !table_row(&table, &bad))
		die("memory/page");
	snprintf(zone, sizeof(zone), "%s", table_word(&table, "zone"));
	table_free(&table);
	for (c = zone; *c; c++)
		*c |= 0x20;
	return zone;
}

/* A page pinned for DMA is what is in the way. */
TEST_F_TIMEOUT(compact, pinned, 300)
{
	struct io_uring_params params = {};
	struct iovec page;
	const struct row *row;
	char *area;
	uint64_t pfn;
	int ring;

	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0)
		SKIP(return, "no io_uring: %s", strerror(errno));
	area = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	ASSERT_EQ(0, small_pages(area, 8 << 20));
	memset(area, 1, 8 << 20);
	page = (struct iovec){ area + (4 << 20), PAGE };
	ASSERT_EQ(0, syscall(SYS_io_uring_register, ring,
			     IORING_REGISTER_BUFFERS, &page, 1));
	pfn = frame_of(page.iov_base);
	munmap(area, 4 << 20);
	munmap(area + (4 << 20) + PAGE, (4 << 20) - PAGE);
	ASSERT_EQ(0, compact(self->fd, "trigger=node zone=%s", zone_of(pfn)));
	row = find_block(pfn);
	ASSERT_NE(NULL, row);
	EXPECT_STREQ("pinned", row->why);
	EXPECT_GT(outcome.block_pages, row->after);
	EXPECT_EQ(pfn, row->at);
	EXPECT_EQ(pfn, frame_of(page.iov_base));
	close(ring);
}

/* What was never given to the buddy allocator. */
TEST_F_TIMEOUT(compact, reserved, 300)
{
	static struct frames frames;
	unsigned int i, blocks = 0, wrong = 0;
	uint64_t at;

	/* It has a free block of that order, so nothing is moved. */
	ASSERT_EQ(0, compact(self->fd, "order=1 zone=dma32"));
	frames_read(&frames, "kpageflags");
	for (i = 0; i < outcome.blocks.nr; i++) {
		const struct row *row = &outcome.blocks.row[i];

		if (strcmp(row->why, "reserved"))
			continue;
		blocks++;
		wrong += !(frames.words[row->at] & KPF_BIT_RESERVED);
		/* It is the first. */
		for (at = row->pfn; at < row->at; at++)
			wrong += !!(frames.words[at] & KPF_BIT_RESERVED);
	}
	frames_free(&frames);
	/* What firmware has kept is below 4 GiB. */
	EXPECT_LT(0, blocks);
	EXPECT_EQ(0, wrong);
}

/* A huge page fills its pageblock: moving it would gain nothing. */
TEST_F_TIMEOUT(compact, large, 300)
{
	char *area, *huge;
	const struct row *row;
	uint64_t pfn;

	area = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	huge = (char *)(((uintptr_t)area + HUGE - 1) & ~(HUGE - 1));
	ASSERT_EQ(0, madvise(huge, HUGE, MADV_HUGEPAGE));
	memset(huge, 1, HUGE);
	pfn = frame_of(huge);
	if (!(frame_word(pfn) & KPF_BIT_THP))
		SKIP(return, "no huge page");
	ASSERT_EQ(0, compact(self->fd, "trigger=node zone=%s", zone_of(pfn)));
	row = find_block(pfn);
	ASSERT_NE(NULL, row);
	EXPECT_STREQ("large", row->why);
	EXPECT_EQ(pfn, row->at);
	EXPECT_EQ(pfn, frame_of(huge));
	munmap(area, 2 * HUGE);
}

/* Longer than a run takes. */
#define SLOW_NS		4000000000ULL
/* How often, if the disk was done before the run. */
#define IO_TRIES	24
/* What is read at once. */
#define READ		(128UL << 10)
/* One page of so many is written: as many as there may be requests. */
#define STEP		(SLOW_DISK_SIZE / SLOW_DISK_REQUESTS)

/**
 * struct seen - pageblocks that something is in the way of
 * @nr: number of them, where the kernel says that this page is so, too.
 * @mine: of these, with a page that the test has made so.
 */
struct seen {
	unsigned int nr;
	unsigned int mine;
};

/* The frames of the pages that are written. */
static uint64_t written[SLOW_DISK_REQUESTS];

static bool is_written(uint64_t pfn)
{
	unsigned int i;

	for (i = 0; i < SLOW_DISK_REQUESTS; i++)
		if (written[i] == pfn)
			return true;
	return false;
}

/* Nothing is compacted, as the kernel would wait for what is under way. */
static void look(int fd, const char *why, uint64_t flag, struct seen *seen)
{
	static const char *const zones[] = { "normal", "dma32" };
	unsigned int zone, i;

	*seen = (struct seen){};
	for (zone = 0; zone < ARRAY_LEN(zones); zone++) {
		if (compact(fd, "order=1 zone=%s", zones[zone]))
			continue;
		for (i = 0; i < outcome.blocks.nr; i++) {
			const struct row *row = &outcome.blocks.row[i];

			if (strcmp(row->why, why) ||
			    !(frame_word(row->at) & flag))
				continue;
			seen->nr++;
			seen->mine += is_written(row->at);
		}
	}
}

/* What was read, and the frames of some of it. */
static void find_frames(int fd)
{
	char *map = mmap(NULL, SLOW_DISK_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	unsigned int i;

	if (map == MAP_FAILED || madvise(map, SLOW_DISK_SIZE, MADV_RANDOM))
		die("mmap");
	for (i = 0; i < SLOW_DISK_REQUESTS; i++) {
		*(volatile char *)(map + i * STEP);
		written[i] = frame_of(map + i * STEP);
	}
	munmap(map, SLOW_DISK_SIZE);
}

/* Has the disk read, into other pages than before. */
static void begin_reads(int disk)
{
	off_t at;

	if (fsync(disk) || posix_fadvise(disk, 0, 0, POSIX_FADV_DONTNEED))
		die("fadvise");
	for (at = 0; at < SLOW_DISK_SIZE; at += READ)
		if (readahead(disk, at, READ))
			die("readahead");
}

static void begin_writes(int disk)
{
	off_t at;

	for (at = 0; at < SLOW_DISK_SIZE; at += STEP)
		if (pwrite(disk, "", 1, at) != 1)
			die("pwrite");
	if (sync_file_range(disk, 0, 0, SYNC_FILE_RANGE_WRITE))
		die("sync_file_range");
}

/*
 * Pages that are being read are locked, those that are being written are said
 * to be.  What the kernel needs for it itself may be in their pageblocks, too,
 * and is worse.
 */
TEST_F_TIMEOUT(compact, under_io, 600)
{
	struct seen locked = {}, writeback = {};
	unsigned int i, tries = 0;
	int disk;

	disk = slow_disk_open(SLOW_NS);
	if (disk < 0)
		SKIP(return, "no null_blk");
	do {
		begin_reads(disk);
		if (!locked.nr)
			look(self->fd, "locked", KPF_BIT_LOCKED, &locked);
		/* Waits until all is read. */
		find_frames(disk);
		begin_writes(disk);
		if (!writeback.mine)
			look(self->fd, "writeback", KPF_BIT_WRITEBACK,
			     &writeback);
	} while ((!locked.nr || !writeback.mine) && ++tries < IO_TRIES);
	TH_LOG("%u blocks locked, %u under writeback, %u by the test",
	       locked.nr, writeback.nr, writeback.mine);
	EXPECT_LT(0, locked.nr);
	EXPECT_LT(0, writeback.mine);
	EXPECT_EQ(0, fsync(disk));
	for (i = 0; i < SLOW_DISK_REQUESTS; i++)
		EXPECT_FALSE(frame_word(written[i]) & KPF_BIT_WRITEBACK);
	EXPECT_EQ(0, slow_disk_close(disk));
}

TEST_HARNESS_MAIN
