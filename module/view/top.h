/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in mmscope's own directory. */
#ifndef MMS_VIEW_TOP_H
#define MMS_VIEW_TOP_H

#include "file.h"

extern struct mms_dir mms_top_dir;

#endif /* MMS_VIEW_TOP_H */
