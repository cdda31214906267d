// SPDX-License-Identifier: GPL-2.0-only
/* Several readers, slow ones, interrupted ones, and what they leave behind. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"
#include "kernel_memory.h"
#include "process_answer.h"
#include "process_churn.h"
#include "process_util.h"

#define CHURN_S		4
#define KILLED_READERS	20
#define REPETITIONS	200

/*
 * Half a leak each time; half the module's buffer of 64 KiB each time.  What
 * else the kernel allocates meanwhile must stay below that.
 */
#define LEAKED_OBJECTS	(REPETITIONS / 2)
#define LEAKED_KB	(REPETITIONS * 64 / 2)

static const char *const all_views[] = {
	"space", "vmas", "translate", "ranges", "entries", "entries_raw",
	"tables",
};

/* Two stopped processes of different size. */
FIXTURE(readers) {
	pid_t big;
	pid_t small;
	char *query;
	bool sampling;
};

FIXTURE_SETUP(readers)
{
	self->sampling = sampling_stop();
	self->big = target_stopped();
	ASSERT_GT(self->big, 0);
	self->small = start_stopped(NULL, NULL);
	ASSERT_GT(self->small, 0);
	self->query = read_path(PROCESS "query", NULL);
}

FIXTURE_TEARDOWN(readers)
{
	free(self->query);
	end_process(self->big);
	end_process(self->small);
	if (self->sampling)
		sampling_start();
}

/**
 * struct reader - a file read piece by piece
 * @whole: what an undisturbed reader gets.
 * @fd: the file.
 * @bytes: what was read so far, @len bytes.
 */
struct reader {
	struct answer whole;
	int fd;
	char *bytes;
	size_t len;
};

static int reader_open(struct reader *reader, const char *view,
		       const char *format, pid_t pid)
{
	char query[128];

	snprintf(query, sizeof(query), format, pid);
	if (answer_ask(&reader->whole, view, "%s", query))
		return -1;
	/* Room to find out that there is more than there should be. */
	reader->bytes = malloc(2 * reader->whole.len + 4096);
	reader->len = 0;
	reader->fd = view_open(view, query);
	return reader->fd < 0 || !reader->bytes ? -1 : 0;
}

/* Reads once.  False at the end, or when there is far too much. */
static bool reader_next(struct reader *reader, size_t chunk)
{
	size_t room = 2 * reader->whole.len + 4095 - reader->len;
	ssize_t n = read(reader->fd, reader->bytes + reader->len,
			 chunk < room ? chunk : room);

	if (n < 0)
		complain("%s: %s", reader->whole.view, strerror(errno));
	if (n <= 0)
		return false;
	reader->len += n;
	return true;
}

/* Whether all that was read is what the undisturbed reader got. */
static bool reader_close(struct reader *reader)
{
	struct answer got;
	bool same;

	close(reader->fd);
	reader->bytes[reader->len] = '\0';
	same = !answer_take(&got, reader->whole.view, reader->bytes,
			    reader->len) &&
	       got.complete && answer_same(&reader->whole, &got);
	answer_free(&got);
	answer_free(&reader->whole);
	return same;
}

TEST_F(readers, take_turns)
{
	static const struct {
		const char *view;
		const char *query;
		bool small;
		size_t chunk;
	} asked[] = {
		{ "ranges", "pid=%d ignore=accessed,dirty", false, 4099 },
		{ "ranges", "pid=%d detail=folio", false, 10007 },
		{ "ranges", "pid=%d start=0x110000000000", false, 997 },
		{ "ranges", "pid=%d", true, 61 },
		{ "entries", "pid=%d", false, 30011 },
		{ "entries", "pid=%d none=1", true, 997 },
		{ "entries_raw", "pid=%d", false, 4099 },
		{ "vmas", "pid=%d", false, 4099 },
		{ "vmas", "pid=%d", true, 31 },
		{ "tables", "pid=%d by=vma", false, 13 },
	};
	struct reader reader[ARRAY_LEN(asked)];
	unsigned int i, going;
	char *query;

	for (i = 0; i < ARRAY_LEN(asked); i++)
		ASSERT_EQ(0, reader_open(&reader[i], asked[i].view,
					 asked[i].query, asked[i].small ?
					 self->small : self->big));
	do {
		going = 0;
		for (i = 0; i < ARRAY_LEN(asked); i++)
			going += reader_next(&reader[i], asked[i].chunk);
	} while (going);
	for (i = 0; i < ARRAY_LEN(asked); i++)
		EXPECT_TRUE(reader_close(&reader[i]));
	query = read_path(PROCESS "query", NULL);
	EXPECT_STREQ(self->query, query);
	free(query);
}

