// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim/generations against the kernel's own debugfs file, with MGLRU on and
 * off, while generations are added.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "kselftest_harness.h"
#include "process_util.h"

#define VIEW		"reclaim/generations"
#define LRU_GEN		"/sys/kernel/debug/lru_gen"
#define ENABLED		"/sys/kernel/mm/lru_gen/enabled"
#define TOP		"/mms_generations"
#define PAGE		4096UL
#define PAGES		900UL
#define GENERATIONS	4
#define FILE_NAME	"/var/tmp/mmscope-generations"
/* Longer than anything takes that is waited for. */
#define PATIENCE	60

/**
 * struct gen - a generation of a cgroup on a node
 * @path: path of the cgroup.
 * @id: what the kernel's file calls that.
 * @section: which of the cgroups in the kernel's file it is.
 * @node: the node.
 * @seq: number of the generation.
 * @age: in ms.
 * @pages: anonymous and of files; the view leaves out what is below its oldest.
 * @has: which types the view has of it.
 */
struct gen {
	char path[128];
	uint64_t id;
	unsigned int section;
	unsigned int node;
	uint64_t seq;
	uint64_t age;
	uint64_t pages[2];
	bool has[2];
};

struct gens {
	unsigned int nr;
	unsigned int max;
	struct gen *gen;
};

static struct gen *add(struct gens *gens)
{
	if (gens->nr == gens->max) {
		gens->max = gens->max * 2 + 64;
		gens->gen = realloc(gens->gen, gens->max * sizeof(*gens->gen));
		if (!gens->gen)
			die("no memory");
	}
	return memset(&gens->gen[gens->nr++], 0, sizeof(*gens->gen));
}

static struct gen *find(const struct gens *gens, const char *path,
			unsigned int node, uint64_t seq)
{
	unsigned int i;

	for (i = 0; i < gens->nr; i++) {
		struct gen *gen = &gens->gen[i];

		if (gen->seq == seq && gen->node == node &&
		    !strcmp(gen->path, path))
			return gen;
	}
	return NULL;
}

static void read_kernel(struct gens *gens)
{
	char *text = read_path(LRU_GEN, NULL), *line, *save = NULL;
	char path[128] = "/";
	unsigned int node = 0, section = 0;
	uint64_t id = 0;

	gens->nr = 0;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct gen row = {};

		if (sscanf(line, "memcg %" SCNu64 " %127s", &id, path) == 2) {
			section++;
			continue;
		}
		if (sscanf(line, " node %u", &node) == 1)
			continue;
		if (sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64,
			   &row.seq, &row.age, &row.pages[0],
			   &row.pages[1]) != 4)
			die("%s", line);
		strcpy(row.path, path);
		row.id = id;
		row.section = section;
		row.node = node;
		*add(gens) = row;
	}
	free(text);
}

/* Return: what the first line says of their being enabled. */
static char read_view(struct gens *gens, const char *query)
{
	struct table table;
	bool bad = false;
	char enabled[8];

	gens->nr = 0;
	if (table_ask(&table, VIEW, "%s", query) ||
	    !line_key(table.head, "enabled", enabled, sizeof(enabled)))
		die(VIEW);
	while (table_row(&table, &bad)) {
		bool file = !strcmp(table.field[3], "file");
		uint64_t seq = table_number(&table, "seq");
		unsigned int node = table_number(&table, "node");
		struct gen *gen = find(gens, table.field[0], node, seq);

		if (!gen)
			gen = add(gens);
		snprintf(gen->path, sizeof(gen->path), "%s", table.field[0]);
		gen->node = node;
		gen->seq = seq;
		gen->age = table_number(&table, "age_ms");
		gen->pages[file] += table_number(&table, "pages");
		gen->has[file] = true;
		if (seq < table_number(&table, "min_seq") ||
		    seq > table_number(&table, "max_seq"))
			die("%s: generation %" PRIu64, gen->path, seq);
	}
	if (bad)
		die(VIEW);
	table_free(&table);
	return *enabled;
}

