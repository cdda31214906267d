// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/compact against /proc/buddyinfo, /proc/vmstat, /proc/kpageflags and
 * /proc/PID/pagemap, with memory that lab/fragment has broken in pieces.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "frame_flags.h"
#include "lab_compact_fixture.h"

/* Memory changes under the test; so often it is tried until it does not. */
#define TRIES		8

/* Blocks of the order that there is room for, as /proc/buddyinfo says. */
static int64_t suitable(const struct buddy *buddy)
{
	struct buddy copy = *buddy;
	const struct buddy_zone *zone = buddy_find(&copy, outcome.node,
						   outcome.zone);
	unsigned int order;
	int64_t nr = 0;

	for (order = ORDER; order < buddy->orders; order++)
		nr += zone->all[order] << (order - ORDER);
	return nr;
}

static bool orders_are(const struct buddy *buddy, unsigned int moment)
{
	struct buddy copy = *buddy;
	const struct buddy_zone *zone = buddy_find(&copy, outcome.node,
						   outcome.zone);
	unsigned int order;

	for (order = ORDER; order < buddy->orders; order++)
		if (zone->all[order] != outcome.free[moment][order])
			return false;
	return true;
}

/* What was broken comes free again, as much as the kernel counts. */
TEST_F_TIMEOUT(compact, movable, 600)
{
	static struct buddy before, after;
	unsigned int i, tries, came_free = 0;
	uint64_t scanned, migrated;
	bool same = false;

	for (tries = 0; tries < TRIES && !same; tries++) {
		fragment(self->pieces, 500, "movable");
		scanned = vmstat("compact_migrate_scanned");
		migrated = vmstat("pgmigrate_success");
		buddy_read_proc(&before);
		ASSERT_EQ(0, compact(self->fd, "trigger=node"));
		buddy_read_proc(&after);
		same = orders_are(&before, BEFORE) && orders_are(&after, AFTER);
	}
	EXPECT_TRUE(same);
	EXPECT_EQ(suitable(&after) - suitable(&before), outcome.gained);
	EXPECT_EQ(1, outcome.complete);
	EXPECT_LE(scanned, outcome.scanned[BEFORE]);
	EXPECT_LE(migrated, outcome.migrated[BEFORE]);
	EXPECT_GE(vmstat("pgmigrate_success"), outcome.migrated[AFTER]);
	EXPECT_LE(outcome.lab.nr,
		  outcome.migrated[AFTER] - outcome.migrated[BEFORE]);
	EXPECT_LE(held.nr,
		  outcome.scanned[AFTER] - outcome.scanned[BEFORE]);
	for (i = 0; i < held.nr; i++) {
		const struct row *row = find_block(held.row[i].pfn);

		came_free += row && row->after == outcome.block_pages &&
			     row->before < outcome.block_pages;
	}
	TH_LOG("%u blocks in pieces, %u came free, %ld gained", held.nr,
	       came_free, (long)outcome.gained);
	ASSERT_LT(100, held.nr);
	EXPECT_LE(held.nr * 9 / 10, came_free);
	EXPECT_LE(held.nr * 9 / 10, outcome.gained);
}

/* What cannot be moved stays, and is named block by block. */
TEST_F_TIMEOUT(compact, unmovable, 600)
{
	unsigned int i, named = 0, free = 0, at = 0;

	fragment(self->pieces, 500, "unmovable");
	ASSERT_EQ(0, compact(self->fd, "trigger=node"));
	ASSERT_LT(100, held.nr);
	for (i = 0; i < held.nr; i++) {
		const struct row *row = find_block(held.row[i].pfn);

		if (!row)
			continue;
		free += row->after == outcome.block_pages;
		named += !strcmp(row->why, "unmovable") ||
			 !strcmp(row->why, "pinned");
		at += row->at == held.row[i].pfn;
	}
	EXPECT_EQ(0, free);
	EXPECT_EQ(held.nr, named);
	/* In a block that the kernel uses, too, it may be another page. */
	EXPECT_LE(held.nr * 19 / 20, at);
	EXPECT_GE(held.nr / 10, labs(outcome.gained));
	EXPECT_EQ(0, outcome.lab_pages);
}

