// SPDX-License-Identifier: GPL-2.0-only
/* mappers: every kind of process, also such as end while they are read. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mappers_oracle.h"
#include "process_util.h"
#include "kselftest_harness.h"

#define READ_WRITE	(PROT_READ | PROT_WRITE)
#define PRIVATE		(MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED		(MAP_SHARED | MAP_ANONYMOUS)
#define STACK		65536
/* Others may come or end while they are counted. */
#define TRIES		20


/* A page that the test shares with whom it starts, and what they tell it. */
static char *page;
static volatile pid_t *told;

FIXTURE(life) {
	uint64_t pfn;
};

FIXTURE_SETUP(life)
{
	page = mmap(NULL, PAGE, READ_WRITE, SHARED, -1, 0);
	told = mmap(NULL, PAGE, READ_WRITE, SHARED, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)page);
	ASSERT_NE(MAP_FAILED, (void *)told);
	*page = 1;
	self->pfn = frame_at(getpid(), page);
	ASSERT_NE(NO_FRAME, self->pfn);
}

FIXTURE_TEARDOWN(life)
{
}

static bool has_told(pid_t pid)
{
	return *told;
}

static bool both_have_told(pid_t pid)
{
	return told[0] && told[1];
}

static int touch_and_wait(void *context)
{
	*(volatile char *)page;
	*told = getpid();
	for (;;)
		pause();
	return 0;
}

/* Its own process, but of the same memory. */
TEST_F(life, clone_vm)
{
	char *stack = malloc(STACK);
	struct mappers want = {}, got = {};
	pid_t pid = clone(touch_and_wait, stack + STACK, CLONE_VM | SIGCHLD,
			  NULL);

	ASSERT_LT(0, pid);
	wait_until(has_told, pid);
	mappers_add(&want, self->pfn, getpid(), (uintptr_t)page);
	mappers_add(&want, self->pfn, pid, (uintptr_t)page);
	EXPECT_EQ(0, mappers_ask(&got, self->pfn, self->pfn));
	EXPECT_TRUE(mappers_equal(&want, &got));
	end_process(pid);
}

static int vfork_and_wait(void *context)
{
	char *stack = malloc(STACK);

	/* Comes back when the child ends, or its parent is killed. */
	return clone(touch_and_wait, stack + STACK,
		     CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

/* A child that has not called execve() yet. */
TEST_F(life, vfork)
{
	struct mappers want = {}, got = {};
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(vfork_and_wait(NULL) < 0);
	}
	ASSERT_LT(0, pid);
	wait_until(has_told, pid);
	mappers_add(&want, self->pfn, getpid(), (uintptr_t)page);
	mappers_add(&want, self->pfn, pid, (uintptr_t)page);
	mappers_add(&want, self->pfn, *told, (uintptr_t)page);
	EXPECT_EQ(0, mappers_ask(&got, self->pfn, self->pfn));
	EXPECT_TRUE(mappers_equal(&want, &got));
	kill(*told, SIGKILL);
	end_process(pid);
}

static void *thread_main(void *context)
{
	touch_and_wait(NULL);
	return NULL;
}

static bool is_zombie(pid_t pid)
{
	char *stat = read_proc(pid, "stat"), *state = strrchr(stat, ')');
	bool zombie = state && state[2] == 'Z';

	free(stat);
	return zombie;
}

/* The files in /proc/PID are empty then; the memory is still there. */
TEST_F(life, first_thread_ended)
{
	struct mappers want = {}, got = {};
	pid_t pid = fork();

	if (!pid) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, thread_main, NULL))
			_exit(1);
		pthread_exit(NULL);
	}
	ASSERT_LT(0, pid);
	wait_until(has_told, pid);
	wait_until(is_zombie, pid);
	mappers_add(&want, self->pfn, getpid(), (uintptr_t)page);
	mappers_add(&want, self->pfn, pid, (uintptr_t)page);
	EXPECT_EQ(0, mappers_ask(&got, self->pfn, self->pfn));
	EXPECT_TRUE(mappers_equal(&want, &got));
	EXPECT_EQ(2, compare_with_system(self->pfn, self->pfn));
	end_process(pid);
}

/* Zombies have no memory. */
TEST_F(life, zombie)
{
	pid_t pid = fork();

	if (!pid)
		_exit(*page - 1);
	ASSERT_LT(0, pid);
	wait_until(is_zombie, pid);
	EXPECT_EQ(1, compare_with_system(self->pfn, self->pfn));
	end_process(pid);
}

/* What a reader in a namespace of its own sees: itself, and others without. */
static int read_in_namespace(uint64_t pfn)
{
	struct mappers want = {}, got = {};

	/* The test, the one that made the namespace, and process 1 of it. */
	mappers_add(&want, pfn, 0, (uintptr_t)page);
	mappers_add(&want, pfn, 0, (uintptr_t)page);
	mappers_add(&want, pfn, 1, (uintptr_t)page);
	if (getpid() != 1 || *page != 1 || mappers_ask(&got, pfn, pfn))
		return 1;
	return !mappers_equal(&want, &got);
}

TEST_F(life, pid_namespace)
{
	struct mappers want = {}, got = {};
	int go[2], status;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWPID) || *page != 1)
			_exit(1);
		pid = fork();
		if (!pid) {
			if (read_in_namespace(self->pfn))
				_exit(1);
			*told = -1;
			_exit(read(go[0], &byte, 1) != 1);
		}
		/* The number that it has here. */
		told[1] = pid;
		_exit(waitpid(pid, &status, 0) != pid || status);
	}
	ASSERT_LT(0, pid);
	wait_until(both_have_told, pid);
	mappers_add(&want, self->pfn, getpid(), (uintptr_t)page);
	mappers_add(&want, self->pfn, pid, (uintptr_t)page);
	mappers_add(&want, self->pfn, told[1], (uintptr_t)page);
	EXPECT_EQ(0, mappers_ask(&got, self->pfn, self->pfn));
	EXPECT_TRUE(mappers_equal(&want, &got));
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Processes, by their pages: nobody is without one. */
static uint64_t count_processes(uint64_t *pages)
{
	struct mappers everything = {};
	uint64_t pid = 0, nr = 0;
	size_t i;

	mappers_of_system(&everything, 0, NO_FRAME);
	for (i = 0; i < everything.nr; i++) {
		nr += everything.at[i].pid != pid;
		pid = everything.at[i].pid;
	}
	*pages = everything.nr;
	mappers_free(&everything);
	return nr;
}

/* How many processes there are, before and after the same. */
TEST_F(life, counts_processes)
{
	uint64_t processes = 0, scanned = 0, before, after, pages;
	unsigned int tries = 0;
	struct table table;
	bool bad = false;

	do {
		before = count_processes(&pages);
		ASSERT_EQ(0, table_ask(&table, "memory/mappers", "pfn=%" PRIu64,
				       self->pfn));
		while (table_row(&table, &bad))
			;
		ASSERT_FALSE(bad);
		EXPECT_TRUE(line_number(table.end, "processes", &processes));
		EXPECT_TRUE(line_number(table.end, "scanned", &scanned));
		table_free(&table);
		after = count_processes(&pages);
	} while (before != after && ++tries < TRIES);
	ASSERT_EQ(before, after);
	EXPECT_EQ(after, processes);
	/* Each page has an entry, but those of huge pages share one. */
	EXPECT_LT(pages / 512, scanned);
}

TEST_HARNESS_MAIN
