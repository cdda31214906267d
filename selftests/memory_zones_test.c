// SPDX-License-Identifier: GPL-2.0-only
/* zones, against zoneinfo, meminfo, iomem and the rules of the watermarks. */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process_util.h"
#include "zones_oracle.h"
#include "kselftest_harness.h"
#include "zones_fixture.h"

#define BLOCKS		"/sys/devices/system/memory/"
#define STRUCT_PAGE	64UL

TEST_F(zones, equal_zoneinfo)
{
	EXPECT_LT(0, compare_zones());
}

/* Whole pages of the lines "start-end : System RAM". */
static uint64_t pages_of_ram(void)
{
	char *text = read_path("/proc/iomem", NULL), *rest = text, *line;
	uint64_t start, end, pages = 0;

	while ((line = strsep(&rest, "\n")))
		if (*line != ' ' && strstr(line, " : System RAM") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2)
			pages += (end + 1) / PAGE - (start + PAGE - 1) / PAGE;
	free(text);
	return pages;
}

/* Free memory changes: what both sides of the view agree on counts. */
static bool free_pages_agree(const char *path, int node)
{
	static struct zones zones;
	unsigned int try;

	for (try = 0; try < TRIES; try++) {
		uint64_t before = kb_of(path, "MemFree:"), after;

		ask_zones(&zones);
		after = kb_of(path, "MemFree:");
		if (before == after &&
		    zones_sum(&zones, node, Z_FREE) * PAGE == before << 10)
			return true;
	}
	return false;
}

TEST_F(zones, sums)
{
	char *meminfo = read_path("/proc/meminfo", NULL);
	static struct zones zones;
	uint64_t cma_kb = 0;

	ask_zones(&zones);
	EXPECT_EQ(kb_of("/proc/meminfo", "MemTotal:"),
		  zones_sum(&zones, -1, Z_MANAGED) * PAGE >> 10);
	/* Not there if the kernel has no CMA. */
	text_value(meminfo, "CmaTotal", &cma_kb);
	EXPECT_EQ(cma_kb, zones_sum(&zones, -1, Z_CMA) * PAGE >> 10);
	free(meminfo);
	EXPECT_EQ(pages_of_ram(), zones_sum(&zones, -1, Z_PRESENT));
	EXPECT_TRUE(free_pages_agree("/proc/meminfo", -1));
}

TEST_F(zones, nodes)
{
	static struct zones zones;
	unsigned int node, nodes = 0;
	char path[64];

	ask_zones(&zones);
	for (node = 0; node < ZONES_MAX; node++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%u/meminfo", node);
		if (access(path, R_OK))
			continue;
		nodes++;
		EXPECT_EQ(kb_of(path, "MemTotal:"),
			  zones_sum(&zones, node, Z_MANAGED) * PAGE >> 10);
		EXPECT_TRUE(free_pages_agree(path, node));
	}
	EXPECT_LT(0, nodes);
	EXPECT_GT(nodes, zones.zone[zones.nr - 1].node);
}

/* What __setup_per_zone_wmarks() makes of the three settings. */
static bool marks_follow_settings(const struct zone *zone, uint64_t scale)
{
	const uint64_t *n = zone->number;
	uint64_t min = n[Z_MIN] - n[Z_BOOST];
	uint64_t step = n[Z_MANAGED] * scale / 10000;

	if (step < min / 4)
		step = min / 4;
	if (n[Z_LOW] == n[Z_MIN] + step && n[Z_HIGH] == n[Z_LOW] + step &&
	    n[Z_PROMO] == n[Z_HIGH] + step)
		return true;
	complain("node %u zone %s: steps of %" PRIu64, zone->node, zone->name,
		 step);
	return false;
}

static bool is(const struct zone *zone, const char *name)
{
	return !strcmp(zone->name, name);
}

TEST_F(zones, settings)
{
	static const char *const kbytes[] = { "40000", "80000", "20001" };
	static const char *const scales[] = { "10", "333", "40" };
	static struct zones zones;
	unsigned int i, j, wrong = 0;

	for (i = 0; i < ARRAY_LEN(kbytes); i++) {
		uint64_t min = 0, movable = 0, pages = strtoull(kbytes[i], NULL, 10) / 4;
		unsigned int parts = 0;

		ASSERT_EQ(0, write_path(VM "min_free_kbytes", kbytes[i]));
		ASSERT_EQ(0, write_path(VM "watermark_scale_factor",
					scales[i]));
		EXPECT_LT(0, compare_zones());
		ask_zones(&zones);
		for (j = 0; j < zones.nr; j++) {
			const struct zone *zone = &zones.zone[j];

			if (is(zone, "Movable"))
				movable += zone->number[Z_PRESENT];
			if (is(zone, "Movable") || is(zone, "Device"))
				continue;
			wrong += !marks_follow_settings(zone,
						strtoull(scales[i], NULL, 10));
			min += zone->number[Z_MIN] - zone->number[Z_BOOST];
			parts++;
		}
		/* Movable has a min of its own; the rest share, rounding down. */
		if (!movable) {
			EXPECT_LE(min, pages);
			EXPECT_GT(min + parts, pages);
		}
	}
	EXPECT_EQ(0, wrong);
}

