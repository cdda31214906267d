// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/slab against /proc/slabinfo, /sys/kernel/slab and /proc/kpageflags: how
 * its cache fills and empties, what it is merged with, and that nothing of it
 * is left.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "frame_flags.h"
#include "lab_room.h"
#include "lab_slab.h"
#include "lab_util.h"
#include "slab_util.h"

#define CACHE		"mmscope_lab"
#define SYSFS		"/sys/kernel/slab/"
#define TRIES		20

/* The link is to the cache that ours is a part of. */
static bool is_link(void)
{
	char target[PATH_MAX];

	return readlink(SYSFS CACHE, target, sizeof(target)) > 0;
}

static struct slab_cache caches[SLAB_CACHES];

static const struct slab_cache *in_slabinfo(const char *name)
{
	return slab_find(caches, slabinfo_read(caches), name);
}

/* Nothing of it is there. */
static bool is_gone(void)
{
	return access(SYSFS CACHE, F_OK) && !is_link() && !in_slabinfo(CACHE);
}

static uint64_t sysfs(const char *name, const char *file)
{
	uint64_t value;

	if (!slab_sysfs(name, file, &value))
		die("no " SYSFS "%s/%s", name, file);
	return value;
}

/* The last step, as the kernel has it, too. */
static void check_sysfs(struct __test_metadata *_metadata)
{
	const struct slab_cache *cache = in_slabinfo(CACHE);
	const uint64_t *value = lab_slab_last()->value;

	ASSERT_NE(NULL, cache);
	EXPECT_FALSE(is_link());
	EXPECT_EQ(cache->active, lab_slab_inuse(lab_slab_last()));
	EXPECT_EQ(cache->objects, value[OBJECTS]);
	EXPECT_EQ(cache->size, answer.size);
	EXPECT_EQ(cache->per_slab, answer.per_slab);
	EXPECT_EQ(cache->pages, answer.pages);
	EXPECT_EQ(cache->slabs, value[SLABS]);
	EXPECT_EQ(sysfs(CACHE, "slabs"), value[SLABS]);
	EXPECT_EQ(sysfs(CACHE, "partial"), value[PARTIAL]);
	EXPECT_EQ(sysfs(CACHE, "objects"), lab_slab_inuse(lab_slab_last()));
	EXPECT_EQ(cache->slabs * cache->pages, answer.got - answer.back);
	EXPECT_EQ(cache->slabs * cache->pages,
		  lab_status("slab", "held_pages"));
}

FIXTURE(slab) {
	int fd;
	struct room room;
};

