// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab/vmalloc against /proc/vmallocinfo, /proc/kpageflags, /proc/buddyinfo, and
 * against the kernel's page tables as /proc/kcore has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "buddy_util.h"
#include "frame_flags.h"
#include "kcore_util.h"
#include "lab_room.h"
#include "lab_util.h"
#include "settings.h"

#define INFO		"/proc/vmallocinfo"
#define PAGE		4096UL
#define MB		(1UL << 20)
#define ROWS_MAX	256
#define TRIES		50
/* A size that nobody else has. */
#define ODD		37UL

/* The kernel shows addresses to root then. */
static struct setting settings[] = {
	{ .path = "/proc/sys/kernel/kptr_restrict", .value = "1" },
};

/**
 * struct row - an allocation, as the lab shows it
 * @way: how.
 * @result: what came of it.
 * @space: where.
 * @nodes: nodes of its pages.
 * @span: its pages.
 * @fit: free blocks that it could have been of.
 * @stalls: compactions and reclaims meanwhile.
 */
struct row {
	char way[16];
	char result[16];
	char space[16];
	char nodes[64];
	struct kcore_span span;
	uint64_t fit;
	uint64_t stalls;
};

static struct row rows[ROWS_MAX];
static unsigned int nr_rows;

static void take_row(const struct table *table)
{
	struct row *row = &rows[nr_rows++];

	snprintf(row->way, sizeof(row->way), "%s", table_word(table, "way"));
	snprintf(row->result, sizeof(row->result), "%s",
		 table_word(table, "result"));
	snprintf(row->space, sizeof(row->space), "%s",
		 table_word(table, "space"));
	snprintf(row->nodes, sizeof(row->nodes), "%s",
		 table_word(table, "nodes"));
	row->span = (struct kcore_span){
		.pfn = table_number(table, "pfn"),
		.pages = table_number(table, "pages"),
		.huge = table_number(table, "huge_pages"),
		.tables = table_number(table, "tables"),
		.runs = table_number(table, "runs"),
		.largest = table_number(table, "largest_run_pages"),
	};
	row->fit = table_number(table, "fit_blocks");
	row->stalls = table_number(table, "compact_stalls") +
		      table_number(table, "reclaim_stalls");
}

/* Runs, and reads the rows. */
static void run(int fd, const char *query)
{
	struct table table;
	bool bad = false;
	int err = lab_run(fd, query);

	if (err)
		die("lab/vmalloc: %s: %s", query, strerror(err));
	lab_answer(fd, &table);
	nr_rows = 0;
	while (table_row(&table, &bad) && nr_rows < ROWS_MAX)
		take_row(&table);
	if (bad)
		die("bad row");
	table_free(&table);
}

/**
 * struct area - an area of the module, as the kernel shows it
 * @addr: its first address.
 * @size: its size, with the guard page.
 * @pages: its pages.
 * @nodes: nodes of its pages, as the lab writes them.
 */
struct area {
	uint64_t addr;
	uint64_t size;
	uint64_t pages;
	char nodes[64];
};

static void read_nodes(const char *line, char *nodes, size_t size)
{
	size_t len = 0, word;
	const char *at;

	*nodes = '\0';
	for (at = strstr(line, " N"); at; at = strstr(at, " N")) {
		word = strcspn(++at, " ");
		len += snprintf(nodes + len, size - len, "%s%.*s",
				len ? "," : "", (int)word, at);
	}
}

/* Areas of the module with so many bytes.  Return: how many. */
static unsigned int find_areas(uint64_t size, struct area *areas,
			       unsigned int max)
{
	char *text = read_path(INFO, NULL), *line, *save = NULL, *at;
	unsigned int nr = 0;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct area area = {};

		if (!strstr(line, "[mmscope]") ||
		    sscanf(line, "0x%lx-%*s %lu", &area.addr, &area.size) != 2 ||
		    area.size != size)
			continue;
		at = strstr(line, " pages=");
		area.pages = at ? strtoull(at + 7, NULL, 10) : 0;
		read_nodes(line, area.nodes, sizeof(area.nodes));
		if (nr < max)
			areas[nr] = area;
		nr++;
	}
	free(text);
	return nr;
}

