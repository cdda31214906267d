// SPDX-License-Identifier: GPL-2.0-only
/* Questions to BTF that was built by hand, damaged BTF among it. */
#include "unit.h"
#include "btf.h"
#include "btf_blob.h"

/* What is expected of a question: err, then the results. */
struct answer {
	struct mms_btf_want want;
	int err;
	u32 offset;
	u32 size;
	u32 nr_elems;
	u32 bit_offset;
	u32 bits;
	s64 value;
};

#define SIZE(t)			{ .what = MMS_BTF_SIZE, .type = t }
#define MEMBER(t, m)		{ .what = MMS_BTF_MEMBER, .type = t, .member = m }
#define BITFIELD(t, m)		{ .what = MMS_BTF_BITFIELD, .type = t, .member = m }
#define VARIABLE(t, m)		{ .what = MMS_BTF_VARIABLE, .type = t, .member = m }
#define ENUMERATOR(t, m)	{ .what = MMS_BTF_ENUMERATOR, .type = t, .member = m }

static void check_answer(const struct mms_btf_want *want,
			 const struct answer *expected)
{
	expect(want->err == expected->err, "%s.%s: err %d",
	       want->type, want->member, want->err);
	expect(want->offset == expected->offset, "%s.%s: offset %u",
	       want->type, want->member, want->offset);
	expect(want->size == expected->size, "%s.%s: size %u",
	       want->type, want->member, want->size);
	expect(want->nr_elems == expected->nr_elems, "%s.%s: nr_elems %u",
	       want->type, want->member, want->nr_elems);
	expect(want->bit_offset == expected->bit_offset, "%s.%s: bit_offset %u",
	       want->type, want->member, want->bit_offset);
	expect(want->bits == expected->bits, "%s.%s: bits %u",
	       want->type, want->member, want->bits);
	expect(want->value == expected->value, "%s.%s: value %lld",
	       want->type, want->member, want->value);
}

/* Asks @nr questions at once, with indices from tiny to large. */
static void ask_all(const struct blob *blob, const struct answer *answers,
		    unsigned int nr)
{
	static const u32 nr_index[] = { 1, 2, 3, 5, 8, 4096 };
	static u32 index[4096];
	struct mms_btf_want wants[64];
	unsigned int i, k, failures = 0;
	struct mms_btf btf;
	size_t size;
	void *data = blob_finish(blob, &size);

	assert_true(nr <= ARRAY_SIZE(wants));
	for (i = 0; i < nr; i++)
		failures += !!answers[i].err;
	for (k = 0; k < ARRAY_SIZE(nr_index); k++) {
		for (i = 0; i < nr; i++) {
			/* Old results must not survive. */
			memset(&wants[i], 0xa5, sizeof(wants[i]));
			wants[i].what = answers[i].want.what;
			wants[i].type = answers[i].want.type;
			wants[i].member = answers[i].want.member;
		}
		assert_int_equal(mms_btf_open(&btf, data, size, index,
					      nr_index[k]), 0);
		assert_int_equal(btf.nr_types, blob->nr_types);
		assert_int_equal(mms_btf_resolve(&btf, wants, nr), failures);
		for (i = 0; i < nr; i++)
			check_answer(&wants[i], &answers[i]);
	}
	free(data);
}

#define ASK(blob, answers)	ask_all(blob, answers, ARRAY_SIZE(answers))

static void ask(const struct blob *blob, struct answer answer)
{
	ask_all(blob, &answer, 1);
}

