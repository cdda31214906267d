/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own page tables: which frames back a kernel address. */
#ifndef MMS_PROBE_KTABLES_H
#define MMS_PROBE_KTABLES_H

#include <linux/pgtable.h>
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

/* Entries of a table that are read at a time. */
#define MMS_KTABLES_PTES	64

/**
 * struct mms_ktables_piece - what is mapped at an address and behind it
 * @bytes: so far it goes: to the end of a huge page or of what is not mapped,
 *	or as many pages as @nr.
 * @pfn: the first frame, or %MMS_NO_FRAME.
 * @huge: one entry maps more than a page.
 * @nr: number of @pte; 0 if what is there has one entry above.
 * @pte: entries of single pages, not all of which need be present.
 */
struct mms_ktables_piece {
	unsigned long bytes;
	unsigned long pfn;
	bool huge;
	unsigned int nr;
	pte_t pte[MMS_KTABLES_PTES];
};

/**
 * mms_ktables_read() - what is mapped at an address
 * @addr: the address.
 * @end: no single pages from here on are wanted; above @addr.
 * @piece: filled.
 *
 * Takes no lock: the caller keeps what is mapped from being unmapped, if that
 * matters.  The kernel frees tables of vmalloc space only where it makes a huge
 * mapping (pmd_free_pte_page()), which may be while ioremap() makes an area that
 * is listed already; and those of the memory map only when memory is unplugged.
 * So a table of single pages is read without faults, and what was read counts
 * if the entry above is still the same.
 *
 * Only where mms_ktables_missing() is NULL.
 */
void mms_ktables_read(unsigned long addr, unsigned long end,
		      struct mms_ktables_piece *piece);

/**
 * mms_ktables_frame() - the frame that backs a kernel address
 * @addr: the address.
 * @span: filled: so many bytes from @addr on are mapped by the same entry, to
 *	frames in a row, or not mapped.
 *
 * As vmalloc_to_page(), but for any address, and tells how far it goes.  See
 * mms_ktables_read(); a huge entry may at any time be replaced by a table that
 * maps the same.
 *
 * Return: the frame number, or %MMS_NO_FRAME.
 */
unsigned long mms_ktables_frame(unsigned long addr, unsigned long *span);

#endif /* MMS_PROBE_KTABLES_H */
