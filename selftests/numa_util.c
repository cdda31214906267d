// SPDX-License-Identifier: GPL-2.0-only
/* Nodes and what processes have on them: as numa/nodes and as the kernel say. */

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "process_util.h"
#include "numa_util.h"

#define NODE		"/sys/devices/system/node/node%u/"
#define TIER		"/sys/devices/virtual/memory_tiering/memory_tier"

const char *const node_columns[N_NUMBERS] = {
	"pages", "anon_pages", "file_pages", "shmem_pages", "hugetlb_pages",
	"free_pages", "swapcache_pages", "slab_reclaimable_pages",
	"slab_unreclaimable_pages", "misc_reclaimable_pages", "pgtable_pages",
	"sec_pgtable_pages", "kernel_stack_pages", "dirty_pages",
	"writeback_pages", "mapped_pages", "mlocked_pages", "numa_hit",
	"numa_miss", "numa_foreign", "interleave_hit", "local_node",
	"other_node",
};

/* The same in vmstat and numastat of the node; none for the others. */
static const char *const sysfs_names[N_NUMBERS] = {
	[N_ANON] = "nr_anon_pages", [N_FILE] = "nr_file_pages",
	[N_SHMEM] = "nr_shmem", [N_FREE] = "nr_free_pages",
	[N_SWAPCACHE] = "nr_swapcached",
	[N_SLAB_RECLAIMABLE] = "nr_slab_reclaimable",
	[N_SLAB_UNRECLAIMABLE] = "nr_slab_unreclaimable",
	[N_MISC] = "nr_kernel_misc_reclaimable",
	[N_PGTABLE] = "nr_page_table_pages",
	[N_SEC_PGTABLE] = "nr_sec_page_table_pages",
	[N_KERNEL_STACK] = "nr_kernel_stack", [N_DIRTY] = "nr_dirty",
	[N_WRITEBACK] = "nr_writeback", [N_MAPPED] = "nr_mapped",
	[N_MLOCKED] = "nr_mlock", [N_HIT] = "numa_hit",
	[N_MISS] = "numa_miss", [N_FOREIGN] = "numa_foreign",
	[N_INTERLEAVE] = "interleave_hit", [N_LOCAL] = "local_node",
	[N_OTHER] = "other_node",
};

static const char *const place_columns[P_NUMBERS] = {
	"pages", "anon_pages", "file_pages", "shmem_pages", "ksm_pages",
	"hugetlb_pages", "other_pages",
};

static const char *const text_columns[] = {
	"tier", "cpus", "cpulist", "distances",
};

/* Nothing that is compared may be unknown. */
static uint64_t known(const struct table *table, const char *column)
{
	if (*table_word(table, column) == '-')
		die("%s is not known", column);
	return table_number(table, column);
}

static void take_node(struct numa *numa, const struct table *table)
{
	struct node *node = &numa->node[numa->nodes++];
	unsigned int i;

	if (numa->nodes == NODES_MAX)
		die("more than %u nodes", NODES_MAX);
	node->id = known(table, "node");
	for (i = 0; i < N_NUMBERS; i++)
		node->number[i] = known(table, node_columns[i]);
	for (i = 0; i < ARRAY_LEN(text_columns); i++)
		snprintf(node->text[i], sizeof(node->text[i]), "%s",
			 table_word(table, text_columns[i]));
}

static void take_place(struct numa *numa, const struct table *table)
{
	struct place *place = &numa->place[numa->places++];
	unsigned int i;

	if (numa->places == PLACES_MAX)
		die("more than %u rows", PLACES_MAX);
	place->pid = known(table, "pid");
	place->node = known(table, "node");
	if (place->node >= NODES_MAX)
		die("node %u", place->node);
	snprintf(place->comm, sizeof(place->comm), "%s",
		 table_word(table, "comm"));
	for (i = 0; i < P_NUMBERS; i++)
		place->number[i] = known(table, place_columns[i]);
}

/*
 * The view's buffer is there as long as the file is open, and what malloc() has
 * had it keeps: else each answer would be about a machine with less memory.
 */
static char *read_view(void)
{
	static int fd = -1;
	size_t len;
	char *text;

	if (fd < 0) {
		mallopt(M_MMAP_THRESHOLD, 64 << 20);
		mallopt(M_TRIM_THRESHOLD, 64 << 20);
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
		fd = view_open("numa/nodes", NULL);
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET))
		die("numa/nodes");
	text = read_fd(fd, 1 << 16, &len);
	if (!text || !text_complete(text, len))
		die("numa/nodes");
	return text;
}

void ask_numa(struct numa *numa)
{
	struct table table;
	bool bad = false;

	numa->nodes = 0;
	numa->places = 0;
	if (table_parse(&table, read_view()))
		die("numa/nodes");
	while (table_row(&table, &bad)) {
		if (*table_word(&table, "pid") == '-')
			take_node(numa, &table);
		else
			take_place(numa, &table);
	}
	if (bad)
		die("numa/nodes");
	table_free(&table);
}

/* The value behind a word at the start of a line. */
static uint64_t line_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, name, len) && text[len] == ' ')
			return strtoull(text + len, NULL, 10);
	}
	die("no %s", name);
}

static char *node_file(unsigned int id, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), NODE "%s", id, name);
	return read_path(path, NULL);
}

