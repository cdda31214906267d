// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/fragment against the kernel's own debugfs extfrag.
 *
 * With MMSCOPE_LAB_LONG all targets in the largest zone, which takes minutes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cgroup_util.h"
#include "extfrag.h"
#include "frame_flags.h"
#include "lab_util.h"
#include "pagecache_util.h"
#include "settings.h"

/* What the lab promises. */
#define NEAR		20
#define BACK		30
/* Free memory afterwards, as a part of what it was before. */
#define BACK_PART	200
/* Folios that a CPU keeps before they get into the LRU lists: FOLIO_BATCH. */
#define BATCH		31
/* How often a target is set anew where others use memory meanwhile. */
#define TRIES		10
/*
 * How often all targets are, where little is free: of 100 MB an order-9 block is
 * 20 thousandths, so two pages that somebody takes meanwhile are more than BACK.
 */
#define ROUNDS		3

/* Nobody is to compact, nor to take part, unasked. */
static struct setting settings[] = {
	{ .path = "/proc/sys/vm/compaction_proactiveness", .value = "0" },
	{ .path = "/proc/sys/kernel/numa_balancing", .value = "0" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag",
	  .value = "0" },
};

/* A cgroup with less room than what is asked for takes. */
#define CG		"/mmscope_lab_fragment"
#define CG_MAX		(2UL << 20)

/**
 * struct outcome - what a run says
 * @node: its node.
 * @zone: its zone.
 * @reached: the index at its end.
 * @complete: nothing has stopped it.
 * @stopped: what has, else empty.
 * @held: pages held.
 * @pfn: pages held, if they were asked for.
 * @movable: of these, how many are movable.
 * @nr: number of @pfn.
 */
static struct outcome {
	uint64_t node;
	char zone[16];
	int64_t reached;
	uint64_t complete;
	char stopped[16];
	uint64_t held;
	uint64_t *pfn;
	uint64_t movable;
	uint64_t nr;
} outcome;

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* No more memory than that takes: it would change what is looked at. */
static void add_page(uint64_t pfn)
{
	uint64_t nr = outcome.nr;

	/* Powers of two are where there is no more room. */
	if (!(nr & (nr - 1)))
		outcome.pfn = realloc(outcome.pfn, (nr ? 2 * nr : 1) *
				      sizeof(*outcome.pfn));
	if (!outcome.pfn)
		die("no memory");
	outcome.pfn[outcome.nr++] = pfn;
}

static void read_outcome(int fd)
{
	char word[32];
	struct table table;
	bool bad = false;

	free(outcome.pfn);
	memset(&outcome, 0, sizeof(outcome));
	lab_answer(fd, &table);
	if (!line_number(table.head, "in_node", &outcome.node) ||
	    !line_key(table.head, "in_zone", outcome.zone,
		      sizeof(outcome.zone)) ||
	    !line_key(table.head, "reached", word, sizeof(word)))
		die("lab/fragment: %s", table.head);
	outcome.reached = strtoll(word, NULL, 10);
	while (table_row(&table, &bad)) {
		if (strcmp(table_word(&table, "what"), "page"))
			continue;
		add_page(table_number(&table, "pfn"));
		outcome.movable += !strcmp(table_word(&table, "mobility"),
					   "movable");
	}
	if (bad || !line_number(table.end, "complete", &outcome.complete) ||
	    !line_number(table.end, "held_pages", &outcome.held))
		die("lab/fragment: %s", table.end);
	line_key(table.end, "stopped", outcome.stopped,
		 sizeof(outcome.stopped));
	table_free(&table);
	qsort(outcome.pfn, outcome.nr, sizeof(*outcome.pfn), by_number);
}

