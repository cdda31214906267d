// SPDX-License-Identifier: GPL-2.0-only
/*
 * `mmscope trace` of what the machine does: splits and fallbacks of the buddy
 * allocator, compaction, reclaim, slabs, memory cgroups, OOM kills, reads of
 * mmscope's views; against the counters of the kernel and the answers of labs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cgroup_util.h"
#include "known_pages.h"
#include "lab_util.h"
#include "oom_hogs.h"
#include "settings.h"
#include "trace_util.h"

#define TRACEFS		"/sys/kernel/tracing/"
#define INSTANCE	TRACEFS "instances/mmscope_machine_test/"
/* What this process is called at each thing that it does. */
#define BLOCKS		"t_blocks"
#define COMPACTS	"t_compacts"
#define ASKS		"t_asks"
#define RECLAIMS	"t_reclaims"
#define LIMITED		"t_limited"

FIXTURE(machine) {
	struct trace traces[4];
	unsigned int nr;
};

FIXTURE_SETUP(machine)
{
	memset(self, 0, sizeof(*self));
	if (!trace_supported())
		SKIP(return, "scripts/mmscope or bpftrace is not here");
}

FIXTURE_TEARDOWN(machine)
{
	if (!__test_passed(_metadata))
		traces_show(self->traces, self->nr);
	traces_free(self->traces, self->nr);
}

static unsigned int begin(struct trace *traces, const char *const *names,
			  unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		traces[i].name = names[i];
	traces_start(traces, nr, 0);
	return nr;
}

/* Where the blocks of an order came from that lab/alloc has got, by order. */
static void take_blocks(const char *query, uint64_t *from, uint64_t *nr)
{
	int fd = lab_open("alloc"), err = lab_run(fd, query);
	struct table table;
	bool bad = false;

	if (err)
		die("lab/alloc: %s", strerror(err));
	lab_answer(fd, &table);
	while (table_row(&table, &bad)) {
		if (strcmp(table_word(&table, "what"), "block"))
			continue;
		(*nr)++;
		/* Unknown if somebody else has changed the lists meanwhile. */
		if (!strcmp(table_word(&table, "source"), "list"))
			from[table_number(&table, "from_order")]++;
	}
	if (bad)
		die("lab/alloc");
	table_free(&table);
	close(fd);
}

/* The kernel's own tracer counts fallbacks of this process. */
static void fallbacks_begin(void)
{
	char pid[16];

	rmdir(INSTANCE);
	if (mkdir(INSTANCE, 0700))
		die(INSTANCE ": %s", strerror(errno));
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_path(INSTANCE "set_event_pid", pid);
	write_path(INSTANCE "events/kmem/mm_page_alloc_extfrag/enable", "1");
}

static uint64_t fallbacks_end(void)
{
	char *text, *at;
	uint64_t nr = 0;

	write_path(INSTANCE "events/kmem/mm_page_alloc_extfrag/enable", "0");
	text = at = read_path(INSTANCE "trace", NULL);
	while ((at = strstr(at, "mm_page_alloc_extfrag: "))) {
		at++;
		nr++;
	}
	free(text);
	rmdir(INSTANCE);
	return nr;
}

/* As many as the kernel's counter has grown by, and all by this process's call. */
static uint64_t zones_populated(void)
{
	char *text = read_path("/proc/zoneinfo", NULL), *at = text;
	uint64_t nr = 0;

	while ((at = strstr(at, "\n        managed  "))) {
		at += 18;
		nr += strtoull(at, NULL, 10) > 0;
	}
	free(text);
	return nr;
}

/*
 * As much must be free as is, so what is taken from now on has to be reclaimed.
 * kswapd does that, too, so takes more and more until it is too slow.
 */
