// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "formats.h"
#include "merge_model.h"

#define TABLE		512
#define STEPS_MAX	12
#define WORDS_MAX	(STEPS_MAX * TABLE)

#define PTE_PRESENT	0x27ULL			/* present, write, user, accessed */
#define PTE_PROTNONE	0x000ffffffffff100ULL	/* frame 0 */
#define PMD_HUGE	0x40200087ULL

static u64 words[WORDS_MAX];
static struct merge_step steps[STEPS_MAX];
static struct mms_range expected[WORDS_MAX + 1], got[WORDS_MAX + 1];

static bool same_range(const struct mms_range *a, const struct mms_range *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->flags == b->flags && a->detail == b->detail &&
	       a->level == b->level && a->state == b->state &&
	       a->pkey == b->pkey;
}

static void compare(const struct merge_case *c, unsigned int room)
{
	unsigned int nr = merge_plainly(c, expected), i, is;

	is = merge_core(c, room, got, NULL);
	for (i = 0; i < min(nr, is); i++)
		expect(same_range(&got[i], &expected[i]),
		       "room %u, range %u is 0x%llx-0x%llx %s, flags 0x%x, "
		       "not 0x%llx-0x%llx %s, flags 0x%x", room, i,
		       got[i].start, got[i].end,
		       mms_state_names[got[i].state], got[i].flags,
		       expected[i].start, expected[i].end,
		       mms_state_names[expected[i].state], expected[i].flags);
	expect(is == nr, "room %u: %u ranges, not %u", room, is, nr);
}

static struct merge_step ptes(u64 start, const u64 *raw, unsigned int nr)
{
	return (struct merge_step){
		.type = STEP_PTES, .start = start, .raw = raw, .nr = nr,
	};
}

static struct merge_step entry(enum mms_level level, u64 start, u64 end,
			       const u64 *raw, u32 detail)
{
	return (struct merge_step){
		.type = STEP_ENTRY, .level = level, .start = start,
		.end = end, .raw = raw, .value = detail,
	};
}

static struct merge_step hint(u32 value)
{
	return (struct merge_step){ .type = STEP_HINT, .value = value };
}

static void fill(u64 *to, unsigned int nr, u64 word)
{
	while (nr--)
		*to++ = word;
}

/* The number of ranges, after a comparison with the model for any room. */
static unsigned int ranges_of(const struct merge_step *s, unsigned int nr,
			      bool pages)
{
	struct merge_case c = {
		.fmt = &formats[FORMAT_6_12], .pages = pages,
		.steps = s, .nr = nr,
	};
	unsigned int room;

	for (room = 2; room < 10; room++)
		compare(&c, room);
	return merge_plainly(&c, expected);
}

static void test_nothing(void **state)
{
	struct merge_case c = { .fmt = &formats[0] };
	struct merge_step empty = ptes(0, words, 0);

	(void)state;
	assert_int_equal(merge_core(&c, 2, got, NULL), 0);
	c.steps = &empty;
	c.nr = 1;
	assert_int_equal(merge_core(&c, 2, got, NULL), 0);
}

/* Written down by hand, so that model and core do not just agree. */
static void test_by_hand(void **state)
{
	static const u64 raw[] = {
		0x1027, 0x9027, 0x5067, 0x2067, 0, 0x20, 0x2067,
		0x07fffffffffffe00, 0x07fffffffffffc00, 0x07fffffffffffe02,
	};
	static const struct {
		u8 from, to, state;
		u32 flags;
	} want[] = {
		{ 0, 2, MMS_PRESENT, 7 },
		{ 2, 4, MMS_PRESENT, 0xf },
		{ 4, 6, MMS_NONE, 0 },
		{ 6, 7, MMS_PRESENT, 0xf },
		{ 7, 9, MMS_SWAP, 0 },
		{ 9, 10, MMS_SWAP, MMS_F_SOFT_DIRTY },
	};
	struct merge_step s = ptes(0x7000, raw, ARRAY_SIZE(raw));
	struct merge_case c = { .fmt = &formats[FORMAT_6_1], .steps = &s, .nr = 1 };
	unsigned int i;

	(void)state;
	assert_int_equal(merge_core(&c, 16, got, NULL), ARRAY_SIZE(want));
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(got[i].start, 0x7000 + want[i].from * 0x1000);
		assert_int_equal(got[i].end, 0x7000 + want[i].to * 0x1000);
		assert_int_equal(got[i].state, want[i].state);
		assert_int_equal(got[i].flags, want[i].flags);
		assert_int_equal(got[i].level, MMS_PTE);
		assert_int_equal(got[i].detail, 0);
	}
	/* Without dirty, all seven present ones but for the gap are alike. */
	c.ignore = MMS_F_DIRTY | MMS_F_ACCESSED;
	assert_int_equal(merge_core(&c, 16, got, NULL), 5);
	assert_int_equal(got[0].end, 0xb000);
	assert_int_equal(got[0].flags, MMS_F_WRITE | MMS_F_USER);
}

