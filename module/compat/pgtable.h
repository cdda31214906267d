/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's format of page-table entries. */
#ifndef MMS_COMPAT_PGTABLE_H
#define MMS_COMPAT_PGTABLE_H

#include "../core/entry.h"

/* Filled by mms_entry_format_init(), constant from then on. */
extern struct mms_entry_format mms_entry_format;

/**
 * mms_entry_format_init() - fills mms_entry_format
 *
 * Called once, when the module loads.
 */
void mms_entry_format_init(void);

#endif /* MMS_COMPAT_PGTABLE_H */
