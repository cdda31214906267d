// SPDX-License-Identifier: GPL-2.0-only
/* mappers, while processes end and change, and signals come. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "mappers_oracle.h"
#include "process_util.h"
#include "kselftest_harness.h"

/* Rows that fill the module's buffer many times over, and some fewer. */
#define MANY_ROWS	40000UL
#define SOME_ROWS	5000UL

/* Rows without memory: all are one page. */
static int map_zeros(void *context)
{
	size_t i, size = *(size_t *)context * PAGE;
	char *at = mmap((void *)(1UL << 44), size, PROT_READ,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != (char *)(1UL << 44) || small_pages(at, size))
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
TEST(ends_while_read)
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

static int read_byte(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1 ? byte : -1;
}

/* A process that takes another address space is walked in that one too. */
TEST(execve_while_read)
{
	size_t rows = MANY_ROWS, len, i, found = 0;
	int go[2], ready[2], input[2], fd;
	struct mappers got = {};
	uint64_t exited = 1;
	char *text, *end;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(input));
	pid = fork();
	if (!pid) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (map_zeros(&rows) || dup2(input[0], 0) < 0)
			_exit(1);
		if (write(ready[1], "", 1) == 1 && read(go[0], &byte, 1) == 1)
			execlp("cat", "cat", NULL);
		_exit(1);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, read_byte(ready[0]));
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
TEST(signals)
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

TEST_HARNESS_MAIN
