// SPDX-License-Identifier: GPL-2.0-only
#include "btf_wire.h"

/*
 * Types and members that one mms_btf_resolve() may look at besides its linear
 * pass.  A few hundred questions about a kernel take less than a tenth.
 */
#define STEPS_MAX	(1U << 20)

static int bitfield_place(const struct mms_btf_place *place, struct mms_btf_want *want)
{
	/* More than 64 bits, or an array, is nothing that one word holds. */
	if (want->nr_elems != 1 || want->size > sizeof(u64))
		return -EOPNOTSUPP;
	if (place->width > want->size * 8)
		return -EINVAL;
	want->bits = place->width ? place->width : want->size * 8;
	want->bit_offset = place->bits % 8;
	want->size = DIV_ROUND_UP(want->bit_offset + want->bits, 8);
	return 0;
}

static int answer_member(struct mms_btf *btf, const struct wire_type *record,
			 struct mms_btf_want *want)
{
	const struct wire_type *type;
	struct mms_btf_place place;
	u64 end;
	int err;

	err = mms_btf_find(btf, record, want->member, &place);
	if (!err)
		err = mms_btf_type_by_id(btf, place.type, &type);
	if (!err)
		err = mms_btf_measure(btf, type, &want->size, &want->nr_elems);
	if (err)
		return err;

	if (want->what == MMS_BTF_BITFIELD) {
		err = bitfield_place(&place, want);
		if (err)
			return err;
	} else if (place.width || place.bits % 8) {
		return -EOPNOTSUPP;
	}
	end = place.bits / 8 + (u64)want->size * want->nr_elems;
	if (end > record->size_or_type)
		return -EINVAL;
	want->offset = place.bits / 8;
	return 0;
}

static bool is_enum(const struct wire_type *type)
{
	u32 kind = WIRE_INFO_KIND(type->info);

	return kind == WIRE_ENUM || kind == WIRE_ENUM64;
}

/* Name and value of enumerator @i of the enum @type. */
static const char *enumerator(const struct mms_btf *btf,
			      const struct wire_type *type, u32 i, s64 *value)
{
	const struct wire_enum64 *wide = (const void *)(type + 1);
	const struct wire_enum *narrow = (const void *)(type + 1);

	if (WIRE_INFO_KIND(type->info) == WIRE_ENUM64) {
		*value = (s64)((u64)wide[i].val_hi << 32 | wide[i].val_lo);
		return mms_btf_name(btf, wide[i].name_off);
	}
	*value = WIRE_INFO_FLAG(type->info) ? (s64)(s32)narrow[i].val
					    : (s64)narrow[i].val;
	return mms_btf_name(btf, narrow[i].name_off);
}

static int answer_enumerator(struct mms_btf *btf, const struct wire_type *type,
			     struct mms_btf_want *want)
{
	u32 i, nr = WIRE_INFO_VLEN(type->info);
	s64 value;

	if (!is_enum(type))
		return -ENOENT;
	if (mms_btf_charge(btf, nr))
		return -ELOOP;
	for (i = 0; i < nr; i++) {
		if (!strcmp(enumerator(btf, type, i, &value), want->member)) {
			want->value = value;
			return 0;
		}
	}
	return -ENOENT;
}

static int answer_variable(struct mms_btf *btf,
			   const struct wire_type *section,
			   struct mms_btf_want *want)
{
	const struct wire_variable *variable = (const void *)(section + 1);
	u32 i, nr = WIRE_INFO_VLEN(section->info);
	const struct wire_type *type;
	int err;

	for (i = 0; i < nr; i++) {
		err = mms_btf_type_by_id(btf, variable[i].type, &type);
		if (err)
			return err;
		if (WIRE_INFO_KIND(type->info) != WIRE_VAR ||
		    strcmp(mms_btf_name(btf, type->name_off), want->member))
			continue;
		want->offset = variable[i].offset;
		want->size = variable[i].size;
		want->nr_elems = 1;
		return 0;
	}
	return -ENOENT;
}

static bool is_sensible(const struct mms_btf_want *want)
{
	switch (want->what) {
	case MMS_BTF_SIZE:
		return want->type && *want->type;
	case MMS_BTF_MEMBER:
	case MMS_BTF_BITFIELD:
		return want->type && *want->type && want->member;
	case MMS_BTF_VARIABLE:
		return want->type && *want->type &&
		       want->member && *want->member;
	case MMS_BTF_ENUMERATOR:
		return (!want->type || *want->type) &&
		       want->member && *want->member;
	}
	return false;
}

static void forget(struct mms_btf_want *want, int err)
{
	want->err = err;
	want->offset = 0;
	want->size = 0;
	want->nr_elems = 0;
	want->bit_offset = 0;
	want->bits = 0;
	want->value = 0;
}

/* Answers @want from @type, whose name is that of @want. */
static void answer(struct mms_btf *btf, const struct wire_type *type,
		   struct mms_btf_want *want)
{
	bool section = WIRE_INFO_KIND(type->info) == WIRE_DATASEC;
	int err;

	forget(want, 0);
	if (!is_sensible(want)) {
		err = -EINVAL;
	} else if (section != (want->what == MMS_BTF_VARIABLE)) {
		err = -ENOENT;
	} else if (section) {
		err = answer_variable(btf, type, want);
	} else if (want->what == MMS_BTF_SIZE) {
		err = mms_btf_measure(btf, type, &want->size, &want->nr_elems);
	} else {
		err = mms_btf_strip(btf, &type);
		if (!err && want->what == MMS_BTF_ENUMERATOR)
			err = answer_enumerator(btf, type, want);
		else if (!err)
			err = answer_member(btf, type, want);
	}
	if (err)
		forget(want, err);
}

