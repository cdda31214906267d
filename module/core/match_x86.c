// SPDX-License-Identifier: GPL-2.0-only
/* Looking for x86-64 page-table entries that name certain frames. */

#include "entry_x86.h"
#include "match.h"

void mms_match_init(struct mms_match *match, const struct mms_entry_format *fmt,
		    u64 first, u64 last)
{
	u64 highest = fmt->pfn_mask >> fmt->page_shift;
	u64 differ;

	/* Nothing has all bits of the address set. */
	*match = (struct mms_match){
		.fmt = fmt, .first = first, .base = ~0ULL, .fixed = ~0ULL,
	};
	if (first > highest)
		return;
	match->nr = min(last, highest) - first + 1;
	match->base = first << fmt->page_shift;
	match->size = match->nr << fmt->page_shift;

	/* Below the highest bit that differs any may. */
	differ = match->base ^ (match->base + match->size - 1);
	match->fixed = fmt->pfn_mask & ~(~0ULL >> __builtin_clzll(differ));
}

static bool address_matches(const struct mms_match *match, u64 raw, u64 mask)
{
	return (raw & mask) - match->base < match->size;
}

static bool decoded_matches(const struct mms_match *match, u64 raw)
{
	struct mms_entry entry;

	mms_entry_decode(match->fmt, MMS_PTE, raw, &entry);
	return mms_match_has(match, entry.pfn);
}

/* An entry without the present bit. */
static bool absent_matches(const struct mms_match *match, u64 raw)
{
	const struct mms_entry_format *fmt = match->fmt;

	if (mms_entry_is_none(fmt, raw))
		return false;
	/* PROT_NONE: the address is inverted, see entry_x86.c. */
	if (raw & MMS_X86_GLOBAL)
		return address_matches(match, ~raw, fmt->pfn_mask);
	if (raw >> (64 - MMS_X86_SWP_TYPE_BITS) < fmt->types.nr_files)
		return false;
	return decoded_matches(match, raw);
}

/*
 * Passes over entries, four at a time, as long as all of them are present and
 * surely name other frames, or all are empty.  The price of a search: everything else
 * is paid for few entries.
 */
static unsigned int pass_over(const struct mms_match *match, const u64 *raw,
			      unsigned int i, unsigned int nr)
{
	const u64 base = match->base, fixed = match->fixed;
	const u64 *at = raw + i, *end = raw + nr;

	for (; end - at >= 4; at += 4) {
		u64 a = READ_ONCE(at[0]), b = READ_ONCE(at[1]);
		u64 c = READ_ONCE(at[2]), d = READ_ONCE(at[3]);

		if (!(a & b & c & d & MMS_X86_PRESENT)) {
			if (mms_entry_is_none(match->fmt, a | b | c | d))
				continue;
			break;
		}
		if (!((a ^ base) & fixed) || !((b ^ base) & fixed) ||
		    !((c ^ base) & fixed) || !((d ^ base) & fixed))
			break;
	}
	return at - raw;
}

unsigned int mms_match_ptes(const struct mms_match *match, const u64 *raw,
			    unsigned int from, unsigned int nr)
{
	unsigned int i = from;

	while (i < nr) {
		unsigned int end;

		i = pass_over(match, raw, i, nr);
		for (end = min(i + 4, nr); i < end; i++) {
			u64 entry = READ_ONCE(raw[i]);

			if (entry & MMS_X86_PRESENT ?
			    address_matches(match, entry, match->fmt->pfn_mask) :
			    absent_matches(match, entry))
				return i;
		}
	}
	return nr;
}
