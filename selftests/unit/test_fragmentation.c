// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"
#include "fragmentation.h"

#define ORDERS	11

static u64 seed = 0x1234567;

/* Every free block of a zone, one by one; some orders have none. */
static void random_zone(struct mms_zone_free *zone)
{
	unsigned int order;

	*zone = (struct mms_zone_free){
		.nr_orders = ORDERS, .costly_order = 3, .threshold = 500,
		.compaction = true, .allowed = { true, true },
	};
	for (order = 0; order < ORDERS; order++) {
		u64 bits = unit_random(&seed);

		if (bits & 3)
			zone->nr_free[order] = (bits >> 8) % (1ULL << (bits >> 59));
		zone->gap_pages[order] = 2ULL << order;
		zone->free_pages += zone->nr_free[order] << order;
		if (zone->nr_free[order])
			zone->usable[0] |= BIT_ULL(order);
	}
	zone->usable[1] = zone->usable[0];
}

/*
 * The indices by their definition, with rational numbers: the share of free
 * memory in blocks below the order, and 1 - (1 + free / wanted) / blocks.
 */
static void check_indices(const struct mms_zone_free *zone, unsigned int order)
{
	struct mms_contig contig = mms_contig(zone, order);
	u64 pages = 0, blocks = 0, suitable = 0, below = 0;
	unsigned int i;
	int extfrag;

	for (i = 0; i < ORDERS; i++) {
		u64 of_order = zone->nr_free[i] * (1ULL << i);

		pages += of_order;
		blocks += zone->nr_free[i];
		if (i < order)
			below += of_order;
		else
			suitable += of_order / (1ULL << order);
	}
	assert_int_equal(contig.free_pages, pages);
	assert_int_equal(contig.blocks, blocks);
	assert_int_equal(contig.suitable, suitable);
	assert_int_equal(mms_unusable_index(&contig, order),
			 pages ? (int)(1000 * below / pages) : 1000);
	if (!blocks)
		extfrag = 0;
	else if (suitable)
		extfrag = -1000;
	else
		extfrag = 1000 - (int)((1000 + 1000 * pages / (1ULL << order)) /
				       blocks);
	assert_int_equal(mms_extfrag_index(&contig, order), extfrag);
}

static void test_indices(void **state)
{
	struct mms_zone_free zone;
	unsigned int i, order;

	(void)state;
	for (i = 0; i < 20000; i++) {
		random_zone(&zone);
		for (order = 0; order < ORDERS; order++)
			check_indices(&zone, order);
	}
}

