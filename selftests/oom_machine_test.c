// SPDX-License-Identifier: GPL-2.0-only
/* oom/badness of the whole machine against /proc/PID/oom_score. */
#define _GNU_SOURCE
#include <errno.h>
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

/* All that /proc has, but kernel threads, once each, and the first of all. */
TEST(nobody_is_left_out)
{
	unsigned int i, j, init = 0;

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
