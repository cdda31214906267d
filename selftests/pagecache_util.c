// SPDX-License-Identifier: GPL-2.0-only
/* Files whose page cache is known, and what the kernel says of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pagecache_util.h"
#include "process_util.h"

#define IMAGE		DISK ".img"
#define NR_CACHESTAT	451

int run(const char *format, ...)
{
	char command[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * What is dirty stays dirty until a test says otherwise.  An hour, not never:
 * where the interval is 0, an inode that gets dirty wakes the flusher at once
 * (wb_wakeup_delayed()), and that finds a new disk above its share, which is
 * nothing yet.  Before anything is written, as a timer that runs is not changed.
 */
#define FLUSH_LATE	"360000"
#define FLUSH_DEFAULT	"500"

static void flush_every(const char *centiseconds)
{
	if (write_path("/proc/sys/vm/dirty_writeback_centisecs", centiseconds))
		die("dirty_writeback_centisecs");
}

void disk_mount(void)
{
	disk_umount();
	flush_every(FLUSH_LATE);
	run("modprobe -q loop; modprobe -q ext4");
	if (run("truncate -s 96M " IMAGE) || mkdir(DISK, 0755) ||
	    run("mkfs.ext4 -q -F " IMAGE) ||
	    run("mount -o loop,strictatime " IMAGE " " DISK))
		die("%s", DISK);
}

void disk_umount(void)
{
	umount(DISK);
	rmdir(DISK);
	unlink(IMAGE);
	flush_every(FLUSH_DEFAULT);
}

int file_make(const char *path, unsigned long pages, unsigned long step)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	static char page[PAGE];
	unsigned long i;

	memset(page, 'x', sizeof(page));
	if (fd < 0 || ftruncate(fd, pages * PAGE))
		die("%s", path);
	for (i = 0; i < pages; i += step)
		if (pwrite(fd, page, PAGE, i * PAGE) != PAGE)
			die("%s", path);
	return fd;
}

void file_drop(int fd)
{
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("fadvise");
}

unsigned char *file_resident(int fd, size_t pages)
{
	unsigned char *there = calloc(pages, 1);
	void *map = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	size_t i;

	if (!there || map == MAP_FAILED || mincore(map, pages * PAGE, there))
		die("mincore");
	munmap(map, pages * PAGE);
	for (i = 0; i < pages; i++)
		there[i] &= 1;
	return there;
}

uint64_t file_count(int fd, size_t pages)
{
	unsigned char *there = file_resident(fd, pages);
	uint64_t count = 0;
	size_t i;

	for (i = 0; i < pages; i++)
		count += there[i];
	free(there);
	return count;
}

bool file_stat(int fd, struct cache_stat *stat)
{
	struct { uint64_t off, len; } all = {};

	if (!syscall(NR_CACHESTAT, fd, &all, stat, 0))
		return true;
	/* The call that is there would have said that this is no file. */
	if (syscall(NR_CACHESTAT, -1, &all, stat, 0) && errno == EBADF)
		die("cachestat");
	return false;
}
