// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel has allocated, to find what is never given back. */

#include <dirent.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel_memory.h"
#include "process_util.h"

#define SLABS		"/sys/kernel/slab/"
#define PATIENCE_S	5

/* What selecting, reading and a reader's buffers allocate from. */
static bool of_interest(const char *name)
{
	return !strncmp(name, "kmalloc-", 8) || !strcmp(name, "pid") ||
	       !strcmp(name, "mm_struct") || !strcmp(name, "task_struct");
}

/* Objects are counted exactly only when no CPU has slabs of its own. */
static long count_objects(const char *name)
{
	char path[128], *text;
	long objects;

	snprintf(path, sizeof(path), SLABS "%s/shrink", name);
	if (write_path(path, "1"))
		die("%s", path);
	snprintf(path, sizeof(path), SLABS "%s/objects", name);
	text = read_path(path, NULL);
	objects = strtol(text, NULL, 10);
	free(text);
	return objects;
}

/* Returns when all that run under rcu_read_lock() now have left it. */
static void wait_for_readers(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		die("membarrier");
}

void kernel_memory_read(struct kernel_memory *memory)
{
	uint64_t slab = 0, vmalloc = 0;
	DIR *dir = opendir(SLABS);
	struct dirent *entry;
	char *text;

	if (!dir)
		die(SLABS);
	wait_for_readers();
	memory->nr = 0;
	while ((entry = readdir(dir)) && memory->nr < CACHES_MAX) {
		struct cache *cache = &memory->cache[memory->nr];

		if (!of_interest(entry->d_name))
			continue;
		snprintf(cache->name, sizeof(cache->name), "%.47s",
			 entry->d_name);
		cache->objects = count_objects(cache->name);
		memory->nr++;
	}
	closedir(dir);
	text = read_path("/proc/meminfo", NULL);
	if (!text_value(text, "Slab", &slab) ||
	    !text_value(text, "VmallocUsed", &vmalloc))
		die("/proc/meminfo");
	free(text);
	memory->slab_kb = slab;
	memory->vmalloc_kb = vmalloc;
}

static long objects_in(const struct kernel_memory *memory, const char *name)
{
	unsigned int i;

	for (i = 0; i < memory->nr; i++)
		if (!strcmp(memory->cache[i].name, name))
			return memory->cache[i].objects;
	return 0;
}

/* Compares; the text says what has grown most. */
static bool grown(const struct kernel_memory *before, long objects, long kb,
		  char *text, size_t size)
{
	struct kernel_memory now;
	unsigned int i;
	long more, most = 0;

	kernel_memory_read(&now);
	for (i = 0; i < now.nr; i++) {
		const struct cache *cache = &now.cache[i];

		more = cache->objects - objects_in(before, cache->name);
		if (more <= most)
			continue;
		most = more;
		snprintf(text, size, "%ld more objects in %s", more,
			 cache->name);
	}
	if (most >= objects)
		return true;
	more = now.slab_kb - before->slab_kb + now.vmalloc_kb -
	       before->vmalloc_kb;
	snprintf(text, size, "%ld kB more in Slab and VmallocUsed", more);
	return more >= kb;
}

bool kernel_memory_grown(const struct kernel_memory *before, long objects,
			 long kb)
{
	time_t end = time(NULL) + PATIENCE_S;
	char text[128];

	while (grown(before, objects, kb, text, sizeof(text))) {
		if (time(NULL) < end)
			continue;
		complain("%s", text);
		return true;
	}
	return false;
}