static void test_every_kind(void **state)
{
	static const struct answer answers[] = {
		{ SIZE("record"), .size = 8, .nr_elems = 1 },
		{ MEMBER("record", "field"), 0, 4, 4, 1 },
		{ SIZE("choice"), .size = 8, .nr_elems = 1 },
		{ MEMBER("choice", "inner"), 0, 0, 8, 1 },
		{ MEMBER("choice", "inner.field"), 0, 4, 4, 1 },
		{ MEMBER("alias", "field"), 0, 4, 4, 1 },
		{ SIZE("alias"), .size = 8, .nr_elems = 1 },
		{ SIZE("colour"), .size = 4, .nr_elems = 1 },
		{ ENUMERATOR("colour", "RED"), .value = -1 },
		{ SIZE("wide"), .size = 8, .nr_elems = 1 },
		{ ENUMERATOR("wide", "HUGE_VALUE"), .value = 0x0123456789abcdef },
		{ ENUMERATOR(NULL, "HUGE_VALUE"), .value = 0x0123456789abcdef },
		{ MEMBER("last", "end"), 0, 0, 4, 1 },
		{ VARIABLE(".data", "variable"), 0, 0, 4, 1 },
		/* Names of other kinds are no types to ask about. */
		{ SIZE("unseen"), -ENOENT },
		{ SIZE("function"), -ENOENT },
		{ SIZE("variable"), -ENOENT },
		{ SIZE(".data"), -ENOENT },
		{ SIZE("tag"), -ENOENT },
		{ SIZE("user"), -ENOENT },
		/* Nearly the same names. */
		{ SIZE("recor"), -ENOENT },
		{ SIZE("records"), -ENOENT },
		{ MEMBER("record", "fiel"), -ENOENT },
		{ MEMBER("record", "fields"), -ENOENT },
		{ MEMBER("record", "number"), -ENOENT },
		{ ENUMERATOR("colour", "RE"), -ENOENT },
		{ ENUMERATOR("colour", "REDDER"), -ENOENT },
		{ ENUMERATOR(NULL, "RE"), -ENOENT },
		{ ENUMERATOR("colour", "HUGE_VALUE"), -ENOENT },
		/* Questions that do not suit the kind. */
		{ MEMBER("colour", "RED"), -ENOENT },
		{ ENUMERATOR("record", "field"), -ENOENT },
		{ VARIABLE("record", "field"), -ENOENT },
		{ VARIABLE(".data", "variables"), -ENOENT },
		{ VARIABLE(".dat", "variable"), -ENOENT },
		{ MEMBER(".data", "variable"), -ENOENT },
	};
	struct blob *blob = blob_new();

	(void)state;
	blob_every_kind(blob);
	ASK(blob, answers);
	free(blob);
}

static void test_senseless(void **state)
{
	static const struct answer answers[] = {
		{ SIZE(NULL), -EINVAL },
		{ SIZE(""), -EINVAL },
		{ MEMBER(NULL, "field"), -EINVAL },
		{ MEMBER("", "field"), -EINVAL },
		{ MEMBER("record", NULL), -EINVAL },
		{ MEMBER("record", ""), -EINVAL },
		{ MEMBER("record", "."), -EINVAL },
		{ MEMBER("record", ".field"), -EINVAL },
		{ MEMBER("choice", "inner."), -EINVAL },
		{ MEMBER("choice", "inner..field"), -EINVAL },
		{ BITFIELD("record", NULL), -EINVAL },
		{ ENUMERATOR(NULL, NULL), -EINVAL },
		{ ENUMERATOR(NULL, ""), -EINVAL },
		{ ENUMERATOR("", "RED"), -EINVAL },
		{ ENUMERATOR("colour", NULL), -EINVAL },
		{ ENUMERATOR("colour", ""), -EINVAL },
		{ { .what = 99, .type = "record", .member = "field" }, -EINVAL },
		/* They do not disturb the others. */
		{ MEMBER("record", "field"), 0, 4, 4, 1 },
		{ MEMBER("record", "field.x"), -ENOENT },
	};
	struct blob *blob = blob_new();

	(void)state;
	blob_every_kind(blob);
	ASK(blob, answers);
	free(blob);
}

/*
 * struct outer {
 *	int first;
 *	union {
 *		struct { int a; int b; };	(through a const typedef)
 *		long both;
 *	};
 *	const inner_t volatile inner;		(a typedef of struct inner)
 *	int *pointer;
 *	short grid[3][4];
 *	struct { char deep; } named;
 *	char rest[];
 * };
 */
static struct blob *nested_blob(void)
{
	struct blob *blob = blob_new();
	u32 num, small, wide, pair, both, inner, pointer, grid, named, rest;