static bool same(const struct gens *a, const struct gens *b)
{
	unsigned int i;

	for (i = 0; a->nr == b->nr && i < a->nr; i++)
		if (strcmp(a->gen[i].path, b->gen[i].path) ||
		    a->gen[i].node != b->gen[i].node ||
		    a->gen[i].seq != b->gen[i].seq ||
		    memcmp(a->gen[i].pages, b->gen[i].pages,
			   sizeof(a->gen[i].pages)))
			return false;
	return i == a->nr && a->nr == b->nr;
}

/*
 * Has the kernel's file several cgroups of this path, such as one that was
 * removed and is still pinned?  It tells by nothing which is which.
 */
static bool ambiguous(const struct gens *kernel, const char *path)
{
	unsigned int i, section = 0;

	for (i = 0; i < kernel->nr; i++) {
		if (strcmp(kernel->gen[i].path, path))
			continue;
		if (section && section != kernel->gen[i].section)
			return true;
		section = kernel->gen[i].section;
	}
	return false;
}

/*
 * The kernel's rows begin with the oldest generation of anonymous pages, or of
 * both types; below the oldest of a type there are no pages of it.
 */
static int compare(const struct gens *view, const struct gens *before,
		   const struct gens *after, bool tell)
{
	int wrong = 0, i, type;

	for (i = 0; i < before->nr; i++) {
		const struct gen *want = &before->gen[i];
		const struct gen *have = find(view, want->path, want->node,
					      want->seq);

		if (ambiguous(before, want->path))
			continue;
		for (type = 0; type < 2; type++) {
			uint64_t pages = have ? have->pages[type] : 0;

			if (pages == want->pages[type])
				continue;
			wrong++;
			if (tell)
				complain("%s node %u generation %" PRIu64
					 " type %d: %" PRIu64 ", not %" PRIu64,
					 want->path, want->node, want->seq,
					 type, pages, want->pages[type]);
		}
		if (have && have->age >= want->age &&
		    have->age <= after->gen[i].age)
			continue;
		wrong++;
		if (tell)
			complain("%s generation %" PRIu64 ": age %" PRIu64
				 ", not %" PRIu64, want->path, want->seq,
				 have ? have->age : 0, want->age);
	}
	return wrong;
}

/* What the kernel shows is there; is there anything else? */
static int compare_back(const struct gens *view, const struct gens *kernel)
{
	int i, wrong = 0;

	for (i = 0; i < view->nr; i++) {
		const struct gen *have = &view->gen[i];

		/* Where the oldest of files is older, 6.1 does not show it. */
		if (find(kernel, have->path, have->node, have->seq) ||
		    !have->has[0] || ambiguous(kernel, have->path))
			continue;
		wrong++;
		complain("%s: generation %" PRIu64 " too many", have->path,
			 have->seq);
	}
	return wrong;
}

/* Compares when the kernel's file says the same before and after. */
static int compare_all(char *enabled)
{
	static struct gens before, after, view;
	time_t end = time(NULL) + PATIENCE;
	bool still = false;
	int wrong = -1;

	do {
		read_kernel(&before);
		*enabled = read_view(&view, "memcg=-");
		read_kernel(&after);
		still = same(&before, &after);
		if (still)
			wrong = compare(&view, &before, &after, false);
	} while ((!still || wrong) && time(NULL) < end);
	if (!still)
		die("generations do not hold still");
	if (wrong)
		return compare(&view, &before, &after, true);
	return compare_back(&view, &before);
}

static int user_of(void *context)
{
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);

	cg_enter(TOP, 0);
	if (at == MAP_FAILED || fd < 0)
		return -1;
	memset(at, 1, PAGES * PAGE);
	return write(fd, at, PAGES * PAGE) != PAGES * PAGE || fsync(fd);
}

static void read_sum(uint64_t *anon, uint64_t *file)
{
	static struct gens view;
	unsigned int i;

	read_view(&view, "memcg=" TOP);
	*anon = 0;
	*file = 0;
	for (i = 0; i < view.nr; i++) {
		if (strcmp(view.gen[i].path, TOP))
			die("a row of %s", view.gen[i].path);
		*anon += view.gen[i].pages[0];
		*file += view.gen[i].pages[1];
	}
}