static void reclaim_some(void)
{
	static struct setting watermark = { "/proc/sys/vm/min_free_kbytes" };
	char *text = read_path("/proc/meminfo", NULL), value[32], *areas[200];
	uint64_t before = vmstat("allocstall_");
	const size_t size = 4 << 20;
	unsigned int nr = 0;

	snprintf(value, sizeof(value), "%" PRIu64, value_of(text, "MemFree"));
	free(text);
	watermark.value = value;
	settings_apply(&watermark, 1);
	while (nr < ARRAY_LEN(areas) && vmstat("allocstall_") == before) {
		areas[nr] = mmap(NULL, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		small_pages(areas[nr], size);
		memset(areas[nr++], 1, size);
	}
	settings_restore(&watermark, 1);
	while (nr)
		munmap(areas[--nr], size);
}

/* Pages of files that can be reclaimed. */
static void fill_cache(unsigned int mb)
{
	char path[] = "/var/tmp/mmscope-trace-XXXXXX", *text;
	int fd = mkstemp(path);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	unlink(path);
	text = calloc(1, 1 << 20);
	memset(text, 1, 1 << 20);
	while (mb--)
		if (write(fd, text, 1 << 20) != 1 << 20)
			die("%s: %s", path, strerror(errno));
	fsync(fd);
	free(text);
	close(fd);
}

TEST_F_TIMEOUT(machine, gives_and_takes_back, 900)
{
	static const char *const names[] = {
		"buddy", "compaction", "reclaim", "views",
	};
	const struct trace *trace = self->traces;
	uint64_t from[16] = {}, blocks = 0, unmovable = 0, unused[16] = {};
	uint64_t fallbacks, scanned, moved, stalls, rows, scans, max, total, value;
	char order[16];
	struct table table;
	unsigned int i;
	bool bad = false;

	self->nr = begin(self->traces, names, ARRAY_LEN(names));
	fallbacks_begin();
	prctl(PR_SET_NAME, BLOCKS);
	for (i = 0; i < 5; i++)
		take_blocks("order=5 count=40", from, &blocks);
	/*
	 * There are few such blocks: most are taken from movable memory.  One
	 * at a time: no CPU keeps lists of this order.
	 */
	take_blocks("order=8 count=20 gfp=kernel", unused, &unmovable);
	prctl(PR_SET_NAME, COMPACTS);
	fallbacks = fallbacks_end();

	scanned = vmstat("compact_migrate_scanned ");
	moved = vmstat("pgmigrate_success ");
	ASSERT_EQ(0, write_path("/proc/sys/vm/compact_memory", "1"));
	scanned = vmstat("compact_migrate_scanned ") - scanned;
	moved = vmstat("pgmigrate_success ") - moved;

	prctl(PR_SET_NAME, ASKS);
	rows = scans = max = total = 0;
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, table_ask(&table, "buddy/freelists", "%s", ""));
		while (table_row(&table, &bad))
			;
		rows += table.rows;
		ASSERT_TRUE(line_number(table.end, "scanned", &value));
		scans += value;
		ASSERT_TRUE(line_number(table.end, "lock_total_ns", &value));
		total += value;
		ASSERT_TRUE(line_number(table.end, "lock_max_ns", &value));
		max = value > max ? value : max;
		table_free(&table);
	}

	prctl(PR_SET_NAME, RECLAIMS);
	fill_cache(64);
	stalls = vmstat("allocstall_");
	reclaim_some();
	stalls = vmstat("allocstall_") - stalls;
	traces_stop(self->traces, self->nr);
	for (i = 0; i < self->nr; i++)
		EXPECT_EQ(0, trace[i].status);

	EXPECT_EQ(200, blocks);
	EXPECT_EQ(blocks, trace_sum(&trace[0], "splits", "blocks", "comm",
				    BLOCKS, "order", "5", NULL));
	for (i = 5; i < 11; i++) {
		snprintf(order, sizeof(order), "%u", i);
		EXPECT_LE(from[i], trace_sum(&trace[0], "splits", "blocks",
					     "comm", BLOCKS, "order", "5",
					     "from_order", order, NULL)) {
			TH_LOG("from order %u", i);
		}
	}
	EXPECT_EQ(unmovable, trace_sum(&trace[0], "splits", "blocks", "comm",
				       BLOCKS, "order", "8", NULL));
	EXPECT_EQ(fallbacks, trace_sum(&trace[0], "fallbacks", "blocks", "comm",
				       BLOCKS, NULL));

	EXPECT_EQ(zones_populated(),
		  trace_sum(&trace[1], "zones", "zones", "comm", COMPACTS,
			    "by", "file", NULL));
	EXPECT_LE(scanned, trace_sum(&trace[1], "pages", "scanned_pages", NULL));
	EXPECT_GE(scanned, trace_sum(&trace[1], "pages", "scanned_pages", "comm",
				     COMPACTS, NULL));
	EXPECT_GE(moved, trace_sum(&trace[1], "pages", "migrated_pages", "comm",
				   COMPACTS, NULL));

	EXPECT_GT(stalls, 0);
	EXPECT_EQ(stalls, trace_sum(&trace[2], "direct", "calls", NULL));

	EXPECT_FALSE(bad);
	EXPECT_EQ(3, trace_sum(&trace[3], "answers", "answers", "comm", ASKS,
			       "view", "buddy/freelists", "how", "ended", NULL));
	EXPECT_EQ(rows, trace_sum(&trace[3], "answers", "rows", "comm", ASKS,
				  "view", "buddy/freelists", NULL));
	EXPECT_EQ(scans, trace_sum(&trace[3], "answers", "scanned", "comm", ASKS,
				   "view", "buddy/freelists", NULL));
	EXPECT_EQ(max, trace_sum(&trace[3], "answers", "lock_max_ns", "comm", ASKS,
				 "view", "buddy/freelists", NULL));
	EXPECT_EQ(total, trace_sum(&trace[3], "answers", "lock_total_ns", "comm",
				   ASKS, "view", "buddy/freelists", NULL));
	/* Six of lab/alloc, none refused. */
	EXPECT_EQ(6, trace_sum(&trace[3], "labs", "runs", "comm", BLOCKS, "lab",
			       "alloc", "err", "0", NULL));
}

