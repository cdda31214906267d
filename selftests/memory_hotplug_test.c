// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that goes away and comes back: frames that are offline are in no
 * answer, and views that are read meanwhile end as they should.
 *
 * For a machine with memory modules that can be ejected, whose memory is in
 * ZONE_MOVABLE: scripts/vm --hotplug 256M --hotplug 256M.
 */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "lab_util.h"
#include "process_util.h"

#define BLOCKS		"/sys/devices/system/memory/"
#define MODULES		"/sys/bus/acpi/devices/PNP0C80:*"
#define BLOCKS_MAX	16
/* Looks at all views while memory goes and comes. */
#define LOOKS		2
/* Experiments meanwhile, that hold something. */
#define EXPERIMENTS	8
/* Moving pages away may fail for want of a moment in which nobody holds them. */
#define TRIES		100
#define MEMORY		(96 << 20)
/* For a slow machine; the harness says 30 s. */
#define TIMEOUT		240

/**
 * struct block - a memory block: what is plugged and unplugged at a time
 * @number: its number in sysfs.
 * @first: its first frame.
 * @last: its last.
 */
struct block {
	unsigned int number;
	uint64_t first;
	uint64_t last;
};

FIXTURE(hotplug) {
	struct block blocks[BLOCKS_MAX];
	unsigned int nr;
	char *memory;
};

static void set_range(struct block *block)
{
	uint64_t size, frames;
	char *text = read_path(BLOCKS "block_size_bytes", NULL);

	size = strtoull(text, NULL, 16);
	free(text);
	frames = size / sysconf(_SC_PAGESIZE);
	block->first = block->number * frames;
	block->last = block->first + frames - 1;
}

/* The blocks of all modules that are plugged in. */
static unsigned int find_blocks(const char *module, struct block *blocks)
{
	char pattern[256], target[256];
	unsigned int nr = 0;
	ssize_t len;
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/physical_node*", module);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc && nr < BLOCKS_MAX; i++) {
		len = readlink(found.gl_pathv[i], target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		if (sscanf(strrchr(target, '/') ?: "", "/memory%u",
			   &blocks[nr].number) != 1)
			continue;
		set_range(&blocks[nr++]);
	}
	globfree(&found);
	return nr;
}

static bool is_online(const struct block *block)
{
	char path[64], *text;
	bool online;

	snprintf(path, sizeof(path), BLOCKS "memory%u/state", block->number);
	text = read_path(path, NULL);
	online = !strcmp(text, "online\n");
	free(text);
	return online;
}

static int set_state(const struct block *block, const char *state)
{
	char path[64];
	int i, err = 0;

	snprintf(path, sizeof(path), BLOCKS "memory%u/state", block->number);
	for (i = 0; i < TRIES; i++) {
		err = write_path(path, state) ? errno : 0;
		if (err != EBUSY && err != EAGAIN)
			break;
	}
	return err;
}

static int offline(const struct block *block)
{
	return set_state(block, "offline");
}

static int online(const struct block *block)
{
	return is_online(block) ? 0 : set_state(block, "online_movable");
}

FIXTURE_SETUP(hotplug)
{
	self->nr = find_blocks(MODULES, self->blocks);
	if (!self->nr)
		SKIP(return, "no memory module that can be ejected");
	/* Something to be moved: movable memory is given out first. */
	self->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
}

FIXTURE_TEARDOWN(hotplug)
{
	unsigned int i;

	munmap(self->memory, MEMORY);
	self->nr = find_blocks(MODULES, self->blocks);
	for (i = 0; i < self->nr; i++)
		EXPECT_EQ(0, online(&self->blocks[i]));
}

/* Columns of an answer, up to one that is NULL. */
struct columns {
	const char *name[8];
};

static const struct columns none, pages = { { "pages" } },
	present = { { "present_pages" } };

/* Each frame of a pageblock is in one of them. */
static const struct columns of_pageblocks = { {
	"free_pages", "pcp_pages", "movable_pages", "unmovable_pages",
	"reserved_pages",
} };

static uint64_t sum_of(struct table *table, const struct columns *columns)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; columns->name[i]; i++)
		sum += table_number(table, columns->name[i]);
	return sum;
}

/*
 * Asks a view, without a query if that is NULL, and goes through all rows.
 * Return: their number, or -1 after a complaint; @sum is what the columns add up
 * to.
 */
