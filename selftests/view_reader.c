// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads every view, again and again, until SIGTERM; then says how often.  Views of
 * a process show those that came last: of tests that run meanwhile.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process_util.h"
#include "tree_files.h"

/* An answer that is longer is let go, so that each view has its turn. */
#define ENOUGH		(4UL << 20)
/* Of so many processes, those with the highest numbers, one is read. */
#define LATEST		6
/* Frames that are read at a time, anywhere in memory. */
#define FRAMES		20000

static struct tree_files files;
static char buffer[1 << 16];
static volatile sig_atomic_t over;
static uint64_t whole, failed, rounds, of_others;

static void end(int signal)
{
	over = 1;
}

/* One of the processes that came last. */
static int any_process(void)
{
	int latest[LATEST] = {}, pid, i;
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		die("/proc");
	while ((entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		for (i = 0; pid != getpid() && i < LATEST; i++)
			if (pid > latest[i]) {
				int less = latest[i];

				latest[i] = pid;
				pid = less;
			}
	}
	closedir(dir);
	pid = latest[random() % LATEST];
	return pid ? pid : getpid();
}

/* What a view is asked; it may refuse, as the process may be gone by now. */
static void ask(const char *path, int fd)
{
	uint64_t pages = sysconf(_SC_PHYS_PAGES), first = random() % pages;
	char query[64] = "";

	if (strstr(path, "/process/"))
		snprintf(query, sizeof(query), "pid=%d", any_process());
	else if (strstr(path, "/memory/page") || strstr(path, "/mappers"))
		snprintf(query, sizeof(query), "pfn=%" PRIu64 "-%" PRIu64,
			 first, first + FRAMES);
	else if (strstr(path, "/pagecache/file"))
		strcpy(query, "path=/bin/true");
	if (*query && write(fd, query, strlen(query)) > 0)
		of_others += *query == 'p' && query[1] == 'i';
}

static void read_view(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	size_t all = 0;
	ssize_t n = 1;

	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		failed++;
		return;
	}
	/* Defaults are left as they are. */
	if (!strstr(path, "/query"))
		ask(path, fd);
	while (!over && all < ENOUGH &&
	       (n = read(fd, buffer, sizeof(buffer))) > 0)
		all += n;
	whole += all < ENOUGH && !n;
	failed += n < 0;
	close(fd);
}

int main(void)
{
	unsigned int i;

	signal(SIGTERM, end);
	tree_files_find(&files, tree_no_lab);
	while (!over) {
		for (i = 0; i < files.nr && !over; i++)
			read_view(files.path[i]);
		rounds += !over;
	}
	printf("# %u views, %" PRIu64 " rounds, %" PRIu64
	       " answers to the end, %" PRIu64 " of other processes, %" PRIu64
	       " refused\n", files.nr, rounds, whole, of_others, failed);
	return !rounds;
}
