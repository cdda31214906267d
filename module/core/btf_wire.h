/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How BTF is stored, up to the kinds and the header of Linux 7.3.
 *
 * <linux/btf.h> of the kernel that the module is built for may be older than
 * that: it splits btf_type.info differently and knows no layout section.  All
 * versions agree on the bits that are in use, so one reader does for all.
 */
#ifndef MMS_CORE_BTF_WIRE_H
#define MMS_CORE_BTF_WIRE_H

#include "btf.h"

#define WIRE_MAGIC		0xeb9f
#define WIRE_MAGIC_SWAPPED	0x9feb
#define WIRE_VERSION		1

/* The header ends here where there is no layout section. */
#define WIRE_HEADER_MIN	24

/**
 * struct wire_header - the header
 * @magic: %WIRE_MAGIC in the byte order of the data.
 * @version: %WIRE_VERSION.
 * @flags: none are known.
 * @hdr_len: length of the header; the offsets below count from its end.
 * @type_off: offset of the types.
 * @type_len: their length.
 * @str_off: offset of the strings.
 * @str_len: their length.
 * @layout_off: offset of the layouts.
 * @layout_len: their length.
 */
struct wire_header {
	u16 magic;
	u8 version;
	u8 flags;
	u32 hdr_len;
	u32 type_off;
	u32 type_len;
	u32 str_off;
	u32 str_len;
	u32 layout_off;
	u32 layout_len;
};

/* Kinds of types, by the names that the format gives them. */
enum wire_kind {
	WIRE_INT = 1,
	WIRE_PTR,
	WIRE_ARRAY,
	WIRE_STRUCT,
	WIRE_UNION,
	WIRE_ENUM,
	WIRE_FWD,
	WIRE_TYPEDEF,
	WIRE_VOLATILE,
	WIRE_CONST,
	WIRE_RESTRICT,
	WIRE_FUNC,
	WIRE_FUNC_PROTO,
	WIRE_VAR,
	WIRE_DATASEC,
	WIRE_FLOAT,
	WIRE_DECL_TAG,
	WIRE_TYPE_TAG,
	WIRE_ENUM64,
};

/**
 * struct wire_type - one type; what follows depends on its kind
 * @name_off: offset of its name.
 * @info: number of elements, kind and flag; see the macros below.
 * @size_or_type: a size or the id of another type, depending on the kind.
 */
struct wire_type {
	u32 name_off;
	u32 info;
	u32 size_or_type;
};

#define WIRE_INFO_VLEN(info)	((info) & 0xffffff)
#define WIRE_INFO_KIND(info)	(((info) >> 24) & 0x7f)
#define WIRE_INFO_FLAG(info)	((info) >> 31)

/* Follows an INT: width in bits in the lowest byte. */
#define WIRE_INT_BITS(val)	((val) & 0xff)

/**
 * struct wire_array - follows an ARRAY
 * @type: id of the elements' type.
 * @index_type: id of the index's type.
 * @nelems: number of elements.
 */
struct wire_array {
	u32 type;
	u32 index_type;
	u32 nelems;
};

/**
 * struct wire_member - vlen of these follow a STRUCT or UNION
 * @name_off: offset of its name; the empty one if it is anonymous.
 * @type: id of its type.
 * @offset: in bits; with the structure's flag set, see the macros below.
 */
struct wire_member {
	u32 name_off;
	u32 type;
	u32 offset;
};

#define WIRE_MEMBER_WIDTH(offset)	((offset) >> 24)
#define WIRE_MEMBER_BITS(offset)	((offset) & 0xffffff)

/**
 * struct wire_enum - vlen of these follow an ENUM
 * @name_off: offset of its name.
 * @val: its value, signed if the enum's flag is set.
 */
struct wire_enum {
	u32 name_off;
	u32 val;
};

/**
 * struct wire_enum64 - vlen of these follow an ENUM64
 * @name_off: offset of its name.
 * @val_lo: lower half of its value.
 * @val_hi: upper half of its value.
 */
