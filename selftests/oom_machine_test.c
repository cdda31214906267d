// SPDX-License-Identifier: GPL-2.0-only
/* oom/badness of the whole machine against /proc/PID/oom_score. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "oom_hogs.h"
#include "oom_rows.h"
#include "process_util.h"

/* What fs/proc/base.c makes of a score. */
static long shown(long score)
{
	return (1000 + score * 1000 / (long)total_pages) * 2 / 3;
}

static long oom_score(pid_t pid)
{
	char path[64], *text;
	long score;

	snprintf(path, sizeof(path), "/proc/%d/oom_score", pid);
	if (access(path, R_OK))
		return -1;
	text = read_path(path, NULL);
	score = strtol(text, NULL, 10);
	free(text);
	return score;
}

static const struct scene machine = {
	.limit_mb = 1024,
	.hogs = {
		{ 8 }, { 40, -500 }, { 40, 0, HOG_SHMEM }, { 40, 500 },
		{ 30, 1000 }, { 50, -1000 }, { 20, -999 }, { 10, 1 },
	},
};

TEST(whole_machine)
{
	struct hogs hogs;
	unsigned int i, j, compared = 0;
	long last = -1;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	hogs_start(&hogs, &machine);
	ASSERT_GE(predict("memcg=%s", "/"), 0);
	for (i = 0; i < nr_rows; i++) {
		long score = oom_score(rows[i].pid);
		bool mine = false;

		for (j = 0; j < HOGS_MAX; j++)
			mine |= hogs.pid[j] == rows[i].pid;
		if (!mine)
			continue;
		compared++;
		if (rows[i].rank) {
			EXPECT_EQ(shown(rows[i].score), score);
			EXPECT_TRUE(last < 0 || score <= last);
			last = score;
		} else {
			EXPECT_EQ(0, score);
			EXPECT_STREQ("adj", rows[i].why);
		}
	}
	EXPECT_EQ(HOGS_MAX, compared);
	hogs_end(&hogs);
}

/* Kernel threads and zombies have none. */
static bool has_memory(pid_t pid)
{
	char path[64], text[8192];
	uint64_t kb;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return text_value(text, "VmRSS", &kb);
}

/* Processes of /proc that have memory.  Return: how many. */
static unsigned int list_processes(pid_t *pids, unsigned int max)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	unsigned int nr = 0;

	if (!dir)
		die("/proc");
	while ((entry = readdir(dir)) && nr < max) {
		pids[nr] = atoi(entry->d_name);
		nr += pids[nr] > 0 && has_memory(pids[nr]);
	}
	closedir(dir);
	return nr;
}

/* All that /proc has, but kernel threads, once each, and the first of all. */
TEST(nobody_is_left_out)
{
	unsigned int i, j, nr, init = 0, left_out = 0;
	static pid_t pids[ROWS_MAX];

	nr = list_processes(pids, ROWS_MAX);
	ASSERT_GE(predict("memcg=%s", "-"), 0);
	for (i = 0; i < nr_rows; i++) {
		if (rows[i].pid == 1) {
			EXPECT_STREQ("init", rows[i].why);
			init++;
		}
		for (j = 0; j < i; j++)
			EXPECT_NE(rows[i].pid, rows[j].pid);
	}
	EXPECT_EQ(1, init);
	for (j = 0; j < nr_rows && rows[j].pid != getpid(); j++)
		;
	EXPECT_LT(j, nr_rows);
	/* This one, the harness and the first at least. */
	EXPECT_LE(3, nr);
	for (i = 0; i < nr; i++) {
		for (j = 0; j < nr_rows && rows[j].pid != pids[i]; j++)
			;
		/* It may have ended before it was looked for. */
		if (j < nr_rows || !has_memory(pids[i]))
			continue;
		complain("process %d has no row", pids[i]);
		left_out++;
	}
	EXPECT_EQ(0, left_out);
}

TEST(wrong_paths)
{
	static const char *const none[] = {
		"memcg=/no/such", "memcg=mms_oom", "memcg=//", "memcg=/../",
	};
	int i, fd;
	char c;

	for (i = 0; i < ARRAY_LEN(none); i++) {
		fd = view_open("oom/badness", none[i]);
		EXPECT_GE(fd, 0);
		errno = 0;
		EXPECT_EQ(-1, read(fd, &c, 1));
		EXPECT_EQ(cg_supported() ? ENOENT : EOPNOTSUPP, errno)
			TH_LOG("%s", none[i]);
		close(fd);
	}
	errno = 0;
	EXPECT_EQ(-1, view_open("oom/badness", "memcg="));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
