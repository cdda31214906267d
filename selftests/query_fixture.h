/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture `query`: a default that names another process, and the number of
 * one that is gone.  To be included behind the harness.
 */
#ifndef MMSCOPE_SELFTESTS_QUERY_FIXTURE_H
#define MMSCOPE_SELFTESTS_QUERY_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_util.h"

static pid_t gone_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

FIXTURE(query) {
	pid_t target;
	pid_t gone;
	char *before;
};

/* A default that is not the built-in one. */
FIXTURE_SETUP(query)
{
	char text[128];

	self->target = start_stopped(NULL, NULL);
	ASSERT_GT(self->target, 0);
	self->gone = gone_process();
	snprintf(text, sizeof(text), "pid=%d addr=0x123000 ignore=dirty top=7",
		 self->target);
	ASSERT_EQ(0, write_path(PROCESS "query", text));
	self->before = read_path(PROCESS "query", NULL);
}

FIXTURE_TEARDOWN(query)
{
	EXPECT_EQ(0, write_path(PROCESS "query", "\n"));
	free(self->before);
	end_process(self->target);
}

#endif /* MMSCOPE_SELFTESTS_QUERY_FIXTURE_H */
