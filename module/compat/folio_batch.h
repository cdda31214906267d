/* SPDX-License-Identifier: GPL-2.0-only */
/* Batches of folios: linux/pagevec.h has another name by 7.3. */
#ifndef MMS_COMPAT_FOLIO_BATCH_H
#define MMS_COMPAT_FOLIO_BATCH_H

#ifdef MMS_HAVE_FOLIO_BATCH_H
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

#endif /* MMS_COMPAT_FOLIO_BATCH_H */
