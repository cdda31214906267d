// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each single allocation fails, one after the other, while the module is
 * loaded, views are read and experiments are made: what cannot be done then
 * ends with ENOMEM, is possible the next time, and nothing is lost.
 *
 * For a kernel with CONFIG_FAULT_INJECTION, as scripts/vm --kernel debug has.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cgroup_util.h"
#include "fault_util.h"
#include "lab_util.h"
#include "memory_totals.h"
#include "module_util.h"

/* Failures of one operation, at most; MMSCOPE_FAULTS says another number. */
#define FAULTS		2000
/* This program, as the kernel cuts its name. */
#define COMM		"fault_injection"
/* Where all of it is done; far more than it takes. */
#define CG		"/mmscope_faults"
#define CG_MAX		(512UL << 20)
/* What others may take meanwhile, in pages. */
#define NOISE		200
/* A trace of this test's own. */
#define INSTANCE	"/sys/kernel/tracing/instances/mmscope_faults/"

/**
 * struct task - something that needs memory
 * @path: the file below MMSCOPE.
 * @query: written to it first, unless NULL.
 */
struct task {
	const char *path;
	const char *query;
};

static const struct task views[] = {
	{ "README" }, { "version" }, { "caps" }, { "selfcheck" },
	{ "process/space" }, { "process/vmas" },
	{ "process/translate", "pid=self addr=0x400000" },
	{ "process/ranges", "pid=self detail=folio" },
	{ "process/entries", "pid=self" }, { "process/entries_raw", "pid=self" },
	{ "process/tables", "pid=self by=vma" },
	{ "memory/zones" }, { "memory/page", "pfn=4096-4200" },
	{ "memory/mappers", "pfn=4096-4200" },
	{ "memory/pageblocks", "pfn=4096-8191" },
	{ "memory/census", "pfn=4096-8191" },
	{ "buddy/freelists" }, { "buddy/pcp" }, { "buddy/fragmentation" },
	{ "buddy/culprits", "max=4 top=2" },
	{ "slab/caches", "cache=dentry" }, { "slab/occupancy", "cache=dentry" },
	{ "slab/object", "cache=kmalloc-8k" }, { "slab/kmalloc" },
	{ "memcg/tree" }, { "memcg/tree", "memcg=" CG },
	{ "oom/badness" }, { "oom/victims" },
	{ "pagecache/files", "top=5" },
	{ "pagecache/file", "path=/usr/bin/bash" },
	{ "reclaim/lru", "memcg=" CG }, { "reclaim/generations", "memcg=" CG },
	{ "reclaim/swap" }, { "numa/nodes" }, { "vmalloc/areas" },
	{ "hugepages/sizes" },
};

/* Small ones: each allocation is one more run. */
static const struct task runs[] = {
	{ "lab/alloc/run", "order=0 count=8" },
	{ "lab/alloc/run", "order=3 count=3 hold=1" },
	{ "lab/fragment/run", "order=9 mobility=mixed pages=1" },
	{ "lab/compact/run", "order=9 count=2 pid=self" },
	{ "lab/compact/run", "order=4 trigger=node" },
	{ "lab/slab/run", "count=24 size=1000 pattern=refill slabs=1" },
	{ "lab/slab/run", "count=8 merge=1 flags=account hold=1" },
	{ "lab/vmalloc/run", "size=65536" },
	{ "lab/vmalloc/run", "size=3000000 way=vmalloc,vmalloc_huge hold=1" },
	{ "lab/oom/run", "pages=8" },
	{ "lab/oom/run", "oom=1 pages=8" },
};

static char text[1 << 20], all_caps[1 << 16];
static size_t text_len;

/* All of it, or as much as there is room for.  Return: 0, or the errno. */
static int read_text(int fd)
{
	ssize_t n;

	text_len = 0;
	do {
		n = read(fd, text + text_len, sizeof(text) - 1 - text_len);
		if (n < 0)
			return errno;
		text_len += n;
	} while (n && text_len < sizeof(text) - 1);
	text[text_len] = '\0';
	return 0;
}

