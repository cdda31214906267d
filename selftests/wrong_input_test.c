// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad queries: each gives the errno that the format promises and changes
 * nothing, for the directory's `query` and for each file's own descriptor.
 */

#include <fcntl.h>

#include "kselftest_harness.h"
#include "lab_util.h"
#include "process_util.h"
#include "query_files.h"
#include "query_fixture.h"

/* Too long for a query; all blank but its beginning. */
#define TOO_LONG	257
/* So long that nobody reads it. */
#define FAR_TOO_LONG	5000

/**
 * struct bad - a query and what it gives
 * @text: the query.  Each % stands for the number of a process that is gone.
 * @err: the errno.
 * @len: filled up with blanks to this length, if longer than @text.
 */
struct bad {
	const char *text;
	int err;
	size_t len;
};

static const struct bad bad[] = {
	/* No word key=value. */
	{ "pid", EINVAL },
	{ "=", EINVAL },
	{ "=1", EINVAL },
	{ "pid =1", EINVAL },
	{ "pid= 1", EINVAL },
	{ "pid = 1", EINVAL },
	{ "1", EINVAL },
	{ "#", EINVAL },
	{ "pid=1 #", EINVAL },
	{ "pid=1 junk", EINVAL },
	{ "junk pid=1", EINVAL },
	{ "\001", EINVAL },
	{ "pid=1\r\n", EINVAL },
	{ "pid=1\vtop=1", EINVAL },
	/* No such key. */
	{ "foo=1", EINVAL },
	{ "PID=1", EINVAL },
	{ "pi=1", EINVAL },
	{ "pidd=1", EINVAL },
	{ "\xc3\xa9=1", EINVAL },
	/* Repeated. */
	{ "pid=1 pid=1", EINVAL },
	{ "pid=1 pid=self", EINVAL },
	{ "addr=0x1 addr=0x1", EINVAL },
	{ "start=0x1000 start=0x2000", EINVAL },
	{ "none=1 none=1", EINVAL },
	{ "top=1 by=vma top=2", EINVAL },
	/* No number. */
	{ "pid=", EINVAL },
	{ "pid==1", EINVAL },
	{ "pid=x", EINVAL },
	{ "pid=1x", EINVAL },
	{ "pid=0x", EINVAL },
	{ "pid=0xg", EINVAL },
	{ "pid=0X1", EINVAL },
	{ "pid=-1", EINVAL },
	{ "pid=+1", EINVAL },
	{ "pid=1.5", EINVAL },
	{ "pid=1,2", EINVAL },
	{ "pid=1;", EINVAL },
	{ "pid='1'", EINVAL },
	{ "pid=Self", EINVAL },
	{ "pid=selfish", EINVAL },
	{ "pid=99999999999999999999x", EINVAL },
	{ "addr=", EINVAL },
	{ "addr=self", EINVAL },
	{ "addr=7fff", EINVAL },
	{ "addr=-0x1000", EINVAL },
	{ "start=0x10000000000000000000000z", EINVAL },
	{ "end=", EINVAL },
	{ "end=-", EINVAL },
	{ "top=", EINVAL },
	{ "top=ten", EINVAL },
	{ "top=-1", EINVAL },
	{ "top=1k", EINVAL },
	{ "none=", EINVAL },
	{ "none=yes", EINVAL },
	{ "none=-1", EINVAL },
	/* Not one of the words. */
	{ "ignore=", EINVAL },
	{ "ignore=write", EINVAL },
	{ "ignore=accesse", EINVAL },
	{ "ignore=Accessed", EINVAL },
	{ "ignore=accessed,", EINVAL },
	{ "ignore=,accessed", EINVAL },
	{ "ignore=accessed,,dirty", EINVAL },
	{ "ignore=accessed,accessed", EINVAL },
	{ "ignore=-,dirty", EINVAL },
	{ "ignore=accessed dirty", EINVAL },
	{ "detail=", EINVAL },
	{ "detail=folios", EINVAL },
	{ "detail=entry,folio", EINVAL },
	{ "detail=1", EINVAL },
	{ "by=", EINVAL },
	{ "by=pid", EINVAL },
	{ "by=level,vma", EINVAL },
	/* Out of range. */
	{ "pid=0", ERANGE },
	{ "pid=0x0", ERANGE },
	{ "pid=4194305", ERANGE },
	{ "pid=2147483648", ERANGE },
	{ "pid=4294967297", ERANGE },
	{ "pid=18446744073709551617", ERANGE },
	{ "pid=99999999999999999999999999", ERANGE },
	{ "addr=0x100000000000000", ERANGE },
	{ "addr=0xffff800000000000", ERANGE },
	{ "addr=0xffffffffffffffff", ERANGE },
	{ "addr=0x10000000000000000", ERANGE },
	{ "start=0xffffffffffffffff", ERANGE },
	{ "start=0x20000000000001000", ERANGE },
	{ "end=0", ERANGE },
	{ "end=0xffffffffffffffff", ERANGE },
	{ "none=2", ERANGE },
	{ "none=18446744073709551616", ERANGE },
	{ "top=0", ERANGE },
	{ "top=101", ERANGE },
	{ "top=4294967297", ERANGE },
	{ "pid=1 top=0", ERANGE },
	/* Too long. */
	{ "", E2BIG, TOO_LONG },
	{ "pid=1", E2BIG, TOO_LONG },
	{ "pid=self", E2BIG, TOO_LONG },
	{ "pid=1", E2BIG, FAR_TOO_LONG },
	/* No such process. */
	{ "pid=%", ESRCH },
	{ "\n\tpid=% \n", ESRCH },
	{ "pid=4194304", ESRCH },
	/* The first in this order wins. */
	{ "pid=0 foo=1", EINVAL },
	{ "foo=1 pid=0", EINVAL },
	{ "pid=0 pid=1", EINVAL },
	{ "pid=0 detail=", EINVAL },
	{ "foo=1", EINVAL, TOO_LONG },
	{ "pid=0", ERANGE, TOO_LONG },
	{ "pid=% top=0", ERANGE },
	{ "pid=% foo=1", EINVAL },
	{ "pid=%", E2BIG, TOO_LONG },
};