static bool same(const struct kcore_span *a, const struct kcore_span *b)
{
	if (!memcmp(a, b, sizeof(*a)))
		return true;
	complain("%lu pages from %lu, %lu huge, %lu tables, %lu runs up to %lu",
		 a->pages, a->pfn, a->huge, a->tables, a->runs, a->largest);
	complain("%lu pages from %lu, %lu huge, %lu tables, %lu runs up to %lu",
		 b->pages, b->pfn, b->huge, b->tables, b->runs, b->largest);
	return false;
}

/* The only row is in vmalloc space, and as the kernel has it. */
static void check_area(struct __test_metadata *_metadata, uint64_t pages)
{
	struct kcore_span span;
	struct area area = {};

	ASSERT_EQ(1, nr_rows);
	ASSERT_STREQ("ok", rows[0].result);
	EXPECT_STREQ("vmalloc", rows[0].space);
	ASSERT_EQ(1, find_areas((pages + 1) * PAGE, &area, 1));
	EXPECT_EQ(pages, area.pages);
	EXPECT_STREQ(area.nodes, rows[0].nodes);
	ASSERT_LT(0xff00000000000000, area.addr);
	kcore_walk(&span, area.addr, area.size);
	EXPECT_TRUE(same(&span, &rows[0].span));
	EXPECT_EQ(pages, span.pages);
}

FIXTURE(vmalloc) {
	int fd;
	struct room room;
};

FIXTURE_SETUP(vmalloc)
{
	settings_apply(settings, ARRAY_LEN(settings));
	self->fd = lab_open("vmalloc");
}

FIXTURE_TEARDOWN(vmalloc)
{
	room_restore(&self->room);
	lab_limit("vmalloc", "\n");
	close(self->fd);
	settings_restore(settings, ARRAY_LEN(settings));
}

TEST_F(vmalloc, scattered)
{
	char query[64];

	snprintf(query, sizeof(query), "way=vmalloc hold=1 size=%lu",
		 ODD * PAGE - 100);
	run(self->fd, query);
	check_area(_metadata, ODD);
	EXPECT_EQ(0, rows[0].span.huge);
	EXPECT_EQ(ODD, lab_status("vmalloc", "held_pages"));
	/* Not a multiple of what a table maps. */
	run(self->fd, "way=vmalloc hold=1 size=0x507000");
	check_area(_metadata, 0x507);
	EXPECT_LE(3, rows[0].span.tables);
}

/* With huge mappings, if the kernel has found huge pages. */
TEST_F(vmalloc, huge)
{
	run(self->fd, "way=vmalloc_huge hold=1 size=0x800000");
	check_area(_metadata, 0x800);
	TH_LOG("%lu of %lu pages huge", rows[0].span.huge, rows[0].span.pages);
	EXPECT_EQ(0, rows[0].span.huge % 512);
	EXPECT_EQ(rows[0].span.huge == 0x800, !rows[0].span.tables);
}

/* One block, its first page the head of the others, and nobody else's. */
TEST_F(vmalloc, contiguous)
{
	const struct kcore_span *span = &rows[0].span;
	char query[64];
	uint64_t i;

	snprintf(query, sizeof(query), "way=kmalloc hold=1 size=%lu",
		 ODD * PAGE);
	run(self->fd, query);
	ASSERT_EQ(1, nr_rows);
	ASSERT_STREQ("ok", rows[0].result);
	EXPECT_STREQ("linear", rows[0].space);
	EXPECT_EQ(64, span->pages);
	EXPECT_EQ(1, span->runs);
	EXPECT_EQ(64, span->largest);
	EXPECT_EQ(0, span->pfn % 64);
	EXPECT_TRUE(frame_word(span->pfn) & KPF_BIT_HEAD);
	for (i = 1; i < 64; i++)
		EXPECT_TRUE(frame_word(span->pfn + i) & KPF_BIT_TAIL);
	EXPECT_FALSE(frame_word(span->pfn + 64) & KPF_BIT_TAIL);
	EXPECT_EQ(0, find_areas((ODD + 1) * PAGE, NULL, 0));
}

