// SPDX-License-Identifier: GPL-2.0-only
/* process/space and process/vmas: the address space as the kernel keeps it. */

#include <linux/build_bug.h>

#include "../probe/space.h"
#include "../probe/vmas.h"
#include "../probe/layout.h"
#include "process.h"

struct space_state {
	struct mms_process process;
	struct mms_space space;
};

static int space_start(struct mms_reader *reader)
{
	struct space_state *state = reader->state;
	int err = mms_process_start(reader, &state->process);

	if (err)
		return err;
	mms_table_columns(&reader->table, NULL);
	return 0;
}

static void put_bounds(struct mms_table *table, const struct mms_space *space)
{
	mms_table_value_u64(table, "paging_levels", space->levels);
	mms_table_value_hex(table, "pgd_phys", space->pgd_phys);
	mms_table_value_hex(table, "task_size", space->task_size);
	mms_table_value_hex(table, "mmap_base", space->mmap_base);
	mms_table_value_hex(table, "start_code", space->start_code);
	mms_table_value_hex(table, "end_code", space->end_code);
	mms_table_value_hex(table, "start_data", space->start_data);
	mms_table_value_hex(table, "end_data", space->end_data);
	mms_table_value_hex(table, "start_brk", space->start_brk);
	mms_table_value_hex(table, "brk", space->brk);
	mms_table_value_hex(table, "start_stack", space->start_stack);
	mms_table_value_hex(table, "arg_start", space->arg_start);
	mms_table_value_hex(table, "arg_end", space->arg_end);
	mms_table_value_hex(table, "env_start", space->env_start);
	mms_table_value_hex(table, "env_end", space->env_end);
}

static void put_counters(struct mms_table *table, const struct mms_space *space)
{
	mms_table_value_u64(table, "map_count", space->map_count);
	mms_table_value_u64(table, "total_vm_pages", space->total_pages);
	mms_table_value_u64(table, "locked_vm_pages", space->locked_pages);
	mms_table_value_u64(table, "pinned_vm_pages", space->pinned_pages);
	mms_table_value_u64(table, "data_vm_pages", space->data_pages);
	mms_table_value_u64(table, "exec_vm_pages", space->exec_pages);
	mms_table_value_u64(table, "stack_vm_pages", space->stack_pages);
	mms_table_value_u64(table, "rss_anon_pages", space->anon_pages);
	mms_table_value_u64(table, "rss_file_pages", space->file_pages);
	mms_table_value_u64(table, "rss_shmem_pages", space->shmem_pages);
	mms_table_value_u64(table, "swap_pages", space->swap_pages);
	mms_table_value_u64(table, "hiwater_rss_pages",
			    space->hiwater_rss_pages);
	mms_table_value_u64(table, "hiwater_vm_pages", space->hiwater_vm_pages);
	mms_table_value_u64(table, "pgtable_bytes", space->pgtable_bytes);
	mms_table_value_u64(table, "mm_users", space->users);
	mms_table_value_hex(table, "def_flags", space->def_flags);
}

static int space_fill(struct mms_reader *reader)
{
	struct space_state *state = reader->state;

	if (state->process.mm) {
		mms_space_read(state->process.mm, &state->space);
		put_bounds(&reader->table, &state->space);
		put_counters(&reader->table, &state->space);
	}
	mms_reader_end(reader, NULL, NULL);
	return 0;
}

const struct mms_view mms_view_space = {
	.name = "space",
	.format = 1,
	.keys = BIT(MMS_PROCESS_PID),
	.state_size = sizeof(struct space_state),
	.missing = mms_layout_missing,
	.start = space_start,
	.fill = space_fill,
	.stop = mms_process_stop,
};

struct vmas_state {
	struct mms_process process;
	unsigned int next;
	int err;
	struct mms_vmas vmas;
};

static int vmas_start(struct mms_reader *reader)
{
	struct vmas_state *state = reader->state;
	int err = mms_process_start(reader, &state->process);

	if (err)
		return err;
	mms_table_columns(&reader->table, "start end perms flags offset_bytes "
			  "dev inode kind name");
	mms_vmas_init(&state->vmas, state->process.mm,
		      mms_reader_value(reader, MMS_PROCESS_START),
		      mms_reader_value(reader, MMS_PROCESS_END));
	state->vmas.finished = !state->process.mm;
	return 0;
}

/* As in /proc/PID/maps. */
static void put_perms(struct mms_table *table, const struct mms_vma *vma)
{
	u32 flags = vma->flags;
	const char perms[] = {
		flags & MMS_VMA_READ ? 'r' : '-',
		flags & MMS_VMA_WRITE ? 'w' : '-',
		flags & MMS_VMA_EXEC ? 'x' : '-',
		vma->may_share ? 's' : 'p',
		'\0',
	};

	mms_table_word(table, perms);
}

static void put_vma(struct mms_table *table, const struct mms_vma *vma)
{
	char dev[24];

	mms_table_hex(table, vma->start);
	mms_table_hex(table, vma->end);
	put_perms(table, vma);
	mms_table_set(table, vma->flags, mms_vma_flag_names);
	if (vma->has_file) {
		snprintf(dev, sizeof(dev), "%u:%u", vma->dev_major,
			 vma->dev_minor);
		mms_table_u64(table, vma->offset);
		mms_table_word(table, dev);
		mms_table_u64(table, vma->inode);
	} else {
		mms_table_none(table);
		mms_table_none(table);
		mms_table_none(table);
	}
	mms_table_word(table, mms_vma_kind_names[vma->kind]);
	mms_table_text(table, vma->name);
	mms_table_row(table);
}

static int vmas_fill(struct mms_reader *reader)
{
	struct vmas_state *state = reader->state;
	struct mms_vmas *vmas = &state->vmas;

	while (mms_table_room(&reader->table)) {
		if (state->next < vmas->nr) {
			put_vma(&reader->table, &vmas->out[state->next++]);
			continue;
		}
		if (vmas->finished) {
			mms_reader_end(reader, mms_process_stopped(state->err),
				       &vmas->stats);
			return 0;
		}
		state->next = 0;
		state->err = mms_vmas_batch(vmas);
		if (signal_pending(current))
			break;
	}
	return 1;
}

const struct mms_view mms_view_vmas = {
	.name = "vmas",
	.format = 1,
	.keys = BIT(MMS_PROCESS_PID) | BIT(MMS_PROCESS_START) |
		BIT(MMS_PROCESS_END),
	.state_size = sizeof(struct vmas_state),
	.missing = mms_layout_missing,
	.start = vmas_start,
	.fill = vmas_fill,
	.stop = mms_process_stop,
};
