// SPDX-License-Identifier: GPL-2.0-only
/* Runs of lab/compact that allocate, are limited, killed and refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lab_compact_fixture.h"

/*
 * An earlier compaction by hand has marked all blocks to be passed over.  After
 * each that fails for that the kernel puts off the next, for twice as many
 * attempts up to 64, and then forgets the marks: 127 attempts, of which each
 * run makes one at least.
 */
#define ATTEMPTS	127

/* Blocks more than there are free. */
#define MORE		200

/* Blocks of the order that there is room for in all zones of the node. */
static uint64_t suitable_blocks(void)
{
	static struct buddy buddy;
	unsigned int i, order;
	uint64_t nr = 0;

	buddy_read_proc(&buddy);
	for (i = 0; i < buddy.nr; i++)
		for (order = ORDER; order < buddy.orders; order++)
			if (buddy.zone[i].node == outcome.node)
				nr += buddy.zone[i].all[order] <<
				      (order - ORDER);
	return nr;
}

/* Allocations that find no free block make the kernel compact. */
TEST_F_TIMEOUT(compact, by_allocation, 600)
{
	uint64_t stall = vmstat("compact_stall"), kb = free_kb();
	unsigned int tries = 0;
	int64_t gained = 0;
	uint64_t blocks;

	fragment(self->pieces, 900, "movable");
	ASSERT_EQ(0, lab_limit("compact", "max_pages=0xffffffff"));
	ASSERT_EQ(0, compact(self->fd, "order=%u count=1", ORDER));
	EXPECT_EQ(1, outcome.allocated);
	blocks = suitable_blocks();
	do {
		ASSERT_EQ(0, compact(self->fd, "order=%u count=%lu", ORDER,
				     (long)blocks + MORE));
		gained += outcome.gained;
	} while (outcome.allocated < blocks + MORE && ++tries < ATTEMPTS);
	TH_LOG("%lu blocks free, %lu allocated, %ld gained in %u runs",
	       (long)blocks, (long)outcome.allocated, (long)gained, tries + 1);
	EXPECT_EQ(blocks + MORE, outcome.allocated);
	/* Others may have let go of some. */
	EXPECT_LE(MORE * 9 / 10, gained);
	EXPECT_LT(outcome.stall[BEFORE], outcome.stall[AFTER]);
	EXPECT_LE(stall, outcome.stall[BEFORE]);
	EXPECT_GE(vmstat("compact_stall"), outcome.stall[AFTER]);
	/* Nothing is kept. */
	EXPECT_TRUE(lab_state_is("compact", "idle"));
	EXPECT_EQ(0, lab_status("compact", "held_pages"));
	close(self->pieces);
	self->pieces = lab_open("fragment");
	EXPECT_LE(kb - kb / 200, free_kb());
}

/* No more than is allowed, and then it says so. */
TEST_F_TIMEOUT(compact, limited, 300)
{
	ASSERT_EQ(0, lab_limit("compact", "max_pages=1024"));
	ASSERT_EQ(0, compact(self->fd, "order=%u count=3", ORDER));
	EXPECT_EQ(2, outcome.allocated);
	EXPECT_EQ(0, outcome.complete);
	EXPECT_STREQ("limit", outcome.stopped);
}

/* Killed at work, wherever it stands. */
TEST_F_TIMEOUT(compact, killed, 600)
{
	static const char *const query[] = {
		"trigger=node pid=self", "order=9 count=65536",
	};
	uint64_t kb = free_kb(), done;
	unsigned int i;
	int ready;
	pid_t pid;

	fragment(self->pieces, 300, "movable");
	for (i = 0; i < 12; i++) {
		pid = lab_child("compact", query[i % 2], true, &ready);
		done = i * 150;
		while (!lab_state_is("compact", "running") ||
		       lab_status("compact", "done") < done)
			;
		end_process(pid);
		close(ready);
		ASSERT_TRUE(lab_state_is("compact", "idle"));
		EXPECT_EQ(0, lab_status("compact", "held_pages"));
	}
	close(self->pieces);
	self->pieces = lab_open("fragment");
	EXPECT_LE(kb - kb / 200, free_kb());
}

TEST_F(compact, refused)
{
	static const struct lab_wrong wrong[] = {
		{ "order=0", ERANGE }, { "order=99", ERANGE },
		{ "count=0", ERANGE }, { "count=65537", ERANGE },
		{ "trigger=no", EINVAL }, { "zone=high", EINVAL },
		{ "pid=0", ERANGE }, { "pid=me", EINVAL },
		{ "pid=1 pid=1", EINVAL }, { "target=1", EINVAL },
		{ "pid=99999999", ERANGE },
	};

	EXPECT_TRUE(lab_refuses(self->fd, wrong, ARRAY_LEN(wrong)));
	EXPECT_EQ(ENXIO, lab_run(self->fd, "node=1000"));
	EXPECT_TRUE(lab_refused("compact", "no-such-zone"));
	/* A thread of the kernel. */
	EXPECT_EQ(ESRCH, lab_run(self->fd, "pid=2"));
	EXPECT_TRUE(lab_refused("compact", "no-address-space"));
}

TEST_HARNESS_MAIN
