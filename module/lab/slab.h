/* SPDX-License-Identifier: GPL-2.0-only */
/* lab/slab: how the slabs of a cache fill, empty and go. */
#ifndef MMS_LAB_SLAB_H
#define MMS_LAB_SLAB_H

#include "lab.h"

extern struct mms_lab mms_lab_slab;

#endif /* MMS_LAB_SLAB_H */
