/* SPDX-License-Identifier: GPL-2.0-only */
/* All frames of the machine, as /proc/kpageflags shows them. */
#ifndef MMSCOPE_SELFTESTS_FRAME_FLAGS_H
#define MMSCOPE_SELFTESTS_FRAME_FLAGS_H

#include <stddef.h>
#include <stdint.h>

/* Bits of /proc/kpageflags (linux/kernel-page-flags.h), and one it keeps. */
#define KPF(bit)		(1ULL << (bit))
#define KPF_BIT_LOCKED		KPF(0)
#define KPF_BIT_UPTODATE	KPF(3)
#define KPF_BIT_LRU		KPF(5)
#define KPF_BIT_SLAB		KPF(7)
#define KPF_BIT_WRITEBACK	KPF(8)
#define KPF_BIT_BUDDY		KPF(10)
#define KPF_BIT_ANON		KPF(12)
#define KPF_BIT_SWAPBACKED	KPF(14)
#define KPF_BIT_HEAD		KPF(15)
#define KPF_BIT_TAIL		KPF(16)
#define KPF_BIT_HUGE		KPF(17)
#define KPF_BIT_NOPAGE		KPF(20)
#define KPF_BIT_KSM		KPF(21)
#define KPF_BIT_THP		KPF(22)
#define KPF_BIT_OFFLINE		KPF(23)
#define KPF_BIT_ZERO		KPF(24)
#define KPF_BIT_PGTABLE		KPF(26)
#define KPF_BIT_RESERVED	KPF(32)

/**
 * struct frames - a file of /proc with a word per frame
 * @words: they.
 * @nr: number of frames.
 */
struct frames {
	uint64_t *words;
	size_t nr;
};

/*
 * Reads /proc/@name (kpageflags, kpagecount, kpagecgroup), into the same memory
 * if it has been read before, so that reading again changes no frame.  Dies on
 * error.
 */
void frames_read(struct frames *frames, const char *name);

/* Reads the words of some frames again. */
void frames_update(struct frames *frames, const char *name, size_t first,
		   size_t nr);
void frames_free(struct frames *frames);

/* Word of /proc/kpageflags of one frame. */
uint64_t frame_word(uint64_t pfn);

/*
 * Puts all pages that wait in per-CPU lists for the LRU onto it, so that the
 * flags say what they are.  Moves no page: migrate_pages() and those like it
 * drain these lists before they begin.
 */
void frames_settle(void);

/*
 * The same, when memory has been compacted: what has been moved waits for the
 * LRU, too.  The per-CPU lists of free pages may still be long.
 */
void frames_drain(void);

#endif /* MMSCOPE_SELFTESTS_FRAME_FLAGS_H */
