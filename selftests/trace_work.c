// SPDX-License-Identifier: GPL-2.0-only
/* Processes that do known numbers of things while they are traced. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trace_util.h"
#include "trace_work.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif
#define KPF_WRITEBACK	8
#define HUGE		(2UL << 20)

struct work *work_new(void)
{
	struct work *work = mmap(NULL, sizeof(*work), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (work == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return work;
}

pid_t work_start(work_fn fn, struct work *work)
{
	return start_stopped(fn, work);
}

bool work_do(pid_t pid)
{
	int status;

	kill(pid, SIGCONT);
	return waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static char *map(size_t pages, int flags, int fd)
{
	char *area = mmap(NULL, pages * getpagesize(), PROT_READ | PROT_WRITE,
			  flags, fd, 0);

	if (area == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return area;
}

static char *map_anon(size_t pages)
{
	char *area = map(pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	small_pages(area, pages * getpagesize());
	return area;
}

static void write_pages(char *area, unsigned int nr)
{
	unsigned int i, size = getpagesize();

	for (i = 0; i < nr; i++)
		((volatile char *)area)[i * size] = i + 1;
}

static void read_pages(const char *area, unsigned int nr)
{
	unsigned int i, size = getpagesize();

	for (i = 0; i < nr; i++)
		(void)((const volatile char *)area)[i * size];
}

/* A file of a real filesystem, all of it in the page cache. */
static int make_file(unsigned int pages)
{
	char path[] = "/var/tmp/mmscope-trace-XXXXXX", *page;
	unsigned int i;
	int fd = mkstemp(path);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	unlink(path);
	page = calloc(1, getpagesize());
	memset(page, 1, getpagesize());
	for (i = 0; i < pages; i++)
		if (write(fd, page, getpagesize()) != getpagesize())
			die("%s: %s", path, strerror(errno));
	fsync(fd);
	free(page);
	return fd;
}

/**
 * struct areas - where each kind of fault happens
 * @pages: what it is called, and how many there are.
 */
struct areas {
	char *anon, *zero, *cow, *reuse, *shmem, *file, *cow_file, *swap;
	char *unmap;
};

/* A child that has all of this one's memory, and waits or ends. */
static pid_t fork_sharer(bool waits)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (waits)
			pause();
		_exit(0);
	}
	if (!waits)
		waitpid(pid, NULL, 0);
	return pid;
}

static void make_areas(struct areas *areas)
{
	int fd = make_file(WORK_FILE + WORK_COW_FILE);
	size_t size = getpagesize();

	areas->anon = map_anon(WORK_ANON);
	areas->zero = map_anon(WORK_ZERO);
	areas->cow = map_anon(WORK_COW);
	areas->reuse = map_anon(WORK_REUSE);
	areas->swap = map_anon(WORK_SWAP);
	areas->unmap = map_anon(2 * WORK_UNMAPS);
	areas->shmem = map(WORK_SHMEM, MAP_SHARED | MAP_ANONYMOUS, -1);
	areas->file = map(WORK_FILE, MAP_SHARED, fd);
	areas->cow_file = mmap(NULL, WORK_COW_FILE * size,
			       PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
			       WORK_FILE * size);
	close(fd);
	write_pages(areas->cow, WORK_COW);
	write_pages(areas->reuse, WORK_REUSE);
	write_pages(areas->swap, WORK_SWAP);
	/* Write-protected by the first, and not shared with the second. */
	fork_sharer(false);
	madvise(areas->reuse, WORK_REUSE * size, MADV_DONTFORK);
	fork_sharer(true);
}

/* All memory but that of the areas becomes this process's own. */
static void unshare_rest(const struct areas *areas)
{
	char *const keep[] = { areas->anon, areas->zero, areas->cow,
			       areas->reuse, areas->cow_file, areas->unmap };
	const size_t pages[] = { WORK_ANON, WORK_ZERO, WORK_COW, WORK_REUSE,
				 WORK_COW_FILE, 2 * WORK_UNMAPS };
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(keep); i++)
		mprotect(keep[i], pages[i] * getpagesize(), PROT_READ);
	unshare_memory();
	for (i = 0; i < ARRAY_LEN(keep); i++)
		mprotect(keep[i], pages[i] * getpagesize(),
			 PROT_READ | PROT_WRITE);
}

static uint64_t in_swap(const char *area, unsigned int nr)
{
	uint64_t entry, swapped = 0;
	unsigned int i;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	for (i = 0; i < nr; i++)
		if (pread(fd, &entry, 8, ((uintptr_t)area / getpagesize() + i) * 8) == 8)
			swapped += entry >> 62 & 1;
	close(fd);
	return swapped;
}

/* All of what was given to swap, and is here again, has been written. */
static void wait_written(const char *area, unsigned int nr)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned int i, size = getpagesize();
	time_t end = time(NULL) + 60;
	uint64_t flags;

	for (i = 0; i < nr; i++) {
		uint64_t pfn = frame_of(area + i * size);

		while (pread(fd, &flags, 8, pfn * 8) == 8 &&
		       flags & 1ULL << KPF_WRITEBACK) {
			if (time(NULL) > end)
				die("swap is still being written");
			sched_yield();
		}
	}
	close(fd);
}