FIXTURE_SETUP(slab)
{
	cpu_set_t one;

	/* What CPUs keep would depend on how often we are moved. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	self->fd = lab_open("slab");
	ASSERT_TRUE(is_gone());
}

FIXTURE_TEARDOWN(slab)
{
	room_restore(&self->room);
	lab_limit("slab", "\n");
	close(self->fd);
}

/* What is held is what the kernel has, in each pattern and of many sizes. */
TEST_F(slab, agrees_with_the_kernel)
{
	static const char *const queries[] = {
		"hold=1",
		"hold=1 size=8 count=3000 pattern=sparse",
		"hold=1 size=200 count=1000 pattern=random",
		"hold=1 size=1000 count=500 pattern=refill rows=1000",
		"hold=1 size=100 align=64 count=500 pattern=empty rows=1",
		"hold=1 size=5000 flags=hwcache_align,reclaim_account count=99",
		"hold=1 size=700 flags=account count=300 pattern=random seed=7",
		"hold=1 size=65536 count=40 pattern=random rows=1024",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(queries); i++) {
		TH_LOG("%s", queries[i]);
		lab_slab_run(self->fd, queries[i]);
		EXPECT_STREQ(CACHE, answer.cache);
		EXPECT_EQ(0, answer.merged);
		EXPECT_EQ(0, lab_slab_odd_steps());
		check_sysfs(_metadata);
	}
	lab_slab_run(self->fd, "size=100 align=256");
	EXPECT_EQ(256, answer.size);
	EXPECT_TRUE(is_gone());
}

/* A new slab comes exactly when the last one is full. */
TEST_F(slab, filling)
{
	unsigned int i;

	lab_slab_run(self->fd, "size=512 count=500 rows=1024");
	EXPECT_EQ(0, lab_slab_odd_steps());
	EXPECT_EQ(500, lab_slab_end_of("fill")->value[HELD]);
	for (i = 1; strcmp(answer.step[i].phase, "give_back"); i++) {
		const uint64_t *value = answer.step[i].value;
		uint64_t need = (lab_slab_inuse(&answer.step[i]) + answer.per_slab - 1) /
				answer.per_slab;

		/* On 6.x the slab that a CPU allocates from counts as full. */
		if (!lab_slab_has_sheaves())
			need = (value[HELD] + answer.per_slab - 1) /
			       answer.per_slab;
		EXPECT_EQ(need, value[SLABS]);
		EXPECT_EQ(0, value[BACK]);
	}
	/* One row for each slab, if they come one by one. */
	if (!lab_slab_has_sheaves())
		EXPECT_LE(500 / answer.per_slab, i);
	EXPECT_EQ(0, lab_slab_last()->value[SLABS]);
	EXPECT_EQ(0, lab_slab_last()->value[HELD]);
	EXPECT_EQ(answer.got, answer.back);
	EXPECT_LE(500 / answer.per_slab * answer.pages, answer.got);
	EXPECT_TRUE(is_gone());
}

/* Freed objects alone need not give slabs back; shrinking does. */
TEST_F(slab, emptying)
{
	lab_slab_run(self->fd, "size=512 count=500 pattern=empty hold=1");
	EXPECT_EQ(0, lab_slab_odd_steps());
	EXPECT_EQ(0, lab_slab_end_of("free")->value[HELD]);
	EXPECT_LT(0, lab_slab_end_of("free")->value[SLABS]);
	EXPECT_STREQ("shrink", lab_slab_last()->phase);
	EXPECT_EQ(0, lab_slab_last()->value[SLABS]);
	EXPECT_EQ(answer.got, answer.back);
	EXPECT_EQ(0, sysfs(CACHE, "slabs"));
	/* The cache itself is held. */
	EXPECT_TRUE(lab_state_is("slab", "holding"));
}

/* One object in each slab: all memory is held for little use. */
TEST_F(slab, sparse)
{
	uint64_t slabs;
	unsigned int i;

	lab_slab_run(self->fd, "size=512 count=1000 pattern=sparse slabs=1 hold=1");
	slabs = lab_slab_end_of("fill")->value[SLABS];
	EXPECT_EQ(lab_slab_last()->value[HELD], lab_slab_last()->value[SLABS]);
	EXPECT_EQ(sysfs(CACHE, "objects"), sysfs(CACHE, "slabs"));
	EXPECT_EQ(lab_slab_last()->value[SLABS], answer.nr_slabs);
	/* Those that only sheaves had objects of have gone. */
	EXPECT_GE(slabs, answer.nr_slabs);
	EXPECT_LE(1000 / answer.per_slab, answer.nr_slabs);
	for (i = 0; i < answer.nr_slabs; i++) {
		const struct lab_slab_entry *slab = &answer.slab[i];

		EXPECT_EQ(1, slab->held);
		EXPECT_EQ(answer.per_slab, slab->objects);
		EXPECT_EQ(answer.per_slab - 1, slab->free);
		EXPECT_TRUE(frame_word(slab->pfn) & KPF_BIT_SLAB);
	}
	check_sysfs(_metadata);
}

/* The seed chooses what stays. */
TEST_F(slab, seeds)
{
	uint64_t held[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		lab_slab_run(self->fd, i == 1 ? "pattern=random count=2000 seed=2 hold=1" :
				       "pattern=random count=2000 seed=1 hold=1");
		held[i] = lab_slab_last()->value[HELD];
		EXPECT_LT(500, held[i]);
		EXPECT_GT(1500, held[i]);
		EXPECT_EQ(0, lab_slab_odd_steps());
	}
	EXPECT_EQ(held[0], held[2]);
	EXPECT_NE(held[0], held[1]);
}

/* What random freeing leaves of slabs is filled up before there are new ones. */
TEST_F(slab, refilling)
{
	lab_slab_run(self->fd, "size=512 count=1000 pattern=refill");
	EXPECT_EQ(0, lab_slab_odd_steps());
	EXPECT_EQ(1000, lab_slab_end_of("refill")->value[HELD]);
	EXPECT_GT(600, lab_slab_end_of("free")->value[HELD]);
	EXPECT_EQ(0, lab_slab_end_of("refill")->value[GOT]);
	EXPECT_EQ(lab_slab_end_of("fill")->value[SLABS],
		  lab_slab_end_of("refill")->value[SLABS]);
}

/* Sizes of caches that may be merged and have no flags, from their ids. */
static unsigned int mergeable(unsigned int *sizes, unsigned int max)
{
	DIR *dir = opendir(SYSFS);
	struct dirent *entry;
	unsigned int nr = 0;

	if (!dir)
		die(SYSFS);
	while (nr < max && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, ":0", 2))
			sizes[nr++] = strtoul(entry->d_name + 1, NULL, 10);
	closedir(dir);
	return nr;
}

