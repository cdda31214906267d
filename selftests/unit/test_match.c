// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "entry.h"
#include "formats.h"
#include "match.h"

#define TABLE		512
#define PTE_PRESENT	0x27ULL			/* present, write, user, accessed */
#define PTE_PROTNONE	0x000ffffffffff100ULL	/* frame 0 */

static u64 words[TABLE];

/* What mms_match_ptes() promises, said plainly. */
static bool names(const struct mms_entry_format *fmt, u64 raw, u64 first,
		  u64 last)
{
	struct mms_entry entry;

	mms_entry_decode(fmt, MMS_PTE, raw, &entry);
	return first <= entry.pfn && entry.pfn <= last &&
	       entry.pfn <= fmt->pfn_mask >> fmt->page_shift;
}

/* Every entry that is to be found is, and no other, whatever the start. */
static unsigned int compare(int f, u64 first, u64 last, unsigned int from,
			    unsigned int nr)
{
	struct mms_match match;
	unsigned int i, got, found = 0;

	mms_match_init(&match, &formats[f], first, last);
	got = mms_match_ptes(&match, words, from, nr);
	for (i = from; i < nr; i++) {
		bool want = names(&formats[f], words[i], first, last);

		expect(want == (got == i),
		       "%s: frames %llu-%llu, entry %u of %u, 0x%llx: %u",
		       format_names[f], first, last, i, nr, words[i], got);
		if (!want)
			continue;
		found++;
		got = mms_match_ptes(&match, words, i + 1, nr);
	}
	assert_int_equal(got, nr);
	return found;
}

static void test_present(void **state)
{
	unsigned int i, f;

	(void)state;
	for (i = 0; i < TABLE; i++)
		words[i] = (1000ULL + i) << 12 | PTE_PRESENT;
	for (f = 0; f < NR_FORMATS; f++) {
		for (i = 0; i < TABLE; i++)
			assert_int_equal(1, compare(f, 1000 + i, 1000 + i, 0,
						    TABLE));
		assert_int_equal(0, compare(f, 0, 999, 0, TABLE));
		assert_int_equal(0, compare(f, 1512, ~0ULL, 0, TABLE));
		assert_int_equal(3, compare(f, 998, 1002, 0, TABLE));
		assert_int_equal(TABLE - 7, compare(f, 0, ~0ULL, 7, TABLE));
		assert_int_equal(0, compare(f, 1000, 1000, 1, TABLE));
	}
}

/* Empty entries have the bits of frame 0 and name no frame. */
static void test_none(void **state)
{
	unsigned int f;

	(void)state;
	memset(words, 0, sizeof(words));
	words[5] = 0x60;	/* accessed and dirty: the CPU's erratum */
	for (f = 0; f < NR_FORMATS; f++)
		assert_int_equal(0, compare(f, 0, ~0ULL, 0, TABLE));
	words[9] = PTE_PRESENT;
	words[10] = PTE_PROTNONE;
	for (f = 0; f < NR_FORMATS; f++)
		assert_int_equal(2, compare(f, 0, 0, 0, TABLE));
}

/* The address of a PROT_NONE entry is inverted. */
static void test_protnone(void **state)
{
	unsigned int i, f;

	(void)state;
	for (i = 0; i < TABLE; i++)
		words[i] = PTE_PROTNONE ^ (5000ULL + i) << 12;
	for (f = 0; f < NR_FORMATS; f++) {
		assert_int_equal(1, compare(f, 5003, 5003, 0, TABLE));
		assert_int_equal(TABLE, compare(f, 5000, 5511, 0, TABLE));
		assert_int_equal(0, compare(f, 0, 4999, 0, TABLE));
	}
}

/* Migration entries name a frame, swapped pages do not. */
static void test_swap(void **state)
{
	unsigned int f;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		const struct mms_swap_types *types = &formats[f].types;

		memset(words, 0, sizeof(words));
		words[1] = swap_entry(0, 77);
		words[2] = swap_entry(types->nr_files - 1, 77);
		assert_int_equal(0, compare(f, 77, 77, 0, TABLE));
		if (types->migration_read == MMS_NO_TYPE)
			continue;
		words[300] = swap_entry(types->migration_read, 77);
		assert_int_equal(1, compare(f, 77, 77, 0, TABLE));
	}
}

/* Frames that no entry has room for. */
static void test_limits(void **state)
{
	unsigned int f;

	(void)state;
	for (f = 0; f < NR_FORMATS; f++) {
		u64 highest = formats[f].pfn_mask >> formats[f].page_shift;

		memset(words, 0, sizeof(words));
		words[0] = highest << 12 | PTE_PRESENT;
		words[1] = PTE_PRESENT;
		assert_int_equal(1, compare(f, highest, ~0ULL, 0, TABLE));
		assert_int_equal(0, compare(f, highest + 1, ~0ULL, 0, TABLE));
		assert_int_equal(2, compare(f, 0, highest, 0, TABLE));
	}
}

static void test_random(void **state)
{
	u64 seed = 0x6d6d73636f7065, round;
	unsigned int i, found = 0;

	(void)state;
	for (round = 0; round < 4000; round++) {
		int f = unit_random(&seed) % NR_FORMATS;
		unsigned int from = unit_random(&seed) % 8;
		unsigned int nr = from + unit_random(&seed) % (TABLE - 8);
		struct mms_entry entry;
		u64 first;

		for (i = 0; i < TABLE; i++)
			words[i] = random_entry(&formats[f], &seed);
		mms_entry_decode(&formats[f], MMS_PTE, words[round % TABLE],
				 &entry);
		first = entry.pfn == MMS_NO_PFN ? 0 : entry.pfn;
		found += compare(f, first, first + unit_random(&seed) % 3, from,
				 nr);
	}
	assert_true(found > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_protnone),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