/* What the kernel's own file showed for such zones. */
static void test_known_indices(void **state)
{
	static const struct {
		u64 nr_free[ORDERS];
		unsigned int order;
		int unusable, extfrag;
	} known[] = {
		{ { 0 }, 0, 1000, 0 },
		{ { 0 }, 10, 1000, 0 },
		{ { 1 }, 0, 0, -1000 },
		{ { 1 }, 1, 1000, -500 },
		{ { 1000 }, 9, 1000, 998 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 10, 0, -1000 },
		{ { 512, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 9, 500, -1000 },
		{ { 512, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 10, 1000, 997 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		struct mms_zone_free zone = { .nr_orders = ORDERS };
		struct mms_contig contig;

		memcpy(zone.nr_free, known[i].nr_free,
		       sizeof(known[i].nr_free));
		contig = mms_contig(&zone, known[i].order);
		expect(mms_unusable_index(&contig, known[i].order) ==
		       known[i].unusable, "case %u", i);
		expect(mms_extfrag_index(&contig, known[i].order) ==
		       known[i].extfrag, "case %u: %d", i,
		       mms_extfrag_index(&contig, known[i].order));
	}
}

/**
 * struct verdict_case - a zone with little else than what matters
 * @name: what matters.
 * @singles: free pages of order 0.
 * @block: order of one larger free block, or 0.
 * @usable: whether the allocation may take that.
 * @change: changes the zone; may be NULL.
 * @order: order of the allocation.
 * @alloc: its kind.
 * @possible: whether compaction finds a place.
 * @verdict: what becomes of it.
 * @reason: why.
 */
struct verdict_case {
	const char *name;
	u64 singles;
	unsigned int block;
	bool usable;
	void (*change)(struct mms_zone_free *zone);
	unsigned int order;
	enum mms_alloc alloc;
	bool possible;
	enum mms_verdict verdict;
	enum mms_reason reason;
};

static void highatomic_2000(struct mms_zone_free *zone)
{
	zone->highatomic_pages = 2000;
}

static void cma_2000(struct mms_zone_free *zone)
{
	zone->cma_pages = 2000;
}

static void reserve_2000(struct mms_zone_free *zone)
{
	zone->reserve_pages[MMS_ALLOC_UNMOVABLE] = 2000;
}

static void kernel_not_allowed(struct mms_zone_free *zone)
{
	zone->allowed[MMS_ALLOC_UNMOVABLE] = false;
}

static void without_compaction(struct mms_zone_free *zone)
{
	zone->compaction = false;
}

static void threshold_1000(struct mms_zone_free *zone)
{
	zone->threshold = 1000;
}

#define M	MMS_ALLOC_MOVABLE
#define U	MMS_ALLOC_UNMOVABLE
#define NOW	MMS_VERDICT_NOW
#define LATER	MMS_VERDICT_COMPACTION
#define NO	MMS_VERDICT_NO

/* The min watermark is 1000, the low one 1250; a gap is 2 << order. */
static const struct verdict_case verdicts[] = {
	{ "a page", 1001, 0, 0, NULL, 0, M, 0, NOW, MMS_REASON_NONE },
	{ "none above min", 1000, 0, 0, NULL, 0, M, 0, NO,
	  MMS_REASON_WATERMARK },
	{ "a block", 1500, 9, 1, NULL, 9, U, 0, NOW, MMS_REASON_NONE },
	{ "a larger block", 1500, 10, 1, NULL, 9, U, 0, NOW, MMS_REASON_NONE },
	{ "too small", 1800, 8, 1, NULL, 9, M, 1, NO, MMS_REASON_MEMORY },
	{ "block of another type", 4000, 9, 0, NULL, 9, U, 1, LATER,
	  MMS_REASON_FRAGMENTED },
	{ "singles", 4000, 0, 0, NULL, 9, M, 1, LATER, MMS_REASON_FRAGMENTED },
	{ "low plus gap", 1250 + 1024, 0, 0, NULL, 9, M, 1, NO,
	  MMS_REASON_MEMORY },
	{ "one more", 1250 + 1025, 0, 0, NULL, 9, M, 1, LATER,
	  MMS_REASON_FRAGMENTED },
	{ "min plus gap", 1000 + 16, 0, 0, NULL, 3, M, 1, NO,
	  MMS_REASON_MEMORY },
	{ "min plus one more", 1000 + 17, 0, 0, NULL, 3, M, 1, LATER,
	  MMS_REASON_FRAGMENTED },
	{ "no place", 4000, 0, 0, NULL, 9, M, 0, NO, MMS_REASON_UNMOVABLE },
	{ "threshold", 4000, 0, 0, threshold_1000, 9, M, 1, NO,
	  MMS_REASON_MEMORY },
	{ "threshold is for costly ones", 4000, 0, 0, threshold_1000, 3, M, 1,
	  LATER, MMS_REASON_FRAGMENTED },
	{ "atomic reserve", 3000, 0, 0, highatomic_2000, 0, M, 0, NO,
	  MMS_REASON_WATERMARK },
	{ "above it", 3001, 0, 0, highatomic_2000, 0, M, 0, NOW,
	  MMS_REASON_NONE },
	{ "CMA, movable", 2000, 0, 0, cma_2000, 0, M, 0, NOW, MMS_REASON_NONE },
	{ "CMA, unmovable", 3000, 0, 0, cma_2000, 0, U, 0, NO,
	  MMS_REASON_WATERMARK },
	{ "reserve", 3000, 0, 0, reserve_2000, 0, U, 0, NO,
	  MMS_REASON_WATERMARK },
	{ "reserve of the other", 3000, 0, 0, reserve_2000, 0, M, 0, NOW,
	  MMS_REASON_NONE },
	{ "zone", 9000, 9, 1, kernel_not_allowed, 0, U, 1, NO,
	  MMS_REASON_ZONE },
	{ "no compaction", 9000, 0, 0, without_compaction, 9, M, 1, NO,
	  MMS_REASON_COMPACTION },
};

static void test_verdicts(void **state)
{
	unsigned int i, order;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		const struct verdict_case *v = &verdicts[i];
		struct mms_zone_free zone = {
			.nr_orders = ORDERS, .costly_order = 3,
			.threshold = 500, .compaction = true,
			.allowed = { true, true }, .min_pages = 1000,
			.low_pages = 1250, .nr_free = { v->singles },
			.usable = { 1, 1 }, .free_pages = v->singles,
		};
		enum mms_verdict verdict;
		enum mms_reason reason;

		for (order = 0; order < ORDERS; order++)
			zone.gap_pages[order] = 2ULL << order;
		if (v->block) {
			zone.nr_free[v->block] = 1;
			zone.free_pages += 1LL << v->block;
		}
		if (v->usable)
			zone.usable[v->alloc] |= BIT_ULL(v->block);
		if (v->change)
			v->change(&zone);
		verdict = mms_verdict(&zone, v->order, v->alloc, v->possible,
				      &reason);
		expect(verdict == v->verdict && reason == v->reason,
		       "%s: %s, %s", v->name, mms_verdict_names[verdict],
		       mms_reason_names[reason]);
	}
}

#define FRAMES	4096

/* Is there an aligned block of frames that all give way?  By trying each. */
static bool place(const int *below, unsigned int order)
{
	unsigned int first, i, size = 1U << order;

	for (first = 0; first + size <= FRAMES; first += size) {
		for (i = first; i < first + size; i++)
			if (below[i] >= (int)order)
				break;
		if (i == first + size)
			return true;
	}
	return false;
}

/* Runs of frames alike, some of them left out. */
static void test_places(void **state)
{
	static int below[FRAMES];
	unsigned int round, order;

	(void)state;
	for (round = 0; round < 3000; round++) {
		unsigned int at = 0;
		struct mms_places places;
		u64 wanted = unit_random(&seed) % (1 << ORDERS);

		mms_places_init(&places, wanted, ORDERS);
		while (at < FRAMES) {
			u64 bits = unit_random(&seed);
			unsigned int i, nr = 1 + bits % (1 << bits % 12);
			/* Most give way, so that long runs come about. */
			int b = (bits >> 20) % 16 ? -1 :
				(int)((bits >> 32) % (ORDERS + 1));

			nr = min(nr, FRAMES - at);
			for (i = at; i < at + nr; i++)
				below[i] = b;
			if (b < ORDERS || bits >> 63)
				mms_places_add(&places, at, nr, b);
			at += nr;
		}
		for (order = 0; order < ORDERS; order++) {
			bool missing = places.wanted & BIT_ULL(order);

			if (!(wanted & BIT_ULL(order)))
				assert_false(missing);
			else
				assert_int_equal(missing, !place(below, order));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indices),
		cmocka_unit_test(test_known_indices),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
