// SPDX-License-Identifier: GPL-2.0-only
/* Zones, as /proc/zoneinfo shows them and as memory/zones does. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process_util.h"
#include "zones_oracle.h"

#define TRIES	50

/* Columns of the view. */
const char *const number_names[Z_NUMBERS] = {
	"start_pfn", "spanned_pages", "present_pages", "managed_pages",
	"free_pages", "min_pages", "low_pages", "high_pages", "promo_pages",
	"boost_pages", "cma_pages", "free_cma_pages",
	"reserved_highatomic_pages", "free_highatomic_pages",
};

/* The first word of zoneinfo's line, and the second if there are two. */
static const struct {
	const char *word[2];
} lines[Z_NUMBERS] = {
	{ { "start_pfn:" } }, { { "spanned" } }, { { "present" } },
	{ { "managed" } }, { { "pages", "free" } }, { { "min" } },
	{ { "low" } }, { { "high" } }, { { "promo" } }, { { "boost" } },
	{ { "cma" } }, { { "nr_free_cma" } }, { { "reserved_highatomic:" } },
	{ { "free_highatomic:" } },
};

static void take_number(struct zone *zone, const char *line)
{
	char word[2][32], number[32];
	unsigned int i;
	int nr = sscanf(line, "%31s %31s %31s", word[0], word[1], number);

	for (i = 0; i < Z_NUMBERS; i++) {
		bool two = lines[i].word[1];

		if (nr != (two ? 3 : 2) || strcmp(word[0], lines[i].word[0]) ||
		    (two && strcmp(word[1], lines[i].word[1])))
			continue;
		zone->number[i] = strtoull(two ? number : word[1], NULL, 10);
	}
	if (nr == 2 && !strcmp(word[0], "node_unreclaimable:"))
		zone->unreclaimable = strtoull(word[1], NULL, 10);
}

static void take_reserve(struct zone *zone, const char *from)
{
	size_t len = 0;

	/* zoneinfo has a blank behind each comma. */
	for (; *from && len < sizeof(zone->reserve) - 1; from++)
		if (isdigit((unsigned char)*from) || *from == ',' ||
		    *from == '-')
			zone->reserve[len++] = *from;
	zone->reserve[len] = '\0';
}

static struct zone *new_zone(struct zones *zones, unsigned int node,
			     const char *name)
{
	struct zone *zone = &zones->zone[zones->nr];
	unsigned int i;

	if (zones->nr == ZONES_MAX)
		die("more than %u zones", zones->nr);
	*zone = (struct zone){ .node = node };
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	for (i = 0; i < Z_NUMBERS; i++)
		zone->number[i] = NO_NUMBER;
	if (zones->nr && zone[-1].node == node)
		zone->index = zone[-1].index + 1;
	zones->nr++;
	return zone;
}

void read_zoneinfo(struct zones *zones)
{
	char *text = read_path("/proc/zoneinfo", NULL), *rest = text, *line;
	struct zone *zone = NULL;
	unsigned int node;
	char name[16];

	zones->nr = 0;
	while ((line = strsep(&rest, "\n"))) {
		char *protection = strstr(line, "protection: (");

		if (sscanf(line, "Node %u, zone %15s", &node, name) == 2)
			zone = new_zone(zones, node, name);
		else if (zone && protection)
			take_reserve(zone, protection);
		/* Of each CPU, and of the whole node, come numbers as well. */
		else if (zone)
			take_number(zone, line);
	}
	free(text);
	if (!zones->nr)
		die("/proc/zoneinfo");
}

static uint64_t known(const char *field)
{
	char *end;
	uint64_t value = strtoull(field, &end, 10);

	if (!strcmp(field, "-"))
		return NO_NUMBER;
	if (end == field || *end)
		die("zones: a number is \"%s\"", field);
	return value;
}

static const char *field(const struct table *table, const char *name)
{
	return table->field[table_column(table, name)];
}

