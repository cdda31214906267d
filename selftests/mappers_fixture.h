/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture `mappers`: children that map what the test tells them, and huge
 * pages where they are asked for.  To be included behind the harness.
 */
#ifndef MMSCOPE_SELFTESTS_MAPPERS_FIXTURE_H
#define MMSCOPE_SELFTESTS_MAPPERS_FIXTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mappers_oracle.h"
#include "process_util.h"

#define THP		"/sys/kernel/mm/transparent_hugepage/"
#define HUGETLB_PAGES	"/proc/sys/vm/nr_hugepages"
#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define PRIVATE		(MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARERS		50

/* What children report, each in its own place. */
static struct report {
	unsigned int nr;
	uint64_t va[2];
} *reports;

/* Set before the fork. */
static unsigned int which;
static int file;
static char *inherited;

FIXTURE(mappers) {
	char *thp;
	char *shmem;
	char hugetlb[24];
	pid_t child[SHARERS];
};

/* The word of a file's line "a [b] c" that is in brackets. */
static inline char *chosen_word(const char *path)
{
	char *text = read_path(path, NULL), *at = strchr(text, '[');
	char *word = at ? strndup(at + 1, strcspn(at + 1, "]")) : NULL;

	free(text);
	if (!word)
		die("%s", path);
	return word;
}

FIXTURE_SETUP(mappers)
{
	char more[24];
	uint64_t pages = read_number(HUGETLB_PAGES);

	self->thp = chosen_word(THP "enabled");
	self->shmem = chosen_word(THP "shmem_enabled");
	snprintf(self->hugetlb, sizeof(self->hugetlb), "%lu", (long)pages);
	snprintf(more, sizeof(more), "%lu", (long)pages + 3);
	ASSERT_EQ(0, write_path(THP "enabled", "madvise"));
	ASSERT_EQ(0, write_path(THP "shmem_enabled", "advise"));
	ASSERT_EQ(0, write_path(HUGETLB_PAGES, more));
	reports = mmap(NULL, SHARERS * sizeof(*reports), READ_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)reports);
}

FIXTURE_TEARDOWN(mappers)
{
	unsigned int i;

	for (i = 0; i < SHARERS; i++)
		end_process(self->child[i]);
	EXPECT_EQ(0, write_path(THP "enabled", self->thp));
	EXPECT_EQ(0, write_path(THP "shmem_enabled", self->shmem));
	EXPECT_EQ(0, write_path(HUGETLB_PAGES, self->hugetlb));
	free(self->thp);
	free(self->shmem);
}

/* Room for a huge page at its natural address, and more behind. */
static inline char *aligned(size_t size, size_t align)
{
	char *at = mmap(NULL, size + align, PROT_NONE,
			PRIVATE | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return (char *)(((uintptr_t)at + align - 1) & ~(align - 1));
}

static inline void touch(const char *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE)
		*(const volatile char *)(at + i);
}

#define ZEROS	300

static inline int read_zeros(void *context)
{
	char *at = mmap(NULL, ZEROS * PAGE, PROT_READ, PRIVATE, -1, 0);
	char *huge = aligned(HUGE, HUGE);

	if (small_pages(at, ZEROS * PAGE) ||
	    mprotect(huge, HUGE, PROT_READ) ||
	    madvise(huge, HUGE, MADV_HUGEPAGE))
		return -1;
	touch(at, ZEROS * PAGE);
	touch(huge, HUGE);
	reports[0].va[0] = (uintptr_t)at;
	reports[0].va[1] = (uintptr_t)huge;
	return 0;
}

#endif /* MMSCOPE_SELFTESTS_MAPPERS_FIXTURE_H */