/* Both names lead to the same cache. */
static bool same_cache(const char *name)
{
	char path[PATH_MAX], one[PATH_MAX], other[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS "%s", name);
	return realpath(path, one) && realpath(SYSFS CACHE, other) &&
	       !strcmp(one, other);
}

TEST_F(slab, merging)
{
	unsigned int sizes[4], i, j, nr = mergeable(sizes, 4);
	char query[64];

	if (!nr)
		SKIP(return, "the kernel merges no caches");
	for (i = 0; i < nr; i++) {
		snprintf(query, sizeof(query),
			 "merge=1 size=%u count=50 slabs=1 hold=1", sizes[i]);
		lab_slab_run(self->fd, query);
		EXPECT_EQ(1, answer.merged);
		EXPECT_TRUE(is_link());
		EXPECT_TRUE(same_cache(answer.cache));
		EXPECT_NE(NULL, in_slabinfo(answer.cache));
		EXPECT_EQ(sysfs(answer.cache, "aliases"), answer.aliases);
		EXPECT_EQ(sysfs(answer.cache, "slab_size"), answer.size);
		EXPECT_EQ(50, lab_slab_last()->value[HELD]);
		for (j = 0; j < answer.nr_slabs; j++) {
			const struct lab_slab_entry *slab = &answer.slab[j];

			EXPECT_LE(slab->held, slab->objects - slab->free);
			EXPECT_TRUE(frame_word(slab->pfn) & KPF_BIT_SLAB);
		}
		snprintf(query, sizeof(query), "size=%u count=50 hold=1",
			 sizes[i]);
		lab_slab_run(self->fd, query);
		EXPECT_EQ(0, answer.merged);
		EXPECT_EQ(0, answer.aliases);
		EXPECT_STREQ(CACHE, answer.cache);
		EXPECT_FALSE(is_link());
	}
	/* Neither a link, which the kernel by itself leaves. */
	snprintf(query, sizeof(query), "merge=1 size=%u pattern=empty", sizes[0]);
	lab_slab_run(self->fd, query);
	EXPECT_TRUE(is_gone());
}

/* A size that no cache has: it may be merged, but there is nothing to be. */
TEST_F(slab, merging_with_nobody)
{
	lab_slab_run(self->fd, "merge=1 size=50000 count=3 hold=1");
	EXPECT_EQ(0, answer.merged);
	EXPECT_STREQ(CACHE, answer.cache);
	EXPECT_EQ(3, sysfs(CACHE, "objects") - (lab_slab_has_sheaves() ?
		     lab_slab_last()->value[CPU_OBJECTS] : 0));
	lab_slab_run(self->fd, "size=50000 count=3");
	EXPECT_TRUE(is_gone());
}

/* However the holder ends. */
TEST_F(slab, killed)
{
	char byte;
	int ready;
	pid_t pid;

	pid = lab_child("slab", "size=1000 count=500 hold=1", false, &ready);
	ASSERT_EQ(1, read(ready, &byte, 1));
	EXPECT_EQ(EBUSY, lab_run(self->fd, "count=1"));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "mmscope", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(pid, lab_status("slab", "pid"));
	EXPECT_LE(500, sysfs(CACHE, "objects"));
	end_process(pid);
	close(ready);
	EXPECT_TRUE(is_gone());
	EXPECT_TRUE(lab_state_is("slab", "idle"));
	EXPECT_EQ(0, lab_status("slab", "held_pages"));
}