	num = blob_int(blob, "int", 4);
	small = blob_int(blob, "short", 2);
	wide = blob_int(blob, "long", 8);
	pair = blob_type(blob, NULL, BTF_KIND_STRUCT, false, 2, 8);
	blob_member(blob, "a", num, 0);
	blob_member(blob, "b", num, 32);
	pair = blob_type(blob, "pair_t", BTF_KIND_TYPEDEF, false, 0, pair);
	pair = blob_type(blob, NULL, BTF_KIND_CONST, false, 0, pair);
	both = blob_type(blob, NULL, BTF_KIND_UNION, false, 2, 8);
	blob_member(blob, NULL, pair, 0);
	blob_member(blob, "both", wide, 0);
	inner = blob_struct(blob, "inner", 16, "x", wide, 64);
	inner = blob_type(blob, "inner_t", BTF_KIND_TYPEDEF, false, 0, inner);
	inner = blob_type(blob, NULL, BTF_KIND_CONST, false, 0, inner);
	inner = blob_type(blob, NULL, BTF_KIND_VOLATILE, false, 0, inner);
	inner = blob_type(blob, "tag", BTF_KIND_TYPE_TAG, false, 0, inner);
	pointer = blob_type(blob, NULL, BTF_KIND_PTR, false, 0, num);
	pointer = blob_type(blob, NULL, BTF_KIND_RESTRICT, false, 0, pointer);
	grid = blob_array(blob, small, 4);
	grid = blob_type(blob, NULL, BTF_KIND_CONST, false, 0, grid);
	grid = blob_array(blob, grid, 3);
	rest = blob_array(blob, small, 0);
	/* The structure stands in front of one of its members' types. */
	named = blob->nr_types + 2;
	blob_type(blob, "outer", BTF_KIND_STRUCT, false, 7, 72);
	blob_member(blob, "first", num, 0);
	blob_member(blob, NULL, both, 64);
	blob_member(blob, "inner", inner, 128);
	blob_member(blob, "pointer", pointer, 256);
	blob_member(blob, "grid", grid, 320);
	blob_member(blob, "named", named, 512);
	blob_member(blob, "rest", rest, 528);
	assert_int_equal(blob_struct(blob, NULL, 2, "deep", small, 0), named);
	blob_type(blob, "grid_t", BTF_KIND_TYPEDEF, false, 0, grid);
	return blob;
}

static void test_nested(void **state)
{
	static const struct answer answers[] = {
		{ SIZE("outer"), .size = 72, .nr_elems = 1 },
		{ MEMBER("outer", "first"), 0, 0, 4, 1 },
		{ MEMBER("outer", "a"), 0, 8, 4, 1 },
		{ MEMBER("outer", "b"), 0, 12, 4, 1 },
		{ MEMBER("outer", "both"), 0, 8, 8, 1 },
		{ MEMBER("outer", "inner"), 0, 16, 16, 1 },
		{ MEMBER("outer", "inner.x"), 0, 24, 8, 1 },
		{ MEMBER("inner_t", "x"), 0, 8, 8, 1 },
		{ MEMBER("outer", "pointer"), 0, 32, 8, 1 },
		{ MEMBER("outer", "grid"), 0, 40, 2, 12 },
		{ SIZE("grid_t"), .size = 2, .nr_elems = 12 },
		{ MEMBER("outer", "named"), 0, 64, 2, 1 },
		{ MEMBER("outer", "named.deep"), 0, 64, 2, 1 },
		{ MEMBER("outer", "rest"), 0, 66, 2, 0 },
		{ MEMBER("outer", "deep"), -ENOENT },
		{ MEMBER("outer", "x"), -ENOENT },
		{ MEMBER("outer", "inner.y"), -ENOENT },
		{ MEMBER("outer", "a.b"), -ENOENT },
		{ MEMBER("outer", "grid.x"), -ENOENT },
		{ MEMBER("outer", "pointer.x"), -ENOENT },
		{ MEMBER("outer", "pair_t"), -ENOENT },
	};
	struct blob *blob = nested_blob();

	(void)state;
	ASK(blob, answers);
	free(blob);
}

#define FIELD(width, bit)	((u32)(width) << 24 | (bit))

