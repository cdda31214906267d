// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module is loaded and unloaded many times, and read in between: no slab
 * cache, no area of vmalloc and nothing else of the kernel's memory grows.
 */

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "memory_totals.h"
#include "module_util.h"
#include "process_util.h"

/* Rounds; MMSCOPE_LOADS says another number. */
#define LOADS		100
/* Rounds that are not measured: caches of the kernel fill. */
#define WARM_UP		10
#define CACHES_MAX	1024

/**
 * struct cache - a slab cache
 * @name: its name.
 * @objects: objects in use.
 * @per_slab: objects of a slab.
 */
struct cache {
	char name[64];
	int64_t objects;
	int64_t per_slab;
};

/**
 * struct state - what shall not grow
 * @totals: the kernel's memory, in pages.
 * @cache: each slab cache.
 * @nr: number of @cache.
 * @areas: areas of vmalloc that hold modules.
 */
struct state {
	struct totals totals;
	struct cache cache[CACHES_MAX];
	unsigned int nr;
	int64_t areas;
};

static void read_caches(struct state *state)
{
	char *text = read_path("/proc/slabinfo", NULL), *rest = text, *line;

	state->nr = 0;
	while ((line = strsep(&rest, "\n"))) {
		struct cache *cache = &state->cache[state->nr];

		if (*line == '#' ||
		    sscanf(line, "%63s %" SCNd64 " %*d %*d %" SCNd64,
			   cache->name, &cache->objects,
			   &cache->per_slab) != 3)
			continue;
		if (++state->nr == CACHES_MAX)
			die("too many caches");
	}
	free(text);
}

/* Who allocates memory for modules has changed its name. */
static int64_t module_areas(void)
{
	static const char *const callers[] = {
		" load_module+", " module_alloc+", " move_module+", " execmem_",
	};
	char *text = read_path("/proc/vmallocinfo", NULL), *at;
	int64_t areas = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(callers); i++)
		for (at = text; (at = strstr(at, callers[i])); at++)
			areas++;
	free(text);
	return areas;
}

static void read_state(struct state *state)
{
	totals_read(&state->totals);
	read_caches(state);
	state->areas = module_areas();
}

/*
 * By how many objects a cache has grown, but for those of one slab for each
 * CPU: what a CPU has taken since the caches were shrunk counts as in use as a
 * whole.  A cache that is new was empty.
 */
static int64_t cache_growth(const struct state *before,
			    const struct cache *now)
{
	int64_t noise = now->per_slab * sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int i;

	for (i = 0; i < before->nr; i++)
		if (!strcmp(before->cache[i].name, now->name))
			return now->objects - before->cache[i].objects - noise;
	return now->objects - noise;
}

static int64_t most_growth(const struct state *before,
			   const struct state *after, const char **name)
{
	int64_t most = INT64_MIN;
	unsigned int i;

	for (i = 0; i < after->nr; i++) {
		int64_t more = cache_growth(before, &after->cache[i]);

		if (more <= most)
			continue;
		most = more;
		*name = after->cache[i].name;
	}
	return most;
}

/* Who has files of the module open. */
static void tell_holders(void)
{
	char path[256];
	glob_t found;
	size_t i;

	complain("in use %" PRIu64 " times", read_number(MODULE "/refcnt"));
	if (glob("/proc/[0-9]*/fd/*", 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		ssize_t len = readlink(found.gl_pathv[i], path,
				       sizeof(path) - 1);

		path[len < 0 ? 0 : len] = '\0';
		if (!strncmp(path, MMSCOPE, strlen(MMSCOPE)))
			complain("%s is %s", found.gl_pathv[i], path);
	}
	globfree(&found);
}

/*
 * No answer leaves anything behind that has a reference on the module: once, the
 * worker of a get_random_once() did, and sometimes it was late.
 */
static int unload(void)
{
	int err = module_unload();

	if (err == EWOULDBLOCK)
		tell_holders();
	return err;
}

/* Answers are made, so that all that is looked up when it is first needed is. */
static int once(void)
{
	static const char *const read[] = {
		"caps", "selfcheck", "buddy/freelists", "slab/caches",
	};
	unsigned int i;
	int err = module_load();

	for (i = 0; !err && i < ARRAY_LEN(read); i++) {
		char path[64];

		snprintf(path, sizeof(path), MMSCOPE "%s", read[i]);
		free(read_path(path, NULL));
	}
	return err ? err : unload();
}

static int rounds(unsigned int nr)
{
	int err = 0;

	while (nr-- && !err)
		err = once();
	return err;
}

FIXTURE(loads) {
	unsigned int rounds;
};

FIXTURE_SETUP(loads)
{
	const char *rounds = getenv("MMSCOPE_LOADS");

	if (!getenv("MMSCOPE_KO"))
		SKIP(return, "MMSCOPE_KO does not name the module's file");
	ASSERT_EQ(0, read_number(MODULE "/refcnt"));
	self->rounds = rounds ? strtoul(rounds, NULL, 0) : LOADS;
	ASSERT_LT(0, self->rounds);
	ASSERT_EQ(0, module_unload());
}

FIXTURE_TEARDOWN(loads)
{
	if (access(MODULE, F_OK) && module_load())
		die("the module cannot be loaded again");
}

/*
 * What is lost in each round is, in the end, at least as many objects of one
 * cache, or as many pages, as there were rounds.  Half of that is what others
 * may take meanwhile.  So it is seen in a cache if there are more rounds than
 * twice cache_growth()'s noise: with 1000 rounds and two CPUs, in those of
 * objects from 32 bytes on (128 in a slab).  Areas of modules nobody else
 * makes.  What is freed after a grace period is waited for by reading again.
 */
TEST_F_TIMEOUT(loads, nothing_grows, 3600)
{
	static struct state before, after;
	int64_t limit = self->rounds / 2, objects, pages, loaded;
	unsigned int i;
	const char *name = "";
	time_t took;

	ASSERT_EQ(0, module_load());
	loaded = module_areas();
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, rounds(WARM_UP));
	read_state(&before);
	took = time(NULL);
	ASSERT_EQ(0, rounds(self->rounds));
	took = time(NULL) - took;
	for (i = 0; i < READINGS; i++) {
		read_state(&after);
		objects = most_growth(&before, &after, &name);
		pages = totals_growth(&before.totals, &after.totals);
		if (objects < limit && pages < limit &&
		    before.areas == after.areas)
			break;
	}
	TH_LOG("%u rounds in %ld s; pages: other %+" PRId64 ", slab %+" PRId64
	       ", vmalloc %+" PRId64 "; objects beyond noise: %s %+" PRId64 "; areas %+"
	       PRId64, self->rounds, (long)took,
	       after.totals.other - before.totals.other,
	       after.totals.slab - before.totals.slab,
	       after.totals.vmalloc - before.totals.vmalloc, name, objects,
	       after.areas - before.areas);
	/* The module's own are found, when it is there. */
	EXPECT_GT(loaded, before.areas);
	EXPECT_GT(limit, objects);
	EXPECT_GT(limit, pages);
	EXPECT_EQ(before.areas, after.areas);
}

TEST_HARNESS_MAIN
