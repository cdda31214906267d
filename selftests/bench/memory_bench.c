// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to look at every frame of the machine: mmscope and its rivals,
 * with memory as it is after boot, full of small pages, and when these have
 * just been freed, so that per-CPU lists are as long as they get.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define PAGE		4096UL
#define FULL		(1UL << 30)

static uint64_t frames;

/* Words of /proc/kpageflags: as many as there are frames. */
static uint64_t count_frames(void)
{
	static char words[65536];
	FILE *file = fopen("/proc/kpageflags", "r");
	uint64_t bytes = 0;
	size_t n;

	if (!file)
		die("/proc/kpageflags");
	while ((n = fread(words, 1, sizeof(words), file)) > 0)
		bytes += n;
	fclose(file);
	return bytes / 8;
}

static void measure_all(const char *name)
{
	measure_per(name, "mmscope:census", MMSCOPE "memory/census", NULL,
		    "frame", frames);
	measure_per(name, "mmscope:pageblocks", MMSCOPE "memory/pageblocks", NULL,
		    "frame", frames);
	measure_per(name, "kpagecount", "/proc/kpagecount", NULL,
		    "frame", frames);
	measure_per(name, "kpageflags", "/proc/kpageflags", NULL,
		    "frame", frames);
}

int main(void)
{
	char *memory;

	frames = count_frames();
	measure_all("boot");
	memory = mmap(NULL, FULL, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		      MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, FULL, MADV_NOHUGEPAGE))
		die("mmap");
	memset(memory, 1, FULL);
	measure_all("full");
	munmap(memory, FULL);
	measure_all("freed");
	return 0;
}
