// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "merge_model.h"
#include "unit.h"

#define CHECK(cond)	do { if (!(cond)) abort(); } while (0)

static u32 page_detail(const struct mms_entry_format *fmt, u64 raw)
{
	struct mms_entry entry;

	mms_entry_decode(fmt, MMS_PTE, raw, &entry);
	if (entry.state != MMS_PRESENT && entry.state != MMS_PROTNONE)
		return 0;
	return MMS_DETAIL(MMS_KIND_ANON + (entry.pfn >> 1 & 1), entry.pfn >> 2 & 1,
			  entry.pfn & 4);
}

struct model {
	struct mms_range *out;
	unsigned int nr;
	u32 hint;
};

static void add_plainly(const struct merge_case *c, struct model *model,
			enum mms_level level, u64 raw, u64 start, u64 end,
			u32 detail)
{
	struct mms_range *last = &model->out[model->nr];
	struct mms_entry entry;
	u32 flags;

	mms_entry_decode(c->fmt, level, raw, &entry);
	flags = entry.flags;
	if (entry.state == MMS_PROTNONE)
		flags |= model->hint;
	flags &= ~c->ignore;

	if (model->nr && last[-1].end == start && last[-1].level == level &&
	    last[-1].state == entry.state && last[-1].flags == flags &&
	    last[-1].pkey == entry.pkey && last[-1].detail == detail) {
		last[-1].end = end;
		return;
	}
	*last = (struct mms_range){
		.start = start,
		.end = end,
		.flags = flags,
		.detail = detail,
		.level = level,
		.state = entry.state,
		.pkey = entry.pkey,
	};
	model->nr++;
}

unsigned int merge_plainly(const struct merge_case *c, struct mms_range *out)
{
	struct model model = { .out = out };
	unsigned int i, k;

	for (i = 0; i < c->nr; i++) {
		const struct merge_step *s = &c->steps[i];

		switch (s->type) {
		case STEP_HINT:
			model.hint = s->value;
			break;
		case STEP_ENTRY:
			add_plainly(c, &model, s->level, *s->raw, s->start,
				    s->end, s->value);
			break;
		case STEP_PTES:
			for (k = 0; k < s->nr; k++)
				add_plainly(c, &model, MMS_PTE, s->raw[k],
					    s->start + k * 4096ULL,
					    s->start + (k + 1) * 4096ULL,
					    c->pages ? page_detail(c->fmt,
								   s->raw[k]) :
						       0);
			break;
		}
	}
	return model.nr;
}

struct looker {
	const struct merge_case *c;
	u64 seed;
	u32 seen;
	unsigned int lookups;
	u64 *live;
};

static u32 look(void *ctx, u64 raw)
{
	struct looker *looker = ctx;

	looker->seen = page_detail(looker->c->fmt, raw);
	looker->lookups++;
	/* Whoever reads the same entry again sees another. */
	while (looker->c->scribble && looker->live) {
		if (*looker->live == raw) {
			*looker->live = ~raw;
			break;
		}
		looker->live++;
	}
	return looker->seen;
}

static unsigned int look_on(void *ctx, const u64 *raw, unsigned int i,
			    unsigned int nr, u64 mask, u64 key)
{
	struct looker *looker = ctx;

	CHECK(i < nr);
	for (; i < nr; i++) {
		if ((raw[i] & mask) != key ||
		    page_detail(looker->c->fmt, raw[i]) != looker->seen)
			break;
		if (looker->seed && !(unit_random(&looker->seed) & 7))
			break;
	}
	return i;
}

static const struct mms_merge_pages pages = { look, look_on };

static unsigned int take_out(struct mms_merge *merge, struct mms_range *out)
{
	unsigned int nr = merge->nr;

	CHECK(nr <= merge->max);
	if (nr)
		memcpy(out, merge->out, nr * sizeof(*out));
	merge->nr = 0;
	return nr;
}

static unsigned int merge_table(struct mms_merge *merge,
				const struct merge_step *s,
				struct looker *looker, struct mms_range *out)
{
	/* A copy of its size, so that ASan sees a look behind the end. */
	u64 *raw = malloc(s->nr * sizeof(*raw) + !s->nr);
	unsigned int taken = 0, nr = 0;

	CHECK(raw);
	if (s->nr)
		memcpy(raw, s->raw, s->nr * sizeof(*raw));
	looker->live = raw;
	for (;;) {
		taken += mms_merge_ptes(merge, raw + taken, s->nr - taken,
					s->start + taken * 4096ULL,
					looker->c->pages ? &pages : NULL,
					looker);
		CHECK(taken <= s->nr);
		if (taken == s->nr)
			break;
		CHECK(merge->nr == merge->max);
		nr += take_out(merge, out + nr);
	}
	looker->live = NULL;
	free(raw);
	return nr;
}

unsigned int merge_core(const struct merge_case *c, unsigned int room,
			struct mms_range *out, unsigned int *lookups)
{
	struct mms_range *held = malloc(room * sizeof(*held));
	struct looker looker = { .c = c, .seed = c->seed };
	struct mms_merge merge;
	unsigned int i, nr = 0;

	CHECK(held);
	memset(&merge, 0xa5, sizeof(merge));
	mms_merge_init(&merge, c->fmt, c->ignore, held, room);
	for (i = 0; i < c->nr; i++) {
		const struct merge_step *s = &c->steps[i];

		switch (s->type) {
		case STEP_HINT:
			mms_merge_hint(&merge, s->value);
			break;
		case STEP_ENTRY:
			if (merge.nr == room)
				nr += take_out(&merge, out + nr);
			mms_merge_entry(&merge, s->level, *s->raw, s->start,
					s->end, s->value);
			break;
		case STEP_PTES:
			nr += merge_table(&merge, s, &looker, out + nr);
			break;
		}
	}
	if (merge.nr == room)
		nr += take_out(&merge, out + nr);
	mms_merge_flush(&merge);
	nr += take_out(&merge, out + nr);
	/* A second end adds nothing. */
	mms_merge_flush(&merge);
	CHECK(!merge.nr);
	free(held);
	if (lookups)
		*lookups = looker.lookups;
	return nr;
}