static void test_bitfields(void **state)
{
	static const struct answer answers[] = {
		{ BITFIELD("new", "low"), 0, 8, 2, 1, .bits = 16 },
		{ BITFIELD("new", "mid"), 0, 10, 2, 1, .bits = 15 },
		{ BITFIELD("new", "top"), 0, 11, 1, 1, 7, 1 },
		{ BITFIELD("new", "across"), 0, 12, 3, 1, 7, 10 },
		{ BITFIELD("new", "plain"), 0, 0, 4, 1, .bits = 32 },
		{ BITFIELD("new", "word"), 0, 16, 8, 1, .bits = 64 },
		{ MEMBER("new", "plain"), 0, 0, 4, 1 },
		{ MEMBER("new", "low"), -EOPNOTSUPP },
		{ MEMBER("new", "top"), -EOPNOTSUPP },
		{ BITFIELD("new", "many"), -EOPNOTSUPP },
		{ BITFIELD("new", "huge"), -EOPNOTSUPP },
		{ MEMBER("new", "many"), 0, 24, 4, 2 },
		{ BITFIELD("new", "too_wide"), -EINVAL },
		{ BITFIELD("new", "low.x"), -ENOENT },
		{ BITFIELD("new", "in.inside"), 0, 48, 1, 1, 3, 2 },
		/* The way before the flag: an INT of fewer bits. */
		{ MEMBER("old", "bits"), -EOPNOTSUPP },
		{ BITFIELD("old", "bits"), -EOPNOTSUPP },
		{ MEMBER("old", "skewed"), -EOPNOTSUPP },
		{ BITFIELD("old", "skewed"), 0, 4, 5, 1, 1, 32 },
	};
	struct blob *blob = blob_new();
	u32 num, wide, three, many, huge, in;

	(void)state;
	num = blob_int(blob, "int", 4);
	wide = blob_int(blob, "long", 8);
	many = blob_array(blob, num, 2);
	huge = blob_struct(blob, "huge", 16, "x", wide, 0);
	in = blob_type(blob, "in", BTF_KIND_STRUCT, true, 1, 8);
	blob_member(blob, "inside", num, FIELD(2, 3));
	blob_type(blob, "new", BTF_KIND_STRUCT, true, 10, 64);
	blob_member(blob, "plain", num, 0);
	blob_member(blob, "low", num, FIELD(16, 64));
	blob_member(blob, "mid", num, FIELD(15, 80));
	blob_member(blob, "top", num, FIELD(1, 95));
	blob_member(blob, "across", num, FIELD(10, 103));
	blob_member(blob, "word", wide, 128);
	blob_member(blob, "many", many, 192);
	blob_member(blob, "huge", huge, 256);
	blob_member(blob, "in", in, 384);
	blob_member(blob, "too_wide", num, FIELD(33, 448));
	three = blob_type(blob, "int", BTF_KIND_INT, false, 0, 4);
	blob_word(blob, 3);
	blob_type(blob, "old", BTF_KIND_STRUCT, false, 2, 16);
	blob_member(blob, "bits", three, 0);
	blob_member(blob, "skewed", num, 33);
	ASK(blob, answers);
	free(blob);
}

static void test_no_size(void **state)
{
	static const struct answer answers[] = {
		{ MEMBER("holder", "nothing"), -EOPNOTSUPP },
		{ MEMBER("holder", "unseen"), -EOPNOTSUPP },
		{ MEMBER("holder", "function"), -EOPNOTSUPP },
		{ MEMBER("holder", "items"), -EOPNOTSUPP },
		{ MEMBER("holder", "nothing.x"), -EOPNOTSUPP },
		{ MEMBER("holder", "unseen.x"), -ENOENT },
		{ MEMBER("holder", "number"), 0, 0, 8, 1 },
		{ SIZE("void_t"), -EOPNOTSUPP },
		{ SIZE("proto_t"), -EOPNOTSUPP },
		{ SIZE("double_t"), .size = 8, .nr_elems = 1 },
	};
	struct blob *blob = blob_new();
	u32 number, unseen, proto, items;

	(void)state;
	number = blob_type(blob, "double", BTF_KIND_FLOAT, false, 0, 8);
	unseen = blob_type(blob, "unseen", BTF_KIND_FWD, false, 0, 0);
	proto = blob_type(blob, NULL, BTF_KIND_FUNC_PROTO, false, 0, 0);
	items = blob_array(blob, unseen, 3);
	blob_type(blob, "holder", BTF_KIND_STRUCT, false, 5, 8);
	blob_member(blob, "nothing", 0, 0);
	blob_member(blob, "unseen", unseen, 0);
	blob_member(blob, "function", proto, 0);
	blob_member(blob, "items", items, 0);
	blob_member(blob, "number", number, 0);
	blob_type(blob, "void_t", BTF_KIND_TYPEDEF, false, 0, 0);
	blob_type(blob, "proto_t", BTF_KIND_TYPEDEF, false, 0, proto);
	blob_type(blob, "double_t", BTF_KIND_TYPEDEF, false, 0, number);
	ASK(blob, answers);
	free(blob);
}

