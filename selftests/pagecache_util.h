/* SPDX-License-Identifier: GPL-2.0-only */
/* Files whose page cache is known, and what the kernel says of it. */
#ifndef MMSCOPE_SELFTESTS_PAGECACHE_UTIL_H
#define MMSCOPE_SELFTESTS_PAGECACHE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE		4096UL

/* A filesystem of its own, mounted here, without a blank in its path. */
#define DISK		"/tmp/mmscope-disk"

/*
 * Makes an ext4 in a file and mounts it there, by a loop device; nothing on it
 * is written back unless somebody asks for it.  Dies on error.
 */
void disk_mount(void);

/* Unmounts it and lets go of the rest; nothing happens if it is not there. */
void disk_umount(void);

/*
 * Makes a file of @pages pages, of which every @step-th one is written, the
 * others being holes, and leaves it open for reading and writing.
 */
int file_make(const char *path, unsigned long pages, unsigned long step);

/* Drops what is clean of a file. */
void file_drop(int fd);

/* Which pages are in memory: one byte each, 1 or 0; to be freed. */
unsigned char *file_resident(int fd, size_t pages);
uint64_t file_count(int fd, size_t pages);

/* As cachestat(2) has it. */
struct cache_stat {
	uint64_t cache;
	uint64_t dirty;
	uint64_t writeback;
	uint64_t evicted;
	uint64_t recently_evicted;
};

/* False if the kernel has no cachestat(2), which is new in 6.5. */
bool file_stat(int fd, struct cache_stat *stat);

/* Runs a command; its exit status. */
int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* MMSCOPE_SELFTESTS_PAGECACHE_UTIL_H */