static int64_t ask(const char *view, const char *query,
		   const struct columns *columns, uint64_t *sum)
{
	struct table table;
	bool bad = false;
	int64_t rows = 0;

	if (query) {
		if (table_ask(&table, view, "%s", query))
			return -1;
	} else {
		char path[128];
		size_t len;
		char *text;

		snprintf(path, sizeof(path), MMSCOPE "%s", view);
		text = read_path(path, &len);
		if (!text_complete(text, len) || table_parse(&table, text)) {
			complain("%s is not complete", view);
			return -1;
		}
	}
	for (*sum = 0; table_row(&table, &bad); rows++)
		*sum += sum_of(&table, columns);
	table_free(&table);
	return bad ? -1 : rows;
}

/* Frames of a block in the views that go through frames. */
static uint64_t seen(const struct block *block, bool *bad)
{
	uint64_t census, blocks, sum;
	char query[64];

	snprintf(query, sizeof(query), "pfn=%ju-%ju", block->first, block->last);
	*bad |= ask("memory/census", query, &pages, &census) < 0;
	*bad |= ask("memory/pageblocks", query, &of_pageblocks, &blocks) < 0;
	snprintf(query, sizeof(query), "pfn=%ju-%ju", block->first,
		 block->first + 99);
	sum = ask("memory/page", query, &none, &sum);
	if (census != blocks || sum != (census ? 100 : 0)) {
		complain("block %u: census has %ju frames, pageblocks %ju, page %ju of 100",
			 block->number, census, blocks, sum);
		*bad = true;
	}
	return census;
}

static uint64_t present_pages(bool *bad)
{
	uint64_t sum;

	*bad |= ask("memory/zones", NULL, &present, &sum) < 0;
	return sum;
}

TEST_F_TIMEOUT(hotplug, offline_frames_are_gone, TIMEOUT)
{
	unsigned int i;
	bool bad = false;

	for (i = 0; i < self->nr; i++) {
		const struct block *block = &self->blocks[i];
		uint64_t frames = block->last - block->first + 1;
		uint64_t present = present_pages(&bad);

		EXPECT_EQ(frames, seen(block, &bad));
		ASSERT_EQ(0, offline(block));
		EXPECT_EQ(0, seen(block, &bad));
		EXPECT_EQ(present - frames, present_pages(&bad));
		ASSERT_EQ(0, online(block));
		EXPECT_EQ(frames, seen(block, &bad));
		EXPECT_EQ(present, present_pages(&bad));
	}
	EXPECT_FALSE(bad);
}

static const char *const queried[] = {
	"memory/page", "memory/mappers", "memory/pageblocks", "memory/census",
};

static const char *const plain[] = {
	"memory/zones", "buddy/freelists", "buddy/pcp", "buddy/fragmentation",
};

/* One look at everything.  Return: answers that were not as they should be. */
static unsigned int look(const struct block *first, const struct block *last)
{
	unsigned int i, wrong = 0;
	char query[64];
	uint64_t sum;

	snprintf(query, sizeof(query), "pfn=%ju-%ju", first->last - 999,
		 last->first + 999);
	for (i = 0; i < ARRAY_LEN(plain); i++)
		wrong += ask(plain[i], NULL, &none, &sum) < 0;
	for (i = 1; i < ARRAY_LEN(queried); i++)
		wrong += ask(queried[i], query, &none, &sum) < 0;
	snprintf(query, sizeof(query), "pfn=%ju-%ju", last->first - 999,
		 last->first + 999);
	wrong += ask(queried[0], query, &none, &sum) < 0;
	wrong += ask("memory/census", "", &none, &sum) < 0;
	wrong += ask("memory/pageblocks", "", &none, &sum) < 0;
	wrong += ask("buddy/culprits", "", &none, &sum) < 0;
	return wrong;
}

/* What both processes see. */
struct plugging {
	bool stop;
	unsigned int times;
};

/* Each block goes and comes, again and again. */
static int plug(const struct block *blocks, unsigned int nr,
		volatile struct plugging *plugging)
{
	while (!plugging->stop) {
		const struct block *block = &blocks[plugging->times % nr];

		if (offline(block) || online(block))
			return 1;
		plugging->times++;
	}
	return 0;
}