/* The query as it is written. Return: its length. */
static size_t fill_query(const struct bad *query, pid_t gone, char *text,
			 size_t size)
{
	size_t len = 0;
	const char *at;

	for (at = query->text; *at; at++) {
		if (*at == '%')
			len += snprintf(text + len, size - len, "%d", gone);
		else
			text[len++] = *at;
	}
	while (len < query->len)
		text[len++] = ' ';
	return len;
}

TEST_F(query, refused_by_the_default)
{
	char text[FAR_TOO_LONG + 100];
	unsigned int i, wrong = 0;
	int fd, err;

	ASSERT_LE(60, ARRAY_LEN(bad));
	fd = open(PROCESS "query", O_WRONLY);
	ASSERT_GE(fd, 0);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		size_t len = fill_query(&bad[i], self->gone, text, sizeof(text));
		char *after;

		err = try_write(fd, text, len);
		after = read_path(PROCESS "query", NULL);
		if (err != bad[i].err || strcmp(self->before, after)) {
			complain("\"%s\" length %zu: %s, not %s; then %s",
				 bad[i].text, len, strerror(err),
				 strerror(bad[i].err), after);
			wrong++;
		}
		free(after);
	}
	close(fd);
	EXPECT_EQ(0, wrong);
}

TEST_F(query, refused_by_each_file)
{
	char text[FAR_TOO_LONG + 100], query[64];
	unsigned int v, i, wrong = 0;
	size_t len, before_len, after_len;

	snprintf(query, sizeof(query), "pid=%d", self->target);
	for (v = 0; v < ARRAY_LEN(views); v++) {
		int fd = view_open(views[v].name, query);
		char *before, *after, *at_end;

		ASSERT_GE(fd, 0);
		before = answer(fd, &before_len);
		for (i = 0; i < ARRAY_LEN(bad); i++) {
			int want = bad[i].err, err;

			if (bad[i].len != FAR_TOO_LONG &&
			    !uses_only(bad[i].text, views[v].keys))
				want = EINVAL;
			len = fill_query(&bad[i], self->gone, text,
					 sizeof(text));
			err = try_write(fd, text, len);
			if (err == want)
				continue;
			complain("%s: \"%s\" length %zu: %s, not %s",
				 views[v].name, bad[i].text, len, strerror(err),
				 strerror(want));
			wrong++;
		}
		/* Neither the position nor the selection has moved. */
		EXPECT_EQ(0, read(fd, text, sizeof(text)));
		after = answer(fd, &after_len);
		EXPECT_EQ(before_len, after_len);
		EXPECT_EQ(0, memcmp(before, after, before_len));
		free(before);
		free(after);
		close(fd);
		at_end = read_path(PROCESS "query", NULL);
		EXPECT_STREQ(self->before, at_end);
		free(at_end);
	}
	EXPECT_EQ(0, wrong);
}