static uint64_t block_pages(void)
{
	char *text = read_path(BLOCKS "block_size_bytes", NULL);
	uint64_t bytes = strtoull(text, NULL, 16);

	free(text);
	return bytes / PAGE;
}

/* The numbers of the blocks that are online. */
static unsigned int online_blocks(unsigned int *block, unsigned int max)
{
	DIR *dir = opendir(BLOCKS);
	struct dirent *entry;
	unsigned int nr = 0;
	char path[300];

	if (!dir)
		die(BLOCKS);
	while ((entry = readdir(dir)) && nr < max) {
		if (sscanf(entry->d_name, "memory%u", &block[nr]) != 1)
			continue;
		snprintf(path, sizeof(path), BLOCKS "%.200s/state",
			 entry->d_name);
		if (access(path, R_OK))
			continue;
		char *state = read_path(path, NULL);

		nr += !strcmp(state, "online\n");
		free(state);
	}
	closedir(dir);
	return nr;
}

/* Frames of a zone that are in a block which is online. */
static uint64_t online_frames(const struct zone *zone,
			      const unsigned int *block, unsigned int nr)
{
	uint64_t start = zone->number[Z_START], size = block_pages(), sum = 0;
	uint64_t end = start + zone->number[Z_SPANNED];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		uint64_t first = block[i] * size, last = first + size;

		first = first < start ? start : first;
		last = last > end ? end : last;
		sum += last > first ? last - first : 0;
	}
	return sum;
}

static unsigned int wrong_memmaps(void)
{
	static unsigned int block[4096];
	unsigned int nr = online_blocks(block, ARRAY_LEN(block)), i, wrong = 0;
	uint64_t frames = 0, sum = 0, boot;
	static struct zones zones;
	char *vmstat;

	ask_zones(&zones);
	for (i = 0; i < zones.nr; i++) {
		const struct zone *zone = &zones.zone[i];
		uint64_t want = online_frames(zone, block, nr);

		if (is(zone, "Device"))
			continue;
		if (zone->memmap != want * STRUCT_PAGE) {
			complain("node %u zone %s: memmap of %" PRIu64
				 " bytes for %" PRIu64 " frames", zone->node,
				 zone->name, zone->memmap, want);
			wrong++;
		}
		frames += want;
		sum += zone->memmap;
	}
	/* Frames in no zone, before the first and behind the last, have one. */
	vmstat = read_path("/proc/vmstat", NULL);
	if (strstr(vmstat, "nr_memmap_boot_pages ")) {
		boot = strtoull(strstr(vmstat, "nr_memmap_boot_pages ") + 21,
				NULL, 10);
		sum += (nr * block_pages() - frames) * STRUCT_PAGE;
		wrong += sum > boot * PAGE;
	}
	free(vmstat);
	return wrong;
}

TEST_F(zones, memmap)
{
	EXPECT_EQ(0, wrong_memmaps());
}

TEST_F(zones, movable)
{
	char *command = read_path("/proc/cmdline", NULL);
	bool asked = strstr(command, "movablecore=");
	static struct zones zones;
	unsigned int i, found = 0;

	free(command);
	if (!asked)
		SKIP(return, "the kernel was not told to make a movable zone");
	ask_zones(&zones);
	for (i = 0; i < zones.nr; i++) {
		const struct zone *zone = &zones.zone[i];

		if (!is(zone, "Movable") || !zone->number[Z_PRESENT])
			continue;
		found++;
		/* The kernel's own allocations do not come here. */
		EXPECT_STREQ("-", zone->state[1]);
		EXPECT_STREQ("above_high", zone->state[2]);
	}
	EXPECT_LT(0, found);
}

/* Takes a block offline, the highest that will go. */
static bool take_offline(char *path, size_t size)
{
	static unsigned int block[4096];
	unsigned int nr = online_blocks(block, ARRAY_LEN(block)), i, tries;

	for (tries = 0; nr && tries < 8; tries++) {
		unsigned int highest = 0;

		for (i = 0; i < nr; i++)
			if (block[i] > block[highest])
				highest = i;
		snprintf(path, size, BLOCKS "memory%u/state", block[highest]);
		if (!write_path(path, "offline"))
			return true;
		block[highest] = block[--nr];
	}
	*path = '\0';
	return false;
}

TEST_F(zones, memory_offline)
{
	static struct zones before, now;

	ask_zones(&before);
	if (!take_offline(self->offline, sizeof(self->offline)))
		SKIP(return, "no block of memory can be taken offline");
	EXPECT_LT(0, compare_zones());
	EXPECT_EQ(0, wrong_memmaps());
	ask_zones(&now);
	EXPECT_EQ(zones_sum(&before, -1, Z_PRESENT) - block_pages(),
		  zones_sum(&now, -1, Z_PRESENT));
	EXPECT_EQ(0, write_path(self->offline, "online"))
		TH_LOG("%s: %m", self->offline);
	*self->offline = '\0';
	EXPECT_LT(0, compare_zones());
	EXPECT_EQ(0, wrong_memmaps());
	ask_zones(&now);
	EXPECT_EQ(zones_sum(&before, -1, Z_PRESENT),
		  zones_sum(&now, -1, Z_PRESENT));
}

TEST_HARNESS_MAIN
