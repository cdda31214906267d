// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to record once a second, with what `mmscope record` samples by
 * itself: on a machine that does nothing else, and to a process that takes page
 * faults all the time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define COMMAND		"scripts/mmscope"
#define DIRECTORY	"/var/tmp/record_bench"
#define SECOND		1000000000ULL

/* Samples before it counts: sources that are too dear are known by then. */
#define SETTLED		5
#define SECONDS		40

#define PAGE		4096UL
#define PAGES		16384UL
#define ROUNDS		40

static char text[65536];

static size_t slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n, size = 0;

	if (fd < 0)
		return 0;
	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += n;
	close(fd);
	text[size] = 0;
	return size;
}

/* Samples in a file of the recording. */
static int samples(const char *file)
{
	char path[128], line[65536];
	FILE *stream;
	int count = 0;

	snprintf(path, sizeof(path), DIRECTORY "/%s", file);
	stream = fopen(path, "r");
	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream))
		count += !strncmp(line, "#@ ", 3);
	fclose(stream);
	return count;
}

static void pause_ns(uint64_t ns)
{
	struct timespec left = { ns / SECOND, ns % SECOND };

	while (nanosleep(&left, &left))
		;
}

static pid_t start(void)
{
	pid_t pid;

	if (system("rm -rf " DIRECTORY))
		die(DIRECTORY);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2);
		execl(COMMAND, COMMAND, "record", "-o", DIRECTORY, NULL);
		_exit(127);
	}
	while (samples("proc-vmstat.txt") < SETTLED) {
		if (waitpid(pid, NULL, WNOHANG))
			die(COMMAND);
		pause_ns(SECOND / 10);
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
}

/* What a process has run so far. */
static uint64_t runtime(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	if (!slurp(path))
		die(path);
	return strtoull(text, NULL, 10);
}

/* How long the CPU has been idle, which the kernel gives in hundredths of a second. */
static uint64_t idle(void)
{
	uint64_t user, nice, system, ticks;

	slurp("/proc/stat");
	if (sscanf(text, "cpu %lu %lu %lu %lu", &user, &nice, &system, &ticks) != 4)
		die("/proc/stat");
	return ticks * (SECOND / sysconf(_SC_CLK_TCK));
}

/* What the machine does in some seconds of doing nothing. */
static uint64_t busy(void)
{
	uint64_t began = now(), rested = idle();

	pause_ns(SECONDS * SECOND);
	rested = idle() - rested;
	return now() - began - rested;
}

/* Touches new pages, again and again. */
static uint64_t take_faults(void)
{
	uint64_t began = now();
	unsigned long round, i;

	for (round = 0; round < ROUNDS; round++) {
		char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED || madvise(at, PAGES * PAGE, MADV_NOHUGEPAGE))
			die("mmap");
		for (i = 0; i < PAGES; i++)
			at[i * PAGE] = 1;
		munmap(at, PAGES * PAGE);
	}
	return now() - began;
}

int main(void)
{
	uint64_t alone_busy, alone_faults, ran, took;
	int counted, maps;
	pid_t pid;

	alone_busy = busy();
	alone_faults = take_faults();
	pid = start();
	counted = samples("proc-vmstat.txt");
	maps = samples("memory-pageblocks.txt");
	ran = runtime(pid);
	took = busy();
	ran = runtime(pid) - ran;
	counted = samples("proc-vmstat.txt") - counted;
	maps = samples("memory-pageblocks.txt") - maps;
	report("idle", "mmscope:record", "sample", ran, counted);
	report("idle", "mmscope:record", "second", took - alone_busy, SECONDS);
	report("idle", "pageblocks", "sample", maps, counted);
	took = take_faults();
	stop(pid);
	report("faults", "mmscope:record", "fault", took, ROUNDS * PAGES);
	report("faults", "alone", "fault", alone_faults, ROUNDS * PAGES);
	return 0;
}
