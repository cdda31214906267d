// SPDX-License-Identifier: GPL-2.0-only
/* The lists of nodes and zones, as zoneinfo shows them and as reclaim/lru. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lru_areas.h"

#define VIEW		"reclaim/lru"

const char *const list_names[LISTS] = {
	"inactive_anon", "active_anon", "inactive_file", "active_file",
	"unevictable",
};

static struct area *area_of(struct areas *areas, unsigned int node,
			    const char *zone)
{
	struct area *area;
	unsigned int i;

	for (i = 0; i < areas->nr; i++) {
		area = &areas->area[i];
		if (area->node == node && !strcmp(area->zone, zone))
			return area;
	}
	if (areas->nr == ZONES_MAX)
		die("too many zones");
	area = &areas->area[areas->nr++];
	memset(area, 0, sizeof(*area));
	area->node = node;
	snprintf(area->zone, sizeof(area->zone), "%s", zone);
	return area;
}

void take_lists(const struct table *table, uint64_t *pages)
{
	char name[64];
	int i;

	for (i = 0; i < LISTS; i++) {
		snprintf(name, sizeof(name), "%s_pages", list_names[i]);
		pages[i] += table_number(table, name);
	}
}

static void take_area(const struct table *table, struct area *area)
{
	static const char *const of_zone[] = {
		"free_pages", "min_pages", "low_pages", "high_pages",
	};
	static const char *const of_node[] = {
		"isolated_anon_pages", "isolated_file_pages",
		"kswapd_failures",
	};
	int i;

	take_lists(table, area->pages);
	if (*area->zone == '-')
		for (i = 0; i < ARRAY_LEN(of_node); i++)
			area->more[i] = table_number(table, of_node[i]);
	else
		for (i = 0; i < ARRAY_LEN(of_zone); i++)
			area->more[i] = table_number(table, of_zone[i]);
}

/* All of the view.  Return: the number of its rows of nodes and zones. */
unsigned int read_areas(struct areas *areas)
{
	static struct asked asked = { VIEW, "memcg=-" };
	struct table table;
	unsigned int rows = 0;
	bool bad = false;

	areas->nr = 0;
	if (table_ask_again(&table, &asked))
		die(VIEW);
	while (table_row(&table, &bad)) {
		struct area *area = area_of(areas, table_number(&table, "node"),
				table_word(&table, "zone"));

		if (!strcmp(table.field[0], "memcg")) {
			take_lists(&table, area->memcgs);
		} else {
			take_area(&table, area);
			rows++;
		}
	}
	if (bad)
		die(VIEW);
	table_free(&table);
	return rows;
}

/* One line "name number" of zoneinfo. */
static void take_line(struct area *area, const char *line)
{
	static const char *const of_zone[] = {
		"pages free", "min", "low", "high",
	};
	static const char *const of_node[] = {
		"nr_isolated_anon", "nr_isolated_file",
	};
	bool node = *area->zone == '-';
	char name[64];
	uint64_t value;
	int i;

	line += strspn(line, " ");
	for (i = 0; !node && i < ARRAY_LEN(of_zone); i++)
		if (!strncmp(line, of_zone[i], strlen(of_zone[i])) &&
		    sscanf(line + strlen(of_zone[i]), " %" SCNu64, &value) == 1)
			area->more[i] = value;
	if (sscanf(line, "%63s %" SCNu64, name, &value) != 2)
		return;
	if (!strcmp(name, "present"))
		area->present = value;
	for (i = 0; node && i < ARRAY_LEN(of_node); i++)
		if (!strcmp(name, of_node[i]))
			area->more[i] = value;
	for (i = 0; i < LISTS; i++) {
		char list[64];

		snprintf(list, sizeof(list), "%s_%s", node ? "nr" : "nr_zone",
			 list_names[i]);
		if (!strcmp(name, list))
			area->pages[i] = value;
	}
}

/* Paragraphs of zones, the first of which on a node has what is of the node. */
void read_zoneinfo(struct areas *areas)
{
	char *text = read_path("/proc/zoneinfo", NULL), *line, *save = NULL;
	struct area *zone = NULL, *node = NULL;
	bool of_node = false;

	areas->nr = 0;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned int nid;
		char name[16];

		if (sscanf(line, "Node %u, zone %15s", &nid, name) == 2) {
			node = area_of(areas, nid, "-");
			zone = area_of(areas, nid, name);
			of_node = false;
		} else if (strstr(line, "per-node stats")) {
			of_node = true;
		} else if (!strncmp(line, "  pages free", 12)) {
			of_node = false;
			take_line(zone, line);
		} else if (zone) {
			take_line(of_node ? node : zone, line);
		}
	}
	free(text);
}

bool same_areas(const struct areas *a, const struct areas *b)
{
	unsigned int i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++)
		if (memcmp(a->area[i].pages, b->area[i].pages,
			   sizeof(a->area[i].pages)) ||
		    memcmp(a->area[i].more, b->area[i].more,
			   sizeof(a->area[i].more)))
			return false;
	return true;
}

/* Zones that have no memory are not in the view. */
int compare_areas(struct areas *view, const struct areas *zoneinfo, bool tell)
{
	int wrong = 0, i, j;

	for (i = 0; i < zoneinfo->nr; i++) {
		const struct area *want = &zoneinfo->area[i];
		struct area *have;

		if (*want->zone != '-' && !want->present)
			continue;
		have = area_of(view, want->node, want->zone);
		for (j = 0; j < LISTS; j++) {
			if (have->pages[j] == want->pages[j])
				continue;
			wrong++;
			if (tell)
				complain("node %u %s %s: %" PRIu64 ", not %"
					 PRIu64, want->node, want->zone,
					 list_names[j], have->pages[j],
					 want->pages[j]);
		}
		for (j = 0; j < ARRAY_LEN(want->more); j++) {
			/* zoneinfo does not have the last number of a node. */
			if (*want->zone == '-' && j == 2)
				continue;
			if (have->more[j] == want->more[j])
				continue;
			wrong++;
			if (tell)
				complain("node %u %s number %d: %" PRIu64
					 ", not %" PRIu64, want->node,
					 want->zone, j, have->more[j],
					 want->more[j]);
		}
	}
	return wrong;
}
