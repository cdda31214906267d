// SPDX-License-Identifier: GPL-2.0-only
/* Damaged BTF: what mms_btf_open() must refuse.  The rest: test_btf_resolve.c */
#include "unit.h"
#include "btf.h"
#include "btf_blob.h"

/* Opens a copy of @size bytes, so that ASan sees every overrun. */
static int open_bytes(const void *data, size_t size)
{
	u32 index[MMS_BTF_INDEX];
	struct mms_btf btf;
	void *copy = malloc(size ? size : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, data, size);
	err = mms_btf_open(&btf, copy, size, index, ARRAY_SIZE(index));
	free(copy);
	return err;
}

static int open_blob(const struct blob *blob)
{
	size_t size;
	void *data = blob_finish(blob, &size);
	int err = open_bytes(data, size);

	free(data);
	return err;
}

static struct blob *small_blob(void)
{
	struct blob *blob = blob_new();

	blob_struct(blob, "record", 4, "field", blob_int(blob, "int", 4), 0);
	return blob;
}

/* Opens the small blob with @len bytes at @offset replaced by @value. */
static int open_patched(size_t offset, size_t len, u32 value)
{
	struct blob *blob = small_blob();
	size_t size;
	u8 *data = blob_finish(blob, &size);
	int err;

	memcpy(data + offset, &value, len);
	err = open_bytes(data, size);
	free(data);
	free(blob);
	return err;
}

#define FIELD(name)	offsetof(struct btf_header, name), \
			sizeof(((struct btf_header *)0)->name)

static void test_header(void **state)
{
	static const struct {
		const char *what;
		size_t offset;
		size_t len;
		u32 value;
		int err;
	} patches[] = {
		{ "nothing", FIELD(flags), 0, 0 },
		{ "no BTF", FIELD(magic), 0x464c, -EINVAL },
		{ "other byte order", FIELD(magic), 0x9feb, -EOPNOTSUPP },
		{ "version 0", FIELD(version), 0, -EOPNOTSUPP },
		{ "version 2", FIELD(version), 2, -EOPNOTSUPP },
		{ "a flag", FIELD(flags), 1, -EOPNOTSUPP },
		{ "no header", FIELD(hdr_len), 0, -EINVAL },
		{ "header cut off", FIELD(hdr_len), 23, -EINVAL },
		{ "header behind the end", FIELD(hdr_len), 1000, -EINVAL },
		{ "endless header", FIELD(hdr_len), U32_MAX, -EINVAL },
		{ "types not aligned", FIELD(type_off), 2, -EINVAL },
		{ "types behind the end", FIELD(type_off), 1000, -EINVAL },
		{ "types wrap", FIELD(type_off), U32_MAX - 3, -EINVAL },
		{ "no types", FIELD(type_len), 0, -EINVAL },
		{ "part of a type", FIELD(type_len), 8, -EINVAL },
		{ "odd types", FIELD(type_len), 17, -EINVAL },
		{ "types too long", FIELD(type_len), 1000, -EINVAL },
		{ "endless types", FIELD(type_len), U32_MAX, -EINVAL },
		{ "strings behind the end", FIELD(str_off), 1000, -EINVAL },
		{ "strings wrap", FIELD(str_off), U32_MAX, -EINVAL },
		{ "no strings", FIELD(str_len), 0, -EINVAL },
		{ "string not ended", FIELD(str_len), 3, -EINVAL },
		{ "strings too long", FIELD(str_len), 1000, -EINVAL },
		{ "endless strings", FIELD(str_len), U32_MAX, -EINVAL },
		{ "no empty string", 64, 1, 'x', -EINVAL },
		{ "kind 0", 28, 4, 0, -EOPNOTSUPP },
		{ "unknown kind", 28, 4, 20 << 24, -EOPNOTSUPP },
		{ "last kind", 28, 4, 127 << 24, -EOPNOTSUPP },
		{ "too many members", 44, 4, 4 << 24 | 2, -EINVAL },
		{ "most members", 44, 4, 4 << 24 | 0xffffff, -EINVAL },
	};
	unsigned int i;
	int err;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(patches); i++) {
		err = open_patched(patches[i].offset, patches[i].len,
				   patches[i].value);
		expect(err == patches[i].err, "%s: %d", patches[i].what, err);
	}
}

