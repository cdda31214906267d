// SPDX-License-Identifier: GPL-2.0-only
/* Makes memory of one kind in the calling process. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "page_kinds.h"
#include "process_util.h"
#include "settings.h"

/* 102400 pages: the first multiple of a huge page beyond MANY_PAGES. */
#define SIZE		(200 * HUGE)
/* Three quarters of it are enough. */
#define DOUBLE_SIZE	(270 * HUGE)
#define GIGANTIC	(HUGE << 9)
#define KSM_PAGES	1024

/* Newer than some headers. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif
#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB		(21 << 26)
#define MAP_HUGE_1GB		(30 << 26)
#endif

#define POOL_2M "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
#define POOL_1G "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
#define FREE_1G "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages"
#define KSM_DIR "/sys/kernel/mm/ksm/"
#define UNPOISON "/sys/kernel/debug/hwpoison/unpoison-pfn"

static struct setting settings[] = {
	/*
	 * Pages must stay dirty until they have been looked at: for an hour, as
	 * with 0 the first page that gets dirty wakes the flusher.
	 */
	{ .path = "/proc/sys/vm/dirty_writeback_centisecs", .value = "360000" },
	{ .path = "/proc/sys/vm/dirty_background_ratio", .value = "90" },
	{ .path = "/proc/sys/vm/dirty_ratio", .value = "95" },
	/* Huge pages where they are asked for, and nowhere else. */
	{ .path = "/sys/kernel/mm/transparent_hugepage/enabled",
	  .value = "madvise" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan",
	  .value = "1" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
	  .value = "600000" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
	  .value = "advise" },
	/* Samples memory by clearing accessed bits, at any time. */
	{ .path = "/sys/module/damon_stat/parameters/enabled", .value = "N" },
	{ .path = "/proc/sys/kernel/numa_balancing", .value = "0" },
	{ .path = KSM_DIR "pages_to_scan", .value = "20000" },
	{ .path = KSM_DIR "sleep_millisecs", .value = "0" },
	{ .path = KSM_DIR "smart_scan", .value = "0" },
	{ .path = KSM_DIR "run", .value = "0" },
	/* Grown by those who need them. */
	{ .path = POOL_2M },
	{ .path = POOL_1G },
};

void machine_prepare(void)
{
	settings_apply(settings, ARRAY_LEN(settings));
}

void machine_restore(void)
{
	settings_restore(settings, ARRAY_LEN(settings));
}

