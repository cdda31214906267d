/* SPDX-License-Identifier: GPL-2.0-only */
/* All directories. */
#ifndef MMS_VIEW_DIRS_H
#define MMS_VIEW_DIRS_H

#include "file.h"

/* In the order of the README; the first is mmscope's own, without a name. */
extern struct mms_dir *const mms_dirs[];
extern const unsigned int mms_nr_dirs;

#endif /* MMS_VIEW_DIRS_H */
