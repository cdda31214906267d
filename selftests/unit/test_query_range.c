// SPDX-License-Identifier: GPL-2.0-only
/* The key type MMS_KEY_RANGE: `N` or `A-B`. */
#include "unit.h"
#include "query_keys.h"

enum { RANGE, WHOLE, TOP, NR };

static const struct mms_key keys[NR] = {
	[RANGE] = {
		"pfn", MMS_KEY_RANGE, .min = 10, .max = 4000, .def = 20,
	},
	[WHOLE] = { "all", MMS_KEY_RANGE, .max = U64_MAX },
	[TOP] = { "top", MMS_KEY_UINT, .min = 1, .max = 9, .def = 5 },
};

static int parse(const char *text, struct mms_query *query)
{
	return parse_copy(keys, NR, ~0ULL, text, strlen(text), query);
}

/* Not named, it goes from the default to the largest. */
static void test_default(void **state)
{
	struct mms_query query, parsed;

	(void)state;
	memset(&query, 0xa5, sizeof(query));
	mms_query_init(keys, NR, &query);
	assert_int_equal(query.value[RANGE], 20);
	assert_int_equal(query.last[RANGE], 4000);
	assert_int_equal(query.value[WHOLE], 0);
	assert_true(query.last[WHOLE] == U64_MAX);
	assert_int_equal(query.last[TOP], 0);

	memset(&parsed, 0xa5, sizeof(parsed));
	assert_int_equal(parse("top=7", &parsed), 0);
	assert_int_equal(parsed.value[TOP], 7);
	assert_memory_equal(parsed.last, query.last, sizeof(query.last));
	assert_int_equal(parsed.value[RANGE], 20);
}

static void test_good(void **state)
{
	static const struct {
		const char *text;
		unsigned int key;
		u64 first;
		u64 last;
	} good[] = {
		{ "pfn=10", RANGE, 10, 10 },
		{ "pfn=4000", RANGE, 4000, 4000 },
		{ "pfn=10-10", RANGE, 10, 10 },
		{ "pfn=10-4000", RANGE, 10, 4000 },
		{ "pfn=4000-4000", RANGE, 4000, 4000 },
		{ "pfn=3999-4000", RANGE, 3999, 4000 },
		{ "pfn=10-11", RANGE, 10, 11 },
		{ "pfn=0xa-0xfa0", RANGE, 10, 4000 },
		{ "pfn=0xA-11", RANGE, 10, 11 },
		{ "pfn=10-0xb", RANGE, 10, 11 },
		{ "pfn=0000000000000000000000012-00000000000000000000000000013",
		  RANGE, 12, 13 },
		{ "all=0", WHOLE, 0, 0 },
		{ "all=0-0", WHOLE, 0, 0 },
		{ "all=18446744073709551615", WHOLE, U64_MAX, U64_MAX },
		{ "all=0xffffffffffffffff", WHOLE, U64_MAX, U64_MAX },
		{ "all=0-18446744073709551615", WHOLE, 0, U64_MAX },
		{ "all=0-0xffffffffffffffff", WHOLE, 0, U64_MAX },
		{ "all=18446744073709551614-18446744073709551615", WHOLE,
		  U64_MAX - 1, U64_MAX },
	};
	struct mms_query query, expected;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		mms_query_init(keys, NR, &expected);
		expected.given = BIT_ULL(good[i].key);
		expected.value[good[i].key] = good[i].first;
		expected.last[good[i].key] = good[i].last;
		memset(&query, 0xa5, sizeof(query));
		expect(!parse(good[i].text, &query), "\"%s\" was refused",
		       good[i].text);
		expect(!memcmp(&query, &expected, sizeof(query)),
		       "\"%s\" gave %llu-%llu", good[i].text,
		       query.value[good[i].key], query.last[good[i].key]);
	}
}