/* Where the lab's own pages went. */
TEST_F_TIMEOUT(compact, own_pages, 600)
{
	unsigned int i, known = 0, there = 0, left = 0, gone = 0;

	fragment(self->pieces, 500, "movable");
	ASSERT_EQ(0, compact(self->fd, "trigger=node"));
	EXPECT_EQ(held.nr, outcome.lab_pages);
	frames_settle();
	for (i = 0; i < outcome.lab.nr; i++) {
		const struct row *row = &outcome.lab.row[i];

		known += !!find_row(&held, row->pfn);
		gone += !row->after;
		if (row->after)
			there += !!(frame_word(row->after) & KPF_BIT_LRU);
		left += !(frame_word(row->pfn) & KPF_BIT_LRU);
	}
	TH_LOG("%u of %u pages moved", outcome.lab.nr, held.nr);
	ASSERT_LT(held.nr * 9 / 10, outcome.lab.nr);
	EXPECT_EQ(0, gone);
	EXPECT_EQ(outcome.lab.nr, known);
	EXPECT_EQ(outcome.lab.nr, there);
	/* Somebody may have got the frame meanwhile. */
	EXPECT_LE(outcome.lab.nr * 19 / 20, left);
	/* Those that are not listed have stayed. */
	for (i = known = there = 0; i < held.nr; i++) {
		if (find_row(&outcome.lab, held.row[i].pfn))
			continue;
		known++;
		there += !!(frame_word(held.row[i].pfn) & KPF_BIT_LRU);
	}
	EXPECT_EQ(known, there);
}

#define MEMORY		(512UL << 20)
#define STRIDE		16

static char *memory;

/* One page of sixteen of a large area. */
static int make_sparse(void *context)
{
	size_t i;

	if (small_pages(memory, MEMORY))
		return -1;
	memset(memory, 1, MEMORY);
	for (i = 0; i < MEMORY; i += STRIDE * PAGE)
		if (madvise(memory + i + PAGE, (STRIDE - 1) * PAGE,
			    MADV_DONTNEED))
			return -1;
	return 0;
}

static void read_pagemap(pid_t pid, uint64_t *words)
{
	off_t at = (uintptr_t)memory / PAGE * 8;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 ||
	    pread(fd, words, MEMORY / PAGE * 8, at) != MEMORY / PAGE * 8)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static uint64_t pfn_in(uint64_t word)
{
	return word >> 63 ? word & ((1ULL << 55) - 1) : 0;
}

/* Where the pages of a process went. */
TEST_F_TIMEOUT(compact, process, 600)
{
	uint64_t *before = calloc(MEMORY / PAGE, 8);
	uint64_t *after = calloc(MEMORY / PAGE, 8);
	unsigned int i, listed = 0, wrong = 0, moved = 0;
	pid_t pid;

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	pid = start_stopped(make_sparse, NULL);
	ASSERT_LT(0, pid);
	memset(before, 1, MEMORY / PAGE * 8);
	memset(after, 1, MEMORY / PAGE * 8);
	read_pagemap(pid, before);
	ASSERT_EQ(0, compact(self->fd, "trigger=node pid=%d", pid));
	read_pagemap(pid, after);
	for (i = 0; i < outcome.pid.nr; i++) {
		const struct row *row = &outcome.pid.row[i];
		uint64_t at = (row->place - (uintptr_t)memory) / PAGE;

		if (row->place < (uintptr_t)memory || at >= MEMORY / PAGE)
			continue;
		listed++;
		wrong += row->pfn != pfn_in(before[at]) ||
			 row->after != pfn_in(after[at]);
	}
	for (i = 0; i < MEMORY / PAGE; i++)
		moved += pfn_in(before[i]) != pfn_in(after[i]);
	TH_LOG("%u of %lu pages moved", moved, MEMORY / PAGE / STRIDE);
	EXPECT_LE(MEMORY / PAGE / STRIDE, outcome.pid_pages);
	EXPECT_LT(0, listed);
	EXPECT_EQ(moved, listed);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(1, outcome.complete);
	end_process(pid);
	munmap(memory, MEMORY);
	EXPECT_EQ(ESRCH, compact(self->fd, "trigger=node pid=%d", pid));
	EXPECT_TRUE(lab_refused("compact", "no-such-process"));
	free(before);
	free(after);
}

TEST_HARNESS_MAIN
