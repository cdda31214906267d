// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "query.h"
#include "query_keys.h"

static int parse(const char *text, size_t len, struct mms_query *query)
{
	return parse_copy(query_keys, NR_KEYS, ALL_KEYS, text, len, query);
}

/* Parses a text that must be refused; the query must stay as it was. */
static int refuse_allowed(u64 allowed, const char *text, size_t len)
{
	struct mms_query query, before;
	int err;

	memset(&query, 0xa5, sizeof(query));
	before = query;
	err = parse_copy(query_keys, NR_KEYS, allowed, text, len, &query);
	expect(err, "\"%s\" was accepted", text);
	expect(!memcmp(&query, &before, sizeof(query)),
	       "\"%s\" changed the query", text);
	return err;
}

static int refuse(const char *text, size_t len)
{
	return refuse_allowed(ALL_KEYS, text, len);
}

static void test_defaults(void **state)
{
	static const char *const blank[] = { "", " ", "\n", "\t\n  \t", "  \n" };
	struct mms_query query;
	unsigned int i, k;

	(void)state;
	memset(&query, 0xa5, sizeof(query));
	mms_query_init(query_keys, NR_KEYS, &query);
	assert_int_equal(query.given, 0);
	for (k = 0; k < MMS_QUERY_KEYS_MAX; k++)
		assert_int_equal(query.value[k],
				 k < NR_KEYS ? query_keys[k].def : 0);
	for (k = 0; k < MMS_QUERY_KEYS_MAX; k++)
		assert_int_equal(query.last[k],
				 k == KEY_FRAMES ? 0xfffff :
				 k == KEY_SPAN ? U64_MAX : 0);

	for (i = 0; i < ARRAY_SIZE(blank); i++) {
		struct mms_query parsed;

		memset(&parsed, 0xa5, sizeof(parsed));
		assert_int_equal(parse(blank[i], strlen(blank[i]), &parsed), 0);
		assert_memory_equal(&parsed, &query, sizeof(query));
	}
	assert_int_equal(mms_query_parse(query_keys, NR_KEYS, 0, NULL, 0,
					 &query), 0);
}

static void test_good_values(void **state)
{
	static const struct {
		const char *text;
		unsigned int key;
		u64 value;
	} good[] = {
		{ "pid=self", KEY_PID, 0 },
		{ "pid=1", KEY_PID, 1 },
		{ "pid=0x10", KEY_PID, 16 },
		{ "pid=4194304", KEY_PID, 4194304 },
		{ "addr=0", KEY_ADDR, 0 },
		{ "addr=0x0", KEY_ADDR, 0 },
		{ "addr=0xffffffffffffffff", KEY_ADDR, U64_MAX },
		{ "addr=18446744073709551615", KEY_ADDR, U64_MAX },
		{ "addr=0x00000000000000000000012", KEY_ADDR, 18 },
		{ "addr=00000000000000000000000012", KEY_ADDR, 12 },
		{ "addr=0x123456789abcdef0", KEY_ADDR, 0x123456789abcdef0 },
		{ "addr=0xABCDEF", KEY_ADDR, 0xabcdef },
		{ "addr=0xAbCdEf09", KEY_ADDR, 0xabcdef09 },
		{ "addr=010", KEY_ADDR, 10 },
		{ "start=0x1000", KEY_START, 0x1000 },
		{ "start=4096", KEY_START, 0x1000 },
		{ "start=0x7fffffffffff", KEY_START, 0x7fffffffffff },
		{ "none=0", KEY_NONE, 0 },
		{ "none=1", KEY_NONE, 1 },
		{ "top=1", KEY_TOP, 1 },
		{ "top=1000", KEY_TOP, 1000 },
		{ "by=level", KEY_BY, 0 },
		{ "by=vma", KEY_BY, 1 },
		{ "detail=-", KEY_DETAIL, 0 },
		{ "detail=folio", KEY_DETAIL, 1 },
		{ "ignore=-", KEY_IGNORE, 0 },
		{ "ignore=accessed", KEY_IGNORE, 1 },
		{ "ignore=a", KEY_IGNORE, 4 },
		{ "ignore=dirty,accessed", KEY_IGNORE, 3 },
		{ "ignore=a,dirty,accessed", KEY_IGNORE, 7 },
		{ "wide=h7", KEY_WIDE, BIT_ULL(63) },
		{ "wide=h7,a0,e0", KEY_WIDE, BIT_ULL(63) | 1 | BIT_ULL(32) },
	};
	struct mms_query expected, query;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		mms_query_init(query_keys, NR_KEYS, &expected);
		expected.given = BIT_ULL(good[i].key);
		expected.value[good[i].key] = good[i].value;
		memset(&query, 0xa5, sizeof(query));
		expect(!parse(good[i].text, strlen(good[i].text), &query),
		       "\"%s\" was refused", good[i].text);
		expect(!memcmp(&query, &expected, sizeof(query)),
		       "\"%s\" gave 0x%llx", good[i].text,
		       query.value[good[i].key]);
	}
}

