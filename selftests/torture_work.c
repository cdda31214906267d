// SPDX-License-Identifier: GPL-2.0-only
/* Workers that move, split, merge and take away memory that is looked at. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_util.h"
#include "settings.h"
#include "torture_work.h"

#define PAGE		4096UL
#define MB		(1UL << 20)
#define HUGE		(2 * MB)
#define BLOCKS		"/sys/devices/system/memory/memory*/state"
#define KSM_SCANS	"/sys/kernel/mm/ksm/full_scans"
/* Scans that are waited for at most, by looking again. */
#define LOOKS		10000

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static struct setting settings[] = {
	{ "/sys/kernel/mm/ksm/run", "1" },
	{ "/sys/kernel/mm/ksm/pages_to_scan", "5000" },
	{ "/sys/kernel/mm/ksm/sleep_millisecs", "1" },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "madvise" },
	{ "/proc/sys/vm/unprivileged_userfaultfd", "1" },
};

static char *map(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Each returns whether it could do what it is for. */

static bool work_remap(void)
{
	char *at = map(4 * MB), *moved;

	if (!at)
		return false;
	memset(at, 1, MB);
	moved = mremap(at, 4 * MB, 8 * MB, MREMAP_MAYMOVE);
	if (moved == MAP_FAILED)
		return munmap(at, 4 * MB);
	munmap(moved + MB / 2, MB);
	munmap(moved, 8 * MB);
	return true;
}

static bool work_lock(void)
{
	char *at = map(MB);
	bool did;

	if (!at)
		return false;
	did = !mlock(at, MB);
	munlock(at + MB / 4, MB / 2);
	madvise(at, MB, MADV_PAGEOUT);
	munmap(at, MB);
	return did;
}

/* To another node, and wherever compaction has them. */
static bool work_migrate(void)
{
	static int node;
	unsigned long mask = 1UL << (node ^= 1);
	char *at = map(4 * MB);
	bool did;

	if (!at)
		return false;
	memset(at, 1, 4 * MB);
	did = !syscall(SYS_mbind, at, 4 * MB, MPOL_BIND, &mask, 64,
		       MPOL_MF_MOVE);
	did |= !write_path("/proc/sys/vm/compact_memory", "1");
	munmap(at, 4 * MB);
	return did;
}

static bool work_collapse(void)
{
	char *at = map(2 * HUGE), *huge;
	bool did;

	if (!at)
		return false;
	huge = (char *)(((uintptr_t)at + HUGE - 1) & ~(HUGE - 1));
	small_pages(huge, HUGE);
	memset(huge, 1, HUGE);
	madvise(huge, HUGE, MADV_HUGEPAGE);
	did = !madvise(huge, HUGE, MADV_COLLAPSE);
	/* In two, and together again. */
	mprotect(huge, HUGE / 2, PROT_READ);
	munmap(at, 2 * HUGE);
	return did;
}

static bool work_userfault(void)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK |
			 UFFD_USER_MODE_ONLY);
	struct uffdio_writeprotect protect = {};
	struct uffdio_register area = {};
	struct uffdio_copy copy = {};
	char *at = map(MB), *from = map(MB);
	bool did = false;

	if (fd < 0 || !at || !from || ioctl(fd, UFFDIO_API, &api))
		goto out;
	memset(from, 1, MB);
	area.range.start = protect.range.start = (uintptr_t)at;
	area.range.len = protect.range.len = MB;
	area.mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP;
	copy = (struct uffdio_copy){
		.dst = (uintptr_t)at, .src = (uintptr_t)from, .len = MB,
	};
	protect.mode = UFFDIO_WRITEPROTECT_MODE_WP;
	did = !ioctl(fd, UFFDIO_REGISTER, &area) &&
	      !ioctl(fd, UFFDIO_COPY, &copy) &&
	      !ioctl(fd, UFFDIO_WRITEPROTECT, &protect);
	protect.mode = 0;
	ioctl(fd, UFFDIO_WRITEPROTECT, &protect);
out:
	if (fd >= 0)
		close(fd);
	munmap(at, MB);
	munmap(from, MB);
	return did;
}

/* Equal pages become one, and each is written to again. */
static bool work_ksm(void)
{
	uint64_t scans, looks = 0;
	char *at = map(MB);
	size_t i;
	bool did;

	if (!at || access(KSM_SCANS, R_OK))
		return false;
	memset(at, 0x5a, MB);
	did = !madvise(at, MB, MADV_MERGEABLE);
	scans = read_number(KSM_SCANS);
	while (did && looks++ < LOOKS && read_number(KSM_SCANS) < scans + 2)
		sched_yield();
	for (i = 0; i < MB; i += 2 * PAGE)
		at[i]++;
	munmap(at, MB);
	return did;
}

/* A block of memory is taken away and comes back. */
static bool work_unplug(void)
{
	static size_t turn;
	bool did = false;
	glob_t found;
	char *path;

	if (glob(BLOCKS, 0, NULL, &found))
		return false;
	path = found.gl_pathv[turn++ % found.gl_pathc];
	if (!write_path(path, "offline")) {
		did = true;
		while (write_path(path, "online_movable") &&
		       write_path(path, "online"))
			;
	}
	globfree(&found);
	return did;
}

static const struct {
	const char *name;
	bool (*work)(void);
} works[] = {
	{ "remap", work_remap }, { "lock", work_lock },
	{ "migrate", work_migrate }, { "collapse", work_collapse },
	{ "userfault", work_userfault }, { "ksm", work_ksm },
	{ "unplug", work_unplug },
};

#define WORKERS		ARRAY_LEN(works)

static pid_t workers[WORKERS];
static uint64_t *done;

void torture_work_start(void)
{
	unsigned int i;

	settings_apply(settings, ARRAY_LEN(settings));
	done = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		die("mmap");
	for (i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] < 0)
			die("fork");
		if (workers[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			done[i] += works[i].work();
	}
}

bool torture_work_went_round(void)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		if (!done[i])
			return false;
	return true;
}

static void all_online(void)
{
	glob_t found;
	size_t i;

	if (glob(BLOCKS, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		write_path(found.gl_pathv[i], "online");
	globfree(&found);
}

void torture_work_end(void)
{
	unsigned int i;

	for (i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
		printf("# %s: %" PRIu64 " times\n", works[i].name, done[i]);
	}
	all_online();
	settings_restore(settings, ARRAY_LEN(settings));
}
