// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queries of memory/ and buddy/, good and bad: what the directory's `query`
 * and each file's own descriptor say to them.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "process_util.h"
#include "query_files.h"

/* Too long for a query. */
#define TOO_LONG	257
/* So long that nobody reads it. */
#define FAR_TOO_LONG	5000

/**
 * struct directory - one of the directories
 * @name: its name.
 * @initial: what `query` shows at first; $ as in struct bad.
 * @other: another default, as `query` shows it.
 */
static const struct directory {
	const char *name;
	const char *initial;
	const char *other;
} directories[] = {
	{ "memory", "pfn=0-$\n", "pfn=7-99\n" },
	{ "buddy", "max=16 top=20\n", "max=7 top=9\n" },
};

/**
 * struct bad - a query and what it gives
 * @text: the query.  Each $ stands for the largest number that the key takes,
 *	each % for the next.
 * @err: the errno.
 * @len: filled up with blanks to this length, if longer than @text.
 */
struct bad {
	const char *text;
	int err;
	size_t len;
};

static const struct bad bad_pfn[] = {
	/* No word key=value. */
	{ "pfn", EINVAL },
	{ "pfn =1", EINVAL },
	{ "pfn= 1", EINVAL },
	{ "1-2", EINVAL },
	{ "pfn:1", EINVAL },
	{ "pfn=1 #", EINVAL },
	{ "pfn=1\r\n", EINVAL },
	{ "\001", EINVAL },
	{ "=", EINVAL },
	/* No such key. */
	{ "foo=1", EINVAL },
	{ "PFN=1", EINVAL },
	{ "pf=1", EINVAL },
	{ "pfns=1", EINVAL },
	{ "pid=1", EINVAL },
	{ "pid=self", EINVAL },
	{ "max=1", EINVAL },
	{ "top=1", EINVAL },
	{ "addr=0x1000", EINVAL },
	/* Repeated. */
	{ "pfn=1 pfn=1", EINVAL },
	{ "pfn=1-2 pfn=3-4", EINVAL },
	/* Neither a number nor two. */
	{ "pfn=", EINVAL },
	{ "pfn=-", EINVAL },
	{ "pfn=-1", EINVAL },
	{ "pfn=1-", EINVAL },
	{ "pfn=1--2", EINVAL },
	{ "pfn=1-2-", EINVAL },
	{ "pfn=1-2-3", EINVAL },
	{ "pfn=+1", EINVAL },
	{ "pfn=1-+2", EINVAL },
	{ "pfn=1..2", EINVAL },
	{ "pfn=1,2", EINVAL },
	{ "pfn=1:2", EINVAL },
	{ "pfn=1 - 2", EINVAL },
	{ "pfn=1 -2", EINVAL },
	{ "pfn=1- 2", EINVAL },
	{ "pfn=x", EINVAL },
	{ "pfn=x-2", EINVAL },
	{ "pfn=1-x", EINVAL },
	{ "pfn=1-2x", EINVAL },
	{ "pfn=ff", EINVAL },
	{ "pfn=1-ff", EINVAL },
	{ "pfn=0x-2", EINVAL },
	{ "pfn=1-0x", EINVAL },
	{ "pfn=0X1-0X2", EINVAL },
	{ "pfn=1.5", EINVAL },
	{ "pfn=4k", EINVAL },
	{ "pfn=self", EINVAL },
	{ "pfn=all", EINVAL },
	{ "pfn=99999999999999999999x", EINVAL },
	/* Backwards. */
	{ "pfn=2-1", EINVAL },
	{ "pfn=1-0", EINVAL },
	{ "pfn=$-0", EINVAL },
	{ "pfn=0x10-0xf", EINVAL },
	/* Out of range. */
	{ "pfn=%", ERANGE },
	{ "pfn=0-%", ERANGE },
	{ "pfn=%-%", ERANGE },
	{ "pfn=%-0", ERANGE },
	{ "pfn=18446744073709551615", ERANGE },
	{ "pfn=18446744073709551616", ERANGE },
	{ "pfn=18446744073709551617-18446744073709551618", ERANGE },
	{ "pfn=0-18446744073709551617", ERANGE },
	{ "pfn=0-0xffffffffffffffffff", ERANGE },
	/* Too long. */
	{ "", E2BIG, TOO_LONG },
	{ "pfn=1-2", E2BIG, TOO_LONG },
	{ "pfn=1-2", E2BIG, FAR_TOO_LONG },
	{ "pfn=x", E2BIG, FAR_TOO_LONG },
	/* The first in this order wins. */
	{ "pfn=%-x", EINVAL },
	{ "pfn=x-%", EINVAL },
	{ "pfn=% foo=1", EINVAL },
	{ "foo=1 pfn=%", EINVAL },
	{ "pfn=% pfn=1", EINVAL },
	{ "pfn=2-1", EINVAL, TOO_LONG },
	{ "pfn=%", ERANGE, TOO_LONG },
};

