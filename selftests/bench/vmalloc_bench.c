// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to look at all areas of vmalloc space: mmscope and
 * /proc/vmallocinfo, with the machine as it is after boot, with many areas, and
 * with a big one.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "bench.h"

/* Each has a stack in an area of its own. */
#define PROCESSES	1000
#define BIG_PAGES	32768UL

static void measure_both(const char *name, const char *unit, uint64_t per)
{
	measure_per(name, "mmscope:areas", MMSCOPE "vmalloc/areas", NULL, unit,
		    per);
	measure_per(name, "vmallocinfo", "/proc/vmallocinfo", NULL, unit, per);
}

/* The memory of a BPF array is an area. */
static int make_big(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 4096,
		.max_entries = BIG_PAGES,
	};
	int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		die("bpf");
	return fd;
}

static void start_processes(pid_t *pids)
{
	int i;

	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (!pids[i])
			for (;;)
				pause();
	}
}

static void end_processes(const pid_t *pids)
{
	int i;

	for (i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

int main(void)
{
	static pid_t pids[PROCESSES];
	int big;

	measure_both("boot", "read", 1);
	start_processes(pids);
	measure_both("areas", "area", PROCESSES);
	end_processes(pids);
	big = make_big();
	measure_both("big", "page", BIG_PAGES);
	close(big);
	return 0;
}
