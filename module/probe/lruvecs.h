/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists from which reclaim takes pages.  Each memory cgroup has a set of
 * them on each node, a `lruvec`.
 *
 * Only counters are read, so no lock is taken.  The kernel changes them under
 * the lock of the lists.
 */
#ifndef MMS_PROBE_LRUVECS_H
#define MMS_PROBE_LRUVECS_H

#include <linux/mmzone.h>

#include "memcg_walk.h"
#include "walk.h"

/* Most generations that there are at a time; MAX_NR_GENS if there are any. */
#define MMS_GENERATIONS		4

/* Anonymous pages, and pages of files (of which shmem is none here). */
#define MMS_LRU_TYPES		2

extern const char *const mms_lru_type_names[MMS_LRU_TYPES];

/**
 * struct mms_lruvecs - where one stands among the lruvecs
 * @walk: among the memory cgroups.
 * @lone: there are none: each node has one lruvec.
 * @began: that has been begun with.
 * @node: the node at hand; %MAX_NUMNODES before the first and behind the last.
 * @path: path of the cgroup at hand; NULL if there are none, "" if it is too
 *	long.
 * @ino: number of its directory.
 * @moving: sets of generations that could not be read between two changes.
 * @stats: what it has cost; scanned are lruvecs, retries numbers that were read
 *	again as they changed.
 */
struct mms_lruvecs {
	struct mms_memcg_walk walk;
	bool lone;
	bool began;
	int node;
	const char *path;
	u64 ino;
	u64 moving;
	struct mms_walk_stats stats;
};

/**
 * struct mms_generations - the generations of a lruvec at one moment
 * @max_seq: the youngest, of both types.
 * @min_seq: the oldest of each type.
 * @age_ms: how long ago generation seq began, at seq % %MMS_GENERATIONS.
 * @pages: its pages, of each type in each zone.
 */
struct mms_generations {
	u64 max_seq;
	u64 min_seq[MMS_LRU_TYPES];
	u64 age_ms[MMS_GENERATIONS];
	u64 pages[MMS_GENERATIONS][MMS_LRU_TYPES][MAX_NR_ZONES];
};

/**
 * mms_lru_of_node() - pages in the lists of all lruvecs of a node
 * @node: the node.
 * @pages: by &enum lru_list; what /proc/zoneinfo has for the node.
 * @isolated: of each type, those that are taken out of their list for a moment.
 */
void mms_lru_of_node(int node, u64 pages[NR_LRU_LISTS],
		     u64 isolated[MMS_LRU_TYPES]);

/**
 * mms_lru_of_zone() - the same of a zone
 * @node: its node.
 * @zone: the zone.
 * @pages: by &enum lru_list; what /proc/zoneinfo has for the zone.
 */
void mms_lru_of_zone(int node, unsigned int zone, u64 pages[NR_LRU_LISTS]);

/**
 * mms_lruvecs_missing() - why lruvecs cannot be found
 *
 * Return: a word (the memory cgroups are of version 1), or NULL if they can.
 */
const char *mms_lruvecs_missing(void);

/**
 * mms_lruvecs_init() - begins
 * @lruvecs: all zero.
 * @path: the cgroup to begin with, and all in it; "" is the root, or the nodes
 *	of a machine without memory cgroups.
 *
 * May sleep.
 *
 * Return: 0 or an errno.
 */
int mms_lruvecs_init(struct mms_lruvecs *lruvecs, const char *path);

/**
 * mms_lruvecs_next() - goes on to the next lruvec
 * @lruvecs: from mms_lruvecs_init().
 *
 * By cgroup, then by node that has memory.  May sleep.
 *
 * Return: false if there is none.
 */
bool mms_lruvecs_next(struct mms_lruvecs *lruvecs);

/**
 * mms_lruvecs_zone() - name of a zone
 * @lruvecs: the node at hand is meant.
 * @zone: the zone.
 *
 * Return: its name.
 */
const char *mms_lruvecs_zone(const struct mms_lruvecs *lruvecs,
			     unsigned int zone);

/**
 * mms_lruvecs_lists() - pages in the lists of the lruvec at hand
 * @lruvecs: mms_lruvecs_next() has returned true.
 * @zone: pages of this zone.
 * @pages: by &enum lru_list.
 *
 * Return: false if there are none, or if only the zone counts them, as there
 * are no memory cgroups.
 */
bool mms_lruvecs_lists(struct mms_lruvecs *lruvecs, unsigned int zone,
		       u64 pages[NR_LRU_LISTS]);

/**
 * mms_lruvecs_sum() - pages in all lists, counted in two ways
 * @cgroups: what the lists of all memory cgroups add up to.
 * @nodes: what the nodes count, which may be behind.
 *
 * May sleep.
 *
 * Return: 0, -EOPNOTSUPP if there are no memory cgroups, -EINTR if a fatal
 * signal came, or another errno.
 */
int mms_lruvecs_sum(u64 *cgroups, u64 *nodes);

/**
 * mms_generations_missing() - why the kernel has no generations
 *
 * Return: a word, or NULL if it has them, in use or not.
 */
const char *mms_generations_missing(void);

/**
 * mms_generations_enabled() - are they in use?
 *
 * May sleep.
 *
 * Return: 1 if they are, 0 if the classic lists are, -1 if that is not known.
 */
int mms_generations_enabled(void);

/**
 * mms_lruvecs_generations() - the generations of the lruvec at hand
 * @lruvecs: mms_lruvecs_next() has returned true.
 * @out: where to.
 */
void mms_lruvecs_generations(struct mms_lruvecs *lruvecs,
			     struct mms_generations *out);

/**
 * mms_lruvecs_free() - gives back what was taken
 * @lruvecs: may be all zero.
 */
void mms_lruvecs_free(struct mms_lruvecs *lruvecs);

#endif /* MMS_PROBE_LRUVECS_H */
