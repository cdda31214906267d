// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel has allocated, to find what is never given back. */

#include <dirent.h>
#include <fcntl.h>
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

/*
 * The files of a slab cache.  They stay open: opening them costs the kernel
 * memory, which it gives back late.
 */
static struct cache {
	char name[48];
	int shrink;
	int objects;
} caches[CACHES_MAX];

static unsigned int nr_caches;

static int open_of_cache(const char *cache, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), SLABS "%s/%s", cache, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	return fd;
}

static void open_caches(void)
{
	DIR *dir = opendir(SLABS);
	struct dirent *entry;

	if (!dir)
		die(SLABS);
	while ((entry = readdir(dir)) && nr_caches < CACHES_MAX) {
		struct cache *cache = &caches[nr_caches];

		if (!of_interest(entry->d_name))
			continue;
		snprintf(cache->name, sizeof(cache->name), "%.47s",
			 entry->d_name);
		cache->shrink = open_of_cache(cache->name, "shrink", O_WRONLY);
		cache->objects = open_of_cache(cache->name, "objects",
					       O_RDONLY);
		nr_caches++;
	}
	closedir(dir);
}

/* Objects are counted exactly only when no CPU has slabs of its own. */
static long count_objects(const struct cache *cache)
{
	char text[128] = "";

	if (pwrite(cache->shrink, "1", 1, 0) != 1 ||
	    pread(cache->objects, text, sizeof(text) - 1, 0) <= 0)
		die("%s", cache->name);
	return strtol(text, NULL, 10);
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
	unsigned int i;
	char *text;

	if (!nr_caches)
		open_caches();
	wait_for_readers();
	for (i = 0; i < nr_caches; i++)
		memory->objects[i] = count_objects(&caches[i]);
	text = read_path("/proc/meminfo", NULL);
	if (!text_value(text, "Slab", &slab) ||
	    !text_value(text, "VmallocUsed", &vmalloc))
		die("/proc/meminfo");
	free(text);
	memory->slab_kb = slab;
	memory->vmalloc_kb = vmalloc;
}

/* Compares; the text says what has grown most. */
static bool grown(const struct kernel_memory *before, long objects, long kb,
		  char *text, size_t size)
{
	struct kernel_memory now;
	unsigned int i;
	long more, most = 0;

	kernel_memory_read(&now);
	for (i = 0; i < nr_caches; i++) {
		more = now.objects[i] - before->objects[i];
		if (more <= most)
			continue;
		most = more;
		snprintf(text, size, "%ld more objects in %.47s", more,
			 caches[i].name);
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