TEST_F(query, file_takes_its_own_keys_only)
{
	unsigned int v, i, wrong = 0;

	for (v = 0; v < ARRAY_LEN(views); v++) {
		for (i = 0; i < ARRAY_LEN(good); i++) {
			int want = uses_only(good[i], views[v].keys) ? 0 : EINVAL;
			int fd = view_open(views[v].name, NULL);
			int err;

			ASSERT_GE(fd, 0);
			err = try_write(fd, good[i], strlen(good[i]));
			close(fd);
			if (err == want)
				continue;
			complain("%s: %s: %s, not %s", views[v].name, good[i],
				 strerror(err), strerror(want));
			wrong++;
		}
	}
	EXPECT_EQ(0, wrong);
}

TEST_F(query, files_without_keys_take_none)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(plain_files); i++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), MMSCOPE "%s", plain_files[i]);
		fd = open(path, O_RDWR);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(EINVAL, try_write(fd, "pid=1", 5));
		close(fd);
	}
}

/* Queries that no lab takes, whatever its keys. */
static const struct bad bad_for_labs[] = {
	{ "=", EINVAL }, { "=1", EINVAL }, { "1", EINVAL }, { "#", EINVAL },
	{ "max_pages", EINVAL }, { "max_pages=", EINVAL },
	{ "max_pages=x", EINVAL }, { "max_pages=-1", EINVAL },
	{ "max_pages=1,2", EINVAL }, { "max_pages=1 max_pages=1", EINVAL },
	{ "MAX_PAGES=1", EINVAL }, { "hold=1 junk", EINVAL },
	{ "hold=1\r\n", EINVAL }, { "\001", EINVAL }, { "foo=1", EINVAL },
	{ "foo=1", EINVAL, TOO_LONG }, { "", E2BIG, TOO_LONG },
	{ "", E2BIG, FAR_TOO_LONG },
};

/* Also of those that `limits` know, as keys of a query. */
static unsigned int refuse_for_lab(const char *lab, const char *name)
{
	char text[FAR_TOO_LONG + 100], path[128];
	unsigned int i, wrong = 0;
	int fd, err;

	snprintf(path, sizeof(path), LAB "%s/%s", lab, name);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die("%s", path);
	for (i = 0; i < ARRAY_LEN(bad_for_labs); i++) {
		const struct bad *query = &bad_for_labs[i];

		err = try_write(fd, text, fill_query(query, 0, text,
						     sizeof(text)));
		if (err == query->err)
			continue;
		complain("%s: \"%s\" length %zu: %s, not %s", path,
			 query->text, query->len, strerror(err),
			 strerror(query->err));
		wrong++;
	}
	close(fd);
	return wrong;
}

