/* SPDX-License-Identifier: GPL-2.0-only */
/* Zones, as /proc/zoneinfo shows them and as memory/zones does. */
#ifndef MMSCOPE_SELFTESTS_ZONES_ORACLE_H
#define MMSCOPE_SELFTESTS_ZONES_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE		4096UL
#define ZONES_MAX	64
#define RESERVES	8

/* Numbers that both show; the oracle has the names of both. */
enum {
	Z_START, Z_SPANNED, Z_PRESENT, Z_MANAGED, Z_FREE, Z_MIN, Z_LOW, Z_HIGH,
	Z_PROMO, Z_BOOST, Z_CMA, Z_FREE_CMA, Z_RESERVED_HIGHATOMIC,
	Z_FREE_HIGHATOMIC, Z_NUMBERS
};

/* A number that is not shown. */
#define NO_NUMBER	(~0ULL)

/**
 * struct zone - a row, or a paragraph of zoneinfo
 * @node: its node.
 * @name: its name.
 * @number: NO_NUMBER where there is none.
 * @reserve: the protection, without blanks, as "(0,1,2)".
 * @unreclaimable: zoneinfo's node_unreclaimable; 0 in rows.
 * @index: its place among the zones of its node.
 *
 * Of rows only:
 * @state: where its free pages are, for itself, the kernel and users.
 * @reclaim: what would be done.
 * @kswapd: what kswapd does.
 * @failures: how often that has freed nothing.
 * @memmap: size of the struct pages.
 */
struct zone {
	unsigned int node;
	char name[16];
	unsigned int index;
	uint64_t number[Z_NUMBERS];
	char reserve[128];
	uint64_t unreclaimable;
	char state[3][24];
	char reclaim[24];
	char kswapd[16];
	uint64_t failures;
	uint64_t memmap;
};

struct zones {
	unsigned int nr;
	struct zone zone[ZONES_MAX];
};

extern const char *const number_names[Z_NUMBERS];

/* Both die if they cannot make sense of what they read. */
void read_zoneinfo(struct zones *zones);
void ask_zones(struct zones *zones);

/* The zone of the same node and name, or NULL. */
const struct zone *find_zone(const struct zones *zones,
			     const struct zone *like);

/* Sum of a number over all zones, of one node or of all (-1). */
uint64_t zones_sum(const struct zones *zones, int node, unsigned int number);

/* Entry @i of @reserve. */
uint64_t zone_reserve(const struct zone *zone, unsigned int i);

/*
 * Compares a view with zoneinfo before and after it: a number that is the same
 * in both must be that in the view.  Again until each has been compared.
 * Return: number of zones with all numbers right, or -1 after a complaint.
 */
int compare_zones(void);

/*
 * The number behind "name" in a file such as meminfo, in which a line may begin
 * with more; dies if there is none.
 */
uint64_t kb_of(const char *path, const char *name);

#endif /* MMSCOPE_SELFTESTS_ZONES_ORACLE_H */
