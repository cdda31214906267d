/* SPDX-License-Identifier: GPL-2.0-only */
/* lab/vmalloc: the same memory contiguous, or only in the kernel's addresses. */
#ifndef MMS_LAB_VMALLOC_H
#define MMS_LAB_VMALLOC_H

#include "lab.h"

extern struct mms_lab mms_lab_vmalloc;

#endif /* MMS_LAB_VMALLOC_H */
