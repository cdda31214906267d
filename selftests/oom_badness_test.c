// SPDX-License-Identifier: GPL-2.0-only
/*
 * oom/badness against the OOM killer itself: who has rank 1 just before memory
 * runs out in a cgroup is the one that is then killed, and with it those of
 * whom it was said.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "oom_hogs.h"
#include "oom_rows.h"
#include "process_util.h"

FIXTURE(scene) {
	int unused;
};

/**
 * struct scene variant - a scene, and
 * @victim: the hog that is to be killed, or -1: whichever is said.
 * @killed: how many are.
 */
FIXTURE_VARIANT(scene) {
	struct scene scene;
	int victim;
	int killed;
};

FIXTURE_SETUP(scene)
{
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
}

FIXTURE_TEARDOWN(scene)
{
}

/* In each, the first process takes what is left, and a little too much. */
#define VARIANT(name)	FIXTURE_VARIANT_ADD(scene, name)

VARIANT(one_hog) {
	.scene = { 64, .hogs = { { 2 }, { 40 }, { 8 } } },
	.victim = 1, .killed = 1,
};

VARIANT(itself) {
	.scene = { 64, .hogs = { { 30 }, { 8 }, { 8 } } },
	.victim = 0, .killed = 1,
};

VARIANT(equal) {
	.scene = { 64, .hogs = { { 1 }, { 20 }, { 20 }, { 20 } } },
	.victim = -1, .killed = 1,
};

VARIANT(equal_in_two_groups) {
	.scene = { 64, .hogs = { { 1 }, { 15, 0, 0, "/b" }, { 15, 0, 0, "/a" },
				 { 15, 0, 0, "/b" }, { 15, 0, 0, "/a" } } },
	.victim = -1, .killed = 1,
};

VARIANT(equal_around_a_group) {
	.scene = { 64, .hogs = { { 1 }, { 20, 0, 0, "/b" }, { 20 },
				 { 20, 0, 0, "/b" } } },
	.victim = -1, .killed = 1,
};

VARIANT(equal_by_adj) {
	.scene = { 64, .hogs = { { 1 }, { 20, 100 }, { 20, 100 }, { 20 } } },
	.victim = -1, .killed = 1,
};

VARIANT(adj_up) {
	.scene = { 64, .hogs = { { 2 }, { 12, 500 }, { 36 } } },
	.victim = 1, .killed = 1,
};

VARIANT(adj_down) {
	.scene = { 64, .hogs = { { 2 }, { 40, -600 }, { 14 } } },
	.victim = 2, .killed = 1,
};

VARIANT(adj_all_negative) {
	.scene = { 64, .hogs = { { 2, -900 }, { 36, -900 }, { 14, -800 } } },
	.victim = -1, .killed = 1,
};

VARIANT(adj_min) {
	.scene = { 64, .hogs = { { 2 }, { 40, -1000 }, { 14 } } },
	.victim = 2, .killed = 1,
};

VARIANT(swap) {
	.scene = { 64, .hogs = { { 2 }, { 40, 0, HOG_SWAPS }, { 30 } } },
	.victim = 1, .killed = 1,
};

VARIANT(page_tables) {
	.scene = { 64, .hogs = { { 2 }, { 28, 0, HOG_TABLES }, { 20 } } },
	.victim = 1, .killed = 1,
};

VARIANT(shmem) {
	.scene = { 64, .hogs = { { 2 }, { 34, 0, HOG_SHMEM }, { 20 } } },
	.victim = 1, .killed = 1,
};

VARIANT(threads) {
	.scene = { 64, .hogs = { { 2 }, { 34, 0, HOG_THREADS }, { 20 } } },
	.victim = 1, .killed = 1,
};

VARIANT(first_thread_gone) {
	.scene = { 64, .hogs = { { 2 }, { 34, 0, HOG_HEADLESS }, { 20 } } },
	.victim = 1, .killed = 1,
};

VARIANT(orphan) {
	.scene = { 64, .hogs = { { 2 }, { 34, 0, HOG_ORPHAN }, { 20 } } },
	.victim = -1, .killed = 1,
};

VARIANT(shared_memory_map) {
	.scene = { 64, .hogs = { { 2 }, { 34, 0, HOG_TWIN }, { 20 } } },
	.victim = -1, .killed = 2,
};

VARIANT(vfork) {
	.scene = { 64, .hogs = { { 2 }, { 34, 0, HOG_VFORK }, { 20 } } },
	.victim = 1, .killed = 2,
};

VARIANT(inner_limit) {
	.scene = { 128, "/a", 32, .hogs = { { 1, 0, 0, "/a" },
		   { 20, 0, 0, "/a" }, { 6, 0, 0, "/a" }, { 60 },
		   { 20, 0, 0, "/b" } } },
	.victim = 1, .killed = 1,
};

/* The adj is measured with the inner limit: 300 is 10 MB, not 38. */
VARIANT(inner_limit_adj) {
	.scene = { 128, "/a", 32, .hogs = { { 1, 0, 0, "/a" },
		   { 19, 0, 0, "/a" }, { 6, 300, 0, "/a" }, { 60 } } },
	.victim = 1, .killed = 1,
};

