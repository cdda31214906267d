/* SPDX-License-Identifier: GPL-2.0-only */
/* What a page frame is used for, as far as its struct page says. */
#ifndef MMS_PROBE_FRAME_H
#define MMS_PROBE_FRAME_H

#include <linux/types.h>

struct mms_owners;
struct mms_owners_chunk;
struct page;

/* Orders of folios, compound pages and free blocks, from 0. */
#define MMS_FRAME_NR_ORDERS	24

/**
 * enum mms_frame_kind - what a frame is used for
 * @MMS_FRAME_OTHER: in use; neither its struct page nor struct mms_owners
 *	says for what.
 * @MMS_FRAME_FREE: in a free list of the buddy allocator.
 * @MMS_FRAME_PCP: in a per-CPU list of free pages.
 * @MMS_FRAME_SLAB: of a slab.
 * @MMS_FRAME_ANON: anonymous memory, also in the swap cache.
 * @MMS_FRAME_FILE: page cache of a file.
 * @MMS_FRAME_SHMEM: page cache of shmem or tmpfs.
 * @MMS_FRAME_KSM: merged by KSM.
 * @MMS_FRAME_HUGETLB: of a hugetlb pool, in use or not.
 * @MMS_FRAME_ZERO: the shared page of zeroes, small or huge.
 * @MMS_FRAME_PGTABLE: a page table of a process.
 * @MMS_FRAME_KSTACK: a kernel stack.
 * @MMS_FRAME_VMALLOC: mapped by vmalloc() and its like.
 * @MMS_FRAME_PERCPU: memory of the per-CPU allocator.
 * @MMS_FRAME_MEMMAP: struct pages.
 * @MMS_FRAME_RESERVED: never given to the buddy allocator: the kernel's image,
 *	firmware, early allocations.
 * @MMS_FRAME_OFFLINE: logically offline (balloon, virtio-mem).
 * @MMS_NR_FRAME_KINDS: number of kinds.
 */
enum mms_frame_kind {
	MMS_FRAME_OTHER,
	MMS_FRAME_FREE,
	MMS_FRAME_PCP,
	MMS_FRAME_SLAB,
	MMS_FRAME_ANON,
	MMS_FRAME_FILE,
	MMS_FRAME_SHMEM,
	MMS_FRAME_KSM,
	MMS_FRAME_HUGETLB,
	MMS_FRAME_ZERO,
	MMS_FRAME_PGTABLE,
	MMS_FRAME_KSTACK,
	MMS_FRAME_VMALLOC,
	MMS_FRAME_PERCPU,
	MMS_FRAME_MEMMAP,
	MMS_FRAME_RESERVED,
	MMS_FRAME_OFFLINE,
	MMS_NR_FRAME_KINDS
};

extern const char *const mms_frame_kind_names[MMS_NR_FRAME_KINDS];

/**
 * struct mms_frame - one frame
 * @kind: what it is used for.
 * @order: order of the folio, compound page or free block that it is part of;
 *	0 for all else.
 * @head: frame number where that begins.
 * @movable: compaction may move it.
 * @pinned: pinned for DMA (folio_maybe_dma_pinned()).
 */
struct mms_frame {
	enum mms_frame_kind kind;
	unsigned int order;
	unsigned long head;
	bool movable;
	bool pinned;
};

/**
 * mms_frame_run() - looks at frames that are alike
 * @page: struct page of the first; all stay valid during the call
 *	(mms_hotplug_begin()).
 * @pfn: its number.
 * @nr: how many to look at; they are of one pageblock and of one chunk.
 * @chunk: the piece of struct mms_owners with these frames, or NULL.
 * @frame: filled with what all of them are, as mms_frame_read() does.  If
 *	->order is 0, with the first; each is then one page of its own.
 *
 * The cost is what counts here: some 20 instructions a frame, and less for
 * free blocks and large folios.
 *
 * Return: how many of them are alike, or parts of one folio; at least 1.
 */
unsigned long mms_frame_run(const struct page *page, unsigned long pfn,
			    unsigned long nr,
			    const struct mms_owners_chunk *chunk,
			    struct mms_frame *frame);

/**
 * mms_frame_read() - looks at one frame
 * @page: its struct page; stays valid during the call (mms_hotplug_begin()).
 * @pfn: its number.
 * @owners: frames whose struct page does not say what they are, or NULL.
 * @frame: filled.
 *
 * Takes no lock and no reference.  What is seen may be over when this returns;
 * a frame that changes hands in this very moment may look like a mixture of
 * both (but its order is never larger than the largest possible).
 */
void mms_frame_read(const struct page *page, unsigned long pfn,
		    const struct mms_owners *owners, struct mms_frame *frame);

/**
 * mms_frame_hotplug_known() - can frames be kept from being unplugged?
 *
 * May sleep.
 *
 * Return: true if they can while they are looked at.
 */
bool mms_frame_hotplug_known(void);

#endif /* MMS_PROBE_FRAME_H */
