// SPDX-License-Identifier: GPL-2.0-only
/*
 * numa/nodes: what processes have on each node, against numa_maps, and by kind
 * against move_pages(2) and pagemap.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "numa_util.h"
#include "process_util.h"

#define TRIES		50
#define POLICY_BIND	2
#define TMPFS		0x01021994

/* Where a child has its areas, one a gigabyte. */
#define AREAS		0x100000000000UL
#define AREA(i)		((char *)AREAS + ((unsigned long)(i) << 30))
#define HUGE		(2UL << 20)
#define HUGETLB_AREA	AREA(64)
#define FILE_NAME	"/var/tmp/mmscope_numa_test"
#define FILE_PAGES	700UL

/* Pages asked about at once. */
#define CHUNK		4096UL

#define PM_PRESENT	(1ULL << 63)
#define PM_FILE		(1ULL << 61)

static struct numa nodes, got;

static void map_at(char *at, size_t size, int flags, int fd, unsigned int node)
{
	unsigned long mask = 1UL << node;

	if (mmap(at, size, PROT_READ | PROT_WRITE,
		 flags | MAP_FIXED_NOREPLACE, fd, 0) != at)
		die("mmap");
	if (syscall(SYS_mbind, at, size, POLICY_BIND, &mask, 64UL, 0))
		die("mbind");
}

/* Of each kind another number of pages, on each node. */
static void make_areas(unsigned int i, unsigned int node)
{
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS;
	unsigned int k = 4 * i;

	map_at(AREA(k), (300 + i) * PAGE, anon, -1, node);
	small_pages(AREA(k), (300 + i) * PAGE);
	memset(AREA(k), 1, (300 + i) * PAGE);
	map_at(AREA(k + 1), (2 + i) * HUGE, anon, -1, node);
	madvise(AREA(k + 1), (2 + i) * HUGE, MADV_HUGEPAGE);
	memset(AREA(k + 1), 1, (2 + i) * HUGE);
	map_at(AREA(k + 2), (50 + i) * PAGE, MAP_SHARED | MAP_ANONYMOUS, -1,
	       node);
	memset(AREA(k + 2), 1, (50 + i) * PAGE);
	/* Read only: maps zeroes, which are on no node's account. */
	map_at(AREA(k + 3), 64 * PAGE, anon, -1, node);
	madvise(AREA(k + 3), 64 * PAGE, MADV_POPULATE_READ);
}

static int make_child(void *unused)
{
	volatile char byte;
	unsigned long i;
	int fd;

	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	for (i = 0; i < nodes.nodes; i++)
		make_areas(i, nodes.node[i].id);
	fd = open(FILE_NAME, O_RDONLY);
	if (fd < 0 || mmap(AREA(65), FILE_PAGES * PAGE, PROT_READ, MAP_SHARED,
			   fd, 0) != AREA(65))
		return -1;
	for (i = 0; i < FILE_PAGES; i++)
		byte = AREA(65)[i * PAGE];
	(void)byte;
	if (mmap(HUGETLB_AREA, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED_NOREPLACE, -1, 0) !=
	    HUGETLB_AREA)
		return -1;
	*HUGETLB_AREA = 1;
	return 0;
}

static void make_file(void)
{
	static char page[PAGE];
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct statfs fs;
	unsigned long i;

	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type == TMPFS)
		die(FILE_NAME);
	for (i = 0; i < FILE_PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			die(FILE_NAME);
	close(fd);
}

static const char pool[] =
	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";

FIXTURE(numa)
{
	uint64_t pool;
	pid_t child;
};

FIXTURE_SETUP(numa)
{
	char more[32];

	read_nodes(&nodes);
	make_file();
	self->pool = read_number(pool);
	snprintf(more, sizeof(more), "%" PRIu64, self->pool + 2);
	ASSERT_EQ(0, write_path("/proc/sys/vm/compact_memory", "1"));
	ASSERT_EQ(0, write_path(pool, more));
	ASSERT_LT(self->pool, read_number(pool));
	self->child = start_stopped(make_child, NULL);
	ASSERT_LT(0, self->child);
}

FIXTURE_TEARDOWN(numa)
{
	char was[32];

	end_process(self->child);
	snprintf(was, sizeof(was), "%" PRIu64, self->pool);
	write_path(pool, was);
	unlink(FILE_NAME);
}

static bool same_as_maps(pid_t pid, const uint64_t pages[NODES_MAX])
{
	unsigned int node;

	for (node = 0; node < NODES_MAX; node++) {
		const struct place *place = find_place(&got, pid, node);
		uint64_t has = place ? place->number[P_SUM] : 0;

		if (has == pages[node])
			continue;
		complain("pid %d node %u: %" PRIu64 " pages, numa_maps %"
			 PRIu64, pid, node, has, pages[node]);
		return false;
	}
	return true;
}

TEST_F(numa, totals)
{
	uint64_t before[NODES_MAX], after[NODES_MAX];
	unsigned int try, i;

	for (try = 0; try < TRIES; try++) {
		ASSERT_TRUE(read_numa_maps(self->child, before));
		ask_numa(&got);
		ASSERT_TRUE(read_numa_maps(self->child, after));
		if (!memcmp(before, after, sizeof(before)))
			break;
	}
	ASSERT_GT(TRIES, try);
	EXPECT_TRUE(same_as_maps(self->child, after));
	for (i = 0; i < nodes.nodes; i++)
		EXPECT_LT(300 + 2 * HUGE / PAGE, after[nodes.node[i].id]);
}

