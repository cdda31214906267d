// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc/areas against /proc/vmallocinfo, and against areas whose frames the
 * test module tells; while areas come and go, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "known_pages.h"
#include "process_util.h"

#define INFO		"/proc/vmallocinfo"
#define KNOWN		"/sys/kernel/debug/known_areas"

/*
 * The machine is never quite idle: what the kernel says must be the same before
 * and after, in one of so many rounds.
 */
#define ROUNDS		500
#define LINE		1024
#define AREAS_MAX	16384

static bool none(const struct table *table, const char *column)
{
	return !strcmp(table_word(table, column), "-");
}

static bool has_word(const char *set, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = set; (at = strstr(at, word)); at += len)
		if ((at == set || at[-1] == ',') &&
		    (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* Adds to a line. */
static void add(char *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(char *line, const char *format, ...)
{
	size_t len = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, LINE - len, format, args);
	va_end(args);
}

/* The flags that vmallocinfo shows, in its order. */
static const char *const flags[][2] = {
	{ "ioremap", "ioremap" },
	{ "sparse", "sparse" },
	{ "vmalloc", "vmalloc" },
	{ "vmap", "vmap" },
	{ "user", "user" },
	{ "dma_coherent", "dma-coherent" },
	{ "vpages", "vpages" },
};

/* "N0=4,N1=2" as " N0=4 N1=2". */
static void add_nodes(char *line, const char *nodes)
{
	for (; *nodes; nodes += *nodes == ',') {
		size_t len = strcspn(nodes, ",");

		add(line, " %.*s", (int)len, nodes);
		nodes += len;
	}
}

/*
 * A row as vmallocinfo would have it without its address.  Return: false if
 * that leaves the area out.
 */
static bool as_line(const struct table *table, char *line)
{
	const char *kind = table_word(table, "kind");
	size_t i;

	line[0] = '\0';
	add(line, "%lu", table_number(table, "size_bytes"));
	if (!strcmp(kind, "lazy")) {
		add(line, " unpurged vm_area");
		return true;
	}
	/* 6.1 cannot tell areas of vm_map_ram() from those in the making. */
	if (!strcmp(kind, "map_ram") || !strcmp(kind, "-")) {
		add(line, " vm_map_ram");
		return true;
	}
	if (!none(table, "caller"))
		add(line, " %s", table_word(table, "caller"));
	if (!none(table, "module"))
		add(line, " [%s]", table_word(table, "module"));
	if (table_number(table, "owned_pages"))
		add(line, " pages=%lu", table_number(table, "owned_pages"));
	if (!none(table, "phys"))
		add(line, " phys=0x%016llx",
		    strtoull(table_word(table, "phys"), NULL, 16));
	for (i = 0; i < ARRAY_LEN(flags); i++)
		if (has_word(table_word(table, "flags"), flags[i][0]))
			add(line, " %s", flags[i][1]);
	if (table_number(table, "owned_pages"))
		add_nodes(line, table_word(table, "nodes"));
	return true;
}

/* Takes out a caller without a name, of whom the kernel shows the address. */
static void hide_caller(char *line)
{
	char *at = strstr(line, " 0x");

	if (at)
		memmove(at, at + 1 + strcspn(at + 1, " "),
			strlen(at + 1 + strcspn(at + 1, " ")) + 1);
}

/* The next line of vmallocinfo without its address; NULL at the end. */
static char *next_line(char **at, char *line)
{
	char *end = strchrnul(*at, '\n'), *from = strchr(*at, ' ');

	if (!**at)
		return NULL;
	if (!from || from > end)
		die("%s: %s", INFO, *at);
	while (*from == ' ')
		from++;
	snprintf(line, LINE, "%.*s", (int)(end - from), from);
	*at = *end ? end + 1 : end;
	/* Some lines end with a blank. */
	while (*line && line[strlen(line) - 1] == ' ')
		line[strlen(line) - 1] = '\0';
	hide_caller(line);
	return line;
}

/* Compares line by line.  Return: areas, or -1 after a complaint. */
static int compare(struct table *table, char *info)
{
	char ours[LINE], theirs[LINE];
	bool bad = false;
	int nr = 0;

	while (table_row(table, &bad)) {
		if (!as_line(table, ours))
			continue;
		if (!next_line(&info, theirs)) {
			complain("not in %s: %s", INFO, ours);
			return -1;
		}
		if (strcmp(ours, theirs)) {
			complain("ours:   %s", ours);
			complain("kernel: %s", theirs);
			return -1;
		}
		nr++;
	}
	if (!bad && next_line(&info, theirs)) {
		complain("only in %s: %s", INFO, theirs);
		return -1;
	}
	return bad ? -1 : nr;
}

FIXTURE(areas) {
};

FIXTURE_SETUP(areas)
{
	known_pages_load();
}

FIXTURE_TEARDOWN(areas)
{
	known_pages_unload();
}

TEST_F_TIMEOUT(areas, agrees_with_vmallocinfo, 200)
{
	int round, same = 0, nr = -1;

	for (round = 0; round < ROUNDS && !same; round++) {
		char *before = read_path(INFO, NULL), *after;
		struct table table;

		ASSERT_EQ(0, table_ask(&table, "vmalloc/areas", "\n"));
		after = read_path(INFO, NULL);
		same = !strcmp(before, after);
		if (same)
			nr = compare(&table, after);
		table_free(&table);
		free(before);
		free(after);
	}
	TH_LOG("%d areas, %d rounds", nr, round);
	ASSERT_TRUE(same);
	EXPECT_LT(50, nr);
}

/**
 * struct known - an area of the test module
 * @name: who made it.
 * @bytes: what was asked for.
 * @huge: pages with a huge entry, if @tells_huge.
 * @tells_huge: the machine tells.
 * @pages: its pages.
 * @runs: pieces of them that are in a row.
 * @largest: pages of the largest.
 */
struct known {
	char name[64];
	uint64_t bytes;
	uint64_t huge;
	bool tells_huge;
	uint64_t pages;
	uint64_t runs;
	uint64_t largest;
};

#define NR_KNOWN	7
#define LARGE_PAGES	5003

/* One line of the module's file, which this changes. */
static void parse_known(char *line, struct known *known)
{
	uint64_t last = 0, run = 0;
	char *save = NULL, *word;

	snprintf(known->name, sizeof(known->name), "%s",
		 strtok_r(line, " ", &save));
	known->bytes = strtoull(strtok_r(NULL, " ", &save), NULL, 10);
	word = strtok_r(NULL, " ", &save);
	known->tells_huge = strcmp(word, "-");
	known->huge = strtoull(word, NULL, 10);
	while ((word = strtok_r(NULL, " ", &save))) {
		uint64_t pfn = strtoull(word, NULL, 10);

		run = run && pfn == last + 1 ? run + 1 : 1;
		known->runs += run == 1;
		known->largest = run > known->largest ? run : known->largest;
		known->pages++;
		last = pfn;
	}
}

static void read_known(struct known *known)
{
	char *all = read_path(KNOWN, NULL), *save = NULL, *line;
	int nr = 0;

	memset(known, 0, NR_KNOWN * sizeof(*known));
	for (line = strtok_r(all, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		if (nr == NR_KNOWN)
			die("%s has more than %d", KNOWN, NR_KNOWN);
		parse_known(line, &known[nr++]);
	}
	free(all);
	if (nr != NR_KNOWN)
		die("%s has %d areas", KNOWN, nr);
}

/* With the guard page. */
static uint64_t size_of(uint64_t pages)
{
	return (pages + 1) * getpagesize();
}

/*
 * By size, too: the list of pages of a large area is one itself, and as if made
 * by the same.
 */
static bool made_by(const struct table *table, const char *name, uint64_t pages)
{
	size_t len = strlen(name);

	return table_number(table, "size_bytes") == size_of(pages) &&
	       !strncmp(table_word(table, "caller"), name, len) &&
	       table_word(table, "caller")[len] == '+' &&
	       !strcmp(table_word(table, "module"), "known_pages");
}

static bool is(const struct table *table, const char *column, uint64_t want)
{
	if (!none(table, column) && table_number(table, column) == want)
		return true;
	complain("%s: %s is %s, not %lu", table_word(table, "caller"), column,
		 table_word(table, column), want);
	return false;
}

/* Compares the columns that are of pages. */
static bool right(const struct table *table, const struct known *known)
{
	bool maps = strstr(known->name, "straight") ||
		    strstr(known->name, "reversed");
	bool ok = is(table, "mapped_pages", known->pages);

	ok &= is(table, "owned_pages", maps ? 0 : known->pages);
	ok &= is(table, "runs", known->runs);
	ok &= is(table, "largest_run_pages", known->largest);
	ok &= !known->tells_huge || is(table, "huge_pages", known->huge);
	/* What vmap() is asked for are pages. */
	ok &= none(table, "requested_bytes") ||
	      is(table, "requested_bytes", known->bytes);
	return ok;
}

/* Into one hold of the lock: MMS_VMAP_PAGES and _RUNS in module/probe/vmap.h. */
static bool fits(const struct known *known)
{
	return known->pages <= 1024 && known->runs <= 512;
}

TEST_F(areas, scatter)
{
	struct known known[NR_KNOWN];
	int i, found[NR_KNOWN] = {};
	struct table table;
	bool bad = false;

	read_known(known);
	ASSERT_EQ(0, table_ask(&table, "vmalloc/areas", "\n"));
	while (table_row(&table, &bad)) {
		for (i = 0; i < NR_KNOWN; i++) {
			if (!made_by(&table, known[i].name,
				     known[i].pages))
				continue;
			found[i]++;
			EXPECT_TRUE(right(&table, &known[i]));
			EXPECT_STREQ(fits(&known[i]) ? "whole" : "parts",
				     table_word(&table, "how"));
		}
	}
	EXPECT_FALSE(bad);
	for (i = 0; i < NR_KNOWN; i++)
		EXPECT_EQ(strcmp(known[i].name, "map_ram") ? 1 : 0, found[i]);
	/* If these were one run each, nothing would have been tested. */
	EXPECT_EQ(1, known[4].runs);
	EXPECT_EQ(8, known[5].runs);
	EXPECT_FALSE(fits(&known[1]));
	table_free(&table);
}

/* Sums up what vm_map_ram() maps; 6.1 has no word for it. */
static void sum_ram(uint64_t *pages, uint64_t *runs)
{
	struct table table;
	bool bad = false;

	*pages = 0;
	*runs = 0;
	if (table_ask(&table, "vmalloc/areas", "\n"))
		die("vmalloc/areas");
	while (table_row(&table, &bad)) {
		const char *kind = table_word(&table, "kind");

		if (strcmp(kind, "map_ram") && strcmp(kind, "-"))
			continue;
		*pages += table_number(&table, "mapped_pages");
		*runs += table_number(&table, "runs");
	}
	if (bad)
		die("bad row");
	table_free(&table);
}

TEST_F(areas, map_ram)
{
	uint64_t pages, runs, fewer_pages, fewer_runs;
	struct known known[NR_KNOWN];

	read_known(known);
	ASSERT_STREQ("map_ram", known[6].name);
	ASSERT_EQ(3, known[6].runs);
	sum_ram(&pages, &runs);
	known_pages_unload();
	sum_ram(&fewer_pages, &fewer_runs);
	EXPECT_EQ(known[6].pages, pages - fewer_pages);
	EXPECT_EQ(known[6].runs, runs - fewer_runs);
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Numbers of all areas that were not freed, sorted.  Return: how many, or -1. */
static int read_ids(uint64_t *ids)
{
	struct table table;
	bool bad = false;
	int i, nr = 0;

	if (table_ask(&table, "vmalloc/areas", "\n"))
		return -1;
	while (table_row(&table, &bad)) {
		/* A freed one may be listed again, and its place be taken. */
		if (!strcmp(table_word(&table, "kind"), "lazy"))
			continue;
		if (nr == AREAS_MAX)
			die("more than %d areas", AREAS_MAX);
		ids[nr++] = table_number(&table, "id");
	}
	table_free(&table);
	qsort(ids, nr, sizeof(*ids), compare_ids);
	for (i = 1; i < nr; i++) {
		if (ids[i] == ids[i - 1]) {
			complain("%lu twice", ids[i]);
			bad = true;
		}
	}
	return bad ? -1 : nr;
}

static bool has_id(const uint64_t *ids, int nr, uint64_t id)
{
	return bsearch(&id, ids, nr, sizeof(id), compare_ids);
}

/* Finds the module's areas again, and shows no addresses. */
TEST_F(areas, id)
{
	static uint64_t ids[AREAS_MAX];
	struct table table;
	bool bad = false;
	int nr, found = 0;

	nr = read_ids(ids);
	ASSERT_LT(50, nr);
	ASSERT_EQ(0, table_ask(&table, "vmalloc/areas", "\n"));
	while (table_row(&table, &bad)) {
		if (strcmp(table_word(&table, "module"), "known_pages"))
			continue;
		EXPECT_TRUE(has_id(ids, nr, table_number(&table, "id")));
		found++;
	}
	table_free(&table);
	/* Six of known_areas, three of known_pages. */
	EXPECT_LE(9, found);
	ASSERT_EQ(0, table_ask(&table, "vmalloc/areas", "\n"));
	EXPECT_EQ(NULL, strstr(table.next, "0xffff"));
	table_free(&table);
}

/* Makes threads' stacks and frees them, until it is killed. */
static void churn(void)
{
	/* Not longer than the test, however that ends. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t pids[50];
		int i;

		for (i = 0; i < 50; i++) {
			pids[i] = fork();
			if (!pids[i])
				_exit(0);
		}
		for (i = 0; i < 50; i++)
			if (pids[i] > 0)
				waitpid(pids[i], NULL, 0);
	}
}

/* Areas that stay are in each answer, once, whatever comes and goes. */
TEST_F_TIMEOUT(areas, load, 200)
{
	static uint64_t stay[AREAS_MAX], ids[AREAS_MAX];
	int i, nr_stay = 0, nr, round;
	struct table table;
	bool bad = false;
	pid_t pids[2];

	ASSERT_EQ(0, table_ask(&table, "vmalloc/areas", "\n"));
	while (table_row(&table, &bad))
		if (!strcmp(table_word(&table, "module"), "known_pages"))
			stay[nr_stay++] = table_number(&table, "id");
	table_free(&table);
	ASSERT_FALSE(bad);
	/* Six of known_areas, three of known_pages. */
	ASSERT_LE(9, nr_stay);
	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			churn();
	}
	for (round = 0; round < 200; round++) {
		nr = read_ids(ids);
		EXPECT_LT(50, nr);
		for (i = 0; i < nr_stay; i++)
			EXPECT_TRUE(has_id(ids, nr, stay[i]));
	}
	for (i = 0; i < 2; i++)
		end_process(pids[i]);
}

/* While a large one is freed and made again, it is seen whole or not at all. */
TEST_F_TIMEOUT(areas, large_one_comes_and_goes, 200)
{
	int round = 0, seen = 0;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			known_pages_load();
	}
	/* Most of the time the module is being loaded. */
	for (; round < 100 || seen < 5; round++) {
		struct table table;
		bool bad = false;

		ASSERT_EQ(0, table_ask(&table, "vmalloc/areas", "\n"));
		while (table_row(&table, &bad)) {
			if (!made_by(&table, "known_area_large",
				     LARGE_PAGES) ||
			    has_word(table_word(&table, "flags"), "uninitialized"))
				continue;
			EXPECT_TRUE(is(&table, "mapped_pages", LARGE_PAGES));
			seen++;
		}
		EXPECT_FALSE(bad);
		table_free(&table);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	TH_LOG("seen %d times in %d rounds", seen, round);
}

TEST_HARNESS_MAIN
