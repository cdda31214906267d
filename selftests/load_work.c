// SPDX-License-Identifier: GPL-2.0-only
/* Workers that allocate and free memory of all kinds on all CPUs. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "load_work.h"
#include "process_util.h"

#define PAGE		4096UL
#define MB		(1UL << 20)
#define HUGE		(2 * MB)
#define GROUP		"/mmscope_load"
#define NARROW		GROUP "/narrow"
#define FOLDER		"/var/tmp/"
#define POOL		"/proc/sys/vm/nr_hugepages"

static char *map(size_t size, int flags)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			flags | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static bool has_swap(void)
{
	char *text = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(text, "SwapTotal");

	free(text);
	return kb;
}

/*
 * Small pages, for three quarters of which there is room: they go to swap and
 * come back.  Without swap there is room for all.
 */
static void work_pages(void)
{
	static bool entered;
	char *at;
	size_t i;

	if (!entered && has_swap())
		cg_enter(NARROW, 0);
	entered = true;
	at = map(16 * MB, MAP_PRIVATE);
	small_pages(at, 16 * MB);
	memset(at, 1, 16 * MB);
	for (i = 0; i < 8 * MB; i += PAGE)
		at[i]++;
	munmap(at, 16 * MB);
}

/* Huge pages, that are split and collapsed. */
static void work_huge(void)
{
	char *at = map(32 * MB + HUGE, MAP_PRIVATE);
	char *huge = (char *)(((uintptr_t)at + HUGE - 1) & ~(HUGE - 1));
	size_t i;

	madvise(huge, 32 * MB, MADV_HUGEPAGE);
	memset(huge, 1, 32 * MB);
	for (i = 0; i < 16 * MB; i += HUGE)
		madvise(huge + i, PAGE, MADV_DONTNEED);
	for (i = 0; i < 16 * MB; i += HUGE)
		huge[i] = 1;
	mprotect(huge + HUGE / 2, 8 * MB, PROT_READ);
	munmap(at, 32 * MB + HUGE);
}

/* A pool that grows and shrinks, and a page of it. */
static void work_hugetlb(void)
{
	char *at;

	write_path(POOL, "8");
	at = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		  MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (at != MAP_FAILED) {
		*at = 1;
		munmap(at, HUGE);
	}
	write_path(POOL, "0");
}

/* Files that are written, truncated, dropped and removed. */
static void work_files(void)
{
	static char block[MB];
	char path[64];
	int fd, i;

	snprintf(path, sizeof(path), FOLDER "mmscope_load_%d", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		die("%s", path);
	for (i = 0; i < 8; i++)
		if (write(fd, block, MB) != (ssize_t)MB)
			die("%s", path);
	posix_fadvise(fd, 0, 4 * MB, POSIX_FADV_DONTNEED);
	if (ftruncate(fd, 2 * MB))
		die("%s", path);
	close(fd);
	unlink(path);
}

static void work_shmem(void)
{
	int fd = memfd_create("mmscope_load", 0);
	char *at;

	if (fd < 0 || ftruncate(fd, 16 * MB))
		die("memfd");
	at = mmap(NULL, 16 * MB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("memfd");
	memset(at, 1, 16 * MB);
	munmap(at, 16 * MB);
	close(fd);
}

/* Ends in a moment, after some memory of its own and another program. */
static pid_t spawn(bool exec)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	memset(map(MB, MAP_PRIVATE), 1, MB);
	if (exec)
		execl("/bin/true", "true", NULL);
	_exit(0);
}

static void work_processes(void)
{
	pid_t pid[8];
	int i;

	for (i = 0; i < 8; i++)
		pid[i] = spawn(i & 1);
	for (i = 0; i < 8; i++)
		waitpid(pid[i], NULL, 0);
}

/* Cgroups that die while pages in them live on. */
static void work_cgroups(void)
{
	char path[64], inner[80];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), GROUP "/%d", getpid());
	snprintf(inner, sizeof(inner), "%s/inner", path);
	cg_make(path);
	cg_delegate(path);
	cg_make(inner);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		cg_enter(inner, 0);
		work_files();
		work_shmem();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	cg_remove(inner);
	cg_remove(path);
}