/* One row for each process and node, the sum of its kinds, with its name. */
static unsigned int odd_rows(void)
{
	unsigned int i, j, odd = 0;

	for (i = 0; i < got.places; i++) {
		const struct place *place = &got.place[i];
		uint64_t sum = 0;

		for (j = P_ANON; j < P_NUMBERS; j++)
			sum += place->number[j];
		if (sum == place->number[P_SUM] && sum &&
		    find_place(&got, place->pid, place->node) == place)
			continue;
		complain("pid %d node %u: %" PRIu64 " of %" PRIu64 " pages",
			 place->pid, place->node, sum, place->number[P_SUM]);
		odd++;
	}
	return odd;
}

/* All processes that keep still. */
TEST_F(numa, all_processes)
{
	static uint64_t before[4096][NODES_MAX];
	static pid_t pids[4096];
	unsigned int nr = 0, same = 0, wrong = 0, i;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	ASSERT_NE(NULL, proc);
	while ((entry = readdir(proc)) && nr < ARRAY_LEN(pids)) {
		pids[nr] = atoi(entry->d_name);
		if (pids[nr] > 0 && pids[nr] != getpid() &&
		    read_numa_maps(pids[nr], before[nr]))
			nr++;
	}
	closedir(proc);
	ask_numa(&got);
	for (i = 0; i < nr; i++) {
		uint64_t after[NODES_MAX];

		if (!read_numa_maps(pids[i], after) ||
		    memcmp(before[i], after, sizeof(after)))
			continue;
		same++;
		wrong += !same_as_maps(pids[i], after);
	}
	EXPECT_EQ(0, wrong);
	/* The child and init at least. */
	EXPECT_LE(2, same);
	EXPECT_EQ(0, odd_rows());
}

/* Pages of a VMA by node, which only move_pages(2) says page by page. */
static void add_vma(pid_t pid, int pagemap, unsigned long start,
		    unsigned long end, int kind,
		    uint64_t pages[NODES_MAX][P_NUMBERS])
{
	const unsigned long step = kind == P_HUGETLB ? HUGE : PAGE;
	static uint64_t words[CHUNK];
	static void *at[CHUNK];
	static int status[CHUNK];
	unsigned long nr, i;

	for (; start < end; start += nr * step) {
		nr = (end - start) / step;
		nr = nr > CHUNK ? CHUNK : nr;
		for (i = 0; i < nr; i++) {
			at[i] = (void *)(start + i * step);
			if (pread(pagemap, &words[i], 8,
				  (unsigned long)at[i] / PAGE * 8) != 8)
				die("pagemap");
		}
		if (syscall(SYS_move_pages, pid, nr, at, NULL, status, 0))
			die("move_pages");
		for (i = 0; i < nr; i++) {
			bool anon = !(words[i] & PM_FILE);
			int to = kind == P_HUGETLB ? kind :
				 anon ? P_ANON : kind;

			/* Zeroes and what is not there have no node. */
			if (!(words[i] & PM_PRESENT) || status[i] < 0)
				continue;
			pages[status[i]][to] += step / PAGE;
			pages[status[i]][P_SUM] += step / PAGE;
		}
	}
}

static void read_pages(pid_t pid, uint64_t pages[NODES_MAX][P_NUMBERS])
{
	char *text = read_proc(pid, "maps"), *rest = text, *line, path[64];
	unsigned long start, end;
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY);
	if (pagemap < 0)
		die("%s", path);
	memset(pages, 0, NODES_MAX * sizeof(*pages));
	while ((line = strsep(&rest, "\n"))) {
		int kind = P_FILE;

		/* Memory of the kernel's own, reserved. */
		if (strstr(line, "[v") ||
		    sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		if (start == (unsigned long)HUGETLB_AREA)
			kind = P_HUGETLB;
		else if (strstr(line, "/dev/zero"))
			kind = P_SHMEM;
		add_vma(pid, pagemap, start, end, kind, pages);
	}
	close(pagemap);
	free(text);
}

TEST_F(numa, kinds)
{
	static uint64_t before[NODES_MAX][P_NUMBERS], after[NODES_MAX][P_NUMBERS];
	uint64_t hugetlb = 0, file = 0;
	unsigned int try, i, k;

	for (try = 0; try < TRIES; try++) {
		read_pages(self->child, before);
		ask_numa(&got);
		read_pages(self->child, after);
		if (!memcmp(before, after, sizeof(before)))
			break;
	}
	ASSERT_GT(TRIES, try);
	for (i = 0; i < nodes.nodes; i++) {
		const unsigned int node = nodes.node[i].id;
		const struct place *place = find_place(&got, self->child, node);

		ASSERT_NE(NULL, place);
		for (k = 0; k < P_NUMBERS; k++)
			EXPECT_EQ(after[node][k], place->number[k])
				TH_LOG("node %u, column %u", node, k);
		EXPECT_LE(300 + i + (2 + i) * HUGE / PAGE,
			  place->number[P_ANON]);
		EXPECT_EQ(50 + i, place->number[P_SHMEM]);
		hugetlb += place->number[P_HUGETLB];
		file += place->number[P_FILE];
	}
	EXPECT_EQ(HUGE / PAGE, hugetlb);
	EXPECT_LE(FILE_PAGES, file);
}

/* A child has the name of its parent, and the number it has here. */
TEST_F(numa, names)
{
	const struct place *place;
	char name[64];
	char *comm;

	ask_numa(&got);
	place = find_place(&got, self->child, nodes.node[0].id);
	ASSERT_NE(NULL, place);
	comm = read_proc(self->child, "comm");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(comm, "\n"), comm);
	EXPECT_STREQ(name, place->comm);
	free(comm);
}

TEST_HARNESS_MAIN
