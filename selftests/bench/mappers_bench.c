// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to find who maps a page: memory/mappers, and reading pagemap of
 * the same processes, which is the other exact way.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PAGE		4096UL
#define PAGES		262144UL	/* 1 GiB, in one process or in many */
#define MANY		64UL

static char *memory;
static uint64_t words[8192];

/* Writes to so many pages. */
static void write_pages(const void *pages)
{
	memset(memory, 1, *(const unsigned long *)pages * PAGE);
}

/* Reads pagemap of the area.  Return: the frame of its first page. */
static uint64_t read_pagemap(pid_t pid, unsigned long pages)
{
	unsigned long first = (unsigned long)memory / PAGE, page;
	uint64_t frame = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	for (page = 0; page < pages; page += sizeof(words) / 8) {
		unsigned long n = sizeof(words) / 8;

		n = n > pages - page ? pages - page : n;
		if (pread(fd, words, n * 8, (first + page) * 8) !=
		    (ssize_t)n * 8)
			die("pagemap");
		if (!page)
			frame = words[0] & ((1ULL << 55) - 1);
	}
	close(fd);
	return frame;
}

static void measure_shared(const char *name, unsigned long processes)
{
	unsigned long pages = PAGES / processes, i;
	uint64_t began, frame = 0, took, lock_max = 0;
	pid_t pid[MANY];
	char query[64];

	for (i = 0; i < processes; i++)
		pid[i] = spawn(write_pages, &pages);
	began = now();
	for (i = 0; i < processes; i++)
		frame = read_pagemap(pid[i], pages);
	report(name, "pagemap", "page", now() - began, PAGES);

	snprintf(query, sizeof(query), "pfn=%lu", (unsigned long)frame);
	took = read_file(MMSCOPE "memory/mappers", query, &lock_max);
	report(name, "mmscope:mappers", "page", took, end_number("scanned"));
	report(name, "mmscope:mappers", "lock_max", lock_max, 1);
	for (i = 0; i < processes; i++)
		end_child(pid[i]);
}

int main(void)
{
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	measure_shared("1-process", 1);
	measure_shared("64-processes", MANY);
	return 0;
}
