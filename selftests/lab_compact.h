/* SPDX-License-Identifier: GPL-2.0-only */
/* Running lab/compact on memory that lab/fragment has broken in pieces. */
#ifndef MMSCOPE_SELFTESTS_LAB_COMPACT_H
#define MMSCOPE_SELFTESTS_LAB_COMPACT_H

#include <stdint.h>

#include "buddy_util.h"

#define PAGE		4096UL
/* What both labs are asked for. */
#define ORDER		9

enum { BEFORE, AFTER, MOMENTS };

/**
 * struct row - a row for a pageblock or a page
 * @pfn: its first frame, or its frame before.
 * @before: free pages before.
 * @after: the same after; of a page its frame after, or 0.
 * @why: what is in the way.
 * @at: a page that is.
 * @place: which page it is.
 */
struct row {
	uint64_t pfn;
	uint64_t before;
	uint64_t after;
	char why[16];
	uint64_t at;
	uint64_t place;
};

/**
 * struct rows - several of them
 * @row: they.
 * @nr: number of @row.
 */
struct rows {
	struct row *row;
	unsigned int nr;
};

/**
 * struct outcome - what a run says
 * @node: the node of the zone.
 * @zone: the zone.
 * @block_pages: pages of a pageblock.
 * @free: free blocks by order.
 * @stall: the kernel's counter compact_stall.
 * @scanned: compact_migrate_scanned.
 * @migrated: pgmigrate_success.
 * @gained: blocks that were gained.
 * @allocated: blocks that were allocated.
 * @lab_pages: pages of labs that were followed.
 * @pid_pages: pages of the process.
 * @complete: nothing has stopped it.
 * @stopped: what has, else empty.
 * @blocks: pageblocks, ascending.
 * @lab: pages of labs that were moved, ascending.
 * @pid: pages of the process that were moved.
 */
struct outcome {
	uint64_t node;
	char zone[16];
	uint64_t block_pages;
	uint64_t free[MOMENTS][ORDERS_MAX];
	uint64_t stall[MOMENTS];
	uint64_t scanned[MOMENTS];
	uint64_t migrated[MOMENTS];
	int64_t gained;
	uint64_t allocated;
	uint64_t lab_pages;
	uint64_t pid_pages;
	uint64_t complete;
	char stopped[16];
	struct rows blocks;
	struct rows lab;
	struct rows pid;
};

/* Of the last run. */
extern struct outcome outcome;

/* Pages that lab/fragment holds, ascending. */
extern struct rows held;

/* Runs lab/compact.  Return: the errno. */
int compact(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Runs lab/fragment; dies on error. */
void fragment(int fd, unsigned int target, const char *mobility);

/* The row of the last run for the pageblock of a frame; NULL if it has none. */
const struct row *find_block(uint64_t pfn);

/* Of the rows the one of that frame, or NULL. */
const struct row *find_row(const struct rows *rows, uint64_t pfn);

/* MemFree of /proc/meminfo, and a line of /proc/vmstat, 0 without. */
uint64_t free_kb(void);
uint64_t vmstat(const char *name);

#endif /* MMSCOPE_SELFTESTS_LAB_COMPACT_H */
