/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The query protocol: `key=value` words, parsed exactly and as a whole.
 *
 * A table of &struct mms_key says which keys a directory knows; a
 * &struct mms_query holds one value for each of them.
 */
#ifndef MMS_CORE_QUERY_H
#define MMS_CORE_QUERY_H

#include "env.h"

/* Most keys one table may have. */
#define MMS_QUERY_KEYS_MAX	16

/* Longest query in bytes; every byte counts, a final newline too. */
#define MMS_QUERY_MAX		256

/* Longest line that mms_query_format() writes of a query, with the NUL. */
#define MMS_QUERY_LINE_MAX	1024

/*
 * A caller that copies the text in should copy up to this many bytes, so that
 * a mistake behind byte MMS_QUERY_MAX is still reported before the length.
 */
#define MMS_QUERY_COPY_MAX	4096

/**
 * enum mms_key_type - how the value of a key is written
 * @MMS_KEY_UINT: a number: decimal, or hexadecimal after ``0x``; no sign.
 *	Leading zeros mean nothing, there is no octal.  Or one of the table's
 *	words, if it has any: word i has the value @max + 1 + i, which cannot be
 *	written as a number.
 * @MMS_KEY_ADDR: the same, printed in hexadecimal.
 * @MMS_KEY_PID: a number, or ``self``, whose value is 0.  The number 0 is out
 *	of range whatever the table says.
 * @MMS_KEY_BOOL: 0 or 1.  The table's range is ignored.
 * @MMS_KEY_WORD: one of the table's words; its value is the word's index.
 * @MMS_KEY_SET: some of the table's words, separated by commas, in any order;
 *	bit i of the value stands for word i.  ``-`` is the empty set.
 * @MMS_KEY_RANGE: a number, or two with a ``-`` between, first and last.  The
 *	value is the first, &mms_query.last the last.
 * @MMS_KEY_TEXT: any text, written as in the answers: a blank, a control
 *	character, a backslash and a byte above 0x7e as ``\xHH``, and nothing, the
 *	default, as ``-``.  mms_query_text() has it.
 */
enum mms_key_type {
	MMS_KEY_UINT,
	MMS_KEY_ADDR,
	MMS_KEY_PID,
	MMS_KEY_BOOL,
	MMS_KEY_WORD,
	MMS_KEY_SET,
	MMS_KEY_RANGE,
	MMS_KEY_TEXT,
};

/**
 * struct mms_key - one key of a query
 * @name: what stands before the ``=``.
 * @type: how the value is written.
 * @min: smallest number accepted (UINT, ADDR, PID, RANGE).
 * @max: largest number accepted (UINT, ADDR, PID, RANGE).
 * @def: value of a key that is not named; should be one that can be written.
 *	0 for a TEXT.
 *	A RANGE that is not named goes from here to @max.
 * @words: the words of WORD, SET and UINT; at most 64 for SET.
 * @nr_words: number of @words.
 */
struct mms_key {
	const char *name;
	enum mms_key_type type;
	u64 min;
	u64 max;
	u64 def;
	const char *const *words;
	unsigned int nr_words;
};

/**
 * struct mms_query - the values of all keys of one table
 * @given: bit i is set if key i was named in the text.
 * @value: value of key i: what the text says, else the key's default.
 * @last: last number of key i, if it is a RANGE; else 0.
 * @text: the TEXTs, each with a NUL; the value says where it begins.
 * @text_len: bytes of @text in use.
 */
struct mms_query {
	u64 given;
	u64 value[MMS_QUERY_KEYS_MAX];
	u64 last[MMS_QUERY_KEYS_MAX];
	char text[MMS_QUERY_MAX + 1];
	unsigned int text_len;
};

/**
 * mms_query_text() - value of a key that is a TEXT
 * @query: the values.
 * @key: index of the key.
 *
 * Return: the text, "" if there is none.
 */
static inline const char *mms_query_text(const struct mms_query *query,
					 unsigned int key)
{
	return query->text + query->value[key];
}

/**
 * mms_query_init() - sets every key to its default
 * @keys: the table.
 * @nr: number of @keys, at most %MMS_QUERY_KEYS_MAX.
 * @query: what to fill.
 */
void mms_query_init(const struct mms_key *keys, unsigned int nr,
		    struct mms_query *query);

/**
 * mms_query_parse() - reads a query
 * @keys: the table.
 * @nr: number of @keys, at most %MMS_QUERY_KEYS_MAX.
 * @allowed: bit i is set if key i may be named here.
 * @text: the text, not terminated.  Words are separated by blanks, tabs and
 *	newlines; a text without words is a query that names no key.
 * @len: length of @text in bytes.
 * @query: filled on success only; keys that are not named get their default.
 *
 * The whole text is looked at before an error is chosen, so the answer does
 * not depend on the order of the words: any malformed word beats any number
 * out of range, which beats the length.
 *
 * Return: 0, or -EINVAL (unknown, repeated, not allowed or malformed key or
 * value), -ERANGE (number out of range), -E2BIG (more than %MMS_QUERY_MAX
 * bytes).
 */
int mms_query_parse(const struct mms_key *keys, unsigned int nr, u64 allowed,
		    const char *text, size_t len, struct mms_query *query);

/**
 * mms_query_format() - writes a query as one line of text
 * @keys: the table.
 * @nr: number of @keys, at most %MMS_QUERY_KEYS_MAX.
 * @which: bit i is set if key i is to be named.
 * @query: the values, from mms_query_init() or mms_query_parse().
 * @buf: where to write; always terminated if @size is not 0.
 * @size: size of @buf.
 *
 * Names the keys in the table's order, and ends with a newline.
 * mms_query_parse() reads the same values back.
 *
 * Return: the length of the line without the terminating NUL, or -ENOSPC if
 * @buf is too small (then it holds the empty string).
 */
int mms_query_format(const struct mms_key *keys, unsigned int nr, u64 which,
		     const struct mms_query *query, char *buf, size_t size);

#endif /* MMS_CORE_QUERY_H */
