// SPDX-License-Identifier: GPL-2.0-only
/* slab/ while objects, slabs and caches come and go on both CPUs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "slab_util.h"

/* How long the load goes on, in seconds. */
#define LOAD_SECONDS	20

/* Allocates and frees objects of many caches, on one CPU, until killed. */
static void churn(int cpu)
{
	int fds[200], i;
	cpu_set_t set;

	/* Not longer than the test, however that ends. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (;;) {
		pid_t child;

		for (i = 0; i < ARRAY_LEN(fds); i++)
			fds[i] = i % 2 ? socket(AF_UNIX, SOCK_STREAM, 0) :
					 open("/tmp", O_TMPFILE | O_RDWR, 0600);
		child = fork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		/* Every third stays for a while: slabs with holes. */
		for (i = 0; i < ARRAY_LEN(fds); i++)
			if (fds[i] >= 0 && i % 3)
				close(fds[i]);
		for (i = 0; i < ARRAY_LEN(fds); i += 3)
			if (fds[i] >= 0)
				close(fds[i]);
	}
}

/* Whole tables, with numbers that are possible. */
static bool possible(struct table *table, bool caches)
{
	uint64_t name_hash = 0;
	bool bad = false;

	while (table_row(table, &bad)) {
		uint64_t objects = slab_number(table, "objects");

		if (caches && slab_number(table, "active_objects") > objects)
			bad = true;
		if (!caches && slab_number(table, "free_objects") > objects)
			bad = true;
		if (bad) {
			complain("%s: impossible", table->field[0]);
			break;
		}
		name_hash += table->field[0][0];
	}
	return !bad && name_hash;
}

/* Reads a view to its end.  Return: retries that it needed, or -1. */
static int read_objects(void)
{
	struct table table;
	uint64_t n = 0;
	bool bad = false;

	if (table_ask(&table, "slab/object", "cache=filp"))
		return -1;
	while (table_row(&table, &bad)) {
		bool sure = !strcmp(slab_text(&table, "how"), "sure");

		if (slab_number(&table, "inuse_objects") >
		    slab_number(&table, "objects") ||
		    (!sure && !slab_none(&table, "free_slots"))) {
			complain("frame %s: impossible", table.field[0]);
			bad = true;
			break;
		}
	}
	bad = bad || !line_number(table.end, "retries", &n);
	table_free(&table);
	return bad ? -1 : n;
}

static bool read_under_load(uint64_t *rounds, uint64_t *retries)
{
	time_t end = time(NULL) + LOAD_SECONDS;
	struct table table;
	bool good = true;
	int objects;
	uint64_t n;

	for (*rounds = 0; good && time(NULL) < end; ++*rounds) {
		if (table_ask(&table, "slab/caches", "\n"))
			return false;
		good &= possible(&table, true);
		table_free(&table);
		if (table_ask(&table, "slab/occupancy", "\n"))
			return false;
		good &= possible(&table, false);
		if (line_number(table.end, "retries", &n))
			*retries += n;
		table_free(&table);
		objects = read_objects();
		good &= objects >= 0;
		*retries += objects;
		/* A cache that is made and destroyed meanwhile. */
		if (*rounds % 2)
			known_pages_unload();
		else
			known_pages_load();
	}
	known_pages_unload();
	return good;
}

FIXTURE(load) {
};

FIXTURE_SETUP(load)
{
	known_pages_unload();
}

FIXTURE_TEARDOWN(load)
{
	known_pages_unload();
}

TEST_F_TIMEOUT(load, every_answer_is_whole, 200)
{
	uint64_t rounds, retries = 0;
	pid_t children[2];
	int i;

	for (i = 0; i < ARRAY_LEN(children); i++) {
		children[i] = fork();
		if (!children[i])
			churn(i);
	}
	EXPECT_TRUE(read_under_load(&rounds, &retries));
	TH_LOG("%lu rounds, %lu retries", rounds, retries);
	EXPECT_LT(3, rounds);
	for (i = 0; i < ARRAY_LEN(children); i++)
		end_process(children[i]);
}

TEST_HARNESS_MAIN
