// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of every lab whose processes are killed at any moment, and attempts to
 * remove the module meanwhile: nothing is left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cgroup_util.h"
#include "lab_util.h"
#include "memory_totals.h"
#include "module_util.h"

/* Runs of each lab; MMSCOPE_LAB_RUNS says another number. */
#define RUNS		200
/* Runs of each that are not measured: caches of the kernel fill. */
#define WARM_UP		5
/* One in so many has the module removed as well. */
#define UNLOAD		8
/* Where the labs run that count as the caller's; far more than they take. */
#define CG		"/mmscope_lab_life"
#define CG_MAX		(512UL << 20)

/* Queries of a lab; %u is a random number from 1 to @most. */
static const struct query {
	const char *lab;
	const char *format;
	unsigned int most;
} queries[] = {
	{ "alloc", "order=0 count=%u hold=1", 20000 },
	{ "alloc", "order=9 count=%u hold=1", 50 },
	{ "alloc", "order=3 count=%u", 3000 },
	{ "alloc", "gfp=dma32 order=1 count=%u hold=1", 3000 },
	{ "fragment", "order=9 target=%u", 1000 },
	{ "fragment", "order=9 mobility=movable target=%u", 1000 },
	{ "fragment", "order=7 mobility=mixed seed=%u", 1000 },
	{ "fragment", "order=9 index=extfrag_index target=%u", 900 },
	{ "oom", "pages=%u", 20000 },
	{ "oom", "oom=1 pages=%u", 20000 },
	{ "compact", "order=9 count=%u", 20 },
	{ "compact", "order=4 pid=self count=%u", 200 },
	{ "compact", "order=9 trigger=node pid=self count=%u", 1 },
	{ "slab", "hold=1 count=%u", 60000 },
	{ "slab", "pattern=sparse size=1000 count=%u", 10000 },
	{ "slab", "pattern=refill flags=account hold=1 count=%u", 10000 },
	{ "slab", "merge=1 pattern=random slabs=1 size=%u0 hold=1", 400 },
	{ "vmalloc", "hold=1 size=%u0000", 2000 },
	{ "vmalloc", "size=65536 count=%u", 200 },
	{ "vmalloc", "way=vmalloc,vmalloc_huge hold=1 size=4000000 count=%u",
	  8 },
};

/**
 * struct tally - the runs of a lab
 * @lab: the lab.
 * @pid: the process of one that goes on, or 0.
 * @ready: says when that has come to its end.
 * @held: those that held something when they were killed.
 * @working: those that were killed at work.
 * @refused: those that ended with an errno.
 * @ns: what one takes, at most.
 */
struct tally {
	char lab[32];
	pid_t pid;
	int ready;
	unsigned int held;
	unsigned int working;
	unsigned int refused;
	uint64_t ns;
};

static struct tally tally[LABS_MAX];
static unsigned int nr_tallies;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void find_labs(void)
{
	char names[LABS_MAX][32];
	unsigned int i;

	nr_tallies = lab_names(names);
	for (i = 0; i < nr_tallies; i++)
		strcpy(tally[i].lab, names[i]);
}

/* One of its queries; dies if it has none. */
static void choose_query(const struct tally *lab, char *query, size_t size)
{
	const struct query *mine[ARRAY_LEN(queries)], *chosen;
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_LEN(queries); i++)
		if (!strcmp(queries[i].lab, lab->lab))
			mine[nr++] = &queries[i];
	if (!nr)
		die("no query for lab %s", lab->lab);
	chosen = mine[lrand48() % nr];
	snprintf(query, size, chosen->format,
		 (unsigned int)(1 + lrand48() % chosen->most));
}

static void start(struct tally *lab)
{
	char query[128];

	choose_query(lab, query, sizeof(query));
	lab->pid = lab_child(lab->lab, query, false, &lab->ready);
}

/* Waits for its end, or for a moment before. */
static void wait_some(struct tally *lab)
{
	struct pollfd poller = { .fd = lab->ready, .events = POLLIN };
	uint64_t ns = 2 * lab->ns * drand48();
	struct timespec moment = { ns / 1000000000, ns % 1000000000 };
	char byte;

	if (!ppoll(&poller, 1, &moment, NULL))
		lab->working++;
	else if (read(lab->ready, &byte, 1) == 1)
		lab->held++;
	else
		lab->refused++;
}

