/* SPDX-License-Identifier: GPL-2.0-only */
/* lab/oom: kernel memory that counts against the caller's memory cgroup. */
#ifndef MMS_LAB_OOM_H
#define MMS_LAB_OOM_H

struct mms_lab;

extern struct mms_lab mms_lab_oom;

#endif /* MMS_LAB_OOM_H */
