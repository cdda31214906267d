// SPDX-License-Identifier: GPL-2.0-only
/* Who maps a frame, as pagemap says, and as memory/mappers does. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mappers_oracle.h"
#include "process_util.h"

/* Bits of an entry of /proc/PID/pagemap. */
#define PM_PRESENT	(1ULL << 63)
#define PM_PFN		((1ULL << 55) - 1)

#define TRIES		20

void mappers_add(struct mappers *mappers, uint64_t pfn, uint64_t pid,
		 uint64_t va)
{
	if (mappers->nr == mappers->max) {
		mappers->max = 2 * mappers->max + 64;
		mappers->at = realloc(mappers->at,
				      mappers->max * sizeof(*mappers->at));
		if (!mappers->at)
			die("no memory");
	}
	mappers->at[mappers->nr++] = (struct mapper){
		.pfn = pfn, .pid = pid, .va = va,
	};
}

void mappers_free(struct mappers *mappers)
{
	free(mappers->at);
	*mappers = (struct mappers){};
}

static int open_pagemap(const char *process)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/pagemap", process);
	return open(path, O_RDONLY | O_CLOEXEC);
}

uint64_t frame_at(pid_t pid, const void *va)
{
	uint64_t word = 0;
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%d", pid);
	fd = open_pagemap(name);
	if (fd < 0 || pread(fd, &word, 8, (uintptr_t)va / PAGE * 8) != 8)
		die("pagemap of %d", pid);
	close(fd);
	return word & PM_PRESENT ? word & PM_PFN : NO_FRAME;
}

static void add_vma(struct mappers *mappers, int fd, uint64_t pid,
		    uint64_t start, uint64_t end, uint64_t first, uint64_t last)
{
	static uint64_t words[8192];

	while (start < end) {
		uint64_t nr = (end - start) / PAGE, i;
		ssize_t n;

		if (nr > ARRAY_LEN(words))
			nr = ARRAY_LEN(words);
		n = pread(fd, words, nr * 8, start / PAGE * 8);
		if (n <= 0)	/* the process is gone */
			return;
		for (i = 0; i < n / 8; i++)
			if (words[i] & PM_PRESENT &&
			    (words[i] & PM_PFN) >= first &&
			    (words[i] & PM_PFN) <= last)
				mappers_add(mappers, words[i] & PM_PFN, pid,
					    start + i * PAGE);
		start += n / 8 * PAGE;
	}
}

/* False if the task has no address space. */
static bool add_task(struct mappers *mappers, const char *task, uint64_t pid,
		     uint64_t first, uint64_t last)
{
	unsigned long start, end;
	bool any = false;
	char path[300], line[8192];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/maps", task);
	maps = fopen(path, "re");
	fd = open_pagemap(task);
	while (maps && fd >= 0 && fgets(line, sizeof(line), maps)) {
		/* The gate VMA is in the kernel's half. */
		if (sscanf(line, "%lx-%lx ", &start, &end) != 2 ||
		    strstr(line, "[vsyscall]"))
			continue;
		add_vma(mappers, fd, pid, start, end, first, last);
		any = true;
	}
	if (maps)
		fclose(maps);
	if (fd >= 0)
		close(fd);
	return any;
}

/* Files of a process whose first thread has ended are empty; its tasks' not. */
static void add_threads(struct mappers *mappers, const char *process,
			uint64_t first, uint64_t last)
{
	struct dirent *entry;
	char path[300];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", process);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%.16s/task/%.16s", process,
			 entry->d_name);
		if (entry->d_name[0] != '.' &&
		    add_task(mappers, path, strtoull(process, NULL, 10), first,
			     last))
			break;
	}
	if (dir)
		closedir(dir);
}

void mappers_of_system(struct mappers *mappers, uint64_t first, uint64_t last)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		die("/proc");
	while ((entry = readdir(dir))) {
		uint64_t pid = strtoull(entry->d_name, NULL, 10);

		if (pid && !add_task(mappers, entry->d_name, pid, first, last))
			add_threads(mappers, entry->d_name, first, last);
	}
	closedir(dir);
}

