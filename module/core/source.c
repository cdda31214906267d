// SPDX-License-Identifier: GPL-2.0-only
/* Where an allocated block came from. */

#include "source.h"

/* Pages that are free no more. */
static s64 pages_taken(const u64 *before, const u64 *after,
		       unsigned int nr_orders)
{
	s64 taken = 0;
	unsigned int i;

	for (i = 0; i < nr_orders; i++)
		taken += (s64)(before[i] - after[i]) * (1LL << i);
	return taken;
}

/* Has one block of @from been split down to @order, and nothing else? */
static bool is_split(const u64 *before, const u64 *after,
		     unsigned int nr_orders, unsigned int order,
		     unsigned int from)
{
	unsigned int i;

	for (i = 0; i < nr_orders; i++) {
		u64 expected = before[i];

		if (i == from)
			expected--;
		else if (i >= order && i < from)
			expected++;
		if (after[i] != expected)
			return false;
	}
	return true;
}

enum mms_source mms_source(const u64 *before, const u64 *after,
			   unsigned int nr_orders, unsigned int order,
			   unsigned int *from)
{
	s64 taken = pages_taken(before, after, nr_orders);
	unsigned int i;

	*from = order;
	if (!taken) {
		for (i = 0; i < nr_orders; i++)
			if (before[i] != after[i])
				return MMS_SOURCE_UNKNOWN;
		return MMS_SOURCE_PCP;
	}
	if (taken < 0 || taken & ((1LL << order) - 1))
		return MMS_SOURCE_UNKNOWN;
	if (taken > 1LL << order)
		return MMS_SOURCE_REFILL;
	for (i = order; i < nr_orders; i++) {
		if (!is_split(before, after, nr_orders, order, i))
			continue;
		*from = i;
		return i == order ? MMS_SOURCE_LIST : MMS_SOURCE_SPLIT;
	}
	return MMS_SOURCE_UNKNOWN;
}
