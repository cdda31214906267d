// SPDX-License-Identifier: GPL-2.0-only
/* On which nodes the pages are that processes map. */

#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "../compat/compat.h"
#include "../compat/pgtable.h"
#include "placement.h"

static void enter_vma(void *ctx, struct vm_area_struct *vma)
{
	struct mms_placement *placement = ctx;

	placement->view.vma = vma;
	placement->view.huge_zero_pfn = mms_folio_huge_zero_pfn();
}

/* Is it memory that somebody has allocated?  As can_gather_numa_stats() asks. */
static bool counts(const struct page *page)
{
	return !(mms_page_flags(page) & BIT(PG_reserved)) &&
	       !is_zone_device_page(page);
}

static void add(struct mms_placement *placement, const struct page *page,
		unsigned int kind, u64 nr)
{
	unsigned int node = page_to_nid(page);

	placement->pages[node * MMS_NR_KINDS + kind] += nr;
}

static bool has_page(unsigned int kind)
{
	return kind != MMS_KIND_NONE && kind != MMS_KIND_ZERO &&
	       kind != MMS_KIND_PFNMAP;
}

static struct page *page_of(u64 raw)
{
	return pfn_to_page(pte_pfn(__pte(raw)));
}

/* Entries that map pages of one kind. */
static void add_run(struct mms_placement *placement, const u64 *raw,
		    unsigned int nr, unsigned int kind)
{
	const struct page *page = page_of(READ_ONCE(raw[0]));
	unsigned int i;

	/* One VMA has no pages of a device beside others. */
	if (!counts(page))
		return;
	if (placement->nr_nodes == 1) {
		add(placement, page, kind, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		add(placement, page_of(READ_ONCE(raw[i])), kind, 1);
}

/*
 * Pages that neighbouring entries map are mostly of one kind; a run of them
 * ends where the flags of the entries differ.  Called under the lock of the
 * table: entries change in bits that hardware sets, nothing else.
 */
static unsigned int add_ptes(void *ctx, const u64 *raw, unsigned int nr,
			     u64 start)
{
	struct mms_placement *placement = ctx;
	const u64 mask = ~mms_entry_format.pfn_mask;
	unsigned int i = 0;

	while (i < nr) {
		u64 entry = READ_ONCE(raw[i]);
		unsigned int next = i + 1, kind;

		if (mms_entry_is_none(&mms_entry_format, entry)) {
			i++;
			continue;
		}
		kind = MMS_DETAIL_KIND(mms_folio_pages.detail(&placement->view,
							      entry));
		/* Pages of drivers may be reserved or not, one by one. */
		if (kind != MMS_KIND_OTHER)
			next = mms_folio_pages.same(&placement->view, raw, next,
						    nr, mask, entry & mask);
		if (has_page(kind))
			add_run(placement, raw + i, next - i, kind);
		i = next;
	}
	return nr;
}

static u64 add_huge(void *ctx, enum mms_level level, u64 raw, u64 start,
		    u64 end)
{
	struct mms_placement *placement = ctx;
	struct mms_entry entry;
	unsigned long one = 1;
	unsigned int kind;

	kind = MMS_DETAIL_KIND(mms_folio_huge_detail(&placement->view, level,
						     raw, 0, &one));
	if (!has_page(kind))
		return end;
	mms_entry_decode(&mms_entry_format, level, raw, &entry);
	if (entry.pfn != MMS_NO_PFN && !(entry.flags & MMS_F_TABLE) &&
	    counts(pfn_to_page(entry.pfn)))
		add(placement, pfn_to_page(entry.pfn), kind,
		    (end - start) >> PAGE_SHIFT);
	return end;
}

static const struct mms_walk_ops ops = {
	.vma = enter_vma,
	.entry = add_huge,
	.ptes = add_ptes,
	.skip_none = true,
	.lock_pages = true,
};

/* Walks the address space at hand from its start; the statistics go on. */
static void begin_walk(struct mms_placement *placement)
{
	struct mms_walk_stats stats = placement->walk.stats;

	mms_folio_huge_zero_find();
	mms_walk_init(&placement->walk, placement->only ?:
		      placement->processes.mm, 0, TASK_SIZE_MAX, &ops,
		      placement);
	placement->walk.stats = stats;
	placement->view = (struct mms_folio_view){};
	memset(placement->pages, 0, placement->nr_nodes * MMS_NR_KINDS *
	       sizeof(*placement->pages));
	placement->walking = true;
}

static void read_comm(struct mms_placement *placement)
{
	struct task_struct *task;

	placement->comm[0] = '\0';
	rcu_read_lock();
	task = pid_task(placement->processes.pid, PIDTYPE_TGID);
	if (task)
		get_task_comm(placement->comm, task);
	rcu_read_unlock();
}

int mms_placement_init(struct mms_placement *placement,
		       struct mm_struct *only)
{
	placement->only = only;
	placement->nr_nodes = nr_node_ids;
	placement->pages = kvcalloc(placement->nr_nodes,
				    MMS_NR_KINDS * sizeof(*placement->pages),
				    GFP_KERNEL);
	return placement->pages ? 0 : -ENOMEM;
}

/* False behind the last. */
static bool next_space(struct mms_placement *placement)
{
	if (placement->only)
		return !placement->walked;
	return mms_processes_next(&placement->processes);
}

int mms_placement_batch(struct mms_placement *placement)
{
	int ret;

	placement->ready = false;
	if (!placement->walking) {
		if (!next_space(placement)) {
			placement->finished = true;
			return 0;
		}
		placement->walked++;
		begin_walk(placement);
	}
	ret = mms_walk_batch(&placement->walk);
	if (ret > 0)
		return 0;
	placement->walking = false;
	if (ret == -EINTR) {
		placement->finished = true;
		return ret;
	}
	/* After execve() what was counted is of a program that is gone. */
	if (!placement->only && mms_processes_again(&placement->processes)) {
		begin_walk(placement);
	} else if (ret == -ESRCH) {
		placement->exited++;
	} else {
		if (!placement->only)
			read_comm(placement);
		placement->ready = true;
	}
	return 0;
}

void mms_placement_end(struct mms_placement *placement)
{
	mms_processes_end(&placement->processes);
	kvfree(placement->pages);
}
