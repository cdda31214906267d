// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints of mmscope, as tracefs shows them: the fields that trace.h
 * promises, pairs that match, and the numbers of the answers and experiments that
 * they tell about.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cgroup_util.h"
#include "lab_util.h"
#include "oom_hogs.h"
#include "process_util.h"

#define TRACEFS		"/sys/kernel/tracing/"
#define EVENTS		TRACEFS "events/mmscope/"
/* A buffer of this test's own. */
#define INSTANCE	TRACEFS "instances/mmscope_test/"

#define LINE_MAX_BYTES	2048

static void tell(const char *file, const char *text)
{
	if (write_path(file, text))
		die("%s: %s", file, strerror(errno));
}

static void switch_on(bool on)
{
	tell(INSTANCE "events/mmscope/enable", on ? "1" : "0");
}

FIXTURE(events) {
	char *text;
	char *rest;
};

FIXTURE_SETUP(events)
{
	char pid[16];

	self->text = NULL;
	if (access(TRACEFS "events", R_OK))
		SKIP(return, "no tracefs in " TRACEFS);
	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	snprintf(pid, sizeof(pid), "%d", getpid());
	tell(INSTANCE "set_event_pid", pid);
	switch_on(true);
}

FIXTURE_TEARDOWN(events)
{
	free(self->text);
	rmdir(INSTANCE);
}

/* Ends tracing; what was traced can be taken line by line. */
static void stop(struct _test_data_events *self)
{
	switch_on(false);
	self->text = read_path(INSTANCE "trace", NULL);
	self->rest = self->text;
}

/* The next event, without what is before its name; NULL if there is none. */
static char *next_event(struct _test_data_events *self)
{
	char *line;

	while ((line = strsep(&self->rest, "\n"))) {
		/* comm-pid [cpu] flags seconds: name: fields */
		char *name = strstr(line, ": ");

		if (*line != '#' && name)
			return name + 2;
	}
	return NULL;
}

static bool is(const char *event, const char *name)
{
	size_t len = strlen(name);

	return event && !strncmp(event, name, len) && event[len] == ':';
}

static uint64_t number(const char *event, const char *field)
{
	uint64_t value;

	if (!line_number(event, field, &value))
		die("no %s in %s", field, event);
	return value;
}

static bool word_is(const char *event, const char *field, const char *word)
{
	char value[64];

	return line_key(event, field, value, sizeof(value)) &&
	       !strcmp(value, word);
}

/* The fields of each event in their order: the contract. */
static const struct {
	const char *event;
	const char *fields;
} contract[] = {
	{ "view_begin", "answer view query" },
	{ "view_end", "answer view how err rows complete walked scanned "
		      "lock_max_ns lock_total_ns retries" },
	{ "lock_held", "lock held_ns" },
	{ "lab_begin", "run lab query" },
	{ "lab_step", "run lab action order blocks held_pages" },
	{ "fragment_index", "run step order index target free_pages "
			    "free_blocks suitable_blocks" },
	{ "lab_end", "run lab err refused holds held_pages" },
	{ "lab_give_back", "run lab held_pages" },
	{ "oom_victim", "pid tgid comm uid adj memcg_ino total_vm_pages "
			"anon_pages file_pages shmem_pages swap_pages "
			"pgtable_bytes" },
};

/* The names in the lines "field:TYPE NAME;", without what all events have. */
static void fields_of(const char *event, char *fields, size_t size)
{
	char path[256], *text, *rest, *line;
	size_t len = 0;

	snprintf(path, sizeof(path), EVENTS "%s/format", event);
	text = rest = read_path(path, NULL);
	*fields = '\0';
	while ((line = strsep(&rest, "\n"))) {
		char *end = strchr(line, ';'), *name;

		if (strncmp(line, "\tfield:", 7) || strstr(line, " common_"))
			continue;
		*end = '\0';
		name = strrchr(line, ' ') + 1;
		len += snprintf(fields + len, size - len, "%s%.*s",
				len ? " " : "", (int)strcspn(name, "["), name);
	}
	free(text);
}

