// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocates a page of each kind that programs cannot make, or whose frame
 * number they cannot know, so that tests can look them up.  For tests only;
 * rmmod frees everything.
 *
 * /sys/kernel/debug/known_pages lists the frames:
 *
 *	# name pfn order extra
 *	vmalloc 123456 0 known_vmalloc
 *
 * order is that of the block the frame was allocated in; extra is what the
 * owner must be called, or `-` if it has no name:
 *
 * vmalloc, vmalloc_huge	of vmalloc(), a row for each page, and of a huge
 *				page of vmalloc_huge(), if the machine has them;
 *				extra: the function that allocated
 * kstack			of a thread's stack, a row for each page;
 *				extra: comm:pid
 * percpu_small, _large, _static	of alloc_percpu(), small and as large as can
 *				be, and of a static per-CPU variable, a row for
 *				each CPU and page; extra: cpuN
 * kmalloc, cache		of kmalloc() and of a slab cache of its own;
 *				extra: name of the cache
 * page, get_free_page, vmap	a page each of alloc_page() and its like, which
 *				nobody can tell the purpose of; the third is also
 *				mapped by vmap()
 * pages3			of alloc_pages(order 3), a row for each page; not
 *				compound: nothing joins them
 * compound3			the same as a compound page
 * memmap			the frame in which the struct page of `page` is
 * pcp				freed into a per-CPU list, anew for each open; it
 *				may have been given out again; extra: cpuN
 *
 * known_slabs.h has the objects of slab caches, known_areas.h areas of vmalloc
 * space.
 */

#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "known_areas.h"
#include "known_slabs.h"

#define SMALL_PAGES	4
#define ORDER		3

/* Freed pages: the first lies below the others and is given out last. */
#define PCP_PAGES	16

static void *small_area;
static void *huge_area;
static struct task_struct *thread;
static char __percpu *percpu_small;
static char __percpu *percpu_large;
static DEFINE_PER_CPU(long, percpu_static);
static void *from_kmalloc;
static struct kmem_cache *cache;
static void *from_cache;
static struct page *page;
static unsigned long free_page_address;
static struct page *vmap_page;
static void *vmap_area;
static struct page *pages3;
static struct page *compound3;
static struct dentry *file;

static void row(struct seq_file *m, const char *name, unsigned long pfn,
		unsigned int order, const char *extra)
{
	seq_printf(m, "%s %lu %u %s\n", name, pfn, order, extra);
}

/* The frame of an address in the linear map or in a vmalloc area. */
static unsigned long frame(const void *address)
{
	return page_to_pfn(is_vmalloc_addr(address) ? vmalloc_to_page(address) :
						      virt_to_page(address));
}

static void show_area(struct seq_file *m, const char *name, const char *area,
		      unsigned long size, const char *extra)
{
	unsigned long offset;

	for (offset = 0; area && offset < size; offset += PAGE_SIZE)
		row(m, name, frame(area + offset), 0, extra);
}

static void show_percpu(struct seq_file *m, const char *name,
			const char __percpu *variable, unsigned long size)
{
	char extra[16];
	int cpu;

	for_each_possible_cpu(cpu) {
		snprintf(extra, sizeof(extra), "cpu%d", cpu);
		show_area(m, name, per_cpu_ptr(variable, cpu), size, extra);
	}
}

static void show_thread(struct seq_file *m)
{
	char extra[TASK_COMM_LEN + 16];

	snprintf(extra, sizeof(extra), "%s:%d", thread->comm,
		 task_pid_nr(thread));
	show_area(m, "kstack", task_stack_page(thread), THREAD_SIZE, extra);
}

static void show_slab(struct seq_file *m, const char *name, const void *object,
		      const char *extra)
{
	row(m, name, frame(object), compound_order(virt_to_head_page(object)),
	    extra);
}

static void show_pcp(struct seq_file *m)
{
	struct page *pages[PCP_PAGES];
	unsigned long pfn;
	char extra[16];
	int i, nr = 0;

	for (; nr < PCP_PAGES; nr++) {
		pages[nr] = alloc_page(GFP_KERNEL);
		if (!pages[nr])
			break;
	}
	if (!nr)
		return;
	pfn = page_to_pfn(pages[0]);
	preempt_disable();
	snprintf(extra, sizeof(extra), "cpu%d", smp_processor_id());
	for (i = 0; i < nr; i++)
		__free_page(pages[i]);
	preempt_enable();
	row(m, "pcp", pfn, 0, extra);
}