static void test_separators(void **state)
{
	static const char *const texts[] = {
		"pid=7 top=3", "top=3 pid=7", "pid=7\ttop=3", "pid=7\ntop=3\n",
		"  pid=7 \n\t top=3\t\n ", "\npid=7\n\ntop=3",
	};
	struct mms_query query;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		expect(!parse(texts[i], strlen(texts[i]), &query),
		       "\"%s\" was refused", texts[i]);
		assert_int_equal(query.given, BIT_ULL(KEY_PID) | BIT_ULL(KEY_TOP));
		assert_int_equal(query.value[KEY_PID], 7);
		assert_int_equal(query.value[KEY_TOP], 3);
		assert_int_equal(query.value[KEY_NONE], 1);
	}
}

#define BAD(text, err)	{ text, sizeof(text) - 1, -(err) }

static const struct bad {
	const char *text;
	size_t len;
	int err;
} bad[] = {
	/* words that are no key=value */
	BAD("pid", EINVAL),
	BAD("=", EINVAL),
	BAD("=1", EINVAL),
	BAD("=pid=1", EINVAL),
	BAD("pid = 1", EINVAL),
	BAD("pid= 1", EINVAL),
	BAD("pid =1", EINVAL),
	BAD("pid:1", EINVAL),
	BAD("pid==1", EINVAL),
	BAD("pid=1=", EINVAL),
	BAD("pid=1,top=2", EINVAL),
	BAD("pid=1;top=2", EINVAL),
	BAD("-", EINVAL),
	BAD("1", EINVAL),
	/* keys */
	BAD("pi=1", EINVAL),
	BAD("pidd=1", EINVAL),
	BAD("PID=1", EINVAL),
	BAD("Pid=1", EINVAL),
	BAD("frobnicate=1", EINVAL),
	BAD("\"pid\"=1", EINVAL),
	BAD("pid=1 pid=1", EINVAL),
	BAD("pid=1 top=2 pid=2", EINVAL),
	BAD("addr=0 addr=0x0", EINVAL),
	BAD("ignore=dirty ignore=a", EINVAL),
	BAD("# pid=1", EINVAL),
	/* numbers */
	BAD("pid=", EINVAL),
	BAD("top=", EINVAL),
	BAD("addr=", EINVAL),
	BAD("none=", EINVAL),
	BAD("pid=+1", EINVAL),
	BAD("pid=-1", EINVAL),
	BAD("addr=-0x1", EINVAL),
	BAD("pid=0x", EINVAL),
	BAD("addr=0x", EINVAL),
	BAD("addr=0X10", EINVAL),
	BAD("addr=x10", EINVAL),
	BAD("addr=ff", EINVAL),
	BAD("addr=1f", EINVAL),
	BAD("addr=0xg", EINVAL),
	BAD("addr=0x0x1", EINVAL),
	BAD("addr=0x-1", EINVAL),
	BAD("addr=0b1", EINVAL),
	BAD("addr=1e3", EINVAL),
	BAD("addr=1.0", EINVAL),
	BAD("addr=1_000", EINVAL),
	BAD("addr=4k", EINVAL),
	BAD("addr='1'", EINVAL),
	BAD("top=self", EINVAL),
	BAD("top=ten", EINVAL),
	BAD("pid=Self", EINVAL),
	BAD("pid=selfish", EINVAL),
	BAD("pid=sel", EINVAL),
	BAD("none=true", EINVAL),
	BAD("none=yes", EINVAL),
	BAD("none=-1", EINVAL),
	BAD("addr=18446744073709551616z", EINVAL),
	BAD("addr=0xfffffffffffffffffg", EINVAL),
	/* words and sets */
	BAD("by=", EINVAL),
	BAD("by=0", EINVAL),
	BAD("by=Level", EINVAL),
	BAD("by=lev", EINVAL),
	BAD("by=levels", EINVAL),
	BAD("by=level,vma", EINVAL),
	BAD("by=-", EINVAL),
	BAD("ignore=", EINVAL),
	BAD("ignore=,", EINVAL),
	BAD("ignore=dirty,", EINVAL),
	BAD("ignore=,dirty", EINVAL),
	BAD("ignore=dirty,,a", EINVAL),
	BAD("ignore=dirty,dirty", EINVAL),
	BAD("ignore=a,dirty,a", EINVAL),
	BAD("ignore=dirty,clean", EINVAL),
	BAD("ignore=-,dirty", EINVAL),
	BAD("ignore=dirty,-", EINVAL),
	BAD("ignore=--", EINVAL),
	BAD("ignore=1", EINVAL),
	BAD("ignore=aa", EINVAL),
	BAD("wide=h8", EINVAL),
	BAD("wide=h7,h7", EINVAL),
	/* bytes that have no business here */
	BAD("\0", EINVAL),
	BAD("pid=1\0", EINVAL),
	BAD("pid=1\0top=2", EINVAL),
	BAD("pid=1 \0", EINVAL),
	BAD("p\0id=1", EINVAL),
	BAD("by=vma\0", EINVAL),
	BAD("pid=1\r\n", EINVAL),
	BAD("pid=1\v", EINVAL),
	BAD("pid=1\f", EINVAL),
	BAD("pid=1\x7f", EINVAL),
	BAD("pid=1\xc2\xa0", EINVAL),
	BAD("\xef\xbb\xbfpid=1", EINVAL),
	BAD("\x1b[1mpid=1", EINVAL),
	/* numbers out of range */
	BAD("pid=0", ERANGE),
	BAD("pid=0x0", ERANGE),
	BAD("pid=4194305", ERANGE),
	BAD("pid=18446744073709551616", ERANGE),
	BAD("top=0", ERANGE),
	BAD("top=1001", ERANGE),
	BAD("none=2", ERANGE),
	BAD("none=0xffffffffffffffff", ERANGE),
	BAD("start=0", ERANGE),
	BAD("start=0xfff", ERANGE),
	BAD("start=0x800000000000", ERANGE),
	BAD("addr=18446744073709551616", ERANGE),
	BAD("addr=0x10000000000000000", ERANGE),
	BAD("addr=99999999999999999999999999999999999", ERANGE),
	BAD("addr=36893488147419103233", ERANGE), /* 2^65 + 1 */
	BAD("top=0 pid=0", ERANGE),
	/* malformed beats out of range, whichever comes first */
	BAD("top=0 frobnicate=1", EINVAL),
	BAD("frobnicate=1 top=0", EINVAL),
	BAD("top=0 top=1", EINVAL),
	BAD("top=1 top=0", EINVAL),
	BAD("pid=0 by=", EINVAL),
	BAD("addr=0x10000000000000000 x", EINVAL),
	BAD("top=1001\0", EINVAL),
};