TEST_F(events, have_the_fields_of_the_contract)
{
	char fields[LINE_MAX_BYTES];
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(contract); i++) {
		fields_of(contract[i].event, fields, sizeof(fields));
		EXPECT_STREQ(contract[i].fields, fields) {
			TH_LOG("%s", contract[i].event);
		}
	}
}

/* Whether a format has a conversion that could write an address. */
static bool writes_hex(const char *format)
{
	const char *at = format;

	while ((at = strchr(at, '%'))) {
		at += 1 + strspn(at + 1, "#0123456789.+- hlz");
		if (*at && strchr("xXp", *at))
			return true;
		/* Of two, the second begins nothing. */
		at += *at == '%';
	}
	return false;
}

/* Nothing that could be the address of something in the kernel. */
TEST_F(events, have_no_addresses)
{
	unsigned int i;

	EXPECT_TRUE(writes_hex("print fmt: \"a=%d b=%#016llx\""));
	EXPECT_TRUE(writes_hex("print fmt: \"a=%p\""));
	EXPECT_FALSE(writes_hex("print fmt: \"a=%d%%x b=%llu\", REC->x"));
	for (i = 0; i < ARRAY_LEN(contract); i++) {
		char path[256], *text, *printed;

		snprintf(path, sizeof(path), EVENTS "%s/format",
			 contract[i].event);
		text = read_path(path, NULL);
		printed = strstr(text, "print fmt:");
		ASSERT_NE(NULL, printed);
		EXPECT_FALSE(writes_hex(printed)) {
			TH_LOG("%s", printed);
		}
		free(text);
	}
}

/* Views whose locks are of one kind, or of any, and one without. */
static const struct {
	const char *view;
	const char *query;
	const char *lock;
} views[] = {
	{ "process/ranges", "pid=self", "mmap" },
	{ "memory/pageblocks", "pfn=0-200000", "any" },
	{ "buddy/freelists", NULL, "zone" },
	{ "vmalloc/areas", NULL, "vmap" },
	{ "oom/victims", NULL, NULL },
};

static char *ask(const char *view, const char *query)
{
	int fd = view_open(view, query);
	char *text = fd < 0 ? NULL : read_fd(fd, 4096, NULL);

	if (!text)
		die("%s: %s", view, strerror(errno));
	close(fd);
	return text;
}

static const char *end_of(const char *text)
{
	const char *end = strstr(text, "\n# end ");

	if (!end)
		die("no end line");
	return end + 1;
}

/* Begin, the locks, and an end that says what the last line of the answer says. */
TEST_F_TIMEOUT(events, agree_with_the_answers, 300)
{
	static const char *const keys[] = {
		"scanned", "lock_max_ns", "lock_total_ns", "retries",
	};
	char *text[ARRAY_LEN(views)], *event;
	unsigned int i, k;
	uint64_t answer;

	for (i = 0; i < ARRAY_LEN(views); i++)
		text[i] = ask(views[i].view, views[i].query);
	stop(self);
	for (i = 0; i < ARRAY_LEN(views); i++) {
		const char *end = end_of(text[i]);
		uint64_t held = 0, longest = 0, rows, value;

		event = next_event(self);
		ASSERT_TRUE(is(event, "view_begin")) {
			TH_LOG("%s", event);
		}
		EXPECT_TRUE(word_is(event, "view", views[i].view));
		answer = number(event, "answer");
		EXPECT_NE(0, answer);
		while (is(event = next_event(self), "lock_held")) {
			ASSERT_NE(NULL, views[i].lock);
			if (strcmp(views[i].lock, "any"))
				EXPECT_TRUE(word_is(event, "lock", views[i].lock));
			value = number(event, "held_ns");
			held += value;
			longest = value > longest ? value : longest;
		}
		ASSERT_TRUE(is(event, "view_end")) {
			TH_LOG("%s", event);
		}
		EXPECT_EQ(answer, number(event, "answer"));
		EXPECT_TRUE(word_is(event, "view", views[i].view));
		EXPECT_TRUE(word_is(event, "how", "ended"));
		EXPECT_EQ(0, number(event, "err"));
		ASSERT_TRUE(line_number(end, "rows", &rows));
		EXPECT_EQ(rows, number(event, "rows"));
		EXPECT_EQ(1, number(event, "complete"));
		EXPECT_EQ(!!views[i].lock, number(event, "walked"));
		for (k = 0; k < ARRAY_LEN(keys); k++) {
			if (!line_number(end, keys[k], &value))
				value = 0;
			EXPECT_EQ(value, number(event, keys[k])) {
				TH_LOG("%s: %s", views[i].view, keys[k]);
			}
		}
		EXPECT_EQ(held, number(event, "lock_total_ns"));
		EXPECT_EQ(longest, number(event, "lock_max_ns"));
		free(text[i]);
	}
	EXPECT_EQ(NULL, next_event(self));
}

