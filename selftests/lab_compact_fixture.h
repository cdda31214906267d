/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture `compact`: both labs open, and nobody else who compacts.  To be
 * included behind the harness.
 */
#ifndef MMSCOPE_SELFTESTS_LAB_COMPACT_FIXTURE_H
#define MMSCOPE_SELFTESTS_LAB_COMPACT_FIXTURE_H

#include <unistd.h>

#include "lab_compact.h"
#include "lab_util.h"
#include "settings.h"

/* Nobody is to compact, nor to move pages, unasked. */
static struct setting settings[] = {
	{ .path = "/proc/sys/vm/compaction_proactiveness", .value = "0" },
	{ .path = "/proc/sys/kernel/numa_balancing", .value = "0" },
	{ .path = "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag",
	  .value = "0" },
};

FIXTURE(compact) {
	int fd;
	int pieces;
};

FIXTURE_SETUP(compact)
{
	settings_apply(settings, ARRAY_LEN(settings));
	self->fd = lab_open("compact");
	self->pieces = lab_open("fragment");
	/* Finds the zone, and has the memory ready that a run needs itself. */
	ASSERT_EQ(0, compact(self->fd, "order=%u trigger=node", ORDER));
}

FIXTURE_TEARDOWN(compact)
{
	lab_limit("compact", "\n");
	close(self->fd);
	close(self->pieces);
	settings_restore(settings, ARRAY_LEN(settings));
}

#endif /* MMSCOPE_SELFTESTS_LAB_COMPACT_FIXTURE_H */
