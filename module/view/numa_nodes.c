// SPDX-License-Identifier: GPL-2.0-only
/* numa/nodes: the nodes, then what each process has on them. */

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../probe/nodes.h"
#include "../probe/placement.h"
#include "numa.h"

/* Runs of CPUs of one node that have room in a row. */
#define CPU_RUNS	1024U

/**
 * struct nodes_state - an answer under way
 * @nodes: the node at hand.
 * @placed: all nodes have been written; processes come.
 * @placement: the process at hand.
 * @next: the node of it that is written next.
 * @err: why there will be no more.
 */
struct nodes_state {
	struct mms_nodes nodes;
	bool placed;
	struct mms_placement placement;
	unsigned int next;
	int err;
};

static int nodes_start(struct mms_reader *reader)
{
	struct nodes_state *state = reader->state;

	mms_reader_head(reader);
	mms_table_columns(&reader->table, "node pid comm pages anon_pages "
			  "file_pages shmem_pages ksm_pages hugetlb_pages "
			  "other_pages free_pages swapcache_pages "
			  "slab_reclaimable_pages slab_unreclaimable_pages "
			  "misc_reclaimable_pages pgtable_pages "
			  "sec_pgtable_pages kernel_stack_pages dirty_pages "
			  "writeback_pages mapped_pages mlocked_pages numa_hit "
			  "numa_miss numa_foreign interleave_hit local_node "
			  "other_node tier cpus cpulist distances");
	return mms_placement_init(&state->placement, NULL);
}

static void put_known(struct mms_table *table, u64 value)
{
	if (value == MMS_NODE_UNKNOWN)
		mms_table_none(table);
	else
		mms_table_u64(table, value);
}

static void put_nones(struct mms_table *table, unsigned int nr)
{
	while (nr--)
		mms_table_none(table);
}

/* Which CPUs, as 0-3,8; `-` if there is none, or no room. */
static void put_cpus(struct mms_table *table, const struct cpumask *cpus)
{
	const unsigned long *bits = cpumask_bits(cpus);
	unsigned int first, end, runs = 0;

	mms_table_u64(table, cpumask_weight(cpus));
	for_each_set_bitrange(first, end, bits, nr_cpu_ids)
		runs++;
	if (!runs || runs > CPU_RUNS) {
		mms_table_none(table);
		return;
	}
	runs = 0;
	mms_table_word(table, "");
	for_each_set_bitrange(first, end, bits, nr_cpu_ids)
		mms_table_range(table, first, end - 1, !runs++);
}

static void put_distances(struct mms_table *table,
			  const struct mms_nodes *nodes)
{
	unsigned int i;

	mms_table_word(table, "");
	for (i = 0; i < nodes->nr_distances; i++)
		mms_table_range(table, nodes->distance[i], nodes->distance[i],
				!i);
}

static void put_node(struct mms_table *table, const struct mms_nodes *nodes)
{
	const u64 *count = nodes->count;
	unsigned int i;

	mms_table_u64(table, nodes->node);
	put_nones(table, 2);
	mms_table_u64(table, count[MMS_NODE_PAGES]);
	mms_table_u64(table, count[MMS_NODE_ANON]);
	mms_table_u64(table, count[MMS_NODE_FILE]);
	mms_table_u64(table, count[MMS_NODE_SHMEM]);
	mms_table_none(table);
	put_known(table, count[MMS_NODE_HUGETLB]);
	mms_table_none(table);
	for (i = MMS_NODE_FREE; i < MMS_NR_NODE_COUNTS; i++)
		mms_table_u64(table, count[i]);
	if (nodes->tier < 0)
		mms_table_none(table);
	else
		mms_table_u64(table, nodes->tier);
	put_cpus(table, &nodes->cpus);
	put_distances(table, nodes);
	mms_table_row(table);
}

/* The columns of pages by kind; the rest is known of whole nodes only. */
static void put_process(struct mms_table *table,
			const struct mms_placement *placement,
			unsigned int node)
{
	const u64 *pages = mms_placement_pages(placement, node);
	u64 all = 0;
	int kind;

	for (kind = 0; kind < MMS_NR_KINDS; kind++)
		all += pages[kind];
	if (!all)
		return;
	mms_table_u64(table, node);
	if (placement->processes.number)
		mms_table_u64(table, placement->processes.number);
	else
		mms_table_none(table);
	mms_table_text(table, placement->comm);
	mms_table_u64(table, all);
	mms_table_u64(table, pages[MMS_KIND_ANON]);
	mms_table_u64(table, pages[MMS_KIND_FILE]);
	mms_table_u64(table, pages[MMS_KIND_SHMEM]);
	mms_table_u64(table, pages[MMS_KIND_KSM]);
	mms_table_u64(table, pages[MMS_KIND_HUGETLB]);
	mms_table_u64(table, pages[MMS_KIND_OTHER]);
	put_nones(table, MMS_NR_NODE_COUNTS - MMS_NODE_FREE + 4);
	mms_table_row(table);
}

static void put_end(struct mms_reader *reader, const struct nodes_state *state)
{
	const struct mms_placement *placement = &state->placement;

	mms_reader_end_keys(reader, state->err ? "killed" : NULL,
			    &placement->walk.stats);
	mms_table_key_u64(&reader->table, "processes", placement->walked);
	mms_table_key_u64(&reader->table, "exited", placement->exited);
	mms_table_end_line(&reader->table);
}

/* Goes on to another node.  Return: 0, or why not. */
static int another_node(struct mms_table *table, struct nodes_state *state)
{
	int ret = mms_nodes_next(&state->nodes);

	if (ret > 0)
		put_node(table, &state->nodes);
	else
		state->placed = true;
	return min(ret, 0);
}

static int nodes_fill(struct mms_reader *reader)
{
	struct nodes_state *state = reader->state;
	struct mms_placement *placement = &state->placement;
	struct mms_table *table = &reader->table;

	while (mms_table_room(table)) {
		if (state->err || (state->placed && placement->finished)) {
			put_end(reader, state);
			return 0;
		}
		if (!state->placed) {
			state->err = another_node(table, state);
		} else if (placement->ready &&
			   state->next < placement->nr_nodes) {
			put_process(table, placement, state->next++);
		} else {
			state->next = 0;
			state->err = mms_placement_batch(placement);
		}
		if (signal_pending(current))
			break;
	}
	return 1;
}

static void nodes_stop(struct mms_reader *reader)
{
	struct nodes_state *state = reader->state;

	mms_placement_end(&state->placement);
}

const struct mms_view mms_view_nodes = {
	.name = "nodes",
	.format = 1,
	.state_size = sizeof(struct nodes_state),
	.missing = mms_walk_missing,
	.start = nodes_start,
	.fill = nodes_fill,
	.stop = nodes_stop,
};
