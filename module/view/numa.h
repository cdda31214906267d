/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory numa/: its views. */
#ifndef MMS_VIEW_NUMA_H
#define MMS_VIEW_NUMA_H

#include "file.h"

extern struct mms_dir mms_numa_dir;

/* The views, each in the file numa_*.c of its name. */
extern const struct mms_view mms_view_nodes;

#endif /* MMS_VIEW_NUMA_H */
