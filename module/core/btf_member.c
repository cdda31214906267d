// SPDX-License-Identifier: GPL-2.0-only
#include "btf_wire.h"

/* No real type nests structures, qualifiers or arrays this deeply. */
#define DEPTH_MAX	16

int mms_btf_strip(struct mms_btf *btf, const struct wire_type **type)
{
	unsigned int depth;
	int err;

	for (depth = 0; depth < DEPTH_MAX; depth++) {
		switch (WIRE_INFO_KIND((*type)->info)) {
		case WIRE_TYPEDEF:
		case WIRE_VOLATILE:
		case WIRE_CONST:
		case WIRE_RESTRICT:
		case WIRE_TYPE_TAG:
			err = mms_btf_type_by_id(btf, (*type)->size_or_type, type);
			if (err)
				return err;
			break;
		default:
			return 0;
		}
	}
	return -ELOOP;
}

static int stripped_by_id(struct mms_btf *btf, u32 id,
			  const struct wire_type **type)
{
	int err = mms_btf_type_by_id(btf, id, type);

	return err ? err : mms_btf_strip(btf, type);
}

/* Size of a type that is no array and needs no stripping. */
static int plain_size(const struct wire_type *type, u32 *size)
{
	switch (WIRE_INFO_KIND(type->info)) {
	case WIRE_INT:
		/* The way to store a bit-field before the flag existed. */
		if (WIRE_INT_BITS(*(const u32 *)(type + 1)) !=
		    8ULL * type->size_or_type)
			return -EOPNOTSUPP;
		fallthrough;
	case WIRE_STRUCT:
	case WIRE_UNION:
	case WIRE_ENUM:
	case WIRE_ENUM64:
	case WIRE_FLOAT:
		*size = type->size_or_type;
		return 0;
	case WIRE_PTR:
		*size = sizeof(void *);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

int mms_btf_measure(struct mms_btf *btf, const struct wire_type *type,
		    u32 *size, u32 *nr_elems)
{
	const struct wire_array *array;
	unsigned int depth;
	int err;

	*nr_elems = 1;
	for (depth = 0; depth < DEPTH_MAX; depth++) {
		err = mms_btf_strip(btf, &type);
		if (err)
			return err;
		if (WIRE_INFO_KIND(type->info) != WIRE_ARRAY)
			return plain_size(type, size);
		array = (const void *)(type + 1);
		if (check_mul_overflow(*nr_elems, array->nelems, nr_elems))
			return -EINVAL;
		err = mms_btf_type_by_id(btf, array->type, &type);
		if (err)
			return err;
	}
	return -ELOOP;
}

static bool is_record(const struct wire_type *type)
{
	u32 kind = WIRE_INFO_KIND(type->info);

	return kind == WIRE_STRUCT || kind == WIRE_UNION;
}

static int find_member(struct mms_btf *btf, const struct wire_type *record,
		       const char *name, size_t len, unsigned int depth,
		       struct mms_btf_place *place);

/* Looks into the anonymous structure or union @member, if it is one. */
static int find_inside(struct mms_btf *btf, const struct wire_member *member,
		       const char *name, size_t len, unsigned int depth,
		       struct mms_btf_place *place)
{
	const struct wire_type *type;
	int err = stripped_by_id(btf, member->type, &type);

	if (err)
		return err;
	if (!is_record(type))
		return -ENOENT; /* an unnamed bit-field */
	if (!depth)
		return -ELOOP;
	return find_member(btf, type, name, len, depth - 1, place);
}

/* The recursion ends after DEPTH_MAX levels. */
static int find_member(struct mms_btf *btf, const struct wire_type *record,
		       const char *name, size_t len, unsigned int depth,
		       struct mms_btf_place *place)
{
	const struct wire_member *member = (const void *)(record + 1);
	const struct wire_member *end = member + WIRE_INFO_VLEN(record->info);
	bool flag = WIRE_INFO_FLAG(record->info);
	const char *found;
	int err;

	for (; member < end; member++) {
		if (mms_btf_charge(btf, 1))
			return -ELOOP;
		found = mms_btf_name(btf, member->name_off);
		if (!*found) {
			err = find_inside(btf, member, name, len, depth, place);
		} else if (!strncmp(found, name, len) && !found[len]) {
			place->type = member->type;
			place->width = flag ? WIRE_MEMBER_WIDTH(member->offset) : 0;
			place->bits = 0;
			err = 0;
		} else {
			continue;
		}
		if (err == -ENOENT)
			continue;
		place->bits += flag ? WIRE_MEMBER_BITS(member->offset)
				    : member->offset;
		return err;
	}
	return -ENOENT;
}

int mms_btf_find(struct mms_btf *btf, const struct wire_type *record,
		 const char *path, struct mms_btf_place *place)
{
	u64 bits = 0;
	size_t len;
	int err;

	for (;;) {
		len = strcspn(path, ".");
		if (!len)
			return -EINVAL;
		if (!is_record(record))
			return -ENOENT;
		err = find_member(btf, record, path, len, DEPTH_MAX, place);
		if (err)
			return err;
		bits += place->bits;
		if (!path[len])
			break;
		path += len + 1;
		err = stripped_by_id(btf, place->type, &record);
		if (err)
			return err;
	}
	place->bits = bits;
	return 0;
}