static uint64_t hugetlb_pages(unsigned int id)
{
	char path[128];
	uint64_t pages = 0;
	glob_t found;
	size_t i;

	snprintf(path, sizeof(path), NODE "hugepages/*/nr_hugepages", id);
	if (glob(path, 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++) {
		unsigned long kb = 0;

		if (sscanf(strstr(found.gl_pathv[i], "hugepages-"),
			   "hugepages-%lukB", &kb) != 1)
			die("%s", found.gl_pathv[i]);
		pages += read_number(found.gl_pathv[i]) * kb / 4;
	}
	globfree(&found);
	return pages;
}

/* Whether a list as 0-3,8 has a number. */
static bool list_has(const char *list, unsigned int number)
{
	unsigned int first, last;
	int len;

	while (sscanf(list, "%u%n", &first, &len) == 1) {
		list += len;
		last = first;
		if (sscanf(list, "-%u%n", &last, &len) == 1)
			list += len;
		if (number >= first && number <= last)
			return true;
		list += *list == ',';
	}
	return false;
}

static void read_tier(struct node *node)
{
	glob_t found;
	size_t i;

	strcpy(node->text[0], "-");
	if (glob(TIER "*/nodelist", 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++) {
		char *list = read_path(found.gl_pathv[i], NULL);
		unsigned int tier;

		if (sscanf(found.gl_pathv[i] + strlen(TIER), "%u", &tier) != 1)
			die("%s", found.gl_pathv[i]);
		if (list_has(list, node->id))
			snprintf(node->text[0], sizeof(node->text[0]), "%u",
				 tier);
		free(list);
	}
	globfree(&found);
}

static void read_texts(struct node *node)
{
	char *list = node_file(node->id, "cpulist");
	char *distances = node_file(node->id, "distance"), *at;
	unsigned int cpu, cpus = 0;

	read_tier(node);
	list[strcspn(list, "\n")] = '\0';
	for (cpu = 0; cpu < 4096; cpu++)
		cpus += list_has(list, cpu);
	snprintf(node->text[1], sizeof(node->text[1]), "%u", cpus);
	snprintf(node->text[2], sizeof(node->text[2]), "%s", cpus ? list : "-");
	distances[strcspn(distances, "\n")] = '\0';
	while ((at = strchr(distances, ' ')))
		*at = ',';
	snprintf(node->text[3], sizeof(node->text[3]), "%s", distances);
	free(list);
	free(distances);
}

static void read_numbers(struct node *node)
{
	char *vmstat = node_file(node->id, "vmstat");
	char *numastat = node_file(node->id, "numastat");
	char *meminfo = node_file(node->id, "meminfo");
	uint64_t *number = node->number;
	unsigned int i;

	for (i = 0; i < N_NUMBERS; i++)
		if (sysfs_names[i])
			number[i] = line_of(i < N_HIT ? vmstat : numastat,
					    sysfs_names[i]);
	number[N_PAGES] = strtoull(strstr(meminfo, "MemTotal:") + 9, NULL, 10)
			  * 1024 / PAGE;
	number[N_FILE] -= number[N_SHMEM] + number[N_SWAPCACHE];
	number[N_KERNEL_STACK] = number[N_KERNEL_STACK] * 1024 / PAGE;
	number[N_HUGETLB] = hugetlb_pages(node->id);
	free(vmstat);
	free(numastat);
	free(meminfo);
}

void read_nodes(struct numa *numa)
{
	unsigned int id;
	char path[128];

	numa->nodes = 0;
	numa->places = 0;
	for (id = 0; id < NODES_MAX; id++) {
		struct node *node = &numa->node[numa->nodes];

		snprintf(path, sizeof(path), NODE "meminfo", id);
		if (access(path, R_OK))
			continue;
		numa->nodes++;
		node->id = id;
		read_numbers(node);
		read_texts(node);
	}
	if (!numa->nodes)
		die(NODE, 0);
}

const struct place *find_place(const struct numa *numa, pid_t pid,
			       unsigned int node)
{
	unsigned int i;

	for (i = 0; i < numa->places; i++)
		if (numa->place[i].pid == pid && numa->place[i].node == node)
			return &numa->place[i];
	return NULL;
}

static void add_line(const char *line, uint64_t pages[NODES_MAX])
{
	const char *size = strstr(line, " kernelpagesize_kB=");
	const char *at = line;
	uint64_t small = 1;

	/* Those of hugetlb are counted as they are, others in small ones. */
	if (size && strstr(line, " huge "))
		small = strtoull(strchr(size, '=') + 1, NULL, 10) * 1024 / PAGE;
	while ((at = strstr(at, " N"))) {
		unsigned int node;
		uint64_t nr;

		at += 2;
		if (sscanf(at, "%u=%" SCNu64, &node, &nr) != 2)
			continue;
		if (node >= NODES_MAX)
			die("node %u", node);
		pages[node] += nr * small;
	}
}

bool read_numa_maps(pid_t pid, uint64_t pages[NODES_MAX])
{
	char path[64], *text, *rest, *line;
	size_t len;
	int fd;

	memset(pages, 0, NODES_MAX * sizeof(*pages));
	snprintf(path, sizeof(path), "/proc/%d/numa_maps", pid);
	fd = open(path, O_RDONLY);
	text = fd < 0 ? NULL : read_fd(fd, 1 << 16, &len);
	if (fd >= 0)
		close(fd);
	if (!text)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		add_line(line, pages);
	free(text);
	return true;
}
