// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "btf_blob.h"

struct blob *blob_new(void)
{
	struct blob *blob = calloc(1, sizeof(*blob));

	assert(blob);
	blob->head.magic = BTF_MAGIC;
	blob->head.version = BTF_VERSION;
	blob->head.hdr_len = 24;
	blob->strs_len = 1;
	return blob;
}

u32 blob_str(struct blob *blob, const char *string)
{
	u32 offset = blob->strs_len, len;

	if (!string || !*string)
		return 0;
	len = strlen(string) + 1;
	assert(offset + len <= sizeof(blob->strs));
	memcpy(blob->strs + offset, string, len);
	blob->strs_len += len;
	return offset;
}

void blob_word(struct blob *blob, u32 word)
{
	assert(blob->nr_words < ARRAY_SIZE(blob->words));
	blob->words[blob->nr_words++] = word;
}

u32 blob_type(struct blob *blob, const char *name, u32 kind, bool flag,
	      u32 vlen, u32 size_or_type)
{
	blob_word(blob, blob_str(blob, name));
	blob_word(blob, (u32)flag << 31 | kind << 24 | vlen);
	blob_word(blob, size_or_type);
	return ++blob->nr_types;
}

u32 blob_int(struct blob *blob, const char *name, u32 size)
{
	u32 id = blob_type(blob, name, BTF_KIND_INT, false, 0, size);

	blob_word(blob, size * 8);
	return id;
}

u32 blob_array(struct blob *blob, u32 type, u32 nelems)
{
	u32 id = blob_type(blob, NULL, BTF_KIND_ARRAY, false, 0, 0);

	blob_word(blob, type);
	blob_word(blob, 1);
	blob_word(blob, nelems);
	return id;
}

void blob_member(struct blob *blob, const char *name, u32 type, u32 offset)
{
	blob_word(blob, blob_str(blob, name));
	blob_word(blob, type);
	blob_word(blob, offset);
}

u32 blob_struct(struct blob *blob, const char *name, u32 size,
		const char *member, u32 type, u32 offset)
{
	u32 id = blob_type(blob, name, BTF_KIND_STRUCT, false, 1, size);

	blob_member(blob, member, type, offset);
	return id;
}

u32 blob_enum(struct blob *blob, const char *name, const char *enumerator,
	      s32 value)
{
	u32 id = blob_type(blob, name, BTF_KIND_ENUM, true, 1, 4);

	blob_word(blob, blob_str(blob, enumerator));
	blob_word(blob, value);
	return id;
}

void *blob_finish(const struct blob *blob, size_t *size)
{
	struct btf_header head = blob->head;
	u32 types_len = blob->nr_words * sizeof(u32);
	u32 strs_len = blob->strs_len;
	u32 layout[2] = { 0, blob->layouts_len };
	u8 *data;

	/* Layouts want to be aligned. */
	if (layout[1])
		strs_len = (strs_len + 3) & ~3U;
	layout[0] = types_len + strs_len;
	head.type_len = types_len;
	head.str_off = types_len;
	head.str_len = strs_len;

	*size = head.hdr_len + layout[0] + layout[1];
	data = calloc(1, *size);
	assert(data);
	memcpy(data, &head, 24);
	if (head.hdr_len >= BLOB_LAYOUT_HEADER)
		memcpy(data + 24, layout, sizeof(layout));
	memcpy(data + head.hdr_len, blob->words, types_len);
	memcpy(data + head.hdr_len + types_len, blob->strs, blob->strs_len);
	memcpy(data + head.hdr_len + layout[0], blob->layouts, layout[1]);
	return data;
}

void blob_every_kind(struct blob *blob)
{
	u32 num, id;

	num = blob_int(blob, "int", 4);
	blob_type(blob, NULL, BTF_KIND_PTR, false, 0, num);
	blob_array(blob, num, 6);
	blob_struct(blob, "record", 8, "field", num, 32);
	id = blob_type(blob, "choice", BTF_KIND_UNION, false, 2, 8);
	blob_member(blob, "number", num, 0);
	blob_member(blob, "inner", id - 1, 0);
	blob_enum(blob, "colour", "RED", -1);
	blob_type(blob, "unseen", BTF_KIND_FWD, true, 0, 0);
	blob_type(blob, "alias", BTF_KIND_TYPEDEF, false, 0, id - 1);
	blob_type(blob, NULL, BTF_KIND_VOLATILE, false, 0, num);
	blob_type(blob, NULL, BTF_KIND_CONST, false, 0, num);
	blob_type(blob, NULL, BTF_KIND_RESTRICT, false, 0, num);
	id = blob_type(blob, NULL, BTF_KIND_FUNC_PROTO, false, 2, num);
	blob_word(blob, blob_str(blob, "arg"));
	blob_word(blob, num);
	blob_word(blob, 0);
	blob_word(blob, 0);
	blob_type(blob, "function", BTF_KIND_FUNC, false, 1, id);
	id = blob_type(blob, "variable", BTF_KIND_VAR, false, 0, num);
	blob_word(blob, 1);
	blob_type(blob, ".data", BTF_KIND_DATASEC, false, 1, 4);
	blob_word(blob, id);
	blob_word(blob, 0);
	blob_word(blob, 4);
	blob_type(blob, "double", BTF_KIND_FLOAT, false, 0, 8);
	blob_type(blob, "tag", BTF_KIND_DECL_TAG, false, 0, id);
	blob_word(blob, -1);
	blob_type(blob, "user", BTF_KIND_TYPE_TAG, false, 0, num);
	blob_type(blob, "wide", BTF_KIND_ENUM64, false, 1, 8);
	blob_word(blob, blob_str(blob, "HUGE_VALUE"));
	blob_word(blob, 0x89abcdef);
	blob_word(blob, 0x01234567);
	/* Only found if the length of all the others was right. */
	blob_struct(blob, "last", 4, "end", num, 0);
}
