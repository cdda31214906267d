/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel counts the pages of vmalloc(). */
#ifndef MMS_COMPAT_VMCOUNTER_H
#define MMS_COMPAT_VMCOUNTER_H

#include <linux/mmzone.h>

/*
 * A counter of the nodes in 7.3, a variable of mm/vmalloc.c until 6.12.
 * Drop the second when the oldest kernel supported has NR_VMALLOC.
 */
#ifdef MMS_HAVE_NR_VMALLOC
#define MMS_VMALLOC_ITEM	NR_VMALLOC
#define MMS_VMALLOC_VARIABLE	NULL
#else
#define MMS_VMALLOC_ITEM	NR_VM_NODE_STAT_ITEMS
#define MMS_VMALLOC_VARIABLE	"nr_vmalloc_pages"
#endif

#endif /* MMS_COMPAT_VMCOUNTER_H */