/* The size that the header states is that of the blob. */
static void test_size(void **state)
{
	struct blob *blob = blob_new();
	size_t size;
	struct btf_header *head;

	(void)state;
	blob_every_kind(blob);
	head = blob_finish(blob, &size);
	assert_int_equal(mms_btf_size(head), size);
	head->magic ^= 1;
	assert_int_equal(mms_btf_size(head), 0);
	head->magic ^= 1;
	/* A length of the header that leads out of the blob. */
	head->hdr_len = U32_MAX;
	assert_int_equal(mms_btf_size(head), 0);
	head->hdr_len = 0;
	assert_int_equal(mms_btf_size(head), 0);
	free(head);
	free(blob);
}

static void test_truncated(void **state)
{
	struct blob *blob = blob_new();
	size_t size, len;
	void *data;

	(void)state;
	blob_every_kind(blob);
	data = blob_finish(blob, &size);
	for (len = 0; len < size; len++)
		expect(open_bytes(data, len) == -EINVAL, "%zu bytes", len);
	assert_int_equal(open_bytes(data, size), 0);
	free(data);
	free(blob);
}

/* The type section ends within each of the types. */
static void test_truncated_types(void **state)
{
	struct blob *blob = blob_new();
	u32 starts[64], nr = 0, len, i;
	size_t size;
	u8 *data;
	int err;

	(void)state;
	blob_every_kind(blob);
	data = blob_finish(blob, &size);
	for (len = 4; len < blob->nr_words * 4; len++) {
		memcpy(data + offsetof(struct btf_header, type_len), &len, 4);
		err = open_bytes(data, size);
		assert_true(!err || err == -EINVAL);
		if (!err)
			starts[nr++] = len;
	}
	/* It may end between two of them. */
	assert_int_equal(nr, blob->nr_types - 1);
	for (i = 0; i < nr; i++)
		assert_int_equal(starts[i] % 4, 0);
	free(data);
	free(blob);
}

/* A header that is too short, though the sections are where they should be. */
static void test_short_header(void **state)
{
	struct blob *blob = small_blob();
	size_t size;
	void *data = blob_finish(blob, &size);
	struct btf_header *head = data;

	(void)state;
	head->hdr_len -= 4;
	head->type_off += 4;
	head->str_off += 4;
	assert_int_equal(open_bytes(data, size), -EINVAL);
	free(data);
	free(blob);
}

/* The types come last: nothing is read behind the last one. */
static void test_types_last(void **state)
{
	struct blob *blob = small_blob();
	size_t size;
	u8 *data = blob_finish(blob, &size);
	struct btf_header *head = (void *)data;
	u32 types_len = head->type_len, strs_len = head->str_len, cut;
	u32 room = (strs_len + 3) & ~3U;

	(void)state;
	free(data);
	size = 24 + room + types_len;
	data = calloc(1, size);
	assert_non_null(data);
	memcpy(data, &blob->head, 24);
	head = (void *)data;
	head->type_off = room;
	head->type_len = types_len;
	head->str_len = strs_len;
	memcpy(data + 24, blob->strs, strs_len);
	memcpy(data + 24 + room, blob->words, types_len);
	assert_int_equal(open_bytes(data, size), 0);
	for (cut = 1; cut < types_len; cut++) {
		head->type_len = types_len - cut;
		/* Only the first type, or a part of one. */
		assert_int_equal(open_bytes(data, size - cut),
				 head->type_len == 16 ? 0 : -EINVAL);
	}
	free(data);
	free(blob);
}

