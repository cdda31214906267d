/* SPDX-License-Identifier: GPL-2.0-only */
/* What an area of vmalloc space is for. */
#ifndef MMS_PROBE_VMAP_KIND_H
#define MMS_PROBE_VMAP_KIND_H

#include <linux/kallsyms.h>
#include <linux/types.h>

struct mms_vmap_area;

/**
 * enum mms_vmap_kind - what an area is for
 * @MMS_VMAP_K_VMALLOC: vmalloc() and its like.
 * @MMS_VMAP_K_KSTACK: the stack of a thread.
 * @MMS_VMAP_K_PERCPU: a chunk of the per-CPU allocator.
 * @MMS_VMAP_K_VMAP: vmap() of pages that belong to somebody else.
 * @MMS_VMAP_K_IOREMAP: ioremap() and its like.
 * @MMS_VMAP_K_DMA: memory for DMA that had to be mapped.
 * @MMS_VMAP_K_SPARSE: filled bit by bit, as BPF arenas are.
 * @MMS_VMAP_K_MAP_RAM: vm_map_ram().
 * @MMS_VMAP_K_LAZY: freed; waits for the TLBs to be flushed.
 * @MMS_VMAP_K_UNKNOWN: none of these can be told.
 * @MMS_NR_VMAP_KINDS: number of these.
 */
enum mms_vmap_kind {
	MMS_VMAP_K_VMALLOC,
	MMS_VMAP_K_KSTACK,
	MMS_VMAP_K_PERCPU,
	MMS_VMAP_K_VMAP,
	MMS_VMAP_K_IOREMAP,
	MMS_VMAP_K_DMA,
	MMS_VMAP_K_SPARSE,
	MMS_VMAP_K_MAP_RAM,
	MMS_VMAP_K_LAZY,
	MMS_VMAP_K_UNKNOWN,
	MMS_NR_VMAP_KINDS
};

/* Their words; NULL for the last. */
extern const char *const mms_vmap_kind_names[MMS_NR_VMAP_KINDS];

/* Flags that have words. */
#define MMS_NR_VMAP_FLAGS	15

extern const char *const mms_vmap_flag_names[MMS_NR_VMAP_FLAGS];

/**
 * mms_vmap_kind() - what an area is for
 * @area: the area.
 *
 * Return: its kind.
 */
enum mms_vmap_kind mms_vmap_kind(const struct mms_vmap_area *area);

/**
 * mms_vmap_flags() - flags of an area as a set of words
 * @area: the area.
 *
 * Return: bit i is set if the area has the flag of which word i is the name.
 */
u64 mms_vmap_flags(const struct mms_vmap_area *area);

/**
 * mms_symbol() - the name of the function at an address
 * @addr: the address.
 * @offset: with offset and length of the function.
 * @text: room for the name.
 * @module: filled: the name of its module, in @text, or NULL; may be NULL.
 *
 * Return: @text, which is "" if the address has no name: nobody may see it.
 */
const char *mms_symbol(unsigned long addr, bool offset,
		       char text[KSYM_SYMBOL_LEN], const char **module);

#endif /* MMS_PROBE_VMAP_KIND_H */
