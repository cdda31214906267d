// SPDX-License-Identifier: GPL-2.0-only
/* A child with a big address space that does what it is told. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_answer.h"
#include "process_util.h"

#define SAMPLING	"/sys/module/damon_stat/parameters/enabled"

static void *map_at(uint64_t start, size_t size)
{
	void *at = mmap((void *)start, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			0);

	/* Each page shall have an entry of its own. */
	if (at == MAP_FAILED || small_pages(at, size))
		return NULL;
	return at;
}

int target_map(void *context)
{
	char *vmas = map_at(TARGET_VMAS, TARGET_NR_VMAS * PAGE);
	char *pages = map_at(TARGET_PAGES, TARGET_NR_PAGES * PAGE);
	size_t i;

	if (!vmas || !pages)
		return -1;
	for (i = 0; i < TARGET_NR_VMAS; i += 2)
		if (mprotect(vmas + i * PAGE, PAGE, PROT_READ))
			return -1;
	for (i = 0; i < TARGET_NR_PAGES; i += 2)
		pages[i * PAGE] = 1;
	return 0;
}

static int unmap_half(uint64_t start, uint64_t end)
{
	uint64_t quarter = (end - start) / 4;

	return munmap((void *)(start + quarter), 2 * quarter);
}

static int unmap(void)
{
	return unmap_half(TARGET_VMAS, TARGET_VMAS_END) ||
	       unmap_half(TARGET_PAGES, TARGET_PAGES_END);
}

static int remap(void)
{
	size_t size = 64 * PAGE;
	char *other = map_at(TARGET_OTHER, size);

	if (!other)
		return -1;
	memset(other, 1, size);
	return unmap();
}

static int merge(void)
{
	return mprotect((void *)TARGET_VMAS, TARGET_NR_VMAS * PAGE, PROT_READ);
}

static int obey_one(char command)
{
	switch (command) {
	case TARGET_EXEC:
		execlp("cat", "cat", NULL);
		return -1;
	case TARGET_UNMAP:
		return unmap();
	case TARGET_REMAP:
		return remap();
	case TARGET_MERGE:
		return merge();
	default:
		return -1;
	}
}

/**
 * struct ends - a target's own ends of the pipes
 * @command: where to read commands.
 * @done: where to report; exec closes it.
 */
struct ends {
	int command;
	int done;
};

static int obey(void *context)
{
	struct ends *ends = context;
	char command;

	if (target_map(NULL) || dup2(ends->command, STDIN_FILENO) < 0)
		return -1;
	raise(SIGSTOP);
	while (read(STDIN_FILENO, &command, 1) == 1)
		if (obey_one(command) || write(ends->done, &command, 1) != 1)
			return -1;
	_exit(0);
}

int target_start(struct target *target)
{
	int command[2], done[2];
	struct ends ends;

	if (pipe2(command, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		die("pipe");
	ends.command = command[0];
	ends.done = done[1];
	target->command = command[1];
	target->done = done[0];
	target->pid = start_stopped(obey, &ends);
	close(command[0]);
	close(done[1]);
	if (target->pid > 0)
		kill(target->pid, SIGCONT);
	return target->pid > 0 ? 0 : -1;
}

int target_do(struct target *target, char command)
{
	char done;

	if (write(target->command, &command, 1) != 1)
		return -1;
	/* exec has happened when the target's end of the pipe is closed. */
	if (read(target->done, &done, 1) != (command != TARGET_EXEC))
		return -1;
	return 0;
}

void target_end(struct target *target)
{
	end_process(target->pid);
	target->pid = -1;
	close(target->command);
	close(target->done);
}

pid_t target_stopped(void)
{
	return start_stopped(target_map, NULL);
}

bool sampling_stop(void)
{
	char *enabled;
	bool was;

	if (access(SAMPLING, F_OK))
		return false;
	enabled = read_path(SAMPLING, NULL);
	was = *enabled == 'Y';
	free(enabled);
	if (was && write_path(SAMPLING, "N"))
		die(SAMPLING);
	return was;
}

void sampling_start(void)
{
	if (write_path(SAMPLING, "Y"))
		die(SAMPLING);
}
