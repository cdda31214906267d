/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds BTF by hand.  The constants come from the C library's <linux/btf.h>,
 * so that the tests do not share the reader's idea of the format.
 */
#ifndef BTF_BLOB_H
#define BTF_BLOB_H

#include <linux/btf.h>

#include "env.h"

/* Length of a header with a layout section; some <linux/btf.h> have none. */
#define BLOB_LAYOUT_HEADER	32

/**
 * struct blob - BTF under construction
 * @head: the header; blob_finish() sets what depends on the sections.
 *	->hdr_len is for the test to set: %BLOB_LAYOUT_HEADER for layouts.
 * @words: the type section.
 * @nr_words: its length in words.
 * @nr_types: types so far; the id of the last one.
 * @strs: the string section.
 * @strs_len: its length.
 * @layouts: the layout section: two bytes for each kind, then two of zero.
 * @layouts_len: its length in bytes.
 */
struct blob {
	struct btf_header head;
	u32 words[1 << 17];
	u32 nr_words;
	u32 nr_types;
	char strs[1 << 12];
	u32 strs_len;
	u8 layouts[256];
	u32 layouts_len;
};

/**
 * blob_new() - starts a blob
 *
 * Return: an empty blob, to be released with free().
 */
struct blob *blob_new(void);

/**
 * blob_str() - adds a string
 * @blob: the blob.
 * @string: the string; NULL and "" stand for none.
 *
 * Return: its offset.
 */
u32 blob_str(struct blob *blob, const char *string);

/**
 * blob_word() - adds a word to the type section
 * @blob: the blob.
 * @word: the word.
 */
void blob_word(struct blob *blob, u32 word);

/**
 * blob_type() - adds a type
 * @blob: the blob.
 * @name: its name or NULL.
 * @kind: its kind.
 * @flag: its flag.
 * @vlen: its number of elements, which the caller adds.
 * @size_or_type: last word.
 *
 * Return: its id.
 */
u32 blob_type(struct blob *blob, const char *name, u32 kind, bool flag,
	      u32 vlen, u32 size_or_type);

/**
 * blob_int() - adds an integer type
 * @blob: the blob.
 * @name: its name.
 * @size: its size in bytes.
 *
 * Return: its id.
 */
u32 blob_int(struct blob *blob, const char *name, u32 size);

/**
 * blob_array() - adds an array type
 * @blob: the blob.
 * @type: id of the elements' type.
 * @nelems: number of elements.
 *
 * Return: its id.
 */
u32 blob_array(struct blob *blob, u32 type, u32 nelems);

/**
 * blob_member() - adds a member to the structure added last
 * @blob: the blob.
 * @name: its name or NULL.
 * @type: id of its type.
 * @offset: its offset, with the width of a bit-field if need be.
 */
void blob_member(struct blob *blob, const char *name, u32 type, u32 offset);

/**
 * blob_struct() - adds a structure of one member
 * @blob: the blob.
 * @name: its name or NULL.
 * @size: its size in bytes.
 * @member: name of the member.
 * @type: id of the member's type.
 * @offset: offset of the member in bits.
 *
 * Return: its id.
 */
u32 blob_struct(struct blob *blob, const char *name, u32 size,
		const char *member, u32 type, u32 offset);

/**
 * blob_enum() - adds an enum of one enumerator
 * @blob: the blob.
 * @name: its name or NULL.
 * @enumerator: name of the enumerator.
 * @value: its value.
 *
 * Return: its id.
 */
u32 blob_enum(struct blob *blob, const char *name, const char *enumerator,
	      s32 value);

/**
 * blob_finish() - lays the sections out: types, strings, layouts
 * @blob: the blob; stays as it is.
 * @size: set to the size.
 *
 * Return: the BTF, in a heap block of exactly that size.
 */
void *blob_finish(const struct blob *blob, size_t *size);

/**
 * blob_every_kind() - adds a type of every kind
 * @blob: the blob.
 *
 * What is asked of it is in test_btf.c.
 */
void blob_every_kind(struct blob *blob);

#endif /* BTF_BLOB_H */
