// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to read the state of the buddy allocator: mmscope and its
 * rivals, with memory as it is after boot, with 200 000 free blocks, and with
 * two long lists of one order, which do not fit into one hold of the lock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define EXTFRAG		"/sys/kernel/debug/extfrag/"
#define PAGE		4096UL
#define FREE_BLOCKS	200000UL
#define PIPES		48
#define PIPE_PAGES	256

/* Each view is a case of its own, with those that tell the same. */
static void measure_all(const char *when)
{
	char name[64];

	snprintf(name, sizeof(name), "lists-%s", when);
	measure(name, "mmscope:freelists", MMSCOPE "buddy/freelists");
	measure(name, "pagetypeinfo", "/proc/pagetypeinfo");
	measure(name, "buddyinfo", "/proc/buddyinfo");
	snprintf(name, sizeof(name), "index-%s", when);
	measure(name, "mmscope:fragmentation", MMSCOPE "buddy/fragmentation");
	measure(name, "unusable_index", EXTFRAG "unusable_index");
	measure(name, "extfrag_index", EXTFRAG "extfrag_index");
	snprintf(name, sizeof(name), "pcp-%s", when);
	measure(name, "mmscope:pcp", MMSCOPE "buddy/pcp");
	measure(name, "zoneinfo", "/proc/zoneinfo");
}

/* Free blocks of order 0, by the kernel's own count. */
static unsigned long free_blocks(void)
{
	FILE *file = fopen("/proc/buddyinfo", "r");
	unsigned long blocks, sum = 0;
	char line[512];

	if (!file)
		die("buddyinfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d, zone %*s %lu", &blocks) == 1)
			sum += blocks;
	fclose(file);
	return sum;
}

/*
 * Every other page given back; the others keep them from merging.  Per-CPU
 * lists may keep an eighth of a zone.
 */
static void make_free_blocks(void)
{
	unsigned long i, pages = 2 * FREE_BLOCKS + 330000;
	char *area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		die("mmap");
	madvise(area, pages * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i++)
		area[i * PAGE] = 1;
	for (i = 0; i < pages; i += 2)
		if (madvise(area + i * PAGE, PAGE, MADV_DONTNEED))
			die("madvise");
	if (free_blocks() < FREE_BLOCKS) {
		errno = ENOMEM;
		die("fewer free blocks than wanted");
	}
}

/* The same of the kernel's memory: two sets of pipes filled by turns. */
static void make_kernel_blocks(void)
{
	static const char page[PAGE];
	int pipes[2][PIPES][2], i, n, set;

	for (set = 0; set < 2; set++)
		for (i = 0; i < PIPES; i++)
			if (pipe(pipes[set][i]) ||
			    fcntl(pipes[set][i][1], F_SETPIPE_SZ,
				  PIPE_PAGES * PAGE) < 0)
				die("pipe");
	for (i = 0; i < PIPES; i++)
		for (n = 0; n < PIPE_PAGES; n++)
			for (set = 0; set < 2; set++)
				if (write(pipes[set][i][1], page, PAGE) != PAGE)
					die("write to a pipe");
	for (i = 0; i < PIPES; i++) {
		close(pipes[0][i][0]);
		close(pipes[0][i][1]);
	}
}

int main(void)
{
	measure_all("boot");
	make_free_blocks();
	measure_all("200k");
	make_kernel_blocks();
	measure_all("two-long");
	return 0;
}
