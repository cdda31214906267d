/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads layouts of structures and values of enumerators from raw BTF, the type
 * information that a kernel carries about itself.
 *
 * The data may be damaged: everything is checked, and no answer is given
 * rather than a doubtful one.  Nothing is allocated; the caller lends memory
 * for an index.  Only whole BTF in native byte order is read, not the split
 * BTF of modules.
 */
#ifndef MMS_CORE_BTF_H
#define MMS_CORE_BTF_H

#include "env.h"

/*
 * A good size of the index: with some 150 000 types every 64th has an entry.
 * Any size from 1 works; a smaller one costs time when types are looked up.
 */
#define MMS_BTF_INDEX	4096

struct wire_layout;

/**
 * struct mms_btf - BTF that mms_btf_open() has checked
 * @types: first type, which has id 1, since id 0 is void and not stored.
 * @types_len: length of all types in bytes.
 * @strs: first string, the empty one.  The last byte of all is a NUL.
 * @strs_len: length of all strings in bytes.
 * @layouts: lengths of the kinds, as the data states them.
 * @nr_layouts: number of @layouts, often 0.
 * @nr_types: number of types, and so the largest type id.
 * @index: offset of every (1 << @index_shift)th type from @types.
 * @index_shift: see @index.
 * @steps: how many more types may be looked at; ends loops in damaged data.
 *
 * The members belong to btf.c.
 */
struct mms_btf {
	const u8 *types;
	u32 types_len;
	const char *strs;
	u32 strs_len;
	const struct wire_layout *layouts;
	u32 nr_layouts;
	u32 nr_types;
	u32 *index;
	unsigned int index_shift;
	u64 steps;
};

/**
 * enum mms_btf_what - kinds of questions
 * @MMS_BTF_SIZE: the size of a type: ->size.
 * @MMS_BTF_MEMBER: where a member is: ->offset, ->size, ->nr_elems.
 * @MMS_BTF_BITFIELD: where a bit-field is: ->offset, ->size, ->bit_offset,
 *	->bits.  A plain member of up to 8 bytes will do too.
 * @MMS_BTF_ENUMERATOR: ->value of an enumerator.
 * @MMS_BTF_VARIABLE: where a variable is: ->offset from the start of its
 *	section, ->size, of an array in all.
 */
enum mms_btf_what {
	MMS_BTF_SIZE,
	MMS_BTF_MEMBER,
	MMS_BTF_BITFIELD,
	MMS_BTF_ENUMERATOR,
	MMS_BTF_VARIABLE,
};

/**
 * struct mms_btf_want - one question and its answer
 * @what: the question.
 * @type: name without ``struct``, ``union`` or ``enum``; a typedef's name
 *	will do.  NULL for an enumerator of any enum, also one without a name.
 *	Of a variable, the section.
 * @member: member, enumerator or variable; NULL for a size.  ``a.b`` is member b of
 *	member a.  Members of anonymous structures and unions are found as C
 *	finds them.
 * @err: 0 if answered; else the other results are 0 and this is
 *	-ENOENT (no such type, member or enumerator),
 *	-ENOTUNIQ (several types of that name answer differently),
 *	-EOPNOTSUPP (a bit-field where a plain member was asked for, or the
 *	reverse, or a member of a kind that has no size),
 *	-ELOOP (nested too deeply) or -EINVAL (damaged, or a senseless
 *	question).
 * @offset: offset in bytes from the start of @type.
 * @size: size in bytes; of an array, that of one element; of a bit-field, of
 *	the bytes that hold a part of it.
 * @nr_elems: elements of an array, all dimensions multiplied, 0 for a flexible
 *	one; 1 for all else.
 * @bit_offset: lowest bit of a bit-field in the byte at @offset, 0 to 7.
 * @bits: width of a bit-field in bits.
 * @value: value of an enumerator.
 * @score: how well the type suits that gave the answer (for btf.c only).
 */
struct mms_btf_want {
	enum mms_btf_what what;
	const char *type;
	const char *member;
	int err;
	u32 offset;
	u32 size;
	u32 nr_elems;
	u32 bit_offset;
	u32 bits;
	s64 value;
	u32 score;
};

/**
 * mms_btf_size() - length of BTF that lies in memory without a length
 * @data: the BTF.  At least 24 bytes are read, which must be there: for BTF
 *	of which nothing but the start is known, as the kernel's own.
 *
 * Return: the length that the header states, or 0 if it is no BTF header that
 * mms_btf_open() would accept.
 */
size_t mms_btf_size(const void *data);

/**
 * mms_btf_open() - checks BTF and indexes its types
 * @btf: what to fill.
 * @data: the BTF, aligned to 4 bytes; used as long as @btf is.
 * @size: its length in bytes.
 * @index: memory for the index; used as long as @btf is.
 * @nr_index: number of entries of @index, at least 1; see %MMS_BTF_INDEX.
 *
 * Return: 0, -EINVAL (damaged or no BTF) or -EOPNOTSUPP (other byte order or
 * version, or a kind of type whose length is not known).
 */
int mms_btf_open(struct mms_btf *btf, const void *data, size_t size,
		 u32 *index, u32 nr_index);

/**
 * mms_btf_resolve() - answers all questions in one pass over the types
 * @btf: opened BTF.
 * @wants: the questions; every answer is written, ->err first of all.
 * @nr: number of @wants.
 *
 * Several types may have one name.  All questions about a name are answered
 * from the same type, that which answers most of them.
 *
 * Return: the number of questions that have no answer.
 */
unsigned int mms_btf_resolve(struct mms_btf *btf, struct mms_btf_want *wants,
			     unsigned int nr);

#endif /* MMS_CORE_BTF_H */
