/* SPDX-License-Identifier: GPL-2.0-only */
/* lab/alloc: what allocations cost, and where they come from. */
#ifndef MMS_LAB_ALLOC_H
#define MMS_LAB_ALLOC_H

#include "lab.h"

extern struct mms_lab mms_lab_alloc;

#endif /* MMS_LAB_ALLOC_H */
