// SPDX-License-Identifier: GPL-2.0-only
/* buddy/culprits. */

#include "buddy.h"

static const char *unwritten(void)
{
	return "not-yet-written";
}

const struct mms_view mms_view_culprits = {
	.name = "culprits",
	.format = 1,
	.keys = BIT(MMS_BUDDY_MAX) | BIT(MMS_BUDDY_TOP),
	.missing = unwritten,
};