TEST_F(readers, keep_the_default_of_when_they_opened)
{
	char query[2][64];
	unsigned int i;

	snprintf(query[0], sizeof(query[0]), "pid=%d", self->big);
	snprintf(query[1], sizeof(query[1]), "pid=%d start=0x110000000000",
		 self->small);
	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		struct reader reader;

		ASSERT_EQ(0, reader_open(&reader, all_views[i], query[0], 0));
		close(reader.fd);
		ASSERT_EQ(0, write_path(PROCESS "query", query[0]));
		reader.fd = view_open(all_views[i], NULL);
		ASSERT_GE(reader.fd, 0);
		if (i % 2)
			EXPECT_TRUE(reader_next(&reader, 100));
		ASSERT_EQ(0, write_path(PROCESS "query", query[1]));
		while (reader_next(&reader, 1 << 20))
			;
		EXPECT_TRUE(reader_close(&reader));
	}
	EXPECT_EQ(0, write_path(PROCESS "query", "pid=self"));
}

TEST_F(readers, of_few_bytes)
{
	static const struct {
		size_t chunk;
		const char *query;
	} sizes[] = {
		{ 1, "pid=%d start=0x110000000000 end=0x110000400000" },
		{ 7, "pid=%d start=0x110000000000" },
		{ 4095, "pid=%d" },
		{ 65537, "pid=%d" },
	};
	static const char *const views[] = {
		"vmas", "ranges", "entries", "entries_raw", "tables",
	};
	unsigned int i, v;

	for (v = 0; v < ARRAY_LEN(views); v++) {
		for (i = 0; i < ARRAY_LEN(sizes); i++) {
			struct reader reader;

			ASSERT_EQ(0, reader_open(&reader, views[v],
						 sizes[i].query, self->big));
			while (reader_next(&reader, sizes[i].chunk))
				;
			EXPECT_TRUE(reader_close(&reader)) {
				TH_LOG("%zu bytes", sizes[i].chunk);
			}
		}
	}
}

TEST_F(readers, go_back)
{
	unsigned int i;
	char byte;

	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		struct reader reader;

		ASSERT_EQ(0, reader_open(&reader, all_views[i], "pid=%d",
					 self->big));
		ASSERT_TRUE(reader_next(&reader, TARGET_CUT));
		EXPECT_EQ(-1, pread(reader.fd, &byte, 1, 1));
		EXPECT_EQ(ESPIPE, errno);
		EXPECT_EQ(-1, lseek(reader.fd, 1, SEEK_SET));
		EXPECT_EQ(ESPIPE, errno);
		EXPECT_EQ(-1, lseek(reader.fd, 0, SEEK_END));
		EXPECT_EQ(ESPIPE, errno);
		EXPECT_EQ(reader.len, lseek(reader.fd, 0, SEEK_CUR));

		ASSERT_EQ(0, lseek(reader.fd, 0, SEEK_SET));
		reader.len = 0;
		while (reader_next(&reader, 8192))
			;
		EXPECT_TRUE(reader_close(&reader));
	}
}

TEST_F(readers, ask_something_else)
{
	char big[32], small[32];
	unsigned int i;

	snprintf(big, sizeof(big), "pid=%d", self->big);
	snprintf(small, sizeof(small), "pid=%d", self->small);
	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		struct reader reader;

		ASSERT_EQ(0, reader_open(&reader, all_views[i], small, 0));
		ASSERT_LT(0, write(reader.fd, big, strlen(big)));
		ASSERT_TRUE(reader_next(&reader, 100));
		ASSERT_LT(0, write(reader.fd, small, strlen(small)));
		reader.len = 0;
		while (reader_next(&reader, 8192))
			;
		EXPECT_TRUE(reader_close(&reader));
	}
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
	alarms++;
}

static void alarm_every(long us)
{
	const struct itimerval every = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &every, NULL);
}

/* Reads on whatever happens.  Return: how often a signal got in the way. */
static unsigned int read_interrupted(struct reader *reader)
{
	unsigned int interrupted = 0;

	for (;;) {
		size_t room = 2 * reader->whole.len + 4095 - reader->len;
		ssize_t n = read(reader->fd, reader->bytes + reader->len, room);

		/* The first line is there before there is anything to do. */
		if (n < 0 && (errno != EINTR || !reader->len))
			die("%s at %zu", reader->whole.view, reader->len);
		if (!n)
			return interrupted;
		/* Without a signal, all there is comes at once. */
		interrupted += n < 0 || reader->len + n < reader->whole.len;
		if (n > 0)
			reader->len += n;
	}
}

TEST_F(readers, are_interrupted)
{
	static const char *const views[] = {
		"vmas", "ranges", "entries", "entries_raw", "tables",
	};
	const struct sigaction action = { .sa_handler = count_alarm };
	unsigned int i, interrupted = 0;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (i = 0; i < ARRAY_LEN(views); i++) {
		struct reader reader;

		ASSERT_EQ(0, reader_open(&reader, views[i], "pid=%d",
					 self->big));
		alarm_every(1000);
		interrupted += read_interrupted(&reader);
		alarm_every(0);
		EXPECT_TRUE(reader_close(&reader));
	}
	EXPECT_LT(0, alarms);
	EXPECT_LT(0, interrupted);
}

