// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "entry.h"
#include "table.h"

/* A table in a buffer of exactly @size bytes, so that ASan sees overruns. */
static struct mms_table new_table(size_t size)
{
	struct mms_table table;
	char *buf = malloc(size ? size : 1);

	assert_non_null(buf);
	memset(buf, '#', size);
	memset(&table, 0xa5, sizeof(table));
	mms_table_init(&table, buf, size);
	return table;
}

static void expect_text(const struct mms_table *table, const char *text)
{
	expect(table->len == strlen(text) && !memcmp(table->buf, text, table->len),
	       "is \"%.*s\", not \"%s\"", (int)table->len, table->buf, text);
	assert_false(table->overflow);
}

/* Checks the text and gives up the table. */
static void finish(struct mms_table *table, const char *text)
{
	expect_text(table, text);
	free(table->buf);
}

static void test_rows(void **state)
{
	struct mms_table table = new_table(4096);

	(void)state;
	mms_table_head(&table, "process/ranges", 1);
	mms_table_key_u64(&table, "pid", 42);
	mms_table_key_text(&table, "comm", "a b");
	mms_table_key_word(&table, "mm", "none");
	mms_table_key_hex(&table, "start", 0x1000);
	mms_table_words(&table, "ignore=accessed,dirty detail=folio");
	mms_table_columns(&table, "start end state");
	mms_table_hex(&table, 0x1000);
	mms_table_hex(&table, 0x2000);
	mms_table_word(&table, "present");
	mms_table_row(&table);
	mms_table_none(&table);
	mms_table_u64(&table, 7);
	mms_table_text(&table, "x\ty");
	mms_table_row(&table);
	assert_true(table.rows == 2);
	mms_table_end(&table, true);
	mms_table_key_u64(&table, "scanned", 9);
	mms_table_end_line(&table);
	finish(&table,
	       "# mmscope process/ranges format=1 pid=42 comm=a\\x20b mm=none "
	       "start=0x1000 ignore=accessed,dirty detail=folio\n"
	       "# start end state\n"
	       "0x1000 0x2000 present\n"
	       "- 7 x\\x09y\n"
	       "# end rows=2 complete=1 scanned=9\n");
}

static void test_signed(void **state)
{
	struct mms_table table = new_table(4096);

	(void)state;
	mms_table_s64(&table, 0);
	mms_table_s64(&table, 17);
	mms_table_s64(&table, -1);
	mms_table_s64(&table, S64_MAX);
	mms_table_s64(&table, S64_MIN);
	finish(&table, "0 17 -1 9223372036854775807 -9223372036854775808");
}

static void test_values(void **state)
{
	struct mms_table table = new_table(4096);

	(void)state;
	mms_table_head(&table, "top", 12);
	mms_table_columns(&table, NULL);
	mms_table_value_u64(&table, "count", 3);
	mms_table_value_hex(&table, "address", 0xabc);
	mms_table_value_text(&table, "name", "a\\b c");
	mms_table_value_text(&table, "nothing", NULL);
	mms_table_end(&table, false);
	mms_table_end_line(&table);
	finish(&table, "# mmscope top format=12\n"
	       "count: 3\naddress: 0xabc\nname: a\\x5cb\\x20c\nnothing: -\n"
	       "# end rows=4 complete=0\n");
}

/* The rows are counted over all fillings of the buffer. */
static void test_emptied(void **state)
{
	struct mms_table table = new_table(64);
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		table.len = 0;
		mms_table_u64(&table, i);
		mms_table_word(&table, "w");
		mms_table_row(&table);
	}
	expect_text(&table, "999 w\n");
	table.len = 0;
	mms_table_end(&table, true);
	finish(&table, "# end rows=1000 complete=1");
}

/* A cell is as good as the fields that it is made of. */
static void test_cells(void **state)
{
	struct mms_table table = new_table(256), text;
	struct mms_cell cell, too_long;

	(void)state;
	mms_cell_begin(&cell, &text);
	mms_table_u64(&text, 1023);
	mms_table_word(&text, "Movable");
	assert_true(mms_cell_end(&cell, &text));
	mms_table_cell(&table, &cell);
	mms_table_cell(&table, &cell);
	mms_table_u64(&table, 7);
	mms_table_row(&table);
	mms_table_word(&table, "w");
	mms_table_cell(&table, &cell);
	mms_table_row(&table);
	assert_int_equal(table.rows, 2);
	finish(&table, "1023 Movable 1023 Movable 7\nw 1023 Movable\n");

	mms_cell_begin(&too_long, &text);
	mms_table_word(&text, "0123456789");
	mms_table_word(&text, "0123456789");
	mms_table_word(&text, "0123456789");
	assert_false(mms_cell_end(&too_long, &text));
	assert_true(too_long.len <= sizeof(too_long.text));
}

