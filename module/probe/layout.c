// SPDX-License-Identifier: GPL-2.0-only
/* Is the running kernel the one that this module was compiled for? */

#include <linux/btf.h>
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

/*
 * The kernel's BTF lies between two symbols of its linker script.  Only the
 * first is looked up, since that is dear on some kernels; the length is in
 * the header.
 */
static const struct btf_header *find_btf(size_t *size)
{
	const struct btf_header *header = mms_ksym_lookup("__start_BTF");
	u64 types_end, strs_end;

	if (!header || header->magic != BTF_MAGIC)
		return NULL;
	types_end = (u64)header->type_off + header->type_len;
	strs_end = (u64)header->str_off + header->str_len;
	*size = header->hdr_len + max(types_end, strs_end);
	return header;
}

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

static const char *read_layout(void)
{
	struct mms_btf_want wants[ARRAY_SIZE(members)];
	const struct btf_header *header;
	const char *why = NULL;
	struct mms_btf btf;
	size_t size, i;
	u32 *index;

	header = find_btf(&size);
	if (!header)
		return "no-btf";
	index = vmalloc(array_size(MMS_BTF_INDEX, sizeof(*index)));
	if (!index)
		return "no-memory";
	if (mms_btf_open(&btf, header, size, index, MMS_BTF_INDEX)) {
		why = "bad-btf";
	} else {
		for (i = 0; i < ARRAY_SIZE(members); i++)
			wants[i] = members[i].want;
		mms_btf_resolve(&btf, wants, ARRAY_SIZE(wants));
		for (i = 0; i < ARRAY_SIZE(members); i++)
			compare(&members[i], &wants[i]);
	}
	vfree(index);
	return why;
}

const struct mms_layout *mms_layout_get(void)
{
	static bool done;

	might_sleep();
	mutex_lock(&layout_lock);
	if (!done) {
		layout.why = read_layout();
		if (layout.different)
			layout.state = MMS_LAYOUT_OTHER;
		else if (layout.compared)
			layout.state = MMS_LAYOUT_SAME;
		done = true;
	}
	mutex_unlock(&layout_lock);
	return &layout;
}

const char *mms_layout_missing(void)
{
	return mms_layout_get()->state == MMS_LAYOUT_OTHER ?
	       "kernel-layout-differs" : NULL;
}
