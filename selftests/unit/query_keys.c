// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "query_keys.h"

static const char *const by_words[] = { "level", "vma" };
static const char *const detail_words[] = { "-", "folio" };
static const char *const ignore_words[] = { "accessed", "dirty", "a" };

#define EIGHT(c)	c "0", c "1", c "2", c "3", c "4", c "5", c "6", c "7"

/* As many as a set can have. */
static const char *const wide_words[] = {
	EIGHT("a"), EIGHT("b"), EIGHT("c"), EIGHT("d"),
	EIGHT("e"), EIGHT("f"), EIGHT("g"), EIGHT("h"),
};

const struct mms_key query_keys[NR_KEYS] = {
	[KEY_PID] = { "pid", MMS_KEY_PID, .max = 4194304 },
	[KEY_ADDR] = { "addr", MMS_KEY_ADDR, .max = U64_MAX },
	[KEY_START] = {
		"start", MMS_KEY_ADDR, .min = 0x1000, .max = 0x7fffffffffff,
		.def = 0x2000,
	},
	[KEY_NONE] = { "none", MMS_KEY_BOOL, .def = 1 },
	[KEY_TOP] = { "top", MMS_KEY_UINT, .min = 1, .max = 1000, .def = 10 },
	[KEY_BY] = {
		"by", MMS_KEY_WORD, .words = by_words,
		.nr_words = ARRAY_SIZE(by_words),
	},
	[KEY_DETAIL] = {
		"detail", MMS_KEY_WORD, .words = detail_words,
		.nr_words = ARRAY_SIZE(detail_words),
	},
	[KEY_IGNORE] = {
		"ignore", MMS_KEY_SET, .words = ignore_words,
		.nr_words = ARRAY_SIZE(ignore_words), .def = BIT_ULL(1),
	},
	[KEY_WIDE] = {
		"wide", MMS_KEY_SET, .words = wide_words,
		.nr_words = ARRAY_SIZE(wide_words),
	},
	[KEY_FRAMES] = {
		"frames", MMS_KEY_RANGE, .min = 16, .max = 0xfffff, .def = 16,
	},
	[KEY_SPAN] = { "span", MMS_KEY_RANGE, .max = U64_MAX },
};

int parse_copy(const struct mms_key *keys, unsigned int nr, u64 allowed,
	       const char *text, size_t len, struct mms_query *query)
{
	char *copy = malloc(len ? len : 1);
	int err;

	if (!copy)
		abort();
	memcpy(copy, text, len);
	err = mms_query_parse(keys, nr, allowed, copy, len, query);
	free(copy);
	return err;
}
