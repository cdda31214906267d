// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to see what reclaim works with, of two hundred cgroups with
 * pages and as many processes: mmscope and the kernel's own files.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define TOP		"/sys/fs/cgroup/bench"
#define CGROUPS		200
#define ROUNDS		3
#define MEMORY		(64UL << 10)

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* Each with a process in it that has some pages. */
static void make_cgroups(void)
{
	char path[64], text[32], c;
	int ready[2], i;

	if (mkdir(TOP, 0755) || pipe(ready))
		die(TOP);
	put(TOP "/cgroup.subtree_control", "+memory");
	for (i = 0; i < CGROUPS; i++) {
		pid_t pid;

		snprintf(path, sizeof(path), TOP "/%d", i);
		if (mkdir(path, 0755))
			die(path);
		strcat(path, "/cgroup.procs");
		pid = fork();
		if (pid < 0)
			die("fork");
		if (!pid) {
			char *at;

			snprintf(text, sizeof(text), "%d", getpid());
			put(path, text);
			at = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memset(at, 1, MEMORY);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			for (;;)
				pause();
		}
		if (read(ready[0], &c, 1) != 1)
			die("child");
	}
}

static void slurp(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);

	/* A process may have gone. */
	if (fd < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void read_lists(void)
{
	char path[64];
	int i;

	slurp("/proc/zoneinfo");
	slurp("/sys/fs/cgroup/memory.stat");
	slurp(TOP "/memory.stat");
	for (i = 0; i < CGROUPS; i++) {
		snprintf(path, sizeof(path), TOP "/%d/memory.stat", i);
		slurp(path);
	}
}

static int processes;

static void read_swap(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300];

	if (!dir)
		die("/proc");
	slurp("/proc/swaps");
	processes = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		slurp(path);
		processes++;
	}
	closedir(dir);
}

/* The best of some rounds. */
static uint64_t best_of(void (*read_all)(void))
{
	uint64_t best = UINT64_MAX;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		read_all();
		began = now() - began;
		best = began < best ? began : best;
	}
	return best;
}

int main(void)
{
	uint64_t rival, lock_max = 0;

	/* The same on each kernel, if it has them. */
	if (!access("/sys/kernel/mm/lru_gen/enabled", W_OK))
		put("/sys/kernel/mm/lru_gen/enabled", "y");
	make_cgroups();
	report("lru", "mmscope:lru", "cgroup",
	       read_file(MMSCOPE "reclaim/lru", NULL, &lock_max), CGROUPS);
	report("lru", "zoneinfo+memory.stat", "cgroup", best_of(read_lists),
	       CGROUPS);
	report("lru", "mmscope:lru", "longest_lock", lock_max, 1);
	report("generations", "mmscope:generations", "cgroup",
	       read_file(MMSCOPE "reclaim/generations", NULL, NULL), CGROUPS);
	rival = read_file("/sys/kernel/debug/lru_gen", NULL, NULL);
	if (rival)
		report("generations", "lru_gen", "cgroup", rival, CGROUPS);
	rival = best_of(read_swap);
	report("swap", "mmscope:swap", "process",
	       read_file(MMSCOPE "reclaim/swap", NULL, NULL), processes);
	report("swap", "swaps+status", "process", rival, processes);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	return 0;
}