/* Slabs of a cache in /proc/slabinfo; 0 if there is none. */
static uint64_t slabs_of(const char *cache)
{
	char *text = read_path("/proc/slabinfo", NULL), *line, *at;
	uint64_t slabs = 0;
	char name[64];

	snprintf(name, sizeof(name), "\n%s ", cache);
	line = strstr(text, name);
	if (line) {
		/* ... : slabdata <active_slabs> <num_slabs> <sharedavail> */
		at = strstr(line, "slabdata");
		strtoull(at + 8, &at, 10);
		slabs = strtoull(at, NULL, 10);
	}
	free(text);
	return slabs;
}

#define GROUP	"/mms_trace"

/* Takes memory in the cgroup, and ends. */
static void take_in_group(size_t bytes, bool file)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		cg_enter(GROUP, 0);
		if (file)
			fill_cache(bytes >> 20);
		else
			mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			     MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static uint64_t reclaims(const struct trace *trace, const char *cause)
{
	return trace_sum(trace, "reclaims", "reclaims", "memcg", GROUP, "cause",
			 cause, NULL);
}

TEST_F_TIMEOUT(machine, keeps_within_limits, 900)
{
	static const char *const names[] = { "slab", "memcg", "oom" };
	static const struct scene scene = {
		64, .hogs = { { 2 }, { 40, 100 }, { 8 } },
	};
	const struct trace *trace = self->traces;
	uint64_t slabs, high, max;
	int log = kills_open();
	struct killed killed;
	struct table table;
	struct hogs hogs;
	unsigned int i, candidates = 0, victims = 0;
	bool bad = false;

	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	self->nr = begin(self->traces, names, ARRAY_LEN(names));

	prctl(PR_SET_NAME, LIMITED);
	known_pages_load();
	slabs = slabs_of("known_slabs");

	cg_make(GROUP);
	cg_write(GROUP, "memory.swap.max", "0");
	cg_write_number(GROUP, "memory.high", 16 << 20);
	take_in_group(17 << 20, false);
	high = cg_value(GROUP, "memory.events", "high");
	cg_write(GROUP, "memory.high", "max");
	cg_write_number(GROUP, "memory.max", 16 << 20);
	take_in_group(32 << 20, true);
	max = cg_value(GROUP, "memory.events", "max");
	write_path("/sys/fs/cgroup" GROUP "/memory.reclaim", "1M");

	hogs_start(&hogs, &scene);
	hogs_fill(&hogs);
	hogs_go(&hogs);
	EXPECT_TRUE(hogs_killed(hogs.pid[1]));
	ASSERT_TRUE(kills_next(log, &killed));
	traces_stop(self->traces, self->nr);
	for (i = 0; i < self->nr; i++)
		EXPECT_EQ(0, trace[i].status);
	hogs_end(&hogs);
	close(log);

	EXPECT_GT(slabs, 0);
	EXPECT_EQ(slabs, trace_sum(&trace[0], "caches", "more_slabs", "cache",
				   "known_slabs", NULL));
	/* Not of all caches: some grow while bpftrace writes its maps. */
	EXPECT_EQ(trace_sum(&trace[0], "caches", "made_slabs", "cache",
			    "known_slabs", NULL),
		  trace_sum(&trace[0], "growth", "made_slabs", "cache",
			    "known_slabs", "comm", LIMITED, NULL));
	known_pages_unload();

	EXPECT_GT(high, 0);
	EXPECT_GT(max, 0);
	EXPECT_EQ(high, reclaims(&trace[1], "high"));
	EXPECT_EQ(max, reclaims(&trace[1], "max"));
	EXPECT_GT(reclaims(&trace[1], "file"), 0);
	EXPECT_GT(trace_sum(&trace[1], "throttled", "times", "memcg", GROUP,
			    "comm", LIMITED, NULL), 0);
	cg_remove(GROUP);

	/*
	 * While the first victim goes, the killer may be called again; and what
	 * is wanted next may be the end of somebody else.
	 */
	trace_table(&trace[2], "events", &table);
	while (table_row(&table, &bad)) {
		bool victim = !strcmp(table_word(&table, "came"), "victim");

		EXPECT_STREQ(HOGS, table_word(&table, "memcg"));
		if (table_number(&table, "kill") != 1)
			continue;
		candidates++;
		victims += victim;
		if (!victim)
			continue;
		EXPECT_EQ(hogs.pid[1], table_number(&table, "pid"));
		EXPECT_EQ(1, candidates);
		/* What it has, as the kernel has logged it. */
		EXPECT_EQ(killed.anon + killed.file + killed.shmem,
			  4 * table_number(&table, "rss_pages"));
		EXPECT_STREQ(table_word(&table, "points"),
			     table_word(&table, "score"));
	}
	EXPECT_FALSE(bad);
	EXPECT_EQ(1, victims);
	/* All in the cgroup that have memory. */
	EXPECT_GE(candidates, 3);
	table_free(&table);
}