static void test_enumerators(void **state)
{
	static const struct answer answers[] = {
		{ ENUMERATOR("sign", "MINUS"), .value = -5 },
		{ ENUMERATOR("sign", "ZERO"), .value = 0 },
		{ ENUMERATOR(NULL, "MINUS"), .value = -5 },
		{ ENUMERATOR("nosign", "BIG"), .value = 0xfffffffb },
		{ ENUMERATOR("wide", "LEAST"), .value = S64_MIN },
		{ ENUMERATOR(NULL, "LEAST"), .value = S64_MIN },
		{ ENUMERATOR(NULL, "HIDDEN"), .value = 7 },
		{ ENUMERATOR("name_t", "HIDDEN"), .value = 7 },
		/* Twice, and the same. */
		{ ENUMERATOR(NULL, "AGREED"), .value = 3 },
		/* Twice, and different: once alone, once through the name. */
		{ ENUMERATOR(NULL, "DISPUTED"), -ENOTUNIQ },
		{ ENUMERATOR("one", "DISPUTED"), .value = 0 },
		{ ENUMERATOR("two", "DISPUTED"), .value = 1 },
		{ ENUMERATOR("one", "AGREED"), -ENOENT },
		{ ENUMERATOR(NULL, "ABSENT"), -ENOENT },
		{ ENUMERATOR("absent", "ZERO"), -ENOENT },
		/* The same question twice. */
		{ ENUMERATOR(NULL, "MINUS"), .value = -5 },
	};
	struct blob *blob = blob_new();
	u32 hidden;

	(void)state;
	blob_type(blob, "sign", BTF_KIND_ENUM, true, 2, 4);
	blob_word(blob, blob_str(blob, "ZERO"));
	blob_word(blob, 0);
	blob_word(blob, blob_str(blob, "MINUS"));
	blob_word(blob, -5);
	blob_type(blob, "nosign", BTF_KIND_ENUM, false, 1, 4);
	blob_word(blob, blob_str(blob, "BIG"));
	blob_word(blob, -5);
	blob_type(blob, "wide", BTF_KIND_ENUM64, true, 1, 8);
	blob_word(blob, blob_str(blob, "LEAST"));
	blob_word(blob, 0);
	blob_word(blob, 0x80000000);
	hidden = blob_enum(blob, NULL, "HIDDEN", 7);
	blob_type(blob, "name_t", BTF_KIND_TYPEDEF, false, 0, hidden);
	blob_enum(blob, NULL, "AGREED", 3);
	blob_enum(blob, "other", "AGREED", 3);
	blob_enum(blob, "one", "DISPUTED", 0);
	blob_enum(blob, "two", "DISPUTED", 1);
	blob_enum(blob, NULL, "DISPUTED", 0);
	ASK(blob, answers);
	free(blob);
}

/* Several types of one name */

/* Each has an offset in its section, and the size that the section gives. */
static void test_variables(void **state)
{
	static const struct answer answers[] = {
		{ VARIABLE(".percpu", "first"), 0, 0, 4, 1 },
		{ VARIABLE(".percpu", "second"), 0, 64, 400, 1 },
		{ VARIABLE(".bad", "second"), -EINVAL },
		{ VARIABLE(".bad", NULL), -EINVAL },
		{ VARIABLE(NULL, "first"), -EINVAL },
	};
	struct blob *blob = blob_new();
	u32 num, first, second;

	(void)state;
	num = blob_int(blob, "int", 4);
	first = blob_type(blob, "first", BTF_KIND_VAR, false, 0, num);
	blob_word(blob, 1);
	second = blob_type(blob, "second", BTF_KIND_VAR, false, 0, num);
	blob_word(blob, 1);
	blob_type(blob, ".percpu", BTF_KIND_DATASEC, false, 2, 464);
	blob_word(blob, first);
	blob_word(blob, 0);
	blob_word(blob, 4);
	blob_word(blob, second);
	blob_word(blob, 64);
	blob_word(blob, 400);
	/* A variable that is none. */
	blob_type(blob, ".bad", BTF_KIND_DATASEC, false, 1, 4);
	blob_word(blob, 1000);
	blob_word(blob, 0);
	blob_word(blob, 4);
	ASK(blob, answers);
	free(blob);
}

