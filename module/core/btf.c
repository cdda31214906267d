// SPDX-License-Identifier: GPL-2.0-only
#include "btf_wire.h"

/* What follows a type, in bytes: once, and for each of its vlen elements. */
static const struct wire_layout known_layouts[] = {
	[WIRE_INT] = { .info_size = sizeof(u32) },
	[WIRE_ARRAY] = { .info_size = sizeof(struct wire_array) },
	[WIRE_STRUCT] = { .elem_size = sizeof(struct wire_member) },
	[WIRE_UNION] = { .elem_size = sizeof(struct wire_member) },
	[WIRE_ENUM] = { .elem_size = sizeof(struct wire_enum) },
	[WIRE_FUNC_PROTO] = { .elem_size = 2 * sizeof(u32) },
	[WIRE_VAR] = { .info_size = sizeof(u32) },
	[WIRE_DATASEC] = { .elem_size = 3 * sizeof(u32) },
	[WIRE_DECL_TAG] = { .info_size = sizeof(u32) },
	[WIRE_ENUM64] = { .elem_size = sizeof(struct wire_enum64) },
};

static const struct wire_type *type_at(const struct mms_btf *btf, u32 offset)
{
	return (const void *)(btf->types + offset);
}

/* Length of a type with all that follows it; 0 if that is not known. */
static u32 type_bytes(const struct mms_btf *btf, const struct wire_type *type)
{
	u32 kind = WIRE_INFO_KIND(type->info);
	const struct wire_layout *layout;

	if (likely(kind && kind < ARRAY_SIZE(known_layouts)))
		layout = &known_layouts[kind];
	else if (kind && kind < btf->nr_layouts)
		layout = &btf->layouts[kind];
	else
		return 0;
	/* 0xffffff elements of 255 bytes still fit. */
	return sizeof(*type) + layout->info_size +
	       WIRE_INFO_VLEN(type->info) * layout->elem_size;
}

static int read_header(const void *data, size_t size, struct wire_header *head)
{
	size_t i;

	if (size < WIRE_HEADER_MIN)
		return -EINVAL;
	memset(head, 0, sizeof(*head));
	memcpy(head, data, WIRE_HEADER_MIN);
	if (head->magic == WIRE_MAGIC_SWAPPED)
		return -EOPNOTSUPP;
	if (head->magic != WIRE_MAGIC)
		return -EINVAL;
	if (head->version != WIRE_VERSION || head->flags)
		return -EOPNOTSUPP;
	if (head->hdr_len < WIRE_HEADER_MIN || head->hdr_len > size)
		return -EINVAL;
	if (head->hdr_len >= sizeof(*head))
		memcpy(head, data, sizeof(*head));
	for (i = sizeof(*head); i < head->hdr_len; i++)
		if (((const u8 *)data)[i])
			return -EOPNOTSUPP;
	return 0;
}

size_t mms_btf_size(const void *data)
{
	struct wire_header head;
	u64 end;

	memcpy(&head, data, WIRE_HEADER_MIN);
	/* Not a length to follow blindly, if it is no header at all. */
	if (head.hdr_len > 4 * sizeof(head) ||
	    read_header(data, max_t(size_t, head.hdr_len, WIRE_HEADER_MIN),
			&head))
		return 0;
	end = max((u64)head.type_off + head.type_len,
		  (u64)head.str_off + head.str_len);
	end = max(end, (u64)head.layout_off + head.layout_len);
	return head.hdr_len + end;
}

/* Start of a section, or NULL if it does not lie within the data. */
static const void *section(const void *data, size_t size, u32 hdr_len,
			   u32 offset, u32 len)
{
	u64 start = (u64)hdr_len + offset;

	return start + len <= size ? (const u8 *)data + start : NULL;
}

static int find_sections(struct mms_btf *btf, const void *data, size_t size,
			 const struct wire_header *head)
{
	u32 hdr_len = head->hdr_len;

	btf->types = section(data, size, hdr_len, head->type_off,
			     head->type_len);
	btf->types_len = head->type_len;
	btf->strs = section(data, size, hdr_len, head->str_off, head->str_len);
	btf->strs_len = head->str_len;
	btf->layouts = section(data, size, hdr_len, head->layout_off,
			       head->layout_len);
	btf->nr_layouts = head->layout_len / sizeof(*btf->layouts);
	if (!btf->types || !btf->strs || !btf->layouts ||
	    head->layout_len % sizeof(*btf->layouts))
		return -EINVAL;
	if (!btf->types_len || !IS_ALIGNED((unsigned long)btf->types, 4) ||
	    (btf->nr_layouts && !IS_ALIGNED((unsigned long)btf->layouts, 4)))
		return -EINVAL;
	if (!btf->strs_len || btf->strs[0] || btf->strs[btf->strs_len - 1])
		return -EINVAL;
	return 0;
}

/* Notes the offset of type number @nr (from 0) if its turn has come. */
static void index_type(struct mms_btf *btf, u32 nr_index, u32 nr, u32 offset)
{
	u32 i;

	if (nr >> btf->index_shift == nr_index) {
		/* Full: keep every other entry. */
		btf->index_shift++;
		for (i = 1; 2 * i < nr_index; i++)
			btf->index[i] = btf->index[2 * i];
	}
	if (IS_ALIGNED(nr, 1U << btf->index_shift))
		btf->index[nr >> btf->index_shift] = offset;
}

int mms_btf_open(struct mms_btf *btf, const void *data, size_t size,
		 u32 *index, u32 nr_index)
{
	struct wire_header head;
	u32 offset, bytes;
	int err;

	memset(btf, 0, sizeof(*btf));
	err = read_header(data, size, &head);
	if (!err)
		err = find_sections(btf, data, size, &head);
	if (err)
		return err;

	btf->index = index;
	for (offset = 0; offset < btf->types_len; offset += bytes) {
		if (btf->types_len - offset < sizeof(struct wire_type))
			return -EINVAL;
		bytes = type_bytes(btf, type_at(btf, offset));
		if (!bytes)
			return -EOPNOTSUPP;
		if (bytes > btf->types_len - offset || !IS_ALIGNED(bytes, 4))
			return -EINVAL;
		index_type(btf, nr_index, btf->nr_types++, offset);
	}
	return 0;
}

const struct wire_type *mms_btf_first(const struct mms_btf *btf)
{
	return type_at(btf, 0);
}

const struct wire_type *mms_btf_next(const struct mms_btf *btf,
				     const struct wire_type *type)
{
	const u8 *next = (const u8 *)type + type_bytes(btf, type);

	return next < btf->types + btf->types_len ? (const void *)next : NULL;
}

int mms_btf_charge(struct mms_btf *btf, u32 nr)
{
	if (nr > btf->steps) {
		btf->steps = 0;
		return -ELOOP;
	}
	btf->steps -= nr;
	return 0;
}

int mms_btf_type_by_id(struct mms_btf *btf, u32 id,
		       const struct wire_type **type)
{
	u32 nr = id - 1, skip = nr & ((1U << btf->index_shift) - 1), offset;

	if (!id)
		return -EOPNOTSUPP; /* void */
	if (id > btf->nr_types)
		return -EINVAL;
	if (mms_btf_charge(btf, skip + 1))
		return -ELOOP;
	offset = btf->index[nr >> btf->index_shift];
	for (; skip; skip--)
		offset += type_bytes(btf, type_at(btf, offset));
	*type = type_at(btf, offset);
	return 0;
}