static bool same_answer(const struct mms_btf_want *a,
			const struct mms_btf_want *b)
{
	return !a->err == !b->err && a->offset == b->offset &&
	       a->size == b->size && a->nr_elems == b->nr_elems &&
	       a->bit_offset == b->bit_offset && a->bits == b->bits &&
	       a->value == b->value;
}

/* The pass over all types */

/*
 * What the pass looks for.  Nearly all names of a kernel are none of ours; a
 * bit for each pair of first letters weeds most of them out.
 */
struct pass {
	struct mms_btf *btf;
	struct mms_btf_want *wants;
	unsigned int nr;
	u64 types[4];
	u64 enumerators[4];
	bool any_enumerators;
};

static unsigned int letters(const char *name)
{
	return ((u8)name[0] * 7 + (u8)name[1]) & 255;
}

static void filter_add(u64 *filter, const char *name)
{
	filter[letters(name) / 64] |= BIT_ULL(letters(name) % 64);
}

static bool filter_has(const u64 *filter, const char *name)
{
	return *name && filter[letters(name) / 64] >> letters(name) % 64 & 1;
}

static void start_pass(struct pass *pass)
{
	struct mms_btf_want *want;

	for (want = pass->wants; want < pass->wants + pass->nr; want++) {
		want->score = 0;
		forget(want, is_sensible(want) ? -ENOENT : -EINVAL);
		if (want->err == -EINVAL)
			continue;
		if (want->type) {
			filter_add(pass->types, want->type);
		} else {
			filter_add(pass->enumerators, want->member);
			pass->any_enumerators = true;
		}
	}
}

static bool names_type(const struct mms_btf_want *want, const char *name)
{
	return want->type && *want->type == *name && !strcmp(want->type, name);
}

/* How many questions about @name can be answered from @type. */
static u32 count_answers(struct pass *pass, const struct wire_type *type,
			 const char *name)
{
	struct mms_btf_want trial;
	unsigned int i;
	u32 nr = 0;

	for (i = 0; i < pass->nr; i++) {
		if (!names_type(&pass->wants[i], name))
			continue;
		trial = pass->wants[i];
		answer(pass->btf, type, &trial);
		nr += !trial.err;
	}
	return nr;
}

/*
 * Two structures of one name are common: a driver has its own, or the BTF was
 * not deduplicated to the end.  The first that answers most is taken; if
 * another one does as well, a question stays answered only if both agree.
 */
static void offer_type(struct pass *pass, const struct wire_type *type,
		       const char *name, struct mms_btf_want *first)
{
	/* One more than the answers, so that any type beats none. */
	u32 score = 1 + count_answers(pass, type, name);
	bool better = score > first->score;
	struct mms_btf_want *want, trial;

	if (score < first->score)
		return;
	first->score = score;
	for (want = first; want < pass->wants + pass->nr; want++) {
		if (!names_type(want, name))
			continue;
		trial = *want;
		answer(pass->btf, type, &trial);
		if (better)
			*want = trial;
		else if (!same_answer(want, &trial))
			forget(want, -ENOTUNIQ);
	}
}

static void visit_type(struct pass *pass, const struct wire_type *type)
{
	const char *name = mms_btf_name(pass->btf, type->name_off);
	unsigned int i;

	if (!filter_has(pass->types, name))
		return;
	for (i = 0; i < pass->nr; i++) {
		if (names_type(&pass->wants[i], name)) {
			offer_type(pass, type, name, &pass->wants[i]);
			break;
		}
	}
}

static void offer_enumerator(struct pass *pass, const char *name, s64 value)
{
	struct mms_btf_want *want;

	for (want = pass->wants; want < pass->wants + pass->nr; want++) {
		if (want->what != MMS_BTF_ENUMERATOR || want->type ||
		    !want->member || strcmp(want->member, name))
			continue;
		if (want->err == -ENOENT) {
			want->err = 0;
			want->value = value;
		} else if (!want->err && want->value != value) {
			forget(want, -ENOTUNIQ);
		}
	}
}

static void visit_enumerators(struct pass *pass, const struct wire_type *type)
{
	u32 i, nr = WIRE_INFO_VLEN(type->info);
	const char *name;
	s64 value;

	for (i = 0; i < nr; i++) {
		name = enumerator(pass->btf, type, i, &value);
		if (filter_has(pass->enumerators, name))
			offer_enumerator(pass, name, value);
	}
}

unsigned int mms_btf_resolve(struct mms_btf *btf, struct mms_btf_want *wants,
			     unsigned int nr)
{
	struct pass pass = { .btf = btf, .wants = wants, .nr = nr };
	const struct wire_type *type;
	unsigned int i, unanswered = 0;

	start_pass(&pass);
	btf->steps = STEPS_MAX;
	for (type = mms_btf_first(btf); type && btf->steps;
	     type = mms_btf_next(btf, type)) {
		switch (WIRE_INFO_KIND(type->info)) {
		case WIRE_ENUM:
		case WIRE_ENUM64:
			if (pass.any_enumerators)
				visit_enumerators(&pass, type);
			fallthrough;
		case WIRE_STRUCT:
		case WIRE_UNION:
		case WIRE_TYPEDEF:
		case WIRE_DATASEC:
			visit_type(&pass, type);
			break;
		}
	}
	for (i = 0; i < nr; i++) {
		/* A type not looked at might have been a second answer. */
		if (!btf->steps)
			forget(&wants[i], -ELOOP);
		unanswered += !!wants[i].err;
	}
	return unanswered;
}
