// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own indices of fragmentation. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extfrag.h"
#include "process_util.h"

#define EXTFRAG	"/sys/kernel/debug/extfrag/"

bool extfrag_known(void)
{
	return !access(EXTFRAG "extfrag_index", R_OK);
}

/*
 * "Node 0, zone      DMA 0.000 -1.000 ...".  The kernel writes the quotient and
 * the remainder of a division by 1000, each with its own sign: -500 is 0.-500.
 */
unsigned int extfrag_read(const char *file, struct extfrag_zone *zones)
{
	char path[64], *text, *next, *line;
	unsigned int nr = 0;
	size_t len;

	snprintf(path, sizeof(path), EXTFRAG "%s", file);
	next = text = read_path(path, &len);
	while ((line = strsep(&next, "\n"))) {
		struct extfrag_zone *to = &zones[nr];
		int whole, part, at;

		if (sscanf(line, "Node %d, zone %15s%n", &to->node, to->name,
			   &at) != 2)
			continue;
		to->orders = 0;
		for (line += at; sscanf(line, "%d.%d%n", &whole, &part, &at) ==
				 2; line += at)
			to->index[to->orders++] = 1000 * whole + part;
		nr++;
	}
	free(text);
	return nr;
}

int extfrag_index(const char *file, int node, const char *name,
		  unsigned int order)
{
	static struct extfrag_zone zones[ZONES_MAX];
	unsigned int i, nr = extfrag_read(file, zones);

	for (i = 0; i < nr; i++)
		if (zones[i].node == node && !strcmp(zones[i].name, name) &&
		    order < zones[i].orders)
			return zones[i].index[order];
	die("extfrag/%s: no node %d, zone %s, order %u", file, node, name,
	    order);
}