static void test_bad(void **state)
{
	unsigned int i;
	int err;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		err = refuse(bad[i].text, bad[i].len);
		expect(err == bad[i].err, "\"%s\" gave %d", bad[i].text, err);
	}
}

/* A good word in front or behind does not change the answer. */
static void test_bad_among_good(void **state)
{
	static const char good[] = "wide=a0";
	char text[128];
	unsigned int i;
	int len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!strncmp(bad[i].text, "wide", 4))
			continue;
		len = sprintf(text, "%s ", good);
		memcpy(text + len, bad[i].text, bad[i].len);
		expect(refuse(text, len + bad[i].len) == bad[i].err,
		       "behind: \"%s\"", bad[i].text);
		memcpy(text, bad[i].text, bad[i].len);
		len = bad[i].len + sprintf(text + bad[i].len, " %s", good);
		expect(refuse(text, len) == bad[i].err,
		       "in front: \"%s\"", bad[i].text);
	}
}

/* Every byte that is neither digit nor separator spoils a number. */
static void test_every_byte(void **state)
{
	struct mms_query query;
	char text[] = "addr=1?2 pid=3";
	unsigned int byte;
	char *place = strchr(text, '?');
	int err;

	(void)state;
	for (byte = 0; byte < 256; byte++) {
		*place = byte;
		err = parse(text, sizeof(text) - 1, &query);
		if (byte >= '0' && byte <= '9')
			expect(!err, "byte 0x%x gave %d", byte, err);
		else
			expect(err == -EINVAL, "byte 0x%x gave %d", byte, err);
	}
	strcpy(text, "addr=12?pid=3");
	place = strchr(text, '?');
	for (byte = 0; byte < 256; byte++) {
		*place = byte;
		err = parse(text, strlen("addr=12?pid=3"), &query);
		if (byte == ' ' || byte == '\t' || byte == '\n')
			expect(!err, "byte 0x%x gave %d", byte, err);
		else
			expect(err == -EINVAL, "byte 0x%x gave %d", byte, err);
	}
}

