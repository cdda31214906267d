/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory hugepages/. */
#ifndef MMS_VIEW_HUGEPAGES_H
#define MMS_VIEW_HUGEPAGES_H

#include "file.h"

extern struct mms_dir mms_hugepages_dir;

/* The view, in the file hugepages_sizes.c. */
extern const struct mms_view mms_view_sizes;

#endif /* MMS_VIEW_HUGEPAGES_H */
