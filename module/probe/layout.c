// SPDX-License-Identifier: GPL-2.0-only
/* Is the running kernel the one that this module was compiled for? */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
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

/*
 * The kernel's BTF ends at __stop_BTF, but each look-up is dear on some
 * kernels (6.1 goes through all symbols), and the header knows too.
 */
static const char *resolve(struct mms_btf_want *wants, unsigned int nr,
			   u32 *index)
{
	const void *data = mms_ksym_lookup("__start_BTF");
	struct mms_btf btf;

	if (!data)
		return "no-btf";
	if (mms_btf_open(&btf, data, mms_btf_size(data), index, MMS_BTF_INDEX))
		return "bad-btf";
	mms_btf_resolve(&btf, wants, nr);
	return NULL;
}

const char *mms_layout_resolve(struct mms_btf_want *wants, unsigned int nr)
{
	u32 *index = vmalloc(array_size(MMS_BTF_INDEX, sizeof(*index)));
	const char *why = "no-memory";

	might_sleep();
	if (index)
		why = resolve(wants, nr, index);
	vfree(index);
	return why;
}

static const char *read_layout(struct mms_btf_want *wants)
{
	const char *why;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(members); i++)
		wants[i] = members[i].want;
	why = mms_layout_resolve(wants, ARRAY_SIZE(members));
	for (i = 0; !why && i < ARRAY_SIZE(members); i++)
		compare(&members[i], &wants[i]);
	return why;
}

/* False if there is no memory for it now. */
static bool compare_layout(void)
{
	struct mms_btf_want *wants;

	layout.why = "no-memory";
	wants = kmalloc_array(ARRAY_SIZE(members), sizeof(*wants), GFP_KERNEL);
	if (wants)
		layout.why = read_layout(wants);
	kfree(wants);
	if (layout.why && !strcmp(layout.why, "no-memory"))
		return false;
	if (layout.different)
		layout.state = MMS_LAYOUT_OTHER;
	else if (layout.compared)
		layout.state = MMS_LAYOUT_SAME;
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
