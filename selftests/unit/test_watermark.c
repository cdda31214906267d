// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "watermark.h"

#define HIGHEST	3

/* Marks of 10, 20 and 30 pages; allocations from above must leave 5 more. */
static struct mms_marks zone(s64 usable)
{
	return (struct mms_marks){
		.managed = 1000, .usable = usable,
		.min = 10, .low = 20, .high = 30, .target = 30,
		.reserve = { 0, 0, 0, 5 },
	};
}

static void check(const struct mms_marks *zones, unsigned int highest,
		  bool running, bool hopeless, enum mms_reclaim want)
{
	enum mms_reclaim got = mms_reclaim(zones, highest, running, hopeless);

	expect(got == want, "%s, not %s", mms_reclaim_names[got],
	       mms_reclaim_names[want]);
}

static void test_names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < MMS_NR_WATERS; i++)
		assert_non_null(mms_water_names[i]);
	for (i = 0; i < MMS_NR_RECLAIMS; i++)
		assert_non_null(mms_reclaim_names[i]);
	assert_string_equal(mms_water_names[MMS_WATER_OUT], "below_min");
	assert_string_equal(mms_reclaim_names[MMS_RECLAIM_DIRECT],
			    "direct_reclaim");
}

/* A mark is not enough, one page more is. */
static void test_water(void **state)
{
	static const struct {
		s64 usable;
		enum mms_water own, higher;
	} cases[] = {
		{ 1000, MMS_WATER_HIGH, MMS_WATER_HIGH },
		{ 36, MMS_WATER_HIGH, MMS_WATER_HIGH },
		{ 35, MMS_WATER_HIGH, MMS_WATER_LOW },
		{ 31, MMS_WATER_HIGH, MMS_WATER_LOW },
		{ 30, MMS_WATER_LOW, MMS_WATER_LOW },
		{ 26, MMS_WATER_LOW, MMS_WATER_LOW },
		{ 25, MMS_WATER_LOW, MMS_WATER_MIN },
		{ 21, MMS_WATER_LOW, MMS_WATER_MIN },
		{ 20, MMS_WATER_MIN, MMS_WATER_MIN },
		{ 11, MMS_WATER_MIN, MMS_WATER_OUT },
		{ 10, MMS_WATER_OUT, MMS_WATER_OUT },
		{ 0, MMS_WATER_OUT, MMS_WATER_OUT },
		{ -7, MMS_WATER_OUT, MMS_WATER_OUT },
	};
	struct mms_marks empty = {};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mms_marks marks = zone(cases[i].usable);

		assert_int_equal(mms_water(&marks, 0), cases[i].own);
		assert_int_equal(mms_water(&marks, HIGHEST), cases[i].higher);
	}
	assert_int_equal(mms_water(&empty, 0), MMS_WATER_EMPTY);
}

static void test_reclaim_alone(void **state)
{
	struct mms_marks one = zone(31);

	(void)state;
	check(&one, 0, false, false, MMS_RECLAIM_NONE);
	check(&one, 0, true, false, MMS_RECLAIM_NONE);
	one.usable = 30;
	check(&one, 0, false, false, MMS_RECLAIM_NONE);
	check(&one, 0, true, false, MMS_RECLAIM_UNTIL_HIGH);
	one.usable = 20;
	check(&one, 0, false, false, MMS_RECLAIM_WAKES);
	check(&one, 0, true, false, MMS_RECLAIM_UNTIL_HIGH);
	check(&one, 0, false, true, MMS_RECLAIM_HOPELESS);
	one.usable = 10;
	check(&one, 0, false, false, MMS_RECLAIM_DIRECT);
	check(&one, 0, true, true, MMS_RECLAIM_DIRECT);
	one.managed = 0;
	check(&one, 0, true, true, MMS_RECLAIM_NONE);
}

/* A raised mark wakes kswapd however much is free. */
static void test_boost(void **state)
{
	struct mms_marks two[2] = { zone(500), zone(500) };

	(void)state;
	two[1].boost = 8;
	check(two, 0, false, false, MMS_RECLAIM_NONE);
	check(two, 1, false, false, MMS_RECLAIM_BOOSTED);
	check(two, 1, false, true, MMS_RECLAIM_HOPELESS);
	two[1].boost = 0;
	two[0].boost = 8;
	check(two, 1, false, false, MMS_RECLAIM_BOOSTED);
}

/* Where memory is tiered, kswapd goes on. */
static void test_target(void **state)
{
	struct mms_marks one = zone(35);

	(void)state;
	check(&one, 0, true, false, MMS_RECLAIM_NONE);
	one.target = 40;
	check(&one, 0, true, false, MMS_RECLAIM_UNTIL_HIGH);
	check(&one, 0, false, false, MMS_RECLAIM_NONE);
}

/* An allocation goes on to lower zones, but must leave their reserve. */
static void test_fallback(void **state)
{
	struct mms_marks zones[HIGHEST + 1] = { zone(26), {}, {}, zone(5) };

	(void)state;
	zones[3].reserve[HIGHEST] = 0;
	check(zones, HIGHEST, false, false, MMS_RECLAIM_NONE);
	zones[0].usable = 25;
	check(zones, HIGHEST, false, false, MMS_RECLAIM_WAKES);
	zones[0].usable = 15;
	check(zones, HIGHEST, false, false, MMS_RECLAIM_DIRECT);
	check(zones, 0, false, false, MMS_RECLAIM_WAKES);
	/* A zone above is of no use to it. */
	zones[3].usable = 1000;
	check(zones, 0, false, false, MMS_RECLAIM_WAKES);
	check(zones, HIGHEST, false, false, MMS_RECLAIM_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_water),
		cmocka_unit_test(test_reclaim_alone),
		cmocka_unit_test(test_boost),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
