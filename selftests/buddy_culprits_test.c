// SPDX-License-Identifier: GPL-2.0-only
/*
 * buddy/culprits: pages that the test pins are found, and what is listed
 * without a pin is nothing that /proc/kpageflags calls free or movable.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "frame_flags.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define PAGE		4096UL
#define MEMORY		(64UL << 20)
#define PINS		8
#define ROUNDS		20
/* Pins this far apart are in different pageblocks, if memory is contiguous. */
#define STRIDE		(MEMORY / PINS)

FIXTURE(pinned) {
	int ring;
	uint64_t pfn[PINS];
};

/*
 * Registered buffers of io_uring are pinned for as long as the ring lives.
 * All memory around them is given back.
 */
FIXTURE_SETUP(pinned)
{
	struct io_uring_params params = {};
	struct iovec pages[PINS];
	char *memory;
	int i;

	self->ring = syscall(SYS_io_uring_setup, 1, &params);
	if (self->ring < 0)
		SKIP(return, "no io_uring: %s", strerror(errno));
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, small_pages(memory, MEMORY));
	memset(memory, 1, MEMORY);
	for (i = 0; i < PINS; i++)
		pages[i] = (struct iovec){ memory + i * STRIDE, PAGE };
	ASSERT_EQ(0, syscall(SYS_io_uring_register, self->ring,
			     IORING_REGISTER_BUFFERS, pages, PINS));
	for (i = 0; i < PINS; i++) {
		self->pfn[i] = frame_of(pages[i].iov_base);
		ASSERT_NE(0, self->pfn[i]);
		ASSERT_EQ(0, madvise(memory + i * STRIDE + PAGE, STRIDE - PAGE,
				     MADV_DONTNEED));
	}
}

FIXTURE_TEARDOWN(pinned)
{
	close(self->ring);
}

TEST_F(pinned, are_found)
{
	unsigned int times[PINS] = {};
	struct table table;
	uint64_t block_pages;
	bool bad = false;
	int i;

	ASSERT_EQ(0, table_ask(&table, "buddy/culprits", "max=512 top=1000"));
	ASSERT_TRUE(line_number(table.head, "pages_per_block", &block_pages));
	while (table_row(&table, &bad)) {
		uint64_t pfn = table_number(&table, "pfn");

		for (i = 0; i < PINS; i++) {
			if (self->pfn[i] != pfn)
				continue;
			times[i]++;
			EXPECT_EQ(1, table_number(&table, "pinned"));
			EXPECT_EQ(1, table_number(&table, "pages"));
			EXPECT_STREQ("anon", table_word(&table, "kind"));
			EXPECT_EQ(pfn / block_pages * block_pages,
				  table_number(&table, "block"));
		}
	}
	EXPECT_FALSE(bad);
	for (i = 0; i < PINS; i++)
		EXPECT_EQ(1, times[i]);
	table_free(&table);
}

TEST_F(pinned, are_found_no_more_when_let_go)
{
	struct table table;
	bool bad = false;
	int i;

	ASSERT_EQ(0, syscall(SYS_io_uring_register, self->ring,
			     IORING_UNREGISTER_BUFFERS, NULL, 0));
	ASSERT_EQ(0, table_ask(&table, "buddy/culprits", "max=512 top=1000"));
	while (table_row(&table, &bad))
		for (i = 0; i < PINS; i++)
			EXPECT_NE(self->pfn[i], table_number(&table, "pfn"));
	EXPECT_FALSE(bad);
	table_free(&table);
}

/* Blocks come by rank: fewest immovable pages first, then fewest to move. */
TEST_F(pinned, blocks_are_in_order)
{
	uint64_t rank = 0, immovable = 0, movable = 0, blocks;
	struct table table;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&table, "buddy/culprits", "max=512 top=1000"));
	while (table_row(&table, &bad)) {
		if (table_number(&table, "rank") == rank) {
			EXPECT_EQ(immovable, table_number(&table, "immovable_pages"));
			continue;
		}
		/* All of a block's pages may have gone since it was found. */
		EXPECT_LT(rank, table_number(&table, "rank"));
		if (table_number(&table, "immovable_pages") == immovable)
			EXPECT_LE(movable, table_number(&table, "movable_pages"));
		EXPECT_LE(immovable, table_number(&table, "immovable_pages"));
		rank = table_number(&table, "rank");
		immovable = table_number(&table, "immovable_pages");
		movable = table_number(&table, "movable_pages");
	}
	EXPECT_FALSE(bad);
	ASSERT_TRUE(line_number(table.end, "blocks", &blocks));
	EXPECT_LE(rank, blocks);
	/* There is the one of the pins, or several. */
	EXPECT_LE(1, rank);
	table_free(&table);
}