static int skip(struct made *made, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int skip(struct made *made, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(made->skip, sizeof(made->skip), format, args);
	va_end(args);
	return ENODEV;
}

static void add_region(struct made *made, void *start, size_t size)
{
	made->region[made->nr].start = (uintptr_t)start;
	made->region[made->nr].end = (uintptr_t)start + size;
	made->nr++;
}

/*
 * An area aligned to huge pages, with nothing next to it that could be merged
 * with it.
 */
static char *reserve(size_t size)
{
	char *area = mmap(NULL, size + 2 * HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED)
		die("mmap");
	area = (char *)(((uintptr_t)area + HUGE) & ~(HUGE - 1));
	return area;
}

static char *map(size_t size, int prot, int flags, int fd)
{
	char *area = mmap(reserve(size), size, prot, flags | MAP_FIXED, fd, 0);

	if (area == MAP_FAILED)
		die("mmap");
	return area;
}

static char *map_anon(size_t size, int advice)
{
	char *area = map(size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (advice == MADV_NOHUGEPAGE ? small_pages(area, size) :
					madvise(area, size, advice))
		die("madvise");
	return area;
}

static void write_pages(char *area, size_t size, size_t step)
{
	size_t at;

	for (at = 0; at < size; at += step)
		*(volatile char *)(area + at) = 1;
}

static void read_pages(char *area, size_t size, size_t step)
{
	size_t at;

	for (at = 0; at < size; at += step)
		(void)*(volatile char *)(area + at);
}

/* Clears bits in all entries of this process: 1 accessed, 4 soft-dirty. */
static void clear_refs(const char *what)
{
	if (write_path("/proc/self/clear_refs", what))
		die("/proc/self/clear_refs");
}

int make_anon(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

/* No page accessed but every third. */
int make_anon_idle(struct made *made)
{
	char *area = map_anon(SIZE * 3 / 2, MADV_NOHUGEPAGE);

	write_pages(area, SIZE * 3 / 2, PAGE);
	clear_refs("1");
	read_pages(area, SIZE * 3 / 2, 3 * PAGE);
	add_region(made, area, SIZE * 3 / 2);
	return 0;
}

int make_thp(struct made *made)
{
	char *area = map_anon(SIZE, MADV_HUGEPAGE);

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

/* Each huge page has lost one page and then 64, so it is mapped by PTEs. */
int make_thp_holes(struct made *made)
{
	size_t size = 230 * HUGE, at;
	char *area = map_anon(size, MADV_HUGEPAGE);

	write_pages(area, size, PAGE);
	for (at = 0; at < size; at += HUGE)
		if (madvise(area + at + 3 * PAGE, PAGE, MADV_DONTNEED) ||
		    madvise(area + at + 256 * PAGE, 64 * PAGE, MADV_DONTNEED))
			die("MADV_DONTNEED");
	add_region(made, area, size);
	return 0;
}

/* The same by munmap() and mremap(), which leave pieces of huge pages. */
int make_thp_pieces(struct made *made)
{
	size_t size = 100 * HUGE, at;
	char *area = map_anon(size, MADV_HUGEPAGE);
	char *target = reserve(size);

	write_pages(area, size, PAGE);
	for (at = 0; at < size; at += HUGE) {
		if (munmap(area + at + 5 * PAGE, PAGE))
			die("munmap");
		/* From the middle of one to the middle of another. */
		if (mremap(area + at + 128 * PAGE, 16 * PAGE, 16 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED,
			   target + at + 77 * PAGE) == MAP_FAILED)
			die("mremap");
	}
	add_region(made, area, size);
	add_region(made, target, size);
	return 0;
}

/* Gives up the first 128 pages of each huge page. */
static int punch(void *context)
{
	char *area = context;
	size_t at;

	for (at = 0; at < DOUBLE_SIZE; at += HUGE)
		if (munmap(area + at, 128 * PAGE))
			die("munmap");
	return 0;
}

/* The same where neither fork() nor splitting keeps mappings. */
static int punch_and_touch(void *context)
{
	char *area = context;
	size_t at;

	punch(area);
	for (at = 0; at < DOUBLE_SIZE; at += HUGE)
		read_pages(area + at + 128 * PAGE, HUGE - 128 * PAGE, PAGE);
	return 0;
}

/* Huge pages here, their pages there. */
int make_thp_double(struct made *made)
{
	char *area = map_anon(DOUBLE_SIZE, MADV_HUGEPAGE);

	write_pages(area, DOUBLE_SIZE, PAGE);
	add_region(made, area, DOUBLE_SIZE);
	made->other = start_stopped(punch, area);
	return 0;
}

/* The other way round. */
int make_thp_double_ptes(struct made *made)
{
	char *area = map_anon(DOUBLE_SIZE, MADV_HUGEPAGE);

	write_pages(area, DOUBLE_SIZE, PAGE);
	add_region(made, area, DOUBLE_SIZE);
	made->other = start_stopped(NULL, NULL);
	return punch(area);
}

static char *map_hugetlb(size_t size, int flags)
{
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | flags,
			  -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

int make_hugetlb_2m(struct made *made)
{
	char *area;

	write_path(POOL_2M, "200");
	area = map_hugetlb(SIZE, MAP_HUGE_2MB);
	if (!area)
		return skip(made, "no 200 huge pages of 2 MB");
	write_pages(area, SIZE, HUGE);
	add_region(made, area, SIZE);
	return 0;
}

int make_hugetlb_1g(struct made *made)
{
	char *area;

	write_path(POOL_1G, "1");
	if (access(FREE_1G, R_OK) || !read_number(FREE_1G))
		return skip(made, "no huge page of 1 GB (hugepagesz=1G hugepages=1)");
	area = map_hugetlb(GIGANTIC, MAP_HUGE_1GB);
	if (!area)
		return skip(made, "no huge page of 1 GB");
	write_pages(area, GIGANTIC, GIGANTIC);
	add_region(made, area, GIGANTIC);
	return 0;
}

/* A file on a disk, with pages in the page cache; gone when closed. */
static int make_file(size_t size)
{
	char path[] = "/var/tmp/mmscope-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) || ftruncate(fd, size))
		die("%s", path);
	return fd;
}

int make_file_clean(struct made *made)
{
	char *area = map(SIZE, PROT_READ, MAP_SHARED, make_file(SIZE));

	read_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

int make_file_dirty(struct made *made)
{
	char *area = map(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 make_file(SIZE));

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

int make_file_private(struct made *made)
{
	char *area = map(SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			 make_file(SIZE));

	read_pages(area, SIZE, PAGE);
	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

static char *map_shmem(size_t size)
{
	int fd = memfd_create("mmscope", 0);

	if (fd < 0 || ftruncate(fd, size))
		die("memfd");
	return map(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

int make_shmem(struct made *made)
{
	char *area = map_shmem(SIZE);

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

struct touch {
	char *area;
	bool write;
};

static int touch_again(void *context)
{
	struct touch *touch = context;

	if (touch->write)
		write_pages(touch->area, SIZE, PAGE);
	else
		read_pages(touch->area, SIZE, PAGE);
	return 0;
}

int make_shmem_shared(struct made *made)
{
	char *area = map_shmem(SIZE);
	struct touch touch = { .area = area };

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	made->other = start_stopped(touch_again, &touch);
	return 0;
}

/* Accessed and dirty in a pattern that no two neighbouring runs share. */
int make_shmem_mixed(struct made *made)
{
	char *area = map_shmem(SIZE);

	read_pages(area, SIZE, PAGE);
	clear_refs("1");
	read_pages(area, SIZE, 3 * PAGE);
	write_pages(area, SIZE, 5 * PAGE);
	add_region(made, area, SIZE);
	return 0;
}

static char *map_shmem_thp(struct made *made, size_t size)
{
	char *area = map_shmem(size);

	if (madvise(area, size, MADV_HUGEPAGE))
		die("madvise");
	write_pages(area, size, PAGE);
	add_region(made, area, size);
	return area;
}

int make_shmem_thp(struct made *made)
{
	map_shmem_thp(made, SIZE);
	return 0;
}

int make_shmem_thp_double(struct made *made)
{
	char *area = map_shmem_thp(made, DOUBLE_SIZE);

	made->other = start_stopped(punch_and_touch, area);
	return 0;
}

int make_zero(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);

	read_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

int make_huge_zero(struct made *made)
{
	char *area = map_anon(SIZE, MADV_HUGEPAGE);

	read_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}

int make_swapped(struct made *made)
{
	char *swaps = read_path("/proc/swaps", NULL);
	bool none = !strchr(strchr(swaps, '\n'), '/');
	char *area;

	free(swaps);
	if (none)
		return skip(made, "no swap");
	area = map_anon(SIZE, MADV_NOHUGEPAGE);
	write_pages(area, SIZE, PAGE);
	if (madvise(area, SIZE, MADV_PAGEOUT))
		return skip(made, "no MADV_PAGEOUT");
	add_region(made, area, SIZE);
	return 0;
}

int make_fork_shared(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	made->other = start_stopped(NULL, NULL);
	return 0;
}

/* The other process has written, this one has the pages for itself. */
int make_fork_copied(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);
	struct touch touch = { .area = area, .write = true };

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	made->other = start_stopped(touch_again, &touch);
	write_pages(area, SIZE, PAGE);
	return 0;
}

int make_protnone(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);

	write_pages(area, SIZE, PAGE);
	if (mprotect(area, SIZE, PROT_NONE))
		die("mprotect");
	add_region(made, area, SIZE);
	return 0;
}

int make_protnone_thp(struct made *made)
{
	char *area = map_anon(SIZE, MADV_HUGEPAGE);

	write_pages(area, SIZE, PAGE);
	if (mprotect(area, SIZE, PROT_NONE))
		die("mprotect");
	add_region(made, area, SIZE);
	return 0;
}

/* All but every 64th page. */
int make_soft_dirty(struct made *made)
{
	size_t size = SIZE + 4 * HUGE, at;
	char *area = map_anon(size, MADV_NOHUGEPAGE);

	write_pages(area, size, PAGE);
	clear_refs("4");
	for (at = 0; at < size; at += PAGE)
		if (at / PAGE % 64)
			*(volatile char *)(area + at) = 2;
	add_region(made, area, size);
	return 0;
}

/* Registers and write-protects; the descriptor stays open. */
static int protect_by_uffd(struct made *made, char *area, size_t size,
			   uint64_t features, const char *what)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register range = {
		.range = { (uintptr_t)area, size },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = { (uintptr_t)area, size },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		return skip(made, "no userfaultfd write protection of %s", what);
	if (ioctl(fd, UFFDIO_WRITEPROTECT, &protect))
		die("UFFDIO_WRITEPROTECT");
	return 0;
}

int make_uffd_wp(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return protect_by_uffd(made, area, SIZE,
			       UFFD_FEATURE_PAGEFAULT_FLAG_WP, "memory");
}

int make_uffd_wp_shmem(struct made *made)
{
	char *area = map_shmem(SIZE);

	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return protect_by_uffd(made, area, SIZE,
			       UFFD_FEATURE_WP_HUGETLBFS_SHMEM, "shmem");
}

/* Protected before there are any pages: nothing but notes. */
int make_uffd_wp_marker(struct made *made)
{
	char *area = map_shmem(SIZE);

	add_region(made, area, SIZE);
	return protect_by_uffd(made, area, SIZE,
			       UFFD_FEATURE_WP_HUGETLBFS_SHMEM, "shmem");
}

int make_uffd_wp_hugetlb(struct made *made)
{
	char *area;

	write_path(POOL_2M, "200");
	area = map_hugetlb(SIZE, MAP_HUGE_2MB);
	if (!area)
		return skip(made, "no 200 huge pages of 2 MB");
	write_pages(area, SIZE, HUGE);
	add_region(made, area, SIZE);
	return protect_by_uffd(made, area, SIZE,
			       UFFD_FEATURE_WP_HUGETLBFS_SHMEM, "hugetlb");
}

/* Equal pages, and three scans of all memory: two to trust, one to merge. */
int make_ksm(struct made *made)
{
	size_t size = KSM_PAGES * PAGE;
	char *area = map_anon(size, MADV_NOHUGEPAGE);
	uint64_t scans;
	time_t start;

	if (access(KSM_DIR "run", W_OK))
		return skip(made, "no KSM");
	memset(area, 0x5a, size);
	if (madvise(area, size, MADV_MERGEABLE))
		return skip(made, "no MADV_MERGEABLE");
	scans = read_number(KSM_DIR "full_scans");
	write_path(KSM_DIR "run", "1");
	start = time(NULL);
	while (read_number(KSM_DIR "full_scans") < scans + 3) {
		if (time(NULL) > start + 60)
			die("KSM does not come round");
		sched_yield();
	}
	write_path(KSM_DIR "run", "0");
	add_region(made, area, size);
	return 0;
}

static void ignore_signal(int signal)
{
}

int make_hwpoison(struct made *made)
{
	char *area = map_anon(POISONED * PAGE, MADV_NOHUGEPAGE);
	size_t at;

	/* The kernel insists that the process hears of the lost page. */
	signal(SIGBUS, ignore_signal);
	write_pages(area, POISONED * PAGE, PAGE);
	for (at = 0; at < POISONED * PAGE; at += PAGE) {
		uint64_t pfn = frame_of(area + at);

		if (madvise(area + at, PAGE, MADV_HWPOISON))
			return skip(made, "no MADV_HWPOISON");
		made->poisoned[made->nr_poisoned++] = pfn;
	}
	add_region(made, area, POISONED * PAGE);
	return 0;
}

unsigned int unpoison(const struct made *made)
{
	unsigned int i, failed = 0;
	char pfn[32];

	if (made->nr_poisoned && system("modprobe -q hwpoison_inject"))
		return made->nr_poisoned;
	for (i = 0; i < made->nr_poisoned; i++) {
		snprintf(pfn, sizeof(pfn), "%" PRIu64, made->poisoned[i]);
		failed += write_path(UNPOISON, pfn) != 0;
	}
	return failed;
}

int make_guard(struct made *made)
{
	char *area = map_anon(SIZE, MADV_NOHUGEPAGE);

	write_pages(area, SIZE, PAGE);
	if (madvise(area, SIZE, MADV_GUARD_INSTALL))
		return skip(made, "no MADV_GUARD_INSTALL");
	add_region(made, area, SIZE);
	return 0;
}

/* Beyond what four levels reach. */
int make_high(struct made *made)
{
	char *area = mmap((void *)(3UL << 50), SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		die("mmap");
	if (!((uintptr_t)area >> 47))
		return skip(made, "four paging levels");
	if (small_pages(area, SIZE))
		die("madvise");
	write_pages(area, SIZE, PAGE);
	add_region(made, area, SIZE);
	return 0;
}
