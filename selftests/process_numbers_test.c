// SPDX-License-Identifier: GPL-2.0-only
/* Processes without memory, gone, replaced, or with another number elsewhere. */

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "process_answer.h"
#include "process_util.h"

static const char *const all_views[] = {
	"space", "vmas", "translate", "ranges", "entries", "entries_raw",
	"tables",
};

/* All views of a process that has no address space. */
static void expect_none(struct __test_metadata *_metadata, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		struct answer answer;
		char word[16];

		ASSERT_EQ(0, answer_ask(&answer, all_views[i], "pid=%d", pid));
		EXPECT_TRUE(answer.complete);
		EXPECT_EQ(0, answer.rows);
		if (strcmp(all_views[i], "entries_raw")) {
			answer_head(&answer, "mm", word, sizeof(word));
			EXPECT_STREQ("none", word);
			answer_head(&answer, "pid", word, sizeof(word));
			EXPECT_EQ(pid, atoi(word));
		}
		answer_free(&answer);
	}
}

TEST(kernel_thread)
{
	struct answer answer;
	char comm[32];

	expect_none(_metadata, 2);
	ASSERT_EQ(0, answer_ask(&answer, "space", "pid=2"));
	answer_head(&answer, "comm", comm, sizeof(comm));
	EXPECT_STREQ("kthreadd", comm);
	answer_free(&answer);
}

TEST(zombie)
{
	int fd[ARRAY_LEN(all_views)];
	pid_t pid = start_stopped(NULL, NULL);
	siginfo_t info;
	char query[32], byte;
	unsigned int i;

	ASSERT_GT(pid, 0);
	kill(pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	expect_none(_metadata, pid);

	snprintf(query, sizeof(query), "pid=%d", pid);
	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		fd[i] = view_open(all_views[i], query);
		ASSERT_GE(fd[i], 0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		EXPECT_EQ(-1, read(fd[i], &byte, 1));
		EXPECT_EQ(ESRCH, errno);
		EXPECT_EQ(-1, write(fd[i], query, strlen(query)));
		EXPECT_EQ(ESRCH, errno);
		close(fd[i]);
	}
}

TEST(numbers_of_nobody)
{
	static const struct {
		const char *query;
		int error;
	} bad[] = {
		{ "pid=0", ERANGE },
		/* PID_MAX_LIMIT of 64-bit kernels is the last one taken. */
		{ "pid=4194304", ESRCH },
		{ "pid=4194305", ERANGE },
		{ "pid=4294967297", ERANGE },
		{ "pid=18446744073709551615", ERANGE },
	};
	unsigned int i, v;

	for (v = 0; v < ARRAY_LEN(all_views); v++) {
		for (i = 0; i < ARRAY_LEN(bad); i++) {
			EXPECT_EQ(-1, view_open(all_views[v], bad[i].query));
			EXPECT_EQ(bad[i].error, errno) {
				TH_LOG("%s %s", all_views[v], bad[i].query);
			}
		}
	}
}

/* A number lives on as a group's when its process is gone. */
TEST(number_of_a_group)
{
	pid_t leader = start_stopped(NULL, NULL), member;
	char query[32];

	ASSERT_GT(leader, 0);
	ASSERT_EQ(0, setpgid(leader, leader));
	member = start_stopped(NULL, NULL);
	ASSERT_GT(member, 0);
	ASSERT_EQ(0, setpgid(member, leader));
	end_process(leader);
	ASSERT_EQ(leader, getpgid(member));

	snprintf(query, sizeof(query), "pid=%d", leader);
	EXPECT_EQ(-1, view_open("space", query));
	EXPECT_EQ(ESRCH, errno);
	end_process(member);
}

/* fork() with a number of our choice; the child stops. */
static pid_t fork_as(pid_t pid)
{
	pid_t set_tid[1] = { pid };
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)set_tid,
		.set_tid_size = 1,
	};
	pid_t child = syscall(SYS_clone3, &args, sizeof(args));

	if (!child) {
		/* raise() would use the parent's number, which libc has kept. */
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, WUNTRACED);
	return child;
}

static void expect_gone(struct __test_metadata *_metadata, int fd)
{
	char byte;

	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(ESRCH, errno);
}

