/* SPDX-License-Identifier: GPL-2.0-only */
/* selfcheck: mmscope's answers against the kernel's own. */
#ifndef MMS_VIEW_SELFCHECK_H
#define MMS_VIEW_SELFCHECK_H

#include "file.h"

extern const struct mms_view mms_view_selfcheck;

#endif /* MMS_VIEW_SELFCHECK_H */
