/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues of transparent huge pages that would be split if memory got short: of
 * which a part is not mapped any more, or since 6.12 all that may turn out to be
 * mostly empty.
 *
 * 6.1 and 6.12 have one for each memory cgroup, and one for each node for pages
 * of no cgroup; 7.3 has one for each cgroup and node.
 */
#ifndef MMS_PROBE_SPLITQ_H
#define MMS_PROBE_SPLITQ_H

#include <linux/types.h>

struct mms_memcg_walk;

/**
 * mms_splitq_missing() - why the queues cannot be read
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can; the same for ever.
 */
const char *mms_splitq_missing(void);

/**
 * mms_splitq_by_node() - have cgroups a queue for each node?
 *
 * Return: true if they have.
 */
bool mms_splitq_by_node(void);

/**
 * mms_splitq_node() - length of the queue of a node, for pages of no cgroup
 * @nid: the node; it has memory.
 *
 * Where cgroups have a queue for each node, this is that of the root, too.
 *
 * Return: the length.
 */
u64 mms_splitq_node(int nid);

/**
 * mms_splitq_memcg() - length of a queue of the cgroup at hand
 * @walk: the walk of the cgroups.
 * @nid: the node, where cgroups have a queue for each.
 *
 * Return: the length.
 */
u64 mms_splitq_memcg(const struct mms_memcg_walk *walk, int nid);

#endif /* MMS_PROBE_SPLITQ_H */
