/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our own copy of the record format of process/entries_raw, as a program would
 * have it: in a kernel tree the module's header is not there.
 */
#ifndef MMSCOPE_SELFTESTS_RECORD_FORMAT_H
#define MMSCOPE_SELFTESTS_RECORD_FORMAT_H

#include <stdint.h>

struct record {
	uint64_t where;
	uint64_t entry;
};

#define RECORD_HEAD	14
#define RECORD_END	15

#if __has_include("../module/mmscope_records.h")
#include "../module/mmscope_records.h"
_Static_assert(sizeof(struct record) == sizeof(struct mmscope_record), "");
_Static_assert(RECORD_HEAD == MMSCOPE_RECORD_HEAD, "");
_Static_assert(RECORD_END == MMSCOPE_RECORD_END, "");
#endif

#endif /* MMSCOPE_SELFTESTS_RECORD_FORMAT_H */
