/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All memory cgroups, dying ones too, and what each uses.
 *
 * The kernel keeps the use by kind in three places: what a cgroup's own CPUs
 * have counted since the last flush, what was flushed below it and is still to
 * be passed on, and the sum.  Here all three are added up, so that an answer
 * does not wait for the next flush, as memory.stat may (it flushes itself only
 * when enough has changed, and a worker does every two seconds).
 */
#ifndef MMS_PROBE_MEMCGS_H
#define MMS_PROBE_MEMCGS_H

#include <linux/list.h>
#include <linux/types.h>

#include "walk.h"

struct cgroup;
struct cgroup_subsys_state;

/* What memory is used for. */
enum mms_memcg_kind {
	MMS_MEMCG_ANON,
	MMS_MEMCG_FILE,
	MMS_MEMCG_SHMEM,
	MMS_MEMCG_KERNEL,
	MMS_MEMCG_SLAB_RECLAIMABLE,
	MMS_MEMCG_SLAB_UNRECLAIMABLE,
	MMS_MEMCG_KERNEL_STACK,
	MMS_MEMCG_PAGETABLES,
	MMS_MEMCG_PERCPU,
	MMS_MEMCG_SOCK,
	MMS_NR_MEMCG_KINDS
};

/* What has happened, as in memory.events. */
enum mms_memcg_event {
	MMS_MEMCG_LOW,
	MMS_MEMCG_HIGH,
	MMS_MEMCG_MAX,
	MMS_MEMCG_OOM,
	MMS_MEMCG_OOM_KILL,
	MMS_MEMCG_OOM_GROUP_KILL,
	MMS_NR_MEMCG_EVENTS
};

/**
 * enum mms_memcg_state - state of a memory cgroup
 * @MMS_MEMCG_ONLINE: it has files.
 * @MMS_MEMCG_HIDDEN: it has none, as the controller is only there because
 *	another one needs it.
 * @MMS_MEMCG_NEW: it is being made.
 * @MMS_MEMCG_DYING: it was removed, and something still holds it.
 * @MMS_NR_MEMCG_STATES: number of these.
 */
enum mms_memcg_state {
	MMS_MEMCG_ONLINE,
	MMS_MEMCG_HIDDEN,
	MMS_MEMCG_NEW,
	MMS_MEMCG_DYING,
	MMS_NR_MEMCG_STATES
};

extern const char *const mms_memcg_state_names[MMS_NR_MEMCG_STATES];

/* A limit that is none. */
#define MMS_MEMCG_NO_LIMIT	U64_MAX

/**
 * struct mms_memcg - a memory cgroup at one moment
 * @id: tells it from the others of the same answer; an address, not to be
 *	shown.
 * @parent: the one that it is in; NULL for the first.
 * @path: its path from the root of the hierarchy, or NULL if it is as long as
 *	%PATH_MAX.
 * @ino: number of its directory.
 * @state: &enum mms_memcg_state.
 * @root: it is the root, which has no limits and counts no use.
 * @refs: references on it if it is dying, which keep it; -1 if not known.
 * @current_pages: use.
 * @min_pages: memory.min; this and the following: %MMS_MEMCG_NO_LIMIT if none.
 * @low_pages: memory.low.
 * @high_pages: memory.high.
 * @max_pages: memory.max.
 * @swap_pages: use of swap.
 * @swap_max_pages: memory.swap.max.
 * @bytes: use by kind.
 * @pending: of these, what the kernel has not added up yet.
 * @events: by &enum mms_memcg_event.
 */
struct mms_memcg {
	const void *id;
	struct mms_memcg *parent;
	const char *path;
	u64 ino;
	u8 state;
	bool root;
	s64 refs;
	u64 current_pages;
	u64 min_pages;
	u64 low_pages;
	u64 high_pages;
	u64 max_pages;
	u64 swap_pages;
	u64 swap_max_pages;
	s64 bytes[MMS_NR_MEMCG_KINDS];
	s64 pending[MMS_NR_MEMCG_KINDS];
	u64 events[MMS_NR_MEMCG_EVENTS];
};

/**
 * struct mms_memcgs - memory cgroups being collected
 * @top: the first, referenced.
 * @at: the last that was looked at, referenced, or NULL.
 * @chunks: what was collected, in the order of the kernel's walks: each before
 *	those in it.
 * @last: the last of them.
 * @stats: what it has cost; scanned are cgroups, retries those read again as
 *	they were being flushed.
 */
struct mms_memcgs {
	struct cgroup_subsys_state *top;
	struct cgroup_subsys_state *at;
	struct list_head chunks;
	struct mms_memcg *last;
	struct mms_walk_stats stats;
};

/* How many are kept together. */
#define MMS_MEMCG_CHUNK		64

/**
 * struct mms_memcg_chunk - some of what was collected
 * @node: in &mms_memcgs.chunks.
 * @nr: number of these.
 * @used: bytes of @text in use.
 * @memcg: the cgroups.
 * @text: their paths.
 */
struct mms_memcg_chunk {
	struct list_head node;
	unsigned int nr;
	unsigned int used;
	struct mms_memcg memcg[MMS_MEMCG_CHUNK];
	char text[16384];
};

/**
 * mms_memcgs_absent() - why there are none to be found
 *
 * Says what is needed to know the cgroups, if not their use.
 *
 * Return: a word, or NULL if there are some.
 */
const char *mms_memcgs_absent(void);

/**
 * mms_memcgs_missing() - why they cannot be shown
 *
 * May sleep.
 *
 * Return: a word, or NULL if they can.
 */
const char *mms_memcgs_missing(void);

/**
 * mms_memcg_find() - a memory cgroup by its path
 * @path: as in the answers; "" and "/" are the root.
 *
 * May sleep.
 *
 * Return: it, referenced, for css_put(); or an ERR_PTR(): -ENOENT, or
 * -EOPNOTSUPP if the kernel has no memory cgroups of version 2.
 */
struct cgroup_subsys_state *mms_memcg_find(const char *path);

/**
 * mms_cgroup_path() - path of a cgroup from the root of its hierarchy
 * @cgrp: the cgroup; stays during the call.
 * @buf: where the path goes.
 * @size: room there.
 *
 * Does not sleep.
 *
 * Return: the length, or 0 if the path does not fit with a byte to spare.
 */
int mms_cgroup_path(struct cgroup *cgrp, char *buf, int size);

/**
 * mms_memcgs_init() - begins
 * @memcgs: all zero.
 * @path: the cgroup to begin with, and all in it; "" is the root.
 *
 * Return: 0 or an errno.
 */
int mms_memcgs_init(struct mms_memcgs *memcgs, const char *path);

/**
 * mms_memcgs_batch() - collects some more
 * @memcgs: from mms_memcgs_init().
 *
 * May sleep.  After the last, adds what is pending to all above.
 *
 * Return: 1 if there may be more, 0 if that was all, or -ENOMEM.
 */
int mms_memcgs_batch(struct mms_memcgs *memcgs);

/**
 * mms_memcgs_free() - gives back what was taken
 * @memcgs: may be all zero.
 */
void mms_memcgs_free(struct mms_memcgs *memcgs);

#endif /* MMS_PROBE_MEMCGS_H */