static int known_pages_show(struct seq_file *m, void *unused)
{
	int i;

	seq_puts(m, "# name pfn order extra\n");
	show_area(m, "vmalloc", small_area, SMALL_PAGES * PAGE_SIZE,
		  "known_vmalloc");
	show_area(m, "vmalloc_huge", huge_area, PMD_SIZE, "known_vmalloc_huge");
	show_thread(m);
	show_percpu(m, "percpu_small", percpu_small, 1);
	show_percpu(m, "percpu_large", percpu_large, PCPU_MIN_UNIT_SIZE);
	show_percpu(m, "percpu_static", (char __percpu *)&percpu_static, 1);
	show_slab(m, "kmalloc", from_kmalloc, "kmalloc-512");
	show_slab(m, "cache", from_cache, "known_pages");
	row(m, "page", page_to_pfn(page), 0, "-");
	row(m, "get_free_page", frame((void *)free_page_address), 0, "-");
	row(m, "vmap", page_to_pfn(vmap_page), 0, "-");
	for (i = 0; i < 1 << ORDER; i++)
		row(m, "pages3", page_to_pfn(pages3) + i, ORDER, "-");
	for (i = 0; i < 1 << ORDER; i++)
		row(m, "compound3", page_to_pfn(compound3) + i, ORDER, "-");
	/* vmalloc_to_page() looks at the kernel's page tables, whatever for. */
	if (IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP))
		row(m, "memmap", page_to_pfn(vmalloc_to_page(page)), 0, "-");
	show_pcp(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(known_pages);

/* These are the names by which the kernel remembers who allocated. */
static noinline void *known_vmalloc(void)
{
	void *area = vmalloc(SMALL_PAGES * PAGE_SIZE);

	barrier();
	return area;
}

static noinline void *known_vmalloc_huge(void)
{
	void *area = vmalloc_huge(PMD_SIZE, GFP_KERNEL);

	barrier();
	return area;
}

static int sleep_until_stopped(void *unused)
{
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* A cache with a constructor is never merged with another one. */
static void construct(void *object)
{
}

static void free_all(void)
{
	debugfs_remove(file);
	known_areas_free();
	known_slabs_free();
	if (!IS_ERR_OR_NULL(thread))
		kthread_stop(thread);
	vfree(small_area);
	vfree(huge_area);
	free_percpu(percpu_small);
	free_percpu(percpu_large);
	kfree(from_kmalloc);
	if (from_cache)
		kmem_cache_free(cache, from_cache);
	kmem_cache_destroy(cache);
	if (page)
		__free_page(page);
	free_page(free_page_address);
	if (vmap_area)
		vunmap(vmap_area);
	if (vmap_page)
		__free_page(vmap_page);
	if (pages3)
		__free_pages(pages3, ORDER);
	if (compound3)
		__free_pages(compound3, ORDER);
}

static bool allocate_pages(void)
{
	page = alloc_page(GFP_KERNEL);
	free_page_address = __get_free_page(GFP_KERNEL);
	vmap_page = alloc_page(GFP_KERNEL);
	if (vmap_page)
		vmap_area = vmap(&vmap_page, 1, VM_MAP, PAGE_KERNEL);
	pages3 = alloc_pages(GFP_KERNEL, ORDER);
	compound3 = alloc_pages(GFP_KERNEL | __GFP_COMP, ORDER);
	return page && free_page_address && vmap_area && pages3 && compound3;
}

static bool allocate_others(void)
{
	small_area = known_vmalloc();
	huge_area = known_vmalloc_huge();
	percpu_small = __alloc_percpu(1, 1);
	percpu_large = __alloc_percpu(PCPU_MIN_UNIT_SIZE, PAGE_SIZE);
	from_kmalloc = kmalloc(512, GFP_KERNEL);
	cache = kmem_cache_create("known_pages", 256, 0, 0, construct);
	if (cache)
		from_cache = kmem_cache_alloc(cache, GFP_KERNEL);
	return small_area && huge_area && percpu_small && percpu_large &&
	       from_kmalloc && from_cache;
}

static int __init known_pages_init(void)
{
	int err = -ENOMEM;

	if (!allocate_pages() || !allocate_others())
		goto fail;
	thread = kthread_run(sleep_until_stopped, NULL, "known_pages");
	if (IS_ERR(thread)) {
		err = PTR_ERR(thread);
		goto fail;
	}
	err = known_slabs_make();
	if (err)
		goto fail;
	err = known_areas_make();
	if (err)
		goto fail;
	file = debugfs_create_file("known_pages", 0400, NULL, NULL,
				   &known_pages_fops);
	return 0;
fail:
	free_all();
	return err;
}
module_init(known_pages_init);

static void __exit known_pages_exit(void)
{
	free_all();
}
module_exit(known_pages_exit);

MODULE_DESCRIPTION("Pages of known kinds, for mmscope's tests");
MODULE_LICENSE("GPL");
