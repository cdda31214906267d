/* SPDX-License-Identifier: GPL-2.0-only */
/* Formats of page-table entries, written down by hand from kernel headers. */
#ifndef FORMATS_H
#define FORMATS_H

#include "entry.h"

enum {
	FORMAT_6_1,		/* four levels */
	FORMAT_6_12,		/* four levels */
	FORMAT_7_3,		/* five levels, memory encryption */
	FORMAT_BARE,		/* 6.1, all of it configured out */
	NR_FORMATS
};

extern const struct mms_entry_format formats[NR_FORMATS];
extern const char *const format_names[NR_FORMATS];

/**
 * swap_entry() - makes an entry as __swp_entry() does
 * @type: swap type.
 * @offset: swap offset.
 *
 * Return: the entry.
 */
u64 swap_entry(unsigned int type, u64 offset);

/**
 * random_entry() - makes up an entry
 * @fmt: its format.
 * @seed: for unit_random().
 *
 * All states are likely, and so are entries that differ in a bit or two.
 *
 * Return: the entry.
 */
u64 random_entry(const struct mms_entry_format *fmt, u64 *seed);

#endif /* FORMATS_H */
