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

/* Room for @n bytes, or NULL.  What is written there is added to ->len. */
static char *room(struct mms_table *table, size_t n)
{
	if (unlikely(table->size - table->len < n)) {
		table->overflow = true;
		return NULL;
	}
	return table->buf + table->len;
}

static void put_char(struct mms_table *table, char c)
{
	char *to = room(table, 1);

	if (!to)
		return;
	*to = c;
	table->len++;
}

static void put_string(struct mms_table *table, const char *s)
{
	size_t n = strlen(s);
	char *to = room(table, n);

	if (!to)
		return;
	memcpy(to, s, n);
	table->len += n;
}

/* Number of decimal digits: log10(2) is a little more than 1233 / 4096. */
static unsigned int nr_digits(u64 value)
{
	static const u64 powers[] = {
		1ULL, 10ULL, 100ULL, 1000ULL, 10000ULL, 100000ULL, 1000000ULL,
		10000000ULL, 100000000ULL, 1000000000ULL, 10000000000ULL,
		100000000000ULL, 1000000000000ULL, 10000000000000ULL,
		100000000000000ULL, 1000000000000000ULL, 10000000000000000ULL,
		100000000000000000ULL, 1000000000000000000ULL,
		10000000000000000000ULL,
	};
	unsigned int n = (64 - __builtin_clzll(value | 1)) * 1233 >> 12;

	return n + (value >= powers[n]);
}

static void put_u64(struct mms_table *table, u64 value)
{
	char *to = room(table, 20);
	unsigned int n;

	if (!to)
		return;
	if (value < 10) {
		*to = '0' + value;
		table->len++;
		return;
	}
	n = nr_digits(value);
	table->len += n;
	to += n;
	do {
		*--to = '0' + value % 10;
		value /= 10;
	} while (value);
}

static void put_s64(struct mms_table *table, s64 value)
{
	if (value < 0)
		put_char(table, '-');
	put_u64(table, value < 0 ? -(u64)value : (u64)value);
}

static void put_hex(struct mms_table *table, u64 value)
{
	char *to = room(table, 18), *end;
	unsigned int digits = 1;

	if (!to)
		return;
	if (value)
		digits = (67 - __builtin_clzll(value)) / 4;
	*to++ = '0';
	*to++ = 'x';
	table->len += 2 + digits;
	end = to + digits;
	do {
		*--end = "0123456789abcdef"[value & 0xf];
		value >>= 4;
	} while (end > to);
}

/* Stands for itself in a field: no blank, no control character, no backslash. */
static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '\\';
}

static char *escape(char *to, unsigned char c)
{
	*to++ = '\\';
	*to++ = 'x';
	*to++ = "0123456789abcdef"[c >> 4];
	*to++ = "0123456789abcdef"[c & 0xf];
	return to;
}

static void put_escaped(struct mms_table *table, const char *text)
{
	const char *s;
	char *to;

	if (!text || !*text) {
		put_char(table, '-');
		return;
	}
	to = room(table, 4 * strlen(text));
	if (!to)
		return;
	/* A text that is just `-` must not look like "none". */
	if (text[0] == '-' && !text[1])
		to = escape(to, *text++);
	for (s = text; *s; s++) {
		if (is_plain(*s))
			*to++ = *s;
		else
			to = escape(to, *s);
	}
	table->len = to - table->buf;
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

void mms_table_key_s64(struct mms_table *table, const char *key, s64 value)
{
	put_key(table, key);
	put_s64(table, value);
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

void mms_table_words(struct mms_table *table, const char *words)
{
	put_char(table, ' ');
	put_string(table, words);
}

static void begin_field(struct mms_table *table)
{
	if (table->in_row)
		put_char(table, ' ');
	table->in_row = true;
}

/* Most numbers of most rows are small: blank and digit at once. */
static bool put_small(struct mms_table *table, u64 value)
{
	char *to = table->buf + table->len;

	if (value >= 10 || !table->in_row || table->size - table->len < 2)
		return false;
	to[0] = ' ';
	to[1] = '0' + value;
	table->len += 2;
	return true;
}

void mms_table_u64(struct mms_table *table, u64 value)
{
	if (put_small(table, value))
		return;
	begin_field(table);
	put_u64(table, value);
}

void mms_table_s64(struct mms_table *table, s64 value)
{
	begin_field(table);
	put_s64(table, value);
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

void mms_table_nones(struct mms_table *table, unsigned int nr)
{
	while (nr--)
		mms_table_none(table);
}

void mms_cell_begin(struct mms_cell *cell, struct mms_table *table)
{
	mms_table_init(table, cell->text, sizeof(cell->text));
}

bool mms_cell_end(struct mms_cell *cell, const struct mms_table *table)
{
	cell->len = table->len;
	return !table->overflow;
}

void mms_table_cell(struct mms_table *table, const struct mms_cell *cell)
{
	char *to = room(table, sizeof(cell->text) + 1);

	if (!to)
		return;
	*to = ' ';
	to += table->in_row;
	table->len += cell->len + table->in_row;
	table->in_row = true;
	memcpy(to, cell->text, sizeof(cell->text));
}

void mms_table_set(struct mms_table *table, u64 set, const char *const *words)
{
	begin_field(table);
	if (!set)
		put_char(table, '-');
	while (set) {
		put_string(table, words[__builtin_ctzll(set)]);
		set &= set - 1;
		if (set)
			put_char(table, ',');
	}
}

void mms_table_range(struct mms_table *table, u64 first, u64 last, bool empty)
{
	if (!empty)
		put_char(table, ',');
	put_u64(table, first);
	if (last == first)
		return;
	put_char(table, '-');
	put_u64(table, last);
}

static void set_name(struct mms_table *table, const char *name, bool empty)
{
	if (empty && table->len)
		table->len--;	/* the `-` */
	else
		put_char(table, ',');
	put_string(table, name);
}

static void set_key(struct mms_table *table, const char *key, bool empty)
{
	set_name(table, key, empty);
	put_char(table, '=');
}

void mms_table_set_nth(struct mms_table *table, const char *key, u64 n,
		       u64 value, bool empty)
{
	set_name(table, key, empty);
	put_u64(table, n);
	put_char(table, '=');
	put_u64(table, value);
}

void mms_table_nodes(struct mms_table *table, const u64 *node, unsigned int nr)
{
	bool empty = true;
	unsigned int i;

	mms_table_none(table);
	for (i = 0; i < nr; i++) {
		if (!node[i])
			continue;
		mms_table_set_nth(table, "N", i, node[i], empty);
		empty = false;
	}
}

void mms_table_set_key(struct mms_table *table, const char *key, u64 value,
		       bool empty)
{
	set_key(table, key, empty);
	put_u64(table, value);
}

void mms_table_set_key_hex(struct mms_table *table, const char *key, u64 value,
			   bool empty)
{
	set_key(table, key, empty);
	put_hex(table, value);
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
