// SPDX-License-Identifier: GPL-2.0-only
#include "query.h"

/* A piece of the text; not terminated. */
struct span {
	const char *at;
	size_t len;
};

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool span_is(struct span span, const char *string)
{
	return strlen(string) == span.len && !memcmp(span.at, string, span.len);
}

/* Cuts the part in front of @sep off @rest; false if there is no @sep. */
static bool cut(struct span *rest, char sep, struct span *part)
{
	const char *found = memchr(rest->at, sep, rest->len);

	*part = *rest;
	if (!found)
		return false;
	part->len = found - rest->at;
	rest->at += part->len + 1;
	rest->len -= part->len + 1;
	return true;
}

/* Cuts the next word off @rest; false if only separators are left. */
static bool next_word(struct span *rest, struct span *word)
{
	while (rest->len && is_separator(*rest->at)) {
		rest->at++;
		rest->len--;
	}
	word->at = rest->at;
	word->len = 0;
	while (rest->len && !is_separator(*rest->at)) {
		word->len++;
		rest->at++;
		rest->len--;
	}
	return word->len;
}

/* Index of the string in @strings that equals @span, @nr if there is none. */
static unsigned int find(const char *const *strings, unsigned int nr,
			 struct span span)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (span_is(span, strings[i]))
			break;
	return i;
}

static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return UINT_MAX;
}

/*
 * Not kstrtoull(): it takes a sign and a final newline, and it stops at the
 * first digit too many, where a later byte may still be malformed.
 */
static int parse_number(struct span span, u64 *number)
{
	unsigned int base = 10, digit;
	bool overflow = false;
	u64 value = 0;
	size_t i = 0;

	if (span.len > 2 && span.at[0] == '0' && span.at[1] == 'x') {
		base = 16;
		i = 2;
	}
	for (; i < span.len; i++) {
		digit = digit_value(span.at[i]);
		if (digit >= base)
			return -EINVAL;
		overflow |= check_mul_overflow(value, (u64)base, &value);
		overflow |= check_add_overflow(value, (u64)digit, &value);
	}
	if (overflow)
		return -ERANGE;
	*number = value;
	return 0;
}

static int parse_in_range(struct span span, u64 min, u64 max, u64 *number)
{
	int err = parse_number(span, number);

	if (err)
		return err;
	return *number < min || *number > max ? -ERANGE : 0;
}

static int parse_set(const struct mms_key *key, struct span rest, u64 *set)
{
	struct span part;
	unsigned int i;
	bool more;

	*set = 0;
	if (span_is(rest, "-"))
		return 0;
	do {
		more = cut(&rest, ',', &part);
		i = find(key->words, key->nr_words, part);
		if (i == key->nr_words || *set & BIT_ULL(i))
			return -EINVAL;
		*set |= BIT_ULL(i);
	} while (more);
	return 0;
}

/* Reads one character, which may be written as \xHH.  0: malformed. */
static char parse_char(struct span *rest)
{
	unsigned int high, low;
	char c = *rest->at;
	size_t len = 1;

	if (c == '\\') {
		if (rest->len < 4 || rest->at[1] != 'x')
			return 0;
		high = digit_value(rest->at[2]);
		low = digit_value(rest->at[3]);
		if (high > 15 || low > 15)
			return 0;
		c = high << 4 | low;
		len = 4;
	} else if (c < ' ' || c > '~') {	/* blanks end words */
		return 0;
	}
	rest->at += len;
	rest->len -= len;
	return c;
}

/* The text of a query that is too long is looked at, and not kept. */
static int parse_text(struct span rest, struct mms_query *query, u64 *value)
{
	unsigned int at = query->text_len;

	*value = 0;
	if (span_is(rest, "-"))
		return 0;
	while (rest.len) {
		char c = parse_char(&rest);

		if (!c)
			return -EINVAL;
		if (at < sizeof(query->text) - 1)
			query->text[at++] = c;
	}
	*value = query->text_len;
	query->text[at] = '\0';
	query->text_len = min_t(unsigned int, at + 1, sizeof(query->text) - 1);
	return 0;
}

/* A malformed number beats one that is out of range. */
static int parse_range(const struct mms_key *key, struct span rest, u64 *first,
		       u64 *last)
{
	struct span part;
	bool two = cut(&rest, '-', &part);
	int err, err_last;

	if (!part.len || !rest.len)
		return -EINVAL;
	err = parse_in_range(part, key->min, key->max, first);
	*last = *first;
	if (!two || err == -EINVAL)
		return err;
	err_last = parse_in_range(rest, key->min, key->max, last);
	if (err || err_last)
		return err_last == -EINVAL ? -EINVAL : -ERANGE;
	return *first > *last ? -EINVAL : 0;
}

/* A word stands for a number behind the last. */
static int parse_uint(const struct mms_key *key, struct span span, u64 *value)
{
	unsigned int i = find(key->words, key->nr_words, span);

	if (i == key->nr_words)
		return parse_in_range(span, key->min, key->max, value);
	*value = key->max + 1 + i;
	return 0;
}

static int parse_value(const struct mms_key *key, struct span span,
		       struct mms_query *query, u64 *value, u64 *last)
{
	if (!span.len)
		return -EINVAL;