/* Where a cell does not fit, nothing is written. */
static void test_cell_overflow(void **state)
{
	struct mms_table text, table = new_table(sizeof(struct mms_cell));
	struct mms_cell cell;

	(void)state;
	mms_cell_begin(&cell, &text);
	mms_table_word(&text, "x");
	mms_cell_end(&cell, &text);
	mms_table_cell(&table, &cell);
	assert_false(table.overflow);
	assert_int_equal(table.len, 1);
	mms_table_cell(&table, &cell);
	assert_true(table.overflow);
	assert_int_equal(table.len, 1);
	free(table.buf);
}

static void check_number(u64 value)
{
	struct mms_table table = new_table(64);
	char text[64];

	mms_table_u64(&table, value);
	mms_table_hex(&table, value);
	snprintf(text, sizeof(text), "%llu 0x%llx", value, value);
	finish(&table, text);
}

static void test_numbers(void **state)
{
	u64 power = 1, seed = 0x123456789;
	unsigned int i;

	(void)state;
	check_number(0);
	check_number(U64_MAX);
	check_number(U64_MAX - 1);
	for (i = 0; i < 64; i++) {
		check_number(1ULL << i);
		check_number((1ULL << i) - 1);
		check_number((1ULL << i) + 1);
		check_number(unit_random(&seed) >> i);
	}
	for (i = 0; i < 20; i++, power *= 10) {
		check_number(power);
		check_number(power - 1);
		check_number(power + 1);
	}
}

static void check_text(const char *text, const char *escaped)
{
	struct mms_table table = new_table(4096);
	char line[256];

	mms_table_text(&table, text);
	expect_text(&table, escaped);
	table.len = 0;
	table.in_row = false;
	mms_table_key_text(&table, "k", text);
	snprintf(line, sizeof(line), " k=%s", escaped);
	expect_text(&table, line);
	table.len = 0;
	mms_table_value_text(&table, "k", text);
	snprintf(line, sizeof(line), "k: %s\n", escaped);
	finish(&table, line);
}

static void test_texts(void **state)
{
	(void)state;
	check_text(NULL, "-");
	check_text("", "-");
	/* A text that is a dash is not the same as none. */
	check_text("-", "\\x2d");
	check_text("--", "--");
	check_text("-a", "-a");
	check_text("a-", "a-");
	check_text(" ", "\\x20");
	check_text("/lib/x y.so (deleted)", "/lib/x\\x20y.so\\x20(deleted)");
	check_text("\n# end rows=0\n", "\\x0a#\\x20end\\x20rows=0\\x0a");
	check_text("\xc3\xa4\xff", "\\xc3\\xa4\\xff");
	check_text("[heap]", "[heap]");
}

static void test_every_byte(void **state)
{
	char text[4], escaped[16];
	unsigned int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		snprintf(text, sizeof(text), "a%cz", (char)c);
		if (c <= 0x20 || c >= 0x7f || c == '\\')
			snprintf(escaped, sizeof(escaped), "a\\x%02xz", c);
		else
			snprintf(escaped, sizeof(escaped), "a%cz", (char)c);
		check_text(text, escaped);
	}
}

static void test_sets(void **state)
{
	static const struct {
		u64 set;
		const char *text;
	} sets[] = {
		{ 0, "-" },
		{ MMS_F_WRITE, "write" },
		{ MMS_F_UFFD_RWP, "uffd_rwp" },
		{ MMS_F_WRITE | MMS_F_UFFD_RWP, "write,uffd_rwp" },
		{ MMS_F_WRITE | MMS_F_USER | MMS_F_DIRTY, "write,user,dirty" },
	};
	const char *words[64];
	struct mms_table table;
	char text[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		table = new_table(4096);
		mms_table_set(&table, sets[i].set, mms_flag_names);
		expect_text(&table, sets[i].text);
		/* A key joins the words, or stands in for the dash. */
		mms_table_set_key(&table, "pkey", 15, !sets[i].set);
		snprintf(text, sizeof(text), "%s%spkey=15",
			 sets[i].set ? sets[i].text : "", sets[i].set ? "," : "");
		expect_text(&table, text);
		/* The next field does not stick to it. */
		mms_table_none(&table);
		strcat(text, " -");
		finish(&table, text);
	}

	/* In a later field only the own dash goes. */
	table = new_table(4096);
	mms_table_none(&table);
	mms_table_set(&table, 0, mms_flag_names);
	mms_table_set_key(&table, "pkey", 1, true);
	finish(&table, "- pkey=1");

	table = new_table(4096);
	mms_table_set(&table, 0, mms_flag_names);
	mms_table_set_key_hex(&table, "va", 0x7f0000001000, true);
	mms_table_set_key(&table, "pid", 1, false);
	finish(&table, "va=0x7f0000001000,pid=1");

	table = new_table(4096);
	mms_table_set(&table, 0, mms_flag_names);
	mms_table_set_nth(&table, "N", 0, 512, true);
	mms_table_set_nth(&table, "N", 1023, U64_MAX, false);
	finish(&table, "N0=512,N1023=18446744073709551615");

	table = new_table(4096);
	mms_table_nodes(&table, (const u64[]){ 0, 7, 0, 5, 0 }, 5);
	mms_table_nodes(&table, (const u64[]){ 0, 0 }, 2);
	mms_table_nones(&table, 3);
	mms_table_nones(&table, 0);
	mms_table_nodes(&table, (const u64[]){ U64_MAX }, 1);
	finish(&table, "N1=7,N3=5 - - - - N0=18446744073709551615");

	table = new_table(4096);
	mms_table_none(&table);
	mms_table_word(&table, "");
	mms_table_range(&table, 0, 0, true);
	mms_table_range(&table, 2, 3, false);
	mms_table_range(&table, 5, U64_MAX, false);
	mms_table_none(&table);
	finish(&table, "- 0,2-3,5-18446744073709551615 -");

	for (i = 0; i < 64; i++)
		words[i] = i & 1 ? "b" : "a";
	table = new_table(4096);
	mms_table_set(&table, ~0ULL, words);
	assert_int_equal(table.len, 127);
	table.len = 0;
	table.in_row = false;
	mms_table_set(&table, BIT_ULL(63) | 1, words);
	finish(&table, "a,b");
}

