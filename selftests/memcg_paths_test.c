// SPDX-License-Identifier: GPL-2.0-only
/* Paths of cgroups in memcg/tree: longer ones than it shows, and wrong ones. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define DEEP		"/mms_deep"
#define LEVELS		24
#define NAME		250
/* Longer paths are not shown. */
#define LONGEST		4094

/* Makes a cgroup in each of them; fills in their directories, as open files. */
static void make_chain(int *dirs, const char *name)
{
	int i, control;

	for (i = 0; i < LEVELS; i++) {
		control = openat(dirs[i], "cgroup.subtree_control", O_WRONLY);
		if (write(control, "+memory", 7) != 7 ||
		    mkdirat(dirs[i], name, 0755))
			die("level %d: %s", i, strerror(errno));
		close(control);
		dirs[i + 1] = openat(dirs[i], name, O_RDONLY | O_DIRECTORY);
		if (dirs[i + 1] < 0)
			die("level %d: %s", i, strerror(errno));
	}
}

/* The path grows by a long name with each row, until it is too long. */
static int check_chain(const int *dirs, const char *name)
{
	char path[sizeof(DEEP) + LEVELS * (NAME + 1)] = DEEP;
	struct table table;
	struct stat st;
	bool bad = false;
	int i, wrong = 0;

	if (table_ask(&table, "memcg/tree", "memcg=" DEEP))
		return -1;
	for (i = 0; table_row(&table, &bad); i++) {
		bool shown = strlen(path) <= LONGEST;

		if (i > LEVELS || fstat(dirs[i], &st))
			break;
		wrong += strcmp(table.field[0], shown ? path : "-") ||
			 table_number(&table, "ino") != st.st_ino;
		if (i < LEVELS)
			strcat(strcat(path, "/"), name);
	}
	table_free(&table);
	return bad || i != LEVELS + 1 ? -1 : wrong;
}

TEST(paths_longer_than_the_longest)
{
	int dirs[LEVELS + 1], i;
	char name[NAME + 1];

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	memset(name, 'd', NAME);
	name[NAME] = '\0';
	cg_make(DEEP);
	dirs[0] = open(CGROUP DEEP, O_RDONLY | O_DIRECTORY);
	ASSERT_GE(dirs[0], 0);
	make_chain(dirs, name);
	EXPECT_EQ(0, check_chain(dirs, name));
	for (i = LEVELS; i--; close(dirs[i + 1]))
		EXPECT_EQ(0, unlinkat(dirs[i], name, AT_REMOVEDIR));
	close(dirs[0]);
	cg_remove(DEEP);
}

TEST(wrong_paths)
{
	static const char *const none[] = {
		"memcg=/no/such", "memcg=mms", "memcg=/../", "memcg=//",
		"memcg=/cgroup.procs",
	};
	static const char *const bad[] = {
		"memcg=", "memcg", "path=/", "memcg=/ memcg=/", "memcg=a\\x",
		"pid=1", "memcg=/a\\x2",
	};
	int i, fd;
	char c;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	for (i = 0; i < ARRAY_LEN(none); i++) {
		fd = view_open("memcg/tree", none[i]);
		EXPECT_GE(fd, 0);
		errno = 0;
		EXPECT_EQ(-1, read(fd, &c, 1));
		EXPECT_EQ(ENOENT, errno)
			TH_LOG("%s", none[i]);
		close(fd);
	}
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		errno = 0;
		EXPECT_EQ(-1, view_open("memcg/tree", bad[i]));
		EXPECT_EQ(EINVAL, errno)
			TH_LOG("%s", bad[i]);
	}
}

TEST_HARNESS_MAIN