/* Objects of many caches, of which every third stays a while longer. */
static void work_slab(void)
{
	int fds[300], i;

	for (i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = i % 2 ? socket(AF_UNIX, SOCK_STREAM, 0) :
				 open("/tmp", O_TMPFILE | O_RDWR, 0600);
	for (i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0 && i % 3)
			close(fds[i]);
	for (i = 0; i < ARRAY_LEN(fds); i += 3)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* A map of BPF is memory of vmalloc(), if it is large. */
static void work_vmalloc(void)
{
	int fds[16], i;

	for (i = 0; i < ARRAY_LEN(fds); i++) {
		union bpf_attr attr = {
			.map_type = BPF_MAP_TYPE_ARRAY,
			.key_size = 4,
			.value_size = 4096,
			.max_entries = 64,
		};

		fds[i] = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
		if (fds[i] < 0)
			die("bpf");
	}
	for (i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
}

/**
 * struct counter - what the kernel counts in vmstat, which must grow
 * @name: its name.
 * @there: only if the machine has it; NULL: all have.
 */
static const struct counter {
	const char *name;
	bool (*there)(void);
} counters[] = {
	{ "pgfault" }, { "pgfree" }, { "thp_fault_alloc", has_thp },
	{ "thp_split_pmd", has_thp }, { "pswpout", has_swap },
	{ "pswpin", has_swap },
};

static bool is_there(const struct counter *counter)
{
	return !counter->there || counter->there();
}

static void (*const works[])(void) = {
	work_pages, work_huge, work_hugetlb, work_files, work_shmem,
	work_processes, work_cgroups, work_slab, work_vmalloc,
};

#define WORKERS		ARRAY_LEN(works)

static pid_t workers[WORKERS];
static uint64_t *rounds;
static uint64_t before[ARRAY_LEN(counters)];

static uint64_t read_counter(const char *name)
{
	char *text = read_path("/proc/vmstat", NULL);
	uint64_t value;

	if (!line_value(text, name, &value))
		die("vmstat has no %s", name);
	free(text);
	return value;
}

/* Each goes from one CPU to the next, so that every kind is on all of them. */
static void work(unsigned int i)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		CPU_ZERO(&set);
		CPU_SET((i + rounds[i]) % cpus, &set);
		sched_setaffinity(0, sizeof(set), &set);
		works[i]();
		rounds[i]++;
	}
}

void work_start(void)
{
	unsigned int i;
	int fd = open(WORK_FILE, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, map(MB, MAP_PRIVATE), MB) != (ssize_t)MB)
		die(WORK_FILE);
	close(fd);
	if (!cg_supported())
		die("no memory cgroups");
	cg_delegate("");
	cg_make(GROUP);
	cg_delegate(GROUP);
	cg_make(NARROW);
	/* No hard limit: whoever cannot write to swap in time would be killed. */
	cg_write_number(NARROW, "memory.high", 12 * MB);
	rounds = (uint64_t *)map(PAGE, MAP_SHARED);
	for (i = 0; i < ARRAY_LEN(counters); i++)
		if (is_there(&counters[i]))
			before[i] = read_counter(counters[i].name);
	for (i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] < 0)
			die("fork");
		if (!workers[i])
			work(i);
	}
}

void work_check(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid)
		die("worker %d ended: %x", pid, status);
}

bool work_went_round(void)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		if (!rounds[i])
			return false;
	return true;
}

/* A worker may end in the middle of a round, with its children at work. */
static void clean_up(void)
{
	char path[64];
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		snprintf(path, sizeof(path), CGROUP GROUP "/%d/inner",
			 workers[i]);
		if (!access(path, F_OK))
			cg_remove(path + strlen(CGROUP));
		snprintf(path, sizeof(path), CGROUP GROUP "/%d", workers[i]);
		if (!access(path, F_OK))
			cg_remove(path + strlen(CGROUP));
		snprintf(path, sizeof(path), FOLDER "mmscope_load_%d",
			 workers[i]);
		unlink(path);
	}
	cg_remove(NARROW);
	cg_remove(GROUP);
	unlink(WORK_FILE);
	write_path(POOL, "0");
}

void work_end(void)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
	}
	for (i = 0; i < WORKERS; i++)
		if (!rounds[i])
			die("worker %u has not gone round", i);
	for (i = 0; i < ARRAY_LEN(counters); i++)
		if (is_there(&counters[i]) &&
		    read_counter(counters[i].name) == before[i])
			die("%s has not grown", counters[i].name);
	clean_up();
}
