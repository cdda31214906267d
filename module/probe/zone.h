/* SPDX-License-Identifier: GPL-2.0-only */
/* Going through the zones, and the names of what they are made of. */
#ifndef MMS_PROBE_ZONE_H
#define MMS_PROBE_ZONE_H

#include <linux/types.h>

struct zone;

/* Names of the migratetypes, by &enum migratetype. */
extern const char *const mms_migratetype_names[];

/* Number of migratetypes. */
extern const unsigned int mms_nr_migratetypes;

/**
 * mms_zone_next() - the next zone that has memory
 * @zone: a zone, or NULL for the first.
 *
 * Goes by node, then by zone of the node, as /proc/zoneinfo does.  Structures
 * of zones and of nodes are never freed, so what is returned stays; memory may
 * come and go.
 *
 * Return: the zone, or NULL behind the last.
 */
struct zone *mms_zone_next(struct zone *zone);

/**
 * mms_zone_node() - node of a zone
 * @zone: the zone.
 *
 * Return: number of its node.
 */
int mms_zone_node(const struct zone *zone);

/**
 * mms_zone_name() - name of a zone
 * @zone: the zone.
 *
 * Return: as in /proc/zoneinfo: DMA, DMA32, Normal, Movable.
 */
const char *mms_zone_name(const struct zone *zone);

#endif /* MMS_PROBE_ZONE_H */
