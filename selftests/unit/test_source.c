// SPDX-License-Identifier: GPL-2.0-only
/* Where a block came from, by the numbers of free blocks. */
#include "unit.h"
#include "source.h"

#define ORDERS	11

/* A buddy allocator of nothing but counters, which splits as the kernel does. */
static bool take(u64 *lists, unsigned int order, unsigned int *from)
{
	unsigned int i;

	for (i = order; i < ORDERS && !lists[i]; i++)
		;
	if (i == ORDERS)
		return false;
	*from = i;
	lists[i]--;
	while (i-- > order)
		lists[i]++;
	return true;
}

static void test_model(void **state)
{
	u64 seed = 5, lists[ORDERS], before[ORDERS];
	unsigned int round, i, split = 0;

	(void)state;
	for (round = 0; round < 20000; round++) {
		unsigned int order = unit_random(&seed) % ORDERS, from, said;
		enum mms_source source;

		for (i = 0; i < ORDERS; i++)
			lists[i] = unit_random(&seed) % 3;
		memcpy(before, lists, sizeof(lists));
		if (!take(lists, order, &from))
			continue;
		source = mms_source(before, lists, ORDERS, order, &said);
		assert_int_equal(source, from == order ? MMS_SOURCE_LIST :
						MMS_SOURCE_SPLIT);
		assert_int_equal(said, from);
		split += from != order;
	}
	assert_in_range(split, 1000, 19000);
}

static void test_pcp(void **state)
{
	u64 before[ORDERS] = { 40, 3, 2, 1 }, after[ORDERS];
	unsigned int from;

	(void)state;
	memcpy(after, before, sizeof(after));
	assert_int_equal(mms_source(before, after, ORDERS, 0, &from),
			 MMS_SOURCE_PCP);
	assert_int_equal(from, 0);
	after[0] -= 31;
	assert_int_equal(mms_source(before, after, ORDERS, 0, &from),
			 MMS_SOURCE_REFILL);
	/* A refill that had to split: an order 3 block into eight pages. */
	memcpy(after, before, sizeof(after));
	after[3]--;
	assert_int_equal(mms_source(before, after, ORDERS, 0, &from),
			 MMS_SOURCE_REFILL);
}

/* Somebody else was there, too. */
static void test_unknown(void **state)
{
	u64 before[ORDERS] = { 40, 3, 2, 1 }, after[ORDERS];
	unsigned int from;

	(void)state;
	/* A page came, and another went. */
	memcpy(after, before, sizeof(after));
	after[0] -= 2;
	after[1]++;
	assert_int_equal(mms_source(before, after, ORDERS, 0, &from),
			 MMS_SOURCE_UNKNOWN);
	/* More is free than before. */
	memcpy(after, before, sizeof(after));
	after[0]++;
	assert_int_equal(mms_source(before, after, ORDERS, 0, &from),
			 MMS_SOURCE_UNKNOWN);
	/* As many pages as wanted, but not in this way. */
	memcpy(after, before, sizeof(after));
	after[0] -= 2;
	assert_int_equal(mms_source(before, after, ORDERS, 1, &from),
			 MMS_SOURCE_UNKNOWN);
	/* No multiple of the order. */
	memcpy(after, before, sizeof(after));
	after[0] -= 3;
	assert_int_equal(mms_source(before, after, ORDERS, 1, &from),
			 MMS_SOURCE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_pcp),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