	switch (key->type) {
	case MMS_KEY_UINT:
		return parse_uint(key, span, value);
	case MMS_KEY_ADDR:
		return parse_in_range(span, key->min, key->max, value);
	case MMS_KEY_PID:
		*value = 0;
		if (span_is(span, "self"))
			return 0;
		return parse_in_range(span, max_t(u64, key->min, 1), key->max,
				      value);
	case MMS_KEY_BOOL:
		return parse_in_range(span, 0, 1, value);
	case MMS_KEY_WORD:
		*value = find(key->words, key->nr_words, span);
		return *value == key->nr_words ? -EINVAL : 0;
	case MMS_KEY_SET:
		return parse_set(key, span, value);
	case MMS_KEY_RANGE:
		return parse_range(key, span, value, last);
	case MMS_KEY_TEXT:
		return parse_text(span, query, value);
	}
	return -EINVAL;
}

static int parse_word(const struct mms_key *keys, unsigned int nr, u64 allowed,
		      struct span value, struct mms_query *query)
{
	struct span name;
	unsigned int i;

	if (!cut(&value, '=', &name))
		return -EINVAL;
	for (i = 0; i < nr; i++)
		if (span_is(name, keys[i].name))
			break;
	if (i == nr || !(allowed & BIT_ULL(i)) || query->given & BIT_ULL(i))
		return -EINVAL;
	query->given |= BIT_ULL(i);
	return parse_value(&keys[i], value, query, &query->value[i],
			   &query->last[i]);
}

void mms_query_init(const struct mms_key *keys, unsigned int nr,
		    struct mms_query *query)
{
	unsigned int i;

	memset(query, 0, sizeof(*query));
	query->text_len = 1;	/* the empty text is at 0 */
	for (i = 0; i < nr; i++) {
		query->value[i] = keys[i].def;
		if (keys[i].type == MMS_KEY_RANGE)
			query->last[i] = keys[i].max;
	}
}

int mms_query_parse(const struct mms_key *keys, unsigned int nr, u64 allowed,
		    const char *text, size_t len, struct mms_query *query)
{
	struct span rest = { text, len }, word;
	bool out_of_range = false;
	struct mms_query parsed;
	int err;

	mms_query_init(keys, nr, &parsed);
	while (next_word(&rest, &word)) {
		err = parse_word(keys, nr, allowed, word, &parsed);
		if (err == -EINVAL)
			return err;
		out_of_range |= err == -ERANGE;
	}
	if (out_of_range)
		return -ERANGE;
	if (len > MMS_QUERY_MAX)
		return -E2BIG;
	*query = parsed;
	return 0;
}

/* Text that is being written; @left counts the terminating NUL. */
struct out {
	char *at;
	size_t left;
	bool full;
};

static void put(struct out *out, const char *string)
{
	size_t len = strlen(string);

	if (len >= out->left) {
		out->full = true;
		return;
	}
	memcpy(out->at, string, len + 1);
	out->at += len;
	out->left -= len;
}

static void put_number(struct out *out, u64 number, bool hex)
{
	char buf[24];

	if (hex)
		snprintf(buf, sizeof(buf), "0x%llx", number);
	else
		snprintf(buf, sizeof(buf), "%llu", number);
	put(out, buf);
}

static void put_set(struct out *out, const struct mms_key *key, u64 set)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < key->nr_words; i++) {
		if (!(set & BIT_ULL(i)))
			continue;
		put(out, comma);
		put(out, key->words[i]);
		comma = ",";
	}
	if (!*comma)
		put(out, "-");
}

static void put_text(struct out *out, const char *text)
{
	char buf[5];
	const char *s;

	if (!*text)
		put(out, "-");
	for (s = text; *s; s++) {
		unsigned char c = *s;
		/* A text that is just `-` must not look like none. */
		bool dash = c == '-' && s == text && !s[1];

		if (c > ' ' && c <= '~' && c != '\\' && !dash)
			snprintf(buf, sizeof(buf), "%c", c);
		else
			snprintf(buf, sizeof(buf), "\\x%02x", c);
		put(out, buf);
	}
}

static void put_value(struct out *out, const struct mms_key *key,
		      const struct mms_query *query, u64 value, u64 last)
{
	switch (key->type) {
	case MMS_KEY_PID:
		if (!value)
			put(out, "self");
		else
			put_number(out, value, false);
		break;
	case MMS_KEY_BOOL:
		put_number(out, value, false);
		break;
	case MMS_KEY_UINT:
		if (key->nr_words && value > key->max)
			put(out, key->words[value - key->max - 1]);
		else
			put_number(out, value, false);
		break;
	case MMS_KEY_ADDR:
		put_number(out, value, true);
		break;
	case MMS_KEY_WORD:
		put(out, key->words[value]);
		break;
	case MMS_KEY_SET:
		put_set(out, key, value);
		break;
	case MMS_KEY_RANGE:
		put_number(out, value, false);
		if (last == value)
			break;
		put(out, "-");
		put_number(out, last, false);
		break;
	case MMS_KEY_TEXT:
		put_text(out, query->text + value);
		break;
	}
}

int mms_query_format(const struct mms_key *keys, unsigned int nr, u64 which,
		     const struct mms_query *query, char *buf, size_t size)
{
	struct out out = { buf, size, !size };
	bool first = true;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!(which & BIT_ULL(i)))
			continue;
		put(&out, first ? "" : " ");
		first = false;
		put(&out, keys[i].name);
		put(&out, "=");
		put_value(&out, &keys[i], query, query->value[i],
			  query->last[i]);
	}
	put(&out, "\n");
	if (out.full) {
		if (size)
			*buf = '\0';
		return -ENOSPC;
	}
	return out.at - buf;
}