/* All ways, one after the other; given back at once. */
TEST_F(vmalloc, all_ways)
{
	static const char *const ways[] = {
		"kmalloc", "vmalloc", "vmalloc_huge", "kvmalloc",
	};
	char query[64];
	unsigned int i;

	snprintf(query, sizeof(query), "count=2 size=%lu", ODD * PAGE);
	run(self->fd, query);
	ASSERT_EQ(8, nr_rows);
	for (i = 0; i < nr_rows; i++) {
		EXPECT_STREQ(ways[i % 4], rows[i].way);
		EXPECT_STREQ("ok", rows[i].result);
	}
	EXPECT_EQ(0, find_areas((ODD + 1) * PAGE, NULL, 0));
	EXPECT_TRUE(lab_state_is("vmalloc", "idle"));
	/* More than the page allocator has in a piece. */
	run(self->fd, "size=0x900000");
	ASSERT_EQ(4, nr_rows);
	EXPECT_STREQ("too_large", rows[0].result);
	EXPECT_STREQ("-", rows[0].space);
	EXPECT_STREQ("vmalloc", rows[3].space);
	for (i = 1; i < 4; i++)
		EXPECT_STREQ("ok", rows[i].result);
	run(self->fd, "way=- count=3");
	EXPECT_EQ(0, nr_rows);
}

/* All ways obey the memory policy of who asks. */
TEST_F(vmalloc, nodes)
{
	unsigned long mask = 2;

	if (access("/sys/devices/system/node/node1", F_OK))
		SKIP(return, "the machine has one node");
	ASSERT_EQ(0, syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 64));
	run(self->fd, "way=vmalloc hold=1 size=0x507000");
	check_area(_metadata, 0x507);
	EXPECT_STREQ("N1=1287", rows[0].nodes);
	mask = 3;
	ASSERT_EQ(0, syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &mask, 64));
	run(self->fd, "way=vmalloc hold=1 size=0x507000");
	check_area(_metadata, 0x507);
	EXPECT_EQ(0, strncmp("N0=", rows[0].nodes, 3));
	EXPECT_NE(NULL, strstr(rows[0].nodes, ",N1="));
	ASSERT_EQ(0, syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
}

/* Zones that the kernel may take memory from for itself, in large blocks. */
static unsigned int kernel_zones(const struct buddy *buddy)
{
	unsigned int i, nr = 0;

	for (i = 0; i < buddy->nr; i++)
		nr += strcmp(buddy->zone[i].name, "DMA") &&
		      strcmp(buddy->zone[i].name, "Movable");
	return nr;
}

/* Where no block is large enough, vmalloc() still finds the pages. */
TEST_F_TIMEOUT(vmalloc, no_block, 300)
{
	static struct buddy buddy;
	int fragment, dma, i;

	buddy_read_proc(&buddy);
	if (kernel_zones(&buddy) != 1)
		SKIP(return, "one zone can be brought into pieces, not several");
	/* What is left there is the zone's reserve. */
	dma = lab_open("alloc");
	ASSERT_EQ(0, lab_run(dma, "gfp=dma order=4 count=1000 hold=1"));
	fragment = lab_open("fragment");
	for (i = 0; i < TRIES; i++) {
		ASSERT_EQ(0, lab_run(fragment, "order=4 target=1000"));
		run(self->fd, "way=kmalloc,vmalloc size=0x10000");
		ASSERT_EQ(2, nr_rows);
		ASSERT_STREQ("ok", rows[1].result);
		/* Others may have freed one, or the kernel compacted some. */
		if (!strcmp(rows[0].result, "no_memory") && !rows[1].fit)
			break;
	}
	close(fragment);
	close(dma);
	ASSERT_GT(TRIES, i);
	EXPECT_LT(1, rows[1].span.runs);
	EXPECT_GT(16, rows[1].span.largest);
	EXPECT_EQ(16, rows[1].span.pages);
	/* There are some again. */
	run(self->fd, "way=kmalloc size=0x10000");
	EXPECT_STREQ("ok", rows[0].result);
	EXPECT_LT(0, rows[0].fit);
}

