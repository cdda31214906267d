/* SPDX-License-Identifier: GPL-2.0-only */
/* The lists of nodes and zones, as zoneinfo shows them and as reclaim/lru. */
#ifndef MMSCOPE_SELFTESTS_LRU_AREAS_H
#define MMSCOPE_SELFTESTS_LRU_AREAS_H

#include <stdbool.h>
#include <stdint.h>

#include "process_util.h"

#define LISTS		5
#define ZONES_MAX	32

extern const char *const list_names[LISTS];

/**
 * struct area - a zone, or a node
 * @node: its node.
 * @zone: name of the zone, "-" for the node.
 * @pages: in each list.
 * @more: free pages, and watermarks min, low and high; or, of a node, pages
 *	isolated from both types, and failures of kswapd.
 * @present: pages that the zone has, by zoneinfo.
 * @memcgs: what all cgroups have of it.
 */
struct area {
	unsigned int node;
	char zone[16];
	uint64_t pages[LISTS];
	uint64_t more[4];
	uint64_t present;
	uint64_t memcgs[LISTS];
};

struct areas {
	unsigned int nr;
	struct area area[ZONES_MAX];
};

/* Adds the lists of a row of the view. */
void take_lists(const struct table *table, uint64_t *pages);

/*
 * All of the view.  Return: the number of its rows of nodes and zones.  Dies on
 * error, as the next.
 */
unsigned int read_areas(struct areas *areas);

void read_zoneinfo(struct areas *areas);

/* Whether two readings of zoneinfo say the same. */
bool same_areas(const struct areas *a, const struct areas *b);

/* How much of zoneinfo the view has not; @tell complains of each. */
int compare_areas(struct areas *view, const struct areas *zoneinfo, bool tell);

#endif /* MMSCOPE_SELFTESTS_LRU_AREAS_H */
