// SPDX-License-Identifier: GPL-2.0-only
/* memory/zones. */

#include "memory.h"

static const char *unwritten(void)
{
	return "not-yet-written";
}

const struct mms_view mms_view_zones = {
	.name = "zones",
	.format = 1,
	.missing = unwritten,
};
