// SPDX-License-Identifier: GPL-2.0-only
/*
 * From arch/x86/include/asm/pgtable*.h, include/linux/swap.h and swapops.h of
 * the release; with CONFIG_DEVICE_PRIVATE, and five levels where it says so.
 * The numbers are spelled out: nothing here is computed as module/ does it.
 */
#include "formats.h"
#include "unit.h"

#define FOUR_LEVELS	{ 12, 21, 30, 39, 39 }
#define FIVE_LEVELS	{ 12, 21, 30, 39, 48 }

const char *const format_names[NR_FORMATS] = {
	[FORMAT_6_1] = "6.1",
	[FORMAT_6_12] = "6.12",
	[FORMAT_7_3] = "7.3",
	[FORMAT_BARE] = "bare",
};

const struct mms_entry_format formats[NR_FORMATS] = {
	[FORMAT_6_1] = {
		.page_shift = 12,
		.level_shift = FOUR_LEVELS,
		.pfn_mask = 0x000ffffffffff000,
		.none_mask = 0xffffffffffffff9f,
		.dirty = 0x40,
		.soft_dirty = 0x800,
		.uffd = 0x400,
		.devmap = 0x0400000000000000,
		.pkey_mask = 0x7800000000000000,
		.swp_soft_dirty = 0x2,
		.swp_uffd = 0x4,
		.swp_exclusive = 0x8,
		.swp_pfn_mask = 0x3ffffffff,
		.swp_young = 0x400000000,
		.swp_dirty = 0x800000000,
		.marker_uffd_wp = 1,
		.types = {
			.nr_files = 22,
			.hwpoison = 22,
			.migration_read = 23,
			.migration_read_exclusive = 24,
			.migration_write = 25,
			.device_write = 26,
			.device_read = 27,
			.device_exclusive_write = 28,
			.device_exclusive = 29,
			.marker = 30,
			.swapin_error = 31,
		},
	},
	[FORMAT_6_12] = {
		.page_shift = 12,
		.level_shift = FOUR_LEVELS,
		.pfn_mask = 0x000ffffffffff000,
		.none_mask = 0xffffffffffffff9f,
		.dirty = 0x0400000000000040,
		.soft_dirty = 0x800,
		.uffd = 0x400,
		.devmap = 0x0200000000000000,
		.pkey_mask = 0x7800000000000000,
		.swp_soft_dirty = 0x2,
		.swp_uffd = 0x4,
		.swp_exclusive = 0x8,
		.swp_pfn_mask = 0x3ffffffff,
		.swp_young = 0x400000000,
		.swp_dirty = 0x800000000,
		.marker_uffd_wp = 1,
		.marker_poison = 2,
		.types = {
			.nr_files = 23,
			.hwpoison = 23,
			.migration_read = 24,
			.migration_read_exclusive = 25,
			.migration_write = 26,
			.device_write = 27,
			.device_read = 28,
			.device_exclusive_write = 29,
			.device_exclusive = 30,
			.marker = 31,
			.swapin_error = MMS_NO_TYPE,
		},
	},
	[FORMAT_7_3] = {
		.page_shift = 12,
		.level_shift = FIVE_LEVELS,
		.pfn_mask = 0x0007fffffffff000,
		.none_mask = 0xffffffffffffff9f,
		.dirty = 0x0400000000000040,
		.soft_dirty = 0x800,
		.uffd = 0x400,
		.pkey_mask = 0x7800000000000000,
		.swp_soft_dirty = 0x2,
		.swp_uffd = 0x4,
		.swp_exclusive = 0x8,
		.swp_pfn_mask = 0xffffffffff,
		.swp_young = 0x10000000000,
		.swp_dirty = 0x20000000000,
		.marker_uffd_wp = 1,
		.marker_poison = 2,
		.marker_guard = 4,
		.types = {
			.nr_files = 24,
			.hwpoison = 24,
			.migration_read = 25,
			.migration_read_exclusive = 26,
			.migration_write = 27,
			.device_write = 28,
			.device_read = 29,
			.device_exclusive = 30,
			.device_exclusive_write = MMS_NO_TYPE,
			.marker = 31,
			.swapin_error = MMS_NO_TYPE,
		},
	},
	[FORMAT_BARE] = {
		.page_shift = 12,
		.level_shift = FOUR_LEVELS,
		.pfn_mask = 0x000ffffffffff000,
		.none_mask = 0xffffffffffffff9f,
		.dirty = 0x40,
		.devmap = 0x0400000000000000,
		.swp_exclusive = 0x8,
		.swp_pfn_mask = 0x3ffffffff,
		.swp_young = 0x400000000,
		.swp_dirty = 0x800000000,
		.marker_uffd_wp = 1,
		.types = {
			.nr_files = 31,
			.hwpoison = MMS_NO_TYPE,
			.migration_read = MMS_NO_TYPE,
			.migration_read_exclusive = MMS_NO_TYPE,
			.migration_write = MMS_NO_TYPE,
			.device_write = MMS_NO_TYPE,
			.device_read = MMS_NO_TYPE,
			.device_exclusive_write = MMS_NO_TYPE,
			.device_exclusive = MMS_NO_TYPE,
			.marker = MMS_NO_TYPE,
			.swapin_error = 31,
		},
	},
};

u64 swap_entry(unsigned int type, u64 offset)
{
	return ~offset << 14 >> 5 | (u64)type << 59;
}

u64 random_entry(const struct mms_entry_format *fmt, u64 *seed)
{
	u64 word = unit_random(seed), bits = unit_random(seed);
	/* A page in a small range, so that frames are met again. */
	u64 address = (bits >> 20 & 7) << 12;

	switch (word & 7) {
	case 0:
		return word & 0x60;
	case 1:			/* PROT_NONE */
		word = (~address & fmt->pfn_mask) | 0x100 | (bits & 0x64);
		break;
	case 2:			/* any type, often of an offset seen before */
		word = swap_entry(bits & 0x1f, bits >> 8 & 3) |
		       (bits >> 16 & 0xe);
		break;
	case 3:
		return bits;
	default:
		word = address | 0x27 | (bits & 0x40);
	}
	/* Often one bit more, anywhere. */
	return bits >> 40 & 1 ? word ^ 1ULL << (bits >> 41 & 63) : word;
}
