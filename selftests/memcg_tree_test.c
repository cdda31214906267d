// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg/tree against cgroupfs: more than a thousand nested cgroups, some with
 * memory in use.
 *
 * memory.stat may be older than what is shown: it flushes only if much has
 * changed, and a worker does so every two seconds.  So the comparison is made
 * again until all is equal, and must be so at last: nothing in these cgroups
 * moves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define TOP		"/mms_tree"
#define FAN		10
#define CGROUPS		(1 + FAN + FAN * FAN + FAN * FAN * FAN)
#define USERS		8
#define MEMORY		(4UL << 20)
/* Longer than anything takes that is waited for. */
#define PATIENCE	120

static char paths[CGROUPS][64];
static unsigned int nr_paths;

static void make_all(const char *path, int depth)
{
	char below[64];
	int i;

	cg_make(path);
	strcpy(paths[nr_paths++], path);
	if (depth == 3)
		return;
	cg_delegate(path);
	for (i = 0; i < FAN; i++) {
		snprintf(below, sizeof(below), "%s/%c%d", path, "abc"[depth],
			 i);
		make_all(below, depth + 1);
	}
}

/* Limits that differ, none of which is reached. */
static void set_limits(void)
{
	unsigned int i;

	for (i = 1; i < nr_paths; i += 3) {
		cg_write_number(paths[i], "memory.min", i * 4096UL);
		cg_write_number(paths[i], "memory.low", i * 8192UL);
		cg_write_number(paths[i], "memory.high", (1UL << 30) + i * 4096UL);
		cg_write_number(paths[i], "memory.max", (2UL << 30) + i * 4096UL);
		cg_write_number(paths[i], "memory.swap.max", i * 16384UL);
	}
}

/* One kind of memory for each. */
static void use_memory(int which)
{
	int fd;
	char *at;

	at = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
		  (which % 2 ? MAP_SHARED : MAP_PRIVATE), -1, 0);
	if (at == MAP_FAILED)
		_exit(1);
	memset(at, 1, MEMORY / (which + 1));
	fd = memfd_create("mms", 0);
	if (fd < 0 || ftruncate(fd, MEMORY))
		_exit(1);
	while (which-- > 4)
		if (write(fd, at, 65536) < 0)
			_exit(1);
}

static pid_t start_user(const char *path, int which)
{
	int ready[2], status;
	pid_t pid;
	char c;

	if (pipe(ready))
		die("pipe");
	pid = fork();
	if (!pid) {
		cg_enter(path, 0);
		use_memory(which);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &c, 1) != 1) {
		waitpid(pid, &status, 0);
		die("user %d: status %x", which, status);
	}
	close(ready[0]);
	return pid;
}

/* A column and where cgroupfs has it: a file, and a name in it or NULL. */
static const struct {
	const char *column;
	const char *file;
	const char *name;
} same[] = {
	{ "current_bytes", "memory.current", NULL },
	{ "min_bytes", "memory.min", NULL },
	{ "low_bytes", "memory.low", NULL },
	{ "high_bytes", "memory.high", NULL },
	{ "max_bytes", "memory.max", NULL },
	{ "swap_current_bytes", "memory.swap.current", NULL },
	{ "swap_max_bytes", "memory.swap.max", NULL },
	{ "anon_bytes", "memory.stat", "anon" },
	{ "file_bytes", "memory.stat", "file" },
	{ "shmem_bytes", "memory.stat", "shmem" },
	{ "kernel_bytes", "memory.stat", "kernel" },
	{ "slab_reclaimable_bytes", "memory.stat", "slab_reclaimable" },
	{ "slab_unreclaimable_bytes", "memory.stat", "slab_unreclaimable" },
	{ "kernel_stack_bytes", "memory.stat", "kernel_stack" },
	{ "pagetables_bytes", "memory.stat", "pagetables" },
	{ "percpu_bytes", "memory.stat", "percpu" },
	{ "sock_bytes", "memory.stat", "sock" },
	{ "low_events", "memory.events", "low" },
	{ "high_events", "memory.events", "high" },
	{ "max_events", "memory.events", "max" },
	{ "oom_events", "memory.events", "oom" },
	{ "oom_kill_events", "memory.events", "oom_kill" },
	{ "oom_group_kill_events", "memory.events", "oom_group_kill" },
};

/* Differences of one row from cgroupfs, told if @tell is set. */
static int compare_row(const struct table *table, bool tell)
{
	const char *path = table->field[table_column(table, "path")];
	char *text = NULL, value[64];
	int i, wrong = 0;

	for (i = 0; i < ARRAY_LEN(same); i++) {
		const char *field = table->field[table_column(table,
							same[i].column)];
		uint64_t number;

		if (!i || strcmp(same[i].file, same[i - 1].file)) {
			free(text);
			text = cg_read(path, same[i].file);
		}
		snprintf(value, sizeof(value), "%.*s",
			 (int)strcspn(text, "\n"), text);
		if (same[i].name) {
			if (!line_value(text, same[i].name, &number))
				die("%s: no %s", same[i].file, same[i].name);
			snprintf(value, sizeof(value), "%" PRIu64, number);
		}
		if (strcmp(field, value)) {
			wrong++;
			if (tell)
				complain("%s: %s is %s, not %s", path,
					 same[i].column, field, value);
		}
	}
	free(text);
	return wrong + !!strcmp(table->field[table_column(table, "state")],
				"online");
}