static const struct {
	const char *text;
	int err;
} bad[] = {
	/* no number or two */
	{ "pfn=", -EINVAL },
	{ "pfn=-", -EINVAL },
	{ "pfn=--", -EINVAL },
	{ "pfn=-20", -EINVAL },
	{ "pfn=20-", -EINVAL },
	{ "pfn=20--30", -EINVAL },
	{ "pfn=20-30-", -EINVAL },
	{ "pfn=20-30-40", -EINVAL },
	{ "pfn=-20-30", -EINVAL },
	{ "pfn=20-+30", -EINVAL },
	{ "pfn=+20-30", -EINVAL },
	{ "pfn=20..30", -EINVAL },
	{ "pfn=20:30", -EINVAL },
	{ "pfn=20,30", -EINVAL },
	{ "pfn=20 -30", -EINVAL },
	{ "pfn=20- 30", -EINVAL },
	{ "pfn=20 - 30", -EINVAL },
	{ "pfn=x", -EINVAL },
	{ "pfn=x-30", -EINVAL },
	{ "pfn=20-x", -EINVAL },
	{ "pfn=20-30x", -EINVAL },
	{ "pfn=0x-30", -EINVAL },
	{ "pfn=20-0x", -EINVAL },
	{ "pfn=20-0x-", -EINVAL },
	{ "pfn=0X14-30", -EINVAL },
	{ "pfn=14-1e", -EINVAL },
	{ "pfn=self", -EINVAL },
	{ "pfn==20-30", -EINVAL },
	/* backwards */
	{ "pfn=21-20", -EINVAL },
	{ "pfn=4000-10", -EINVAL },
	{ "all=18446744073709551615-0", -EINVAL },
	{ "all=1-0", -EINVAL },
	/* repeated, also if it says the same */
	{ "pfn=20 pfn=20", -EINVAL },
	{ "pfn=20-30 pfn=40-50", -EINVAL },
	/* out of range */
	{ "pfn=9", -ERANGE },
	{ "pfn=0", -ERANGE },
	{ "pfn=4001", -ERANGE },
	{ "pfn=9-20", -ERANGE },
	{ "pfn=20-4001", -ERANGE },
	{ "pfn=9-4001", -ERANGE },
	{ "pfn=4001-4002", -ERANGE },
	{ "pfn=8-9", -ERANGE },
	{ "pfn=20-18446744073709551616", -ERANGE },
	{ "pfn=18446744073709551616-20", -ERANGE },
	{ "all=18446744073709551616", -ERANGE },
	{ "all=0-18446744073709551616", -ERANGE },
	{ "all=0-0x10000000000000000", -ERANGE },
	{ "all=0-99999999999999999999999999999999999999", -ERANGE },
	/* Twice 2^64 and a little: what is left is in range. */
	{ "pfn=36893488147419103252", -ERANGE },
	{ "pfn=20-36893488147419103262", -ERANGE },
	/* Out of range and backwards: there is no order to speak of. */
	{ "pfn=4001-20", -ERANGE },
	{ "pfn=20-9", -ERANGE },
	/* Malformed beats out of range on either side, and among words. */
	{ "pfn=9-x", -EINVAL },
	{ "pfn=x-9", -EINVAL },
	{ "pfn=4001-", -EINVAL },
	{ "pfn=-4001", -EINVAL },
	{ "pfn=18446744073709551616-x", -EINVAL },
	{ "pfn=x-18446744073709551616", -EINVAL },
	{ "pfn=9 top=x", -EINVAL },
	{ "top=0 pfn=21-20", -EINVAL },
	{ "pfn=21-20 top=0", -EINVAL },
	{ "top=0 pfn=20-30", -ERANGE },
	{ "pfn=9-20 top=1", -ERANGE },
};

/* Refused, and the query stays as it was. */
static void test_bad(void **state)
{
	struct mms_query query, before;
	unsigned int i;
	int err;

	(void)state;
	memset(&before, 0xa5, sizeof(before));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		query = before;
		err = parse(bad[i].text, &query);
		expect(err == bad[i].err, "\"%s\" gave %d", bad[i].text, err);
		expect(!memcmp(&query, &before, sizeof(query)),
		       "\"%s\" changed the query", bad[i].text);
	}
}

/* Every byte between two numbers but the dash, a blank or a digit. */
static void test_every_byte(void **state)
{
	char text[] = "pfn=12?34";
	struct mms_query query;
	unsigned int byte;
	int err, want;

	(void)state;
	for (byte = 1; byte < 256; byte++) {
		text[6] = byte;
		err = parse(text, &query);
		want = byte == '-' ? 0 :
		       byte >= '0' && byte <= '9' ? -ERANGE : -EINVAL;
		expect(err == want, "byte 0x%x gave %d", byte, err);
		if (!err) {
			assert_int_equal(query.value[RANGE], 12);
			assert_int_equal(query.last[RANGE], 34);
		}
	}
}

/* Two numbers around each edge, against what comparing them says. */
static void test_edges(void **state)
{
	static const u64 edges[] = { 0, 9, 10, 11, 3999, 4000, 4001, U64_MAX };
	struct mms_query query;
	char text[64];
	unsigned int i, j;
	int err, want;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		for (j = 0; j < ARRAY_SIZE(edges); j++) {
			u64 a = edges[i], b = edges[j];

			sprintf(text, "pfn=%llu-%llu", a, b);
			err = parse(text, &query);
			want = a < 10 || b < 10 || a > 4000 || b > 4000 ?
			       -ERANGE : a > b ? -EINVAL : 0;
			expect(err == want, "%s gave %d", text, err);
			if (!err) {
				assert_true(query.value[RANGE] == a);
				assert_true(query.last[RANGE] == b);
			}
		}
	}
}

/* What is written is read back, in as few words as possible. */
static void test_format(void **state)
{
	static const struct {
		const char *text;
		const char *shown;
	} cases[] = {
		{ "", "pfn=20-4000 all=0-18446744073709551615 top=5\n" },
		{ "pfn=0x14", "pfn=20 all=0-18446744073709551615 top=5\n" },
		{ "pfn=30-30 all=7-8", "pfn=30 all=7-8 top=5\n" },
		{ "pfn=4000 all=0", "pfn=4000 all=0 top=5\n" },
		{ "all=18446744073709551615 pfn=10-11",
		  "pfn=10-11 all=18446744073709551615 top=5\n" },
	};
	struct mms_query query, back;
	char buf[128], small[128];
	unsigned int i;
	size_t size;
	int len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(cases[i].text, &query), 0);
		len = mms_query_format(keys, NR, ~0ULL, &query, buf,
				       sizeof(buf));
		assert_int_equal(len, strlen(cases[i].shown));
		assert_string_equal(buf, cases[i].shown);
		assert_int_equal(parse(buf, &back), 0);
		assert_memory_equal(back.value, query.value, sizeof(query.value));
		assert_memory_equal(back.last, query.last, sizeof(query.last));
		for (size = 0; size <= (size_t)len; size++)
			assert_int_equal(mms_query_format(keys, NR, ~0ULL,
							  &query, small, size),
					 -ENOSPC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