FIXTURE(reused) {
	pid_t pid;
	char query[32];
	int before;
};

/* One process selected twice, gone, and another one with its number. */
FIXTURE_SETUP(reused)
{
	self->pid = start_stopped(NULL, NULL);
	ASSERT_GT(self->pid, 0);
	snprintf(self->query, sizeof(self->query), "pid=%d", self->pid);
	ASSERT_EQ(0, write_path(PROCESS "query", self->query));
	self->before = view_open("vmas", self->query);
	ASSERT_GE(self->before, 0);
	end_process(self->pid);
	ASSERT_EQ(self->pid, fork_as(self->pid));
}

FIXTURE_TEARDOWN(reused)
{
	write_path(PROCESS "query", "pid=self");
	close(self->before);
	end_process(self->pid);
}

TEST_F(reused, number)
{
	struct answer answer;

	expect_gone(_metadata, self->before);
	ASSERT_EQ(0, answer_ask(&answer, "vmas", "%s", self->query));
	EXPECT_TRUE(answer.complete);
	EXPECT_LT(0, answer.rows);
	answer_free(&answer);
	/* The same words again now mean the new process. */
	ASSERT_EQ(strlen(self->query), write(self->before, self->query,
					     strlen(self->query)));
	ASSERT_EQ(0, answer_rest(&answer, "vmas", self->before, "", 0));
	EXPECT_TRUE(answer.complete);
	answer_free(&answer);
}

TEST_F(reused, number_in_the_default)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(all_views); i++) {
		int fd = view_open(all_views[i], NULL);

		ASSERT_GE(fd, 0);
		expect_gone(_metadata, fd);
		close(fd);
	}
}

/* Whether the answer is complete, has rows, and names @pid. */
static bool shows(struct answer *answer, const char *pid)
{
	char word[16];
	bool ok;

	answer_head(answer, "pid", word, sizeof(word));
	ok = answer->complete && answer->rows && !strcmp(word, pid);
	if (!ok)
		complain("%s: pid=%s for %s", answer->view, word, pid);
	answer_free(answer);
	return ok;
}

/* Runs as the first process of a namespace.  Return: exit status. */
static int look_from_inside(int outer_fd, pid_t outer)
{
	struct answer answer;
	char query[32];
	int bad = 0;

	if (getpid() != 1)
		return 2;
	bad |= answer_ask(&answer, "vmas", "pid=1") || !shows(&answer, "1");
	bad |= answer_ask(&answer, "vmas", "pid=self") || !shows(&answer, "1");
	snprintf(query, sizeof(query), "pid=%d", outer);
	if (view_open("vmas", query) >= 0 || errno != ESRCH) {
		complain("%s: %s", query, strerror(errno));
		bad = 1;
	}
	/* Whoever has chosen it could see it; it has no number here. */
	bad |= answer_rest(&answer, "vmas", outer_fd, "", 0) ||
	       !shows(&answer, "0");
	return bad;
}

TEST(namespace_of_numbers)
{
	pid_t outer = start_stopped(NULL, NULL), init;
	char query[32], number[16], status = -1;
	int fd, looked[2], stay[2];
	struct answer answer;

	ASSERT_GT(outer, 2);
	snprintf(query, sizeof(query), "pid=%d", outer);
	fd = view_open("vmas", query);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, pipe(looked));
	ASSERT_EQ(0, pipe(stay));
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	fflush(stdout);
	init = fork();
	ASSERT_GE(init, 0);
	if (!init) {
		close(stay[1]);
		status = look_from_inside(fd, outer);
		if (write(looked[1], &status, 1) == 1)
			_exit(read(stay[0], &status, 1));
		_exit(1);
	}
	close(looked[1]);
	EXPECT_EQ(1, read(looked[0], &status, 1));
	EXPECT_EQ(0, status);
	/* Out here it has another number. */
	snprintf(number, sizeof(number), "%d", init);
	ASSERT_EQ(0, answer_ask(&answer, "vmas", "pid=%d", init));
	EXPECT_TRUE(shows(&answer, number));
	close(stay[1]);
	EXPECT_EQ(init, waitpid(init, NULL, 0));
	close(fd);
	end_process(outer);
}

TEST_HARNESS_MAIN
