/* SPDX-License-Identifier: GPL-2.0-only */
/* lab/compact: what a compaction does, and what it cannot do. */
#ifndef MMS_LAB_COMPACT_H
#define MMS_LAB_COMPACT_H

#include "lab.h"

extern struct mms_lab mms_lab_compact;

#endif /* MMS_LAB_COMPACT_H */
