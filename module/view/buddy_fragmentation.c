// SPDX-License-Identifier: GPL-2.0-only
/* buddy/fragmentation. */

#include "buddy.h"

static const char *unwritten(void)
{
	return "not-yet-written";
}

const struct mms_view mms_view_fragmentation = {
	.name = "fragmentation",
	.format = 1,
	.missing = unwritten,
};
