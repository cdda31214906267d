// SPDX-License-Identifier: GPL-2.0-only
/* Swap devices and who uses them, as /proc shows them and as reclaim/swap. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "process_util.h"
#include "swap_answer.h"

#define VIEW		"reclaim/swap"
/* Longer than anything takes that is waited for. */
#define PATIENCE	60

void read_swaps(struct answer *proc)
{
	char *text = read_path("/proc/swaps", NULL), *line, *save = NULL;

	proc->nr_swaps = 0;
	strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save))) {
		struct swap *swap = &proc->swaps[proc->nr_swaps++];

		if (proc->nr_swaps > SWAPS_MAX ||
		    sscanf(line, "%127s %15s %" SCNu64 " %" SCNu64 " %d",
			   swap->name, swap->type, &swap->size, &swap->used,
			   &swap->prio) != 5)
			die("/proc/swaps: %s", line);
		swap->size = swap->size * 1024 / PAGE;
		swap->used = swap->used * 1024 / PAGE;
	}
	free(text);
}

static void read_status(struct answer *proc, int pid)
{
	char path[64], text[8192];
	uint64_t kb;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return;
	text[len] = '\0';
	if (!text_value(text, "VmSwap", &kb) || !kb)
		return;
	proc->users[proc->nr_users].pid = pid;
	proc->users[proc->nr_users++].pages = kb * 1024 / PAGE;
}

static void read_kernel(struct answer *proc)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	uint64_t kb;
	char *text;

	read_swaps(proc);
	proc->nr_users = 0;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    proc->nr_users < 4096)
			read_status(proc, atoi(entry->d_name));
	closedir(dir);
	text = read_path("/proc/meminfo", NULL);
	proc->cached = value_of(text, "SwapCached") * 1024 / PAGE;
	proc->zswap = -1;
	if (text_value(text, "Zswapped", &kb))
		proc->zswap = kb * 1024 / PAGE;
	free(text);
}

static void take_swap(const struct table *table, struct swap *swap)
{
	static const char *const names[] = {
		"clusters", "free_clusters", "partial_clusters",
		"full_clusters", "pending_clusters", "taken_slots",
	};
	int i;

	snprintf(swap->name, sizeof(swap->name), "%s", table->field[1]);
	snprintf(swap->type, sizeof(swap->type), "%s", table->field[0]);
	swap->size = table_number(table, "size_pages");
	swap->used = table_number(table, "used_pages");
	swap->prio = atoi(table_word(table, "priority"));
	snprintf(swap->flags, sizeof(swap->flags), "%s",
		 table_word(table, "flags"));
	for (i = 0; i < ARRAY_LEN(names); i++) {
		swap->has_clusters = *table_word(table, names[i]) != '-';
		swap->clusters[i] = table_number(table, names[i]);
	}
}

/* The order is a part of the answer: devices, zswap, processes by pages. */
static void read_view(struct answer *view)
{
	struct table table;
	bool bad = false;
	size_t len;
	char *text;

	view->nr_swaps = 0;
	view->nr_users = 0;
	view->zswap = -1;
	text = read_path(MMSCOPE VIEW, &len);
	if (!text_complete(text, len) || table_parse(&table, text) ||
	    !line_number(table.head, "swapcached_pages", &view->cached))
		die(VIEW);
	while (table_row(&table, &bad)) {
		struct user *user = &view->users[view->nr_users];

		if (!strcmp(table.field[0], "process")) {
			user->pid = table_number(&table, "pid");
			user->pages = table_number(&table, "used_pages");
			if (view->nr_users && user->pages > user[-1].pages)
				die("%d is not in its place", user->pid);
			view->nr_users++;
		} else if (view->nr_users) {
			die("a row of a %s behind processes", table.field[0]);
		} else if (!strcmp(table.field[0], "zswap")) {
			view->zswap = table_number(&table, "used_pages");
		} else {
			take_swap(&table, &view->swaps[view->nr_swaps++]);
		}
	}
	if (bad)
		die(VIEW);
	table_free(&table);
}

const struct user *user_of(const struct answer *answer, int pid)
{
	int i;

	for (i = 0; i < answer->nr_users; i++)
		if (answer->users[i].pid == pid)
			return &answer->users[i];
	return NULL;
}

static bool same_swap(const struct swap *a, const struct swap *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->type, b->type) &&
	       a->size == b->size && a->used == b->used && a->prio == b->prio;
}

/* Whether both say the same; @tell says where not. */
static int differ(const struct answer *a, const struct answer *b, bool tell)
{
	int wrong = 0, i;

	if (a->nr_swaps != b->nr_swaps || a->nr_users != b->nr_users ||
	    a->cached != b->cached || a->zswap != b->zswap) {
		wrong++;
		if (tell)
			complain("%d devices, %d processes, %" PRIu64
				 " cached, %" PRId64 " in zswap; not %d, %d, %"
				 PRIu64 ", %" PRId64, a->nr_swaps, a->nr_users,
				 a->cached, a->zswap, b->nr_swaps, b->nr_users,
				 b->cached, b->zswap);
	}
	for (i = 0; !wrong && i < a->nr_swaps; i++) {
		if (same_swap(&a->swaps[i], &b->swaps[i]))
			continue;
		wrong++;
		if (tell)
			complain("%s %s %" PRIu64 " %" PRIu64 " %d",
				 a->swaps[i].name, a->swaps[i].type,
				 a->swaps[i].size, a->swaps[i].used,
				 a->swaps[i].prio);
	}
	for (i = 0; i < a->nr_users; i++) {
		const struct user *user = user_of(b, a->users[i].pid);

		if (user && user->pages == a->users[i].pages)
			continue;
		wrong++;
		if (tell)
			complain("%d: %" PRIu64 " pages, not %" PRIu64,
				 a->users[i].pid, a->users[i].pages,
				 user ? user->pages : 0);
	}
	return wrong;
}

/* Asks both sides until they are still.  Return: differences. */
int ask(struct answer *view)
{
	static struct answer before, after;
	time_t end = time(NULL) + PATIENCE;
	bool still = false;
	int wrong = -1;

	do {
		read_kernel(&before);
		read_view(view);
		read_kernel(&after);
		still = !differ(&before, &after, false);
		if (still)
			wrong = differ(view, &before, false);
	} while ((!still || wrong) && time(NULL) < end);
	if (!still)
		die("swap does not hold still");
	return wrong ? differ(view, &before, true) : 0;
}
