// SPDX-License-Identifier: GPL-2.0-only
/* Processes that end, exec or unmap while they are read. */

#include <errno.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "process_answer.h"
#include "process_util.h"

/* Records are short: this is in the first of two buffers. */
#define RAW_CUT	30000

/*
 * A target of which a part of an answer has been read: its first byte, before
 * the walk begins, or so much that the module has stopped in the middle.
 */
FIXTURE(begun) {
	struct target target;
	struct answer whole;
	struct answer rest;
	char bytes[TARGET_CUT];
	int fd;
	bool sampling;
};

FIXTURE_VARIANT(begun) {
	const char *view;
	size_t cut;
};

FIXTURE_VARIANT_ADD(begun, ranges) { "ranges", TARGET_CUT };
FIXTURE_VARIANT_ADD(begun, ranges_first_byte) { "ranges", 1 };
FIXTURE_VARIANT_ADD(begun, entries) { "entries", TARGET_CUT };
FIXTURE_VARIANT_ADD(begun, entries_first_byte) { "entries", 1 };
FIXTURE_VARIANT_ADD(begun, entries_raw) { "entries_raw", RAW_CUT };
FIXTURE_VARIANT_ADD(begun, entries_raw_first_byte) { "entries_raw", 1 };
FIXTURE_VARIANT_ADD(begun, vmas) { "vmas", TARGET_CUT };
FIXTURE_VARIANT_ADD(begun, vmas_first_byte) { "vmas", 1 };
FIXTURE_VARIANT_ADD(begun, tables_first_byte) { "tables", 1 };

FIXTURE_SETUP(begun)
{
	char query[32];

	self->sampling = sampling_stop();
	ASSERT_EQ(0, target_start(&self->target));
	snprintf(query, sizeof(query), "pid=%d", self->target.pid);
	ASSERT_EQ(0, answer_ask(&self->whole, variant->view, "%s", query));
	ASSERT_TRUE(self->whole.complete);
	self->fd = view_open(variant->view, query);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(0, read_exactly(self->fd, self->bytes, variant->cut));
}

FIXTURE_TEARDOWN(begun)
{
	close(self->fd);
	answer_free(&self->whole);
	answer_free(&self->rest);
	target_end(&self->target);
	if (self->sampling)
		sampling_start();
}

static uint64_t table_bytes(const struct answer *answer)
{
	char bytes[32];

	answer_head(answer, "counted_bytes", bytes, sizeof(bytes));
	return strtoull(bytes, NULL, 0);
}

/* Something that less memory makes less. */
static uint64_t amount(const struct answer *answer)
{
	return strcmp(answer->view, "tables") ? answer->len :
						table_bytes(answer);
}

/* Cannot be complete: what comes behind the cut was not read in time. */
static void expect_exited(struct __test_metadata *_metadata,
			  const struct answer *whole,
			  const struct answer *rest, size_t cut)
{
	EXPECT_FALSE(rest->complete);
	EXPECT_STREQ("exited", rest->stopped);
	EXPECT_GE(rest->len, cut);
	/* All rows of tables say how far the walk came, here: not at all. */
	if (strcmp(whole->view, "tables")) {
		EXPECT_LT(rest->rows, whole->rows);
		EXPECT_TRUE(answer_begins(whole, rest));
	} else {
		EXPECT_EQ(0, table_bytes(rest));
	}
}

TEST_F(begun, killed)
{
	char byte;

	end_process(self->target.pid);
	self->target.pid = -1;
	ASSERT_EQ(0, answer_rest(&self->rest, variant->view, self->fd,
				 self->bytes, variant->cut));
	expect_exited(_metadata, &self->whole, &self->rest, variant->cut);

	/* At its end it stays there; from the start it has nobody to ask. */
	EXPECT_EQ(0, read(self->fd, &byte, 1));
	ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(ESRCH, errno);
}

TEST_F(begun, execs)
{
	struct answer again;
	char comm[32];

	ASSERT_EQ(0, target_do(&self->target, TARGET_EXEC));
	ASSERT_EQ(0, answer_rest(&self->rest, variant->view, self->fd,
				 self->bytes, variant->cut));
	expect_exited(_metadata, &self->whole, &self->rest, variant->cut);

	/* The same process, with the new address space. */
	ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
	ASSERT_EQ(0, answer_rest(&again, variant->view, self->fd, "", 0));
	EXPECT_TRUE(again.complete);
	EXPECT_LT(0, again.rows);
	EXPECT_LT(again.len, self->whole.len);
	if (strcmp(variant->view, "entries_raw")) {
		answer_head(&again, "comm", comm, sizeof(comm));
		EXPECT_STREQ("cat", comm);
	}
	answer_free(&again);
}

static void change_and_read(struct __test_metadata *_metadata,
			    struct target *target, char command, int fd,
			    const char *begun, size_t cut,
			    struct answer *answer)
{
	struct spans mapped = {};
	const char *view = answer->view;

	spans_add_maps(&mapped, target->pid);
	ASSERT_EQ(0, target_do(target, command));
	spans_add_maps(&mapped, target->pid);
	ASSERT_EQ(0, answer_rest(answer, view, fd, begun, cut));
	EXPECT_TRUE(answer->complete);
	EXPECT_TRUE(answer_within(answer, &mapped));
	spans_free(&mapped);
}

TEST_F(begun, unmaps)
{
	self->rest.view = variant->view;
	change_and_read(_metadata, &self->target, TARGET_UNMAP, self->fd,
			self->bytes, variant->cut, &self->rest);
	EXPECT_LT(amount(&self->rest), amount(&self->whole));
}

TEST_F(begun, remaps)
{
	const struct span other = { TARGET_OTHER, TARGET_OTHER + 64 * PAGE };

	self->rest.view = variant->view;
	change_and_read(_metadata, &self->target, TARGET_REMAP, self->fd,
			self->bytes, variant->cut, &self->rest);
	/* It lies behind the cut. */
	if (!strcmp(variant->view, "ranges") ||
	    !strcmp(variant->view, "vmas")) {
		EXPECT_TRUE(spans_cover(&self->rest.spans, &other));
	}
}

/* What is left of a VMA that has grown backwards since. */
TEST_F(begun, merges)
{
	self->rest.view = variant->view;
	change_and_read(_metadata, &self->target, TARGET_MERGE, self->fd,
			self->bytes, variant->cut, &self->rest);
}

TEST_HARNESS_MAIN
