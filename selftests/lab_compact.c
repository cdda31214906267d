// SPDX-License-Identifier: GPL-2.0-only
/* Running lab/compact on memory that lab/fragment has broken in pieces. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_compact.h"
#include "lab_util.h"

#define ROWS_MAX	(1U << 18)

struct outcome outcome;
struct rows held;

static struct row *add_row(struct rows *rows)
{
	if (!rows->row)
		rows->row = calloc(ROWS_MAX, sizeof(*rows->row));
	if (!rows->row || rows->nr == ROWS_MAX)
		die("too many rows");
	rows->row[rows->nr] = (struct row){};
	return &rows->row[rows->nr++];
}

static int by_pfn(const void *a, const void *b)
{
	uint64_t x = ((const struct row *)a)->pfn;
	uint64_t y = ((const struct row *)b)->pfn;

	return x < y ? -1 : x > y;
}

static void sort_rows(struct rows *rows)
{
	if (rows->nr)
		qsort(rows->row, rows->nr, sizeof(*rows->row), by_pfn);
}

const struct row *find_row(const struct rows *rows, uint64_t pfn)
{
	const struct row key = { .pfn = pfn };

	return rows->nr ? bsearch(&key, rows->row, rows->nr,
				  sizeof(*rows->row), by_pfn) : NULL;
}

const struct row *find_block(uint64_t pfn)
{
	return find_row(&outcome.blocks, pfn - pfn % outcome.block_pages);
}

static uint64_t number_or_0(const struct table *table, const char *name)
{
	return strcmp(table_word(table, name), "-") ?
	       strtoull(table_word(table, name), NULL, 0) : 0;
}

static void take_event(const struct table *table)
{
	const char *name = table_word(table, "name");
	uint64_t *to = !strcmp(name, "compact_stall") ? outcome.stall :
		       !strcmp(name, "compact_migrate_scanned") ?
		       outcome.scanned :
		       !strcmp(name, "pgmigrate_success") ? outcome.migrated :
		       NULL;

	if (!to)
		return;
	to[BEFORE] = table_number(table, "before");
	to[AFTER] = table_number(table, "after");
}

static void take_row(const struct table *table)
{
	const char *what = table_word(table, "what");
	struct row *row;

	if (!strcmp(what, "event")) {
		take_event(table);
	} else if (!strcmp(what, "free")) {
		uint64_t order = table_number(table, "order");

		outcome.free[BEFORE][order] = table_number(table, "before");
		outcome.free[AFTER][order] = table_number(table, "after");
	} else if (!strcmp(what, "block")) {
		row = add_row(&outcome.blocks);
		row->pfn = table_number(table, "pfn");
		row->before = table_number(table, "before");
		row->after = table_number(table, "after");
		snprintf(row->why, sizeof(row->why), "%s",
			 table_word(table, "why"));
		row->at = number_or_0(table, "at_pfn");
	} else {
		row = add_row(strcmp(table_word(table, "name"), "pid") ?
			      &outcome.lab : &outcome.pid);
		row->pfn = table_number(table, "pfn");
		row->after = number_or_0(table, "to_pfn");
		row->place = number_or_0(table, "place");
	}
}

static void read_outcome(int fd)
{
	struct rows blocks = outcome.blocks, lab = outcome.lab;
	struct rows pid = outcome.pid;
	struct table table;
	char word[32];
	bool bad = false;

	memset(&outcome, 0, sizeof(outcome));
	outcome.blocks.row = blocks.row;
	outcome.lab.row = lab.row;
	outcome.pid.row = pid.row;
	lab_answer(fd, &table);
	if (!line_number(table.head, "in_node", &outcome.node) ||
	    !line_number(table.head, "pages_per_block",
			 &outcome.block_pages) ||
	    !line_key(table.head, "in_zone", outcome.zone,
		      sizeof(outcome.zone)))
		die("lab/compact: %s", table.head);
	while (table_row(&table, &bad))
		take_row(&table);
	if (bad || !line_key(table.end, "gained", word, sizeof(word)) ||
	    !line_number(table.end, "allocated", &outcome.allocated) ||
	    !line_number(table.end, "lab_pages", &outcome.lab_pages) ||
	    !line_number(table.end, "pid_pages", &outcome.pid_pages) ||
	    !line_number(table.end, "complete", &outcome.complete))
		die("lab/compact: %s", table.end);
	outcome.gained = strtoll(word, NULL, 10);
	line_key(table.end, "stopped", outcome.stopped,
		 sizeof(outcome.stopped));
	table_free(&table);
	sort_rows(&outcome.blocks);
	sort_rows(&outcome.lab);
}

int compact(int fd, const char *format, ...)
{
	char query[256];
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(query, sizeof(query), format, args);
	va_end(args);
	err = lab_run(fd, query);
	if (!err)
		read_outcome(fd);
	return err;
}

void fragment(int fd, unsigned int target, const char *mobility)
{
	struct table table;
	char query[128];
	bool bad = false;

	snprintf(query, sizeof(query),
		 "order=%u target=%u mobility=%s pages=1", ORDER, target,
		 mobility);
	if (lab_run(fd, query))
		die("lab/fragment: %s", strerror(errno));
	lab_answer(fd, &table);
	held.nr = 0;
	while (table_row(&table, &bad))
		if (!strcmp(table_word(&table, "what"), "page"))
			add_row(&held)->pfn = table_number(&table, "pfn");
	if (bad)
		die("lab/fragment: %s", table.end);
	table_free(&table);
	sort_rows(&held);
}

uint64_t free_kb(void)
{
	char *text = read_path("/proc/meminfo", NULL);
	uint64_t kb = value_of(text, "MemFree");

	free(text);
	return kb;
}

uint64_t vmstat(const char *name)
{
	char *text = read_path("/proc/vmstat", NULL), line[64], *at;
	uint64_t value;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(text, line);
	value = at ? strtoull(at + strlen(line), NULL, 10) : 0;
	free(text);
	return value;
}
