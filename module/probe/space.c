// SPDX-License-Identifier: GPL-2.0-only
/* The memory descriptor of a process. */

#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "../compat/compat.h"
#include "space.h"

u64 mms_space_limit(void)
{
	return TASK_SIZE_MAX;
}

static void read_bounds(const struct mm_struct *mm, struct mms_space *space)
{
	space->task_size = READ_ONCE(mm->task_size);
	space->mmap_base = READ_ONCE(mm->mmap_base);
	space->start_code = READ_ONCE(mm->start_code);
	space->end_code = READ_ONCE(mm->end_code);
	space->start_data = READ_ONCE(mm->start_data);
	space->end_data = READ_ONCE(mm->end_data);
	space->start_brk = READ_ONCE(mm->start_brk);
	space->brk = READ_ONCE(mm->brk);
	space->start_stack = READ_ONCE(mm->start_stack);
	space->arg_start = READ_ONCE(mm->arg_start);
	space->arg_end = READ_ONCE(mm->arg_end);
	space->env_start = READ_ONCE(mm->env_start);
	space->env_end = READ_ONCE(mm->env_end);
}

static void read_counters(struct mm_struct *mm, struct mms_space *space)
{
	space->map_count = READ_ONCE(mm->map_count);
	space->total_pages = READ_ONCE(mm->total_vm);
	space->locked_pages = READ_ONCE(mm->locked_vm);
	space->pinned_pages = atomic64_read(&mm->pinned_vm);
	space->data_pages = READ_ONCE(mm->data_vm);
	space->exec_pages = READ_ONCE(mm->exec_vm);
	space->stack_pages = READ_ONCE(mm->stack_vm);
	space->anon_pages = mms_mm_counter(mm, MM_ANONPAGES);
	space->file_pages = mms_mm_counter(mm, MM_FILEPAGES);
	space->shmem_pages = mms_mm_counter(mm, MM_SHMEMPAGES);
	space->swap_pages = mms_mm_counter(mm, MM_SWAPENTS);
	space->hiwater_rss_pages = READ_ONCE(mm->hiwater_rss);
	space->hiwater_vm_pages = READ_ONCE(mm->hiwater_vm);
	space->pgtable_bytes = mm_pgtables_bytes(mm);
	space->users = atomic_read(&mm->mm_users);
	space->def_flags = READ_ONCE(mm->def_flags);
}

void mms_space_read(struct mm_struct *mm, struct mms_space *space)
{
	space->levels = CONFIG_PGTABLE_LEVELS - mm_p4d_folded(mm);
	space->pgd_phys = __pa(mm->pgd);
	read_bounds(mm, space);
	read_counters(mm, space);
}

void mms_rss_read_own(struct mm_struct *mm, struct mms_rss *rss)
{
	rss->anon = mms_mm_counter_own(mm, MM_ANONPAGES);
	rss->file = mms_mm_counter_own(mm, MM_FILEPAGES);
	rss->shmem = mms_mm_counter_own(mm, MM_SHMEMPAGES);
	rss->swap = mms_mm_counter_own(mm, MM_SWAPENTS);
	rss->slack = MMS_RSS_SLACK * (atomic_read(&mm->mm_users) - 1);
}
