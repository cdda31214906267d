/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an allocated block came from, told from the numbers of free blocks
 * before and after.
 */
#ifndef MMS_CORE_SOURCE_H
#define MMS_CORE_SOURCE_H

#include "env.h"

/**
 * enum mms_source - where a block came from
 * @MMS_SOURCE_UNKNOWN: others have taken or given back blocks in the meantime.
 * @MMS_SOURCE_PCP: a per-CPU list: nothing has changed.
 * @MMS_SOURCE_REFILL: a per-CPU list that was empty, and has taken several
 *	blocks of this size.
 * @MMS_SOURCE_LIST: the free list of its own order.
 * @MMS_SOURCE_SPLIT: a larger block, the rest of which was put into the lists
 *	of the orders between.
 * @MMS_NR_SOURCES: number of these.
 */
enum mms_source {
	MMS_SOURCE_UNKNOWN,
	MMS_SOURCE_PCP,
	MMS_SOURCE_REFILL,
	MMS_SOURCE_LIST,
	MMS_SOURCE_SPLIT,
	MMS_NR_SOURCES
};

/**
 * mms_source() - where a block came from
 * @before: free blocks by order, before it was allocated.
 * @after: the same afterwards.
 * @nr_orders: number of orders.
 * @order: order of the block.
 * @from: set to the order of the block that it was part of; @order unless the
 *	answer is %MMS_SOURCE_SPLIT.
 *
 * Return: &enum mms_source.
 */
enum mms_source mms_source(const u64 *before, const u64 *after,
			   unsigned int nr_orders, unsigned int order,
			   unsigned int *from);

#endif /* MMS_CORE_SOURCE_H */