static void test_same_name(void **state)
{
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), id;
	static const struct answer answers[] = {
		/* Only the second has the member. */
		{ MEMBER("later", "b"), 0, 4, 4, 1 },
		/* Both agree. */
		{ MEMBER("agreed", "a"), 0, 0, 4, 1 },
		/* They do not. */
		{ MEMBER("disputed", "a"), -ENOTUNIQ },
		{ SIZE("disputed"), .size = 8, .nr_elems = 1 },
		/* They cannot: one of them is another one's declaration. */
		{ MEMBER("declared", "a"), 0, 0, 4, 1 },
		{ MEMBER("alias", "a"), 0, 4, 4, 1 },
	};

	(void)state;
	blob_struct(blob, "later", 8, "a", num, 0);
	blob_struct(blob, "later", 8, "b", num, 32);
	blob_struct(blob, "agreed", 8, "a", num, 0);
	blob_struct(blob, "agreed", 8, "a", num, 0);
	blob_struct(blob, "disputed", 8, "a", num, 0);
	blob_struct(blob, "disputed", 8, "a", num, 32);
	blob_struct(blob, "disputed", 8, "a", num, 0);
	blob_type(blob, "declared", BTF_KIND_FWD, false, 0, 0);
	blob_struct(blob, "declared", 8, "a", num, 0);
	id = blob_struct(blob, "alias", 8, "a", num, 32);
	blob_type(blob, "alias", BTF_KIND_TYPEDEF, false, 0, id);
	ASK(blob, answers);
	free(blob);
}

/* All answers about a name come from one type, that which has most. */
static void test_best_match(void **state)
{
	static const struct answer answers[] = {
		{ MEMBER("s", "b"), 0, 4, 4, 1 },
		{ MEMBER("s", "x"), -ENOENT },
		{ SIZE("s"), .size = 12, .nr_elems = 1 },
		{ MEMBER("t", "a"), 0, 0, 4, 1 },
		{ MEMBER("s", "a"), 0, 0, 4, 1 },
	};
	static const struct answer tie[] = {
		{ MEMBER("s", "x"), -ENOTUNIQ },
		{ MEMBER("s", "b"), -ENOTUNIQ },
	};
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4);

	(void)state;
	blob_struct(blob, "s", 4, "x", num, 0);
	blob_type(blob, "s", BTF_KIND_STRUCT, false, 2, 12);
	blob_member(blob, "a", num, 0);
	blob_member(blob, "b", num, 32);
	blob_struct(blob, "s", 16, "b", num, 64);
	blob_struct(blob, "t", 4, "a", num, 0);
	ASK(blob, answers);
	/* One answer each, and none for sure: neither type is the right one. */
	ASK(blob, tie);
	free(blob);
}

/* A value of 0 is an answer too. */
static void test_tie_with_zero(void **state)
{
	static const struct answer answers[] = {
		{ ENUMERATOR("e", "A"), -ENOTUNIQ },
		{ ENUMERATOR("e", "B"), -ENOTUNIQ },
	};
	struct blob *blob = blob_new();

	(void)state;
	blob_enum(blob, "e", "A", 0);
	blob_enum(blob, "e", "B", 0);
	ASK(blob, answers);
	free(blob);
}

/* Damaged types */

static void test_bad_references(void **state)
{
	static const struct answer answers[] = {
		{ MEMBER("s", "beyond"), -EINVAL },
		{ MEMBER("s", "beyond.x"), -EINVAL },
		{ MEMBER("s", "next"), -EINVAL },
		{ MEMBER("s", "most"), -EINVAL },
		{ MEMBER("s", "array"), -EINVAL },
		{ MEMBER("s", "overflow"), -EINVAL },
		{ MEMBER("s", "outside"), -EINVAL },
		{ MEMBER("s", "long"), -EINVAL },
		{ MEMBER("s", "far"), -EINVAL },
		{ BITFIELD("s", "outside"), -EINVAL },
		{ MEMBER("s", "good"), 0, 0, 4, 1 },
		{ MEMBER("u", "any"), -EINVAL },
		{ MEMBER("v", "any"), -EOPNOTSUPP },
		{ SIZE("beyond_t"), -EINVAL },
		{ MEMBER("beyond_t", "x"), -EINVAL },
	};
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), array, overflow, three, next;

	(void)state;
	array = blob_array(blob, 1000, 2);
	overflow = blob_array(blob, blob_array(blob, num, 0x10000), 0x10000);
	three = blob_array(blob, num, 3);
	blob_type(blob, "s", BTF_KIND_STRUCT, false, 9, 8);
	blob_member(blob, "beyond", 1000, 0);
	next = blob->nr_words + 1;
	blob_member(blob, "next", 0, 0);
	blob_member(blob, "most", U32_MAX, 0);
	blob_member(blob, "array", array, 0);
	blob_member(blob, "overflow", overflow, 0);
	blob_member(blob, "outside", num, 40);
	blob_member(blob, "long", three, 0);
	blob_member(blob, "far", num, U32_MAX - 31);
	blob_member(blob, "good", num, 0);
	blob_type(blob, "u", BTF_KIND_STRUCT, false, 2, 8);
	blob_member(blob, NULL, 1000, 0);
	blob_member(blob, "any", num, 0);
	blob_type(blob, "v", BTF_KIND_STRUCT, false, 2, 8);
	blob_member(blob, NULL, 0, 0);
	blob_member(blob, "any", num, 0);
	blob_type(blob, "beyond_t", BTF_KIND_TYPEDEF, false, 0, 1000);
	blob->words[next] = blob->nr_types + 1;
	ASK(blob, answers);
	free(blob);
}

