// SPDX-License-Identifier: GPL-2.0-only
/*
 * How full the clusters of a swap device are.
 *
 * The structure is private to mm/ in 7.3, and a word with the count and the
 * flags in it differs between all releases, so BTF says where they are.  It is
 * read whole: both are of one moment.
 */

#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "../compat/swap.h"
#include "layout.h"
#include "swap_clusters.h"

/* Clusters looked at before others get the CPU. */
#define AT_ONCE		16384

/* CLUSTER_FLAG_FREE of all releases; a value of several in 7.3, else a bit. */
#define FLAG_FREE	1

/* What swap_map has for a slot that is not to be taken: SWAP_MAP_BAD. */
#define MAP_BAD		0x3f

/**
 * struct part - a part of the word
 * @shift: its lowest bit.
 * @mask: as many ones as it has bits.
 */
struct part {
	u32 shift;
	u32 mask;
};

/**
 * struct cluster - what a cluster looks like
 * @size: of the structure; 0 if that is not known.
 * @word: where the word is.
 * @count: slots taken.
 * @flags: as the kernel has them.
 * @linked: @count is the next cluster instead, while it is in a list: 6.1.
 */
struct cluster {
	u32 size;
	u32 word;
	struct part count;
	struct part flags;
	bool linked;
};

static struct cluster cluster;

/* The low byte is the first, and bits count from the lowest. */
static bool find_part(const struct mms_btf_want *at, struct part *part)
{
	u32 first = at->offset % sizeof(u32) * 8 + at->bit_offset;
	u32 bits = at->bits;

	if (!bits || bits > 31 || first + bits > 32)
		return false;
	part->shift = first;
	part->mask = (1U << bits) - 1;
	return true;
}

bool mms_swap_clusters_find(void)
{
	const struct mms_btf_want *size =
		mms_layout_private(MMS_P_SWAP_CLUSTER, 0);
	const struct mms_btf_want *flags =
		mms_layout_private(MMS_P_SWAP_CLUSTER_FLAGS, 0);
	const struct mms_btf_want *count =
		mms_layout_private(MMS_P_SWAP_CLUSTER_COUNT, 0);

	cluster.linked = !count;
	if (!count)
		count = mms_layout_private(MMS_P_SWAP_CLUSTER_DATA, 0);
	if (!size || !flags || !count)
		return false;
	cluster.word = round_down(count->offset, sizeof(u32));
	if (cluster.word != round_down(flags->offset, sizeof(u32)) ||
	    !find_part(count, &cluster.count) ||
	    !find_part(flags, &cluster.flags) ||
	    size->size % sizeof(u32) ||
	    cluster.word + sizeof(u32) > size->size)
		return false;
	cluster.size = size->size;
	return true;
}

static u32 part_of(u32 word, const struct part *part)
{
	return word >> part->shift & part->mask;
}

/*
 * In 6.1 a cluster that waits to be discarded has the number of the next one
 * where others have the count, and no flag says so; but all of its slots are
 * marked as bad.  The last, short one is never empty.
 */
static bool waits_linked(const struct swap_info_struct *si, u64 index,
			 u32 count)
{
	const u8 *map = mms_swap_map(si);
	u64 first = index * MMS_SWAP_CLUSTER;

	if (!cluster.linked || !map || !(si->flags & SWP_PAGE_DISCARD) ||
	    first + MMS_SWAP_CLUSTER > si->max)
		return false;
	/* One bad all over, as the disk is, has all slots taken. */
	return count != MMS_SWAP_CLUSTER && READ_ONCE(map[first]) == MAP_BAD &&
	       !memchr_inv(map + first, MAP_BAD, MMS_SWAP_CLUSTER);
}

static bool is_free(u32 flags)
{
	/* Of several values, those with that bit are none of an empty one. */
	return cluster.linked ? flags & FLAG_FREE : flags == FLAG_FREE;
}

static void count_one(const struct swap_info_struct *si, u64 index,
		      struct mms_swap_clusters *out)
{
	const char *at = (const char *)si->cluster_info + index * cluster.size;
	u32 word = READ_ONCE(*(const u32 *)(at + cluster.word));
	u32 count = part_of(word, &cluster.count);

	if (is_free(part_of(word, &cluster.flags))) {
		out->free++;
	} else if (!count || waits_linked(si, index, count)) {
		out->pending++;
	} else {
		out->taken += count;
		if (count < MMS_SWAP_CLUSTER)
			out->partial++;
		else
			out->full++;
	}
}

int mms_swap_clusters_count(const struct swap_info_struct *si,
			    struct mms_swap_clusters *out)
{
	u64 i;

	*out = (struct mms_swap_clusters){};
	if (!cluster.size || !si->cluster_info)
		return 0;
	out->known = true;
	out->all = DIV_ROUND_UP((u64)si->max, MMS_SWAP_CLUSTER);
	out->slots = out->all * MMS_SWAP_CLUSTER;
	for (i = 0; i < out->all; i++) {
		count_one(si, i, out);
		if (i % AT_ONCE)
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}
