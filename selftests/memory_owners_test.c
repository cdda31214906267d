// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the kernel uses for itself, of which struct page does not say
 * what for: memory/census against the kernel's own books.
 *
 * The books and the census are not read in the same moment.  What another task
 * does in between, even the answer's own memory, shows in one of them only, so
 * they are read again until they agree; if they never do, the test fails.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "process_util.h"

#define ROUNDS		100
#define PAGE		4096UL
#define STACK_PAGES	4		/* x86-64, arm64: THREAD_SIZE */
#define STRUCT_PAGE	64UL
#define CACHED_STACKS	2		/* of each CPU: NR_CACHED_STACKS */

/**
 * struct sums - pages of the kernel, by what they are
 */
struct sums {
	uint64_t kstack;
	uint64_t vmalloc;
	uint64_t percpu;
	uint64_t memmap;
	uint64_t pcp;
};

/* Asks an open census again, so that its own memory stays the same. */
static void read_census(int fd, struct sums *sums)
{
	const struct {
		const char *kind;
		uint64_t *sum;
	} kinds[] = {
		{ "kstack", &sums->kstack }, { "vmalloc", &sums->vmalloc },
		{ "percpu", &sums->percpu }, { "memmap", &sums->memmap },
		{ "pcp", &sums->pcp },
	};
	static const char query[] = "pfn=0-999999999999";
	struct table table;
	bool bad = false;
	size_t i, len;
	char *text;

	memset(sums, 0, sizeof(*sums));
	if (write(fd, query, strlen(query)) != strlen(query))
		die("census: %s", strerror(errno));
	text = read_fd(fd, 65536, &len);
	if (!text || table_parse(&table, text))
		die("census: %s", strerror(errno));
	while (table_row(&table, &bad))
		for (i = 0; i < ARRAY_LEN(kinds); i++)
			if (!strcmp(table.field[0], kinds[i].kind))
				*kinds[i].sum += strtoull(table.field[3], NULL,
							  10);
	if (bad || !table.end)
		die("census: not complete");
	table_free(&table);
}

/* Sum of all numbers that follow @word in a file. */
static uint64_t sum_of(const char *path, const char *word)
{
	char *text = read_path(path, NULL), *at = text;
	uint64_t sum = 0;

	while ((at = strstr(at, word))) {
		at += strlen(word);
		sum += strtoull(at, NULL, 10);
	}
	free(text);
	return sum;
}

static uint64_t meminfo_pages(const char *name)
{
	char *text = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(text, name);

	free(text);
	return kb * 1024 / PAGE;
}

/* Frames that hold the struct pages of all blocks of memory that are plugged. */
static uint64_t memmap_pages(void)
{
	char *text = read_path("/sys/devices/system/memory/block_size_bytes",
			       NULL);
	uint64_t block = strtoull(text, NULL, 16), blocks = 0;
	DIR *dir = opendir("/sys/devices/system/memory");
	struct dirent *entry;
	unsigned int number;

	if (!dir)
		die("no memory blocks");
	while ((entry = readdir(dir)))
		blocks += sscanf(entry->d_name, "memory%u", &number) == 1;
	closedir(dir);
	free(text);
	return blocks * (block / PAGE) * STRUCT_PAGE / PAGE;
}

FIXTURE(sums) {
	int fd;
	struct sums census;
};

FIXTURE_SETUP(sums)
{
	self->fd = view_open("memory/census", NULL);
	if (self->fd < 0)
		die("census: %s", strerror(errno));
	/* The first answer makes this file's memory. */
	read_census(self->fd, &self->census);
}

FIXTURE_TEARDOWN(sums)
{
	close(self->fd);
}

TEST_F(sums, memory_map)
{
	EXPECT_EQ(memmap_pages(), self->census.memmap);
}

TEST_F(sums, percpu)
{
	uint64_t books = 0;
	int i;

	for (i = 0; i < ROUNDS && books != self->census.percpu; i++) {
		read_census(self->fd, &self->census);
		books = meminfo_pages("Percpu");
	}
	EXPECT_EQ(books, self->census.percpu);
}

