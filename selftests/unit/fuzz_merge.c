// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares module/core/merge.c with the model on what the input spells:
 * byte 0 the format, what to ignore and whether to look at pages, byte 1 the
 * room; then one step or run of entries per two bytes.
 */
#include <stdlib.h>

#include "formats.h"
#include "merge_model.h"

#define STEPS_MAX	64
#define WORDS_MAX	4096

#define CHECK(cond)	do { if (!(cond)) abort(); } while (0)

struct builder {
	u64 words[WORDS_MAX];
	struct merge_step steps[STEPS_MAX];
	unsigned int nr_words;
	unsigned int nr;
	u64 at;
};

static const u64 dictionary[16] = {
	0, 0x20, 0x27, 0x67, 0x1027, 0x40027, 0x0800000000000025,
	0x000ffffffffff100, 0x000fffffffffe120, 0x07fffffffffffe00,
	0x07fffffffffffc02, 0xfffffffffffff600, 0xbfffffffffffd000,
	0xe7, 0x200827, 0x87,
};

static const u32 hints[4] = { 0, MMS_F_NUMA_HINT, MMS_F_UFFD_RWP, 0 };

static struct merge_step *last_table(struct builder *b)
{
	struct merge_step *last = b->nr ? &b->steps[b->nr - 1] : NULL;

	return last && last->type == STEP_PTES ? last : NULL;
}

static void add_run(struct builder *b, unsigned int word, unsigned int nr)
{
	struct merge_step *table = last_table(b);
	unsigned int i;

	nr = min(nr, WORDS_MAX - b->nr_words);
	if (!table || table->nr + nr > 512 ||
	    table->start + table->nr * 4096ULL != b->at) {
		table = &b->steps[b->nr++];
		*table = (struct merge_step){
			.type = STEP_PTES, .start = b->at,
			.raw = b->words + b->nr_words,
		};
	}
	for (i = 0; i < nr; i++)
		b->words[b->nr_words++] = dictionary[word];
	table->nr += nr;
	b->at += nr * 4096ULL;
}

static void add_huge(struct builder *b, unsigned int word, unsigned int detail)
{
	u64 *raw = &b->words[b->nr_words];

	if (b->nr_words == WORDS_MAX)
		return;
	*raw = dictionary[word];
	b->nr_words++;
	b->steps[b->nr++] = (struct merge_step){
		.type = STEP_ENTRY, .level = 1 + (detail & 1), .start = b->at,
		.end = b->at + 0x200000, .raw = raw, .value = detail >> 1 & 1,
	};
	b->at += 0x200000;
}

static void add(struct builder *b, u8 what, u8 how)
{
	unsigned int word = what & 15;

	switch (what >> 4) {
	case 0:
		b->steps[b->nr++] = (struct merge_step){
			.type = STEP_HINT, .value = hints[how & 3],
		};
		break;
	case 1:
		b->at += how * 4096ULL;
		break;
	case 2: case 3:
		add_huge(b, word, how);
		break;
	case 4:			/* one bit of the entry before */
		if (b->nr_words && last_table(b))
			b->words[b->nr_words - 1] ^= 1ULL << (how & 63);
		break;
	default:
		add_run(b, word, how + 1);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct mms_range expected[WORDS_MAX + 1], got[WORDS_MAX + 1];
	static struct builder b;
	struct merge_case c;
	unsigned int nr, i;

	if (size < 2)
		return 0;
	b.nr = b.nr_words = b.at = 0;
	for (i = 2; i + 1 < size && b.nr < STEPS_MAX; i += 2)
		add(&b, data[i], data[i + 1]);
	c = (struct merge_case){
		.fmt = &formats[data[0] & 3],
		.ignore = (data[0] & 4 ? MMS_F_ACCESSED : 0) |
			  (data[0] & 8 ? MMS_F_DIRTY : 0) |
			  (data[0] & 16 ? MMS_F_SOFT_DIRTY : 0),
		.pages = data[0] & 32,
		.seed = data[0] & 64 ? data[1] + 1ULL : 0,
		.steps = b.steps,
		.nr = b.nr,
	};
	nr = merge_plainly(&c, expected);
	CHECK(merge_core(&c, 2 + (data[1] & 31), got, NULL) == nr);
	for (i = 0; i < nr; i++) {
		CHECK(got[i].start == expected[i].start);
		CHECK(got[i].end == expected[i].end);
		CHECK(got[i].flags == expected[i].flags);
		CHECK(got[i].detail == expected[i].detail);
		CHECK(got[i].level == expected[i].level);
		CHECK(got[i].state == expected[i].state);
		CHECK(got[i].pkey == expected[i].pkey);
	}
	return 0;
}
