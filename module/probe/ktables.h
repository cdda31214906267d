/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own page tables: which frames back a kernel address. */
#ifndef MMS_PROBE_KTABLES_H
#define MMS_PROBE_KTABLES_H

#include <linux/types.h>

/* No frame: nothing is mapped there. */
#define MMS_NO_FRAME	(~0UL)

/**
 * mms_ktables_missing() - why the kernel's page tables cannot be read
 *
 * May sleep.
 *
 * Return: one word, or NULL if they can; the same for ever.
 */
const char *mms_ktables_missing(void);

/**
 * mms_ktables_frame() - the frame that backs a kernel address
 * @addr: the address.
 * @span: filled: so many bytes from @addr on are mapped by the same entry, to
 *	frames in a row, or not mapped.
 *
 * As vmalloc_to_page(), but for any address, and tells how far it goes.  Takes
 * no lock: the caller keeps the tables from being freed.  The kernel frees
 * tables of vmalloc space only where no area is (pmd_free_pte_page()), and
 * those of the memory map only when memory is unplugged; a huge entry there
 * may at any time be replaced by a table that maps the same.
 *
 * Only where mms_ktables_missing() is NULL.
 *
 * Return: the frame number, or %MMS_NO_FRAME.
 */
unsigned long mms_ktables_frame(unsigned long addr, unsigned long *span);

#endif /* MMS_PROBE_KTABLES_H */