static void test_alignment(void **state)
{
	u32 index[1];
	struct mms_btf btf;
	struct blob *blob = small_blob();
	size_t size;
	void *data = blob_finish(blob, &size);
	u8 *moved = malloc(size + 8);
	unsigned int by;

	(void)state;
	assert_non_null(moved);
	for (by = 0; by <= 8; by++) {
		memcpy(moved + by, data, size);
		assert_int_equal(mms_btf_open(&btf, moved + by, size, index, 1),
				 by % 4 ? -EINVAL : 0);
	}
	free(moved);
	free(data);
	free(blob);
}

static void test_longer_header(void **state)
{
	static const u32 lengths[] = { 25, 28, 31, 32, 36, 64 };
	struct blob *blob = small_blob();
	unsigned int i;
	size_t size;
	u8 *data;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		blob->head.hdr_len = lengths[i];
		data = blob_finish(blob, &size);
		/* Bytes up to 32 are known, or too few to mean anything. */
		expect(open_bytes(data, size) == (lengths[i] % 4 ? -EINVAL : 0),
		       "%u bytes of header", lengths[i]);
		data[lengths[i] - 1] = 1;
		if (lengths[i] > BLOB_LAYOUT_HEADER)
			expect(open_bytes(data, size) == -EOPNOTSUPP,
			       "something new in %u bytes", lengths[i]);
		free(data);
	}
	free(blob);
}

/* A kind from the future: 8 bytes, and 4 bytes for each element. */
static struct blob *future_blob(u8 info_size, u8 elem_size)
{
	struct blob *blob = blob_new();
	u32 num = blob_int(blob, "int", 4);

	blob->head.hdr_len = BLOB_LAYOUT_HEADER;
	blob->layouts_len = 4 * 22;
	blob->layouts[4 * 21] = info_size;
	blob->layouts[4 * 21 + 1] = elem_size;
	blob_type(blob, "future", 21, false, 3, 0);
	blob_member(blob, NULL, 1, 2);
	blob_word(blob, 4);
	blob_word(blob, 5);
	blob_struct(blob, "record", 4, "field", num, 0);
	return blob;
}

static void test_layouts(void **state)
{
	struct mms_btf_want want = {
		.what = MMS_BTF_MEMBER, .type = "record", .member = "field",
	};
	struct blob *blob = future_blob(8, 4);
	u32 index[1], offset;
	struct mms_btf btf;
	size_t size;
	u8 *data;

	(void)state;
	data = blob_finish(blob, &size);
	assert_int_equal(mms_btf_open(&btf, data, size, index, 1), 0);
	assert_int_equal(btf.nr_types, 3);
	assert_int_equal(mms_btf_resolve(&btf, &want, 1), 0);
	assert_int_equal(want.size, 4);

	/* Where it lies. */
	offset = *(u32 *)(data + 24);
	*(u32 *)(data + 24) = offset + 4;
	assert_int_equal(open_bytes(data, size), -EINVAL);
	*(u32 *)(data + 24) = U32_MAX - 3;
	assert_int_equal(open_bytes(data, size), -EINVAL);
	*(u32 *)(data + 24) = offset - 2;
	assert_int_equal(open_bytes(data, size), -EINVAL);
	*(u32 *)(data + 24) = offset;
	/* How long it is. */
	*(u32 *)(data + 28) = blob->layouts_len - 1;
	assert_int_equal(open_bytes(data, size), -EINVAL);
	*(u32 *)(data + 28) = blob->layouts_len - 4;
	assert_int_equal(open_bytes(data, size), -EOPNOTSUPP);
	*(u32 *)(data + 28) = 0;
	assert_int_equal(open_bytes(data, size), -EOPNOTSUPP);
	free(data);

	/* Lengths that do not fit. */
	free(blob);
	blob = future_blob(9, 4);
	assert_int_equal(open_blob(blob), -EINVAL);
	free(blob);
	blob = future_blob(8, 255);
	assert_int_equal(open_blob(blob), -EINVAL);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_truncated_types),
		cmocka_unit_test(test_short_header),
		cmocka_unit_test(test_types_last),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_longer_header),
		cmocka_unit_test(test_layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
