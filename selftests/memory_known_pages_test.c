// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory/page finds pages of known kinds that the kernel uses for itself, and
 * names their owners: the module known_pages allocates them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "lab_util.h"
#include "process_util.h"

#define ROUNDS		20

/**
 * struct expected - what memory/page has to say
 * @name: name of the known page.
 * @kind: its kind.
 * @named: the owner must be what the module says; else it must be "-".
 * @order: -1: the order must be that of the allocation.
 */
static const struct expected {
	const char *name;
	const char *kind;
	bool named;
	int order;
} expected[] = {
	{ "vmalloc", "vmalloc", true, 0 },
	{ "vmalloc_huge", "vmalloc", true, 0 },
	{ "kstack", "kstack", true, 0 },
	{ "percpu_small", "percpu", false, 0 },
	{ "percpu_large", "percpu", false, 0 },
	{ "percpu_static", "percpu", true, 0 },
	{ "kmalloc", "slab", true, -1 },
	{ "cache", "slab", true, -1 },
	{ "page", "other", false, 0 },
	{ "get_free_page", "other", false, 0 },
	{ "vmap", "other", false, 0 },
	/* Nothing joins these, they only were allocated together. */
	{ "pages3", "other", false, 0 },
	{ "compound3", "other", false, -1 },
	{ "memmap", "memmap", false, 0 },
};

static const struct expected *expect(const struct known_page *page)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(expected); i++)
		if (!strcmp(expected[i].name, page->name))
			return &expected[i];
	return NULL;
}

/* A copy of a CPU's variable is named in the first chunk only. */
static bool owner_right(const struct expected *want,
			const struct known_page *page, const char *owner)
{
	if (want->named)
		return !strcmp(owner, page->extra);
	return !strcmp(owner, "-") || (!strcmp(want->kind, "percpu") &&
				       !strcmp(owner, page->extra));
}

static bool row_right(const struct table *table, const struct known_page *page)
{
	const char *kind = table->field[table_column(table, "kind")];
	const char *owner = table->field[table_column(table, "owner")];
	int order = atoi(table->field[table_column(table, "order")]);
	const struct expected *want = expect(page);
	bool right;

	if (!want) {
		complain("%s: not expected", page->name);
		return false;
	}
	right = !strcmp(kind, want->kind) && owner_right(want, page, owner) &&
		order == (want->order < 0 ? (int)page->order : want->order);
	if (!right)
		complain("%s %lu order %u %s: is %s order %d %s", page->name,
			 page->pfn, page->order, page->extra, kind, order, owner);
	return right;
}

/* How many pages from @page on are one behind the other. */
static size_t run_length(const struct known_page *page, size_t nr)
{
	size_t i = 1;

	while (i < nr && page[i].pfn == page->pfn + i &&
	       !strcmp(page[i].name, page->name))
		i++;
	return i;
}

static bool run_right(const struct known_page *page, size_t nr)
{
	bool bad = false, right = true;
	struct table table;
	size_t i;

	if (table_ask(&table, "memory/page", "pfn=%lu-%lu", page->pfn,
		      page->pfn + nr - 1))
		return false;
	for (i = 0; i < nr && table_row(&table, &bad); i++)
		right &= row_right(&table, &page[i]);
	if (i < nr)
		complain("%s: %zu rows of %zu", page->name, i, nr);
	table_free(&table);
	return right && !bad && i == nr;
}

FIXTURE(known) {
	struct known_page *pages;
	size_t nr;
};

FIXTURE_SETUP(known)
{
	known_pages_load();
	self->pages = known_pages_read(&self->nr);
}

FIXTURE_TEARDOWN(known)
{
	free(self->pages);
	known_pages_unload();
}

TEST_F_TIMEOUT(known, each_is_what_it_is, 200)
{
	bool seen[ARRAY_LEN(expected)] = {};
	size_t i, nr, wrong = 0;

	for (i = 0; i < self->nr; i += nr) {
		const struct known_page *page = &self->pages[i];

		nr = run_length(page, self->nr - i);
		/* That is one that need not last. */
		if (!strcmp(page->name, "pcp"))
			continue;
		wrong += !run_right(page, nr);
		if (expect(page))
			seen[expect(page) - expected] = true;
	}
	EXPECT_EQ(0, wrong);
	for (i = 0; i < ARRAY_LEN(expected); i++) {
		EXPECT_TRUE(seen[i]);
		if (!seen[i])
			complain("no page %s", expected[i].name);
	}
}

static const struct known_page *find_page(const struct known_page *pages,
					  size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(pages[i].name, name))
			return &pages[i];
	die("no page %s", name);
}

static void run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("CPU %d: %s", cpu, strerror(errno));
}

/*
 * Empties the lists of all CPUs, as lab/fragment begins with; of the kernel's own
 * knobs none does.
 */
static void empty_lists(void)
{
	int fd = lab_open("fragment");

	if (lab_run(fd, "order=9 target=0"))
		die("lab/fragment: %s", strerror(errno));
	close(fd);
}

/*
 * Freed on the last CPU, and looked up from the first, so that looking does
 * not take it out of the list; still others may.  The lists are emptied before:
 * of one with many thousands of pages, as a CPU keeps that has just freed them
 * (up to 7,003 on 6.1 with 3 GiB), not all have their owner named, and the last
 * to come would not.
 */
static bool finds_free_page(void)
{
	const struct known_page *page;
	struct known_page *pages;
	struct table table;
	bool bad = false, found;
	size_t nr;

	empty_lists();
	run_on(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	pages = known_pages_read(&nr);
	page = find_page(pages, nr, "pcp");
	run_on(0);
	if (table_ask(&table, "memory/page", "pfn=%lu", page->pfn)) {
		free(pages);
		return false;
	}
	found = table_row(&table, &bad) &&
		!strcmp(table_word(&table, "kind"), "pcp") &&
		!strcmp(table_word(&table, "owner"), page->extra);
	if (!found && !bad)
		complain("frame %lu: %s %s", page->pfn,
			 table_word(&table, "kind"),
			 table_word(&table, "owner"));
	table_free(&table);
	free(pages);
	return found;
}

TEST_F_TIMEOUT(known, free_page_in_a_cpu_list, 200)
{
	int i;

	for (i = 0; i < ROUNDS && !finds_free_page(); i++)
		;
	EXPECT_LT(i, ROUNDS);
}

/* Their frames belong to others when the module is gone. */
TEST_F_TIMEOUT(known, forgotten_when_freed, 200)
{
	const struct known_page *page = find_page(self->pages, self->nr,
						  "vmalloc_huge");
	struct table table;
	bool bad = false;
	size_t named = 0;

	known_pages_unload();
	ASSERT_EQ(0, table_ask(&table, "memory/page", "pfn=%lu-%lu", page->pfn,
			       page->pfn + 511));
	while (table_row(&table, &bad))
		named += !strcmp(table.field[table_column(&table, "owner")],
				 page->extra);
	EXPECT_EQ(0, named);
	EXPECT_FALSE(bad);
	EXPECT_LT(0, table.rows);
	table_free(&table);
}

TEST_HARNESS_MAIN
