/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text format that every view uses:
 *
 *	# mmscope <dir>/<view> format=<n> key=value...
 *	# column column ...
 *	field field ...
 *	# end rows=<n> key=value...
 *
 * Fields are separated by one blank.  A view of single values has lines
 * `name: value` instead of columns and rows.
 */
#ifndef MMS_CORE_TABLE_H
#define MMS_CORE_TABLE_H

#include "env.h"

/**
 * struct mms_table - a text buffer being filled
 * @buf: the buffer.
 * @size: its size in bytes.
 * @len: bytes in use.
 * @rows: rows written so far; outlives emptying the buffer.
 * @in_row: the row has a field already.
 * @overflow: something did not fit and was left out.  Cannot happen as long
 *	as a row is begun only when mms_table_room() says so; a view that
 *	finds it set must not end the table as complete.
 */
struct mms_table {
	char *buf;
	size_t size;
	size_t len;
	u64 rows;
	bool in_row;
	bool overflow;
};

/* No row, nor first or second line, is longer. */
#define MMS_TABLE_ROW_MAX	20480

/**
 * mms_table_init() - starts an empty table
 * @table: the table.
 * @buf: where the text goes.
 * @size: size of @buf, at least %MMS_TABLE_ROW_MAX.
 */
void mms_table_init(struct mms_table *table, char *buf, size_t size);

/**
 * mms_table_room() - is there room for one more row?
 * @table: the table.
 *
 * Return: true if there is.
 */
static inline bool mms_table_room(const struct mms_table *table)
{
	return table->size - table->len >= MMS_TABLE_ROW_MAX;
}

/**
 * mms_table_room_for() - is there room for some rows of known length?
 * @table: the table.
 * @bytes: how long they are at most.
 *
 * Return: true if there is.
 */
static inline bool mms_table_room_for(const struct mms_table *table,
				      size_t bytes)
{
	return table->size - table->len >= bytes;
}

/**
 * mms_table_head() - begins the first line
 * @table: the table.
 * @view: `dir/view`.
 * @format: number of the format.
 *
 * mms_table_key_*() may follow, then mms_table_columns().
 */
void mms_table_head(struct mms_table *table, const char *view,
		    unsigned int format);

/**
 * mms_table_columns() - ends the first line and writes the second
 * @table: the table.
 * @columns: names separated by blanks, or NULL for a view of single values.
 */
void mms_table_columns(struct mms_table *table, const char *columns);

/**
 * mms_table_end() - begins the last line
 * @table: the table.
 * @complete: all that there was is in the table.
 *
 * mms_table_key_*() may follow, then mms_table_end_line().
 */
void mms_table_end(struct mms_table *table, bool complete);

/**
 * mms_table_end_line() - ends the last line
 * @table: the table.
 */
void mms_table_end_line(struct mms_table *table);

/* One `key=value` word of the first or last line. */
void mms_table_key_u64(struct mms_table *table, const char *key, u64 value);
void mms_table_key_s64(struct mms_table *table, const char *key, s64 value);
void mms_table_key_hex(struct mms_table *table, const char *key, u64 value);
void mms_table_key_word(struct mms_table *table, const char *key,
			const char *word);
void mms_table_key_text(struct mms_table *table, const char *key,
			const char *text);

/**
 * mms_table_words() - adds words to the first or last line
 * @table: the table.
 * @words: `key=value` words separated by blanks.
 */
void mms_table_words(struct mms_table *table, const char *words);

/*
 * One field of a row.  A word is written as it is; a text has blanks, control
 * characters, backslashes and bytes above 0x7e escaped as \xHH, so that it
 * stays one field, and an empty text or NULL is `-`.
 */
void mms_table_u64(struct mms_table *table, u64 value);
void mms_table_s64(struct mms_table *table, s64 value);
void mms_table_hex(struct mms_table *table, u64 value);
void mms_table_word(struct mms_table *table, const char *word);
void mms_table_text(struct mms_table *table, const char *text);
void mms_table_none(struct mms_table *table);

/**
 * mms_table_nones() - several fields in a row that are `-`
 * @table: the table.
 * @nr: how many.
 */
void mms_table_nones(struct mms_table *table, unsigned int nr);

/**
 * struct mms_cell - one or more fields that many rows have in common
 * @text: the text, without the blank before it.
 * @len: its length.
 *
 * Copied as a whole, whatever its length: that takes fewer instructions than
 * looking for the end of a string.
 */
struct mms_cell {
	char text[31];
	u8 len;
};

/**
 * mms_cell_begin() - starts to make a cell
 * @cell: the cell.
 * @table: for the calls that add its fields.
 */
void mms_cell_begin(struct mms_cell *cell, struct mms_table *table);

/**
 * mms_cell_end() - the cell has all its fields
 * @cell: the cell.
 * @table: what mms_cell_begin() has filled in.
 *
 * Return: false if they did not fit.
 */
bool mms_cell_end(struct mms_cell *cell, const struct mms_table *table);

/**
 * mms_table_cell() - fields that have been made before
 * @table: the table.
 * @cell: the fields.
 */
void mms_table_cell(struct mms_table *table, const struct mms_cell *cell);

/**
 * mms_table_set() - a field that is a set of words
 * @table: the table.
 * @set: bit i is set if word i is in the set; none gives `-`.
 * @words: the words.
 */
void mms_table_set(struct mms_table *table, u64 set, const char *const *words);

/**
 * mms_table_range() - adds a number or a range to a field just begun
 * @table: the table; mms_table_word() has begun the field with "".
 * @first: first number.
 * @last: last number.
 * @empty: it is the first of the field.
 */
void mms_table_range(struct mms_table *table, u64 first, u64 last, bool empty);

/**
 * mms_table_set_key() - adds `key=value` to the set just written
 * @table: the table.
 * @key: the key.
 * @value: its value.
 * @empty: the set was empty.
 */
void mms_table_set_key(struct mms_table *table, const char *key, u64 value,
		       bool empty);

/**
 * mms_table_set_nth() - adds `<key><n>=value` to the set just written
 * @table: the table.
 * @key: the key.
 * @n: its number.
 * @value: its value.
 * @empty: the set was empty.
 */
void mms_table_set_nth(struct mms_table *table, const char *key, u64 n,
		       u64 value, bool empty);

/**
 * mms_table_nodes() - a field that is a number for each node, as ``N0=3,N2=4``
 * @table: the table.
 * @node: the numbers; 0 is left out, and all 0 gives `-`.
 * @nr: how many nodes there are.
 */
void mms_table_nodes(struct mms_table *table, const u64 *node, unsigned int nr);

/**
 * mms_table_set_key_hex() - the same with a hexadecimal value
 * @table: the table.
 * @key: the key.
 * @value: its value.
 * @empty: the set was empty.
 */
void mms_table_set_key_hex(struct mms_table *table, const char *key, u64 value,
			   bool empty);

/**
 * mms_table_row() - ends a row
 * @table: the table.
 */
void mms_table_row(struct mms_table *table);

/* One line `name: value`, which counts as a row. */
void mms_table_value_u64(struct mms_table *table, const char *name, u64 value);
void mms_table_value_hex(struct mms_table *table, const char *name, u64 value);
void mms_table_value_text(struct mms_table *table, const char *name,
			  const char *text);

#endif /* MMS_CORE_TABLE_H */
