/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of buddy/ share: the kernel's own files, memory in pieces. */
#ifndef MMSCOPE_SELFTESTS_BUDDY_UTIL_H
#define MMSCOPE_SELFTESTS_BUDDY_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ZONES_MAX	40
#define ORDERS_MAX	16
#define TYPES_MAX	8

/**
 * struct buddy_zone - the free memory of a zone
 * @node: its node.
 * @name: its name.
 * @blocks: free blocks by order and migratetype.
 * @more: what is in @blocks is where the kernel has stopped counting.
 * @all: free blocks by order.
 */
struct buddy_zone {
	int node;
	char name[16];
	uint64_t blocks[ORDERS_MAX][TYPES_MAX];
	bool more[ORDERS_MAX][TYPES_MAX];
	uint64_t all[ORDERS_MAX];
};

/**
 * struct buddy - the free memory of the machine
 * @nr: zones.
 * @orders: orders.
 * @types: migratetypes.
 * @type: their names, in lower case.
 * @zone: the zones.
 */
struct buddy {
	unsigned int nr;
	unsigned int orders;
	unsigned int types;
	char type[TYPES_MAX][16];
	struct buddy_zone zone[ZONES_MAX];
};

/* What /proc/pagetypeinfo and /proc/buddyinfo say. */
void buddy_read_proc(struct buddy *buddy);

/*
 * The same of two readings with nothing changed in between: @between is called
 * there.  Return: false if memory did not keep still in many tries.
 */
bool buddy_quiet(struct buddy *buddy, void (*between)(void *context),
		 void *context);

/* The zone; dies if there is none. */
struct buddy_zone *buddy_find(struct buddy *buddy, int node, const char *name);

/* Index of a migratetype; dies if there is none. */
unsigned int buddy_type(const struct buddy *buddy, const char *name);

/* Sum over all zones and migratetypes of one order. */
uint64_t buddy_sum(const struct buddy *buddy, unsigned int order);

/*
 * Makes at least @blocks free blocks of single pages, in the lists of user
 * memory: every other page of an area is given back.  Return: false if there is
 * not enough memory.
 */
bool pieces_make(uint64_t blocks);
void pieces_free(void);

/*
 * Makes some thousands of free blocks of single pages in the lists of the
 * kernel's memory: of two sets of pipes that are filled by turns, one is
 * closed.  Return: false if that fails.
 */
bool kernel_pieces_make(void);
void kernel_pieces_free(void);

/*
 * Two processes, each on its own CPU, that take and give back memory of users
 * and of the kernel without a pause.
 */
void load_start(void);
/* Waits until one of them has taken and given back since the last call. */
void load_wait(void);
void load_end(void);

#endif /* MMSCOPE_SELFTESTS_BUDDY_UTIL_H */
