// SPDX-License-Identifier: GPL-2.0-only
/* memory/mappers. */

#include "memory.h"

static const char *unwritten(void)
{
	return "not-yet-written";
}

const struct mms_view mms_view_mappers = {
	.name = "mappers",
	.format = 1,
	.keys = BIT(MMS_MEMORY_PFN),
	.missing = unwritten,
};