/* All pages that areas of vmalloc space list; stacks are such areas. */
TEST_F_TIMEOUT(sums, vmalloc_and_stacks, 200)
{
	uint64_t books = 0;
	int i;

	for (i = 0; i < ROUNDS &&
	     books != self->census.vmalloc + self->census.kstack; i++) {
		read_census(self->fd, &self->census);
		books = sum_of("/proc/vmallocinfo", " pages=");
	}
	EXPECT_EQ(books, self->census.vmalloc + self->census.kstack);
	EXPECT_LT(0, self->census.vmalloc);
}

/* Pages of areas that were made when a task was, those of idle tasks too. */
static uint64_t stacks_in_vmallocinfo(void)
{
	static const char *const makers[] = {
		" dup_task_struct+", " copy_process+", " kernel_clone+",
		" fork_idle+", " create_io_thread+", " vhost_task_create+",
	};
	char *text = read_path("/proc/vmallocinfo", NULL), *save = NULL, *line;
	uint64_t pages = 0;
	size_t i;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		for (i = 0; i < ARRAY_LEN(makers); i++)
			if (strstr(line, makers[i]) && strstr(line, " pages=4 "))
				pages += STACK_PAGES;
	free(text);
	return pages;
}

TEST_F_TIMEOUT(sums, stacks_of_all_tasks, 200)
{
	uint64_t books = 0;
	int i;

	for (i = 0; i < ROUNDS && books != self->census.kstack; i++) {
		read_census(self->fd, &self->census);
		books = stacks_in_vmallocinfo();
	}
	EXPECT_EQ(books, self->census.kstack);
	EXPECT_LT(0, books);
}

/*
 * KernelStack leaves out stacks that are kept for the next task, of which a CPU
 * has some.  Those of tasks that have just ended go after a grace period.
 */
TEST_F_TIMEOUT(sums, kernel_stacks, 200)
{
	uint64_t kept = CACHED_STACKS * STACK_PAGES *
			sysconf(_SC_NPROCESSORS_CONF);
	uint64_t books = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		/* Reading it makes all CPUs tell what they have counted. */
		free(read_path("/proc/sys/vm/stat_refresh", NULL));
		books = meminfo_pages("KernelStack");
		read_census(self->fd, &self->census);
		if (books <= self->census.kstack &&
		    self->census.kstack <= books + kept)
			break;
	}
	EXPECT_LE(books, self->census.kstack);
	EXPECT_GE(books + kept, self->census.kstack);
	EXPECT_EQ(0, self->census.kstack % STACK_PAGES);
}

/* The open file still has the memory that it had when it read the lists. */
static void compare_lists(int fd, struct sums *sums, uint64_t *books)
{
	int i;

	*books = 0;
	for (i = 0; i < ROUNDS && *books != sums->pcp; i++) {
		read_census(fd, sums);
		*books = sum_of("/proc/zoneinfo", " count:");
	}
}

TEST_F_TIMEOUT(sums, cpu_lists, 200)
{
	uint64_t books;

	compare_lists(self->fd, &self->census, &books);
	EXPECT_EQ(books, self->census.pcp);
	EXPECT_LT(0, self->census.pcp);
}

#define HIGH_FRACTION	"/proc/sys/vm/percpu_pagelist_high_fraction"

/*
 * Since 6.7 that makes lists longer than the module reads them (6144 pages);
 * it knows the others by their looks.  Older kernels keep fewer.
 */
TEST_F_TIMEOUT(sums, cpu_lists_after_freeing_much, 200)
{
	size_t size = 512UL << 20;
	char before[24];
	uint64_t books;
	void *area;

	snprintf(before, sizeof(before), "%lu", read_number(HIGH_FRACTION));
	ASSERT_EQ(0, write_path(HIGH_FRACTION, "8"));
	area = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	EXPECT_NE(MAP_FAILED, area);
	/* Huge pages would be freed into another list, which stays short. */
	EXPECT_EQ(0, small_pages(area, size));
	EXPECT_EQ(0, madvise(area, size, MADV_POPULATE_WRITE));
	EXPECT_EQ(0, munmap(area, size));
	compare_lists(self->fd, &self->census, &books);
	EXPECT_EQ(books, self->census.pcp);
	EXPECT_EQ(0, write_path(HIGH_FRACTION, before));
}

TEST_HARNESS_MAIN
