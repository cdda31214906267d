// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that there is, read with random queries while memory is mapped,
 * moved, merged, split, swapped, locked and unplugged, cgroups come and go, and
 * the module is removed and loaded.  In the midst of it a process stands still,
 * and what is said of it must stay right.
 *
 * MMSCOPE_MINUTES says for how long, MMSCOPE_SEED what is asked.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "load_work.h"
#include "module_util.h"
#include "page_snapshot.h"
#include "process_churn.h"
#include "process_util.h"
#include "torture_read.h"
#include "torture_work.h"

#define MINUTES		5
/* So much longer, at most, until all has been done once. */
#define MORE_SECONDS	1800
/* Between two looks at the process that stands still, the module is reloaded. */
#define LOOKS		20
/* What is seen so often in a row is a difference. */
#define LOOKS_AGAIN	3

static unsigned int setting_of(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

/* Some of everything, none of it shared with somebody who changes it. */
static int make_frozen(void *context)
{
	size_t size = 256 * PAGE, i;
	char *anon = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (anon == MAP_FAILED || shared == MAP_FAILED)
		return -1;
	for (i = 0; i < 2 * HUGE; i += 2 * PAGE)
		anon[i] = 1;
	for (i = 0; i < size; i += PAGE)
		shared[i] = 1;
	return mprotect(anon + HUGE, PAGE * 64, PROT_READ);
}

/*
 * The kernel may move or swap its pages meanwhile, so what it says itself has
 * to be the same before and after.  Return: mismatches; -1 if it was not.
 */
static int64_t look_once(pid_t pid)
{
	struct snapshot before, after;
	uint64_t wrong;
	bool same;

	snapshot_take(&before, pid);
	wrong = compare_entries(&before);
	snapshot_take(&after, pid);
	same = snapshot_same(&before, &after);
	snapshot_free(&before);
	snapshot_free(&after);
	return same ? (int64_t)wrong : -1;
}

/*
 * A page whose migration fails is back where it was, with entries that said
 * meanwhile that it is on its way: that is no difference if it is gone when
 * looked at again.
 */
static int64_t look_at(pid_t pid)
{
	int64_t wrong = 0;
	unsigned int i;

	for (i = 0; i < LOOKS_AGAIN; i++) {
		wrong = look_once(pid);
		if (wrong <= 0)
			break;
	}
	return wrong;
}

static bool all_went_round(void)
{
	return work_went_round() && torture_work_went_round();
}

static int reload(void)
{
	int err;

	torture_read_pause();
	/* A lab's descriptor may still be on its way to be closed. */
	do {
		err = module_unload();
	} while (err == EWOULDBLOCK);
	err = err ? err : module_load();
	torture_read_go_on();
	return err;
}

FIXTURE(torture) {
	unsigned int minutes;
	unsigned int seed;
	struct churn churn;
	pid_t frozen;
};

FIXTURE_SETUP(torture)
{
	if (!getenv("MMSCOPE_KO"))
		SKIP(return, "MMSCOPE_KO does not name the module's file");
	self->minutes = setting_of("MMSCOPE_MINUTES", MINUTES);
	self->seed = setting_of("MMSCOPE_SEED", time(NULL));
	TH_LOG("MMSCOPE_MINUTES=%u MMSCOPE_SEED=%u", self->minutes, self->seed);
	self->frozen = start_stopped(make_frozen, NULL);
	ASSERT_LT(0, self->frozen);
	ASSERT_EQ(0, churn_start(&self->churn));
	work_start();
	torture_work_start();
	torture_read_start(self->seed);
}

FIXTURE_TEARDOWN(torture)
{
	end_process(self->frozen);
}

TEST_F_TIMEOUT(torture, all_at_once, 36000)
{
	time_t end = time(NULL) + 60 * self->minutes;
	unsigned int looks = 0, right = 0, reloads = 0;
	struct torture_count count;
	int64_t wrong;
	bool all;

	while (time(NULL) < end ||
	       (time(NULL) < end + MORE_SECONDS &&
		!(reloads && all_went_round()))) {
		wrong = look_at(self->frozen);
		EXPECT_GE(0, wrong);
		right += !wrong;
		work_check();
		if (++looks % LOOKS)
			continue;
		ASSERT_EQ(0, reload());
		reloads++;
	}
	all = all_went_round();
	count = torture_read_end();
	torture_work_end();
	work_end();
	churn_end(&self->churn);
	TH_LOG("%u of %u looks at what stands still compared, %u reloads",
	       right, looks, reloads);
	TH_LOG("opened %" PRIu64 ", refused %" PRIu64 ", whole %" PRIu64
	       ", experiments %" PRIu64, count.opened, count.refused,
	       count.whole, count.labs);
	EXPECT_TRUE(all);
	EXPECT_LT(0, right);
	EXPECT_LT(0, reloads);
	EXPECT_LT(0, count.refused);
	EXPECT_LT(0, count.labs);
	EXPECT_LT(0, count.whole);
	EXPECT_EQ(0, count.odd);
}

TEST_HARNESS_MAIN
