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

/* Rows that fill the module's buffer many times over, and some fewer. */
#define MANY_ROWS	40000UL
#define SOME_ROWS	5000UL

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

/* Dies if it does not become true within a minute. */
static void wait_until(bool (*is)(pid_t pid), pid_t pid)
{
	time_t start = time(NULL);

	while (!is(pid)) {
		if (time(NULL) > start + 60)
			die("process %d does not do what it should", pid);
		sched_yield();
	}
}

static bool has_told(pid_t pid)
{
	return *told;
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
	wait_until(has_told, pid);
	mappers_add(&want, self->pfn, getpid(), (uintptr_t)page);
	mappers_add(&want, self->pfn, pid, (uintptr_t)page);
	mappers_add(&want, self->pfn, told[1], (uintptr_t)page);
	EXPECT_EQ(0, mappers_ask(&got, self->pfn, self->pfn));
	EXPECT_TRUE(mappers_equal(&want, &got));
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Rows without memory: all are one page. */
static int map_zeros(void *context)
{
	size_t i, size = *(size_t *)context * PAGE;
	char *at = mmap((void *)(1UL << 44), size, PROT_READ, PRIVATE, -1, 0);

	if (at != (char *)(1UL << 44) || madvise(at, size, MADV_NOHUGEPAGE))
		return -1;
	for (i = 0; i < size; i += PAGE)
		*(volatile char *)(at + i);
	return 0;
}

static pid_t start_zeros(size_t rows)
{
	return start_stopped(map_zeros, &rows);
}

/* Reads until a row of the process is there, and no more than a part of them. */
static char *read_up_to(int fd, pid_t pid, size_t *len)
{
	char *text = calloc(1, 1 << 24), row[32];
	ssize_t n;

	snprintf(row, sizeof(row), " %d 0x", pid);
	*len = 0;
	do {
		n = read(fd, text + *len, 4096);
		if (n <= 0 || *len > (1 << 24) - 8192)
			die("no row of process %d", pid);
		*len += n;
	} while (!strstr(text, row));
	return text;
}

/* Reads the rest and takes it apart.  Return: the last line. */
static char *read_rest(int fd, char *text, size_t len, struct mappers *mappers)
{
	size_t more;
	char *rest = read_fd(fd, 1 << 20, &more), *end;

	if (!rest)
		die("read");
	text = realloc(text, len + more + 1);
	memcpy(text + len, rest, more + 1);
	free(rest);
	if (!text_complete(text, len + more))
		die("the answer is not complete");
	end = strdup(strstr(text, "# end "));
	mappers_parse(mappers, text);
	return end;
}

static unsigned int wrong_zeros(const struct mappers *mappers, pid_t pid,
				size_t rows)
{
	uint64_t va = 1UL << 44;
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < mappers->nr; i++)
		if (mappers->at[i].pid == pid &&
		    mappers->at[i].va >= 1UL << 44 &&
		    mappers->at[i].va < (1UL << 44) + rows * PAGE) {
			wrong += mappers->at[i].va != va;
			va += PAGE;
		}
	return wrong;
}

/* The others are found even so. */
TEST_F(life, ends_while_read)
{
	pid_t ends = start_zeros(MANY_ROWS), stays = start_zeros(SOME_ROWS);
	struct mappers got = {};
	uint64_t pfn, exited = 0;
	char *text, *end, query[32];
	size_t len;
	int fd;

	ASSERT_LT(0, ends);
	ASSERT_LT(ends, stays);
	pfn = frame_at(stays, (void *)(1UL << 44));
	snprintf(query, sizeof(query), "pfn=%" PRIu64, pfn);
	fd = view_open("memory/mappers", query);
	ASSERT_LE(0, fd);
	text = read_up_to(fd, ends, &len);
	end_process(ends);
	end = read_rest(fd, text, len, &got);
	EXPECT_TRUE(line_number(end, "exited", &exited));
	EXPECT_EQ(1, exited);
	EXPECT_LT(0, mappers_count(&got, ends));
	EXPECT_GT(MANY_ROWS, mappers_count(&got, ends));
	EXPECT_EQ(0, wrong_zeros(&got, ends, MANY_ROWS));
	EXPECT_EQ(SOME_ROWS, mappers_count(&got, stays));
	EXPECT_EQ(0, wrong_zeros(&got, stays, SOME_ROWS));
	close(fd);
	end_process(stays);
}

