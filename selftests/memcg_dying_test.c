// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg/tree and cgroups that were removed while something still holds them,
 * against cgroup.stat, which counts the dying.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define MEMORY		(4UL << 20)
/* Longer than anything takes that is waited for. */
#define PATIENCE	120

#define DYING		"/mms_dying"
#define HELD		DYING "/held"

FIXTURE(dying) {
	pid_t pid;
	int fd;
};

FIXTURE_SETUP(dying)
{
	self->pid = 0;
	self->fd = -1;
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	cg_make(DYING);
	cg_delegate(DYING);
	cg_make(HELD);
}

FIXTURE_TEARDOWN(dying)
{
	if (self->fd >= 0)
		close(self->fd);
	if (!access(CGROUP HELD, F_OK))
		cg_remove(HELD);
	cg_remove(DYING);
}

/* How many are dying if the view does not say it. */
#define NOT_SAID	(~0U)

/* The row of a cgroup that is dying; false if there is none. */
static bool find_dying(uint64_t ino, uint64_t *bytes, uint64_t *swap,
		       int64_t *refs, unsigned int *dying)
{
	struct table table;
	bool bad = false, found = false;

	*dying = NOT_SAID;
	if (table_ask(&table, "memcg/tree", "memcg=" DYING))
		return false;
	*dying = 0;
	while (table_row(&table, &bad)) {
		if (strcmp(table.field[2], "dying"))
			continue;
		++*dying;
		if (strtoull(table.field[1], NULL, 10) != ino ||
		    strcmp(table.field[0], HELD))
			continue;
		found = true;
		/* Not known as long as CPUs still count on their own. */
		*refs = strcmp(table.field[3], "-") ?
			strtoll(table.field[3], NULL, 10) : -1;
		*bytes = strtoull(table.field[table_column(&table,
					"file_bytes")], NULL, 10);
		*swap = strtoull(table.field[table_column(&table,
					"swap_current_bytes")], NULL, 10);
	}
	table_free(&table);
	if (bad)
		*dying = NOT_SAID;
	return found && !bad;
}

static uint64_t nr_dying(void)
{
	return cg_value(DYING, "cgroup.stat", "nr_dying_descendants");
}

/* A file that a child in the cgroup has written, MEMORY long; it has ended. */
static int write_file(const char *path)
{
	int fd = memfd_create("held", 0);
	int status;
	pid_t pid;

	if (fd < 0)
		die("memfd_create");
	pid = fork();
	if (!pid) {
		char *at;

		cg_enter(path, 0);
		at = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0);
		if (at == MAP_FAILED || ftruncate(fd, MEMORY))
			_exit(1);
		memset(at, 1, MEMORY);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("child: status %x", status);
	return fd;
}

/*
 * Pages that outlive their cgroup keep it until 6.18; later they go to the
 * parent.  The kernel says which, by the number of the dying.
 */
TEST_F_TIMEOUT(dying, held_by_pages, 2 * PATIENCE)
{
	uint64_t ino = cg_ino(HELD), bytes, swap, dead;
	int64_t refs = -1;
	time_t end = time(NULL) + PATIENCE;
	unsigned int dying;
	bool found;

	self->fd = write_file(HELD);
	ASSERT_EQ(MEMORY, cg_value(DYING, "memory.stat", "file") &
		  ~(MEMORY - 1));
	cg_remove(HELD);
	/* What else holds it goes away by itself, sooner or later. */
	do {
		dead = nr_dying();
		found = find_dying(ino, &bytes, &swap, &refs, &dying);
	} while ((dead != nr_dying() || dying != dead || (found && refs < 0)) &&
		 time(NULL) < end);
	EXPECT_EQ(dead, dying);
	EXPECT_EQ(dead, found);
	if (found) {
		EXPECT_GT(refs, 0);
		EXPECT_EQ(MEMORY, bytes);
	}
	close(self->fd);
	self->fd = -1;
	do {
		found = find_dying(ino, &bytes, &swap, &refs, &dying);
	} while ((found || dying || nr_dying()) && time(NULL) < end);
	EXPECT_FALSE(found);
	EXPECT_EQ(0, dying);
	EXPECT_EQ(0, nr_dying());
}

/* Pages in swap keep it on every kernel. */
TEST_F_TIMEOUT(dying, held_by_swap, 2 * PATIENCE)
{
	uint64_t ino = cg_ino(HELD), before, bytes, swap;
	int64_t refs = -1;
	time_t end = time(NULL) + PATIENCE;
	unsigned int dying;
	bool found;

	if (!value_of(read_path("/proc/meminfo", NULL), "SwapTotal"))
		SKIP(return, "no swap");
	self->fd = write_file(HELD);
	/* Writing says EAGAIN if it was less. */
	write_path(CGROUP HELD "/memory.reclaim", "4M");
	before = cg_number(HELD, "memory.swap.current");
	ASSERT_GT(before, 0);
	cg_remove(HELD);
	ASSERT_EQ(1, nr_dying());
	do {
		found = find_dying(ino, &bytes, &swap, &refs, &dying);
	} while (found && refs < 0 && time(NULL) < end);
	EXPECT_TRUE(found);
	EXPECT_EQ(1, dying);
	EXPECT_EQ(before, swap);
	EXPECT_GT(refs, 0);
	/* Slots of swap that are given back may stay charged for long. */
}

TEST_HARNESS_MAIN
