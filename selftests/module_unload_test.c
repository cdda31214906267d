// SPDX-License-Identifier: GPL-2.0-only
/* Unloading the module while its files are open. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "module_util.h"
#include "process_util.h"

#define ROUNDS	100

/* Whatever a test does, the module is loaded afterwards. */
FIXTURE(module) {
};

FIXTURE_SETUP(module)
{
	const char *path = getenv("MMSCOPE_KO");

	if (!path)
		SKIP(return, "MMSCOPE_KO does not name the module's file");
	ASSERT_EQ(0, access(path, R_OK));
	ASSERT_EQ(0, read_number("/sys/module/mmscope/refcnt"));
}

FIXTURE_TEARDOWN(module)
{
	if (access("/sys/module/mmscope", F_OK) && module_load())
		die("the module cannot be loaded again");
}

TEST_F(module, stays_while_a_file_is_open)
{
	static const char *const files[] = {
		PROCESS "query", PROCESS "ranges", PROCESS "entries_raw",
		MMSCOPE "version",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(files); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		char byte;

		ASSERT_GE(fd, 0);
		/* What delete_module(2) says of a module in use. */
		EXPECT_EQ(EWOULDBLOCK, module_unload());
		EXPECT_EQ(1, read(fd, &byte, 1));
		EXPECT_EQ(EWOULDBLOCK, module_unload());
		close(fd);
	}
	EXPECT_EQ(0, module_unload());
	EXPECT_NE(0, access(MMSCOPE, F_OK));
	EXPECT_EQ(0, module_load());
	EXPECT_EQ(0, access(PROCESS "ranges", F_OK));
}

/* The process that the default query names is let go of. */
TEST_F(module, goes_with_a_default_query)
{
	pid_t pid = start_stopped(NULL, NULL);
	char query[32], *now;

	ASSERT_GT(pid, 0);
	snprintf(query, sizeof(query), "pid=%d", pid);
	ASSERT_EQ(0, write_path(PROCESS "query", query));
	EXPECT_EQ(0, module_unload());
	EXPECT_EQ(0, module_load());
	now = read_path(PROCESS "query", NULL);
	EXPECT_EQ(0, strncmp(now, "pid=self ", 9)) {
		TH_LOG("%s", now);
	}
	free(now);
	end_process(pid);
}

/* Reads from the start for ever. */
static void read_on(int begun)
{
	static char bytes[1 << 20];
	int fd;

	/* Not longer than the test: it keeps the module from going. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = view_open("entries", "pid=self");
	while (pread(fd, bytes, sizeof(bytes), 0) > 0)
		if (write(begun, "", 1) != 1)
			break;
	_exit(1);
}

TEST_F(module, stays_while_a_file_is_read)
{
	unsigned int round;
	int begun[2];
	pid_t reader;
	char byte;

	ASSERT_EQ(0, pipe(begun));
	fflush(stdout);
	reader = fork();
	ASSERT_GE(reader, 0);
	if (!reader)
		read_on(begun[1]);
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(1, read(begun[0], &byte, 1));
		EXPECT_EQ(EWOULDBLOCK, module_unload());
	}
	/* Killed in the middle, it lets go. */
	EXPECT_EQ(0, waitpid(reader, NULL, WNOHANG));
	end_process(reader);
	EXPECT_EQ(0, module_unload());
	EXPECT_EQ(0, module_load());
}

TEST_HARNESS_MAIN
