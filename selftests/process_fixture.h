/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture `process`: a zoo, stopped, so that nothing changes between the
 * view and what it is compared with.  To be included behind the harness.
 */
#ifndef MMSCOPE_SELFTESTS_PROCESS_FIXTURE_H
#define MMSCOPE_SELFTESTS_PROCESS_FIXTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process_util.h"
#include "process_zoo.h"

#define THP_ENABLED	"/sys/kernel/mm/transparent_hugepage/enabled"
#define HUGETLB_PAGES	"/proc/sys/vm/nr_hugepages"

/* The words of a file's line "[a] b c" that is in brackets. */
static char *chosen_word(const char *path)
{
	char *text = read_path(path, NULL), *at = strchr(text, '[');
	char *word = at ? strndup(at + 1, strcspn(at + 1, "]")) : NULL;

	free(text);
	return word;
}

FIXTURE(process) {
	char folder[32];
	pid_t pid;
	char *thp;
	char hugetlb[24];
};

/* Nothing is to change in the tables while the process is stopped. */
FIXTURE_SETUP(process)
{
	uint64_t pages = read_number(HUGETLB_PAGES);
	char more[24];

	/* A kernel without transparent huge pages has nothing to set. */
	self->thp = has_thp() ? chosen_word(THP_ENABLED) : NULL;
	snprintf(self->hugetlb, sizeof(self->hugetlb), "%lu", (long)pages);
	snprintf(more, sizeof(more), "%lu", (long)pages + 2);
	if (self->thp)
		ASSERT_EQ(0, write_path(THP_ENABLED, "madvise"));
	ASSERT_EQ(0, write_path(HUGETLB_PAGES, more));
	strcpy(self->folder, "/tmp/mmscope-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->folder));
	self->pid = start_stopped(make_zoo, self->folder);
	ASSERT_LT(0, self->pid);
}

FIXTURE_TEARDOWN(process)
{
	char remove[64];

	end_process(self->pid);
	if (self->thp)
		EXPECT_EQ(0, write_path(THP_ENABLED, self->thp));
	EXPECT_EQ(0, write_path(HUGETLB_PAGES, self->hugetlb));
	snprintf(remove, sizeof(remove), "rm -rf %s", self->folder);
	EXPECT_EQ(0, system(remove));
	free(self->thp);
}

#endif /* MMSCOPE_SELFTESTS_PROCESS_FIXTURE_H */
