// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim/ while all that it shows changes: cgroups come and go with memory in
 * them, memory is swapped out and back, generations are added, MGLRU is
 * switched on and off, the swap disk is taken away and given back.
 *
 * No answer may be wrong in itself, and the kernel may have nothing to say.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define ENABLED		"/sys/kernel/mm/lru_gen/enabled"
#define LRU_GEN		"/sys/kernel/debug/lru_gen"
#define PAGE		4096UL
#define MEMORY		(8UL << 20)
#define SECONDS		60

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

/* Cgroups with memory that is swapped out; what stays holds dying ones. */
static void churn_cgroups(void)
{
	char path[64];
	unsigned int i;

	for (i = 0; ; i++) {
		pid_t pid;

		snprintf(path, sizeof(path), "/mms_load%d_%u", getpid(), i);
		cg_make(path);
		pid = fork();
		if (!pid) {
			char *at = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			cg_enter(path, 0);
			memset(at, i, MEMORY);
			madvise(at, MEMORY, MADV_PAGEOUT);
			memset(at, i + 1, MEMORY / 2);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		cg_remove(path);
	}
}

/* A generation more for the root, wherever it stands. */
static void age(void)
{
	char *text = read_path(LRU_GEN, NULL), *line, *save = NULL;
	uint64_t id = 0, seq = 0;
	unsigned int node = 0, cgroups = 0;
	char command[64];

	for (line = strtok_r(text, "\n", &save); line && cgroups < 2;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "memcg", 5)) {
			if (!cgroups++)
				id = strtoull(line + 5, NULL, 10);
		} else if (cgroups == 1 &&
			   sscanf(line, " node %u", &node) != 1) {
			seq = strtoull(line, NULL, 10);
		}
	}
	free(text);
	snprintf(command, sizeof(command), "+ %" PRIu64 " %u %" PRIu64 " 1 1",
		 id, node, seq);
	write_path(LRU_GEN, command);
}

static void churn_generations(void)
{
	bool there = !access(ENABLED, W_OK) && !access(LRU_GEN, W_OK);
	unsigned int i;

	for (i = 0; there; i++) {
		if (i % 8 == 0)
			write_path(ENABLED, i % 16 ? "n" : "y");
		age();
	}
	for (;;)
		pause();
}

static void churn_swap(const char *disk)
{
	for (;;) {
		/* It may take so long that there is no memory for it all. */
		if (*disk && !swapoff(disk) && swapon(disk, 0))
			_exit(1);
		usleep(100000);
	}
}

static pid_t start(void (*loop)(void))
{
	pid_t pid = fork();

	if (!pid) {
		/* Not longer than the test, however that ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		loop();
		_exit(1);
	}
	return pid;
}

static char disk[128];

static void loop_swap(void)
{
	churn_swap(disk);
}

/* What must hold in each row, whatever else happens. */
static bool generation_fits(const struct table *table)
{
	uint64_t seq = table_number(table, "seq");
	uint64_t min = table_number(table, "min_seq");
	uint64_t max = table_number(table, "max_seq");

	return min <= seq && seq <= max && max - min < 4;
}

static bool device_fits(const struct table *table)
{
	static const char *const parts[] = {
		"free_clusters", "partial_clusters", "full_clusters",
		"pending_clusters",
	};
	uint64_t size = table_number(table, "size_pages"), sum = 0;
	int i;

	for (i = 0; i < ARRAY_LEN(parts); i++)
		sum += table_number(table, parts[i]);
	return sum == table_number(table, "clusters") &&
	       table_number(table, "used_pages") <= size &&
	       table_number(table, "taken_slots") <= size;
}

static bool fits(const struct table *table, int view)
{
	if (view == 1)
		return generation_fits(table);
	if (view == 2 && *table_word(table, "clusters") != '-')
		return device_fits(table);
	return true;
}

/* Reads all of a view.  Return: 1 if it is complete, 0 if it says it is not. */
static int read_once(const char *name, int view)
{
	char path[128], *text;
	struct table table;
	bool bad = false;
	size_t len;
	int complete;

	snprintf(path, sizeof(path), MMSCOPE "%s", name);
	text = read_path(path, &len);
	complete = text_complete(text, len);
	if (!complete && !strstr(text, " complete=0 "))
		die("%s does not say how it ends", name);
	if (table_parse(&table, text))
		die("%s", name);
	while (table_row(&table, &bad))
		if (!fits(&table, view))
			die("%s: row %" PRIu64 " does not fit: %s %s", name,
			    table.rows, table.field[0], table.field[1]);
	if (bad)
		die("%s", name);
	table_free(&table);
	return complete;
}

FIXTURE(load) {
	pid_t pids[4];
	char was_enabled[32];
};

FIXTURE_SETUP(load)
{
	char *text;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	text = read_path("/proc/swaps", NULL);
	if (strchr(text, '\n'))
		sscanf(strchr(text, '\n') + 1, "%127s", disk);
	free(text);
	if (!access(ENABLED, R_OK)) {
		text = read_path(ENABLED, NULL);
		snprintf(self->was_enabled, sizeof(self->was_enabled), "%s",
			 text);
		free(text);
	}
}

FIXTURE_TEARDOWN(load)
{
	if (*self->was_enabled)
		write_path(ENABLED, self->was_enabled);
	/* It may have been ended between the two. */
	if (*disk)
		swapon(disk, 0);
	/* The cgroups that were just in use, when who is in them has ended. */
	if (system("for path in " CGROUP "/mms_load*; do "
		   "until [ ! -d $path ] || rmdir $path 2>/dev/null; do "
		   "sleep 0.1; done; done"))
		complain("there are cgroups left");
}

TEST_F_TIMEOUT(load, nothing_goes_wrong, 10 * SECONDS)
{
	static const char *const names[] = {
		"reclaim/lru", "reclaim/generations", "reclaim/swap",
	};
	time_t end = time(NULL) + SECONDS;
	unsigned int reads[3] = {}, complete[3] = {};
	int i;

	self->pids[0] = start(churn_cgroups);
	self->pids[1] = start(churn_cgroups);
	self->pids[2] = start(churn_generations);
	self->pids[3] = start(loop_swap);
	while (time(NULL) < end) {
		for (i = 0; i < 3; i++) {
			reads[i]++;
			complete[i] += read_once(names[i], i);
		}
	}
	/* There was a load to the end. */
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, waitpid(self->pids[i], NULL, WNOHANG));
	for (i = 0; i < 4; i++)
		end_process(self->pids[i]);
	for (i = 0; i < 3; i++) {
		TH_LOG("%s: %u of %u complete", names[i], complete[i],
		       reads[i]);
		EXPECT_GT(complete[i], reads[i] / 2);
	}
}

TEST_HARNESS_MAIN