/* Nothing in here takes memory of the program's.  Return: 0, or the errno. */
static int do_task(const void *context)
{
	const struct task *task = context;
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), MMSCOPE "%s", task->path);
	fd = open(path, (task->query ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (task->query)
		err = lab_run(fd, task->query);
	err = err ? err : read_text(fd);
	if (close(fd) && !err)
		err = errno;
	return err;
}

/* An answer that came without an errno has an end. */
static bool is_whole(const void *context, int err)
{
	const struct task *task = context;
	const char *end;

	if (err || strstr(task->path, "_raw") || !strcmp(task->path, "README") ||
	    text_len == sizeof(text) - 1)
		return true;
	if (!text_len)
		return false;
	end = memrchr(text, '\n', text_len - 1);
	return end && !strncmp(end + 1, "# end ", 6);
}

static void fail_each(struct __test_metadata *_metadata,
		      const struct task *task, unsigned int most)
{
	struct fault_work work = {
		.work = do_task,
		.fine = is_whole,
		.context = task,
	};
	char name[128];

	snprintf(name, sizeof(name), "%s %s", task->path,
		 task->query ? task->query : "");
	work.name = name;
	EXPECT_TRUE(faults_each(&work, most));
}

static int reload(const void *context)
{
	int err = access(MODULE, F_OK) ? 0 : module_unload();

	return err ? err : module_load();
}

/*
 * What the first reader finds out is known from then on.  If there was no
 * memory for that, the next one must find it out.
 */
static bool caps_same(const void *context, int err)
{
	return !do_task(context) && !strcmp(text, all_caps);
}

static unsigned int nr_files;

static int count_file(const char *path, const struct stat *stat, int type,
		      struct FTW *ftw)
{
	nr_files++;
	return 0;
}

static unsigned int count_files(void)
{
	nr_files = 0;
	nftw(MMSCOPE, count_file, 8, FTW_PHYS);
	return nr_files;
}

/* Whether the loader has come as far as the module's own code; asked once. */
static bool init_ran(void)
{
	char *trace = read_path(INSTANCE "trace", NULL);
	bool ran = strstr(trace, "module_load: mmscope");
	int fd = open(INSTANCE "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		die(INSTANCE ": %s", strerror(errno));
	close(fd);
	free(trace);
	return ran;
}

FIXTURE(faults) {
	char *image;
	size_t len;
	unsigned int files;
	unsigned int most;
	struct totals before;
};

static void read_module(struct _test_data_faults *self)
{
	/* From memory, so that no reading of a file fails in place of it. */
	self->image = read_path(getenv("MMSCOPE_KO"), &self->len);
	self->files = count_files();
}

FIXTURE_SETUP(faults)
{
	const char *most = getenv("MMSCOPE_FAULTS");

	if (!getenv("MMSCOPE_KO"))
		SKIP(return, "MMSCOPE_KO does not name the module's file");
	if (!faults_supported())
		SKIP(return, "the kernel has no fault injection");
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	self->most = most ? strtoul(most, NULL, 0) : FAULTS;
	ASSERT_LT(0, self->most);
	ASSERT_EQ(0, read_number(MODULE "/refcnt"));
	read_module(self);
	cg_make(CG);
	cg_write_number(CG, "memory.max", CG_MAX);
	cg_enter(CG, 0);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	ASSERT_EQ(0, write_path(INSTANCE "events/module/module_load/enable",
				"1"));
	faults_begin();
	totals_read(&self->before);
}

/* What is held for the next allocations of each kind is no loss. */
FIXTURE_TEARDOWN(faults)
{
	struct totals after;
	unsigned int i;

	faults_end();
	EXPECT_EQ(0, reload(NULL));
	for (i = 0; i < READINGS; i++) {
		totals_read(&after);
		if (totals_growth(&self->before, &after) < NOISE)
			break;
	}
	TH_LOG("pages: other %+" PRId64 ", slab %+" PRId64 ", vmalloc %+" PRId64,
	       after.other - self->before.other,
	       after.slab - self->before.slab,
	       after.vmalloc - self->before.vmalloc);
	EXPECT_GT(NOISE, totals_growth(&self->before, &after));
	rmdir(INSTANCE);
	cg_enter("", 0);
	cg_remove(CG);
	free(self->image);
}

TEST_F_TIMEOUT(faults, views, 7200)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(views); i++)
		fail_each(_metadata, &views[i], self->most);
}

TEST_F_TIMEOUT(faults, labs, 7200)
{
	unsigned int i;

	/* One allocation for each block that it breaks. */
	ASSERT_EQ(0, lab_limit("fragment", "max_pages=40"));
	for (i = 0; i < ARRAY_LEN(runs); i++)
		fail_each(_metadata, &runs[i], self->most);
}

TEST_F_TIMEOUT(faults, first_reader, 7200)
{
	static const struct task caps = { "caps" };
	const struct fault_work work = {
		.name = "caps, first of all",
		.prepare = reload,
		.work = do_task,
		.fine = caps_same,
		.context = &caps,
	};

	ASSERT_EQ(0, do_task(&caps));
	ASSERT_GT(sizeof(all_caps), text_len);
	strcpy(all_caps, text);
	EXPECT_TRUE(faults_each(&work, self->most));
}

static int load(struct _test_data_faults *self, unsigned int nth,
		unsigned int *left)
{
	int err;

	fault_arm(nth);
	err = syscall(SYS_init_module, self->image, self->len, "") ? errno : 0;
	*left = fault_disarm();
	return err;
}

/* Either there is all of it, or nothing. */
static bool all_or_nothing(struct _test_data_faults *self, int err)
{
	if (err)
		return access(MODULE, F_OK) && access(MMSCOPE, F_OK);
	return count_files() == self->files && !module_unload();
}

/*
 * From the last allocation down to where the module's own code begins: what is
 * before that is the kernel's, and in some of it the kernel warns if it fails
 * (jump_label_module_notify()).
 */
TEST_F_TIMEOUT(faults, loading, 7200)
{
	struct fault_tally tally = {};
	unsigned int calls, left, nth, step;
	int err;

	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, load(self, FAULT_NEVER, &left));
	calls = FAULT_NEVER - left;
	ASSERT_TRUE(init_ran() && all_or_nothing(self, 0));
	step = calls / self->most + 1;
	for (nth = calls; nth > step; nth -= step) {
		err = load(self, nth, &left);
		if (!init_ran())
			break;
		if (!left)
			fault_count(&tally, "loading", nth, err,
				    all_or_nothing(self, err));
		else
			ASSERT_EQ(0, err | module_unload());
	}
	EXPECT_TRUE(fault_tell(&tally, "loading", calls));
	ASSERT_EQ(0, load(self, 0, &left));
	ASSERT_TRUE(all_or_nothing(self, 0));
}

FIXTURE(leaks) {
};

FIXTURE_SETUP(leaks)
{
	if (!faults_supported() || !leaks_supported())
		SKIP(return, "the kernel does not look for leaks");
}

FIXTURE_TEARDOWN(leaks)
{
}

/* By any of the tests before. */
TEST_F_TIMEOUT(leaks, nothing_is_lost, 1800)
{
	EXPECT_EQ(0, leaks_of(COMM));
}

TEST_HARNESS_MAIN
