// SPDX-License-Identifier: GPL-2.0-only
/* One slab cache that the caller has made, at one moment. */

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/string.h>

#include "cachelook.h"
#include "slabs.h"

static u64 cpu_slabs(const void *cache)
{
	u64 sum = 0, slabs;
	unsigned int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		slabs = mms_cache_node_cpu_slabs(cache, nid);
		if (slabs == MMS_CACHE_UNKNOWN)
			return slabs;
		sum += slabs;
	}
	return sum;
}

int mms_cachelook_read(struct mms_cachelook *look, const void *cache,
		       struct mms_walk_stats *stats)
{
	int err = mms_slabs_begin();

	if (err)
		return err;
	mms_cache_shape(&look->shape, cache);
	mms_cache_sum(&look->sum, cache, stats);
	mms_cache_cpus(&look->cpus, cache);
	look->cpu_slabs = cpu_slabs(cache);
	mms_slabs_end();
	return 0;
}

u64 mms_cachelook_bytes(const struct mms_cache_shape *shape, const void *cache)
{
	u64 slabs = 0, objects = 0;
	unsigned int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		/* Stays as long as the cache does, whatever is unplugged. */
		const void *node = mms_slabs_node(cache, nid);

		if (!node)
			continue;
		slabs += mms_slabs_long(node, MMS_F_NODE_NR_SLABS);
		objects += mms_slabs_long(node, MMS_F_NODE_TOTAL_OBJECTS);
	}
	return mms_cache_bytes(shape, slabs, objects);
}

bool mms_cachelook_named(const char *name)
{
	struct list_head *at;
	unsigned int n = 0;
	bool found = false;

	/* As those who make or destroy caches, which only labs ask for. */
	mutex_lock(mms_slabs.mutex);
	list_for_each(at, mms_slabs.list) {
		found = !strcmp(mms_slabs_ptr(mms_slabs_cache(at),
					      MMS_F_CACHE_NAME), name);
		if (found || ++n == MMS_SLABS_MAX)
			break;
	}
	mutex_unlock(mms_slabs.mutex);
	return found;
}
