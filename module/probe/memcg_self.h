/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory cgroups that the caller's memory counts against. */
#ifndef MMS_PROBE_MEMCG_SELF_H
#define MMS_PROBE_MEMCG_SELF_H

#include <linux/types.h>

/* Cgroups inside each other that are looked at; the others are left out. */
#define MMS_MEMCG_SELF_MAX	16

/* As many levels are walked up; who is deeper has no limit for us. */
#define MMS_MEMCG_DEPTH_MAX	1024

/**
 * struct mms_memcg_self - a memory cgroup that the caller is in
 * @ino: number of its directory.
 * @path: its path from the root of the hierarchy; "" if longer than this.
 * @max_pages: memory.max; %MMS_MEMCG_NO_LIMIT if none.
 * @current_pages: use.
 * @max_events: memory.events: max.
 * @oom_events: memory.events: oom.
 * @oom_kills: memory.events: oom_kill.
 */
struct mms_memcg_self {
	u64 ino;
	char path[256];
	u64 max_pages;
	u64 current_pages;
	u64 max_events;
	u64 oom_events;
	u64 oom_kills;
};

/**
 * mms_memcg_self_refused() - why no memory is to be charged to the caller
 *
 * Does not sleep.
 *
 * Return: a word, if the caller is in the root or in no cgroup with a
 * memory.max, nor in one inside of such; or NULL.
 */
const char *mms_memcg_self_refused(void);

/**
 * mms_memcg_self_read() - reads the cgroups that the caller is in
 * @out: room for %MMS_MEMCG_SELF_MAX; the innermost comes first, the root is
 *	left out.
 *
 * Does not sleep.
 *
 * Return: how many there are.
 */
unsigned int mms_memcg_self_read(struct mms_memcg_self *out);

/**
 * mms_memcg_self_full() - has a cgroup of the caller no room left?
 *
 * Does not sleep.
 *
 * Return: true if one is nearer to its memory.max than a CPU takes at once.
 */
bool mms_memcg_self_full(void);

#endif /* MMS_PROBE_MEMCG_SELF_H */