/* The rows of an event in the life of a page, and what the first of them says. */
static uint64_t rows_of(const struct trace *trace, const char *event,
			const char *pattern, char *pfn, size_t size)
{
	struct table table;
	uint64_t nr = 0;
	bool bad = false;

	trace_table(trace, "events", &table);
	while (table_row(&table, &bad)) {
		if (strcmp(table_word(&table, "event"), event) ||
		    fnmatch(pattern, table_word(&table, "detail"), 0))
			continue;
		if (!nr++ && pfn)
			snprintf(pfn, size, "%s", table_word(&table, "pfn"));
	}
	table_free(&table);
	return bad ? ~0ULL : nr;
}

TEST_F_TIMEOUT(machine, lets_a_page_live, 900)
{
	struct trace *trace = &self->traces[0];
	char page[32] = "a", entry[32] = "b", kind[32] = "c";
	bool swap, kept;
	char *text = read_path("/proc/meminfo", NULL);

	swap = value_of(text, "SwapFree") > 1024;
	free(text);
	trace->name = "life";
	self->nr = 1;
	traces_start(trace, 1, 0);
	trace_wait(trace);
	EXPECT_EQ(0, trace->status);
	EXPECT_EQ(1, rows_of(trace, "mmap", "bytes=*", NULL, 0));
	EXPECT_EQ(1, rows_of(trace, "munmap", "bytes=*", NULL, 0));
	EXPECT_EQ(1, rows_of(trace, "fault", "write*", NULL, 0));
	/* A page that was still being written to swap is found again. */
	kept = swap && rows_of(trace, "mmscope", "page:*,mapcount=0,*swapcache*",
			       NULL, 0);
	/* The same frame in the event, in the page-table entry, and of the page. */
	EXPECT_EQ(1 + (swap && !kept), rows_of(trace, "page", "order=0*", page, sizeof(page)));
	EXPECT_LE(1, rows_of(trace, "mmscope", "entry:pte,present,write*", entry,
			     sizeof(entry)));
	EXPECT_STREQ(page, entry);
	EXPECT_LE(1, rows_of(trace, "mmscope", "page:anon,*", kind, sizeof(kind)));
	EXPECT_STREQ(page, kind);
	/* Before the first fault, and after the last, there is nothing. */
	EXPECT_LE(1, rows_of(trace, "mmscope", "entry:*", NULL, 0));
	EXPECT_EQ(swap, rows_of(trace, "pageout", "*", NULL, 0));
	EXPECT_EQ(swap, rows_of(trace, "mmscope", "entry:pte,swap*", NULL, 0));
	EXPECT_EQ(swap, rows_of(trace, "swapin", "*", NULL, 0));
	EXPECT_LE(1, rows_of(trace, "free", "order=0*", NULL, 0));
}

TEST_HARNESS_MAIN
