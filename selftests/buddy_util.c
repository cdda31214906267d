// SPDX-License-Identifier: GPL-2.0-only
/* What the tests of buddy/ share: the kernel's own files, memory in pieces. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/mempolicy.h>

#include "buddy_util.h"
#include "process_util.h"
#include "settings.h"

#define PAGE		4096UL
#define QUIET_TRIES	500
#define NODES_MAX	32
#define PIPES		48
#define PIPE_PAGES	256

static struct buddy_zone *zone_of(struct buddy *buddy, int node,
				  const char *name)
{
	unsigned int i;

	for (i = 0; i < buddy->nr; i++)
		if (buddy->zone[i].node == node &&
		    !strcmp(buddy->zone[i].name, name))
			return &buddy->zone[i];
	return NULL;
}

struct buddy_zone *buddy_find(struct buddy *buddy, int node, const char *name)
{
	struct buddy_zone *zone = zone_of(buddy, node, name);

	if (!zone)
		die("the kernel has no zone %s on node %d", name, node);
	return zone;
}

unsigned int buddy_type(const struct buddy *buddy, const char *name)
{
	unsigned int i;

	for (i = 0; i < buddy->types; i++)
		if (!strcmp(buddy->type[i], name))
			return i;
	die("the kernel has no migratetype %s", name);
}

uint64_t buddy_sum(const struct buddy *buddy, unsigned int order)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < buddy->nr; i++)
		sum += buddy->zone[i].all[order];
	return sum;
}

/* "Node    0, zone      DMA, type    Unmovable      0   >100000 ..." */
static void read_type_line(struct buddy *buddy, const char *line)
{
	char zone_name[16], type_name[16];
	struct buddy_zone *zone;
	unsigned int type, order;
	int node, at, i;

	if (sscanf(line, "Node %d, zone %15[^,], type %15s%n", &node, zone_name,
		   type_name, &at) != 3)
		return;
	for (i = 0; type_name[i]; i++)
		type_name[i] = tolower(type_name[i]);
	zone = zone_of(buddy, node, zone_name);
	if (!zone) {
		if (buddy->nr == ZONES_MAX)
			die("too many zones");
		zone = &buddy->zone[buddy->nr++];
		zone->node = node;
		strcpy(zone->name, zone_name);
	}
	for (type = 0; type < buddy->types; type++)
		if (!strcmp(buddy->type[type], type_name))
			break;
	if (type == TYPES_MAX)
		die("too many migratetypes");
	if (type == buddy->types)
		strcpy(buddy->type[buddy->types++], type_name);
	for (order = 0, line += at; order < ORDERS_MAX; order++) {
		char *end;

		line += strspn(line, " ");
		zone->more[order][type] = *line == '>';
		zone->blocks[order][type] = strtoull(line + (*line == '>'),
						     &end, 10);
		if (end == line)
			break;
		line = end;
	}
	buddy->orders = order;
}

/* "Node 0, zone      DMA      0      1 ..." */
static void read_zone_line(struct buddy *buddy, const char *line)
{
	struct buddy_zone *zone;
	unsigned int order;
	char name[16];
	int node, at;

	if (sscanf(line, "Node %d, zone %15s%n", &node, name, &at) != 2)
		return;
	zone = buddy_find(buddy, node, name);
	for (order = 0, line += at; order < buddy->orders; order++) {
		char *end;

		zone->all[order] = strtoull(line, &end, 10);
		line = end;
	}
}

static void each_line(const char *path, struct buddy *buddy,
		      void (*line)(struct buddy *buddy, const char *line))
{
	size_t len;
	char *text = read_path(path, &len), *next = text, *at;

	while ((at = strsep(&next, "\n")))
		line(buddy, at);
	free(text);
}

void buddy_read_proc(struct buddy *buddy)
{
	memset(buddy, 0, sizeof(*buddy));
	each_line("/proc/pagetypeinfo", buddy, read_type_line);
	if (!buddy->nr || !buddy->orders || !buddy->types)
		die("/proc/pagetypeinfo is not as expected");
	each_line("/proc/buddyinfo", buddy, read_zone_line);
}

bool buddy_quiet(struct buddy *buddy, void (*between)(void *context),
		 void *context)
{
	static struct buddy after;
	unsigned int try;

	for (try = 0; try < QUIET_TRIES; try++) {
		buddy_read_proc(buddy);
		between(context);
		buddy_read_proc(&after);
		if (!memcmp(buddy, &after, sizeof(after)))
			return true;
	}
	return false;
}

static char *area;
static size_t area_size;

/* Free memory of a node in kB; 0 if there is no such node. */
static uint64_t node_free(unsigned int node)
{
	char path[64], line[128];
	unsigned long long kb = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/meminfo",
		 node);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*u MemFree: %llu", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb;
}

/*
 * All pieces are to be in one place, as long as there is room: on the node with
 * most free memory.  The kernel's memory that this program asks for, too.
 */