/* Runs it.  Return: the errno. */
static int fragment(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fragment(int fd, const char *format, ...)
{
	char query[256];
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(query, sizeof(query), format, args);
	va_end(args);
	err = lab_run(fd, query);
	if (!err)
		read_outcome(fd);
	return err;
}

static int kernel_says(const char *file, unsigned int order)
{
	return extfrag_index(file, outcome.node, outcome.zone, order);
}

static uint64_t free_kb(void)
{
	char *text = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(text, "MemFree");

	free(text);
	return kb;
}

FIXTURE(fragment) {
	int fd;
	const char *zone;
};

static bool is_long(void)
{
	return getenv("MMSCOPE_LAB_LONG");
}

FIXTURE_SETUP(fragment)
{
	if (!extfrag_known())
		SKIP(return, "the kernel has no debugfs extfrag");
	settings_apply(settings, ARRAY_LEN(settings));
	self->fd = lab_open("fragment");
	/* Fills the per-CPU lists and caches that a run uses, and finds a zone. */
	self->zone = is_long() ? "any" : "normal";
	if (fragment(self->fd, "order=9 target=0 zone=%s", self->zone)) {
		self->zone = "any";
		ASSERT_EQ(0, fragment(self->fd, "order=9 target=0"));
	}
	close(self->fd);
	self->fd = lab_open("fragment");
}

FIXTURE_TEARDOWN(fragment)
{
	lab_limit("fragment", "\n");
	close(self->fd);
	settings_restore(settings, ARRAY_LEN(settings));
}

static bool is_near(unsigned int order, int target)
{
	return abs(kernel_says("unusable_index", order) - target) <= NEAR;
}

/* Each target; anew for @tries times if others use memory meanwhile. */
static void reach(struct __test_metadata *_metadata, int fd, const char *query,
		  unsigned int order, unsigned int tries)
{
	int target, step = is_long() ? 200 : 400;
	unsigned int i;

	for (target = 100; target <= 900; target += step) {
		for (i = 0; i < tries; i++) {
			ASSERT_EQ(0, fragment(fd, "order=%u target=%d %s",
					      order, target, query));
			if (is_near(order, target) && outcome.complete)
				break;
			TH_LOG("order %u target %d: reached %ld, extfrag %d%s%s",
			       order, target, (long)outcome.reached,
			       kernel_says("unusable_index", order),
			       *outcome.stopped ? ", stopped: " : "",
			       outcome.stopped);
		}
		EXPECT_GT(tries, i);
		EXPECT_EQ(1, outcome.complete);
		EXPECT_EQ(outcome.held, lab_status("fragment", "held_pages"));
		EXPECT_TRUE(lab_state_is("fragment", "holding"));
	}
}

/* Is the zone as it was? */
static bool is_back(struct __test_metadata *_metadata, unsigned int order,
		    int before, uint64_t kb)
{
	int index = kernel_says("unusable_index", order);
	uint64_t now = free_kb();

	TH_LOG("order %u: extfrag %d, was %d; %lu KiB free, were %lu", order,
	       index, before, (long)now, (long)kb);
	return abs(index - before) <= BACK &&
	       labs((long)(now - kb)) <= kb / BACK_PART;
}

/* Each target.  Return: is the zone as it was when the file is closed? */
static bool there_and_back(struct __test_metadata *_metadata, int *fd,
			   const char *zone, unsigned int order,
			   const char *mobility, unsigned int tries)
{
	char query[64];
	uint64_t kb;
	int before;
	bool back;

	/* Finds the zone, and may hold something for it. */
	ASSERT_EQ(0, fragment(*fd, "order=9 target=0 zone=%s", zone));
	close(*fd);
	*fd = lab_open("fragment");
	before = kernel_says("unusable_index", order);
	kb = free_kb();
	snprintf(query, sizeof(query), "mobility=%s zone=%s", mobility, zone);
	reach(_metadata, *fd, query, order, tries);
	close(*fd);
	back = is_back(_metadata, order, before, kb);
	*fd = lab_open("fragment");
	return back;
}

TEST_F_TIMEOUT(fragment, order_9, 300)
{
	EXPECT_TRUE(there_and_back(_metadata, &self->fd, "any", 9, "unmovable",
				   1));
}

TEST_F_TIMEOUT(fragment, order_4, 600)
{
	EXPECT_TRUE(there_and_back(_metadata, &self->fd, self->zone, 4,
				   "unmovable", 1));
}

TEST_F_TIMEOUT(fragment, movable, 300)
{
	EXPECT_TRUE(there_and_back(_metadata, &self->fd, "any", 9, "movable",
				   1));
}

/* Reads as many holes of a file as there is memory. */
static void fill_page_cache(int fd)
{
	static char buf[1 << 20];
	char *text = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(text, "MemTotal"), done;

	free(text);
	if (ftruncate(fd, kb << 10))
		die("ftruncate: %s", strerror(errno));
	for (done = 0; done < kb >> 10; done++)
		if (read(fd, buf, sizeof(buf)) != sizeof(buf))
			die("read: %s", strerror(errno));
}

/* Nothing has to be reclaimed for it, which would not come back. */
TEST_F_TIMEOUT(fragment, page_cache, 600)
{
	static const struct {
		unsigned int order;
		const char *mobility;
	} queries[] = {
		{ 9, "movable" }, { 9, "unmovable" },
		{ 4, "movable" }, { 4, "unmovable" },
	};
	unsigned int i, round;
	int fd;

	disk_mount();
	fd = open(DISK "/hole", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	fill_page_cache(fd);
	TH_LOG("%lu KiB free, order 9 %d, order 4 %d", (long)free_kb(),
	       kernel_says("unusable_index", 9),
	       kernel_says("unusable_index", 4));
	for (i = 0; i < ARRAY_LEN(queries); i++) {
		for (round = 0; round < ROUNDS; round++)
			if (there_and_back(_metadata, &self->fd, "any",
					   queries[i].order,
					   queries[i].mobility, TRIES))
				break;
		EXPECT_GT(ROUNDS, round);
	}
	close(fd);
	disk_umount();
}

/* How many of @a are in @b; both ascending. */
static uint64_t common(const uint64_t *a, uint64_t nr_a, const uint64_t *b,
		       uint64_t nr_b)
{
	uint64_t i, j, nr = 0;

	for (i = j = 0; i < nr_a && j < nr_b;) {
		nr += a[i] == b[j];
		if (a[i] <= b[j])
			i++;
		else
			j++;
	}
	return nr;
}

/* Half of the blocks: the same with the same seed, others with another. */
TEST_F_TIMEOUT(fragment, seed, 300)
{
	const char *query = "order=9 target=500 seed=%u pages=1";
	uint64_t *first, nr, same;
	unsigned int seed;

	ASSERT_EQ(0, fragment(self->fd, query, 7));
	first = outcome.pfn;
	nr = outcome.nr;
	outcome.pfn = NULL;
	ASSERT_LT(100, nr);
	for (seed = 7; seed <= 8; seed++) {
		ASSERT_EQ(0, fragment(self->fd, query, seed));
		same = common(first, nr, outcome.pfn, outcome.nr);
		TH_LOG("seed %u: %lu of %lu pages as with seed 7", seed,
		       (long)same, (long)nr);
		/*
		 * Others use some pages meanwhile: in as many blocks as may
		 * differ.  Of two random halves half is common, with a standard
		 * deviation of sqrt(nr) / 4.
		 */
		EXPECT_LE(seed == 7 ? nr * 19 / 20 : 0, same);
		EXPECT_GE(seed == 7 ? nr : nr * 3 / 4, same);
	}
	free(first);
}

/* What holds a block is one page, and of the kind that was asked for. */
TEST_F_TIMEOUT(fragment, pages, 300)
{
	uint64_t i, lru = 0, buddy = 0, rest = 0;

	ASSERT_EQ(0, fragment(self->fd, "order=9 target=400 mobility=mixed pages=1"));
	EXPECT_EQ(outcome.nr, outcome.held);
	/* A quarter more or less than half would be four deviations then. */
	ASSERT_LT(80, outcome.nr);
	EXPECT_LE(outcome.nr / 4, outcome.movable);
	EXPECT_GE(outcome.nr * 3 / 4, outcome.movable);
	for (i = 0; i < outcome.nr; i++) {
		lru += !!(frame_word(outcome.pfn[i]) & KPF_BIT_LRU);
		buddy += !!(frame_word(outcome.pfn[i]) & KPF_BIT_BUDDY);
		/* The other half of each half is free. */
		rest += !!(frame_word(outcome.pfn[i] + 256) & KPF_BIT_BUDDY);
	}
	/* Each CPU puts them into the lists in batches. */
	EXPECT_GE(outcome.movable, lru);
	EXPECT_LE(outcome.movable, lru + BATCH * sysconf(_SC_NPROCESSORS_ONLN));
	EXPECT_EQ(0, buddy);
	EXPECT_LE(outcome.nr * 19 / 20, rest);
}

static uint64_t pages_in_lru(void)
{
	uint64_t i, nr = 0;

	for (i = 0; i < outcome.nr; i++)
		nr += !!(frame_word(outcome.pfn[i]) & KPF_BIT_LRU);
	return nr;
}

/*
 * Compaction moves movable pages, from the beginning of the zone to its end
 * until it meets itself: most of the blocks there are in pieces, too.  It does
 * not move the others.
 */
TEST_F_TIMEOUT(fragment, compacted, 300)
{
	uint64_t before;

	ASSERT_EQ(0, fragment(self->fd, "order=9 target=700 mobility=movable "
			      "pages=1"));
	before = pages_in_lru();
	EXPECT_LE(outcome.nr,
		  before + BATCH * sysconf(_SC_NPROCESSORS_ONLN));
	frames_drain();
	EXPECT_GT(before * 3 / 4, pages_in_lru());
	ASSERT_EQ(0, fragment(self->fd, "order=9 target=700"));
	frames_drain();
	EXPECT_LT(700 - NEAR, kernel_says("unusable_index", 9));
}

/*
 * The other index: without a block of the order, what is it for want of?  It
 * cannot be set as finely; what is said to be reached is what the kernel says.
 */
TEST_F_TIMEOUT(fragment, extfrag_index, 300)
{
	int target;

	for (target = 800; target <= 950; target += 150) {
		ASSERT_EQ(0, fragment(self->fd, "order=9 index=extfrag_index "
				 "target=%d", target));
		EXPECT_GE(5, abs(kernel_says("extfrag_index", 9) -
				 (int)outcome.reached)) {
			TH_LOG("target %d: reached %ld, extfrag %d, held %lu",
			       target, (long)outcome.reached,
			       kernel_says("extfrag_index", 9),
			       (long)outcome.held);
		}
		EXPECT_LT(500, outcome.reached);
	}
}

/* No more than is allowed, and then it says so. */
TEST_F_TIMEOUT(fragment, limited, 300)
{
	ASSERT_EQ(0, lab_limit("fragment", "max_pages=50"));
	ASSERT_EQ(0, fragment(self->fd, "order=9 target=900"));
	EXPECT_EQ(0, outcome.complete);
	EXPECT_STREQ("limit", outcome.stopped);
	EXPECT_EQ(50, outcome.held);
	EXPECT_GT(900 - NEAR, kernel_says("unusable_index", 9));
}

/*
 * Movable pages count as the caller's: where they may not, that is what is said.
 * With the cgroup full, the next page of our own would have us killed, so the
 * way out is open before.
 */
TEST_F_TIMEOUT(fragment, charged, 300)
{
	static const char *const queries[] = {
		"order=9 target=900 mobility=movable index=unusable_index",
		"order=9 target=900 mobility=movable index=extfrag_index",
	};
	int out = open(CGROUP "/cgroup.procs", O_WRONLY | O_CLOEXEC), err;
	unsigned int i;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	cg_make(CG);
	cg_write_number(CG, "memory.max", CG_MAX);
	for (i = 0; i < ARRAY_LEN(queries); i++) {
		ASSERT_EQ(0, fragment(self->fd, "order=9 target=0"));
		cg_enter(CG, 0);
		err = lab_run(self->fd, queries[i]);
		if (write(out, "0", 1) != 1)
			die(CGROUP "/cgroup.procs: %s", strerror(errno));
		ASSERT_EQ(0, err);
		read_outcome(self->fd);
		EXPECT_EQ(0, outcome.complete);
		EXPECT_STREQ("no_charge", outcome.stopped);
		EXPECT_GE(CG_MAX / PAGE, outcome.held);
	}
	EXPECT_EQ(0, lab_run(self->fd, "order=9 target=0"));
	cg_remove(CG);
	close(out);
}

/* Killed at work, and while it holds. */
TEST_F_TIMEOUT(fragment, killed, 300)
{
	static const char *const mobility[] = { "unmovable", "movable" };
	char query[64], byte;
	int before, ready;
	unsigned int i;
	pid_t pid;

	before = kernel_says("unusable_index", 4);
	for (i = 0; i < 10; i++) {
		snprintf(query, sizeof(query),
			 "order=4 target=300 zone=%s mobility=%s", self->zone,
			 mobility[i % 2]);
		pid = lab_child("fragment", query, true, &ready);
		if (i < 2)
			ASSERT_EQ(1, read(ready, &byte, 1));
		while (!lab_state_is("fragment", "running") ||
		       lab_status("fragment", "done") <= i * 500)
			;
		EXPECT_EQ(EBUSY, lab_run(self->fd, "order=9"));
		end_process(pid);
		close(ready);
		ASSERT_TRUE(lab_state_is("fragment", "idle"));
		EXPECT_EQ(0, lab_status("fragment", "held_pages"));
	}
	EXPECT_GE(BACK, abs(kernel_says("unusable_index", 4) - before)) {
		TH_LOG("extfrag %d, was %d",
		       kernel_says("unusable_index", 4), before);
	}
}

TEST_F(fragment, refused)
{
	static const struct lab_wrong wrong[] = {
		{ "order=0", ERANGE }, { "order=99", ERANGE },
		{ "target=1001", ERANGE }, { "zone=high", EINVAL },
		{ "index=usable", EINVAL }, { "mobility=no", EINVAL },
		{ "seed=0x100000000", ERANGE }, { "node=any node=0", EINVAL },
		{ "pages=2", ERANGE },
	};

	EXPECT_TRUE(lab_refuses(self->fd, wrong, ARRAY_LEN(wrong)));
	EXPECT_EQ(ENXIO, lab_run(self->fd, "node=1000"));
	EXPECT_TRUE(lab_refused("fragment", "no-such-zone"));
}

TEST_HARNESS_MAIN
