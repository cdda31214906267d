// SPDX-License-Identifier: GPL-2.0-only
/* Reading oom/badness. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom_rows.h"
#include "process_util.h"

struct row rows[ROWS_MAX];
unsigned int nr_rows;
uint64_t total_pages;

static uint64_t field(const struct table *table, const char *name)
{
	return strtoull(table->field[table_column(table, name)], NULL, 10);
}

/* Each row's score is the sum of its terms. */
static bool adds_up(const struct table *table, const struct row *row)
{
	long adj = strtol(table->field[table_column(table, "adj")], NULL, 10);

	return !row->rank || row->score ==
	       (long)(field(table, "rss_pages") + field(table, "swap_pages") +
		      field(table, "pgtable_bytes") / 4096) +
	       adj * (long)(total_pages / 1000);
}

pid_t predict(const char *format, const char *memcg)
{
	struct table table;
	bool bad = false;

	nr_rows = 0;
	if (table_ask(&table, "oom/badness", format, memcg) ||
	    !line_number(table.head, "total_pages", &total_pages))
		return -1;
	while (nr_rows < ROWS_MAX && table_row(&table, &bad)) {
		struct row *row = &rows[nr_rows++];

		row->pid = field(&table, "pid");
		row->score = strtol(table.field[table_column(&table, "score")],
				    NULL, 10);
		row->rank = field(&table, "rank");
		row->killed = strcmp(table.field[table_column(&table, "kill")],
				     "-");
		snprintf(row->why, sizeof(row->why), "%s",
			 table.field[table_column(&table, "why")]);
		if (!adds_up(&table, row)) {
			complain("%d: terms do not add up", row->pid);
			bad = true;
		}
		if (row->rank && row->rank != nr_rows) {
			complain("rank %u in row %u", row->rank, nr_rows);
			bad = true;
		}
	}
	table_free(&table);
	if (bad)
		return -1;
	return nr_rows && rows[0].rank ? rows[0].pid : 0;
}