/* The youngest of any node, and how many nodes there are at least. */
static uint64_t youngest_of(const struct gens *gens, unsigned int *nodes)
{
	uint64_t youngest = 0;
	unsigned int i;

	*nodes = 1;
	for (i = 0; i < gens->nr; i++) {
		if (gens->gen[i].seq > youngest)
			youngest = gens->gen[i].seq;
		if (gens->gen[i].node >= *nodes)
			*nodes = gens->gen[i].node + 1;
	}
	return youngest;
}

/* Makes the kernel begin a generation of the cgroup, on each node. */
static void add_generation(void)
{
	static struct gens kernel;
	char text[128];
	unsigned int i;

	read_kernel(&kernel);
	for (i = 0; i < kernel.nr; i++) {
		const struct gen *gen = &kernel.gen[i];

		/* The last one of a node is the youngest. */
		if (strcmp(gen->path, TOP) ||
		    (i + 1 < kernel.nr && gen[1].node == gen->node &&
		     !strcmp(gen[1].path, TOP)))
			continue;
		snprintf(text, sizeof(text), "+ %" PRIu64 " %u %" PRIu64
			 " 1 1", gen->id, gen->node, gen->seq);
		if (write_path(LRU_GEN, text))
			die("%s", text);
	}
}

static char was_enabled[32];

FIXTURE(generations) {
	pid_t user;
};

FIXTURE_SETUP(generations)
{
	char *text;

	if (access(ENABLED, W_OK))
		SKIP(return, "no MGLRU in this kernel");
	if (access(LRU_GEN, R_OK))
		SKIP(return, "no debugfs file of MGLRU");
	if (!cg_supported())
		SKIP(return, "no memory cgroups of version 2");
	text = read_path(ENABLED, NULL);
	snprintf(was_enabled, sizeof(was_enabled), "%s", text);
	free(text);
	cg_make(TOP);
	self->user = start_stopped(user_of, NULL);
	ASSERT_GT(self->user, 0);
}

FIXTURE_TEARDOWN(generations)
{
	if (!self->user)
		return;
	end_process(self->user);
	cg_remove(TOP);
	unlink(FILE_NAME);
	write_path(ENABLED, was_enabled);
}

TEST_F_TIMEOUT(generations, equal_lru_gen, 8 * PATIENCE)
{
	static struct gens view;
	uint64_t anon, file, youngest = 0;
	unsigned int nodes;
	char enabled;
	int i;

	ASSERT_EQ(0, write_path(ENABLED, "y"));
	EXPECT_EQ(0, compare_all(&enabled));
	EXPECT_EQ('1', enabled);
	read_sum(&anon, &file);
	EXPECT_GE(anon, PAGES);
	EXPECT_GE(file, PAGES);
	for (i = 0; i < GENERATIONS + 1; i++) {
		uint64_t last = youngest;

		add_generation();
		EXPECT_EQ(0, compare_all(&enabled));
		read_view(&view, "memcg=" TOP);
		youngest = youngest_of(&view, &nodes);
		if (last)
			EXPECT_EQ(last + 1, youngest);
		EXPECT_LE(view.nr, GENERATIONS * nodes);
		EXPECT_GE(view.nr, 2);
		/* The pages are the same ones all the time. */
		read_sum(&anon, &file);
		EXPECT_GE(anon, PAGES);
		EXPECT_GE(file, PAGES);
	}
}

TEST_F_TIMEOUT(generations, disabled, 3 * PATIENCE)
{
	uint64_t anon, file;
	char enabled;

	ASSERT_EQ(0, write_path(ENABLED, "n"));
	EXPECT_EQ(0, compare_all(&enabled));
	EXPECT_EQ('0', enabled);
	/* They are in the classic lists. */
	read_sum(&anon, &file);
	EXPECT_EQ(0, anon);
	EXPECT_EQ(0, file);
}

TEST_HARNESS_MAIN