/* The kernel never gets short of memory by it. */
TEST_F_TIMEOUT(vmalloc, watermark, 300)
{
	uint64_t kills = oom_kills(), count;
	char query[64], *text;
	int i;

	/* As much as there is: kswapd makes room meanwhile. */
	text = read_path("/proc/meminfo", NULL);
	count = value_of(text, "MemTotal") / (32 << 10) + 1;
	free(text);
	ASSERT_GE(ROWS_MAX, count);
	snprintf(query, sizeof(query),
		 "way=vmalloc size=0x2000000 count=%" PRIu64 " hold=1", count);
	ASSERT_EQ(0, lab_limit("vmalloc", "max_pages=0xffffffffffffffff"));
	room_shrink(&self->room);
	/* Others may have taken some meanwhile. */
	for (i = 0; i < TRIES; i++) {
		run(self->fd, query);
		if (!room_lost(&self->room))
			break;
	}
	EXPECT_GT(TRIES, i);
	ASSERT_EQ(count, nr_rows);
	EXPECT_STREQ("watermark", rows[count - 1].result);
	EXPECT_STREQ("-", rows[count - 1].space);
	EXPECT_EQ(kills, oom_kills());
}

TEST_F(vmalloc, killed)
{
	struct area areas[4];
	char query[64], byte;
	int ready;
	pid_t pid;

	snprintf(query, sizeof(query), "way=vmalloc count=4 hold=1 size=%lu",
		 ODD * PAGE);
	pid = lab_child("vmalloc", query, false, &ready);
	ASSERT_EQ(1, read(ready, &byte, 1));
	EXPECT_EQ(4, find_areas((ODD + 1) * PAGE, areas, 4));
	EXPECT_EQ(EBUSY, lab_run(self->fd, "size=4096"));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "mmscope", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(pid, lab_status("vmalloc", "pid"));
	EXPECT_EQ(4 * ODD, lab_status("vmalloc", "held_pages"));
	end_process(pid);
	close(ready);
	EXPECT_EQ(0, find_areas((ODD + 1) * PAGE, areas, 4));
	EXPECT_TRUE(lab_state_is("vmalloc", "idle"));
}

TEST_F(vmalloc, refused)
{
	static const struct lab_wrong wrong[] = {
		{ "size=4095", ERANGE }, { "size=0x40000001", ERANGE },
		{ "size=1M", EINVAL }, { "count=0", ERANGE },
		{ "count=257", ERANGE }, { "way=", EINVAL },
		{ "way=malloc", EINVAL }, { "way=kmalloc,kmalloc", EINVAL },
		{ "retry=2", ERANGE }, { "hold=yes", EINVAL },
		{ "node=0", EINVAL }, { "size=8192 size=8192", EINVAL },
	};

	EXPECT_TRUE(lab_refuses(self->fd, wrong, ARRAY_LEN(wrong)));
	EXPECT_EQ(EINVAL, lab_limit("vmalloc", "max=1"));
	ASSERT_EQ(0, lab_limit("vmalloc", "max_pages=64"));
	EXPECT_EQ(ENOSPC, lab_run(self->fd, "size=0x41000"));
	EXPECT_TRUE(lab_refused("vmalloc", "over-limit"));
	EXPECT_EQ(ENOSPC, lab_run(self->fd, "size=0x21000 count=2 hold=1"));
	/* A contiguous block is larger than what was asked for. */
	run(self->fd, "size=0x21000 way=kmalloc retry=1 hold=1");
	EXPECT_STREQ("ok", rows[0].result);
	EXPECT_TRUE(lab_refused("vmalloc", "-"));
	run(self->fd, "size=0x20000 way=kmalloc,vmalloc hold=1");
	EXPECT_STREQ("ok", rows[1].result);
	run(self->fd, "size=0x1f000 way=kmalloc,vmalloc hold=1");
	EXPECT_STREQ("ok", rows[1].result);
	ASSERT_EQ(0, lab_limit("vmalloc", "max_pages=62"));
	run(self->fd, "size=0x1f000 way=kmalloc,vmalloc hold=1");
	EXPECT_STREQ("ok", rows[0].result);
	EXPECT_STREQ("limit", rows[1].result);
}

TEST_HARNESS_MAIN
