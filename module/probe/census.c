// SPDX-License-Identifier: GPL-2.0-only
/* All memory by what it is used for, by order and by node. */

#include <linux/mm.h>
#include <linux/slab.h>

#include "census.h"

/* The cells of the node that a page is of, or NULL if there is no memory. */
static struct mms_census_node *node_of(struct mms_census *census,
				       const struct page *page)
{
	unsigned int nid = page_to_nid(page);

	if (nid >= census->nr_nodes) {	/* the page has gone */
		census->err = -ENODEV;
		return NULL;
	}
	if (!census->nodes[nid])
		census->nodes[nid] = kvzalloc(sizeof(**census->nodes),
					      GFP_KERNEL);
	if (!census->nodes[nid])
		census->err = -ENOMEM;
	return census->nodes[nid];
}

static unsigned long count_block(void *ctx, const struct mms_scan_block *block)
{
	struct mms_census *census = ctx;
	unsigned long i, nr;

	for (i = 0; i < block->nr; i += nr) {
		struct mms_census_node *node;
		struct mms_census_cell *cell;
		struct mms_frame frame;

		nr = mms_scan_frame(block, i, &frame);
		node = node_of(census, block->page + i);
		if (!node)
			break;
		cell = &node->cell[frame.kind][frame.order];
		cell->pages += nr;
		if (!frame.order)
			cell->folios += nr;
		else if (frame.head == block->pfn + i)
			cell->folios++;
	}
	return i;
}

int mms_census_init(struct mms_census *census, u64 first, u64 end,
		    bool owners)
{
	census->nr_nodes = nr_node_ids;
	census->nodes = kvcalloc(nr_node_ids, sizeof(*census->nodes),
				 GFP_KERNEL);
	if (!census->nodes)
		return -ENOMEM;
	census->scan.block = count_block;
	census->scan.ctx = census;
	if (owners)
		return mms_scan_init(&census->scan, first, end, false);
	mms_scan_range(&census->scan, first, end);
	return 0;
}

int mms_census_batch(struct mms_census *census)
{
	int ret = mms_scan_batch(&census->scan);

	return census->err ?: ret;
}

void mms_census_free(struct mms_census *census)
{
	unsigned int nid;

	mms_scan_free(&census->scan);
	for (nid = 0; census->nodes && nid < census->nr_nodes; nid++)
		kvfree(census->nodes[nid]);
	kvfree(census->nodes);
	census->nodes = NULL;
}
