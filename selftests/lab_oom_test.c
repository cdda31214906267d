// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/oom against memory.stat, memory.events and /proc/vmstat: that it charges
 * what it says to whom it says, that all of it comes back, and who may not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cgroup_util.h"
#include "lab_util.h"
#include "oom_hogs.h"

#define TOP		"/mms_lab_oom"
#define IN		TOP "/in"
#define PAGE		4096UL
#define CHARGED		4096UL
/* What a process needs besides, and what CPUs keep of a cgroup. */
#define SLACK		(2 * MB)

/**
 * struct child - a process in a cgroup that runs the lab when told
 * @pid: the process.
 * @command: where to write the query.
 * @answer: where the errno comes from.
 */
struct child {
	pid_t pid;
	int command;
	int answer;
};

static void obey(int command, int answer, const char *group, size_t mb)
{
	char query[128], *room;
	ssize_t n;
	int fd, err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	cg_enter(group, 0);
	room = mmap(NULL, mb * MB + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(room, 1, mb * MB);
	fd = lab_open("oom");
	for (err = 0; ; err = lab_run(fd, query)) {
		if (write(answer, &err, sizeof(err)) != sizeof(err))
			_exit(1);
		n = read(command, query, sizeof(query) - 1);
		if (n <= 0)
			_exit(0);
		query[n] = '\0';
	}
}

static int answer_of(const struct child *child)
{
	int err;

	return read(child->answer, &err, sizeof(err)) == sizeof(err) ? err : -1;
}

static void child_start(struct child *child, const char *group, size_t mb)
{
	int command[2], answer[2];

	if (pipe2(command, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	child->pid = fork();
	if (!child->pid) {
		close(command[1]);
		close(answer[0]);
		obey(command[0], answer[1], group, mb);
	}
	close(command[0]);
	close(answer[1]);
	child->command = command[1];
	child->answer = answer[0];
	if (answer_of(child))
		die("a process has ended too early");
}

static void tell(const struct child *child, const char *query)
{
	if (write(child->command, query, strlen(query)) < 0)
		die("a process has ended");
}

/* Return: what its query has come to, -1 if it was killed. */
static int ask(const struct child *child, const char *query)
{
	tell(child, query);
	return answer_of(child);
}

static void child_end(struct child *child)
{
	if (child->pid)
		end_process(child->pid);
	close(child->command);
	close(child->answer);
	*child = (struct child){ .command = -1, .answer = -1 };
}

/* Whether two numbers of bytes agree but for what others do. */
static bool near(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= SLACK;
}

FIXTURE(oom) {
	struct child child;
	uint64_t kills;
};

FIXTURE_SETUP(oom)
{
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	cg_make(TOP);
	cg_delegate(TOP);
	cg_make(IN);
	cg_write_number(TOP, "memory.max", 64 * MB);
	self->child.command = -1;
	self->child.answer = -1;
	self->kills = oom_kills();
}

FIXTURE_TEARDOWN(oom)
{
	child_end(&self->child);
	lab_limit("oom", "\n");
	cg_remove(IN);
	cg_remove(TOP);
}

/* The limit may be that of a cgroup further up. */
TEST_F(oom, charged)
{
	uint64_t before, current;

	child_start(&self->child, IN, 0);
	before = cg_value(IN, "memory.stat", "kernel");
	current = cg_number(IN, "memory.current");
	ASSERT_EQ(0, ask(&self->child, "pages=4096"));
	EXPECT_TRUE(near(before + CHARGED * PAGE,
			 cg_value(IN, "memory.stat", "kernel")));
	EXPECT_TRUE(near(current + CHARGED * PAGE,
			 cg_number(TOP, "memory.current")));
	EXPECT_EQ(CHARGED, lab_status("oom", "held_pages"));
	EXPECT_EQ(self->child.pid, lab_status("oom", "pid"));
	/* Instead of those before, not on top of them. */
	ASSERT_EQ(0, ask(&self->child, "pages=2048 oom=1"));
	EXPECT_TRUE(near(before + 2048 * PAGE,
			 cg_value(IN, "memory.stat", "kernel")));
	ASSERT_EQ(0, ask(&self->child, "pages=0"));
	EXPECT_TRUE(near(before, cg_value(IN, "memory.stat", "kernel")));
	EXPECT_TRUE(lab_state_is("oom", "idle"));
	EXPECT_EQ(self->kills, oom_kills());
}

/* The rows are the caller's cgroups from its own up. */
TEST_F(oom, answer)
{
	static const char *const group[] = { IN, TOP };
	static const char *const max[] = { "-", "16384" };
	struct table table;
	bool bad = false;
	uint64_t value;
	size_t len;
	int i = 0;

	child_start(&self->child, IN, 0);
	ASSERT_EQ(0, ask(&self->child, "pages=4096"));
	ASSERT_EQ(0, table_parse(&table, read_path(LAB "oom/result", &len)));
	while (table_row(&table, &bad) && i < 2) {
		EXPECT_EQ(cg_ino(group[i]), table_number(&table, "memcg_ino"));
		EXPECT_STREQ(group[i], table_word(&table, "memcg"));
		EXPECT_STREQ(max[i], table_word(&table, "max_pages"));
		EXPECT_TRUE(near(cg_number(group[i], "memory.current"),
				 table_number(&table, "after_pages") * PAGE));
		EXPECT_TRUE(near(CHARGED * PAGE,
				 (table_number(&table, "after_pages") -
				  table_number(&table, "before_pages")) * PAGE));
		EXPECT_EQ(0, table_number(&table, "oom_kills"));
		i++;
	}
	EXPECT_EQ(2, i);
	EXPECT_FALSE(bad);
	ASSERT_TRUE(line_number(table.end, "charged", &value));
	EXPECT_EQ(CHARGED, value);
	table_free(&table);
}

/* At the limit it fails, and nobody is killed for it. */
TEST_F(oom, full)
{
	uint64_t before;

	child_start(&self->child, IN, 32);
	before = cg_value(IN, "memory.stat", "kernel");
	ASSERT_EQ(ENOMEM, ask(&self->child, "pages=16384"));
	EXPECT_TRUE(lab_refused("oom", "memory-max"));
	EXPECT_LT(0, cg_value(TOP, "memory.events", "max"));
	EXPECT_EQ(0, cg_value(TOP, "memory.events", "oom_kill"));
	EXPECT_EQ(self->kills, oom_kills());
	EXPECT_TRUE(near(before, cg_value(IN, "memory.stat", "kernel")));
	EXPECT_TRUE(hogs_alive(self->child.pid));
	EXPECT_TRUE(lab_state_is("oom", "idle"));
}

/*
 * The kernel passes over a victim that is ending, even while that still has its
 * memory, and kills another.  On one CPU, and before the others there, it has
 * ended when anybody asks again.
 */
static void goes_first(pid_t victim, pid_t other)
{
	struct sched_param first = { .sched_priority = 1 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(victim, sizeof(one), &one) ||
	    sched_setaffinity(other, sizeof(one), &one) ||
	    sched_setscheduler(victim, SCHED_FIFO, &first))
		die("sched_setscheduler: %s", strerror(errno));
}

/* With oom=1 the cgroup's OOM killer comes, for another and then for itself. */
TEST_F(oom, killing)
{
	struct child other;
	struct table table;
	bool bad = false;
	size_t len;

	cg_write_number(TOP, "memory.swap.max", 0);
	child_start(&other, IN, 40);
	child_start(&self->child, IN, 0);
	goes_first(other.pid, self->child.pid);
	ASSERT_EQ(0, ask(&self->child, "pages=8192 oom=1"));
	EXPECT_TRUE(hogs_killed(other.pid));
	other.pid = 0;
	child_end(&other);
	EXPECT_EQ(1, cg_value(TOP, "memory.events", "oom_kill"));
	EXPECT_EQ(self->kills + 1, oom_kills());
	EXPECT_EQ(8192, lab_status("oom", "held_pages"));
	ASSERT_EQ(0, table_parse(&table, read_path(LAB "oom/result", &len)));
	ASSERT_TRUE(table_row(&table, &bad));
	EXPECT_EQ(1, table_number(&table, "oom_kills"));
	table_free(&table);
	/* There is nobody else. */
	EXPECT_EQ(-1, ask(&self->child, "pages=20000 oom=1"));
	EXPECT_TRUE(hogs_killed(self->child.pid));
	self->child.pid = 0;
	EXPECT_EQ(self->kills + 2, oom_kills());
	EXPECT_EQ(2, cg_value(TOP, "memory.events", "oom_kill"));
	EXPECT_TRUE(lab_state_is("oom", "idle"));
	EXPECT_GT(SLACK, cg_value(IN, "memory.stat", "kernel"));
}

/* Nobody can be killed: it fails. */
TEST_F(oom, nobody)
{
	char path[64];

	child_start(&self->child, IN, 0);
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", self->child.pid);
	ASSERT_EQ(0, write_path(path, "-1000"));
	EXPECT_EQ(ENOMEM, ask(&self->child, "pages=20000 oom=1"));
	EXPECT_LT(0, cg_value(TOP, "memory.events", "oom"));
	EXPECT_EQ(self->kills, oom_kills());
	EXPECT_GT(SLACK, cg_value(IN, "memory.stat", "kernel"));
}

/* However the holder ends. */
TEST_F(oom, killed)
{
	int i;

	for (i = 0; i < 10; i++) {
		child_start(&self->child, IN, 0);
		ASSERT_EQ(0, ask(&self->child, "pages=8192"));
		EXPECT_EQ(-1, syscall(SYS_delete_module, "mmscope",
				      O_NONBLOCK));
		EXPECT_EQ(EWOULDBLOCK, errno);
		child_end(&self->child);
		ASSERT_TRUE(lab_state_is("oom", "idle"));
		EXPECT_GT(SLACK, cg_value(IN, "memory.stat", "kernel"));
	}
	EXPECT_EQ(self->kills, oom_kills());
}

/* In the midst of it, wherever it then is. */
TEST_F_TIMEOUT(oom, killed_at_work, 120)
{
	uint64_t done;
	int i;

	for (i = 0; i < 20; i++) {
		child_start(&self->child, IN, 0);
		ASSERT_EQ(0, lab_limit("oom", "max_pages=0xffffffffffffffff"));
		tell(&self->child, "pages=12000");
		do
			done = lab_status("oom", "done");
		while (done < 500 * i);
		child_end(&self->child);
		ASSERT_TRUE(lab_state_is("oom", "idle"));
		EXPECT_EQ(0, lab_status("oom", "held_pages"));
		EXPECT_GT(SLACK, cg_value(IN, "memory.stat", "kernel"));
	}
}

/* Only where there is a limit. */
TEST_F(oom, no_limit)
{
	child_start(&self->child, IN, 0);
	cg_write(TOP, "memory.max", "max");
	EXPECT_EQ(EPERM, ask(&self->child, "pages=1"));
	EXPECT_TRUE(lab_refused("oom", "no-memory-max"));
	cg_write_number(IN, "memory.max", 32 * MB);
	EXPECT_EQ(0, ask(&self->child, "pages=1"));
	EXPECT_TRUE(lab_refused("oom", "-"));
	cg_write(IN, "memory.max", "max");
	EXPECT_EQ(EPERM, ask(&self->child, "pages=1"));
	cg_enter("", self->child.pid);
	EXPECT_EQ(EPERM, ask(&self->child, "pages=1"));
	EXPECT_TRUE(lab_refused("oom", "root-cgroup"));
	EXPECT_EQ(0, lab_status("oom", "held_pages"));
}

TEST_F(oom, wrong_input)
{
	static const struct {
		const char *query;
		int err;
	} wrong[] = {
		{ "pages=", EINVAL }, { "pages=-1", EINVAL },
		{ "oom=2", ERANGE }, { "order=1", EINVAL },
		{ "pages=1 pages=1", EINVAL },
	};
	unsigned int i;

	child_start(&self->child, IN, 0);
	for (i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_EQ(wrong[i].err, ask(&self->child, wrong[i].query));
	ASSERT_EQ(0, lab_limit("oom", "max_pages=100"));
	EXPECT_EQ(ENOSPC, ask(&self->child, "pages=101"));
	EXPECT_TRUE(lab_refused("oom", "over-limit"));
	EXPECT_EQ(0, ask(&self->child, "pages=100"));
}

TEST_HARNESS_MAIN
