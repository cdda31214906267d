// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text format that every view uses.
 *
 * Written out by hand rather than with snprintf(): a row costs a third of the
 * instructions, and rows are most of what a read of a large process costs.
 */

#include "table.h"

void mms_table_init(struct mms_table *table, char *buf, size_t size)
{
	*table = (struct mms_table){ .buf = buf, .size = size };
}

static void put_bytes(struct mms_table *table, const char *s, size_t n)
{
	if (table->size - table->len < n) {
		table->overflow = true;
		return;
	}
	memcpy(table->buf + table->len, s, n);
	table->len += n;
}

static void put_char(struct mms_table *table, char c)
{
	put_bytes(table, &c, 1);
}

static void put_string(struct mms_table *table, const char *s)
{
	put_bytes(table, s, strlen(s));
}

static void put_u64(struct mms_table *table, u64 value)
{
	char digits[20];
	unsigned int i = sizeof(digits);

	do {
		digits[--i] = '0' + value % 10;
		value /= 10;
	} while (value);
	put_bytes(table, digits + i, sizeof(digits) - i);
}

static void put_hex(struct mms_table *table, u64 value)
{
	char digits[18];
	unsigned int i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[value & 0xf];
		value >>= 4;
	} while (value);
	digits[--i] = 'x';
	digits[--i] = '0';
	put_bytes(table, digits + i, sizeof(digits) - i);
}

static void put_escaped(struct mms_table *table, const char *text)
{
	const char *s;

	if (!text || !*text) {
		put_char(table, '-');
		return;
	}
	for (s = text; *s; s++) {
		unsigned char c = *s;
		/* A text that is just `-` must not look like "none". */
		bool dash = c == '-' && s == text && !s[1];

		if (c > ' ' && c < 0x7f && c != '\\' && !dash) {
			put_char(table, c);
		} else {
			put_string(table, "\\x");
			put_char(table, "0123456789abcdef"[c >> 4]);
			put_char(table, "0123456789abcdef"[c & 0xf]);
		}
	}
}

void mms_table_head(struct mms_table *table, const char *view,
		    unsigned int format)
{
	put_string(table, "# mmscope ");
	put_string(table, view);
	mms_table_key_u64(table, "format", format);
}

void mms_table_columns(struct mms_table *table, const char *columns)
{
	put_char(table, '\n');
	if (!columns)
		return;
	put_string(table, "# ");
	put_string(table, columns);
	put_char(table, '\n');
}

void mms_table_end(struct mms_table *table, bool complete)
{
	put_string(table, "# end");
	mms_table_key_u64(table, "rows", table->rows);
	mms_table_key_u64(table, "complete", complete && !table->overflow);
}

void mms_table_end_line(struct mms_table *table)
{
	put_char(table, '\n');
}

static void put_key(struct mms_table *table, const char *key)
{
	put_char(table, ' ');
	put_string(table, key);
	put_char(table, '=');
}

void mms_table_key_u64(struct mms_table *table, const char *key, u64 value)
{
	put_key(table, key);
	put_u64(table, value);
}

void mms_table_key_hex(struct mms_table *table, const char *key, u64 value)
{
	put_key(table, key);
	put_hex(table, value);
}

void mms_table_key_word(struct mms_table *table, const char *key,
			const char *word)
{
	put_key(table, key);
	put_string(table, word);
}

void mms_table_key_text(struct mms_table *table, const char *key,
			const char *text)
{
	put_key(table, key);
	put_escaped(table, text);
}

static void begin_field(struct mms_table *table)
{
	if (table->in_row)
		put_char(table, ' ');
	table->in_row = true;
}

void mms_table_u64(struct mms_table *table, u64 value)
{
	begin_field(table);
	put_u64(table, value);
}

void mms_table_hex(struct mms_table *table, u64 value)
{
	begin_field(table);
	put_hex(table, value);
}

void mms_table_word(struct mms_table *table, const char *word)
{
	begin_field(table);
	put_string(table, word);
}

void mms_table_text(struct mms_table *table, const char *text)
{
	begin_field(table);
	put_escaped(table, text);
}

void mms_table_none(struct mms_table *table)
{
	begin_field(table);
	put_char(table, '-');
}

void mms_table_set(struct mms_table *table, u64 set, const char *const *words)
{
	bool first = true;

	begin_field(table);
	if (!set)
		put_char(table, '-');
	for (; set; set >>= 1, words++) {
		if (!(set & 1))
			continue;
		if (!first)
			put_char(table, ',');
		put_string(table, *words);
		first = false;
	}
}

void mms_table_set_key(struct mms_table *table, const char *key, u64 value,
		       bool empty)
{
	if (empty && table->len)
		table->len--;	/* the `-` */
	else
		put_char(table, ',');
	put_string(table, key);
	put_char(table, '=');
	put_u64(table, value);
}

void mms_table_row(struct mms_table *table)
{
	put_char(table, '\n');
	table->in_row = false;
	table->rows++;
}

static void put_name(struct mms_table *table, const char *name)
{
	put_string(table, name);
	put_string(table, ": ");
}

void mms_table_value_u64(struct mms_table *table, const char *name, u64 value)
{
	put_name(table, name);
	put_u64(table, value);
	mms_table_row(table);
}

void mms_table_value_hex(struct mms_table *table, const char *name, u64 value)
{
	put_name(table, name);
	put_hex(table, value);
	mms_table_row(table);
}

void mms_table_value_text(struct mms_table *table, const char *name,
			  const char *text)
{
	put_name(table, name);
	put_escaped(table, text);
	mms_table_row(table);
}