static void end(struct tally *lab)
{
	if (!lab->pid)
		return;
	end_process(lab->pid);
	close(lab->ready);
	lab->pid = 0;
}

/* The module goes when nothing is held any more, and not before. */
static void remove_module(struct __test_metadata *_metadata,
			  struct tally *first, struct tally *second)
{
	if (first->pid || second->pid)
		EXPECT_EQ(EAGAIN, module_unload());
	end(first);
	end(second);
	EXPECT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load());
}

/* A run of this lab, beside one of another or the same. */
static void round_of(struct __test_metadata *_metadata, struct tally *lab)
{
	struct tally *other = &tally[lrand48() % nr_tallies];
	unsigned int refused = lab->refused;

	start(lab);
	if (other != lab && lrand48() % 2) {
		start(other);
		wait_some(other);
	}
	wait_some(lab);
	if (!(lrand48() % UNLOAD) && lab->refused == refused)
		remove_module(_metadata, lab, other);
	end(lab);
	end(other);
}

/* Some runs from the beginning to the end, to know what one takes. */
static void warm_up(struct tally *lab)
{
	unsigned int i;
	uint64_t begin;
	char byte;

	for (i = 0; i < WARM_UP; i++) {
		begin = now_ns();
		start(lab);
		if (read(lab->ready, &byte, 1) == 1 &&
		    lab->ns < now_ns() - begin)
			lab->ns = now_ns() - begin;
		end(lab);
	}
}

FIXTURE(life) {
	unsigned int runs;
};

FIXTURE_SETUP(life)
{
	const char *runs = getenv("MMSCOPE_LAB_RUNS");

	if (!getenv("MMSCOPE_KO"))
		SKIP(return, "MMSCOPE_KO does not name the module's file");
	ASSERT_EQ(0, read_number("/sys/module/mmscope/refcnt"));
	self->runs = runs ? strtoul(runs, NULL, 0) : RUNS;
	ASSERT_LT(0, self->runs);
	find_labs();
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	cg_make(CG);
	cg_write_number(CG, "memory.max", CG_MAX);
	cg_enter(CG, 0);
}

FIXTURE_TEARDOWN(life)
{
	unsigned int i;

	for (i = 0; i < nr_tallies; i++)
		end(&tally[i]);
	cg_enter("", 0);
	cg_remove(CG);
	if (access("/sys/module/mmscope", F_OK) && module_load())
		die("the module cannot be loaded again");
}

/*
 * A page that one lab loses in each run would be as many pages as it has runs;
 * half of that is what other users of the machine may take meanwhile.
 */
TEST_F_TIMEOUT(life, nothing_is_left, 7200)
{
	struct totals before, after;
	unsigned int i, lab;

	srand48(1);
	for (lab = 0; lab < nr_tallies; lab++) {
		warm_up(&tally[lab]);
		/* Who refuses all of it has nothing to leave behind. */
		ASSERT_LT(0, tally[lab].ns) {
			TH_LOG("%s: no run came to its end", tally[lab].lab);
		}
	}
	totals_read(&before);
	for (i = 0; i < self->runs; i++)
		for (lab = 0; lab < nr_tallies; lab++)
			round_of(_metadata, &tally[lab]);
	for (i = 0; i < READINGS; i++) {
		totals_read(&after);
		if (totals_growth(&before, &after) < (int64_t)self->runs / 2)
			break;
	}
	for (lab = 0; lab < nr_tallies; lab++)
		TH_LOG("%s: %u killed at work, %u when they held, %u refused",
		       tally[lab].lab, tally[lab].working, tally[lab].held,
		       tally[lab].refused);
	TH_LOG("pages: other %+" PRId64 ", slab %+" PRId64 ", vmalloc %+" PRId64,
	       after.other - before.other, after.slab - before.slab,
	       after.vmalloc - before.vmalloc);
	EXPECT_GT((int64_t)self->runs / 2, totals_growth(&before, &after));
}

TEST_HARNESS_MAIN