/* In the midst of it, in each phase. */
TEST_F_TIMEOUT(slab, killed_at_work, 300)
{
	uint64_t done = 0;
	int i, ready;

	for (i = 0; i < 6; i++) {
		pid_t pid = lab_child("slab", "count=10000 pattern=refill merge=1",
				      true, &ready);
		char byte;

		ASSERT_EQ(1, read(ready, &byte, 1));
		while (!lab_state_is("slab", "running") ||
		       lab_status("slab", "done") <= done)
			;
		done += 5000;
		end_process(pid);
		close(ready);
		ASSERT_TRUE(lab_state_is("slab", "idle"));
		ASSERT_TRUE(is_gone());
	}
}

/* The kernel never gets short of memory by it. */
TEST_F_TIMEOUT(slab, watermark, 300)
{
	uint64_t kills = oom_kills();
	int i;

	ASSERT_EQ(0, lab_limit("slab", "max_pages=0xffffffffffffffff"));
	room_shrink(&self->room);
	/* Others may have taken some meanwhile. */
	for (i = 0; i < TRIES; i++) {
		lab_slab_run(self->fd, "size=16384 count=65536 hold=1");
		if (!room_lost(&self->room))
			break;
	}
	EXPECT_GT(TRIES, i);
	EXPECT_STREQ("watermark", answer.stopped);
	EXPECT_EQ(0, lab_slab_odd_steps());
	EXPECT_EQ(kills, oom_kills());
}

/* However many slabs the kernel takes at a time, they are not kept. */
TEST_F(slab, limit)
{
	static const unsigned int sizes[] = { 256, 4096, 16384, 65536 };
	char query[64], limits[64];
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		const struct slab_cache *cache;
		uint64_t pages;

		snprintf(query, sizeof(query), "size=%u count=1 hold=1",
			 sizes[i]);
		ASSERT_EQ(0, lab_limit("slab", "\n"));
		lab_slab_run(self->fd, query);
		EXPECT_STREQ("", answer.stopped);
		pages = answer.pages;
		snprintf(limits, sizeof(limits), "max_pages=%" PRIu64, pages);
		ASSERT_EQ(0, lab_limit("slab", limits));
		lab_slab_run(self->fd, query);
		cache = in_slabinfo(CACHE);
		ASSERT_NE(NULL, cache);
		EXPECT_GE(pages, cache->slabs * cache->pages);
		EXPECT_STREQ(lab_slab_last()->value[HELD] ? "" : "limit",
			     answer.stopped);
	}
}

TEST_F(slab, refused)
{
	static const struct lab_wrong wrong[] = {
		{ "size=7", ERANGE }, { "size=65537", ERANGE },
		{ "count=0", ERANGE }, { "count=65537", ERANGE },
		{ "align=3", EINVAL }, { "align=8192", EINVAL },
		{ "flags=poison", EINVAL }, { "flags=account,account", EINVAL },
		{ "pattern=", EINVAL }, { "pattern=half", EINVAL },
		{ "rows=0", ERANGE }, { "rows=1025", ERANGE },
		{ "merge=2", ERANGE }, { "seed=0x100000000", ERANGE },
		{ "slabs=x", EINVAL }, { "hold=2", ERANGE },
		{ "cache=kmalloc-64", EINVAL }, { "size=64 size=64", EINVAL },
	};

	EXPECT_TRUE(lab_refuses(self->fd, wrong, ARRAY_LEN(wrong)));
	EXPECT_TRUE(is_gone());
	EXPECT_EQ(EINVAL, lab_limit("slab", "pages=1"));
	ASSERT_EQ(0, lab_limit("slab", "max_pages=3"));
	EXPECT_EQ(ENOSPC, lab_run(self->fd, "size=4096 count=100"));
	EXPECT_TRUE(lab_refused("slab", "over-limit"));
	EXPECT_TRUE(is_gone());
	EXPECT_EQ(0, lab_run(self->fd, "size=64 count=64"));
	EXPECT_TRUE(lab_refused("slab", "-"));
}

TEST_HARNESS_MAIN
