// SPDX-License-Identifier: GPL-2.0-only
/* Where the pages are that a stretch of kernel addresses is mapped to. */

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kspan.h"
#include "ktables.h"

int mms_kspan_init(struct mms_kspan *span)
{
	span->nr_nodes = nr_node_ids;
	span->node = kcalloc(nr_node_ids, sizeof(*span->node), GFP_KERNEL);
	return span->node ? 0 : -ENOMEM;
}

static void begin(struct mms_kspan *span)
{
	u64 *node = span->node;
	unsigned int nr = span->nr_nodes;

	memset(node, 0, nr * sizeof(*node));
	*span = (struct mms_kspan){ .node = node, .nr_nodes = nr };
}

/* Memory of a node begins and ends with a pageblock, huge pages do, too. */
static void add(struct mms_kspan *span, unsigned long pfn, u64 nr)
{
	if (!span->pages)
		span->pfn = pfn;
	if (!span->run || pfn != span->next) {
		span->runs++;
		span->run = 0;
	}
	span->run += nr;
	span->next = pfn + nr;
	span->largest = max(span->largest, span->run);
	span->pages += nr;
	span->node[page_to_nid(pfn_to_page(pfn))] += nr;
}

/* Return: false at a hole. */
static bool add_ptes(struct mms_kspan *span,
		     const struct mms_ktables_piece *piece)
{
	unsigned int i;

	for (i = 0; i < piece->nr; i++) {
		if (!pte_present(piece->pte[i]))
			return false;
		add(span, pte_pfn(piece->pte[i]), 1);
	}
	return true;
}

/* A huge entry may go beyond the node, as one of 1 GiB, or beyond the end. */
static void add_huge(struct mms_kspan *span, unsigned long pfn, u64 nr)
{
	u64 part;

	span->huge += nr;
	for (; nr; pfn += part, nr -= part) {
		part = min_t(u64, nr, pageblock_nr_pages -
				      (pfn & (pageblock_nr_pages - 1)));
		add(span, pfn, part);
	}
}

int mms_kspan_read(struct mms_kspan *span, const void *from, u64 pages)
{
	unsigned long start = (unsigned long)from, addr = start;
	unsigned long end = start + pages * PAGE_SIZE;
	struct mms_ktables_piece piece;

	begin(span);
	while (addr < end) {
		mms_ktables_read(addr, end, &piece);
		if (piece.pfn == MMS_NO_FRAME)
			break;
		if (!piece.nr) {
			add_huge(span, piece.pfn,
				 min(piece.bytes, end - addr) >> PAGE_SHIFT);
		} else {
			span->tables += addr == start ||
					IS_ALIGNED(addr, PMD_SIZE);
			if (!add_ptes(span, &piece))
				break;
		}
		addr += piece.bytes;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

void mms_kspan_free(struct mms_kspan *span)
{
	kfree(span->node);
	span->node = NULL;
}
