/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading memory/page. */
#ifndef MMSCOPE_SELFTESTS_MEMORY_PAGE_H
#define MMSCOPE_SELFTESTS_MEMORY_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OWNER_MAX	1024

/* What a number is that is `-` in the view. */
#define NO_NUMBER	(~0ULL)

/**
 * struct page_row - a row
 * @pfn: the frame.
 * @flags: with the bits of /proc/kpageflags.
 * @refcount: as the view says, and so on.
 * @mapcount: the same.
 * @order: the same.
 * @kind: the same.
 * @owner: with what was escaped.
 * @position: the same.
 * @lru: the same.
 * @memcg: 0 for none.
 * @memcg_path: the same.
 * @zone: the same.
 * @index: NO_NUMBER for none.
 * @detail: the same.
 */
struct page_row {
	uint64_t pfn;
	uint64_t flags;
	uint64_t refcount;
	uint64_t mapcount;
	uint64_t order;
	char kind[16];
	char owner[OWNER_MAX];
	uint64_t position;
	char lru[16];
	uint64_t memcg;
	char memcg_path[OWNER_MAX];
	char zone[16];
	uint64_t index;
	char detail[128];
};

/**
 * struct page_stream - an answer being read
 * @file: the view.
 * @line: the line last read, and
 * @size: room for it.
 * @rows: rows so far.
 * @good: nothing was wrong with them.
 * @ended: the last line was read, and was as it must be.
 */
struct page_stream {
	FILE *file;
	char *line;
	size_t size;
	uint64_t rows;
	bool good;
	bool ended;
};

/* Asks; all of RAM without @query.  Dies if that fails. */
void page_stream_open(struct page_stream *stream, const char *query);

/* Return: false behind the last row, or after a complaint about a bad one. */
bool page_stream_row(struct page_stream *stream, struct page_row *row);

/*
 * Return: whether all of the answer was read and good, and its last line says
 * that it is complete and how many rows it has.
 */
bool page_stream_close(struct page_stream *stream);

/* The row of one frame.  Return: whether there is one; dies on errors. */
bool page_row_find(uint64_t pfn, struct page_row *row);

/* Bits of KPF_* by their words; dies on a word that is none. */
uint64_t page_flag_bits(const char *words);

/* Frame that this process has mapped at an address; dies if there is none. */
uint64_t frame_at(const void *address);

/* The row of the frame that is mapped at an address; dies without. */
void page_row_at(const void *address, struct page_row *row);

/* mmap() that dies if it fails. */
char *map_area(size_t size, int flags, int fd);

/* How many frames /proc/kpageflags shows: up to the end of RAM, in sections. */
uint64_t count_frames(void);

/* Value of `key=value` in a detail. */
bool detail_number(const struct page_row *row, const char *key,
		   uint64_t *value);

#endif /* MMSCOPE_SELFTESTS_MEMORY_PAGE_H */