TEST_F(events, have_the_query)
{
	char *event;

	free(ask("process/ranges", "pid=self start=0x1000 end=0x2000"));
	free(ask("buddy/freelists", NULL));
	stop(self);
	event = next_event(self);
	ASSERT_TRUE(is(event, "view_begin"));
	EXPECT_NE(NULL, strstr(event, "query=\"pid=self "));
	EXPECT_NE(NULL, strstr(event, " start=0x1000 end=0x2000 "));
	do {
		event = next_event(self);
	} while (!is(event, "view_begin") && event);
	ASSERT_NE(NULL, event);
	EXPECT_NE(NULL, strstr(event, "query=\"\""));
}

/* The binary view has no last line in words, but an end all the same. */
TEST_F(events, tell_of_binary_answers)
{
	size_t len;
	int fd = view_open("entries_raw", "pid=self");
	char *event, *bytes = read_fd(fd, 4096, &len);

	ASSERT_NE(NULL, bytes);
	close(fd);
	free(bytes);
	stop(self);
	do {
		event = next_event(self);
	} while (event && !is(event, "view_end"));
	ASSERT_NE(NULL, event);
	EXPECT_TRUE(word_is(event, "how", "ended"));
	/* A record is 16 bytes, and the first and the last are no rows. */
	EXPECT_EQ(len / 16 - 2, number(event, "rows"));
	EXPECT_EQ(1, number(event, "complete"));
	EXPECT_EQ(1, number(event, "walked"));
}

static char *expect_end(struct _test_data_events *self, const char *how)
{
	uint64_t answer = 0;
	char *event;

	while ((event = next_event(self))) {
		if (is(event, "view_begin"))
			answer = number(event, "answer");
		if (is(event, "view_end"))
			break;
	}
	if (!event || !answer || number(event, "answer") != answer ||
	    !word_is(event, "how", how)) {
		complain("no end %s of answer %" PRIu64 ": %s", how, answer,
			 event ?: "nothing");
		return NULL;
	}
	return event;
}

/* Each answer that begins has one end, however that comes. */
TEST_F(events, are_balanced)
{
	pid_t gone = start_stopped(NULL, NULL);
	char byte, query[32], *event;
	int fd;

	ASSERT_GT(gone, 0);
	/* Closed before the end. */
	fd = view_open("entries", "pid=self");
	ASSERT_EQ(1, read(fd, &byte, 1));
	close(fd);
	/* From the start again, and another query. */
	fd = view_open("entries", "pid=self");
	ASSERT_EQ(1, read(fd, &byte, 1));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(1, read(fd, &byte, 1));
	ASSERT_EQ(8, write(fd, "pid=self", 8));
	close(fd);
	/* The process is gone. */
	snprintf(query, sizeof(query), "pid=%d", gone);
	fd = view_open("entries", query);
	end_process(gone);
	ASSERT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(ESRCH, errno);
	close(fd);
	/* Never read. */
	close(view_open("entries", "pid=self"));
	stop(self);
	EXPECT_NE(NULL, expect_end(self, "dropped"));
	EXPECT_NE(NULL, expect_end(self, "dropped"));
	event = expect_end(self, "dropped");
	ASSERT_NE(NULL, event);
	EXPECT_EQ(0, number(event, "complete"));
	EXPECT_EQ(0, number(event, "walked"));
	event = expect_end(self, "failed");
	ASSERT_NE(NULL, event);
	EXPECT_NE(NULL, strstr(event, " err=-3 "));
	while ((event = next_event(self)))
		EXPECT_FALSE(is(event, "view_begin") || is(event, "view_end"));
}