static volatile struct plugging *start_plugging(const struct block *blocks,
						unsigned int nr, pid_t *pid)
{
	volatile struct plugging *plugging;

	plugging = mmap(NULL, sizeof(*plugging), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if ((void *)plugging == MAP_FAILED)
		die("mmap");
	*pid = fork();
	if (*pid < 0)
		die("fork");
	if (!*pid)
		_exit(plug(blocks, nr, plugging));
	return plugging;
}

/* Return: how many times, or 0 if that did not end well. */
static unsigned int end_plugging(volatile struct plugging *plugging, pid_t pid)
{
	unsigned int times;
	int status;

	plugging->stop = true;
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	times = status ? 0 : plugging->times;
	munmap((void *)plugging, sizeof(*plugging));
	return times;
}

TEST_F_TIMEOUT(hotplug, views_while_memory_goes_and_comes, TIMEOUT)
{
	volatile struct plugging *plugging;
	unsigned int i, wrong = 0, times;
	pid_t pid;

	plugging = start_plugging(self->blocks, self->nr, &pid);
	for (i = 0; i < LOOKS; i++)
		wrong += look(&self->blocks[0], &self->blocks[self->nr - 1]);
	times = end_plugging(plugging, pid);
	EXPECT_EQ(0, wrong);
	TH_LOG("%u looks at all views, %u times offline", LOOKS, times);
	EXPECT_LE(LOOKS, times);
}

#define IN_PIECES	"zone=movable mobility=movable order=4 target=500"

/* What they hold in ZONE_MOVABLE can be moved: memory can still be unplugged. */
TEST_F_TIMEOUT(hotplug, labs_hold_nothing_there_that_stays, TIMEOUT)
{
	int fd = lab_open("alloc");
	unsigned int i;

	EXPECT_EQ(ENXIO, lab_run(fd, "gfp=movable hold=1 count=16"));
	EXPECT_TRUE(lab_refused("alloc", "zone-is-movable"));
	EXPECT_EQ(0, lab_run(fd, "gfp=movable count=16"));
	close(fd);
	fd = lab_open("fragment");
	ASSERT_EQ(0, lab_run(fd, IN_PIECES));
	EXPECT_LT(0, lab_status("fragment", "held_pages"));
	for (i = 0; i < self->nr; i++) {
		ASSERT_EQ(0, offline(&self->blocks[i]));
		ASSERT_EQ(0, online(&self->blocks[i]));
	}
	close(fd);
}

/* Neither waits for the other. */
TEST_F_TIMEOUT(hotplug, labs_while_memory_goes_and_comes, TIMEOUT)
{
	volatile struct plugging *plugging;
	unsigned int i, times, done = 0;
	pid_t pid;

	plugging = start_plugging(self->blocks, self->nr, &pid);
	for (i = 0; i < EXPERIMENTS; i++) {
		int fd = lab_open("fragment");

		done += !lab_run(fd, IN_PIECES);
		close(fd);
	}
	times = end_plugging(plugging, pid);
	TH_LOG("%u of %u experiments, %u times offline", done, EXPERIMENTS,
	       times);
	EXPECT_LT(0, done);
	EXPECT_LT(0, times);
}

/* All blocks of the module are gone from sysfs. */
static bool is_ejected(const char *module)
{
	struct block blocks[BLOCKS_MAX];

	return !find_blocks(module, blocks);
}

/*
 * Out for good, struct pages and all.  The last test, so that the others have
 * all modules.
 */
TEST_F_TIMEOUT(hotplug, views_while_memory_is_ejected, TIMEOUT)
{
	struct block blocks[BLOCKS_MAX];
	unsigned int i, m, nr, wrong = 0;
	uint64_t before, frames = 0;
	bool bad = false;
	char path[256];
	glob_t found;

	before = present_pages(&bad);
	ASSERT_EQ(0, glob(MODULES, 0, NULL, &found));
	for (m = 0; m < found.gl_pathc; m++) {
		nr = find_blocks(found.gl_pathv[m], blocks);
		if (!nr)
			continue;
		snprintf(path, sizeof(path), "%s/eject", found.gl_pathv[m]);
		/* The kernel does it later, in a work queue. */
		ASSERT_EQ(0, write_path(path, "1"));
		do {
			wrong += look(&self->blocks[0],
				      &self->blocks[self->nr - 1]);
		} while (!is_ejected(found.gl_pathv[m]));
		for (i = 0; i < nr; i++) {
			EXPECT_EQ(0, seen(&blocks[i], &bad));
			frames += blocks[i].last - blocks[i].first + 1;
		}
	}
	globfree(&found);
	EXPECT_EQ(0, wrong);
	EXPECT_FALSE(bad);
	EXPECT_LT(0, frames);
	EXPECT_EQ(before - frames, present_pages(&bad));
}

TEST_HARNESS_MAIN