/* The run of a huge entry says nothing about the PTEs behind it. */
static void test_ptes_behind_huge(void **state)
{
	static const u64 huge[] = { PMD_HUGE, 0, PTE_PROTNONE | 0x80 };
	static const u64 small[] = { 0, PTE_PRESENT, PTE_PROTNONE };
	unsigned int i, k, nr, pages;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		for (k = 0; k < ARRAY_SIZE(small); k++) {
			fill(words, TABLE, small[k]);
			steps[0] = entry(MMS_PMD, 0x200000, 0x400000, &huge[i],
					 0);
			steps[1] = ptes(0x400000, words, TABLE);
			for (pages = 0; pages < 2; pages++) {
				nr = ranges_of(steps, 2, pages);
				assert_int_equal(nr, 2);
				assert_int_equal(expected[1].end, 0x600000);
			}
		}
	}
}

static void test_hint(void **state)
{
	static const u32 hints[] = { 0, MMS_F_NUMA_HINT, MMS_F_UFFD_RWP };
	unsigned int a, b, pages;

	(void)state;
	fill(words, TABLE, PTE_PROTNONE);
	for (pages = 0; pages < 2; pages++) {
		for (a = 0; a < 3; a++) {
			for (b = 0; b < 3; b++) {
				steps[0] = hint(hints[a]);
				steps[1] = ptes(0x400000, words, 100);
				steps[2] = hint(hints[b]);
				steps[3] = ptes(0x464000, words + 100, 412);
				assert_int_equal(ranges_of(steps, 4, pages),
						 a == b ? 1 : 2);
				assert_int_equal(expected[a != b].flags,
						 hints[b]);
			}
		}
	}
	/* It is for protnone entries only. */
	fill(words, TABLE, PTE_PRESENT);
	assert_int_equal(ranges_of(steps, 4, false), 1);
}

static void test_gap(void **state)
{
	(void)state;
	fill(words, TABLE, PTE_PRESENT);
	steps[0] = ptes(0x400000, words, 100);
	steps[1] = ptes(0x465000, words, 100);
	assert_int_equal(ranges_of(steps, 2, false), 2);
	steps[1].start = 0x464000;
	assert_int_equal(ranges_of(steps, 2, false), 1);
	steps[0] = entry(MMS_PMD, 0, 0x200000, words, 0);
	steps[1] = entry(MMS_PMD, 0x400000, 0x600000, words, 0);
	assert_int_equal(ranges_of(steps, 2, false), 2);
	steps[1].start = 0x200000;
	assert_int_equal(ranges_of(steps, 2, false), 1);
	/* The same at another level, or another page, is not the same. */
	steps[1].level = MMS_PUD;
	assert_int_equal(ranges_of(steps, 2, false), 2);
	steps[1].level = MMS_PMD;
	steps[1].value = 1;
	assert_int_equal(ranges_of(steps, 2, false), 2);
}

/* One odd entry at any position, and a table of any length around it. */
static void test_odd_one(void **state)
{
	static const u64 odd[] = { 0, PTE_PRESENT | 0x40, PTE_PROTNONE,
				   PTE_PRESENT | 1ULL << 59 };
	struct merge_case c = {
		.fmt = &formats[FORMAT_6_12], .steps = steps, .nr = 1,
	};
	unsigned int i, nr, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		for (nr = 1; nr <= 20; nr++) {
			for (at = 0; at < nr; at++) {
				fill(words, nr, PTE_PRESENT);
				words[at] = odd[i];
				steps[0] = ptes(0x400000, words, nr);
				compare(&c, 2);
				c.pages = true;
				compare(&c, 2);
				c.pages = false;
			}
		}
	}
}

/* The output fills up at every position, in the middle of anything. */
static void test_resume(void **state)
{
	struct merge_case c = {
		.fmt = &formats[FORMAT_6_12], .steps = steps, .nr = 5,
	};
	static const u64 huge = PMD_HUGE;
	unsigned int i, room;

	(void)state;
	for (i = 0; i < TABLE; i++)
		words[i] = i / 3 & 1 ? PTE_PRESENT : PTE_PRESENT | 0x40;
	steps[0] = entry(MMS_PMD, 0x200000, 0x400000, &huge, 0);
	steps[1] = ptes(0x400000, words, TABLE);
	steps[2] = entry(MMS_PMD, 0x600000, 0x800000, &huge, 0);
	steps[3] = hint(MMS_F_NUMA_HINT);
	steps[4] = ptes(0x800000, words + 1, TABLE - 1);
	for (room = 2; room < 360; room++) {
		c.pages = room & 1;
		compare(&c, room);
	}
}

