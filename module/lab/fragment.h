/* SPDX-License-Identifier: GPL-2.0-only */
/* lab/fragment: free memory in pieces, to a set degree. */
#ifndef MMS_LAB_FRAGMENT_H
#define MMS_LAB_FRAGMENT_H

struct mms_lab;

extern struct mms_lab mms_lab_fragment;

#endif /* MMS_LAB_FRAGMENT_H */
