// SPDX-License-Identifier: GPL-2.0-only
/*
 * Good queries: how `query` shows them, and that a file answers what was asked
 * of its own descriptor, or else the default of when it was opened.
 */

#include "kselftest_harness.h"
#include "process_util.h"
#include "query_files.h"
#include "query_fixture.h"

TEST_F(query, replaces_as_a_whole)
{
	char *text;

	ASSERT_EQ(0, write_path(PROCESS "query",
				"\tnone=1  pid=self\nby=vma end=0x7000 "));
	text = read_path(PROCESS "query", NULL);
	EXPECT_STREQ("pid=self addr=0x0 start=0x0 end=0x7000 ignore=- "
		     "detail=entry none=1 by=vma top=10\n", text);
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

/* What is accepted, and how `query` shows it. */
static const struct {
	const char *text;
	const char *shown;
} accepted[] = {
	{ "", "" },
	{ " \n\t", "" },
	{ "pid=1", "pid=1" },
	{ "pid=0x1", "pid=1" },
	{ "pid=0000000000000000000000001", "pid=1" },
	{ "pid=self", "pid=self" },
	{ "addr=0", "addr=0x0" },
	{ "addr=4096", "addr=0x1000" },
	{ "addr=0x7fffffffefff", "addr=0x7fffffffefff" },
	{ "start=0xABCdef", "start=0xabcdef" },
	{ "start=0x7fffffffefff", "start=0x7fffffffefff" },
	{ "end=1", "end=0x1" },
	{ "end=0x7ffffffff000", "end=0x7ffffffff000" },
	{ "ignore=-", "ignore=-" },
	{ "ignore=soft_dirty,dirty,accessed", "ignore=accessed,dirty,soft_dirty" },
	{ "detail=entry", "detail=entry" },
	{ "detail=folio", "detail=folio" },
	{ "none=0", "none=0" },
	{ "none=0x1", "none=1" },
	{ "by=level", "by=level" },
	{ "by=vma", "by=vma" },
	{ "top=1", "top=1" },
	{ "top=0x64", "top=100" },
};

/* A line of `query` with one word in the place of that key's. */
static void replace_word(const char *line, const char *word, char *out)
{
	size_t name = strcspn(word, "=") + !!*word;
	size_t len;

	while (*line) {
		len = strcspn(line, " \n");
		if (name && !strncmp(line, word, name))
			out += sprintf(out, "%s", word);
		else
			out += sprintf(out, "%.*s", (int)len, line);
		*out++ = line[len];
		line += len + 1;
	}
	*out = '\0';
}

TEST_F(query, accepted)
{
	char *before, *after, want[512];
	unsigned int i;

	ASSERT_EQ(0, write_path(PROCESS "query", "\n"));
	before = read_path(PROCESS "query", NULL);
	for (i = 0; i < ARRAY_LEN(accepted); i++) {
		replace_word(before, accepted[i].shown, want);
		EXPECT_EQ(0, write_path(PROCESS "query", accepted[i].text));
		after = read_path(PROCESS "query", NULL);
		EXPECT_STREQ(want, after);
		free(after);
	}
	free(before);
}

/* The first line says what was asked of this descriptor, and no other does. */
TEST_F(query, first_line_says_what_was_asked)
{
	unsigned int v, i;

	for (v = 0; v < ARRAY_LEN(views); v++) {
		if (!strcmp(views[v].name, "entries_raw"))
			continue;
		for (i = 0; i < ARRAY_LEN(good); i++) {
			char value[64], key[16], *text;
			int fd;

			/* The process is named by its number. */
			if (!uses_only(good[i], views[v].keys) ||
			    !strcmp(good[i], "pid=self"))
				continue;
			sprintf(key, "%.*s", (int)strcspn(good[i], "="),
				good[i]);
			fd = view_open(views[v].name, good[i]);
			ASSERT_GE(fd, 0);
			text = read_fd(fd, 1 << 16, NULL);
			ASSERT_NE(NULL, text);
			*strchr(text, '\n') = '\0';
			EXPECT_TRUE(line_key(text, key, value, sizeof(value)));
			EXPECT_STREQ(strchr(good[i], '=') + 1, value);
			free(text);
			close(fd);
		}
	}
}

TEST_HARNESS_MAIN
