// SPDX-License-Identifier: GPL-2.0-only
/* Queries of slab/, good and bad: the default's and each file's own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "process_util.h"
#include "query_files.h"

#define QUERY		MMSCOPE "slab/query"
#define OTHER		"pfn=7-99 size=100 cache=dentry\n"

/**
 * struct bad - a query and what it gives
 * @text: the query.
 * @err: the errno.
 * @len: filled up with blanks to this length, if longer than @text.
 */
static const struct bad {
	const char *text;
	int err;
	size_t len;
} bad[] = {
	{ "size", EINVAL },
	{ "size 1", EINVAL },
	{ "cache", EINVAL },
	{ "=", EINVAL },
	{ "foo=1", EINVAL },
	{ "SIZE=1", EINVAL },
	{ "sizes=1", EINVAL },
	{ "caches=dentry", EINVAL },
	{ "name=dentry", EINVAL },
	{ "pid=1", EINVAL },
	{ "top=1", EINVAL },
	{ "size=1 size=1", EINVAL },
	{ "cache=a cache=a", EINVAL },
	{ "pfn=1 size=2 pfn=1", EINVAL },
	{ "size=", EINVAL },
	{ "size=x", EINVAL },
	{ "size=-1", EINVAL },
	{ "size=+1", EINVAL },
	{ "size=1-2", EINVAL },
	{ "size=4k", EINVAL },
	{ "size=1.5", EINVAL },
	{ "size=0x", EINVAL },
	{ "pfn=2-1", EINVAL },
	{ "pfn=1-", EINVAL },
	{ "pfn=x", EINVAL },
	{ "cache=", EINVAL },
	{ "cache=\\x", EINVAL },
	{ "cache=\\x4", EINVAL },
	{ "cache=a\\", EINVAL },
	{ "cache=\001", EINVAL },
	{ "cache=\377", EINVAL },
	{ "cache=a b", EINVAL },
	{ "size=18446744073709551615", ERANGE },
	{ "size=18446744073709551616", ERANGE },
	{ "size=4294967297", ERANGE },
	{ "size=0x100000000000", ERANGE },
	{ "pfn=18446744073709551615", ERANGE },
	{ "pfn=0-18446744073709551616", ERANGE },
	{ "size=18446744073709551615 foo=1", EINVAL },
	{ "foo=1 size=18446744073709551615", EINVAL },
	{ "", E2BIG, 257 },
	{ "size=1", E2BIG, 257 },
	{ "size=1", E2BIG, 5000 },
	{ "size=x", EINVAL, 257 },
	{ "size=18446744073709551615", ERANGE, 257 },
};

static const struct {
	const char *text;
	const char *shown;
} accepted[] = {
	{ "size=1", "pfn=0-4503599627370495 size=1 cache=-\n" },
	{ "size=0x10", "pfn=0-4503599627370495 size=16 cache=-\n" },
	{ "pfn=0x10-17", "pfn=16-17 size=0 cache=-\n" },
	{ "cache=a\\x20b", "pfn=0-4503599627370495 size=0 cache=a\\x20b\n" },
	{ "cache=:a-0000192 pfn=3 size=4",
	  "pfn=3 size=4 cache=:a-0000192\n" },
	{ "cache=-", "pfn=0-4503599627370495 size=0 cache=-\n" },
};

/* The views and the keys that they take. */
static const struct view slab_views[] = {
	{ "slab/caches", " cache " },
	{ "slab/occupancy", " cache " },
	{ "slab/object", " pfn cache " },
	{ "slab/kmalloc", " size " },
};

static size_t fill(const struct bad *query, char *text)
{
	size_t len = strlen(query->text);

	memcpy(text, query->text, len);
	for (; len < query->len; len++)
		text[len] = ' ';
	return len;
}

static bool default_is(const char *want)
{
	char *text = read_path(QUERY, NULL);
	bool same = !strcmp(text, want);

	if (!same)
		complain("slab/query is %s", text);
	free(text);
	return same;
}

FIXTURE(query) {
};

FIXTURE_SETUP(query)
{
	ASSERT_EQ(0, write_path(QUERY, OTHER));
}

FIXTURE_TEARDOWN(query)
{
	EXPECT_EQ(0, write_path(QUERY, "\n"));
}

TEST_F(query, refused_by_the_default)
{
	char text[8192];
	int fd, err;
	size_t i;

	fd = open(QUERY, O_WRONLY);
	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		err = try_write(fd, text, fill(&bad[i], text));
		EXPECT_EQ(bad[i].err, err) {
			TH_LOG("%s", bad[i].text);
		}
		EXPECT_TRUE(default_is(OTHER));
	}
	close(fd);
}

TEST_F(query, refused_by_each_file)
{
	char text[8192];
	size_t v, i;
	int fd, err;

	for (v = 0; v < ARRAY_LEN(slab_views); v++) {
		fd = view_open(slab_views[v].name, NULL);
		ASSERT_LE(0, fd);
		for (i = 0; i < ARRAY_LEN(bad); i++) {
			/* What is far too long is not read at all. */
			bool known = bad[i].len > 4096 ||
				     uses_only(bad[i].text,
					       slab_views[v].keys);

			err = try_write(fd, text, fill(&bad[i], text));
			EXPECT_EQ(known ? bad[i].err : EINVAL, err) {
				TH_LOG("%s: %s", slab_views[v].name,
				       bad[i].text);
			}
		}
		close(fd);
	}
}

/* A key of the directory that a file does not use is none of that file. */
TEST_F(query, keys_of_other_files)
{
	EXPECT_EQ(-1, view_open("slab/caches", "size=1"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, view_open("slab/caches", "pfn=1"));
	EXPECT_EQ(-1, view_open("slab/occupancy", "pfn=1"));
	EXPECT_EQ(-1, view_open("slab/object", "size=1"));
	EXPECT_EQ(-1, view_open("slab/kmalloc", "cache=dentry"));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(query, accepted)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(accepted); i++) {
		EXPECT_EQ(0, write_path(QUERY, accepted[i].text));
		EXPECT_TRUE(default_is(accepted[i].shown));
		EXPECT_EQ(0, write_path(QUERY, accepted[i].shown));
		EXPECT_TRUE(default_is(accepted[i].shown));
	}
}

/* An open copies the default of its moment, and says so. */
TEST_F(query, copied_when_a_file_is_opened)
{
	char value[64], *text;
	size_t len;
	int fd;

	fd = view_open("slab/caches", NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, write_path(QUERY, "\n"));
	text = read_fd(fd, 4096, &len);
	ASSERT_NE(NULL, text);
	EXPECT_TRUE(line_key(text, "cache", value, sizeof(value)));
	EXPECT_STREQ("dentry", value);
	free(text);
	close(fd);
}

TEST_HARNESS_MAIN