static const struct bad bad_buddy[] = {
	{ "max", EINVAL },
	{ "top 1", EINVAL },
	{ "max=1 junk", EINVAL },
	{ "foo=1", EINVAL },
	{ "Max=1", EINVAL },
	{ "maxi=1", EINVAL },
	{ "pfn=1", EINVAL },
	{ "pid=1", EINVAL },
	{ "max=1 max=1", EINVAL },
	{ "top=1 max=2 top=3", EINVAL },
	{ "max=", EINVAL },
	{ "top=", EINVAL },
	{ "max=x", EINVAL },
	{ "max=-1", EINVAL },
	{ "max=+1", EINVAL },
	{ "max=1-2", EINVAL },
	{ "top=1-2", EINVAL },
	{ "top=1k", EINVAL },
	{ "top=ten", EINVAL },
	{ "top=0x", EINVAL },
	{ "top=1\v", EINVAL },
	{ "max=0", ERANGE },
	{ "max=%", ERANGE },
	{ "max=4294967297", ERANGE },
	{ "max=18446744073709551617", ERANGE },
	{ "top=0", ERANGE },
	{ "top=1001", ERANGE },
	{ "top=4294967297", ERANGE },
	{ "top=18446744073709551617", ERANGE },
	{ "max=1 top=0", ERANGE },
	{ "max=0 top=1", ERANGE },
	{ "", E2BIG, TOO_LONG },
	{ "top=1", E2BIG, TOO_LONG },
	{ "top=1", E2BIG, FAR_TOO_LONG },
	{ "max=0 foo=1", EINVAL },
	{ "top=x max=0", EINVAL },
	{ "max=0 max=1", EINVAL },
	{ "top=x", EINVAL, TOO_LONG },
	{ "top=0", ERANGE, TOO_LONG },
};

/* What is accepted, and how `query` and the first line of an answer show it. */
static const struct good_query {
	const char *directory;
	const char *text;
	const char *shown;
} accepted[] = {
	{ "memory", "", "pfn=0-$" },
	{ "memory", " \n\t", "pfn=0-$" },
	{ "memory", "pfn=0", "pfn=0" },
	{ "memory", "pfn=0-0", "pfn=0" },
	{ "memory", "pfn=0x10", "pfn=16" },
	{ "memory", "pfn=0xa-0x1F", "pfn=10-31" },
	{ "memory", "pfn=7-0x8", "pfn=7-8" },
	{ "memory", "pfn=00000000000000000000000000000007-8", "pfn=7-8" },
	{ "memory", "pfn=$", "pfn=$" },
	{ "memory", "pfn=$-$", "pfn=$" },
	{ "buddy", "", "max=16 top=20" },
	{ "buddy", "max=1", "max=1 top=20" },
	{ "buddy", "max=$", "max=$ top=20" },
	{ "buddy", "top=1", "max=16 top=1" },
	{ "buddy", "top=1000", "max=16 top=1000" },
	{ "buddy", "top=0x10\tmax=0x2\n", "max=2 top=16" },
};

/* The largest number of the directory's key with a $. */
static uint64_t largest(const char *directory)
{
	uint64_t pages;
	char *text;

	if (!strcmp(directory, "memory"))
		return UINT64_MAX / sysconf(_SC_PAGESIZE);
	text = read_path("/proc/pagetypeinfo", NULL);
	if (sscanf(strstr(text, "Pages per block:"), "Pages per block: %ju",
		   &pages) != 1)
		die("pagetypeinfo");
	free(text);
	return pages;
}