TEST_F(query, refused_by_each_lab)
{
	unsigned int i, nr, wrong = 0;
	char names[LABS_MAX][32];

	nr = lab_names(names);
	ASSERT_LE(6, nr);
	for (i = 0; i < nr; i++) {
		char path[128], *before, *after;

		snprintf(path, sizeof(path), LAB "%.31s/limits", names[i]);
		before = read_path(path, NULL);
		wrong += refuse_for_lab(names[i], "run");
		wrong += refuse_for_lab(names[i], "limits");
		after = read_path(path, NULL);
		EXPECT_STREQ(before, after);
		EXPECT_TRUE(lab_state_is(names[i], "idle"));
		free(before);
		free(after);
	}
	EXPECT_EQ(0, wrong);
}

/* Blanks, and behind them @end.  Return: the errno. */
static int write_padded(int fd, size_t len, const char *end)
{
	char *text = malloc(len + 1);
	int err;

	memset(text, ' ', len);
	strcpy(text + len - strlen(end), end);
	err = try_write(fd, text, len);
	free(text);
	return err;
}

TEST_F(query, lengths)
{
	static const struct {
		size_t len;
		const char *end;
		int err;
	} cases[] = {
		{ 257, "top=7", E2BIG }, { 257, "top=0", ERANGE },
		{ 257, "top", EINVAL }, { 257, "x\n", EINVAL },
		{ 4095, "end=5", E2BIG }, { 4096, "end=5", E2BIG },
		{ 4096, "end=0", ERANGE }, { 4096, "end=x", EINVAL },
		/* Nobody reads these. */
		{ 4097, "end=5", E2BIG }, { 4097, "end=x", E2BIG },
		{ 1 << 20, "end=x", E2BIG },
	};
	int query = open(PROCESS "query", O_WRONLY);
	int view = view_open("tables", NULL);
	unsigned int i;
	char *after;

	ASSERT_GE(query, 0);
	ASSERT_GE(view, 0);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		EXPECT_EQ(cases[i].err, write_padded(query, cases[i].len,
						     cases[i].end));
		EXPECT_EQ(cases[i].err, write_padded(view, cases[i].len,
						     cases[i].end));
	}
	after = read_path(PROCESS "query", NULL);
	EXPECT_STREQ(self->before, after);
	free(after);
	/* The longest that there may be. */
	EXPECT_EQ(0, write_padded(view, 255, "top=7"));
	EXPECT_EQ(0, write_padded(view, 256, "top=7"));
	EXPECT_EQ(EINVAL, write_padded(query, 256, "top=x"));
	EXPECT_EQ(0, write_padded(query, 256, "top=7"));
	close(view);
	close(query);
}

/* Each byte in front of a word, behind it and between two. */
TEST_F(query, each_byte)
{
	int fd = open(PROCESS "query", O_WRONLY);
	unsigned int byte, wrong = 0;
	char *after;

	ASSERT_GE(fd, 0);
	for (byte = 0; byte < 256; byte++) {
		int want = byte == ' ' || byte == '\t' || byte == '\n' ?
			   0 : EINVAL;
		char front[] = " pid=1", end[] = "none=1 ", mid[] = "pid=1 top=7";

		front[0] = byte;
		end[6] = byte;
		mid[5] = byte;
		wrong += try_write(fd, front, 6) != want;
		wrong += try_write(fd, mid, 11) != want;
		/* One more digit makes another number. */
		if (byte >= '0' && byte <= '9')
			want = ERANGE;
		wrong += try_write(fd, end, 7) != want;
		if (wrong)
			break;
		if (!want)
			ASSERT_EQ(0, write_path(PROCESS "query", self->before));
		after = read_path(PROCESS "query", NULL);
		ASSERT_STREQ(self->before, after);
		free(after);
	}
	EXPECT_EQ(0, wrong) {
		TH_LOG("byte %#x", byte);
	}
	close(fd);
}

TEST_HARNESS_MAIN
