/* SPDX-License-Identifier: GPL-2.0-only */
/* What releases differ in about areas of vmalloc space. */
#ifndef MMS_COMPAT_KVMAP_H
#define MMS_COMPAT_KVMAP_H

#include <linux/vmalloc.h>

/*
 * An area of which not all pages are there, new in 6.9 (e6f798225a31).
 * Drop when the oldest kernel supported is 6.12.
 */
#ifndef VM_SPARSE
#define VM_SPARSE	0
#endif

/* In ->flags of struct vmap_area, which 6.1 has not: see mm/vmalloc.c. */
#define MMS_VMAP_AREA_RAM	0x1

/**
 * mms_vm_page_order() - order of the pages that an area was made of
 * @vm: the area.
 *
 * Return: the order.
 */
static inline unsigned int mms_vm_page_order(const struct vm_struct *vm)
{
#ifdef CONFIG_HAVE_ARCH_HUGE_VMALLOC
	return vm->page_order;
#else
	return 0;
#endif
}

#endif /* MMS_COMPAT_KVMAP_H */
