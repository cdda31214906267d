// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to find out which node the pages of processes are on:
 * numa/nodes, and reading numa_maps of all processes.  With a process of 1 GiB
 * in small pages, with one in huge pages, and with many processes; and what the
 * nodes alone cost, against their files in sysfs.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define PAGE		4096UL
#define PAGES		262144UL	/* 1 GiB, in one process or in many */
#define MANY		64UL
#define HUGE		(2UL << 20)
#define NODE0		"/sys/devices/system/node/node0/"

static char *memory;

static void fill(const void *context)
{
	memset(memory, 1, *(const unsigned long *)context * PAGE);
}

/* Kernel threads have an empty one. */
static void read_whole(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		die(path);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static uint64_t read_numa_maps(void)
{
	uint64_t began = now();
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char path[300];

	if (!proc)
		die("/proc");
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/numa_maps",
			 entry->d_name);
		read_whole(path);
	}
	closedir(proc);
	return now() - began;
}

static void measure_processes(const char *name, unsigned long processes)
{
	unsigned long pages = PAGES / processes, i;
	pid_t pid[MANY];

	for (i = 0; i < processes; i++)
		pid[i] = spawn(fill, &pages);
	measure_per(name, "mmscope:nodes", MMSCOPE "numa/nodes", NULL, "page",
		    PAGES);
	report(name, "numa_maps", "page", read_numa_maps(), PAGES);
	for (i = 0; i < processes; i++)
		end_child(pid[i]);
}

static void measure_nodes(void)
{
	uint64_t took;

	took = read_file(MMSCOPE "numa/nodes", NULL, NULL);
	report("idle", "mmscope:nodes", "read", took, 1);
	took = read_file(NODE0 "meminfo", NULL, NULL) +
	       read_file(NODE0 "vmstat", NULL, NULL) +
	       read_file(NODE0 "numastat", NULL, NULL);
	report("idle", "sysfs+numa_maps", "read", took + read_numa_maps(), 1);
}

int main(void)
{
	char *at = mmap(NULL, PAGES * PAGE + HUGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	memory = (char *)(((uintptr_t)at + HUGE - 1) & ~(HUGE - 1));
	measure_nodes();
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	measure_processes("small-pages", 1);
	measure_processes("64-processes", MANY);
	madvise(memory, PAGES * PAGE, MADV_HUGEPAGE);
	measure_processes("huge-pages", 1);
	return 0;
}