static void test_allowed(void **state)
{
	u64 allowed = BIT_ULL(KEY_PID) | BIT_ULL(KEY_TOP);
	struct mms_query query;

	(void)state;
	assert_int_equal(parse_copy(query_keys, NR_KEYS, allowed,
				    "pid=1 top=2", 11, &query), 0);
	assert_int_equal(query.value[KEY_START], 0x2000);
	assert_int_equal(refuse_allowed(allowed, "none=1", 6), -EINVAL);
	assert_int_equal(refuse_allowed(allowed, "pid=1 none=1", 12), -EINVAL);
	/* Also if its value is out of range. */
	assert_int_equal(refuse_allowed(allowed, "none=2", 6), -EINVAL);
	assert_int_equal(refuse_allowed(0, "pid=1", 5), -EINVAL);
	assert_int_equal(parse_copy(query_keys, NR_KEYS, 0, " ", 1, &query),
			 0);
}

/* Fills a text of @len bytes: @head, blanks, @tail. */
static void fill(char *text, size_t len, const char *head, const char *tail)
{
	memset(text, ' ', len);
	memcpy(text, head, strlen(head));
	memcpy(text + len - strlen(tail), tail, strlen(tail));
}

static void test_length(void **state)
{
	static const size_t too_long[] = { 257, 258, 4095, MMS_QUERY_COPY_MAX };
	char text[MMS_QUERY_COPY_MAX];
	struct mms_query query;
	unsigned int i;

	(void)state;
	fill(text, 256, "pid=5", "top=6");
	assert_int_equal(parse(text, 256, &query), 0);
	assert_int_equal(query.value[KEY_PID], 5);
	assert_int_equal(query.value[KEY_TOP], 6);
	fill(text, 256, "", "");
	assert_int_equal(parse(text, 256, &query), 0);

	for (i = 0; i < ARRAY_SIZE(too_long); i++) {
		fill(text, too_long[i], "pid=5", "top=6");
		assert_int_equal(refuse(text, too_long[i]), -E2BIG);
		fill(text, too_long[i], "", "");
		assert_int_equal(refuse(text, too_long[i]), -E2BIG);
		/* A final newline counts. */
		fill(text, too_long[i], "pid=5", "\n");
		assert_int_equal(refuse(text, too_long[i]), -E2BIG);
		/* Whatever is wrong with the words weighs more. */
		fill(text, too_long[i], "pid=5", "top=0");
		assert_int_equal(refuse(text, too_long[i]), -ERANGE);
		fill(text, too_long[i], "top=0", "pid=5");
		assert_int_equal(refuse(text, too_long[i]), -ERANGE);
		fill(text, too_long[i], "top=0", "pid");
		assert_int_equal(refuse(text, too_long[i]), -EINVAL);
		fill(text, too_long[i], "top=0 pid", "none=1");
		assert_int_equal(refuse(text, too_long[i]), -EINVAL);
		fill(text, too_long[i], "top=0", "\x01");
		assert_int_equal(refuse(text, too_long[i]), -EINVAL);
	}
	/* One number that fills it all is in range. */
	memset(text, '0', 256);
	memcpy(text, "addr=", 5);
	text[255] = '7';
	assert_int_equal(parse(text, 256, &query), 0);
	assert_int_equal(query.value[KEY_ADDR], 7);
	memset(text + 5, '9', 251);
	assert_int_equal(refuse(text, 256), -ERANGE);
}

