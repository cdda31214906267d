// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to read the page tables of a process: mmscope and its rivals.
 * Loads the module itself, to see what that costs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fs.h>

#include "bench.h"

#define ROOT		MMSCOPE "process/"
#define PAGE		4096UL
#define PAGES		262144UL	/* 1 GiB */
#define VMAS		100000UL
#define VMA_STRIDE	(1UL << 30)	/* 100 000 of them: 98 TiB */

static char buffer[65536];

static char *gigabyte;

static void make_gigabyte(const void *unused)
{
	(void)unused;
	memset(gigabyte, 1, PAGES * PAGE);
}

static void make_vmas(const void *unused)
{
	unsigned long i;

	(void)unused;
	for (i = 0; i < VMAS; i++) {
		char *at = (char *)(0x100000000UL + i * VMA_STRIDE);

		if (mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at)
			die("mmap");
		*at = 1;
	}
}

/* Reads a file to its end.  Returns how long it took. */
static uint64_t read_all(int fd)
{
	uint64_t start = now();
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		;
	if (n < 0)
		die("read");
	return now() - start;
}

/* The last line that read_all() left in the buffer has the price. */
static void report_lock(const char *name, const char *reader)
{
	char *at = memmem(buffer, sizeof(buffer), "lock_max_ns=", 12);

	if (at)
		report(name, reader, "lock_max", strtoull(at + 12, NULL, 10), 1);
}

static int open_view(const char *view, pid_t pid, const char *more)
{
	char path[256], query[256];
	int fd, n;

	snprintf(path, sizeof(path), ROOT "%s", view);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	n = snprintf(query, sizeof(query), "pid=%d %s", pid, more);
	if (write(fd, query, n) != n)
		die(query);
	return fd;
}

static void bench_view(const char *name, const char *view, pid_t pid,
		       const char *more, const char *unit, uint64_t per)
{
	char reader[64];
	int fd = open_view(view, pid, more);

	snprintf(reader, sizeof(reader), "mmscope:%s%s%s", view,
		 *more ? "," : "", more);
	memset(buffer, 0, sizeof(buffer));
	report(name, reader, unit, read_all(fd), per);
	report_lock(name, reader);
	close(fd);
}

static void bench_proc(const char *name, const char *file, pid_t pid,
		       const char *unit, uint64_t per)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	report(name, file, unit, read_all(fd), per);
	close(fd);
}

static int open_pagemap(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	return fd;
}

static void bench_pagemap(const char *name, pid_t pid, unsigned long start)
{
	int fd = open_pagemap(pid);
	unsigned long page, first = start / PAGE;
	uint64_t began = now();

	for (page = 0; page < PAGES; page += sizeof(buffer) / 8)
		if (pread(fd, buffer, sizeof(buffer), (first + page) * 8) !=
		    sizeof(buffer))
			die("pagemap");
	report(name, "pagemap", "page", now() - began, PAGES);
	close(fd);
}

#ifdef PAGEMAP_SCAN
static void bench_scan(const char *name, pid_t pid, unsigned long start,
		       unsigned long size, const char *unit, uint64_t per)
{
	static struct page_region regions[1024];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = start + size,
		.vec = (uintptr_t)regions,
		.vec_len = 1024,
		.category_mask = PAGE_IS_PRESENT,
		.return_mask = PAGE_IS_PRESENT,
	};
	int fd = open_pagemap(pid);
	uint64_t began = now();

	while (arg.start < arg.end) {
		if (ioctl(fd, PAGEMAP_SCAN, &arg) < 0) {
			if (errno != ENOTTY)
				die("PAGEMAP_SCAN");
			close(fd);
			return;
		}
		if (arg.walk_end <= arg.start)
			break;
		arg.start = arg.walk_end;
	}
	report(name, "PAGEMAP_SCAN", unit, now() - began, per);
	close(fd);
}
#else
#define bench_scan(...)
#endif

