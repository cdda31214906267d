/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture `zones`: puts back what the tests set.  To be included behind the
 * harness.
 */
#ifndef MMSCOPE_SELFTESTS_ZONES_FIXTURE_H
#define MMSCOPE_SELFTESTS_ZONES_FIXTURE_H

#include <stdlib.h>

#include "process_util.h"
#include "zones_oracle.h"

#define VM		"/proc/sys/vm/"
#define TRIES		50

static const char *const settings[] = {
	VM "min_free_kbytes", VM "watermark_scale_factor",
	VM "watermark_boost_factor", VM "nr_hugepages",
};

FIXTURE(zones) {
	char *before[ARRAY_LEN(settings)];
	char offline[64];
};

FIXTURE_SETUP(zones)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(settings); i++)
		self->before[i] = read_path(settings[i], NULL);
}

FIXTURE_TEARDOWN(zones)
{
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(settings); i++) {
		EXPECT_EQ(0, write_path(settings[i], self->before[i]));
		free(self->before[i]);
	}
	if (*self->offline)
		EXPECT_EQ(0, write_path(self->offline, "online"));
}

#endif /* MMSCOPE_SELFTESTS_ZONES_FIXTURE_H */
