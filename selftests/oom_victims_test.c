// SPDX-License-Identifier: GPL-2.0-only
/*
 * oom/victims against the kernel log and memory.events: what was killed, with
 * the numbers it had, and what is lost when too many were.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "oom_hogs.h"
#include "process_util.h"

/* How many the module keeps. */
#define KEPT		128
/* Processes killed at once, more than that. */
#define CROWD		140

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

FIXTURE(victims) {
	int unused;
};

FIXTURE_SETUP(victims)
{
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
}

FIXTURE_TEARDOWN(victims)
{
}

static int ask(struct table *table)
{
	char *text = read_path(MMSCOPE "oom/victims", NULL);

	return table_parse(table, text);
}

static const struct scene scenes[] = {
	{ 64, .hogs = { { 2 }, { 40, 0, HOG_NOBODY }, { 8 } } },
	{ 64, .hogs = { { 2 }, { 20, 700, HOG_SHMEM, "/a" }, { 30 } } },
	{ 64, .hogs = { { 2 }, { 30, 0, HOG_TABLES, "/b" }, { 20 } } },
	{ 64, .hogs = { { 2 }, { 48, -100, HOG_SWAPS }, { 20 } } },
};

/* Goes to the row of a process; false if there is none. */
static bool find_row(struct table *table, int pid)
{
	bool bad = false;

	while (table_row(table, &bad))
		if (table_number(table, "pid") == pid)
			return true;
	return false;
}

/*
 * Asks when the kernel has counted as many kills as the answer has.  There may
 * be another one behind the first, if that takes its time to end.
 */
static void ask_settled(struct table *table, uint64_t before)
{
	uint64_t kills, counted;

	for (;;) {
		counted = cg_value(HOGS, "memory.events", "oom_kill");
		if (ask(table) || !line_number(table->head, "kills", &kills))
			die("oom/victims");
		if (kills - before == counted)
			return;
		table_free(table);
	}
}

static bool same_row(const struct table *table, const struct killed *killed)
{
	const struct {
		const char *column;
		uint64_t is;
		uint64_t said;
	} numbers[] = {
		{ "tgid", table_number(table, "tgid"), killed->pid },
		{ "uid", table_number(table, "uid"), killed->uid },
		{ "total_vm", table_number(table, "total_vm_pages") * 4, killed->vm },
		{ "anon", table_number(table, "anon_pages") * 4, killed->anon },
		{ "file", table_number(table, "file_pages") * 4, killed->file },
		{ "shmem", table_number(table, "shmem_pages") * 4, killed->shmem },
		{ "pgtable", table_number(table, "pgtable_bytes") / 1024,
		  killed->pgtables },
		{ "adj", atoi(table_word(table, "adj")), killed->adj },
	};
	int i, wrong = strcmp(table_word(table, "comm"), killed->comm);

	for (i = 0; i < ARRAY_LEN(numbers); i++) {
		if (numbers[i].is == numbers[i].said)
			continue;
		complain("%s is %" PRIu64 ", not %" PRIu64, numbers[i].column,
			 numbers[i].is, numbers[i].said);
		wrong++;
	}
	return !wrong;
}

TEST_F_TIMEOUT(victims, as_the_log_says, 200)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(scenes); i++) {
		const struct hog *hog = &scenes[i].hogs[1];
		uint64_t began, ended, before;
		int log = kills_open();
		struct killed killed;
		struct table table;
		struct hogs hogs;
		char path[64];

		ASSERT_EQ(0, ask(&table));
		ASSERT_TRUE(line_number(table.head, "kills", &before));
		table_free(&table);
		snprintf(path, sizeof(path), HOGS "%s",
			 hog->group ?: HOGS_OTHERS);
		hogs_start(&hogs, &scenes[i]);
		hogs_fill(&hogs);
		began = now();
		hogs_go(&hogs);
		ASSERT_TRUE(hogs_killed(hogs.pid[1]));
		ended = now();
		ASSERT_TRUE(kills_next(log, &killed));
		EXPECT_EQ(hogs.pid[1], killed.pid);
		ask_settled(&table, before);
		ASSERT_TRUE(find_row(&table, killed.pid));
		EXPECT_TRUE(same_row(&table, &killed));
		EXPECT_EQ(hog->adj, killed.adj);
		EXPECT_EQ(hog->what & HOG_NOBODY ? 65534 : 0, killed.uid);
		EXPECT_STREQ(path, table_word(&table, "memcg"));
		EXPECT_EQ(cg_ino(path), table_number(&table, "memcg_ino"));
		EXPECT_LE(began, table_number(&table, "time_ns"));
		EXPECT_GE(ended, table_number(&table, "time_ns"));
		EXPECT_EQ(!!(hog->what & HOG_SWAPS),
			  !!table_number(&table, "swap_pages"));
		table_free(&table);
		close(log);
		hogs_end(&hogs);
	}
}

/* Many small processes, which all go when the big one does. */
static void start_crowd(void)
{
	int i;

	for (i = 0; i < CROWD; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid) {
			cg_enter(HOGS "/a", 0);
			for (;;)
				pause();
		}
	}
}

/* Waits until all of the crowd are in the cgroup. */
static void await_crowd(unsigned int nr)
{
	unsigned int lines;

	do {
		char *text = cg_read(HOGS "/a", "cgroup.procs"), *at = text;

		for (lines = 0; (at = strchr(at, '\n')); at++)
			lines++;
		free(text);
	} while (lines < nr);
}

TEST_F_TIMEOUT(victims, the_oldest_are_lost, 200)
{
	static const struct scene scene = {
		256, .oom_group = "/a", .hogs = { { 2 }, { 130, 0, 0, "/a" } },
	};
	uint64_t before, kills, lost, last = 0;
	struct table table;
	struct hogs hogs;
	bool bad = false;
	int inside = 0;

	ASSERT_EQ(0, ask(&table));
	ASSERT_TRUE(line_number(table.head, "kills", &before));
	table_free(&table);
	hogs_start(&hogs, &scene);
	start_crowd();
	await_crowd(CROWD + 1);
	hogs_fill(&hogs);
	hogs_go(&hogs);
	ASSERT_TRUE(hogs_killed(hogs.pid[1]));
	/* The first may be counted twice there: it is in the group, too. */
	while (cg_value(HOGS, "memory.events", "oom_kill") < CROWD + 1)
		;
	for (;;) {
		ASSERT_EQ(0, ask(&table));
		ASSERT_TRUE(line_number(table.head, "kills", &kills));
		if (kills - before > CROWD)
			break;
		table_free(&table);
	}
	ASSERT_TRUE(line_number(table.head, "lost", &lost));
	EXPECT_EQ(kills - KEPT, lost);
	while (table_row(&table, &bad)) {
		EXPECT_LE(last, table_number(&table, "time_ns"));
		last = table_number(&table, "time_ns");
		inside += !strcmp(HOGS "/a", table_word(&table, "memcg"));
	}
	/* Others are killed only if those take their time to end. */
	EXPECT_GE(inside, KEPT - HOGS_MAX);
	EXPECT_FALSE(bad);
	EXPECT_EQ(KEPT, table.rows);
	table_free(&table);
	hogs_end(&hogs);
}

TEST_HARNESS_MAIN
