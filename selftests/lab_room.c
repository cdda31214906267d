// SPDX-License-Identifier: GPL-2.0-only
/* Little memory above the high watermarks, for experiments to stop at. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_room.h"
#include "process_util.h"

/**
 * struct zone - a zone, in pages
 * @free: free, also in lists of CPUs.
 * @high: its high watermark, boosted.
 * @boost: by how much, for the moment.
 */
struct zone {
	uint64_t free;
	uint64_t high;
	uint64_t boost;
};

static void read_line(const char *line, struct zone *zone)
{
	uint64_t pages;

	if (sscanf(line, " pages free %lu", &pages) == 1 ||
	    sscanf(line, " count: %lu", &pages) == 1)
		zone->free += pages;
	else if (sscanf(line, " high %lu", &pages) == 1)
		zone->high = pages;
	else if (sscanf(line, " boost %lu", &pages) == 1)
		zone->boost = pages;
}

/* Which zones have so much free as their high watermark.  Return: how many. */
static unsigned int read_zones(bool *roomy)
{
	struct zone zones[ROOM_ZONES] = {};
	char *text, *line, *save = NULL;
	unsigned int i, nr = 0;

	/* Passes on what CPUs have counted. */
	free(read_path("/proc/sys/vm/stat_refresh", NULL));
	text = read_path("/proc/zoneinfo", NULL);
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "Node ", 5) && ++nr > ROOM_ZONES)
			die("more than %d zones", ROOM_ZONES);
		if (nr)
			read_line(line, &zones[nr - 1]);
	}
	free(text);
	for (i = 0; i < nr; i++)
		roomy[i] = zones[i].free >= zones[i].high - zones[i].boost;
	return nr;
}

void room_shrink(struct room *room)
{
	char *text = read_path("/proc/meminfo", NULL);

	/* The high ones are half as much again. */
	snprintf(room->value, sizeof(room->value), "%lu",
		 value_of(text, "MemFree") * 7 / 12);
	free(text);
	room->setting = (struct setting){
		.path = "/proc/sys/vm/min_free_kbytes", .value = room->value,
	};
	settings_apply(&room->setting, 1);
	room->nr = read_zones(room->roomy);
}

unsigned int room_lost(const struct room *room)
{
	unsigned int i, lost = 0, nr;
	bool roomy[ROOM_ZONES];

	nr = read_zones(roomy);
	for (i = 0; i < nr && i < room->nr; i++)
		lost += room->roomy[i] && !roomy[i];
	return lost;
}

void room_restore(struct room *room)
{
	settings_restore(&room->setting, room->setting.path ? 1 : 0);
	room->setting.path = NULL;
}
