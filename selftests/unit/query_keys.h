/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of keys of every type, for the tests of the query parser. */
#ifndef QUERY_KEYS_H
#define QUERY_KEYS_H

#include "query.h"

enum {
	KEY_PID, KEY_ADDR, KEY_START, KEY_NONE, KEY_TOP, KEY_BY, KEY_DETAIL,
	KEY_IGNORE, KEY_WIDE, KEY_FRAMES, KEY_SPAN, NR_KEYS
};

#define ALL_KEYS	(BIT_ULL(NR_KEYS) - 1)

extern const struct mms_key query_keys[NR_KEYS];

/*
 * Parses @text with some of @nr keys allowed, copied to a heap block of its
 * length, so that ASan sees overruns.
 */
int parse_copy(const struct mms_key *keys, unsigned int nr, u64 allowed,
	       const char *text, size_t len, struct mms_query *query);

#endif /* QUERY_KEYS_H */