/* What began before tracing did has number 0. */
TEST_F(events, know_what_came_too_late)
{
	char *event, *text;
	int fd;

	switch_on(false);
	fd = view_open("entries", "pid=self");
	text = malloc(100);
	ASSERT_EQ(1, read(fd, text, 1));
	free(text);
	switch_on(true);
	text = read_fd(fd, 4096, NULL);
	ASSERT_NE(NULL, text);
	close(fd);
	free(text);
	stop(self);
	do {
		event = next_event(self);
	} while (event && !is(event, "view_end"));
	ASSERT_NE(NULL, event);
	EXPECT_EQ(0, number(event, "answer"));
	EXPECT_TRUE(word_is(event, "how", "ended"));
}

/* The steps of an experiment, and what is given back when. */
TEST_F_TIMEOUT(events, tell_of_experiments, 300)
{
	int fd = lab_open("alloc");
	uint64_t run, held;
	char *event;

	ASSERT_EQ(0, lab_run(fd, "order=2 count=5 hold=1"));
	EXPECT_EQ(EINVAL, lab_run(fd, "order=x"));
	ASSERT_EQ(0, lab_run(fd, "order=3 count=2"));
	EXPECT_EQ(ENOSPC, lab_run(fd, "order=9 count=65536"));
	close(fd);
	stop(self);

	event = next_event(self);
	ASSERT_TRUE(is(event, "lab_begin"));
	run = number(event, "run");
	EXPECT_NE(0, run);
	EXPECT_TRUE(word_is(event, "lab", "alloc"));
	EXPECT_NE(NULL, strstr(event, "query=\"order=2 count=5 "));
	while (is(event = next_event(self), "lock_held"))
		;
	ASSERT_TRUE(is(event, "lab_step"));
	EXPECT_EQ(run, number(event, "run"));
	EXPECT_TRUE(word_is(event, "action", "take"));
	EXPECT_EQ(2, number(event, "order"));
	EXPECT_EQ(5, number(event, "blocks"));
	held = number(event, "held_pages");
	EXPECT_EQ(20, held);
	while (is(event = next_event(self), "lock_held"))
		;
	ASSERT_TRUE(is(event, "lab_end"));
	EXPECT_EQ(run, number(event, "run"));
	EXPECT_EQ(0, number(event, "err"));
	EXPECT_EQ(1, number(event, "holds"));
	EXPECT_EQ(held, number(event, "held_pages"));

	/* With the next query that is well formed. */
	event = next_event(self);
	ASSERT_TRUE(is(event, "lab_give_back"));
	EXPECT_EQ(run, number(event, "run"));
	EXPECT_EQ(held, number(event, "held_pages"));
	event = next_event(self);
	ASSERT_TRUE(is(event, "lab_begin"));
	run = number(event, "run");
	do {
		event = next_event(self);
	} while (event && !is(event, "lab_end"));
	ASSERT_NE(NULL, event);
	EXPECT_EQ(run, number(event, "run"));
	EXPECT_EQ(0, number(event, "holds"));

	event = next_event(self);
	ASSERT_TRUE(is(event, "lab_begin"));
	EXPECT_EQ(run + 1, number(event, "run"));
	do {
		event = next_event(self);
	} while (event && !is(event, "lab_end"));
	ASSERT_NE(NULL, event);
	EXPECT_NE(NULL, strstr(event, " err=-28 refused=over-limit "));
	EXPECT_EQ(NULL, next_event(self));
}