/* What was read once counts, whatever the entry has become since. */
static void test_live(void **state)
{
	struct merge_case c = {
		.fmt = &formats[FORMAT_7_3], .steps = steps, .nr = 1,
		.pages = true, .scribble = true,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < TABLE; i++)
		words[i] = PTE_PRESENT | (i & 1 ? 0x40 : 0) | (u64)i << 12;
	steps[0] = ptes(0x400000, words, TABLE);
	compare(&c, 600);
}

/* Most pages are compared, not looked up. */
static void test_few_lookups(void **state)
{
	struct merge_case c = {
		.fmt = &formats[FORMAT_6_12], .steps = steps, .nr = 2,
		.pages = true,
	};
	unsigned int lookups;

	(void)state;
	fill(words, TABLE, PTE_PRESENT);
	steps[0] = ptes(0x400000, words, TABLE);
	steps[1] = ptes(0x600000, words, TABLE);
	assert_int_equal(merge_core(&c, 2, got, &lookups), 1);
	assert_int_equal(lookups, 1);
}

/* Runs of all lengths, whose entries differ in their frames at least. */
static unsigned int random_table(const struct mms_entry_format *fmt, u64 *raw,
				 u64 *seed)
{
	unsigned int nr = 1 + unit_random(seed) / 3 % TABLE, i = 0;
	u64 word = random_entry(fmt, seed);

	while (i < nr) {
		u64 luck = unit_random(seed) >> 8;
		unsigned int run = luck >> 8 & (luck & 3 ? 7 : 127);

		for (; run-- && i < nr; i++)
			raw[i] = word & 1 ? word ^ (unit_random(seed) & 0x1000) :
					    word;
		if (luck >> 4 & 1)
			word ^= 1ULL << (luck >> 20 & 63);
		else if (luck >> 5 & 1)
			word = random_entry(fmt, seed);
	}
	return nr;
}

static unsigned int random_steps(const struct mms_entry_format *fmt, u64 *seed)
{
	static const u32 hints[] = { 0, MMS_F_NUMA_HINT, MMS_F_UFFD_RWP, 0 };
	unsigned int nr = 1 + unit_random(seed) / 5 % STEPS_MAX, i;
	u64 at = unit_random(seed) & 0x7ffffffff000;
	u64 *raw = words;

	for (i = 0; i < nr; i++) {
		u64 luck = unit_random(seed) >> 8;

		if (!(luck & 3))
			at += (luck >> 8 & 3) << 12;
		switch (luck >> 2 & 7) {
		case 0:
			steps[i] = hint(hints[luck >> 8 & 3]);
			break;
		case 1: case 2: case 3:
			*raw = random_entry(fmt, seed) | (luck & 32 ? 0x80 : 0);
			steps[i] = entry(1 + (luck >> 8 & 1), at, at + 0x200000,
					 raw++, luck >> 10 & 1);
			at += 0x200000;
			break;
		default:
			steps[i] = ptes(at, raw, random_table(fmt, raw, seed));
			at += steps[i].nr * 4096ULL;
			raw += steps[i].nr;
			break;
		}
	}
	return nr;
}

static void test_random(void **state)
{
	static const u32 flags[] = { MMS_F_ACCESSED, MMS_F_DIRTY,
				     MMS_F_SOFT_DIRTY };
	u64 seed = 0x2545f4914f6cdd1d;
	unsigned int i, k, most = 0;

	(void)state;
	for (i = 0; i < 8000; i++) {
		struct merge_case c = {
			.fmt = &formats[i % NR_FORMATS], .steps = steps,
		};
		u64 luck = unit_random(&seed) >> 8;

		for (k = 0; k < 3; k++)
			if (luck >> k & 1)
				c.ignore |= flags[k];
		c.pages = luck >> 3 & 1;
		c.seed = luck >> 4 & 1 ? luck | 1 : 0;
		c.nr = random_steps(c.fmt, &seed);
		compare(&c, 2 + (luck >> 8 & 7));
		compare(&c, WORDS_MAX);
		most = max(most, merge_plainly(&c, expected));
	}
	assert_true(most > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_ptes_behind_huge),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_odd_one),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_few_lookups),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