unsigned int mappers_parse(struct mappers *mappers, char *text)
{
	unsigned int bad_rows = 0, level, state;
	struct table table;
	bool bad = false;

	if (table_parse(&table, text))
		die("an answer of mappers");
	level = table_column(&table, "level");
	state = table_column(&table, "state");
	while (table_row(&table, &bad)) {
		struct mapper *mapper;

		/* A process that is not in this namespace has no number. */
		mappers_add(mappers, strtoull(table.field[0], NULL, 0),
			    strtoull(table.field[1], NULL, 0),
			    strtoull(table.field[2], NULL, 0));
		mapper = &mappers->at[mappers->nr - 1];
		mapper->huge = strcmp(table.field[level], "pte");
		mapper->protnone = !strcmp(table.field[state], "protnone");
		bad_rows += mapper->va % PAGE || (!mapper->protnone &&
			    strcmp(table.field[state], "present"));
	}
	table_free(&table);
	return bad_rows + bad;
}

unsigned int mappers_ask(struct mappers *mappers, uint64_t first, uint64_t last)
{
	char query[64];
	size_t len;
	char *text;
	int fd;

	snprintf(query, sizeof(query), "pfn=%" PRIu64 "-%" PRIu64, first, last);
	fd = view_open("memory/mappers", query);
	text = fd < 0 ? NULL : read_fd(fd, 1 << 20, &len);
	if (!text || !text_complete(text, len))
		die("memory/mappers %s", query);
	close(fd);
	return mappers_parse(mappers, text);
}

static int by_mapping(const void *a, const void *b)
{
	const struct mapper *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->va != y->va)
		return x->va < y->va ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static void sort(struct mappers *mappers)
{
	if (mappers->nr)
		qsort(mappers->at, mappers->nr, sizeof(*mappers->at),
		      by_mapping);
}

/* Where two sorted lists first differ, or their end if they do not. */
static size_t first_difference(struct mappers *a, struct mappers *b)
{
	size_t i;

	sort(a);
	sort(b);
	for (i = 0; i < a->nr && i < b->nr; i++)
		if (by_mapping(&a->at[i], &b->at[i]))
			break;
	return i;
}

static void complain_about(const char *who, const struct mappers *mappers,
			   size_t i)
{
	if (i < mappers->nr)
		complain("%s, of %zu: pfn %" PRIu64 " pid %" PRIu64 " va %#"
			 PRIx64, who, mappers->nr, mappers->at[i].pfn,
			 mappers->at[i].pid, mappers->at[i].va);
	else
		complain("%s: no more than %zu", who, mappers->nr);
}

bool mappers_equal(struct mappers *want, struct mappers *got)
{
	size_t i = first_difference(want, got);

	if (i == want->nr && i == got->nr)
		return true;
	complain_about("wanted", want, i);
	complain_about("got", got, i);
	return false;
}

static bool same(struct mappers *a, struct mappers *b)
{
	size_t i = first_difference(a, b);

	return i == a->nr && i == b->nr;
}

int compare_with_system(uint64_t first, uint64_t last)
{
	unsigned int try;

	for (try = 0; try < TRIES; try++) {
		struct mappers before = {}, got = {}, after = {};
		bool counts, equal = false;
		unsigned int bad;
		size_t nr;

		mappers_of_system(&before, first, last);
		bad = mappers_ask(&got, first, last);
		mappers_of_system(&after, first, last);
		counts = same(&before, &after);
		nr = got.nr;
		if (counts)
			equal = mappers_equal(&before, &got) && !bad;
		mappers_free(&before);
		mappers_free(&got);
		mappers_free(&after);
		if (counts)
			return equal ? (int)nr : -1;
	}
	complain("frames %" PRIu64 "-%" PRIu64 ": never at rest", first, last);
	return -1;
}

size_t mappers_count(const struct mappers *mappers, uint64_t pid)
{
	size_t i, nr = 0;

	for (i = 0; i < mappers->nr; i++)
		nr += mappers->at[i].pid == pid;
	return nr;
}

void wait_until(bool (*is)(pid_t pid), pid_t pid)
{
	time_t start = time(NULL);

	while (!is(pid)) {
		if (time(NULL) > start + 60)
			die("process %d does not do what it should", pid);
		sched_yield();
	}
}
