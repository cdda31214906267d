/* SPDX-License-Identifier: GPL-2.0-only */
/* The files in mmscope's own directory. */
#ifndef MMS_VIEW_TOP_H
#define MMS_VIEW_TOP_H

#include "file.h"

extern struct mms_dir mms_top_dir;

/**
 * mms_top_set_labs() - has caps list the labs, of which views know nothing
 * @lab: the name of lab @i, or NULL behind the last; sets @why to why it is
 *	switched off, or to NULL.  May sleep.
 *
 * To be called before the files are made.
 */
void mms_top_set_labs(const char *(*lab)(unsigned int i, const char **why));

#endif /* MMS_VIEW_TOP_H */
