/* SPDX-License-Identifier: GPL-2.0-only */
/* The file selfcheck. */
#ifndef MMS_VIEW_SELFCHECK_H
#define MMS_VIEW_SELFCHECK_H

#include "../probe/areas.h"
#include "../probe/badness.h"
#include "../probe/cachelist.h"
#include "../probe/census.h"
#include "../probe/files.h"
#include "../probe/memcgs.h"
#include "../probe/nodes.h"
#include "../probe/placement.h"
#include "file.h"

extern const struct mms_view mms_view_selfcheck;

/**
 * struct mms_machine_check - checks of what all processes share, under way
 * @list: slab caches.
 * @memcgs: memory cgroups.
 * @badness: the reader as the OOM killer sees it.
 * @files: what is in the page cache.
 * @nodes: nodes.
 * @placement: the reader's pages on nodes.
 * @areas: areas of vmalloc space.
 * @census: all memory.
 * @pages: what was counted.
 */
struct mms_machine_check {
	struct mms_cachelist list;
	struct mms_memcgs memcgs;
	struct mms_badness badness;
	struct mms_files files;
	struct mms_nodes nodes;
	struct mms_placement placement;
	struct mms_areas areas;
	struct mms_census census;
	u64 pages;
};

/**
 * mms_selfcheck_row() - writes a row
 * @table: the table.
 * @name: what is compared.
 * @mmscope: mmscope's answer.
 * @kernel: the kernel's.
 * @slack: by how much they may differ.
 */
void mms_selfcheck_row(struct mms_table *table, const char *name, u64 mmscope,
		       u64 kernel, u64 slack);

/**
 * mms_selfcheck_machine() - compares, and writes the rows
 * @check: all zero.
 * @table: where to.
 *
 * May sleep.
 *
 * Return: 0 or an errno for the reader.
 */
int mms_selfcheck_machine(struct mms_machine_check *check,
			  struct mms_table *table);

#endif /* MMS_VIEW_SELFCHECK_H */