static void test_bad_names(void **state)
{
	static const struct answer answers[] = {
		{ SIZE("s"), -ENOENT },
		{ MEMBER("t", "b"), 0, 4, 4, 1 },
		{ ENUMERATOR(NULL, "A"), -ENOENT },
	};
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), at;

	(void)state;
	at = blob->nr_words;
	blob_struct(blob, "s", 4, "a", num, 0);
	blob->words[at] = 0xffffff;
	blob_type(blob, "t", BTF_KIND_STRUCT, false, 2, 8);
	at = blob->nr_words;
	blob_member(blob, "a", num, 0);
	blob->words[at] = U32_MAX;
	blob_member(blob, "b", num, 32);
	blob_type(blob, "e", BTF_KIND_ENUM, false, 1, 4);
	blob_word(blob, blob->strs_len);
	blob_word(blob, 0);
	ASK(blob, answers);
	free(blob);
}

/* An unnamed member that is no structure is padding. */
static void test_padding(void **state)
{
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), mode;

	(void)state;
	mode = blob_enum(blob, "mode", "a", 1);
	blob_type(blob, "s", BTF_KIND_STRUCT, true, 3, 8);
	blob_member(blob, NULL, num, FIELD(3, 0));
	blob_member(blob, NULL, mode, FIELD(3, 3));
	blob_member(blob, "a", num, 32);
	ask(blob, (struct answer){ MEMBER("s", "a"), 0, 4, 4, 1 });
	free(blob);
}

static void test_loops(void **state)
{
	static const struct answer answers[] = {
		{ SIZE("self_t"), -ELOOP },
		{ MEMBER("self_t", "a"), -ELOOP },
		{ SIZE("ping_t"), -ELOOP },
		{ MEMBER("s", "loop"), -ELOOP },
		{ MEMBER("s", "array"), -ELOOP },
		{ MEMBER("s", "a"), -ELOOP },
		{ MEMBER("s", "self.self.self.fine"), 0, 0, 4, 1 },
		{ MEMBER("s", "fine"), 0, 0, 4, 1 },
	};
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), self, ping, array, s;

	(void)state;
	self = blob->nr_types + 1;
	blob_type(blob, "self_t", BTF_KIND_TYPEDEF, false, 0, self);
	ping = blob->nr_types + 1;
	blob_type(blob, "ping_t", BTF_KIND_TYPEDEF, false, 0, ping + 1);
	blob_type(blob, NULL, BTF_KIND_CONST, false, 0, ping);
	array = blob->nr_types + 1;
	blob_array(blob, array, 1);
	/* Contains itself, without a name and with one. */
	s = blob->nr_types + 1;
	blob_type(blob, "s", BTF_KIND_STRUCT, false, 5, 4);
	blob_member(blob, "fine", num, 0);
	blob_member(blob, "loop", self, 0);
	blob_member(blob, "array", array, 0);
	blob_member(blob, "self", s, 0);
	blob_member(blob, NULL, s, 0);
	ASK(blob, answers);
	free(blob);
}

/* As deep as is allowed, and one more. */
static void test_depth(void **state)
{
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), id, depth;
	char name[16];

	(void)state;
	id = num;
	for (depth = 1; depth < 20; depth++) {
		sprintf(name, "t%u", depth);
		id = blob_type(blob, name, BTF_KIND_TYPEDEF, false, 0, id);
	}
	id = blob_struct(blob, "s0", 4, "x", num, 0);
	for (depth = 1; depth < 20; depth++) {
		sprintf(name, "s%u", depth);
		id = blob_struct(blob, name, 4, NULL, id, 0);
	}
	ask(blob, (struct answer){ SIZE("t15"), .size = 4, .nr_elems = 1 });
	ask(blob, (struct answer){ SIZE("t16"), -ELOOP });
	ask(blob, (struct answer){ MEMBER("s16", "x"), 0, 0, 4, 1 });
	ask(blob, (struct answer){ MEMBER("s17", "x"), -ELOOP });
	free(blob);
}

/*
 * Each structure holds the next one 100 times: 100^10 places to look.  The
 * budget ends that, and then no question has an answer.
 */