/* Counts in @work are of what is traced, from the first fault to the last. */
static void fault(const struct areas *areas, struct work *work)
{
	struct rusage before, after;
	unsigned int i;

	getrusage(RUSAGE_SELF, &before);
	write_pages(areas->anon, WORK_ANON);
	read_pages(areas->zero, WORK_ZERO);
	write_pages(areas->zero, WORK_COW_ZERO);
	write_pages(areas->cow, WORK_COW);
	write_pages(areas->reuse, WORK_REUSE);
	write_pages(areas->shmem, WORK_SHMEM);
	write_pages(areas->file, WORK_FILE);
	write_pages(areas->cow_file, WORK_COW_FILE);
	madvise(areas->swap, WORK_SWAP * getpagesize(), MADV_PAGEOUT);
	work->swapped = in_swap(areas->swap, WORK_SWAP);
	read_pages(areas->swap, WORK_SWAP);
	/*
	 * They may not have left memory, as they were being written.  Now that
	 * swap has what they have, they are let go at once.
	 */
	wait_written(areas->swap, WORK_SWAP);
	madvise(areas->swap, WORK_SWAP * getpagesize(), MADV_PAGEOUT);
	work->swapped_again = in_swap(areas->swap, WORK_SWAP);
	read_pages(areas->swap, WORK_SWAP);
	/* Every second page: one VMA becomes two each time. */
	for (i = 0; i < WORK_UNMAPS; i++)
		munmap(areas->unmap + 2 * i * getpagesize(), getpagesize());
	getrusage(RUSAGE_SELF, &after);
	work->minor = after.ru_minflt - before.ru_minflt;
	work->major = after.ru_majflt - before.ru_majflt;
}

int work_pages(void *context)
{
	struct areas areas = {}, rehearsal = {};
	struct work first, *work = context;

	prctl(PR_SET_NAME, "t_pages");
	/* MADV_PAGEOUT takes what no other CPU's lists hold back. */
	on_cpu(0);
	/* So that all the code and the stack that it takes are there. */
	make_areas(&rehearsal);
	fault(&rehearsal, &first);
	make_areas(&areas);
	unshare_rest(&areas);
	memset(work, 0, sizeof(*work));
	raise(SIGSTOP);
	fault(&areas, work);
	return 0;
}

static void huge_counters(uint64_t counters[4])
{
	counters[0] = vmstat("thp_fault_alloc ");
	counters[1] = vmstat("thp_split_page ");
	counters[2] = vmstat("thp_collapse_alloc ");
	counters[3] = vmstat("thp_split_pmd ");
}

static void split_huge(const char *area, size_t size)
{
	char text[64];

	snprintf(text, sizeof(text), "%d,0x%lx,0x%lx,0", getpid(),
		 (unsigned long)area, (unsigned long)area + size);
	if (write_path("/sys/kernel/debug/split_huge_pages", text))
		die("split_huge_pages: %s", strerror(errno));
}

int work_huge(void *context)
{
	char *area = mmap(NULL, (WORK_HUGE + 1) * HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct work *work = context;
	unsigned int i;

	prctl(PR_SET_NAME, "t_huge");
	area = (char *)(((uintptr_t)area + HUGE - 1) & ~(HUGE - 1));
	madvise(area, WORK_HUGE * HUGE, MADV_HUGEPAGE);
	raise(SIGSTOP);
	huge_counters(work->before);
	for (i = 0; i < WORK_HUGE; i++)
		area[i * HUGE] = 1;
	split_huge(area, WORK_HUGE * HUGE);
	work->calls = !madvise(area, WORK_HUGE * HUGE, MADV_COLLAPSE);
	huge_counters(work->after);
	return 0;
}

uint64_t tlb_interrupts(void)
{
	char *text = read_path("/proc/interrupts", NULL);
	char *line = strstr(text, "TLB:"), *end;
	uint64_t sum = 0, value;

	if (!line)
		die("no TLB in /proc/interrupts");
	for (line += 4; value = strtoull(line, &end, 10), end != line; line = end)
		sum += value;
	free(text);
	return sum;
}

static volatile bool spin;

static void *spinner(void *unused)
{
	on_cpu(1);
	spin = true;
	while (spin)
		;
	return NULL;
}

int work_tlb(void *context)
{
	struct work *work = context;
	char *page = map_anon(1);
	pthread_t thread;

	prctl(PR_SET_NAME, "t_tlb");
	on_cpu(0);
	raise(SIGSTOP);
	if (pthread_create(&thread, NULL, spinner, NULL))
		die("pthread_create");
	while (!spin)
		;
	work->before[0] = tlb_interrupts();
	/* Whoever else is on that CPU need not be interrupted. */
	do {
		page[0] = 1;
		mprotect(page, getpagesize(), PROT_READ);
		mprotect(page, getpagesize(), PROT_READ | PROT_WRITE);
		work->calls += 2;
		work->after[0] = tlb_interrupts();
	} while (work->after[0] - work->before[0] < WORK_SHOOTDOWNS &&
		 work->calls < 100 * WORK_SHOOTDOWNS);
	spin = false;
	pthread_join(thread, NULL);
	return 0;
}
