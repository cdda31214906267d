// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares mms_query_parse() with a second parser, written another way, and
 * checks what it promises of any text.
 */
#include <stdlib.h>

#include "query.h"
#include "query_keys.h"

#define CHECK(cond)	do { if (!(cond)) abort(); } while (0)

static int reference_number(const char *text, u64 *value)
{
	bool hex = !strncmp(text, "0x", 2) && text[2];
	const char *digits = hex ? text + 2 : text;

	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF"
						  : "0123456789")])
		return -EINVAL;
	errno = 0;
	*value = strtoull(digits, NULL, hex ? 16 : 10);
	return errno ? -ERANGE : 0;
}

static int reference_set(const struct mms_key *key, char *text, u64 *value)
{
	char list[MMS_QUERY_COPY_MAX + 2], item[MMS_QUERY_COPY_MAX + 2];
	size_t len = 0;
	unsigned int i;

	*value = 0;
	if (!strcmp(text, "-"))
		return 0;
	/* Strikes out every word it finds; all must be gone in the end. */
	snprintf(list, sizeof(list), ",%s,", text);
	for (i = 0; i < key->nr_words; i++) {
		char *at;

		len = snprintf(item, sizeof(item), ",%s,", key->words[i]);
		at = strstr(list, item);
		if (!at)
			continue;
		*value |= 1ULL << i;
		memmove(at, at + len - 1, strlen(at + len - 1) + 1);
	}
	return strcmp(list, ",") ? -EINVAL : 0;
}

/* Reads the whole as one number where there is no dash. */
static int reference_range(const struct mms_key *key, char *text, u64 *value,
			   u64 *last)
{
	char *dash = strchr(text, '-');
	u64 first, second;
	int err, err_second;

	if (dash)
		*dash++ = '\0';
	err = reference_number(text, &first);
	err_second = dash ? reference_number(dash, &second) : err;
	if (err == -EINVAL || err_second == -EINVAL)
		return -EINVAL;
	if (!dash)
		second = first;
	if (err || err_second || first < key->min || second < key->min ||
	    first > key->max || second > key->max)
		return -ERANGE;
	*value = first;
	*last = second;
	return first > second ? -EINVAL : 0;
}

static int reference_value(const struct mms_key *key, char *text, u64 *value,
			   u64 *last)
{
	u64 min = key->min, max = key->max;
	int err;

	switch (key->type) {
	case MMS_KEY_SET:
		return reference_set(key, text, value);
	case MMS_KEY_RANGE:
		return reference_range(key, text, value, last);
	case MMS_KEY_WORD:
		for (*value = 0; *value < key->nr_words; ++*value)
			if (!strcmp(key->words[*value], text))
				return 0;
		return -EINVAL;
	case MMS_KEY_PID:
		if (!strcmp(text, "self")) {
			*value = 0;
			return 0;
		}
		min = 1;
		break;
	case MMS_KEY_BOOL:
		min = 0;
		max = 1;
		break;
	default:
		break;
	}
	err = reference_number(text, value);
	if (err)
		return err;
	return *value < min || *value > max ? -ERANGE : 0;
}

static int reference(u64 allowed, const char *text, size_t len,
		     struct mms_query *query)
{
	char copy[MMS_QUERY_COPY_MAX + 1], *word, *save, *value;
	unsigned int k;
	int err, worst = 0;

	if (memchr(text, 0, len))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	mms_query_init(query_keys, NR_KEYS, query);
	for (word = strtok_r(copy, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		value = strchr(word, '=');
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		for (k = 0; k < NR_KEYS; k++)
			if (!strcmp(query_keys[k].name, word))
				break;
		if (k == NR_KEYS || !(allowed >> k & 1) ||
		    query->given >> k & 1)
			return -EINVAL;
		query->given |= 1ULL << k;
		err = reference_value(&query_keys[k], value, &query->value[k],
				      &query->last[k]);
		if (err == -EINVAL)
			return err;
		if (err)
			worst = err;
	}
	return worst ? worst : len > MMS_QUERY_MAX ? -E2BIG : 0;
}

static void check_round_trip(const struct mms_query *query)
{
	struct mms_query back;
	char text[MMS_QUERY_COPY_MAX];
	int len, err;

	len = mms_query_format(query_keys, NR_KEYS, ~0ULL, query, text, sizeof(text));
	CHECK(len > 0);
	err = mms_query_parse(query_keys, NR_KEYS, ALL_KEYS, text, len, &back);
	CHECK(err == (len > MMS_QUERY_MAX ? -E2BIG : 0));
	CHECK(err || (!memcmp(back.value, query->value, sizeof(back.value)) &&
		      !memcmp(back.last, query->last, sizeof(back.last))));
}

/* The first two bytes choose the keys that are allowed; 0xff allows all. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mms_query query, before, expected;
	const char *text = (const char *)data + 2;
	u64 allowed;
	int err;

	if (size < 2 || size - 2 > MMS_QUERY_COPY_MAX)
		return 0;
	allowed = data[0] == 0xff ? ALL_KEYS : data[0] | data[1] << 8;
	memset(&query, 0xa5, sizeof(query));
	before = query;
	err = mms_query_parse(query_keys, NR_KEYS, allowed, text, size - 2,
			      &query);
	CHECK(err == reference(allowed, text, size - 2, &expected));
	if (err) {
		CHECK(!memcmp(&query, &before, sizeof(query)));
	} else {
		CHECK(!memcmp(&query, &expected, sizeof(query)));
		check_round_trip(&query);
	}
	return 0;
}

/* Writes inputs to start from into the corpus, the last argument. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const seeds[] = {
		"pid=self addr=0x7f00 start=4096 none=0 top=10 by=vma\n",
		"detail=folio ignore=accessed,dirty,a wide=a0,h7",
		"wide=- ignore=- detail=- pid=4194304 addr=18446744073709551615",
		"top=0 none=2 pid=0 start=0 addr=0x10000000000000000",
		"pid=1 pid=1 unknown=1 by= =",
		"frames=16-1048575 span=0-18446744073709551615\n",
		"frames=0x10-0xfffff span=5", "frames=15 span=5-4 frames=1-",
		"span=-1 span=1-2-3 span=0-18446744073709551616",
	};
	const char *dir = (*argv)[*argc - 1];
	char path[4096];
	unsigned int i;
	FILE *file;

	for (i = 0; *dir != '-' && *argc > 1 && i < ARRAY_SIZE(seeds); i++) {
		snprintf(path, sizeof(path), "%s/seed%u", dir, i);
		file = fopen(path, "w");
		if (!file)
			break;
		fprintf(file, "\xff\xff%s", seeds[i]);
		fclose(file);
	}
	return 0;
}