/* Return: how many blocks have rows. */
static unsigned int read_limited(struct __test_metadata *_metadata,
				 uint64_t *found)
{
	unsigned int blocks = 0;
	uint64_t last = ~0ULL;
	struct table table;
	bool bad = false;

	ASSERT_EQ(0, table_ask(&table, "buddy/culprits", "max=8 top=3"));
	while (table_row(&table, &bad)) {
		EXPECT_GE(8, table_number(&table, "immovable_pages"));
		EXPECT_LE(1, table_number(&table, "immovable_pages"));
		blocks += table_number(&table, "block") != last;
		last = table_number(&table, "block");
	}
	EXPECT_FALSE(bad);
	ASSERT_TRUE(line_number(table.end, "blocks", found));
	table_free(&table);
	return blocks;
}

/* What a block was found for may be freed before its pages are named. */
TEST_F(pinned, max_and_top_limit)
{
	unsigned int round, blocks = 0;
	uint64_t found = ~0ULL;

	for (round = 0; round < ROUNDS && blocks != (found < 3 ? found : 3);
	     round++) {
		blocks = read_limited(_metadata, &found);
		EXPECT_GE(3, blocks);
	}
	EXPECT_EQ(found < 3 ? found : 3, blocks);
}

static struct frames before, after;
static uint64_t block_pages;

/* All frames of the block had the same flags before and after. */
static bool unchanged(uint64_t block)
{
	return !memcmp(before.words + block, after.words + block,
		       block_pages * sizeof(*before.words));
}

/**
 * struct block - rows of one pageblock
 * @pfn: its first frame.
 * @immovable: immovable pages that it is said to have.
 * @pages: pages of its rows.
 */
struct block {
	uint64_t pfn, immovable, pages;
};

/* Adds the block to those compared, and to those that differ. */
static void check_block(const struct block *block, uint64_t *compared,
			uint64_t *differ)
{
	if (!block->pages || !unchanged(block->pfn))
		return;
	*compared += 1;
	*differ += block->immovable != block->pages;
}

/* One round.  Return: false if the answer is not proper. */
static bool compare_rows(int fd, uint64_t *compared, uint64_t *differ)
{
	struct block block = {};
	struct table table;
	bool bad = false;
	size_t len;

	*compared = *differ = 0;
	frames_read(&before, "kpageflags");
	if (lseek(fd, 0, SEEK_SET) ||
	    table_parse(&table, read_fd(fd, 65536, &len)))
		return false;
	frames_read(&after, "kpageflags");
	if (!line_number(table.head, "pages_per_block", &block_pages))
		return false;
	while (table_row(&table, &bad)) {
		uint64_t pfn = table_number(&table, "pfn");

		if (table_number(&table, "block") != block.pfn) {
			check_block(&block, compared, differ);
			block = (struct block){
				.pfn = table_number(&table, "block"),
				.immovable = table_number(&table, "immovable_pages"),
			};
		}
		block.pages += table_number(&table, "pages");
		if (unchanged(block.pfn) && !table_number(&table, "pinned") &&
		    before.words[pfn] & (KPF_BIT_LRU | KPF_BIT_HUGE |
					 KPF_BIT_BUDDY))
			*differ += 1;
	}
	check_block(&block, compared, differ);
	table_free(&table);
	return !bad;
}

/*
 * Compared are pageblocks that were the same before and after.  Even these may
 * have lent a page in between, to whomever: so one round of many must be right
 * throughout.  The file stays open: the memory that it needs is there from the
 * first time.
 */
TEST_F_TIMEOUT(pinned, rows_agree_with_kpageflags, 120)
{
	uint64_t compared = 0, differ = 1;
	int round, fd;
	size_t len;

	frames_drain();
	frames_read(&before, "kpageflags");
	frames_read(&after, "kpageflags");
	fd = view_open("buddy/culprits", "max=512 top=1000");
	ASSERT_LE(0, fd);
	free(read_fd(fd, 65536, &len));
	for (round = 0; round < 20 && differ; round++)
		ASSERT_TRUE(compare_rows(fd, &compared, &differ));
	EXPECT_EQ(0, differ);
	EXPECT_LT(PINS, compared);
	frames_free(&before);
	frames_free(&after);
	close(fd);
}

TEST_HARNESS_MAIN
