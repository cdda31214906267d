// SPDX-License-Identifier: GPL-2.0-only
/* Processes in memory cgroups that take memory and wait. */
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
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "oom_hogs.h"
#include "process_util.h"

#define PAGE		4096UL
/* What the first process takes at a time, and what it takes at last. */
#define STEP		(256UL << 10)
#define REST		(2 * MB)
/* Memory that the first may need to get where it is short. */
#define ROOM		(256 * MB)
/* Addresses that one page table serves. */
#define TABLE		(2 * MB)

static char *room;
static size_t taken;

static char *reserve(size_t bytes, int flags)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
			MAP_NORESERVE | flags, -1, 0);

	if (at == MAP_FAILED)
		_exit(2);
	return at;
}

/*
 * Until 6.2 (f1a7941243c1) a thread keeps up to 64 pages out of the counters of
 * its memory, and adds them when it ends, which is between mark_victim and the
 * line in the log.  Unmapping a page adds them before.
 */
static void count_pages(void)
{
	char *page = reserve(PAGE, MAP_PRIVATE);

	*page = 1;
	munmap(page, PAGE);
}

static void take(const struct hog *hog)
{
	size_t bytes = hog->mb * MB, i;
	char *at;

	if (hog->what & HOG_TABLES) {
		/* A page and a table for each. */
		size_t pages = bytes / PAGE / 2;

		at = reserve(pages * TABLE, MAP_PRIVATE);
		for (i = 0; i < pages; i++)
			at[i * TABLE] = 1;
		return;
	}
	at = reserve(bytes, hog->what & HOG_SHMEM ? MAP_SHARED : MAP_PRIVATE);
	memset(at, 1, bytes);
	if (hog->what & HOG_SWAPS && madvise(at, bytes / 2, MADV_PAGEOUT))
		_exit(3);
}

static int ready_fd;

static void ready(void)
{
	if (write(ready_fd, "", 1) != 1)
		_exit(4);
}

static void *wait_on(void *arg)
{
	if (arg)
		ready();
	for (;;)
		pause();
	return NULL;
}

static int twin(void *arg)
{
	wait_on(NULL);
	return 0;
}

static void spawn_thread(bool tells)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, wait_on, tells ? "" : NULL))
		_exit(5);
}

/* Takes more step by step, and then all of the rest. */
static void obey(int command)
{
	char c;

	while (read(command, &c, 1) == 1) {
		size_t bytes = c == 'g' ? REST : STEP;

		memset(room + taken, 1, bytes);
		taken += bytes;
		ready();
	}
	_exit(0);
}

static void be_orphan(const struct hog *hog)
{
	if (fork())
		_exit(0);
	take(hog);
	count_pages();
	ready();
	wait_on(NULL);
}

static void be_vfork(void)
{
	if (!vfork()) {
		ready();
		wait_on(NULL);
	}
	_exit(6);
}

/*
 * Whoever takes too much cannot run while another one ends: the kernel lets go
 * of a victim (MMF_OOM_SKIP) before all of its memory is free, and who asks
 * then has a second one killed.  All are on one CPU, the first with a lower
 * priority there.
 */
static void come_first(bool first)
{
	const struct sched_param param = { .sched_priority = first ? 1 : 2 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) ||
	    sched_setscheduler(0, SCHED_FIFO, &param))
		_exit(10);
}

