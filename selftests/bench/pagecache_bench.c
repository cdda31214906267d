// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to find out what fills the page cache: mmscope, and asking
 * about each file by cachestat(2) or mincore(2), which must know the files.
 * With 10,000 small files, and with a big one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define PAGE		4096UL
#define FILES		10000
#define BIG_PAGES	131072UL
#define DIR		"/tmp/bench-pagecache"
#define BIG		DIR "/big"
#define NR_CACHESTAT	451
#define ROUNDS		3

static void make_file(const char *path, unsigned long pages)
{
	static char page[PAGE];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		die(path);
	while (pages--)
		if (write(fd, page, PAGE) != PAGE)
			die(path);
	close(fd);
}

static void file_name(char *path, size_t size, int i)
{
	snprintf(path, size, DIR "/%d/%d", i / 100, i);
}

static void make_files(void)
{
	char path[64];
	int i;

	for (i = 0; i < FILES; i++) {
		if (!(i % 100)) {
			snprintf(path, sizeof(path), DIR "/%d", i / 100);
			if (mkdir(path, 0700))
				die(path);
		}
		file_name(path, sizeof(path), i);
		make_file(path, 1);
	}
}

/* False if the kernel has no cachestat(2). */
static int ask_cachestat(int fd, size_t pages)
{
	struct { uint64_t off, len; } all = {};
	uint64_t stat[5];

	(void)pages;
	return !syscall(NR_CACHESTAT, fd, &all, stat, 0);
}

/* As vmtouch does. */
static int ask_mincore(int fd, size_t pages)
{
	static unsigned char there[BIG_PAGES];
	void *map = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	size_t i, count = 0;

	if (map == MAP_FAILED || mincore(map, pages * PAGE, there))
		die("mincore");
	for (i = 0; i < pages; i++)
		count += there[i] & 1;
	munmap(map, pages * PAGE);
	return count == pages;
}

static void ask_file(const char *path, size_t pages,
		     int (*ask)(int fd, size_t pages))
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || !ask(fd, pages))
		die(path);
	close(fd);
}

static uint64_t ask_files(int (*ask)(int fd, size_t pages))
{
	uint64_t best = UINT64_MAX;
	char path[64];
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now(), took;

		for (i = 0; i < FILES; i++) {
			file_name(path, sizeof(path), i);
			ask_file(path, 1, ask);
		}
		took = now() - began;
		best = took < best ? took : best;
	}
	return best;
}

static uint64_t ask_big(int (*ask)(int fd, size_t pages))
{
	uint64_t best = UINT64_MAX;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now(), took;

		ask_file(BIG, BIG_PAGES, ask);
		took = now() - began;
		best = took < best ? took : best;
	}
	return best;
}

static int has_cachestat(void)
{
	return ask_cachestat(-1, 0) || errno == EBADF;
}

/*
 * The price of a file, those of the guest included, without its pages; the
 * price of a page is what a big file adds when nothing but it is listed.
 */
#define FILES_VIEW	MMSCOPE "pagecache/files"
#define PAGE_PRICE	40

static void measure_files(void)
{
	uint64_t lock_max = 0, took, files, pages;

	took = read_file(FILES_VIEW, "top=65536", &lock_max);
	if (!took)
		return;
	files = end_number("files");
	pages = end_number("cached_pages");
	report("files", "mmscope:files", "file", took - PAGE_PRICE * pages,
	       files);
	report("files", "mmscope:files", "lock_max", lock_max, 1);
	measure_per("files", "mmscope:top50", FILES_VIEW, "", "file", files);
}

static void measure_big(uint64_t without)
{
	uint64_t lock_max = 0, took = read_file(FILES_VIEW, "top=1", &lock_max);

	if (!took)
		return;
	report("big", "mmscope:files", "page", took - without, BIG_PAGES);
	report("big", "mmscope:files", "lock_max", lock_max, 1);
}

int main(void)
{
	uint64_t without;

	if ((mkdir(DIR, 0700) && errno != EEXIST) ||
	    mount("tmpfs", DIR, "tmpfs", 0, "size=1G"))
		die(DIR);
	make_files();
	measure_files();
	if (has_cachestat())
		report("files", "cachestat", "file", ask_files(ask_cachestat),
		       FILES);
	report("files", "mincore", "file", ask_files(ask_mincore), FILES);
	without = read_file(FILES_VIEW, "top=1", NULL);
	make_file(BIG, BIG_PAGES);
	measure_big(without);
	measure_per("big", "mmscope:file", MMSCOPE "pagecache/file",
		    "path=" BIG, "page", BIG_PAGES);
	if (has_cachestat())
		report("big", "cachestat", "page", ask_big(ask_cachestat),
		       BIG_PAGES);
	report("big", "mincore", "page", ask_big(ask_mincore), BIG_PAGES);
	return 0;
}
