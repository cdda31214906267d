// SPDX-License-Identifier: GPL-2.0-only
/* The key type MMS_KEY_TEXT: any text, with odd characters escaped. */
#include "unit.h"
#include "query_keys.h"

enum { PATH, NAME, TOP, NR };

static const struct mms_key keys[NR] = {
	[PATH] = { "path", MMS_KEY_TEXT },
	[NAME] = { "name", MMS_KEY_TEXT },
	[TOP] = { "top", MMS_KEY_UINT, .min = 1, .max = 9, .def = 5 },
};

static int parse(const char *text, struct mms_query *query)
{
	return parse_copy(keys, NR, ~0ULL, text, strlen(text), query);
}

static void test_default(void **state)
{
	struct mms_query query;

	(void)state;
	memset(&query, 0xa5, sizeof(query));
	mms_query_init(keys, NR, &query);
	assert_string_equal(mms_query_text(&query, PATH), "");
	memset(&query, 0xa5, sizeof(query));
	assert_int_equal(parse("top=7", &query), 0);
	assert_string_equal(mms_query_text(&query, PATH), "");
	assert_string_equal(mms_query_text(&query, NAME), "");
}

/* What is written, what it means, and how it is written again. */
static void test_good(void **state)
{
	static const struct {
		const char *text, *means, *again;
	} good[] = {
		{ "path=/", "/", "/" },
		{ "path=/a/b=c,d-e", "/a/b=c,d-e", "/a/b=c,d-e" },
		{ "path=a\\x20b", "a b", "a\\x20b" },
		{ "path=\\x0a\\x5c\\xFf", "\n\\\xff", "\\x0a\\x5c\\xff" },
		{ "path=\\x41", "A", "A" },
		{ "path=-", "", "-" },
		{ "path=\\x2d", "-", "\\x2d" },
		{ "path=--", "--", "--" },
		{ "path=~!", "~!", "~!" },
	};
	struct mms_query query;
	char line[MMS_QUERY_LINE_MAX], want[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(parse(good[i].text, &query), 0);
		assert_string_equal(mms_query_text(&query, PATH),
				    good[i].means);
		assert_true(mms_query_format(keys, NR, BIT_ULL(PATH), &query,
					     line, sizeof(line)) > 0);
		snprintf(want, sizeof(want), "path=%s\n", good[i].again);
		assert_string_equal(line, want);
	}
}

static void test_two_in_any_order(void **state)
{
	struct mms_query query;

	(void)state;
	assert_int_equal(parse("name=n top=2 path=/long/path", &query), 0);
	assert_string_equal(mms_query_text(&query, PATH), "/long/path");
	assert_string_equal(mms_query_text(&query, NAME), "n");
	assert_int_equal(query.value[TOP], 2);
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"path=", "path", "path=\\", "path=\\x", "path=\\x4",
		"path=\\x4g", "path=\\xg4", "path=\\n", "path=\\\\",
		"path=\\x00", "path=a\x7f", "path=\xc3\xa4", "path=a\x01",
		"path=a path=b", "path=a\\x00b", "path=\\X41",
	};
	struct mms_query query, before;
	size_t i;

	(void)state;
	memset(&query, 0xa5, sizeof(query));
	before = query;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(bad[i], &query), -EINVAL);
		assert_memory_equal(&query, &before, sizeof(query));
	}
}

/* The longest fits; what is longer is refused, but is malformed first. */
static void test_length(void **state)
{
	char text[600], line[MMS_QUERY_LINE_MAX];
	struct mms_query query;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "path=", 5);
	text[MMS_QUERY_MAX] = '\0';
	assert_int_equal(parse(text, &query), 0);
	assert_string_equal(mms_query_text(&query, PATH), text + 5);
	assert_int_equal(mms_query_format(keys, NR, ~0ULL, &query, line,
					  sizeof(line)),
			 MMS_QUERY_MAX + strlen(" name=- top=5\n"));

	text[MMS_QUERY_MAX] = 'a';
	text[MMS_QUERY_MAX + 1] = '\0';
	assert_int_equal(parse(text, &query), -E2BIG);
	memset(text + MMS_QUERY_MAX, 'a', sizeof(text) - MMS_QUERY_MAX);
	text[598] = '\\';
	text[599] = '\0';
	assert_int_equal(parse(text, &query), -EINVAL);
}

/* Two texts that together are as long as a query may be. */
static void test_full(void **state)
{
	char text[MMS_QUERY_MAX + 1];
	struct mms_query query;

	(void)state;
	memset(text, 'b', sizeof(text));
	memcpy(text, "path=", 5);
	memcpy(text + 100, " name=", 6);
	text[MMS_QUERY_MAX] = '\0';
	assert_int_equal(parse(text, &query), 0);
	assert_int_equal(strlen(mms_query_text(&query, PATH)), 95);
	assert_int_equal(strlen(mms_query_text(&query, NAME)),
			 MMS_QUERY_MAX - 106);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_two_in_any_order),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
