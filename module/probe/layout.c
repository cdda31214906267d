// SPDX-License-Identifier: GPL-2.0-only
/* Is the running kernel the one that this module was compiled for? */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "../compat/ksym.h"
#include "../core/btf.h"
#include "layout.h"

#define MEMBER(t, m) { \
	.name = #t "." #m, .offset = offsetof(struct t, m), \
	.want = { .what = MMS_BTF_MEMBER, .type = #t, .member = #m } }

/**
 * struct member - a member that the probes read
 * @name: for messages.
 * @offset: where the compiler put it.
 * @want: where the kernel has it.
 */
struct member {
	const char *name;
	u32 offset;
	struct mms_btf_want want;
};

static const struct member members[] = {
	MEMBER(mm_struct, pgd),
	MEMBER(mm_struct, mm_users),
	MEMBER(mm_struct, mm_count),
	MEMBER(mm_struct, page_table_lock),
	MEMBER(mm_struct, mmap_lock),
	MEMBER(mm_struct, map_count),
	MEMBER(mm_struct, total_vm),
	MEMBER(mm_struct, start_code),
	MEMBER(mm_struct, brk),
	MEMBER(mm_struct, env_end),
	MEMBER(mm_struct, rss_stat),
	MEMBER(vm_area_struct, vm_start),
	MEMBER(vm_area_struct, vm_end),
	MEMBER(vm_area_struct, vm_mm),
	MEMBER(vm_area_struct, vm_flags),
	MEMBER(vm_area_struct, vm_ops),
	MEMBER(vm_area_struct, vm_file),
	MEMBER(page, flags),
	MEMBER(page, mapping),
	MEMBER(page, _mapcount),
	MEMBER(page, _refcount),
	MEMBER(task_struct, mm),
	MEMBER(task_struct, comm),
	MEMBER(file, f_inode),
	MEMBER(file, f_path),
};

static struct mms_layout layout;
static DEFINE_MUTEX(layout_lock);

static void compare(const struct member *member,
		    const struct mms_btf_want *want)
{
	/* What BTF does not know cannot be compared. */
	if (want->err)
		return;
	layout.compared++;
	if (want->offset == member->offset)
		return;
	layout.different++;
	if (!layout.first)
		layout.first = member->name;
}

/* Memory for the comparison; too large for the stack. */
struct scratch {
	u32 index[MMS_BTF_INDEX];
	struct mms_btf_want wants[ARRAY_SIZE(members)];
};

static const char *read_layout(struct scratch *scratch)
{
	struct mms_btf btf;
	const void *data;
	size_t i;

	/*
	 * The kernel's BTF ends at __stop_BTF, but each look-up is dear on some
	 * kernels (6.1 goes through all symbols), and the header knows too.
	 */
	data = mms_ksym_lookup("__start_BTF");
	if (!data)
		return "no-btf";
	if (mms_btf_open(&btf, data, mms_btf_size(data), scratch->index,
			 ARRAY_SIZE(scratch->index)))
		return "bad-btf";
	for (i = 0; i < ARRAY_SIZE(members); i++)
		scratch->wants[i] = members[i].want;
	mms_btf_resolve(&btf, scratch->wants, ARRAY_SIZE(members));
	for (i = 0; i < ARRAY_SIZE(members); i++)
		compare(&members[i], &scratch->wants[i]);
	return NULL;
}

/* False if there is no memory for it now. */
static bool compare_layout(void)
{
	struct scratch *scratch = vmalloc(sizeof(*scratch));

	if (!scratch) {
		layout.why = "no-memory";
		return false;
	}
	layout.why = read_layout(scratch);
	if (layout.different)
		layout.state = MMS_LAYOUT_OTHER;
	else if (layout.compared)
		layout.state = MMS_LAYOUT_SAME;
	vfree(scratch);
	return true;
}

const struct mms_layout *mms_layout_get(void)
{
	static bool done;

	might_sleep();
	mutex_lock(&layout_lock);
	if (!done)
		done = compare_layout();
	mutex_unlock(&layout_lock);
	return &layout;
}

const char *mms_layout_missing(void)
{
	return mms_layout_get()->state == MMS_LAYOUT_OTHER ?
	       "kernel-layout-differs" : NULL;
}