static void prefer_one_node(bool prefer)
{
	unsigned long nodes = 0;
	uint64_t most = 0;
	unsigned int i;

	for (i = 0; i < NODES_MAX; i++)
		if (node_free(i) > most) {
			most = node_free(i);
			nodes = 1UL << i;
		}
	if (syscall(SYS_set_mempolicy, prefer ? MPOL_PREFERRED : MPOL_DEFAULT,
		    prefer ? &nodes : NULL, prefer ? NODES_MAX + 1 : 0))
		die("set_mempolicy: %s", strerror(errno));
}

/*
 * Pieces are to stay as they are: per-CPU lists keep little back, nobody
 * compacts unasked, nor moves pages to the node whose CPU uses them.
 */
static struct setting settings[] = {
	{ .path = "/proc/sys/vm/percpu_pagelist_high_fraction",
	  .value = "1000000" },
	{ .path = "/proc/sys/vm/compaction_proactiveness", .value = "0" },
	{ .path = "/proc/sys/kernel/numa_balancing", .value = "0" },
};

static void keep_pieces(bool keep)
{
	prefer_one_node(keep);
	if (keep)
		settings_apply(settings, ARRAY_LEN(settings));
	else
		settings_restore(settings, ARRAY_LEN(settings));
}

bool pieces_make(uint64_t blocks)
{
	static struct buddy buddy;
	size_t at;

	keep_pieces(true);
	area_size = (2 * blocks + blocks / 8) * PAGE;
	area = mmap(NULL, area_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return false;
	if (small_pages(area, area_size))
		return false;
	for (at = 0; at < area_size; at += PAGE)
		area[at] = 1;
	for (at = 0; at < area_size; at += 2 * PAGE)
		if (madvise(area + at, PAGE, MADV_DONTNEED))
			return false;
	buddy_read_proc(&buddy);
	return buddy_sum(&buddy, 0) >= blocks;
}

void pieces_free(void)
{
	if (area && area != MAP_FAILED)
		munmap(area, area_size);
	area = NULL;
	keep_pieces(false);
}

static int pipes[2][PIPES][2];

bool kernel_pieces_make(void)
{
	static const char page[PAGE];
	int i, n, set;

	for (set = 0; set < 2; set++)
		for (i = 0; i < PIPES; i++)
			if (pipe(pipes[set][i]) ||
			    fcntl(pipes[set][i][1], F_SETPIPE_SZ,
				  PIPE_PAGES * PAGE) < 0)
				return false;
	for (i = 0; i < PIPES; i++)
		for (n = 0; n < PIPE_PAGES; n++)
			for (set = 0; set < 2; set++)
				if (write(pipes[set][i][1], page, PAGE) != PAGE)
					return false;
	for (i = 0; i < PIPES; i++) {
		close(pipes[0][i][0]);
		close(pipes[0][i][1]);
	}
	return true;
}

void kernel_pieces_free(void)
{
	int i;

	for (i = 0; i < PIPES; i++) {
		close(pipes[1][i][0]);
		close(pipes[1][i][1]);
	}
}

static pid_t loads[2];
/* How often each has done its work; shared with them. */
static volatile unsigned long *load_done;

/* Takes and gives back, in amounts that differ every time. */
static void load_once(unsigned int *seed)
{
	static const char page[PAGE];
	size_t size = (1 + rand_r(seed) % 1024) * PAGE;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int fd[2], n = rand_r(seed) % 16;
	size_t i;

	if (at == MAP_FAILED || pipe(fd))
		_exit(1);
	while (n--)
		if (write(fd[1], page, PAGE) != PAGE)
			_exit(1);
	for (i = 0; i < size; i += 3 * PAGE)
		madvise(at + i, PAGE, MADV_DONTNEED);
	close(fd[0]);
	close(fd[1]);
	munmap(at, size);
}

void load_start(void)
{
	int i;

	load_done = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load_done == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	/* Else most of the load would not get beyond the per-CPU lists. */
	keep_pieces(true);
	for (i = 0; i < 2; i++) {
		unsigned int seed = i + 1;
		cpu_set_t cpus;

		loads[i] = fork();
		if (loads[i] < 0)
			die("fork: %s", strerror(errno));
		if (loads[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		CPU_ZERO(&cpus);
		CPU_SET(i, &cpus);
		if (sched_setaffinity(0, sizeof(cpus), &cpus))
			_exit(1);
		while (1) {
			load_once(&seed);
			load_done[i]++;
		}
	}
}

void load_wait(void)
{
	static unsigned long seen[2];

	while (load_done[0] == seen[0] && load_done[1] == seen[1])
		sched_yield();
	seen[0] = load_done[0];
	seen[1] = load_done[1];
}

void load_end(void)
{
	int i, status;

	for (i = 0; i < 2; i++) {
		kill(loads[i], SIGKILL);
		if (waitpid(loads[i], &status, 0) != loads[i] ||
		    !WIFSIGNALED(status))
			die("a process that makes load has ended by itself");
	}
	munmap((void *)load_done, PAGE);
	keep_pieces(false);
}
