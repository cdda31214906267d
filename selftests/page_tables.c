// SPDX-License-Identifier: GPL-2.0-only
/* tables and translate against what the kernel's files say. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page_snapshot.h"
#include "process_util.h"

static uint64_t kernel_table_bytes(pid_t pid)
{
	char path[64], *status;
	uint64_t kb;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = read_path(path, NULL);
	if (!text_value(status, "VmPTE", &kb))
		die("%s: no VmPTE", path);
	free(status);
	return kb << 10;
}

/*
 * The tables that the pages of the snapshot need: a table of a level for each
 * distinct address above its reach.
 */
static void count_tables(const struct snapshot *snapshot, uint64_t *tables)
{
	uint64_t last[NO_LEVEL], p;
	unsigned int i, level;

	memset(tables, 0, NO_LEVEL * sizeof(*tables));
	memset(last, 0xff, sizeof(last));
	for (i = 0; i < snapshot->nr; i++) {
		const struct vma *vma = &snapshot->vma[i];

		for (p = 0; p < vma_pages(vma); p++) {
			uint64_t va = vma->start + p * PAGE;

			for (level = vma->pages[p].level;
			     level < snapshot->levels - 1; level++) {
				uint64_t reach = va >> (PAGE_SHIFT + 9 * (level + 1));

				if (last[level] == reach)
					break;
				last[level] = reach;
				tables[level]++;
			}
		}
	}
}

static uint64_t compare_levels(const struct snapshot *snapshot,
			       struct table *table, uint64_t kernel)
{
	unsigned int deposited = table_column(table, "deposited");
	uint64_t want[NO_LEVEL], sum = 0, mismatches = 0;
	bool bad = false;

	count_tables(snapshot, want);
	while (table_row(table, &bad)) {
		enum level level = parse_level(table->field[0]);
		uint64_t tables = strtoull(table->field[1], NULL, 0);
		uint64_t bytes = strtoull(table->field[2], NULL, 0);
		uint64_t stored = strtoull(table->field[deposited], NULL, 0);
		uint64_t histogram = 0;
		unsigned int i;

		for (i = deposited + 1; i < table->columns; i++)
			histogram += strtoull(table->field[i], NULL, 0);
		/* The P4D level is in no counter of the kernel. */
		if (level <= PUD)
			sum += bytes;
		if (level == NO_LEVEL || bytes != tables * PAGE ||
		    histogram != tables - stored ||
		    tables - stored != (level == PGD ? 1 : want[level])) {
			complain("tables: %s: %lu, %lu bytes, %lu spare, %lu in histogram, not %lu",
				 table->field[0], (long)tables, (long)bytes,
				 (long)stored, (long)histogram,
				 (long)(level < PGD ? want[level] : 1));
			mismatches++;
		}
	}
	if (sum != kernel || table->rows != snapshot->levels) {
		complain("tables: %lu bytes in %lu levels, VmPTE %lu",
			 (long)sum, (long)table->rows, (long)kernel);
		mismatches++;
	}
	return mismatches + bad;
}

uint64_t compare_tables(struct snapshot *snapshot)
{
	uint64_t kernel = kernel_table_bytes(snapshot->pid);
	uint64_t counted, accounted, mismatches;
	struct table table;

	if (table_ask(&table, "tables", "pid=%d", snapshot->pid))
		return 1;
	mismatches = compare_levels(snapshot, &table, kernel);
	if (!line_number(table.head, "counted_bytes", &counted) ||
	    !line_number(table.head, "vmpte_bytes", &accounted) ||
	    counted != kernel || accounted != kernel) {
		complain("tables: \"%s\", VmPTE %lu", table.head, (long)kernel);
		mismatches++;
	}
	table_free(&table);
	return mismatches;
}

/* One row: where its table must stand, and what the next one's must be. */
static bool step_agrees(const struct snapshot *snapshot,
			const struct table *table, uint64_t addr,
			uint64_t *table_phys, enum level level)
{
	uint64_t index = strtoull(table->field[1], NULL, 0);
	uint64_t at = strtoull(table->field[2], NULL, 0);
	uint64_t entry_at = strtoull(table->field[3], NULL, 0);
	uint64_t raw = strtoull(table->field[4], NULL, 0);

	if (parse_level(table->field[0]) != level || at != *table_phys ||
	    index != addr / level_bytes(snapshot, level) % 512 ||
	    entry_at != at + index * sizeof(uint64_t))
		return false;
	/* Bits 12 to 51 of an entry are the next table's address. */
	*table_phys = raw & 0xffffffffff000ULL;
	return true;
}

static enum level next_level(const struct snapshot *snapshot, enum level level)
{
	return level == PGD && snapshot->levels == 4 ? PUD : level - 1;
}

static uint64_t root_of(pid_t pid)
{
	uint64_t root = 0;
	struct table table;
	bool known;

	if (table_ask(&table, "space", "pid=%d", pid))
		return 0;
	known = table.next && text_value(table.next, "pgd_phys", &root);
	table_free(&table);
	return known ? root : 0;
}

static bool leaf_agrees(const struct table *table, const struct page *page,
			uint64_t addr)
{
	uint64_t phys = 0;
	char text[32];
	bool known;

	if (!line_key(table->head, "phys", text, sizeof(text)))
		return false;
	known = strcmp(text, "-");
	if (known)
		phys = strtoull(text, NULL, 0);
	if (!page)
		return !known;
	/* The last row is the entry that the page's row in `entries` shows. */
	if (strtoull(table->field[4], NULL, 0) != page->raw ||
	    parse_level(table->field[0]) != page->level ||
	    parse_state(table->field[5]) != page->state ||
	    parse_flags(table->field[6]) != page->flags)
		return false;
	/* The page's frame has been compared with pagemap's before. */
	if (known != (page->pfn != NO_FRAME && page->state != HWPOISON))
		return false;
	return !known || phys == (page->pfn << PAGE_SHIFT) + addr % PAGE;
}

uint64_t compare_translate(struct snapshot *snapshot, uint64_t addr)
{
	const struct vma *vma = snapshot_vma(snapshot, addr);
	uint64_t page_nr = vma ? (addr - vma->start) >> PAGE_SHIFT : 0;
	uint64_t table_phys = root_of(snapshot->pid), value;
	enum level level = PGD;
	struct table table;
	bool bad = false;

	if (!table_phys)
		return 1;
	if (table_ask(&table, "translate", "pid=%d addr=0x%lx", snapshot->pid,
		      (long)addr))
		return 1;
	while (!bad && table_row(&table, &bad)) {
		bad |= level == NO_LEVEL ||
		       !step_agrees(snapshot, &table, addr, &table_phys, level);
		level = level == PTE ? NO_LEVEL : next_level(snapshot, level);
	}
	bad |= !line_number(table.head, "addr", &value) || value != addr;
	if (line_number(table.head, "vma_start", &value))
		bad |= !vma || vma->start != value;
	else
		bad |= !!vma;
	if (!table.rows ||
	    !leaf_agrees(&table, vma ? &vma->pages[page_nr] : NULL, addr))
		bad = true;
	if (bad)
		complain("translate: 0x%lx: \"%s\", last row %s %s %s %s",
			 (long)addr, table.head, table.field[0],
			 table.field[4], table.field[5], table.field[6]);
	table_free(&table);
	return bad;
}
