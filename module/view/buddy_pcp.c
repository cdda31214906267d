// SPDX-License-Identifier: GPL-2.0-only
/* buddy/pcp. */

#include <linux/sched/signal.h>

#include "../probe/layout.h"
#include "../probe/pcp.h"
#include "../probe/walk.h"
#include "../probe/zone.h"
#include "buddy.h"

struct pcp_state {
	struct zone *zone;
	int cpu;
	struct mms_walk_stats stats;
};

/* More than a row has: 15 numbers. */
#define ROW_BYTES	384

static int pcp_start(struct mms_reader *reader)
{
	struct pcp_state *state = reader->state;

	state->zone = mms_zone_next(NULL);
	state->cpu = mms_pcp_next(-1);
	mms_reader_head(reader);
	mms_table_columns(&reader->table,
			  "node zone cpu count_pages high_pages batch_pages "
			  "unmovable_pages movable_pages reclaimable_pages "
			  "order0_pages order1_pages order2_pages order3_pages "
			  "thp_pages verified");
	return 0;
}

static void put_counts(struct mms_table *table, const struct mms_pcp *pcp)
{
	unsigned long by_type[MMS_PCP_TYPES] = {};
	unsigned long by_order[MMS_PCP_ORDERS] = {};
	unsigned int order, type;

	for (order = 0; order < MMS_PCP_ORDERS; order++)
		for (type = 0; type < MMS_PCP_TYPES; type++) {
			by_type[type] += pcp->pages[order][type];
			by_order[order] += pcp->pages[order][type];
		}
	for (type = 0; type < MMS_PCP_TYPES; type++)
		mms_table_u64(table, by_type[type]);
	for (order = 0; order < MMS_PCP_ORDERS; order++)
		mms_table_u64(table, by_order[order]);
	mms_table_u64(table, pcp->thp_pages);
}

static void put_pcp(struct mms_table *table, const struct zone *zone, int cpu,
		    const struct mms_pcp *pcp)
{
	unsigned int i;

	mms_table_u64(table, mms_zone_node(zone));
	mms_table_word(table, mms_zone_name(zone));
	mms_table_u64(table, cpu);
	mms_table_u64(table, pcp->count);
	mms_table_u64(table, pcp->high);
	mms_table_u64(table, pcp->batch);
	if (pcp->known)
		put_counts(table, pcp);
	else
		for (i = 0; i < MMS_PCP_TYPES + MMS_PCP_ORDERS + 1; i++)
			mms_table_none(table);
	mms_table_u64(table, pcp->verified);
	mms_table_row(table);
}

static int pcp_fill(struct mms_reader *reader)
{
	struct pcp_state *state = reader->state;
	struct mms_table *table = &reader->table;

	while (state->zone && mms_table_room_for(table, ROW_BYTES)) {
		struct mms_pcp pcp;
		int err;

		if (state->cpu < 0) {
			state->zone = mms_zone_next(state->zone);
			state->cpu = mms_pcp_next(-1);
			continue;
		}
		if (signal_pending(current))
			return 1;
		err = mms_pcp_read(&pcp, state->zone, state->cpu,
				   &state->stats);
		if (err == -ENODEV) {
			state->cpu = -1;
			continue;
		}
		if (err)
			return err;
		put_pcp(table, state->zone, state->cpu, &pcp);
		state->cpu = mms_pcp_next(state->cpu);
	}
	if (state->zone)
		return 1;
	mms_reader_end(reader, NULL, &state->stats);
	return 0;
}

const struct mms_view mms_view_pcp = {
	.name = "pcp",
	.format = 1,
	.state_size = sizeof(struct pcp_state),
	.buffer_size = 16 * ROW_BYTES,
	.missing = mms_layout_missing,
	.start = pcp_start,
	.fill = pcp_fill,
};
