// SPDX-License-Identifier: GPL-2.0-only
/* Queues of transparent huge pages that would be split if memory got short. */

#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "../compat/ksym.h"
#include "layout.h"
#include "memcg_walk.h"
#include "splitq.h"

/* Where the lengths are: at these offsets, or in this list. */
static const struct mms_btf_want *node_at, *memcg_at;
static struct list_lru *queues;

const char *mms_splitq_missing(void)
{
	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return "not-in-kernel";
	node_at = mms_layout_private(MMS_P_NODE_SPLIT_LEN,
				     sizeof(unsigned long));
	memcg_at = mms_layout_private(MMS_P_MEMCG_SPLIT_LEN,
				      sizeof(unsigned long));
	if (node_at && (memcg_at || !IS_ENABLED(CONFIG_MEMCG)))
		return NULL;
	queues = mms_ksym_lookup("deferred_split_lru");
	return queues ? NULL : "no-symbol";
}

bool mms_splitq_by_node(void)
{
	return queues;
}

static u64 length_at(const void *base, const struct mms_btf_want *at)
{
	return READ_ONCE(*(const unsigned long *)(base + at->offset));
}

u64 mms_splitq_node(int nid)
{
	return queues ? list_lru_count_one(queues, nid, NULL) :
			length_at(NODE_DATA(nid), node_at);
}

u64 mms_splitq_memcg(const struct mms_memcg_walk *walk, int nid)
{
	struct mem_cgroup *memcg = mms_memcg_walk_memcg(walk);

	if (!queues)
		return length_at(memcg, memcg_at);
	/* The root's is that of the node. */
	return walk->at != walk->top ? list_lru_count_one(queues, nid, memcg) :
				       0;
}