static void test_format(void **state)
{
	static const char defaults[] = "pid=self addr=0x0 start=0x2000 none=1 "
		"top=10 by=level detail=- ignore=dirty wide=- "
		"frames=16-1048575 span=0-18446744073709551615\n";
	static const char others[] = "pid=42 addr=0xffffffffffffffff "
		"start=0x7fffffffffff none=0 top=1000 by=vma detail=folio "
		"ignore=accessed,dirty,a wide=a0,h7 frames=17 span=4-5\n";
	struct mms_query query;
	char buf[512], *exact;
	size_t size;

	(void)state;
	mms_query_init(query_keys, NR_KEYS, &query);
	assert_int_equal(mms_query_format(query_keys, NR_KEYS, ~0ULL, &query, buf,
					  sizeof(buf)), strlen(defaults));
	assert_string_equal(buf, defaults);

	assert_int_equal(parse(others, strlen(others), &query), 0);
	for (size = 0; size <= sizeof(others) + 1; size++) {
		int len;

		exact = malloc(size ? size : 1);
		assert_non_null(exact);
		len = mms_query_format(query_keys, NR_KEYS, ~0ULL, &query, exact,
				       size);
		if (size < sizeof(others)) {
			assert_int_equal(len, -ENOSPC);
			if (size)
				assert_string_equal(exact, "");
		} else {
			assert_int_equal(len, strlen(others));
			assert_string_equal(exact, others);
		}
		free(exact);
	}
	assert_int_equal(mms_query_format(query_keys, NR_KEYS,
					  BIT_ULL(KEY_ADDR) | BIT_ULL(KEY_BY),
					  &query, buf, sizeof(buf)),
			 strlen("addr=0xffffffffffffffff by=vma\n"));
	assert_string_equal(buf, "addr=0xffffffffffffffff by=vma\n");
	assert_int_equal(mms_query_format(query_keys, NR_KEYS, 0, &query, buf,
					  2), 1);
	assert_string_equal(buf, "\n");
	assert_int_equal(mms_query_format(query_keys, 0, ~0ULL, &query, buf, 2),
			 1);
	assert_string_equal(buf, "\n");
}

/* A value that the key accepts; often one at the edge. */
static u64 random_value(const struct mms_key *key, u64 *seed)
{
	u64 r = unit_random(seed), pick = unit_random(seed) % 8;
	u64 min = key->min, max = key->max;

	switch (key->type) {
	case MMS_KEY_WORD:
		return r % key->nr_words;
	case MMS_KEY_SET:
		r >>= unit_random(seed) % 64;
		return key->nr_words < 64 ? r & (BIT_ULL(key->nr_words) - 1) : r;
	case MMS_KEY_BOOL:
		return r & 1;
	case MMS_KEY_PID:
	case MMS_KEY_UINT:
	case MMS_KEY_ADDR:
	case MMS_KEY_RANGE:
	case MMS_KEY_TEXT:
		break;
	}
	if (pick == 0)
		return min;
	if (pick == 1)
		return max;
	return max - min == U64_MAX ? r : min + r % (max - min + 1);
}

static void test_round_trip(void **state)
{
	struct mms_query query, back;
	u64 seed = 0x6d6d73636f7065;
	char text[1024];
	unsigned int i, k;
	int len, err;

	(void)state;
	for (i = 0; i < 20000; i++) {
		for (k = 0; k < NR_KEYS; k++) {
			query.value[k] = random_value(&query_keys[k], &seed);
			query.last[k] = 0;
			if (query_keys[k].type != MMS_KEY_RANGE)
				continue;
			query.last[k] = random_value(&query_keys[k], &seed);
			if (query.last[k] < query.value[k])
				query.last[k] = query.value[k];
		}
		len = mms_query_format(query_keys, NR_KEYS, ~0ULL, &query, text,
				       sizeof(text));
		assert_true(len > 0);
		assert_int_equal(text[len - 1], '\n');
		err = parse(text, len, &back);
		if (len > MMS_QUERY_MAX) {
			assert_int_equal(err, -E2BIG);
			continue;
		}
		expect(!err, "%s gave %d", text, err);
		assert_int_equal(back.given, ALL_KEYS);
		for (k = 0; k < NR_KEYS; k++)
			expect(back.value[k] == query.value[k] &&
			       back.last[k] == query.last[k], "%s", text);
	}
}

/* The error does not depend on the order of the words. */
static void test_order(void **state)
{
	static const char *const words[] = {
		"pid=1", "top=0", "none=2", "addr=0x1", "by=vma", "bad=1",
		"ignore=", "pid=0", "start=1", "detail=folio", "wide=a0",
		"frames=20-30", "frames=3", "span=2-1", "span=7",
	};
	u64 seed = 1;
	unsigned int i, j, n;

	(void)state;
	for (i = 0; i < 20000; i++) {
		const char *mix[5];
		char forth[256] = "", back[256] = "";
		struct mms_query a, b;
		int err;

		n = 1 + unit_random(&seed) % ARRAY_SIZE(mix);
		for (j = 0; j < n; j++)
			mix[j] = words[unit_random(&seed) % ARRAY_SIZE(words)];
		for (j = 0; j < n; j++) {
			strcat(strcat(forth, mix[j]), " ");
			strcat(strcat(back, mix[n - 1 - j]), "\n");
		}
		err = parse(forth, strlen(forth), &a);
		expect(err == parse(back, strlen(back), &b), "%s", forth);
		if (!err)
			assert_memory_equal(&a, &b, sizeof(a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_good_values),
		cmocka_unit_test(test_separators),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_among_good),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
