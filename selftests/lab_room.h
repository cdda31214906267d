/* SPDX-License-Identifier: GPL-2.0-only */
/* Little memory above the high watermarks, for experiments to stop at. */
#ifndef MMSCOPE_SELFTESTS_LAB_ROOM_H
#define MMSCOPE_SELFTESTS_LAB_ROOM_H

#include <stdbool.h>

#include "settings.h"

#define ROOM_ZONES	32

/**
 * struct room - the zones
 * @setting: vm.min_free_kbytes.
 * @value: what it is set to.
 * @roomy: whether the zone was above its high watermark to begin with.
 * @nr: number of zones.
 */
struct room {
	struct setting setting;
	char value[32];
	bool roomy[ROOM_ZONES];
	unsigned int nr;
};

/*
 * Raises the watermarks, until about an eighth of what is free is above the high
 * ones; in a zone where little was free, nothing.
 */
void room_shrink(struct room *room);

/*
 * Zones that are below their high watermark and were not; pages that wait in
 * lists of CPUs are free.
 */
unsigned int room_lost(const struct room *room);

/* Puts the watermarks back, if they were raised. */
void room_restore(struct room *room);

#endif /* MMSCOPE_SELFTESTS_LAB_ROOM_H */