struct wire_enum64 {
	u32 name_off;
	u32 val_lo;
	u32 val_hi;
};

/**
 * struct wire_variable - vlen of these follow a DATASEC
 * @type: id of the VAR, which has the name.
 * @offset: offset in the section.
 * @size: size in bytes.
 */
struct wire_variable {
	u32 type;
	u32 offset;
	u32 size;
};

/**
 * struct wire_layout - entry i says what follows a type of kind i
 * @info_size: bytes that follow once.
 * @elem_size: bytes that follow for each of vlen elements.
 * @flags: none are known.
 */
struct wire_layout {
	u8 info_size;
	u8 elem_size;
	u16 flags;
};

/* What the files of the reader share: btf.c */

/**
 * mms_btf_first() - the first type
 * @btf: opened BTF.
 *
 * Return: the type with id 1; there is always one.
 */
const struct wire_type *mms_btf_first(const struct mms_btf *btf);

/**
 * mms_btf_next() - the type behind another one
 * @btf: opened BTF.
 * @type: one of its types.
 *
 * Return: the type, or NULL if @type is the last one.
 */
const struct wire_type *mms_btf_next(const struct mms_btf *btf,
				     const struct wire_type *type);

/**
 * mms_btf_charge() - takes steps from the budget
 * @btf: opened BTF.
 * @nr: number of steps.
 *
 * Return: 0, or -ELOOP if there are not enough left; then none are.
 */
int mms_btf_charge(struct mms_btf *btf, u32 nr);

/**
 * mms_btf_type_by_id() - looks a type up
 * @btf: opened BTF.
 * @id: its id.
 * @type: set on success.
 *
 * Return: 0, -EOPNOTSUPP for id 0, which is void, -EINVAL if there is no such
 * type, -ELOOP if the budget is spent.
 */
int mms_btf_type_by_id(struct mms_btf *btf, u32 id,
		       const struct wire_type **type);

/**
 * mms_btf_name() - a name from the string section
 * @btf: opened BTF.
 * @offset: where the name is.
 *
 * Return: the name; empty if there is none, or none in the section.
 */
static inline const char *mms_btf_name(const struct mms_btf *btf, u32 offset)
{
	return offset < btf->strs_len ? btf->strs + offset : "";
}

/* btf_member.c */

/**
 * struct mms_btf_place - a member that was found
 * @type: id of its type.
 * @width: width in bits of a bit-field, else 0.
 * @bits: offset in bits.
 */
struct mms_btf_place {
	u32 type;
	u32 width;
	u64 bits;
};

/**
 * mms_btf_strip() - replaces typedefs, qualifiers and tags
 * @btf: opened BTF.
 * @type: the type; what it stands for on success.
 *
 * Return: 0 or the error of mms_btf_type_by_id().
 */
int mms_btf_strip(struct mms_btf *btf, const struct wire_type **type);

/**
 * mms_btf_measure() - size of a type
 * @btf: opened BTF.
 * @type: the type.
 * @size: its size in bytes, or that of one element of an array.
 * @nr_elems: elements of an array in all its dimensions, else 1.
 *
 * Return: 0, -EOPNOTSUPP if the type has no size, -EINVAL or -ELOOP.
 */
int mms_btf_measure(struct mms_btf *btf, const struct wire_type *type,
		    u32 *size, u32 *nr_elems);

/**
 * mms_btf_find() - looks a member up
 * @btf: opened BTF.
 * @record: the structure or union, stripped.
 * @path: the member, dotted if it is one of a member.
 * @place: filled on success; also used on the way.
 *
 * Return: 0, -ENOENT if there is no such member, -EINVAL or -ELOOP.
 */
int mms_btf_find(struct mms_btf *btf, const struct wire_type *record,
		 const char *path, struct mms_btf_place *place);

#endif /* MMS_CORE_BTF_WIRE_H */