/* Replaces $ and %.  Return: the length. */
static size_t expand(const char *directory, const char *from, char *to)
{
	uint64_t max = largest(directory);
	char *at = to;

	for (; *from; from++) {
		if (*from == '$' || *from == '%')
			at += sprintf(at, "%ju", max + (*from == '%'));
		else
			*at++ = *from;
	}
	*at = '\0';
	return at - to;
}

static size_t fill_query(const char *directory, const struct bad *query,
			 char *text)
{
	size_t len = expand(directory, query->text, text);

	while (len < query->len)
		text[len++] = ' ';
	return len;
}

static const char *query_path(const char *directory)
{
	static char path[64];

	snprintf(path, sizeof(path), MMSCOPE "%s/query", directory);
	return path;
}

static bool is_in(const char *view, const char *directory)
{
	return !strncmp(view, directory, strlen(directory)) &&
	       view[strlen(directory)] == '/';
}

FIXTURE(query) {
	const struct directory *dir;
	const struct bad *bad;
	unsigned int nr_bad;
};

FIXTURE_VARIANT(query) {
	unsigned int dir;
	const struct bad *bad;
	unsigned int nr_bad;
};

FIXTURE_VARIANT_ADD(query, memory) {
	.dir = 0, .bad = bad_pfn, .nr_bad = ARRAY_LEN(bad_pfn),
};

FIXTURE_VARIANT_ADD(query, buddy) {
	.dir = 1, .bad = bad_buddy, .nr_bad = ARRAY_LEN(bad_buddy),
};

/* A default that is not the built-in one. */
FIXTURE_SETUP(query)
{
	self->dir = &directories[variant->dir];
	ASSERT_EQ(0, write_path(query_path(self->dir->name), self->dir->other));
}

FIXTURE_TEARDOWN(query)
{
	EXPECT_EQ(0, write_path(query_path(self->dir->name), "\n"));
}

static bool default_is(const struct directory *dir, const char *want)
{
	char *text = read_path(query_path(dir->name), NULL);
	bool same = !strcmp(text, want);

	if (!same)
		complain("%s/query is %s", dir->name, text);
	free(text);
	return same;
}

TEST_F(query, refused_by_the_default)
{
	char text[FAR_TOO_LONG + 100];
	unsigned int i, wrong = 0;
	int fd, err;

	fd = open(query_path(self->dir->name), O_WRONLY);
	ASSERT_GE(fd, 0);
	for (i = 0; i < variant->nr_bad; i++) {
		const struct bad *bad = &variant->bad[i];
		size_t len = fill_query(self->dir->name, bad, text);

		err = try_write(fd, text, len);
		if (err == bad->err &&
		    default_is(self->dir, self->dir->other))
			continue;
		complain("\"%s\" length %zu: %s, not %s", bad->text, len,
			 strerror(err), strerror(bad->err));
		wrong++;
	}
	close(fd);
	EXPECT_EQ(0, wrong);
}

/* The first line of what a descriptor answers; to be freed. */
static char *first_line(int fd)
{
	char *text;
	size_t len;

	text = malloc(4096);
	if (!text || lseek(fd, 0, SEEK_SET))
		die("lseek");
	len = read(fd, text, 4095);
	text[len] = '\0';
	*strchrnul(text, '\n') = '\0';
	return text;
}

