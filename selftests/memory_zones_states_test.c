// SPDX-License-Identifier: GPL-2.0-only
/* The words of zones, against what zoneinfo's numbers mean. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process_util.h"
#include "zones_oracle.h"
#include "kselftest_harness.h"
#include "zones_fixture.h"

#define HUGE_KB		2048UL

static bool is(const struct zone *zone, const char *name)
{
	return !strcmp(zone->name, name);
}

/* Free pages that an ordinary allocation may have. */
static int64_t usable(const struct zone *zone, const struct zone *row)
{
	/* 6.1 shows neither number; it holds back the reserved blocks. */
	uint64_t held = row->number[Z_FREE_HIGHATOMIC] == NO_NUMBER ?
			row->number[Z_RESERVED_HIGHATOMIC] :
			row->number[Z_FREE_HIGHATOMIC];
	uint64_t cma = zone->number[Z_FREE_CMA];

	return zone->number[Z_FREE] - held - (cma == NO_NUMBER ? 0 : cma);
}

/* For an allocation that may have zones of up to index @highest. */
static const char *state_of(const struct zone *zone, const struct zone *row,
			    unsigned int highest)
{
	const uint64_t *n = zone->number;
	int64_t left;

	if (!n[Z_MANAGED])
		return highest < zone->index ? "-" : "empty";
	if (highest < zone->index)
		return "-";
	left = usable(zone, row) - (int64_t)zone_reserve(zone, highest);
	if (left > (int64_t)n[Z_HIGH])
		return "above_high";
	if (left > (int64_t)n[Z_LOW])
		return "between_low_and_high";
	return left > (int64_t)n[Z_MIN] ? "below_low" : "below_min";
}

static unsigned int index_of(const struct zones *zones, const char *name)
{
	unsigned int i;

	for (i = 0; i < zones->nr; i++)
		if (is(&zones->zone[i], name))
			return zones->zone[i].index;
	errno = ENOENT;
	die("zone %s", name);
}

/* The three words of a zone as zoneinfo has them, joined. */
static void states_of(const struct zones *info, unsigned int i,
		      const struct zone *row, char *words, size_t size)
{
	const struct zone *zone = &info->zone[i];

	snprintf(words, size, "%s %s %s", state_of(zone, row, zone->index),
		 state_of(zone, row, index_of(info, "Normal")),
		 state_of(zone, row, index_of(info, "Movable")));
}

/*
 * Compares the states with what zoneinfo before and after gives.  Return: how
 * many zones could be compared, with those in @state counted in @in_state; -1
 * after a complaint.
 */
static int compare_states(const char *state, unsigned int *in_state)
{
	static struct zones before, got, after;
	char a[80], b[80], word[80];
	unsigned int i;
	int compared = 0;

	*in_state = 0;
	read_zoneinfo(&before);
	ask_zones(&got);
	read_zoneinfo(&after);
	for (i = 0; i < got.nr && i < before.nr; i++) {
		const struct zone *row = &got.zone[i];

		states_of(&before, i, row, a, sizeof(a));
		states_of(&after, i, row, b, sizeof(b));
		snprintf(word, sizeof(word), "%s %s %s", row->state[0],
			 row->state[1], row->state[2]);
		if (strcmp(a, b))
			continue;
		compared++;
		*in_state += !strcmp(row->state[0], state);
		if (!strcmp(a, word))
			continue;
		complain("node %u zone %s: \"%s\", not \"%s\"", row->node,
			 row->name, word, a);
		return -1;
	}
	return compared;
}

/* What follows from the states of a node's zones and from its kswapd. */
static const char *reclaim_of(const struct zones *got, unsigned int i)
{
	const struct zone *zone = &got->zone[i];
	bool min = false, low = false, high = false, boost = false;
	bool running = !strcmp(zone->kswapd, "running");
	unsigned int j;

	if (!zone->number[Z_MANAGED])
		return "none";
	for (j = i - zone->index; j <= i; j++) {
		const struct zone *lower = &got->zone[j];
		const char *state = state_of(lower, lower, zone->index);

		if (!lower->number[Z_MANAGED])
			continue;
		high |= !strcmp(state, "above_high");
		low |= high || !strcmp(state, "between_low_and_high");
		min |= low || !strcmp(state, "below_low");
		boost |= lower->number[Z_BOOST];
	}
	if (!min)
		return "direct_reclaim";
	if (running && !high)
		return "kswapd_until_high";
	if (low && !boost)
		return "none";
	if (zone->failures >= 16)
		return "hopeless";
	return low ? "boosted" : "kswapd_wakes";
}

static unsigned int wrong_reclaims(void)
{
	static struct zones got;
	unsigned int i, wrong = 0;

	ask_zones(&got);
	for (i = 0; i < got.nr; i++) {
		const char *want = reclaim_of(&got, i);

		if (!strcmp(want, got.zone[i].reclaim))
			continue;
		complain("node %u zone %s: reclaim is %s, not %s",
			 got.zone[i].node, got.zone[i].name,
			 got.zone[i].reclaim, want);
		wrong++;
	}
	return wrong;
}

/* Puts memory aside, which nobody can take away, so that so much is left. */
static int leave_free(unsigned int percent)
{
	uint64_t total = kb_of("/proc/meminfo", "MemTotal:");
	uint64_t left = kb_of("/proc/meminfo", "MemFree:");
	uint64_t target = total / 100 * percent, pages;
	char text[24];

	if (left <= target)
		return 0;
	pages = read_number(VM "nr_hugepages") + (left - target) / HUGE_KB;
	snprintf(text, sizeof(text), "%" PRIu64, pages);
	return write_path(VM "nr_hugepages", text);
}

/*
 * The watermarks are set far apart: a step is 30 percent of a zone, so that
 * half of the memory free is less than high, and a fifth is less than low.
 */
TEST_F_TIMEOUT(zones, states, 120)
{
	static const struct {
		unsigned int percent;
		const char *scale;
		const char *state;
	} steps[] = {
		{ 100, "10", "above_high" },
		{ 45, "3000", "between_low_and_high" },
		{ 20, "3000", "below_low" },
	};
	unsigned int i, try, in_state = 0;

	ASSERT_EQ(0, write_path(VM "watermark_boost_factor", "0"));
	for (i = 0; i < ARRAY_LEN(steps); i++) {
		int compared = 0;

		/* Easily, as long as the watermarks are low. */
		ASSERT_EQ(0, write_path(VM "watermark_scale_factor", "10"));
		ASSERT_EQ(0, leave_free(steps[i].percent));
		ASSERT_EQ(0, write_path(VM "watermark_scale_factor",
					steps[i].scale));
		/* Some that count, and in the state; kswapd may be at work. */
		for (try = 0; try < TRIES; try++) {
			compared = compare_states(steps[i].state, &in_state);
			if (compared < 0 || (compared && in_state))
				break;
		}
		EXPECT_LT(0, compared);
		EXPECT_LT(0, in_state);
		if (!in_state)
			complain("step %u: no zone is %s", i, steps[i].state);
		EXPECT_EQ(0, wrong_reclaims());
	}
}

TEST_HARNESS_MAIN