static uint64_t users_of(pid_t pid)
{
	struct answer answer;
	uint64_t users = 0;

	if (!answer_ask(&answer, "space", "pid=%d", pid))
		text_value(answer.bytes, "mm_users", &users);
	answer_free(&answer);
	return users;
}

/* A child that reads a view over and over; it is killed while it does so. */
static void kill_a_reader(const char *view, pid_t pid)
{
	static char bytes[1 << 20];
	int begun[2], status = 0;
	char query[32], byte;
	pid_t reader;

	snprintf(query, sizeof(query), "pid=%d", pid);
	if (pipe(begun))
		die("pipe");
	fflush(stdout);
	reader = fork();
	if (!reader) {
		int fd = view_open(view, query);

		while (pread(fd, bytes, sizeof(bytes), 0) > 0)
			if (write(begun[1], "", 1) != 1)
				break;
		_exit(1);
	}
	close(begun[1]);
	if (read(begun[0], &byte, 1) != 1)
		complain("%s: the reader cannot read", view);
	kill(reader, SIGKILL);
	waitpid(reader, &status, 0);
	if (!WIFSIGNALED(status))
		complain("%s: the reader has ended by itself", view);
	close(begun[0]);
}

TEST_F(readers, are_killed)
{
	uint64_t users = users_of(self->big);
	unsigned int i;

	EXPECT_EQ(1, users);
	for (i = 0; i < KILLED_READERS; i++)
		kill_a_reader(all_views[i % ARRAY_LEN(all_views)], self->big);
	EXPECT_EQ(users, users_of(self->big));
	EXPECT_EQ(0, read_number("/sys/module/mmscope/refcnt"));
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

TEST(all_changes_at_once)
{
	static const struct {
		const char *view;
		const char *more;
	} asked[] = {
		{ "space", "" }, { "vmas", "" }, { "ranges", "" },
		{ "translate", "addr=0x120000200000" },
		{ "ranges", "detail=folio" }, { "entries", "" },
		{ "entries", "none=1" }, { "entries_raw", "" },
		{ "tables", "" }, { "tables", "by=vma" },
	};
	unsigned int i, answers = 0;
	struct churn churn;
	time_t end;

	ASSERT_EQ(0, churn_start(&churn));
	end = seconds() + CHURN_S;
	/* Some seconds, and a few rounds, which take longer on a busy host. */
	while (seconds() < end || answers <= 3 * ARRAY_LEN(asked)) {
		struct answer answer;

		i = answers++ % ARRAY_LEN(asked);
		EXPECT_EQ(0, answer_ask(&answer, asked[i].view, "pid=%d %s",
					churn.pid, asked[i].more)) {
			TH_LOG("%s %s", asked[i].view, asked[i].more);
		}
		EXPECT_TRUE(answer.complete);
		answer_free(&answer);
	}
	for (i = 0; i < CHURNERS; i++)
		EXPECT_LT(10, churn.done[i]);
	churn_end(&churn);
	EXPECT_EQ(0, read_number("/sys/module/mmscope/refcnt"));
}

/* A process, each view of it read in part or as a whole, and its end. */
static void use_once(struct __test_metadata *_metadata, bool whole)
{
	pid_t pid = start_stopped(NULL, NULL);
	int fd[ARRAY_LEN(all_views)];
	char query[32], bytes[4096];
	unsigned int i;

	ASSERT_GT(pid, 0);
	snprintf(query, sizeof(query), "pid=%d", pid);
	ASSERT_EQ(0, write_path(PROCESS "query", query));
	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		fd[i] = view_open(all_views[i], i % 2 ? query : NULL);
		ASSERT_GE(fd[i], 0);
		EXPECT_LT(0, read(fd[i], bytes, whole ? sizeof(bytes) : 1));
		while (whole && read(fd[i], bytes, sizeof(bytes)) > 0)
			;
		EXPECT_EQ(-1, write(fd[i], "pid=0", 5));
	}
	kill_a_reader("ranges", pid);
	end_process(pid);
	for (i = 0; i < ARRAY_LEN(all_views); i++)
		close(fd[i]);
	ASSERT_EQ(0, write_path(PROCESS "query", "pid=self"));
}

TEST(nothing_is_left)
{
	struct kernel_memory before;
	unsigned int i;

	/* What is allocated once only is so now. */
	for (i = 0; i < 10; i++)
		use_once(_metadata, true);
	kernel_memory_read(&before);
	for (i = 0; i < REPETITIONS; i++)
		use_once(_metadata, i % 2);
	EXPECT_FALSE(kernel_memory_grown(&before, LEAKED_OBJECTS, LEAKED_KB));
	EXPECT_EQ(0, read_number("/sys/module/mmscope/refcnt"));
}

TEST_HARNESS_MAIN