/* The least that reading 8 bytes a page can cost. */
static void bench_loop(const char *name)
{
	static volatile uint64_t words[8192];
	uint64_t began = now(), sum = 0;
	unsigned long i, round;

	for (round = 0; round < PAGES / 8192; round++)
		for (i = 0; i < 8192; i++)
			sum += words[i];
	report(name, "user-loop", "page", now() - began + !!sum, PAGES);
}

static void bench_gigabyte(void)
{
	unsigned long start;
	pid_t pid;

	gigabyte = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (gigabyte == MAP_FAILED)
		die("mmap");
	madvise(gigabyte, PAGES * PAGE, MADV_NOHUGEPAGE);
	start = (unsigned long)gigabyte;
	pid = spawn(make_gigabyte, NULL);

	bench_loop("1GiB-4K");
	bench_view("1GiB-4K", "ranges", pid, "", "page", PAGES);
	bench_view("1GiB-4K", "ranges", pid, "detail=folio", "page", PAGES);
	bench_view("1GiB-4K", "entries_raw", pid, "", "page", PAGES);
	bench_view("1GiB-4K", "entries", pid, "", "page", PAGES);
	bench_view("1GiB-4K", "tables", pid, "", "page", PAGES);
	bench_pagemap("1GiB-4K", pid, start);
	bench_scan("1GiB-4K", pid, start, PAGES * PAGE, "page", PAGES);
	bench_proc("1GiB-4K", "smaps_rollup", pid, "page", PAGES);
	bench_proc("1GiB-4K", "numa_maps", pid, "page", PAGES);
	end_child(pid);
	munmap(gigabyte, PAGES * PAGE);
}

static void bench_vmas(void)
{
	pid_t pid = spawn(make_vmas, NULL);

	bench_view("100k-VMAs", "ranges", pid, "", "VMA", VMAS);
	bench_view("100k-VMAs", "ranges", pid, "detail=folio", "VMA", VMAS);
	bench_view("100k-VMAs", "entries_raw", pid, "", "VMA", VMAS);
	bench_view("100k-VMAs", "vmas", pid, "", "VMA", VMAS);
	bench_view("100k-VMAs", "tables", pid, "", "VMA", VMAS);
	bench_scan("100k-VMAs", pid, 0, 0x7fff00000000UL, "VMA", VMAS);
	bench_proc("100k-VMAs", "maps", pid, "VMA", VMAS);
	bench_proc("100k-VMAs", "smaps_rollup", pid, "VMA", VMAS);
	end_child(pid);
}

static unsigned long used_kb(void)
{
	static const char *const names[] = {
		"Slab:", "VmallocUsed:", "Percpu:", "PageTables:",
	};
	char line[128], name[64];
	unsigned long kb, sum = 0;
	FILE *f = fopen("/proc/meminfo", "r");
	size_t i;

	if (!f)
		die("meminfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lu", name, &kb) == 2)
			for (i = 0; i < sizeof(names) / sizeof(*names); i++)
				if (!strcmp(name, names[i]))
					sum += kb;
	fclose(f);
	return sum;
}

/* The module's file is in memory: its way there is not the module's price. */
static void bench_load(const char *ko)
{
	unsigned long before;
	struct stat st;
	uint64_t began;
	void *image;
	int fd;

	fd = open(ko, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		die(ko);
	image = malloc(st.st_size);
	if (!image || read(fd, image, st.st_size) != st.st_size)
		die(ko);
	close(fd);
	before = used_kb();
	began = now();
	if (syscall(SYS_init_module, image, st.st_size, ""))
		die("init_module");
	report("load", "mmscope:init_module", "load", now() - began, 1);
	report("load", "mmscope:memory", "KiB", used_kb() - before, 1);
	free(image);
}

/* What the first use of a view that needs the kernel's layout costs. */
static void bench_first(void)
{
	uint64_t began = now();
	int fd = open_view("translate", getpid(), "");

	read_all(fd);
	report("load", "mmscope:first-open", "open", now() - began, 1);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s mmscope.ko (not loaded yet)\n",
			argv[0]);
		return 2;
	}
	bench_load(argv[1]);
	bench_first();
	bench_gigabyte();
	bench_vmas();
	return 0;
}
