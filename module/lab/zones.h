/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys `node` and `zone` of an experiment. */
#ifndef MMS_LAB_ZONES_H
#define MMS_LAB_ZONES_H

#include <linux/gfp.h>
#include <linux/numa.h>

#include "lab.h"

struct zone;

extern const char *const mms_lab_any[1];
extern const char *const mms_lab_zone_words[5];

/* A node, or any. */
#define MMS_LAB_KEY_NODE {						\
	"node", MMS_KEY_UINT, .max = MAX_NUMNODES - 1,			\
	.def = MAX_NUMNODES, .words = mms_lab_any, .nr_words = 1,	\
}

/* A zone of a node, or the one that has most free memory. */
#define MMS_LAB_KEY_ZONE {						\
	"zone", MMS_KEY_WORD, .words = mms_lab_zone_words,		\
	.nr_words = ARRAY_SIZE(mms_lab_zone_words),			\
}

/**
 * mms_lab_node() - value of a key that is a node
 * @run: the run.
 * @key: index of the key.
 *
 * Return: the node, or NUMA_NO_NODE for any.
 */
static inline int mms_lab_node(const struct mms_lab_run *run, unsigned int key)
{
	u64 node = mms_lab_value(run, key);

	return node < MAX_NUMNODES ? (int)node : NUMA_NO_NODE;
}

/**
 * mms_lab_zone() - the zone that is meant
 * @run: the run.
 * @node_key: index of the key that is a node.
 * @zone_key: index of the key that is a zone.
 *
 * Return: of the zones that both may mean, the one that has most free pages, or
 * NULL if there is none with memory.
 */
struct zone *mms_lab_zone(const struct mms_lab_run *run, unsigned int node_key,
			  unsigned int zone_key);

/**
 * mms_lab_zone_gfp() - what asks for memory of a zone
 * @zone: the zone.
 *
 * Lower zones of the node may serve it, too.
 *
 * Return: the zone modifiers, and __GFP_THISNODE.
 */
gfp_t mms_lab_zone_gfp(const struct zone *zone);

#endif /* MMS_LAB_ZONES_H */
