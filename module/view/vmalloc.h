/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory vmalloc/. */
#ifndef MMS_VIEW_VMALLOC_H
#define MMS_VIEW_VMALLOC_H

#include "file.h"

extern struct mms_dir mms_vmalloc_dir;

/* The view, in the file vmalloc_areas.c. */
extern const struct mms_view mms_view_areas;

#endif /* MMS_VIEW_VMALLOC_H */
