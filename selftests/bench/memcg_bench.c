// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to look at a thousand cgroups, and at the processes of the
 * machine as the OOM killer does: mmscope and its rivals.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define TOP		"/sys/fs/cgroup/bench"
#define CGROUPS		1000
#define PROCESSES	200
#define ROUNDS		3

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void make_cgroups(void)
{
	char path[64];
	int i;

	if (mkdir(TOP, 0755))
		die(TOP);
	put(TOP "/cgroup.subtree_control", "+memory");
	for (i = 0; i < CGROUPS; i++) {
		snprintf(path, sizeof(path), TOP "/%d", i);
		if (mkdir(path, 0755))
			die(path);
	}
}

static void slurp(const char *path)
{
	char text[16384];
	int fd = open(path, O_RDONLY);

	/* A process may have gone. */
	if (fd < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void read_cgroups(void)
{
	char path[64];
	int i;

	for (i = 0; i < CGROUPS; i++) {
		snprintf(path, sizeof(path), TOP "/%d/memory.current", i);
		slurp(path);
		snprintf(path, sizeof(path), TOP "/%d/memory.stat", i);
		slurp(path);
	}
}

static int read_scores(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300];
	int nr = 0;

	if (!dir)
		die("/proc");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/oom_score",
			 entry->d_name);
		slurp(path);
		nr++;
	}
	closedir(dir);
	return nr;
}

static void start_processes(void)
{
	int i;

	for (i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			for (;;)
				pause();
	}
}

int main(void)
{
	uint64_t best = UINT64_MAX, lock_max = 0;
	int round, nr = 0;

	make_cgroups();
	report("tree", "mmscope:tree", "cgroup",
	       read_file(MMSCOPE "memcg/tree", "memcg=/bench", NULL), CGROUPS);
	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		read_cgroups();
		began = now() - began;
		best = began < best ? began : best;
	}
	report("tree", "memory.stat+current", "cgroup", best, CGROUPS);

	start_processes();
	best = UINT64_MAX;
	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		nr = read_scores();
		began = now() - began;
		best = began < best ? began : best;
	}
	/* Kernel threads, too, in both: they are looked at. */
	report("badness", "mmscope:badness", "process",
	       read_file(MMSCOPE "oom/badness", NULL, &lock_max), nr);
	report("badness", "oom_score", "process", best, nr);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	return 0;
}
