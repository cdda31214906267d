/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The binary records of mmscope's process/entries_raw, for programs.
 *
 * The file is a sequence of 16-byte records in native byte order: one of type
 * MMSCOPE_RECORD_HEAD, then one per page-table entry in ascending order of
 * address, then one of type MMSCOPE_RECORD_END.  A file without the last one
 * was not read to its end.
 */
#ifndef MMSCOPE_RECORDS_H
#define MMSCOPE_RECORDS_H

#include <linux/types.h>

/**
 * struct mmscope_record - one record
 * @where: an address with the low bits used for something else:
 *	bits 0-3: the state (enum mmscope_state) of an entry, or
 *	MMSCOPE_RECORD_HEAD or _END;
 *	bits 4-6: the level of the entry (enum mmscope_level);
 *	bit 7: a protnone entry in a VMA that allows access: a hinting fault
 *	of NUMA balancing is wanted there;
 *	bit 8: the same, but wanted by userfaultfd;
 *	bits 12-63: the address that the entry maps, or its first address
 *	inside the VMA and the range asked for if it maps more.
 * @entry: the entry as it stands in the table.  In the head: the number of
 *	the format, 1.  In the end record: 1 if all that was asked for is in
 *	the file, else 0 (the process went away).
 */
struct mmscope_record {
	__u64 where;
	__u64 entry;
};

#define MMSCOPE_RECORDS_FORMAT	1

#define MMSCOPE_RECORD_HEAD	14
#define MMSCOPE_RECORD_END	15

#define MMSCOPE_RECORD_STATE(where)	((unsigned int)((where) & 0xf))
#define MMSCOPE_RECORD_LEVEL(where)	((unsigned int)((where) >> 4 & 0x7))
#define MMSCOPE_RECORD_NUMA_HINT(where)	((unsigned int)((where) >> 7 & 1))
#define MMSCOPE_RECORD_UFFD_RWP(where)	((unsigned int)((where) >> 8 & 1))
#define MMSCOPE_RECORD_VA(where)	((where) & ~(__u64)0xfff)

enum mmscope_level {
	MMSCOPE_LEVEL_PTE,
	MMSCOPE_LEVEL_PMD,
	MMSCOPE_LEVEL_PUD,
	MMSCOPE_LEVEL_P4D,
	MMSCOPE_LEVEL_PGD,
};

enum mmscope_state {
	MMSCOPE_STATE_NONE,
	MMSCOPE_STATE_PRESENT,
	MMSCOPE_STATE_SWAP,
	MMSCOPE_STATE_MIGRATION,
	MMSCOPE_STATE_DEVICE,
	MMSCOPE_STATE_HWPOISON,
	MMSCOPE_STATE_MARKER,
	MMSCOPE_STATE_PROTNONE,
	MMSCOPE_STATE_UNKNOWN,
};

#endif /* MMSCOPE_RECORDS_H */