static void copy_word(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void take_row(struct zones *zones, const struct table *table)
{
	static const char *const states[] = {
		"state", "state_kernel", "state_user",
	};
	struct zone *zone = new_zone(zones, known(field(table, "node")),
				     field(table, "zone"));
	unsigned int i;

	for (i = 0; i < Z_NUMBERS; i++)
		zone->number[i] = known(field(table, number_names[i]));
	take_reserve(zone, field(table, "lowmem_reserve"));
	for (i = 0; i < ARRAY_LEN(states); i++)
		copy_word(zone->state[i], sizeof(zone->state[i]),
			  field(table, states[i]));
	copy_word(zone->reclaim, sizeof(zone->reclaim),
		  field(table, "reclaim"));
	copy_word(zone->kswapd, sizeof(zone->kswapd), field(table, "kswapd"));
	zone->failures = known(field(table, "kswapd_failures"));
	zone->memmap = known(field(table, "memmap_bytes"));
}

void ask_zones(struct zones *zones)
{
	static struct asked asked = { "memory/zones", "\n" };
	struct table table;
	bool bad = false;

	zones->nr = 0;
	if (table_ask_again(&table, &asked))
		die("memory/zones");
	while (table_row(&table, &bad))
		take_row(zones, &table);
	table_free(&table);
	if (bad)
		die("memory/zones");
}

const struct zone *find_zone(const struct zones *zones, const struct zone *like)
{
	unsigned int i;

	for (i = 0; i < zones->nr; i++)
		if (zones->zone[i].node == like->node &&
		    !strcmp(zones->zone[i].name, like->name))
			return &zones->zone[i];
	return NULL;
}

uint64_t zones_sum(const struct zones *zones, int node, unsigned int number)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < zones->nr; i++)
		if (node < 0 || zones->zone[i].node == (unsigned int)node)
			sum += zones->zone[i].number[number];
	return sum;
}

uint64_t zone_reserve(const struct zone *zone, unsigned int i)
{
	const char *at = zone->reserve;

	while (i-- && at) {
		at = strchr(at, ',');
		at += !!at;
	}
	if (!at)
		die("zones: no reserve of that number in %s", zone->reserve);
	return strtoull(at, NULL, 10);
}

/* Numbers in bit i that zoneinfo does not show for this zone or kernel. */
static uint64_t not_shown(const struct zone *zone)
{
	uint64_t set = 0;
	unsigned int i;

	for (i = 0; i < Z_NUMBERS; i++)
		if (zone->number[i] == NO_NUMBER)
			set |= 1ULL << i;
	return set;
}

static int compare_once(const struct zones *before, const struct zones *got,
			const struct zones *after, uint64_t *done)
{
	unsigned int i, j;

	for (i = 0; i < before->nr; i++) {
		const struct zone *a = &before->zone[i], *b = &after->zone[i];
		const struct zone *zone = &got->zone[i];

		done[i] |= not_shown(a);
		for (j = 0; j < Z_NUMBERS; j++) {
			if (a->number[j] == NO_NUMBER ||
			    a->number[j] != b->number[j])
				continue;
			done[i] |= 1ULL << j;
			if (zone->number[j] == a->number[j])
				continue;
			complain("node %u zone %s: %s is %" PRIu64 ", not %"
				 PRIu64, a->node, a->name, number_names[j],
				 zone->number[j], a->number[j]);
			return -1;
		}
		if (strcmp(a->reserve, b->reserve) ||
		    !strcmp(a->reserve, zone->reserve))
			continue;
		complain("node %u zone %s: reserve is %s, not %s", a->node,
			 a->name, zone->reserve, a->reserve);
		return -1;
	}
	return 0;
}

/* The same zones in the same order. */
static bool same_zones(const struct zones *a, const struct zones *b)
{
	unsigned int i;

	for (i = 0; i < a->nr && i < b->nr; i++)
		if (a->zone[i].node != b->zone[i].node ||
		    strcmp(a->zone[i].name, b->zone[i].name))
			break;
	if (i == a->nr && i == b->nr)
		return true;
	complain("zoneinfo has %u zones, the view %u; zone %u differs", a->nr,
		 b->nr, i);
	return false;
}

int compare_zones(void)
{
	static struct zones before, got, after;
	uint64_t done[ZONES_MAX] = {};
	unsigned int try, i;

	for (try = 0; try < TRIES; try++) {
		read_zoneinfo(&before);
		ask_zones(&got);
		read_zoneinfo(&after);
		if (!same_zones(&before, &got) ||
		    compare_once(&before, &got, &after, done))
			return -1;
		for (i = 0; i < before.nr; i++)
			if (done[i] != (1ULL << Z_NUMBERS) - 1)
				break;
		if (i == before.nr)
			return i;
	}
	complain("node %u zone %s: never at rest", before.zone[i].node,
		 before.zone[i].name);
	return -1;
}

uint64_t kb_of(const char *path, const char *name)
{
	char *text = read_path(path, NULL), *at = strstr(text, name);
	uint64_t kb;

	if (!at)
		die("%s: no %s", path, name);
	kb = strtoull(at + strlen(name), NULL, 10);
	free(text);
	return kb;
}
