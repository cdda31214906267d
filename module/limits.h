/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much work mmscope does at a stretch.
 */
#ifndef MMS_LIMITS_H
#define MMS_LIMITS_H

/*
 * How long a batch may hold a lock of the kernel, in ns.  Checked between
 * steps; the longest step, one PTE table with its pages, takes some 10 000
 * instructions.  Far below what page faults of the same process notice
 * (munmap() holds the same lock for milliseconds), and long enough that
 * taking the lock again costs less than one percent.
 */
#define MMS_LOCK_BUDGET_NS	50000

/*
 * Look at the clock once per this many small steps (a VMA, an upper entry; a
 * PTE table counts as all of them), and stop after MMS_STEPS_MAX whatever the
 * clock says.
 */
#define MMS_STEPS_PER_CLOCK	8
#define MMS_STEPS_MAX		1024

/*
 * How often a walk reads a PTE table again that changed under it, before it
 * takes the table's lock, which nothing can overtake.
 */
#define MMS_TABLE_RETRIES	4

/* Ranges, entries or VMAs that one batch may collect. */
#define MMS_BATCH_RANGES	512
#define MMS_BATCH_VMAS		64

/* Room for the names of one batch of VMAs; one longest path at least. */
#define MMS_BATCH_NAMES		16384

/*
 * Frames looked at while memory cannot be unplugged: one section of x86, about
 * a million instructions at worst.  Offlining waits for as long.
 */
#define MMS_BATCH_FRAMES	32768

/* Pageblocks that one batch may collect. */
#define MMS_BATCH_BLOCKS	64

/*
 * List entries walked under a spinlock with interrupts off, at six
 * instructions each: with what comes on top, one such hold has fewer than
 * 50 000 instructions.  Looked at the clock once per so many entries, which
 * ends a hold where each is a cache miss.
 */
#define MMS_LIST_ENTRIES	5500U
#define MMS_LIST_PER_CLOCK	256U
#define MMS_LIST_BUDGET_NS	100000

/* Entries of one list at a time, when several are walked side by side. */
#define MMS_LIST_SLICE		64U

/* How often such a hold is made again that has not given a sure answer. */
#define MMS_LIST_TRIES		8

/* Holds for the lists of one order that are too long for one. */
#define MMS_LIST_HOLDS		4096

/*
 * Slabs of a partial list looked at under its lock in one hold, at some 43
 * instructions each, and in how many slabs a list is counted to its end; the
 * kernel's own reader stops there, too (MAX_PARTIAL_TO_SCAN, since 6.10).
 */
#define MMS_PARTIAL_HOLD	1000U
#define MMS_PARTIAL_MAX		10000U

/* Slab caches that one batch may read, and slabs. */
#define MMS_BATCH_CACHES	32
#define MMS_BATCH_SLABS		8

/* More CPUs than this are too many to be asked under a spinlock. */
#define MMS_COUNTER_CPUS	512

/*
 * Inodes looked at under the lock of a superblock's list, and how often it
 * looks at the clock, where each is a cache miss.
 */
#define MMS_BATCH_INODES	1024U
#define MMS_INODES_PER_CLOCK	64U

/* Inodes held at a time, while their pages are counted. */
#define MMS_HELD_INODES		16

/* Small folios of a file in one RCU read section; large ones count as more. */
#define MMS_BATCH_CACHED	1024

/* Rounds, 10 ms each, that wait for filesystems being remounted or frozen. */
#define MMS_SUPER_ROUNDS	100U

/* Filesystems that are looked at. */
#define MMS_SUPERS_MAX		65536U

/* Text buffer of an open view: a longest row three times over. */
#define MMS_VIEW_BUFFER		65536

#endif /* MMS_LIMITS_H */