VARIANT(group) {
	.scene = { 64, .oom_group = "/a", .hogs = { { 1 },
		   { 30, 0, 0, "/a" }, { 6, 0, 0, "/a" },
		   { 4, -1000, 0, "/a" }, { 12, 0, 0, "/b" } } },
	.victim = 1, .killed = 2,
};

/* The victim is in no such group. */
VARIANT(other_group) {
	.scene = { 64, .oom_group = "/a", .hogs = { { 1 },
		   { 10, 0, 0, "/a" }, { 6, 0, 0, "/a" },
		   { 34, 0, 0, "/b" } } },
	.victim = 3, .killed = 1,
};

/* Waits for those that were to be killed.  Return: their number. */
static int await_killed(void)
{
	unsigned int i;
	int killed = 0;

	for (i = 0; i < nr_rows; i++) {
		if (!rows[i].killed)
			continue;
		if (!hogs_killed(rows[i].pid))
			complain("%d was not killed", rows[i].pid);
		else
			killed++;
	}
	return killed;
}

/* Those that were not to be killed, and were. */
static int count_dead(void)
{
	unsigned int i;
	int dead = 0;

	for (i = 0; i < nr_rows; i++)
		dead += !rows[i].killed && rows[i].rank &&
			!hogs_alive(rows[i].pid);
	return dead;
}

/*
 * The kernel names a thread, the first that has memory: is it one of those that
 * the process had?
 */
static char tasks[1024];

static void note_threads(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	strcpy(tasks, " ");
	while (dir && (entry = readdir(dir)))
		snprintf(tasks + strlen(tasks), sizeof(tasks) - strlen(tasks),
			 "%.10s ", entry->d_name);
	closedir(dir);
}

static bool is_thread(pid_t pid)
{
	char word[32];

	snprintf(word, sizeof(word), " %d ", pid);
	return strstr(tasks, word);
}

TEST_F_TIMEOUT(scene, names_the_victim, 120)
{
	int log = kills_open(), others = 0, dead;
	struct killed killed;
	struct hogs hogs;
	unsigned int i;
	bool meant;
	pid_t pid;

	hogs_start(&hogs, &variant->scene);
	hogs_fill(&hogs);
	EXPECT_EQ(0, cg_value(hogs.short_of, "memory.events", "oom_kill"));
	pid = predict("memcg=%s", hogs.short_of);
	ASSERT_GT(pid, 0);
	if (variant->victim >= 0)
		EXPECT_EQ(hogs.pid[variant->victim], pid);
	note_threads(pid);
	hogs_go(&hogs);
	EXPECT_EQ(variant->killed, await_killed());
	ASSERT_TRUE(kills_next(log, &killed));
	EXPECT_TRUE(is_thread(killed.pid))
		TH_LOG("%d was killed, not %d", killed.pid, pid);
	/*
	 * If the victim takes its time to end, and its memory cannot be taken
	 * before, the kernel kills another one.  It says so before that one is
	 * dead.
	 */
	dead = count_dead();
	while (kills_next(log, &killed)) {
		meant = false;
		for (i = 0; i < nr_rows; i++)
			meant |= rows[i].pid == killed.pid && rows[i].killed;
		others += !meant;
	}
	if (!others)
		EXPECT_EQ(0, dead);
	close(log);
	hogs_end(&hogs);
}

static const struct scene two_limits = {
	128, "/a", 32, .hogs = { { 1, 0, 0, "/a" }, { 20, 0, 0, "/a" },
				 { 6, 0, 0, "/a" }, { 60 }, { 20, 0, 0, "/b" } }
};

TEST(only_those_inside)
{
	unsigned int i, j, known = 0;
	struct hogs hogs;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	hogs_start(&hogs, &two_limits);
	ASSERT_GT(predict("memcg=%s", hogs.short_of), 0);
	for (i = 0; i < HOGS_MAX; i++) {
		const struct hog *hog = &two_limits.hogs[i];
		bool inside = hog->group && !strcmp(hog->group, "/a");

		for (j = 0; j < nr_rows && rows[j].pid != hogs.pid[i]; j++)
			;
		if (hog->mb)
			EXPECT_EQ(inside, j < nr_rows);
		known += inside;
	}
	EXPECT_EQ(known, nr_rows);
	hogs_end(&hogs);
}

/* 0 if there is none. */
static pid_t find_named(const char *name)
{
	char path[64], comm[32];
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	pid_t found = 0;
	FILE *file;

	while (!found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.10s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%31s", comm) == 1 && !strcmp(comm, name))
			found = atoi(entry->d_name);
		fclose(file);
	}
	closedir(dir);
	return found;
}

/* Kernel threads can be put into a cgroup, and are never killed. */
TEST(no_kernel_threads)
{
	pid_t pid = find_named("kswapd0"), child;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	ASSERT_GT(pid, 0);
	cg_make("/mms_kernel");
	cg_enter("/mms_kernel", pid);
	child = fork();
	if (!child) {
		cg_enter("/mms_kernel", 0);
		for (;;)
			pause();
	}
	/* Until it is there. */
	while (predict("memcg=%s", "/mms_kernel") != child)
		;
	EXPECT_EQ(1, nr_rows);
	cg_enter("", pid);
	end_process(child);
	cg_remove("/mms_kernel");
}

TEST_HARNESS_MAIN