/* Writes with every function there is. */
static void write_all(struct mms_table *table)
{
	mms_table_head(table, "process/vmas", 1);
	mms_table_key_u64(table, "u64", U64_MAX);
	mms_table_key_hex(table, "hex", U64_MAX);
	mms_table_key_word(table, "word", "self");
	mms_table_key_text(table, "text", "\n\n");
	mms_table_words(table, "a=1 b=2");
	mms_table_columns(table, "a b");
	mms_table_set(table, 0, mms_flag_names);
	mms_table_set_key(table, "pkey", 3, true);
	mms_table_set(table, 5, mms_flag_names);
	mms_table_set_key(table, "pkey", 3, false);
	mms_table_set_nth(table, "N", 1, 3, false);
	mms_table_u64(table, U64_MAX);
	mms_table_hex(table, U64_MAX);
	mms_table_word(table, "word");
	mms_table_text(table, "a text");
	mms_table_none(table);
	mms_table_row(table);
	mms_table_value_u64(table, "u64", U64_MAX);
	mms_table_value_hex(table, "hex", U64_MAX);
	mms_table_value_text(table, "text", "\t");
}

static void test_overflow(void **state)
{
	struct mms_table full = new_table(4096), table;
	size_t size;

	(void)state;
	write_all(&full);
	for (size = 0; size < full.len + 40; size++) {
		table = new_table(size);
		write_all(&table);
		assert_true(table.len <= size);
		assert_true(table.rows == 4);
		/* Either all is there, or it says that it is not. */
		if (size >= full.len + 20)
			assert_false(table.overflow);
		if (size < full.len)
			assert_true(table.overflow);
		if (!table.overflow) {
			assert_int_equal(table.len, full.len);
			assert_memory_equal(table.buf, full.buf, full.len);
		}
		free(table.buf);
	}
	free(full.buf);
}

/* What was lost once makes the table incomplete to the end. */
static void test_overflow_end(void **state)
{
	struct mms_table table = new_table(64);
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++)
		mms_table_word(&table, "word");
	mms_table_row(&table);
	assert_true(table.overflow);
	table.len = 0;
	mms_table_end(&table, true);
	mms_table_end_line(&table);
	assert_int_equal(table.len, strlen("# end rows=1 complete=0\n"));
	assert_memory_equal(table.buf, "# end rows=1 complete=0\n", table.len);
	free(table.buf);
}

static void test_room(void **state)
{
	struct mms_table table = new_table(MMS_TABLE_ROW_MAX + 10);

	(void)state;
	assert_true(mms_table_room(&table));
	table.len = 10;
	assert_true(mms_table_room(&table));
	table.len = 11;
	assert_false(mms_table_room(&table));
	table.len = table.size;
	assert_false(mms_table_room(&table));
	free(table.buf);
}

/* The name of a mapping: a path of PATH_MAX - 1 bytes, each one escaped. */
static void test_longest_row(void **state)
{
	struct mms_table table = new_table(MMS_TABLE_ROW_MAX);
	char name[4096];
	unsigned int i;

	(void)state;
	memset(name, '\n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_true(mms_table_room(&table));
	for (i = 0; i < 16; i++)
		mms_table_u64(&table, U64_MAX);
	mms_table_set(&table, BIT_ULL(MMS_NR_FLAGS) - 1, mms_flag_names);
	mms_table_set_key(&table, "pkey", 15, false);
	mms_table_text(&table, name);
	mms_table_row(&table);
	assert_false(table.overflow);
	assert_int_equal(table.buf[table.len - 1], '\n');
	assert_memory_equal(table.buf + table.len - 5, "\\x0a", 4);
	free(table.buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_emptied),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_cell_overflow),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_overflow_end),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_longest_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