TEST_F(query, refused_by_each_file)
{
	char text[FAR_TOO_LONG + 100];
	unsigned int v, i, wrong = 0;

	for (v = 0; v < ARRAY_LEN(frame_views); v++) {
		const struct view *view = &frame_views[v];
		char *before, *after;
		int fd;

		if (!is_in(view->name, self->dir->name))
			continue;
		fd = view_open(view->name, variant->dir ? "max=3" : "pfn=3-4");
		ASSERT_GE(fd, 0) {
			TH_LOG("%s: %s", view->name, strerror(errno));
		}
		before = first_line(fd);
		for (i = 0; i < variant->nr_bad; i++) {
			const struct bad *bad = &variant->bad[i];
			size_t len = fill_query(self->dir->name, bad, text);
			int err = try_write(fd, text, len);

			if (err == bad->err)
				continue;
			complain("%s: \"%s\" length %zu: %s, not %s",
				 view->name, bad->text, len, strerror(err),
				 strerror(bad->err));
			wrong++;
		}
		after = first_line(fd);
		EXPECT_STREQ(before, after);
		free(before);
		free(after);
		close(fd);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(default_is(self->dir, self->dir->other));
}

TEST_F(query, accepted)
{
	char text[128], shown[128];
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(accepted); i++) {
		if (strcmp(accepted[i].directory, self->dir->name))
			continue;
		expand(self->dir->name, accepted[i].text, text);
		expand(self->dir->name, accepted[i].shown, shown);
		strcat(shown, "\n");
		EXPECT_EQ(0, write_path(query_path(self->dir->name), text));
		EXPECT_TRUE(default_is(self->dir, shown));
		/* What is shown can be written again. */
		EXPECT_EQ(0, write_path(query_path(self->dir->name), shown));
		EXPECT_TRUE(default_is(self->dir, shown));
	}
}

/* The first line says what was asked of this descriptor, and no other does. */
TEST_F(query, first_line_says_what_was_asked)
{
	char text[128], shown[128], value[64], *line;
	unsigned int v, i;

	for (v = 0; v < ARRAY_LEN(frame_views); v++) {
		if (!is_in(frame_views[v].name, self->dir->name))
			continue;
		for (i = 0; i < ARRAY_LEN(accepted); i++) {
			const char *word, *key;
			int fd;

			if (strcmp(accepted[i].directory, self->dir->name))
				continue;
			expand(self->dir->name, accepted[i].text, text);
			expand(self->dir->name, accepted[i].shown, shown);
			fd = view_open(frame_views[v].name, text);
			ASSERT_GE(fd, 0);
			line = first_line(fd);
			for (word = strtok(shown, " "); word;
			     word = strtok(NULL, " ")) {
				key = strndupa(word, strcspn(word, "="));
				EXPECT_TRUE(line_key(line, key, value,
						     sizeof(value)));
				EXPECT_STREQ(strchr(word, '=') + 1, value);
			}
			free(line);
			close(fd);
		}
	}
}

/* An open copies the default of its moment. */
TEST_F(query, copied_when_a_file_is_opened)
{
	char value[64], *line;
	unsigned int v;

	for (v = 0; v < ARRAY_LEN(frame_views); v++) {
		const char *key = variant->dir ? "max" : "pfn";
		int fd;

		if (!is_in(frame_views[v].name, self->dir->name))
			continue;
		fd = view_open(frame_views[v].name, NULL);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(0, write_path(query_path(self->dir->name), "\n"));
		line = first_line(fd);
		EXPECT_TRUE(line_key(line, key, value, sizeof(value)));
		EXPECT_STREQ(variant->dir ? "7" : "7-99", value);
		free(line);
		close(fd);
		ASSERT_EQ(0, write_path(query_path(self->dir->name),
					self->dir->other));
	}
}

TEST_F(query, initial_default)
{
	char want[64];

	expand(self->dir->name, self->dir->initial, want);
	ASSERT_EQ(0, write_path(query_path(self->dir->name), "\n"));
	EXPECT_TRUE(default_is(self->dir, want));
}

/* The longest that there may be, and what comes behind it. */
TEST_F(query, lengths)
{
	char text[FAR_TOO_LONG];
	const char *word = variant->dir ? "top=9" : "pfn=5";
	size_t len;
	int fd;

	fd = open(query_path(self->dir->name), O_WRONLY);
	ASSERT_GE(fd, 0);
	for (len = 250; len <= 260; len++) {
		memset(text, ' ', len);
		memcpy(text + len - 5, word, 5);
		EXPECT_EQ(len <= 256 ? 0 : E2BIG, try_write(fd, text, len));
	}
	close(fd);
}

TEST_HARNESS_MAIN