static int compare(bool tell, unsigned int *rows)
{
	struct table table;
	bool bad = false;
	int wrong = 0;

	*rows = 0;
	if (table_ask(&table, "memcg/tree", "memcg=" TOP))
		return -1;
	while (table_row(&table, &bad)) {
		/* Parents before what is in them, all in the order of making. */
		if (*rows >= nr_paths ||
		    strcmp(table.field[0], paths[*rows]) ||
		    strtoull(table.field[1], NULL, 10) != cg_ino(paths[*rows]))
			wrong++;
		else
			wrong += compare_row(&table, tell);
		++*rows;
	}
	table_free(&table);
	return bad ? -1 : wrong;
}

FIXTURE(tree) {
	pid_t users[USERS];
};

FIXTURE_SETUP(tree)
{
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
}

FIXTURE_TEARDOWN(tree)
{
}

TEST_F_TIMEOUT(tree, equals_cgroupfs, 3 * PATIENCE)
{
	time_t end = time(NULL) + PATIENCE;
	unsigned int rows;
	int i, wrong;

	nr_paths = 0;
	make_all(TOP, 0);
	ASSERT_EQ(CGROUPS, nr_paths);
	set_limits();
	/* In leaves far apart: a process may be in no other cgroup. */
	for (i = 0; i < USERS; i++)
		self->users[i] = start_user(paths[nr_paths - 1 - i * 111], i);
	do {
		wrong = compare(false, &rows);
		EXPECT_EQ(CGROUPS, rows);
	} while (wrong && time(NULL) < end);
	if (wrong)
		wrong = compare(true, &rows);
	EXPECT_EQ(0, wrong);
	for (i = 0; i < USERS; i++)
		end_process(self->users[i]);
	while (nr_paths)
		cg_remove(paths[--nr_paths]);
}

#define FRESH		"/mms_fresh"
#define LEAF		FRESH "/leaf"
#define PAGE		4096UL
/* Far fewer than the kernel lets add up before a reader makes it flush. */
#define PAGES		32

/* Takes a page for each byte read, and tells. */
static void take_pages(int command, int done)
{
	char *at, c;

	cg_enter(LEAF, 0);
	at = mmap(NULL, (PAGES + 1) * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED ||
	    small_pages(at, (PAGES + 1) * PAGE))
		_exit(1);
	while (read(command, &c, 1) == 1) {
		*at = 1;
		at += PAGE;
		if (write(done, "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/* Bytes of anonymous memory of both cgroups. */
static void read_anon(uint64_t *top, uint64_t *leaf)
{
	struct table table;
	bool bad = false;

	if (table_ask(&table, "memcg/tree", "memcg=" FRESH))
		die("memcg/tree");
	while (table_row(&table, &bad)) {
		uint64_t bytes = strtoull(table.field[table_column(&table,
						"anon_bytes")], NULL, 10);

		*(strcmp(table.field[0], LEAF) ? top : leaf) = bytes;
	}
	table_free(&table);
}

/*
 * Each page shows at once, in the cgroup and in that above, whenever the kernel
 * adds up.  If it does so during the read the one above may lack it, but not
 * twice in a row.
 */
TEST(shows_each_page_at_once)
{
	int command[2], done[2], i, wrong = 0;
	uint64_t top, leaf, first;
	pid_t pid;
	char c;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	cg_make(FRESH);
	cg_delegate(FRESH);
	cg_make(LEAF);
	ASSERT_EQ(0, pipe(command) || pipe(done));
	pid = fork();
	if (!pid)
		take_pages(command[0], done[1]);
	for (i = 0; i <= PAGES; i++) {
		ASSERT_EQ(1, write(command[1], "", 1));
		ASSERT_EQ(1, read(done[0], &c, 1));
		read_anon(&top, &leaf);
		if (!i)
			first = leaf;
		if (top != first + i * PAGE || leaf != top)
			read_anon(&top, &leaf);
		if (top == first + i * PAGE && leaf == top)
			continue;
		wrong++;
		complain("page %d: %" PRIu64 " and %" PRIu64 ", not %" PRIu64,
			 i, leaf, top, first + i * PAGE);
	}
	EXPECT_EQ(0, wrong);
	end_process(pid);
	cg_remove(LEAF);
	cg_remove(FRESH);
}

TEST_HARNESS_MAIN
