// SPDX-License-Identifier: GPL-2.0-only
/* What an area of vmalloc space is for. */

#include <linux/kallsyms.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat/kvmap.h"
#include "vmap.h"
#include "vmap_kind.h"

const char *const mms_vmap_kind_names[MMS_NR_VMAP_KINDS] = {
	[MMS_VMAP_K_VMALLOC] = "vmalloc",
	[MMS_VMAP_K_KSTACK] = "kstack",
	[MMS_VMAP_K_PERCPU] = "percpu",
	[MMS_VMAP_K_VMAP] = "vmap",
	[MMS_VMAP_K_IOREMAP] = "ioremap",
	[MMS_VMAP_K_DMA] = "dma",
	[MMS_VMAP_K_SPARSE] = "sparse",
	[MMS_VMAP_K_MAP_RAM] = "map_ram",
	[MMS_VMAP_K_LAZY] = "lazy",
};

static const struct {
	unsigned long flag;
	enum mms_vmap_kind kind;
} kinds[] = {
	{ VM_IOREMAP, MMS_VMAP_K_IOREMAP },
	{ VM_SPARSE, MMS_VMAP_K_SPARSE },
	{ VM_DMA_COHERENT, MMS_VMAP_K_DMA },
	{ VM_MAP, MMS_VMAP_K_VMAP },
	{ VM_ALLOC, MMS_VMAP_K_VMALLOC },
};

/* What is none of the kernel's flags. */
#define LISTED_IN_VMALLOC	(1UL << 63)

/* All that have a word of their own; the last word is for all others. */
static const unsigned long flags[MMS_NR_VMAP_FLAGS - 1] = {
	VM_IOREMAP, VM_ALLOC, VM_MAP, VM_USERMAP, VM_DMA_COHERENT,
	VM_UNINITIALIZED, VM_NO_GUARD, VM_KASAN, VM_FLUSH_RESET_PERMS,
	VM_MAP_PUT_PAGES, VM_ALLOW_HUGE_VMAP, VM_DEFER_KMEMLEAK, VM_SPARSE,
	LISTED_IN_VMALLOC,
};

const char *const mms_vmap_flag_names[MMS_NR_VMAP_FLAGS] = {
	"ioremap", "vmalloc", "vmap", "user", "dma_coherent",
	"uninitialized", "no_guard", "kasan", "flush_reset_perms",
	"map_put_pages", "allow_huge", "defer_kmemleak", "sparse",
	"vpages", "other",
};

u64 mms_vmap_flags(const struct mms_vmap_area *area)
{
	unsigned long left = area->flags;
	u64 set = 0;
	unsigned int i;

	if (area->vmalloced_list)
		left |= LISTED_IN_VMALLOC;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (left & flags[i])
			set |= BIT_ULL(i);
		left &= ~flags[i];
	}
	return left ? set | BIT_ULL(MMS_NR_VMAP_FLAGS - 1) : set;
}

const char *mms_symbol(unsigned long addr, bool offset,
		       char text[KSYM_SYMBOL_LEN], const char **module)
{
	char *blank;

	if (offset)
		sprint_symbol(text, addr);
	else
		sprint_symbol_no_offset(text, addr);
	if (module)
		*module = NULL;
	/* Without a name it is the address. */
	if (!strncmp(text, "0x", 2))
		*text = '\0';
	/* "name [module]" */
	blank = strchr(text, ' ');
	if (!blank)
		return text;
	*blank = '\0';
	if (module) {
		*module = blank + 2;
		blank[strcspn(blank + 2, "]") + 2] = '\0';
	}
	return text;
}

/*
 * Is the function at this address one of these?  The name has its place on the
 * stack: an allocation that fails would have areas be of another kind.
 */
static bool is_function(unsigned long addr, const char *const *names,
			unsigned int nr)
{
	char text[KSYM_SYMBOL_LEN];

	return match_string(names, nr,
			    mms_symbol(addr, false, text, NULL)) >= 0;
}

/*
 * Areas of the per-CPU allocator name the function that made them.  Its
 * address never changes; the first that is found tells it.
 */
static bool is_percpu(unsigned long caller)
{
	static const char *const maker = "pcpu_get_vm_areas";
	static unsigned long percpu_caller;
	unsigned long known = READ_ONCE(percpu_caller);

	if (known)
		return caller == known;
	if (!is_function(caller, &maker, 1))
		return false;
	WRITE_ONCE(percpu_caller, caller);
	return true;
}

/*
 * All stacks are allocated at one place.  Who counts as its caller depends on
 * what the compiler has inlined there: in 6.1 of Debian everything up to
 * copy_process(), so that idle tasks and workers of io_uring and vhost have
 * another one than we.
 */
static bool is_stack(const struct mms_vmap_area *area)
{
	static const char *const makers[] = {
		"dup_task_struct", "copy_process", "kernel_clone", "fork_idle",
		"create_io_thread", "vhost_task_create",
	};
	const struct vm_struct *stack = task_stack_vm_area(current);

	if (!stack || area->nr_pages != THREAD_SIZE / PAGE_SIZE)
		return false;
	return area->caller == (unsigned long)stack->caller ||
	       is_function(area->caller, makers, ARRAY_SIZE(makers));
}

static enum mms_vmap_kind kind_of_alloc(const struct mms_vmap_area *area)
{
	if (is_stack(area))
		return MMS_VMAP_K_KSTACK;
	if (!area->nr_pages && is_percpu(area->caller))
		return MMS_VMAP_K_PERCPU;
	return MMS_VMAP_K_VMALLOC;
}

enum mms_vmap_kind mms_vmap_kind(const struct mms_vmap_area *area)
{
	unsigned int i;

	if (area->state == MMS_VMAP_LAZY)
		return MMS_VMAP_K_LAZY;
	if (area->state == MMS_VMAP_RAM)
		return MMS_VMAP_K_MAP_RAM;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!(area->flags & kinds[i].flag))
			continue;
		return kinds[i].kind == MMS_VMAP_K_VMALLOC ?
		       kind_of_alloc(area) : kinds[i].kind;
	}
	return MMS_VMAP_K_UNKNOWN;
}