static void be(const struct hog *hog, int command)
{
	static char stack[65536];
	char text[16];
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	come_first(command >= 0);
	/* Pages one by one, and tables for all of them. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	snprintf(text, sizeof(text), "%d", hog->adj);
	if (write_path("/proc/self/oom_score_adj", text))
		_exit(7);
	if (hog->what & HOG_NOBODY && (setgid(65534) || setuid(65534)))
		_exit(8);
	if (hog->what & HOG_ORPHAN)
		be_orphan(hog);
	if (command >= 0)
		room = reserve(ROOM, MAP_PRIVATE);
	take(hog);
	count_pages();
	if (hog->what & HOG_VFORK)
		be_vfork();
	for (i = 0; hog->what & HOG_THREADS && i < 4; i++)
		spawn_thread(false);
	if (hog->what & HOG_TWIN &&
	    clone(twin, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) < 0)
		_exit(9);
	if (hog->what & HOG_HEADLESS) {
		spawn_thread(true);
		pthread_exit(NULL);
	}
	ready();
	if (command >= 0)
		obey(command);
	wait_on(NULL);
}

/* Waits for a child to be ready; @from is the end it may close. */
static void await(int from)
{
	char c;

	if (read(from, &c, 1) != 1)
		die("a process has ended too early");
}

static int acks;

static void start(struct hogs *hogs, const struct hog *hog, int which)
{
	int command[2] = { -1, -1 }, told[2];
	char path[64];
	pid_t pid;

	if (pipe(told) || (!which && pipe(command)))
		die("pipe: %s", strerror(errno));
	snprintf(path, sizeof(path), HOGS "%s", hog->group ?: HOGS_OTHERS);
	pid = fork();
	if (!pid) {
		close(told[0]);
		if (!which)
			close(command[1]);
		ready_fd = told[1];
		cg_enter(path, 0);
		be(hog, command[0]);
	}
	close(told[1]);
	await(told[0]);
	hogs->pid[which] = pid;
	if (which) {
		close(told[0]);
		return;
	}
	close(command[0]);
	hogs->command = command[1];
	acks = told[0];
}

static const char *const below[] = { "/a", "/b", HOGS_OTHERS };

/* Ends who is there, and removes the cgroups. */
static void clear(void)
{
	char name[64];
	int i;

	cg_write_number(HOGS, "cgroup.kill", 1);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	for (i = 0; i < ARRAY_LEN(below); i++) {
		snprintf(name, sizeof(name), CGROUP HOGS "%s", below[i]);
		if (!access(name, F_OK))
			cg_remove(name + strlen(CGROUP));
	}
	cg_remove(HOGS);
}

void hogs_start(struct hogs *hogs, const struct scene *scene)
{
	static char name[64];
	int i;

	*hogs = (struct hogs){ .short_of = HOGS };
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* A test that failed leaves them. */
	if (!access(CGROUP HOGS, F_OK))
		clear();
	cg_make(HOGS);
	cg_delegate(HOGS);
	for (i = 0; i < ARRAY_LEN(below); i++) {
		snprintf(name, sizeof(name), HOGS "%s", below[i]);
		cg_make(name);
		if (scene->oom_group && !strcmp(scene->oom_group, below[i]))
			cg_write_number(name, "memory.oom.group", 1);
	}
	cg_write_number(HOGS, "memory.max", scene->limit_mb * MB);
	if (scene->inner) {
		snprintf(name, sizeof(name), HOGS "%s", scene->inner);
		cg_write_number(name, "memory.max", scene->inner_mb * MB);
		/* The limits above do not count. */
		cg_write_number(name, "memory.swap.max", 0);
		hogs->short_of = name;
	}
	for (i = HOGS_MAX - 1; i >= 0; i--)
		if (scene->hogs[i].mb)
			start(hogs, &scene->hogs[i], i);
	/* What is in swap stays there, and nothing else gets there. */
	cg_write_number(HOGS, "memory.swap.max",
			cg_number(HOGS, "memory.swap.current"));
}

void hogs_fill(const struct hogs *hogs)
{
	uint64_t limit = cg_number(hogs->short_of, "memory.max");

	while (limit - cg_number(hogs->short_of, "memory.current") >
	       2 * STEP) {
		if (write(hogs->command, "s", 1) != 1)
			die("command");
		await(acks);
	}
}

void hogs_go(const struct hogs *hogs)
{
	if (write(hogs->command, "g", 1) != 1)
		die("command");
}

int kills_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		die("/dev/kmsg: %s", strerror(errno));
	return fd;
}

bool kills_next(int fd, struct killed *killed)
{
	char line[8192], *at;
	ssize_t n;

	while ((n = read(fd, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		at = strstr(line, "Killed process ");
		if (at && sscanf(at, "Killed process %d (%31[^)]) "
				 "total-vm:%lukB, anon-rss:%lukB, "
				 "file-rss:%lukB, shmem-rss:%lukB, UID:%u "
				 "pgtables:%lukB oom_score_adj:%d",
				 &killed->pid, killed->comm, &killed->vm,
				 &killed->anon, &killed->file, &killed->shmem,
				 &killed->uid, &killed->pgtables,
				 &killed->adj) == 9)
			return true;
	}
	return false;
}

bool hogs_killed(pid_t pid)
{
	char path[64];
	int status;

	/* A grandchild becomes a child when its parent has ended. */
	snprintf(path, sizeof(path), "/proc/%d", pid);
	while (waitpid(pid, &status, 0) != pid)
		if (errno != ECHILD || access(path, F_OK))
			die("waitpid %d: %s", pid, strerror(errno));
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool hogs_alive(pid_t pid)
{
	char *text, path[64];
	bool alive;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (access(path, F_OK))
		return false;
	text = read_proc(pid, "status");
	alive = text && !strstr(text, "State:\tZ") && !strstr(text, "State:\tX");
	free(text);
	return alive;
}

void hogs_end(struct hogs *hogs)
{
	clear();
	close(hogs->command);
	close(acks);
}
