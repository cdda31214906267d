// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad queries: each gives the errno that the format promises and changes
 * nothing, for the directory's `query` and for each file's own descriptor.
 */

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "process_util.h"

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

/* Each file and the keys that it uses. */
static const struct {
	const char *name;
	const char *keys;
} views[] = {
	{ "space", " pid " },
	{ "vmas", " pid start end " },
	{ "translate", " pid addr " },
	{ "ranges", " pid start end ignore detail " },
	{ "entries", " pid start end none " },
	{ "entries_raw", " pid start end none " },
	{ "tables", " pid start end by top " },
};

/* One good word for each key. */
static const char *const good[] = {
	"pid=self", "addr=0x1000", "start=0x1000", "end=0x2000",
	"ignore=accessed,dirty", "detail=folio", "none=1", "by=vma", "top=100",
};

static pid_t gone_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

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

/* Writes and takes the errno; 0 if it was accepted. */
static int try_write(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n >= 0)
		return (size_t)n == len ? 0 : -1;
	return errno;
}

/* Whether each word of a query names a key of a file, as far as it does. */
static bool uses_only(const char *text, const char *keys)
{
	while (*(text += strspn(text, " \t\n"))) {
		size_t len = strcspn(text, "= \t\n");
		char name[64];

		snprintf(name, sizeof(name), " %.*s ", (int)len, text);
		if (!strstr(keys, name))
			return false;
		text += strcspn(text, " \t\n");
	}
	return true;
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

/* The answer of an open file, without the line of costs. */
static char *answer(int fd, size_t *len)
{
	char *text, *end;

	if (lseek(fd, 0, SEEK_SET))
		die("lseek");
	text = read_fd(fd, 1 << 16, len);
	if (!text)
		die("read");
	end = memmem(text, *len, "# end ", 6);
	if (end)
		*len = end - text;
	return text;
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
	static const char *const names[] = {
		"README", "version", "caps", "selfcheck",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), MMSCOPE "%s", names[i]);
		fd = open(path, O_RDWR);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(EINVAL, try_write(fd, "pid=1", 5));
		close(fd);
	}
}

TEST_F(query, replaces_as_a_whole)
{
	char *text;

	ASSERT_EQ(0, write_path(PROCESS "query",
				"\tnone=1  pid=self\nby=vma end=0x7000 "));
	text = read_path(PROCESS "query", NULL);
	EXPECT_STREQ("pid=self addr=0x0 start=0x0 end=0x7000 ignore=- detail=entry none=1 by=vma top=10\n",
		     text);
	/* What is shown can be written again. */
	EXPECT_EQ(0, write_path(PROCESS "query", text));
	free(text);
}

TEST_F(query, copied_when_a_file_is_opened)
{
	int fd = view_open("space", NULL);
	uint64_t pid;
	char *text;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, write_path(PROCESS "query", "pid=self"));
	text = read_fd(fd, 4096, NULL);
	ASSERT_NE(NULL, text);
	EXPECT_TRUE(line_number(text, "pid", &pid));
	EXPECT_EQ(self->target, pid);
	free(text);
	close(fd);
}

TEST_F(query, address_is_no_pointer)
{
	char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	int fd = open(PROCESS "query", O_RDWR);
	char *after;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(EFAULT, try_write(fd, nowhere, 5));
	EXPECT_EQ(-1, read(fd, nowhere, 5));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
	after = read_path(PROCESS "query", NULL);
	EXPECT_STREQ(self->before, after);
	free(after);
	fd = view_open("ranges", NULL);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(EFAULT, try_write(fd, nowhere, 5));
	EXPECT_EQ(-1, read(fd, nowhere, 5));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
}

TEST_F(query, nothing_between_start_and_end)
{
	static const char *const names[] = { "vmas", "ranges", "entries" };
	struct table table;
	unsigned int i;
	bool bad = false;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		ASSERT_EQ(0, table_ask(&table, names[i],
				       "pid=%d start=0x7000 end=0x3000",
				       self->target));
		EXPECT_FALSE(table_row(&table, &bad));
		EXPECT_FALSE(bad);
		table_free(&table);
	}
}

/* Takes the capability away, or gives it back. */
static int set_admin(bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	if (on)
		data[CAP_SYS_ADMIN / 32].effective |= 1U << CAP_SYS_ADMIN % 32;
	else
		data[CAP_SYS_ADMIN / 32].effective &= ~(1U << CAP_SYS_ADMIN % 32);
	return syscall(SYS_capset, &head, data);
}

/* Still the owner of the files, but without the capability. */
TEST_F(query, needs_the_capability)
{
	int query = open(PROCESS "query", O_RDWR);
	int view = view_open("ranges", NULL);
	char text[64], *after;
	unsigned int i;

	ASSERT_GE(query, 0);
	ASSERT_GE(view, 0);
	ASSERT_EQ(0, set_admin(false));
	for (i = 0; i < ARRAY_LEN(views); i++) {
		EXPECT_EQ(-1, view_open(views[i].name, NULL));
		EXPECT_EQ(EPERM, errno);
	}
	EXPECT_EQ(-1, open(PROCESS "query", O_RDONLY));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, open(MMSCOPE "caps", O_RDONLY));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(EPERM, try_write(query, "pid=self", 8));
	EXPECT_EQ(EPERM, try_write(view, "pid=self", 8));
	EXPECT_EQ(EPERM, try_write(query, "", 0));
	/* The last in the order of errors. */
	EXPECT_EQ(EINVAL, try_write(query, "pid=x", 5));
	EXPECT_EQ(ERANGE, try_write(query, "pid=0", 5));
	snprintf(text, sizeof(text), "pid=%d", self->gone);
	EXPECT_EQ(ESRCH, try_write(query, text, strlen(text)));
	EXPECT_EQ(ESRCH, try_write(view, text, strlen(text)));
	lseek(query, 0, SEEK_SET);
	after = read_fd(query, 4096, NULL);
	ASSERT_NE(NULL, after);
	EXPECT_STREQ(self->before, after);
	free(after);
	close(query);
	close(view);
	ASSERT_EQ(0, set_admin(true));
}

TEST_HARNESS_MAIN