static void test_explosion(void **state)
{
	static const struct answer answers[] = {
		{ MEMBER("fine", "a"), -ELOOP },
		{ MEMBER("bomb", "x"), -ELOOP },
		{ MEMBER("absent", "x"), -ELOOP },
	};
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), level, i;

	(void)state;
	blob_struct(blob, "fine", 4, "a", num, 0);
	for (level = 0; level < 10; level++) {
		blob_type(blob, level ? NULL : "bomb", BTF_KIND_STRUCT, false,
			  100, 4);
		for (i = 0; i < 100; i++)
			blob_member(blob, NULL, blob->nr_types + 1, 0);
	}
	blob_struct(blob, NULL, 4, "y", num, 0);
	ASK(blob, answers);
	/* It does not matter if nobody asks. */
	ask(blob, (struct answer){ MEMBER("fine", "a"), 0, 0, 4, 1 });
	free(blob);
}

/* The same structure of many members, many times. */
static void test_many_members(void **state)
{
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), inner, name, i;

	(void)state;
	name = blob_str(blob, "other");
	inner = blob_type(blob, NULL, BTF_KIND_STRUCT, false, 5000, 4);
	for (i = 0; i < 5000; i++) {
		blob_word(blob, name);
		blob_word(blob, num);
		blob_word(blob, 0);
	}
	blob_type(blob, "s", BTF_KIND_STRUCT, false, 5000, 4);
	for (i = 0; i < 5000; i++)
		blob_member(blob, NULL, inner, 0);
	ask(blob, (struct answer){ MEMBER("s", "absent"), -ELOOP });
	ask(blob, (struct answer){ MEMBER("s", "other"), 0, 0, 4, 1 });
	free(blob);
}

/* What is left of the budget is not enough: then nothing is left. */
static void test_budget(void **state)
{
	static struct answer answers[10];
	struct blob *blob = blob_new();
	u32 name, i;

	(void)state;
	name = blob_str(blob, "OTHER");
	blob_type(blob, "many", BTF_KIND_ENUM, false, 60000, 4);
	for (i = 0; i < 60000; i++) {
		blob_word(blob, name);
		blob_word(blob, 0);
	}
	for (i = 0; i < ARRAY_SIZE(answers); i++)
		answers[i] = (struct answer){ ENUMERATOR("many", "A"), -ELOOP };
	/* Each question costs 120 000 of some million. */
	ASK(blob, answers);
	for (i = 0; i < 8; i++)
		answers[i].err = -ENOENT;
	ask_all(blob, answers, 8);
	free(blob);
}

/* Many types: the index runs full several times. */
static void test_many_types(void **state)
{
	static char names[3000][8];
	static struct mms_btf_want wants[3000];
	static u32 index[64];
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4), first = 0, i;
	struct mms_btf btf;
	size_t size;
	void *data;

	(void)state;
	/* The names are short: the string section is not large. */
	for (i = 0; i < 3000; i++) {
		sprintf(names[i], "%x", i);
		if (i % 8)
			blob_type(blob, NULL, BTF_KIND_PTR, false, 0, i);
		else if (!i)
			first = blob_struct(blob, names[i], 4, "m", num, 0);
		else	/* holds the first one */
			blob_struct(blob, i < 2000 ? names[i] : NULL, i + 4,
				    NULL, first, i * 8);
	}
	for (i = 0; i < 3000; i++)
		wants[i] = (struct mms_btf_want)MEMBER(names[i], "m");
	data = blob_finish(blob, &size);
	assert_int_equal(mms_btf_open(&btf, data, size, index, 64), 0);
	assert_int_equal(btf.nr_types, 3001);
	assert_true(btf.index_shift > 0);
	assert_int_equal(mms_btf_resolve(&btf, wants, 3000), 3000 - 250);
	for (i = 0; i < 3000; i++) {
		assert_int_equal(wants[i].err, i % 8 || i >= 2000 ? -ENOENT : 0);
		if (!wants[i].err)
			assert_int_equal(wants[i].offset, i);
	}
	assert_int_equal(mms_btf_resolve(&btf, NULL, 0), 0);
	free(data);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_senseless),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_bitfields),
		cmocka_unit_test(test_no_size),
		cmocka_unit_test(test_enumerators),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_best_match),
		cmocka_unit_test(test_tie_with_zero),
		cmocka_unit_test(test_bad_references),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_explosion),
		cmocka_unit_test(test_many_members),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_many_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
