// SPDX-License-Identifier: GPL-2.0-only
/* What the benchmarks share. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	3

static char buffer[65536];
/* How much of it the last piece is that was read. */
static size_t last;

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

pid_t spawn(void (*make)(const void *context), const void *context)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make(context);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		die("child");
	return pid;
}

void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void report(const char *name, const char *reader, const char *unit,
	    uint64_t value, uint64_t per)
{
	printf("%s %s %s %.2f\n", name, reader, unit, (double)value / per);
	fflush(stdout);
}

static void read_on(int fd, const char *path)
{
	ssize_t n;

	last = 0;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		last = n;
	if (n < 0)
		die(path);
}

uint64_t end_number(const char *key)
{
	char word[64];
	char *at;

	snprintf(word, sizeof(word), " %s=", key);
	at = memmem(buffer, last, word, strlen(word));
	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

uint64_t read_file(const char *path, const char *query, uint64_t *lock_max)
{
	uint64_t best = UINT64_MAX;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t began = now(), took;
		int fd = open(path, query ? O_RDWR : O_RDONLY);

		if (fd < 0)
			return 0;
		if (query && write(fd, query, strlen(query)) < 0)
			die(path);
		read_on(fd, path);
		close(fd);
		took = now() - began;
		best = took < best ? took : best;
		if (lock_max && end_number("lock_max_ns") > *lock_max)
			*lock_max = end_number("lock_max_ns");
	}
	return best;
}

void measure_per(const char *name, const char *reader, const char *path,
		 const char *query, const char *unit, uint64_t per)
{
	uint64_t lock_max = 0, took = read_file(path, query, &lock_max);

	if (!took)
		return;
	report(name, reader, unit, took, per);
	if (lock_max)
		report(name, reader, "lock_max", lock_max, 1);
}

void measure(const char *name, const char *reader, const char *path)
{
	measure_per(name, reader, path, NULL, "read", 1);
}
