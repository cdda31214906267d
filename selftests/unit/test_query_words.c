// SPDX-License-Identifier: GPL-2.0-only
/* A key of type MMS_KEY_UINT that takes words, too. */
#include "unit.h"
#include "query_keys.h"

enum { NODE, TOP, NR };

static const char *const words[] = { "any", "most" };

static const struct mms_key keys[NR] = {
	[NODE] = {
		"node", MMS_KEY_UINT, .min = 1, .max = 63, .def = 64,
		.words = words, .nr_words = 2,
	},
	[TOP] = { "top", MMS_KEY_UINT, .max = U64_MAX, .def = 5 },
};

static int parse(const char *text, struct mms_query *query)
{
	return parse_copy(keys, NR, ~0ULL, text, strlen(text), query);
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		u64 value;
	} good[] = {
		{ "", 64 }, { "node=any", 64 }, { "node=most", 65 },
		{ "node=1", 1 }, { "node=63", 63 }, { "node=0x3f", 63 },
		{ "top=18446744073709551615", 64 },
	};
	struct mms_query query;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(parse(good[i].text, &query), 0);
		expect(query.value[NODE] == good[i].value, "\"%s\" gave %llu",
		       good[i].text, query.value[NODE]);
	}
}

/* What a word stands for cannot be said by a number. */
static void test_bad(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "node=64", -ERANGE }, { "node=65", -ERANGE },
		{ "node=0", -ERANGE }, { "node=an", -EINVAL },
		{ "node=anyone", -EINVAL }, { "node=Any", -EINVAL },
		{ "node=-", -EINVAL }, { "node=", -EINVAL },
		{ "node=any node=any", -EINVAL }, { "top=any", -EINVAL },
	};
	struct mms_query query;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect(parse(bad[i].text, &query) == bad[i].err,
		       "\"%s\" was not refused with %d", bad[i].text,
		       bad[i].err);
}

static void test_format(void **state)
{
	static const char *const lines[] = {
		"node=any top=5\n", "node=most top=7\n", "node=63 top=0\n",
	};
	char line[MMS_QUERY_LINE_MAX];
	struct mms_query query;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(parse(lines[i], &query), 0);
		assert_int_equal(mms_query_format(keys, NR, ~0ULL, &query, line,
						  sizeof(line)),
				 strlen(lines[i]));
		assert_string_equal(line, lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
