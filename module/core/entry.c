// SPDX-License-Identifier: GPL-2.0-only
/* Decoding of page-table entries: what all architectures share. */

#include "entry.h"

const char *const mms_level_names[MMS_NR_LEVELS] = {
	[MMS_PTE] = "pte",
	[MMS_PMD] = "pmd",
	[MMS_PUD] = "pud",
	[MMS_P4D] = "p4d",
	[MMS_PGD] = "pgd",
};

const char *const mms_state_names[MMS_NR_STATES] = {
	[MMS_NONE] = "none",
	[MMS_PRESENT] = "present",
	[MMS_SWAP] = "swap",
	[MMS_MIGRATION] = "migration",
	[MMS_DEVICE] = "device",
	[MMS_HWPOISON] = "hwpoison",
	[MMS_MARKER] = "marker",
	[MMS_PROTNONE] = "protnone",
	[MMS_UNKNOWN] = "unknown",
};

/* In the order of the MMS_F_* bits. */
const char *const mms_flag_names[MMS_NR_FLAGS] = {
	"write", "user", "accessed", "dirty", "nx", "global", "soft_dirty",
	"uffd_wp", "special", "devmap", "pwt", "pcd", "pat", "huge", "table",
	"exclusive", "poison", "guard", "numa_hint", "uffd_rwp",
};

static void decode_migration(const struct mms_entry_format *fmt,
			     unsigned int type, u64 offset,
			     struct mms_entry *entry)
{
	entry->state = MMS_MIGRATION;
	entry->pfn = offset & fmt->swp_pfn_mask;
	if (type == fmt->types.migration_write)
		entry->flags |= MMS_F_WRITE;
	if (type == fmt->types.migration_read_exclusive)
		entry->flags |= MMS_F_EXCLUSIVE;
	if (offset & fmt->swp_young)
		entry->flags |= MMS_F_ACCESSED;
	if (offset & fmt->swp_dirty)
		entry->flags |= MMS_F_DIRTY;
}

static void decode_marker(const struct mms_entry_format *fmt, u64 offset,
			  struct mms_entry *entry)
{
	entry->state = MMS_MARKER;
	if (offset & fmt->marker_uffd_wp)
		entry->flags |= MMS_F_UFFD_WP;
	if (offset & fmt->marker_poison)
		entry->flags |= MMS_F_POISON;
	if (offset & fmt->marker_guard)
		entry->flags |= MMS_F_GUARD;
}

void mms_entry_decode_swap(const struct mms_entry_format *fmt,
			   unsigned int type, u64 offset,
			   struct mms_entry *entry)
{
	const struct mms_swap_types *types = &fmt->types;

	if (type < types->nr_files) {
		entry->state = MMS_SWAP;
		entry->swap_type = type;
		entry->swap_offset = offset;
	} else if (type == types->migration_read ||
		   type == types->migration_read_exclusive ||
		   type == types->migration_write) {
		decode_migration(fmt, type, offset, entry);
	} else if (type == types->device_read || type == types->device_write ||
		   type == types->device_exclusive ||
		   type == types->device_exclusive_write) {
		entry->state = MMS_DEVICE;
		entry->pfn = offset & fmt->swp_pfn_mask;
		if (type == types->device_write ||
		    type == types->device_exclusive_write)
			entry->flags |= MMS_F_WRITE;
		if (type == types->device_exclusive ||
		    type == types->device_exclusive_write)
			entry->flags |= MMS_F_EXCLUSIVE;
	} else if (type == types->hwpoison) {
		entry->state = MMS_HWPOISON;
		entry->pfn = offset & fmt->swp_pfn_mask;
	} else if (type == types->marker) {
		decode_marker(fmt, offset, entry);
	} else if (type == types->swapin_error) {
		entry->state = MMS_MARKER;
		entry->flags |= MMS_F_POISON;
	} else {
		entry->state = MMS_UNKNOWN;
	}
}