/* Two events for each row of the answer, with the same numbers. */
TEST_F_TIMEOUT(events, tell_of_fragmentation_step_by_step, 600)
{
	struct table table;
	uint64_t steps = 0;
	bool bad = false;
	int fd = lab_open("fragment");
	char *event;

	ASSERT_EQ(0, lab_run(fd, "target=300"));
	lab_answer(fd, &table);
	close(fd);
	stop(self);
	event = next_event(self);
	ASSERT_TRUE(is(event, "lab_begin"));
	while (table_row(&table, &bad)) {
		do {
			event = next_event(self);
		} while (is(event, "lock_held"));
		ASSERT_TRUE(is(event, "lab_step")) {
			TH_LOG("%s", event);
		}
		EXPECT_TRUE(word_is(event, "action",
				    table_word(&table, "action")));
		EXPECT_EQ(table_number(&table, "order"), number(event, "order"));
		EXPECT_EQ(table_number(&table, "blocks"),
			  number(event, "blocks"));
		EXPECT_EQ(table_number(&table, "held_pages"),
			  number(event, "held_pages"));
		event = next_event(self);
		ASSERT_TRUE(is(event, "fragment_index"));
		EXPECT_EQ(steps++, number(event, "step"));
		EXPECT_TRUE(word_is(event, "index", table_word(&table, "index")));
		EXPECT_EQ(300, number(event, "target"));
		EXPECT_EQ(table_number(&table, "free_pages"),
			  number(event, "free_pages"));
		EXPECT_EQ(table_number(&table, "free_blocks"),
			  number(event, "free_blocks"));
		EXPECT_EQ(table_number(&table, "suitable_blocks"),
			  number(event, "suitable_blocks"));
	}
	EXPECT_FALSE(bad);
	EXPECT_GT(steps, 1);
	EXPECT_TRUE(is(next_event(self), "lab_end"));
	EXPECT_TRUE(is(next_event(self), "lab_give_back"));
	EXPECT_EQ(NULL, next_event(self));
	table_free(&table);
}

/* The numbers that the kernel writes to its log. */
TEST_F_TIMEOUT(events, tell_of_oom_kills, 300)
{
	static const struct scene scene = {
		64, .hogs = { { 2 }, { 40 }, { 8 } },
	};
	int all, log = kills_open();
	struct killed killed;
	struct hogs hogs;
	char *event;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	/* Whoever needs memory kills, not this process: all are traced then. */
	all = open(INSTANCE "set_event_pid", O_WRONLY | O_TRUNC);
	ASSERT_LE(0, all);
	close(all);
	hogs_start(&hogs, &scene);
	hogs_fill(&hogs);
	hogs_go(&hogs);
	ASSERT_TRUE(hogs_killed(hogs.pid[1]));
	ASSERT_TRUE(kills_next(log, &killed));
	stop(self);
	do {
		event = next_event(self);
	} while (event && !is(event, "oom_victim"));
	ASSERT_NE(NULL, event);
	EXPECT_EQ(killed.pid, number(event, "tgid"));
	EXPECT_TRUE(word_is(event, "comm", killed.comm));
	EXPECT_EQ(killed.vm, 4 * number(event, "total_vm_pages"));
	EXPECT_EQ(killed.anon, 4 * number(event, "anon_pages"));
	EXPECT_EQ(killed.file, 4 * number(event, "file_pages"));
	EXPECT_EQ(killed.shmem, 4 * number(event, "shmem_pages"));
	EXPECT_EQ(killed.pgtables, number(event, "pgtable_bytes") / 1024);
	EXPECT_EQ(killed.uid, number(event, "uid"));
	EXPECT_EQ(cg_ino(HOGS HOGS_OTHERS), number(event, "memcg_ino"));
	hogs_end(&hogs);
	close(log);
}

/* The module can go while its events are on, and is none the worse for it. */
TEST_F(events, let_the_module_go)
{
	const char *path = getenv("MMSCOPE_KO");
	char *event;
	int fd;

	if (!path)
		SKIP(return, "MMSCOPE_KO does not name the module's file");
	free(ask("buddy/freelists", NULL));
	ASSERT_EQ(0, syscall(SYS_delete_module, "mmscope", O_NONBLOCK));
	EXPECT_NE(0, access(EVENTS, F_OK));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, syscall(SYS_finit_module, fd, "", 0));
	close(fd);
	EXPECT_EQ(0, access(EVENTS "view_begin/enable", F_OK));
	switch_on(true);
	free(ask("buddy/freelists", NULL));
	stop(self);
	do {
		event = next_event(self);
	} while (event && !is(event, "view_begin"));
	ASSERT_NE(NULL, event);
	/* Numbers begin anew. */
	EXPECT_EQ(1, number(event, "answer"));
}

TEST_HARNESS_MAIN