/* It has been loaded, and waits for the end of its input. */
static bool is_cat(pid_t pid)
{
	char *call = read_proc(pid, "syscall"), *comm, want[32];
	bool is;

	snprintf(want, sizeof(want), "%ld 0x0 ", (long)SYS_read);
	is = !strncmp(call, want, strlen(want));
	free(call);
	comm = read_proc(pid, "comm");
	is &= !strcmp(comm, "cat\n");
	free(comm);
	return is;
}

/* A process that takes another address space is walked in that one too. */
TEST_F(life, execve_while_read)
{
	size_t rows = MANY_ROWS, len, i, found = 0;
	int go[2], input[2], fd;
	struct mappers got = {};
	uint64_t exited = 1;
	char *text, *end;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(input));
	pid = fork();
	if (!pid) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (map_zeros(&rows) || dup2(input[0], 0) < 0)
			_exit(1);
		*told = 1;
		if (read(go[0], &byte, 1) == 1)
			execlp("cat", "cat", NULL);
		_exit(1);
	}
	ASSERT_LT(0, pid);
	wait_until(has_told, pid);
	fd = view_open("memory/mappers", "");
	ASSERT_LE(0, fd);
	text = read_up_to(fd, pid, &len);
	ASSERT_EQ(1, write(go[1], "", 1));
	wait_until(is_cat, pid);
	end = read_rest(fd, text, len, &got);
	EXPECT_TRUE(line_number(end, "exited", &exited));
	EXPECT_EQ(0, exited);
	for (i = 0; i < got.nr; i++)
		found += got.at[i].pid == pid &&
			 frame_at(pid, (void *)got.at[i].va) == got.at[i].pfn;
	/* What any program has: some pages of itself, libc, its stack. */
	EXPECT_LT(20, found);
	close(fd);
	end_process(pid);
}

static volatile unsigned int alarms;

static void count_alarm(int signal)
{
	alarms++;
}

/* A signal ends a read, not the answer. */
TEST_F(life, signals)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval often = {
		.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000,
	}, never = {};
	pid_t pid = start_zeros(MANY_ROWS);
	size_t len = 0, size = 1 << 25, interrupted = 0;
	char *text = malloc(size + 1);
	struct mappers got = {};
	ssize_t n;
	int fd;

	ASSERT_LT(0, pid);
	ASSERT_NE(NULL, text);
	fd = view_open("memory/mappers", "");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	while ((n = read(fd, text + len, size - len))) {
		ASSERT_TRUE(n > 0 || errno == EINTR);
		len += n > 0 ? n : 0;
		interrupted++;
	}
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
	text[len] = '\0';
	EXPECT_LT(1, interrupted);
	EXPECT_LT(0, alarms);
	ASSERT_TRUE(text_complete(text, len));
	EXPECT_EQ(0, mappers_parse(&got, text));
	EXPECT_LE(MANY_ROWS, mappers_count(&got, pid));
	EXPECT_EQ(0, wrong_zeros(&got, pid, MANY_ROWS));
	close(fd);
	end_process(pid);
}

/* How many processes there are, before and after the same. */
TEST_F(life, counts_processes)
{
	struct mappers everything = {};
	uint64_t processes = 0, scanned = 0, pid, seen = 0;
	struct table table;
	size_t i;
	bool bad;

	ASSERT_EQ(0, table_ask(&table, "memory/mappers", "pfn=%" PRIu64,
			       self->pfn));
	while (table_row(&table, &bad))
		;
	EXPECT_TRUE(line_number(table.end, "processes", &processes));
	EXPECT_TRUE(line_number(table.end, "scanned", &scanned));
	/* Nobody is without a page. */
	mappers_of_system(&everything, 0, NO_FRAME);
	for (i = 0, pid = 0; i < everything.nr; i++) {
		seen += everything.at[i].pid != pid;
		pid = everything.at[i].pid;
	}
	EXPECT_EQ(seen, processes);
	/* Each page has an entry, but those of huge pages share one. */
	EXPECT_LT(everything.nr / 512, scanned);
	table_free(&table);
	mappers_free(&everything);
}

TEST_HARNESS_MAIN
